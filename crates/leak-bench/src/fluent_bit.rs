//! A sample of the benchmark through a real Fluent Bit at debug level, with the configurations that this project ships: the
//! judge reads everything that left and everything that Fluent Bit said.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::case::{self, Case, Demand, Form};
use crate::judge::Judge;
use crate::plant::Encoding;
use crate::run::{Tally, first_seed};

/// Of the kinds, one in so many for each place and encoding.
const ONE_KIND_IN: usize = 9;
/// No new line for so long: the run is over, whatever it has brought.
const STANDSTILL: Duration = Duration::from_secs(10);
/// A Fluent Bit that did not stop by then is killed.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// What a run showed.
pub struct Outcome {
    /// The program and the configuration.
    pub name: String,
    /// Lines in and lines out.
    pub lines: (usize, usize),
    /// Secrets planted and secrets found in the output or in the log, by demand.
    pub tallies: Vec<(Demand, Tally)>,
    /// Secrets found in Fluent Bit's own log.
    pub in_log: usize,
    /// The places where something leaked, those held out left out.
    pub leaking_places: Vec<String>,
}

impl Outcome {
    /// Whether nothing was lost and the gates of the benchmark hold here too.
    pub fn is_met(&self) -> bool {
        self.lines.0 == self.lines.1
            && self.tallies.iter().all(|(demand, tally)| match demand {
                Demand::Structured => tally.leaks == 0,
                Demand::FreeFixed => tally.rate() <= crate::report::MAX_FREE_RATE,
                Demand::FreeContext => true,
            })
    }
}

/// The secrets of a run and where each was planted.
struct Sample {
    lines: String,
    count: usize,
    planted: Vec<(Demand, Option<String>)>,
    bodies: Vec<(u32, String)>,
    /// Which event a line with this `auditID` is.
    ids: HashMap<String, u32>,
}

impl Sample {
    /// One record a line; `parsed` says whether the configuration parses lines.
    fn new(parsed: bool) -> Self {
        let mut sample =
            Self { lines: String::new(), count: 0, planted: Vec::new(), bodies: Vec::new(), ids: HashMap::new() };
        for (place_at, place) in case::places().iter().enumerate() {
            for (kind_at, kind) in case::kinds().iter().enumerate() {
                for (encoding_at, encoding) in Encoding::ALL.into_iter().enumerate() {
                    if (place_at + kind_at + encoding_at) % ONE_KIND_IN != 0 {
                        continue;
                    }
                    let case = Case::new(&kind.item, &place.item, encoding, first_seed(place_at, kind_at));
                    let Some((_, tag, record)) = case.records.iter().find(|(form, ..)| *form == Form::Parsed) else {
                        continue;
                    };
                    let Some(line) = as_line(tag, record, parsed) else { continue };
                    sample.lines.push_str(&line);
                    sample.lines.push('\n');
                    sample.count += 1;
                    let number = sample.planted.len() as u32;
                    sample.ids.extend(audit_id(record.as_bytes()).map(|id| (id, number)));
                    let name = format!("{}: {}", place.item.group, place.item.id);
                    let name = (!place.held_out && !kind.held_out).then_some(name);
                    sample.planted.push((Demand::of(&kind.item, &place.item), name));
                    sample.bodies.extend(case.secret.bodies.into_iter().map(|body| (number, body)));
                }
            }
        }
        sample
    }
}

impl Sample {
    /// The secrets of which a piece is in the line that its own event left as.
    fn in_their_lines(&self, answer: &[u8]) -> Vec<u32> {
        let mut bodies: Vec<Vec<&str>> = vec![Vec::new(); self.planted.len()];
        for (number, body) in &self.bodies {
            if let Some(own) = bodies.get_mut(*number as usize) {
                own.push(body);
            }
        }
        let mut found = Vec::new();
        for (at, line) in answer.split(|&byte| byte == b'\n').enumerate() {
            // Lines leave in the order they came in; those of Kubernetes say which they are.
            let number = audit_id(line).and_then(|id| self.ids.get(&id).copied()).unwrap_or(at as u32);
            let own = bodies.get(number as usize).into_iter().flatten();
            found.extend(Judge::new(own.map(|body| (number, *body))).find(line).map(|leak| leak.secret));
        }
        found
    }

    /// The secrets of which a piece is anywhere in `bytes`. Pieces of hexadecimal digits alone are left out: among so many secrets and so many
    /// identifiers some are the same by chance.
    fn anywhere(&self, bytes: &[u8]) -> Vec<u32> {
        let is_hex = |body: &str| body.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        let bodies = self.bodies.iter().filter(|(_, body)| !is_hex(body));
        let judge = Judge::new(bodies.map(|(number, body)| (*number, body.as_str())));
        bytes.split(|&byte| byte == b'\n').flat_map(|line| judge.find_all(line).into_keys()).collect()
    }
}

/// The value of `auditID` in a line.
fn audit_id(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line).ok()?;
    let (_, rest) = text.split_once("auditID\"")?;
    let mut parts = rest.split('"');
    parts.next()?;
    parts.next().map(str::to_owned)
}

/// A record as a line of a log file. Text lines are what they hold, if that is one line; a parsing configuration takes JSON only.
fn as_line(tag: &str, record: &str, parsed: bool) -> Option<String> {
    if tag == "audit.k8s" || parsed {
        return Some(record.to_owned());
    }
    let value: serde_json::Value = serde_json::from_str(record).ok()?;
    let text = value.get("log")?.as_str()?;
    (value.as_object()?.len() == 1 && !text.contains('\n')).then(|| text.to_owned())
}

