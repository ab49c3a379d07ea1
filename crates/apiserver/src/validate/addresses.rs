//! IP addresses and blocks of them, as strict as Kubernetes 1.37 is (apimachinery `util/validation/ip.go`).
use std::net::IpAddr;

const ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const BLOCK: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// The address that a text stands for, also with zeros before the numbers, as Go once read it.
pub(crate) fn sloppy(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| {
        let bare = |part: &str| {
            let trimmed = part.trim_start_matches('0');
            if trimmed.is_empty() { "0".to_string() } else { trimmed.to_string() }
        };
        let parts: Vec<&str> = text.split('.').collect();
        let digits = parts.len() == 4 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        digits.then(|| parts.into_iter().map(bare).collect::<Vec<_>>().join("."))?.parse().ok()
    })
}

pub(crate) fn is_six(text: &str) -> bool {
    matches!(sloppy(text), Some(IpAddr::V6(_)))
}

fn mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(six) if six.to_ipv4_mapped().is_some())
}

/// Any address, in any spelling of IPv6 (`IsValidIPForLegacyField`).
pub(crate) fn address(text: &str) -> Vec<String> {
    let Some(found) = sloppy(text) else { return vec![ADDRESS.into()] };
    if text.parse::<IpAddr>().is_err() {
        return vec!["must not have leading 0s".into()];
    }
    if mapped(found) { vec!["must not be an IPv4-mapped IPv6 address".into()] } else { Vec::new() }
}

/// Addresses that nobody outside could be reached at (`ValidateEndpointIP`). Says nothing of texts that are no address.
pub(crate) fn ordinary(text: &str) -> Vec<String> {
    let Some(found) = sloppy(text) else { return Vec::new() };
    let (link_local, multicast) = match found {
        IpAddr::V4(four) => (four.is_link_local(), four.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(six) => (six.segments()[0] & 0xffc0 == 0xfe80, six.segments()[0] & 0xff0f == 0xff02),
    };
    let mut wrong = Vec::new();
    if found.is_unspecified() {
        wrong.push(format!("may not be unspecified ({text})"));
    }
    if found.is_loopback() {
        wrong.push("may not be in the loopback range (127.0.0.0/8, ::1/128)".into());
    }
    if link_local {
        wrong.push("may not be in the link-local range (169.254.0.0/16, fe80::/10)".into());
    }
    if multicast {
        wrong.push("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)".into());
    }
    wrong
}

/// A block like `10.9.8.0/24` without bits beyond its prefix (`IsValidCIDRForLegacyField`).
pub(crate) fn block(text: &str) -> Vec<String> {
    let parts = text.split_once('/');
    let bits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten();
    let Some((address, length)) = parts.and_then(|(address, digits)| Some((sloppy(address)?, bits(digits)?))) else {
        return vec![BLOCK.into()];
    };
    let (number, width) = match address {
        IpAddr::V4(four) => (u128::from(u32::from(four)), 32),
        IpAddr::V6(six) => (u128::from(six), 128),
    };
    if length > width {
        return vec![BLOCK.into()];
    }
    let zeros = parts.is_some_and(|(address, digits)| address.parse::<IpAddr>().is_err() || digits.len() > 1 && digits.starts_with('0'));
    let beyond = if length == width { 0 } else { number & (u128::MAX >> (128 - (width - length))) };
    match () {
        _ if zeros => vec!["must not have leading 0s in IP or prefix length".into()],
        _ if mapped(address) => vec!["must not have an IPv4-mapped IPv6 address".into()],
        _ if beyond != 0 => vec!["must not have bits set beyond the prefix length".into()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_spelling_but_for_ipv6() {
        for (text, words) in [
            ("10.9.8.7", ""),
            ("2001:DB8::1", ""),
            ("10.96.300.1", ADDRESS),
            ("1.2.3", ADDRESS),
            ("010.0.0.1", "must not have leading 0s"),
            ("::ffff:1.2.3.4", "must not be an IPv4-mapped IPv6 address"),
        ] {
            assert_eq!(address(text).join("; "), words, "{text}");
        }
        assert_eq!(ordinary("127.0.0.1"), ["may not be in the loopback range (127.0.0.0/8, ::1/128)"]);
        assert_eq!(ordinary("169.254.1.1"), ["may not be in the link-local range (169.254.0.0/16, fe80::/10)"]);
        assert_eq!(ordinary("192.0.2.1"), Vec::<String>::new());
    }

    #[test]
    fn blocks_begin_at_their_first_address() {
        for (text, words) in [
            ("10.0.0.0/8", ""),
            ("0.0.0.0/0", ""),
            ("2001:db8::/64", ""),
            ("10.0.0.0", BLOCK),
            ("10.0.0.0/33", BLOCK),
            ("10.0.0.1/8", "must not have bits set beyond the prefix length"),
            ("010.0.0.0/8", "must not have leading 0s in IP or prefix length"),
            ("10.0.0.0/08", "must not have leading 0s in IP or prefix length"),
        ] {
            assert_eq!(block(text).join("; "), words, "{text}");
        }
    }
}
