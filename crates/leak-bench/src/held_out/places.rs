//! The places kept out of development.

use serde_json::{Value, json};

use crate::codec::{base64, hex, json_string, percent};
use crate::places::event::{Event, annotated, deployment, metadata, pod_spec, secret};
use crate::places::{Place, Record, free, structured};
use crate::plant::Plant;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
const GROUP: &str = "held out";

fn workload(plant: &mut Plant, resource: &'static str, kind: &str, spec: Value) -> Record {
    let body = json!({"kind": kind, "apiVersion": "apps/v1", "metadata": metadata(&mut plant.rng, "orders"),
        "spec": {"template": {"metadata": {"labels": {"app": "orders"}}, "spec": spec}}});
    Event::new("update", resource, "orders").request(body.clone()).response(body).record(&mut plant.rng)
}

fn custom(plant: &mut Plant, resource: &'static str, body: Value) -> Record {
    Event::new("create", resource, "orders").request(body.clone()).response(body).record(&mut plant.rng)
}

fn secret_patch(plant: &mut Plant, body: Value) -> Record {
    Event::new("patch", "secrets", "db-credentials").level("Request").request(body).record(&mut plant.rng)
}

fn config(plant: &mut Plant, key: &str, text: String) -> Record {
    let body = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata(&mut plant.rng, "settings"), "data": {key: text}});
    Event::new("create", "configmaps", "settings").request(body).record(&mut plant.rng)
}

fn certificate(plant: &mut Plant) -> String {
    let dashes = "-".repeat(5);
    let body = base64(&plant.rng.bytes(900));
    base64(
        format!("{dashes}BEGIN CERTIFICATE{dashes}\n{body}\n{}\n{dashes}END CERTIFICATE{dashes}\n", plant.text)
            .as_bytes(),
    )
}

fn audit(plant: &mut Plant, rest: &str) -> Record {
    Record::Line(format!("type={rest}").replacen(
        ": ",
        &format!(" msg=audit(1772611931.{}:77): ", 100 + plant.rng.below(900)),
        1,
    ))
}

