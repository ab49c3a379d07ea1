//! `kubectl run`: one Pod from an image; with `-i` or `--attach` its output is followed, with `--rm` it is deleted after.
use super::Verb;
use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, Info};
use crate::inside::{self, Into};
use crate::job::{Flow, Io, News, Stop, server_words};
use crate::pods;
use crate::print::{built, outputs::dry_run};
use objects::wire;
use objects::{Map, Text, Tree, list, map};

pub static VERB: Verb = Verb {
    name: "run",
    aliases: &[],
    short: "Run a particular image on the cluster",
    usage: "kubectl run NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...] [options]",
    examples: "  # Start a nginx pod\n  kubectl run nginx --image=nginx\n\n  # Start a busybox pod and keep it in the foreground, don't restart it if it exits\n  kubectl run -i -t busybox --image=busybox --restart=Never",
    flags: FLAGS,
    subs: &[],
    run,
};

static FLAGS: &[Flag] = &[
    flag("annotations", '\0', Takes::Texts, "", "Annotations to apply to the pod."),
    flag(
        "attach",
        '\0',
        Takes::Bool,
        "false",
        "If true, wait for the Pod to start running, and then attach to the Pod as if 'kubectl attach ...' were called.",
    ),
    flag(
        "command",
        '\0',
        Takes::Bool,
        "false",
        "If true and extra arguments are present, use them as the 'command' field in the container, rather than the 'args' field which is the default.",
    ),
    flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
    flag("env", '\0', Takes::Texts, "", "Environment variables to set in the container."),
    flag("expose", '\0', Takes::Bool, "false", "If true, create a ClusterIP service associated with the pod. Requires `--port`."),
    flag("field-manager", '\0', Takes::Text, "kubectl-run", "Name of the manager used to track field ownership."),
    flag("image", '\0', Takes::Text, "", "The image for the container to run."),
    flag(
        "image-pull-policy",
        '\0',
        Takes::Text,
        "",
        "The image pull policy for the container. If left empty, this value will not be specified by the client and defaulted by the server.",
    ),
    flag("labels", 'l', Takes::List, "", "Comma separated labels to apply to the pod. Will override previous values."),
    flag(
        "leave-stdin-open",
        '\0',
        Takes::Bool,
        "false",
        "If the pod is started in interactive mode or with stdin, leave stdin open after the first attach completes.",
    ),
    flag("output", 'o', Takes::Text, "", "Output format."),
    flag("overrides", '\0', Takes::Text, "", "An inline JSON override for the generated object."),
    flag("override-type", '\0', Takes::Text, "merge", "The method used to override the generated object: json, merge, or strategic."),
    flag(
        "pod-running-timeout",
        '\0',
        Takes::Span,
        "1m0s",
        "The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running",
    ),
    flag("port", '\0', Takes::Text, "", "The port that this container exposes."),
    flag("privileged", '\0', Takes::Bool, "false", "If true, run the container in privileged mode."),
    flag("quiet", 'q', Takes::Bool, "false", "If true, suppress prompt messages."),
    flag("restart", '\0', Takes::Text, "Always", "The restart policy for this Pod.  Legal values [Always, OnFailure, Never]."),
    flag(
        "rm",
        '\0',
        Takes::Bool,
        "false",
        "If true, delete the pod after it exits.  Only valid when attaching to the container, e.g. with '--attach' or with '-i/--stdin'.",
    ),
    flag("save-config", '\0', Takes::Bool, "false", "If true, the configuration of current object will be saved in its annotation."),
    flag(
        "show-managed-fields",
        '\0',
        Takes::Bool,
        "false",
        "If true, keep the managedFields when printing objects in JSON or YAML format.",
    ),
    flag("stdin", 'i', Takes::Bool, "false", "Keep stdin open on the container in the pod, even if nothing is attached."),
    flag("template", '\0', Takes::Text, "", "Template string or path to template file to use when -o=go-template, -o=go-template-file."),
    flag("tty", 't', Takes::Bool, "false", "Allocate a TTY for the container in the pod."),
];

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.given("image") {
        return Err(Stop::error("required flag(s) \"image\" not set"));
    }
    let Some(name) = args.words.first() else { return Err(Stop::error("NAME is required for run")) };
    let image = args.text("image");
    if !is_image(image) {
        return Err(Stop::error(format!("invalid image name \"{image}\": invalid reference format")));
    }
    if args.is("tty") && !args.is("stdin") {
        return Err(Stop::error("-i/--stdin is required for containers with -t/--tty=true"));
    }
    let attach = args.is("attach") || args.is("stdin") || args.is("tty");
    let dry = dry_run(args)?;
    if args.is("rm") && !attach {
        return Err(Stop::error("--rm should only be used for attached containers"));
    }
    if attach && dry != "none" {
        return Err(Stop::error("--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)"));
    }
    if !matches!(args.text("restart"), "" | "Always" | "OnFailure" | "Never") {
        return Err(Stop::error(format!("invalid restart policy: {}, valid values are: Always, OnFailure, Never", args.text("restart"))));
    }
    if !matches!(args.text("image-pull-policy"), "" | "Always" | "IfNotPresent" | "Never") {
        let words = "valid values are: Always, IfNotPresent, Never";
        return Err(Stop::error(format!("invalid image pull policy: {}, {words}", args.text("image-pull-policy"))));
    }
    if args.is("expose") && !args.given("port") {
        return Err(Stop::error("--port must be set when exposing a service"));
    }
    let namespace = client::namespace(args, io)?;
    let tree = overridden(args, pod(args, name)?)?;
    let created = send(args, io, &namespace, "Pod", tree, dry)?;
    if !attach {
        built(args, io, &created, "created")?;
    }
    if args.is("expose") {
        let service = send(args, io, &namespace, "Service", service(args, name), dry)?;
        if args.text("output") == "yaml" {
            io.out("---\n");
        }
        built(args, io, &service, "created")?;
    }
    if !attach {
        return Ok(0);
    }
    let (code, words) = attached(args, io, &namespace, name)?;
    if args.is("rm") {
        io.fetch(client::known(args, wire::Verb::Delete, "", "v1", "pods", &namespace, name))?;
        if !args.is("quiet") {
            io.out(format!("pod \"{name}\" deleted from {namespace} namespace\n"));
        }
    }
    io.err(words);
    Ok(code)
}

