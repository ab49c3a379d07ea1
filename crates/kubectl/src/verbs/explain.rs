//! `kubectl explain`: the fields of a kind, from the schema table, described in our own words.
use crate::args::{Args, Takes, flag};
use crate::client;
use crate::discovery::Served;
use crate::job::{Io, Stop};
use crate::verbs::Verb;
use objects::kinds;
use objects::schema::{self, Definition, Field, words};

pub static VERB: Verb = Verb {
    name: "explain",
    aliases: &[],
    short: "Get documentation for a resource",
    usage: "kubectl explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2] [options]",
    examples: "  # A kind and its fields\n  kubectl explain pods\n\n  # All the fields below\n  kubectl explain pods --recursive\n\n  # One field\n  kubectl explain pods.spec.containers\n",
    flags: &[
        flag("api-version", '\0', Takes::Text, "", "Use given api-version (group/version) of the resource."),
        flag(
            "output",
            'o',
            Takes::Text,
            "plaintext",
            "Format in which to render the schema. Valid values are: (plaintext, plaintext-openapiv2).",
        ),
        flag("recursive", 'R', Takes::Bool, "false", "When true, print the name of all the fields recursively."),
    ],
    subs: &[],
    run,
};

/// Room for text beside an indent.
const WIDTH: usize = 80;

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let [word] = &args.words[..] else {
        return Err(Stop::error(if args.words.is_empty() {
            "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources.\n"
        } else {
            "We accept only this format: explain RESOURCE"
        }));
    };
    if !["plaintext", "plaintext-openapiv2"].contains(&args.text("output")) {
        return Err(Stop::error(format!("unrecognized format: {}", args.text("output"))));
    }
    if word.starts_with('.') {
        return Err(Stop::error("invalid jsonpath syntax, first node must be field node"));
    }
    let (served, path) = locate(args, io, word)?;
    let row = kinds::by_plural(&served.group, &served.version, &served.plural);
    let Some(definition) = row.map(schema::of_kind) else {
        return Err(Stop::error(format!("couldn't find resource for \"{}, Kind={}\"", served.api_version(), served.kind)));
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match page(&served, definition, &path, args.is("recursive")) {
        Ok(text) => io.out(text),
        Err(missing) => {
            io.out(heading(&served));
            return Err(Stop::error(format!("field \"{missing}\" does not exist")));
        }
    }
    Ok(0)
}

/// Parts `pods.spec.containers` into the resource and the path; `deployments.apps.spec` names the group as well.
fn locate(args: &Args, io: &mut Io, word: &str) -> Result<(Served, Vec<String>), Stop> {
    let parts: Vec<String> = word.trim_end_matches('.').split('.').map(str::to_string).collect();
    let known = client::catalogue(args, io)?;
    let wanted = args.text("api-version");
    let fitting = |name: &str| {
        known
            .resources
            .iter()
            .find(|served| {
                served.api_version() == wanted
                    && (served.plural == name
                        || served.singular == name
                        || served.kind.eq_ignore_ascii_case(name)
                        || served.short.iter().any(|s| s == name))
            })
            .cloned()
    };
    if !wanted.is_empty() {
        let served = fitting(&parts[0].to_ascii_lowercase());
        return served.map(|served| (served, parts[1..].to_vec())).ok_or_else(|| {
            let plural = known.find(&parts[0]).map_or(parts[0].as_str(), |served| served.plural.as_str());
            // Group and version, of which the core group has no name.
            let core = if wanted.contains('/') { "" } else { "/" };
            Stop::error(format!("couldn't find resource for \"{core}{wanted}, Resource={plural}\""))
        });
    }
    if let Some(served) = known.find(&parts[0]) {
        // `deployments.apps.spec`: the longest name that is a group belongs to the resource.
        for end in (2..=parts.len()).rev() {
            if !served.group.is_empty() && parts[1..end].join(".") == served.group.as_str() {
                return Ok((served.clone(), parts[end..].to_vec()));
            }
        }
        return Ok((served.clone(), parts[1..].to_vec()));
    }
    Err(Stop::plain(format!("the server doesn't have a resource type \"{}\"", parts[0])))
}

fn heading(served: &Served) -> String {
    let group = if served.group.is_empty() { String::new() } else { format!("GROUP:      {}\n", served.group) };
    format!("{group}KIND:       {}\nVERSION:    {}\n\n", served.kind, served.version)
}

/// The whole page; the error is the name of a field that does not exist.
fn page(served: &Served, top: &'static Definition, path: &[&str], recursive: bool) -> Result<String, String> {
    let mut text = heading(served);
    let mut definition = Some(top);
    let mut field: Option<(&'static Definition, &'static Field)> = None;
    for name in path {
        // Upstream names the end of the path, whatever is missing on the way.
        let missing = || path.last().unwrap_or(name).to_string();
        let inside = definition.ok_or_else(missing)?;
        let found = inside.field(name).ok_or_else(missing)?;
        field = Some((inside, found));
        definition = found.ty.element().definition();
    }
    if let Some((_, field)) = field {
        // Upstream does not say here that it is required.
        text.push_str(&format!("FIELD: {} <{}>\n", field.name, field.ty.explained()));
        if field.values.is_empty() {
            text.push('\n');
        } else {
            let values: String = field.values.iter().map(|value| format!("    {}\n", shown(value))).collect();
            text.push_str(&format!("ENUM:\n{values}"));
        }
        text.push('\n');
    }
    text.push_str("DESCRIPTION:\n");
    let mut said: Vec<String> = Vec::new();
    said.extend(field.and_then(|(inside, field)| words::described(inside.short(), field)));
    said.extend(definition.and_then(|definition| words::definition(definition.short())).map(str::to_string));
    if said.is_empty() {
        text.push_str("    <empty>\n");
    }
    for sentence in &said {
        text.push_str(&wrapped(sentence, 4));
    }
    if !said.is_empty() {
        text.push_str("    \n");
    }
    if let Some(definition) = definition {
        text.push_str("FIELDS:\n");
        text.push_str(&if recursive { tree(definition, 1, &mut Vec::new()) } else { fields(definition) });
    }
    text.push('\n');
    Ok(text)
}

