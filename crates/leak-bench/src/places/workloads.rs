//! Pods and what makes them: environment, command lines, probe headers.

use serde_json::{Value, json};

use super::event::{Event, deployment, metadata, pod_spec};
use super::{Place, Record, free, structured};
use crate::plant::Plant;

const GROUP: &str = "workload";

fn pod(plant: &mut Plant, fields: Value) -> Record {
    let body = json!({"kind": "Pod", "apiVersion": "v1", "metadata": metadata(&mut plant.rng, "orders-1"), "spec": pod_spec(fields)});
    Event::new("create", "pods", "orders-1").request(body.clone()).response(body).record(&mut plant.rng)
}

fn template(plant: &mut Plant, fields: Value) -> Record {
    let body = deployment(&mut plant.rng, json!({}), pod_spec(fields));
    Event::new("update", "apps/v1/deployments", "orders").request(body.clone()).response(body).record(&mut plant.rng)
}

/// The header that carries the secret: with its scheme if it has none.
fn authorization(plant: &Plant) -> String {
    match plant.text.strip_prefix("Basic ") {
        Some(_) => plant.text.clone(),
        None => format!("Bearer {}", plant.word()),
    }
}

pub(crate) const PLACES: &[Place] = &[
    structured("Pod env by name", GROUP, |p| {
        let name = p.rng.pick(&[
            "DB_PASSWORD",
            "API_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "CLIENT_SECRET",
            "ENCRYPTION_KEY_PASSPHRASE",
        ]);
        let env = json!({"env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": name, "value": p.text},
            {"name": "OTHER", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]});
        pod(p, env)
    }),
    structured("Pod env, value before name", GROUP, |p| {
        let env = json!({"env": [{"value": p.text, "name": "DB_PASSWORD"}]});
        pod(p, env)
    }),
    structured("Deployment env by name", GROUP, |p| {
        let env = json!({"env": [{"name": "REDIS_PASSWORD", "value": p.text}]});
        template(p, env)
    }),
    structured("CronJob env by name", GROUP, |p| {
        let spec = pod_spec(json!({"env": [{"name": "GITHUB_TOKEN", "value": p.text}]}));
        let body = json!({"kind": "CronJob", "apiVersion": "batch/v1", "metadata": metadata(&mut p.rng, "backup"),
            "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": spec}}}}});
        Event::new("create", "batch/v1/cronjobs", "backup").request(body).record(&mut p.rng)
    }),
    structured("init container env", GROUP, |p| {
        let mut spec = pod_spec(json!({}));
        if let Value::Object(map) = &mut spec {
            map.insert(
                "initContainers".into(),
                json!([{"name": "migrate", "image": "migrate:1",
                "env": [{"name": "PGPASSWORD", "value": p.text}]}]),
            );
        }
        let body = deployment(&mut p.rng, json!({}), spec);
        Event::new("patch", "apps/v1/deployments", "orders").level("Request").request(body).record(&mut p.rng)
    }),
    structured("strategic patch of env", GROUP, |p| {
        let body = json!({"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "orders"}],
            "containers": [{"name": "orders", "env": [{"name": "DB_PASSWORD", "value": p.text}]}]}}}});
        Event::new("patch", "apps/v1/deployments", "orders").level("Request").request(body).record(&mut p.rng)
    }),
    structured("JSON patch of env", GROUP, |p| {
        let body = json!([{"op": "add", "path": "/spec/template/spec/containers/0/env/-",
            "value": {"name": "DB_PASSWORD", "value": p.text}}]);
        Event::new("patch", "apps/v1/deployments", "orders").level("Request").request(body).record(&mut p.rng)
    }),
    structured("args --flag=value", GROUP, |p| {
        let args = json!({"command": ["/orders"], "args": ["--listen=:8080", format!("--db-password={}", p.text), "--verbose"]});
        pod(p, args)
    }),
    structured("args --flag value", GROUP, |p| {
        let args = json!({"command": ["/orders", "serve"], "args": ["--api-token", p.text, "--replicas", "3"]});
        template(p, args)
    }),
    structured("mysql -pVALUE", GROUP, |p| {
        let args = json!({"command": ["mysqldump", "-uroot", format!("-p{}", p.text), "--all-databases"]});
        pod(p, args)
    }),
    structured("sh -c, assignment", GROUP, |p| {
        let line = format!("export PGPASSWORD={} && pg_dump -h db orders > /backup/orders.sql", p.shell());
        pod(p, json!({"command": ["/bin/sh", "-c", line]}))
    }),
    structured("sh -c, curl header", GROUP, |p| {
        let line = format!(
            "curl -fsS -H \"Authorization: {}\" https://api.example.com/v1/items -o /tmp/out",
            authorization(p)
        );
        template(p, json!({"args": ["sh", "-c", line]}))
    }),
    structured("sh -c, flag", GROUP, |p| {
        let line = format!("vault login --method=token --token {} && exec /orders", p.shell());
        pod(p, json!({"command": ["/bin/bash", "-ec"], "args": [line]}))
    }),
    structured("probe header", GROUP, |p| {
        let probe = json!({"livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080,
            "httpHeaders": [{"name": "Authorization", "value": authorization(p)}]}, "periodSeconds": 10}});
        pod(p, probe)
    }),
    structured("probe command", GROUP, |p| {
        let probe = json!({"readinessProbe": {"exec": {"command": ["redis-cli", "--password", p.text, "ping"]}}});
        template(p, probe)
    }),
    structured("URL with userinfo in an argument", GROUP, |p| {
        let url = format!("--source=https://deploy:{}@git.example.com/team/orders.git", p.url());
        pod(p, json!({"args": [url]}))
    }),
    free("env with a neutral name", GROUP, |p| {
        let env = json!({"env": [{"name": "STARTUP_OPTIONS", "value": p.prose()}]});
        pod(p, env)
    }),
    free("positional argument", GROUP, |p| {
        let args = json!({"command": ["/orders", "run", p.text, "fast"]});
        template(p, args)
    }),
    free("sh -c without a hint", GROUP, |p| {
        let line = format!("echo {} | /bin/register", p.shell());
        pod(p, json!({"command": ["sh", "-c", line]}))
    }),
    free("label of a pod", GROUP, |p| {
        let mut meta = metadata(&mut p.rng, "orders-1");
        if let Some(Value::Object(labels)) = meta.get_mut("labels") {
            labels.insert("build".into(), p.text.clone().into());
        }
        let body = json!({"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": pod_spec(json!({}))});
        Event::new("create", "pods", "orders-1").request(body).record(&mut p.rng)
    }),
];
