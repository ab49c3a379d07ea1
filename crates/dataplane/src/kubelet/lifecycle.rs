//! One Pod on its way (upstream `SyncPod`, `SyncTerminatingPod`): sandbox, init containers, containers, probes, end.
use crate::host::Ailment;
use crate::kubelet::context::Context;
use crate::kubelet::probes::{self, Kind, NEVER, Probe};
use crate::kubelet::worker::{Ending, Step, Worker};
use crate::kubelet::{hooks, mirror, start, status, volumes};
use crate::runtime::{Container, Sandbox, Slot};
use objects::{Text, Tree};
use simcore::{Duration, Time};

/// Lets a Pod do all that is due at `cx.now`.
pub fn advance(worker: &mut Worker, sandbox: &mut Option<Sandbox>, cx: &mut Context) {
    if let Some(found) = sandbox
        && found.advance(cx.now)
    {
        ended(worker, found, cx);
    }
    let now = cx.now;
    let due = |at: Option<Time>| at.is_some_and(|at| at <= now);
    hooks::advance(worker, sandbox, cx);
    take_turns(worker, sandbox, cx.now);
    probe(worker, sandbox, cx);
    if due(worker.renew_at) {
        renew(worker, sandbox, cx);
    }
    if due(worker.retry_at) {
        worker.retry(cx);
    }
    start::advance(worker, sandbox, cx);
    if worker.sync_at.is_some_and(|at| at <= now) && (worker.step == Step::Idle || worker.pod.is_deleting()) {
        sync(worker, sandbox, cx);
    }
    if worker.refresh_at.is_some_and(|at| at <= now) {
        worker.refresh_at = None;
        worker.show_address = true;
        worker.refresh(sandbox.as_ref(), cx);
    }
    if worker.finish_at.is_some_and(|at| at <= now) {
        worker.finish_at = None;
        stop_if_quiet(worker, sandbox, cx, now);
    }
    if worker.ending == Ending::Stopping {
        let clean_at = cx.next_relist();
        stop_if_quiet(worker, sandbox, cx, clean_at);
    }
    worker.wind_up(sandbox.as_ref(), cx);
    worker.leave(cx);
}

/// Brings the mounted files of the containers that run up to date.
fn renew(worker: &mut Worker, sandbox: &mut Option<Sandbox>, cx: &Context) {
    worker.renew_at = None;
    for slot in sandbox.iter_mut().flat_map(|sandbox| &mut sandbox.slots) {
        if let (Some(spec), Some(container)) = (worker.spec_of(&slot.name), slot.current.as_mut()) {
            volumes::renew(cx.view, &worker.pod, spec, &mut container.files);
        }
    }
}

/// Some container has ended: seen at the next look at the containers, or at once when the kubelet itself stopped it.
fn ended(worker: &mut Worker, sandbox: &Sandbox, cx: &Context) {
    let at_once = restarts(worker, sandbox);
    let gone: Vec<Text> = sandbox
        .slots
        .iter()
        .filter(|slot| slot.current.as_ref().is_some_and(|found| !found.is_running()))
        .map(|slot| slot.name.clone())
        .collect();
    worker.probes.retain(|(name, _), _| !gone.contains(name));
    let seen = if at_once { cx.now } else { cx.next_relist() };
    if !at_once {
        // What is told comes from what the kubelet has seen: a start and an end between two looks are told together.
        worker.refresh_at = None;
    }
    worker.sync_at = Some(worker.sync_at.filter(|at| *at > cx.now).map_or(seen, |at| at.min(seen)));
}

/// Whether a container has ended because the kubelet stopped it to start it again.
fn restarts(worker: &Worker, sandbox: &Sandbox) -> bool {
    worker.stopping.iter().any(|name| sandbox.container(name).is_some_and(|container| !container.is_running()))
}

