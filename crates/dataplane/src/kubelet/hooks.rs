//! PostStart and PreStop, and what a stop does to one container.
use crate::kubelet::context::Context;
use crate::kubelet::worker::Worker;
use crate::runtime::{Container, Sandbox};
use objects::{Text, Tree};
use simcore::Duration;

/// How long a hook may take before it counts as hanging.
const HOOK_MAX: Duration = Duration::mins(10);

/// Runs a hook's handler now. Gives how long it takes, and what went wrong if something did.
pub fn run(cx: &Context, hook: &Tree, name: &str, sandbox: &mut Sandbox) -> (Duration, Result<(), String>) {
    if hook.has("sleep") {
        return (Duration::secs(hook.at(&["sleep", "seconds"]).int_or(0).max(0) as u64), Ok(()));
    }
    if hook.has("httpGet") {
        let port = hook.at(&["httpGet", "port"]).as_int().and_then(|port| u16::try_from(port).ok()).unwrap_or(80);
        let found = sandbox.get(cx.now, port, hook.at(&["httpGet", "path"]).text());
        let refused = || format!("dial tcp {}:{port}: connect: connection refused", sandbox.ip);
        return (Duration::millis(5), found.map(|_| ()).ok_or_else(refused));
    }
    let argv: Vec<Text> = hook.at(&["exec", "command"]).items().iter().map(|word| Text::new(word.text())).collect();
    match sandbox.exec(cx.now, name, &argv, HOOK_MAX) {
        Some((0, _, took)) => (took, Ok(())),
        Some((code, text, took)) => (took, Err(format!("command '{}' exited with {code}: {text}", argv.join(" ")))),
        None => (HOOK_MAX, Ok(())),
    }
}

/// Stops one container: its PreStop hook first, then SIGTERM, then SIGKILL at the end of `grace`.
pub fn stop(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context, name: &Text, grace: Duration) {
    let hook = worker.spec_of(name).map_or(Tree::Null, |container| container.at(&["lifecycle", "preStop"]).clone());
    if hook.is_null() {
        sandbox.container_mut(name).into_iter().for_each(|container| container.terminate(cx.now, grace));
        return;
    }
    let (took, result) = run(cx, &hook, name, sandbox);
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
