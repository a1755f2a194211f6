//! How answers are judged, and what bodies look like.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use super::*;

const EVENT: Event<'_> = Event {
    body: br#"{"kind":"Event","auditgate":{}}"#,
    record: br#"{"kind":"Event","auditgate":{}}"#,
    id: b"a/S",
    time: (1_700_000_000, 123_456_789),
};

fn make(pairs: &[(&str, &str)]) -> Box<dyn Receiver> {
    let own = |name: &str| pairs.iter().any(|(known, _)| *known == name);
    let web = !pairs.contains(&("type", "syslog"));
    let defaults = [("endpoint", "https://siem"), ("quarantine", "/q")].into_iter().take(if web { 2 } else { 0 });
    let settings = Settings::check(pairs.iter().copied().chain(defaults.filter(|(name, _)| !own(name))));
    receiver(&settings.unwrap(), Format::from_name("native").unwrap(), "node-1", "channel")
}

/// The body of a request with two events.
fn body(receiver: &dyn Receiver) -> String {
    let frame = receiver.frame();
    let mut out = frame.head.clone();
    receiver.write(&EVENT, &mut out);
    out.extend_from_slice(frame.between);
    receiver.write(&EVENT, &mut out);
    out.extend_from_slice(frame.tail);
    String::from_utf8(out).unwrap()
}

#[test]
fn bodies_are_what_the_products_document() {
    let native = r#"{"kind":"Event","auditgate":{}}"#;
    let array = make(&[("type", "http"), ("body", "array")]);
    assert_eq!(body(&*array), format!("[{native},{native}]"));
    assert_eq!(body(&*make(&[("type", "http")])), format!("{native}\n{native}\n"));
    assert_eq!(make(&[("type", "http"), ("body", "single")]).limits().0, 1);

    let bulk = body(&*make(&[("type", "elasticsearch"), ("index", "audit")]));
    let lines: Vec<serde_json::Value> = bulk.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["create"]["_index"], "audit");
    assert!(lines[0]["create"]["_id"].as_str().unwrap().starts_with("a/S-"));
    assert_eq!(
        (&lines[1]["kind"], &lines[1]["@timestamp"]),
        (&"Event".into(), &"2023-11-14T22:13:20.123456789Z".into())
    );

    let hec = body(&*make(&[("type", "splunk"), ("token", "env:T"), ("index", "k8s")]));
    let first: serde_json::Value = serde_json::from_str(hec.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["time"], &first["host"], &first["index"]),
        (&1_700_000_000.123_456.into(), &"node-1".into(), &"k8s".into())
    );
    assert_eq!(first["event"]["kind"], "Event");

    let loki: serde_json::Value =
        serde_json::from_str(&body(&*make(&[("type", "loki"), ("labels", "job=a env=b")]))).unwrap();
    assert_eq!(loki["streams"][0]["stream"], serde_json::json!({"job": "a", "env": "b"}));
    assert_eq!(
        loki["streams"][0]["values"][1],
        serde_json::json!(["1700000000123456789", native, {"audit_id": "a/S"}])
    );

    let otlp: serde_json::Value =
        serde_json::from_str(&body(&*make(&[("type", "otlp"), ("encoding", "json")]))).unwrap();
    let record = &otlp["resourceLogs"][0]["scopeLogs"][0]["logRecords"][1];
    assert_eq!(
        (&record["timeUnixNano"], &record["body"]["stringValue"]),
        (&"1700000000123456789".into(), &native.into())
    );

    let datadog: serde_json::Value =
        serde_json::from_str(&body(&*make(&[("type", "datadog"), ("api_key", "env:K"), ("tags", "env:x")]))).unwrap();
    assert_eq!(
        datadog[1],
        serde_json::json!({"ddsource": "auditgate", "service": "auditgate", "hostname": "node-1", "ddtags": "env:x", "message": native})
    );
}

