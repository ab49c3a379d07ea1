//! `kubectl taint`: taints of nodes.
use crate::args::{Args, Takes, flag};
use crate::client::{self, Info};
use crate::job::{Io, Stop, server_words};
use crate::print;
use crate::verbs::Verb;
use objects::labels::names;
use objects::wire::{PatchKind, Verb as Ask};
use objects::{Tree, map};

pub static VERB: Verb = Verb {
    name: "taint",
    aliases: &[],
    short: "Update the taints on one or more nodes",
    usage: "kubectl taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N [options]",
    examples: "  # Keep Pods off a node unless they tolerate it\n  kubectl taint nodes foo dedicated=special-user:NoSchedule\n\n  # Take all taints with this key away\n  kubectl taint nodes foo dedicated-\n",
    flags: &[
        flag("all", '\0', Takes::Bool, "false", "Select all nodes in the cluster"),
        flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
        flag("field-manager", '\0', Takes::Text, "kubectl-taint", "Name of the manager used to track field ownership."),
        flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …)."),
        flag(
            "overwrite",
            '\0',
            Takes::Bool,
            "false",
            "If true, allow taints to be overwritten, otherwise reject taint updates that overwrite existing taints.",
        ),
        flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
    ],
    subs: &[],
    run,
};

/// A taint as written: `key[=value][:effect]`.
#[derive(Clone, Debug, PartialEq, Default)]
struct Taint {
    key: String,
    value: String,
    effect: String,
}

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let is_taint = |word: &str| word.contains('=') || word.contains(':') || (word.ends_with('-') && word != "-");
    let first = args.words.iter().position(|word| is_taint(word)).unwrap_or(args.words.len());
    let (resources, specs) = args.words.split_at(first);
    if let Some(word) = specs.iter().find(|word| !is_taint(word)) {
        return Err(Stop::error(format!("all resources must be specified before taint changes: {word}")));
    }
    if resources.is_empty() {
        return Err(Stop::error("one or more resources must be specified as <resource> <name>"));
    }
    if specs.is_empty() {
        return Err(Stop::error("at least one taint update is required"));
    }
    if resources.len() < 2 && !args.is("all") && args.text("selector").is_empty() && !resources[0].contains('/') {
        return Err(Stop::error("at least one resource name must be specified since 'all' parameter is not set"));
    }
    let (add, remove) = read(specs).map_err(|words| args.usage(&words))?;
    let clashes = |gone: &&Taint| add.iter().any(|taint| gone.key == taint.key && (gone.effect.is_empty() || gone.effect == taint.effect));
    let both: Vec<String> = remove.iter().filter(clashes).map(|gone| format!("{}={}", gone.key, gone.effect)).collect();
    if !both.is_empty() {
        let words = "can not both modify and remove the following taint(s) in the same command";
        return Err(Stop::error(format!("{words}: {}", both.join(", "))));
    }
    // The first word is always the type, and names may stand beside a selector.
    let served = client::resolve(args, io, &resources[0]).map_err(|stop| match stop {
        Stop::Fail { code, text } => Stop::Fail { code, text: text.trim_start_matches("error: ").to_string() },
        other => other,
    })?;
    if served.kind != "Node" {
        return Err(Stop::error(format!("invalid resource type {}, only node types are supported", resources[0])));
    }
    if args.is("all") && !args.text("selector").is_empty() {
        return Err(Stop::error("setting 'all' parameter with a non empty selector is prohibited"));
    }
    let picks = client::pick(args, io, if args.text("selector").is_empty() { resources } else { &resources[..1] })?;
    let found = client::fetched(args, io, picks)?;
    let mut failures = found.failures;
    for info in &found.infos {
        if let Err(words) = one(args, io, info, &add, &remove)? {
            failures.push(words);
        }
    }
    client::finish(io, &failures)
}

/// Taints to add, and to remove (those with a `-` behind them).
fn read(specs: &[String]) -> Result<(Vec<Taint>, Vec<Taint>), String> {
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for spec in specs {
        match spec.strip_suffix('-') {
            Some(bare) => {
                let taint = parse(bare)?;
                remove.push(Taint { value: String::new(), ..taint });
            }
            None => {
                let taint = parse(spec)?;
                if taint.effect.is_empty() {
                    return Err(format!("invalid taint spec: {spec}"));
                }
                if add.iter().any(|other: &Taint| other.key == taint.key && other.effect == taint.effect) {
                    return Err(format!(
                        "duplicated taints with the same key and effect: {{{} {} {} <nil>}}",
                        taint.key, taint.value, taint.effect
                    ));
                }
                add.push(taint);
            }
        }
    }
    Ok((add, remove))
}

fn parse(spec: &str) -> Result<Taint, String> {
    // Without an effect all of it is the key, an equals sign and what follows it, too.
    let (pair, effect) = spec.split_once(':').unwrap_or((spec, ""));
    let (key, value) = if spec.contains(':') { pair.split_once('=').unwrap_or((pair, "")) } else { (spec, "") };
    if effect.contains(':') {
        return Err(format!("invalid taint spec: {spec}"));
    }
    if spec.contains(':') && !["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect) {
        return Err(format!("invalid taint effect: {effect}, unsupported taint effect"));
    }
    if value.contains('=') {
        return Err(format!("invalid taint spec: {spec}"));
    }
    let wrong = [names::key_errors(key), names::value_errors(value)].into_iter().find(|errors| !errors.is_empty());
    if let Some(errors) = wrong {
        return Err(format!("invalid taint spec: {spec}, {}", errors.join("; ")));
    }
    Ok(Taint { key: key.to_string(), value: value.to_string(), effect: effect.to_string() })
}

