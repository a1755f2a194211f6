//! A Kubernetes audit event in the making: the envelope as an API server of 1.30 fills it, in its order of keys.

use serde_json::{Map, Value, json};

use super::Record;
use crate::rng::{HEX, LOWER, Rng};

/// An event; its fields are set by the methods, and [`Event::record`] puts it together.
pub(crate) struct Event {
    verb: &'static str,
    group: &'static str,
    version: &'static str,
    resource: &'static str,
    subresource: &'static str,
    namespace: &'static str,
    name: String,
    level: &'static str,
    stage: &'static str,
    code: u16,
    uri: Option<String>,
    agent: String,
    extra: Option<Value>,
    impersonated: Option<Value>,
    status: Option<Value>,
    request: Option<Value>,
    response: Option<Value>,
    annotations: Map<String, Value>,
}

impl Event {
    /// An event about `resource`, which may be written `group/version/resource` or `version/resource`.
    pub(crate) fn new(verb: &'static str, resource: &'static str, name: &str) -> Self {
        let parts: Vec<&str> = resource.split('/').collect();
        let (group, version, resource) = match parts.as_slice() {
            [group, version, resource] => (*group, *version, *resource),
            [version, resource] => ("", *version, *resource),
            _ => ("", "v1", resource),
        };
        let code = if verb == "create" { 201 } else { 200 };
        let mut annotations = Map::new();
        annotations.insert("authorization.k8s.io/decision".into(), "allow".into());
        annotations.insert(
            "authorization.k8s.io/reason".into(),
            r#"RBAC: allowed by ClusterRoleBinding "deployers" of ClusterRole "edit" to Group "deployers""#.into(),
        );
        Self {
            verb,
            group,
            version,
            resource,
            subresource: "",
            namespace: "team-a",
            name: name.to_owned(),
            level: "RequestResponse",
            stage: "ResponseComplete",
            code,
            uri: None,
            agent: "kubectl/v1.30.2 (linux/amd64) kubernetes/3968350".into(),
            extra: None,
            impersonated: None,
            status: None,
            request: None,
            response: None,
            annotations,
        }
    }

    pub(crate) fn sub(mut self, subresource: &'static str) -> Self {
        self.subresource = subresource;
        self
    }

    pub(crate) fn namespace(mut self, namespace: &'static str) -> Self {
        self.namespace = namespace;
        self
    }

    pub(crate) fn level(mut self, level: &'static str) -> Self {
        self.level = level;
        self
    }

    pub(crate) fn stage(mut self, stage: &'static str) -> Self {
        self.stage = stage;
        self
    }

    pub(crate) fn request(mut self, body: Value) -> Self {
        self.request = Some(body);
        self
    }

    pub(crate) fn response(mut self, body: Value) -> Self {
        self.response = Some(body);
        self
    }

    pub(crate) fn uri(mut self, uri: String) -> Self {
        self.uri = Some(uri);
        self
    }

    pub(crate) fn agent(mut self, agent: String) -> Self {
        self.agent = agent;
        self
    }

    pub(crate) fn extra(mut self, extra: Value) -> Self {
        self.extra = Some(extra);
        self
    }

    pub(crate) fn impersonated(mut self, user: Value) -> Self {
        self.impersonated = Some(user);
        self
    }

    /// A failure: code, reason and message.
    pub(crate) fn failed(mut self, code: u16, reason: &str, message: String) -> Self {
        self.code = code;
        self.status =
            Some(json!({"metadata": {}, "status": "Failure", "message": message, "reason": reason, "code": code}));
        self
    }

    /// A failure with causes.
    pub(crate) fn causes(mut self, causes: Value) -> Self {
        let details = json!({"name": self.name, "kind": self.resource, "causes": causes});
        if let Some(Value::Object(status)) = self.status.as_mut() {
            status.insert("details".into(), details);
        }
        self
    }

    pub(crate) fn annotation(mut self, key: &str, value: String) -> Self {
        self.annotations.insert(key.to_owned(), value.into());
        self
    }

    fn default_uri(&self) -> String {
        let root = if self.group.is_empty() { "/api".into() } else { format!("/apis/{}", self.group) };
        let namespace =
            if self.namespace.is_empty() { String::new() } else { format!("/namespaces/{}", self.namespace) };
        let item = if self.name.is_empty() || self.verb == "create" && self.subresource.is_empty() {
            String::new()
        } else {
            format!("/{}", self.name)
        };
        let sub = if self.subresource.is_empty() { String::new() } else { format!("/{}", self.subresource) };
        let query = match self.verb {
            "patch" => "?fieldManager=kubectl-patch",
            "list" => "?limit=500",
            "create" | "update" => "?fieldManager=kubectl-client-side-apply&fieldValidation=Strict",
            _ => "",
        };
        format!("{root}/{}{namespace}/{}{item}{sub}{query}", self.version, self.resource)
    }

