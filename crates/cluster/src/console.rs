//! Carries out what the terminal's shell asks for, and brings it its answers.
use crate::event::{Caller, Event};
use crate::manifest::Flaw;
use crate::terminal::Terminal;
use crate::traffic::written;
use crate::world::World;
use apiserver::client::Ticket;
use kubectl::Effect;
use objects::wire::{Body, Request, Response, Verb};
use simcore::{OccurrenceId, Time};
use std::sync::Arc;

/// The file that names the traffic sources, as a list.
pub const TRAFFIC: &str = "traffic.yaml";

impl World {
    /// A line is typed. Returns the occurrence that everything it leads to goes back to.
    pub fn type_line(&mut self, line: &str) -> OccurrenceId {
        let occurrence = self.note("you", "input", line);
        if !self.typed_ahead(line) {
            self.with_shell(Some(occurrence), |shell, now| shell.enter(now, line));
        }
        occurrence
    }

    /// Shows a typed line behind its prompt, as a terminal does; what is typed into a running command has none.
    pub(crate) fn echo(&mut self, line: &str) {
        let prompt = self.prompt();
        Arc::make_mut(&mut self.terminal).echo(&prompt, line);
    }

    /// Ctrl+C.
    pub fn interrupt(&mut self) {
        if self.interrupt_session() {
            return;
        }
        self.break_lines();
        self.with_shell(None, |shell, now| shell.interrupt(now));
    }

    /// Ctrl+D.
    pub fn end_of_input(&mut self) {
        self.with_shell(None, |shell, now| shell.end_of_input(now));
    }

    /// The editor that a command had opened was closed.
    pub fn edited(&mut self, text: Option<String>) {
        let what = if text.is_some() { "save and close the editor" } else { "close the editor without saving" };
        let occurrence = self.note("you", "input", what);
        Arc::make_mut(&mut self.terminal).edit = None;
        self.with_shell(Some(occurrence), |shell, now| shell.edited(now, text));
    }

    /// A file of the learner's is saved.
    pub fn save_file(&mut self, name: &str, text: &str) {
        Arc::make_mut(&mut self.terminal).shell.set_file(name, text);
        if name == TRAFFIC {
            self.traffic_file(text);
        }
    }

    /// The file of traffic sources was saved: it names all that there are.
    fn traffic_file(&mut self, text: &str) {
        let line = |flaw: &Flaw| format!("line {}: {}", flaw.line, flaw.message);
        let specs = written::read(text).map_err(|flaws| flaws.iter().map(line).collect::<Vec<_>>().join(&format!("\n{TRAFFIC}: ")));
        let set = specs.and_then(|specs| {
            let old = self.traffic().sources().map(|source| source.id.to_string());
            let gone: Vec<String> = old.filter(|id| !specs.iter().any(|spec| spec.id == *id)).collect();
            self.set_traffic(&specs, &gone)
        });
        if let Err(words) = set {
            Arc::make_mut(&mut self.terminal).print(&format!("{TRAFFIC}: {words}\n"), true);
        }
    }

    pub(crate) fn terminal_reply(&mut self, ticket: Ticket, response: Response) {
        if let Body::Watch(cursor) = &response.body {
            Arc::make_mut(&mut self.terminal).watches.insert(ticket.0, (**cursor).clone());
            self.queue.push(self.now, Event::TerminalWatch);
        }
        self.session_told(ticket);
        self.with_shell(None, |shell, now| shell.reply(now, ticket.0, response));
        if let Some(line) = self.take_ahead() {
            self.echo(&line);
            self.with_shell(None, |shell, now| shell.enter(now, &line));
        }
    }

    pub(crate) fn terminal_wake(&mut self) {
        self.with_shell(None, |shell, now| shell.woken(now));
    }

