//! From nothing to a running container: sandbox, image, create, start, PostStart.
use crate::host::Ailment;
use crate::images::shell::{Shell, is_shell, is_tool};
use crate::images::{Image, Lookup, Task};
use crate::kubelet::config::{Downward, declared, environment};
use crate::kubelet::context::Context;
use crate::kubelet::expansion::expand;
use crate::kubelet::worker::{Step, Worker};
use crate::kubelet::{hooks, klog, lifecycle, mirror, nonroot, pull, volumes};
use crate::network::Plugin;
use crate::network::dns::{Names, ResolvConf, pod_dns};
use crate::runtime::{Container, Log, Sandbox, State};
use apiserver::client::Note;
use objects::{Text, Tree, map};
use simcore::{Duration, Time};
use std::sync::Arc;

/// Ends the step under way when its time has come, and takes the next one.
pub fn advance(worker: &mut Worker, sandbox: &mut Option<Sandbox>, cx: &mut Context) {
    let step = worker.step.clone();
    if let Step::Sandbox { until } = step {
        if until <= cx.now {
            worker.step = Step::Idle;
            sandboxed(worker, sandbox, cx);
        }
        return;
    }
    let Some(found) = sandbox else { return };
    match step {
        Step::Pull { name, since, from, until } if until <= cx.now => pull::pulled(worker, found, cx, &name, since, from),
        Step::Create { name, until } if until <= cx.now => created(worker, found, cx, name),
        Step::Start { name, until } if until <= cx.now => started(worker, found, cx, name),
        Step::PostStart { name, until, failure } if until <= cx.now => hooked(worker, found, cx, &name, failure),
        _ => {}
    }
}

