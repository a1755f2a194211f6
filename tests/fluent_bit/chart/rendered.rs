//! The chart's templates, rendered, and a pod that has what they say.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Value, json};

use crate::harness::{FluentBit, Setup, project};
use crate::receivers::skipped;

/// The machine that the journal and the pod believe to be.
const MACHINE: &str = "5eedc0de5eedc0de5eedc0de5eedc0de";

/// A password that a scanner of this repository does not see.
pub fn secret() -> String {
    ["hunter2", "correct", "horse"].join("-")
}

/// What the test needs besides Fluent Bit.
pub struct Chart {
    folder: PathBuf,
}

impl Chart {
    pub fn find() -> Option<Self> {
        let folder = checkout(
            "FLUENT_LOGSHIPPING_APP",
            "giantswarm/fluent-logshipping-app",
            &[&["go", "version"], &["ausearch", "--version"], &[JOURNAL_REMOTE, "--version"], MOUNT],
        )?;
        Some(Self { folder: folder.join("helm/fluent-logshipping-app") })
    }

    /// Templates of the chart, rendered with the overlays.
    pub fn render(&self, templates: &[&str], overlays: &[&str]) -> Vec<Value> {
        let overlays: Vec<_> = overlays.iter().map(|overlay| overlay_folder().join(overlay)).collect();
        render(&self.folder, "fluent-logshipping-app", &["_helpers.tpl", "_resource.tpl"], templates, &overlays)
    }

    /// The pod with what the chart's ConfigMap says, and `module` in it, if any.
    pub fn pod(&self, fluent_bit: &FluentBit, overlays: &[&str], module: Option<&[u8]>) -> Setup {
        let rendered = self.render(&["configmap.yaml"], overlays);
        let port = free_port().to_string();
        let mut setup = Setup::empty(fluent_bit, "fluent-bit.conf").in_pod();
        for (name, text) in rendered[0]["data"].as_object().unwrap() {
            // The one change: tests run at the same time, and the port of its metrics is the host's here.
            let text = text.as_str().unwrap().replace("HTTP_Port         5170", &format!("HTTP_Port {port}"));
            setup = setup.file(&format!("conf/{name}"), text.as_bytes());
        }
        if let Some(module) = module {
            setup = setup.file("auditgate/auditgate.wasm", module);
        }
        setup
            .environment("K8S_NODE_NAME", "node-1")
            .file("machine-id", format!("{MACHINE}\n").as_bytes())
            .file(&format!("run-log/journal/{MACHINE}/system.journal"), &journal())
    }
}

/// Leave to make a mount namespace.
pub const MOUNT: &[&str] = &["unshare", "--mount", "--map-root-user", "true"];

/// A checkout of a repository on GitHub that a variable names, if the commands work that its test needs.
pub fn checkout(variable: &str, repository: &str, commands: &[&[&str]]) -> Option<PathBuf> {
    let missing = |what: &str| {
        skipped(std::thread::current().name().unwrap_or("a test"), what);
        None
    };
    let Some(folder) = std::env::var_os(variable).map(PathBuf::from) else {
        return missing(&format!("no chart; set {variable} to a checkout of {repository}"));
    };
    for command in commands {
        if !Command::new(command[0]).args(&command[1..]).output().is_ok_and(|output| output.status.success()) {
            return missing(&format!("no `{}`", command.join(" ")));
        }
    }
    Some(folder)
}

/// Templates of a chart, rendered with files of values: as `helm template` does it.
pub fn render(chart: &Path, release: &str, partials: &[&str], templates: &[&str], overlays: &[PathBuf]) -> Vec<Value> {
    let read = |name: &str| std::fs::read_to_string(chart.join(name)).unwrap();
    let mut values = yaml(&read("values.yaml"));
    for overlay in overlays {
        merge(&mut values, yaml(&std::fs::read_to_string(overlay).unwrap()));
    }
    let about = yaml(&read("Chart.yaml"));
    let path = |name: &str| format!("{}/templates/{name}", about["name"].as_str().unwrap());
    let input = json!({
        "templates": (partials.iter().chain(templates))
            .map(|name| (path(name), Value::from(read(&format!("templates/{name}")))))
            .collect::<serde_json::Map<_, _>>(),
        "render": templates.iter().map(|name| path(name)).collect::<Vec<_>>(),
        "data": {
            "Values": values,
            "Release": {"Name": release, "Namespace": "kube-system", "Service": "Helm"},
            "Template": {"BasePath": path("").trim_end_matches('/')},
            "Chart": {
                "Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"],
                "Annotations": about["annotations"],
            },
        },
    });
    let mut renderer = Command::new("go")
        .arg("run")
        .arg(project().join("tests/fluent_bit/chart/render.go"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    renderer.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = renderer.wait_with_output().unwrap();
    assert!(output.status.success(), "the chart does not render");
    documents(&String::from_utf8(output.stdout).unwrap())
}

const JOURNAL_REMOTE: &str = "/lib/systemd/systemd-journal-remote";

/// A journal of this machine with a login, and a line of another unit.
fn journal() -> Vec<u8> {
    let folder = std::env::temp_dir().join(format!("auditgate-journal-{}-{}", std::process::id(), free_port()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("system.journal");
    let entry = |identifier: &str, unit: &str, message: &str| {
        format!(
            "__REALTIME_TIMESTAMP=1767323045000000\n_MACHINE_ID={MACHINE}\n_BOOT_ID={MACHINE}\nPRIORITY=6\n\
             SYSLOG_IDENTIFIER={identifier}\n_SYSTEMD_UNIT={unit}\nMESSAGE={message}\n\n"
        )
    };
    let text =
        entry("sshd", "sshd.service", "Accepted publickey for core from 192.0.2.7 port 50022 ssh2: ED25519 SHA256:abc")
            + &entry("backup", "backup.service", &format!("mysqldump --password={} --all-databases", secret()));
    let mut remote = Command::new(JOURNAL_REMOTE)
        .args(["-o".as_ref(), path.as_os_str(), "-".as_ref()])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    remote.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(remote.wait().unwrap().success());
    let bytes = std::fs::read(path).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    bytes
}

pub fn overlay_folder() -> PathBuf {
    project().join("deploy/fluent-logshipping-app")
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// As helm merges values: maps key by key, everything else is replaced.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

pub fn yaml(text: &str) -> Value {
    documents(text).swap_remove(0)
}

pub fn documents(text: &str) -> Vec<Value> {
    Yaml::load_from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}")).iter().map(to_json).collect()
}

fn to_json(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Mapping(map) => {
            map.iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), to_json(value))).collect()
        }
        Yaml::Sequence(list) => list.iter().map(to_json).collect(),
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => json!(value),
        other => panic!("unexpected YAML: {other:?}"),
    }
}
