//! `kubectl auth`: what one may do, and who one is. The server answers; this only asks.
use crate::args::{Args, Takes, flag};
use crate::client;
use crate::describe::parts::page::aligned;
use crate::job::{Io, Stop};
use crate::print;
use crate::verbs::Verb;
use objects::wire::Verb as Ask;
use objects::{Tree, map};

const KNOWN: [&str; 16] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "impersonate",
    "*",
    "approve",
    "sign",
    "escalate",
    "attest",
];

pub static VERB: Verb = Verb {
    name: "auth",
    aliases: &[],
    short: "Inspect authorization",
    usage: "kubectl auth [flags] [options]",
    examples: "",
    flags: &[],
    subs: &[
        Verb {
            name: "can-i",
            aliases: &[],
            short: "Check whether an action is allowed",
            usage: "kubectl auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL] [options]",
            examples: "  kubectl auth can-i create pods --all-namespaces\n  kubectl auth can-i list deployments.apps\n",
            flags: &[
                flag("all-namespaces", 'A', Takes::Bool, "false", "If true, check the specified action in all namespaces."),
                flag("list", '\0', Takes::Bool, "false", "If true, prints all allowed actions."),
                flag("no-headers", '\0', Takes::Bool, "false", "If true, prints allowed actions without headers"),
                flag("quiet", 'q', Takes::Bool, "false", "If true, suppress output and just return the exit code."),
                flag("subresource", '\0', Takes::Text, "", "SubResource such as pod/log or deployment/scale"),
            ],
            subs: &[],
            run: can_i,
        },
        Verb {
            name: "reconcile",
            aliases: &[],
            short: "Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects",
            usage: "kubectl auth reconcile -f FILENAME [options]",
            examples: "",
            flags: &[flag("filename", 'f', Takes::List, "", "Filename, directory, or URL to files identifying the resource to reconcile.")],
            subs: &[],
            run: |args, _| match args.list("filename").is_empty() {
                true => Err(Stop::error("must specify one of -f and -k")),
                false => Err(Stop::error("this API serves no Roles and RoleBindings yet, so that there is nothing to reconcile")),
            },
        },
        Verb {
            name: "whoami",
            aliases: &[],
            short: "Experimental: Check self subject attributes",
            usage: "kubectl auth whoami [options]",
            examples: "",
            flags: &[
                flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …)."),
                flag("template", '\0', Takes::Text, "", "Template string to use when -o=go-template."),
            ],
            subs: &[],
            run: whoami,
        },
    ],
    run: super::group,
};

