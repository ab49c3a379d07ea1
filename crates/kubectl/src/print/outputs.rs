//! `-o`: which form an object is printed in.
use super::custom_columns::Columns;
use super::go_template::Template;
use super::json;
use crate::args::{Args, Flag, Takes, flag};
use crate::client::Info;
use crate::job::{Io, Stop};
use objects::{Tree, jsonpath};

/// The print flags of commands that change something.
pub static FLAGS: &[Flag] = &[
    flag(
        "output",
        'o',
        Takes::Text,
        "",
        "Output format. One of: (json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file).",
    ),
    flag(
        "show-managed-fields",
        '\0',
        Takes::Bool,
        "false",
        "If true, keep the managedFields when printing objects in JSON or YAML format.",
    ),
    flag("template", '\0', Takes::Text, "", "Template string or path to template file to use when -o=go-template, -o=go-template-file."),
    flag(
        "allow-missing-template-keys",
        '\0',
        Takes::Bool,
        "true",
        "If true, ignore any errors in templates when a field or map key is missing in the template.",
    ),
];

/// The print flags that every command with `-o` takes, whatever stands in its own table (cli-runtime `PrintFlags`).
pub fn beside(path: &str, own: &'static [Flag]) -> &'static [Flag] {
    let plain = ["delete", "explain", "top", "version", "config get-contexts", "apply view-last-applied"];
    let prints = own.iter().any(|flag| flag.name == "output") && !plain.iter().any(|name| path.starts_with(name));
    if prints { &FLAGS[1..] } else { &[] }
}

/// A chosen form.
#[derive(Clone, Debug)]
pub enum Output {
    /// Words for people: a table, or what was done.
    Human,
    Wide,
    Name,
    Json,
    Yaml,
    Kyaml,
    JsonPath {
        text: String,
        template: jsonpath::Template,
        as_json: bool,
        strict: bool,
    },
    Columns(Columns, bool),
    GoTemplate {
        text: String,
        template: Template,
        strict: bool,
    },
}

impl Output {
    /// Reads `-o` (and `--template`).
    pub fn read(args: &Args, io: &Io) -> Result<Output, Stop> {
        // A template without a form is a Go template.
        let text = if args.text("output").is_empty() && !args.text("template").is_empty() { "go-template" } else { args.text("output") };
        let (form, rest) = text.split_once('=').map_or((text, None), |(form, rest)| (form, Some(rest)));
        let template = || match rest {
            Some(rest) => rest.to_string(),
            None => args.text("template").to_string(),
        };
        let file = |what: &str| -> Result<String, Stop> {
            let name = template();
            io.session
                .file(&name)
                .map(str::to_string)
                .ok_or_else(|| Stop::error(format!("error reading {what} {name}, open {name}: no such file or directory")))
        };
        let strict = args.given("allow-missing-template-keys") && !args.is("allow-missing-template-keys");
        let path = |text: String, as_json| match text.is_empty() {
            true => Err(Stop::error("template format specified but no template given")),
            false => jsonpath::Template::parse(&text)
                .map(|template| Output::JsonPath { text: text.clone(), template, as_json, strict })
                .map_err(|why| Stop::error(format!("error parsing jsonpath {text}, {why}"))),
        };
        let go = |text: String| match Template::parse(&text) {
            Ok(template) => Ok(Output::GoTemplate { text, template, strict }),
            Err(why) => Err(Stop::error(format!("error parsing template {text}, {why}"))),
        };
        match form {
            "" => Ok(Output::Human),
            "wide" if args.path == "get" => Ok(Output::Wide),
            "name" => Ok(Output::Name),
            "json" => Ok(Output::Json),
            "yaml" => Ok(Output::Yaml),
            "kyaml" => Ok(Output::Kyaml),
            "jsonpath" => path(template(), false),
            "jsonpath-as-json" => path(template(), true),
            "jsonpath-file" => path(file("--template")?, false),
            "custom-columns" if args.path == "get" => {
                Columns::read(&template()).map(|columns| Output::Columns(columns, !args.is("no-headers")))
            }
            "custom-columns-file" if args.path == "get" => {
                if template().is_empty() {
                    return Err(Stop::error("custom-columns format specified but no custom columns given"));
                }
                let text = file("template")?;
                let mut lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
                let (heads, paths) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
                if heads.len() != paths.len() {
                    let (heads, paths) = (heads.len(), paths.len());
                    return Err(Stop::error(format!("number of headers ({heads}) and field specifications ({paths}) don't match")));
                }
                let spec: Vec<String> = heads.iter().zip(paths).map(|(head, path)| format!("{head}:{path}")).collect();
                Columns::read(&spec.join(",")).map(|columns| Output::Columns(columns, !args.is("no-headers")))
            }
            "go-template" | "template" if template().is_empty() => Err(Stop::error("template format specified but no template given")),
            "go-template" | "template" => go(template()),
            "go-template-file" | "templatefile" => go(file("--template")?),
            _ => Err(Stop::error(format!(
                "unable to match a printer suitable for the output format \"{text}\", allowed formats are: {}",
                allowed(&args.path)
            ))),
        }
    }

    /// Whether it wants whole objects and not a table.
    pub fn is_machine(&self) -> bool {
        !matches!(self, Output::Human | Output::Wide)
    }

    /// Prints one object (or a List). `noun` is `deployment.apps`, for `name`.
    pub fn print(&self, io: &mut Io, tree: &Tree, noun: &str) -> Result<(), Stop> {
        let text = match self {
            Output::Human | Output::Wide => String::new(),
            Output::Name => format!("{noun}/{}\n", tree.at(&["metadata", "name"]).text()),
            Output::Json => json::pretty(tree),
            Output::Yaml => super::yaml(tree),
            Output::Kyaml => super::kyaml::document(tree),
            Output::JsonPath { text, template, as_json: true, strict } => {
                let found = template.find(tree, *strict).map_err(|why| path_error(text, &why, tree))?;
                json::pretty(&Tree::from(found))
            }
            Output::JsonPath { text, template, strict, .. } => {
                template.render(tree, *strict).map_err(|why| path_error(text, &why, tree))?
            }
            Output::Columns(columns, headers) => {
                let list = tree.get("items");
                let one = [tree.clone()];
                columns.render(if matches!(list, Tree::List(_)) { list.items() } else { &one }, *headers)
            }
            Output::GoTemplate { text, template, strict } => match template.render(tree, *strict) {
                Ok(printed) => printed,
                Err((before, why)) => {
                    io.out(format!("{before}{}", template_dump(text, &why, tree)));
                    return Err(Stop::error(format!("error executing template {text:?}: {why}")));
                }
            },
        };
        io.out(text);
        match self {
            Output::Columns(columns, _) => columns.broken().map_or(Ok(()), |why| Err(Stop::error(why))),
            _ => Ok(()),
        }
    }
}

/// An expression that does not fit the object, with both for whoever has to debug it.
fn path_error(text: &str, why: &str, tree: &Tree) -> Stop {
    Stop::error(format!(
        "error executing jsonpath {text:?}: Error executing template: {why}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{text}\n\tobject given to jsonpath engine was:\n\t\t{}\n\n\n",
        go_syntax(tree)
    ))
}

/// What upstream prints where a Go template fails: the template and the object.
fn template_dump(text: &str, why: &str, tree: &Tree) -> String {
    let head =
        format!("Error executing template: {why}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{text}\n");
    let (raw, object) = (tree.to_json(), super::jsonpath_out::text(tree));
    format!("{head}\traw data was:\n\t\t{raw}\n\tobject given to template engine was:\n\t\t{object}\n\n")
}

/// A value as Go's `%#v` prints it.
fn go_syntax(tree: &Tree) -> String {
    match tree {
        Tree::Null => "interface {}(nil)".to_string(),
        Tree::Map(map) => {
            let pairs: Vec<String> = map.iter().map(|(key, value)| format!("{key:?}:{}", go_syntax(value))).collect();
            format!("map[string]interface {{}}{{{}}}", pairs.join(", "))
        }
        Tree::List(_) => format!("[]interface {{}}{{{}}}", tree.items().iter().map(go_syntax).collect::<Vec<_>>().join(", ")),
        other => other.to_json(),
    }
}

/// The forms that a command knows, apart by commas.
pub fn allowed(path: &str) -> &'static str {
    if path == "get" {
        "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml"
    } else {
        "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml"
    }
}

