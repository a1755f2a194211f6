//! What happens in a cluster: one function a kind of request. `draft` chooses among them.

mod access;
mod cluster;
mod configuration;
mod identity;
mod large;
mod reads;
mod secrets;
mod workloads;

use crate::Profile;
use crate::canary::Class;
use crate::envelope::{Place, Request};
use crate::pen::Pen;

pub(crate) use large::sized;

/// Writes a value: `requestObject` or `responseObject`.
pub(crate) type Body = Box<dyn FnOnce(&mut Pen<'_>)>;

/// An event before it is written.
pub(crate) struct Draft {
    pub request: Request,
    pub request_body: Option<Body>,
    pub response_body: Option<Body>,
    /// Secrets in the frame.
    pub plants: Vec<(Place, Class, String)>,
}

impl Draft {
    fn new(request: Request) -> Self {
        Self { request, request_body: None, response_body: None, plants: Vec::new() }
    }

    fn sends(mut self, body: impl FnOnce(&mut Pen<'_>) + 'static) -> Self {
        self.request_body = Some(Box::new(body));
        self
    }

    fn returns(mut self, body: impl FnOnce(&mut Pen<'_>) + 'static) -> Self {
        self.response_body = Some(Box::new(body));
        self
    }

    fn plant(mut self, place: Place, class: Class, secret: String) -> Self {
        self.plants.push((place, class, secret));
        self
    }
}

type Shape = fn(&mut Pen<'_>) -> Draft;

/// Shapes with their share, as a managed cluster's log at level RequestResponse for changes shows them.
const HARMLESS: &[(u64, Shape)] = &[
    (170, reads::lease),
    (150, reads::metadata_read),
    (40, reads::non_resource),
    (40, reads::failed),
    (25, identity::access_review),
    (130, workloads::pod_change),
    (60, workloads::deployment),
    (45, workloads::endpoint_slice),
    (15, workloads::node_status),
    (35, workloads::core_event),
    (30, configuration::harmless_config_map),
    (25, identity::rbac),
    (25, access::streams),
    (8, large::custom_resource),
    (7, large::pod_list),
];
/// Events with parts that the catalogue takes out although they are no planted secrets.
const NOISY: &[(u64, Shape)] = &[(15, identity::signing_request), (5, large::definition)];
/// Each of these holds at least one secret.
const SECRET: &[(u64, Shape)] = &[
    (18, secrets::change),
    (8, secrets::list),
    (6, secrets::table),
    (8, secrets::merge_patch),
    (8, secrets::json_patch),
    (4, secrets::unknown_shape),
    (4, secrets::helm_release),
    (6, secrets::failed_patch),
    (12, identity::token_request),
    (12, identity::token_review),
    (12, configuration::config_map),
    (8, workloads::last_applied),
    (8, workloads::webhook_patch),
    (8, access::exec),
    (5, configuration::custom_resource),
    (5, workloads::free_text),
];
/// Compact events: nothing above a few KB.
const SMALL: &[(u64, Shape)] = &[
    (30, reads::lease),
    (40, reads::metadata_read),
    (10, reads::non_resource),
    (10, reads::failed),
    (5, identity::access_review),
    (3, identity::token_review),
    (2, secrets::json_patch),
];

/// An event of the profile's mix.
pub(crate) fn draft(pen: &mut Pen<'_>, profile: Profile) -> Draft {
    let groups: &[&[(u64, Shape)]] = match profile {
        Profile::Mixed => &[HARMLESS, NOISY, SECRET],
        Profile::Cluster => &[cluster::MINUTE],
        Profile::Benign => &[HARMLESS],
        Profile::Secrets => &[SECRET],
        Profile::Small => &[SMALL],
        Profile::Large => &[&[(1, large::pod_list), (1, large::custom_resource), (1, large::definition)]],
    };
    let shapes = || groups.iter().flat_map(|group| group.iter());
    let mut left = pen.random.below(shapes().map(|(share, _)| share).sum());
    for (share, shape) in shapes() {
        if left < *share {
            return shape(pen);
        }
        left -= share;
    }
    reads::lease(pen)
}
