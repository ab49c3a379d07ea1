//! Carries out a lesson's deeds in a session: lines, edits, faults, waiting.
use crate::expr;
use crate::format::Act;
use crate::span;
use crate::witness::Witness;
use cluster::Session;
use cluster::input::Input;
use simcore::{Duration, Time};

/// What waiting without a limit of its own may take.
const PATIENCE: Duration = Duration::secs(60);
/// A command that has not ended after this much virtual time is interrupted (`get -w`, `logs -f`).
const COMMAND: Duration = Duration::mins(10);

/// Does them one after another; the error says which did not succeed.
pub fn perform(session: &mut Session, acts: &[Act], namespace: &str, began: Time) -> Result<(), String> {
    acts.iter().try_for_each(|act| one(session, act, namespace, began))
}

/// Does one deed.
pub fn one(session: &mut Session, act: &Act, namespace: &str, began: Time) -> Result<(), String> {
    watched(session, act, namespace, began, &mut |_| {})
}

/// Does one deed, and lets `eye` look after each event of it.
pub fn watched(session: &mut Session, act: &Act, namespace: &str, began: Time, eye: &mut dyn FnMut(&Session)) -> Result<(), String> {
    if !act.run.is_empty() {
        return run(session, &act.run, eye);
    }
    if let Some(edit) = &act.edit {
        let text = if edit.text.is_empty() {
            let old = session.world.terminal.shell.file(&edit.file).unwrap_or_default();
            if !old.contains(&edit.find) {
                return Err(format!("{} does not contain \"{}\"", edit.file, edit.find));
            }
            old.replacen(&edit.find, &edit.with, 1)
        } else {
            edit.text.clone()
        };
        session.input(Input::File { name: edit.file.clone(), text });
        return Ok(());
    }
    if let Some(fault) = &act.fault {
        session.input(Input::Fault { fault: fault.clone() });
        return Ok(());
    }
    if !act.traffic.is_empty() {
        session.input(Input::Traffic { sources: act.traffic.clone(), gone: Vec::new() });
        return Ok(());
    }
    if !act.delete.is_empty() {
        let name = target(session, act, namespace)?;
        return run(session, &format!("kubectl delete {name} --wait=false"), eye);
    }
    if !act.pass.is_empty() {
        let end = end(session, act)?;
        while session.world.next_time().is_some_and(|time| time <= end) {
            session.step();
            eye(session);
        }
        session.advance(end, usize::MAX);
        return Ok(());
    }
    let limit = if act.within.is_empty() { PATIENCE } else { span::parse(&act.within).ok_or("within is no duration")? };
    wait(session, &act.until, namespace, began, limit, eye)
}

/// When a `pass` that begins now is over.
pub fn end(session: &Session, act: &Act) -> Result<Time, String> {
    let span = span::parse(&act.pass).ok_or_else(|| format!("\"{}\" is no duration", act.pass))?;
    Ok(session.now() + span)
}

fn run(session: &mut Session, line: &str, eye: &mut dyn FnMut(&Session)) -> Result<(), String> {
    session.input(Input::Line { text: line.to_string() });
    let limit = session.now() + COMMAND;
    while session.world.busy() {
        if session.world.next_time().is_none_or(|time| time > limit) {
            session.input(Input::Interrupt);
            break;
        }
        session.step();
        eye(session);
    }
    Ok(())
}

/// Runs until `condition` holds, looking whenever the store has changed.
pub fn wait_until(session: &mut Session, condition: &str, namespace: &str, began: Time, limit: Duration) -> Result<(), String> {
    wait(session, condition, namespace, began, limit, &mut |_| {})
}

fn wait(
    session: &mut Session,
    condition: &str,
    namespace: &str,
    began: Time,
    limit: Duration,
    eye: &mut dyn FnMut(&Session),
) -> Result<(), String> {
    let source = condition_expression(condition)?;
    let expr = expr::parse(&source)?;
    let end = session.now() + limit;
    let mut looked = 0;
    loop {
        let revision = session.world.api.store.applied().revision();
        if revision != looked {
            looked = revision;
            let witness = Witness { world: &session.world, namespace, began };
            if expr::evaluate(&expr, &witness)?.is_true() {
                return Ok(());
            }
        }
        if session.world.next_time().is_none_or(|time| time > end) {
            session.advance(end, usize::MAX);
            return Err(format!("\"{condition}\" did not come true within {limit}"));
        }
        session.step();
        eye(session);
    }
}

/// `deploy/web Available=True` and `rollout/web complete` as expressions; anything else is one already.
pub fn condition_expression(condition: &str) -> Result<String, String> {
    let Some((object, wanted)) = condition.split_once(' ').filter(|(object, rest)| is_reference(object) && !rest.contains(' ')) else {
        return Ok(condition.to_string());
    };
    if let Some(name) = object.strip_prefix("rollout/").filter(|_| wanted == "complete") {
        let deploy = format!("get('deploy/{name}')");
        return Ok(format!(
            "exists('deploy/{name}') && {deploy}.status.observedGeneration == {deploy}.metadata.generation && \
             {deploy}.status.updatedReplicas == {deploy}.spec.replicas && {deploy}.status.replicas == {deploy}.spec.replicas && \
             {deploy}.status.availableReplicas == {deploy}.spec.replicas"
        ));
    }
    if wanted == "gone" {
        return Ok(format!("!exists('{object}')"));
    }
    match wanted.split_once('=') {
        Some((kind, value)) => Ok(format!("condition(get('{object}'), '{kind}') == '{value}'")),
        None => Err(format!("\"{condition}\" is neither a condition nor an expression")),
    }
}

fn is_reference(word: &str) -> bool {
    word.contains('/') && word.chars().all(|c| c.is_ascii_alphanumeric() || "/-._".contains(c))
}

fn target(session: &Session, act: &Act, namespace: &str) -> Result<String, String> {
    if act.delete != "pod/any" {
        return Ok(act.delete.clone());
    }
    let selector = objects::labels::Selector::parse(&act.filter)?;
    let view = session.world.api.store.applied();
    let found = view.list_in(objects::kinds::POD, namespace).find(|pod| selector.matches(pod.labels()) && !pod.is_deleting());
    found.map(|pod| format!("pod/{}", pod.key.name)).ok_or_else(|| format!("no Pod matches \"{}\"", act.filter))
}
