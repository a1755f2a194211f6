//! The frame of an event in the API server's order of keys (`k8s.io/apiserver/pkg/apis/audit/v1`, type `Event`).

use crate::pen::Pen;
use crate::world::{Caller, timestamp};

/// How the event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    /// An item of an `EventList`: no `kind`, no `apiVersion`.
    ListItem,
    /// `audit.k8s.io/v1beta1`, as API servers wrote until 1.24.
    V1Beta1,
}

/// What an event says of its request, before any body.
pub(crate) struct Request {
    pub level: &'static str,
    pub stage: &'static str,
    pub verb: &'static str,
    pub uri: String,
    pub caller: Caller,
    pub impersonated: Option<&'static str>,
    pub object: Option<ObjectRef>,
    pub code: u64,
    /// `responseStatus` of a failed request: message and reason.
    pub failure: Option<(String, &'static str)>,
    /// Further annotations of the event.
    pub annotations: Vec<(String, String)>,
}

/// What the request is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct ObjectRef {
    pub resource: &'static str,
    pub namespace: String,
    pub name: String,
    pub group: &'static str,
    pub subresource: &'static str,
}

impl ObjectRef {
    pub fn new(group: &'static str, resource: &'static str, namespace: &str, name: &str) -> Self {
        Self { resource, namespace: namespace.to_owned(), name: name.to_owned(), group, subresource: "" }
    }

    pub fn subresource(mut self, subresource: &'static str) -> Self {
        self.subresource = subresource;
        self
    }

    pub fn version(&self) -> &'static str {
        match self.group {
            "argoproj.io" => "v1alpha1",
            _ => "v1",
        }
    }

    /// Path of the object, or of its collection if it has no name.
    pub fn uri(&self) -> String {
        let mut uri = if self.group.is_empty() {
            "/api/v1".to_owned()
        } else {
            format!("/apis/{}/{}", self.group, self.version())
        };
        if !self.namespace.is_empty() {
            uri += &format!("/namespaces/{}", self.namespace);
        }
        for part in [self.resource, &self.name, self.subresource] {
            if !part.is_empty() {
                uri += &format!("/{part}");
            }
        }
        uri
    }
}

impl Request {
    /// A request about `object` by `caller` that went well.
    pub fn new(verb: &'static str, object: ObjectRef, caller: Caller) -> Self {
        // The name of an object that is created stands in its body.
        let uri = if verb == "create" && object.subresource.is_empty() {
            ObjectRef { name: String::new(), ..object.clone() }.uri()
        } else {
            object.uri()
        };
        Self {
            level: "Metadata",
            stage: if verb == "watch" { "ResponseStarted" } else { "ResponseComplete" },
            verb,
            uri: if verb == "patch" {
                uri + "?fieldManager=kubectl-client-side-apply&fieldValidation=Strict"
            } else {
                uri
            },
            caller,
            impersonated: None,
            object: Some(object),
            code: if verb == "create" { 201 } else { 200 },
            failure: None,
            annotations: Vec::new(),
        }
    }

    pub fn level(mut self, level: &'static str) -> Self {
        self.level = level;
        self
    }

    pub fn query(mut self, query: &str) -> Self {
        self.uri += if self.uri.contains('?') { "&" } else { "?" };
        self.uri += query;
        self
    }

    pub fn fails(mut self, code: u64, reason: &'static str, message: String) -> Self {
        self.code = code;
        self.failure = Some((message, reason));
        self
    }
}

