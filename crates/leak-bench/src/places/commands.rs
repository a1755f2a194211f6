//! Command lines of many programs, and the records and lines that repeat them.

use serde_json::{Value, json};

use super::event::{Event, metadata, pod_spec};
use super::{Place, Record, structured};
use crate::codec::hex;
use crate::plant::Plant;

const GROUP: &str = "command line";

fn pod(plant: &mut Plant, container: Value) -> Record {
    let body = json!({"kind": "Pod", "apiVersion": "v1", "metadata": metadata(&mut plant.rng, "job-1"), "spec": pod_spec(container)});
    Event::new("create", "pods", "job-1").request(body.clone()).response(body).record(&mut plant.rng)
}

fn patched(plant: &mut Plant, operations: Value) -> Record {
    Event::new("patch", "apps/v1/deployments", "orders").level("Request").request(operations).record(&mut plant.rng)
}

fn line(text: String) -> Record {
    Record::Line(text)
}

pub(crate) const PLACES: &[Place] = &[
    structured("docker login -p", GROUP, |p| {
        let script = format!("docker login -u ci -p {} registry.example && docker run -p 80:80 web", p.shell());
        pod(p, json!({"command": ["sh", "-c", script]}))
    }),
    structured("curl -u", GROUP, |p| {
        let word = p.word();
        pod(p, json!({"command": ["curl", "-fsS", "-u", format!("ci:{word}"), "https://api.example.com"]}))
    }),
    structured("etcdctl --user", GROUP, |p| {
        let word = p.word();
        pod(p, json!({"command": ["etcdctl", format!("--user=root:{word}"), "snapshot", "save", "/backup/db"]}))
    }),
    structured("redis-cli -a", GROUP, |p| {
        let probe = json!({"livenessProbe": {"exec": {"command": ["redis-cli", "-a", p.text, "ping"]}}});
        pod(p, probe)
    }),
    structured("java -D", GROUP, |p| {
        let flag = format!("-Dspring.datasource.password={}", p.text);
        pod(p, json!({"command": ["java", flag, "-jar", "/app.jar"]}))
    }),
    structured("lifecycle hook", GROUP, |p| {
        let hook = json!({"postStart": {"exec": {"command": ["/bin/register", "--client-secret", p.text]}}});
        pod(p, json!({"lifecycle": hook}))
    }),
    structured("shell in a shell", GROUP, |p| {
        let script = format!("su app -c \"mysqldump -uroot --password={} orders\"", p.word());
        pod(p, json!({"args": ["sh", "-ec", script]}))
    }),
    structured("script of several lines", GROUP, |p| {
        let script = format!("set -e\nexport VAULT_TOKEN={}\nvault kv get kv/orders\n", p.shell());
        pod(p, json!({"command": ["bash", "-c", script]}))
    }),
    structured("JSON patch of all arguments", GROUP, |p| {
        let value = json!(["--listen=:8080", "--api-token", p.text]);
        patched(p, json!([{"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": value}]))
    }),
    structured("JSON patch of one argument", GROUP, |p| {
        let value = format!("--db-password={}", p.text);
        patched(p, json!([{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": value}]))
    }),
    structured("JSON patch of a variable's value", GROUP, |p| {
        let path = "/spec/template/spec/containers/0/env/2/value";
        patched(
            p,
            json!([{"op": "test", "path": path, "value": p.text}, {"op": "replace", "path": path, "value": "x"}]),
        )
    }),
    structured("ephemeral container", GROUP, |p| {
        let body = json!({"spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox:1.36",
            "env": [{"name": "DEBUG_API_KEY", "value": p.text}], "targetContainerName": "orders"}]}});
        Event::new("patch", "pods", "orders-1").sub("ephemeralcontainers").request(body).record(&mut p.rng)
    }),
    structured("attach", GROUP, |p| {
        let uri = format!(
            "/api/v1/namespaces/team-a/pods/orders-1/exec?command=psql&command=--password&command={}&container=db&stdout=true",
            p.url()
        );
        Event::new("get", "pods", "orders-1").sub("exec").level("Metadata").uri(uri).record(&mut p.rng)
    }),
    structured("sudo, short flag", GROUP, |p| {
        let word = p.word();
        line(format!(
            "Mar  4 09:12:11 node-a sudo[2211]:     ops : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/mysql -uroot -p{word} orders"
        ))
    }),
    structured("cron", GROUP, |p| {
        let word = p.word();
        line(format!("Mar  4 09:12:11 node-a CRON[77]: (root) CMD (curl -u ci:{word} https://api.example.com/tick)"))
    }),
    structured("PROCTITLE as ausearch -i writes it", GROUP, |p| {
        let word = p.word();
        line(format!("type=PROCTITLE msg=audit(03/04/26 09:12:11.123:77) : proctitle=mysql -uroot -p{word} orders"))
    }),
    structured("USER_CMD behind the head of syslog", GROUP, |p| {
        let command = hex(format!("curl -u ci:{} https://api.example.com", p.word()).as_bytes(), true);
        line(format!(
            "<13>Mar  4 09:12:11 node-a audispd: type=USER_CMD msg=audit(1772615531.123:77): pid=9 uid=1000 msg='cwd=\"/\" cmd={command} terminal=pts/0 res=success'"
        ))
    }),
    structured("EXECVE as journald writes it", GROUP, |p| {
        let argument = hex(format!("--db-password={}", p.text).as_bytes(), true);
        Record::Fields(
            json!({"_TRANSPORT": "audit", "_AUDIT_TYPE_NAME": "EXECVE", "MESSAGE": format!("EXECVE argc=2 a0=\"orders\" a1={argument}")}),
        )
    }),
    structured("arguments in a sensor's record", GROUP, |p| {
        Record::Fields(
            json!({"EXECVE": {"argc": 3, "ARGV": ["mysql", "-uroot", format!("-p{}", p.text)]}, "NODE": "node-a"}),
        )
    }),
];
