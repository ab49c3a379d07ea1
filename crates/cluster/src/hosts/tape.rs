//! The answers that a command on a server has had so far, as its `Outside`; the first question without one is noted.
use super::fleet::{Asked, Question, Reply, Told};
use ::hosts::Machine;
use ::hosts::outside::{Answer, Begun, Container, EtcdAsk, EtcdMember, Outside, Page, Pending, Printed, Probe, Supervisor};
use objects::Text;
use objects::wire::{Request, Response};
use simcore::{Duration, Time};
use std::sync::Arc;

/// One run's way through the answers.
pub(super) struct Tape<'a> {
    told: std::slice::Iter<'a, Told>,
    pub asked: Option<Asked>,
}

impl<'a> Tape<'a> {
    pub fn new(told: &'a [Told]) -> Tape<'a> {
        Tape { told: told.iter(), asked: None }
    }

    fn next(&mut self, at: Time, question: Question) -> Answer<&'a Told> {
        if let Some(told) = self.told.next() {
            return Ok((told, told.took));
        }
        self.asked = Some(Asked { at, question, sent: false, reply: None, kubectl: None });
        Err(Pending)
    }

    /// The same, and the machine as it was when the answer came.
    fn meanwhile(&mut self, machine: &mut Machine, at: Time, question: Question) -> Answer<&'a Reply> {
        let (told, took) = self.next(at, question)?;
        *machine = told.machine.clone();
        Ok((&told.reply, took))
    }
}

/// What a reply holds. A reply of another kind cannot come: a line asks the same questions on each run.
macro_rules! held {
    ($kind:ident, $answer:expr, $else:expr) => {{
        let (reply, took) = $answer?;
        match reply {
            Reply::$kind(it) => Ok((it.clone(), took)),
            _ => Ok(($else, took)),
        }
    }};
}

fn lost<T>() -> Result<T, String> {
    Err("interrupted".to_string())
}

impl Outside for Tape<'_> {
    fn lookup(&mut self, _: &Machine, at: Time, name: &str) -> Answer<Result<Vec<Text>, String>> {
        held!(Names, self.next(at, Question::Lookup(Text::new(name))).map(|(told, took)| (&told.reply, took)), lost())
    }

    fn fetch(&mut self, _: &Machine, at: Time, url: &str) -> Answer<Result<String, String>> {
        held!(Text, self.next(at, Question::Fetch(Text::new(url))).map(|(told, took)| (&told.reply, took)), lost())
    }

    fn pull(&mut self, _: &Machine, at: Time, image: &str) -> Answer<Result<(), String>> {
        held!(Done, self.next(at, Question::Pull(Text::new(image))).map(|(told, took)| (&told.reply, took)), lost())
    }

    fn page(&mut self, _: &Machine, at: Time, url: &str) -> Answer<Result<Page, String>> {
        held!(Page, self.next(at, Question::Page(Text::new(url))).map(|(told, took)| (&told.reply, took)), lost())
    }

    fn containers(&mut self, _: &Machine, at: Time, _: &str) -> Answer<Vec<Container>> {
        held!(Containers, self.next(at, Question::Containers).map(|(told, took)| (&told.reply, took)), Vec::new())
    }

    fn supervisor(&mut self, machine: &mut Machine, at: Time, server: &str) -> Answer<Result<Arc<Supervisor>, String>> {
        held!(Supervisor, self.meanwhile(machine, at, Question::Supervisor(Text::new(server))), lost())
    }

    fn api(&mut self, machine: &mut Machine, at: Time, server: &str, request: Request) -> Answer<Result<Response, String>> {
        let question = Question::Api { server: server.to_string(), request: Box::new(request) };
        let (reply, took) = self.meanwhile(machine, at, question)?;
        match reply {
            Reply::Response(it) => Ok(((**it).clone(), took)),
            _ => Ok((lost(), took)),
        }
    }

    fn wait(&mut self, machine: &mut Machine, at: Time, probe: &Probe, within: Duration) -> Answer<Result<(), String>> {
        held!(Done, self.meanwhile(machine, at, Question::Wait { probe: probe.clone(), within }), lost())
    }

    fn wait_file(&mut self, machine: &mut Machine, at: Time, path: &str, within: Duration) -> Answer<Result<(), String>> {
        held!(Done, self.meanwhile(machine, at, Question::WaitFile { path: Text::new(path), within }), lost())
    }

    fn journal(&mut self, machine: &mut Machine, at: Time, known: usize) -> Answer<bool> {
        self.meanwhile(machine, at, Question::Journal(known)).map(|(_, took)| (true, took))
    }

    fn reach(&mut self, machine: &mut Machine, at: Time) -> Result<(), Pending> {
        self.meanwhile(machine, at, Question::Reach).map(|_| ())
    }

    fn program(&mut self, machine: &mut Machine, at: Time, begun: &Begun) -> Answer<Option<Printed>> {
        held!(Printed, self.meanwhile(machine, at, Question::Program(Box::new(begun.clone()))), None)
    }

    fn etcd(&mut self, machine: &mut Machine, at: Time, endpoint: &str, ask: &EtcdAsk) -> Answer<Result<Vec<EtcdMember>, String>> {
        held!(Members, self.meanwhile(machine, at, Question::Etcd { endpoint: Text::new(endpoint), ask: ask.clone() }), lost())
    }
}
