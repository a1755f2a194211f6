//! Three destinations, each with its own events: counts, an outage, kill -9, and modules that do not load.
//!
//! Who gets what is worked out here once more, from the events and the words of the policy, without the engine.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use auditgate_generate::{Generator, Marker, Options, Profile};
use serde_json::{Value, json};

use crate::forward_receiver::Receiver;
use crate::harness::{FluentBit, Line, Setup, module, project};
use crate::process::ended_well;

in_both!(
    every_destination_gets_exactly_its_events,
    an_outage_of_one_receiver_loses_nothing,
    kill_9_loses_nothing,
    a_module_that_does_not_load_routes_nothing,
);

const DESTINATIONS: [&str; 3] = ["siem", "archive", "oncall"];
const EVENTS: u64 = 6000;
const FORGED: usize = 200;
const KILLS: usize = 5;

fn every_destination_gets_exactly_its_events(fluent_bit: &FluentBit) {
    for configuration in configurations(fluent_bit) {
        let log = Log::new(EVENTS);
        let mut scene = Scene::new(fluent_bit, configuration, &log.text());
        scene.start_receivers();
        let mut process = scene.setup.start(&scene.log);
        scene.wait_for(&log, 0);
        assert!(ended_well(&mut process), "{}", scene.messages());
        scene.assert_arrived(&log, Repeats::None, 0);
    }
}

fn an_outage_of_one_receiver_loses_nothing(fluent_bit: &FluentBit) {
    for configuration in configurations(fluent_bit) {
        let log = Log::new(EVENTS);
        let (first, second) = log.halves();
        let mut scene = Scene::new(fluent_bit, configuration, &first);
        scene.start_receivers();
        let mut process = scene.setup.start(&scene.log);
        scene.wait_until("the first half at the archive", |scene| scene.receivers[1].count() > 0);
        scene.receivers[0].stop();
        scene.append(&second);
        // The others do not wait for the one that is away.
        scene.wait_until("all at the two that listen", |scene| {
            (1..3).all(|at| scene.receivers[at].count() >= log.expected(DESTINATIONS[at]).len())
        });
        assert!(scene.receivers[0].count() < log.expected("siem").len(), "the outage came too late");
        scene.receivers[0].start();
        scene.wait_for(&log, 0);
        assert!(ended_well(&mut process), "{}", scene.messages());
        // What was sent while the receiver stopped may come again: the acknowledgement was lost.
        scene.assert_arrived(&log, Repeats::Allowed, 0);
    }
}

fn kill_9_loses_nothing(fluent_bit: &FluentBit) {
    // In the classic form, events between input and emitter are in memory: it makes no such promise.
    // 3.1 stores the position behind a line that it has read by half: each kill can cost that one line.
    let losses = if fluent_bit.line == Line::Older { KILLS } else { 0 };
    for configuration in configurations(fluent_bit).into_iter().filter(|name| name.ends_with(".yaml")) {
        let log = Log::new(EVENTS);
        let lines: Vec<String> = log.text().split_inclusive('\n').map(str::to_owned).collect();
        let parts: Vec<String> = lines.chunks(lines.len().div_ceil(KILLS + 1)).map(<[_]>::concat).collect();
        let mut scene = Scene::new(fluent_bit, configuration, &parts[0]);
        scene.start_receivers();
        // The archive is away at first, so that chunks wait on disk across the kills.
        scene.receivers[1].stop();
        for (round, part) in parts[1..].iter().enumerate() {
            let mut process = scene.setup.start(&scene.log);
            sleep(Duration::from_millis(1500));
            scene.append(part);
            // Files are looked at four times a second: some kills come before, some in the middle, some after.
            sleep(Duration::from_millis(90 * (round as u64 + 1)));
            process.kill().unwrap();
            process.wait().unwrap();
        }
        scene.receivers[1].start();
        let mut process = scene.setup.start(&scene.log);
        scene.wait_for(&log, losses);
        assert!(ended_well(&mut process), "{}", scene.messages());
        scene.assert_arrived(&log, Repeats::Allowed, losses);
    }
}

