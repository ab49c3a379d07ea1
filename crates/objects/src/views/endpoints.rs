//! The subsets of a legacy Endpoints object, packed as upstream packs them (`api/v1/endpoints` `RepackSubsets`).
use crate::{Text, Tree};
use std::collections::BTreeMap;

/// An address's place among the others: its bytes, then the Pod's uid.
type Place = (Vec<u8>, Text);

/// Puts addresses that have the same ports into one subset, sorted; not ready trumps ready.
pub fn repack(subsets: &[Tree]) -> Vec<Tree> {
    let mut addresses: BTreeMap<Place, Tree> = BTreeMap::new();
    let mut by_port: BTreeMap<String, (Tree, BTreeMap<Place, bool>)> = BTreeMap::new();
    for subset in subsets {
        let none = [Tree::Null];
        let ports = if subset.get("ports").is_empty() { &none[..] } else { subset.get("ports").items() };
        for port in ports {
            let (_, behind) = by_port.entry(port.to_json()).or_insert_with(|| (port.clone(), BTreeMap::new()));
            for (key, ready) in [("addresses", true), ("notReadyAddresses", false)] {
                for address in subset.get(key).items() {
                    let place = place(address);
                    addresses.entry(place.clone()).or_insert_with(|| address.clone());
                    *behind.entry(place).or_insert(ready) &= ready;
                }
            }
        }
    }
    let mut by_addresses: BTreeMap<Vec<(Place, bool)>, Vec<Tree>> = BTreeMap::new();
    for (port, behind) in by_port.into_values() {
        by_addresses.entry(behind.into_iter().collect()).or_default().push(port);
    }
    by_addresses.into_iter().map(|(behind, ports)| subset(&addresses, &behind, ports)).collect()
}

fn subset(addresses: &BTreeMap<Place, Tree>, behind: &[(Place, bool)], ports: Vec<Tree>) -> Tree {
    let mut subset = Tree::default();
    for (key, wanted) in [("addresses", true), ("notReadyAddresses", false)] {
        let list = behind.iter().filter(|(_, ready)| *ready == wanted).filter_map(|(place, _)| addresses.get(place).cloned());
        let list: Vec<Tree> = list.collect();
        if !list.is_empty() {
            subset.set(&[key], list);
        }
    }
    let ports: Vec<Tree> = ports.into_iter().filter(|port| !port.is_null()).collect();
    if !ports.is_empty() {
        subset.set(&["ports"], ports);
    }
    subset
}

fn place(address: &Tree) -> Place {
    let ip = address.get("ip").text();
    let bytes = match ip.parse() {
        Ok(std::net::IpAddr::V4(four)) => four.octets().to_vec(),
        Ok(std::net::IpAddr::V6(six)) => six.octets().to_vec(),
        Err(_) => ip.as_bytes().to_vec(),
    };
    (bytes, address.at(&["targetRef", "uid"]).as_text().cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subset_for_each_set_of_ports() {
        let read = |text: &str| Tree::from_json(text).unwrap();
        let subsets = read(
            r#"[{"addresses":[{"ip":"10.0.0.10"}],"ports":[{"port":80}]},{"addresses":[{"ip":"10.0.0.9"}],"ports":[{"port":80}]},
            {"notReadyAddresses":[{"ip":"10.0.0.11"}],"ports":[{"port":80}]},{"addresses":[{"ip":"10.0.0.12"}],"ports":[{"port":8080}]}]"#,
        );
        let packed = Tree::from(repack(subsets.items())).to_json();
        assert_eq!(
            packed,
            r#"[{"addresses":[{"ip":"10.0.0.9"},{"ip":"10.0.0.10"}],"notReadyAddresses":[{"ip":"10.0.0.11"}],"ports":[{"port":80}]},{"addresses":[{"ip":"10.0.0.12"}],"ports":[{"port":8080}]}]"#
        );
    }
}
