//! What is created under an object: a Pod's binding, its eviction, a service account's token.
use crate::exchange::Exchange;
use crate::store::Write;
use objects::{Status, Tree, kinds, list, map};

/// Answers a creation of a subresource.
pub(crate) fn create(x: &mut Exchange) -> Result<(), Status> {
    match x.part.as_str() {
        "binding" => bind(x),
        "eviction" => evict(x),
        "token" => token(x),
        _ => Err(Status::method_not_allowed("the server does not allow this method on the requested resource")),
    }
}

/// Sets the node of a Pod, once (upstream `BindingREST.setPodNodeAndMetadata`).
fn bind(x: &mut Exchange) -> Result<(), Status> {
    let target = x.request.body.get("target");
    let node = target.get("name").as_text().cloned().unwrap_or_default();
    if node.is_empty() {
        let error = objects::FieldError::required("target.name", "");
        return Err(Status::invalid("Binding", &x.name, &[error]));
    }
    let Some(old) = x.server.store.tail().get(&x.key()).cloned() else { return Err(x.not_found()) };
    let conflict = |why: String| Err(Status::conflict("pods/binding", &x.name, &why));
    let uid = x.request.body.at(&["metadata", "uid"]).text();
    if !uid.is_empty() && uid != old.uid() {
        return conflict(format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", old.uid()));
    }
    if old.is_deleting() {
        return conflict(format!("pod {} is being deleted, cannot be assigned to a host", x.name));
    }
    let taken = old.spec().get("nodeName").text();
    if !taken.is_empty() {
        return conflict(format!("pod {} is already assigned to node \"{taken}\"", x.name));
    }
    if !old.spec().get("schedulingGates").is_empty() {
        return conflict(format!("pod {} has non-empty .spec.schedulingGates", x.name));
    }
    let mut tree = old.tree.clone();
    tree.set(&["spec", "nodeName"], &node);
    // A promise of a node is done with.
    tree.remove(&["status", "nominatedNodeName"]);
    let condition = map! {
        "lastProbeTime": Tree::Null, "lastTransitionTime": x.now.rfc3339(), "observedGeneration": old.generation(),
        "status": "True", "type": "PodScheduled",
    };
    let conditions = tree.edit(&["status", "conditions"]).list_mut();
    match conditions.iter_mut().find(|found| found.get("type").text() == "PodScheduled") {
        Some(found) => *found = condition,
        None => conditions.push(condition),
    }
    let revision = x.append("bind", Write::Put { key: old.key.clone(), tree });
    let answer = map! {"apiVersion": "v1", "code": 201, "kind": "Status", "metadata": map! {}, "status": "Success"};
    x.answer_when(revision, 201, answer);
    Ok(())
}

/// Deletes a Pod by way of its eviction, which its conditions tell of first (upstream `addConditionAndDeletePod`).
/// gap: disruption budgets are not served yet, so nothing holds an eviction back.
fn evict(x: &mut Exchange) -> Result<(), Status> {
    let Some(old) = x.server.store.tail().get(&x.key()).cloned() else { return Err(x.not_found()) };
    let dry = x.dry_run() || x.request.body.at(&["deleteOptions", "dryRun"]).items().iter().any(|item| item.text() == "All");
    let known = |it: &Tree| it.get("type").text() == "DisruptionTarget" && it.get("reason").text() == "EvictionByEvictionAPI";
    if !dry && !old.status().get("conditions").items().iter().any(known) {
        let condition = map! {
            "type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting",
            "lastProbeTime": Tree::Null, "lastTransitionTime": x.now.rfc3339(), "observedGeneration": old.generation(),
        };
        let mut tree = old.tree.clone();
        let conditions = tree.edit(&["status", "conditions"]).list_mut();
        conditions.retain(|it| it.get("type").text() != "DisruptionTarget");
        conditions.push(condition);
        x.append("evict", Write::Put { key: old.key.clone(), tree });
    }
    let mut request = x.request.clone();
    request.verb = objects::wire::Verb::Delete;
    request.body = x.request.body.get("deleteOptions").clone();
    if let objects::wire::Target::Resource { subresource, .. } = &mut request.target {
        *subresource = objects::Text::default();
    }
    let success = map! {"apiVersion": "v1", "code": 201, "kind": "Status", "metadata": map! {}, "status": "Success"};
    x.answer = Some(match x.server.handle(x.now, &request) {
        crate::Outcome::When { revision, mut response } => {
            (response.code, response.body) = (201, objects::wire::Body::Tree(success));
            crate::Outcome::When { revision, response }
        }
        crate::Outcome::Now(mut response) if response.is_ok() => {
            (response.code, response.body) = (201, objects::wire::Body::Tree(success));
            crate::Outcome::Now(response)
        }
        other => other,
    });
    Ok(())
}

/// Issues a token: a word that stands for one, since nobody checks signatures in here.
fn token(x: &mut Exchange) -> Result<(), Status> {
    if x.kind != kinds::SERVICE_ACCOUNT || x.server.store.tail().get(&x.key()).is_none() {
        return Err(x.not_found());
    }
    let spec = x.request.body.get("spec");
    let seconds = spec.get("expirationSeconds").int_or(3600);
    if seconds < 600 {
        let error =
            objects::FieldError::invalid("spec.expirationSeconds", &Tree::Int(seconds), "may not specify a duration less than 10 minutes");
        return Err(Status::invalid("TokenRequest.authentication.k8s.io", "", &[error]));
    }
    let expires = x.now + simcore::Duration::secs(seconds as u64);
    let word = format!("simulated.{}.{}.{:08x}", x.namespace, x.name, x.server.rng.draw());
    let answer = map! {
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "metadata": map! {"name": &x.name, "namespace": &x.namespace, "creationTimestamp": x.now.rfc3339()},
        "spec": map! {"audiences": list!["https://kubernetes.default.svc.cluster.local"], "boundObjectRef": Tree::Null, "expirationSeconds": seconds},
        "status": map! {"token": word, "expirationTimestamp": expires.rfc3339()},
    };
    x.answer(201, answer);
    Ok(())
}
