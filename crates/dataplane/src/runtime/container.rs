//! One container: created, running, exited.
use crate::images::{Files, Hearing, Link, Program, Scene, Task, Web};
use crate::network::dns::{Names, ResolvConf};
use crate::network::{Ask, Heard};
use crate::runtime::Log;
use objects::Text;
use simcore::{Duration, Time};
use std::sync::Arc;

/// Where a container is in its life.
#[derive(Clone, PartialEq, Debug)]
pub enum State {
    Created,
    Running {
        since: Time,
    },
    /// `since` is `None` when it never ran.
    Exited {
        since: Option<Time>,
        at: Time,
        code: i32,
        reason: Text,
        message: Text,
    },
}

impl State {
    /// When its process started; the beginning of time where it never did.
    pub fn since(&self) -> Time {
        match self {
            State::Running { since } => *since,
            State::Exited { since, at, .. } => since.unwrap_or(*at),
            State::Created => Time::default(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Container {
    /// 64 hexadecimal digits.
    pub id: Text,
    /// How often this one was started again before.
    pub attempt: u32,
    pub image: Text,
    pub image_id: Text,
    pub state: State,
    pub env: Arc<Vec<(Text, Text)>>,
    pub files: Files,
    pub log: Log,
    /// Whether the end of its log stands in for a missing termination message after a failure.
    pub tells_log: bool,
    /// Of the definition that it was made from, to see changes.
    pub made_from: Text,
    task: Task,
    /// SIGKILL comes then.
    kill_at: Option<Time>,
}

impl Container {
    pub fn new(id: Text, attempt: u32, image: Text, image_id: Text, task: Task) -> Container {
        Container {
            id,
            attempt,
            image,
            image_id,
            state: State::Created,
            env: Arc::default(),
            files: Files::new(),
            log: Log::default(),
            tells_log: false,
            made_from: Text::default(),
            task,
            kill_at: None,
        }
    }

    pub fn start(&mut self, now: Time, task: Task) {
        self.task = task;
        self.state = State::Running { since: now };
    }

    /// It could not be started (`StartError`, code 128).
    pub fn fail_to_start(&mut self, now: Time, message: &str) {
        let reason = Text::new_static("StartError");
        self.state = State::Exited { since: None, at: now, code: 128, reason, message: Text::new(message) };
    }

    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    pub fn running_since(&self) -> Option<Time> {
        match self.state {
            State::Running { since } => Some(since),
            _ => None,
        }
    }

    /// Its exit code, once it has ended.
    pub fn exit_code(&self) -> Option<i32> {
        match self.state {
            State::Exited { code, .. } => Some(code),
            _ => None,
        }
    }

    pub fn finished_at(&self) -> Option<Time> {
        match self.state {
            State::Exited { at, .. } => Some(at),
            _ => None,
        }
    }

    /// Lets its process run up to `now`. Says whether it has ended just now.
    pub fn advance(&mut self, now: Time, hostname: &str, link: &Link, (resolv, names): (&ResolvConf, Option<&Names>), web: &Web) -> bool {
        let State::Running { since } = self.state else { return false };
        if self.task.next().is_none_or(|due| due > now) && self.kill_at.is_none_or(|at| at > now) {
            return false;
        }
        let until = self.kill_at.map_or(now, |at| at.min(now));
        let env = self.env.clone();
        let mut out = Vec::new();
        let hearing = Hearing::default();
        let mut scene =
            Scene { hostname, link, env: &env, files: &mut self.files, out: &mut out, errors: None, web, resolv, names, hearing };
        let ended = self.task.advance(until, &mut scene);
        out.iter().for_each(|piece| self.log.write(piece));
        let ended = ended.or_else(|| self.kill_at.filter(|at| *at <= now).map(|at| (at, 137)));
        if let Some((at, code)) = ended {
            self.exit(since, at, code);
        }
        ended.is_some()
    }

    fn exit(&mut self, since: Time, at: Time, code: i32) {
        let reason = Text::new_static(if code == 0 { "Completed" } else { "Error" });
        let mut message = self.files.get("/dev/termination-log").cloned().unwrap_or_default();
        if message.is_empty() && self.tells_log && code != 0 {
            let start = self.log.len().saturating_sub(80);
            message = Text::from(self.log.since(start).map(|line| line.text.as_str()).collect::<String>());
        }
        self.state = State::Exited { since: Some(since), at, code, reason, message };
        self.kill_at = None;
    }

    /// Asks it to stop; after `grace` it is killed.
    pub fn terminate(&mut self, now: Time, grace: Duration) {
        if self.is_running() && self.kill_at.is_none_or(|at| at > now + grace) {
            self.kill_at = Some(now + grace);
            self.task.terminate(now);
        }
    }

    /// SIGTERM comes from outside, and no SIGKILL after it.
    pub fn signal(&mut self, now: Time) {
        if self.is_running() {
            self.task.terminate(now);
        }
    }

    /// It dies at once (a fault, a power cut) with this code and reason.
    pub fn crash(&mut self, now: Time, code: i32, reason: &'static str) {
        if let State::Running { since } = self.state {
            self.exit(since, now, code);
            if let State::Exited { reason: said, .. } = &mut self.state {
                *said = Text::new_static(reason);
            }
        }
    }

    /// The runtime starts and has no process for it: nobody knows when it ended, so it is said to have ended now.
    pub fn found_dead(&mut self, now: Time) {
        if let State::Exited { at, code: 255, reason, .. } = &mut self.state
            && reason == "Unknown"
        {
            *at = now;
        }
    }

    /// When something happens in it by itself.
    pub fn next(&self) -> Option<Time> {
        if !self.is_running() {
            return None;
        }
        [self.task.next(), self.kill_at].into_iter().flatten().min()
    }

    pub fn listens(&self, now: Time, port: u16) -> bool {
        self.is_running() && self.task.listens(now, port)
    }

    /// What its process asks of the network, told once.
    pub fn take_ask(&mut self) -> Option<Ask> {
        if self.is_running() { self.task.take_ask() } else { None }
    }

    pub fn hear(&mut self, now: Time, heard: Heard) {
        self.task.hear(now, heard);
    }

    /// The program that serves in it, if one does.
    pub fn program(&self) -> Option<&Arc<Program>> {
        self.task.served()
    }

    /// Of a component's container: whether the component is ready.
    pub fn set_ready(&mut self, ready: bool) {
        self.task.set_ready(ready);
    }

    /// Its process ends now with this code.
    pub fn end_by_itself(&mut self, now: Time, code: i32) {
        self.task.end(now, code);
    }

    /// Whether its process is a shell that waits for lines from its standard input.
    pub fn waits_for_lines(&self) -> bool {
        self.is_running() && self.task.waits_for_lines()
    }

    /// Whether it no longer takes connections because it was asked to stop.
    pub fn is_closing(&self, now: Time) -> bool {
        self.task.is_closing(now)
    }

    /// The code, body and time of a GET's answer.
    pub fn answer(&self, path: &str, hostname: &str) -> (u16, Text, Duration) {
        let (code, body, latency) = self.task.answer(path);
        (code, Text::from(crate::images::fill(&body, hostname, &self.env)), latency)
    }
}