fn can_i(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if args.is("list") {
        return rules(args, io);
    }
    let attributes = match &args.words[..] {
        [verb, path] if path.starts_with('/') => map! {"nonResourceAttributes": map! {"path": path.as_str(), "verb": verb.as_str()}},
        [verb, what] => map! {"resourceAttributes": attributes(args, io, verb, what)?},
        _ => {
            return Err(Stop::error(
                "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
            ));
        }
    };
    let mut ask = client::known(args, Ask::Create, "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "", "");
    ask.body = map! {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": map! {}, "spec": attributes};
    let status = io.fetch(ask)?.get("status").clone();
    let allowed = status.get("allowed").is_true();
    if !args.is("quiet") {
        io.out(verdict(&status));
    }
    Ok(u8::from(!allowed))
}

/// `yes`, `no`, or `no - why`.
fn verdict(status: &Tree) -> String {
    let mut text = if status.get("allowed").is_true() { "yes" } else { "no" }.to_string();
    if !status.get("allowed").is_true() {
        for (mark, key) in [(" - ", "reason"), (" - ", "evaluationError")] {
            if !status.get(key).is_empty() {
                text.push_str(&format!("{mark}{}", status.get(key).text()));
            }
        }
    }
    text + "\n"
}

fn attributes(args: &Args, io: &mut Io, verb: &str, what: &str) -> Result<Tree, Stop> {
    if !KNOWN.contains(&verb) {
        io.err(format!("Warning: verb '{verb}' is not a known verb\n\n"));
    }
    let (what, name) = what.split_once('/').unwrap_or((what, ""));
    let place = if args.is("all-namespaces") { String::new() } else { client::namespace(args, io)? };
    let mut tree = map! {"verb": verb, "resource": what};
    if what == "*" {
        tree.set(&["group"], "*");
    } else if let Some(served) = client::catalogue(args, io)?.find(what).cloned() {
        tree.set(&["resource"], &served.plural);
        if !served.group.is_empty() {
            tree.set(&["group"], &served.group);
        }
        if !served.namespaced && !place.is_empty() {
            let group = if served.group.is_empty() { String::new() } else { format!(" in group '{}'", served.group) };
            io.err(format!("Warning: resource '{}' is not namespace scoped{group}\n\n", served.plural));
        }
    } else {
        let place = match what.split_once('.') {
            Some((resource, group)) => format!("'{resource}' in group '{group}'"),
            None => format!("'{what}'"),
        };
        io.err(format!("Warning: the server doesn't have a resource type {place}\n\n"));
    }
    for (key, value) in [("namespace", place.as_str()), ("name", name), ("subresource", args.text("subresource"))] {
        if !value.is_empty() {
            tree.set(&[key], value);
        }
    }
    Ok(tree)
}

fn rules(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let place = client::namespace(args, io)?;
    let mut ask = client::known(args, Ask::Create, "authorization.k8s.io", "v1", "selfsubjectrulesreviews", "", "");
    ask.body = map! {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "metadata": map! {}, "spec": map! {"namespace": place}};
    let answer = io.fetch(ask)?;
    let status = answer.get("status");
    let mut text = if args.is("no-headers") { String::new() } else { "Resources\tNon-Resource URLs\tResource Names\tVerbs\n".to_string() };
    for rule in status.get("resourceRules").items() {
        let (groups, resources) = (rule.get("apiGroups").items(), rule.get("resources").items());
        for resource in resources {
            let group = groups.first().map_or("", Tree::text);
            let name = if group.is_empty() { resource.text().to_string() } else { format!("{}.{group}", resource.text()) };
            text.push_str(&format!("{name}\t[]\t{}\t{}\n", bracketed(rule.get("resourceNames")), bracketed(rule.get("verbs"))));
        }
    }
    for rule in status.get("nonResourceRules").items() {
        text.push_str(&format!("\t{}\t[]\t{}\n", bracketed(rule.get("nonResourceURLs")), bracketed(rule.get("verbs"))));
    }
    io.out(aligned(&text, 3));
    Ok(0)
}

/// `[get list]`, as Go prints a list of words.
fn bracketed(list: &Tree) -> String {
    format!("[{}]", list.items().iter().map(Tree::text).collect::<Vec<_>>().join(" "))
}

fn whoami(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let mut ask = client::known(args, Ask::Create, "authentication.k8s.io", "v1", "selfsubjectreviews", "", "");
    ask.body = map! {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": map! {}};
    let answer = io.fetch(ask)?;
    if !args.text("output").is_empty() {
        print::Output::read(args, io)?.print(io, &answer, "selfsubjectreview.authentication.k8s.io")?;
        return Ok(0);
    }
    let user = answer.at(&["status", "userInfo"]);
    let mut text = format!("ATTRIBUTE\tVALUE\nUsername\t{}\n", user.get("username").text());
    if !user.get("uid").is_empty() {
        text.push_str(&format!("UID\t{}\n", user.get("uid").text()));
    }
    if !user.get("groups").is_empty() {
        text.push_str(&format!("Groups\t{}\n", bracketed(user.get("groups"))));
    }
    for (key, values) in user.get("extra").entries() {
        text.push_str(&format!("Extra: {key}\t{}\n", bracketed(values)));
    }
    io.out(aligned(&text, 3));
    Ok(0)
}
