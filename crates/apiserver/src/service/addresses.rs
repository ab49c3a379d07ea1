//! Gives Services their cluster addresses, out of the server's range (upstream `ipallocator`).
use super::{invalid, is_external_name, others};
use crate::exchange::Exchange;
use objects::{FieldError, Status, Tree, list};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// The range that Services get their addresses from: `--service-cluster-ip-range`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceRange {
    first: u32,
    bits: u32,
}

impl Default for ServiceRange {
    /// kubeadm's: 10.96.0.0/12.
    fn default() -> ServiceRange {
        ServiceRange { first: u32::from_be_bytes([10, 96, 0, 0]), bits: 12 }
    }
}

impl ServiceRange {
    /// Reads `10.43.0.0/16`; `None` for what is no range of IPv4 addresses that holds a few.
    pub fn parse(text: &str) -> Option<ServiceRange> {
        let (address, bits) = text.split_once('/')?;
        let bits = bits.parse().ok().filter(|bits| (8..=28).contains(bits))?;
        Some(ServiceRange { first: number(address)? & (u32::MAX << (32 - bits)), bits })
    }

    /// `10.96.0.0/12`
    pub fn written(self) -> String {
        format!("{}/{}", Ipv4Addr::from(self.first), self.bits)
    }

    /// Its address at an offset: the Service `kubernetes` has the first after the network's own.
    pub fn at(self, offset: u32) -> String {
        Ipv4Addr::from(self.first + offset).to_string()
    }

    fn size(self) -> u32 {
        1 << (32 - self.bits)
    }

    /// Addresses handed out by chance come from above this offset first; the ones below are left to be asked for: a
    /// sixteenth of the range, between 16 and 256.
    fn band(self) -> u32 {
        (self.size() / 16).clamp(16, 256).min(self.size() / 2)
    }
}

/// One address for a new Service, or for one that was an `ExternalName` before.
pub(super) fn allocate(x: &mut Exchange, old: Option<&Tree>) -> Result<(), Status> {
    if old.is_some_and(|old| !is_external_name(old)) {
        return Ok(());
    }
    let asked = x.new.at(&["spec", "clusterIPs"]).items().first().map_or("", Tree::text).to_string();
    if asked == "None" {
        return Ok(());
    }
    let chosen = match asked.as_str() {
        "" => {
            let taken: BTreeSet<u32> = others(x).filter_map(|kept| number(kept.spec().get("clusterIP").text())).collect();
            free(x.server.service_range, &mut x.server.rng, &taken)?
        }
        text => {
            if let Some(why) = refused(x, text) {
                let words = format!("failed to allocate IP {text}: {why}");
                return invalid(x, vec![FieldError::invalid("spec.clusterIPs", x.new.at(&["spec", "clusterIPs"]), &words)]);
            }
            asked
        }
    };
    let spec = x.new.edit(&["spec"]).map_mut();
    spec.insert("clusterIPs", list![chosen.as_str()]);
    spec.insert("clusterIP", chosen);
    Ok(())
}

fn number(text: &str) -> Option<u32> {
    text.parse::<Ipv4Addr>().ok().map(u32::from)
}

fn refused(x: &Exchange, text: &str) -> Option<String> {
    let range = x.server.service_range;
    let inside = number(text).filter(|ip| (range.first..range.first + range.size()).contains(ip));
    let Some(ip) = inside else { return Some("the provided network does not match the current range".into()) };
    if ip == range.first || ip == range.first + range.size() - 1 {
        let range = range.written();
        return Some(format!("the provided IP ({text}) is not in the valid range. The range of valid IPs is {range}"));
    }
    others(x).any(|kept| kept.spec().get("clusterIP").text() == text).then(|| "provided IP is already allocated".into())
}

fn free(range: ServiceRange, rng: &mut simcore::Rng, taken: &BTreeSet<u32>) -> Result<String, Status> {
    let (first, size, band) = (range.first, range.size(), range.band());
    let upper = first + band..first + size - 1;
    let start = upper.start + rng.below(size - band - 1);
    let above = (start..upper.end).chain(upper.start..start);
    let ip = above.chain(first + 1..upper.start).find(|ip| !taken.contains(ip));
    let full = || Status::new(500, "InternalError", "Internal error occurred: failed to allocate a serviceIP: range is full");
    ip.map(|ip| Ipv4Addr::from(ip).to_string()).ok_or_else(full)
}