#[test]
fn syslog_counts_octets_or_ends_lines_and_cuts_what_is_too_long() {
    let message = format!(
        "<110>1 2023-11-14T22:13:20.123456Z node-1 auditgate - audit - {}",
        r#"{"kind":"Event","auditgate":{}}"#
    );
    let octets = body(&*make(&[("type", "syslog"), ("endpoint", "tls://siem:6514")]));
    assert_eq!(octets, format!("{len} {message}{len} {message}", len = message.len()));
    let lines = body(&*make(&[("type", "syslog"), ("endpoint", "tcp://siem:514"), ("framing", "lines")]));
    assert_eq!(lines, format!("{message}\n{message}\n"));
    let udp = make(&[("type", "syslog"), ("endpoint", "udp://siem:514"), ("max_message_bytes", "480")]);
    let mut out = Vec::new();
    let long = format!("{{\"a\":\"{}\n\"}}", "\u{e9}".repeat(300));
    udp.write(&Event { body: long.as_bytes(), ..EVENT }, &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(text.len() <= 480 && text.len() > 470 && text.ends_with("\u{e9} [cut by auditgate]"), "{text}");
}

#[test]
fn a_status_is_final_only_where_it_is_about_the_data() {
    for (status, expected) in [(200, "Accepted"), (204, "Accepted"), (400, "Split"), (413, "Split"), (422, "Split")] {
        assert!(format!("{:?}", judge_status(status)).starts_with(expected), "{status}");
    }
    for status in [301, 308, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504] {
        assert!(matches!(judge_status(status), Judgement::Later(_)), "{status}");
    }
}

#[test]
fn a_bulk_answer_is_read_item_by_item() {
    let receiver = make(&[("type", "elasticsearch")]);
    assert_eq!(receiver.judge(200, br#"{"errors":false}"#, 3), Judgement::Accepted);
    let mixed =
        br#"{"errors":true,"items":[{"create":{"status":201}},{"create":{"status":429}},{"create":{"status":409}},
        {"create":{"status":400,"error":{"type":"mapper","reason":"bad"}}},{"create":{"status":503}}]}"#;
    let Judgement::Each(fates) = receiver.judge(200, mixed, 5) else { panic!() };
    let refused = Fate::Refused("status 400: mapper: bad".into());
    assert_eq!(fates, [Fate::Accepted, Fate::Later, Fate::Accepted, refused, Fate::Later]);
    for (body, events) in [(mixed.as_slice(), 4), (b"{\"errors\":tr", 5), (b"{}", 5)] {
        assert!(matches!(receiver.judge(200, body, events), Judgement::Later(_)));
    }
}

#[test]
fn splunk_counts_what_is_acknowledged() {
    let receiver = make(&[("type", "splunk"), ("token", "env:T")]);
    assert_eq!(receiver.judge(200, br#"{"text":"Success","code":0,"ackId":7}"#, 1), Judgement::Acknowledge(7));
    assert!(matches!(receiver.judge(200, br#"{"text":"Success","code":0}"#, 1), Judgement::Later(_)));
    assert!(matches!(receiver.judge(400, br#"{"code":6}"#, 1), Judgement::Split(_)));
    assert!(matches!(receiver.judge(400, br#"{"code":7}"#, 1), Judgement::Later(_)));
    assert_eq!(receiver.question(&[1, 2]), br#"{"acks":[1,2]}"#);
    assert_eq!(receiver.acknowledged(200, br#"{"acks":{"1":true,"2":false}}"#), Ok(vec![1]));
    assert!(receiver.acknowledged(503, b"").is_err() && receiver.acknowledged(200, b"x").is_err());
    let without = make(&[("type", "splunk"), ("token", "env:T"), ("ack", "off"), ("mode", "raw"), ("source", "a b")]);
    assert_eq!(without.judge(200, b"", 1), Judgement::Accepted);
    assert_eq!(without.path(), "/services/collector/raw?host=node-1&source=a%20b&sourcetype=_json");
}

#[test]
fn a_partial_success_is_kept_aside_and_not_sent_again() {
    let receiver = make(&[("type", "otlp"), ("encoding", "json")]);
    assert_eq!(receiver.judge(200, b"{}", 2), Judgement::Accepted);
    assert_eq!(receiver.judge(200, br#"{"partialSuccess":{"rejectedLogRecords":"0"}}"#, 2), Judgement::Accepted);
    let partial = br#"{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}"#;
    assert_eq!(receiver.judge(200, partial, 2), Judgement::Doubtful("1 of 2 rejected: too old".into()));
}

#[test]
fn protobuf_is_what_the_schema_says() {
    let receiver = make(&[("type", "otlp"), ("service", "s")]);
    let mut out = Vec::new();
    let small = Event { body: b"{}", id: b"i", ..EVENT };
    receiver.write(&small, &mut out);
    let mut expected = vec![0x0a, 0x50, 0x0a, 0x15, 0x0a, 0x13, 0x0a, 0x0c];
    expected.extend_from_slice(b"service.name\x12\x03\x0a\x01s\x12\x37\x0a\x0b\x0a\x09auditgate\x12\x28\x09");
    expected.extend_from_slice(&1_700_000_000_123_456_789_u64.to_le_bytes());
    expected.extend_from_slice(b"\x10\x09\x2a\x04\x0a\x02{}\x32\x15\x0a\x0elog.record.uid\x12\x03\x0a\x01i");
    assert_eq!(out, expected);
    assert_eq!(receiver.judge(200, b"", 2), Judgement::Accepted);
    let partial = b"\x0a\x0b\x08\x02\x12\x07too old";
    assert_eq!(receiver.judge(200, partial, 2), Judgement::Doubtful("2 of 2 rejected: too old".into()));
    assert!(
        (0..partial.len())
            .all(|len| matches!(receiver.judge(200, &partial[..len], 2), Judgement::Accepted | Judgement::Doubtful(_)))
    );
}
