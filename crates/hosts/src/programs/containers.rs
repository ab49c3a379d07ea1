//! Tools of container runtimes: crictl, ctr, and the versions of containerd and runc.
use super::apart;
use crate::call::{Call, Step, Stop, fail};
use crate::k3s;
use crate::machine::Kind;
use crate::outside::Container;
use simcore::{Duration, Time};

const DOCKERS: &str = "/run/containerd/containerd.sock";

/// `containerd [--version]`, `containerd config default|dump`
pub fn containerd(call: &mut Call) -> Step<()> {
    let version = call.machine.program("containerd").unwrap_or_default();
    let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
    if let ["config", "default" | "dump"] = words[..] {
        call.stdout.push_str(DEFAULTS[usize::from(!version.starts_with("1."))]);
        return Ok(());
    }
    call.say(format_args!("containerd github.com/containerd/containerd/v2 v{version}"));
    Ok(())
}

/// Of containerd's default configuration the settings that matter here: in the layout of 1.x, and in that of 2.x.
const DEFAULTS: [&str; 2] = [
    r#"disabled_plugins = []
root = "/var/lib/containerd"
state = "/run/containerd"
version = 2

[grpc]
  address = "/run/containerd/containerd.sock"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.8"

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
"#,
    r#"version = 3
root = '/var/lib/containerd'
state = '/run/containerd'
disabled_plugins = []

[grpc]
  address = '/run/containerd/containerd.sock'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = 'registry.k8s.io/pause:3.10.1'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'

  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
    SystemdCgroup = false
"#,
];

pub fn runc(call: &mut Call) -> Step<()> {
    let version = call.machine.program("runc").unwrap_or_default();
    call.say(format_args!("runc version {version}\nspec: 1.2.1"));
    Ok(())
}

/// Whether the tool is K3s's: then it talks to K3s's containerd by itself.
fn is_k3s(call: &Call) -> bool {
    let name = call.name.rsplit('/').next().unwrap_or("");
    name == "k3s" || call.machine.which(name).is_some_and(|path| call.machine.files.real(&path).ends_with("/k3s"))
}

/// The socket that crictl talks to: an option, /etc/crictl.yaml, K3s's or containerd's own.
fn socket(call: &Call) -> String {
    let words = &call.words;
    let at = words.iter().position(|word| word == "-r" || word == "--runtime-endpoint");
    let inline = words.iter().find_map(|word| word.strip_prefix("--runtime-endpoint="));
    let file = call.machine.files.read("/etc/crictl.yaml").unwrap_or_default();
    let configured = file.lines().find_map(|line| line.strip_prefix("runtime-endpoint:")).map(str::trim);
    let named = at.and_then(|at| words.get(at + 1)).map(String::as_str).or(inline).or(configured);
    let default = if is_k3s(call) { k3s::SOCKET } else { DOCKERS };
    named.map_or(default, |text| text.trim_start_matches("unix://")).to_string()
}

/// Whether somebody listens there and the user may; else Go's words of the dial.
fn dial(call: &Call, socket: &str) -> Result<(), String> {
    let words = match call.machine.files.get(socket).map(|file| &file.kind) {
        Some(Kind::Socket(true)) if call.is_root() => return Ok(()),
        Some(Kind::Socket(true)) => "permission denied",
        Some(_) => "connection refused",
        None => "no such file or directory",
    };
    Err(format!("dial unix {socket}: connect: {words}"))
}

fn containers(call: &mut Call, socket: &str) -> Step<Vec<Container>> {
    let answer = call.outside.containers(call.machine, call.now, socket);
    call.pass(answer)
}

