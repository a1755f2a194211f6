//! A quick look at a text: is there anything in it that a closer look has to judge?
//!
//! Two bytes at a time, one table look-up each. Every token format is known by three neighbouring characters of its fixed part, chosen for being
//! rare; whichever way the pairs fall, one of the two pairs in these three is looked at. The table also tells where eight letters and digits stand in
//! a row, because encoded text has long runs of them.

use super::buffer::View;
use crate::redact::Off;
use crate::redact::decode::{begins_like_text, begins_like_text_in_hex};
use crate::redact::own::Own;
use crate::redact::tokens::{FORMATS, Format, alphabet, class_of};

/// The pair is not two letters or digits.
const BREAKS_RUN: u8 = 1;

/// The pair can be part of `key=value`, `key: value`, `--flag value`, `://user:password@` or `%xx`.
const SYNTAX: u8 = 1 << 1;

/// The pair is the rare one of a token format.
const TOKEN: u8 = 1 << 2;

/// As the second byte of a rare pair: any of the format's alphabet.
const ANY: u8 = 0xff;

/// Where a closer look is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Here stands a pair of syntax, or the rare pair of a token format, or both.
    Pair { at: usize, syntax: bool, token: bool },
    /// A run of letters and digits that is long enough to be an encoding covers this place.
    Run { at: usize },
}

/// All pairs of bytes: no place of the table has to be checked before it is read.
const PAIRS: usize = 1 << 16;

/// The table of pairs.
pub(crate) struct Hints {
    table: Box<[u8; PAIRS]>,
    /// (pair, index into [`FORMATS`], offset of the pair in the format's fixed part), sorted by the pair's first byte.
    rare: Vec<(u16, u8, u8)>,
    /// Where the pairs with a first byte begin in `rare`.
    begins: [u16; 129],
    /// Rules of the policy, whose patterns and names are looked for in decoded texts too.
    pub(crate) own: Own,
    /// What of the catalogue the policy switches off.
    pub(crate) off: Off,
    /// Encodings that may be nested in each other.
    pub(crate) max_decodings: u8,
    /// Most bytes that one encoded run may stand for.
    pub(crate) max_decoded_bytes: usize,
}

