//! A Pod: what the scheduler, the kubelet and controllers ask of it.
use super::{Condition, Container, Resources};
use crate::Tree;

/// A whole Pod, or anything with a Pod's `spec` (a template).
#[derive(Clone, Copy)]
pub struct Pod<'a>(pub &'a Tree);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RestartPolicy {
    Always,
    OnFailure,
    Never,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QosClass {
    Guaranteed,
    Burstable,
    BestEffort,
}

impl<'a> Pod<'a> {
    pub fn spec(self) -> &'a Tree {
        self.0.get("spec")
    }
    pub fn status(self) -> &'a Tree {
        self.0.get("status")
    }
    pub fn containers(self) -> impl DoubleEndedIterator<Item = Container<'a>> + ExactSizeIterator + Clone {
        self.spec().get("containers").items().iter().map(Container)
    }
    pub fn init_containers(self) -> impl DoubleEndedIterator<Item = Container<'a>> + ExactSizeIterator + Clone {
        self.spec().get("initContainers").items().iter().map(Container)
    }
    /// "" while it is not bound.
    pub fn node_name(self) -> &'a str {
        self.spec().get("nodeName").text()
    }
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`; "" before the first status.
    pub fn phase(self) -> &'a str {
        self.status().get("phase").text()
    }
    pub fn condition(self, kind: &str) -> Condition<'a> {
        Condition::of(self.0, kind)
    }
    pub fn is_ready(self) -> bool {
        self.condition("Ready").is_true()
    }
    /// `Succeeded` or `Failed`: it will never run again.
    pub fn is_terminal(self) -> bool {
        matches!(self.phase(), "Succeeded" | "Failed")
    }
    pub fn is_deleting(self) -> bool {
        self.0.get("metadata").has("deletionTimestamp")
    }
    /// Neither terminal nor being deleted: what controllers count.
    pub fn is_active(self) -> bool {
        !self.is_terminal() && !self.is_deleting()
    }
    /// RFC 3339 text of the moment it became ready; "" while it is not.
    pub fn ready_since(self) -> &'a str {
        let ready = self.condition("Ready");
        if ready.is_true() { ready.since() } else { "" }
    }
    pub fn ip(self) -> &'a str {
        self.status().get("podIP").text()
    }
    pub fn restart_policy(self) -> RestartPolicy {
        match self.spec().get("restartPolicy").text() {
            "Never" => RestartPolicy::Never,
            "OnFailure" => RestartPolicy::OnFailure,
            _ => RestartPolicy::Always,
        }
    }
    /// Absent means 0.
    pub fn priority(self) -> i64 {
        self.spec().get("priority").int_or(0)
    }
    pub fn scheduler_name(self) -> &'a str {
        match self.spec().get("schedulerName").text() {
            "" => "default-scheduler",
            name => name,
        }
    }
    pub fn scheduling_gates(self) -> &'a [Tree] {
        self.spec().get("schedulingGates").items()
    }
    pub fn tolerations(self) -> impl Iterator<Item = Toleration<'a>> + Clone {
        self.spec().get("tolerations").items().iter().map(Toleration)
    }
    pub fn service_account(self) -> &'a str {
        self.spec().get("serviceAccountName").text()
    }
    /// Seconds; 30 where nothing is said.
    pub fn grace_period(self) -> i64 {
        self.spec().get("terminationGracePeriodSeconds").int_or(30)
    }
    /// Seconds left to a Pod that is being deleted, as set by the deletion; `None` while it is not.
    pub fn deletion_grace(self) -> Option<i64> {
        self.0.at(&["metadata", "deletionGracePeriodSeconds"]).as_int()
    }
    /// An item of `status.containerStatuses`, or null.
    pub fn container_status(self, name: &str) -> &'a Tree {
        self.named_status("containerStatuses", name)
    }
    pub fn init_container_status(self, name: &str) -> &'a Tree {
        self.named_status("initContainerStatuses", name)
    }
    fn named_status(self, list: &str, name: &str) -> &'a Tree {
        const NONE: &Tree = &Tree::Null;
        self.status().get(list).items().iter().find(|status| status.get("name").text() == name).unwrap_or(NONE)
    }

    /// What the scheduler reserves: containers and sidecars together, or the most that initialisation needs at any
    /// one time (an init container beside the sidecars before it), plus overhead.
    pub fn requests(self) -> Resources {
        self.total(Container::requests)
    }

    pub fn limits(self) -> Resources {
        self.total(Container::limits)
    }

    fn total(self, amounts: impl Fn(Container<'a>) -> Resources) -> Resources {
        let (mut sidecars, mut peak) = (Resources::default(), Resources::default());
        for container in self.init_containers() {
            let mut needed = amounts(container);
            if container.is_sidecar() {
                sidecars.add(&needed);
                needed = sidecars.clone();
            } else {
                needed.add(&sidecars);
            }
            peak.raise_to(&needed);
        }
        let mut total = sidecars;
        for container in self.containers() {
            total.add(&amounts(container));
        }
        total.raise_to(&peak);
        total.add(&Resources::of(self.spec().get("overhead")));
        total
    }

    /// By cpu and memory of all containers.
    pub fn qos_class(self) -> QosClass {
        let named = |map: Resources| ["cpu", "memory"].map(|name| map.get(name));
        let mut all = self.containers().chain(self.init_containers());
        let any = all
            .clone()
            .any(|container| named(container.requests()).iter().chain(&named(container.limits())).any(|amount| !amount.is_zero()));
        // A request that is not written is the limit, as defaulting makes it.
        let guaranteed = all.all(|container| {
            let (requests, limits) = (container.requests(), container.limits());
            ["cpu", "memory"]
                .iter()
                .all(|name| !limits.get(name).is_zero() && (!requests.has(name) || requests.get(name) == limits.get(name)))
        });
        match (any, guaranteed) {
            (false, _) => QosClass::BestEffort,
            (true, true) => QosClass::Guaranteed,
            (true, false) => QosClass::Burstable,
        }
    }
}

impl QosClass {
    pub fn as_str(self) -> &'static str {
        match self {
            QosClass::Guaranteed => "Guaranteed",
            QosClass::Burstable => "Burstable",
            QosClass::BestEffort => "BestEffort",
        }
    }
}

/// An item of `spec.tolerations`.
#[derive(Clone, Copy)]
pub struct Toleration<'a>(pub &'a Tree);

impl<'a> Toleration<'a> {
    pub fn key(self) -> &'a str {
        self.0.get("key").text()
    }
    pub fn effect(self) -> &'a str {
        self.0.get("effect").text()
    }
    /// `None` tolerates for ever; zero or less means at once.
    pub fn seconds(self) -> Option<i64> {
        self.0.get("tolerationSeconds").as_int()
    }
    /// Whether it covers a taint. An empty effect covers every effect, an empty key with `Exists` every taint.
    pub fn tolerates(self, taint: &Tree) -> bool {
        let (key, effect) = (self.key(), self.effect());
        if !effect.is_empty() && effect != taint.get("effect").text() {
            return false;
        }
        if !key.is_empty() && key != taint.get("key").text() {
            return false;
        }
        match self.0.get("operator").text() {
            "Exists" => true,
            "" | "Equal" => self.0.get("value").text() == taint.get("value").text(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(spec: &str) -> Tree {
        Tree::from_json(&format!(r#"{{"spec":{spec}}}"#)).unwrap()
    }

    #[test]
    fn requests_count_sidecars_and_the_peak_of_initialisation() {
        let check = |spec: &str, expect: &str| assert_eq!(Pod(&pod(spec)).requests().to_tree().to_json(), expect);
        let with = |cpu: &str, more: &str| format!(r#"{{"resources":{{"requests":{{"cpu":"{cpu}"}}}}{more}}}"#);
        let always = r#","restartPolicy":"Always""#;
        check(&format!(r#"{{"containers":[{},{}]}}"#, with("100m", ""), with("250m", "")), r#"{"cpu":"350m"}"#);
        check(&format!(r#"{{"initContainers":[{}],"containers":[{}]}}"#, with("2", ""), with("1", "")), r#"{"cpu":"2"}"#);
        check(
            &format!(r#"{{"initContainers":[{},{}],"containers":[{}]}}"#, with("1", always), with("3", ""), with("2", "")),
            r#"{"cpu":"4"}"#,
        );
        check(
            &format!(r#"{{"initContainers":[{},{}],"containers":[{}]}}"#, with("3", ""), with("1", always), with("2", "")),
            r#"{"cpu":"3"}"#,
        );
        check(&format!(r#"{{"containers":[{}],"overhead":{{"memory":"1Mi"}}}}"#, with("1", "")), r#"{"cpu":"1","memory":"1Mi"}"#);
    }

    #[test]
    fn quality_of_service_follows_requests_and_limits() {
        let check = |resources: &str, expect| {
            assert_eq!(Pod(&pod(&format!(r#"{{"containers":[{{"resources":{resources}}}]}}"#))).qos_class(), expect)
        };
        check("{}", QosClass::BestEffort);
        check(r#"{"requests":{"cpu":"1"}}"#, QosClass::Burstable);
        check(r#"{"limits":{"cpu":"1","memory":"1Gi"}}"#, QosClass::Guaranteed);
        check(r#"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1000m","memory":"1024Mi"}}"#, QosClass::Guaranteed);
        check(r#"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m"}}"#, QosClass::Burstable);
    }

    #[test]
    fn tolerations_cover_taints() {
        let taint = Tree::from_json(r#"{"key":"a","value":"b","effect":"NoSchedule"}"#).unwrap();
        let check = |json: &str, expect| assert_eq!(Toleration(&Tree::from_json(json).unwrap()).tolerates(&taint), expect, "{json}");
        check(r#"{"operator":"Exists"}"#, true);
        check(r#"{"key":"a","operator":"Exists","effect":"NoSchedule"}"#, true);
        check(r#"{"key":"a","value":"b"}"#, true);
        check(r#"{"key":"a"}"#, false);
        check(r#"{"key":"a","operator":"Exists","effect":"NoExecute"}"#, false);
    }
}
