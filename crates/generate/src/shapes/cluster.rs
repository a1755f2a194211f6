//! A quiet cluster's minute, by number of requests: what runs by a clock in every cluster, and some work beside it.
//!
//! The shares are computed, not measured: 20 nodes with 30 pods each, three API servers, five operators, an audit policy like
//! that of managed clusters (reads at Metadata, writes with bodies, no RequestReceived). The periods are the defaults that
//! Kubernetes documents: a kubelet renews its lease every 10 s and reads its node every 10 s (`nodeLeaseDurationSeconds` 40,
//! `nodeStatusUpdateFrequency` 10s), and reports its status every 5 minutes or when it changes; who leads renews every 2 s
//! (`--leader-elect-retry-period`); a watch ends after 5 to 10 minutes and begins again; a token of a pod is renewed after
//! 48 minutes; probes come every 10 s; autoscalers look every 15 s (`--horizontal-pod-autoscaler-sync-period`); the garbage
//! collector asks for all resources every 30 s; metrics are scraped every 30 s, and the answers to "who is this" are kept for
//! 2 to 5 minutes. Work beside it: some forty changes a minute, of pods, deployments, config maps and roles.

use super::{Draft, Shape, access, configuration, identity, large, reads, secrets, workloads};
use crate::envelope::{ObjectRef, Request};
use crate::objects::namespace;
use crate::pen::Pen;
use crate::world::{Caller, node_name};

/// Requests a minute.
pub(super) const MINUTE: &[(u64, Shape)] = &[
    // By a clock.
    (120, node_lease),
    (240, leader),
    (120, node_get),
    (40, node_watch),
    (13, identity::token_request),
    (10, identity::token_review),
    (8, access_review),
    (90, controller_watch),
    (60, operator_watch),
    (54, probe),
    (24, discovery),
    (6, metrics_page),
    (72, endpoints_of_api_server),
    (80, autoscaler),
    (4, workloads::node_status),
    // Work.
    (24, workloads::pod_change),
    (20, workloads::core_event),
    (10, workloads::endpoint_slice),
    (6, workloads::deployment),
    (4, configuration::harmless_config_map),
    (2, configuration::config_map),
    (40, reads::metadata_read),
    (8, reads::failed),
    (2, secrets::list),
    (2, secrets::change),
    (1, secrets::helm_release),
    (3, large::custom_resource),
    (1, identity::rbac),
    (2, access::streams),
    (1, access::exec),
];

fn metadata(verb: &'static str, object: ObjectRef, caller: Caller) -> Draft {
    Draft::new(Request::new(verb, object, caller))
}

fn node_lease(pen: &mut Pen<'_>) -> Draft {
    let name = node_name(&mut pen.random);
    let object = ObjectRef::new("coordination.k8s.io", "leases", "kube-node-lease", &name);
    Draft::new(Request::new("update", object, Caller::node(&mut pen.random)).query("timeout=10s"))
}

/// Controllers of the control plane and operators, each with a lease.
fn leader(pen: &mut Pen<'_>) -> Draft {
    let (namespace, name, caller) = match pen.random.below(8) {
        0 => ("kube-system", "kube-controller-manager", Caller::core(&mut pen.random)),
        1 => ("kube-system", "kube-scheduler", Caller::core(&mut pen.random)),
        2 => ("kube-system", "cloud-controller-manager", Caller::controller(&mut pen.random)),
        _ => (namespace(pen), "operator", Caller::workload(&mut pen.random)),
    };
    metadata("update", ObjectRef::new("coordination.k8s.io", "leases", namespace, name), caller)
}

fn node_get(pen: &mut Pen<'_>) -> Draft {
    let name = node_name(&mut pen.random);
    let request = Request::new("get", ObjectRef::new("", "nodes", "", &name), Caller::node(&mut pen.random));
    Draft::new(request.query("resourceVersion=0&timeout=10s"))
}

const NODE_WATCHES: &[(&str, &str)] = &[
    ("", "pods"),
    ("", "services"),
    ("", "nodes"),
    ("", "configmaps"),
    ("", "configmaps"),
    ("", "secrets"),
    ("storage.k8s.io", "csidrivers"),
    ("node.k8s.io", "runtimeclasses"),
];

