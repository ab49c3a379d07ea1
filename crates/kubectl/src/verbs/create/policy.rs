//! `create quota`, `create priorityclass`, `create poddisruptionbudget`, `create ingress`.
use super::Verb;
use super::parts::{generated, name, pairs, post, texts};
use crate::args::{Args, Takes, flag};
use crate::job::{Io, Stop};
use objects::{Map, Tree, list, map};

pub const QUOTA: Verb = Verb {
    name: "quota",
    aliases: &["resourcequota"],
    short: "Create a quota with the specified name",
    usage: "kubectl create quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none] [options]",
    examples: "  # Create a new resource quota named my-quota\n  kubectl create quota my-quota --hard=cpu=1,memory=1G,pods=2",
    flags: generated![
        flag("hard", '\0', Takes::List, "", "A comma-delimited set of resource=quantity pairs that define a hard limit."),
        flag(
            "scopes",
            '\0',
            Takes::List,
            "",
            "A comma-delimited set of quota scopes that must all match each object tracked by the quota.",
        ),
    ],
    subs: &[],
    run: quota,
};

pub const PRIORITY_CLASS: Verb = Verb {
    name: "priorityclass",
    aliases: &["pc"],
    short: "Create a priority class with the specified name",
    usage: "kubectl create priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none] [options]",
    examples: "  # Create a priority class named high-priority\n  kubectl create priorityclass high-priority --value=1000 --description=\"high priority\"",
    flags: generated![
        flag(
            "description",
            '\0',
            Takes::Text,
            "",
            "description is an arbitrary string that usually provides guidelines on when this priority class should be used.",
        ),
        flag(
            "global-default",
            '\0',
            Takes::Bool,
            "false",
            "global-default specifies whether this PriorityClass should be considered as the default priority.",
        ),
        flag(
            "preemption-policy",
            '\0',
            Takes::Text,
            "PreemptLowerPriority",
            "preemption-policy is the policy for preempting pods with lower priority.",
        ),
        flag("value", '\0', Takes::Int, "0", "the value of this priority class."),
    ],
    subs: &[],
    run: priority_class,
};

pub const PDB: Verb = Verb {
    name: "poddisruptionbudget",
    aliases: &["pdb"],
    short: "Create a pod disruption budget with the specified name",
    usage: "kubectl create poddisruptionbudget NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none] [options]",
    examples: "  # Create a pod disruption budget named my-pdb that requires at least one of them to be available\n  kubectl create poddisruptionbudget my-pdb --selector=app=rails --min-available=1",
    flags: generated![
        flag("max-unavailable", '\0', Takes::Text, "", "The maximum number or percentage of unavailable pods this budget requires."),
        flag("min-available", '\0', Takes::Text, "", "The minimum number or percentage of available pods this budget requires."),
        flag(
            "selector",
            '\0',
            Takes::Text,
            "",
            "A label selector to use for this budget. Only equality-based selector requirements are supported.",
        ),
    ],
    subs: &[],
    run: pdb,
};

pub const INGRESS: Verb = Verb {
    name: "ingress",
    aliases: &["ing"],
    short: "Create an ingress with the specified name",
    usage: "kubectl create ingress NAME --rule=host/path=service:port[,tls[=secret]] [options]",
    examples: "  # Create a single ingress called 'simple' that directs requests to foo.com/bar to svc1:8080\n  kubectl create ingress simple --rule=\"foo.com/bar=svc1:8080\"",
    flags: generated![
        flag("annotation", '\0', Takes::Texts, "", "Annotation to insert in the ingress object, in the format annotation=value",),
        flag("class", '\0', Takes::Text, "", "Ingress Class to be used"),
        flag("default-backend", '\0', Takes::Text, "", "Default service for backend, in format of svcname:port"),
        flag("rule", '\0', Takes::Texts, "", "Rule in format host/path=service:port[,tls=secretname]."),
    ],
    subs: &[],
    run: ingress,
};

