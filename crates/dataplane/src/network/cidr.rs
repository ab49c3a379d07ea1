//! A block of addresses, `10.244.0.0/16` or `fd00::/8`.
use std::net::IpAddr;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Cidr {
    /// The first address of the block.
    pub base: IpAddr,
    pub bits: u8,
}

impl Cidr {
    /// `None` where it is not one; bits beyond the prefix are cut off.
    pub fn parse(text: &str) -> Option<Cidr> {
        let (address, bits) = text.split_once('/')?;
        let (address, bits): (IpAddr, u8) = (address.parse().ok()?, bits.parse().ok()?);
        (bits <= width(address)).then(|| Cidr { base: from_number(address, number(address) & mask(address, bits)), bits })
    }

    /// Addresses of the other family are never in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.base.is_ipv4() == address.is_ipv4() && number(address) & mask(address, self.bits) == number(self.base)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn mask(address: IpAddr, bits: u8) -> u128 {
    let host = u32::from(width(address) - bits);
    if host == 128 { 0 } else { u128::MAX << host }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => u128::from(u32::from(four)),
        IpAddr::V6(six) => u128::from(six),
    }
}

fn from_number(like: IpAddr, number: u128) -> IpAddr {
    if like.is_ipv4() { IpAddr::V4((number as u32).into()) } else { IpAddr::V6(number.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_block_holds_its_addresses_and_no_others() {
        let block = Cidr::parse("10.244.1.7/24").expect("a block");
        assert!(block.contains(address("10.244.1.0")) && block.contains(address("10.244.1.255")));
        assert!(!block.contains(address("10.244.2.0")) && !block.contains(address("::1")));
        assert!(Cidr::parse("0.0.0.0/0").expect("all").contains(address("255.1.2.3")));
        assert!(Cidr::parse("::/0").expect("all").contains(address("fd00::1")));
        assert_eq!(Cidr::parse("10.0.0.0/33"), None);
    }
}
