//! Memory of the chart's Fluent Bit under a backlog: all overlays, a destination that is away, and a log that is there before the start.
//!
//! Slow, so asked for by name: `cargo test --test fluent_bit chart::memory -- --ignored --nocapture`. docs/operations.md has what it said.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::time::Duration;

use auditgate_generate::{Generator, Options, Profile};

use super::rendered::Chart;
use crate::harness::{FluentBit, Line, Until, module};

#[test]
#[ignore = "takes minutes"]
fn peaks_under_a_backlog() {
    let (Some(fluent_bit), Some(chart)) = (FluentBit::find(Line::Older), Chart::find()) else { return };
    let module = fs::read(module()).unwrap();
    for (what, profile, distinct, times) in [
        ("200,000 events, a cluster's mix", Profile::Mixed, 2000, 100),
        ("400 events of 0.5 to 1 MB", Profile::Large, 40, 10),
    ] {
        let overlays = ["values-auditgate.yaml", "values-audit-input.yaml", "values-elasticsearch.yaml"];
        let setup = chart
            .pod(&fluent_bit, &overlays, Some(&module))
            .environment("FLUENT_ELASTICSEARCH_USER", "nobody")
            .environment("FLUENT_ELASTICSEARCH_PASSWORD", "none")
            .without_probe();
        let options = Options { events: distinct, profile, ..Options::default() };
        let events: String = Generator::new(options).unwrap().map(|event| event.json + "\n").collect();
        let folder = setup.folder().join("var-log/apiserver");
        fs::create_dir_all(&folder).unwrap();
        let mut log = BufWriter::new(File::create(folder.join("audit.log")).unwrap());
        (0..times).for_each(|_| log.write_all(events.as_bytes()).unwrap());
        log.flush().unwrap();
        let seconds = std::env::var("BACKLOG_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(120);
        let run = setup.time_limit(Duration::from_secs(600)).run(b"", Until::Elapsed(Duration::from_secs(seconds)));
        let skipped = run.log.matches("skip long").count();
        eprintln!(
            "{what}: {} MB of log, peak {} MB after {seconds} s, stored {} MB, {skipped} lines skipped",
            (events.len() * times) >> 20,
            run.peak_kb >> 10,
            run.stored() >> 20,
        );
        assert!(run.peak_kb > 0);
        run.assert_ended_well();
    }
}
