//! What a cluster's log consists of by number: leases, reads by controllers, health checks, failures.

use super::Draft;
use crate::envelope::{ObjectRef, Request};
use crate::objects::{EPOCH, namespace, plain_metadata, workload};
use crate::pen::Pen;
use crate::world::{Caller, node_name, pod_name, timestamp};

/// A node or a leader renews its lease.
pub(crate) fn lease(pen: &mut Pen<'_>) -> Draft {
    let name = node_name(&mut pen.random);
    let object = ObjectRef::new("coordination.k8s.io", "leases", "kube-node-lease", &name);
    let verb = if pen.random.chance(80) { "update" } else { "get" };
    let request = Request::new(verb, object, Caller::node(&mut pen.random)).query("timeout=10s");
    if verb == "get" || pen.random.chance(20) {
        return Draft::new(request);
    }
    let stream = pen.random.bits();
    let body = move |pen: &mut Pen<'_>| {
        pen.repeatable(stream, |pen| {
            pen.object(|pen| {
                pen.field("kind", "Lease");
                pen.field("apiVersion", "coordination.k8s.io/v1");
                plain_metadata(pen, "kube-node-lease", &name, true);
                let renewed = pen.random.below(1_000_000_000);
                pen.field_object("spec", |pen| {
                    pen.field("holderIdentity", &name);
                    pen.field_number("leaseDurationSeconds", 40);
                    pen.field("renewTime", &timestamp(EPOCH + renewed, true));
                });
            });
        });
    };
    Draft::new(request.level("RequestResponse")).sends(body.clone()).returns(body)
}

const READABLE: &[(&str, &str)] = &[
    ("", "pods"),
    ("", "configmaps"),
    ("", "secrets"),
    ("", "nodes"),
    ("", "services"),
    ("", "namespaces"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("batch", "jobs"),
    ("discovery.k8s.io", "endpointslices"),
    ("networking.k8s.io", "ingresses"),
    ("autoscaling", "horizontalpodautoscalers"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("rbac.authorization.k8s.io", "clusterroles"),
];

/// get, list or watch at level Metadata.
pub(crate) fn metadata_read(pen: &mut Pen<'_>) -> Draft {
    let index = pen.random.below(READABLE.len() as u64) as usize;
    let (group, resource) = READABLE.get(index).copied().unwrap_or(("", "pods"));
    let cluster_wide = matches!(resource, "nodes" | "namespaces" | "customresourcedefinitions" | "clusterroles");
    let namespace = if cluster_wide || pen.random.chance(30) { "" } else { namespace(pen) };
    let caller = Caller::any(&mut pen.random);
    let (version, seconds) = (pen.random.between(1_000_000, 999_999_999), pen.random.between(300, 599));
    let mut request = match pen.random.below(3) {
        0 if cluster_wide || !namespace.is_empty() => {
            let name = workload(pen);
            Request::new("get", ObjectRef::new(group, resource, namespace, name), caller)
        }
        1 => {
            let token: String = pen.random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 40);
            let request =
                Request::new("list", ObjectRef::new(group, resource, namespace, ""), caller).query("limit=500");
            if pen.random.chance(30) {
                request.query(&format!("continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEi{token}"))
            } else {
                request
            }
        }
        _ => Request::new("watch", ObjectRef::new(group, resource, namespace, ""), caller)
            .query(&format!("allowWatchBookmarks=true&resourceVersion={version}&timeoutSeconds={seconds}&watch=true")),
    };
    if pen.random.chance(8) {
        request.stage = "RequestReceived";
    }
    if pen.random.chance(3) {
        request.impersonated = Some("carol@example.com");
    }
    Draft::new(request)
}

const PATHS: &[&str] = &[
    "/healthz",
    "/livez?verbose",
    "/readyz",
    "/version",
    "/api",
    "/apis",
    "/metrics",
    "/openapi/v2",
    "/openapi/v3/apis/apps/v1?hash=0A6F8B",
    "/.well-known/openid-configuration",
    "/apis/metrics.k8s.io/v1beta1?timeout=32s",
    "/logs/kubelet.log",
];

/// A URL that is no resource.
pub(crate) fn non_resource(pen: &mut Pen<'_>) -> Draft {
    let mut request = Request::new("get", ObjectRef::default(), Caller::any(&mut pen.random));
    request.object = None;
    request.uri = pen.random.pick(PATHS).to_owned();
    if pen.random.chance(10) {
        request.caller.username = "system:anonymous".to_owned();
        request.caller.groups = vec!["system:unauthenticated"];
        request = request.fails(
            403,
            "Forbidden",
            "forbidden: User \"system:anonymous\" cannot get path \"/metrics\"".to_owned(),
        );
    }
    Draft::new(request)
}

/// A request that the API server turns down.
pub(crate) fn failed(pen: &mut Pen<'_>) -> Draft {
    let namespace = namespace(pen);
    let (pod, name) = (pod_name(&mut pen.random), workload(pen));
    let caller = Caller::workload(&mut pen.random);
    let username = caller.username.clone();
    Draft::new(match pen.random.below(4) {
        0 => Request::new("get", ObjectRef::new("", "pods", namespace, &pod), caller).fails(
            404,
            "NotFound",
            format!("pods \"{pod}\" not found"),
        ),
        1 => Request::new("update", ObjectRef::new("apps", "deployments", namespace, name), caller).fails(
            409,
            "Conflict",
            format!(
                "Operation cannot be fulfilled on deployments.apps \"{name}\": the object has been modified; please apply your changes to the latest version and try again"
            ),
        ),
        2 => Request::new("create", ObjectRef::new("", "configmaps", namespace, name), caller).fails(
            409,
            "AlreadyExists",
            format!("configmaps \"{name}\" already exists"),
        ),
        _ => Request::new("list", ObjectRef::new("", "secrets", namespace, ""), caller).fails(
            403,
            "Forbidden",
            format!("secrets is forbidden: User \"{username}\" cannot list resource \"secrets\" in API group \"\" in the namespace \"{namespace}\""),
        ),
    })
}
