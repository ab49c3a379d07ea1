//! Lines that nobody's terminal shows: typed on a server while a preset is installed or an installation is measured.
use super::command::Start;
use crate::event::Caller;
use crate::world::World;
use ::hosts::run::Login;
use apiserver::client::Ticket;
use objects::wire::Body;
use objects::{Object, kinds};
use simcore::Duration;

/// Longer than any installation's line.
const LIMIT: Duration = Duration::mins(20);
/// Far from every other client's.
const TICKET: Ticket = Ticket(3 << 60);

/// How long the parts of a fresh installation may take until all nodes are ready.
const SETTLE: Duration = Duration::mins(3);

impl World {
    /// What installs a preset: its lines, one after another, until every server is a node that is ready.
    pub(crate) fn install_lines(mut self, lines: &[(usize, String)]) -> World {
        if lines.is_empty() {
            return self;
        }
        for (host, line) in lines {
            let done = self.type_on(*host, line);
            debug_assert!(done.is_ok(), "{line}: {done:?}");
        }
        let (limit, count) = (self.now() + SETTLE, lines.len());
        self.run_while(limit, |world| {
            let nodes = world.api.store.applied().list(kinds::NODE);
            nodes.filter(|node| ready(node)).count() == count
        });
        self
    }

    /// Types a line as root on a server and lets time pass until it has ended: what it printed; an error has what it
    /// complained of.
    pub(crate) fn type_on(&mut self, host: usize, line: &str) -> Result<String, String> {
        let (login, line) = (Login::new("root"), line.to_string());
        let start = Start { host, login, line, caller: Caller::Client, ticket: TICKET, streams: false, in_session: false };
        self.begin_command(start, Duration::ZERO);
        let limit = self.now() + LIMIT;
        self.run_while(limit, |world| world.answers.iter().any(|(ticket, _)| *ticket == TICKET));
        let Some(place) = self.answers.iter().position(|(ticket, _)| *ticket == TICKET) else { return Err("no end".into()) };
        let response = self.answers.remove(place).1;
        let said = |at: usize| response.warnings.get(at).cloned().unwrap_or_default();
        match (&response.body, said(0).as_str()) {
            (Body::Text(text), "0") => Ok(text.clone()),
            (Body::Text(text), _) => Err(format!("{text}{}", said(1))),
            _ => Err(said(1)),
        }
    }
}

fn ready(node: &Object) -> bool {
    let all = node.status().get("conditions");
    all.items().iter().any(|one| one.get("type").text() == "Ready" && one.get("status").text() == "True")
}
