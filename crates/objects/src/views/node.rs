//! A Node: readiness, room, taints, addresses.
use super::{Condition, Resources, Toleration};
use crate::Tree;

/// A whole Node.
#[derive(Clone, Copy)]
pub struct Node<'a>(pub &'a Tree);

/// An item of `spec.taints`.
#[derive(Clone, Copy)]
pub struct Taint<'a>(pub &'a Tree);

impl<'a> Node<'a> {
    pub fn name(self) -> &'a str {
        self.0.at(&["metadata", "name"]).text()
    }
    pub fn condition(self, kind: &str) -> Condition<'a> {
        Condition::of(self.0, kind)
    }
    /// `True`, `False`, `Unknown`, or "" before the first status.
    pub fn ready(self) -> &'a str {
        self.condition("Ready").status()
    }
    pub fn is_ready(self) -> bool {
        self.condition("Ready").is_true()
    }
    pub fn is_unschedulable(self) -> bool {
        self.0.at(&["spec", "unschedulable"]).is_true()
    }
    pub fn taints(self) -> impl Iterator<Item = Taint<'a>> + Clone {
        self.0.at(&["spec", "taints"]).items().iter().map(Taint)
    }
    pub fn has_taint(self, key: &str, effect: &str) -> bool {
        self.taints().any(|taint| taint.key() == key && taint.effect() == effect)
    }
    pub fn labels(self) -> &'a Tree {
        self.0.at(&["metadata", "labels"])
    }
    pub fn allocatable(self) -> Resources {
        Resources::of(self.0.at(&["status", "allocatable"]))
    }
    pub fn capacity(self) -> Resources {
        Resources::of(self.0.at(&["status", "capacity"]))
    }
    /// `InternalIP`, `Hostname`, `ExternalIP`; "" where there is none.
    pub fn address(self, kind: &str) -> &'a str {
        let all = self.0.at(&["status", "addresses"]).items();
        all.iter().find(|address| address.get("type").text() == kind).map_or("", |address| address.get("address").text())
    }
    /// The names of images present, with their sizes in bytes.
    pub fn images(self) -> impl Iterator<Item = (&'a str, i64)> {
        let all = self.0.at(&["status", "images"]).items().iter();
        all.flat_map(|image| image.get("names").items().iter().map(move |name| (name.text(), image.get("sizeBytes").int_or(0))))
    }
    /// `10.244.1.0/24`
    pub fn pod_cidr(self) -> &'a str {
        self.0.at(&["spec", "podCIDR"]).text()
    }
    /// The last parts of `node-role.kubernetes.io/…` labels, in order.
    pub fn roles(self) -> impl Iterator<Item = &'a str> {
        self.labels().entries().filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/"))
    }
}

impl<'a> Taint<'a> {
    pub fn key(self) -> &'a str {
        self.0.get("key").text()
    }
    pub fn value(self) -> &'a str {
        self.0.get("value").text()
    }
    /// `NoSchedule`, `PreferNoSchedule`, `NoExecute`
    pub fn effect(self) -> &'a str {
        self.0.get("effect").text()
    }
    pub fn is_tolerated_by(self, mut tolerations: impl Iterator<Item = Toleration<'a>>) -> bool {
        tolerations.any(|toleration| toleration.tolerates(self.0))
    }
}