impl Hints {
    pub(crate) fn new() -> Self {
        let mut hints = Self {
            table: Box::new([BREAKS_RUN; PAIRS]),
            rare: Vec::new(),
            begins: [0; 129],
            own: Own::default(),
            off: Off::default(),
            max_decodings: 3,
            max_decoded_bytes: 1 << 20,
        };
        if cfg!(auditgate_empty_catalogue) {
            return hints;
        }
        let alnum: Vec<u8> = (0..=127u8).filter(u8::is_ascii_alphanumeric).collect();
        for &first in &alnum {
            for &second in &alnum {
                if let Some(entry) = hints.table.get_mut(usize::from(u16::from_le_bytes([first, second]))) {
                    *entry = 0;
                }
            }
        }
        for (index, format) in FORMATS.iter().enumerate() {
            hints.add_format(index as u8, format);
        }
        hints.rare.sort_unstable_by_key(|entry| (entry.0 & 0xff, entry.1));
        for (first, begins) in hints.begins.iter_mut().enumerate() {
            *begins = hints.rare.partition_point(|entry| usize::from(entry.0 & 0xff) < first) as u16;
        }
        for byte in 0..=u8::MAX {
            for syntax in [b'=', b':', b'%', b'\\', b'<'] {
                hints.mark([byte, syntax], SYNTAX);
                // The close look counts escapes: it has to see the first one of a word.
                if is_syntax(syntax, byte) || matches!(syntax, b'%' | b'\\') || syntax == b':' && begins_number(byte) {
                    hints.mark([syntax, byte], SYNTAX);
                }
            }
            // In the middle of a name a hyphen begins no flag.
            if !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'.') {
                hints.mark([byte, b'-'], SYNTAX);
            }
        }
        hints
    }

    fn add_format(&mut self, index: u8, format: &Format) {
        let prefix = format.prefix.as_bytes();
        // The rarest window of three characters; the third may be any of the body's alphabet.
        let mut best = (u32::MAX, 0);
        for offset in 0..prefix.len() - 1 {
            let rarity = |at: usize| pair_weight(prefix.get(at).copied(), prefix.get(at + 1).copied());
            let weight = rarity(offset) + rarity(offset + 1);
            if weight < best.0 {
                best = (weight, offset);
            }
        }
        let offset = best.1;
        let [Some(&first), Some(&second)] = [prefix.get(offset), prefix.get(offset + 1)] else { return };
        self.add_pair([first, second], index, offset as u8);
        match prefix.get(offset + 2) {
            Some(&third) => self.add_pair([second, third], index, offset as u8 + 1),
            None => {
                self.rare.push((u16::from_le_bytes([second, ANY]), index, offset as u8 + 1));
                for third in 0..=127u8 {
                    if class_of(third) & format.alphabet != 0 {
                        self.mark([second, third], TOKEN);
                    }
                }
            }
        }
    }

    fn add_pair(&mut self, pair: [u8; 2], format: u8, offset: u8) {
        self.rare.push((u16::from_le_bytes(pair), format, offset));
        self.mark(pair, TOKEN);
    }

    fn mark(&mut self, pair: [u8; 2], bit: u8) {
        if let Some(entry) = self.table.get_mut(usize::from(u16::from_le_bytes(pair))) {
            *entry |= bit;
        }
    }

    /// The formats whose rare pair stands at `at`: (index into [`FORMATS`], offset of the pair in the fixed part).
    pub(crate) fn formats_at(&self, text: View<'_>, at: usize) -> impl Iterator<Item = (u8, u8)> {
        let pair = text.pair(at);
        let first = usize::from(pair & 0x7f);
        let from = self.begins.get(first).copied().unwrap_or_default();
        let to = self.begins.get(first + 1).copied().unwrap_or_default();
        let bucket = self.rare.get(usize::from(from)..usize::from(to)).unwrap_or_default();
        let any = u16::from_le_bytes([pair as u8, ANY]);
        bucket
            .iter()
            .filter(move |entry| entry.0 == pair || entry.0 == any)
            .map(|&(_, format, offset)| (format, offset))
    }

    #[inline(always)]
    fn look(&self, text: View<'_>, at: usize) -> u8 {
        self.table.get(usize::from(text.pair(at))).copied().unwrap_or_default()
    }

    #[inline(always)]
    fn look_at_four(&self, text: View<'_>, at: usize) -> u8 {
        self.look(text, at) | self.look(text, at + 2) | self.look(text, at + 4) | self.look(text, at + 6)
    }

    /// Whether `start..end` of `text` needs no closer look; the quick way through for nearly all strings.
    ///
    /// Texts of fewer than eight bytes always need none.
    #[inline(always)]
    pub(crate) fn is_plain(&self, text: View<'_>, start: usize, end: usize) -> bool {
        let mut at = start;
        // Whether the eight bytes before are letters and digits.
        let mut long = false;
        // A run is judged as a whole, so once: a look at it for each of its words would take the square of its length.
        let mut judged = start;
        while at + 8 <= end {
            let seen = self.look_at_four(text, at);
            if seen > BREAKS_RUN && self.is_suspicious(text, start, at, end) {
                return false;
            }
            if seen & BREAKS_RUN != 0 {
                long = false;
            } else {
                if long && at >= judged {
                    match self.end_of_words(text, start, at, end) {
                        Some(behind) => judged = behind,
                        None => return false,
                    }
                }
                long = true;
            }
            at += 8;
        }
        if at == end || end - start < 8 {
            return true;
        }
        let seen = self.look_at_four(text, end - 8);
        seen <= BREAKS_RUN || !self.is_suspicious(text, start, end - 8, end)
    }

    /// Where the run of base64's characters around `at` ends; `None` if a part of it decodes to text, or to something packed, as far as its
    /// beginning tells. Words and digests do not.
    #[inline(never)]
    fn end_of_words(&self, text: View<'_>, from: usize, at: usize, end: usize) -> Option<usize> {
        let mut start = at;
        while start > from && class_of(text.byte(start - 1)) & alphabet::BASE64 != 0 {
            start -= 1;
        }
        // An encoding can begin behind each of the characters that base64 shares with names and paths.
        let mut part = start;
        while part < end && class_of(text.byte(part)) & alphabet::BASE64 != 0 {
            let mut stop = part;
            while stop + 2 <= end && self.look(text, stop) & BREAKS_RUN == 0 {
                stop += 2;
            }
            while stop < end && text.byte(stop).is_ascii_alphanumeric() {
                stop += 1;
            }
            // What is longer than any text that is decoded is not looked at by its beginning alone.
            let is_long = stop - part > self.max_decoded_bytes;
            if is_long || begins_like_text_in_hex(text, part, stop) || begins_like_text(text, part, end) {
                return None;
            }
            part = stop + 1;
        }
        Some(part)
    }

    /// Whether one of the four pairs at `at` is more than a coincidence.
    #[inline(never)]
    fn is_suspicious(&self, text: View<'_>, start: usize, at: usize, end: usize) -> bool {
        let mut pair = at;
        while pair < at + 8 {
            let seen = self.look(text, pair);
            let is_syntax_at = |at: usize| {
                let (byte, next) = (text.byte(at), text.byte(at + 1));
                is_syntax(byte, next) || byte == b':' && begins_number(next) && at > start && text.byte(at - 1) == b'"'
            };
            if seen & SYNTAX != 0 && (pair..pair + 2).any(is_syntax_at)
                || seen & TOKEN != 0 && self.is_prefix(text, start, pair, end)
            {
                return true;
            }
            pair += 2;
        }
        false
    }

    /// Whether the whole fixed part of a format stands around the pair at `at`.
    fn is_prefix(&self, text: View<'_>, start: usize, at: usize, end: usize) -> bool {
        self.formats_at(text, at).any(|(index, offset)| {
            let prefix = FORMATS.get(usize::from(index)).map_or("", |format| format.prefix).as_bytes();
            let first = at.wrapping_sub(usize::from(offset));
            let fits = first >= start
                && first <= at
                && first + prefix.len() <= end
                && prefix.first() == Some(&text.byte(first));
            fits && text.span(first, first + prefix.len()) == prefix
        })
    }

    /// The next place from `at` on, before `end`, that needs a closer look. `run_start` is where the present run began, or where runs count from;
    /// it is kept from call to call.
    pub(crate) fn next(&self, text: View<'_>, mut at: usize, run_start: &mut usize, end: usize) -> Option<Hint> {
        while at < end {
            let seen = self.look(text, at);
            if seen & BREAKS_RUN != 0 {
                *run_start = (*run_start).max(at + 2);
            }
            if seen > BREAKS_RUN {
                return Some(Hint::Pair { at, syntax: seen & SYNTAX != 0, token: seen & TOKEN != 0 });
            }
            if seen == 0 && at + 2 >= *run_start + 16 {
                return Some(Hint::Run { at });
            }
            at += 2;
        }
        None
    }
}

