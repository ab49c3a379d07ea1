//! A container of a Pod, as written in its spec.
use super::Resources;
use crate::Tree;

/// An item of `spec.containers` or `spec.initContainers`.
#[derive(Clone, Copy)]
pub struct Container<'a>(pub &'a Tree);

impl<'a> Container<'a> {
    pub fn name(self) -> &'a str {
        self.0.get("name").text()
    }
    pub fn image(self) -> &'a str {
        self.0.get("image").text()
    }
    /// `Always`, `IfNotPresent`, `Never`
    pub fn pull_policy(self) -> &'a str {
        self.0.get("imagePullPolicy").text()
    }
    /// The texts of `command`; empty: the image's entrypoint.
    pub fn command(self) -> impl Iterator<Item = &'a str> {
        self.0.get("command").items().iter().map(Tree::text)
    }
    pub fn args(self) -> impl Iterator<Item = &'a str> {
        self.0.get("args").items().iter().map(Tree::text)
    }
    pub fn env(self) -> &'a [Tree] {
        self.0.get("env").items()
    }
    pub fn ports(self) -> &'a [Tree] {
        self.0.get("ports").items()
    }
    pub fn volume_mounts(self) -> &'a [Tree] {
        self.0.get("volumeMounts").items()
    }
    pub fn requests(self) -> Resources {
        Resources::of(self.0.at(&["resources", "requests"]))
    }
    pub fn limits(self) -> Resources {
        Resources::of(self.0.at(&["resources", "limits"]))
    }
    /// An init container with `restartPolicy: Always`: it keeps running beside the others.
    pub fn is_sidecar(self) -> bool {
        self.0.get("restartPolicy").text() == "Always"
    }
    pub fn liveness(self) -> Option<Probe<'a>> {
        self.probe("livenessProbe")
    }
    pub fn readiness(self) -> Option<Probe<'a>> {
        self.probe("readinessProbe")
    }
    pub fn startup(self) -> Option<Probe<'a>> {
        self.probe("startupProbe")
    }
    /// The number of a port, given by name or number.
    pub fn port(self, wanted: &Tree) -> Option<i64> {
        if let Some(number) = wanted.as_int() {
            return Some(number);
        }
        self.ports().iter().find(|port| port.get("name").text() == wanted.text()).and_then(|port| port.get("containerPort").as_int())
    }
    fn probe(self, field: &str) -> Option<Probe<'a>> {
        Some(Probe(self.0.get(field))).filter(|probe| !probe.0.is_null())
    }
}

/// A liveness, readiness or startup probe, with the API's defaults.
#[derive(Clone, Copy)]
pub struct Probe<'a>(pub &'a Tree);

impl<'a> Probe<'a> {
    /// Seconds after the start of the container.
    pub fn initial_delay(self) -> i64 {
        self.0.get("initialDelaySeconds").int_or(0)
    }
    /// Seconds.
    pub fn period(self) -> i64 {
        self.0.get("periodSeconds").int_or(10).max(1)
    }
    /// Seconds.
    pub fn timeout(self) -> i64 {
        self.0.get("timeoutSeconds").int_or(1).max(1)
    }
    pub fn success_threshold(self) -> i64 {
        self.0.get("successThreshold").int_or(1).max(1)
    }
    pub fn failure_threshold(self) -> i64 {
        self.0.get("failureThreshold").int_or(3).max(1)
    }
    /// Null unless it asks over HTTP.
    pub fn http_get(self) -> &'a Tree {
        self.0.get("httpGet")
    }
    pub fn tcp_socket(self) -> &'a Tree {
        self.0.get("tcpSocket")
    }
    pub fn exec(self) -> &'a Tree {
        self.0.get("exec")
    }
}