/// An object without `metadata.managedFields`, unless they are asked for.
pub fn without_managed_fields(args: &Args, tree: &Tree) -> Tree {
    let mut tree = tree.clone();
    if !args.is("show-managed-fields") {
        tree.remove(&["metadata", "managedFields"]);
        if !tree.get("items").items().is_empty() {
            for item in tree.edit(&["items"]).list_mut() {
                item.remove(&["metadata", "managedFields"]);
            }
        }
    }
    tree
}

/// Like `object`, for one that kubectl built by itself: as JSON, its keys then stand in the order of Go's structs.
pub fn built(args: &Args, io: &mut Io, info: &Info, done: &str) -> Result<(), Stop> {
    if let Output::Json = Output::read(args, io)? {
        io.out(json::declared(&without_managed_fields(args, &info.tree)));
        return Ok(());
    }
    object(args, io, info, done)
}

/// Prints what was done to one object: `deployment.apps/web configured`, or the object in the form of `-o`.
/// `(dry run)` and `(server dry run)` are added by `--dry-run`.
pub fn object(args: &Args, io: &mut Io, info: &Info, done: &str) -> Result<(), Stop> {
    let output = Output::read(args, io)?;
    if output.is_machine() {
        return output.print(io, &without_managed_fields(args, &info.tree), &info.served.noun());
    }
    let dry = match args.text("dry-run") {
        "client" | "unchanged" => " (dry run)",
        "server" => " (server dry run)",
        _ => "",
    };
    io.out(format!("{} {done}{dry}\n", info.slash()));
    Ok(())
}

/// `--dry-run`: none, client or server.
pub fn dry_run(args: &Args) -> Result<&str, Stop> {
    match args.text("dry-run") {
        "" | "none" | "false" => Ok("none"),
        "client" | "server" => Ok(args.text("dry-run")),
        "unchanged" => Ok("client"),
        other => Err(Stop::error(format!("Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."))),
    }
}
