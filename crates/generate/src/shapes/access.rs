//! exec, attach, portforward, proxy: what happens stands in the URI.

use super::Draft;
use crate::canary::{Class, Kind};
use crate::envelope::{ObjectRef, Place, Request};
use crate::objects::namespace;
use crate::pen::Pen;
use crate::world::{Caller, pod_name};

fn stream(pen: &mut Pen<'_>, verb: &'static str, subresource: &'static str) -> Request {
    let (namespace, pod) = (namespace(pen), pod_name(&mut pen.random));
    let mut request = Request::new(
        verb,
        ObjectRef::new("", "pods", namespace, &pod).subresource(subresource),
        Caller::person(&mut pen.random),
    );
    request.code = 101;
    request.stage = "ResponseStarted";
    request
}

const QUERIES: &[&str] = &[
    "command=ls&command=-la&container=app&stdin=true&stdout=true&tty=true",
    "command=%2Fbin%2Fsh&command=-c&command=TERM%3Dxterm-256color%3B+exec+%2Fbin%2Fbash&container=app&stdout=true",
    "command=curl&command=http%3A%2F%2F169.254.169.254%2Flatest%2Fapi%2Ftoken&container=app&stderr=true",
];

/// Calls without a secret, among them those that detections look for.
pub(crate) fn streams(pen: &mut Pen<'_>) -> Draft {
    Draft::new(match pen.random.below(3) {
        0 => stream(pen, "create", "portforward").query("ports=8080"),
        1 => stream(pen, "create", "attach").query("container=app&stdin=true&stdout=true&tty=true"),
        _ => {
            let query = pen.random.pick(QUERIES);
            stream(pen, "create", "exec").query(query)
        }
    })
}

/// Calls with a secret in the URI.
pub(crate) fn exec(pen: &mut Pen<'_>) -> Draft {
    let secret = pen.secret(Kind::Password);
    let request = match pen.random.below(4) {
        0 => stream(pen, "create", "exec").query(&format!("command=mysql&command=-uroot&command=-p{secret}&container=db&stdout=true")),
        1 => stream(pen, "create", "exec").query(&format!("command=psql&command=--password%3D{secret}&container=db&stdin=true&tty=true")),
        2 => stream(pen, "create", "exec").query(&format!(
            "command=sh&command=-c&command=curl+-H+%27Authorization%3A+Bearer+{secret}%27+http%3A%2F%2Flocalhost&container=app"
        )),
        _ => stream(pen, "get", "proxy").query(&format!("token={secret}&path=/")),
    };
    Draft::new(request).plant(Place::Uri, Class::Uri, secret)
}
