//! The main job: the corpus, 10,000 generated events and some of 0.5 to 1 MB, as raw lines and parsed.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use auditgate_generate::{Class, Generator, Marker, Options, Profile};
use serde_json::Value;

use crate::harness::{FluentBit, Line, Run, Setup, Until, corpus, shorten};
use crate::records::{Record, depth};

in_both!(raw_lines, parsed, benign_events_stay_as_they_are);

struct Input {
    log: String,
    events: Vec<Value>,
    marker: Marker,
    /// Every secret with its event's number among all lines.
    secrets: Vec<(usize, Class, String)>,
}

impl Input {
    /// Without the events that nest deeper.
    fn up_to_depth(&self, limit: usize) -> Self {
        let mut kept =
            Self { log: String::new(), events: Vec::new(), marker: self.marker.clone(), secrets: Vec::new() };
        for (number, (line, event)) in self.log.lines().zip(&self.events).enumerate() {
            if depth(event) <= limit {
                let secrets = self.secrets.iter().filter(|(of, ..)| *of == number);
                kept.secrets.extend(secrets.map(|(_, class, secret)| (kept.events.len(), *class, secret.clone())));
                kept.log += line;
                kept.log.push('\n');
                kept.events.push(event.clone());
            }
        }
        assert!(kept.events.len() * 10 > self.events.len() * 9, "most events are of ordinary depth");
        kept
    }
}

fn input() -> &'static Input {
    static INPUT: OnceLock<Input> = OnceLock::new();
    INPUT.get_or_init(|| {
        let mut lines: Vec<String> = corpus().lines().map(str::to_owned).collect();
        let mut secrets = Vec::new();
        let mixed = Generator::new(Options { events: 10_000, seed: 11, ..Options::default() }).unwrap();
        let marker = mixed.marker().clone();
        // The same seed has the same marker.
        let mut large =
            Generator::new(Options { events: 8, seed: 11, profile: Profile::Large, ..Options::default() }).unwrap();
        for event in mixed {
            let large = if event.number % 1250 == 600 { large.next() } else { None };
            for event in [Some(event), large].into_iter().flatten() {
                secrets.extend(event.planted.into_iter().map(|planted| (lines.len(), planted.class, planted.secret)));
                lines.push(event.json);
            }
        }
        assert_eq!(lines.len(), 10_059);
        let events = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        Input { log: lines.join("\n") + "\n", events, marker, secrets }
    })
}

/// What holds for the raw and for the parsed form.
fn check(run: &Run, input: &Input) -> Vec<Record> {
    run.assert_ended_well();
    run.assert_no_error_lines();
    let records = run.records();
    assert_eq!(records.len(), input.events.len(), "as many out as in");
    for (record, event) in records.iter().zip(&input.events) {
        record.assert_is_event(event);
        assert!(depth(&record.value) <= 28, "nested too deep: {}", record.short());
        assert!(record.value.get("log").is_none(), "the raw line is still there: {}", record.short());
    }
    assert_no_leak(run, input);
    let lines = run.delivered().iter().filter(|&&byte| byte == b'\n').count();
    assert_eq!(lines, input.events.len(), "the configuration's own output has them as well");
    records
}

fn assert_no_leak(run: &Run, input: &Input) {
    let text = run.probe_text();
    let lines: Vec<_> = text.lines().collect();
    // How many secrets of each class can be read, and the first of them with what stands around it.
    let mut leaks: BTreeMap<Class, (usize, String)> = BTreeMap::new();
    for (number, class, secret) in &input.secrets {
        let line = lines[*number];
        // The marker is the beginning of a secret's body; its end must be gone as well.
        let found = line.find(&secret[secret.len() - 8..]).or_else(|| Some(input.marker.find_in(line)?.0));
        if let Some(at) = found {
            let from = (at.saturating_sub(120)..at).find(|&index| line.is_char_boundary(index)).unwrap_or(at);
            let (count, _) =
                leaks.entry(*class).or_insert_with(|| (0, format!("event {number}: {}", shorten(&line[from..], 180))));
            *count += 1;
        }
    }
    assert!(leaks.is_empty(), "secrets are readable, or others of the same event: {leaks:#?}");
    run.assert_no_secret(&input.marker);
    assert!(!text.contains("MY-KEY"), "a secret of the corpus is readable");
}

