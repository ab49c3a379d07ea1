//! A workload's revisions: the list of them, one of them, and the patch that goes back to one. A Deployment keeps them as
//! ReplicaSets, a DaemonSet or StatefulSet as ControllerRevisions.
use crate::describe::parts::page::{Page, aligned};
use crate::describe::parts::template::template;
use objects::{Map, Tree, list, map};

const REVISION: &str = "deployment.kubernetes.io/revision";
const CAUSE: &str = "kubernetes.io/change-cause";
/// Annotations of a ReplicaSet that do not come back with its template.
const OWN: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

/// The revision that an object is or that its annotation names; 0 without one.
pub fn revision(object: &Tree) -> i64 {
    if let Some(number) = object.get("revision").as_int() {
        return number;
    }
    object.at(&["metadata", "annotations", REVISION]).text().parse().unwrap_or(0)
}

/// `REVISION  CHANGE-CAUSE` and a row for each revision that is kept, oldest first.
pub fn table(sets: &[&Tree]) -> String {
    let mut rows: Vec<(i64, &str)> =
        sets.iter().map(|set| (revision(set), set.at(&["metadata", "annotations", CAUSE]).text())).filter(|row| row.0 > 0).collect();
    if rows.is_empty() {
        return "No rollout history found.".to_string();
    }
    rows.sort_unstable();
    let lines = rows.iter().map(|(number, cause)| format!("{number}\t{}\n", if cause.is_empty() { "<none>" } else { cause }));
    aligned(&format!("REVISION\tCHANGE-CAUSE\n{}", lines.collect::<String>()), 2)
}

/// The template of one revision as `rollout history --revision` prints it; `None` when there is no such revision.
pub fn detail(sets: &[&Tree], wanted: i64) -> Option<String> {
    let set = sets.iter().find(|set| revision(set) == wanted)?;
    let mut shown = own_template_of(set);
    let cause = set.at(&["metadata", "annotations", CAUSE]);
    if !cause.is_empty() && !set.has("data") {
        shown.set(&["metadata", "annotations", CAUSE], cause);
    }
    let mut page = Page::new();
    template(&mut page, &shown);
    Some(page.unaligned())
}

/// The template that a ReplicaSet has or that a ControllerRevision's patch brings.
fn own_template_of(set: &Tree) -> Tree {
    let mut template = set.at(&["spec", "template"]).clone();
    if set.has("data") {
        template = set.at(&["data", "spec", "template"]).clone();
        template.remove(&["$patch"]);
    }
    template
}

/// The ControllerRevision to go back to: the revision asked for, or (0) the one before the newest.
pub fn target_revision<'a>(all: &[&'a Tree], wanted: i64) -> Result<&'a Tree, String> {
    let mut known = all.to_vec();
    known.sort_by_key(|one| revision(one));
    match wanted {
        0 => known.len().checked_sub(2).map(|at| known[at]).ok_or_else(|| "no last revision to roll back to".to_string()),
        _ => {
            let found = known.into_iter().find(|one| revision(one) == wanted);
            found.ok_or_else(|| format!("unable to find specified revision {wanted} in history"))
        }
    }
}

/// The ReplicaSet to go back to: the revision asked for, or (0) the one before the newest.
pub fn target<'a>(name: &str, sets: &[&'a Tree], wanted: i64) -> Result<&'a Tree, String> {
    let mut known: Vec<(i64, &Tree)> = sets.iter().map(|set| (revision(set), *set)).filter(|(number, _)| *number > 0).collect();
    known.sort_by_key(|(number, _)| *number);
    if wanted != 0 {
        let found = known.iter().find(|(number, _)| *number == wanted);
        return found.map(|(_, set)| *set).ok_or_else(|| format!("unable to find specified revision {wanted} in history"));
    }
    let before = known.len().checked_sub(2).map(|at| known[at].1);
    before.ok_or_else(|| format!("no rollout history found for deployment \"{name}\""))
}

