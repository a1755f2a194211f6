//! Where events come from: files of JSON lines, or standard input; and how a line becomes a record, as Fluent Bit's tail
//! input would make it.

use crate::exit::Failure;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The rest of a longer line is not read: what remains leaves as a placeholder, because it is no JSON any more.
const MAX_LINE_BYTES: u64 = 64 << 20;
const BUFFER_BYTES: usize = 256 * 1024;

/// One source of lines.
pub(crate) struct Input {
    name: PathBuf,
    reader: BufReader<Box<dyn Read>>,
    /// Its size, where that is known.
    pub(crate) bytes: Option<u64>,
}

impl Input {
    /// Opens a file; `-` is standard input.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::new("standard input".into(), Box::new(io::stdin()), None));
        }
        let file = File::open(path).map_err(|error| Failure::file("cannot open", path, &error))?;
        let about = file.metadata().map_err(|error| Failure::file("cannot open", path, &error))?;
        let bytes = about.is_file().then_some(about.len());
        Ok(Self::new(path.into(), Box::new(file), bytes))
    }

    fn new(name: PathBuf, reader: Box<dyn Read>, bytes: Option<u64>) -> Self {
        Self { name, reader: BufReader::with_capacity(BUFFER_BYTES, reader), bytes }
    }

    /// Whether the next line would have to be waited for.
    pub(crate) fn is_drained(&self) -> bool {
        self.reader.buffer().is_empty()
    }

    /// Reads a line without its line break; `false` at the end. Empty lines are lines.
    pub(crate) fn read_line(&mut self, line: &mut Vec<u8>) -> Result<bool, Failure> {
        let failed = |error: io::Error| Failure::file("cannot read", &self.name, &error);
        line.clear();
        let read = self.reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', line).map_err(failed)?;
        if line.pop_if(|last| *last == b'\n').is_some() {
            line.pop_if(|last| *last == b'\r');
        } else if read as u64 == MAX_LINE_BYTES {
            self.reader.skip_until(b'\n').map_err(failed)?;
        }
        Ok(read > 0)
    }
}

/// Whether a line can be taken for a JSON object.
pub(crate) fn is_object(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.starts_with(b"{") && line.ends_with(b"}")
}

/// The record that an input without a parser makes of a line: `{"log":"..."}`. Bytes that are not UTF-8 stay as they are.
pub(crate) fn wrap(line: &[u8], record: &mut Vec<u8>) {
    record.clear();
    record.extend_from_slice(b"{\"log\":\"");
    for &byte in line {
        match byte {
            b'"' | b'\\' => record.extend([b'\\', byte]),
            b'\n' => record.extend_from_slice(b"\\n"),
            b'\r' => record.extend_from_slice(b"\\r"),
            b'\t' => record.extend_from_slice(b"\\t"),
            0..0x20 => record.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => record.push(byte),
        }
    }
    record.extend_from_slice(b"\"}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &'static [u8]) -> Vec<Vec<u8>> {
        let mut input = Input::new("test".into(), Box::new(text), None);
        let (mut line, mut lines) = (Vec::new(), Vec::new());
        while matches!(input.read_line(&mut line), Ok(true)) {
            lines.push(line.clone());
        }
        lines
    }

    #[test]
    fn line_breaks_of_both_kinds_end_a_line_and_the_last_needs_none() {
        assert_eq!(lines(b"a\r\n\nb\rc\nd"), [b"a".as_slice(), b"", b"b\rc", b"d"]);
        assert!(lines(b"").is_empty());
    }

    #[test]
    fn a_wrapped_line_is_json() {
        let mut record = Vec::new();
        wrap(b"say \"hi\"\\\t\x01\xff", &mut record);
        assert_eq!(record, b"{\"log\":\"say \\\"hi\\\"\\\\\\t\\u0001\xff\"}");
    }

    #[test]
    fn only_objects_are_taken_as_they_are() {
        assert!([b"{}".as_slice(), b" {\"a\":1}\t"].into_iter().all(is_object));
        assert!(![b"".as_slice(), b"[]", b"{\"a\":", b"text {}", b"\"{}\""].into_iter().any(is_object));
    }
}
