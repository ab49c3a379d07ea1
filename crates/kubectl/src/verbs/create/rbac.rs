//! `create role`, `create clusterrole` and their bindings.
use super::Verb;
use super::parts::{generated, name, post, required, texts};
use crate::args::{Args, Flag, Takes, flag};
use crate::client;
use crate::job::{Io, Stop};
use objects::{Tree, list, map};

const VERBS: Flag = flag("verb", '\0', Takes::List, "", "Verb that applies to the resources contained in the rule");
const RESOURCE: Flag = flag("resource", '\0', Takes::List, "", "Resource that the rule applies to");
const NAMES: Flag = flag(
    "resource-name",
    '\0',
    Takes::Texts,
    "",
    "Resource in the white list that the rule applies to, repeat this flag for multiple items",
);
const USER: Flag = flag("user", '\0', Takes::Texts, "", "Usernames to bind to the role.");
const GROUP: Flag = flag("group", '\0', Takes::Texts, "", "Groups to bind to the role.");
const ACCOUNT: Flag =
    flag("serviceaccount", '\0', Takes::Texts, "", "Service accounts to bind to the role, in the format <namespace>:<name>");
const CLUSTER: Flag = flag("clusterrole", '\0', Takes::Text, "", "ClusterRole this binding should reference");

pub const ROLE: Verb = Verb {
    name: "role",
    aliases: &[],
    short: "Create a role with single rule",
    usage: "kubectl create role NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none] [options]",
    examples: "  # Create a role named \"pod-reader\" that allows user to perform \"get\", \"watch\" and \"list\" on pods\n  kubectl create role pod-reader --verb=get --verb=list --verb=watch --resource=pods",
    flags: generated![VERBS, RESOURCE, NAMES],
    subs: &[],
    run: role,
};

pub const CLUSTER_ROLE: Verb = Verb {
    name: "clusterrole",
    aliases: &[],
    short: "Create a cluster role",
    usage: "kubectl create clusterrole NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none] [options]",
    examples: "",
    flags: generated![
        VERBS,
        RESOURCE,
        NAMES,
        flag("aggregation-rule", '\0', Takes::Texts, "", "An aggregation label selector for combining ClusterRoles."),
        flag("non-resource-url", '\0', Takes::List, "", "A partial url that user should have access to."),
    ],
    subs: &[],
    run: cluster_role,
};

pub const ROLE_BINDING: Verb = Verb {
    name: "rolebinding",
    aliases: &[],
    short: "Create a role binding for a particular role or cluster role",
    usage: "kubectl create rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options]",
    examples: "",
    flags: generated![USER, GROUP, ACCOUNT, CLUSTER, flag("role", '\0', Takes::Text, "", "Role this RoleBinding should reference"),],
    subs: &[],
    run: role_binding,
};

pub const CLUSTER_ROLE_BINDING: Verb = Verb {
    name: "clusterrolebinding",
    aliases: &[],
    short: "Create a cluster role binding for a particular cluster role",
    usage: "kubectl create clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options]",
    examples: "",
    flags: generated![USER, GROUP, ACCOUNT, CLUSTER],
    subs: &[],
    run: cluster_role_binding,
};

fn role(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    let rules = rules(args, io)?;
    post(args, io, map! {"apiVersion": RBAC, "kind": "Role", "metadata": map! {"name": name}, "rules": rules}, "")
}

const RBAC: &str = "rbac.authorization.k8s.io/v1";

fn cluster_role(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    if args.given("aggregation-rule") {
        let terms = args.list("aggregation-rule").join(",");
        let labels = terms.split(',').filter_map(|term| term.split_once('=')).collect::<objects::Map>();
        let rule = map! {"clusterRoleSelectors": list![map! {"matchLabels": labels}]};
        let tree =
            map! {"aggregationRule": rule, "apiVersion": RBAC, "kind": "ClusterRole", "metadata": map! {"name": name}, "rules": Tree::Null};
        return post(args, io, tree, "");
    }
    let urls = args.list("non-resource-url");
    if args.list("verb").is_empty() {
        return Err(Stop::error("at least one verb must be specified"));
    }
    if args.list("resource").is_empty() && urls.is_empty() {
        return Err(Stop::error("one of resource or nonResourceURL must be specified"));
    }
    let mut rules = if args.list("resource").is_empty() { Vec::new() } else { rules(args, io)? };
    if !urls.is_empty() {
        paths(args, &urls)?;
        rules.push(map! {"nonResourceURLs": texts(&urls), "verbs": texts(&args.list("verb"))});
    }
    post(args, io, map! {"apiVersion": RBAC, "kind": "ClusterRole", "metadata": map! {"name": name}, "rules": rules}, "")
}

