//! Gives Services their cluster addresses and node ports.
use crate::exchange::Exchange;
use objects::{FieldError, Status, Tree, kinds, list};
use std::collections::BTreeSet;

/// 10.96.0.0/12, as kubeadm sets it up.
const FIRST: u32 = u32::from_be_bytes([10, 96, 0, 0]);
const SIZE: u32 = 1 << 20;
/// Addresses handed out by chance come from above this offset first; the ones below are left to be asked for.
const BAND: u32 = 256;
const PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

/// Completes a Service; refuses an address or port that is taken or out of range.
pub(crate) fn allocate(x: &mut Exchange) -> Result<(), Status> {
    if x.kind != kinds::SERVICE || !x.part.is_empty() {
        return Ok(());
    }
    let mut errors = Vec::new();
    address(x, &mut errors);
    if errors.is_empty() {
        ports(x, &mut errors);
    }
    if errors.is_empty() { Ok(()) } else { Err(Status::invalid("Service", &x.name, &errors)) }
}

fn others<'a>(x: &'a Exchange) -> impl Iterator<Item = &'a crate::store::Kept> {
    let own = x.key();
    x.server.store.tail().list(kinds::SERVICE).filter(move |kept| kept.key != own)
}

fn address(x: &mut Exchange, errors: &mut Vec<FieldError>) {
    let external = x.new.at(&["spec", "type"]).text() == "ExternalName";
    if external {
        for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"] {
            x.new.remove(&["spec", key]);
        }
        return;
    }
    let asked = x.new.at(&["spec", "clusterIP"]).as_text().cloned().unwrap_or_default();
    let chosen = match asked.as_str() {
        "None" => asked.clone(),
        "" => {
            let taken: BTreeSet<u32> = others(x).filter_map(|kept| number(kept.spec().get("clusterIP").text())).collect();
            free_address(&mut x.server.rng, &taken).into()
        }
        text => {
            if let Some(why) = refuse_address(x, text) {
                let words = format!("failed to allocate IP {text}: {why}");
                errors.push(FieldError::invalid("spec.clusterIPs", &list![text], &words));
            }
            asked.clone()
        }
    };
    let spec = x.new.edit(&["spec"]).map_mut();
    spec.insert("clusterIP", &chosen);
    spec.insert("clusterIPs", list![&chosen]);
}

fn refuse_address(x: &Exchange, text: &str) -> Option<&'static str> {
    let inside = number(text).is_some_and(|ip| (FIRST + 1..FIRST + SIZE - 1).contains(&ip));
    if !inside {
        return Some("the provided network does not match the current range");
    }
    others(x).any(|kept| kept.spec().get("clusterIP").text() == text).then_some("provided IP is already allocated")
}

fn number(text: &str) -> Option<u32> {
    let mut parts = text.split('.').map(|part| part.parse::<u8>().ok());
    let bytes = [parts.next()??, parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then(|| u32::from_be_bytes(bytes))
}

fn free_address(rng: &mut simcore::Rng, taken: &BTreeSet<u32>) -> String {
    let mut ip = FIRST + BAND + rng.below(SIZE - BAND - 1);
    while taken.contains(&ip) {
        ip = if ip + 2 >= FIRST + SIZE { FIRST + BAND } else { ip + 1 };
    }
    let [a, b, c, d] = ip.to_be_bytes();
    format!("{a}.{b}.{c}.{d}")
}

fn ports(x: &mut Exchange, errors: &mut Vec<FieldError>) {
    let kind = x.new.at(&["spec", "type"]).text();
    let wanted =
        kind == "NodePort" || kind == "LoadBalancer" && !matches!(x.new.at(&["spec", "allocateLoadBalancerNodePorts"]), Tree::Bool(false));
    if !wanted {
        return;
    }
    let mut taken: BTreeSet<i64> =
        others(x).flat_map(|kept| kept.spec().get("ports").items()).filter_map(|port| port.get("nodePort").as_int()).collect();
    let list = x.new.at(&["spec", "ports"]).items().to_vec();
    for (at, port) in list.iter().enumerate() {
        let asked = port.get("nodePort").int_or(0);
        let field = format!("spec.ports[{at}].nodePort");
        if asked != 0 {
            if !PORTS.contains(&asked) {
                let words = "provided port is not in the valid range. The range of valid ports is 30000-32767";
                errors.push(FieldError::invalid(field, &Tree::Int(asked), words));
            } else if !taken.insert(asked) {
                errors.push(FieldError::invalid(field, &Tree::Int(asked), "provided port is already allocated"));
            }
        }
    }
    for (at, port) in list.iter().enumerate() {
        if port.get("nodePort").int_or(0) == 0 {
            let mut chosen = PORTS.start() + i64::from(x.server.rng.below(2_768));
            while !taken.insert(chosen) {
                chosen = if chosen == *PORTS.end() { *PORTS.start() } else { chosen + 1 };
            }
            x.new.edit(&["spec", "ports"]).list_mut()[at].set(&["nodePort"], chosen);
        }
    }
}