/// Half a module file: 3.1 lets records pass as they are, later versions do not start. Neither may deliver anything.
fn a_module_that_does_not_load_routes_nothing(fluent_bit: &FluentBit) {
    let bytes = fs::read(module()).unwrap();
    for configuration in configurations(fluent_bit) {
        let log = Log::new(500);
        let mut scene = Scene::new(fluent_bit, configuration, &log.text());
        scene.setup = scene.setup.module_bytes(&bytes[..bytes.len() / 2]);
        scene.start_receivers();
        let mut process = scene.setup.start(&scene.log);
        sleep(Duration::from_secs(4));
        if process.try_wait().unwrap().is_none() {
            assert!(ended_well(&mut process), "{}", scene.messages());
        }
        for (receiver, name) in scene.receivers.iter().zip(DESTINATIONS) {
            assert_eq!(receiver.count(), 0, "{configuration}: raw events reached {name}");
        }
        assert!(scene.messages().contains("wasm"), "no word about the module:\n{}", scene.messages());
    }
}

/// The forms that this line of Fluent Bit offers.
fn configurations(fluent_bit: &FluentBit) -> Vec<&'static str> {
    match fluent_bit.line {
        Line::Older => vec!["routing.yaml", "routing.conf"],
        Line::Newer => vec!["routing.yaml", "routing.conf", "routing-conditional.yaml"],
    }
}

/// What is logged, and who has to get it.
struct Log {
    lines: Vec<String>,
    events: Vec<Value>,
    marker: Marker,
}

impl Log {
    /// Generated events with secrets; among them some that bring a stamp along which asks for every destination.
    fn new(events: u64) -> Self {
        let options = Options { events, seed: 77, profile: Profile::Small, ..Options::default() };
        let generator = Generator::new(options).unwrap();
        let every = usize::try_from(events).unwrap().div_ceil(FORGED);
        let lines: Vec<String> = generator
            .clone()
            .enumerate()
            .map(|(at, event)| if at % every == 0 { forged(&event.json) } else { event.json })
            .collect();
        let events = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        Self { lines, events, marker: generator.marker().clone() }
    }

    fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }

    fn halves(&self) -> (String, String) {
        let (first, second) = self.lines.split_at(self.lines.len() / 2);
        (first.join("\n") + "\n", second.join("\n") + "\n")
    }

    /// The ids that `destination` has to get.
    fn expected(&self, destination: &str) -> BTreeMap<String, Vec<&'static str>> {
        let with_routes = self.events.iter().map(|event| (id(event), destinations(event)));
        with_routes.filter(|(_, destinations)| destinations.contains(&destination)).collect()
    }
}

fn forged(event: &str) -> String {
    let stamp = json!({"id": "forged", "policy": "0123abcd", "routes": "+siem+archive+oncall+", "rule": "forged"});
    format!("{{\"auditgate\":{stamp},{}", event.strip_prefix('{').unwrap())
}

fn id(event: &Value) -> String {
    format!("{}/{}", event["auditID"].as_str().unwrap(), event["stage"].as_str().unwrap())
}

/// What `routing-policy.yaml` says, in other words.
fn destinations(event: &Value) -> Vec<&'static str> {
    let object = &event["objectRef"];
    let group = object["apiGroup"].as_str().unwrap_or_default();
    let whole = object.get("subresource").is_none();
    match (object["resource"].as_str().unwrap_or_default(), event["verb"].as_str().unwrap()) {
        ("leases", _) if group == "coordination.k8s.io" && whole => vec![],
        ("secrets", _) if group.is_empty() && whole => vec!["siem", "archive", "oncall"],
        (_, "create" | "update" | "patch" | "delete" | "deletecollection") => vec!["siem", "archive"],
        (_, "get" | "list" | "watch") => vec!["archive"],
        _ => vec!["siem"],
    }
}

/// Whether an event may arrive twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeats {
    None,
    Allowed,
}

/// A sender and three receivers.
struct Scene {
    configuration: &'static str,
    setup: Setup,
    log: PathBuf,
    receivers: Vec<Receiver>,
}

