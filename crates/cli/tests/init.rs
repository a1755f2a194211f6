//! `auditgate init`: what it writes is whole, right, and written once.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skipped"
)]

use saphyr::{LoadableYamlNode as _, Yaml};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        // Tests of one process run at the same time, and may make the same set.
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("auditgate-init-{}-{number}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn auditgate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_auditgate")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn init(folder: &Path, source: &str, destination: &str, platform: &str) -> Output {
    let folder = folder.to_str().unwrap();
    auditgate(&["init", "--source", source, "--destination", destination, "--platform", platform, "--output", folder])
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const SOURCES: [&str; 5] = ["kubernetes", "auditd", "sshd", "journald", "containers"];

/// Destinations by Fluent Bit's own outputs, and the file of their configuration.
const FILTER: [(&str, &str); 16] = [
    ("elasticsearch", "elasticsearch"),
    ("opensearch", "opensearch"),
    ("splunk", "splunk"),
    ("loki", "loki"),
    ("from-promtail", "from-promtail"),
    ("syslog-cef", "syslog"),
    ("syslog-leef", "syslog"),
    ("http", "http"),
    ("opentelemetry", "opentelemetry"),
    ("datadog", "datadog"),
    ("sentinel", "sentinel"),
    ("s3", "s3"),
    ("cloudwatch", "cloudwatch"),
    ("kafka", "kafka"),
    ("forward", "forward"),
    ("file", "kubernetes-audit"),
];

/// The same by the output plugin.
const OUTPUT: [(&str, &str); 11] = [
    ("elasticsearch", "elasticsearch"),
    ("opensearch", "elasticsearch"),
    ("splunk", "splunk"),
    ("loki", "loki"),
    ("syslog-cef", "syslog-cef"),
    ("syslog-leef", "syslog-leef"),
    ("http", "http"),
    ("opentelemetry", "opentelemetry"),
    ("datadog", "datadog"),
    ("sentinel", "sentinel"),
    ("file", "file"),
];

/// A set that was written, and the configuration in it that Fluent Bit reads, if one is.
struct Set {
    folder: Folder,
    what: String,
    configuration: Option<PathBuf>,
    role: &'static str,
}

impl Set {
    fn new(source: &str, (destination, file): (&str, &str), platform: &str, role: &'static str) -> Self {
        let what = format!("{source}-{destination}-{platform}-{role}");
        let folder = Folder::new(&what);
        let output = auditgate(&[
            "init",
            "--source",
            source,
            "--destination",
            destination,
            "--platform",
            platform,
            "--role",
            role,
            "--output",
            folder.0.to_str().unwrap(),
        ]);
        assert_eq!(output.status.code(), Some(0), "{what}: {}", stderr(&output));
        let configuration = match platform {
            "fluent-bit" => Some(folder.0.join(format!("{file}.yaml"))),
            "fluent-bit-classic" => Some(folder.0.join(format!("{file}.conf"))),
            // What the chart makes of the values: files beside each other.
            "helm" => {
                let values = std::fs::read_to_string(folder.0.join("values.yaml")).unwrap();
                let values = &Yaml::load_from_str(&values).unwrap()[0];
                for (name, text) in values["config"]["extraFiles"].as_mapping().unwrap() {
                    std::fs::write(folder.0.join(name.as_str().unwrap()), text.as_str().unwrap()).unwrap();
                }
                assert_eq!(
                    values["args"][1].as_str().unwrap(),
                    format!("--config=/fluent-bit/etc/conf/{file}.yaml"),
                    "{what}"
                );
                Some(folder.0.join(format!("{file}.yaml")))
            }
            // The chart's own inputs and filters are not here; what is tested of its values besides is in tests/fluent_bit/chart.rs.
            _ => {
                let values = if destination == "opensearch" { "elasticsearch" } else { destination };
                let values = std::fs::read_to_string(folder.0.join(format!("values-{values}.yaml"))).unwrap();
                let values = &Yaml::load_from_str(&values).unwrap()[0];
                let section = values["outputs"].as_mapping_get("extraOutputConfig").and_then(Yaml::as_str);
                section.map(|section| {
                    let path = folder.0.join("outputs.conf");
                    std::fs::write(&path, format!("[INPUT]\n    Name dummy\n    Tag audit.kubernetes.log\n{section}"))
                        .unwrap();
                    path
                })
            }
        };
        Self { folder, what, configuration, role }
    }

    fn policy(&self) -> PathBuf {
        let places = ["policy/auditgate.yaml", "kustomize/auditgate.yaml", "auditgate.yaml"];
        places.map(|name| self.folder.0.join(name)).into_iter().find(|path| path.is_file()).unwrap()
    }

    /// The policy is right, its cases hold, and the configuration has no trap.
    fn assert_sound(&self) {
        let policy = self.policy();
        // Many sets have the same policy with the same cases: once is enough.
        static JUDGED: Mutex<BTreeSet<[String; 2]>> = Mutex::new(BTreeSet::new());
        let texts =
            [policy.clone(), policy.with_extension("test.yaml")].map(|path| std::fs::read_to_string(path).unwrap());
        let is_new = JUDGED.lock().unwrap().insert(texts);
        for arguments in [vec!["check", "--deny-warnings"], vec!["test"]].into_iter().filter(|_| is_new) {
            let output = auditgate(&[&arguments[..], &[policy.to_str().unwrap()]].concat());
            assert_eq!(output.status.code(), Some(0), "{}: {arguments:?} {}", self.what, stderr(&output));
        }
        if let Some(configuration) = self.configuration.as_ref().filter(|path| !path.ends_with("outputs.conf")) {
            let output = auditgate(&["check", "--deny-warnings", "--fluent-bit", configuration.to_str().unwrap()]);
            assert_eq!(output.status.code(), Some(0), "{}: {}", self.what, stderr(&output));
        }
    }

    /// `fluent-bit --dry-run`, with something in each variable.
    fn assert_taken(&self, fluent_bit: &Path, plugin: Option<&Path>) {
        let Some(configuration) = &self.configuration else { return };
        let mut command = Command::new(fluent_bit);
        if self.role == "output" {
            let Some(plugin) = plugin else { return };
            command.arg("-e").arg(plugin);
        }
        let folder = &self.folder.0;
        command.env("AUDIT_LOG", "/var/log/audit.log").env("SIEM_PORT", "9").env("STATE_DIR", folder);
        command
            .env("AUDITGATE_WASM", folder.join("auditgate.wasm"))
            .env("AUDITGATE_POLICY", self.policy().parent().unwrap());
        let variables = [
            "SIEM_HOST",
            "SIEM_TOKEN",
            "SIEM_USER",
            "SIEM_PASSWORD",
            "SIEM_SHARED_KEY",
            "CA_FILE",
            "TENANT",
            "CLUSTER",
        ];
        let azure = [
            "AZURE_TENANT",
            "AZURE_CLIENT",
            "AZURE_SECRET",
            "AZURE_DCE",
            "AZURE_DCR",
            "AZURE_TABLE",
            "AZURE_STREAM",
            "AZURE_LOGIN",
        ];
        let others = ["NODE_NAME", "S3_BUCKET", "AWS_REGION", "OUT_DIR"];
        for name in variables.into_iter().chain(azure).chain(others).chain(["SPLUNK_TOKEN", "K8S_NODE_NAME"]) {
            command.env(name, "x");
        }
        let output =
            command.env("S3_ENDPOINT", "https://localhost:9").arg("--dry-run").arg("-c").arg(configuration).output();
        let output = output.unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
        if said.contains("plugin name that doesn't exist") || said.contains("invalid output plugin") {
            eprintln!("SKIPPED {}: this Fluent Bit was built without the output", self.what);
            return;
        }
        assert!(said.contains("configuration test is successful"), "{}: {said}", self.what);
        assert!(!said.contains("[ warn]") && !said.contains("[error]"), "{}: {said}", self.what);
    }
}

/// What a set is made of: its source, its destination with the file of its configuration, its platform and its role.
type Choice = (&'static str, (&'static str, &'static str), &'static str, &'static str);

/// The whole product: every source to every destination on every platform, in each role that is there.
fn choices() -> Vec<Choice> {
    let charts = ["helm", "fluent-logshipping-app"];
    let stock = ["fluent-bit", "fluent-bit-classic"];
    let filter = FILTER.map(|destination| (destination, "filter"));
    let output = OUTPUT.map(|destination| (destination, "output"));
    let pairs = |destinations: Vec<_>, platforms: Vec<&'static str>| -> Vec<_> {
        let of = |(destination, role)| platforms.clone().into_iter().map(move |platform| (destination, platform, role));
        destinations.into_iter().flat_map(of).collect()
    };
    let pairs = [pairs(filter.to_vec(), [stock, charts].concat()), pairs(output.to_vec(), stock.to_vec())].concat();
    let of = |source| pairs.iter().map(move |&(destination, platform, role)| (source, destination, platform, role));
    SOURCES.into_iter().flat_map(of).collect()
}

#[test]
fn every_set_is_sound_and_fluent_bit_takes_it() {
    let help = auditgate(&["init", "--help"]).stdout;
    let help = String::from_utf8(help).unwrap();
    for (name, _) in FILTER.iter().chain(&OUTPUT) {
        assert!(help.contains(&format!("{name},")) || help.contains(&format!("{name}]")), "{name} is not in the help");
    }
    let fluent_bits: Vec<_> = ["FLUENT_BIT", "FLUENT_BIT_OLD"].into_iter().filter_map(std::env::var_os).collect();
    if fluent_bits.is_empty() {
        eprintln!("SKIPPED the dry runs: no Fluent Bit; name it by FLUENT_BIT or FLUENT_BIT_OLD");
    }
    let plugin = std::env::var_os("AUDITGATE_PLUGIN")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist/out_auditgate.so"), PathBuf::from);
    let plugin = plugin.is_file().then_some(plugin.as_path());
    if plugin.is_none() {
        eprintln!("SKIPPED the dry runs of the output role: no out_auditgate.so; `make dist` makes it");
    }
    let choices = choices();
    assert_eq!(choices.len(), 5 * (16 * 4 + 11 * 2));
    // Programs that start and end: as many at a time as there are processors.
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let fluent_bits = &fluent_bits;
    std::thread::scope(|scope| {
        for part in choices.chunks(choices.len().div_ceil(workers)) {
            scope.spawn(move || {
                for &(source, destination, platform, role) in part {
                    let set = Set::new(source, destination, platform, role);
                    set.assert_sound();
                    fluent_bits.iter().for_each(|program| set.assert_taken(Path::new(program), plugin));
                }
            });
        }
    });
}

/// A set for syslog brings the module that writes its lines, every other one the small module.
#[test]
fn the_module_is_the_one_that_the_policy_needs() {
    let size = |set: &Set| std::fs::metadata(set.folder.0.join("auditgate.wasm")).unwrap().len();
    let [lines, events] =
        [FILTER[5], FILTER[7]].map(|destination| Set::new("kubernetes", destination, "fluent-bit", "filter"));
    assert!(size(&lines) > size(&events));
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/kubernetes/falco-traces.jsonl");
    let module = lines.folder.0.join("auditgate.wasm");
    let policy = lines.policy();
    let output =
        auditgate(&["run", "--module", module.to_str().unwrap(), "--policy", policy.to_str().unwrap(), corpus]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("CEF:0|Kubernetes|audit|"));
}

#[test]
fn what_the_output_plugin_cannot_do_is_refused() {
    for (destination, platform, expected) in [
        ("kafka", "fluent-bit", "expected a destination of the output plugin, one of elasticsearch, "),
        ("splunk", "helm", "expected --platform fluent-bit or fluent-bit-classic beside `--role output`"),
    ] {
        let folder = Folder::new("refused");
        let folder = folder.0.to_str().unwrap();
        let output = auditgate(&[
            "init",
            "--source",
            "kubernetes",
            "--destination",
            destination,
            "--platform",
            platform,
            "--role",
            "output",
            "--output",
            folder,
        ]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
        assert!(!Path::new(folder).exists());
    }
}

/// Every variable that a configuration names is in the file to fill in.
#[test]
fn the_environment_has_every_variable() {
    let folder = Folder::new("environment");
    assert_eq!(init(&folder.0, "kubernetes", "splunk", "fluent-bit").status.code(), Some(0));
    let environment = std::fs::read_to_string(folder.0.join("environment")).unwrap();
    for file in ["input.yaml", "splunk.yaml"] {
        let text = std::fs::read_to_string(folder.0.join(file)).unwrap();
        for name in text.split("${").skip(1).map(|rest| rest.split('}').next().unwrap()) {
            assert!(
                environment.contains(&format!("\n{name}=")),
                "{file} names {name}, the environment does not:\n{environment}"
            );
        }
    }
}

/// The commands above the values name the files beside them, and no secret holds what the pod knows.
#[test]
fn the_values_of_the_official_chart_say_how_they_are_used() {
    let set = Set::new("kubernetes", ("syslog-cef", "syslog"), "helm", "filter");
    let values = std::fs::read_to_string(set.folder.0.join("values.yaml")).unwrap();
    let commands: Vec<_> = values.lines().take_while(|line| line.starts_with('#')).collect();
    let commands = commands.join("\n");
    assert!(commands.contains("--from-file=auditgate.wasm --from-file=auditgate.yaml"), "{commands}");
    assert!(commands.contains("--from-literal=SIEM_HOST=... --from-literal=SIEM_PORT=...\n"), "{commands}");
    assert!(commands.contains("--values values.yaml"), "{commands}");
    assert!(values.contains("fieldPath: spec.nodeName"));
}

#[test]
fn nothing_is_written_over() {
    let folder = Folder::new("twice");
    assert_eq!(init(&folder.0, "kubernetes", "http", "fluent-bit").status.code(), Some(0));
    let policy = folder.0.join("policy/auditgate.yaml");
    std::fs::write(&policy, "mine").unwrap();
    let output = init(&folder.0, "kubernetes", "http", "fluent-bit");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("expected an empty place, found"), "{}", stderr(&output));
    assert!(stderr(&output).contains("--output"), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(policy).unwrap(), "mine");
}

/// Helm starts it by its name.
#[test]
#[cfg(unix)]
fn the_post_renderer_may_be_started() {
    use std::os::unix::fs::PermissionsExt as _;
    let set = Set::new("kubernetes", FILTER[0], "fluent-logshipping-app", "filter");
    let mode = |name: &str| std::fs::metadata(set.folder.0.join(name)).unwrap().permissions().mode() & 0o111;
    assert_eq!(mode("kustomize/post-render.sh"), 0o111);
    assert_eq!(mode("kustomize/auditgate.yaml"), 0);
}

#[test]
fn without_a_person_it_names_the_option_that_is_missing() {
    let folder = Folder::new("nobody");
    let output = auditgate(&["init", "--source", "kubernetes", "--output", folder.0.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("expected --platform, one of fluent-bit, "), "{}", stderr(&output));
    assert!(!folder.0.exists());
}

#[test]
fn the_policy_runs() {
    let folder = Folder::new("runs");
    assert_eq!(init(&folder.0, "kubernetes", "http", "fluent-bit").status.code(), Some(0));
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/kubernetes/falco-traces.jsonl");
    let output = auditgate(&["run", "--policy", folder.0.join("policy/auditgate.yaml").to_str().unwrap(), corpus]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).lines().count() > 40);
}
