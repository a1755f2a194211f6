//! The policy file in a real Fluent Bit.

use auditgate_generate::{Generator, Options, Profile};
use serde_json::Value;

use crate::harness::{FluentBit, Setup, Until};

in_both!(a_policy_that_does_not_check_locks_down);

const MISSPELT: &str = "apiVersion: auditgate/v1\nkind: Policy\nruels: []\n";

/// A trap at load would make 3.1 pass everything raw. So the module loads, says what is wrong and lets out envelopes only.
fn a_policy_that_does_not_check_locks_down(fluent_bit: &FluentBit) {
    let generator =
        Generator::new(Options { events: 200, seed: 41, profile: Profile::Secrets, ..Options::default() }).unwrap();
    let lines: Vec<_> = generator.clone().map(|event| event.json).collect();
    let events: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let log = lines.join("\n") + "\n";
    for configuration in ["kubernetes-audit.yaml", "kubernetes-audit.conf"] {
        let run = Setup::new(fluent_bit, configuration).policy(MISSPELT).run(log.as_bytes(), Until::Records(200));
        run.assert_ended_well();
        let records = run.records();
        assert_eq!(records.len(), 200, "as many out as in\n{}", run.log);
        for (record, event) in records.iter().zip(&events) {
            record.assert_placeholder();
            assert_eq!(record.error(), Some("E005"));
            for key in ["auditID", "verb", "stage"] {
                assert_eq!(record.value[key], event[key], "`{key}` of the envelope");
            }
            for key in ["requestObject", "responseObject", "log"] {
                assert!(record.value.get(key).is_none(), "`{key}` left: {}", record.short());
            }
        }
        run.assert_no_secret(generator.marker());
        for part in ["auditgate.yaml:3:1: error P", "unknown key `ruels`", "`rules`"] {
            assert!(
                run.log.contains(part),
                "{configuration}: expected `{part}` on standard error, found:\n{}",
                run.log
            );
        }
    }
}