    /// The event with everything that was set.
    pub(crate) fn record(self, rng: &mut Rng) -> Record {
        let mut user = json!({
            "username": "system:serviceaccount:team-a:deployer",
            "uid": rng.uuid(),
            "groups": ["system:serviceaccounts", "system:serviceaccounts:team-a", "system:authenticated"],
        });
        let extra = self.extra.clone().unwrap_or_else(|| {
            json!({
                "authentication.kubernetes.io/credential-id": [format!("JTI={}", rng.uuid())],
                "authentication.kubernetes.io/pod-name": [format!("deployer-{}", rng.text(LOWER, 5))],
                "authentication.kubernetes.io/pod-uid": [rng.uuid()],
            })
        });
        if let Value::Object(user) = &mut user {
            user.insert("extra".into(), extra);
        }
        let mut out = Map::new();
        let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
        put("kind", "Event".into());
        put("apiVersion", "audit.k8s.io/v1".into());
        put("level", self.level.into());
        put("auditID", rng.uuid().into());
        put("stage", self.stage.into());
        put("requestURI", self.uri.clone().unwrap_or_else(|| self.default_uri()).into());
        put("verb", self.verb.into());
        put("user", user);
        if let Some(user) = self.impersonated {
            put("impersonatedUser", user);
        }
        put("sourceIPs", json!(["10.12.7.31"]));
        put("userAgent", self.agent.into());
        let mut object = Map::new();
        for (key, value) in [
            ("resource", self.resource),
            ("namespace", self.namespace),
            ("name", self.name.as_str()),
            ("apiGroup", self.group),
            ("apiVersion", self.version),
            ("subresource", self.subresource),
        ] {
            if !value.is_empty() {
                object.insert(key.into(), value.into());
            }
        }
        put("objectRef", Value::Object(object));
        if self.stage != "RequestReceived" {
            put("responseStatus", self.status.unwrap_or_else(|| json!({"metadata": {}, "code": self.code})));
        }
        if let Some(body) = self.request {
            put("requestObject", body);
        }
        if let Some(body) = self.response {
            put("responseObject", body);
        }
        let second = rng.below(50) + 10;
        put("requestReceivedTimestamp", format!("2026-03-04T09:12:{second}.{:06}Z", rng.below(1_000_000)).into());
        put("stageTimestamp", format!("2026-03-04T09:13:{second}.{:06}Z", rng.below(1_000_000)).into());
        put("annotations", Value::Object(self.annotations));
        Record::Kubernetes(Value::Object(out))
    }
}

/// Metadata as the API server returns it.
pub(crate) fn metadata(rng: &mut Rng, name: &str) -> Value {
    json!({
        "name": name,
        "namespace": "team-a",
        "uid": rng.uuid(),
        "resourceVersion": (100_000 + rng.below(900_000)).to_string(),
        "creationTimestamp": "2026-03-04T09:12:11Z",
        "labels": {"app.kubernetes.io/name": "orders", "pod-template-hash": rng.text(HEX, 10)},
    })
}

/// Metadata with annotations.
pub(crate) fn annotated(rng: &mut Rng, name: &str, annotations: Value) -> Value {
    let mut metadata = metadata(rng, name);
    if let Value::Object(map) = &mut metadata {
        map.insert("annotations".into(), annotations);
    }
    metadata
}

/// The manifest of a Secret whose `data` holds the given key.
pub(crate) fn secret(data: String, key: &str, rng: &mut Rng) -> Value {
    json!({
        "kind": "Secret", "apiVersion": "v1", "metadata": metadata(rng, "db-credentials"),
        "data": {"username": "YXBw", key: data}, "type": "Opaque",
    })
}

/// The same without `kind`, as the items of lists are.
pub(crate) fn secret_item(data: String, rng: &mut Rng) -> Value {
    json!({"metadata": metadata(rng, "db-credentials"), "data": {"username": "YXBw", "password": data}, "type": "Opaque"})
}

/// A pod's specification with one container around the given fields.
pub(crate) fn pod_spec(fields: Value) -> Value {
    let mut container = json!({
        "name": "orders", "image": "registry.example/orders@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}}, "imagePullPolicy": "IfNotPresent",
    });
    if let (Value::Object(container), Value::Object(fields)) = (&mut container, fields) {
        container.extend(fields);
    }
    json!({
        "containers": [container], "serviceAccountName": "orders", "restartPolicy": "Always",
        "volumes": [{"name": "tls", "secret": {"secretName": "orders-tls"}}], "hostNetwork": false,
    })
}

/// A Deployment around a pod template.
pub(crate) fn deployment(rng: &mut Rng, annotations: Value, spec: Value) -> Value {
    json!({
        "kind": "Deployment", "apiVersion": "apps/v1", "metadata": metadata(rng, "orders"),
        "spec": {
            "replicas": 3, "selector": {"matchLabels": {"app": "orders"}},
            "template": {"metadata": {"labels": {"app": "orders"}, "annotations": annotations}, "spec": spec},
        },
    })
}