/// `crictl [-r ENDPOINT] ps|pods|images|logs|inspect|pull|info|version`
pub fn crictl(call: &mut Call) -> Step<()> {
    let socket = socket(call);
    let words: Vec<String> = without_endpoint(&call.words);
    let (flags, rest) = apart(&words);
    let Some((verb, names)) = rest.split_first() else {
        call.say("NAME:\n   crictl - client for CRI\n\nUSAGE:\n   crictl [global options] command [command options] [arguments...]");
        return Ok(());
    };
    if let Err(words) = dial(call, &socket) {
        let kind = if matches!(*verb, "images" | "img" | "pull" | "rmi") { "image" } else { "runtime" };
        call.complain(format_args!("FATA[0000] validate service connection: validate CRI v1 {kind} API for endpoint \"unix://{socket}\": rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: {words}\""));
        return Err(Stop::Code(1));
    }
    let all = flags.iter().any(|flag| *flag == "-a" || *flag == "--all");
    let quiet = flags.iter().any(|flag| *flag == "-q" || *flag == "--quiet");
    match *verb {
        "ps" => ps(call, &socket, all, quiet),
        "pods" => pods(call, &socket, quiet),
        "images" | "image" | "img" => images(call, quiet),
        "logs" => logs(call, &socket, names.first().copied().unwrap_or("")),
        "inspect" => inspect(call, &socket, names.first().copied().unwrap_or("")),
        "pull" => pull(call, names.first().copied().unwrap_or("")),
        "version" => {
            let version = runtime_version(call);
            call.say(format_args!("Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v{version}\nRuntimeApiVersion:  v1"));
            Ok(())
        }
        other => {
            call.complain(format_args!("FATA[0000] unknown command {other:?}"));
            Err(Stop::Code(1))
        }
    }
}

fn runtime_version(call: &Call) -> String {
    match &call.machine.k3s {
        Some(k3s) => k3s::release(&k3s.version).containerd.to_string(),
        None => call.machine.program("containerd").unwrap_or_default().to_string(),
    }
}

fn without_endpoint(words: &[String]) -> Vec<String> {
    let at = words.iter().position(|word| word == "-r" || word == "--runtime-endpoint");
    let keep = |place: usize, word: &String| at.is_none_or(|at| place != at && place != at + 1) && !word.starts_with("--runtime-endpoint=");
    words.iter().enumerate().filter(|(place, word)| keep(*place, word)).map(|(_, word)| word.clone()).collect()
}

/// `3 minutes ago`, `About an hour ago`: docker's units.
fn ago(at: Time, now: Time) -> String {
    let seconds = now.since(at).as_secs();
    let text = match seconds {
        0 => "Less than a second".to_string(),
        1 => "1 second".into(),
        2..60 => format!("{seconds} seconds"),
        60..120 => "About a minute".into(),
        120..3_600 => format!("{} minutes", seconds / 60),
        3_600..7_200 => "About an hour".into(),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    };
    format!("{text} ago")
}

fn head(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

fn ps(call: &mut Call, socket: &str, all: bool, quiet: bool) -> Step<()> {
    let now = call.now;
    let found = containers(call, socket)?;
    let shown = found.iter().filter(|one| all || one.running);
    if quiet {
        shown.for_each(|one| call.say(&one.id));
        return Ok(());
    }
    let titles = ["CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE"].map(String::from);
    let rows = shown.map(|one| {
        let state = if one.running { "Running" } else { "Exited" };
        [
            head(&one.id, 13),
            head(&image_id(&one.image), 13),
            ago(one.created, now),
            state.into(),
            one.name.to_string(),
            one.attempt.to_string(),
            head(&one.sandbox, 13),
            one.pod.to_string(),
            one.namespace.to_string(),
        ]
    });
    table(call, std::iter::once(titles).chain(rows).collect());
    Ok(())
}

fn pods(call: &mut Call, socket: &str, quiet: bool) -> Step<()> {
    let now = call.now;
    let mut found = containers(call, socket)?;
    found.sort_by_key(|one| one.created);
    let mut seen: Vec<&Container> = Vec::new();
    for one in &found {
        if !seen.iter().any(|other| other.sandbox == one.sandbox) {
            seen.push(one);
        }
    }
    if quiet {
        seen.iter().for_each(|one| call.say(&one.sandbox));
        return Ok(());
    }
    let titles = ["POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"].map(String::from);
    let rows = seen.iter().rev().map(|one| {
        [
            head(&one.sandbox, 13),
            ago(one.created, now),
            "Ready".into(),
            one.pod.to_string(),
            one.namespace.to_string(),
            "0".into(),
            "(default)".into(),
        ]
    });
    table(call, std::iter::once(titles).chain(rows).collect());
    Ok(())
}

fn table<const N: usize>(call: &mut Call, rows: Vec<[String; N]>) {
    k3s::columns(call, &rows, 20, 3);
}

/// 64 digits that stand for an image's digest.
fn image_id(image: &str) -> String {
    k3s::digest(image, "")
}

/// Sizes of images on amd64 as `crictl images` shows them, rounded: an estimate where a release's own figure was not at hand.
const SIZES: &[(&str, &str)] = &[
    ("pause", "320kB"),
    ("coredns", "22.4MB"),
    ("etcd", "23.7MB"),
    ("kube-apiserver", "27.1MB"),
    ("kube-controller-manager", "22.8MB"),
    ("kube-scheduler", "17.4MB"),
    ("kube-proxy", "26MB"),
    ("local-path-provisioner", "20.9MB"),
    ("metrics-server", "22.5MB"),
    ("klipper-helm", "91.2MB"),
    ("klipper-lb", "4.78MB"),
    ("traefik", "49.8MB"),
    ("flannel", "33MB"),
];

fn size(image: &str) -> &'static str {
    SIZES.iter().find(|(name, _)| image.contains(name)).map_or("50MB", |(_, size)| size)
}

