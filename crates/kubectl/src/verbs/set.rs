//! `kubectl set`: small changes to a workload's template or a Service's selector.
mod env;
mod pairs;

use crate::args::{Args, Flag, Takes, flag};
use crate::change_cause::{self, RECORD};
use crate::client::{self, Info};
use crate::discovery::Served;
use crate::job::{Io, Stop, server_words};
use crate::print;
use crate::verbs::Verb;
use objects::labels::{Operator, Selector};
use objects::wire::{PatchKind, Verb as Ask};
use objects::{Map, Quantity, Text, Tree, map};

const ALL: Flag = flag("all", '\0', Takes::Bool, "false", "Select all resources in the namespace of the specified resource types.");
const CONTAINERS: Flag = flag(
    "containers",
    'c',
    Takes::Text,
    "*",
    "The names of containers in the selected pod templates to change; '*' stands for any letters.",
);
const DRY_RUN: Flag = flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\".");
const FILENAME: Flag = flag("filename", 'f', Takes::List, "", "File, folder or - with the objects");
const KUSTOMIZE: Flag = flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory.");
const LOCAL: Flag = flag("local", '\0', Takes::Bool, "false", "If true, do not contact the server: work on the files alone.");
const MANAGER: Flag = flag("field-manager", '\0', Takes::Text, "kubectl-set", "Name of the manager used to track field ownership.");
const OUTPUT: Flag = flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …).");
const RECURSIVE: Flag = flag("recursive", 'R', Takes::Bool, "false", "Read the folders of -f with all that is below them.");
const SELECTOR: Flag = flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on.");

/// What every sub-command takes, and what one takes besides.
macro_rules! set_flags {
    ($($more:expr),* $(,)?) => { &[ALL, DRY_RUN, FILENAME, KUSTOMIZE, LOCAL, MANAGER, OUTPUT, RECURSIVE, $($more),*] };
}

pub static VERB: Verb = Verb {
    name: "set",
    aliases: &[],
    short: "Set specific features on objects",
    usage: "kubectl set SUBCOMMAND [options]",
    examples: "",
    flags: &[],
    subs: &[
        sub(
            "env",
            "Update environment variables on a pod template",
            "kubectl set env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N [options]",
            set_flags![
                CONTAINERS,
                SELECTOR,
                flag("env", 'e', Takes::Texts, "", "Specify a key-value pair for an environment variable to set into each container."),
                flag("from", '\0', Takes::Text, "", "The name of a resource from which to inject environment variables"),
                flag("keys", '\0', Takes::List, "", "Comma-separated list of keys to import from specified resource"),
                flag("list", '\0', Takes::Bool, "false", "If true, display the environment and any changes in the standard format."),
                flag(
                    "overwrite",
                    '\0',
                    Takes::Bool,
                    "true",
                    "If true, allow environment to be overwritten, otherwise reject updates that overwrite existing environment.",
                ),
                flag("prefix", '\0', Takes::Text, "", "Prefix to append to variable names"),
                flag("resolve", '\0', Takes::Bool, "false", "If true, show secret or configmap references when listing variables")
            ],
            env::run,
        ),
        sub(
            "image",
            "Update the image of a pod template",
            "kubectl set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N [options]",
            set_flags![RECORD, SELECTOR],
            image,
        ),
        sub(
            "resources",
            "Update resource requests/limits on objects with pod templates",
            "kubectl set resources (-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS] [options]",
            set_flags![
                CONTAINERS,
                RECORD,
                SELECTOR,
                flag("limits", '\0', Takes::Text, "", "The resource limits for this container, such as 'cpu=100m,memory=256Mi'."),
                flag("requests", '\0', Takes::Text, "", "The resource requests for this container, such as 'cpu=100m,memory=256Mi'.")
            ],
            resources,
        ),
        sub(
            "selector",
            "Set the selector on a resource",
            "kubectl set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version] [options]",
            set_flags![RECORD, flag("resource-version", '\0', Takes::Text, "", "Only update at this resource version.")],
            selector,
        ),
        sub(
            "subject",
            "Update the user, group, or service account in a role binding or cluster role binding",
            "kubectl set subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [options]",
            set_flags![
                RECORD,
                SELECTOR,
                flag("group", '\0', Takes::Texts, "", "Groups to bind to the role"),
                flag("serviceaccount", '\0', Takes::Texts, "", "Service accounts to bind to the role"),
                flag("user", '\0', Takes::Texts, "", "Usernames to bind to the role")
            ],
            subject,
        ),
        Verb {
            aliases: &["sa"],
            ..sub(
                "serviceaccount",
                "Update the service account of a resource",
                "kubectl set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT [options]",
                set_flags![RECORD],
                service_account,
            )
        },
    ],
    run: super::group,
};

