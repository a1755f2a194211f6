//! The output role: raw events to `out_auditgate.so`, which redacts and delivers them. `AUDITGATE_PLUGIN` names it, or `make dist` made it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::scene::{
    Destination, EVENTS, Kind, assert_all_arrive, assert_nothing_arrives, generator, log, with_environment,
};
use crate::harness::{FluentBit, Setup, Until, project};
use crate::receivers::skipped;

in_both!(
    every_configuration_is_taken,
    every_destination_gets_redacted_events,
    no_destination_gets_anything_when_the_module_is_broken,
    nothing_raw_leaves_when_the_policy_is_cut_or_the_plugin_is_missing,
);

const LARGE: &[&str] = &["Buffer_Max_Size 20M"];

const DESTINATIONS: [Destination; 9] = [
    Destination::new(
        "output/elasticsearch",
        Kind::FluentBit("elasticsearch", LARGE),
        &["logs-kubernetes.audit-default"],
    ),
    // Fluent Bit's collector acknowledges nothing.
    Destination::new(
        "output/splunk",
        Kind::FluentBit("splunk", &["Buffer_Max_Size 20M", "Splunk_Token token"]),
        &["kube:apiserver:audit"],
    )
    .edit(("ack: on", "ack: off"), ("Ack          on", "Ack off")),
    Destination::new("output/loki", Kind::FluentBit("http", LARGE), &["kubernetes-audit"]),
    // Fluent Bit's input knows lines of JSON under another content type only.
    Destination::new("output/http", Kind::FluentBit("http", LARGE), &[])
        .edit(("body: ndjson", "body: array"), ("Body         ndjson", "Body array")),
    Destination::new("output/opentelemetry", Kind::FluentBit("opentelemetry", LARGE), &[]),
    Destination::new("output/datadog", Kind::FluentBit("http", LARGE), &["env:production"]),
    Destination::new("output/sentinel", Kind::Sentinel, &["Bearer a-token"]),
    Destination::new("output/syslog-cef", Kind::Rsyslog, &[" kube-apiserver ", "CEF:0|Kubernetes|audit|"]),
    Destination::new("output/syslog-leef", Kind::Rsyslog, &[" kube-apiserver ", "LEEF:2.0|Kubernetes|audit|"]),
];

const POLICY: &str = "apiVersion: auditgate/v1\nkind: Policy\n";

pub fn plugin() -> Option<PathBuf> {
    let path =
        std::env::var_os("AUDITGATE_PLUGIN").map_or_else(|| project().join("dist/out_auditgate.so"), PathBuf::from);
    if !path.is_file() {
        skipped("the output role", &format!("no plugin at {}; `make dist` makes it", path.display()));
        return None;
    }
    Some(path)
}

pub fn with_plugin(setup: Setup, plugin: &Path) -> Setup {
    setup.argument("-e").argument(plugin.to_str().unwrap()).policy(POLICY)
}

/// One more property for the plugin.
fn with_property(setup: Setup, file: &str, name: &str, value: &str) -> Setup {
    if file.ends_with("yaml") {
        setup.edit(file, "workers: 2", &format!("workers: 2\n      {name}: {value}"))
    } else {
        setup.edit(file, "    Workers ", &format!("    {name} {value}\n    Workers "))
    }
}

fn every_configuration_is_taken(fluent_bit: &FluentBit) {
    let Some(plugin) = plugin() else { return };
    let files = std::fs::read_dir(project().join("fluent-bit-conf/output")).unwrap();
    let names: Vec<_> = files.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let names: Vec<_> = names.iter().filter(|name| !name.starts_with("input.")).collect();
    assert_eq!(names.len(), 2 * (DESTINATIONS.len() + 1), "{names:?}");
    for name in names {
        let (status, log) =
            with_plugin(with_environment(Setup::new(fluent_bit, &format!("output/{name}")), 9), &plugin).dry_run();
        assert!(log.contains("configuration test is successful"), "{name}: {status} {log}");
        assert!(!log.contains("[ warn]") && !log.contains("[error]"), "{name}: {log}");
    }
}

fn every_destination_gets_redacted_events(fluent_bit: &FluentBit) {
    let Some(plugin) = plugin() else { return };
    assert_all_arrive(fluent_bit, &DESTINATIONS, |setup| with_plugin(setup, &plugin));
}

/// Another module than the one inside: one that is not there, and half of one. Neither line of Fluent Bit starts then.
fn no_destination_gets_anything_when_the_module_is_broken(fluent_bit: &FluentBit) {
    let Some(plugin) = plugin() else { return };
    let good = std::fs::read(project().join("dist/auditgate-output.wasm")).unwrap();
    for (what, module) in [("no module", None), ("half a module", Some(&good[..good.len() / 2]))] {
        assert_nothing_arrives(
            fluent_bit,
            &DESTINATIONS,
            |setup, form| {
                let file = setup.configuration().to_owned();
                assert!(file.ends_with(form));
                let setup = if let Some(bytes) = module { setup.file("module.wasm", bytes) } else { setup };
                let path = setup.folder().join("module.wasm");
                with_property(with_plugin(setup, &plugin), &file, "module", path.to_str().unwrap())
            },
            |file, run| assert!(run.refused_to_start(), "{what}, {file}: {}", run.log),
        );
    }
}

fn nothing_raw_leaves_when_the_policy_is_cut_or_the_plugin_is_missing(fluent_bit: &FluentBit) {
    let Some(plugin) = plugin() else { return };
    for form in ["yaml", "conf"] {
        let file = format!("output/file.{form}");
        let setup = || with_environment(Setup::new(fluent_bit, &file), 9).without_probe();
        let cases = [
            (
                "a policy that was cut",
                with_plugin(setup(), &plugin).policy("apiVersion: auditgate/v1\nkind: Policy\nrules:\n- name: [unfini"),
            ),
            ("no policy", setup().argument("-e").argument(plugin.to_str().unwrap())),
            ("no plugin", with_plugin(setup(), Path::new("/nonexistent/out_auditgate.so"))),
        ];
        for (what, setup) in cases {
            let run = setup.run(log().as_bytes(), Until::Elapsed(Duration::from_secs(3)));
            assert!(run.delivered().is_empty(), "{what}, {form}: something left\n{}", run.log);
            assert!(run.refused_to_start(), "{what}, {form}: {}", run.log);
        }
        // What the cases differ from.
        let run = with_plugin(setup(), &plugin).run(log().as_bytes(), Until::Elapsed(Duration::from_secs(4)));
        assert_eq!(run.delivered().iter().filter(|&&byte| byte == b'\n').count() as u64, EVENTS, "{}", run.log);
        run.assert_no_secret(generator().marker());
    }
}
