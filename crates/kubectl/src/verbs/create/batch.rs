//! `create job`, `create cronjob`.
use super::Verb;
use super::parts::{generated, name, post, required, texts};
use crate::args::{Args, Takes, flag};
use crate::client;
use crate::job::{Io, Stop};
use objects::{Map, Tree, list, map, wire};

pub const JOB: Verb = Verb {
    name: "job",
    aliases: &[],
    short: "Create a job with the specified name",
    usage: "kubectl create job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...] [options]",
    examples: "  # Create a job\n  kubectl create job my-job --image=busybox\n\n  # Create a job with a command\n  kubectl create job my-job --image=busybox -- date\n\n  # Create a job from a cron job named \"a-cronjob\"\n  kubectl create job test-job --from=cronjob/a-cronjob",
    flags: generated![
        flag("from", '\0', Takes::Text, "", "The name of the resource to create a Job from (only cronjob is supported)."),
        flag("image", '\0', Takes::Text, "", "Image name to run."),
    ],
    subs: &[],
    run: job,
};

pub const CRON_JOB: Verb = Verb {
    name: "cronjob",
    aliases: &["cj"],
    short: "Create a cron job with the specified name",
    usage: "kubectl create cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags] [options]",
    examples: "  # Create a cron job\n  kubectl create cronjob my-job --image=busybox --schedule=\"*/1 * * * *\"",
    flags: generated![
        flag("image", '\0', Takes::Text, "", "Image name to run."),
        flag("restart", '\0', Takes::Text, "", "job's restart policy. supported values: OnFailure, Never"),
        flag("schedule", '\0', Takes::Text, "", "A schedule in the Cron format the job should be run with."),
    ],
    subs: &[],
    run: cron_job,
};

fn pod_template(name: &str, image: &str, command: &[String], restart: &str) -> Tree {
    let mut container = map! {"name": name, "image": image, "resources": Map::default()};
    if !command.is_empty() {
        container.set(&["command"], texts(command));
    }
    map! {"metadata": Map::default(), "spec": map! {"containers": list![container], "restartPolicy": restart}}
}

fn job(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    let command = args.after_dash();
    match (args.given("image"), args.given("from")) {
        (false, false) => return Err(Stop::error("either --image or --from must be specified")),
        (true, true) => return Err(Stop::error("either --image or --from must be specified")),
        (false, true) if !command.is_empty() => return Err(Stop::error("cannot specify --from and command")),
        _ => {}
    }
    if args.given("from") {
        return job_from(args, io, name);
    }
    let template = pod_template(name, args.text("image"), command, "Never");
    let tree = map! {"apiVersion": "batch/v1", "kind": "Job", "metadata": map! {"name": name}, "spec": map! {"template": template}, "status": Map::default()};
    post(args, io, tree, "failed to create job")
}

fn job_from(args: &Args, io: &mut Io, name: &str) -> Result<u8, Stop> {
    let picks = client::pick(args, io, &[args.text("from").to_string()])?;
    let namespace = client::namespace(args, io)?;
    let Some(pick) = picks.into_iter().find(|pick| !pick.name.is_empty()) else {
        return Err(Stop::error("from must be an existing cronjob"));
    };
    if pick.served.kind != "CronJob" {
        let found = io.send(client::request(args, wire::Verb::Get, &pick.served, &namespace, &pick.name))?;
        if !found.is_ok() {
            return Err(Stop::server(&found));
        }
        return Err(Stop::error(format!("unknown object type *{}.{}", pick.served.version, pick.served.kind)));
    }
    let cron = io.fetch(client::request(args, wire::Verb::Get, &pick.served, &namespace, &pick.name))?;
    let template = cron.at(&["spec", "jobTemplate"]);
    let mut annotations = template.at(&["metadata", "annotations"]).clone();
    annotations.map_mut().insert("cronjob.kubernetes.io/instantiate", "manual");
    let owner = map! {
        "apiVersion": cron.get("apiVersion"), "kind": "CronJob", "name": pick.name.as_str(),
        "uid": cron.at(&["metadata", "uid"]), "controller": true,
    };
    let mut meta = map! {"name": name, "annotations": annotations, "ownerReferences": list![owner]};
    if !template.at(&["metadata", "labels"]).is_null() {
        meta.set(&["labels"], template.at(&["metadata", "labels"]));
    }
    let tree = map! {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": template.get("spec"), "status": Map::default()};
    post(args, io, tree, "failed to create job")
}

fn cron_job(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    required(args, &["image", "schedule"])?;
    let name = name(args)?;
    let restart = if args.given("restart") { args.text("restart") } else { "OnFailure" };
    let job = map! {"metadata": map! {"name": name}, "spec": map! {"template": pod_template(name, args.text("image"), args.after_dash(), restart)}};
    let tree = map! {
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": map! {"name": name},
        "spec": map! {"jobTemplate": job, "schedule": args.text("schedule")}, "status": Map::default(),
    };
    post(args, io, tree, "failed to create cronjob")
}