/// Runs the sample through one Fluent Bit, once for each shipped configuration.
///
/// # Errors
/// A file of the project or the program cannot be used.
pub fn run(program: &str, module: &Path, configurations: &Path) -> Result<Vec<Outcome>, String> {
    [("kubernetes-audit.yaml", false), ("kubernetes-audit.conf", true)]
        .into_iter()
        .map(|(configuration, parsed)| one(program, module, configurations, configuration, parsed))
        .collect()
}

fn one(
    program: &str,
    module: &Path,
    configurations: &Path,
    configuration: &str,
    parsed: bool,
) -> Result<Outcome, String> {
    let sample = Sample::new(parsed);
    let folder = Folder::new()?;
    folder.fill(configurations)?;
    fs::write(folder.0.join("audit.log"), &sample.lines).map_err(|error| format!("cannot write the log: {error}"))?;
    let mut process = folder.start(program, module, configuration)?;
    let written = wait(&mut process, &folder.0.join("out/default.jsonl"), sample.count);
    stop(&mut process);
    let (answer, log) = (read(&folder.0.join("out/default.jsonl")), read(&folder.0.join("fluent-bit.log")));
    if !log.windows(7).any(|word| word == b"[debug]") {
        return Err(format!(
            "`{program}` wrote no debug log:\n{}",
            String::from_utf8_lossy(&log).chars().take(2000).collect::<String>()
        ));
    }
    let in_log = sample.anywhere(&log);
    let mut found = sample.in_their_lines(&answer);
    found.extend(sample.anywhere(&answer));
    found.extend(&in_log);
    found.sort_unstable();
    found.dedup();
    let tallies = Demand::ALL.map(|demand| {
        let of = |number: &u32| sample.planted.get(*number as usize).is_some_and(|(other, _)| *other == demand);
        let cases = sample.planted.iter().filter(|(other, _)| *other == demand).count() as u64;
        (demand, Tally { cases, leaks: found.iter().filter(|number| of(number)).count() as u64 })
    });
    let mut leaking_places: Vec<String> = found
        .iter()
        .filter_map(|number| sample.planted.get(*number as usize))
        .filter(|(demand, _)| *demand != Demand::FreeContext)
        .filter_map(|(_, name)| name.clone())
        .collect();
    leaking_places.sort_unstable();
    leaking_places.dedup();
    Ok(Outcome {
        name: format!("{program}, {configuration}"),
        lines: (sample.count, written),
        tallies: tallies.to_vec(),
        in_log: in_log.len(),
        leaking_places,
    })
}

fn read(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A file that is not there holds nothing.
    let _ = File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
    bytes
}

/// Waits until `count` lines have left, or nothing moves any more; returns how many have left.
fn wait(process: &mut Child, path: &Path, count: usize) -> usize {
    let (mut lines, mut last) = (0, Instant::now());
    while lines < count && last.elapsed() < STANDSTILL && matches!(process.try_wait(), Ok(None)) {
        std::thread::sleep(Duration::from_millis(200));
        let now = read(path).iter().filter(|&&byte| byte == b'\n').count();
        if now > lines {
            (lines, last) = (now, Instant::now());
        }
    }
    // What should not be there any more has one more flush to show itself.
    std::thread::sleep(Duration::from_millis(1300));
    read(path).iter().filter(|&&byte| byte == b'\n').count()
}

fn stop(process: &mut Child) {
    let asked = Command::new("kill").args(["-TERM", &process.id().to_string()]).status();
    let deadline = Instant::now() + STOP_LIMIT;
    while asked.is_ok() && Instant::now() < deadline && matches!(process.try_wait(), Ok(None)) {
        std::thread::sleep(Duration::from_millis(50));
    }
    // Both fail only for a process that has ended already.
    let _ = process.kill();
    let _ = process.wait();
}

/// A folder of its own for a run, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, String> {
        let name = format!("auditgate-leak-bench-{}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        for part in ["out", "state", "policy", "conf"] {
            fs::create_dir_all(folder.0.join(part)).map_err(|error| format!("cannot make a folder: {error}"))?;
        }
        Ok(folder)
    }

    /// Copies the shipped configurations, with the one change that this run is about: the level of the log.
    fn fill(&self, configurations: &Path) -> Result<(), String> {
        let entries = fs::read_dir(configurations)
            .map_err(|error| format!("cannot read `{}`: {error}", configurations.display()))?;
        for entry in entries.flatten() {
            let Ok(text) = fs::read_to_string(entry.path()) else { continue };
            let text = text
                .replace("log_level: info", "log_level: debug")
                .replace("Log_Level                  info", "Log_Level debug");
            fs::write(self.0.join("conf").join(entry.file_name()), text)
                .map_err(|error| format!("cannot write: {error}"))?;
        }
        Ok(())
    }

    fn start(&self, program: &str, module: &Path, configuration: &str) -> Result<Child, String> {
        let module =
            fs::canonicalize(module).map_err(|error| format!("cannot find `{}`: {error}", module.display()))?;
        let log = File::create(self.0.join("fluent-bit.log")).map_err(|error| format!("cannot write: {error}"))?;
        let errors = log.try_clone().map_err(|error| format!("cannot write: {error}"))?;
        Command::new(program)
            .arg("-c")
            .arg(self.0.join("conf").join(configuration))
            .current_dir(&self.0)
            .env("AUDIT_LOG", self.0.join("audit.log"))
            .env("AUDITGATE_WASM", module)
            .env("AUDITGATE_POLICY", self.0.join("policy"))
            .env("STATE_DIR", self.0.join("state"))
            .env("OUT_DIR", self.0.join("out"))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("cannot start `{program}`: {error}"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that cannot be removed is no reason to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}