/// Whether a text names an image (distribution's grammar): `[HOST[:PORT]/]path[:tag][@digest]`, the path in small letters.
fn is_image(text: &str) -> bool {
    let (text, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    let (host, rest) = match text.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
        _ => ("", text),
    };
    let (path, tag) = rest.split_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part =
        |part: &str| part.starts_with(inner) && part.ends_with(inner) && part.chars().all(|c| inner(c) || matches!(c, '-' | '.' | '_'));
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let tagged = tag.is_none_or(|tag| !tag.is_empty() && tag.len() <= 128 && !tag.starts_with(['.', '-']) && tag.chars().all(word));
    let hosted = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'));
    let digested = digest.is_none_or(|digest| digest.split_once(':').is_some_and(|(kind, hex)| !kind.is_empty() && hex.len() >= 32));
    hosted && path.split('/').all(part) && tagged && digested
}

fn pod(args: &Args, name: &str) -> Result<Tree, Stop> {
    let given = args.list("labels");
    let labels = if given.is_empty() {
        map! {"run": name}
    } else {
        Tree::from(pairs(&given, "label")?)
    };
    let mut container = map! {"name": name, "image": args.text("image"), "resources": Map::default()};
    let mut env = Vec::new();
    for item in args.list("env") {
        let Some((key, value)) = item.split_once('=').filter(|(key, _)| is_variable(key)) else {
            return Err(Stop::error(format!("invalid env: {item}")));
        };
        // An empty value is left out, as Go leaves it out.
        env.push(if value.is_empty() {
            map! {"name": key}
        } else {
            map! {"name": key, "value": value}
        });
    }
    let words: Vec<Tree> = args.words[1..].iter().map(|word| Tree::from(word.as_str())).collect();
    let parts: [(&str, Option<Tree>); 6] = [
        ("env", (!env.is_empty()).then(|| Tree::from(env))),
        (if args.is("command") { "command" } else { "args" }, (!words.is_empty()).then(|| Tree::from(words))),
        ("imagePullPolicy", args.given("image-pull-policy").then(|| Tree::from(args.text("image-pull-policy")))),
        ("ports", port(args)?.map(|port| list![map! {"containerPort": port}])),
        ("stdin", args.is("stdin").then_some(Tree::Bool(true))),
        ("tty", args.is("tty").then_some(Tree::Bool(true))),
    ];
    for (field, value) in parts {
        if let Some(value) = value {
            container.set(&[field], value);
        }
    }
    if args.is("stdin") && !args.is("leave-stdin-open") {
        container.set(&["stdinOnce"], true);
    }
    if args.is("privileged") {
        container.set(&["securityContext"], map! {"privileged": true});
    }
    let mut meta = map! {"labels": labels, "name": name};
    if args.given("annotations") {
        meta.set(&["annotations"], pairs(&args.list("annotations"), "annotation")?);
    }
    let restart = if args.text("restart").is_empty() { "Always" } else { args.text("restart") };
    let spec = map! {"containers": list![container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart};
    Ok(map! {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": Map::default()})
}

/// Whether a text may name an environment variable.
fn is_variable(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(inner) && !matches!(name, "." | "..")
}

fn pairs(items: &[String], what: &str) -> Result<Map, Stop> {
    let pair = |item: &String| {
        let (key, value) = item.split_once('=').ok_or_else(|| Stop::error(format!("unexpected {what} spec: {item}")))?;
        Ok((Text::new(key), Tree::from(value)))
    };
    items.iter().map(pair).collect::<Result<Vec<_>, Stop>>().map(|all| all.into_iter().collect())
}

fn port(args: &Args) -> Result<Option<i64>, Stop> {
    match args.text("port") {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Stop::error("--port must be a number")),
    }
}

fn service(args: &Args, name: &str) -> Tree {
    let port = port(args).ok().flatten().unwrap_or(80);
    let given = args.list("labels");
    let selector = if given.is_empty() { Ok(map! {"run": name}) } else { pairs(&given, "label").map(Tree::from) };
    let ports = list![map! {"port": port, "protocol": "TCP", "targetPort": port}];
    let spec = map! {"ports": ports, "selector": selector.unwrap_or_default()};
    map! {"apiVersion": "v1", "kind": "Service", "metadata": map! {"name": name}, "spec": spec, "status": map! {"loadBalancer": Map::default()}}
}

/// `--overrides`: JSON laid over the object.
fn overridden(args: &Args, tree: Tree) -> Result<Tree, Stop> {
    if !args.given("overrides") {
        return Ok(tree);
    }
    let shape = match args.text("override-type") {
        "merge" => None,
        "strategic" => crate::patch::type_of("v1", "Pod"),
        "json" => {
            return Err(Stop::error("--override-type=json is not part of this terminal: --override-type=merge takes the fields to set"));
        }
        other => return Err(Stop::error(format!("invalid override type: {other}"))),
    };
    let over = Tree::from_json(args.text("overrides")).map_err(|_| Stop::error("Invalid JSON Patch"))?;
    Ok(crate::merge::apply(&tree, &over, shape))
}

fn send(args: &Args, io: &mut Io, namespace: &str, kind: &str, mut tree: Tree, dry: &str) -> Result<Info, Stop> {
    let Some(served) = client::resolve_kind(args, io, "v1", kind)? else {
        return Err(Stop::error(format!("the server doesn't have a resource type \"{kind}\"")));
    };
    if args.given("namespace") || dry != "client" {
        tree.set(&["metadata", "namespace"], namespace);
    }
    if args.is("save-config") && dry != "client" {
        tree = crate::last_applied::of_built(&tree);
    }
    if dry != "client" {
        let mut post = client::request(args, wire::Verb::Create, &served, namespace, "").body(&tree);
        post.options.field_manager = args.text("field-manager").to_string();
        post.options.dry_run = if dry == "server" { "All".into() } else { String::new() };
        tree = io.fetch(post)?;
    }
    let name = tree.at(&["metadata", "name"]).text().to_string();
    let mut info = client::info(&served, tree);
    (info.namespace, info.name) = (namespace.to_string(), name);
    Ok(info)
}

/// Waits for the container, then gives a shell one line at a time, or follows what it prints to its end. The code, and what
/// is said of a bad end.
fn attached(args: &Args, io: &mut Io, namespace: &str, name: &str) -> Result<(u8, String), Stop> {
    let pod = io.follow(vec![watched(args, namespace, name)], None, Tree::Null, |state, incoming, _| match &incoming.news {
        News::Event(event) if event.kind != "BOOKMARK" => {
            *state = event.object.clone();
            let over = matches!(state.at(&["status", "phase"]).text(), "Succeeded" | "Failed");
            if over || inside::is_running(state) || event.kind == "DELETED" { Flow::Done } else { Flow::More }
        }
        News::Opened(response) if !response.is_ok() => Flow::Done,
        _ => Flow::More,
    })?;
    if args.is("stdin") && inside::is_running(&pod) {
        if !args.is("quiet") {
            io.err(inside::RECORDED);
        }
        if inside::session(args, io, namespace, name, name, Into::Attach)?.is_some() {
            return after_session(args, io, namespace, name);
        }
    }
    let other = vec![("container".into(), Text::new(name)), ("follow".into(), "true".into())];
    let log = pods::part(args, wire::Verb::Get, namespace, name, "log", other);
    io.follow(vec![log], None, Tree::Null, |_, incoming, pen| match &incoming.news {
        News::Text(text) => {
            pen.out(text);
            Flow::More
        }
        News::Opened(response) if !response.is_ok() => {
            pen.err(&format!("{}\n", server_words(response)));
            Flow::Done
        }
        _ => Flow::More,
    })?;
    let end = io.send(client::known(args, wire::Verb::Get, "", "v1", "pods", namespace, name))?;
    Ok(end_of(end.tree(), namespace, name))
}

fn watched(args: &Args, namespace: &str, name: &str) -> wire::Request {
    let mut watch = client::known(args, wire::Verb::Watch, "", "v1", "pods", namespace, "");
    watch.options.field_selector = format!("metadata.name={name}");
    watch
}

/// After its shell has ended the container has, too: for good, or to be started again.
fn after_session(args: &Args, io: &mut Io, namespace: &str, name: &str) -> Result<(u8, String), Stop> {
    if args.text("restart") != "Never" {
        if args.text("restart") == "Always" && args.is("tty") && !args.is("quiet") {
            io.out(format!("Session ended, resume using 'kubectl attach {name} -c {name} -n {namespace} -i -t' command\n"));
        }
        return Ok((0, String::new()));
    }
    let pod = io.follow(vec![watched(args, namespace, name)], None, Tree::Null, |state, incoming, _| match &incoming.news {
        News::Event(event) if event.kind != "BOOKMARK" => {
            *state = event.object.clone();
            let over = matches!(state.at(&["status", "phase"]).text(), "Succeeded" | "Failed");
            if over || event.kind == "DELETED" { Flow::Done } else { Flow::More }
        }
        News::Opened(response) if !response.is_ok() => Flow::Done,
        _ => Flow::More,
    })?;
    Ok(end_of(&pod, namespace, name))
}

/// The code of a Pod's first container, and the words about one that is not 0.
fn end_of(pod: &Tree, namespace: &str, name: &str) -> (u8, String) {
    let status = pod.at(&["status", "containerStatuses"]).items().first().cloned().unwrap_or_default();
    let terminated = status.at(&["state", "terminated"]);
    match terminated.get("exitCode").int_or(0) {
        0 => (0, String::new()),
        code => (code as u8, format!("pod {namespace}/{name} terminated ({})\n", terminated.get("reason").text())),
    }
}
