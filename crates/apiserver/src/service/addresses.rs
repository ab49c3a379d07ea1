//! Gives Services their cluster addresses, out of 10.96.0.0/12 as kubeadm sets it up (upstream `ipallocator`).
use super::{invalid, is_external_name, others};
use crate::exchange::Exchange;
use objects::{FieldError, Status, Tree, list};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

const RANGE: &str = "10.96.0.0/12";
const FIRST: u32 = u32::from_be_bytes([10, 96, 0, 0]);
const SIZE: u32 = 1 << 20;
/// Addresses handed out by chance come from above this offset first; the ones below are left to be asked for.
const BAND: u32 = 256;

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
            free(&mut x.server.rng, &taken)?
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
    let inside = number(text).filter(|ip| (FIRST..FIRST + SIZE).contains(ip));
    let Some(ip) = inside else { return Some("the provided network does not match the current range".into()) };
    if ip == FIRST || ip == FIRST + SIZE - 1 {
        return Some(format!("the provided IP ({text}) is not in the valid range. The range of valid IPs is {RANGE}"));
    }
    others(x).any(|kept| kept.spec().get("clusterIP").text() == text).then(|| "provided IP is already allocated".into())
}

fn free(rng: &mut simcore::Rng, taken: &BTreeSet<u32>) -> Result<String, Status> {
    let upper = FIRST + BAND..FIRST + SIZE - 1;
    let start = upper.start + rng.below(SIZE - BAND - 1);
    let above = (start..upper.end).chain(upper.start..start);
    let ip = above.chain(FIRST + 1..upper.start).find(|ip| !taken.contains(ip));
    let full = || Status::new(500, "InternalError", "Internal error occurred: failed to allocate a serviceIP: range is full");
    ip.map(|ip| Ipv4Addr::from(ip).to_string()).ok_or_else(full)
}