fn quota(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    let mut spec = map! {};
    if args.given("hard") {
        let hard = pairs(&args.list("hard"))?;
        for (_, amount) in hard.iter() {
            objects::Quantity::parse(amount.text()).map_err(|why| Stop::error(why.to_string()))?;
        }
        spec.set(&["hard"], hard);
    }
    if args.given("scopes") {
        spec.set(&["scopes"], texts(&args.list("scopes")));
    }
    let tree = map! {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": map! {"name": name}, "spec": spec, "status": Map::default()};
    post(args, io, tree, "failed to create quota")
}

fn priority_class(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    let mut tree = map! {
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": map! {"name": name},
        "value": args.int("value"), "preemptionPolicy": args.text("preemption-policy"),
    };
    if args.is("global-default") {
        tree.set(&["globalDefault"], true);
    }
    if args.given("description") {
        tree.set(&["description"], args.text("description"));
    }
    post(args, io, tree, "failed to create priorityclass")
}

/// `3` as a number, `50%` as a text.
fn count(text: &str) -> Tree {
    text.parse::<i64>().map_or_else(|_| Tree::from(text), Tree::Int)
}

fn pdb(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    if args.text("selector").is_empty() {
        return Err(Stop::error("a selector must be specified"));
    }
    objects::labels::Selector::parse(args.text("selector"))
        .map_err(|why| Stop::error(format!("couldn't parse the selector string \"{}\": {why}", args.text("selector"))))?;
    let labels: Vec<String> = args.text("selector").split(',').map(|part| part.replace("==", "=")).collect();
    let mut spec = map! {"selector": map! {"matchLabels": pairs(&labels)?}};
    for flag in ["min-available", "max-unavailable"].into_iter().filter(|flag| args.given(flag)) {
        let number = args.text(flag).trim_end_matches('%');
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Stop::error(format!("invalid format specified for {flag}")));
        }
    }
    match (args.given("min-available"), args.given("max-unavailable")) {
        (true, true) => return Err(Stop::error("min-available and max-unavailable cannot be both specified")),
        (false, false) => return Err(Stop::error("one of min-available or max-unavailable must be specified")),
        (true, _) => spec.set(&["minAvailable"], count(args.text("min-available"))),
        _ => spec.set(&["maxUnavailable"], count(args.text("max-unavailable"))),
    }
    let status = map! {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0};
    let tree =
        map! {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": map! {"name": name}, "spec": spec, "status": status};
    post(args, io, tree, "failed to create poddisruptionbudgets")
}

/// `web:80` or `web:http` as an Ingress backend.
fn backend(text: &str) -> Option<Tree> {
    let (service, port) = text.split_once(':')?;
    let port = port.parse::<i64>().map_or_else(|_| map! {"name": port}, |number| map! {"number": number});
    Some(map! {"service": map! {"name": service, "port": port}})
}

/// Host, path entry and TLS secret of one `--rule`.
fn rule(text: &str) -> Option<(String, Tree, Option<Tree>)> {
    let (pair, tls) = text.split_once(',').map_or((text, None), |(pair, tls)| (pair, Some(tls)));
    let (from, to) = pair.split_once('=')?;
    let (host, path) = from.find('/').map(|at| from.split_at(at))?;
    let kind = if path.ends_with('*') { "Prefix" } else { "Exact" };
    let entry = map! {"path": path.trim_end_matches('*'), "pathType": kind, "backend": backend(to)?};
    let secret = tls.map(|tls| {
        let mut entry = map! {"hosts": list![host]};
        if let Some((_, secret)) = tls.split_once('=') {
            entry.set(&["secretName"], secret);
        }
        entry
    });
    Some((host.to_string(), entry, secret))
}

fn ingress(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    if !args.given("rule") && !args.given("default-backend") {
        return Err(Stop::error(
            "not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)",
        ));
    }
    let mut hosts: Vec<(String, Vec<Tree>)> = Vec::new();
    let mut secrets = Vec::new();
    for text in args.list("rule") {
        let Some((host, entry, secret)) = rule(&text) else {
            return Err(Stop::error(format!("rule {text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]")));
        };
        secrets.extend(secret);
        match hosts.iter_mut().find(|(known, _)| *known == host) {
            Some((_, paths)) => paths.push(entry),
            None => hosts.push((host, vec![entry])),
        }
    }
    let mut spec = map! {};
    let rules: Vec<Tree> = hosts
        .into_iter()
        .map(|(host, paths)| {
            let mut rule = map! {"http": map! {"paths": paths}};
            if !host.is_empty() {
                rule.set(&["host"], host);
            }
            rule
        })
        .collect();
    if !rules.is_empty() {
        spec.set(&["rules"], rules);
    }
    if !secrets.is_empty() {
        spec.set(&["tls"], secrets);
    }
    if args.given("class") {
        spec.set(&["ingressClassName"], args.text("class"));
    }
    if args.given("default-backend") {
        let text = args.text("default-backend");
        let backend = backend(text).ok_or_else(|| Stop::error("default-backend should be in format servicename:serviceport"))?;
        spec.set(&["defaultBackend"], backend);
    }
    let mut meta = map! {"name": name};
    for annotation in args.list("annotation") {
        let wrong = || Stop::error(format!("annotation {annotation} is invalid and should be in format key=[value]"));
        let (key, value) = annotation.split_once('=').ok_or_else(wrong)?;
        meta.set(&["annotations", key], value);
    }
    let status = map! {"loadBalancer": Map::default()};
    let tree = map! {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta, "spec": spec, "status": status};
    post(args, io, tree, "failed to create ingress")
}
