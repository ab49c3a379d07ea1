//! Answers that need a look at, or a copy of, the world: single steps, descriptions, completion.
use crate::protocol::Step;
use apiserver::Outcome;
use cluster::{Session, portrait};
use simcore::Duration;

/// An event more, a write more, or a second more.
pub fn step(session: &mut Session, step: Step) {
    match step {
        Step::Event => session.step(),
        Step::Second => {
            session.advance(session.now() + Duration::secs(1), usize::MAX);
        }
        Step::Write => {
            let limit = session.now() + Duration::mins(10);
            let before = session.world.api.store.applied().revision();
            while session.world.api.store.applied().revision() == before && session.world.next_time().is_some_and(|time| time <= limit) {
                session.step();
            }
        }
    }
}

/// What `kubectl describe` says of an object, asked in a copy of the world.
pub fn describe(session: &Session, id: &str) -> String {
    let Some(key) = portrait::key(id) else { return String::new() };
    let mut copy = session.world.clone();
    let namespace = if key.namespace.is_empty() { String::new() } else { format!(" -n {}", key.namespace) };
    copy.interrupt();
    let terminal = std::sync::Arc::make_mut(&mut copy.terminal);
    terminal.printed = Default::default();
    copy.type_line(&format!("kubectl describe {} {}{namespace}", key.kind.row().plural, key.name));
    let limit = copy.now() + Duration::secs(2);
    copy.run_while(limit, |world| !world.busy());
    copy.terminal.output()
}

/// Where the completed word begins, and what it can become.
pub fn complete(session: &Session, line: &str, cursor: usize) -> (usize, Vec<String>) {
    let completion = session.world.terminal.shell.complete(line, cursor);
    let Some(request) = &completion.ask else { return (completion.from, completion.candidates) };
    let mut api = session.world.api.clone();
    match api.handle(session.now(), request) {
        Outcome::Now(response) => (completion.from, kubectl::finish(&completion, &response)),
        _ => (completion.from, completion.candidates),
    }
}
