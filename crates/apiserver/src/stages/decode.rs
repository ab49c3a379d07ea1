//! Holds what came from outside against the schema: wrong types are refused, unknown fields as the client wishes.
use crate::exchange::Exchange;
use crate::patch::go_map;
use objects::decode::{Decoded, converted, decode as read};
use objects::wire::{PatchKind, Verb};
use objects::{FieldError, Status, Tree, schema};

/// 400 for a body, 422 for what a patch came to, each in its own words as upstream has them.
pub(crate) fn decode(x: &mut Exchange) -> Result<(), Status> {
    if !x.foreign || x.part == "scale" {
        return Ok(());
    }
    let definition = schema::of_kind(x.kind);
    let verb = x.request.verb;
    let found = if verb == Verb::Patch(PatchKind::Strategic) { converted(definition, &x.new) } else { read(definition, &x.new) };
    if let Some(words) = found.error() {
        return Err(refuse(x, words));
    }
    unknown_fields(x, &found)?;
    x.new = found.tree;
    Ok(())
}

fn unknown_fields(x: &mut Exchange, found: &Decoded) -> Result<(), Status> {
    match x.request.options.field_validation.as_str() {
        "Strict" => match found.strict_error() {
            Some(words) => Err(refuse(x, &words)),
            None => Ok(()),
        },
        "Ignore" => Ok(()),
        _ => {
            x.warnings.extend(found.warnings());
            Ok(())
        }
    }
}

fn refuse(x: &Exchange, words: &str) -> Status {
    let value = match x.request.verb {
        Verb::Patch(PatchKind::Strategic) => go_map(&x.request.body),
        Verb::Patch(_) => x.new.to_json(),
        _ => {
            let row = x.row();
            return Status::bad_request(format!("{0} in version \"{1}\" cannot be handled as a {0}: {words}", row.kind, row.version));
        }
    };
    Status::invalid("", "", &[FieldError::invalid("patch", &Tree::from(value), words)])
}