/// What a rule about paths may say.
fn paths(args: &Args, urls: &[String]) -> Result<(), Stop> {
    const VERBS: [&str; 8] = ["*", "get", "post", "put", "delete", "patch", "head", "options"];
    if let Some(verb) = args.list("verb").iter().find(|verb| !VERBS.contains(&verb.as_str())) {
        return Err(Stop::error(format!("invalid verb: '{verb}' for nonResourceURL")));
    }
    for url in urls.iter().filter(|url| *url != "*") {
        if !url.starts_with('/') {
            return Err(Stop::error("nonResourceURL should start with /"));
        }
        if url.find('*').is_some_and(|at| at + 1 < url.len()) {
            return Err(Stop::error("nonResourceURL only supports wildcard matches when '*' is at the end"));
        }
    }
    Ok(())
}

/// Verbs that upstream takes for granted in a rule about resources.
const RESOURCE_VERBS: [&str; 15] = [
    "*",
    "get",
    "delete",
    "list",
    "create",
    "update",
    "patch",
    "watch",
    "proxy",
    "deletecollection",
    "use",
    "bind",
    "escalate",
    "impersonate",
    "approve",
];

/// One rule per API group, in the order in which the groups come.
fn rules(args: &Args, io: &mut Io) -> Result<Vec<Tree>, Stop> {
    let verbs = args.list("verb");
    if verbs.is_empty() {
        return Err(Stop::error("at least one verb must be specified"));
    }
    if args.list("resource").is_empty() {
        return Err(Stop::error("at least one resource must be specified"));
    }
    for verb in verbs.iter().filter(|verb| !RESOURCE_VERBS.contains(&verb.as_str())) {
        io.err(format!("Warning: '{verb}' is not a standard resource verb\n"));
    }
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for word in args.list("resource") {
        let (resource, sub) = word.split_once('/').map_or((word.as_str(), ""), |(resource, sub)| (resource, sub));
        let (group, plural) = match resource {
            "*" => (String::new(), "*".to_string()),
            _ => match client::resolve(args, io, resource) {
                Ok(served) => (served.group.to_string(), served.plural.to_string()),
                Err(Stop::Fail { text, .. }) => return Err(Stop::plain(text.trim_start_matches("error: "))),
                Err(wait) => return Err(wait),
            },
        };
        let plural = if sub.is_empty() { plural } else { format!("{plural}/{sub}") };
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, plurals)) => plurals.push(plural),
            None => groups.push((group, vec![plural])),
        }
    }
    let names = args.list("resource-name");
    let rule = |(group, plurals): (String, Vec<String>)| {
        let mut rule = map! {"apiGroups": list![group], "resources": texts(&plurals), "verbs": texts(&verbs)};
        if !names.is_empty() {
            rule.set(&["resourceNames"], texts(&names));
        }
        rule
    };
    Ok(groups.into_iter().map(rule).collect())
}

fn role_binding(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    name(args)?;
    let (cluster, role) = (args.given("clusterrole"), args.given("role"));
    if cluster == role {
        return Err(Stop::error("exactly one of clusterrole or role must be specified"));
    }
    let kind = if cluster { "ClusterRole" } else { "Role" };
    binding(args, io, "RoleBinding", kind, args.text(if cluster { "clusterrole" } else { "role" }))
}

fn cluster_role_binding(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    required(args, &["clusterrole"])?;
    binding(args, io, "ClusterRoleBinding", "ClusterRole", args.text("clusterrole"))
}

fn binding(args: &Args, io: &mut Io, kind: &str, role_kind: &str, role: &str) -> Result<u8, Stop> {
    let name = name(args)?;
    const GROUP: &str = "rbac.authorization.k8s.io";
    let mut subjects: Vec<Tree> =
        args.list("user").iter().map(|user| map! {"apiGroup": GROUP, "kind": "User", "name": user.as_str()}).collect();
    subjects.extend(args.list("group").iter().map(|group| map! {"apiGroup": GROUP, "kind": "Group", "name": group.as_str()}));
    for account in args.list("serviceaccount") {
        let Some((namespace, account)) = account.split_once(':').filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty())
        else {
            return Err(Stop::error("serviceaccount must be <namespace>:<name>"));
        };
        subjects.push(map! {"kind": "ServiceAccount", "name": account, "namespace": namespace});
    }
    let mut tree = map! {
        "apiVersion": RBAC, "kind": kind, "metadata": map! {"name": name},
        "roleRef": map! {"apiGroup": GROUP, "kind": role_kind, "name": role},
    };
    if !subjects.is_empty() {
        tree.set(&["subjects"], subjects);
    }
    post(args, io, tree, if kind == "RoleBinding" { "failed to create rolebinding" } else { "failed to create clusterrolebinding" })
}
