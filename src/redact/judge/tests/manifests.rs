//! Manifests of Secrets in texts.

use super::judged;

#[test]
fn manifests_of_several_secrets() {
    for (text, expected) in [
        (
            "kind: Secret\nstringData:\n  k: hunter2hunter2\n---\nkind: Service\n",
            "kind: Secret\nstringData:\n  <D02>\n---\nkind: Service\n",
        ),
        (
            "kind: Secret\ndata:\n  k: x\n---\nkind: Service\n--- # two\nstringData:\n  k: y\nkind: Secret\n...\ndata:\n  k: z\n",
            "kind: Secret\ndata:\n  <D02>\n---\nkind: Service\n--- # two\nstringData:\n  <D02>\nkind: Secret\n...\ndata:\n  k: z\n",
        ),
        (
            "kind: Secret\r\ndata:\r\n  k: x\r\n---\r\nkind: Service\r\n",
            "kind: Secret\r\ndata:\r\n  <D02>\r\n---\r\nkind: Service\r\n",
        ),
        (
            "items:\n- data:\n    k: x\n  kind: Secret\n- kind: ConfigMap\n  data:\n    k: y\n- stringData: {k: z}\n  metadata:\n    name: n\n  kind: Secret\n",
            "items:\n- data:\n    <D02>\n  kind: Secret\n- kind: ConfigMap\n  data:\n    k: y\n- stringData: <D02>\n  metadata:\n    name: n\n  kind: Secret\n",
        ),
        (
            "x.yaml: |\n  kind: Secret\n  data:\n    k: x\n  ---\n  kind: ConfigMap\n  data:\n    k: y\n",
            "x.yaml: |\n  kind: Secret\n  data:\n    <D02>\n  ---\n  kind: ConfigMap\n  data:\n    k: y\n",
        ),
        // A document inside of a value.
        (
            "kind: Secret\nstringData:\n  a.yaml: |\n    ---\n    b: x\ntype: Opaque\n",
            "kind: Secret\nstringData:\n  <D02>\ntype: Opaque\n",
        ),
    ] {
        assert_eq!(judged(text), expected);
    }
    let secret = "kind: Secret\ndata:\n  k: x\n---\n";
    assert_eq!(judged(&secret.repeat(4000)), secret.replace("k: x", "<D02>").repeat(4000));
}

#[test]
fn keys_and_kinds_of_manifests_may_have_quotes() {
    for kind in [
        "\"kind\": Secret",
        "kind:\tSecret",
        "kind: \"Secret\"",
        "kind: 'Secret' # x",
        "'kind' : Secret",
        "\"k\\x69nd\": Secret",
        "kind: \"S\\u0065cret\"",
        "kind: \"\\x53ecret\"",
        "kind : Secret",
    ] {
        for name in ["data", "stringData", "\"data\"", "'stringData'", "stringData ", "\"d\\x61ta\""] {
            assert_eq!(
                judged(&format!("{kind}\n{name}:\n  k: x\n---\nkind: Service\n")),
                format!("{kind}\n{name}:\n  <D02>\n---\nkind: Service\n"),
            );
        }
    }
    for text in ["kind: \"Se\\x72vice\"\ndata:\n  k: x\n", "\"kind\": Service\n\"data\":\n  k: x\n"] {
        assert_eq!(judged(text), text);
    }
}

#[test]
fn manifests_in_braces() {
    for (text, expected) in [
        ("{kind: Secret, stringData: {k: hunter2hunter2}}", "{kind: Secret, stringData: <D02>}"),
        (
            "a:\n- {data: {k: x, l: [y]}, kind: Secret , type: Opaque}\n- {kind: Service, data: {k: x}}\n",
            "a:\n- {data: <D02>, kind: Secret , type: Opaque}\n- {kind: Service, data: {k: x}}\n",
        ),
        (
            "saw {'kind': 'Secret', 'metadata': {'data': 1}, 'stringData': {'k': 'x}\\'}'}, 'a': 'b'} twice",
            "saw {'kind': 'Secret', 'metadata': {'data': 1}, 'stringData': <D02>, 'a': 'b'} twice",
        ),
        (
            "s: {\n  kind: Secret,\n  a: b, data: {\n    k: x\n  }\n}\nc: d\n",
            "s: {\n  kind: Secret,\n  a: b, data: <D02>\n}\nc: d\n",
        ),
        ("{kind: Secret, data: {k: x, l: y", "{kind: Secret, data: <D02>"),
        ("{kind: Secret, data: [redacted:D02]}", "{kind: Secret, data: [redacted:D02]}"),
        ("{\"kind\": Secret, data: {k: x}}", "{\"kind\": Secret, data: <D02>}"),
        ("- {ref: {kind: Secret, name: n}, data: {k: x}}", "- {ref: {kind: Secret, name: n}, data: {k: x}}"),
    ] {
        assert_eq!(judged(text), expected);
    }
}

#[test]
fn lines_that_say_nothing_end_no_block() {
    for line in ["# of the app", "", "{{- if .Values.debug }}", "   "] {
        assert_eq!(
            judged(&format!("kind: Secret\ndata:\n  a: x\n{line}\n  b: y\n{line}\ntype: Opaque\n")),
            format!("kind: Secret\ndata:\n  <D02>\n{line}\ntype: Opaque\n"),
        );
    }
    // In a longer text they say something.
    assert_eq!(judged("kind: Secret\ndata:\n  a: |\n    b\n    # x\n---\n"), "kind: Secret\ndata:\n  <D02>\n---\n");
}
