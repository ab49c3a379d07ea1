//! The endpoints of a Service on one line.
use super::fields::plain;
use objects::Tree;

/// How many endpoints are named before the rest is only counted.
const NAMED: usize = 3;

/// `10.0.0.1:80,10.0.0.2:80`: the ready endpoints of the port with this name; `<none>` only without any slice.
pub fn endpoints(slices: &[Tree], port_name: &str) -> String {
    if slices.is_empty() {
        return "<none>".to_string();
    }
    let mut all = Vec::new();
    for slice in slices {
        let ready = |end: &&Tree| end.at(&["conditions", "ready"]).as_bool() != Some(false);
        let addresses = || slice.get("endpoints").items().iter().filter(ready).filter_map(|end| end.get("addresses").items().first());
        let ports = slice.get("ports").items();
        if ports.is_empty() {
            all.extend(addresses().map(|address| address.text().to_string()));
        }
        for port in ports.iter().filter(|port| port.get("name").text() == port_name) {
            let number = plain(port.get("port"));
            all.extend(addresses().map(|address| joined_host(address.text(), &number)));
        }
    }
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    if more > 0 { format!("{} + {more} more...", all.join(",")) } else { all.join(",") }
}

/// An IPv6 address stands in brackets before its port.
fn joined_host(address: &str, port: &str) -> String {
    if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
}
