//! Makes the object that is to be stored out of the body: as it is, as an update, or as a patch of what stands there.
use crate::exchange::Exchange;
use crate::{patch, scale};
use objects::wire::{PatchKind, Resource, Verb};
use objects::{Status, Tree, kinds};

/// Fills `old` and `new`. Parts that are made of something else (binding, eviction, scale, token) have their own files.
pub(crate) fn build(x: &mut Exchange) -> Result<(), Status> {
    if matches!(x.request.verb, Verb::Create) && !x.part.is_empty() {
        return crate::parts::create(x);
    }
    if x.part == "scale" {
        return scale::write(x);
    }
    match x.request.verb {
        Verb::Create => create(x),
        Verb::Update => update(x),
        Verb::Patch(kind) => patched(x, kind),
        _ => Err(Status::method_not_allowed("the server does not allow this method on the requested resource")),
    }
}

fn create(x: &mut Exchange) -> Result<(), Status> {
    x.new = x.request.body.clone();
    x.creates = true;
    is_of_kind(x)?;
    same_namespace(x)?;
    x.name = x.new.at(&["metadata", "name"]).as_text().cloned().unwrap_or_default();
    Ok(())
}

fn update(x: &mut Exchange) -> Result<(), Status> {
    x.new = x.request.body.clone();
    is_of_kind(x)?;
    let name = x.new.at(&["metadata", "name"]).text();
    if name.is_empty() {
        return Err(Status::bad_request("name must be provided"));
    }
    if name != x.name {
        let words = format!("the name of the object ({name}) does not match the name on the URL ({})", x.name);
        return Err(Status::bad_request(words));
    }
    same_namespace(x)?;
    x.old = x.server.store.tail().get(&x.key()).cloned();
    if x.old.is_none() {
        // Upstream lets an update create these two, because their writers know the name beforehand.
        if (x.kind == kinds::LEASE || x.kind == kinds::EVENT) && x.new.at(&["metadata", "resourceVersion"]).text().is_empty() {
            x.creates = true;
            return Ok(());
        }
        return Err(x.not_found());
    }
    Ok(())
}

fn patched(x: &mut Exchange, kind: PatchKind) -> Result<(), Status> {
    let key = x.key();
    x.old = x.server.store.tail().get(&key).cloned();
    if let PatchKind::Apply = kind {
        return crate::apply::apply(x);
    }
    let Some(old) = &x.old else { return Err(x.not_found()) };
    let definition = objects::schema::of_kind(x.kind);
    x.new = match kind {
        PatchKind::Json => patch::json(&old.tree, &x.request.body)?,
        PatchKind::Merge => {
            let object = is_object(&x.request.body);
            let object = object.map_err(|status| Status::bad_request(format!("error decoding patch: {}", status.message)))?;
            patch::merge(&old.tree, object)
        }
        PatchKind::Strategic => patch::strategic(&old.tree, is_object(&x.request.body)?, definition)?,
        PatchKind::Apply => unreachable!("handled above"),
    };
    let name = x.new.at(&["metadata", "name"]).text();
    if name != x.name {
        let words = format!("the name of the object ({name}) does not match the name on the URL ({})", x.name);
        return Err(Status::bad_request(words));
    }
    Ok(())
}

/// A patch of these two kinds is a map; anything else fails as Go's decoder does.
fn is_object(body: &Tree) -> Result<&Tree, Status> {
    let found = match body {
        Tree::Map(_) => return Ok(body),
        Tree::Text(_) => "string",
        Tree::List(_) => "array",
        Tree::Bool(_) => "bool",
        Tree::Int(_) | Tree::Float(_) => "number",
        Tree::Null => return Err(Status::bad_request("unexpected end of JSON input")),
    };
    Err(Status::bad_request(format!("json: cannot unmarshal {found} into Go value of type map[string]interface {{}}")))
}

fn is_of_kind(x: &mut Exchange) -> Result<(), Status> {
    let row = x.row();
    if let Resource::Kind(_) = target_resource(x) {
        // Our own components leave the names of their own kind out.
        if x.new.get("kind").is_null() {
            return Ok(());
        }
    }
    let (kind, version) = (x.new.get("kind").text(), x.new.get("apiVersion").text());
    let expected = row.api_version();
    if kind == row.kind && (version == expected || version.is_empty()) {
        return Ok(());
    }
    if kind.is_empty() {
        x.new.set(&["kind"], row.kind);
        return Ok(());
    }
    if kind == row.kind || kinds::by_kind(version, kind).is_some() {
        return Err(Status::bad_request(if kind == row.kind {
            format!("the API version in the data ({version}) does not match the expected API version ({expected})")
        } else {
            format!(
                "{kind} in version \"{}\" cannot be handled as a {}: converting (v1.{kind}) to (v1.{}): unknown conversion",
                version.rsplit('/').next().unwrap_or(""),
                row.kind,
                row.kind
            )
        }));
    }
    Err(Status::bad_request(format!(
        "{kind} in version \"{}\" cannot be handled as a {}: no kind \"{kind}\" is registered for version \"{version}\" in scheme \"pkg/runtime/scheme.go:111\"",
        version.rsplit('/').next().unwrap_or(""),
        row.kind
    )))
}

fn target_resource<'a>(x: &Exchange<'a>) -> &'a Resource {
    match &x.request.target {
        objects::wire::Target::Resource { resource, .. } => resource,
        objects::wire::Target::Path(_) => unreachable!("paths end in the route stage"),
    }
}

fn same_namespace(x: &Exchange) -> Result<(), Status> {
    let given = x.new.at(&["metadata", "namespace"]).text();
    if given.is_empty() || given == x.namespace {
        return Ok(());
    }
    if !x.row().namespaced {
        return Ok(());
    }
    Err(Status::bad_request("the namespace of the provided object does not match the namespace sent on the request"))
}