/// Runs the probes that are due.
fn probe(worker: &mut Worker, sandbox: &mut Option<Sandbox>, cx: &mut Context) {
    let Some(sandbox) = sandbox else { return };
    let due: Vec<(Text, Kind)> = worker.probes.iter().filter(|(_, probe)| probe.next <= cx.now).map(|(key, _)| key.clone()).collect();
    for (name, kind) in due {
        let held = |probe: &Probe| probe.next > cx.now;
        if worker.probes.get(&(name.clone(), kind)).is_none_or(held) {
            continue;
        }
        let Some(container) = worker.spec_of(&name).cloned() else { continue };
        let data = container.get(kind.field()).clone();
        let held = kind != Kind::Startup && !worker.is_started(&name);
        let done = kind == Kind::Startup && worker.is_started(&name);
        let running = sandbox.container(&name).is_some_and(Container::is_running);
        if held || done || !running {
            if let Some(probe) = worker.probes.get_mut(&(name, kind)) {
                probe.skip(cx.now, &data);
                // A startup probe that is content never runs again for this container.
                probe.next = if done { NEVER } else { probe.next };
            }
            continue;
        }
        let result = probes::look(cx.now, &data, &container, sandbox);
        if let Err(words) = &result {
            worker.note(cx, &name, true, "Unhealthy", format!("{} probe failed: {words}", kind.word()));
        }
        let Some(probe) = worker.probes.get_mut(&(name.clone(), kind)) else { continue };
        let changed = probe.learn(cx.now, &data, result.is_ok());
        let lost = kind != Kind::Readiness && probe.is_lost(&data);
        if lost && worker.ending == Ending::No {
            let grace = data.get("terminationGracePeriodSeconds").as_int().unwrap_or_else(|| grace_seconds(worker.pod.spec()));
            let words = format!("Container {name} failed {} probe, will be restarted", kind.word().to_ascii_lowercase());
            restart(worker, sandbox, cx, &name, &words, grace);
        } else if changed {
            if kind == Kind::Startup && worker.is_sidecar(&name) {
                worker.sync_at = Some(cx.now);
            }
            let soon = if worker.step == Step::Idle { cx.now } else { cx.now + Duration::millis(5) };
            worker.refresh_at = Some(worker.refresh_at.filter(|at| *at > cx.now).unwrap_or(soon));
        }
    }
}

/// Stops a container so that it is started again.
pub fn restart(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context, name: &Text, words: &str, grace: i64) {
    worker.note(cx, name, false, "Killing", words);
    killing(worker, sandbox, cx, name, grace);
    worker.stopping.insert(name.clone());
    hold(worker, name);
    hooks::stop(worker, sandbox, cx, name, Duration::secs(grace.max(1) as u64));
}

/// Until the container is another one nobody asks again whether it lives or has started; whether it is ready is still asked
/// (upstream `prober/worker.go`, `onHold`).
fn hold(worker: &mut Worker, name: &Text) {
    let held = worker.probes.iter_mut().filter(|((probed, kind), _)| probed == name && *kind != Kind::Readiness);
    held.for_each(|(_, probe)| probe.next = NEVER);
}

/// The journal's words for a container that the kubelet stops.
fn killing(worker: &Worker, sandbox: &Sandbox, cx: &mut Context, name: &str, grace: i64) {
    let (pod, id) = (worker.whose(), sandbox.container(name).map_or("", |found| found.id.as_str()));
    let words = format!(
        "\"Killing container with a grace period\" pod=\"{}/{}\" podUID=\"{}\" containerName=\"{name}\" containerID=\"containerd://{id}\" gracePeriod={grace}",
        pod.namespace, pod.name, pod.uid
    );
    cx.journal.say(cx.now, 'I', "kuberuntime_container.go:864", words);
}

fn grace_seconds(spec: &Tree) -> i64 {
    spec.get("terminationGracePeriodSeconds").int_or(30)
}