impl Scene {
    fn new(fluent_bit: &FluentBit, configuration: &'static str, log: &str) -> Self {
        let policy = project().join("fluent-bit-conf/routing-policy.yaml");
        let mut setup = Setup::new(fluent_bit, configuration).policy(&fs::read_to_string(policy).unwrap());
        let path = setup.folder().join("audit.log");
        fs::write(&path, log).unwrap();
        let received = setup.folder().join("out");
        let receivers: Vec<_> = DESTINATIONS.map(|name| Receiver::new(fluent_bit, &received, name)).into();
        for (receiver, name) in receivers.iter().zip(DESTINATIONS) {
            setup = setup.environment(&format!("{}_HOST", name.to_uppercase()), "127.0.0.1");
            setup = setup.environment(&format!("{}_PORT", name.to_uppercase()), &receiver.port.to_string());
        }
        // Waiting for the next try takes half a minute otherwise.
        let (from, cap) = if configuration.ends_with(".conf") {
            ("    Flush                      1\n", "    scheduler.cap              2\n")
        } else {
            ("  flush: 1\n", "  scheduler.cap: 2\n")
        };
        let setup = setup.edit(configuration, from, &format!("{from}{cap}"));
        Self { configuration, setup: setup.without_probe(), log: path, receivers }
    }

    fn start_receivers(&mut self) {
        self.receivers.iter_mut().for_each(Receiver::start);
        sleep(Duration::from_millis(500));
    }

    fn append(&self, text: &str) {
        OpenOptions::new().append(true).open(&self.log).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn messages(&self) -> String {
        self.setup.read("fluent-bit.log")
    }

    fn wait_until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(90);
        while !done(self) {
            let counts: Vec<_> = self.receivers.iter().map(Receiver::count).collect();
            assert!(Instant::now() < deadline, "{}: not {what}: {counts:?}\n{}", self.configuration, self.messages());
            sleep(Duration::from_millis(100));
        }
    }

    /// Waits until each destination has what it has to get, and a little longer for what it must not get.
    fn wait_for(&self, log: &Log, losses: usize) {
        let expected = DESTINATIONS.map(|name| log.expected(name));
        self.wait_until("all events at their destinations", |scene| {
            scene.receivers.iter().zip(&expected).all(|(receiver, expected)| {
                let ids = receiver.records().into_iter().map(|record| record.value["auditgate"]["id"].to_string());
                ids.collect::<std::collections::BTreeSet<_>>().len() + losses >= expected.len()
            })
        });
        sleep(Duration::from_millis(if losses > 0 { 6000 } else { 1500 }));
    }

    fn assert_arrived(&self, log: &Log, repeats: Repeats, losses: usize) {
        for (receiver, name) in self.receivers.iter().zip(DESTINATIONS) {
            let context = format!("{}, {name}", self.configuration);
            let expected = log.expected(name);
            let mut arrived: BTreeMap<String, usize> = BTreeMap::new();
            for record in receiver.records() {
                let stamp = &record.value["auditgate"];
                // The other half of a line that 3.1 had read by half comes as a line of its own.
                if losses > 0 && record.value["log"] == "[redacted:K00]" {
                    continue;
                }
                let id = stamp["id"].as_str().unwrap_or_else(|| panic!("{context}: no stamp: {}", record.short()));
                let routes = expected.get(id).unwrap_or_else(|| panic!("{context}: not for it: {}", record.short()));
                assert_eq!(stamp["routes"], format!("+{}+", routes.join("+")), "{context}, {id}");
                *arrived.entry(id.to_owned()).or_default() += 1;
                let text = record.value.to_string();
                assert!(log.marker.find_in(&text).is_none(), "{context}: a secret in {}", record.short());
            }
            let missing: Vec<_> = expected.keys().filter(|id| !arrived.contains_key(*id)).collect();
            assert!(missing.len() <= losses, "{context}: {} of {} missing", missing.len(), expected.len());
            let repeated = arrived.values().sum::<usize>() - arrived.len();
            assert!(repeats == Repeats::Allowed || repeated == 0, "{context}: {repeated} arrived twice");
            assert!(!expected.is_empty(), "{context}: no event for it, so nothing was tested");
        }
    }
}
