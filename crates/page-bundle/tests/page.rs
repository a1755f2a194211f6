//! The page in a browser, as it stands in dist/: it runs from a file, shows what leaves, and nothing that must not.
//!
//! Chromium is found on the PATH or through `CHROMIUM`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says when it could not run"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn chromium() -> Option<PathBuf> {
    let named = env::var_os("CHROMIUM").map(PathBuf::from);
    let paths = env::var_os("PATH").unwrap_or_default();
    let mut found = env::split_paths(&paths).flat_map(|path| [path.join("chromium"), path.join("chromium-browser")]);
    named.or_else(|| found.find(|path| path.is_file()))
}

#[test]
fn the_page_shows_what_leaves() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist/auditgate.html").canonicalize();
    let page = page.map_err(|error| format!("dist/auditgate.html: {error}; `make page` builds it")).unwrap();
    let Some(chromium) = chromium() else {
        eprintln!("SKIPPED: the page was not opened, because neither CHROMIUM nor the PATH names a Chromium");
        return;
    };
    let profile = env::temp_dir().join(format!("auditgate-page-{}", std::process::id()));
    let opened = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--dump-dom"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", page.display()))
        .output();
    // The profile goes whatever the browser said.
    let _ = fs::remove_dir_all(&profile);
    let seen = String::from_utf8(opened.unwrap().stdout).unwrap();
    let answers = seen.split_once("<ol id=\"answers\">").and_then(|(_, rest)| rest.split_once("</ol>")).unwrap().0;
    for part in [
        "<mark>[redacted:",
        "<mark>%5Bredacted:",
        "dropped",
        "rule kubernetes-noise-leases",
        "auditd",
        "rule exec",
        ">archive<",
    ] {
        assert!(answers.contains(part), "no `{part}` in {answers}");
    }
    // The example's secret, as it is and in base64.
    for secret in ["hunter2", "aHVudGVyMg"] {
        assert!(!answers.contains(secret), "`{secret}` in {answers}");
    }
    assert!(seen.contains("<option value=\"ocsf\">"), "no formats");
}
