//! Modules with a policy inside, and modules compiled ahead of time, in a real Fluent Bit.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;

use auditgate_generate::{Generator, Options, Profile};
use serde_json::Value;

use crate::harness::{FluentBit, Line, Run, Setup, Until, project};

in_both!(a_policy_inside_redacts_and_routes, compiled_ahead_of_time);

const POLICY: &str = "\
apiVersion: auditgate/v1
kind: Policy
destinations: [{name: siem}, {name: archive}]
rules:
- {name: reads, verbs: [get, list, watch], to: [archive]}
default: {to: [siem, archive]}
";

fn generator() -> Generator {
    Generator::new(Options { events: 300, seed: 77, profile: Profile::Secrets, ..Options::default() }).unwrap()
}

/// Runs the events of [`generator`]; `routes` says which an event with a verb has.
fn run(setup: Setup, configuration: &str, routes: impl Fn(&str) -> &'static str) -> Run {
    let lines: Vec<_> = generator().map(|event| event.json).collect();
    let events: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let run = setup.run((lines.join("\n") + "\n").as_bytes(), Until::Records(events.len()));
    run.assert_ended_well();
    run.assert_no_error_lines();
    let records = run.records();
    assert_eq!(records.len(), events.len(), "{configuration}: as many out as in\n{}", run.log);
    // Records of different routes are in different chunks, and those leave in any order.
    let by_id: HashMap<_, _> =
        records.iter().map(|record| (record.value["auditgate"]["id"].as_str(), record)).collect();
    for event in &events {
        let id = format!("{}/{}", event["auditID"].as_str().unwrap(), event["stage"].as_str().unwrap());
        let record = by_id.get(&Some(id.as_str())).unwrap_or_else(|| panic!("{configuration}: no record of {id}"));
        record.assert_is_event_for(routes(event["verb"].as_str().unwrap_or_default()), event);
    }
    run.assert_no_secret(generator().marker());
    run
}

fn a_policy_inside_redacts_and_routes(fluent_bit: &FluentBit) {
    let linked = std::fs::read(project().join("dist/auditgate-linked.wasm")).unwrap();
    let (module, policy) = auditgate_pack::bake(&linked, "policy.yaml", POLICY.as_bytes(), false).unwrap();
    let hash = String::from_utf8(policy.hash().to_vec()).unwrap();
    for configuration in ["kubernetes-audit.yaml", "kubernetes-audit.conf"] {
        // The file that lies there is not looked at.
        let setup = Setup::new(fluent_bit, configuration).module_bytes(&module).policy("no: policy\n");
        let routes = |verb: &str| if matches!(verb, "get" | "list" | "watch") { "+archive+" } else { "+siem+archive+" };
        let records = run(setup, configuration, routes).records();
        assert!(records.iter().all(|record| record.value["auditgate"]["policy"] == hash.as_str()));
        let reads = records.iter().filter(|record| record.value["auditgate"]["rule"] == "reads").count();
        assert!((1..300).contains(&reads), "{reads} of 300 events are reads");
    }
}

/// Those that `make aot` made; without them the test says so and does nothing.
fn compiled_ahead_of_time(fluent_bit: &FluentBit) {
    let version = if fluent_bit.line == Line::Newer { "2.4.1" } else { "1.3.0" };
    for module in ["auditgate", "auditgate-baked"] {
        let path: PathBuf = project().join(format!("dist/{module}-wamr-{version}.aot"));
        if !path.is_file() {
            let message = format!("SKIPPED compiled_ahead_of_time: no {}; `make aot` makes it\n", path.display());
            // Not eprintln: the test runner would keep it to itself.
            std::io::stderr().write_all(message.as_bytes()).unwrap();
            continue;
        }
        let configuration = "kubernetes-audit.yaml";
        run(Setup::new(fluent_bit, configuration).module(path), configuration, |_| "+default+");
    }
}
