//! `kubectl set env`: environment variables of a workload's containers.
use super::{Change, apply, container_change, each_container, needs_resources, pairs, pod_spec_path};
use crate::args::Args;
use crate::client::{self, Info};
use crate::job::{Io, Stop};
use objects::wire::Verb as Ask;
use objects::{Tree, list, map};

pub fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    // A lone dash: the pairs come from standard input, a line each.
    let mut words: Vec<String> = args.words.iter().filter(|word| *word != "-").cloned().collect();
    let dashes = args.list("env").iter().any(|word| word == "-");
    if words.len() < args.words.len() || dashes {
        let text = io.read_all()?;
        words.extend(text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_string));
    }
    if args.is("list") && !args.text("output").is_empty() {
        return Err(Stop::error("--list and --output may not be specified together"));
    }
    if args.given("keys") && args.text("from").is_empty() {
        return Err(Stop::error("when specifying --keys, a configmap or secret must be provided with --from"));
    }
    let (resources, changes) = pairs::split(&words, "environment")
        .map_err(|_| Stop::error(format!("all resources must be specified before environment changes: {}", args.words.join(" "))))?;
    needs_resources(args, &resources)?;
    let all: Vec<String> = args.list("env").into_iter().filter(|word| word != "-").chain(changes).collect();
    let (set, remove) = pairs::parse(&all, "environment", true).map_err(Stop::error)?;
    if let Some((name, _)) = set.iter().find(|(name, _)| !is_variable(name)) {
        let rule = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";
        return Err(Stop::error(format!("\"{name}\" is not a valid key name: {rule}")));
    }
    let mut variables: Vec<Tree> = set.iter().map(|(name, value)| map! {"name": name.as_str(), "value": value.as_str()}).collect();
    if !args.text("from").is_empty() {
        variables.extend(from_source(args, io)?);
    }
    let prefix = args.text("prefix");
    for variable in &mut variables {
        let name = format!("{prefix}{}", variable.get("name").text());
        variable.set(&["name"], name);
    }
    client::all_or_selector(args)?;
    let found = client::named_live(args, io, &resources)?;
    let pattern = args.text("containers").to_string();
    if args.is("list") {
        for info in &found.infos {
            let text = listing(info, &pattern, &variables, &remove);
            let text = if args.is("resolve") { resolved(args, io, &text)? } else { text };
            io.out(text);
        }
        return client::finish(io, &found.failures);
    }
    for info in &found.infos {
        let path = pod_spec_path(&info.served.kind).unwrap_or_default();
        let containers = info.tree.at(path).get("containers").items();
        if !path.is_empty() && !containers.iter().any(|container| pairs::fits(&pattern, container.get("name").text())) {
            io.err(format!("Warning: {}/{} does not have any containers matching {pattern:?}\n", info.served.kind, info.name));
        }
    }
    let overwrite = args.is("overwrite");
    apply(args, io, found, "env updated", "env update to pod template", |info, failures| {
        match change(info, &pattern, &variables, &remove, overwrite) {
            Ok(change) => change,
            Err(words) => {
                failures.push(format!("error: {}/{} {words}", info.served.plural, info.name));
                None
            }
        }
    })
}

fn is_variable(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    name.chars().all(letter) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// One variable for each key of a ConfigMap or Secret: `my.key` is named `MY_KEY`.
fn from_source(args: &Args, io: &mut Io) -> Result<Vec<Tree>, Stop> {
    let keys = args.list("keys");
    let picks = client::pick(args, io, &[args.text("from").to_string()])?;
    let found = client::fetched(args, io, picks)?;
    if let Some(words) = found.failures.first() {
        return Err(Stop::plain(words.as_str()));
    }
    let mut variables = Vec::new();
    for info in &found.infos {
        let reference = match info.served.kind.as_str() {
            "ConfigMap" => "configMapKeyRef",
            "Secret" => "secretKeyRef",
            _ => return Err(Stop::error("unsupported resource specified in --from")),
        };
        for (key, _) in info.tree.get("data").entries().filter(|(key, _)| keys.is_empty() || keys.iter().any(|k| k == key.as_str())) {
            let name: String =
                key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_uppercase() } else { '_' }).collect();
            if name != key.as_str() {
                io.err(format!("Warning: key {key} transferred to {name}\n"));
            }
            let mut variable = map! {"name": name};
            variable.set(&["valueFrom", reference], map! {"name": info.name.as_str(), "key": key});
            variables.push(variable);
        }
    }
    Ok(variables)
}

/// A container's variables after the change: known ones keep their place, new ones come last.
fn after(container: &Tree, variables: &[Tree], remove: &[String]) -> Vec<Tree> {
    let mut all: Vec<Tree> =
        container.get("env").items().iter().filter(|old| !remove.iter().any(|name| name == old.get("name").text())).cloned().collect();
    for variable in variables {
        match all.iter_mut().find(|old| old.get("name") == variable.get("name")) {
            Some(old) => *old = variable.clone(),
            None => all.push(variable.clone()),
        }
    }
    all
}

