//! The envelope of an event: request URI, status, user, user agent, names.

use serde_json::{Value, json};

use super::event::{Event, metadata};
use super::{Place, free, structured};
use crate::codec::{json_string, percent};

const URI: &str = "request URI";
const STATUS: &str = "response status";
const USER: &str = "user and names";

fn exec(query: &str) -> Event {
    Event::new("get", "pods", "orders-1").sub("exec").level("Metadata").uri(format!(
        "/api/v1/namespaces/team-a/pods/orders-1/exec?{query}&container=orders&stdin=true&stdout=true&tty=true"
    ))
}

pub(crate) const PLACES: &[Place] = &[
    structured("exec -pVALUE", URI, |p| {
        exec(&format!("command=mysql&command=-uroot&command=-p{}", p.url())).record(&mut p.rng)
    }),
    structured("exec --flag=value", URI, |p| {
        let argument = format!("--password={}", p.text);
        exec(&format!("command=psql&command={}", percent(argument.as_bytes(), || false))).record(&mut p.rng)
    }),
    structured("exec --flag value", URI, |p| {
        exec(&format!("command=vault&command=login&command=--token&command={}", p.url()))
            .stage("ResponseStarted")
            .record(&mut p.rng)
    }),
    structured("exec sh -c, assignment", URI, |p| {
        let line = format!("PGPASSWORD={} psql -h db -c 'select 1'", p.shell());
        let line = percent(line.as_bytes(), || false).replace("%20", "+");
        exec(&format!("command=sh&command=-c&command={line}")).stage("RequestReceived").record(&mut p.rng)
    }),
    structured("proxy token", URI, |p| {
        let key = p.rng.pick(&["token", "access_token", "api_key", "password"]);
        let uri = format!("/api/v1/namespaces/team-a/services/https:dash:443/proxy/login?{key}={}&next=home", p.url());
        Event::new("get", "services", "https:dash:443").sub("proxy").level("Metadata").uri(uri).record(&mut p.rng)
    }),
    structured("exec of a truncated event", URI, |p| {
        let argument = format!("--password={}", p.text);
        exec(&format!("command=psql&command={}", percent(argument.as_bytes(), || false)))
            .annotation("audit.k8s.io/truncated", "true".into())
            .record(&mut p.rng)
    }),
    free("label selector", URI, |p| {
        let uri = format!("/api/v1/namespaces/team-a/pods?labelSelector=build%3D{}&limit=500", p.url());
        Event::new("list", "pods", "").level("Metadata").uri(uri).record(&mut p.rng)
    }),
    free("non-resource path", URI, |p| {
        let uri = format!("/custom/{}/status", p.url());
        Event::new("get", "pods", "").level("Metadata").uri(uri).record(&mut p.rng)
    }),
    structured("Invalid value", STATUS, |p| {
        let message = format!(
            "Secret \"db\" is invalid: data[password]: Invalid value: {}: must be base64",
            json_string(&p.text)
        );
        Event::new("update", "secrets", "db").level("Metadata").failed(422, "Invalid", message).record(&mut p.rng)
    }),
    structured("Invalid value, object echoed", STATUS, |p| {
        let echo =
            json!({"apiVersion": "v1", "kind": "Secret", "data": {"endpoint": p.data()}, "stringData": {"x": p.text}});
        let message = format!(
            "Secret \"db\" is invalid: patch: Invalid value: {}: cannot convert int64 to string",
            json_string(&echo.to_string())
        );
        Event::new("patch", "secrets", "db").level("Metadata").failed(422, "Invalid", message).record(&mut p.rng)
    }),
    structured("error found in", STATUS, |p| {
        let message = format!(
            "Secret in version \"v1\" cannot be handled as a Secret: json: cannot unmarshal number into Go struct field Secret.data of type []uint8, error found in #10 byte of ...|assword\":{},\"k|..., bigger context ...|{{\"apiVersion\":\"v1\",\"data\":{{\"endpoint\":\"{}\",\"k\":1}}|...",
            json_string(&p.text),
            p.data()
        );
        Event::new("create", "secrets", "db").level("Metadata").failed(400, "BadRequest", message).record(&mut p.rng)
    }),
    structured("causes", STATUS, |p| {
        let cause = format!("Invalid value: {}: must be at most 20 characters", json_string(&p.text));
        Event::new("update", "secrets", "db")
            .level("Metadata")
            .failed(422, "Invalid", "Secret \"db\" is invalid".into())
            .causes(json!([{"reason": "FieldValueInvalid", "message": cause, "field": "data[password]"}]))
            .record(&mut p.rng)
    }),
    structured("Status as the answer", STATUS, |p| {
        let message = format!(
            "Deployment.apps \"orders\" is invalid: spec.template.spec.containers[0].env[0].value: Invalid value: {}: too long",
            json_string(&p.text)
        );
        let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": "Invalid", "code": 422});
        Event::new("update", "apps/v1/deployments", "orders")
            .failed(422, "Invalid", "invalid".into())
            .response(status)
            .record(&mut p.rng)
    }),
    free("message of an admission webhook", STATUS, |p| {
        let message = format!("admission webhook \"guard.example.com\" denied the request: {}", p.prose());
        Event::new("create", "pods", "orders-1").level("Metadata").failed(403, "Forbidden", message).record(&mut p.rng)
    }),
    free("user.extra", USER, |p| {
        let extra = json!({"authentication.kubernetes.io/pod-name": ["deployer-x2k4p"], "example.com/session": [p.text],
            "authentication.kubernetes.io/credential-id": [format!("JTI={}", p.rng.uuid())]});
        Event::new("get", "pods", "orders-1").level("Metadata").extra(extra).record(&mut p.rng)
    }),
    free("impersonatedUser.extra", USER, |p| {
        let user = json!({"username": "jane", "groups": ["system:authenticated"], "extra": {"iam.example.com/assertion": [p.text]}});
        Event::new("get", "pods", "orders-1").level("Metadata").impersonated(user).record(&mut p.rng)
    }),
    free("user agent", USER, |p| {
        let agent = format!("tool/1.2 ({})", p.prose());
        Event::new("get", "pods", "orders-1").level("Metadata").agent(agent).record(&mut p.rng)
    }),
    free("name of an object", USER, |p| {
        let name = p.text.clone();
        let uri = format!("/apis/example.com/v1/namespaces/team-a/widgets/{}", p.url());
        Event::new("delete", "example.com/v1/widgets", &name).level("Metadata").uri(uri).record(&mut p.rng)
    }),
    free("message of an Event", USER, |p| {
        let body = json!({"kind": "Event", "apiVersion": "v1", "metadata": metadata(&mut p.rng, "orders.17a"),
            "involvedObject": {"kind": "Pod", "namespace": "team-a", "name": "orders-1"}, "reason": "Failed",
            "message": format!("Error: failed to start: {}", p.prose()), "type": "Warning", "count": 3});
        Event::new("create", "events", "orders.17a").request(body).record(&mut p.rng)
    }),
    free("extra of an access review", USER, |p| {
        let body = json!({"kind": "SubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {},
            "spec": {"user": "jane", "extra": {"example.com/session": [p.text]},
                "resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "team-a"}}, "status": {"allowed": false}});
        Event::new("create", "authorization.k8s.io/v1/subjectaccessreviews", "")
            .namespace("")
            .request(body)
            .record(&mut p.rng)
    }),
    free("body that is an array", USER, |p| {
        let body = Value::Array(vec!["first".into(), p.prose().into(), json!(3)]);
        Event::new("create", "example.com/v1/widgets", "orders").request(body).record(&mut p.rng)
    }),
];