pub(crate) const OBJECTS: &[Place] = &[
    structured("watch answer", GROUP, |p| {
        let body = json!({"type": "MODIFIED", "object": secret(p.data(), "endpoint", &mut p.rng)});
        Event::new("watch", "secrets", "").response(body).record(&mut p.rng)
    }),
    structured("deletecollection answer", GROUP, |p| {
        let item = secret(p.data(), "endpoint", &mut p.rng);
        let body = json!({"apiVersion": "v1", "items": [item], "kind": "SecretList", "metadata": {}});
        Event::new("deletecollection", "secrets", "").response(body).record(&mut p.rng)
    }),
    structured("JSON patch, escaped key", GROUP, |p| {
        let body = json!([{"op": "add", "path": "/data/app~1tls.crt", "value": p.data()}]);
        secret_patch(p, body)
    }),
    structured("JSON patch, stringData map", GROUP, |p| {
        let body = json!([{"path": "/stringData", "value": {"endpoint": p.text, "region": "eu"}, "op": "add"}]);
        secret_patch(p, body)
    }),
    structured("docker configuration", GROUP, |p| {
        let document = json!({"auths": {"registry.example": {"username": "ci", "password": p.text, "auth": base64(format!("ci:{}", p.text).as_bytes())}}});
        let body = json!({"kind": "Secret", "apiVersion": "v1", "metadata": metadata(&mut p.rng, "pull"),
            "data": {".dockerconfigjson": base64(document.to_string().as_bytes())}, "type": "kubernetes.io/dockerconfigjson"});
        Event::new("create", "secrets", "pull").request(body).record(&mut p.rng)
    }),
    structured("Table of one", GROUP, |p| {
        let object = secret(p.data(), "endpoint", &mut p.rng);
        let body =
            json!({"rows": [{"object": object, "cells": ["db-credentials", "Opaque", 2, "12d"]}], "kind": "Table"});
        Event::new("get", "secrets", "db-credentials").response(body).record(&mut p.rng)
    }),
    structured("last applied within last applied", GROUP, |p| {
        let inner = secret(p.data(), "endpoint", &mut p.rng).to_string();
        let outer =
            json!({"kind": "Secret", "metadata": {"annotations": {LAST_APPLIED: inner}}, "data": {}}).to_string();
        let meta = annotated(&mut p.rng, "orders", json!({LAST_APPLIED: outer}));
        custom(p, "example.com/v1/widgets", json!({"kind": "Widget", "metadata": meta, "spec": {"size": 1}}))
    }),
    structured("last applied, arguments", GROUP, |p| {
        let spec = pod_spec(json!({"args": [format!("--password={}", p.text)]}));
        let text = deployment(&mut p.rng, json!({}), spec).to_string();
        let meta = annotated(&mut p.rng, "orders", json!({LAST_APPLIED: text}));
        let body = json!({"kind": "StatefulSetList", "items": [{"metadata": meta, "spec": {"replicas": 1}}]});
        Event::new("list", "apps/v1/statefulsets", "").response(body).record(&mut p.rng)
    }),
    structured("change cause in a template", GROUP, |p| {
        let text = format!("kubectl run job --env=API_TOKEN={} --image=job:1", p.shell());
        let body = deployment(&mut p.rng, json!({"kubernetes.io/change-cause": text}), pod_spec(json!({})));
        Event::new("create", "apps/v1/deployments", "orders").request(body).record(&mut p.rng)
    }),
    structured("webhook patch, test of the old value", GROUP, |p| {
        let note = json!({"configuration": "m", "webhook": "m.example.com", "patchType": "JSONPatch", "patch": [
            {"op": "test", "path": "/data/endpoint", "value": p.data()}, {"op": "remove", "path": "/data/endpoint"}]});
        Event::new("update", "secrets", "db")
            .level("Metadata")
            .annotation("patch.webhook.admission.k8s.io/round_0_index_1", note.to_string())
            .record(&mut p.rng)
    }),
    structured("webhook patch of a ConfigMap", GROUP, |p| {
        let note = json!({"patch": [{"op": "add", "path": "/data/app.properties", "value": format!("user=app\npassword={}\n", p.line())}],
            "patchType": "JSONPatch"});
        Event::new("update", "configmaps", "settings")
            .level("Metadata")
            .annotation("patch.webhook.admission.k8s.io/round_1_index_0", note.to_string())
            .record(&mut p.rng)
    }),
    structured("ephemeral container env", GROUP, |p| {
        let body = json!({"spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox", "command": ["sh"],
            "env": [{"name": "SESSION_TOKEN", "value": p.text}]}]}});
        Event::new("patch", "pods", "orders-1").sub("ephemeralcontainers").request(body).record(&mut p.rng)
    }),
    structured("startup probe header", GROUP, |p| {
        let spec = pod_spec(
            json!({"startupProbe": {"httpGet": {"httpHeaders": [{"name": "X-Api-Key", "value": p.word()}], "port": 80}}}),
        );
        workload(p, "apps/v1/statefulsets", "StatefulSet", spec)
    }),
    structured("lifecycle command", GROUP, |p| {
        let spec = pod_spec(
            json!({"lifecycle": {"preStop": {"exec": {"command": ["/drain", "--api-key", p.text, "--wait"]}}}}),
        );
        workload(p, "apps/v1/daemonsets", "DaemonSet", spec)
    }),
    structured("assignment as an argument", GROUP, |p| {
        let spec = pod_spec(json!({"command": ["env", "LOG=1", format!("API_TOKEN={}", p.text), "/orders"]}));
        workload(p, "apps/v1/replicasets", "ReplicaSet", spec)
    }),
    structured("pods of a list", GROUP, |p| {
        let spec = pod_spec(json!({"env": [{"name": "SMTP_PASSWORD", "value": p.text}]}));
        let body = json!({"kind": "PodList", "items": [{"metadata": metadata(&mut p.rng, "orders-1"), "spec": spec}]});
        Event::new("list", "pods", "").response(body).record(&mut p.rng)
    }),
    structured("INI with spaces", GROUP, |p| {
        let text = format!("[database]\nuser = app\npasswd = {}\nport = 5432\n", p.line());
        config(p, "app.ini", text)
    }),
    structured("YAML, quoted key", GROUP, |p| {
        let text = format!("auth:\n  \"auth-token\": {}\n  url: https://x\n", json_string(&p.text));
        config(p, "config.yml", text)
    }),
    structured("kubeadm bootstrap token", GROUP, |p| {
        let body = json!({"kind": "KubeadmConfig", "spec": {"joinConfiguration": {"discovery": {"bootstrapToken":
            {"apiServerEndpoint": "10.0.0.1:6443", "token": p.text}}}}});
        custom(p, "bootstrap.cluster.x-k8s.io/v1beta1/kubeadmconfigs", body)
    }),
    structured("issued certificate", GROUP, |p| {
        let body = json!({"kind": "CertificateSigningRequest", "spec": {"signerName": "example.com/x"},
            "status": {"conditions": [{"type": "Approved"}], "certificate": certificate(p)}});
        Event::new("update", "certificates.k8s.io/v1/certificatesigningrequests", "node-csr")
            .sub("approval")
            .response(body)
            .record(&mut p.rng)
    }),
    structured("APIService caBundle", GROUP, |p| {
        let body = json!({"kind": "APIService", "spec": {"group": "x.example.com", "caBundle": certificate(p), "version": "v1"}});
        custom(p, "apiregistration.k8s.io/v1/apiservices", body)
    }),
    structured("ExternalSecret template", GROUP, |p| {
        let body = json!({"kind": "ExternalSecret", "spec": {"target": {"name": "db", "template": {"data": {"password": p.text}}}}});
        custom(p, "external-secrets.io/v1/externalsecrets", body)
    }),
    structured("ACME challenge", GROUP, |p| {
        let body = json!({"kind": "Challenge", "spec": {"dnsName": "x.example.com", "type": "HTTP-01", "token": p.text, "key": p.text}});
        custom(p, "acme.cert-manager.io/v1/challenges", body)
    }),
    structured("OAuth authorize token", GROUP, |p| {
        let name = p.text.clone();
        let uri = format!("/apis/oauth.openshift.io/v1/oauthauthorizetokens/{}", p.url());
        let body = json!({"kind": "OAuthAuthorizeToken", "metadata": {"name": p.text}, "clientName": "console"});
        Event::new("delete", "oauth.openshift.io/v1/oauthauthorizetokens", &name)
            .namespace("")
            .uri(uri)
            .response(body)
            .record(&mut p.rng)
    }),
    structured("conversion webhook URL", GROUP, |p| {
        let body = json!({"kind": "CustomResourceDefinition", "spec": {"conversion": {"strategy": "Webhook", "webhook":
            {"clientConfig": {"url": format!("https://hook:{}@hook.example.com/convert", p.url())}}}}});
        custom(p, "apiextensions.k8s.io/v1/customresourcedefinitions", body)
    }),
];