fn raw_lines(fluent_bit: &FluentBit) {
    let input = input();
    let before = seconds_now();
    let run =
        Setup::new(fluent_bit, "kubernetes-audit.yaml").run(input.log.as_bytes(), Until::Records(input.events.len()));
    let after = seconds_now();
    let records = check(&run, input);
    assert!(records.iter().all(|record| record.tag == "routed.+default+"), "every record has its routed tag");
    // A line without a parser has the time at which it was read.
    let times: Vec<f64> = records.iter().map(|record| record.time.parse().unwrap()).collect();
    assert!(times.is_sorted(), "times run backwards");
    assert!(times.iter().all(|&time| time >= before - 1.0 && time <= after + 1.0), "a time from outside the run");
}

fn seconds_now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// Nesting at which Fluent Bit's own decoder loses a parsed event, before the module could see it.
fn decoder_depth(line: Line) -> usize {
    match line {
        Line::Newer => 63,
        Line::Older => 31,
    }
}

fn parsed(fluent_bit: &FluentBit) {
    let input = &input().up_to_depth(decoder_depth(fluent_bit.line) - 1);
    let run =
        Setup::new(fluent_bit, "kubernetes-audit.conf").run(input.log.as_bytes(), Until::Records(input.events.len()));
    for (record, event) in check(&run, input).iter().zip(&input.events) {
        assert_eq!(record.tag, "audit.kubernetes");
        // Fluent Bit's parser reads the fraction as a double, so the last digit of the nanoseconds can differ.
        let expected = fluent_bit_time(event["requestReceivedTimestamp"].as_str().unwrap());
        let nanoseconds = |time: &str| time.replace('.', "").parse::<i64>().unwrap();
        let off = nanoseconds(&record.time).abs_diff(nanoseconds(&expected));
        assert!(off <= 1, "{} instead of {expected}", record.time);
    }
}

/// `2018-10-25T13:58:49.730588Z` as Fluent Bit's file output writes it. The calendar is that of
/// <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>.
fn fluent_bit_time(text: &str) -> String {
    let number = |range: std::ops::Range<usize>| text[range].parse::<u64>().unwrap();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let days = year / 400 * 146_097 + year % 400 * 365 + year % 400 / 4 - year % 400 / 100 + day_of_year - 719_468;
    let seconds = days * 86_400 + number(11..13) * 3600 + number(14..16) * 60 + number(17..19);
    let fraction = text[19..].trim_start_matches('.').trim_end_matches('Z');
    format!("{seconds}.{fraction:0<9}")
}

#[test]
fn times_are_converted_like_the_file_output_does() {
    assert_eq!(fluent_bit_time("2018-10-25T13:58:49.730588Z"), "1540475929.730588000");
    assert_eq!(fluent_bit_time("2026-03-01T00:00:00Z"), "1772323200.000000000");
}

/// Events without a secret come out as they went in, as raw lines and parsed, except for what Fluent Bit itself changes.
fn benign_events_stay_as_they_are(fluent_bit: &FluentBit) {
    let options = Options { events: 1500, seed: 12, profile: Profile::Benign, ..Options::default() };
    let lines: Vec<_> = Generator::new(options).unwrap().map(|event| event.json).collect();
    let log = lines.join("\n") + "\n";
    for configuration in ["kubernetes-audit.yaml", "kubernetes-audit.conf"] {
        let run = Setup::new(fluent_bit, configuration).run(log.as_bytes(), Until::Records(lines.len()));
        run.assert_no_error_lines();
        let records = run.records();
        assert_eq!(records.len(), lines.len());
        for (record, line) in records.iter().zip(&lines) {
            let mut event: Value = serde_json::from_str(line).unwrap();
            let mut value = record.value.clone();
            assert_eq!(value["auditgate"]["redactions"], 0, "{}", record.short());
            value.as_object_mut().unwrap().remove("auditgate");
            settle(&mut event, fluent_bit.line);
            settle(&mut value, fluent_bit.line);
            assert_eq!(value, event);
        }
    }
}

/// Makes alike what Fluent Bit's own conversions change: 3.1 cuts integers beyond 63 bits.
fn settle(value: &mut Value, line: Line) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| settle(item, line)),
        Value::Object(members) => members.values_mut().for_each(|member| settle(member, line)),
        Value::Number(number) if line == Line::Older && number.as_i64().is_none_or(|number| number == i64::MAX) => {
            *value = Value::Null
        }
        _ => {}
    }
}
