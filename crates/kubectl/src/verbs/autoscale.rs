//! `kubectl autoscale`: a HorizontalPodAutoscaler for a workload.
use crate::args::{Args, Takes, flag};
use crate::client::{self, Info};
use crate::discovery::Served;
use crate::job::{Io, Stop};
use crate::print;
use crate::verbs::Verb;
use objects::wire::Verb as Ask;
use objects::{Quantity, Tree, list, map};

pub static VERB: Verb = Verb {
    name: "autoscale",
    aliases: &[],
    short: "Auto-scale a deployment, replica set, stateful set, or replication controller",
    usage: "kubectl autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY] [options]",
    examples: "  # Between 2 and 10 Pods, by CPU\n  kubectl autoscale deployment foo --min=2 --max=10 --cpu=80%\n",
    flags: &[
        flag("cpu", '\0', Takes::Text, "", "Target CPU utilization over all the pods: a percentage ('70%') or a quantity ('500m')."),
        flag("cpu-percent", '\0', Takes::Int, "-1", "The target average CPU utilization (in percent of requests). Deprecated: use --cpu."),
        flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
        flag("field-manager", '\0', Takes::Text, "kubectl-autoscale", "Name of the manager used to track field ownership."),
        flag("filename", 'f', Takes::List, "", "identifying the resource to autoscale."),
        flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory."),
        flag("max", '\0', Takes::Int, "-1", "The upper limit for the number of pods that can be set by the autoscaler. Required."),
        flag("memory", '\0', Takes::Text, "", "Target memory utilization over all the pods: a percentage ('60%') or a quantity ('200Mi')."),
        flag("min", '\0', Takes::Int, "-1", "The lower limit for the number of pods that can be set by the autoscaler."),
        flag(
            "name",
            '\0',
            Takes::Text,
            "",
            "The name for the newly created object. If not specified, the name of the input resource will be used.",
        ),
        flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …)."),
        flag("recursive", 'R', Takes::Bool, "false", "Read the folders of -f with all that is below them."),
    ],
    subs: &[],
    run,
};

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.given("max") {
        return Err(Stop::error("required flag(s) \"max\" not set"));
    }
    if args.int("max") < 1 {
        return Err(Stop::error(format!("--max=MAXPODS is required and must be at least 1, max: {}", args.int("max"))));
    }
    if args.int("max") < args.int("min") {
        return Err(Stop::error(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {}, min: {}",
            args.int("max"),
            args.int("min")
        )));
    }
    if args.given("cpu-percent") {
        io.err("Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).\n");
    }
    let found = client::named_live(args, io, &args.words)?;
    if let Some(words) = found.failures.first() {
        return Err(Stop::plain(words.as_str()));
    }
    for info in &found.infos {
        create(args, io, info)?;
    }
    Ok(0)
}

fn create(args: &Args, io: &mut Io, info: &Info) -> Result<(), Stop> {
    if !info.served.subresources.iter().any(|part| part == "scale") {
        let group = if info.served.group.is_empty() { format!("/{}", info.served.version) } else { info.served.api_version() };
        return Err(Stop::error(format!(
            "cannot autoscale a {}: could not find scale subresource for {group}, Resource={} in discovery information",
            info.served.kind, info.served.plural
        )));
    }
    let metrics = metrics(args).map_err(Stop::error)?;
    if metrics.items().is_empty() {
        return Err(Stop::error(
            "failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: empty input",
        ));
    }
    let name = if args.text("name").is_empty() { info.name.as_str() } else { args.text("name") };
    let target = map! {"apiVersion": info.served.api_version(), "kind": &info.served.kind, "name": info.name.as_str()};
    let mut spec = map! {"maxReplicas": args.int("max"), "metrics": metrics, "scaleTargetRef": target};
    if args.int("min") > 0 {
        spec.set(&["minReplicas"], args.int("min"));
    }
    let mut tree = map! {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": map! {"name": name}, "spec": spec};
    let dry = matches!(args.text("dry-run"), "client" | "unchanged");
    let served = match client::resolve_kind(args, io, "autoscaling/v2", "HorizontalPodAutoscaler")? {
        Some(served) => served,
        // Who only prints asks nobody whether it is served.
        None if dry => {
            Served { group: "autoscaling".into(), version: "v2".into(), kind: "HorizontalPodAutoscaler".into(), ..Served::default() }
        }
        None => return Err(Stop::error("this cluster does not serve HorizontalPodAutoscalers yet (autoscaling/v2)")),
    };
    if dry {
        tree.set(&["status"], map! {"currentMetrics": Tree::Null, "desiredReplicas": 0});
        let made = Info { served, namespace: info.namespace.clone(), name: name.to_string(), source: String::new(), tree };
        return print::built(args, io, &made, "autoscaled");
    }
    let mut ask = client::request(args, Ask::Create, &served, &info.namespace, "");
    ask.body = tree;
    ask.options.field_manager = args.text("field-manager").to_string();
    let made = io.fetch(ask)?;
    print::built(args, io, &client::info(&served, made), "autoscaled")
}

/// One resource metric for each of CPU and memory that was asked for; the error names an amount that is none.
fn metrics(args: &Args) -> Result<Tree, String> {
    let old = if args.int("cpu-percent") >= 0 { format!("{}%", args.int("cpu-percent")) } else { String::new() };
    let cpu = if args.text("cpu").is_empty() { old } else { args.text("cpu").to_string() };
    let mut all = list![];
    for (name, text) in [("cpu", cpu.as_str()), ("memory", args.text("memory"))] {
        if text.is_empty() {
            continue;
        }
        let share = text.strip_suffix('%').and_then(|number| number.parse::<i64>().ok());
        let target = match share {
            Some(percent) => map! {"averageUtilization": percent, "type": "Utilization"},
            None if Quantity::parse(text).is_err() => return Err(format!("invalid resource {name} value: {text}")),
            None => map! {"averageValue": text, "type": "AverageValue"},
        };
        all.list_mut().push(map! {"resource": map! {"name": name, "target": target}, "type": "Resource"});
    }
    Ok(all)
}