/// A value as it is listed; the empty one as two quotes.
fn shown(value: &'static str) -> &'static str {
    if value.is_empty() { "\"\"" } else { value }
}

fn required(field: &Field) -> &'static str {
    if field.required { " -required-" } else { "" }
}

fn line(field: &Field, indent: &str) -> String {
    // Of many values the first four.
    let more = if field.values.len() > 4 { ", ...." } else { "" };
    let values: Vec<&str> = field.values.iter().take(4).map(|value| shown(value)).collect();
    let choice = if values.is_empty() { String::new() } else { format!("{indent}enum: {}{more}\n", values.join(", ")) };
    format!("{indent}{}\t<{}>{}\n{choice}", field.name, field.ty.explained(), required(field))
}

/// Each field with what it is for.
fn fields(definition: &'static Definition) -> String {
    let mut text = String::new();
    for field in definition.fields {
        text.push_str(&line(field, "  "));
        text.push_str(&wrapped(&words::described(definition.short(), field).unwrap_or_else(|| "<no description>".to_string()), 4));
        text.push('\n');
    }
    text
}

/// All fields below, names and types only. A type inside itself is not opened again.
fn tree(definition: &'static Definition, level: usize, open: &mut Vec<&'static str>) -> String {
    let indent = "  ".repeat(level);
    let mut text = String::new();
    open.push(definition.name);
    for field in definition.fields {
        text.push_str(&line(field, &indent));
        if let Some(inner) = field.ty.element().definition()
            && !open.contains(&inner.name)
        {
            text.push_str(&tree(inner, level + 1, open));
        }
    }
    open.pop();
    text
}

/// Text broken at spaces, each line after `indent` spaces. Lines of its own stay lines.
fn wrapped(text: &str, indent: usize) -> String {
    text.split('\n').map(|line| wrapped_line(line, indent)).collect()
}

fn wrapped_line(text: &str, indent: usize) -> String {
    let lead = text.len() - text.trim_start().len();
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if lines[last].is_empty() {
            lines[last].push_str(word);
        } else if lines[last].chars().count() + 1 + word.chars().count() <= WIDTH - indent {
            lines[last].push(' ');
            lines[last].push_str(word);
        } else {
            lines.push(word.to_string());
        }
    }
    lines[0].insert_str(0, &" ".repeat(lead));
    lines.iter().map(|line| format!("{}{line}\n", " ".repeat(indent))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explain(kind: objects::KindId, path: &str, recursive: bool) -> Result<String, String> {
        let row = kind.row();
        let served = Served {
            group: row.group.into(),
            version: row.version.into(),
            kind: row.kind.into(),
            plural: row.plural.into(),
            ..Served::default()
        };
        let path: Vec<&str> = path.split('.').filter(|part| !part.is_empty()).collect();
        page(&served, schema::of_kind(kind), &path, recursive)
    }

    /// The frame of what a real kubectl 1.37 prints; the sentences are our own.
    #[test]
    fn a_field_shows_its_type_and_values() {
        let text = explain(kinds::POD, "spec.restartPolicy", false).unwrap();
        assert!(text.starts_with("KIND:       Pod\nVERSION:    v1\n\nFIELD: restartPolicy <string>\nENUM:\n    Always\n    Never\n    OnFailure\n\nDESCRIPTION:\n    "), "{text}");
        let text = explain(kinds::DEPLOYMENT, "spec.strategy", false).unwrap();
        assert!(
            text.starts_with(
                "GROUP:      apps\nKIND:       Deployment\nVERSION:    v1\n\nFIELD: strategy <DeploymentStrategy>\n\n\nDESCRIPTION:\n"
            ),
            "{text}"
        );
        assert!(
            text.contains("FIELDS:\n  rollingUpdate\t<RollingUpdateDeployment>\n    ")
                && text.contains("\n\n  type\t<string>\n  enum: Recreate, RollingUpdate\n    "),
            "{text}"
        );
        assert!(
            text.ends_with(" first.\n    \n    Possible enum values:\n     - `\"Recreate\"`\n     - `\"RollingUpdate\"`\n\n\n"),
            "{text}"
        );
    }

    #[test]
    fn all_the_fields_below_stand_in_steps() {
        let text = explain(kinds::DEPLOYMENT, "spec.selector", true).unwrap();
        assert!(text.contains("FIELD: selector <LabelSelector>\n\n\nDESCRIPTION:"), "{text}");
        assert!(text.ends_with("FIELDS:\n  matchExpressions\t<[]LabelSelectorRequirement>\n    key\t<string> -required-\n    operator\t<string> -required-\n    values\t<[]string>\n  matchLabels\t<map[string]string>\n\n"), "{text}");
    }

    #[test]
    fn a_field_that_is_not_there_is_named() {
        assert_eq!(explain(kinds::POD, "spec.nope", false), Err("nope".to_string()));
    }
}
