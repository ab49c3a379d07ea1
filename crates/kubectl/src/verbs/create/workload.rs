//! `create deployment`, `create namespace`, `create serviceaccount`.
use super::Verb;
use super::parts::{generated, name, post, required, texts};
use crate::args::{Args, Takes, flag};
use crate::job::{Io, Stop};
use objects::{Map, Tree, list, map};

pub const DEPLOYMENT: Verb = Verb {
    name: "deployment",
    aliases: &["deploy"],
    short: "Create a deployment with the specified name",
    usage: "kubectl create deployment NAME --image=image -- [COMMAND] [args...] [options]",
    examples: "  # Create a deployment named my-dep that runs the busybox image\n  kubectl create deployment my-dep --image=busybox\n\n  # Create a deployment named my-dep that runs the nginx image with 3 replicas\n  kubectl create deployment my-dep --image=nginx --replicas=3\n\n  # Create a deployment named my-dep that runs the busybox image and expose port 5701\n  kubectl create deployment my-dep --image=busybox --port=5701",
    flags: generated![
        flag("image", '\0', Takes::List, "", "Image names to run. A deployment can have multiple images set for multi-container pod."),
        flag("port", '\0', Takes::Int, "-1", "The containerPort that this deployment exposes."),
        flag("replicas", 'r', Takes::Int, "1", "Number of replicas to create. Default is 1."),
    ],
    subs: &[],
    run: deployment,
};

pub const NAMESPACE: Verb = Verb {
    name: "namespace",
    aliases: &["ns"],
    short: "Create a namespace with the specified name",
    usage: "kubectl create namespace NAME [--dry-run=server|client|none] [options]",
    examples: "  # Create a new namespace named my-namespace\n  kubectl create namespace my-namespace",
    flags: generated![],
    subs: &[],
    run: namespace,
};

pub const SERVICE_ACCOUNT: Verb = Verb {
    name: "serviceaccount",
    aliases: &["sa"],
    short: "Create a service account with the specified name",
    usage: "kubectl create serviceaccount NAME [--dry-run=server|client|none] [options]",
    examples: "  # Create a new service account named my-service-account\n  kubectl create serviceaccount my-service-account",
    flags: generated![],
    subs: &[],
    run: service_account,
};

fn deployment(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    required(args, &["image"])?;
    let name = name(args)?;
    let images = args.list("image");
    let command = args.after_dash();
    if images.len() > 1 && !command.is_empty() {
        return Err(Stop::error("cannot specify multiple --image options and command"));
    }
    let labels = map! {"app": name};
    let containers: Vec<Tree> = images.iter().map(|image| container(args, image, command)).collect();
    let tree = map! {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": map! {"name": name, "labels": &labels},
        "spec": map! {
            "replicas": args.int("replicas"),
            "selector": map! {"matchLabels": &labels},
            "strategy": Map::default(),
            "template": map! {"metadata": map! {"labels": &labels}, "spec": map! {"containers": containers}},
        },
        "status": Map::default(),
    };
    post(args, io, tree, "failed to create deployment")
}

fn container(args: &Args, image: &str, command: &[String]) -> Tree {
    let mut container = map! {"image": image, "name": image_name(image), "resources": Map::default()};
    if args.int("port") >= 0 {
        container.set(&["ports"], list![map! {"containerPort": args.int("port")}]);
    }
    if !command.is_empty() {
        container.set(&["command"], texts(command));
    }
    container
}

/// Of which names that must differ are made.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// `registry.example.com/team/web:1.2` -> `web`. What is no good name is made one, and told from others by five letters.
fn image_name(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    let bare = last.split(['@', ':']).next().unwrap_or(last);
    if !bare.contains(['_', '.']) {
        return bare.to_string();
    }
    let mut number = objects::hash::template_hash(&Tree::from(image), None) as usize;
    let mut letter = || {
        let letter = char::from(LETTERS[number % LETTERS.len()]);
        number /= LETTERS.len();
        letter
    };
    let letters: String = (0..5).map(|_| letter()).collect();
    format!("{}-{letters}", bare.replace(['_', '.'], "-"))
}

fn namespace(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    let tree =
        map! {"apiVersion": "v1", "kind": "Namespace", "metadata": map! {"name": name}, "spec": Map::default(), "status": Map::default()};
    post(args, io, tree, "")
}

fn service_account(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    post(args, io, map! {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map! {"name": name}}, "failed to create serviceaccount")
}
