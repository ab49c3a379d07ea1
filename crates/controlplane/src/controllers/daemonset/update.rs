//! The rolling update of a DaemonSet: which old Pods go, and where new ones come beside them (upstream `rollingUpdate`).
use super::placing;
use super::pods::Scene;
use crate::harness::Write;
use crate::offspring;
use apiserver::store::Kept;
use objects::intstr::{self, Round};
use objects::{Object, Text, Tree};
use std::collections::BTreeSet;

/// How many Pods may be missing, and how many may be too many, of `desired`.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Limits {
    surge: i64,
    unavailable: i64,
}

fn rolling(set: &Object) -> &Tree {
    set.spec().at(&["updateStrategy", "rollingUpdate"])
}

fn rolls(set: &Object) -> bool {
    set.spec().at(&["updateStrategy", "type"]).text() == "RollingUpdate"
}

/// Whether a new Pod may come before the old one goes.
pub fn may_surge(set: &Object) -> bool {
    rolls(set) && intstr::resolve(rolling(set).get("maxSurge"), 100, Round::Up).is_ok_and(|count| count > 0)
}

fn limits(set: &Object, desired: i64) -> Limits {
    let of = |name: &str| intstr::resolve(rolling(set).get(name), desired, Round::Up).unwrap_or(0);
    let (surge, unavailable) = (of("maxSurge"), of("maxUnavailable"));
    // Both nothing would stand still for ever.
    Limits { surge, unavailable: if surge == 0 && unavailable == 0 { 1 } else { unavailable } }
}

/// The next writes of an update; none for `OnDelete`.
pub fn roll(scene: &Scene) -> Vec<Write> {
    if !rolls(scene.set) {
        return Vec::new();
    }
    let wanted: BTreeSet<&Text> = scene.nodes.iter().filter(|(_, verdict)| verdict.should_run).map(|(node, _)| &node.key.name).collect();
    let limits = limits(scene.set, wanted.len() as i64);
    let places: Vec<&Text> = scene.by_node.keys().chain(wanted.iter().copied().filter(|node| !scene.by_node.contains_key(*node))).collect();
    if limits.surge == 0 { replace(scene, &places, limits.unavailable) } else { surge(scene, &places, &wanted, limits.surge) }
}

/// The one new and the one old Pod of a node; `None` where there are more, which `manage` has to clear first.
fn pair<'a>(scene: &Scene<'a>, node: &str) -> Option<(Option<&'a Kept>, Option<&'a Kept>)> {
    let (new, old): (Vec<&Kept>, Vec<&Kept>) =
        scene.on(node).iter().copied().filter(|pod| !pod.is_deleting()).partition(|pod| scene.is_updated(pod));
    (new.len() <= 1 && old.len() <= 1).then(|| (new.first().copied(), old.first().copied()))
}

/// Deletes just so many old Pods that no more than `limit` are missing; the step after that makes the new ones.
fn replace(scene: &Scene, places: &[&Text], limit: i64) -> Vec<Write> {
    let mut missing = 0;
    let (mut broken, mut candidates) = (Vec::new(), Vec::new());
    for node in places {
        match pair(scene, node) {
            None | Some((None, None)) | Some((Some(_), Some(_))) => missing += 1,
            Some((Some(new), None)) => missing += i64::from(!scene.is_available(new)),
            Some((None, Some(old))) if !scene.is_available(old) => {
                broken.push(old);
                missing += 1;
            }
            Some((None, Some(old))) => candidates.push(old),
        }
    }
    let room = usize::try_from(limit - missing).unwrap_or(0);
    broken.into_iter().chain(candidates.into_iter().take(room)).map(|pod| offspring::delete(scene.set, pod, Tree::Null)).collect()
}

/// Makes new Pods beside old ones, at most `limit` that are not yet available, and deletes an old one when its heir is.
fn surge(scene: &Scene, places: &[&Text], wanted: &BTreeSet<&Text>, limit: i64) -> Vec<Write> {
    let mut surging = 0;
    let (mut gone, mut heirs, mut candidates) = (Vec::new(), Vec::new(), Vec::new());
    let mut freed = 0;
    for node in places {
        match pair(scene, node) {
            None => surging += 1,
            Some((_, None)) => {}
            // The node is no longer meant to have a Pod, but the old one was let stay: now it goes.
            Some((None, Some(old))) if !wanted.contains(node) => {
                gone.push(old);
                freed += 1;
            }
            Some((None, Some(old))) if !scene.is_available(old) => heirs.push(*node),
            Some((None, Some(_))) => candidates.push(*node),
            Some((Some(_), Some(old))) if !scene.is_available(old) => gone.push(old),
            Some((Some(new), Some(old))) => {
                surging += 1;
                if scene.is_available(new) {
                    gone.push(old);
                }
            }
        }
    }
    let room = usize::try_from(limit + freed - surging).unwrap_or(0);
    let mut writes: Vec<Write> =
        heirs.into_iter().chain(candidates.into_iter().take(room)).map(|node| placing::create(scene, node)).collect();
    writes.extend(gone.into_iter().map(|pod| offspring::delete(scene.set, pod, Tree::Null)));
    writes
}