const fn sub(
    name: &'static str,
    short: &'static str,
    usage: &'static str,
    flags: &'static [Flag],
    run: fn(&Args, &mut Io) -> Result<u8, Stop>,
) -> Verb {
    Verb { name, aliases: &[], short, usage, examples: "", flags, subs: &[], run }
}

/// Where an object of this kind keeps its Pod spec; `None` when it has none.
fn pod_spec_path(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "Pod" => Some(&["spec"]),
        "CronJob" => Some(&["spec", "jobTemplate", "spec", "template", "spec"]),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicationController" => Some(&["spec", "template", "spec"]),
        _ => None,
    }
}

/// The same place, or upstream's words about an object that has none.
fn pod_spec(info: &Info, failures: &mut Vec<String>) -> Option<&'static [&'static str]> {
    let path = pod_spec_path(&info.served.kind);
    if path.is_none() {
        let Served { plural, version, kind, .. } = &info.served;
        let name = &info.name;
        failures.push(format!("error: {plural}/{name} the object is not a pod or does not have a pod template: *{version}.{kind}"));
    }
    path
}

/// Changes of one object: a strategic merge patch (null: nothing to do) and, for client-side runs, the object changed.
struct Change {
    patch: Tree,
    changed: Tree,
}

/// Sends each object's change and prints it; what goes wrong with one is told at the end.
fn apply(
    args: &Args,
    io: &mut Io,
    found: client::Found,
    done: &str,
    what: &str,
    mut decide: impl FnMut(&Info, &mut Vec<String>) -> Option<Change>,
) -> Result<u8, Stop> {
    let mut failures = found.failures;
    for info in &found.infos {
        let Some(mut change) = decide(info, &mut failures) else { continue };
        change_cause::record(args, &mut change.changed);
        if !change.patch.is_empty() {
            change_cause::record(args, &mut change.patch);
        }
        if change.patch.is_empty() {
            continue;
        }
        if args.is("local") || matches!(args.text("dry-run"), "client" | "unchanged") {
            let tree = if args.is("local") { typed(change.changed) } else { change.changed };
            print::object(args, io, &Info { tree, ..info.clone() }, done)?;
            continue;
        }
        if !args.text("resource-version").is_empty() {
            change.patch.set(&["metadata", "resourceVersion"], args.text("resource-version"));
        }
        let mut ask = client::request(args, Ask::Patch(PatchKind::Strategic), &info.served, &info.namespace, &info.name);
        ask.body = change.patch;
        ask.options.field_manager = args.text("field-manager").to_string();
        if args.text("dry-run") == "server" {
            ask.options.dry_run = "All".to_string();
        }
        let answer = io.send(ask)?;
        if answer.is_ok() {
            print::object(args, io, &client::info(&info.served, answer.tree().clone()), done)?;
        } else if what.is_empty() {
            failures.push(server_words(&answer));
        } else {
            // Upstream forgot the colon of some.
            let colon = if what.starts_with("resources") || what == "ServiceAccountName" { "" } else { ":" };
            failures.push(format!("error: failed to patch {what}{colon} {}", answer.tree().get("message").text()));
        }
    }
    client::finish(io, &failures)
}

/// An object of a file as Go's types write it: with what they never leave out.
fn typed(mut tree: Tree) -> Tree {
    let (empty, kind) = (Map::default, tree.get("kind").text().to_string());
    let always: &[&[&str]] = match kind.as_str() {
        "Deployment" => &[&["spec", "strategy"], &["status"]],
        "Pod" => &[&["status"]],
        _ => &[],
    };
    for path in always.iter().filter(|path| tree.at(path).is_null()).collect::<Vec<_>>() {
        tree.set(path, empty());
    }
    let Some(path) = pod_spec_path(&kind) else { return tree };
    for list in ["containers", "initContainers"] {
        let place: Vec<&str> = path.iter().copied().chain([list]).collect();
        if tree.at(&place).is_null() {
            continue;
        }
        for container in tree.edit(&place).list_mut() {
            if container.get("resources").is_null() {
                container.set(&["resources"], empty());
            }
        }
    }
    tree
}

