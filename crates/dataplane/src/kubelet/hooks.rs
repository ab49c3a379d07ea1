//! PostStart and PreStop, and what a stop does to one container.
use crate::kubelet::context::Context;
use crate::kubelet::probes;
use crate::kubelet::worker::Worker;
use crate::runtime::{Container, Sandbox};
use objects::{Text, Tree};
use simcore::Duration;

/// How long a hook may take before it counts as hanging.
const HOOK_MAX: Duration = Duration::mins(10);

/// Runs a hook's handler now. Gives how long it takes, and what went wrong if something did.
pub fn run(cx: &Context, hook: &Tree, container: &Tree, sandbox: &mut Sandbox) -> (Duration, Result<(), String>) {
    if hook.has("sleep") {
        return (Duration::secs(hook.at(&["sleep", "seconds"]).int_or(0).max(0) as u64), Ok(()));
    }
    if hook.has("httpGet") {
        let get = hook.get("httpGet");
        let Some(port) = probes::port(get.get("port"), container) else {
            return (Duration::ZERO, Err(format!("strconv.Atoi: parsing {:?}: invalid syntax", get.get("port").text())));
        };
        let (path, ip) = (get.get("path").text(), sandbox.ip.clone());
        let found = sandbox.get(cx.now, port, path);
        let refused =
            || format!("Get \"http://{ip}:{port}/{}\": dial tcp {ip}:{port}: connect: connection refused", path.trim_start_matches('/'));
        return (Duration::millis(5), found.map(|_| ()).ok_or_else(refused));
    }
    let argv: Vec<Text> = hook.at(&["exec", "command"]).items().iter().map(|word| Text::new(word.text())).collect();
    match sandbox.exec(cx.now, container.get("name").text(), &argv, HOOK_MAX) {
        Some((0, _, took)) => (took, Ok(())),
        Some((code, text, took)) => (took, Err(format!("command '{}' exited with {code}: {text}", argv.join(" ")))),
        None => (HOOK_MAX, Ok(())),
    }
}

/// How a status tells of a failed hook: its kind, what it was to do, and what was said.
pub fn described<'a>(hook: &Tree, words: &'a str) -> (&'static str, String, &'a str) {
    if hook.has("httpGet") {
        return ("HTTP", hook.at(&["httpGet", "path"]).text().to_string(), "");
    }
    let command: Vec<&str> = hook.at(&["exec", "command"]).items().iter().map(Tree::text).collect();
    ("Exec", format!("[{}]", command.join(" ")), words.split_once(": ").map_or("", |(_, said)| said))
}

/// Stops one container: its PreStop hook first, then SIGTERM, then SIGKILL at the end of `grace`.
pub fn stop(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context, name: &Text, grace: Duration) {
    let container = worker.spec_of(name).cloned().unwrap_or_default();
    let hook = container.at(&["lifecycle", "preStop"]);
    if hook.is_null() {
        sandbox.container_mut(name).into_iter().for_each(|container| container.terminate(cx.now, grace));
        return;
    }
    let (took, result) = run(cx, hook, &container, sandbox);
    if result.is_err() {
        worker.note(cx, name, true, "FailedPreStopHook", "PreStopHook failed");
    }
    // What the hook used up is gone from the grace, but two seconds are always left.
    let left = grace.saturating_sub(took).max(Duration::secs(2));
    worker.prestop.insert(name.clone(), (cx.now + took.min(grace), left));
}

/// Sends SIGTERM where a PreStop hook has ended.
pub fn advance(worker: &mut Worker, sandbox: &mut Option<Sandbox>, cx: &mut Context) {
    let due: Vec<Text> = worker.prestop.iter().filter(|(_, (at, _))| *at <= cx.now).map(|(name, _)| name.clone()).collect();
    for name in due {
        let Some((_, left)) = worker.prestop.remove(&name) else { continue };
        let container: Option<&mut Container> = sandbox.as_mut().and_then(|sandbox| sandbox.container_mut(&name));
        container.into_iter().for_each(|container| container.terminate(cx.now, left));
    }
}
