//! What kubeadm prints of the requests that a dry run would send.
use super::client::Item;
use crate::call::Call;
use objects::{Tree, map, yaml};

fn would(call: &mut Call, verb: &str, group: &str, plural: &str) {
    let group = if group.is_empty() { "core" } else { group };
    call.say(format_args!("[dryrun] Would perform action {verb} on resource \"{plural}\" in API group \"{group}/v1\""));
}

fn attached(call: &mut Call, object: &Tree) {
    call.say(format_args!("[dryrun] Attached object:\n{}", yaml::write(object)));
}

/// An object that it would create.
pub fn create(call: &mut Call, item: &Item) {
    would(call, "CREATE", item.group, item.plural);
    let mut object = item.object.clone();
    // What the server would fill in is not there yet; what Go prints of an empty status is.
    if !object.get("subjects").is_empty() {
        let subjects = object.get("subjects").items().iter().map(|one| {
            let kept = one.entries().filter(|(key, _)| *key != "apiGroup");
            kept.fold(map! {}, |mut subject, (key, value)| {
                subject.set(&[key], value.clone());
                subject
            })
        });
        let subjects: Vec<Tree> = subjects.collect();
        object.set(&["subjects"], subjects);
    }
    match item.plural {
        "deployments" => object.set(&["status"], map! {}),
        "services" => {
            object.set(&["metadata", "resourceVersion"], "0");
            object.set(&["status"], map! {"loadBalancer": map! {}});
        }
        "daemonsets" => {
            let counts = ["currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady"];
            counts.iter().for_each(|count| object.set(&["status", count], 0));
        }
        _ => {}
    }
    attached(call, &object);
}

/// A question for something that is not there, by name or (an empty name) for all of its kind.
pub fn missing(call: &mut Call, group: &str, plural: &str, namespace: &str, name: &str) {
    let verb = if name.is_empty() { "LIST" } else { "GET" };
    would(call, verb, group, plural);
    if !name.is_empty() {
        call.say(format_args!("[dryrun] Resource name \"{name}\", namespace \"{namespace}\""));
    }
    call.say(format_args!(
        "[dryrun] Real object does not exist. Attempting to {verb} from followup reactors or from the fake client tracker"
    ));
}

/// An object that it would delete.
pub fn delete(call: &mut Call, plural: &str, namespace: &str, name: &str) {
    would(call, "DELETE", "", plural);
    call.say(format_args!("[dryrun] Resource name \"{name}\", namespace \"{namespace}\""));
}

/// Something done to one object, as the stand-in for the API server shows it.
pub fn about(call: &mut Call, verb: &str, plural: &str, name: &str, object: &Tree) {
    would(call, verb, "", plural);
    call.say(format_args!("[dryrun] Resource name \"{name}\", namespace \"\""));
    attached(call, object);
}
