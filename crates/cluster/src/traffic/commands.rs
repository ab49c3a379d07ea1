//! Commands in containers, on behalf of somebody who waits for their end or sees what they print as it comes.
use crate::event::{Caller, Event, PartId};
use crate::traffic::flight::Asker;
use crate::world::World;
use apiserver::client::{Effects, Ticket};
use dataplane::kubelet::{Command, ERRORS, Turn};
use objects::wire::Response;
use simcore::Duration;
use std::sync::Arc;

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Exec {
    caller: Caller,
    ticket: Ticket,
    part: PartId,
    command: Command,
}

/// What a command has printed since it was last asked.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Printed {
    pub out: String,
    pub errors: String,
    /// Whether it is a shell that waits for its next line, and where it stands.
    pub idle: bool,
    pub directory: String,
}

impl World {
    /// Starts a command in a container; its answer goes to `caller`. A client outside sees what it prints as it comes, so
    /// that it may take as long as it likes.
    pub(crate) fn begin_exec(&mut self, caller: Caller, ticket: Ticket, part: PartId, command: Command) {
        let command = if caller == Caller::Client { command.patient() } else { command };
        if caller != Caller::Client {
            // A shell that nobody types into any more, because its command was broken off.
            self.net().execs.retain(|_, exec| exec.caller != caller || !exec.command.is_idle());
        }
        let id = self.keep_exec(Exec { caller, ticket, part, command });
        self.run_exec(id);
    }

    fn keep_exec(&mut self, exec: Exec) -> u64 {
        let net = self.net();
        net.next += 1;
        let id = net.next - 1;
        net.execs.insert(id, exec);
        id
    }

    /// Lets a command go on until it ends, sleeps or asks.
    pub(crate) fn run_exec(&mut self, id: u64) {
        let now = self.now;
        let Some(mut exec) = self.net().execs.remove(&id) else { return };
        let part = exec.part;
        let reachable = self.parts[part].running && self.reaches(part);
        let turn = match Arc::make_mut(&mut self.parts[part]).kubelet_mut().filter(|_| reachable) {
            Some(kubelet) => kubelet.exec_turn(now, &mut exec.command),
            None => Turn::Ended(killed()),
        };
        match turn {
            Turn::Ended(response) => {
                let arrives = now + Duration::micros(self.net().rng.between(400, 1_200));
                self.queue.push(arrives, Event::Reply(exec.caller, exec.ticket, Box::new(response)));
                let mut fx = Effects::default();
                let kubelet = Arc::make_mut(&mut self.parts[part]).kubelet_mut();
                kubelet.into_iter().for_each(|kubelet| kubelet.end_attached(now, &exec.command, &mut fx));
                self.carry_out(part, fx);
            }
            Turn::Sleeps(until) => {
                self.queue.push(until.max(now), Event::Exec(id));
                self.net().execs.insert(id, exec);
            }
            Turn::Asks(ask) => {
                let client = self.client_in(part, &exec.command.uid);
                self.net().execs.insert(id, exec);
                self.launch(Asker::Exec(id), client, Arc::new(ask), None);
            }
            Turn::Idle => {
                if exec.caller != Caller::Client {
                    let (out, errors) = exec.command.take_printed();
                    let errors = (!errors.is_empty()).then(|| format!("{ERRORS}{errors}"));
                    let warnings = errors.into_iter().chain([format!("session {id} {}", exec.command.directory())]).collect();
                    let arrives = now + Duration::micros(self.net().rng.between(400, 1_200));
                    let response = Response { warnings, ..Response::text(out) };
                    self.queue.push(arrives, Event::Reply(exec.caller, exec.ticket, Box::new(response)));
                }
                self.net().execs.insert(id, exec);
            }
        }
    }

    /// The next line of a shell whose client sends a request for each: the answer comes with the next prompt, or with the
    /// shell's end.
    pub(crate) fn type_into(&mut self, caller: Caller, ticket: Ticket, id: u64, line: &str) {
        let now = self.now;
        let holds = |exec: &Exec| self.parts[exec.part].kubelet().is_some_and(|kubelet| kubelet.holds(&exec.command));
        let lives = self.traffic.execs.get(&id).is_some_and(|exec| exec.caller == caller && exec.command.is_idle() && holds(exec));
        let Some(exec) = self.net().execs.get_mut(&id).filter(|_| lives) else {
            self.net().execs.remove(&id);
            return self.queue.push(now + Duration::millis(1), Event::Reply(caller, ticket, Box::new(killed())));
        };
        exec.ticket = ticket;
        exec.command.type_line(now, line);
        self.run_exec(id);
    }

    pub(crate) fn command_mut(&mut self, id: u64) -> Option<&mut Command> {
        self.net().execs.get_mut(&id).map(|exec| &mut exec.command)
    }

    fn command_of(&self, ticket: Ticket) -> Option<u64> {
        let of_client = |exec: &Exec| exec.caller == Caller::Client && exec.ticket == ticket;
        self.traffic.execs.iter().find(|(_, exec)| of_client(exec)).map(|(id, _)| *id)
    }

    /// What the command behind a client's request has printed since this was last asked; `None` where it has not begun or
    /// is over. A shell whose container is gone ends with it.
    pub fn command_printed(&mut self, ticket: Ticket) -> Option<Printed> {
        let id = self.command_of(ticket)?;
        let exec = &self.traffic.execs[&id];
        let lives = self.parts[exec.part].kubelet().is_some_and(|kubelet| kubelet.holds(&exec.command));
        if exec.command.is_idle() && !lives {
            self.net().execs.remove(&id);
            self.queue.push(self.now, Event::Reply(Caller::Client, ticket, Box::new(killed())));
            return None;
        }
        let command = self.command_mut(id)?;
        let (out, errors) = command.take_printed();
        Some(Printed { out, errors, idle: command.is_idle(), directory: command.directory().to_string() })
    }

    /// The next line for a shell that waits for one.
    pub fn command_line(&mut self, ticket: Ticket, line: &str) {
        let (now, id) = (self.now, self.command_of(ticket));
        let Some(id) = id else { return };
        if let Some(command) = self.command_mut(id) {
            command.type_line(now, line);
        }
        self.run_exec(id);
    }

    /// Ctrl+C in a shell: what it has under way is given up, and what that has asked concerns nobody any more.
    pub fn command_interrupted(&mut self, ticket: Ticket) {
        let (now, id) = (self.now, self.command_of(ticket));
        let Some(mut exec) = id.and_then(|id| self.net().execs.remove(&id)) else { return };
        exec.command.interrupt(now);
        self.keep_exec(exec);
    }

    /// The client has hung up: the command gets no further.
    pub fn command_dropped(&mut self, ticket: Ticket) {
        if let Some(id) = self.command_of(ticket) {
            self.net().execs.remove(&id);
        }
    }
}

/// What is heard of a command whose container is gone.
fn killed() -> Response {
    Response { warnings: vec!["command terminated with exit code 137".to_string()], ..Response::text("") }
}
