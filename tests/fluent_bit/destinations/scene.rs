//! A destination: its configuration, what receives from it, and whether redacted events, and nothing else, arrive there.

use std::collections::BTreeSet;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use auditgate_generate::{Generator, Options, Profile};

use crate::harness::{FluentBit, Run, Setup, Until, project, run_all};
use crate::receivers::{Receiver, certificate, program, receiving_fluent_bit, skipped};

pub const EVENTS: u64 = 40;

#[derive(Clone, Copy, Debug)]
pub struct Destination {
    /// The configuration in `fluent-bit-conf/`, without its ending.
    pub name: &'static str,
    pub receiver: Kind,
    /// What arrives besides the events.
    pub expected: &'static [&'static str],
    /// The policy among the configurations; it asks for the module that has formats.
    pub policy: Option<&'static str>,
    /// The one change that the receiver needs: in YAML, and in the classic form.
    pub edit: Option<[(&'static str, &'static str); 2]>,
}

impl Destination {
    pub const fn new(name: &'static str, receiver: Kind, expected: &'static [&'static str]) -> Self {
        Self { name, receiver, expected, policy: None, edit: None }
    }

    pub const fn policy(self, policy: &'static str) -> Self {
        Self { policy: Some(policy), ..self }
    }

    pub const fn edit(self, yaml: (&'static str, &'static str), classic: (&'static str, &'static str)) -> Self {
        Self { edit: Some([yaml, classic]), ..self }
    }

    /// The run of its configuration in one form, `yaml` or `conf`.
    fn setup(&self, fluent_bit: &FluentBit, form: &str, port: u16) -> Setup {
        let file = format!("{}.{form}", self.name);
        let mut setup = with_environment(Setup::new(fluent_bit, &file), port).without_probe();
        if let Some(policy) = self.policy {
            let text = std::fs::read_to_string(project().join("fluent-bit-conf").join(policy)).unwrap();
            setup = setup.policy(&text).module(project().join("dist/auditgate-formats.wasm"));
        }
        if matches!(self.receiver, Kind::SentinelBehindProxy) {
            setup = setup
                .environment("HTTP_PROXY", &format!("http://localhost:{port}"))
                .machine_trusts(certificate().join("cert.pem"));
        }
        match &self.edit {
            Some([(from, to), _]) if form == "yaml" => setup.edit(&file, from, to),
            Some([_, (from, to)]) => setup.edit(&file, from, to),
            None => setup,
        }
    }

    /// Its receiver, if this machine has one and the sender can send to it.
    fn receiver(&self, sender: &FluentBit) -> Option<Receiver> {
        let receiving = receiving_fluent_bit(sender);
        match self.receiver {
            Kind::FluentBit(input, properties) => Some(Receiver::fluent_bit(&receiving, input, properties)),
            Kind::Rsyslog => {
                let openssl = "/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_ossl.so";
                let Some(rsyslog) =
                    program("RSYSLOGD", "/usr/sbin/rsyslogd", "-v").filter(|_| std::fs::exists(openssl).unwrap())
                else {
                    skipped(self.name, "no rsyslog with TLS; install rsyslog and rsyslog-openssl");
                    return None;
                };
                Some(Receiver::rsyslog(&rsyslog))
            }
            Kind::Kafka => {
                let receiver = has(sender, " kafka ").then(|| Receiver::kafka(&receiving)).flatten();
                if receiver.is_none() {
                    skipped(self.name, "these Fluent Bits were built without Kafka");
                }
                receiver
            }
            Kind::Sentinel => Some(Receiver::sentinel()),
            Kind::SentinelBehindProxy => {
                let receiver = has(sender, " azure_logs_ingestion ").then(Receiver::sentinel);
                if receiver.is_none() {
                    skipped(self.name, "this Fluent Bit was built without the output");
                }
                receiver
            }
        }
    }
}

/// What can receive.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// An input of a second Fluent Bit, with these properties.
    FluentBit(&'static str, &'static [&'static str]),
    Rsyslog,
    /// The broker inside librdkafka, and a Fluent Bit that reads from it.
    Kafka,
    /// A stand-in for Azure's logs ingestion, and for the service that gives tokens.
    Sentinel,
    /// The same, for an output that has the address of the token service inside.
    SentinelBehindProxy,
}

/// Whether a Fluent Bit lists a plugin.
pub fn has(fluent_bit: &FluentBit, plugin: &str) -> bool {
    let listed = Command::new(fluent_bit.program()).arg("-h").output().unwrap().stdout;
    String::from_utf8_lossy(&listed).contains(plugin)
}

/// What the environment of each configuration may hold; `port` is that of the receiver.
pub fn with_environment(setup: Setup, port: u16) -> Setup {
    let certificate = certificate().join("cert.pem");
    let endpoint = format!("https://localhost:{port}");
    [
        ("SIEM_HOST", "localhost"),
        ("SIEM_PORT", &port.to_string()),
        ("SIEM_TOKEN", "token"),
        ("SIEM_USER", "user"),
        ("SIEM_PASSWORD", "password"),
        ("SIEM_SHARED_KEY", "token"),
        ("CA_FILE", certificate.to_str().unwrap()),
        ("TENANT", "0"),
        ("CLUSTER", "cluster-1"),
        ("NODE_NAME", "node-1"),
        ("S3_BUCKET", "audit"),
        ("S3_ENDPOINT", &endpoint),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "none"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AZURE_TENANT", "t"),
        ("AZURE_CLIENT", "c"),
        ("AZURE_SECRET", "s"),
        ("AZURE_DCE", &endpoint),
        ("AZURE_DCR", "dcr-0"),
        ("AZURE_TABLE", "KubernetesAudit_CL"),
        ("AZURE_STREAM", "Custom-KubernetesAudit_CL"),
        ("AZURE_LOGIN", &format!("{endpoint}/t/oauth2/v2.0/token")),
    ]
    .into_iter()
    .fold(setup, |setup, (name, value)| setup.environment(name, value))
}

pub fn generator() -> Generator {
    Generator::new(Options { events: EVENTS, seed: 8, profile: Profile::Secrets, ..Options::default() }).unwrap()
}

pub fn log() -> String {
    generator().map(|event| event.json + "\n").collect()
}

/// The identities of the events, which every destination has to get.
pub fn ids() -> BTreeSet<String> {
    let id =
        |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap()["auditID"].as_str().unwrap().to_owned();
    generator().map(|event| id(&event.json)).collect()
}

/// Every event arrives at each destination, in both forms of its configuration, and no secret.
pub fn assert_all_arrive(fluent_bit: &FluentBit, destinations: &[Destination], prepare: impl Fn(Setup) -> Setup) {
    let (log, ids) = (log(), ids());
    for form in ["yaml", "conf"] {
        let scenes: Vec<_> =
            destinations.iter().filter_map(|one| one.receiver(fluent_bit).map(|receiver| (one, receiver))).collect();
        let runs = scenes.iter().map(|(one, receiver)| ((), prepare(one.setup(fluent_bit, form, receiver.port))));
        let runs = run_all(runs, log.as_bytes(), Until::Elapsed(Duration::from_secs(7)));
        for ((one, receiver), ((), run)) in scenes.iter().zip(&runs) {
            let name = one.name;
            run.assert_ended_well();
            let (mut received, mut missing) = wait_for(receiver, &ids);
            // Behind the broker inside librdkafka the receiver's own consumer never begins in one of eighty runs, whoever sends.
            if matches!(one.receiver, Kind::Kafka) && missing == ids.len() {
                let receiver = one.receiver(fluent_bit).unwrap();
                let again = prepare(one.setup(fluent_bit, form, receiver.port));
                again.run(log.as_bytes(), Until::Elapsed(Duration::from_secs(7))).assert_ended_well();
                (received, missing) = wait_for(&receiver, &ids);
            }
            assert_eq!(
                missing,
                0,
                "{name}.{form}: of {} events so many did not arrive\n{}\n{:.2000}\n{received:.2000}",
                ids.len(),
                run.log,
                receiver.log()
            );
            for part in one.expected {
                assert!(received.contains(part), "{name}.{form}: no `{part}` in {received:.3000}");
            }
            assert_eq!(generator().marker().find_in(&received), None, "{name}.{form}: a secret arrived");
        }
    }
}

/// What a receiver got, and how many events it lacks: it may be slower than the sender.
fn wait_for(receiver: &Receiver, ids: &BTreeSet<String>) -> (String, usize) {
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        let received = receiver.received();
        let missing = ids.iter().filter(|id| !received.contains(id.as_str())).count();
        if missing == 0 || Instant::now() > deadline {
            return (received, missing);
        }
        sleep(Duration::from_millis(100));
    }
}

/// Nothing arrives anywhere, in either form; `check` looks at each run.
pub fn assert_nothing_arrives(
    fluent_bit: &FluentBit,
    destinations: &[Destination],
    prepare: impl Fn(Setup, &str) -> Setup,
    check: impl Fn(&str, &Run),
) {
    let scenes: Vec<_> =
        destinations.iter().filter_map(|one| one.receiver(fluent_bit).map(|receiver| (one, receiver))).collect();
    for form in ["yaml", "conf"] {
        let runs = scenes.iter().map(|(one, receiver)| {
            (format!("{}.{form}", one.name), prepare(one.setup(fluent_bit, form, receiver.port), form))
        });
        for (file, run) in run_all(runs, log().as_bytes(), Until::Elapsed(Duration::from_secs(3))) {
            check(&file, &run);
        }
    }
    for (one, receiver) in &scenes {
        assert_eq!(receiver.received(), "", "{}: something arrived", one.name);
    }
}