/// The template of a ReplicaSet without the label that the controller adds.
pub fn own_template(set: &Tree) -> Tree {
    let mut plain = own_template_of(set);
    plain.remove(&["metadata", "labels", "pod-template-hash"]);
    plain
}

/// The JSON patch that puts a ReplicaSet's template and annotations back into its Deployment.
pub fn patch(deployment: &Tree, set: &Tree) -> Tree {
    let kept = deployment.at(&["metadata", "annotations"]).entries().filter(|(key, _)| OWN.contains(&key.as_str()));
    let back = set.at(&["metadata", "annotations"]).entries().filter(|(key, _)| !OWN.contains(&key.as_str()));
    let annotations: Map = kept.chain(back).map(|(key, value)| (key.clone(), value.clone())).collect();
    list![
        map! {"op": "replace", "path": "/spec/template", "value": own_template(set)},
        map! {"op": "replace", "path": "/metadata/annotations", "value": Tree::from(annotations)},
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(revision: &str, cause: &str, image: &str) -> Tree {
        let mut set = map! {
            "metadata": map! {"annotations": map! {"deployment.kubernetes.io/revision": revision}},
            "spec": map! {"template": map! {
                "metadata": map! {"labels": map! {"app": "web", "pod-template-hash": "795df7f9c9"}},
                "spec": map! {"containers": list![map! {"name": "main", "image": image, "ports": list![map! {"containerPort": 80, "protocol": "TCP"}]}]},
            }},
        };
        if !cause.is_empty() {
            set.set(&["metadata", "annotations", CAUSE], cause);
        }
        set
    }

    #[test]
    fn revisions_stand_in_order_with_their_cause() {
        let (one, two) = (set("2", "second version", "nginx:1.28"), set("1", "", "nginx:1.27"));
        assert_eq!(table(&[&one, &two]), "REVISION  CHANGE-CAUSE\n1         <none>\n2         second version\n");
    }

    /// What a real kubectl 1.37 printed below the first line.
    #[test]
    fn one_revision_shows_its_template_with_plain_tabs() {
        let two = set("2", "second version", "nginx:1.28");
        let text = "Pod Template:\n  Labels:\tapp=web\n\tpod-template-hash=795df7f9c9\n  Annotations:\tkubernetes.io/change-cause: second version\n  Containers:\n   main:\n    Image:\tnginx:1.28\n    Port:\t80/TCP\n    Host Port:\t0/TCP\n    Environment:\t<none>\n    Mounts:\t<none>\n  Volumes:\t<none>\n  Node-Selectors:\t<none>\n  Tolerations:\t<none>\n";
        assert_eq!(detail(&[&two], 2).as_deref(), Some(text));
        assert_eq!(detail(&[&two], 9), None);
    }

    #[test]
    fn undo_goes_to_the_one_before_or_to_the_one_named() {
        let (one, two, three) = (set("1", "", "a"), set("2", "", "b"), set("4", "", "c"));
        let sets = [&three, &one, &two];
        assert_eq!(target("web", &sets, 0), Ok(&two));
        assert_eq!(target("web", &sets, 1), Ok(&one));
        assert_eq!(target("web", &sets, 42), Err("unable to find specified revision 42 in history".to_string()));
        assert_eq!(target("web", &sets[..1], 0), Err("no rollout history found for deployment \"web\"".to_string()));
    }

    #[test]
    fn going_back_keeps_the_deployments_own_annotations() {
        let deployment = map! {"metadata": map! {"annotations": map! {"deployment.kubernetes.io/revision": "2", "kubernetes.io/change-cause": "second", "note": "x"}}};
        let patch = patch(&deployment, &set("1", "first", "nginx:1.27"));
        assert_eq!(
            patch.items()[1].get("value").to_json(),
            r#"{"deployment.kubernetes.io/revision":"2","kubernetes.io/change-cause":"first"}"#
        );
        assert_eq!(patch.items()[0].at(&["value", "metadata", "labels"]).to_json(), r#"{"app":"web"}"#);
    }
}
