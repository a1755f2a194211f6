//! Lines of auditd, written and read independently of the engine: `type=EXECVE msg=audit(..): a0="ls" a1=2F20`.

/// A line with these fields. Values with a space or a quote are written in hexadecimal digits, as the kernel does.
pub fn line(fields: &[(String, String)]) -> String {
    let kind = fields.iter().find(|(name, _)| name == "type").map_or("SYSCALL", |(_, value)| value);
    let mut line = format!("type={} msg=audit(1700000000.123:42):", kind.to_uppercase());
    let mut enriched = String::new();
    for (name, value) in fields.iter().filter(|(name, _)| name != "type") {
        if name.bytes().all(|byte| byte.is_ascii_uppercase()) {
            enriched.push_str(&format!(" {name}=\"{value}\""));
        } else if value.bytes().all(|byte| byte.is_ascii_digit()) && !is_text(name) {
            line.push_str(&format!(" {name}={value}"));
        } else if value.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'"') {
            let digits: String = value.bytes().map(|byte| format!("{byte:02X}")).collect();
            line.push_str(&format!(" {name}={digits}"));
        } else {
            line.push_str(&format!(" {name}=\"{value}\""));
        }
    }
    if !enriched.is_empty() {
        line.push('\u{1d}');
        line.push_str(enriched.trim_start());
    }
    line
}

/// The fields of a line.
pub fn fields(line: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut rest = line;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([' ', '\u{1d}', ':']);
        let name = name.rsplit([' ', '\u{1d}']).next().unwrap_or(name);
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                (value.to_owned(), after)
            }
            None => {
                let end = after.find([' ', '\u{1d}']).unwrap_or(after.len());
                let (value, after) = after.split_at(end);
                (unhex(name, value).unwrap_or_else(|| value.to_owned()), after)
            }
        };
        fields.push((name.to_owned(), value));
        rest = after;
    }
    fields
}

/// Whether the kernel writes the field as text.
fn is_text(name: &str) -> bool {
    matches!(name, "exe" | "comm" | "name" | "cwd" | "key" | "data" | "proctitle" | "cmd")
        || name.strip_prefix('a').is_some_and(|number| number.parse::<u32>().is_ok())
}

fn unhex(name: &str, value: &str) -> Option<String> {
    let is_hex = value.len() >= 2 && value.len().is_multiple_of(2) && value.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_text(name) || !is_hex {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        (0..value.len()).step_by(2).map(|at| u8::from_str_radix(value.get(at..at + 2)?, 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}
