//! Addresses and CIDRs in numbers: parsing, sizes, families, members.
use std::net::IpAddr;

/// An address block: its first address and the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cidr {
    pub first: IpAddr,
    pub prefix: u8,
}

impl Cidr {
    pub fn read(text: &str) -> Option<Cidr> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let prefix: u8 = prefix.parse().ok()?;
        if prefix > bits(&address) {
            return None;
        }
        let keep = u128::MAX.checked_shl(u32::from(bits(&address) - prefix)).unwrap_or(0);
        Some(Cidr { first: from_number(&address, number(&address) & keep), prefix })
    }

    pub fn is_v6(&self) -> bool {
        self.first.is_ipv6()
    }

    /// 32 or 128.
    pub fn bits(&self) -> u8 {
        bits(&self.first)
    }

    /// How many addresses it has; upstream cuts IPv6 ranges off at 2^63 - 1.
    pub fn size(&self) -> u64 {
        1u64.checked_shl(u32::from(self.bits() - self.prefix)).filter(|size| *size < 1 << 63).unwrap_or(i64::MAX as u64)
    }

    /// The address number `n` in it.
    pub fn nth(&self, n: u128) -> IpAddr {
        from_number(&self.first, number(&self.first) + n)
    }

    pub fn contains(&self, address: &IpAddr) -> bool {
        if address.is_ipv6() != self.is_v6() {
            return false;
        }
        let shift = u32::from(self.bits() - self.prefix);
        number(address).checked_shr(shift) == number(&self.first).checked_shr(shift)
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

/// The CIDRs of a list with commas; `None` when one cannot be read.
pub fn cidrs(text: &str) -> Option<Vec<Cidr>> {
    text.split(',').map(Cidr::read).collect()
}

fn bits(address: &IpAddr) -> u8 {
    if address.is_ipv6() { 128 } else { 32 }
}

fn number(address: &IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn from_number(like: &IpAddr, number: u128) -> IpAddr {
    match like {
        IpAddr::V4(_) => IpAddr::V4((number as u32).into()),
        IpAddr::V6(_) => IpAddr::V6(number.into()),
    }
}

/// Splits `host:port` as Go's net.SplitHostPort, with its words.
pub fn split_host_port(text: &str) -> Result<(&str, &str), String> {
    let missing =
        || if text.is_empty() { "missing port in address".to_string() } else { format!("address {text}: missing port in address") };
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or_else(|| format!("address {text}: missing ']' in address"))?;
        return rest.strip_prefix(':').map(|port| (host, port)).ok_or_else(missing);
    }
    let (host, port) = text.rsplit_once(':').ok_or_else(missing)?;
    if host.contains(':') { Err(format!("address {text}: too many colons in address")) } else { Ok((host, port)) }
}

/// `host`, `host:port` or `[v6]:port`, with kubeadm's words. Mirrors `kubeadmutil.ParseHostPort`.
pub fn host_port(text: &str) -> Result<(&str, &str), String> {
    let (host, port) = match split_host_port(text) {
        Ok((host, port)) => {
            let number = port.parse::<u32>().ok().filter(|number| (1..=65_535).contains(number));
            number.ok_or_else(|| format!("hostport {text}: port {port} must be a valid number between 1 and 65535, inclusive"))?;
            (host, port)
        }
        Err(_) => (text, ""),
    };
    if host.parse::<IpAddr>().is_ok() || super::validate::subdomain(host).is_ok() {
        return Ok((host, port));
    }
    Err(format!("hostport {text}: host '{host}' must be a valid IP address or a valid RFC-1123 DNS subdomain"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_their_size_and_members() {
        let block = Cidr::read("10.96.3.0/12").unwrap();
        assert_eq!((block.to_string(), block.size()), ("10.96.0.0/12".to_string(), 1 << 20));
        assert_eq!(block.nth(10).to_string(), "10.96.0.10");
        assert!(block.contains(&"10.111.255.255".parse().unwrap()) && !block.contains(&"10.112.0.0".parse().unwrap()));
        assert_eq!((Cidr::read("10.0.0.0/33"), Cidr::read("10.0.0.0")), (None, None));
        assert_eq!(Cidr::read("fd00::/8").unwrap().size(), i64::MAX as u64);
    }
}
