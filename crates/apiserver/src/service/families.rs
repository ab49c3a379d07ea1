//! Which IP families a Service has, on a cluster that has only IPv4 (upstream `initIPFamilyFields`).
use super::{invalid, is_external_name, kind};
use crate::exchange::Exchange;
use crate::validate;
use objects::{FieldError, Status, Tree, list};

const OURS: &str = "IPv4";
const OTHER: &str = "IPv6";

/// Fills in policy and families. Says whether addresses are still to be given.
pub(super) fn settle(x: &mut Exchange, old: Option<&Tree>) -> Result<bool, Status> {
    if is_external_name(&x.new) {
        return Ok(false);
    }
    if old.is_some_and(|old| prefers_dual_as_before(&x.new, old)) {
        return Ok(false);
    }
    if x.new.at(&["spec", "ipFamilyPolicy"]).is_null() {
        let before = old.map_or(&Tree::Null, |old| old.at(&["spec", "ipFamilyPolicy"]));
        let policy = match before {
            Tree::Null if without_anything(&x.new) => Tree::from("RequireDualStack"),
            Tree::Null => Tree::from("SingleStack"),
            before => before.clone(),
        };
        x.new.set(&["spec", "ipFamilyPolicy"], policy);
    }
    invalid(x, validate::cluster_ips(x.new.get("spec")))?;
    if let Some(old) = old {
        reduced(x, old)?;
    }
    agree(x)?;
    infer(x)?;
    if without_anything(&x.new) {
        both(x);
        return Ok(false);
    }
    configured(x)?;
    if x.new.at(&["spec", "ipFamilies"]).is_empty() {
        x.new.set(&["spec", "ipFamilies"], list![OURS]);
    }
    Ok(true)
}

/// Headless and without a selector: nothing is known of its endpoints.
fn without_anything(tree: &Tree) -> bool {
    tree.at(&["spec", "clusterIP"]).text() == "None" && tree.at(&["spec", "selector"]).is_empty()
}

/// A Service that prefers two families is not changed by the way when the cluster was.
fn prefers_dual_as_before(new: &Tree, old: &Tree) -> bool {
    let prefers = |tree: &Tree| tree.at(&["spec", "ipFamilyPolicy"]).text() == "PreferDualStack";
    let unsaid = old.at(&["spec", "ipFamilyPolicy"]).is_null();
    let same = |key: &str| new.at(&["spec", key]).items() == old.at(&["spec", key]).items();
    kind(new) == kind(old) && prefers(new) && (prefers(old) || unsaid) && same("clusterIPs") && same("ipFamilies")
}

fn policy(x: &Exchange) -> Tree {
    x.new.at(&["spec", "ipFamilyPolicy"]).clone()
}

/// An update to one stack gives the second address and family up; without that policy it may not.
fn reduced(x: &mut Exchange, old: &Tree) -> Result<(), Status> {
    let policy = policy(x);
    let mut errors = Vec::new();
    for (key, what) in [("clusterIPs", "cluster IP"), ("ipFamilies", "IP family")] {
        let (now, before) = (x.new.at(&["spec", key]).items(), old.at(&["spec", key]).items());
        if policy.text() == "SingleStack" {
            if now == before && now.len() > 1 {
                let first = list![&now[0]];
                x.new.set(&["spec", key], first);
            }
        } else if !now.is_empty() && now.len() < before.len() {
            let why = format!("must be 'SingleStack' to release the secondary {what}");
            errors.push(FieldError::invalid("spec.ipFamilyPolicy", &policy, &why));
        }
    }
    invalid(x, errors)
}

fn agree(x: &Exchange) -> Result<(), Status> {
    let policy = policy(x);
    let mut errors = Vec::new();
    for (key, what) in [("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")] {
        if policy.text() == "SingleStack" && x.new.at(&["spec", key]).items().len() == 2 {
            let why = format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified");
            errors.push(FieldError::invalid("spec.ipFamilyPolicy", &policy, &why));
        }
    }
    invalid(x, errors)
}

/// Families that were left out are those of the addresses.
fn infer(x: &mut Exchange) -> Result<(), Status> {
    let all = x.new.at(&["spec", "clusterIPs"]).clone();
    let mut families = x.new.at(&["spec", "ipFamilies"]).items().to_vec();
    let mut errors = Vec::new();
    for (at, address) in all.items().iter().enumerate().skip(families.len()) {
        if address.text() == "None" {
            break;
        }
        if validate::is_six(address.text()) {
            errors.push(FieldError::invalid(format!("spec.clusterIPs[{at}]"), &all, &format!("{OTHER} is not configured on this cluster")));
        } else {
            families.push(Tree::from(OURS));
        }
    }
    invalid(x, errors)?;
    if !families.is_empty() {
        x.new.set(&["spec", "ipFamilies"], families);
    }
    Ok(())
}

/// Without selector and address both families are possible, unless one is asked for.
fn both(x: &mut Exchange) {
    let single = policy(x).text() == "SingleStack";
    let families = x.new.edit(&["spec", "ipFamilies"]).list_mut();
    if families.is_empty() {
        families.push(Tree::from(OURS));
    }
    if families.len() < 2 && !single {
        let other = if families[0].text() == OURS { OTHER } else { OURS };
        families.push(Tree::from(other));
    }
}

fn configured(x: &Exchange) -> Result<(), Status> {
    let policy = policy(x);
    let mut errors = Vec::new();
    if policy.text() == "RequireDualStack" {
        errors.push(FieldError::invalid("spec.ipFamilyPolicy", &policy, "this cluster is not configured for dual-stack services"));
    }
    for (at, family) in x.new.at(&["spec", "ipFamilies"]).items().iter().enumerate() {
        if family.text() != OURS {
            errors.push(FieldError::invalid(format!("spec.ipFamilies[{at}]"), family, "not configured on this cluster"));
        }
    }
    invalid(x, errors)
}
