//! What kube-proxy answers over HTTP: its own health, its mode, and health check node ports (pkg/proxy/healthcheck).
use crate::network::proxy::rules::Rules;
use simcore::Time;
use std::net::Ipv4Addr;

/// An HTTP answer. The content type is JSON except for `/proxyMode`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub code: u16,
    pub body: String,
    /// The header `X-Load-Balancing-Endpoint-Weight` of health check node ports.
    pub weight: Option<usize>,
}

/// Where `/healthz` and `/livez` are served.
pub const HEALTHZ_PORT: u16 = 10_256;
/// Where `/proxyMode` is served, on 127.0.0.1 only.
pub const METRICS_PORT: u16 = 10_249;

/// Answers a request to a port of the node; `None`: nothing listens there. `updated` is the end of the last sync.
pub fn answer(rules: &Rules, port: u16, path: &str, updated: Time, now: Time) -> Option<Answer> {
    match port {
        HEALTHZ_PORT => Some(health(path, rules.node.eligible, updated, now)),
        METRICS_PORT => Some(metrics(rules, path)),
        _ => balancer(rules, port),
    }
}

impl Rules {
    /// Whether a load balancer's health check finds this node fit for an address of its: under external traffic policy
    /// Local only a node with a ready endpoint of its own.
    pub fn takes_for(&self, address: Ipv4Addr) -> bool {
        let mut ports = self.ports.iter().filter(|port| port.external_local && port.balancer_ips.contains(&address)).peekable();
        ports.peek().is_none() || ports.any(|port| !port.usable.local_ready.is_empty())
    }
}

fn plain(code: u16, body: String) -> Answer {
    Answer { code, body, weight: None }
}

fn health(path: &str, eligible: bool, updated: Time, now: Time) -> Answer {
    let (updated, now) = (updated.rfc3339_micro(), now.rfc3339_micro());
    let family = format!("{{\"lastUpdated\":\"{updated}\",\"healthy\":true}}");
    let status = format!("\"healthy\":true,\"status\":{{\"IPv4\":{family},\"IPv6\":{family}}}}}");
    let times = format!("{{\"lastUpdated\":\"{updated}\",\"currentTime\":\"{now}\",");
    match path {
        "/livez" => plain(200, format!("{times}{status}")),
        "/healthz" => plain(if eligible { 200 } else { 503 }, format!("{times}\"nodeEligible\":{eligible},{status}")),
        _ => plain(404, "404 page not found\n".to_string()),
    }
}

fn metrics(rules: &Rules, path: &str) -> Answer {
    match path {
        "/proxyMode" => plain(200, rules.mode().word().to_string()),
        "/healthz" => plain(200, "ok".to_string()),
        _ => plain(404, "404 page not found\n".to_string()),
    }
}

/// The answer for a load balancer that asks whether this node has endpoints: of all ports of the Service, each address once.
fn balancer(rules: &Rules, port: u16) -> Option<Answer> {
    let asked = rules.ports.iter().find(|one| port != 0 && one.health_check_node_port == port)?;
    let of_service = rules.ports_of(&asked.namespace, &asked.service).iter();
    let mut addresses: Vec<Ipv4Addr> = of_service.flat_map(|one| one.usable.local_ready.iter().copied()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let count = addresses.len();
    let (namespace, name) = (&asked.namespace, &asked.service);
    let body = format!(
        "{{\n\t\"service\": {{\n\t\t\"namespace\": \"{namespace}\",\n\t\t\"name\": \"{name}\"\n\t}},\n\t\"localEndpoints\": {count},\n\t\"serviceProxyHealthy\": true\n}}"
    );
    Some(Answer { code: if count == 0 { 503 } else { 200 }, body, weight: Some(count) })
}
