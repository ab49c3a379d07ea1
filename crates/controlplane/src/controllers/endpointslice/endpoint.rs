//! One Pod as an endpoint of a Service: address, conditions, ports.
use crate::facts;
use objects::{Object, Tree, list, map};

/// Whether the Pod is an endpoint at all: it has an address and is not finished.
pub fn belongs(pod: &Object) -> bool {
    !facts::is_finished(pod) && !pod.status().get("podIP").is_empty()
}

/// The Pod's entry. While it is being deleted it serves as long as it is ready, but is not offered to newcomers.
pub fn of(pod: &Object, service: &Object) -> Tree {
    let (serving, terminating) = (facts::is_ready(pod), pod.is_deleting());
    let ready = service.spec().get("publishNotReadyAddresses").is_true() || (serving && !terminating);
    let target = map! {"kind": "Pod", "namespace": &pod.key.namespace, "name": &pod.key.name, "uid": pod.uid_text()};
    let mut endpoint = map! {
        "addresses": list![pod.status().get("podIP")], "targetRef": target,
        "conditions": map! {"ready": ready, "serving": serving, "terminating": terminating},
    };
    if !facts::node_name(pod).is_empty() {
        endpoint.set(&["nodeName"], facts::node_name(pod));
    }
    let (hostname, subdomain) = (pod.spec().get("hostname"), pod.spec().get("subdomain"));
    if !hostname.is_empty() && subdomain.text() == service.key.name {
        endpoint.set(&["hostname"], hostname);
    }
    endpoint
}

/// The Service's ports as this Pod has them: names of ports are looked up in its containers.
pub fn ports(pod: &Object, service: &Object) -> Tree {
    let mut ports = Vec::new();
    for port in service.spec().get("ports").items() {
        let protocol = if port.get("protocol").is_null() { "TCP" } else { port.get("protocol").text() };
        let target = port.get("targetPort");
        let number = match target {
            Tree::Int(number) if *number > 0 => Some(*number),
            Tree::Text(name) => name.parse().ok().or_else(|| named(pod, name, protocol)),
            _ => port.get("port").as_int(),
        };
        let Some(number) = number else { continue };
        let mut row = map! {"name": port.get("name").text(), "port": number, "protocol": protocol};
        if !port.get("appProtocol").is_null() {
            row.set(&["appProtocol"], port.get("appProtocol"));
        }
        ports.push(row);
    }
    Tree::from(ports)
}

fn named(pod: &Object, name: &str, protocol: &str) -> Option<i64> {
    let containers = pod.spec().get("containers").items().iter().chain(pod.spec().get("initContainers").items());
    let mut ports = containers.flat_map(|container| container.get("ports").items());
    let fits = |port: &&Tree| {
        port.get("name").text() == name && matches!(port.get("protocol").text(), found if found == protocol || found.is_empty())
    };
    ports.find(fits)?.get("containerPort").as_int()
}
