//! A Service: its type, addresses, ports, and whom it selects.
use crate::Tree;
use crate::labels::Selector;

/// A whole Service.
#[derive(Clone, Copy)]
pub struct Service<'a>(pub &'a Tree);

/// An item of `spec.ports`.
#[derive(Clone, Copy)]
pub struct ServicePort<'a>(pub &'a Tree);

/// Whether a Service with this spec can be reached from outside the cluster (upstream `ExternallyAccessible`).
pub fn externally_accessible(spec: &Tree) -> bool {
    match spec.get("type").text() {
        "LoadBalancer" | "NodePort" => true,
        "ClusterIP" => !spec.get("externalIPs").is_empty(),
        _ => false,
    }
}

/// Whether load balancers must ask the nodes who has endpoints (upstream `NeedsHealthCheck`).
pub fn needs_health_check(spec: &Tree) -> bool {
    spec.get("type").text() == "LoadBalancer" && spec.get("externalTrafficPolicy").text() == "Local"
}

impl<'a> Service<'a> {
    pub fn spec(self) -> &'a Tree {
        self.0.get("spec")
    }
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`
    pub fn kind(self) -> &'a str {
        match self.spec().get("type").text() {
            "" => "ClusterIP",
            kind => kind,
        }
    }
    /// "" before one is given, `None` for headless.
    pub fn cluster_ip(self) -> &'a str {
        self.spec().get("clusterIP").text()
    }
    pub fn is_headless(self) -> bool {
        self.cluster_ip() == "None"
    }
    /// A Service without a selector selects nothing: its endpoints are written by hand.
    pub fn selector(self) -> Selector {
        Selector::of_labels(self.spec().get("selector"))
    }
    pub fn has_selector(self) -> bool {
        !self.spec().get("selector").is_empty()
    }
    pub fn ports(self) -> impl Iterator<Item = ServicePort<'a>> {
        self.spec().get("ports").items().iter().map(ServicePort)
    }
    pub fn publishes_not_ready(self) -> bool {
        self.spec().get("publishNotReadyAddresses").is_true()
    }
}

impl<'a> ServicePort<'a> {
    pub fn name(self) -> &'a str {
        self.0.get("name").text()
    }
    pub fn port(self) -> i64 {
        self.0.get("port").int_or(0)
    }
    pub fn protocol(self) -> &'a str {
        match self.0.get("protocol").text() {
            "" => "TCP",
            protocol => protocol,
        }
    }
    /// A number or the name of a container's port; the Service's own port where nothing is said.
    pub fn target(self) -> &'a Tree {
        match self.0.get("targetPort") {
            Tree::Null => self.0.get("port"),
            target => target,
        }
    }
    /// 0 where there is none.
    pub fn node_port(self) -> i64 {
        self.0.get("nodePort").int_or(0)
    }
}