pub(crate) const ENVELOPE_AND_LINUX: &[Place] = &[
    structured("exec curl with a header", GROUP, |p| {
        let header = if p.text.starts_with("Basic ") { p.text.clone() } else { format!("Bearer {}", p.word()) };
        let header = percent(format!("Authorization: {header}").as_bytes(), || false);
        let uri = format!(
            "/api/v1/namespaces/team-a/pods/orders-1/exec?command=curl&command=-H&command={header}&command=https%3A%2F%2Fx&stdout=true"
        );
        Event::new("create", "pods", "orders-1").sub("exec").level("Metadata").uri(uri).record(&mut p.rng)
    }),
    structured("proxy with an API key", GROUP, |p| {
        let uri = format!("/api/v1/nodes/node-a/proxy/metrics?apikey={}", p.url());
        Event::new("get", "nodes", "node-a").namespace("").sub("proxy").level("Metadata").uri(uri).record(&mut p.rng)
    }),
    structured("causes in the answer", GROUP, |p| {
        let cause = format!("Invalid value: {}: too short", json_string(&p.text));
        let status = json!({"kind": "Status", "status": "Failure", "reason": "Invalid", "code": 422,
            "details": {"causes": [{"reason": "FieldValueInvalid", "message": cause, "field": "stringData[pin]"}]}});
        Event::new("create", "secrets", "db")
            .failed(422, "Invalid", "invalid".into())
            .response(status)
            .record(&mut p.rng)
    }),
    free("error of an aggregated API", GROUP, |p| {
        let message = format!("error trying to reach service: {}", p.prose());
        Event::new("get", "metrics.k8s.io/v1beta1/nodes", "node-a")
            .level("Metadata")
            .failed(503, "ServiceUnavailable", message)
            .record(&mut p.rng)
    }),
    free("user name", GROUP, |p| {
        let user = json!({"username": p.prose(), "groups": ["system:authenticated"]});
        Event::new("get", "pods", "orders-1").level("Metadata").impersonated(user).record(&mut p.rng)
    }),
    structured("PROCTITLE --flag=value", GROUP, |p| {
        let title = hex(format!("/bin/x\0--password={}\0-v", p.text).as_bytes(), true);
        let title: String = title.chars().take(256).collect();
        audit(p, &format!("PROCTITLE: proctitle={title}"))
    }),
    structured("USER_TTY data", GROUP, |p| {
        let data = hex(format!("{}\r", p.text).as_bytes(), true);
        audit(p, &format!("USER_TTY: pid=9 uid=0 auid=1000 ses=3 data={data}"))
    }),
    structured("USER_CMD -pVALUE", GROUP, |p| {
        let command = hex(format!("mysql -uroot -p{} orders", p.shell()).as_bytes(), true);
        audit(
            p,
            &format!("USER_CMD: pid=9 uid=0 auid=1000 ses=3 msg='cwd=\"/\" cmd={command} terminal=pts/0 res=success'"),
        )
    }),
    structured("cookie", GROUP, |p| {
        Record::Line(format!(
            "2026-03-04T09:12:11.1Z stdout F GET /x Cookie: theme=dark; session_token={}; lang=en",
            p.word()
        ))
    }),
    structured("connection string", GROUP, |p| {
        Record::Line(format!("2026-03-04T09:12:11.1Z stderr F dial redis://:{}@cache.internal:6379/0 refused", p.url()))
    }),
    free("sshd failed password", GROUP, |p| {
        Record::Fields(json!({"SYSLOG_IDENTIFIER": "sshd", "_PID": "9",
            "MESSAGE": format!("Failed password for invalid user {} from 203.0.113.9 port 52144 ssh2", p.word())}))
    }),
    free("container free text", GROUP, |p| Record::Line(format!("worker: {}", p.prose()))),
];
