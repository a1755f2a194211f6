//! Events without a secret, and with everything that looks like one: identifiers, digests, fingerprints, certificates,
//! continue tokens, and what the rules of Falco, Elastic and Sigma look for. Nothing of them may change.

use std::collections::BTreeMap;

use auditgate_generate::{Generator, Options, Profile};
use serde_json::json;

use crate::codec::base64;
use crate::keep::{KeepList, changed};
use crate::places::Record;
use crate::places::event::{Event, annotated, metadata, pod_spec};
use crate::rng::{ALNUM, HEX, LOWER, Rng, WORD};
use crate::target::Target;
use crate::{checks, json};

/// What happened to the benign events.
#[derive(Default)]
pub struct Benign {
    /// Events that were run.
    pub events: usize,
    /// Events with at least one changed value.
    pub changed_events: usize,
    /// Changed values by path.
    pub changed: BTreeMap<String, usize>,
    /// Changed values on the keep-list, by path.
    pub damaged: BTreeMap<String, usize>,
    /// Answers that are not valid, or placeholders, by fault.
    pub faults: BTreeMap<String, usize>,
    /// One event for each changed path.
    pub samples: BTreeMap<String, String>,
}

/// Runs `count` generated events and the look-alikes.
pub fn run(target: &mut dyn Target, count: u64) -> Benign {
    let mut benign = Benign::default();
    let keep = KeepList::default();
    let options = Options { events: count, seed: 5, profile: Profile::Benign, ..Options::default() };
    let generated = Generator::new(options).into_iter().flatten().map(|event| ("audit.k8s", event.json));
    for (tag, event) in generated.chain(look_alikes()) {
        benign.events += 1;
        let Some(answer) = target.answer(tag, &event) else {
            *benign.faults.entry("dropped".into()).or_default() += 1;
            continue;
        };
        let fault = checks::fault(&answer).or_else(|| checks::is_placeholder(&answer).then(|| "placeholder".into()));
        if let Some(fault) = fault {
            benign.samples.entry(fault.clone()).or_insert_with(|| event.clone());
            *benign.faults.entry(fault).or_default() += 1;
            continue;
        }
        let paths = changed(&event, &answer);
        benign.changed_events += usize::from(!paths.is_empty());
        for path in paths {
            benign.samples.entry(path.clone()).or_insert_with(|| event.clone());
            *benign.changed.entry(path).or_default() += 1;
        }
        for path in keep.damaged(&event, &answer, None) {
            *benign.damaged.entry(path).or_default() += 1;
        }
    }
    benign
}

/// A thing that is no secret but looks like one.
fn look_alike(rng: &mut Rng, which: usize) -> String {
    let dashes = "-".repeat(5);
    match which {
        0 => rng.uuid(),
        1 => format!("registry.example/team/orders@sha256:{}", rng.text(HEX, 64)),
        2 => format!("SHA256:{}", rng.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 43)),
        3 => format!("orders-{}-{}", rng.text(HEX, 10), rng.text(LOWER, 5)),
        4 => format!("JTI={}", rng.uuid()),
        5 => base64(
            format!(
                "{dashes}BEGIN CERTIFICATE{dashes}\nMIID{}\n{dashes}END CERTIFICATE{dashes}\n",
                rng.text(ALNUM, 300)
            )
            .as_bytes(),
        ),
        6 => format!("W/\"{}\"", rng.text(HEX, 40)),
        7 => format!("node-a_{}", rng.uuid()),
        8 => format!("sha256:{}", rng.text(HEX, 64)),
        9 => "the password field is required; see https://docs.example/api/token for oauth2/token".into(),
        10 => format!("arn:aws:iam::{}:role/{}", rng.text("0123456789", 12), rng.text(WORD, 20)),
        11 => format!("projects/p-1/secrets/db-password/versions/{}", rng.below(50)),
        12 => "tokenExpirationSeconds: 3600".into(),
        _ => format!("git commit {}", rng.text(HEX, 40)),
    }
}

const LOOK_ALIKES: usize = 14;

