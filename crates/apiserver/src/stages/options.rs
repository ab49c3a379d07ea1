//! Refuses what the options of a write do not allow, before anything is done (apimachinery `validation.ValidateCreateOptions` and its like).
use crate::exchange::Exchange;
use objects::wire::{PatchKind, Verb};
use objects::{FieldError, Status, Tree, list};

/// Reads pass: their options are their own.
pub(crate) fn options(x: &mut Exchange) -> Result<(), Status> {
    let kind = match x.request.verb {
        _ if !x.foreign => return Ok(()),
        Verb::Create => "CreateOptions",
        Verb::Update => "UpdateOptions",
        Verb::Patch(_) => "PatchOptions",
        Verb::Delete | Verb::DeleteCollection => "DeleteOptions",
        Verb::Get | Verb::List | Verb::Watch => return Ok(()),
    };
    let options = &x.request.options;
    let mut errors = Vec::new();
    if options.force && x.request.verb != Verb::Patch(PatchKind::Apply) {
        errors.push(FieldError::forbidden("force", "may not be specified for non-apply patch"));
    }
    if !matches!(options.dry_run.as_str(), "" | "All") {
        errors.push(FieldError::not_supported("dryRun", &list![options.dry_run.as_str()], &["All"]));
    }
    if kind != "DeleteOptions" && !matches!(options.field_validation.as_str(), "" | "Ignore" | "Strict" | "Warn") {
        let given = Tree::from(options.field_validation.as_str());
        errors.push(FieldError::not_supported("fieldValidation", &given, &["", "Ignore", "Strict", "Warn"]));
    }
    if errors.is_empty() { Ok(()) } else { Err(Status::invalid(&format!("{kind}.meta.k8s.io"), "", &errors)) }
}