/// Writes the event. `plants` are the secrets that `request` holds; `bodies` writes `requestObject` and `responseObject`.
pub(crate) fn write(
    pen: &mut Pen<'_>,
    version: Version,
    audit_id: &str,
    microseconds: u64,
    request: &Request,
    plants: &[(Place, crate::canary::Class, String)],
    bodies: impl FnOnce(&mut Pen<'_>),
) {
    let plant = |pen: &mut Pen<'_>, here: &Place| {
        for (place, class, secret) in plants {
            if place == here {
                pen.plant(*class, secret);
            }
        }
    };
    pen.object(|pen| {
        match version {
            Version::V1 => {
                pen.field("kind", "Event");
                pen.field("apiVersion", "audit.k8s.io/v1");
            }
            Version::V1Beta1 => {
                pen.field("kind", "Event");
                pen.field("apiVersion", "audit.k8s.io/v1beta1");
                pen.field_object("metadata", |pen| pen.field("creationTimestamp", &timestamp(microseconds, false)));
            }
            Version::ListItem => {}
        }
        pen.field("level", request.level);
        if version == Version::V1Beta1 {
            pen.field("timestamp", &timestamp(microseconds, false));
        }
        pen.field("auditID", audit_id);
        pen.field("stage", request.stage);
        pen.key("requestURI");
        plant(pen, &Place::Uri);
        pen.string(&request.uri);
        pen.field("verb", request.verb);
        user(pen, &request.caller);
        if let Some(name) = request.impersonated {
            pen.field_object("impersonatedUser", |pen| {
                pen.field("username", name);
                pen.field_strings("groups", &["system:authenticated"]);
            });
        }
        pen.field_strings("sourceIPs", &[&request.caller.address]);
        pen.field("userAgent", &request.caller.agent);
        if let Some(object) = &request.object {
            object_ref(pen, object);
        }
        if request.stage != "RequestReceived" {
            pen.field_object("responseStatus", |pen| {
                pen.field_object("metadata", |_| {});
                if let Some((message, reason)) = &request.failure {
                    pen.field("status", "Failure");
                    pen.key("message");
                    plant(pen, &Place::Message);
                    pen.string(message);
                    pen.field("reason", reason);
                }
                pen.field_number("code", request.code);
            });
            bodies(pen);
        }
        pen.field("requestReceivedTimestamp", &timestamp(microseconds, true));
        let took = pen.random.between(900, 60_000);
        pen.field("stageTimestamp", &timestamp(microseconds + took, true));
        if request.stage != "RequestReceived" {
            pen.field_object("annotations", |pen| {
                authorization(pen, request);
                for (index, (key, value)) in request.annotations.iter().enumerate() {
                    pen.key(key);
                    if index == 0 {
                        plant(pen, &Place::FirstAnnotation);
                    }
                    pen.string(value);
                }
            });
        }
    });
}

/// Where in the frame a secret stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Uri,
    Message,
    FirstAnnotation,
}

fn user(pen: &mut Pen<'_>, caller: &Caller) {
    pen.field_object("user", |pen| {
        pen.field("username", &caller.username);
        if let Some(uid) = &caller.uid {
            pen.field("uid", uid);
        }
        pen.field_strings("groups", &caller.groups);
        if caller.username.starts_with("system:serviceaccount:") {
            let (pod, pod_uid, node, jti) = (
                crate::world::pod_name(&mut pen.random),
                pen.random.uuid(),
                crate::world::node_name(&mut pen.random),
                pen.random.uuid(),
            );
            pen.field_object("extra", |pen| {
                pen.field_strings("authentication.kubernetes.io/credential-id", &[&format!("JTI={jti}")]);
                pen.field_strings("authentication.kubernetes.io/node-name", &[&node]);
                pen.field_strings("authentication.kubernetes.io/pod-name", &[&pod]);
                pen.field_strings("authentication.kubernetes.io/pod-uid", &[&pod_uid]);
            });
        }
    });
}

fn object_ref(pen: &mut Pen<'_>, object: &ObjectRef) {
    pen.field_object("objectRef", |pen| {
        pen.field("resource", object.resource);
        for (key, value) in [
            ("namespace", object.namespace.as_str()),
            ("name", &object.name),
            ("apiGroup", object.group),
            ("apiVersion", object.version()),
        ] {
            if !value.is_empty() {
                pen.field(key, value);
            }
        }
        if !object.subresource.is_empty() {
            pen.field("subresource", object.subresource);
        }
    });
}

fn authorization(pen: &mut Pen<'_>, request: &Request) {
    if request.code == 403 {
        pen.field("authorization.k8s.io/decision", "forbid");
        pen.field("authorization.k8s.io/reason", "");
        return;
    }
    pen.field("authorization.k8s.io/decision", "allow");
    let caller = &request.caller.username;
    let reason = match caller.rsplit(':').next() {
        Some(name) if caller.starts_with("system:serviceaccount:") => format!(
            "RBAC: allowed by ClusterRoleBinding \"system:controller:{name}\" of ClusterRole \"system:controller:{name}\" to ServiceAccount \"{name}/kube-system\""
        ),
        _ => String::new(),
    };
    pen.field("authorization.k8s.io/reason", &reason);
}