/// `docker.io/rancher/x`, `v1` of `rancher/x:v1`.
fn full_name(image: &str) -> (String, String) {
    let (name, tag) = image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((image, "latest"));
    let first = name.split('/').next().unwrap_or("");
    let name = match (name.contains('/'), first.contains(['.', ':'])) {
        (false, _) => format!("docker.io/library/{name}"),
        (true, false) => format!("docker.io/{name}"),
        _ => name.to_string(),
    };
    (name, tag.to_string())
}

fn images(call: &mut Call, quiet: bool) -> Step<()> {
    let held = call.machine.images.clone();
    if quiet {
        held.iter().for_each(|image| call.say(format_args!("sha256:{}", image_id(image))));
        return Ok(());
    }
    let mut rows = vec![["IMAGE", "TAG", "IMAGE ID", "SIZE"].map(String::from)];
    let mut all: Vec<[String; 4]> = held
        .iter()
        .map(|image| {
            let (name, tag) = full_name(image);
            [name, tag, head(&image_id(image), 13), size(image).into()]
        })
        .collect();
    all.sort();
    rows.extend(all);
    table(call, rows);
    Ok(())
}

fn pull(call: &mut Call, image: &str) -> Step<()> {
    if image.is_empty() {
        return fail("image name or ID is required");
    }
    let answer = call.outside.pull(call.machine, call.now, image);
    match call.pass(answer)? {
        Ok(()) => {
            if !call.machine.has_image(image) {
                std::sync::Arc::make_mut(&mut call.machine.images).push(objects::Text::new(image));
            }
            let (name, _) = full_name(image);
            call.say(format_args!("Image is up to date for {name}@sha256:{}", image_id(image)));
            Ok(())
        }
        Err(words) => {
            call.complain(format_args!("FATA[0000] pulling image: {words}"));
            Err(Stop::Code(1))
        }
    }
}

/// The container whose ID begins so.
fn one(call: &mut Call, socket: &str, id: &str) -> Step<Container> {
    if id.is_empty() {
        call.complain("FATA[0000] ID cannot be empty");
        return Err(Stop::Code(1));
    }
    match containers(call, socket)?.into_iter().find(|one| one.id.starts_with(id)) {
        Some(one) => Ok(one),
        None => {
            call.complain(format_args!(
                "FATA[0000] rpc error: code = NotFound desc = an error occurred when try to find container \"{id}\": not found"
            ));
            Err(Stop::Code(1))
        }
    }
}

fn logs(call: &mut Call, socket: &str, id: &str) -> Step<()> {
    let found = one(call, socket, id)?;
    call.stdout.push_str(&found.log);
    Ok(())
}

