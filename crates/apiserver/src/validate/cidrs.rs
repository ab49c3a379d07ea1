//! Addresses and blocks of addresses as the API takes them (apimachinery `util/validation/ip.go`).
use std::net::IpAddr;

const BLOCK: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
const ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

/// The first address that is written in a block, and its prefix; leading zeros are read over, as Go's older parser does.
pub(crate) fn parse(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    let address = parse_address(address)?;
    let bits: u32 = if bits.bytes().all(|byte| byte.is_ascii_digit()) { bits.parse().ok()? } else { return None };
    (bits <= width(address)).then_some((address, bits))
}

/// An address; `010.0.0.1` is `10.0.0.1`.
pub(crate) fn parse_address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse().ok();
    }
    let mut parts = text.split('.').map(|part| if part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse::<u8>().ok() } else { None });
    let bytes = [parts.next()??, parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then(|| IpAddr::from(bytes))
}

/// Whether the first block holds all of the second, and more.
pub(crate) fn strictly_within(outer: (IpAddr, u32), inner: (IpAddr, u32)) -> bool {
    let same_family = outer.0.is_ipv4() == inner.0.is_ipv4();
    same_family && outer.1 < inner.1 && masked(outer.0, outer.1) == masked(inner.0, outer.1)
}

/// A block in a field that is older than strict checks: any way of writing it that cannot be misread.
pub(crate) fn legacy_block(text: &str) -> Vec<String> {
    let Some((address, bits)) = parse(text) else { return vec![BLOCK.into()] };
    let zeros =
        text.split(['.', '/']).any(|part| part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit()));
    if zeros {
        vec!["must not have leading 0s in IP or prefix length".into()]
    } else if mapped(address) {
        vec!["must not have an IPv4-mapped IPv6 address".into()]
    } else if masked(address, bits) != number(address) {
        vec!["must not have bits set beyond the prefix length".into()]
    } else {
        Vec::new()
    }
}

/// A block in a newer field: only its canonical form.
pub(crate) fn block(text: &str) -> Vec<String> {
    let found = legacy_block(text);
    match parse(text) {
        Some((address, bits)) if found.is_empty() => other_than_canonical(text, format!("{address}/{bits}")),
        _ => found,
    }
}

/// An address in a newer field: only its canonical form.
pub(crate) fn address(text: &str) -> Vec<String> {
    let Some(address) = parse_address(text) else { return vec![ADDRESS.into()] };
    if address.is_ipv4() && text.split('.').any(|part| part.len() > 1 && part.starts_with('0')) {
        vec!["must not have leading 0s".into()]
    } else if mapped(address) {
        vec!["must not be an IPv4-mapped IPv6 address".into()]
    } else {
        other_than_canonical(text, address.to_string())
    }
}

fn other_than_canonical(text: &str, canonical: String) -> Vec<String> {
    if text == canonical { Vec::new() } else { vec![format!("must be in canonical form (\"{canonical}\")")] }
}

fn mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(six) if six.to_ipv4_mapped().is_some())
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => u128::from(u32::from(four)),
        IpAddr::V6(six) => u128::from(six),
    }
}

fn masked(address: IpAddr, bits: u32) -> u128 {
    let host = width(address) - bits;
    if host == 128 { 0 } else { number(address) >> host << host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_refused_in_upstreams_words() {
        let cases = [
            ("10.0.0.0/8", ""),
            ("2001:DB8::/32", ""),
            ("0.0.0.0/0", ""),
            ("10.0.0.0", BLOCK),
            ("10.0.0.0/33", BLOCK),
            ("10.0.0.999/8", BLOCK),
            ("10.0.0.0/-1", BLOCK),
            ("", BLOCK),
            ("010.0.0.0/8", "must not have leading 0s in IP or prefix length"),
            ("10.0.0.0/08", "must not have leading 0s in IP or prefix length"),
            ("10.0.0.1/8", "must not have bits set beyond the prefix length"),
            ("2001:db8::1/64", "must not have bits set beyond the prefix length"),
            ("::ffff:1.1.1.0/120", "must not have an IPv4-mapped IPv6 address"),
        ];
        for (text, words) in cases {
            assert_eq!(legacy_block(text).concat(), words, "{text}");
        }
        assert_eq!(block("2001:DB8::/64"), ["must be in canonical form (\"2001:db8::/64\")"]);
        assert_eq!(address("10.0.0.010"), ["must not have leading 0s"]);
        assert_eq!(address("10.96.0.1"), Vec::<String>::new());
    }

    #[test]
    fn a_block_is_within_a_larger_one_only() {
        let within = |outer, inner| strictly_within(parse(outer).expect("a block"), parse(inner).expect("a block"));
        assert!(within("10.0.0.0/8", "10.1.0.0/16") && within("0.0.0.0/0", "10.0.0.0/8"));
        assert!(!within("10.0.0.0/8", "10.0.0.0/8") && !within("10.0.0.0/8", "192.168.0.0/16") && !within("10.0.0.0/8", "2001:db8::/32"));
    }
}