    /// Tells the shell what its open watches and log follows have not heard yet.
    pub(crate) fn terminal_watch(&mut self) {
        let watches: Vec<u64> = self.terminal.watches.keys().copied().collect();
        for ticket in watches {
            let terminal = Arc::make_mut(&mut self.terminal);
            let Some(cursor) = terminal.watches.get_mut(&ticket) else { continue };
            match self.api.poll(cursor) {
                Ok(events) if events.is_empty() => {}
                Ok(events) => self.with_shell(None, |shell, now| shell.watched(now, ticket, events, false)),
                Err(_) => {
                    terminal.watches.remove(&ticket);
                    self.with_shell(None, |shell, now| shell.watched(now, ticket, Vec::new(), true));
                }
            }
        }
        let follows: Vec<u64> = self.terminal.follows.keys().copied().collect();
        for ticket in follows {
            let Some((request, offset)) = self.terminal.follows.get(&ticket).cloned() else { continue };
            let Some((text, offset, ended)) = self.follow(&request, offset) else { continue };
            if text.is_empty() && !ended {
                continue;
            }
            let terminal = Arc::make_mut(&mut self.terminal);
            if ended {
                terminal.follows.remove(&ticket);
            } else {
                terminal.follows.insert(ticket, (request, offset));
            }
            self.with_shell(None, |shell, now| shell.streamed(now, ticket, &text, ended));
        }
    }

    /// What a followed log has said since `offset` (bytes): the new text, the new offset, whether it has ended. `None` for a Pod that is gone.
    pub fn follow(&self, request: &Request, offset: usize) -> Option<(String, usize, bool)> {
        let objects::wire::Target::Resource { namespace, name, .. } = &request.target else { return None };
        let pod = self.api.store.applied().find(objects::kinds::POD, namespace, name)?;
        let part = self.kubelets.get(pod.spec().get("nodeName").as_text()?)?;
        Some(self.parts[*part].kubelet()?.follow(self.now, request, offset))
    }

    fn with_shell(&mut self, cause: Option<OccurrenceId>, act: impl FnOnce(&mut kubectl::Shell, Time) -> Vec<Effect>) {
        let now = self.now;
        let effects = act(&mut Arc::make_mut(&mut self.terminal).shell, now);
        let cause = cause.or(self.typed);
        self.typed = cause;
        for effect in effects {
            self.shell_effect(effect, cause);
        }
    }

    fn shell_effect(&mut self, effect: Effect, cause: Option<OccurrenceId>) {
        let terminal: &mut Terminal = Arc::make_mut(&mut self.terminal);
        match effect {
            Effect::Print { text, err } => terminal.print(&text, err),
            Effect::Send { ticket, mut request } => {
                if request.target == objects::wire::Target::Path(objects::Text::new_static("tool")) {
                    return self.begin_tool(Caller::Terminal, Ticket(ticket), &request);
                }
                if request.target == objects::wire::Target::Path(objects::Text::new_static("forward")) {
                    return self.begin_forward(Caller::Terminal, Ticket(ticket), &request);
                }
                if request.target == objects::wire::Target::Path(objects::Text::new_static("ssh")) {
                    return self.begin_ssh(Caller::Terminal, Ticket(ticket), &request);
                }
                request.origin.cause = cause.map(|id| id.0);
                if follows_logs(&request) {
                    terminal.follows.insert(ticket, (request.clone(), 0));
                    self.queue.push(self.now, Event::TerminalWatch);
                }
                self.submit(Caller::Terminal, Ticket(ticket), &request);
            }
            Effect::CloseWatch { ticket } => {
                terminal.watches.remove(&ticket);
                terminal.follows.remove(&ticket);
            }
            Effect::WakeAt(time) => self.queue.push(time.max(self.now), Event::Terminal),
            Effect::Edit { file, text } => terminal.edit = Some((file, text)),
            Effect::Clear => {
                terminal.printed = Arc::default();
                terminal.cleared += 1;
            }
            Effect::FilesChanged => terminal.files_changed += 1,
            Effect::Done { code } => {
                terminal.code = code;
                terminal.edit = None;
                terminal.watches.clear();
                terminal.follows.clear();
                self.drop_session();
                if self.traffic.forwards.iter().any(|forward| !forward.background) {
                    self.net().forwards.retain(|forward| forward.background);
                }
            }
        }
    }
}

pub(crate) fn follows_logs(request: &Request) -> bool {
    let is_log = matches!(&request.target, objects::wire::Target::Resource { subresource, .. } if subresource == "log");
    is_log && request.verb == Verb::Get && request.options.other.iter().any(|(key, value)| key == "follow" && value == "true")
}
