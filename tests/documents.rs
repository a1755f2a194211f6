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

#[test]
fn the_pages_about_formats_are_up_to_date() {
    for (name, page) in auditgate::format::document() {
        let path = std::path::Path::new("docs/formats").join(name);
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all("docs/formats").unwrap();
            std::fs::write(&path, &page).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, page, "{}: run `BLESS=1 cargo test --test documents`", path.display());
    }
}

#[test]
fn the_page_about_validation_names_every_format() {
    let page = std::fs::read_to_string("docs/formats/validation.md").unwrap();
    for name in auditgate::format::Format::names() {
        assert!(page.contains(&format!("`{name}`")), "{name}: add a check, and run `BLESS=1 make validate-formats`");
    }
}
