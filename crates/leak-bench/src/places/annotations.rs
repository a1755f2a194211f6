//! Annotations that repeat an object: last-applied configurations, webhook patches, change causes; and managed fields.

use serde_json::{Value, json};

use super::event::{Event, annotated, deployment, metadata, pod_spec, secret};
use super::{Place, free, structured};
use crate::codec::{base64, gzip, zip};
use crate::plant::Plant;

const APPLIED: &str = "last applied";
const WEBHOOK: &str = "event annotation";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A Deployment whose container has a password in its environment, as text.
fn deployment_text(plant: &mut Plant) -> String {
    let spec = pod_spec(json!({"env": [{"name": "DB_PASSWORD", "value": plant.text}]}));
    deployment(&mut plant.rng, json!({}), spec).to_string()
}

fn applied_on_secret(plant: &mut Plant, annotation: &str, value: String) -> super::Record {
    let meta = annotated(&mut plant.rng, "db-credentials", json!({annotation: value}));
    let body = json!({"kind": "Secret", "apiVersion": "v1", "metadata": meta, "data": {}, "type": "Opaque"});
    Event::new("create", "secrets", "db-credentials").request(body.clone()).response(body).record(&mut plant.rng)
}

fn on_deployment(plant: &mut Plant, annotation: &str, value: String) -> super::Record {
    let meta = annotated(&mut plant.rng, "orders", json!({annotation: value}));
    let body = json!({"kind": "Deployment", "apiVersion": "apps/v1", "metadata": meta,
        "spec": {"replicas": 3, "template": {"spec": pod_spec(json!({}))}}});
    Event::new("patch", "apps/v1/deployments", "orders").request(body.clone()).response(body).record(&mut plant.rng)
}

