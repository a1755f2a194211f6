//! What the pass wants changed: spans of the record and what stands there instead. Everything between leaves as it came.

use super::buffer::Padded;

/// One change: `start..end` of the text is replaced by `from..to` of the arena.
#[derive(Clone, Copy, Debug)]
struct Edit {
    start: usize,
    end: usize,
    from: usize,
    to: usize,
    /// A member or an item goes, and one of the commas around it with it.
    leaves_out: bool,
    /// A key that its object has had before gets a number.
    numbers: bool,
}

/// A change that counts: none inside another one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What is written instead.
    pub(super) with: &'a [u8],
    /// A member or an item goes.
    pub(super) leaves_out: bool,
}

/// Changes that are looked at to find those of a short member.
const LAST_CHANGES: usize = 64;

/// The changes of one text, and the bytes that go in.
#[derive(Default)]
pub(crate) struct Edits {
    /// In the order of where they begin; of those that begin at one place the last one was made last.
    list: Vec<Edit>,
    arena: Vec<u8>,
    /// Not every change lies behind the one before it.
    unordered: bool,
}

impl Edits {
    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.arena.clear();
        self.unordered = false;
    }

    /// Replaces `start..end` by `with`. A change of a span that encloses earlier ones takes their place.
    pub(crate) fn replace(&mut self, start: usize, end: usize, with: &[u8]) {
        self.replace_with(start, end, |arena| arena.extend_from_slice(with));
    }

    /// Replaces `start..end` by what `write` appends.
    pub(crate) fn replace_with(&mut self, start: usize, end: usize, write: impl FnOnce(&mut Vec<u8>)) {
        let from = self.arena.len();
        write(&mut self.arena);
        self.push(Edit { start, end, from, to: self.arena.len(), leaves_out: false, numbers: false });
    }

    /// Puts a number behind the key that ends at `at`.
    pub(super) fn number_key(&mut self, at: usize, number: usize) {
        let from = self.arena.len();
        self.arena.push(b'#');
        crate::number::push(&mut self.arena, number as u64);
        self.push(Edit { start: at, end: at, from, to: self.arena.len(), leaves_out: false, numbers: true });
    }

    /// Leaves out the member or item `start..end`.
    pub(crate) fn leave_out(&mut self, start: usize, end: usize) {
        self.push(Edit { start, end, from: 0, to: 0, leaves_out: true, numbers: false });
    }

    fn push(&mut self, edit: Edit) {
        let Some(last) = self.list.last().filter(|last| last.end > edit.start) else { return self.list.push(edit) };
        self.unordered = true;
        if last.start <= edit.start {
            self.list.push(edit);
        } else {
            let at = self.list.partition_point(|other| other.start <= edit.start);
            self.list.insert(at, edit);
        }
    }

    /// Whether anything changes.
    pub(crate) fn any(&self) -> bool {
        !self.list.is_empty()
    }

    /// Whether one of the changes made last is between `start` and `end`. Those of a short member that has just been read are among them; the
    /// others are not looked at, because there may be as many as a large record has members.
    pub(crate) fn touch(&self, start: usize, end: usize) -> bool {
        let inside = |edit: &Edit| {
            edit.start < end && edit.end > start || edit.start == edit.end && (start..=end).contains(&edit.start)
        };
        self.list.iter().rev().take(LAST_CHANGES).any(inside)
    }

    /// Whether `start..end` stands inside one change.
    pub(crate) fn enclose(&self, start: usize, end: usize) -> bool {
        self.list.iter().any(|edit| edit.start <= start && edit.end >= end)
    }

    /// What stands in the place of exactly `start..end`, if it has been replaced.
    pub(crate) fn replaced(&self, start: usize, end: usize) -> Option<&[u8]> {
        let edit = self.list.iter().rev().find(|edit| edit.start == start && edit.end == end)?;
        self.arena.get(edit.from..edit.to)
    }

    /// All changes that count, in order.
    pub(super) fn in_force(&mut self) -> Vec<Change<'_>> {
        self.put_in_order();
        let mut changes = Vec::new();
        let mut at = 0;
        for &Edit { start, end, from, to, leaves_out, .. } in self.list.iter() {
            if start >= at {
                changes.push(Change { start, end, with: self.arena.get(from..to).unwrap_or_default(), leaves_out });
                at = end;
            }
        }
        changes
    }

    /// No text of `length` bytes is longer than this with all changes made.
    pub(crate) fn longest(&self, length: usize) -> usize {
        length + self.arena.len()
    }

    /// Appends `start..end` of `text` to `out`, with all changes made.
    pub(crate) fn render(&mut self, text: &Padded<'_>, start: usize, end: usize, out: &mut Vec<u8>) {
        self.put_in_order();
        render(&self.list, &self.arena, text, start, end, out);
    }

    fn put_in_order(&mut self) {
        if self.unordered {
            put_in_order(&mut self.list);
            self.unordered = false;
        }
    }

    /// Appends `start..end` of `text` to `out` with all changes made, and forgets those. For what is `read_again` keys get no numbers: what they are
    /// called decides about their values.
    pub(crate) fn take_out(
        &mut self,
        text: &Padded<'_>,
        (start, end): (usize, usize),
        read_again: bool,
        out: &mut Vec<u8>,
    ) {
        let first = self.list.partition_point(|edit| edit.start < start);
        let behind = self.list.partition_point(|edit| edit.start < end);
        let mut inside: Vec<Edit> = self.list.drain(first..behind.max(first)).collect();
        inside.retain(|edit| !(read_again && edit.numbers));
        put_in_order(&mut inside);
        render(&inside, &self.arena, text, start, end, out);
    }
}

