//! The chart's templates, rendered, and a pod that has what they say.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Value, json};

use crate::harness::{FluentBit, Setup, project};

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
        let missing = |what: &str| {
            let name = std::thread::current().name().unwrap_or("a test").to_owned();
            std::io::stderr().write_all(format!("SKIPPED {name}: {what}\n").as_bytes()).unwrap();
            None
        };
        let Some(checkout) = std::env::var_os("FLUENT_LOGSHIPPING_APP").map(PathBuf::from) else {
            return missing("no chart; set FLUENT_LOGSHIPPING_APP to a checkout of giantswarm/fluent-logshipping-app");
        };
        for (program, argument) in [("go", "version"), ("ausearch", "--version"), (JOURNAL_REMOTE, "--version")] {
            if !Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success()) {
                return missing(&format!("no `{program}`"));
            }
        }
        let unshare = Command::new("unshare").args(["--mount", "--map-root-user", "true"]).output();
        if !unshare.is_ok_and(|output| output.status.success()) {
            return missing("no leave to make a mount namespace");
        }
        Some(Self { folder: checkout.join("helm/fluent-logshipping-app") })
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap()
    }

    /// Templates of the chart, rendered with the overlays: as `helm template` does it.
    pub fn render(&self, templates: &[&str], overlays: &[&str]) -> Vec<Value> {
        let mut values = yaml(&self.read("values.yaml"));
        for overlay in overlays {
            merge(&mut values, yaml(&std::fs::read_to_string(overlay_folder().join(overlay)).unwrap()));
        }
        let chart = yaml(&self.read("Chart.yaml"));
        let name = "fluent-logshipping-app";
        let input = json!({
            "templates": (["_helpers.tpl", "_resource.tpl"].iter().chain(templates))
                .map(|name| ((*name).to_owned(), Value::from(self.read(&format!("templates/{name}")))))
                .collect::<serde_json::Map<_, _>>(),
            "render": templates,
            "data": {
                "Values": values,
                "Release": {"Name": name, "Namespace": "kube-system", "Service": "Helm"},
                "Chart": {
                    "Name": chart["name"], "Version": chart["version"], "AppVersion": chart["appVersion"],
                    "Annotations": chart["annotations"],
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
