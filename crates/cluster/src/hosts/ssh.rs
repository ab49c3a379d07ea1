//! `ssh NODE` and `ssh NODE COMMAND`: logging in on a server from the learner's terminal.
use super::command::Start;
use super::fleet::Session;
use crate::event::Caller;
use crate::world::World;
use ::hosts::run::Login;
use apiserver::client::Ticket;
use dataplane::network::CONNECT_MAX;
use objects::Text;
use objects::wire::Request;
use simcore::Duration;
use std::collections::VecDeque;

/// How long it takes to log in.
const LOGIN: Duration = Duration::millis(180);
/// ssh's own exit code.
const FAILED: i32 = 255;

impl World {
    /// What the terminal's `ssh` asks: `mode` is `run` (words: destination, command), `login` (destination) or `line` (what
    /// was typed into the open login). The answer is a tool's: text, exit code, errors, and `closed` when the login is over.
    pub(crate) fn begin_ssh(&mut self, caller: Caller, ticket: Ticket, request: &Request) {
        let given = |key: &str| -> Vec<Text> {
            request.options.other.iter().filter(|(name, _)| name == key).map(|(_, value)| value.clone()).collect()
        };
        let (words, streams) = (given("word"), !given("streams").is_empty());
        match given("mode").first().map(Text::as_str) {
            Some("line") => self.session_line(caller, ticket, words.first().map_or("", Text::as_str)),
            mode => self.connect(caller, ticket, mode == Some("login"), &words, streams),
        }
    }

    fn connect(&mut self, caller: Caller, ticket: Ticket, stays: bool, words: &[Text], streams: bool) {
        let destination = words.first().map_or("", Text::as_str);
        let (user, name) = destination.split_once('@').unwrap_or(("root", destination));
        let (host, login) = match self.reached(user, name) {
            Ok(found) => found,
            Err((text, took)) => return self.tool_ends_at(self.now + took, caller, ticket, String::new(), text, FAILED),
        };
        if stays {
            let session = Session { host, login, running: None, waiting: None, ahead: VecDeque::new() };
            self.fleet_mut().session = Some(session);
            return self.tool_ends_at(self.now + LOGIN, caller, ticket, String::new(), String::new(), 0);
        }
        let line = words[1..].iter().map(Text::as_str).collect::<Vec<_>>().join(" ");
        self.begin_command(Start { host, login, line, caller, ticket, streams, in_session: false }, LOGIN);
    }

    /// The host and the login of a destination; otherwise ssh's words and when they come.
    fn reached(&mut self, user: &str, name: &str) -> Result<(usize, Login), (String, Duration)> {
        let host = self.hosts.iter().position(|host| host.name == name || host.address == name);
        let Some(host) = host.filter(|host| !self.is_hidden(*host)) else {
            return Err(match self.closed_door(name) {
                Some(words) => (words, CONNECT_MAX),
                None => {
                    let whose = self.whose_control_plane();
                    (format!("ssh: Could not resolve hostname {name}: Name or service not known\n{whose}"), Duration::ZERO)
                }
            });
        };
        if self.passage(None, Some(host)).is_none() {
            return Err((format!("ssh: connect to host {name} port 22: Connection timed out\n"), CONNECT_MAX));
        }
        let machine = self.machine(host);
        if !machine.port_taken(22) {
            return Err((format!("ssh: connect to host {name} port 22: Connection refused\n"), Duration::millis(1)));
        }
        if user != "root" && !machine.users.iter().any(|known| known == user) {
            return Err((format!("{user}@{name}: Permission denied (publickey).\n"), LOGIN));
        }
        Ok((host, Login::new(user)))
    }

