//! Writes one event: compact JSON in the order in which it is told, with the path of every planted secret.

use crate::canary::{Class, Kind, Marker, Planted};
use crate::random::Random;

enum Frame {
    Object { key: String, empty: bool },
    Array { index: usize },
}

/// What an event may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    /// Planted secrets.
    pub secrets: bool,
    /// Things that the built-in catalogue removes or shortens although no secret stands in them: `managedFields`,
    /// `last-applied-configuration`, certificates.
    pub noise: bool,
}

/// An event that is being written.
pub(crate) struct Pen<'m> {
    pub random: Random,
    pub content: Content,
    out: String,
    frames: Vec<Frame>,
    marker: &'m Marker,
    planted: Vec<Planted>,
}

impl<'m> Pen<'m> {
    pub fn new(random: Random, content: Content, marker: &'m Marker) -> Self {
        Self { random, content, out: String::new(), frames: Vec::new(), marker, planted: Vec::new() }
    }

    pub fn finish(self) -> (String, Vec<Planted>) {
        (self.out, self.planted)
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    fn before_value(&mut self) {
        if let Some(Frame::Array { index }) = self.frames.last_mut() {
            if *index > 0 {
                self.out.push(',');
            }
            *index += 1;
        }
    }

    pub fn object(&mut self, content: impl FnOnce(&mut Self)) {
        self.before_value();
        self.out.push('{');
        self.frames.push(Frame::Object { key: String::new(), empty: true });
        content(self);
        self.frames.pop();
        self.out.push('}');
    }

    pub fn array(&mut self, content: impl FnOnce(&mut Self)) {
        self.before_value();
        self.out.push('[');
        self.frames.push(Frame::Array { index: 0 });
        content(self);
        self.frames.pop();
        self.out.push(']');
    }

    pub fn key(&mut self, name: &str) {
        if let Some(Frame::Object { key, empty }) = self.frames.last_mut() {
            if !*empty {
                self.out.push(',');
            }
            *empty = false;
            name.clone_into(key);
        }
        escape(&mut self.out, name);
        self.out.push(':');
    }

    pub fn string(&mut self, value: &str) {
        self.before_value();
        escape(&mut self.out, value);
    }

    pub fn number(&mut self, value: u64) {
        self.raw(&value.to_string());
    }

    /// A value that is JSON already.
    pub fn raw(&mut self, json: &str) {
        self.before_value();
        self.out.push_str(json);
    }

    pub fn field(&mut self, name: &str, value: &str) {
        self.key(name);
        self.string(value);
    }

    pub fn field_number(&mut self, name: &str, value: u64) {
        self.key(name);
        self.number(value);
    }

    pub fn field_raw(&mut self, name: &str, json: &str) {
        self.key(name);
        self.raw(json);
    }

    pub fn field_object(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.key(name);
        self.object(content);
    }

    pub fn field_array(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.key(name);
        self.array(content);
    }

    pub fn field_strings(&mut self, name: &str, values: &[&str]) {
        self.field_array(name, |pen| values.iter().for_each(|value| pen.string(value)));
    }

    /// A string that holds the JSON that `content` writes; secrets in it get the string's path.
    pub fn json_in_string(&mut self, content: impl FnOnce(&mut Self)) {
        let path = self.path();
        let already = self.planted.len();
        let frames = std::mem::take(&mut self.frames);
        let outer = std::mem::take(&mut self.out);
        content(self);
        let inner = std::mem::replace(&mut self.out, outer);
        self.frames = frames;
        for planted in self.planted.iter_mut().skip(already) {
            planted.path.clone_from(&path);
        }
        self.string(&inner);
    }

    /// Writes with random numbers that depend on `stream` alone: what a request sends and its response repeats.
    pub fn repeatable(&mut self, stream: u64, content: impl FnOnce(&mut Self)) {
        let random = std::mem::replace(&mut self.random, Random::new(stream, 0));
        content(self);
        self.random = random;
    }

    /// A new secret. It counts as planted only after [`plant`](Self::plant).
    pub fn secret(&mut self, kind: Kind) -> String {
        self.marker.secret(&mut self.random, kind)
    }

    /// Notes that the value written next holds `secret`.
    pub fn plant(&mut self, class: Class, secret: &str) {
        let path = self.path();
        self.planted.push(Planted { path, class, secret: secret.to_owned() });
    }

    /// Path of the value written next, as a JSON pointer.
    fn path(&self) -> String {
        let innermost = self.frames.len().saturating_sub(1);
        self.frames.iter().enumerate().fold(String::new(), |path, (depth, frame)| match frame {
            Frame::Object { key, .. } => path + "/" + &key.replace('~', "~0").replace('/', "~1"),
            // An outer array has counted the element that is being written, the innermost one has not.
            Frame::Array { index } => path + "/" + &index.saturating_sub(usize::from(depth < innermost)).to_string(),
        })
    }
}

/// Writes a JSON string as the API server does: Go's encoder also escapes `&`, `<`, `>` and the two line separators.
fn escape(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '&' | '<' | '>' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
