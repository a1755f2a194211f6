//! Sessions against receivers that are played here: what is asked for, in which order, and what counts as settled.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;

const TIME: (u32, u32) = (1_700_000_000, 0);

/// A session without compression, so that bodies can be read.
fn session(pairs: &[(&str, &str)]) -> Session {
    let all = [("endpoint", "http://siem"), ("quarantine", "/q"), ("compress", "none")].iter().chain(pairs).copied();
    Session::new(Engine::new(), &Settings::check(all).unwrap(), "node-1", "channel").unwrap()
}

/// Lines of events that say which they are.
fn lines(count: usize) -> Vec<u8> {
    (0..count).map(|number| format!("{{\"n\":{number}}}\n")).collect::<String>().into_bytes()
}

/// The numbers of the events in a body.
fn numbers(body: &[u8]) -> Vec<usize> {
    let text = String::from_utf8_lossy(body).into_owned();
    text.split("\"n\":").skip(1).map(|rest| rest.split(',').next().unwrap().parse().unwrap()).collect()
}

/// What happened, from the first step to the last.
#[derive(Debug, Default, PartialEq, Eq)]
struct Story {
    /// The events of each request.
    requests: Vec<Vec<usize>>,
    refused: Vec<usize>,
    counts: Counts,
    settled: Vec<u8>,
    later: Option<(u32, String)>,
    waits: Vec<u32>,
}

/// Lets a receiver answer, which sees the events of a request and its path.
fn play(
    session: &mut Session,
    chunk: &[u8],
    settled: &[u8],
    mut receiver: impl FnMut(&[usize], &str) -> (u16, String),
) -> Story {
    let mut story = Story::default();
    let mut message = Vec::new();
    let begin = Begin { tag: b"audit", chunk, lines: Some(TIME), settled, poisoned: &[], last: false };
    session.begin(&begin, &[], &mut message);
    for _ in 0..1000 {
        let (progress, step) = Step::read(&message).unwrap();
        story.refused.extend(progress.refused.iter().flat_map(|refused| numbers(refused.event)));
        (story.counts, story.settled) = (progress.counts, progress.settled.to_vec());
        let (status, body) = match step {
            Step::Done(later) => {
                story.later = later.map(|later| (later.after_ms, later.reason.to_owned()));
                return story;
            }
            Step::Wait(ms) => {
                story.waits.push(ms);
                session.answer(&Answer::Waited, &mut message);
                continue;
            }
            Step::Send(request) => {
                let events = numbers(request.body);
                assert_eq!(events.len(), request.events as usize);
                let answer = receiver(&events, request.path);
                story.requests.push(events);
                answer
            }
        };
        let body = body.as_bytes();
        session.answer(&Answer::Response { status, retry_after_ms: 7000, body }, &mut message);
    }
    panic!("no end after 1000 steps: {story:?}");
}

#[test]
fn all_goes_out_once_in_order_and_in_batches() {
    let mut session = session(&[("type", "http"), ("batch_max_events", "4")]);
    let story = play(&mut session, &lines(10), &[], |_, _| (200, String::new()));
    assert_eq!(story.requests, [vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8, 9]]);
    assert_eq!((story.counts.events, story.counts.sent, story.later), (10, 10, None));
    assert_eq!(story.settled, [0xff, 3]);
}

#[test]
fn a_chunk_that_comes_again_brings_only_what_was_not_accepted() {
    let mut session = session(&[("type", "http"), ("batch_max_events", "4")]);
    let mut requests = 0;
    let first = play(&mut session, &lines(10), &[], |_, _| {
        requests += 1;
        (if requests == 2 { 429 } else { 200 }, String::new())
    });
    assert_eq!(first.requests, [vec![0, 1, 2, 3], vec![4, 5, 6, 7]]);
    let (after_ms, reason) = first.later.unwrap();
    assert!(after_ms == 7000 && reason.contains("429"), "{reason}");
    let second = play(&mut session, &lines(10), &first.settled, |_, _| (200, String::new()));
    assert_eq!(second.requests, [vec![4, 5, 6, 7], vec![8, 9]]);
    assert_eq!((second.counts.events, second.counts.sent), (6, 6));
}

