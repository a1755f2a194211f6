//! IP addresses as text. The standard library reads the same, in three times the size.
//! Sources: RFC 4291, section 2.2; RFC 6943, section 3.1.1, for the strict form of IPv4 addresses.

/// The sixteen bytes of an address, an IPv4 address as ::ffff:a.b.c.d.
#[inline(never)]
pub(crate) fn parse(text: &[u8]) -> Option<[u8; 16]> {
    if !text.contains(&b':') {
        let mut address = [0; 16];
        let [.., eleventh, twelfth, a, b, c, d] = &mut address;
        (*eleventh, *twelfth) = (0xff, 0xff);
        [*a, *b, *c, *d] = ipv4(text)?;
        return Some(address);
    }
    let mut groups = [0_u16; 8];
    let mut used = 0;
    let mut gap = None;
    let mut rest = text;
    if let Some(behind) = rest.strip_prefix(b"::") {
        (gap, rest) = (Some(0), behind);
    }
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b':').unwrap_or(rest.len());
        let (group, behind) = rest.split_at_checked(end)?;
        if group.contains(&b'.') && behind.is_empty() {
            let [a, b, c, d] = ipv4(group)?;
            *groups.get_mut(used)? = u16::from_be_bytes([a, b]);
            *groups.get_mut(used + 1)? = u16::from_be_bytes([c, d]);
            used += 2;
            break;
        }
        *groups.get_mut(used)? = hex(group)?;
        used += 1;
        rest = match behind {
            [] => break,
            [_, b':', rest @ ..] if gap.is_none() => {
                gap = Some(used);
                rest
            }
            [_] => return None,
            [_, rest @ ..] => rest,
        };
    }
    match gap {
        // A gap stands for one group of zeros at least.
        Some(gap) if used < 8 => groups.get_mut(gap..)?.rotate_right(8 - used),
        None if used == 8 => {}
        _ => return None,
    }
    let mut address = [0; 16];
    for (pair, group) in address.chunks_exact_mut(2).zip(groups) {
        pair.copy_from_slice(&group.to_be_bytes());
    }
    Some(address)
}

fn hex(text: &[u8]) -> Option<u16> {
    let mut value: u16 = 0;
    for byte in text {
        value = (value << 4) | char::from(*byte).to_digit(16)? as u16;
    }
    (1..=4).contains(&text.len()).then_some(value)
}

/// Four decimal numbers; one that begins with a zero could be meant as octal and is refused.
fn ipv4(text: &[u8]) -> Option<[u8; 4]> {
    let mut address = [0; 4];
    let mut parts = text.split(|byte| *byte == b'.');
    for byte in &mut address {
        let part = parts.next()?;
        let mut value: u16 = 0;
        for digit in part {
            value = value.checked_mul(10)?.checked_add(char::from(*digit).to_digit(10)? as u16)?;
        }
        if part.is_empty() || (part.len() > 1 && part.first() == Some(&b'0')) {
            return None;
        }
        *byte = u8::try_from(value).ok()?;
    }
    parts.next().is_none().then_some(address)
}

#[cfg(test)]
mod tests {
    use core::net::IpAddr;

    /// What the standard library makes of it.
    fn standard(text: &str) -> Option<[u8; 16]> {
        Some(match text.parse::<IpAddr>().ok()? {
            IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
            IpAddr::V6(address) => address.octets(),
        })
    }

    #[test]
    fn reads_what_the_standard_library_reads() {
        let parts =
            ["", "0", "1", "9", "255", "256", "01", "ffff", "10000", "g", "::", ":", ".", "1.2.3.4", "2001:db8"];
        let (mut right, mut wrong) = (0, 0);
        let mut check = |text: &str| {
            let meant = standard(text);
            assert_eq!(super::parse(text.as_bytes()), meant, "{text:?}");
            right += u32::from(meant.is_some());
            wrong += u32::from(meant.is_none());
        };
        for a in parts {
            for b in parts {
                for c in parts {
                    check(&[a, b, c].concat());
                    check(&[a, b, c].join(":"));
                    check(&[a, b, c, "4"].join("."));
                    check(&[a, ":", b, "::", c].concat());
                    check(&["1:2:3:4:5", a, b, c].join(":"));
                    check(&["1:2:3:4:5:6:7", a, b].join(":"));
                }
            }
        }
        assert!(right > 200 && wrong > 2_000, "{right} right, {wrong} wrong");
    }
}
