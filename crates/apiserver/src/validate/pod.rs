//! Pods and the specs in templates, in the order in which upstream checks them (`pkg/apis/core/validation`).
use super::path::{Faults, Path};
use super::{container, meta, scheduling, volume, words};
use objects::Tree;

pub(super) fn pod(tree: &Tree, faults: &mut Faults) {
    spec(tree.get("spec"), Path::root("spec"), faults);
}

const RESTART_POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];
const DNS_POLICIES: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

pub(super) fn spec(spec: &Tree, path: Path, faults: &mut Faults) {
    let volumes = volume::volumes(spec.get("volumes"), path.field("volumes"), faults);
    container::containers(spec.get("containers"), &volumes, path.field("containers"), faults);
    container::init_containers(spec.get("initContainers"), &volumes, path.field("initContainers"), faults);
    same_names(spec, path, faults);
    faults.one_of(path.field("restartPolicy"), spec.get("restartPolicy"), &RESTART_POLICIES);
    faults.one_of(path.field("dnsPolicy"), spec.get("dnsPolicy"), &DNS_POLICIES);
    meta::labels(spec.get("nodeSelector"), path.field("nodeSelector"), faults);
    scheduling::affinity(spec.get("affinity"), path.field("affinity"), faults);
    scheduling::gates(spec.get("schedulingGates"), path.field("schedulingGates"), faults);
    scheduling::spread(spec.get("topologySpreadConstraints"), path.field("topologySpreadConstraints"), faults);
    dns_config(spec, path.field("dnsConfig"), faults);
    names(spec, path, faults);
    scheduling::tolerations(spec.get("tolerations"), path.field("tolerations"), faults);
    if !spec.get("priorityClassName").is_empty() {
        faults.by(path.field("priorityClassName"), spec.get("priorityClassName"), words::subdomain);
    }
}

/// The most name servers, search domains and characters of those that a resolv.conf takes.
const NAMESERVERS: usize = 3;
const SEARCHES: usize = 32;
const SEARCH_LENGTH: usize = 2048;

/// Upstream `validatePodDNSConfig`.
fn dns_config(spec: &Tree, path: Path, faults: &mut Faults) {
    let config = spec.get("dnsConfig");
    let servers = config.get("nameservers");
    if spec.get("dnsPolicy").text() == "None" {
        if config.is_null() {
            return faults.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if servers.is_empty() {
            return faults.required(path.field("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None");
        }
    }
    let place = path.field("nameservers");
    if servers.items().len() > NAMESERVERS {
        faults.invalid(place, servers, format!("must not have more than {NAMESERVERS} nameservers"));
    }
    for (at, server) in servers.items().iter().enumerate().filter(|(_, server)| server.text().parse::<std::net::IpAddr>().is_err()) {
        faults.invalid(place.item(at), server, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
    let (searches, place) = (config.get("searches"), path.field("searches"));
    if searches.items().len() > SEARCHES {
        faults.invalid(place, searches, format!("must not have more than {SEARCHES} search paths"));
    }
    let length: usize = searches.items().iter().map(|domain| domain.text().len() + 1).sum();
    if length.saturating_sub(1) > SEARCH_LENGTH {
        faults.invalid(
            place,
            searches,
            format!("must not have more than {SEARCH_LENGTH} characters (including spaces) in the search list"),
        );
    }
    for (at, domain) in searches.items().iter().enumerate() {
        let plain = domain.text().strip_suffix('.').filter(|rest| !rest.is_empty()).unwrap_or(domain.text());
        if plain != "." {
            faults.by(place.item(at), &Tree::from(plain), words::subdomain);
        }
    }
    let options = path.field("options");
    for (at, option) in config.get("options").items().iter().enumerate() {
        if option.get("name").is_empty() {
            faults.required(options.item(at), "must not be empty");
        }
    }
}

fn names(spec: &Tree, path: Path, faults: &mut Faults) {
    for key in ["serviceAccountName", "nodeName"] {
        if !spec.get(key).is_empty() {
            faults.by(path.field(key), spec.get(key), words::subdomain);
        }
    }
    let deadline = spec.get("activeDeadlineSeconds");
    if deadline.as_int().is_some_and(|seconds| !(1..=i64::from(i32::MAX)).contains(&seconds)) {
        faults.invalid(path.field("activeDeadlineSeconds"), deadline, "must be between 1 and 2147483647, inclusive");
    }
    for key in ["hostname", "subdomain"] {
        if !spec.get(key).is_empty() {
            faults.by(path.field(key), spec.get(key), words::label);
        }
    }
}

/// An init container may not be called as a plain one is.
fn same_names(spec: &Tree, path: Path, faults: &mut Faults) {
    let here = path.field("initContainers");
    for (at, item) in spec.get("initContainers").items().iter().enumerate() {
        let name = item.get("name");
        if !name.is_empty() && spec.get("containers").items().iter().any(|other| other.get("name") == name) {
            faults.duplicate(here.item(at).field("name"), name);
        }
    }
}
