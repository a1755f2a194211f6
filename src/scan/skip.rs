//! Containers that are left out: nothing of them is read but where they end.
//!
//! Only strings and brackets count for that, so what is between them need not be JSON. It leaves with the member.

use super::buffer::View;
use super::walk::{Stop, Walk};

impl Walk<'_, '_> {
    /// Leaves out the member or item at `member`, whose value is the container at `bracket`; the position behind it.
    #[cold]
    #[inline(never)]
    pub(super) fn leave_out_container(&mut self, member: usize, bracket: usize) -> Result<usize, Stop> {
        let after = skip_container(self.text.view(), bracket, self.escaped_form).ok_or(Stop::Malformed)?;
        self.remove(member, after);
        Ok(after)
    }
}

/// The position behind the container at `bracket`, `escaped` or plain; `None` if it has no end.
pub(super) fn skip_container(text: View<'_>, bracket: usize, escaped: bool) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = bracket;
    loop {
        // Both kinds of brackets differ in the same bit.
        match text.byte(at) | 0x20 {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' if !escaped => at = end_of_string(text, at + 1)?,
            b'|' if escaped && text.byte(at) == b'\\' => match text.byte(at + 1) {
                b'"' => at = end_of_escaped_string(text, at + 2)?,
                b'n' | b'r' | b't' => at += 1,
                _ => return None,
            },
            b' ' if text.byte(at) == 0 => return None,
            b'"' => return None,
            _ => {}
        }
        at += 1;
    }
}

/// The closing quote of the string that begins at `start`.
fn end_of_string(text: View<'_>, start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at = text.find_special(at);
        at += match text.byte(at) {
            b'"' => return Some(at),
            b'\\' => 2,
            0x80.. => 1,
            _ => return None,
        };
    }
}

/// The second byte of the closing quote of the string in the escaped form that begins at `start`.
fn end_of_escaped_string(text: View<'_>, start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at = text.find_special(at);
        at += match (text.byte(at), text.byte(at + 1)) {
            (b'\\', b'"') => return Some(at + 1),
            // A quote or backslash that the event escapes itself.
            (b'\\', b'\\') if text.byte(at + 2) == b'\\' => 4,
            (b'\\', _) => 2,
            (0x80.., _) => 1,
            _ => return None,
        };
    }
}
