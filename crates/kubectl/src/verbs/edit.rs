//! `kubectl edit`: an object as YAML in the learner's editor, and what changed sent as a patch.
use crate::args::{Args, Takes, flag};
use crate::client::{self, Info};
use crate::job::{Io, Stop};
use crate::patch;
use crate::print;
use crate::verbs::Verb;
use objects::Tree;
use objects::wire::{PatchKind, Response, Verb as Ask};

pub static VERB: Verb = Verb {
    name: "edit",
    aliases: &[],
    short: "Edit a resource on the server",
    usage: "kubectl edit (RESOURCE/NAME | -f FILENAME) [options]",
    examples: "  # The Service named \"registry\"\n  kubectl edit svc/registry\n\n  # With another editor\n  KUBE_EDITOR='sed -i s/v1/v2/' kubectl edit deploy/web\n",
    flags: &[
        flag("field-manager", '\0', Takes::Text, "kubectl-edit", "Name of the manager used to track field ownership."),
        flag("filename", 'f', Takes::List, "", "File, folder or - with the objects to edit"),
        flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory."),
        flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …)."),
        flag("output-patch", '\0', Takes::Bool, "false", "Output the patch if the resource is edited."),
        flag("recursive", 'R', Takes::Bool, "false", "Read the folders of -f with all that is below them."),
        flag("subresource", '\0', Takes::Text, "", "If specified, edit will operate on the subresource of the requested object."),
        flag("validate", '\0', Takes::Optional("strict"), "strict", "Must be one of: strict (or true), warn, ignore (or false)."),
    ],
    subs: &[],
    run,
};

const HEADER: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n";

/// gap: upstream opens several objects as one List; here they are opened one after the other.
fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if args.words.is_empty() && args.list("filename").is_empty() {
        return Err(Stop::error(client::NOTHING_NAMED));
    }
    let found = client::objects(args, io, &args.words)?;
    if found.infos.is_empty() && found.failures.is_empty() {
        return Err(Stop::error("edit cancelled, no objects found"));
    }
    if let Some(words) = found.failures.first() {
        return Err(Stop::plain(words.as_str()));
    }
    for info in &found.infos {
        one(args, io, info)?;
    }
    Ok(0)
}

/// What one round of editing was told about the round before.
struct Round {
    reasons: String,
    /// The text of the last round, when it could not be saved.
    kept: Option<String>,
}

fn one(args: &Args, io: &mut Io, info: &Info) -> Result<(), Stop> {
    let mut shown = info.tree.clone();
    shown.remove(&["metadata", "managedFields"]);
    let original = print::yaml(&shown);
    let file = format!("/tmp/kubectl-edit-{}.yaml", io.now().0 % 10_000_000_000);
    let mut round = Round { reasons: String::new(), kept: None };
    loop {
        let text = format!("{HEADER}{}{}", round.reasons, round.kept.as_deref().map_or(original.clone(), without_comments));
        let edited = open(io, &file, &text)?;
        if round.kept.as_deref().is_some_and(|before| same(before, &edited)) {
            io.session.set_file(&file, edited);
            io.err(format!("A copy of your changes has been stored to \"{file}\"\n"));
            return Err(Stop::error("Edit cancelled, no valid changes were saved."));
        }
        io.session.remove_file(&file);
        if same(&original, &edited) {
            io.err("Edit cancelled, no changes made.\n");
            return Ok(());
        }
        if without_comments(&edited).lines().all(|line| line.trim().is_empty() || line.trim() == "---") {
            io.err("Edit cancelled, saved file was empty.\n");
            return Ok(());
        }
        round = match save(args, io, info, &shown, &edited, &file)? {
            Some(reasons) => Round { reasons, kept: Some(edited) },
            None => return Ok(()),
        };
    }
}

/// Lets the learner edit a text: with the program that KUBE_EDITOR or EDITOR names, else in the page's editor.
fn open(io: &mut Io, file: &str, text: &str) -> Result<String, Stop> {
    let named = ["KUBE_EDITOR", "EDITOR"].iter().find_map(|name| io.session.env.get(*name)).filter(|editor| !editor.is_empty()).cloned();
    let Some(editor) = named else {
        return Ok(io.edit(file, text)?.unwrap_or_else(|| text.to_string()));
    };
    io.session.set_file(file, text);
    let code = crate::shell::line(&format!("{editor} {file}"), io)?;
    if code != 0 {
        io.session.remove_file(file);
        return Err(Stop::error(format!("there was a problem with the editor \"{editor}\"")));
    }
    Ok(io.session.file(file).unwrap_or_default().to_string())
}

