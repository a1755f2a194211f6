//! What the fields of Falco's and Elastic's rules are in an event, to read them and to make an event that has them.
//!
//! Sources: the field list of Falco's k8saudit plugin; the fields of Elastic's integrations for Kubernetes audit logs and for auditd.

use serde_json::{Value, json};

use crate::auditd;

/// Where a field stands.
pub enum Place {
    /// The keys that lead there; arrays on the way are passed through.
    At(Vec<String>),
    /// The same value in every event.
    Always(&'static str),
    /// The part of an image in front of its tag, below these keys.
    Repository(Vec<String>),
    /// An object as one text.
    Text(Vec<String>),
    /// The command line that a URI executes, decoded.
    Command,
    Unknown,
}

/// Keys that hold lists of objects, and those that hold lists of texts.
const OBJECT_LISTS: &[&str] =
    &["containers", "initContainers", "ephemeralContainers", "volumes", "rules", "subjects", "webhooks", "ports"];
const TEXT_LISTS: &[&str] =
    &["groups", "sourceIPs", "verbs", "resources", "apiGroups", "nonResourceURLs", "add", "command", "args"];

fn keys(path: &str, separator: char) -> Vec<String> {
    path.split(separator).map(str::to_owned).collect()
}

/// Falco's fields of Kubernetes audit events.
pub fn falco(field: &str) -> Place {
    if let Some(pointer) = field.strip_prefix("jevt.value[/").and_then(|rest| rest.strip_suffix(']')) {
        return Place::At(keys(pointer, '/'));
    }
    let path = match field {
        "jevt.rawtime" => return Place::Always("1700000000000000000"),
        "ka.auth.decision" => return Place::At(vec!["annotations".into(), "authorization.k8s.io/decision".into()]),
        "ka.auth.reason" => return Place::At(vec!["annotations".into(), "authorization.k8s.io/reason".into()]),
        "ka.req.configmap.obj" => return Place::Text(vec!["requestObject".into(), "data".into()]),
        "ka.uri.param[command]" => return Place::Command,
        "ka.user.name" => "user.username",
        "ka.user.groups" => "user.groups",
        "ka.impuser.name" => "impersonatedUser.username",
        "ka.verb" => "verb",
        "ka.uri" => "requestURI",
        "ka.useragent" => "userAgent",
        "ka.sourceips" => "sourceIPs",
        "ka.target.name" | "ka.req.configmap.name" => "objectRef.name",
        "ka.target.namespace" => "objectRef.namespace",
        "ka.target.resource" => "objectRef.resource",
        "ka.target.subresource" => "objectRef.subresource",
        "ka.response.code" => "responseStatus.code",
        "ka.response.reason" => "responseStatus.reason",
        "ka.resp.name" => "responseObject.metadata.name",
        "ka.req.binding.role" => "requestObject.roleRef.name",
        "ka.req.binding.subjects" => "requestObject.subjects.name",
        "ka.req.service.type" => "requestObject.spec.type",
        "ka.req.pod.host_ipc" => "requestObject.spec.hostIPC",
        "ka.req.pod.host_network" => "requestObject.spec.hostNetwork",
        "ka.req.pod.host_pid" => "requestObject.spec.hostPID",
        "ka.req.pod.volumes.hostpath" => "requestObject.spec.volumes.hostPath.path",
        _ => {
            if let Some(name) = field.strip_prefix("ka.req.role.rules.") {
                return Place::At(vec!["requestObject".into(), "rules".into(), name.to_owned()]);
            }
            let Some((list, name)) = field.strip_prefix("ka.req.pod.").and_then(|rest| rest.split_once('.')) else {
                return Place::Unknown;
            };
            let below = |names: &[&str]| {
                ["requestObject", "spec", list].iter().chain(names).map(|name| (*name).to_owned()).collect::<Vec<_>>()
            };
            return match name {
                "image.repository" => Place::Repository(below(&["image"])),
                "image" | "name" | "args" | "command" => Place::At(below(&[name])),
                "privileged" => Place::At(below(&["securityContext", name])),
                _ => Place::Unknown,
            };
        }
    };
    Place::At(keys(path, '.'))
}

/// Elastic's fields of Kubernetes audit events.
pub fn elastic(field: &str) -> Place {
    let path = match field {
        "data_stream.dataset" | "event.dataset" => return Place::Always("kubernetes.audit_logs"),
        "executed_command" => return Place::Command,
        "user.name" => "user.username",
        "event.action" => "verb",
        "user_agent.original" => "userAgent",
        "source.ip" => "sourceIPs",
        _ => match field.strip_prefix("kubernetes.audit.") {
            Some(path) => path,
            None => return Place::Unknown,
        },
    };
    // What stands under these has dots in its key; the integration writes the first part with underscores.
    for open in ["annotations.", "user.extra.", "impersonatedUser.extra."] {
        if let Some(key) = path.strip_prefix(open) {
            let mut path = keys(open.trim_end_matches('.'), '.');
            path.push(key.replace("authorization_k8s_io/", "authorization.k8s.io/"));
            return Place::At(path);
        }
    }
    Place::At(keys(path, '.'))
}

impl Place {
    pub fn read(&self, event: &Value) -> Vec<String> {
        let mut values = Vec::new();
        match self {
            Self::At(path) => collect(event, path, &mut values),
            Self::Always(value) => values.push((*value).to_owned()),
            Self::Repository(path) => {
                collect(event, path, &mut values);
                for image in &mut values {
                    *image = image.split(['@', ':']).next().unwrap_or_default().to_owned();
                }
            }
            Self::Text(path) => {
                let found = path.iter().try_fold(event, |value, key| value.get(key));
                values.extend(found.map(Value::to_string));
            }
            Self::Command => values.extend(event["requestURI"].as_str().and_then(command)),
            Self::Unknown => {}
        }
        values
    }

