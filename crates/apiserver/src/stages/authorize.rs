//! May this user do this? Administrators and the cluster's own components may; nobody else, for now.
use crate::exchange::Exchange;
use objects::wire::{User, Verb};
use objects::{Status, Text};

/// 403 in the words of upstream's RBAC authoriser.
pub(crate) fn authorize(x: &mut Exchange) -> Result<(), Status> {
    let user = &x.request.user;
    if may_do_anything(user) {
        return Ok(());
    }
    let row = x.row();
    let place = if !row.namespaced || x.namespace.is_empty() {
        "at the cluster scope".to_string()
    } else {
        format!("in the namespace \"{}\"", x.namespace)
    };
    let slash = if x.part.is_empty() { "" } else { "/" };
    let resource = format!("{}{slash}{}", row.plural, x.part);
    let why = format!(
        "User \"{}\" cannot {} resource \"{resource}\" in API group \"{}\" {place}",
        user.name,
        verb_word(x.request.verb),
        row.group
    );
    Err(forbidden(&row.resource(), &x.name, &why))
}

/// `pods "x" is forbidden: …`, or without the name where there is none.
pub(crate) fn forbidden(resource: &Text, name: &str, why: &str) -> Status {
    let mut status = Status::forbidden(resource, name, why);
    if name.is_empty() {
        status.message = format!("{resource} is forbidden: {why}");
    }
    status
}

/// The verb as RBAC names it.
pub(crate) fn verb_word(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "get",
        Verb::List => "list",
        Verb::Watch => "watch",
        Verb::Create => "create",
        Verb::Update => "update",
        Verb::Patch(_) => "patch",
        Verb::Delete => "delete",
        Verb::DeleteCollection => "deletecollection",
    }
}

/// Members of `system:masters`, the components of the control plane and the nodes. An unnamed user is the administrator
/// of the page itself.
pub(crate) fn may_do_anything(user: &User) -> bool {
    const COMPONENTS: [&str; 5] =
        ["system:kube-scheduler", "system:kube-controller-manager", "system:kube-proxy", "system:apiserver", "system:admin"];
    user.name.is_empty()
        || user.groups.iter().any(|group| group == "system:masters")
        || COMPONENTS.contains(&user.name.as_str())
        || ["system:node:", "system:serviceaccount:kube-system:"].iter().any(|start| user.name.starts_with(start))
        || matches!(user.name.as_str(), "kubernetes-admin" | "kubernetes-super-admin")
}