fn inspect(call: &mut Call, socket: &str, id: &str) -> Step<()> {
    let found = one(call, socket, id)?;
    let state = if found.running { "CONTAINER_RUNNING" } else { "CONTAINER_EXITED" };
    call.say(format_args!(
        "{{\n  \"info\": {{\n    \"pid\": {},\n    \"sandboxID\": \"{}\"\n  }},\n  \"status\": {{\n    \"attempt\": {},\n    \"createdAt\": \"{}\",\n    \"id\": \"{}\",\n    \"image\": {{\n      \"image\": \"{}\"\n    }},\n    \"labels\": {{\n      \"io.kubernetes.container.name\": \"{}\",\n      \"io.kubernetes.pod.name\": \"{}\",\n      \"io.kubernetes.pod.namespace\": \"{}\"\n    }},\n    \"state\": \"{state}\"\n  }}\n}}",
        found.pid,
        found.sandbox,
        found.attempt,
        found.created.rfc3339(),
        found.id,
        found.image,
        found.name,
        found.pod,
        found.namespace
    ));
    Ok(())
}

/// `ctr [-a SOCKET] [-n NAMESPACE] images|containers|tasks ls`
pub fn ctr(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let value = |names: [&str; 2]| words.iter().position(|word| names.contains(&word.as_str())).and_then(|at| words.get(at + 1)).cloned();
    let bundled = is_k3s(call);
    let default = if bundled { k3s::SOCKET } else { DOCKERS };
    let socket = value(["-a", "--address"]).unwrap_or_else(|| default.into());
    let namespace = value(["-n", "--namespace"]).unwrap_or_else(|| if bundled { "k8s.io" } else { "default" }.into());
    let options = ["-a", "--address", "-n", "--namespace"];
    let skipped = |place: usize| place > 0 && options.contains(&words[place - 1].as_str());
    let plain: Vec<&str> = words
        .iter()
        .enumerate()
        .filter(|(place, word)| !word.starts_with('-') && !skipped(*place))
        .map(|(_, word)| word.as_str())
        .collect();
    let quiet = words.iter().any(|word| word == "-q");
    if let Err(why) = dial(call, &socket) {
        return fail(format!(
            "failed to dial \"{socket}\": context deadline exceeded: connection error: desc = \"transport: error while dialing: {why}\""
        ));
    }
    let mine = namespace == "k8s.io";
    match plain.first().copied().unwrap_or("") {
        "images" | "image" | "i" => {
            let held = call.machine.images.clone();
            if !quiet {
                call.say("REF TYPE DIGEST SIZE PLATFORMS LABELS");
            }
            for image in held.iter().filter(|_| mine) {
                let (name, tag) = full_name(image);
                match quiet {
                    true => call.say(format_args!("{name}:{tag}")),
                    false => {
                        let arch = call.machine.hardware.arch.clone();
                        call.say(format_args!("{name}:{tag} application/vnd.oci.image.index.v1+json sha256:{} {} linux/{arch} io.cri-containerd.image=managed", image_id(image), size(image)));
                    }
                }
            }
        }
        kind @ ("containers" | "container" | "c" | "tasks" | "task" | "t") => {
            let found = if mine { containers(call, &socket)? } else { Vec::new() };
            let tasks = kind.starts_with('t');
            let mut rows = vec![if tasks { ["TASK", "PID", "STATUS"] } else { ["CONTAINER", "IMAGE", "RUNTIME"] }.map(String::from)];
            rows.extend(found.iter().filter(|one| !tasks || one.running).map(|one| match tasks {
                true => [one.id.to_string(), one.pid.to_string(), "RUNNING".into()],
                false => {
                    let (name, tag) = full_name(&one.image);
                    [one.id.to_string(), format!("{name}:{tag}"), "io.containerd.runc.v2".into()]
                }
            }));
            k3s::columns(call, &rows, 0, 4);
        }
        "namespaces" | "namespace" | "ns" => call.say("NAME   LABELS \nk8s.io        "),
        "version" => {
            let version = runtime_version(call);
            call.say(format_args!("Client:\n  Version:  v{version}\n\nServer:\n  Version:  v{version}"));
        }
        other => return fail(format!("No help topic for '{other}'")),
    }
    call.work(Duration::millis(20));
    Ok(())
}