pub(crate) const PLACES: &[Place] = &[
    structured("on a Secret", APPLIED, |p| {
        let text = secret(p.data(), "endpoint", &mut p.rng).to_string() + "\n";
        applied_on_secret(p, LAST_APPLIED, text)
    }),
    structured("on a Secret, stringData", APPLIED, |p| {
        let text = json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"endpoint": p.text}}).to_string();
        applied_on_secret(p, LAST_APPLIED, text)
    }),
    structured("on a ConfigMap", APPLIED, |p| {
        let text = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"notes": p.text}}).to_string();
        let meta = annotated(&mut p.rng, "settings", json!({LAST_APPLIED: text}));
        let body = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta, "data": {"mode": "fast"}});
        Event::new("update", "configmaps", "settings").request(body).record(&mut p.rng)
    }),
    structured("on a Deployment", APPLIED, |p| {
        let text = deployment_text(p);
        on_deployment(p, LAST_APPLIED, text)
    }),
    structured("in a pod template", APPLIED, |p| {
        let text = secret(p.data(), "endpoint", &mut p.rng).to_string();
        let body = deployment(&mut p.rng, json!({LAST_APPLIED: text}), pod_spec(json!({})));
        Event::new("create", "apps/v1/deployments", "orders").level("Request").request(body).record(&mut p.rng)
    }),
    structured("in a ControllerRevision", APPLIED, |p| {
        let text = deployment_text(p);
        let meta = annotated(&mut p.rng, "orders-5d4f8", json!({LAST_APPLIED: text}));
        let body = json!({"kind": "ControllerRevision", "apiVersion": "apps/v1", "metadata": meta, "revision": 4,
            "data": {"spec": {"template": {"spec": pod_spec(json!({"env": [{"name": "DB_PASSWORD", "value": p.text}]}))}}}});
        Event::new("create", "apps/v1/controllerrevisions", "orders-5d4f8").request(body).record(&mut p.rng)
    }),
    structured("kapp original on a Secret", APPLIED, |p| {
        let text = secret(p.data(), "endpoint", &mut p.rng).to_string();
        applied_on_secret(p, "kapp.k14s.io/original", text)
    }),
    structured("kapp original on a Deployment", APPLIED, |p| {
        let text = deployment_text(p);
        on_deployment(p, "kapp.k14s.io/original", text)
    }),
    structured("rio applied on a Secret", APPLIED, |p| {
        let text = secret(p.data(), "endpoint", &mut p.rng).to_string();
        let text = if p.rng.chance(50) { text } else { base64(&gzip(text.as_bytes())) };
        applied_on_secret(p, "objectset.rio.cattle.io/applied", text)
    }),
    structured("banzai last applied on a Secret", APPLIED, |p| {
        let text = secret(p.data(), "endpoint", &mut p.rng).to_string();
        let packed = if p.rng.chance(50) { zip("original", text.as_bytes()) } else { text.into_bytes() };
        applied_on_secret(p, "banzaicloud.com/last-applied", base64(&packed))
    }),
    structured("change cause", APPLIED, |p| {
        let word = p.shell();
        let text = match p.rng.below(3) {
            0 => format!("kubectl set env deployment/orders DB_PASSWORD={word} --record=true"),
            1 => format!("kubectl create secret generic db --from-literal=password={word} --record=true"),
            _ => format!("helm upgrade orders ./chart --set db.password={word} --wait"),
        };
        on_deployment(p, "kubernetes.io/change-cause", text)
    }),
    structured("in the items of a list", APPLIED, |p| {
        let text = deployment_text(p);
        let meta = annotated(&mut p.rng, "orders", json!({LAST_APPLIED: text}));
        let body = json!({"kind": "DeploymentList", "apiVersion": "apps/v1", "metadata": {"resourceVersion": "188231"},
            "items": [{"metadata": meta, "spec": {"replicas": 3}}]});
        Event::new("list", "apps/v1/deployments", "").response(body).record(&mut p.rng)
    }),
    structured("managedFields", APPLIED, |p| {
        let mut meta = metadata(&mut p.rng, "orders");
        let fields = json!([{"manager": "kubectl", "operation": "Apply", "apiVersion": "v1", "time": "2026-03-04T09:12:11Z",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:items": {".": {}, format!("v:{}", json!(p.text)): {}}}}}]);
        if let Value::Object(map) = &mut meta {
            map.insert("managedFields".into(), fields);
        }
        let body = json!({"kind": "Widget", "apiVersion": "example.com/v1", "metadata": meta, "spec": {"size": 2}});
        Event::new("update", "example.com/v1/widgets", "orders").request(body.clone()).response(body).record(&mut p.rng)
    }),
    structured("webhook patch of a Secret", WEBHOOK, |p| {
        let note = json!({"configuration": "mutator", "webhook": "m.example.com", "patchType": "JSONPatch",
            "patch": [{"op": "add", "path": "/data/endpoint", "value": p.data()}]});
        Event::new("create", "secrets", "db-credentials")
            .level("Metadata")
            .annotation("patch.webhook.admission.k8s.io/round_0_index_0", note.to_string())
            .record(&mut p.rng)
    }),
    structured("webhook patch of a Pod", WEBHOOK, |p| {
        let note = json!({"configuration": "injector", "webhook": "i.example.com", "patchType": "JSONPatch",
            "patch": [{"op": "add", "path": "/spec/containers/0/env/-", "value": {"name": "API_TOKEN", "value": p.text}}]});
        Event::new("create", "pods", "orders-1")
            .level("Metadata")
            .annotation("patch.webhook.admission.k8s.io/round_1_index_2", note.to_string())
            .record(&mut p.rng)
    }),
    structured("webhook patch of a truncated event", WEBHOOK, |p| {
        let note = json!({"configuration": "injector", "webhook": "i.example.com", "patchType": "JSONPatch",
            "patch": [{"op": "replace", "path": "", "value": {"kind": "Secret", "data": {"endpoint": p.data()}}}]});
        Event::new("update", "secrets", "db-credentials")
            .annotation("audit.k8s.io/truncated", "true".into())
            .annotation("patch.webhook.admission.k8s.io/round_0_index_0", note.to_string())
            .record(&mut p.rng)
    }),
    free("a webhook's own annotation", WEBHOOK, |p| {
        let text = p.prose();
        Event::new("create", "pods", "orders-1")
            .level("Metadata")
            .annotation("policy.example.com/verdict", text)
            .record(&mut p.rng)
    }),
    free("admission policy failure", WEBHOOK, |p| {
        let text = json!([{"message": p.prose(), "policy": "limits", "binding": "limits-team-a", "expressionIndex": 1,
            "validationActions": ["Audit"]}]);
        Event::new("create", "pods", "orders-1")
            .level("Metadata")
            .annotation("validation.policy.admission.k8s.io/validation_failure", text.to_string())
            .record(&mut p.rng)
    }),
    free("annotation of an object", APPLIED, |p| {
        let text = p.prose();
        on_deployment(p, "example.com/notes", text)
    }),
    free("name of an annotation", APPLIED, |p| {
        let key = format!("example.com/{}", p.text);
        on_deployment(p, &key, "true".into())
    }),
];