fn look_alikes() -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    let style = json::Style { html: true, escape: None };
    for seed in 0..20 {
        let rng = &mut Rng::new(&["benign"], seed);
        let mut records = Vec::new();
        for which in 0..LOOK_ALIKES {
            let text = look_alike(rng, which);
            let notes = json!({"example.com/note": text, "deployment.kubernetes.io/revision": "4"});
            let meta = annotated(rng, "orders", notes);
            let body = json!({"kind": "Widget", "apiVersion": "example.com/v1", "metadata": meta,
                "spec": {"note": text, "ref": {"secretName": "db", "tokenExpirationSeconds": 3600, "keyRef": "db-key"}}});
            records.push(Event::new("update", "example.com/v1/widgets", "orders").request(body).record(rng));
            let body = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata(rng, "settings"),
                "data": {"notes.txt": format!("# {text}\nmode: fast\n"), "mode": text}});
            records.push(Event::new("create", "configmaps", "settings").request(body).record(rng));
            let spec = pod_spec(json!({"env": [{"name": "NOTE", "value": text}, {"name": "DB_PASSWORD",
                "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}], "args": ["--note", text, "--token-file=/var/run/token"]}));
            let body = json!({"kind": "Pod", "apiVersion": "v1", "metadata": metadata(rng, "orders-1"), "spec": spec});
            records.push(Event::new("create", "pods", "orders-1").request(body).record(rng));
            records.push(
                Event::new("get", "pods", "orders-1")
                    .failed(404, "NotFound", format!("pods \"{text}\" not found"))
                    .record(rng),
            );
            records.push(Record::Line(format!(
                "2026-03-04T09:12:11.123456789Z stdout F level=info msg=\"done\" ref={}",
                text.replace(' ', "_")
            )));
            records.push(Record::Fields(json!({"SYSLOG_IDENTIFIER": "sshd", "_PID": "7",
                "MESSAGE": format!("Accepted publickey for ops from 203.0.113.9 port 52144 ssh2: ED25519 SHA256:{}", rng.text(ALNUM, 43))})));
        }
        let token = base64(
            format!(
                "{{\"v\":\"meta.k8s.io/v1\",\"rv\":{},\"start\":\"orders-{}\"}}",
                rng.below(90_000),
                rng.text(LOWER, 20)
            )
            .as_bytes(),
        );
        let uri = format!("/api/v1/pods?limit=500&continue={}", token.trim_end_matches('='));
        records.push(Event::new("list", "pods", "").level("Metadata").uri(uri).record(rng));
        for command in [
            "command=curl&command=http%3A%2F%2F169.254.169.254%2Flatest%2Fapi%2Ftoken",
            "command=cat&command=%2Fvar%2Frun%2Fsecrets%2Fkubernetes.io%2Fserviceaccount%2Ftoken",
            "command=sh&command=-c&command=grep+-ri+password+%2Fetc",
            "command=mkdir&command=-p&command=%2Ftmp%2Fx",
        ] {
            let uri = format!(
                "/api/v1/namespaces/team-a/pods/orders-1/exec?{command}&container=orders&stdin=true&stdout=true"
            );
            records.push(Event::new("get", "pods", "orders-1").sub("exec").level("Metadata").uri(uri).record(rng));
        }
        let time = format!("msg=audit(1772611931.{}:77):", 100 + rng.below(900));
        for line in [
            format!("type=EXECVE {time} argc=4 a0=\"mkdir\" a1=\"-p\" a2=\"/var/lib/orders\" a3=\"-m755\""),
            format!(
                "type=SYSCALL {time} arch=c000003e syscall=59 success=yes exit=0 a0=55d5c8e0 a1=7ffd2a10 a2=55d5c8f0 a3=8 items=2 ppid=1 pid=2 auid=1000 uid=0 comm=\"cat\" exe=\"/usr/bin/cat\" key=\"exec\""
            ),
            format!(
                "type=PATH {time} item=0 name=\"/etc/shadow\" inode=8301 dev=fd:01 mode=0100600 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL"
            ),
            format!("type=PROCTITLE {time} proctitle=6C73002D6C61002F746D70"),
            format!(
                "type=USER_CMD {time} pid=9 uid=0 auid=1000 ses=3 msg='cwd=\"/\" cmd=6C73202D6C61 terminal=pts/0 res=success'"
            ),
            format!("type=SOCKADDR {time} saddr=02000035CB0071090000000000000000"),
        ] {
            records.push(Record::Line(line));
        }
        for record in records {
            out.push(match record {
                Record::Kubernetes(event) => ("audit.k8s", json::write(&event, &style, rng)),
                Record::Line(line) => ("audit.linux", json::write(&json!({"log": line}), &style, rng)),
                Record::Fields(fields) => ("audit.linux", json::write(&fields, &style, rng)),
            });
        }
    }
    out
}