    /// Puts a value there.
    pub fn write(&self, event: &mut Value, value: &str) {
        match self {
            Self::At(path) | Self::Repository(path) => put(event, path, value),
            Self::Text(path) => put(event, &[path.as_slice(), &[value.trim_matches('x').to_owned()]].concat(), "x"),
            Self::Command => {
                let words = value.split(' ').map(|word| format!("command={}", word.replace('/', "%2F")));
                let query = words.collect::<Vec<_>>().join("&");
                event["requestURI"] = json!(format!("/api/v1/namespaces/n/pods/p/exec?{query}&container=c&stdin=true"));
            }
            Self::Always(_) | Self::Unknown => {}
        }
    }
}

fn collect(value: &Value, path: &[String], values: &mut Vec<String>) {
    match (value, path) {
        (Value::Array(items), _) => items.iter().for_each(|item| collect(item, path, values)),
        (Value::Object(_), [key, rest @ ..]) => {
            if let Some(inner) = value.get(key) {
                collect(inner, rest, values);
            }
        }
        (Value::Null, _) | (_, [_, ..]) => {}
        (Value::String(text), []) => values.push(text.clone()),
        (other, []) => values.push(other.to_string()),
    }
}

fn put(event: &mut Value, path: &[String], value: &str) {
    let [key, rest @ ..] = path else {
        // Numbers and literals are what they are in an event.
        *event =
            serde_json::from_str(value).ok().filter(|value: &Value| !value.is_object()).unwrap_or_else(|| json!(value));
        return;
    };
    if !event.is_object() {
        *event = json!({});
    }
    let place = &mut event[key];
    if rest.is_empty() && TEXT_LISTS.contains(&key.as_str()) {
        *place = json!([value]);
    } else if OBJECT_LISTS.contains(&key.as_str()) {
        if !place.is_array() {
            *place = json!([{"name": "n"}]);
        }
        put(&mut place[0], rest, value);
    } else {
        put(place, rest, value);
    }
}

/// The command line that a URI executes: its words between `?command=` and what says how.
fn command(uri: &str) -> Option<String> {
    let query = uri.split_once("/exec?")?.1;
    let words = query.split('&').filter_map(|pair| pair.strip_prefix("command="));
    let line = words.collect::<Vec<_>>().join(" ").replace('+', " ");
    Some(percent(&line)).filter(|line| !line.is_empty())
}

fn percent(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('%') {
        bytes.extend_from_slice(head.as_bytes());
        let digits = tail.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(digits.unwrap_or(b'%'));
        rest = if digits.is_some() { &tail[2..] } else { tail };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Elastic's fields of the start of a process, in a record of auditd.
pub fn process(field: &str, line: &str) -> Vec<String> {
    let fields = auditd::fields(line);
    let is_argument = |name: &str| name.strip_prefix('a').is_some_and(|number| number.parse::<u32>().is_ok());
    let arguments = || fields.iter().filter(|(name, _)| is_argument(name)).map(|(_, value)| value.clone());
    let program = fields.iter().find(|(name, _)| name == "a0").map_or("", |(_, value)| value);
    match field {
        "host.os.type" => vec!["linux".to_owned()],
        "event.category" => vec!["process".to_owned()],
        "event.type" => vec!["start".to_owned()],
        "event.action" => vec!["executed".to_owned()],
        "process.executable" => vec![program.to_owned()],
        "process.name" => vec![program.rsplit('/').next().unwrap_or_default().to_owned()],
        "process.args" => arguments().collect(),
        "process.args_count" => vec![arguments().count().to_string()],
        "process.command_line" => vec![arguments().collect::<Vec<_>>().join(" ")],
        _ => match field.strip_prefix("auditd.data.") {
            Some(name) => fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect(),
            None => Vec::new(),
        },
    }
}

/// A record of auditd whose process has these fields.
pub fn execve(wanted: &[(String, String)]) -> String {
    let value = |name: &str| wanted.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
    let program = value("process.executable").or_else(|| value("process.name")).unwrap_or_else(|| "x".to_owned());
    let mut arguments = vec![program];
    arguments.extend(wanted.iter().filter(|(field, _)| field == "process.args").map(|(_, value)| value.clone()));
    arguments.extend(value("process.command_line"));
    let count = value("process.args_count").and_then(|count| count.parse().ok()).unwrap_or(0);
    while arguments.len() < count {
        arguments.push("x".to_owned());
    }
    let mut fields = vec![("type".to_owned(), "EXECVE".to_owned()), ("argc".to_owned(), arguments.len().to_string())];
    fields.extend(arguments.into_iter().enumerate().map(|(at, argument)| (format!("a{at}"), argument)));
    auditd::line(&fields)
}
