//! Questions that store nothing: may I, who am I.
use crate::exchange::Exchange;
use crate::stages::{may_do_anything, nothing_there};
use objects::wire::{User, Verb};
use objects::{Status, Text, Tree, list, map};

/// Answers a review; 404 for any other resource that is not served.
pub(crate) fn answer(x: &mut Exchange, group: &str, version: &str, plural: &str, namespace: &str) -> Result<(), Status> {
    if version != "v1" || x.request.verb != Verb::Create {
        return Err(nothing_there());
    }
    let body = x.request.body.clone();
    let (kind, status) = match (group, plural) {
        ("authentication.k8s.io", "selfsubjectreviews") => ("SelfSubjectReview", map! {"userInfo": user_info(&x.request.user)}),
        ("authorization.k8s.io", "selfsubjectaccessreviews") => ("SelfSubjectAccessReview", verdict(&x.request.user)),
        ("authorization.k8s.io", "subjectaccessreviews") => ("SubjectAccessReview", verdict(&asked_for(&body))),
        ("authorization.k8s.io", "localsubjectaccessreviews") => ("LocalSubjectAccessReview", verdict(&asked_for(&body))),
        ("authorization.k8s.io", "selfsubjectrulesreviews") => ("SelfSubjectRulesReview", rules(&x.request.user)),
        _ => return Err(nothing_there()),
    };
    let mut meta = map! {};
    if !namespace.is_empty() {
        meta.set(&["namespace"], namespace);
    }
    if kind == "SelfSubjectReview" {
        meta.set(&["creationTimestamp"], x.now.rfc3339());
    }
    let mut tree = map! {"apiVersion": format!("{group}/v1"), "kind": kind, "metadata": meta, "status": status};
    if !body.get("spec").is_null() {
        tree.set(&["spec"], body.get("spec"));
    }
    x.answer(201, tree);
    Ok(())
}

fn asked_for(body: &Tree) -> User {
    let spec = body.get("spec");
    let groups = spec.get("groups").items().iter().filter_map(|group| group.as_text().cloned()).collect();
    // Nobody at all is not the administrator.
    let name = if spec.get("user").is_empty() { Text::new_static("system:anonymous") } else { spec.get("user").text().into() };
    User { name, groups }
}

fn verdict(user: &User) -> Tree {
    map! {"allowed": may_do_anything(user)}
}

fn user_info(user: &User) -> Tree {
    // Our own terminal asks without a name; a client with the administrator's certificate has both of its words.
    let certified = user.name == "kubernetes-admin" && user.groups.iter().any(|group| group == "system:masters");
    let admin = user.name.is_empty() || certified;
    let name = if admin { Text::new_static("kubernetes-admin") } else { user.name.clone() };
    let mut groups: Vec<Tree> = user.groups.iter().map(Tree::from).collect();
    if admin && groups.is_empty() {
        groups.push(Tree::from("system:masters"));
    }
    if !groups.iter().any(|group| group.text() == "system:authenticated") {
        groups.push(Tree::from("system:authenticated"));
    }
    let mut info = map! {"username": name, "groups": groups};
    if admin {
        // Who shows a client certificate is known by its fingerprint too.
        info.set(&["extra", "authentication.kubernetes.io/credential-id"], list![CREDENTIAL]);
    }
    info
}

/// The fingerprint of the administrator's certificate. The tank has no real keys: it only stands for one.
const CREDENTIAL: &str = "X509SHA256=b06fba3370e190905f89dc747c75a508ef373eaa4c2711c086d66209367d6cfa";

fn rules(user: &User) -> Tree {
    let own = |group: &str, plural: &str| map! {"apiGroups": list![group], "resources": list![plural], "verbs": list!["create"]};
    let mut all = vec![
        own("authentication.k8s.io", "selfsubjectreviews"),
        own("authorization.k8s.io", "selfsubjectaccessreviews"),
        own("authorization.k8s.io", "selfsubjectrulesreviews"),
    ];
    let mut paths = Vec::new();
    if may_do_anything(user) {
        all.insert(0, map! {"apiGroups": list!["*"], "resources": list!["*"], "verbs": list!["*"]});
        paths.push(map! {"nonResourceURLs": list!["*"], "verbs": list!["*"]});
    }
    map! {"resourceRules": all, "nonResourceRules": paths, "incomplete": false}
}
