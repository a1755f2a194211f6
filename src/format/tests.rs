#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;

fn written(format: &str, event: &[u8]) -> String {
    let item = Item { event, tag: b"audit.k8s", seconds: 1_700_000_000, nanoseconds: 123_456_789 };
    let mut out = b"before".to_vec();
    write(Format::from_name(format).unwrap(), &item, &Options::default(), &mut out);
    String::from_utf8(out.strip_prefix(b"before").unwrap().to_vec()).unwrap()
}

#[test]
fn native_is_the_record_and_raw_is_one_line_without_the_stamp() {
    let event = b"{\"a\": {\"b\":\n [1]},\r\n \"auditgate\":{\"id\":\"x\"}}";
    assert_eq!(written("native", event).as_bytes(), event);
    assert_eq!(written("raw", event), r#"{"a":{"b":[1]}}"#);
    assert_eq!(written("raw", br#"{"auditgate":{"id":"x"}}"#), "{}");
    assert_eq!(written("raw", br#"{"log":"auditgate"}"#), r#"{"log":"auditgate"}"#);
}

#[test]
fn every_name_names_its_format() {
    assert!(Format::names().count() > 1);
    for name in Format::names().map(str::to_owned).chain(["syslog+cef".to_owned(), "loki+ecs".to_owned()]) {
        let format = Format::from_name(&name).unwrap();
        assert!(format.name().starts_with(&name), "{name}");
        assert_eq!(Format::from_name(&format.name()), Some(format));
    }
    for wrong in ["xml", "", "syslog+", "+cef", "cef+syslog", "syslog+xml", "syslog+cef+cef"] {
        assert_eq!(Format::from_name(wrong), None, "{wrong}");
    }
}
