//! A line on a server at work: run again with each answer, shown as it goes, ended when its time is over.
use super::fleet::{Asked, Command, Fleet, Question, Reply, Told};
use super::tape::Tape;
use crate::event::{Caller, Event};
use crate::world::World;
use ::hosts::Machine;
use ::hosts::run::Login;
use apiserver::client::Ticket;
use simcore::Duration;
use std::sync::Arc;

/// Who runs a line, and for whom.
pub(super) struct Start {
    pub host: usize,
    pub login: Login,
    pub line: String,
    pub caller: Caller,
    pub ticket: Ticket,
    /// Whether its words may go to the screen as they come.
    pub streams: bool,
    pub in_session: bool,
}

impl World {
    pub(super) fn fleet_mut(&mut self) -> &mut Fleet {
        Arc::make_mut(&mut self.fleet)
    }

    /// Begins a line on a server. `wait`: how long it takes until it begins (the login).
    pub(super) fn begin_command(&mut self, start: Start, wait: Duration) -> u64 {
        self.show_containers(start.host);
        self.show_links(start.host);
        self.show_network(start.host);
        let before = self.machine(start.host);
        let fleet = self.fleet_mut();
        fleet.next += 1;
        let id = fleet.next;
        let Start { host, login, line, caller, ticket, streams, in_session } = start;
        let streams = streams && is_plain(&line);
        let asked = Some(Asked { at: self.now + wait, question: Question::Begin, sent: false, reply: None, kubectl: None });
        let (begun, told, shown) = (self.now + wait, Vec::new(), (0, 0));
        let command = Command { host, begun, before, login, line, told, asked, caller, ticket, streams, shown, in_session };
        self.fleet_mut().commands.insert(id, Arc::new(command));
        self.queue.push(begun, Event::Command(id));
        id
    }

    /// An instant that a command waits for has come.
    pub(crate) fn command_due(&mut self, id: u64) {
        let Some(command) = self.fleet.commands.get(&id).cloned() else { return };
        let Some(asked) = command.asked.clone() else { return };
        match asked.reply {
            Some((due, reply)) if due <= self.now => self.tell_command(id, reply),
            Some(_) => {}
            None => self.answer_command(id),
        }
    }

    pub(super) fn alter_command(&mut self, id: u64, change: impl FnOnce(&mut Command)) {
        if let Some(command) = self.fleet_mut().commands.get_mut(&id) {
            change(Arc::make_mut(command));
        }
    }

    /// An answer for a command: it is run again with it.
    pub(super) fn tell_command(&mut self, id: u64, reply: Reply) {
        let Some(command) = self.fleet.commands.get(&id).cloned() else { return };
        let Some(asked) = &command.asked else { return };
        let took = self.now.since(asked.at.min(self.now));
        let machine = self.machine(command.host);
        self.alter_command(id, |command| {
            command.told.push(Told { reply, took, machine });
            command.asked = None;
        });
        self.run_command(id);
    }

    /// Answers at a later instant.
    pub(super) fn tell_command_after(&mut self, id: u64, took: Duration, reply: Reply) {
        let due = self.now + took;
        self.alter_command(id, |command| command.asked.iter_mut().for_each(|asked| asked.reply = Some((due, reply.clone()))));
        self.queue.push(due, Event::Command(id));
    }

    pub(super) fn run_command(&mut self, id: u64) {
        let Some(command) = self.fleet.commands.get(&id).cloned() else { return };
        let (mut machine, mut login) = (command.before.clone(), command.login.clone());
        let mut tape = Tape::new(&command.told);
        let ran = ::hosts::run(&mut machine, &mut login, command.begun, &command.line, &mut tape);
        let asked = tape.asked;
        self.put_machine(command.host, machine);
        // Its own deed may have cut the connection.
        if !self.fleet.commands.contains_key(&id) {
            return;
        }
        if command.streams {
            let (out, err) = command.shown;
            self.show(ran.stderr.get(err..).unwrap_or(""), true);
            self.show(ran.stdout.get(out..).unwrap_or(""), false);
        }
        match asked.filter(|_| ran.pending) {
            Some(asked) => {
                self.queue.push(asked.at.max(self.now), Event::Command(id));
                let shown = (ran.stdout.len(), ran.stderr.len());
                self.alter_command(id, |command| (command.shown, command.asked) = (shown, Some(asked)));
            }
            None => self.end_command(id, &command, ran, login),
        }
    }