/// Looks at the Pod as a whole and decides what to do next.
fn sync(worker: &mut Worker, sandbox: &mut Option<Sandbox>, cx: &mut Context) {
    worker.sync_at = None;
    match worker.ending {
        Ending::No => {}
        Ending::Stopping => return hasten(worker, sandbox, cx),
        Ending::Stopped { .. } | Ending::Leaving => return worker.refresh(sandbox.as_ref(), cx),
    }
    if worker.pod.is_deleting() && mirror::is_mirror(&worker.pod) {
        // Only the mirror goes; the process behind it is the host's, and soon has another mirror.
        worker.ending = Ending::Stopped { clean_at: cx.now };
        return;
    }
    if worker.pod.is_deleting() {
        return end(worker, sandbox, cx, worker.pod.meta().get("deletionGracePeriodSeconds").int_or(30));
    }
    worker.start_time.get_or_insert(cx.now);
    if let Some(deadline) = deadline(worker) {
        if deadline <= cx.now {
            worker.verdict = Some(("DeadlineExceeded", DEADLINE));
            worker.note(cx, "", false, "DeadlineExceeded", DEADLINE);
            return end(worker, sandbox, cx, grace_seconds(worker.pod.spec()));
        }
        worker.sync_at = Some(deadline);
    }
    if let Some(found) = sandbox.as_ref().filter(|_| worker.wanted.is_null()) {
        resume(worker, found, cx.now);
    }
    worker.show_address |= sandbox.as_ref().is_some_and(|sandbox| sandbox.ready);
    // A container that the kubelet stopped itself is started again by the same sync: nobody sees it ended in between.
    if sandbox.as_ref().is_some_and(|sandbox| restarts(worker, sandbox)) {
        worker.touched = true;
    } else {
        worker.refresh(sandbox.as_ref(), cx);
    }
    if is_over(worker, sandbox.as_ref()) {
        worker.finish_at = Some(cx.next_relist());
        return;
    }
    match sandbox {
        Some(found) if found.ready => begin(worker, found, cx),
        _ => start::sandbox(worker, sandbox, cx),
    }
}

const DEADLINE: &str = "Pod was active on the node longer than the specified deadline";

fn deadline(worker: &Worker) -> Option<Time> {
    let seconds = worker.pod.spec().get("activeDeadlineSeconds").as_int()?;
    Some(worker.start_time? + Duration::secs(seconds.max(0) as u64))
}

/// Whether all containers have ended for good.
fn is_over(worker: &Worker, sandbox: Option<&Sandbox>) -> bool {
    let spec = worker.pod.spec();
    let Some(sandbox) = sandbox else { return matches!(worker.pod.status().get("phase").text(), "Succeeded" | "Failed") };
    let for_good = |container: &Tree| {
        let found = sandbox.container(container.get("name").text());
        found.is_some_and(|found| found.exit_code().is_some() && !status::comes_back(found.exit_code(), container, spec))
    };
    let failed_init = spec.get("initContainers").items().iter().any(|init| {
        let code = sandbox.container(init.get("name").text()).and_then(Container::exit_code);
        code.is_some_and(|code| code != 0) && !status::comes_back(code, init, spec)
    });
    failed_init || spec.get("containers").items().iter().all(for_good)
}

/// Which containers to start now, in order; then the first of them.
pub fn begin(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context) {
    worker.failed = false;
    worker.queue = plan(worker, sandbox, cx);
    worker.queue.reverse();
    start::next(worker, sandbox, cx);
}

fn plan(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context) -> Vec<Text> {
    let spec = worker.pod.spec().clone();
    let mut wanted = Vec::new();
    let begun = spec.get("containers").items().iter().any(|container| sandbox.container(container.get("name").text()).is_some());
    for init in spec.get("initContainers").items() {
        let name = Text::new(init.get("name").text());
        let sidecar = init.get("restartPolicy").text() == "Always";
        let found = sandbox.container(&name);
        let (running, code) = (found.is_some_and(Container::is_running), found.and_then(Container::exit_code));
        if sidecar {
            if !running && wants_start(worker, sandbox, cx, &name, init) {
                wanted.push(name.clone());
            }
            if !begun && (!running || !worker.is_started(&name)) {
                return wanted;
            }
        } else if !begun && code != Some(0) {
            if !running && wants_start(worker, sandbox, cx, &name, init) {
                wanted.push(name);
            }
            return wanted;
        }
    }
    for container in spec.get("containers").items() {
        let name = Text::new(container.get("name").text());
        if wants_start(worker, sandbox, cx, &name, container) {
            wanted.push(name);
        }
    }
    wanted
}