const CONTROLLER_WATCHES: &[(&str, &str)] = &[
    ("", "pods"),
    ("", "services"),
    ("", "namespaces"),
    ("", "secrets"),
    ("", "persistentvolumes"),
    ("apps", "replicasets"),
    ("apps", "deployments"),
    ("batch", "jobs"),
    ("policy", "poddisruptionbudgets"),
    ("rbac.authorization.k8s.io", "clusterroles"),
    ("flowcontrol.apiserver.k8s.io", "flowschemas"),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    ("storage.k8s.io", "csinodes"),
];

fn watch(pen: &mut Pen<'_>, resources: &[(&'static str, &'static str)], caller: Caller) -> Draft {
    let index = pen.random.below(resources.len() as u64) as usize;
    let (group, resource) = resources.get(index).copied().unwrap_or(("", "pods"));
    let (version, seconds) = (pen.random.between(1_000_000, 999_999_999), pen.random.between(300, 599));
    let request = Request::new("watch", ObjectRef::new(group, resource, "", ""), caller);
    Draft::new(request.query(&format!(
        "allowWatchBookmarks=true&resourceVersion={version}&timeout={seconds}s&timeoutSeconds={seconds}&watch=true"
    )))
}

fn node_watch(pen: &mut Pen<'_>) -> Draft {
    let caller = Caller::node(&mut pen.random);
    watch(pen, NODE_WATCHES, caller)
}

fn controller_watch(pen: &mut Pen<'_>) -> Draft {
    let caller =
        if pen.random.chance(50) { Caller::core(&mut pen.random) } else { Caller::controller(&mut pen.random) };
    watch(pen, CONTROLLER_WATCHES, caller)
}

fn operator_watch(pen: &mut Pen<'_>) -> Draft {
    let caller = Caller::workload(&mut pen.random);
    watch(pen, CONTROLLER_WATCHES, caller)
}

fn path(uri: &str, caller: Caller) -> Draft {
    let mut request = Request::new("get", ObjectRef::default(), caller);
    request.object = None;
    request.uri = uri.to_owned();
    Draft::new(request)
}

/// Load balancers and kubelets ask without a name.
fn probe(pen: &mut Pen<'_>) -> Draft {
    let mut caller = Caller::node(&mut pen.random);
    caller.username = "system:anonymous".into();
    caller.groups = vec!["system:unauthenticated"];
    caller.agent = "kube-probe/1.31".into();
    let uri = pen.random.pick(&["/livez", "/readyz", "/healthz"]);
    path(uri, caller)
}

fn discovery(pen: &mut Pen<'_>) -> Draft {
    let caller =
        if pen.random.chance(50) { Caller::controller(&mut pen.random) } else { Caller::workload(&mut pen.random) };
    let uri = pen.random.pick(&["/api", "/apis", "/apis/apps/v1", "/apis/metrics.k8s.io/v1beta1", "/openapi/v2"]);
    path(uri, caller)
}

fn metrics_page(pen: &mut Pen<'_>) -> Draft {
    let caller = Caller::workload(&mut pen.random);
    path("/metrics", caller)
}

/// Each API server looks after its own endpoints.
fn endpoints_of_api_server(pen: &mut Pen<'_>) -> Draft {
    let mut caller = Caller::core(&mut pen.random);
    caller.username = "system:apiserver".into();
    let (group, resource) =
        if pen.random.chance(50) { ("", "endpoints") } else { ("discovery.k8s.io", "endpointslices") };
    metadata("get", ObjectRef::new(group, resource, "default", "kubernetes"), caller)
}

fn autoscaler(pen: &mut Pen<'_>) -> Draft {
    let mut caller = Caller::controller(&mut pen.random);
    caller.username = "system:serviceaccount:kube-system:horizontal-pod-autoscaler".into();
    let namespace = namespace(pen);
    if pen.random.chance(50) {
        let object = ObjectRef::new("metrics.k8s.io", "pods", namespace, "");
        return Draft::new(Request::new("list", object, caller).query("labelSelector=app%3Dweb"));
    }
    metadata("get", ObjectRef::new("apps", "deployments", namespace, "web").subresource("scale"), caller)
}

/// A kubelet whose metrics are scraped asks whether its caller may do that.
fn access_review(pen: &mut Pen<'_>) -> Draft {
    let mut draft = identity::access_review(pen);
    draft.request.caller = Caller::node(&mut pen.random);
    draft
}
