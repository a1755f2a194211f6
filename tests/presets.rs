//! What the presets take off a cluster's log, and the page that says so. `BLESS=1` writes `docs/presets.md`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use auditgate::policy::{PRESETS, compile};
use auditgate::scan::{PADDING, Padded};
use auditgate::{Context, Engine, Outcome};
use auditgate_generate::{Generator, Options, Profile};

const PAGE: &str = "docs/presets.md";
const EVENTS: u64 = 6_000;

/// Events and bytes.
#[derive(Clone, Copy, Default)]
struct Volume {
    events: u64,
    bytes: u64,
}

/// What leaves of a generated cluster's log.
fn leaves(policy: &str) -> Volume {
    let text = format!("apiVersion: auditgate/v1\nkind: Policy\n{policy}\n");
    let mut engine = Engine::with_policy(compile("auditgate.yaml", text.as_bytes()).unwrap());
    let mut left = Volume::default();
    for event in log() {
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

/// Percent taken off.
fn off(came: u64, left: u64) -> f64 {
    100.0 - 100.0 * left as f64 / came as f64
}

#[test]
fn presets_take_off_what_the_page_says() {
    let came = log()
        .fold(Volume::default(), |sum, event| Volume { events: sum.events + 1, bytes: sum.bytes + event.len() as u64 });
    let row = |name: &str, policy: &str| {
        let left = leaves(policy);
        let (events, bytes) = (off(came.events, left.events), off(came.bytes, left.bytes));
        let size = if bytes < 0.0 {
            format!("none: the `auditgate` map adds {:.0} %", -bytes)
        } else {
            format!("{bytes:.0} %")
        };
        (events, bytes, format!("| {name} | {events:.0} % | {size} |\n"))
    };
    let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    let alone = row("no preset (redaction alone)", "");
    let rows: Vec<_> = names.iter().map(|name| row(&format!("`{name}`"), &format!("extends: [{name}]"))).collect();
    let both = row(
        "`kubernetes-noise`, then `kubernetes-secure-default`",
        "extends: [kubernetes-noise, kubernetes-secure-default]",
    );

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
    for (_, _, row) in [&alone].into_iter().chain(&rows).chain([&both]) {
        page.push_str(row);
    }
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
    let noise = rows.iter().zip(&names).find(|(_, name)| **name == "kubernetes-noise").unwrap().0;
    assert!(noise.0 > 60.0 && both.0 > 60.0 && both.1 > 50.0, "{} {} {}", noise.0, both.0, both.1);
}
