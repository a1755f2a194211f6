//! The policies in `docs/policy.md` are policies, and the mistake that it shows is told so.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use auditgate::policy::compile;

const GUIDE: &str = include_str!("../docs/policy.md");

/// The code blocks of one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let open = format!("```{language}\n");
    GUIDE.split(&open).skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
}

#[test]
fn its_policies_check() {
    let policies = blocks("yaml");
    assert_eq!(policies.len(), 7);
    for text in policies {
        match compile("docs/policy.md", text.as_bytes()) {
            Ok(policy) => assert_eq!(policy.warnings().items(), []),
            Err(found) => panic!("{}", found.render()),
        }
    }
}

#[test]
fn its_mistake_is_told_so() {
    let text = "apiVersion: auditgate/v1\nkind: Policy\nrules:\n- level: None\n  verb: [get]\n";
    assert_eq!(blocks("text"), [compile("auditgate.yaml", text.as_bytes()).unwrap_err().render()]);
}