    /// A line typed into the open login.
    fn session_line(&mut self, caller: Caller, ticket: Ticket, line: &str) {
        let Some(mut session) = self.fleet.session.clone() else {
            return self.close_session(caller, ticket, String::new(), FAILED);
        };
        let name = self.hosts[session.host].name.clone();
        if self.passage(None, Some(session.host)).is_none() {
            return self.close_session(caller, ticket, "client_loop: send disconnect: Broken pipe\n".to_string(), FAILED);
        }
        let mut words = line.split_whitespace();
        if matches!(words.next(), Some("exit" | "logout")) {
            let code = words.next().and_then(|word| word.parse().ok()).unwrap_or(session.login.last_code);
            session.login.last_code = code;
            if session.login.leave() {
                let at = self.now;
                self.fleet_mut().session = Some(session);
                return self.tool_ends_at(at, caller, ticket, String::new(), String::new(), i32::from(code));
            }
            return self.close_session(caller, ticket, format!("logout\nConnection to {name} closed.\n"), i32::from(code));
        }
        let (host, login) = (session.host, session.login.clone());
        let start = Start { host, login, line: line.to_string(), caller, ticket, streams: true, in_session: true };
        let id = self.begin_command(start, Duration::ZERO);
        (session.running, session.waiting) = (Some(id), Some(ticket));
        self.fleet_mut().session = Some(session);
    }

    fn close_session(&mut self, caller: Caller, ticket: Ticket, words: String, code: i32) {
        self.fleet_mut().session = None;
        let response = Self::tool_response(String::new(), words, code, Some("closed"));
        self.queue.push(self.now, crate::event::Event::Reply(caller, ticket, Box::new(response)));
    }

    /// The terminal has the answer to its line: the prompt stands again, and what was typed ahead follows.
    pub(crate) fn session_told(&mut self, ticket: Ticket) {
        let waits = self.fleet.session.as_ref().is_some_and(|session| session.waiting == Some(ticket));
        if let Some(session) = self.fleet_mut().session.as_mut().filter(|_| waits) {
            (session.running, session.waiting) = (None, None);
        }
    }

    /// A line typed while the login's last one still runs waits for its end. Says whether it did.
    pub(crate) fn typed_ahead(&mut self, line: &str) -> bool {
        if self.fleet.session.as_ref().is_none_or(|session| session.waiting.is_none()) {
            return false;
        }
        self.fleet_mut().session.iter_mut().for_each(|session| session.ahead.push_back(line.to_string()));
        true
    }

    /// The next line that was typed ahead, once the prompt stands.
    pub(crate) fn take_ahead(&mut self) -> Option<String> {
        self.fleet.session.as_ref().filter(|session| session.waiting.is_none() && !session.ahead.is_empty())?;
        self.fleet_mut().session.as_mut()?.ahead.pop_front()
    }

    /// Ctrl+C in an open login: its command is broken off, the login stays. False where nobody is logged in.
    pub(crate) fn interrupt_session(&mut self) -> bool {
        let Some(session) = self.fleet.session.clone() else { return false };
        self.show("^C\n", true);
        if let Some(open) = self.fleet_mut().session.as_mut() {
            open.ahead.clear();
        }
        match session.running {
            Some(id) if self.fleet.commands.contains_key(&id) => self.break_command(id),
            _ => {}
        }
        true
    }

    /// The terminal's job is over, and with it a login that it held.
    pub(crate) fn drop_session(&mut self) {
        if self.fleet.session.is_some() {
            self.fleet_mut().session = None;
        }
    }

    /// Whether the terminal works; the prompt of an open login is none.
    pub fn busy(&self) -> bool {
        self.terminal.shell.busy() && self.session_prompt().is_none()
    }

    /// What stands before the cursor.
    pub fn prompt(&self) -> String {
        self.session_prompt()
            .unwrap_or_else(|| if self.terminal.shell.busy() { String::new() } else { self.terminal.shell.prompt().to_string() })
    }

    fn session_prompt(&self) -> Option<String> {
        let session = self.fleet.session.as_ref().filter(|session| session.waiting.is_none())?;
        // Until the login is over the terminal does not read yet.
        let machine = self.fleet.machines.get(&session.host).filter(|_| self.terminal.shell.reads())?;
        Some(session.login.prompt(machine))
    }
}