/// Sends what changed. Gives the comments for another round when it could not be saved and can be mended.
fn save(args: &Args, io: &mut Io, info: &Info, before: &Tree, edited: &str, file: &str) -> Result<Option<String>, Stop> {
    let after = match objects::yaml::read(edited) {
        Ok(documents) => documents.into_iter().next().map(|document| document.tree).unwrap_or_default(),
        Err(problem) => return Ok(Some(format!("# The edited file had a syntax error: {}\n#\n", commented(&problem.message)))),
    };
    for path in [&["apiVersion"][..], &["kind"], &["metadata", "name"]] {
        if before.at(path) != after.at(path) {
            io.session.set_file(file, edited);
            io.err(format!("A copy of your changes has been stored to \"{file}\"\n"));
            return Err(Stop::error("At least one of apiVersion, kind and name was changed"));
        }
    }
    let shape = patch::type_of(&info.served.api_version(), &info.served.kind);
    let patch = patch::two_way(before, &after, shape);
    if patch.is_empty() {
        print::object(args, io, info, "skipped")?;
        return Ok(None);
    }
    if args.is("output-patch") {
        io.out(format!("Patch: {}\n", patch.to_json()));
    }
    // Custom resources have no merge keys: their lists are sent whole.
    let kind = if shape.is_some() { PatchKind::Strategic } else { PatchKind::Merge };
    let mut ask = client::request(args, Ask::Patch(kind), &info.served, &info.namespace, &info.name);
    if args.text("subresource") == "status" {
        ask = ask.subresource("status");
    }
    ask.body = patch;
    ask.options.field_manager = args.text("field-manager").to_string();
    ask.options.field_validation = match args.text("validate") {
        "warn" => "Warn",
        "ignore" | "false" => "Ignore",
        _ => "Strict",
    }
    .to_string();
    let answer = io.send(ask)?;
    if answer.is_ok() {
        print::object(args, io, &client::info(&info.served, answer.tree().clone()), "edited")?;
        return Ok(None);
    }
    refused(io, info, &answer, edited, file).map(Some)
}

/// Says what the server refused; gives the comments for another round where the text can be mended.
fn refused(io: &mut Io, info: &Info, answer: &Response, edited: &str, file: &str) -> Result<String, Stop> {
    let status = answer.tree();
    let name = format!("{} \"{}\"", info.served.resource(), info.name);
    match status.get("reason").text() {
        "Invalid" => {
            io.err(format!("error: {name} is invalid\n"));
            let causes = status.at(&["details", "causes"]).items();
            let lines =
                causes.iter().map(|cause| format!("# * {}: {}\n", cause.get("field").text(), commented(cause.get("message").text())));
            let colon = if causes.is_empty() { "" } else { ":" };
            Ok(format!("# {name} was not valid{colon}\n{}#\n", lines.collect::<String>()))
        }
        "NotFound" => {
            io.session.set_file(file, edited);
            io.err(format!(
                "error: {name} could not be found on the server\nThe edits you made on deleted resources have been saved to \"{file}\"\n"
            ));
            Err(Stop::Fail { code: 1, text: String::new() })
        }
        _ => {
            io.session.set_file(file, edited);
            let why = status.get("message").text();
            io.err(format!(
                "error: {name} could not be patched: {why}\nYou can run `kubectl replace -f {file}` to try this update again.\n"
            ));
            Err(Stop::Fail { code: 1, text: String::new() })
        }
    }
}

/// Whether two texts say the same, comments aside.
fn same(a: &str, b: &str) -> bool {
    match (objects::yaml::read(a), objects::yaml::read(b)) {
        (Ok(a), Ok(b)) => a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.tree == b.tree),
        _ => without_comments(a) == without_comments(b),
    }
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with('#')).map(|line| format!("{line}\n")).collect()
}

/// Further lines of a comment are comments too.
fn commented(text: &str) -> String {
    text.replace('\n', "\n# ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_change_nothing() {
        assert!(same("a: 1\n", "# note\na: 1\n") && !same("a: 1\n", "a: 2\n"));
    }
}
