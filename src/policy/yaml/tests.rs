//! Tests of the YAML reader: what it reads, where, and what it refuses. Its messages are tested in `tests/diagnostics`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use super::{Node, Value, read};

/// A value as JSON writes it, plain text without quotes.
fn show(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".into(),
        Value::Plain(text) => text.clone(),
        Value::Text(text) => format!("{text:?}"),
        Value::Sequence(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(",")),
        Value::Mapping(entries) => {
            let entries = entries.iter().map(|entry| format!("{}:{}", entry.key, show(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
    }
}

#[test]
fn reads_what_policies_are_written_in() {
    for (text, expected) in [
        ("", "null"),
        ("# nothing\n\n", "null"),
        ("a: 1\nb: c d\n", "{a:1,b:c d}"),
        ("\u{feff}---\na: 1\n...\n", "{a:1}"),
        ("a: 1 # one\nb: c#d\n# end", "{a:1,b:c#d}"),
        ("a:\nb: ~\nc: null\nd: ''\n", "{a:null,b:null,c:null,d:\"\"}"),
        ("a:\n  b:\n    c: 1\n  d: 2\ne: 3\n", "{a:{b:{c:1},d:2},e:3}"),
        ("- a\n- b: 1\n  c: 2\n-\n  d: 3\n- - x\n  - y\n", "[a,{b:1,c:2},{d:3},[x,y]]"),
        ("a:\n- 1\n- 2\nb:\n  - 3\n", "{a:[1,2],b:[3]}"),
        ("a: [1, [2, 3], {b: c}, \"d, e\",]\n", "{a:[1,[2,3],{b:c},\"d, e\"]}"),
        ("a: [\n\t1, # one\n  2\n]\nb: 3\n", "{a:[1,2],b:3}"),
        ("a: {b: , c: {}, 'd': [] }\n", "{a:{b:null,c:{},d:[]}}"),
        ("{\"a\":[1,true,null],\"b\":{\"c\":\"d\"}}", "{a:[1,true,null],b:{c:\"d\"}}"),
        ("{\n\t\"a\": 1\n}\n", "{a:1}"),
        ("a: http://x:80/y\nb: -1\n", "{a:http://x:80/y,b:-1}"),
        ("a: 'it''s'\nb: \"\\u00e9\\ud83d\\ude00\\n\\x41\\/\"\n", "{a:\"it's\",b:\"é😀\\nA/\"}"),
        ("\"a b\": 1\n'c': 2\n", "{a b:1,c:2}"),
        ("a: |\n  one\n   two\n\n  three\nb: 1\n", "{a:\"one\\n two\\n\\nthree\\n\",b:1}"),
        ("a: |-\n  one\n\n\nb: |+\n  two\n\nc: 1\n", "{a:\"one\",b:\"two\\n\\n\",c:1}"),
        ("a: >\n  one\n  two\n\n  three\n   four\n", "{a:\"one two\\nthree\\n four\\n\"}"),
        ("a: |2\n    one\n  two\n", "{a:\"  one\\ntwo\\n\"}"),
        ("- |\n one\n- >-\n two\n three\n", "[\"one\\n\",\"two three\"]"),
        ("a: 1\r\nb:\r\n- c\r\n", "{a:1,b:[c]}"),
    ] {
        assert_eq!(show(&read(text).unwrap()), expected, "{text:?}");
    }
}

#[test]
fn knows_where_everything_stands() {
    let root = read("rules:\n- name: é\n  users: [a, \"bb\"]\n").unwrap();
    let Value::Mapping(entries) = &root.value else { panic!("expected a mapping") };
    let Value::Sequence(rules) = &entries[0].value.value else { panic!("expected a list") };
    let Value::Mapping(rule) = &rules[0].value else { panic!("expected a mapping") };
    let place = |node: &Node| (node.at.line, node.at.column, node.width);
    assert_eq!(place(&rules[0]), (2, 3, 1));
    assert_eq!((rule[1].at.line, rule[1].at.column), (3, 3));
    assert_eq!(place(&rule[0].value), (2, 9, 1));
    let Value::Sequence(users) = &rule[1].value.value else { panic!("expected a list") };
    assert_eq!((place(&users[0]), place(&users[1])), ((3, 11, 1), (3, 14, 4)));
}

#[test]
fn refuses_the_rest_at_its_place() {
    for (text, line, column) in [
        ("%YAML 1.2\n---\na: 1", 1, 1),
        ("a: b: c", 1, 5),
        ("a: - b", 1, 4),
        ("a: 1\n  b: 2", 2, 3),
        ("a:\n    b: 1\n  c: 2", 3, 3),
        ("- a\nb: 1", 2, 1),
        ("a: 1\n- b", 2, 1),
        ("a: 1\nb", 2, 1),
        ("? a\n: b", 1, 1),
        ("[a]: 1", 1, 4),
        ("{[a]: 1}", 1, 2),
        ("{a b}", 1, 5),
        ("[a: 1]", 1, 3),
        ("[a,, b]", 1, 4),
        ("[a", 1, 1),
        ("{a: 1", 1, 1),
        ("[a}", 1, 3),
        ("{]", 1, 2),
        ("a: 'b", 1, 4),
        ("a: \"b\nc\"", 1, 4),
        ("a: \"\\ud83d\"", 1, 6),
        ("a: \"b\" c", 1, 8),
        ("a: [1] 2", 1, 8),
        ("a: @b", 1, 4),
        ("a: 1\na: 2", 2, 1),
        ("a: 1\rb: 2", 1, 5),
        ("a: \u{0}", 1, 4),
        ("null: 1", 1, 1),
    ] {
        let found = read(text).map(|node| show(&node)).map_err(|error| (error.position.line, error.position.column));
        assert_eq!(found, Err((line, column)), "{text:?}");
    }
}

/// Whatever the text, the reader ends, without a panic, and what it refuses stands inside the text.
#[test]
fn survives_damaged_text() {
    let text = "a: [1, {b: \"c\\n\"}]\nd:\n- |\n  e\n- 'f': >-\n   g\n\n   h # i\n...\n";
    let pieces =
        ["", "\n", "  ", "\t", "[", "]", "{", "}", ":", ": ", "- ", "#", "\"", "'", "|", ">", "\\", "---\n", "é", ","];
    for at in 0..text.len() {
        for piece in pieces {
            for skip in 0..3 {
                let rest = text.get(at + skip..).unwrap_or_default();
                let damaged = [text.get(..at).unwrap(), piece, rest].concat();
                if let Err(error) = read(&damaged) {
                    assert!((error.position.line as usize) <= damaged.lines().count() + 1, "{damaged:?}");
                }
            }
        }
    }
}