impl Taint {
    fn tree(&self) -> Tree {
        let mut tree = map! {"effect": self.effect.as_str(), "key": self.key.as_str()};
        if !self.value.is_empty() {
            tree.set(&["value"], self.value.as_str());
        }
        tree
    }

    fn text(&self) -> String {
        if self.effect.is_empty() { self.key.clone() } else { format!("{}:{}", self.key, self.effect) }
    }

    fn covers(&self, tree: &Tree) -> bool {
        tree.get("key").text() == self.key && (self.effect.is_empty() || tree.get("effect").text() == self.effect)
    }
}

/// The node's taints afterwards and the word for what was done, or why not.
fn reorganize(name: &str, old: &[Tree], add: &[Taint], remove: &[Taint], overwrite: bool) -> Result<(Vec<Tree>, &'static str), String> {
    let same = |tree: &&Tree| add.iter().any(|taint| taint.key == tree.get("key").text() && taint.effect == tree.get("effect").text());
    let clashes: Vec<&str> = old.iter().filter(same).map(|taint| taint.get("key").text()).collect();
    if !overwrite && !clashes.is_empty() {
        return Err(format!("node {name} already has {} taint(s) with same effect(s) and --overwrite is false", clashes.join(",")));
    }
    let mut all: Vec<Tree> = add.iter().map(Taint::tree).chain(old.iter().filter(|tree| !same(tree)).cloned()).collect();
    let added = all.len() != old.len();
    let before = all.len();
    let missing: Vec<String> = remove
        .iter()
        .filter(|taint| !all.iter().any(|tree| taint.covers(tree)))
        .map(|taint| format!("taint \"{}\" not found", taint.text()))
        .collect();
    all.retain(|tree| !remove.iter().any(|taint| taint.covers(tree)));
    let deleted = all.len() != before;
    match missing.len() {
        0 => {}
        1 => return Err(missing[0].clone()),
        _ => return Err(format!("[{}]", missing.join(", "))),
    }
    let done = if (added && deleted) || overwrite {
        "modified"
    } else if added {
        "tainted"
    } else {
        "untainted"
    };
    Ok((all, done))
}

fn one(args: &Args, io: &mut Io, info: &Info, add: &[Taint], remove: &[Taint]) -> Result<Result<(), String>, Stop> {
    let old = info.tree.at(&["spec", "taints"]).items();
    let (taints, done) = match reorganize(&info.name, old, add, remove, args.is("overwrite")) {
        Ok(result) => result,
        Err(words) => return Ok(Err(format!("error: {words}"))),
    };
    let value = if taints.is_empty() { Tree::Null } else { Tree::from(taints) };
    if matches!(args.text("dry-run"), "client" | "unchanged") {
        let mut changed = info.tree.clone();
        changed.set(&["spec", "taints"], value);
        return said(args, io, &Info { tree: changed, ..info.clone() }, done).map(Ok);
    }
    let mut ask = client::request(args, Ask::Patch(PatchKind::Strategic), &info.served, "", &info.name);
    ask.body = map! {"spec": map! {"taints": value}};
    ask.options.field_manager = args.text("field-manager").to_string();
    ask.options.field_validation = "Strict".to_string();
    if args.text("dry-run") == "server" {
        ask.options.dry_run = "All".to_string();
    }
    let answer = io.send(ask)?;
    if !answer.is_ok() {
        return Ok(Err(server_words(&answer)));
    }
    said(args, io, &client::info(&info.served, answer.tree().clone()), done).map(Ok)
}

/// Upstream says nothing of a dry run here.
fn said(args: &Args, io: &mut Io, info: &Info, done: &str) -> Result<(), Stop> {
    if args.given("output") {
        return print::object(args, io, info, done);
    }
    io.out(format!("{} {done}\n", info.slash()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs(line: &str) -> Result<(Vec<Taint>, Vec<Taint>), String> {
        read(&line.split(' ').map(str::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn taints_come_and_go() {
        let (add, _) = specs("lab=closed:NoSchedule").unwrap();
        let (tainted, word) = reorganize("w", &[], &add, &[], false).unwrap();
        assert_eq!((tainted[0].to_json().as_str(), word), (r#"{"effect":"NoSchedule","key":"lab","value":"closed"}"#, "tainted"));
        let (_, remove) = specs("lab-").unwrap();
        assert_eq!(reorganize("w", &tainted, &[], &remove, false), Ok((vec![], "untainted")));
        assert_eq!(reorganize("w", &[], &[], &remove, false), Err("taint \"lab\" not found".to_string()));
        assert_eq!(
            reorganize("w", &tainted, &add, &[], false),
            Err("node w already has lab taint(s) with same effect(s) and --overwrite is false".to_string())
        );
    }

    #[test]
    fn a_wrong_effect_is_named() {
        assert_eq!(specs("lab=x:Wrong"), Err("invalid taint effect: Wrong, unsupported taint effect".to_string()));
    }
}
