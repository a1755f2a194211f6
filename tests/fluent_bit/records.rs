//! What left Fluent Bit: one line of its file output, `tag: [seconds.nanoseconds, {record}]`, read and judged.

use serde_json::Value;

use crate::harness::shorten;

/// A record that left.
#[derive(Clone, Debug)]
pub struct Record {
    pub tag: String,
    /// Seconds and nanoseconds, as text: `1540475929.730588000`.
    pub time: String,
    pub value: Value,
}

impl Record {
    pub fn parse(line: &str) -> Self {
        let parts = || {
            let (tag, rest) = line.split_once(": [")?;
            let (time, rest) = rest.split_once(", ")?;
            Some((tag, time, rest.strip_suffix(']')?))
        };
        let (tag, time, json) =
            parts().unwrap_or_else(|| panic!("expected `tag: [time, record]`, found `{}`", shorten(line, 200)));
        let value: Value =
            serde_json::from_str(json).unwrap_or_else(|error| panic!("{error} in `{}`", shorten(json, 300)));
        Self { tag: tag.to_owned(), time: time.to_owned(), value }
    }

    /// Fails unless the module refused the record before it could read it: only the code, the tag and the length are known.
    pub fn assert_refused(&self, code: &str) {
        assert_eq!(self.error(), Some(code), "{}", self.short());
        assert_eq!(self.value["auditgate"]["routes"], "+default+");
        assert_eq!(self.value["tag"], "audit.kubernetes");
        assert!(!self.value["bytes"].is_null(), "no length: {}", self.short());
    }

    /// Fails unless the module has stamped the record, in full.
    pub fn assert_stamped(&self) {
        self.assert_stamped_for("+default+");
    }

    fn assert_stamped_for(&self, routes: &str) {
        let stamp = &self.value["auditgate"];
        let policy = stamp["policy"].as_str().unwrap_or_default();
        assert!(policy.len() == 8 && policy.bytes().all(|byte| byte.is_ascii_hexdigit()), "no stamp: {}", self.short());
        for key in ["id", "source", "routes", "rule"] {
            assert!(stamp[key].is_string(), "the stamp lacks `{key}`: {stamp}");
        }
        assert!(stamp["redactions"].is_u64(), "the stamp lacks `redactions`: {stamp}");
        assert_eq!(stamp["routes"], routes);
    }

    /// Fails unless this is `event`, stamped as such and with its envelope as it was.
    pub fn assert_is_event(&self, event: &Value) {
        self.assert_is_event_for("+default+", event);
    }

    /// The same with other routes.
    pub fn assert_is_event_for(&self, routes: &str, event: &Value) {
        self.assert_stamped_for(routes);
        let id = format!("{}/{}", event["auditID"].as_str().unwrap(), event["stage"].as_str().unwrap());
        assert_eq!(self.value["auditgate"]["id"], id.as_str(), "another event, or another order");
        assert_eq!(self.value["auditgate"]["source"], "kubernetes");
        assert_eq!(self.error(), None, "{}", self.short());
        for key in [
            "kind",
            "apiVersion",
            "level",
            "auditID",
            "stage",
            "verb",
            "user",
            "sourceIPs",
            "userAgent",
            "objectRef",
            "requestReceivedTimestamp",
        ] {
            assert_eq!(self.value[key], event[key], "`{key}` of {id}");
        }
        assert_eq!(self.value["responseStatus"]["code"], event["responseStatus"]["code"], "the code of {id}");
    }

    /// The code of what went wrong.
    pub fn error(&self) -> Option<&str> {
        self.value["auditgate"]["error"].as_str()
    }

    /// Fails unless this is a placeholder: stamped, with a code, the length and a hash.
    pub fn assert_placeholder(&self) {
        self.assert_stamped();
        assert!(self.error().is_some_and(|code| code.len() == 4 && code.is_ascii()), "no code: {}", self.short());
        assert!(self.value["bytes"].is_u64(), "no length: {}", self.short());
        assert!(self.value["hash"].is_string(), "no hash: {}", self.short());
    }

    pub fn short(&self) -> String {
        let text = self.value.to_string();
        shorten(&text, 400).to_owned()
    }
}

/// Levels of nesting in a value: 1 for `{}`.
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}
