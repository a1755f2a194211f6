//! IP addresses that lost their host part, as text. Source: RFC 5952 for how IPv6 addresses are written.

use alloc::vec::Vec;

/// Appends the network part of an address: of the sixteen bytes (IPv4 as ::ffff:a.b.c.d) so many bits stay, the others become
/// zero. `dotted` writes an IPv4 address as such.
pub fn push_prefix(address: [u8; 16], ipv4_bits: u8, ipv6_bits: u8, dotted: bool, out: &mut Vec<u8>) {
    let mapped = address.starts_with(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
    let bits = if mapped { 96 + usize::from(ipv4_bits) } else { usize::from(ipv6_bits) };
    let mut kept = [0; 16];
    for (index, (to, from)) in kept.iter_mut().zip(address).enumerate() {
        let stays = bits.saturating_sub(8 * index).min(8) as u32;
        *to = from & !(0xff_u32 >> stays) as u8;
    }
    if mapped {
        if !dotted {
            out.extend_from_slice(b"::ffff:");
        }
        for (index, byte) in kept.iter().skip(12).enumerate() {
            if index > 0 {
                out.push(b'.');
            }
            push_digits(u32::from(*byte), 10, out);
        }
        return;
    }
    let mut groups = [0_u16; 8];
    for (group, pair) in groups.iter_mut().zip(kept.as_chunks::<2>().0) {
        *group = u16::from_be_bytes(*pair);
    }
    push_groups(&groups, out);
}

/// The longest run of two and more groups of zeros is written `::`, the first of equal ones.
fn push_groups(groups: &[u16; 8], out: &mut Vec<u8>) {
    let (mut gap, mut gap_len) = (8, 1);
    for start in 0..8 {
        let len = groups.iter().skip(start).take_while(|group| **group == 0).count();
        if len > gap_len {
            (gap, gap_len) = (start, len);
        }
    }
    for (index, group) in groups.iter().enumerate() {
        if index == gap {
            out.extend_from_slice(b"::");
        }
        if (gap..gap + gap_len).contains(&index) {
            continue;
        }
        if index > 0 && index != gap + gap_len {
            out.push(b':');
        }
        push_digits(u32::from(*group), 16, out);
    }
}

fn push_digits(value: u32, base: u32, out: &mut Vec<u8>) {
    if value >= base {
        push_digits(value / base, base, out);
    }
    let digit = (value % base) as u8;
    out.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use core::net::{IpAddr, Ipv6Addr};

    fn prefix(text: &str, ipv4: u8, ipv6: u8) -> String {
        let address = match text.parse::<IpAddr>().unwrap() {
            IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
            IpAddr::V6(address) => address.octets(),
        };
        let mut out = Vec::new();
        push_prefix(address, ipv4, ipv6, !text.contains(':'), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_host_part_goes() {
        for (text, expected) in [
            ("10.20.30.40", "10.20.30.0"),
            ("255.255.255.255", "255.255.255.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
            ("2001:db8::1", "2001:db8::"),
            ("::1", "::"),
            ("fe80::1:2:3:4", "fe80::"),
            ("::ffff:10.20.30.40", "::ffff:10.20.30.0"),
        ] {
            assert_eq!(prefix(text, 24, 48), expected);
            assert_eq!(prefix(expected, 24, 48), expected, "a second time");
        }
        assert_eq!(prefix("10.20.30.40", 20, 48), "10.20.16.0");
        assert_eq!(prefix("10.20.30.40", 32, 48), "10.20.30.40");
        assert_eq!(prefix("2001:db8:ffff::1", 24, 33), "2001:db8:8000::");
    }

    /// The standard library writes IPv6 addresses as RFC 5952 says.
    #[test]
    fn addresses_are_written_as_the_standard_library_writes_them() {
        let mut seed = 1_u64;
        for _ in 0..2_000 {
            let mut groups = [0_u16; 8];
            for group in &mut groups {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *group = if seed >> 62 == 0 { (seed >> 40) as u16 } else { (seed >> 60) as u16 & 1 };
            }
            let address = Ipv6Addr::from(groups);
            if address.to_ipv4_mapped().is_none() && groups[..6].iter().any(|group| *group != 0) {
                assert_eq!(prefix(&address.to_string(), 24, 128), address.to_string());
            }
        }
    }
}