/// Whether a character assigns, begins a flag or encodes, as far as the `next` one tells.
fn is_syntax(byte: u8, next: u8) -> bool {
    match byte {
        b'=' => true,
        b':' => matches!(next, b' ' | b'/' | b'"' | b'\'' | b'\t' | b'\\' | b'\n'),
        b'%' => next.is_ascii_hexdigit(),
        b'\\' => matches!(next, b'u' | b'x'),
        b'<' => next == b'/',
        b'-' => next == b'-',
        _ => false,
    }
}

/// Whether a number or a list may begin with it, behind the name that JSON gives it.
pub(crate) fn begins_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'[')
}

/// How common a pair of characters is in audit events, roughly.
fn pair_weight(first: Option<u8>, second: Option<u8>) -> u32 {
    let weight = |byte: u8| match byte {
        b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' | b'-' | b'.' => 14,
        b'l' | b'd' | b'c' | b'u' | b'm' | b'p' | b'/' => 12,
        b'j' | b'q' | b'x' | b'z' => 2,
        b'a'..=b'z' => 6,
        b'0'..=b'9' => 7,
        b'A'..=b'Z' => 3,
        _ => 1,
    };
    match (first, second) {
        (Some(first), Some(second)) => weight(first) * weight(second),
        // Any of the body's alphabet may follow.
        (Some(first), None) => weight(first) * 16,
        _ => u32::MAX / 4,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::scan::PADDING;

    #[test]
    fn every_format_is_hinted_at_in_every_position() {
        let hints = Hints::new();
        for format in FORMATS {
            let body = (0..=127u8)
                .rev()
                .find(|&byte| class_of(byte) & format.alphabet != 0 && byte.is_ascii_alphanumeric())
                .unwrap();
            for lead in 0..9 {
                for trail in 0..9 {
                    let mut text = vec![b' '; lead];
                    text.extend_from_slice(format.prefix.as_bytes());
                    text.extend(std::iter::repeat_n(body, usize::from(format.body)));
                    text.extend(std::iter::repeat_n(b' ', trail));
                    let end = text.len();
                    text.extend_from_slice(&[0; PADDING]);
                    let view = View::new(&text).unwrap();
                    assert!(!hints.is_plain(view, 0, end), "{} at {lead}", format.prefix);
                    let found = std::iter::successors(hints.next(view, 0, &mut (usize::MAX - 32), end), |hint| {
                        let (Hint::Pair { at, .. } | Hint::Run { at }) = *hint;
                        hints.next(view, at + 2, &mut (usize::MAX - 32), end)
                    })
                    .any(|hint| match hint {
                        Hint::Pair { at, .. } => hints.formats_at(view, at).any(|(index, offset)| {
                            FORMATS.get(usize::from(index)).unwrap().prefix == format.prefix
                                && at == lead + usize::from(offset)
                        }),
                        Hint::Run { .. } => false,
                    });
                    assert!(found, "{} at {lead}", format.prefix);
                }
            }
        }
    }

    #[test]
    fn ordinary_names_need_no_closer_look() {
        let hints = Hints::new();
        for name in [
            "nginx-deployment-7998647bdf-4jjks",
            "application/vnd.kubernetes.protobuf",
            "kube-scheduler",
            "requestReceivedTimestamp",
            "/api/v1/namespaces/default/pods/web-0",
        ] {
            assert!(is_plain(&hints, name), "{name}");
        }
    }

    fn is_plain(hints: &Hints, text: &str) -> bool {
        let mut padded = text.as_bytes().to_vec();
        padded.extend_from_slice(&[0; PADDING]);
        hints.is_plain(View::new(&padded).unwrap(), 0, text.len())
    }

    #[test]
    fn digits_are_looked_at_closely_if_they_stand_for_text() {
        let mut hints = Hints::new();
        let digest = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069";
        let packed = "1f8b0800000000000003cb48cdc9c9d751284f2dd251";
        let text: String = b"user me, and a word".iter().map(|byte| format!("{byte:02x}")).collect();
        for before in ["", "/var/lib/", "registry.example.com/shop/web@sha256:", "one/two-three+four_"] {
            for prefix in ["", "0x"] {
                assert!(is_plain(&hints, &format!("{before}{prefix}{digest}")), "{before}");
                for digits in [&text, packed, &text.to_uppercase()] {
                    let encoded = format!("{before}{prefix}{digits}");
                    assert!(!is_plain(&hints, &encoded), "{encoded}");
                }
            }
        }
        // Of what is too long to be decoded nothing is known.
        hints.max_decoded_bytes = digest.len() - 1;
        assert!(!is_plain(&hints, digest));
    }
}
