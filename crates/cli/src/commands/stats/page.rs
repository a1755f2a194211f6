//! The page with charts: one file, no script, nothing loaded from anywhere.

use super::collect::Flow;
use super::{change, share, taken};
use crate::style::{bytes, grouped};
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");

/// What a chart shows, by the name of its grouping.
const TITLES: [(&str, &str); 6] = [
    ("rule", "By the rule that decides"),
    ("verb", "By verb"),
    ("resource", "By resource"),
    ("user", "By user"),
    ("level", "By level"),
    ("size", "By size of the event"),
];

/// A way to measure volume: its name, how a number is shown, and how it is read from a flow.
struct Unit {
    name: &'static str,
    show: fn(u64) -> String,
    read: fn(&Flow) -> (u64, u64),
}

const UNITS: [Unit; 2] = [
    Unit { name: "bytes", show: bytes, read: |flow| (flow.came.bytes, flow.left.bytes) },
    Unit { name: "events", show: grouped, read: |flow| (flow.came.events, flow.left.events) },
];

/// The page.
pub(super) fn page(policy: Option<&str>, all: &Flow, tables: &[(&str, Vec<(String, Flow)>)]) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(&mut out, policy, all, tables);
    out
}

fn write_page(
    out: &mut String,
    policy: Option<&str>,
    all: &Flow,
    tables: &[(&str, Vec<(String, Flow)>)],
) -> std::fmt::Result {
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Audit volume</title>\n\
         <style>\n{STYLE}</style>\n<input type=\"radio\" name=\"unit\" id=\"bytes\" checked>\
         <input type=\"radio\" name=\"unit\" id=\"events\">\n<main>\n<h1>What this audit log is made of</h1>\n"
    )?;
    match policy {
        Some(policy) => writeln!(out, "<p>and what the policy <code>{}</code> takes off it</p>", escape(policy))?,
        None => writeln!(out, "<p>and what auditgate takes off it without a policy: secrets and field ownership</p>")?,
    }
    writeln!(out, "<div class=\"tiles\">")?;
    for unit in UNITS.iter().rev() {
        let (came, left) = (unit.read)(all);
        writeln!(
            out,
            "<section class=\"tile\"><b>{}</b><span>{}: {} came, {} leave</span>{}</section>",
            change(came, left).replace('-', "−"),
            unit.name,
            (unit.show)(came),
            (unit.show)(left),
            bar(came, left, came)
        )?;
    }
    writeln!(
        out,
        "</div>\n<div class=\"tools\"><span><label for=\"bytes\">bytes</label> <label for=\"events\">events</label></span>\
         <span class=\"key\">leaves</span><span class=\"key off\">taken off</span></div>\n<div class=\"charts\">"
    )?;
    for (name, rows) in tables {
        let title = TITLES.iter().find(|(known, _)| known == name).map_or(*name, |(_, title)| title);
        let wide = if matches!(*name, "rule" | "resource" | "user") { " wide" } else { "" };
        writeln!(out, "<section class=\"chart{wide}\"><h2>{title}</h2>")?;
        for unit in &UNITS {
            chart(out, unit, all, rows)?;
        }
        writeln!(out, "</section>")?;
    }
    writeln!(
        out,
        "</div>\n<footer>Bytes are those of the events as JSON, one a line. What leaves has the redactions and the \
         <code>auditgate</code> map in it, so that small events may grow. Made by auditgate {}.</footer>\n</main>\n</html>",
        env!("CARGO_PKG_VERSION")
    )
}

fn chart(out: &mut String, unit: &Unit, all: &Flow, rows: &[(String, Flow)]) -> std::fmt::Result {
    let whole = (unit.read)(all).0;
    // What leaves of an event can be larger than what came.
    let longest = rows.iter().map(|(_, flow)| (unit.read)(flow)).map(|(came, left)| came.max(left)).max().unwrap_or(1);
    writeln!(out, "<table class=\"{}\">", unit.name)?;
    for (name, flow) in rows {
        let (came, left) = (unit.read)(flow);
        let off = taken(came, left);
        let (class, off) = match off {
            off if off >= 0.5 => ("", format!("−{off:.0} %")),
            off if off <= -0.5 => (" none", format!("+{:.0} %", -off)),
            _ => (" none", "–".to_owned()),
        };
        writeln!(
            out,
            "<tr><th title=\"{0}\">{0}</th><td>{1}</td><td class=\"number\">{2}</td><td class=\"number\">{3:.1} %</td>\
             <td class=\"number off{class}\">{off}</td></tr>",
            escape(name),
            bar(came, left, longest),
            (unit.show)(came),
            share(came, whole),
        )?;
    }
    writeln!(out, "</table>")
}

/// A bar as long as what came, filled as far as it leaves.
fn bar(came: u64, left: u64, longest: u64) -> String {
    let long = came.max(left);
    format!(
        "<div class=\"bar\" style=\"width:{:.2}%\"><i style=\"width:{:.2}%\"></i></div>",
        share(long, longest),
        share(left, long)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_events_cannot_become_markup() {
        let rows = vec![("<script>alert(\"1\")</script>".to_owned(), Flow::default())];
        let page = page(Some("a&b"), &Flow::default(), &[("user", rows)]);
        assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)") && !page.contains("<script>"));
        assert!(page.contains("<code>a&amp;b</code>"));
    }

    #[test]
    fn the_page_loads_nothing() {
        let page = page(None, &Flow::default(), &[]);
        assert!(!["src=", "href=", "url(", "@import", "http"].iter().any(|part| page.contains(part)));
    }
}
