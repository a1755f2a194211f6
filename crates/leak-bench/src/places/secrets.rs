//! Secrets in all shapes in which they are created, changed and read.

use serde_json::{Value, json};

use super::event::{Event, metadata, secret, secret_item};
use super::{Place, free, structured};
use crate::codec::{base64, gzip};
use crate::plant::Plant;

const GROUP: &str = "secret";
const PATCH: &str = "secret patch";

fn patch(plant: &mut Plant, body: Value) -> super::Record {
    Event::new("patch", "secrets", "db-credentials").level("Request").request(body).record(&mut plant.rng)
}

pub(crate) const PLACES: &[Place] = &[
    structured("create data", GROUP, |p| {
        let body = secret(p.data(), "password", &mut p.rng);
        Event::new("create", "secrets", "db-credentials").request(body.clone()).response(body).record(&mut p.rng)
    }),
    structured("create data, neutral key", GROUP, |p| {
        let body = secret(base64(format!("note: {}\n", p.line()).as_bytes()), "config.yaml", &mut p.rng);
        Event::new("create", "secrets", "db-credentials").level("Request").request(body).record(&mut p.rng)
    }),
    structured("create stringData", GROUP, |p| {
        let body = json!({"kind": "Secret", "apiVersion": "v1", "metadata": metadata(&mut p.rng, "db-credentials"),
            "stringData": {"endpoint": p.text}, "type": "Opaque"});
        Event::new("create", "secrets", "db-credentials").level("Request").request(body).record(&mut p.rng)
    }),
    structured("update data", GROUP, |p| {
        let body = secret(p.data(), "ca.bundle", &mut p.rng);
        Event::new("update", "secrets", "db-credentials").request(body.clone()).response(body).record(&mut p.rng)
    }),
    structured("get data", GROUP, |p| {
        let body = secret(p.data(), "tls.key", &mut p.rng);
        Event::new("get", "secrets", "db-credentials").response(body).record(&mut p.rng)
    }),
    structured("list, items without kind", GROUP, |p| {
        let other = secret_item("cGxhY2Vob2xkZXI=".into(), &mut p.rng);
        let item = secret_item(p.data(), &mut p.rng);
        let body = json!({"kind": "SecretList", "apiVersion": "v1", "metadata": {"resourceVersion": "188231"},
            "items": [other, item]});
        Event::new("list", "secrets", "").response(body).record(&mut p.rng)
    }),
    structured("mixed List", GROUP, |p| {
        let (pod, item) = (metadata(&mut p.rng, "orders"), secret(p.data(), "endpoint", &mut p.rng));
        let body = json!({"kind": "List", "apiVersion": "v1", "metadata": {},
            "items": [{"kind": "ServiceAccount", "apiVersion": "v1", "metadata": pod}, item]});
        Event::new("create", "stacks.example.com/v1/bundles", "orders").request(body).record(&mut p.rng)
    }),
    structured("delete answer", GROUP, |p| {
        let body = secret(p.data(), "endpoint", &mut p.rng);
        Event::new("delete", "secrets", "db-credentials").response(body).record(&mut p.rng)
    }),
    structured("body is a string", GROUP, |p| {
        let body = secret(p.data(), "endpoint", &mut p.rng).to_string();
        patch(p, Value::String(body))
    }),
    structured("body is plain text", GROUP, |p| {
        let body = Value::String(p.text.clone());
        patch(p, body)
    }),
    structured("Table, row object", GROUP, |p| {
        let object = secret(p.data(), "endpoint", &mut p.rng);
        let body = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": "188231"},
            "columnDefinitions": [{"name": "Name", "type": "string", "format": "name", "description": "Name", "priority": 0}],
            "rows": [{"cells": ["db-credentials", "Opaque", 2, "12d"], "object": object}]});
        Event::new("list", "secrets", "").response(body).record(&mut p.rng)
    }),
    structured("Table, last applied in row", GROUP, |p| {
        let applied = secret(p.data(), "endpoint", &mut p.rng).to_string();
        let body = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": "188231"},
            "columnDefinitions": [{"name": "Name", "type": "string", "format": "name", "description": "Name", "priority": 0}],
            "rows": [{"cells": ["db-credentials", "Opaque", 2, "12d"], "object": {"kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "db-credentials", "annotations":
                    {"kubectl.kubernetes.io/last-applied-configuration": applied}}}}]});
        Event::new("list", "secrets", "").response(body).record(&mut p.rng)
    }),
    structured("bootstrap token", GROUP, |p| {
        let body = json!({"kind": "Secret", "apiVersion": "v1", "type": "bootstrap.kubernetes.io/token",
            "metadata": {"name": "bootstrap-token-07401b", "namespace": "kube-system"},
            "data": {"token-id": "MDc0MDFi", "token-secret": p.data(), "usage-bootstrap-authentication": "dHJ1ZQ=="}});
        Event::new("create", "secrets", "bootstrap-token-07401b")
            .namespace("kube-system")
            .request(body)
            .record(&mut p.rng)
    }),
    structured("Helm release", GROUP, |p| {
        let release = json!({"name": "orders", "info": {"status": "deployed"}, "chart": {"values": {"note": p.text}}});
        let data = base64(base64(&gzip(release.to_string().as_bytes())).as_bytes());
        let body = json!({"kind": "Secret", "apiVersion": "v1", "metadata": metadata(&mut p.rng, "sh.helm.release.v1.orders.v3"),
            "data": {"release": data}, "type": "helm.sh/release.v1"});
        Event::new("create", "secrets", "sh.helm.release.v1.orders.v3").request(body).record(&mut p.rng)
    }),
    structured("merge patch", PATCH, |p| {
        let body = json!({"data": {"endpoint": p.data()}});
        patch(p, body)
    }),
    structured("strategic patch, stringData", PATCH, |p| {
        let body = json!({"metadata": {"labels": {"rotated": "true"}}, "stringData": {"endpoint": p.text}});
        patch(p, body)
    }),
    structured("JSON patch, one key", PATCH, |p| {
        let op = p.rng.pick(&["add", "replace"]);
        let body = json!([{"op": op, "path": "/data/endpoint", "value": p.data()}]);
        patch(p, body)
    }),
    structured("JSON patch, value first", PATCH, |p| {
        let body = json!([{"value": p.text, "path": "/stringData/tls.key", "op": "add"}, {"op": "remove", "path": "/data/old"}]);
        patch(p, body)
    }),
    structured("JSON patch, all data", PATCH, |p| {
        let body = json!([{"op": "replace", "path": "/data", "value": {"endpoint": p.data(), "b~1c": "eA=="}}]);
        patch(p, body)
    }),
    structured("JSON patch, root", PATCH, |p| {
        let value = secret(p.data(), "endpoint", &mut p.rng);
        patch(p, json!([{"op": "replace", "path": "", "value": value}]))
    }),
    structured("JSON patch, test of the old value", PATCH, |p| {
        let body = json!([{"op": "test", "path": "/data/endpoint", "value": p.data()},
            {"op": "replace", "path": "/data/endpoint", "value": "bmV3"}]);
        patch(p, body)
    }),
    structured("apply patch without kind", PATCH, |p| {
        let body = json!({"metadata": {"name": "db-credentials"}, "data": {"endpoint": p.data()}});
        patch(p, body)
    }),
    structured("unknown shape: list of lists", PATCH, |p| {
        let body = json!([["set", "endpoint", p.text], {"payload": {"inner": [p.data()]}}]);
        patch(p, body)
    }),
    structured("both bodies of a merge patch", PATCH, |p| {
        let answer = secret(p.data(), "endpoint", &mut p.rng);
        Event::new("patch", "secrets", "db-credentials")
            .request(json!({"data": {"endpoint": p.data()}}))
            .response(answer)
            .record(&mut p.rng)
    }),
    free("Table cell", GROUP, |p| {
        let cell = p.prose();
        let body = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {},
            "columnDefinitions": [{"name": "Name", "type": "string"}, {"name": "Note", "type": "string"}],
            "rows": [{"cells": ["orders", cell], "object": {"kind": "PartialObjectMetadata", "metadata": {"name": "orders"}}}]});
        Event::new("list", "example.com/v1/widgets", "").response(body).record(&mut p.rng)
    }),
    free("key of data", GROUP, |p| {
        let key = p.text.clone();
        let body = json!({"kind": "Secret", "apiVersion": "v1", "metadata": metadata(&mut p.rng, "odd"), "data": {key: "eA=="}});
        Event::new("create", "secrets", "odd").level("Request").request(body).record(&mut p.rng)
    }),
];