/// Begins to make a sandbox, when the node's network can give it an address.
pub fn sandbox(worker: &mut Worker, sandbox: &mut Option<Sandbox>, cx: &mut Context) {
    let host_network = worker.pod.spec().get("hostNetwork").is_true();
    if !cx.host.runs("containerd") {
        let words = "Failed to create pod sandbox: rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while \
                     dialing: dial unix /run/containerd/containerd.sock: connect: connection refused\"";
        worker.note(cx, "", true, "FailedCreatePodSandBox", words);
        unsandboxed(worker, cx, words);
        worker.sync_at = Some(cx.now + cx.some_millis(10_000, 15_000));
        return;
    }
    if !cx.addresses.is_ready() && !host_network {
        let words = "network is not ready: container runtime network not ready: NetworkReady=false \
                     reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";
        worker.note(cx, "", true, "NetworkNotReady", words);
        cx.journal.skipped(cx.now, words, &worker.whose());
        worker.sync_at = Some(cx.now + Duration::secs(2));
        return;
    }
    if let Some(words) = volumes::missing(cx.view, &worker.pod) {
        cx.journal.unmounted(cx.now, &words, worker.mount_pause, &worker.whose());
        worker.note(cx, "", true, "FailedMount", words);
        worker.sync_at = Some(cx.now + worker.mount_pause);
        worker.mount_pause = worker.mount_pause.times(2).min(Duration::secs(122));
        return;
    }
    if sandbox.is_some() {
        worker.note(cx, "", false, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
    }
    worker.touched = true;
    worker.step = Step::Sandbox { until: cx.now + cx.some_millis(150, 400) };
}

fn sandboxed(worker: &mut Worker, sandbox: &mut Option<Sandbox>, cx: &mut Context) {
    let key = &worker.pod.key;
    let spec = worker.pod.spec();
    let host_network = spec.get("hostNetwork").is_true();
    let ip = if host_network { Some(cx.host.address.clone()) } else { cx.addresses.take(&worker.uid) };
    let Some(ip) = ip else {
        let words = "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin \
                     type=\"ptp\" failed (add): failed to allocate for range 0: no IP addresses available in range set";
        worker.note(cx, "", true, "FailedCreatePodSandBox", words);
        unsandboxed(worker, cx, words);
        worker.sync_at = Some(cx.now + cx.some_millis(10_000, 15_000));
        return;
    };
    let names = Names::of(spec, &key.namespace, &cx.dns.cluster_domain).map(Arc::new);
    let hostname = if host_network { cx.host.name.clone() } else { hostname(spec, &key.name, names.as_deref()) };
    let slots = sandbox.take().map(|old| old.slots).unwrap_or_default();
    let (namespace, name) = (key.namespace.clone(), key.name.clone());
    let resolv = resolv_conf(worker, cx);
    // Calico gives each Pod a network of its own; Flannel's bridge is the network of the node's Pods.
    let prefix = if cx.addresses.plugin == Plugin::Calico && !host_network { 32 } else { 24 };
    let mtu = if host_network { None } else { u16::try_from(cx.addresses.mtu.pods).ok() };
    let found = sandbox.insert(Sandbox { namespace, name, hostname, ip, mtu, prefix, ready: true, slots, resolv, names });
    // The condition is told at once; the address only with the next whole status.
    let shown = worker.show_address;
    worker.refresh(Some(found), cx);
    worker.show_address = shown;
    lifecycle::begin(worker, found, cx);
}

/// What a Pod's containers call their machine (upstream `GeneratePodHostNameAndDomain`).
fn hostname(spec: &Tree, pod: &Text, names: Option<&Names>) -> Text {
    let said = |key: &str| spec.get(key).as_text().filter(|name| !name.is_empty()).cloned();
    let name = said("hostnameOverride").or_else(|| said("hostname")).unwrap_or_else(|| pod.clone());
    if spec.get("setHostnameAsFQDN").is_true() { Text::from(Names::full(names, &name)) } else { name }
}

/// The journal's words for a sandbox that could not be made.
fn unsandboxed(worker: &Worker, cx: &mut Context, words: &str) {
    let pod = worker.whose();
    let whole = format!("{}_{}({})", pod.name, pod.namespace, pod.uid);
    let words = words.replacen("Failed to create pod sandbox: ", "", 1);
    let doing = format!("failed to \"CreatePodSandbox\" for {whole:?} with CreatePodSandboxError: {words:?}");
    cx.journal.say(cx.now, 'E', "log.go:32", format!("\"RunPodSandbox from runtime service failed\" err={words:?}"));
    cx.journal.skipped(cx.now, &doing, &pod);
}

/// The sandbox's resolv.conf; what could not be kept of it is told.
fn resolv_conf(worker: &Worker, cx: &mut Context) -> Arc<ResolvConf> {
    let key = &worker.pod.key;
    let whole = format!("{}_{}({})", key.name, key.namespace, worker.uid);
    let (conf, warnings) = pod_dns(cx.dns, &key.namespace, &whole, worker.pod.spec());
    for warning in warnings {
        if warning.about_node {
            let about = map! {"kind": "Node", "name": &cx.host.name, "uid": &cx.host.name};
            cx.client.note(cx.now, &Note { about, warning: true, reason: warning.reason, message: warning.message }, worker.cause);
        } else {
            worker.note(cx, "", true, warning.reason, warning.message);
        }
    }
    cx.kept(conf)
}

/// Takes the next container of the sync, or ends the sync.
pub fn next(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context) {
    worker.step = Step::Idle;
    while let Some(name) = worker.queue.pop() {
        if pull::begin(worker, sandbox, cx, &name) {
            return;
        }
    }
    finish_sync(worker, cx);
}

fn finish_sync(worker: &mut Worker, cx: &mut Context) {
    let touched = std::mem::take(&mut worker.touched);
    if worker.failed {
        // What changed in the runtime is noticed within a second; otherwise the worker comes back after its own pause.
        let again = if touched { cx.next_relist() } else { cx.now + cx.some_millis(10_000, 15_000) };
        worker.sync_at = Some(worker.sync_at.filter(|at| *at > cx.now).map_or(again, |at| at.min(again)));
    } else if touched {
        worker.refresh_at = Some(cx.now + Duration::millis(10));
    }
}

/// The image is there: the container can be made, if its configuration is.
pub fn create(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context, name: &Text) -> bool {
    let Some(container) = worker.spec_of(name).cloned() else { return false };
    let facts = Downward { pod: &worker.pod, pod_ip: &sandbox.ip, host_ip: &cx.host.address };
    let image = container.get("image").text();
    let user = cx.store.get(image).map(|found| found.user.clone()).unwrap_or_default();
    let refused = || nonroot::problem(&worker.pod, &container, &user).filter(|_| !mirror::is_process(&worker.pod));
    if let Err(words) = declared(cx.view, &container, &facts).and_then(|_| refused().map_or(Ok(()), Err)) {
        worker.note(cx, name, true, "Failed", format!("Error: {words}"));
        worker.wait(cx, name, "CreateContainerConfigError", words);
        worker.failed = true;
        return false;
    }
    worker.step = Step::Create { name: name.clone(), until: cx.now + cx.some_millis(50, 100) };
    true
}

fn created(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context, name: Text) {
    let Some(container) = worker.spec_of(&name).cloned() else { return next(worker, sandbox, cx) };
    let facts = Downward { pod: &worker.pod, pod_ip: &sandbox.ip, host_ip: &cx.host.address };
    let env = environment(cx.view, &container, &facts);
    let image = Text::new(container.get("image").text());
    let image_id = cx.store.get(&image).map(|found| found.id()).unwrap_or_else(|| match cx.catalog.lookup(&image) {
        Lookup::Found(found) => found.id(),
        _ => Text::default(),
    });
    let id = cx.new_id();
    let slot = sandbox.slot_mut(&name);
    let before = slot.current.take();
    let attempt = before.as_ref().or(slot.previous.as_deref()).map_or(0, |old| old.attempt + 1);
    slot.previous = before.map(Box::new).or(slot.previous.take());
    let mut made = Container::new(id, attempt, image.clone(), image_id, Task::Host);
    made.env = Arc::new(env);
    made.files = volumes::files(cx.view, &worker.pod, &container);
    made.tells_log = container.get("terminationMessagePolicy").text() == "FallbackToLogsOnError";
    made.made_from = image;
    slot.current = Some(made);
    worker.touched = true;
    worker.note(cx, &name, false, "Created", "Container created");
    worker.step = Step::Start { name, until: cx.now + cx.some_millis(50, 100) };
}

fn started(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context, name: Text) {
    let Some(container) = worker.spec_of(&name).cloned() else { return next(worker, sandbox, cx) };
    let image = cx.store.get(container.get("image").text()).cloned();
    let Some(made) = sandbox.container_mut(&name).filter(|made| made.state == State::Created) else {
        return next(worker, sandbox, cx);
    };
    let process = mirror::is_process(&worker.pod);
    let task = if process {
        part(cx.now, cx.host.ailment(&name), &mut made.log)
    } else {
        task(cx.now, &container, &made.env.clone(), image.as_deref())
    };
    match task {
        Ok(task) => {
            made.start(cx.now, task);
            if process && *cx.host.ailment(&name) == Ailment::None {
                klog::first_words(cx.now, &name, cx.host).iter().for_each(|line| made.log.write(line));
            }
            worker.reasons.remove(&name);
            worker.note(cx, &name, false, "Started", "Container started");
            lifecycle::watch(worker, &name, cx.now);
            if worker.is_sidecar(&name) {
                // Those after it may start as soon as it is seen to run.
                worker.sync_at = Some(cx.now + Duration::millis(10));
            }
            post_start(worker, sandbox, cx, &container, name);
        }
        Err(command) => {
            let words = format!(
                "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to \
                 start container process: error during container init: exec: \"{command}\": executable file not found in $PATH: unknown"
            );
            made.fail_to_start(cx.now, &words);
            worker.note(cx, &name, true, "Failed", format!("Error: {words}"));
            worker.wait(cx, &name, "RunContainerError", words);
            worker.failed = true;
            next(worker, sandbox, cx);
        }
    }
}

fn post_start(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context, container: &Tree, name: Text) {
    let hook = container.at(&["lifecycle", "postStart"]);
    if hook.is_null() {
        return next(worker, sandbox, cx);
    }
    let (took, result) = hooks::run(cx, hook, container, sandbox);
    let failure = result.err().map(|words| {
        let key = &worker.pod.key;
        let whole = format!("{}_{}({})", key.name, key.namespace, worker.uid);
        let (way, what, said) = hooks::described(hook, &words);
        format!("{way} lifecycle hook ({what}) for Container \"{name}\" in Pod \"{whole}\" failed - error: {words}, message: {said:?}")
    });
    worker.step = Step::PostStart { name, until: cx.now + took, failure };
    if took == Duration::ZERO {
        let Step::PostStart { name, failure, .. } = worker.step.clone() else { return };
        hooked(worker, sandbox, cx, &name, failure);
    }
}

fn hooked(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context, name: &Text, failure: Option<String>) {
    if let Some(words) = failure {
        worker.note(cx, name, true, "FailedPostStartHook", "PostStartHook failed");
        worker.wait(cx, name, "PostStartHookError", words);
        worker.failed = true;
        let grace = worker.pod.spec().get("terminationGracePeriodSeconds").int_or(30);
        lifecycle::restart(worker, sandbox, cx, name, "FailedPostStartHook", grace);
        // This stop is not followed by a start at once: the worker comes back as after any failed sync.
        worker.stopping.remove(name);
    }
    next(worker, sandbox, cx);
}

/// A part of the control plane is a process of the host; one that something is wrong with only says so and ends.
fn part(now: Time, ailment: &Ailment, log: &mut Log) -> Result<Task, Text> {
    match ailment {
        Ailment::None | Ailment::NoImage => Ok(Task::Host),
        Ailment::NoProgram(name) => Err(name.clone()),
        Ailment::Dies { after, lines } => {
            let end = now + Duration::secs(u64::from(*after));
            let Some((last, before)) = lines.split_last() else { return Ok(Task::Host) };
            before.iter().for_each(|line| log.write(&klog::filled(now, line)));
            let last = klog::filled(end, last).text.trim_end().replace('\'', "'\\''");
            let script = format!("sleep {after}; echo '{last}'; exit 1");
            Ok(Task::Script(Box::new(Shell::command(now, &["sh", "-c", &script].map(Text::new)))))
        }
    }
}

/// What the container's first process is. `Err` names a command that the image does not have.
fn task(now: Time, container: &Tree, env: &[(Text, Text)], image: Option<&Image>) -> Result<Task, Text> {
    let expanded = |word: &Tree| if word.text().contains('$') { Text::from(expand(word.text(), env)) } else { Text::new(word.text()) };
    let words = |key: &str| container.get(key).items().iter().map(expanded);
    let argv: Vec<Text> = words("command").chain(words("args")).collect();
    let ports =
        || container.get("ports").items().iter().filter_map(|port| u16::try_from(port.get("containerPort").as_int()?).ok()).collect();
    let program = || Task::program(now, image.map(|image| image.program.clone()).unwrap_or_default(), ports());
    let waits = container.get("stdin").is_true();
    let Some(first) = argv.first() else {
        let typed = waits && image.is_some_and(|image| image.program.shell);
        return Ok(if typed { Task::Script(Box::new(Shell::open(now))) } else { program() });
    };
    if first.starts_with('-') && !container.has("command") {
        return Ok(program());
    }
    if waits && argv[1..].iter().all(|word| word.starts_with('-') && !word.ends_with('c')) && is_shell(first) {
        return Ok(Task::Script(Box::new(Shell::open(now))));
    }
    if is_tool(first) {
        return Ok(Task::Script(Box::new(Shell::command(now, &argv))));
    }
    let name = first.rsplit('/').next().unwrap_or(first);
    let known = image.is_some_and(|image| image.has_command(name)) && !name.starts_with("nosuch");
    if known { Ok(program()) } else { Err(first.clone()) }
}