/// The containers of one list whose names fit, changed by `edit`: patch entries, and the list as it will be.
fn each_container(list: &Tree, fits: impl Fn(&str) -> bool, edit: impl Fn(&Tree) -> Tree) -> (Vec<Tree>, Tree) {
    let (mut entries, mut after) = (Vec::new(), Vec::new());
    for container in list.items() {
        if !fits(container.get("name").text()) {
            after.push(container.clone());
            continue;
        }
        let changed = edit(container);
        if changed != *container {
            let mut entry: Map = changed
                .entries()
                .filter(|(key, value)| container.get(key) != *value)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            for (gone, _) in container.entries().filter(|(key, _)| !changed.has(key)) {
                entry.insert(gone.clone(), Tree::Null);
            }
            entry.insert("name", container.get("name"));
            entries.push(Tree::from(entry));
        }
        after.push(changed);
    }
    (entries, Tree::from(after))
}

/// Puts patched container lists at the Pod spec's place.
fn container_change(info: &Info, path: &[&str], lists: Vec<(&str, Vec<Tree>, Tree)>) -> Change {
    let mut change = Change { patch: Tree::Null, changed: info.tree.clone() };
    for (key, entries, after) in lists {
        if entries.is_empty() {
            continue;
        }
        let place: Vec<&str> = path.iter().copied().chain([key]).collect();
        change.patch.set(&place, entries);
        change.changed.set(&place, after);
    }
    change
}

fn image(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let (resources, images) = pairs::split(&args.words, "image").map_err(Stop::error)?;
    let (images, _) = pairs::parse(&images, "image", false).map_err(Stop::error)?;
    needs_any(args, &resources)?;
    if images.is_empty() {
        client::pick(args, io, &resources)?;
        return Err(Stop::error("at least one image update is required"));
    }
    if images.len() > 1 && images.iter().any(|(name, _)| name == "*") {
        return Err(Stop::plain("all containers are already specified by *, but saw more than one container_name=container_image pairs"));
    }
    local_files(args)?;
    client::all_or_selector(args)?;
    let found = client::named_live(args, io, &resources)?;
    apply(args, io, found, "image updated", "image update to pod template", |info, failures| {
        let path = pod_spec(info, failures)?;
        let spec = info.tree.at(path);
        let wanted =
            |name: &str| images.iter().rev().find(|(container, _)| container == name || container == "*").map(|(_, image)| image.as_str());
        let known = |name: &str| {
            ["initContainers", "containers"]
                .iter()
                .any(|key| spec.get(key).items().iter().any(|c| name == "*" || c.get("name").text() == name))
        };
        for (name, _) in images.iter().filter(|(name, _)| !known(name)) {
            failures.push(format!("error: unable to find container named \"{name}\""));
        }
        let edit = |container: &Tree| {
            let mut changed = container.clone();
            changed.set(&["image"], wanted(container.get("name").text()).unwrap_or_default());
            changed
        };
        let lists = ["containers", "initContainers"].map(|key| {
            let (entries, after) = each_container(spec.get(key), |name| wanted(name).is_some(), edit);
            (key, entries, after)
        });
        Some(container_change(info, path, lists.into()))
    })
}

fn resources(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    needs_any(args, &args.words)?;
    if args.text("limits").is_empty() && args.text("requests").is_empty() {
        return Err(Stop::error("you must specify an update to requests or limits (in the form of --requests/--limits)"));
    }
    client::all_or_selector(args)?;
    let (limits, requests) = (amounts(args.text("limits"))?, amounts(args.text("requests"))?);
    let found = client::named_live(args, io, &args.words)?;
    let pattern = args.text("containers").to_string();
    apply(args, io, found, "resource requirements updated", "resources update to pod template", |info, failures| {
        let path = pod_spec(info, failures)?;
        let list = info.tree.at(path).get("containers");
        if !list.items().iter().any(|container| pairs::fits(&pattern, container.get("name").text())) {
            failures.push(format!("error: unable to find container named {pattern}"));
            return None;
        }
        let edit = |container: &Tree| {
            let mut changed = container.clone();
            for (key, values) in [("limits", &limits), ("requests", &requests)] {
                for (name, value) in values {
                    changed.set(&["resources", key, name], value.as_str());
                }
            }
            changed
        };
        let (entries, after) = each_container(list, |name| pairs::fits(&pattern, name), edit);
        Some(container_change(info, path, vec![("containers", entries, after)]))
    })
}

