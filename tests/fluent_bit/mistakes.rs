//! Mistakes in the configuration that Fluent Bit accepts.

use auditgate_generate::{Generator, Options, Profile};

use crate::harness::{FluentBit, Setup, Until};

in_both!(msgpack_is_answered_with_a_placeholder);

/// `event_format msgpack` cuts what the module answers at the first zero byte. The placeholder has none, and names the mistake.
fn msgpack_is_answered_with_a_placeholder(fluent_bit: &FluentBit) {
    let generator =
        Generator::new(Options { events: 200, seed: 31, profile: Profile::Secrets, ..Options::default() }).unwrap();
    let log: String = generator.clone().map(|event| event.json + "\n").collect();
    let setups = [
        Setup::new(fluent_bit, "kubernetes-audit.yaml").edit(
            "kubernetes-audit.yaml",
            "event_format: json",
            "event_format: msgpack",
        ),
        Setup::new(fluent_bit, "kubernetes-audit.conf").edit(
            "filter-section.conf",
            "Event_Format      json",
            "Event_Format      msgpack",
        ),
    ];
    for setup in setups {
        let run = setup.run(log.as_bytes(), Until::Records(200));
        run.assert_ended_well();
        let records = run.records();
        assert_eq!(records.len(), 200, "as many out as in");
        records.iter().for_each(|record| record.assert_refused("E091"));
        run.assert_no_secret(generator.marker());
    }
}
