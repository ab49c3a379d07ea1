//! Finds out what a request is about: which kind, namespace, object and part.
use crate::exchange::Exchange;
use objects::wire::{Resource, Target, Verb};
use objects::{Status, kinds};

/// Resolves the target. 404 in upstream's words where nothing stands at the path.
pub(crate) fn route(x: &mut Exchange) -> Result<(), Status> {
    match &x.request.target {
        Target::Path(path) => {
            let response = crate::discovery::answer(path, x.request, &x.server.absent());
            x.answer = Some(crate::Outcome::Now(response));
            Ok(())
        }
        Target::Resource { resource, namespace, name, subresource } => {
            x.kind = match resource {
                Resource::Kind(kind) => *kind,
                Resource::Named { group, version, plural } => {
                    x.foreign = true;
                    match kinds::by_plural(group, version, plural) {
                        Some(kind) if !kind.row().is_custom() || !x.server.absent().contains(&kind.row().group) => kind,
                        _ => return crate::reviews::answer(x, group, version, plural, namespace),
                    }
                }
            };
            x.warnings.extend(crate::warnings::deprecated(x.kind).map(String::from));
            let row = x.row();
            if row.namespaced {
                x.namespace = namespace.clone();
            } else if !namespace.is_empty() && x.kind != kinds::NAMESPACE {
                return Err(nothing_there());
            }
            x.name = name.clone();
            x.part = subresource.clone();
            known_part(x, row.subresources)
        }
    }
}

fn known_part(x: &Exchange, parts: &[&str]) -> Result<(), Status> {
    if !x.part.is_empty() && !parts.contains(&x.part.as_str()) {
        return Err(nothing_there());
    }
    let (named, part) = (!x.name.is_empty(), !x.part.is_empty());
    let refused = match x.request.verb {
        // They are made for whoever reads them.
        Verb::Get | Verb::List => false,
        _ if x.kind == kinds::COMPONENT_STATUS => true,
        Verb::Create => named && !part,
        // A namespace is ended by its own finalizer, so all of them at once are not.
        Verb::DeleteCollection => x.kind == kinds::NAMESPACE,
        _ => false,
    };
    if refused {
        return Err(Status::method_not_allowed(NOT_ALLOWED));
    }
    let collection = matches!(x.request.verb, Verb::List | Verb::DeleteCollection);
    if x.name.is_empty() && !collection && !matches!(x.request.verb, Verb::Create | Verb::Watch) {
        return Err(Status::method_not_allowed(NOT_ALLOWED));
    }
    Ok(())
}

const NOT_ALLOWED: &str = "the server does not allow this method on the requested resource";

/// What the server says of a resource that it does not have: details that tell nothing.
pub(crate) fn nothing_there() -> Status {
    let mut status = Status::new(404, "NotFound", "the server could not find the requested resource");
    status.details = objects::map! {};
    status
}
