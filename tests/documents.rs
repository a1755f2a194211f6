//! Generated documents are what the code says; `BLESS=1` writes them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[test]
fn the_page_about_redaction_is_up_to_date() {
    let page = auditgate::redaction_document();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write("docs/redaction.md", &page).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string("docs/redaction.md").unwrap(),
        page,
        "run `BLESS=1 cargo test --test documents`"
    );
}