/// `cpu=100m,memory=64Mi` as pairs, each amount read and written the canonical way.
fn amounts(text: &str) -> Result<Vec<(String, String)>, Stop> {
    let parts = text.split(',').filter(|_| !text.is_empty());
    parts
        .map(|part| {
            let (name, value) =
                part.split_once('=').ok_or_else(|| Stop::error(format!("invalid argument syntax {part}, expected <resource>=<value>")))?;
            let amount = Quantity::parse(value).map_err(|why| Stop::error(why.to_string()))?;
            Ok((name.to_string(), amount.to_string()))
        })
        .collect()
}

fn selector(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    // The last word is the selector, whatever it looks like.
    let Some((term, resources)) = args.words.split_last() else { return Err(Stop::error("one selector is required")) };
    let wanted = Selector::parse(term).map_err(|why| Stop::error(format!("couldn't parse the selector string \"{term}\": {why}")))?;
    needs_any(args, resources)?;
    let found = client::named_live(args, io, resources)?;
    let wanted = equalities(&wanted);
    apply(args, io, found, "selector updated", "", |info, failures| {
        if info.served.kind != "Service" {
            failures.push("error: setting a selector is only supported for Services".to_string());
            return None;
        }
        let wanted = match &wanted {
            Ok(wanted) => wanted,
            Err(words) => {
                failures.push(format!("error: {words}"));
                return None;
            }
        };
        let new: Map = wanted.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        let mut entries = new.clone();
        for (key, _) in info.tree.at(&["spec", "selector"]).entries().filter(|(key, _)| new.get(key).is_none()) {
            entries.insert(key.clone(), Tree::Null);
        }
        let mut changed = info.tree.clone();
        changed.set(&["spec", "selector"], new);
        Some(Change { patch: map! {"spec": map! {"selector": Tree::from(entries)}}, changed })
    })
}

/// The pairs of a selector that a Service can have; upstream's words for other terms.
fn equalities(selector: &Selector) -> Result<Vec<(Text, Text)>, String> {
    let (mut pairs, mut others) = (Vec::new(), Vec::new());
    for term in selector.requirements() {
        let word = match term.operator {
            Operator::Equals | Operator::DoubleEquals => {
                pairs.extend(term.values.first().map(|value| (term.key.clone(), value.clone())));
                continue;
            }
            Operator::In => "In",
            Operator::NotIn | Operator::NotEquals => "NotIn",
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
            _ => "",
        };
        let values: Vec<&str> = term.values.iter().map(Text::as_str).collect();
        others.push(format!("{{{} {word} [{}]}}", term.key, values.join(" ")));
    }
    if others.is_empty() { Ok(pairs) } else { Err(format!("match expression [{}] not supported on this object", others.join(" "))) }
}

fn service_account(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let Some((account, resources)) = args.words.split_last() else { return Err(Stop::error("serviceaccount is required")) };
    needs_any(args, resources)?;
    let found = client::named_live(args, io, resources)?;
    apply(args, io, found, "serviceaccount updated", "ServiceAccountName", |info, failures| {
        let path = pod_spec(info, failures)?;
        let place: Vec<&str> = path.iter().copied().chain(["serviceAccountName"]).collect();
        let (mut patch, mut changed) = (map! {}, info.tree.clone());
        patch.set(&place, account.as_str());
        changed.set(&place, account.as_str());
        Some(Change { patch, changed })
    })
}

/// gap: upstream changes the subjects of bindings, which no API here serves yet.
fn subject(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    needs_any(args, &args.words)?;
    client::named_live(args, io, &args.words)?;
    Err(Stop::error("setting subjects is only supported for RoleBindings and ClusterRoleBindings"))
}

/// `--local` works on files alone.
fn local_files(args: &Args) -> Result<(), Stop> {
    if args.is("local") && args.list("filename").is_empty() && !args.given("kustomize") {
        return Err(Stop::error(
            "you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'",
        ));
    }
    Ok(())
}

/// As the builder of resources says it.
fn needs_any(args: &Args, resources: &[String]) -> Result<(), Stop> {
    if resources.is_empty() && args.list("filename").is_empty() {
        return Err(Stop::error(client::NOTHING_NAMED));
    }
    Ok(())
}

fn needs_resources(args: &Args, resources: &[String]) -> Result<(), Stop> {
    if resources.is_empty() && args.list("filename").is_empty() {
        return Err(Stop::error("one or more resources must be specified as <resource> <name> or <resource>/<name>"));
    }
    Ok(())
}
