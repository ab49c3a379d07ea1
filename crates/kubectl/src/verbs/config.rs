//! `kubectl config`: the kubeconfig of this terminal.
use crate::args::{Args, Flag, Takes, flag};
use crate::describe::parts::page::aligned;
use crate::job::{Io, Stop};
use crate::print;
use crate::session::{Config, Context, Login};
use crate::verbs::Verb;
use objects::{Tree, map};

pub static VERB: Verb = Verb {
    name: "config",
    aliases: &[],
    short: "Modify kubeconfig files",
    usage: "kubectl config SUBCOMMAND [options]",
    examples: "",
    flags: &[],
    subs: &[
        sub("current-context", "Display the current-context", "kubectl config current-context [flags] [options]", &[], current),
        sub(
            "delete-context",
            "Delete the specified context from the kubeconfig",
            "kubectl config delete-context NAME [options]",
            &[],
            delete_context,
        ),
        sub(
            "get-clusters",
            "Display clusters defined in the kubeconfig",
            "kubectl config get-clusters [flags] [options]",
            &[],
            get_clusters,
        ),
        sub(
            "get-contexts",
            "Describe one or many contexts",
            "kubectl config get-contexts [(-o|--output=)name)] [options]",
            &[
                flag("no-headers", '\0', Takes::Bool, "false", "Don't print headers."),
                flag("output", 'o', Takes::Text, "", "Output format. One of: (name)."),
            ],
            get_contexts,
        ),
        sub(
            "delete-cluster",
            "Delete the specified cluster from the kubeconfig",
            "kubectl config delete-cluster NAME [options]",
            &[],
            |args, io| delete_named(args, io, "cluster"),
        ),
        sub(
            "delete-user",
            "Delete the specified user from the kubeconfig",
            "kubectl config delete-user NAME [options]",
            &[],
            |args, io| delete_named(args, io, "user"),
        ),
        sub("set", "Set an individual value in a kubeconfig file", "kubectl config set PROPERTY_NAME PROPERTY_VALUE [options]", &[], set),
        sub(
            "set-cluster",
            "Set a cluster entry in kubeconfig",
            "kubectl config set-cluster NAME [--server=server] [options]",
            &[],
            set_cluster,
        ),
        sub(
            "set-credentials",
            "Set a user entry in kubeconfig",
            "kubectl config set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [options]",
            &[
                flag("password", '\0', Takes::Text, "", "password for the user entry in kubeconfig"),
                flag("username", '\0', Takes::Text, "", "username for the user entry in kubeconfig"),
            ],
            set_user,
        ),
        sub("unset", "Unset an individual value in a kubeconfig file", "kubectl config unset PROPERTY_NAME [options]", &[], unset),
        sub("get-users", "Display users defined in the kubeconfig", "kubectl config get-users [flags] [options]", &[], get_users),
        sub(
            "rename-context",
            "Rename a context from the kubeconfig file",
            "kubectl config rename-context CONTEXT_NAME NEW_NAME [options]",
            &[],
            rename_context,
        ),
        sub(
            "set-context",
            "Set a context entry in kubeconfig",
            "kubectl config set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace] [options]",
            &[flag("current", '\0', Takes::Bool, "false", "Modify the current context")],
            set_context,
        ),
        Verb {
            aliases: &["use"],
            ..sub(
                "use-context",
                "Set the current-context in a kubeconfig file",
                "kubectl config use-context CONTEXT_NAME [options]",
                &[],
                use_context,
            )
        },
        sub(
            "view",
            "Display merged kubeconfig settings or a specified kubeconfig file",
            "kubectl config view [flags] [options]",
            &[
                flag("flatten", '\0', Takes::Bool, "false", "Flatten the resulting kubeconfig file into self-contained output"),
                flag("minify", '\0', Takes::Bool, "false", "Remove all information not used by current-context from the output"),
                flag("output", 'o', Takes::Text, "yaml", "Output format. One of: (json, yaml, jsonpath, …)."),
                flag("raw", '\0', Takes::Bool, "false", "Display raw byte data and sensitive data"),
                flag("template", '\0', Takes::Text, "", "Template string to use when -o=go-template."),
                flag("no-headers", '\0', Takes::Bool, "false", "Don't print headers."),
            ],
            view,
        ),
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

fn current(_args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = io.session.config.current.clone();
    if name.is_empty() {
        return Err(Stop::error("current-context is not set"));
    }
    io.out(format!("{name}\n"));
    Ok(0)
}

fn get_clusters(_args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let names: String = io.session.config.clusters.keys().map(|name| format!("{name}\n")).collect();
    io.out(format!("NAME\n{names}"));
    Ok(0)
}

fn get_users(_args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let names: String = io.session.config.users.keys().map(|name| format!("{name}\n")).collect();
    io.out(format!("NAME\n{names}"));
    Ok(0)
}

fn get_contexts(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let form = args.text("output");
    if !matches!(form, "" | "name") {
        let words = "is not available in kubectl config get-contexts; resetting to default output format";
        return Err(Stop::error(format!("--output {form} {words}")));
    }
    let config = io.session.config.clone();
    let mut failures = Vec::new();
    let names: Vec<String> = if args.words.is_empty() { config.contexts.keys().cloned().collect() } else { args.words.clone() };
    let mut rows = String::new();
    for name in &names {
        let Some(context) = config.contexts.get(name) else {
            failures.push(format!("error: context {name} not found"));
            continue;
        };
        if args.text("output") == "name" {
            io.out(format!("{name}\n"));
            continue;
        }
        let mark = if *name == config.current { "*" } else { "" };
        rows.push_str(&format!("{mark}\t{name}\t{}\t{}\t{}\n", context.cluster, context.user, context.namespace));
    }
    if args.text("output") != "name" {
        let head = if args.is("no-headers") { "" } else { "CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n" };
        io.out(aligned(&format!("{head}{rows}"), 3));
    }
    crate::client::finish(io, &failures)
}

/// A wrong number of words: the command's page, and what was wrong.
fn page_first(args: &Args, io: &mut Io) -> Stop {
    super::page(args, io);
    Stop::error(format!("Unexpected args: [{}]", args.words.join(" ")))
}

fn use_context(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let [name] = &args.words[..] else { return Err(page_first(args, io)) };
    if !io.session.config.contexts.contains_key(name) {
        return Err(Stop::error(format!("no context exists with the name: \"{name}\"")));
    }
    io.session.config.current = name.clone();
    io.out(format!("Switched to context \"{name}\".\n"));
    Ok(0)
}

fn set_context(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let config = &mut io.session.config;
    let name = match (args.is("current"), &args.words[..]) {
        (true, []) => config.current.clone(),
        (true, _) => return Err(Stop::error("you cannot specify both a context name and --current")),
        (false, [name]) => name.clone(),
        (false, _) => return Err(Stop::error("you must specify a non-empty context name or --current")),
    };
    if name.is_empty() {
        return Err(Stop::error("no current context is set"));
    }
    let known = config.contexts.contains_key(&name);
    let context: &mut Context = config.contexts.entry(name.clone()).or_default();
    for (flag, field) in [("cluster", &mut context.cluster), ("user", &mut context.user), ("namespace", &mut context.namespace)] {
        if args.given(flag) {
            *field = args.text(flag).to_string();
        }
    }
    io.out(format!("Context \"{name}\" {}.\n", if known { "modified" } else { "created" }));
    Ok(0)
}

fn delete_context(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let [name] = &args.words[..] else { return Err(args.usage("You must specify exactly one context")) };
    let config = &mut io.session.config;
    if config.contexts.remove(name).is_none() {
        return Err(Stop::error(format!("cannot delete context {name}, not in /home/learner/.kube/config")));
    }
    if config.current == *name {
        io.err("warning: this removed your active context, use \"kubectl config use-context\" to select a different one\n");
    }
    io.out(format!("deleted context {name} from /home/learner/.kube/config\n"));
    Ok(0)
}

fn rename_context(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let [old, new] = &args.words[..] else { return Err(args.usage("You must specify the context to rename and its new name")) };
    let config = &mut io.session.config;
    if !config.contexts.contains_key(old) {
        return Err(Stop::error(format!("cannot rename the context \"{old}\", it's not in /home/learner/.kube/config")));
    }
    if config.contexts.contains_key(new) {
        return Err(Stop::error(format!(
            "cannot rename the context \"{old}\", the context \"{new}\" already exists in /home/learner/.kube/config"
        )));
    }
    let context = config.contexts.remove(old).unwrap_or_default();
    config.contexts.insert(new.clone(), context);
    if config.current == *old {
        config.current = new.clone();
    }
    io.out(format!("Context \"{old}\" renamed to \"{new}\".\n"));
    Ok(0)
}

fn delete_named(args: &Args, io: &mut Io, what: &str) -> Result<u8, Stop> {
    let [name] = &args.words[..] else { return Err(args.usage(&format!("You must specify exactly one {what}"))) };
    let config = &mut io.session.config;
    let gone = if what == "cluster" { config.clusters.remove(name).is_some() } else { config.users.remove(name).is_some() };
    if !gone {
        return Err(Stop::error(format!("cannot delete {what} {name}, not in /home/learner/.kube/config")));
    }
    io.out(format!("deleted {what} {name} from /home/learner/.kube/config\n"));
    Ok(0)
}

fn set_cluster(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let [name] = &args.words[..] else { return Err(page_first(args, io)) };
    let server = io.session.config.clusters.entry(name.clone()).or_default();
    if args.given("server") {
        *server = args.text("server").to_string();
    }
    io.out(format!("Cluster \"{name}\" set.\n"));
    Ok(0)
}

fn set_user(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let [name] = &args.words[..] else { return Err(page_first(args, io)) };
    let fields = &mut io.session.config.users.entry(name.clone()).or_default().fields;
    // A token takes the place of a password, and the other way round.
    for (given, gone) in [("token", ["username", "password"]), ("username", ["token", ""])] {
        if args.given(given) {
            gone.iter().for_each(|key| drop(fields.remove(*key)));
        }
    }
    for key in ["token", "username", "password", "client-certificate", "client-key"] {
        if args.given(key) {
            fields.insert(key.to_string(), args.text(key).to_string());
        }
    }
    io.out(format!("User \"{name}\" set.\n"));
    Ok(0)
}

/// `current-context`, `contexts.NAME.namespace`, `clusters.NAME.server` and the like.
fn set(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let [property, value] = &args.words[..] else { return Err(page_first(args, io)) };
    let config = &mut io.session.config;
    let named = |rest: &str| rest.rsplit_once('.').map(|(name, field)| (name.to_string(), field.to_string()));
    match property.split_once('.') {
        None if property == "current-context" => config.current = value.clone(),
        Some(("contexts", rest)) if named(rest).is_some() => {
            let (name, field) = named(rest).unwrap_or_default();
            let context = config.contexts.entry(name).or_default();
            match field.as_str() {
                "cluster" => context.cluster = value.clone(),
                "user" => context.user = value.clone(),
                "namespace" => context.namespace = value.clone(),
                _ => return Err(Stop::error(format!("unable to parse path \"{property}\" at \"{field}\""))),
            }
        }
        Some(("clusters", rest)) if named(rest).is_some_and(|(_, field)| field == "server") => {
            drop(config.clusters.insert(named(rest).unwrap_or_default().0, value.clone()));
        }
        Some(("users", rest)) => {
            let (name, field) = named(rest).unwrap_or_default();
            config.users.entry(name).or_default().fields.insert(field, value.clone());
        }
        _ => return Err(Stop::error(format!("unable to parse {property} after [] at api.Config"))),
    }
    io.out(format!("Property \"{property}\" set.\n"));
    Ok(0)
}

fn unset(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let [property] = &args.words[..] else { return Err(page_first(args, io)) };
    let config = &mut io.session.config;
    match property.split_once('.') {
        None if property == "current-context" => config.current.clear(),
        Some(("contexts", rest)) => {
            let (name, field) = rest.rsplit_once('.').filter(|(name, _)| config.contexts.contains_key(*name)).unwrap_or((rest, ""));
            match (field, config.contexts.get_mut(name)) {
                ("namespace", Some(context)) => context.namespace.clear(),
                ("cluster", Some(context)) => context.cluster.clear(),
                ("user", Some(context)) => context.user.clear(),
                _ => drop(config.contexts.remove(name)),
            }
        }
        Some(("clusters", name)) => drop(config.clusters.remove(name)),
        Some(("users", rest)) => match rest.rsplit_once('.').filter(|(name, _)| config.users.contains_key(*name)) {
            Some((name, field)) => drop(config.users.get_mut(name).and_then(|login| login.fields.remove(field))),
            None => drop(config.users.remove(rest)),
        },
        _ => return Err(Stop::error(format!("unable to parse {property} after [] at api.Config"))),
    }
    io.out(format!("Property \"{property}\" unset.\n"));
    Ok(0)
}

fn view(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let tree = tree(&io.session.config, args.is("minify"), args.is("raw"));
    match print::Output::read(args, io)? {
        print::Output::Json => io.out(print::json::declared(&tree)),
        output => output.print(io, &tree, "config")?,
    }
    Ok(0)
}

/// The kubeconfig as kubectl shows it: `minify` keeps only what the current context uses.
fn tree(config: &Config, minify: bool, raw: bool) -> Tree {
    let used = config.contexts.get(&config.current).cloned().unwrap_or_default();
    let contexts = config.contexts.iter().filter(|(name, _)| !minify || **name == config.current).map(|(name, context)| {
        let mut entry = map! {"cluster": context.cluster.as_str(), "user": context.user.as_str()};
        if !context.namespace.is_empty() {
            entry.set(&["namespace"], context.namespace.as_str());
        }
        map! {"context": entry, "name": name.as_str()}
    });
    let clusters = config
        .clusters
        .iter()
        .filter(|(name, _)| !minify || **name == used.cluster)
        .map(|(name, server)| map! {"cluster": cluster(server), "name": name.as_str()});
    let secure = config.clusters.values().any(|server| server.starts_with("https://"));
    let user = |login: &Login| {
        let mut user = map! {};
        if login.given && secure {
            user = map! {"client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"};
        }
        for (key, value) in &login.fields {
            let hidden = !raw && matches!(key.as_str(), "token" | "password");
            user.set(&[key], if hidden { "REDACTED" } else { value });
        }
        user
    };
    let users = config.users.iter().filter(|(name, _)| !minify || **name == used.user);
    let users = users.map(|(name, login)| map! {"name": name.as_str(), "user": user(login)});
    map! {
        "apiVersion": "v1", "kind": "Config", "current-context": config.current.as_str(),
        "clusters": clusters.collect::<Vec<Tree>>(), "contexts": contexts.collect::<Vec<Tree>>(), "users": users.collect::<Vec<Tree>>(),
    }
}

/// A cluster's address; over TLS with its certificate authority, which kubectl does not print.
fn cluster(server: &str) -> Tree {
    let mut tree = map! {"server": server};
    if server.starts_with("https://") {
        tree.set(&["certificate-authority-data"], "DATA+OMITTED");
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// The text of a real kubectl 1.37.
    #[test]
    fn the_view_hides_what_is_secret_and_keeps_the_rest() {
        let context = Context { cluster: "mini".into(), user: "learner".into(), namespace: "discovery".into() };
        let config = Config {
            current: "mini".into(),
            contexts: BTreeMap::from([("mini".into(), context)]),
            clusters: BTreeMap::from([("mini".into(), "http://127.0.0.1:6443".into())]),
            users: BTreeMap::from([("learner".into(), Login::given())]),
            home: "http://127.0.0.1:6443".into(),
        };
        let text = "apiVersion: v1\nclusters:\n- cluster:\n    server: http://127.0.0.1:6443\n  name: mini\ncontexts:\n- context:\n    cluster: mini\n    namespace: discovery\n    user: learner\n  name: mini\ncurrent-context: mini\nkind: Config\nusers:\n- name: learner\n  user: {}\n";
        assert_eq!(print::yaml(&tree(&config, false, false)), text);
        assert!(tree(&Config::default(), true, false).to_json().contains("DATA+OMITTED"));
    }
}