fn change(info: &Info, pattern: &str, variables: &[Tree], remove: &[String], overwrite: bool) -> Result<Option<Change>, String> {
    let Some(path) = pod_spec_path(&info.served.kind) else {
        let (version, kind) = (&info.served.version, &info.served.kind);
        return Err(format!("the object is not a pod or does not have a pod template: *{version}.{kind}"));
    };
    let containers = info.tree.at(path).get("containers");
    let fits = |name: &str| pairs::fits(pattern, name);
    if !overwrite {
        for old in containers.items().iter().filter(|c| fits(c.get("name").text())).flat_map(|c| c.get("env").items()) {
            if let Some(new) = variables.iter().find(|new| new.get("name") == old.get("name") && new.get("value") != old.get("value")) {
                return Err(format!(
                    "'{}' already has a value ({}), and --overwrite is false",
                    new.get("name").text(),
                    old.get("value").text()
                ));
            }
        }
    }
    let edit = |container: &Tree| {
        let mut changed = container.clone();
        let env = after(container, variables, remove);
        if env.is_empty() {
            drop(changed.remove(&["env"]))
        } else {
            changed.set(&["env"], env)
        }
        changed
    };
    let (mut entries, whole) = each_container(containers, fits, edit);
    for entry in &mut entries {
        let name = entry.get("name").clone();
        let old = containers.items().iter().find(|container| *container.get("name") == name).cloned().unwrap_or_default();
        entry.set(&["env"], patch_of(&old, variables, remove));
    }
    Ok(Some(container_change(info, path, vec![("containers", entries, whole)])))
}

/// The variables to merge by name, and those to delete.
fn patch_of(container: &Tree, variables: &[Tree], remove: &[String]) -> Tree {
    let mut entries = list![];
    for variable in variables {
        let known = container.get("env").items().iter().find(|old| old.get("name") == variable.get("name"));
        let mut entry = variable.clone();
        // A value takes the place of a reference, and the other way round.
        if known.is_some_and(|old| old.has("valueFrom") != variable.has("valueFrom")) {
            entry.set(&[if variable.has("valueFrom") { "value" } else { "valueFrom" }], Tree::Null);
        }
        if known != Some(variable) {
            entries.list_mut().push(entry);
        }
    }
    let gone = remove.iter().filter(|name| container.get("env").items().iter().any(|old| old.get("name").text() == name.as_str()));
    entries.list_mut().extend(gone.map(|name| map! {"$patch": "delete", "name": name.as_str()}));
    entries
}

fn listing(info: &Info, pattern: &str, variables: &[Tree], remove: &[String]) -> String {
    let Some(path) = pod_spec_path(&info.served.kind) else { return String::new() };
    let mut text = String::new();
    for container in info.tree.at(path).get("containers").items().iter().filter(|c| pairs::fits(pattern, c.get("name").text())) {
        text.push_str(&format!("# {} {}, container {}\n", info.served.kind, info.name, container.get("name").text()));
        for variable in after(container, variables, remove) {
            let name = variable.get("name").text().to_string();
            match variable.get("valueFrom") {
                Tree::Null => text.push_str(&format!("{name}={}\n", variable.get("value").text())),
                from => text.push_str(&format!("# {name} from {}\n", origin(from))),
            }
        }
    }
    text
}

/// `--resolve`: what a reference to a ConfigMap or Secret stands for, in its place.
fn resolved(args: &Args, io: &mut Io, listing: &str) -> Result<String, Stop> {
    let mut text = String::new();
    let place = client::namespace(args, io)?;
    for line in listing.lines() {
        let source = line.strip_prefix("# ").and_then(|line| line.split_once(" from ")).and_then(|(name, from)| {
            let (kind, rest) = from.split_once(' ')?;
            let (object, key) = rest.split_once(", key ")?;
            Some((name, kind, object, key))
        });
        let Some((name, kind, object, key)) = source else {
            text += &format!("{line}\n");
            continue;
        };
        let plural = if kind == "secret" { "secrets" } else { "configmaps" };
        let found = io.fetch(client::known(args, Ask::Get, "", "v1", plural, &place, object))?;
        let value = found.at(&["data", key]).text();
        let value = if kind == "secret" { objects::base64::decode_text(value).unwrap_or_default() } else { value.to_string() };
        text += &format!("{name}={value}\n");
    }
    Ok(text)
}

/// `secret creds, key TOKEN`
fn origin(from: &Tree) -> String {
    let (field, resource, secret, config) =
        (from.get("fieldRef"), from.get("resourceFieldRef"), from.get("secretKeyRef"), from.get("configMapKeyRef"));
    let keyed = |kind: &str, reference: &Tree| format!("{kind} {}, key {}", reference.get("name").text(), reference.get("key").text());
    if !config.is_null() {
        keyed("configmap", config)
    } else if !secret.is_null() {
        keyed("secret", secret)
    } else if !field.is_null() {
        format!("field path {}", field.get("fieldPath").text())
    } else {
        let container = resource.get("containerName").text();
        let of = if container.is_empty() { String::new() } else { format!("{container}/") };
        format!("resource field {of}{}", resource.get("resource").text())
    }
}