#[test]
fn a_poisonous_event_is_found_and_alone_refused() {
    for status in [400, 413, 422] {
        let mut session = session(&[("type", "http")]);
        let story = play(&mut session, &lines(100), &[], |events, _| {
            (if events.contains(&37) || events.contains(&99) { status } else { 200 }, String::new())
        });
        assert_eq!(story.refused, [37, 99]);
        assert_eq!((story.counts.sent, story.counts.refused, story.later), (98, 2, None));
        let accepted = story.requests.iter().filter(|events| !events.contains(&37) && !events.contains(&99));
        assert!(accepted.flatten().is_sorted(), "order is kept");
        assert!(story.requests.len() < 30, "{}", story.requests.len());
    }
}

#[test]
fn bulk_items_have_fates_of_their_own() {
    let mut session = session(&[("type", "elasticsearch")]);
    let answer = |events: &[usize], busy: bool| {
        let items = events.iter().map(|event| match event {
            3 if busy => r#"{"create":{"status":429}}"#,
            5 => r#"{"create":{"status":400,"error":{"type":"mapping","reason":"no"}}}"#,
            6 => r#"{"create":{"status":409}}"#,
            _ => r#"{"create":{"status":201}}"#,
        });
        (200, format!(r#"{{"errors":true,"items":[{}]}}"#, items.collect::<Vec<_>>().join(",")))
    };
    let first = play(&mut session, &lines(8), &[], |events, _| answer(events, true));
    assert_eq!((first.refused.as_slice(), first.settled.as_slice()), ([5].as_slice(), [0b1111_0111].as_slice()));
    assert_eq!((first.counts.sent, first.counts.refused), (6, 1));
    assert!(first.later.is_some());
    let second = play(&mut session, &lines(8), &first.settled, |events, _| answer(events, false));
    assert_eq!((second.requests, second.later), (vec![vec![3]], None));
}

#[test]
fn splunk_counts_after_the_acknowledgement_and_gives_up_on_one_that_never_comes() {
    let pairs = [("type", "splunk"), ("token", "env:T"), ("batch_max_events", "2"), ("ack_timeout", "10")];
    let mut ids = 0;
    let mut questions = 0;
    let story = play(&mut session(&pairs), &lines(4), &[], |_, path| {
        if path.ends_with("/ack") {
            questions += 1;
            return (200, format!(r#"{{"acks":{{"1":true,"2":{}}}}}"#, questions > 2));
        }
        ids += 1;
        (200, format!(r#"{{"code":0,"ackId":{ids}}}"#))
    });
    assert_eq!((story.waits.as_slice(), story.counts.sent, story.later), ([100, 200, 400].as_slice(), 4, None));

    let mut ids = 0;
    let story = play(&mut session(&pairs), &lines(4), &[], |_, path| {
        ids += 1;
        let body =
            if path.ends_with("/ack") { r#"{"acks":{"1":true}}"#.into() } else { format!(r#"{{"ackId":{ids}}}"#) };
        (200, body)
    });
    assert_eq!((story.counts.sent, story.settled.as_slice()), (2, [3].as_slice()));
    assert!(story.later.is_some() && story.waits.iter().sum::<u32>() >= 10_000);
}

#[test]
fn what_others_get_and_what_rules_drop_is_settled_without_a_request() {
    let policy = b"apiVersion: auditgate/v1\nkind: Policy\ndestinations: [{name: siem}, {name: archive}]\n\
        rules:\n- {tags: [noise], level: None}\n- {tags: [audit], to: [archive]}\n";
    let engine = || Engine::with_policy(crate::policy::compile("p", policy).unwrap());
    for (destination, requests) in [("siem", 0), ("archive", 1)] {
        let pairs = [("type", "http"), ("endpoint", "http://siem"), ("quarantine", "/q"), ("destination", destination)];
        let settings = Settings::check(pairs).unwrap();
        let mut session = Session::new(engine(), &settings, "", "").unwrap();
        session.gzip = false;
        let story = play(&mut session, &lines(3), &[], |_, _| (200, String::new()));
        assert_eq!((story.requests.len(), story.later), (requests, None), "{destination}");
        assert_eq!(story.counts.elsewhere + story.counts.sent, 3);
        let mut message = Vec::new();
        let begin =
            Begin { tag: b"noise", chunk: &lines(3), lines: Some(TIME), settled: &[], poisoned: &[], last: false };
        session.begin(&begin, &[], &mut message);
        let (progress, step) = Step::read(&message).unwrap();
        assert_eq!((progress.counts.dropped, step), (3, Step::Done(None)));
    }
}

#[test]
fn an_event_that_stopped_the_module_twice_leaves_as_a_placeholder() {
    let mut session = session(&[("type", "http")]);
    let mut message = Vec::new();
    let begin = Begin { tag: b"audit", chunk: &lines(3), lines: Some(TIME), settled: &[], poisoned: &[], last: false };
    session.begin(&begin, &[1], &mut message);
    let (progress, step) = Step::read(&message).unwrap();
    let Step::Send(request) = step else { panic!("{step:?}") };
    let body = String::from_utf8_lossy(request.body).into_owned();
    assert_eq!((numbers(request.body), request.events, progress.counts.poisoned), (vec![0, 2], 3, 1));
    assert!(body.lines().nth(1).unwrap().contains("\"error\":\"E001\""), "{body}");
}

#[test]
fn a_transport_that_fails_loses_nothing() {
    let mut session = session(&[("type", "http"), ("batch_max_events", "2")]);
    let mut message = Vec::new();
    let begin = Begin { tag: b"audit", chunk: &lines(4), lines: Some(TIME), settled: &[], poisoned: &[], last: false };
    for answer in [Answer::Failed { reason: "reset" }, Answer::Stopping, Answer::Waited] {
        session.begin(&begin, &[], &mut message);
        session.answer(&answer, &mut message);
        let (progress, step) = Step::read(&message).unwrap();
        assert!(matches!(step, Step::Done(Some(_))), "{step:?}");
        assert_eq!((progress.counts.sent, progress.settled.iter().all(|byte| *byte == 0)), (0, true));
    }
}

#[test]
fn a_receiver_that_never_took_anything_gets_another_chance() {
    let mut session = session(&[("type", "http")]);
    let first = play(&mut session, &lines(100), &[], |_, _| (400, String::new()));
    assert_eq!((first.counts.sent, first.counts.refused, first.refused.len()), (0, 0, 0));
    assert!(first.later.unwrap().1.contains("has taken nothing so far") && first.requests.len() < 50);
    let second = play(&mut session, &lines(100), &first.settled, |events, _| {
        (if events.contains(&0) { 400 } else { 200 }, String::new())
    });
    assert_eq!((second.counts.sent, second.refused, second.later), (99, vec![0], None));
    let third = play(&mut session, &lines(3), &[], |_, _| (400, String::new()));
    assert_eq!((third.refused, third.later), (vec![0, 1, 2], None));
}

#[test]
fn what_the_last_attempt_does_not_deliver_is_refused_unless_the_host_stops() {
    let pairs = [("type", "http"), ("batch_max_events", "1")];
    let chunk = lines(3);
    for (answer, refused, is_over) in [
        (Answer::Response { status: 503, retry_after_ms: 0, body: b"" }, vec![1, 2], true),
        (Answer::Failed { reason: "reset" }, vec![1, 2], true),
        (Answer::Stopping, vec![], false),
    ] {
        let mut session = session(&pairs);
        let mut message = Vec::new();
        let begin = Begin { tag: b"audit", chunk: &chunk, lines: Some(TIME), settled: &[], poisoned: &[], last: true };
        session.begin(&begin, &[], &mut message);
        session.answer(&Answer::Response { status: 200, retry_after_ms: 0, body: b"" }, &mut message);
        session.answer(&answer, &mut message);
        let (progress, step) = Step::read(&message).unwrap();
        let told: Vec<usize> = progress.refused.iter().flat_map(|refused| numbers(refused.event)).collect();
        assert_eq!((told, step == Step::Done(None)), (refused, is_over));
        assert!(progress.refused.iter().all(|refused| refused.reason.starts_with("given up after the last attempt: ")));
        assert_eq!(progress.counts.sent, 1);
    }
}

/// A list of so many events, in one record.
fn list(from: usize, count: usize) -> String {
    let items: Vec<String> = (from..from + count).map(|number| format!("{{\"n\":{number}}}")).collect();
    format!("{{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"items\":[{}]}}\n", items.join(","))
}

#[test]
fn a_list_is_settled_when_all_of_its_events_are() {
    let mut session = session(&[("type", "http"), ("batch_max_events", "2")]);
    let chunk = [lines(1), list(1, 3).into_bytes(), list(4, 1).into_bytes()].concat();
    let mut requests = 0;
    let first = play(&mut session, &chunk, &[], |_, _| {
        requests += 1;
        (if requests == 2 { 429 } else { 200 }, String::new())
    });
    assert_eq!(first.requests, [vec![0, 1], vec![2, 3]]);
    assert_eq!((first.counts.events, first.counts.sent, first.counts.listed), (5, 2, 4));
    assert_eq!(first.settled, [1], "the record that came first, not the list of which one event was accepted");
    let second = play(&mut session, &chunk, &first.settled, |_, _| (200, String::new()));
    assert_eq!(second.requests, [vec![1, 2], vec![3, 4]]);
    assert_eq!((second.settled, second.later), (vec![7], None));
}

#[test]
fn of_a_list_only_some_events_may_be_for_a_destination() {
    let policy = "apiVersion: auditgate/v1\nkind: Policy\nrules:\n- {verbs: [get], level: None}\n";
    let engine = Engine::with_policy(crate::policy::compile("p", policy.as_bytes()).unwrap());
    let settings = [("endpoint", "http://siem"), ("quarantine", "/q"), ("compress", "none"), ("type", "http")];
    let mut session = Session::new(engine, &Settings::check(settings).unwrap(), "node-1", "channel").unwrap();
    let event =
        |number: usize, verb: &str| format!("{{\"n\":{number},\"auditID\":\"a\",\"stage\":\"s\",\"verb\":\"{verb}\"}}");
    let items = [event(0, "get"), event(1, "list"), event(2, "get")].join(",");
    let list =
        |items: &str| format!("{{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"items\":[{items}]}}\n");
    let chunk = [list(&items), list(&event(3, "get"))].concat();
    let first = play(&mut session, chunk.as_bytes(), &[], |_, _| (429, String::new()));
    assert_eq!((first.requests, first.settled), (vec![vec![1]], vec![2]));
    assert_eq!((first.counts.events, first.counts.dropped), (4, 3));
    let second = play(&mut session, chunk.as_bytes(), &[2], |_, _| (200, String::new()));
    assert_eq!((second.requests, second.settled), (vec![vec![1]], vec![3]));
}

#[test]
fn parts_are_put_together_within_a_chunk_and_sent_again_together() {
    let policy = "apiVersion: auditgate/v1\nkind: Policy\njoin: {auditd: true, partial_lines: true}\n";
    let engine = Engine::with_policy(crate::policy::compile("p", policy.as_bytes()).unwrap());
    let settings = [("endpoint", "http://siem"), ("quarantine", "/q"), ("compress", "none"), ("type", "http")];
    let mut session = Session::new(engine, &Settings::check(settings).unwrap(), "node-1", "channel").unwrap();
    let secret = ["hunter", "2hunter2"].concat();
    let (head, tail) = secret.split_at(5);
    let part = |number: usize, tag: &str, text: &str| {
        format!("{{\"log\":\"2026-11-22T17:55:40.1Z stdout {tag} {text}\",\"n\":{number}}}\n")
    };
    let parts = [part(0, "P", &format!("password={head}")), part(0, "F", &format!("{tail} end")), part(1, "P", "open")];
    let mut bodies = String::new();
    let mut message = Vec::new();
    let chunk = parts.concat();
    for settled in [vec![], vec![1]] {
        let begin = Begin {
            tag: b"t",
            chunk: chunk.as_bytes(),
            lines: Some(TIME),
            settled: &settled,
            poisoned: &[],
            last: false,
        };
        session.begin(&begin, &[], &mut message);
        let (progress, Step::Send(request)) = Step::read(&message).unwrap() else { panic!("no request") };
        bodies += &String::from_utf8_lossy(request.body);
        assert_eq!(request.events as usize, 2 - settled.len());
        assert_eq!((progress.counts.joined, progress.counts.apart), (1, 1));
    }
    assert!(!bodies.contains(head) && !bodies.contains(tail), "{bodies}");
    assert!(bodies.contains("F password=[redacted:") && bodies.contains("P open"), "{bodies}");
}