/// Whether a container is to be started now; if not now, says why and when.
fn wants_start(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context, name: &Text, container: &Tree) -> bool {
    let process = mirror::is_process(&worker.pod);
    if process && !cx.host.runs(name) {
        return false;
    }
    if process && *cx.host.ailment(name) == Ailment::None {
        return !sandbox.container(name).is_some_and(Container::is_running);
    }
    let Some(found) = sandbox.container(name) else { return true };
    if found.is_running() {
        if found.made_from != container.get("image").text() && !worker.stopping.contains(name) {
            let words = format!("Container {name} definition changed, will be restarted");
            let grace = grace_seconds(worker.pod.spec());
            restart(worker, sandbox, cx, name, &words, grace);
        }
        return false;
    }
    let Some(finished) = found.finished_at() else { return true };
    let attempt = found.attempt;
    let changed = found.made_from != container.get("image").text();
    if !changed && !status::comes_back(found.exit_code(), container, worker.pod.spec()) {
        return false;
    }
    // The sync that stops a container itself counts from the end before this one: at its start this one still ran.
    let since = if worker.stopping.contains(name) {
        sandbox.slot(name).and_then(|slot| slot.previous.as_deref()).and_then(Container::finished_at)
    } else {
        Some(finished)
    };
    let Some(since) = since else {
        worker.stopping.remove(name);
        return true;
    };
    let backoff = worker.restarts.entry(name.clone()).or_default();
    let Some(until) = backoff.until(cx.now, since).filter(|_| !changed) else {
        backoff.grow(cx.now);
        worker.stopping.remove(name);
        return true;
    };
    let wait = backoff.wait;
    let key = &worker.pod.key;
    let whole = format!("{}_{}({})", key.name, key.namespace, worker.uid);
    worker.stopping.remove(name);
    // A sync in the middle of the wait has come too early: it tells of the wait once more when it was the worker's own.
    let known = worker.told_backoff.get(name).copied().filter(|(told, _)| *told == attempt);
    let again = known.map(|(_, again)| again).filter(|again| *again > cx.now).unwrap_or_else(|| cx.now + cx.back_off(until));
    if known != Some((attempt, again)) {
        worker.told_backoff.insert(name.clone(), (attempt, again));
        worker.note(cx, name, true, "BackOff", format!("Back-off restarting failed container {name} in pod {whole}"));
    }
    if known.is_none() {
        worker.refresh_at = Some(cx.now + Duration::secs(1));
    }
    worker.wait(cx, name, "CrashLoopBackOff", format!("back-off {wait} restarting failed container={name} pod={whole}"));
    worker.sync_at = Some(worker.sync_at.filter(|at| *at > cx.now).map_or(again, |at| at.min(again)));
    false
}

/// Makes new probes for a container that has just started.
pub fn watch(worker: &mut Worker, name: &Text, now: Time) {
    let Some(container) = worker.spec_of(name).cloned() else { return };
    worker.probes.retain(|(probed, _), _| probed != name);
    if mirror::is_process(&worker.pod) {
        return;
    }
    for kind in Kind::ALL.into_iter().filter(|kind| container.has(kind.field())) {
        worker.probes.insert((name.clone(), kind), Probe::new(kind, container.get(kind.field()), worker.taken_in, now));
    }
}

/// The kubelet was started anew over running containers: they keep their verdicts, and are looked at again.
fn resume(worker: &mut Worker, sandbox: &Sandbox, now: Time) {
    let unwatched = |name: &&Text| !worker.probes.keys().any(|(probed, _)| probed == *name);
    let running = sandbox.slots.iter().filter(|slot| slot.current.as_ref().is_some_and(Container::is_running)).map(|slot| &slot.name);
    let names: Vec<Text> = running.filter(unwatched).cloned().collect();
    for name in names {
        watch(worker, &name, now);
        let status = worker.pod.status().clone();
        let all = ["containerStatuses", "initContainerStatuses"].into_iter().flat_map(|key| status.get(key).items());
        let Some(old) = all.into_iter().find(|old| old.get("name").text() == name) else { continue };
        for (kind, key) in [(Kind::Startup, "started"), (Kind::Readiness, "ready")] {
            if let Some(probe) = worker.probes.get_mut(&(name.clone(), kind)) {
                probe.content = old.get(key).is_true();
            }
        }
    }
}

/// Begins to stop a whole Pod.
pub fn end(worker: &mut Worker, sandbox: &mut Option<Sandbox>, cx: &mut Context, grace: i64) {
    worker.queue.clear();
    worker.finish_at = None;
    if std::mem::replace(&mut worker.step, Step::Idle) != Step::Idle {
        // What was under way is broken off. What came of it is known at the next look at the runtime.
        worker.sync_at = Some(cx.next_relist());
        return;
    }
    worker.ending = Ending::Stopping;
    worker.probes.retain(|(_, kind), _| *kind == Kind::Readiness);
    worker.refresh(sandbox.as_ref(), cx);
    let Some(sandbox) = sandbox else { return };
    for name in running(sandbox) {
        worker.note(cx, &name, false, "Killing", format!("Stopping container {name}"));
        killing(worker, sandbox, cx, &name, grace);
        stop_in_turn(worker, sandbox, cx, &name, grace);
    }
}

