//! Which Pods a drain may take off a node, and what stands in its way.
use objects::Tree;

/// What the learner allows.
pub struct Wishes {
    pub force: bool,
    pub ignore_daemon_sets: bool,
    pub delete_data: bool,
}

/// The verdict on one Pod. Only the last filter's word is kept, as upstream.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Leaves,
    LeavesWith(String),
    Stays,
    StaysWith(String),
    Refused(String),
}

impl Verdict {
    pub fn leaves(&self) -> bool {
        matches!(self, Verdict::Leaves | Verdict::LeavesWith(_))
    }
}

/// The name of the DaemonSet that keeps a Pod, where one does and the Pod has not ended.
pub fn daemon_set(pod: &Tree) -> Option<&str> {
    let owner = controller(pod)?;
    (owner.get("kind").text() == "DaemonSet" && !ended(pod)).then(|| owner.get("name").text())
}

/// Judges a Pod. `missing` holds the server's words when its DaemonSet could not be had.
pub fn judge(pod: &Tree, wishes: &Wishes, missing: Option<&str>) -> Verdict {
    if daemon_set(pod).is_some() {
        match missing {
            Some(words) if !(wishes.force && words.ends_with("not found")) => return Verdict::Refused(words.to_string()),
            Some(_) => {}
            None if !wishes.ignore_daemon_sets => {
                return Verdict::Refused("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)".to_string());
            }
            None => return Verdict::StaysWith("ignoring DaemonSet-managed Pods".to_string()),
        }
    }
    if pod.at(&["metadata", "annotations"]).has("kubernetes.io/config.mirror") {
        return Verdict::Stays;
    }
    let local = pod.at(&["spec", "volumes"]).items().iter().any(|volume| volume.has("emptyDir"));
    if local && !ended(pod) && !wishes.delete_data {
        return Verdict::Refused("Pods with local storage (use --delete-emptydir-data to override)".to_string());
    }
    if ended(pod) || controller(pod).is_some() {
        return Verdict::Leaves;
    }
    if wishes.force {
        return Verdict::LeavesWith("deleting Pods that declare no controller".to_string());
    }
    Verdict::Refused("Pods that declare no controller (use --force to override)".to_string())
}

/// `cannot delete …: shop/a, shop/b`, one for each reason, by reason.
pub fn errors(judged: &[(Tree, Verdict)]) -> Vec<String> {
    let of = |verdict: &Verdict| if let Verdict::Refused(why) = verdict { Some(why.clone()) } else { None };
    grouped(judged, of).into_iter().map(|(why, pods)| format!("cannot delete {why}: {pods}")).collect()
}

/// `ignoring …: shop/a; deleting …: shop/b`.
pub fn warnings(judged: &[(Tree, Verdict)]) -> String {
    let of = |verdict: &Verdict| match verdict {
        Verdict::LeavesWith(why) | Verdict::StaysWith(why) => Some(why.clone()),
        _ => None,
    };
    let mut texts: Vec<String> = grouped(judged, of).into_iter().map(|(why, pods)| format!("{why}: {pods}")).collect();
    // Upstream's order is chance; what stays is told before what goes.
    texts.sort_by_key(|text| !text.starts_with("ignoring"));
    texts.join("; ")
}

fn grouped(judged: &[(Tree, Verdict)], of: impl Fn(&Verdict) -> Option<String>) -> Vec<(String, String)> {
    let mut reasons: Vec<String> = judged.iter().filter_map(|(_, verdict)| of(verdict)).collect();
    reasons.sort();
    reasons.dedup();
    let pods = |why: &String| {
        let names = judged.iter().filter(|(_, verdict)| of(verdict).as_ref() == Some(why)).map(|(pod, _)| {
            let meta = pod.get("metadata");
            format!("{}/{}", meta.get("namespace").text(), meta.get("name").text())
        });
        names.collect::<Vec<_>>().join(", ")
    };
    reasons.iter().map(|why| (why.clone(), pods(why))).collect()
}

fn controller(pod: &Tree) -> Option<&Tree> {
    pod.at(&["metadata", "ownerReferences"]).items().iter().find(|owner| owner.get("controller").is_true())
}

fn ended(pod: &Tree) -> bool {
    matches!(pod.at(&["status", "phase"]).text(), "Succeeded" | "Failed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    fn pod(name: &str, owner: &str, local: bool) -> Tree {
        let mut pod = map! {"metadata": map! {"namespace": "node-drain", "name": name}, "status": map! {"phase": "Running"}};
        if !owner.is_empty() {
            pod.set(&["metadata", "ownerReferences"], list![map! {"controller": true, "kind": owner, "name": "x"}]);
        }
        if local {
            pod.set(&["spec", "volumes"], list![map! {"name": "cache", "emptyDir": map! {}}]);
        }
        pod
    }

    fn judged(wishes: &Wishes) -> Vec<(Tree, Verdict)> {
        let pods =
            [pod("agent", "DaemonSet", false), pod("solo", "", false), pod("web-1", "ReplicaSet", true), pod("web-2", "ReplicaSet", true)];
        pods.into_iter()
            .map(|pod| {
                let verdict = judge(&pod, wishes, None);
                (pod, verdict)
            })
            .collect()
    }

    /// The sentences are what a real kubectl 1.37 printed.
    #[test]
    fn each_obstacle_is_named_with_its_pods() {
        let all = judged(&Wishes { force: false, ignore_daemon_sets: false, delete_data: false });
        assert_eq!(
            errors(&all),
            [
                "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): node-drain/agent",
                "cannot delete Pods that declare no controller (use --force to override): node-drain/solo",
                "cannot delete Pods with local storage (use --delete-emptydir-data to override): node-drain/web-1, node-drain/web-2",
            ]
        );
    }

    #[test]
    fn what_is_allowed_is_warned_of() {
        let all = judged(&Wishes { force: true, ignore_daemon_sets: true, delete_data: true });
        assert!(errors(&all).is_empty());
        assert_eq!(
            warnings(&all),
            "ignoring DaemonSet-managed Pods: node-drain/agent; deleting Pods that declare no controller: node-drain/solo"
        );
        assert_eq!(all.iter().filter(|(_, verdict)| verdict.leaves()).count(), 3);
    }
}
