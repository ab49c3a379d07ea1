//! What containers ask for and may use.
use super::path::{Faults, Path};
use super::words;
use objects::{Quantity, Tree};

const STANDARD: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

pub(super) fn requirements(resources: &Tree, path: Path, faults: &mut Faults) {
    let (limits, requests) = (resources.get("limits"), resources.get("requests"));
    let (limits_path, requests_path) = (path.field("limits"), path.field("requests"));
    for (name, amount) in limits.entries() {
        one(name, amount, limits_path.key(name), faults);
    }
    for (name, amount) in requests.entries() {
        one(name, amount, requests_path.key(name), faults);
        let limit = limits.get(name);
        // Native resources may be promised more often than there are; extended ones and huge pages may not.
        let overcommits = !name.contains('/') && !name.starts_with("hugepages-");
        if limit.is_null() {
            if !overcommits {
                faults.required(limits_path, "Limit must be set for non overcommitable resources");
            }
            continue;
        }
        let (asked, most) = (Quantity::of(amount), Quantity::of(limit));
        if asked != most && !overcommits {
            faults.invalid(requests_path, asked.to_string(), format!("must be equal to {name} limit of {most}"));
        } else if asked > most {
            faults.invalid(requests_path, asked.to_string(), format!("must be less than or equal to {name} limit of {most}"));
        }
    }
}

fn one(name: &str, amount: &Tree, path: Path, faults: &mut Faults) {
    for words in words::qualified(name) {
        faults.invalid(path, name, words);
    }
    if !name.contains('/') {
        let standard = STANDARD.contains(&name) || name.starts_with("hugepages-");
        if !standard {
            faults.invalid(path, name, "must be a standard resource type or fully qualified");
            faults.invalid(path, name, "must be a standard resource for containers");
        }
    }
    let quantity = Quantity::of(amount);
    if quantity < Quantity::ZERO {
        faults.invalid(path, quantity.to_string(), "must be greater than or equal to 0");
    }
    if name.contains('/') && quantity.as_milli() % 1000 != 0 {
        faults.invalid(path, quantity.to_string(), "must be an integer");
    }
}