    fn end_command(&mut self, id: u64, command: &Command, ran: ::hosts::Ran, login: Login) {
        self.fleet_mut().commands.remove(&id);
        let at = self.now.max(command.begun + ran.takes);
        let (out, err) = if command.streams { (String::new(), String::new()) } else { (ran.stdout, ran.stderr) };
        if command.in_session {
            self.fleet_mut().session.iter_mut().for_each(|session| session.login = login.clone());
        }
        self.tool_ends_at(at, command.caller, command.ticket, out, err, i32::from(ran.code));
    }

    /// Whether what a command's program says goes to the screen as it comes.
    pub(crate) fn command_streams(&self, caller: Caller) -> bool {
        matches!(caller, Caller::Command(id) if self.fleet.commands.get(&id).is_some_and(|command| command.streams))
    }

    /// Words on the terminal's screen.
    pub(crate) fn show(&mut self, text: &str, err: bool) {
        if !text.is_empty() {
            Arc::make_mut(&mut self.terminal).print(text, err);
        }
    }

    /// Ends a command that somebody broke off; what it has done stays.
    pub(super) fn break_command(&mut self, id: u64) {
        let Some(command) = self.fleet_mut().commands.remove(&id) else { return };
        self.drop_jobs(Caller::Command(id));
        let (caller, ticket) = (command.caller, command.ticket);
        self.tool_ends_at(self.now, caller, ticket, String::new(), String::new(), 130);
    }

    /// Ctrl+C ends `ssh HOST LINE`, and the line with it.
    pub(crate) fn break_lines(&mut self) {
        let mine = self.fleet.commands.iter().filter(|(_, command)| command.caller == Caller::Terminal && !command.in_session);
        let ids: Vec<u64> = mine.map(|(id, _)| *id).collect();
        ids.into_iter().for_each(|id| self.break_command(id));
    }

    /// The connection of a command breaks.
    pub(super) fn cut_command(&mut self, id: u64, words: &str) {
        let Some(command) = self.fleet_mut().commands.remove(&id) else { return };
        self.drop_jobs(Caller::Command(id));
        let closed = command.in_session.then_some("closed");
        if command.in_session {
            self.fleet_mut().session = None;
        }
        let response = World::tool_response(String::new(), words.to_string(), 255, closed);
        self.queue.push(self.now + Duration::millis(200), Event::Reply(command.caller, command.ticket, Box::new(response)));
    }

    /// The machine of a host, as it is now. Made when it is looked at for the first time.
    pub(crate) fn machine(&mut self, host: usize) -> Machine {
        if let Some(machine) = self.fleet.machines.get(&host) {
            return machine.clone();
        }
        let mut machine = self.make_machine(host);
        self.remember_statics(host, &machine);
        self.put_away(host, &mut machine);
        self.fleet_mut().machines.insert(host, machine);
        self.show_parts(host);
        self.fleet.machines[&host].clone()
    }
}

/// Whether what a line prints so far can be shown: one program, no pipe, nothing that takes its output.
fn is_plain(line: &str) -> bool {
    let Ok(script) = shell::parse(line) else { return false };
    script.steps.iter().all(|(_, pipeline)| {
        let plain = |command: &shell::Command| command.redirects.is_empty() && command.group.is_none() && command.words.iter().all(is_text);
        pipeline.commands.len() == 1 && pipeline.commands.iter().all(plain)
    })
}

fn is_text(word: &shell::Word) -> bool {
    word.0.iter().all(|part| !matches!(part, shell::Part::Output { .. }))
}