/// An enclosing change comes first, so that those inside are skipped; of two for the same span the later one counts.
fn put_in_order(list: &mut [Edit]) {
    list.reverse();
    list.sort_by_key(|edit| (edit.start, usize::MAX - edit.end));
}

fn render(list: &[Edit], arena: &[u8], text: &Padded<'_>, start: usize, end: usize, out: &mut Vec<u8>) {
    let mut at = start;
    let begin = out.len();
    for edit in list {
        if edit.start < at {
            continue;
        }
        if edit.start >= end {
            break;
        }
        out.extend_from_slice(text.span(at, edit.start));
        out.extend_from_slice(arena.get(edit.from..edit.to).unwrap_or_default());
        at = edit.end;
        if edit.leaves_out {
            at = close_gap(text, at, begin, out);
        }
    }
    out.extend_from_slice(text.span(at, end));
}

/// Takes the comma in front of what was left out, or, where nothing in front of it stays, the one behind it. Where the text goes on.
fn close_gap(text: &Padded<'_>, at: usize, begin: usize, out: &mut Vec<u8>) -> usize {
    let written = out.get(begin..).unwrap_or_default();
    let kept = written.iter().rposition(|byte| !byte.is_ascii_whitespace());
    if let Some(last) = kept.filter(|last| written.get(*last) == Some(&b',')) {
        out.truncate(begin + last);
        return at;
    }
    let mut comma = at;
    while comma < text.len() && text.byte(comma).is_ascii_whitespace() {
        comma += 1;
    }
    if text.byte(comma) == b',' { comma + 1 } else { at }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::scan::PADDING;

    #[test]
    fn enclosing_and_later_changes_win() {
        let mut bytes = b"0123456789".to_vec();
        bytes.resize(10 + PADDING, 0);
        let text = Padded::new(&mut bytes).unwrap();
        let mut edits = Edits::default();
        edits.replace(1, 2, b"a");
        edits.replace(4, 5, b"b");
        edits.replace(6, 7, b"c");
        edits.replace(3, 6, b"[]");
        edits.replace(6, 7, b"d");
        let mut out = Vec::new();
        edits.render(&text, 0, 10, &mut out);
        assert_eq!(out, b"0a2[]d789");
    }

    #[test]
    fn a_part_can_be_taken_out() {
        let mut bytes = b"0123456789".to_vec();
        bytes.resize(10 + PADDING, 0);
        let text = Padded::new(&mut bytes).unwrap();
        let mut edits = Edits::default();
        edits.replace(1, 2, b"a");
        edits.replace(4, 5, b"b");
        let mut out = Vec::new();
        edits.take_out(&text, (3, 7), true, &mut out);
        assert_eq!(out, b"3b56");
        out.clear();
        edits.render(&text, 0, 10, &mut out);
        assert_eq!(out, b"0a23456789");
    }
}
