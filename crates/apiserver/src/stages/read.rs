//! Answers get, list and watch from what is applied.
use crate::exchange::Exchange;
use crate::{list, render, scale, watch};
use objects::Status;
use objects::wire::{Body, Response, Verb};

/// Ends the walk of reads; lets writes and connections pass.
pub(crate) fn read(x: &mut Exchange) -> Result<(), Status> {
    if !x.part.is_empty() && !matches!(x.part.as_str(), "status" | "scale" | "ephemeralcontainers" | "resize") {
        return Ok(());
    }
    match x.request.verb {
        Verb::Get => get(x),
        Verb::List => {
            let tree = list::list(&x.server.store, x.now, x.kind, &x.namespace, x.request)?;
            x.answer(200, tree);
            Ok(())
        }
        Verb::Watch => {
            let cursor = watch::start(&x.server.store, x.kind, &x.namespace, &x.name, x.request)?;
            let warnings = std::mem::take(&mut x.warnings);
            let response = Response { code: 200, body: Body::Watch(Box::new(cursor)), warnings };
            x.answer = Some(crate::Outcome::Now(response));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn get(x: &mut Exchange) -> Result<(), Status> {
    let Some(kept) = x.server.store.applied().get(&x.key()).cloned() else {
        return Err(x.not_found());
    };
    let tree =
        if x.part == "scale" { scale::of(&kept) } else { render::one(x.now, &kept, x.request.accept, &x.request.options.include_object) };
    x.answer(200, tree);
    Ok(())
}
