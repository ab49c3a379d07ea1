//! Amounts that Pods ask for and nodes have, as whole numbers.
use crate::{Quantity, Text, Tree};
use std::collections::BTreeMap;

/// Amounts of each resource: CPU in thousandths of a core, the others in units (bytes, pieces).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resources {
    pub cpu: i64,
    pub memory: i64,
    pub storage: i64,
    /// Extended resources by name.
    pub other: BTreeMap<Text, i64>,
}

/// What scoring takes a container for that asks for nothing: 0.1 core and 200 MB.
const UNSAID: Resources = Resources { cpu: 100, memory: 200 * 1024 * 1024, storage: 0, other: BTreeMap::new() };

/// An amount of `what` in units of `divisor` (null: 1), rounded up: what the downward API gives.
pub fn in_units(what: &str, amount: &Tree, divisor: &Tree) -> String {
    let (amount, divisor) = (Quantity::of(amount), Quantity::of(divisor));
    let divisor = if divisor.is_zero() { Quantity::from_units(1) } else { divisor };
    let (all, by) = if what == "cpu" { (amount.as_milli(), divisor.as_milli()) } else { (amount.as_units(), divisor.as_units()) };
    ((all + by - 1) / by.max(1)).to_string()
}

impl Resources {
    /// From a resource list: `{"cpu": "500m", "memory": "1Gi"}`. `pods` is left out.
    pub fn of(list: &Tree) -> Resources {
        let mut all = Resources::default();
        for (name, amount) in list.entries() {
            let amount = Quantity::of(amount);
            match name.as_str() {
                "cpu" => all.cpu = amount.as_milli(),
                "memory" => all.memory = amount.as_units(),
                "ephemeral-storage" => all.storage = amount.as_units(),
                "pods" => {}
                _ => {
                    all.other.insert(name.clone(), amount.as_units());
                }
            }
        }
        all
    }

    pub fn add(&mut self, more: &Resources) {
        self.change(more, 1);
    }

    pub fn subtract(&mut self, less: &Resources) {
        self.change(less, -1);
    }

    fn change(&mut self, by: &Resources, sign: i64) {
        self.cpu += sign * by.cpu;
        self.memory += sign * by.memory;
        self.storage += sign * by.storage;
        for (name, amount) in &by.other {
            *self.other.entry(name.clone()).or_default() += sign * amount;
        }
    }

    fn raise(&mut self, least: &Resources) {
        self.cpu = self.cpu.max(least.cpu);
        self.memory = self.memory.max(least.memory);
        self.storage = self.storage.max(least.storage);
        for (name, amount) in &least.other {
            let known = self.other.entry(name.clone()).or_default();
            *known = (*known).max(*amount);
        }
    }

    /// What a Pod asks for: its containers and sidecars together, or its greediest init container if that is more.
    pub fn requested(spec: &Tree) -> Resources {
        total(spec, Resources::of)
    }

    /// The same for scoring: a container that names no CPU or memory counts as a small one.
    pub fn assumed(spec: &Tree) -> Resources {
        total(spec, |requests| {
            let mut asked = Resources::of(requests);
            if !requests.has("cpu") {
                asked.cpu = UNSAID.cpu;
            }
            if !requests.has("memory") {
                asked.memory = UNSAID.memory;
            }
            asked
        })
    }
}

fn total(spec: &Tree, of: impl Fn(&Tree) -> Resources) -> Resources {
    let asked = |container: &Tree| of(container.at(&["resources", "requests"]));
    let mut sum = Resources::default();
    for container in spec.get("containers").items() {
        sum.add(&asked(container));
    }
    let (mut sidecars, mut peak) = (Resources::default(), Resources::default());
    for container in spec.get("initContainers").items() {
        let mut amount = asked(container);
        if container.get("restartPolicy").text() == "Always" {
            sum.add(&amount);
            sidecars.add(&amount);
            amount = sidecars.clone();
        } else {
            amount.add(&sidecars);
        }
        peak.raise(&amount);
    }
    sum.raise(&peak);
    let whole = spec.at(&["resources", "requests"]);
    if !whole.is_empty() {
        let pod = Resources::of(whole);
        if whole.has("cpu") {
            sum.cpu = pod.cpu;
        }
        if whole.has("memory") {
            sum.memory = pod.memory;
        }
    }
    sum.add(&Resources::of(spec.get("overhead")));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greediest_init_container_counts_when_it_is_more_than_all_others() {
        let spec = Tree::from_json(
            r#"{"containers":[{"resources":{"requests":{"cpu":"100m","memory":"1Gi"}}},{"resources":{}}],
                "initContainers":[{"resources":{"requests":{"cpu":"2"}}}]}"#,
        );
        let spec = spec.unwrap();
        assert_eq!(Resources::requested(&spec), Resources { cpu: 2000, memory: 1 << 30, ..Resources::default() });
        assert_eq!(Resources::assumed(&spec).memory, (1 << 30) + 200 * 1024 * 1024);
    }
}
