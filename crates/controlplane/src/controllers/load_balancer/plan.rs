//! What is written for load balancers: the finalizer, the status, the Events in each one's own words.
use super::addresses::{Given, has, wants};
use crate::facts;
use crate::harness::{Cx, Plan, Write};
use apiserver::Snapshot;
use apiserver::client::Note;
use apiserver::store::Kept;
use objects::wire::{PatchKind, Request, Verb};
use objects::{Map, Object, Tree, kinds, map};
use simcore::{Duration, Time};

const CLEANUP: &str = "service.kubernetes.io/load-balancer-cleanup";

/// One kind of load balancer: how it chooses addresses, what it says, how long it takes.
pub struct Balancer {
    pub give: fn(&Snapshot, &Object) -> Given,
    pub words: Words,
    pub takes: Duration,
    /// What it makes for a Service before it gives an address, and takes away with it.
    pub prepare: fn(&Snapshot, &Kept) -> Option<Plan>,
    pub remove: fn(&Object) -> Option<Write>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Words {
    Cloud,
    MetalLb,
    ServiceLb,
}

/// Looks at all Services, one after another; the first that needs something gets it, so that each choice knows the last.
pub fn balance(cx: &Cx, balancer: &Balancer) -> Plan {
    let mut soonest: Option<Time> = None;
    let mut refused = Vec::new();
    for service in cx.view.list(kinds::SERVICE) {
        let plan = if wants(service) {
            if let Err(why) = (balancer.give)(cx.view, service) {
                refused.push((service, why));
            }
            let ready = facts::created(service) + balancer.takes;
            if ready > cx.now && has(service).is_empty() && facts::has_finalizer(service, CLEANUP) {
                soonest = Some(soonest.map_or(ready, |time| time.min(ready)));
                continue;
            }
            ensure(cx.view, service, balancer)
        } else {
            release(service, balancer)
        };
        if let Some(plan) = plan {
            return plan.at(cx.now, cx.now);
        }
    }
    let plan = refusals(cx, balancer.words, &refused);
    if let Some(time) = soonest { plan.at(cx.now, time) } else { plan }
}

/// MetalLB says once of each Service why it got no address.
fn refusals(cx: &Cx, words: Words, refused: &[(&Kept, String)]) -> Plan {
    let mut plan = Plan::rest();
    if words != Words::MetalLb {
        return plan;
    }
    let told = |(service, why): &&(&Kept, String)| cx.memory.get(service.uid()).text() == why;
    for (service, why) in refused.iter().filter(|one| !told(one)) {
        let message = format!("Failed to allocate IP for \"{}\": {why}", service.key.path());
        plan.notes.push(Note { warning: true, ..note(service, "AllocationFailed", message) });
    }
    plan.remember = Some(refused.iter().map(|(service, why)| (service.uid_text(), why.as_str())).collect::<Map>().into());
    plan
}

fn note(service: &Object, reason: &'static str, message: impl Into<String>) -> Note {
    Note { about: Note::reference(service), warning: false, reason, message: message.into() }
}

/// A step towards a load balancer; `None` when there is nothing left to do, or nothing to give.
fn ensure(view: &Snapshot, service: &Kept, balancer: &Balancer) -> Option<Plan> {
    let cleans_up = balancer.words != Words::MetalLb;
    if cleans_up && !facts::has_finalizer(service, CLEANUP) {
        let mut list = service.meta().get("finalizers").items().to_vec();
        list.push(Tree::from(CLEANUP));
        let mut plan = Plan::write(vec![finalizers(service, list)]);
        plan.notes.push(note(service, "EnsuringLoadBalancer", "Ensuring load balancer"));
        return Some(plan);
    }
    if let Some(plan) = (balancer.prepare)(view, service) {
        return Some(plan);
    }
    let before = has(service);
    match (balancer.give)(view, service) {
        Ok(given) if given == *before => None,
        Ok(given) => Some(Plan::write(vec![status(service, given.clone()).ok(told(service, balancer.words, before, &given))])),
        Err(_) if !before.is_empty() => {
            Some(Plan::write(vec![status(service, Tree::from(Vec::new())).ok(told(service, balancer.words, before, &Tree::Null))]))
        }
        Err(_) => None,
    }
}

fn told(service: &Object, words: Words, before: &Tree, given: &Tree) -> Note {
    let ips = |list: &Tree| list.items().iter().map(|point| point.get("ip").text()).collect::<Vec<_>>().join(" ");
    match words {
        Words::Cloud => note(service, "EnsuredLoadBalancer", "Ensured load balancer"),
        Words::MetalLb => note(service, "IPAllocated", format!("Assigned IP [\"{}\"]", ips(given))),
        Words::ServiceLb => {
            let words = format!("Updated LoadBalancer with new IPs: [{}] -> [{}]", ips(before), ips(given));
            note(service, "UpdatedLoadBalancer", words)
        }
    }
}

/// Takes down what a Service had that is going, or wants none any more.
fn release(service: &Kept, balancer: &Balancer) -> Option<Plan> {
    if balancer.words == Words::MetalLb || !facts::has_finalizer(service, CLEANUP) {
        return None;
    }
    let list = service.meta().get("finalizers").items().iter().filter(|item| item.text() != CLEANUP).cloned().collect();
    let write = finalizers(service, list).ok(note(service, "DeletedLoadBalancer", "Deleted load balancer"));
    let mut plan = Plan::write((balancer.remove)(service).into_iter().chain([write.ignore(&[404])]).collect());
    let kind = service.spec().get("type").text();
    if kind != "LoadBalancer" && !service.is_deleting() {
        plan.notes.push(note(service, "Type", format!("LoadBalancer -> {kind}")));
    }
    plan.notes.push(note(service, "DeletingLoadBalancer", "Deleting load balancer"));
    Some(plan)
}

fn finalizers(service: &Object, list: Vec<Tree>) -> Write {
    let meta = map! {"finalizers": list, "resourceVersion": service.meta().get("resourceVersion")};
    Write::new(request(service).body(map! {"metadata": meta}))
}

fn status(service: &Object, ingress: Tree) -> Write {
    let body = map! {"status": map! {"loadBalancer": map! {"ingress": ingress}}};
    Write::new(request(service).subresource("status").body(body)).ignore(&[404])
}

fn request(service: &Object) -> Request {
    let (namespace, name) = (service.key.namespace.clone(), service.key.name.clone());
    Request::about(Verb::Patch(PatchKind::Merge), kinds::SERVICE, namespace, name)
}