/// The Pod is gone from the API while its containers ran: they are killed all the same, and it is told.
pub fn removed(worker: &mut Worker, sandbox: &Option<Sandbox>, cx: &mut Context) {
    let Some(sandbox) = sandbox.as_ref().filter(|_| worker.ending == Ending::No) else { return };
    for name in running(sandbox) {
        worker.note(cx, &name, false, "Killing", format!("Stopping container {name}"));
        killing(worker, sandbox, cx, &name, 2);
    }
}

fn running(sandbox: &Sandbox) -> Vec<Text> {
    let runs = |slot: &&Slot| slot.current.as_ref().is_some_and(Container::is_running);
    sandbox.slots.iter().filter(runs).map(|slot| slot.name.clone()).collect()
}

/// Stops a container of a Pod that ends: a sidecar only after all that started after it (upstream `terminationOrdering`).
/// gap: one with a hook of its own goes at once.
fn stop_in_turn(worker: &mut Worker, sandbox: &mut Sandbox, cx: &mut Context, name: &Text, grace: i64) {
    let hooked = worker.spec_of(name).is_some_and(|container| container.get("lifecycle").has("preStop"));
    let grace = Duration::secs(grace.max(2) as u64);
    if worker.is_sidecar(name) && !hooked && serves(worker.pod.spec(), name, sandbox) {
        worker.turns.insert(name.clone(), cx.now + grace);
    } else {
        hooks::stop(worker, sandbox, cx, name, grace);
    }
}

/// Whether a container that started after this sidecar still runs.
fn serves(spec: &Tree, sidecar: &str, sandbox: &Sandbox) -> bool {
    let inits = spec.get("initContainers").items().iter().skip_while(|init| init.get("name").text() != sidecar).skip(1);
    let mut later = inits.chain(spec.get("containers").items());
    later.any(|container| sandbox.container(container.get("name").text()).is_some_and(Container::is_running))
}

/// Sidecars whose turn has come are told to stop, with what is left of their grace.
fn take_turns(worker: &mut Worker, sandbox: &mut Option<Sandbox>, now: Time) {
    let Some(sandbox) = sandbox.as_mut().filter(|_| !worker.turns.is_empty()) else { return };
    let free = |(name, until): &(&Text, &Time)| **until <= now || !serves(worker.pod.spec(), name, sandbox);
    let due: Vec<(Text, Time)> = worker.turns.iter().filter(free).map(|(name, until)| (name.clone(), *until)).collect();
    for (name, until) in due {
        worker.turns.remove(&name);
        sandbox.container_mut(&name).into_iter().for_each(|container| container.terminate(now, until.since(now).max(Duration::secs(2))));
    }
}

/// The grace was shortened while the Pod was already stopping.
fn hasten(worker: &mut Worker, sandbox: &mut Option<Sandbox>, cx: &mut Context) {
    let grace = Duration::secs(worker.pod.meta().get("deletionGracePeriodSeconds").int_or(30).max(2) as u64);
    if let Some(sandbox) = sandbox {
        worker.prestop.clear();
        worker.turns.clear();
        sandbox.containers_mut().for_each(|container| container.terminate(cx.now, grace));
    }
    worker.refresh(sandbox.as_ref(), cx);
}

/// When nothing runs any more: tears the sandbox down and says how it ended.
fn stop_if_quiet(worker: &mut Worker, sandbox: &mut Option<Sandbox>, cx: &mut Context, clean_at: Time) {
    if let Some(found) = sandbox {
        if worker.ending == Ending::No {
            // Sidecars outlive the others and are stopped now.
            for name in running(found) {
                worker.note(cx, &name, false, "Killing", format!("Stopping container {name}"));
                stop_in_turn(worker, found, cx, &name, grace_seconds(worker.pod.spec()));
            }
        }
        if found.any_running() || !worker.prestop.is_empty() {
            worker.ending = Ending::Stopping;
            return;
        }
        found.ready = false;
    }
    cx.addresses.release(&worker.uid);
    worker.ending = Ending::Stopped { clean_at };
    worker.probes.clear();
    worker.refresh(sandbox.as_ref(), cx);
}
