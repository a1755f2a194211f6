//! What the presets take off a cluster's log, and the page that says so. `BLESS=1` writes `docs/presets.md`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use auditgate::policy::{PRESETS, compile};
use auditgate::scan::{PADDING, Padded};
use auditgate::{Context, Engine, Outcome};
use auditgate_generate::{Generator, Options, Profile, node_log};

const PAGE: &str = "docs/presets.md";
const EVENTS: u64 = 6_000;

/// Events and bytes.
#[derive(Clone, Copy, Default)]
struct Volume {
    events: u64,
    bytes: u64,
}

/// What leaves of a log.
fn leaves(policy: &str, log: impl Iterator<Item = String>) -> Volume {
    let text = format!("apiVersion: auditgate/v1\nkind: Policy\n{policy}\n");
    let mut engine = Engine::with_policy(compile("auditgate.yaml", text.as_bytes()).unwrap());
    let mut left = Volume::default();
    for event in log {
        let mut bytes = event.into_bytes();
        bytes.extend([0; PADDING]);
        let context = Context { tag: b"audit", seconds: 1, nanoseconds: 0 };
        if let Outcome::Record(record) = engine.process(context, &mut Padded::new(&mut bytes).unwrap()) {
            left.events += 1;
            left.bytes += record.len() as u64;
        }
    }
    left
}

fn log() -> impl Iterator<Item = String> {
    let options = Options { events: EVENTS, seed: 1, profile: Profile::Cluster, ..Options::default() };
    Generator::new(options).unwrap().map(|event| event.json)
}

/// What auditd writes on a node, as raw lines.
fn node() -> impl Iterator<Item = String> {
    node_log(1, EVENTS as usize).into_iter().map(|line| serde_json::json!({ "log": line }).to_string())
}

fn volume(log: impl Iterator<Item = String>) -> Volume {
    log.fold(Volume::default(), |sum, event| Volume { events: sum.events + 1, bytes: sum.bytes + event.len() as u64 })
}

/// Percent taken off.
fn off(came: u64, left: u64) -> f64 {
    100.0 - 100.0 * left as f64 / came as f64
}

/// Percent of the records and of the bytes that a preset takes off, and the row that says so.
fn row(name: &str, came: Volume, left: Volume) -> (f64, f64, String) {
    let (events, bytes) = (off(came.events, left.events), off(came.bytes, left.bytes));
    let size =
        if bytes < 0.0 { format!("none: the `auditgate` map adds {:.0} %", -bytes) } else { format!("{bytes:.0} %") };
    (events, bytes, format!("| {name} | {events:.0} % | {size} |\n"))
}

#[test]
fn presets_take_off_what_the_page_says() {
    let came = volume(log());
    let cluster = |name: &str, policy: &str| row(name, came, leaves(policy, log()));
    let alone = cluster("no preset (redaction alone)", "");
    let noise = cluster("`kubernetes-noise`", "extends: [kubernetes-noise]");
    let secure = cluster("`kubernetes-secure-default`", "extends: [kubernetes-secure-default]");
    let both = cluster(
        "`kubernetes-noise`, then `kubernetes-secure-default`",
        "extends: [kubernetes-noise, kubernetes-secure-default]",
    );
    // A record of auditd is so short that what is added to it would hide what is taken off.
    let redacted = leaves("", node());
    let linux = row("`linux-noise`", redacted, leaves("extends: [linux-noise]", node()));

    let mut page = String::from(
        "# Presets\n\nMade from the presets and from a run; change `src/policy/presets.rs` and run `BLESS=1 cargo test --test presets`.\n\n\
         ```yaml\napiVersion: auditgate/v1\nkind: Policy\nextends: [kubernetes-noise]\nrules:\n\
         - {name: leases-of-my-operator, namespaces: [my-operator], resources: [{group: coordination.k8s.io}]}\n```\n\n\
         The rules of a preset come behind those of the policy, so the policy's own win: the one above keeps what the preset would drop. \
         `auditgate explain` tells which rule decided; `auditgate check` warns of a rule that hides what a known detection reads, and no \
         preset does: every event of `crates/cli/src/detections.yaml` (after the rules of Falco, Elastic and Sigma) passes each preset with \
         all that they read, in a test.\n\n## What they take off\n\n",
    );
    writeln!(
        page,
        "Of {} generated events, {} bytes (`auditgate-generate --profile cluster --events {EVENTS}`): a cluster of 20 nodes and 600 pods at \
         rest, whose shares follow from the periods that Kubernetes documents, see `crates/generate/src/shapes/cluster.rs`. Your log differs: \
         `auditgate stats --policy auditgate.yaml audit.log` tells.\n",
        came.events, came.bytes
    )
    .unwrap();
    page.push_str("| preset | events taken off | bytes taken off |\n|---|---|---|\n");
    for (_, _, row) in [&alone, &noise, &secure, &both] {
        page.push_str(row);
    }
    writeln!(
        page,
        "\nOf {} generated records of auditd, raw lines, {} bytes once they are redacted: a node whose rules watch `execve` and `/etc`, see \
         `crates/generate/src/node.rs`. What programs do is nearly all of it, and stays.\n\n\
         | preset | records taken off | bytes taken off |\n|---|---|---|\n{}",
        redacted.events,
        redacted.bytes,
        linux.2.trim_end()
    )
    .unwrap();
    for preset in &PRESETS {
        write!(page, "\n## {}\n\n{}\n\n| rule | why |\n|---|---|\n", preset.name, preset.what).unwrap();
        for rule in preset.rules {
            writeln!(page, "| `{}` | {} |", rule.text, rule.why).unwrap();
        }
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(PAGE).unwrap(), page, "run `BLESS=1 cargo test --test presets`");
    assert!(noise.0 > 60.0 && both.0 > 60.0 && both.1 > 50.0, "{} {} {}", noise.0, both.0, both.1);
    assert!(linux.0 > 5.0 && linux.1 > 5.0, "{} {}", linux.0, linux.1);
}
