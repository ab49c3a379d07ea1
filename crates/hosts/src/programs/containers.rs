//! Tools of container runtimes: crictl, ctr, and the versions of containerd and runc.
use super::apart;
use crate::call::{Call, Step, Stop, fail};
use crate::k3s;
use crate::machine::{Kind, full_name};
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
    let package = ["containerd", "containerd.io"].iter().find_map(|name| call.machine.packages.installed.get(*name));
    let from = package.map_or(String::new(), |one| format!(" {}", one.version));
    call.say(match version.starts_with("1.") {
        true => format!("containerd github.com/containerd/containerd {version}~ds1{from}"),
        false => format!("containerd github.com/containerd/containerd/v2 v{version}"),
    });
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
    let filter = Filter::read(&words);
    let quiet = flags.iter().any(|flag| *flag == "-q" || *flag == "--quiet");
    match *verb {
        "ps" => ps(call, &socket, &filter, all, quiet),
        "pods" => pods(call, &socket, &filter, quiet),
        "inspectp" => inspect_pod(call, &socket, names.first().copied().unwrap_or("")),
        "rmi" => remove_image(call, names.first().copied().unwrap_or("")),
        "exec" => exec(call, &socket, &words),
        "info" => {
            call.say("{\n  \"status\": {\n    \"conditions\": [\n      {\n        \"message\": \"\",\n        \"reason\": \"\",\n        \"status\": true,\n        \"type\": \"RuntimeReady\"\n      }\n    ]\n  }\n}");
            Ok(())
        }
        "stop" | "stopp" => stop(call, &socket, names, *verb == "stopp"),
        // With force they are stopped first.
        "rm" | "rmp" if flags.iter().any(|flag| matches!(*flag, "-f" | "--force")) => stop(call, &socket, names, *verb == "rmp"),
        known @ ("rm" | "rmp" | "stats" | "statsp" | "runp" | "create" | "start" | "update" | "attach" | "port-forward") => {
            call.complain(format_args!("crictl {known} is not part of this simulation: containers belong to the kubelet here"));
            Err(Stop::Code(1))
        }
        "images" | "image" | "img" => images(call, quiet),
        "logs" => {
            let lines = value(&words, &["--tail"]).and_then(|count| count.parse().ok());
            let id = names.iter().find(|name| name.len() > 4 || lines.is_none()).copied().unwrap_or("");
            logs(call, &socket, id, lines)
        }
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

/// The value of an option: `--name etcd`, `--name=etcd`.
fn value(words: &[String], names: &[&str]) -> Option<String> {
    words.iter().enumerate().find_map(|(at, word)| {
        if names.contains(&word.as_str()) {
            return words.get(at + 1).cloned();
        }
        let (name, value) = word.split_once('=')?;
        names.contains(&name).then(|| value.to_string())
    })
}

/// Which containers are asked for.
struct Filter {
    name: Option<String>,
    namespace: Option<String>,
    pod: Option<String>,
    state: Option<String>,
    last: usize,
}

impl Filter {
    fn read(words: &[String]) -> Filter {
        let last = value(words, &["-n", "--last"]).and_then(|count| count.parse().ok());
        let latest = words.iter().any(|word| word == "-l" || word == "--latest");
        Filter {
            name: value(words, &["--name"]),
            namespace: value(words, &["--namespace"]),
            pod: value(words, &["-p", "--pod"]),
            state: value(words, &["-s", "--state"]).map(|state| state.to_lowercase()),
            last: if latest { 1 } else { last.unwrap_or(usize::MAX) },
        }
    }

    /// crictl's names are patterns: a part of the name is enough.
    fn holds(&self, name: &str, one: &Container) -> bool {
        self.name.as_ref().is_none_or(|wanted| name.contains(wanted.trim_matches(['^', '$'])))
            && self.namespace.as_ref().is_none_or(|wanted| one.namespace == wanted.as_str())
            && self.pod.as_ref().is_none_or(|wanted| one.sandbox.starts_with(wanted.as_str()))
    }
}

fn remove_image(call: &mut Call, image: &str) -> Step<()> {
    let (name, tag) = full_name(image);
    let is =
        |held: &objects::Text| full_name(held) == (name.clone(), tag.clone()) || !image.is_empty() && image_id(held).starts_with(image);
    let Some(at) = call.machine.images.iter().position(is) else {
        call.complain(format_args!("ERRO[0000] no such image {image}\nFATA[0000] unable to remove the image(s)"));
        return Err(Stop::Code(1));
    };
    let gone = std::sync::Arc::make_mut(&mut call.machine.images).remove(at);
    call.say(format_args!("Deleted: {gone}"));
    Ok(())
}

/// `crictl exec [-i] [-t] ID COMMAND…`: in etcd's container there is etcdctl; other images have nothing to run here.
fn exec(call: &mut Call, socket: &str, words: &[String]) -> Step<()> {
    let rest: Vec<&String> = words.iter().skip(1).skip_while(|word| word.starts_with('-')).collect();
    let Some((id, command)) = rest.split_first() else { return fail("ID cannot be empty") };
    let found = one(call, socket, id)?;
    let program = command.first().map_or("", |word| word.rsplit('/').next().unwrap_or(""));
    if found.name == "etcd" && matches!(program, "etcdctl" | "etcdutl") {
        let begun = crate::outside::Begun {
            user: call.user.clone(),
            folder: call.folder.clone(),
            environment: call.environment.clone(),
            words: std::iter::once(program.to_string()).chain(command[1..].iter().map(|word| word.to_string())).collect(),
            stdin: call.stdin.clone(),
        };
        let answer = call.outside.program(call.machine, call.now, &begun);
        if let Some(printed) = call.pass(answer)? {
            call.stdout.push_str(&printed.stdout);
            call.stderr.push_str(&printed.stderr);
            return if printed.code == 0 { Ok(()) } else { Err(Stop::Code(printed.code)) };
        }
    }
    call.complain(format_args!(
        "FATA[0000] execing command in container: command terminated with exit code 127: exec: \"{program}\": executable file not found in $PATH"
    ));
    Err(Stop::Code(1))
}

/// `crictl stop ID…`, `crictl stopp POD…`: the processes are killed; the kubelet starts them again.
fn stop(call: &mut Call, socket: &str, ids: &[&str], pods: bool) -> Step<()> {
    if ids.is_empty() {
        return fail(if pods { "ID cannot be empty" } else { "\"ID\" cannot be empty" });
    }
    for id in ids {
        let found = if pods { sandbox(call, socket, id)? } else { one(call, socket, id)? };
        let shim = call.machine.processes.iter().find(|process| process.pid == found.pid).map(|process| process.parent);
        let pid = if pods { shim.unwrap_or_default() } else { found.pid };
        if pid > 1 {
            call.machine.kill(pid);
        }
        call.say(if pods { format!("Stopped sandbox {id}") } else { id.to_string() });
    }
    Ok(())
}

/// A container of the sandbox whose id begins so.
fn sandbox(call: &mut Call, socket: &str, id: &str) -> Step<Container> {
    let found = containers(call, socket)?.into_iter().find(|one| !id.is_empty() && one.sandbox.starts_with(id));
    found.ok_or_else(|| {
        call.complain(format_args!("FATA[0000] getting pod sandbox status for {id:?}: rpc error: code = NotFound desc = an error occurred when try to find sandbox: not found"));
        Stop::Code(1)
    })
}

fn inspect_pod(call: &mut Call, socket: &str, id: &str) -> Step<()> {
    let found = sandbox(call, socket, id)?;
    call.say(format_args!(
        "{{\n  \"status\": {{\n    \"id\": \"{}\",\n    \"metadata\": {{\n      \"attempt\": 0,\n      \"name\": \"{}\",\n      \"namespace\": \"{}\"\n    }},\n    \"state\": \"SANDBOX_READY\",\n    \"createdAt\": \"{}\"\n  }}\n}}",
        found.sandbox,
        found.pod,
        found.namespace,
        found.created.rfc3339()
    ));
    Ok(())
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
    let kept = words.iter().enumerate().filter(|(place, word)| keep(*place, word)).map(|(_, word)| word);
    // `-aq` are two options.
    let several = |word: &str| word.len() > 2 && word.starts_with('-') && word[1..].chars().all(|letter| "aqf".contains(letter));
    let split = |word: &String| match several(word) {
        true => word[1..].chars().map(|letter| format!("-{letter}")).collect(),
        false => vec![word.clone()],
    };
    kept.flat_map(split).collect()
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

fn ps(call: &mut Call, socket: &str, filter: &Filter, all: bool, quiet: bool) -> Step<()> {
    let now = call.now;
    let found = containers(call, socket)?;
    let in_state = |one: &Container| match filter.state.as_deref() {
        None => all || one.running || filter.last < usize::MAX,
        Some(state) => state == if one.running { "running" } else { "exited" },
    };
    let shown = found.iter().filter(|one| in_state(one) && filter.holds(&one.name, one)).take(filter.last);
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

fn pods(call: &mut Call, socket: &str, filter: &Filter, quiet: bool) -> Step<()> {
    let now = call.now;
    let mut found = containers(call, socket)?;
    found.sort_by_key(|one| one.created);
    let mut seen: Vec<&Container> = Vec::new();
    for one in found.iter().filter(|one| filter.holds(&one.pod, one)) {
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

fn logs(call: &mut Call, socket: &str, id: &str, tail: Option<usize>) -> Step<()> {
    let found = one(call, socket, id)?;
    let lines: Vec<&str> = found.log.split_inclusive('\n').collect();
    let from = tail.map_or(0, |count| lines.len().saturating_sub(count));
    call.stdout.push_str(&lines[from..].concat());
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
            let arch = call.machine.hardware.arch.clone();
            let mut held: Vec<(String, objects::Text)> = Vec::new();
            for image in call.machine.images.iter().filter(|_| mine) {
                let (name, tag) = full_name(image);
                held.push((format!("{name}:{tag}"), image.clone()));
            }
            held.sort();
            if quiet {
                held.iter().for_each(|(name, _)| call.say(name));
                return Ok(());
            }
            let mut rows = vec![["REF", "TYPE", "DIGEST", "SIZE", "PLATFORMS", "LABELS"].map(String::from)];
            rows.extend(held.into_iter().map(|(name, image)| {
                let (id, size) = (format!("sha256:{}", image_id(&image)), size(&image).replace("kB", " KiB").replace("MB", " MiB"));
                [
                    name,
                    "application/vnd.oci.image.index.v1+json".into(),
                    id,
                    size,
                    format!("linux/{arch}"),
                    "io.cri-containerd.image=managed".into(),
                ]
            }));
            k3s::columns(call, &rows, 0, 1);
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
