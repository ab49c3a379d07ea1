//! Who said what to whom of late: requests to the API, news of watches, etcd's calls. For lenses; not part of the truth.
use crate::event::{Caller, PartId};
use crate::members::registry;
use crate::portrait;
use crate::world::World;
use apiserver::client::Ticket;
use objects::wire::{Request, Resource, Target, Verb};
use objects::{Key, Text};
use simcore::{OccurrenceId, Time};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// So many messages are remembered. Members of etcd alone say forty a second: theirs have a place of their own. So has
/// what a learner asks, which would drown within seconds among what components say.
const KEPT: usize = 240;
const KEPT_OF_PEERS: usize = 60;
const KEPT_OF_CLIENTS: usize = 60;
/// So many objects of one delivery are remembered: a component that starts is told of all there are.
const TOLD: usize = 6;

/// One message as a lens shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TalkView {
    /// Unique in a world, and larger for a later one.
    pub serial: u64,
    /// Microseconds of virtual time since the Unix epoch, and how long the answer took; 0 while there is none.
    pub at: u64,
    pub took: u64,
    /// Components by their ids; `kubectl`, `client`.
    pub from: String,
    pub to: String,
    /// The controller, where the sender holds several: `replicaset-controller`.
    pub actor: String,
    /// `GET`, `PATCH`, …; `ADDED`, `MODIFIED`, `DELETED` of a watch; `Txn`, `MsgApp` of etcd.
    pub verb: String,
    /// `/api/v1/namespaces/default/pods/web-1/binding`, `/registry/pods/default/web-1`.
    pub about: String,
    /// HTTP's code, or 0: there is none (yet), or whoever should give it was not to be reached.
    pub code: u32,
    /// Whether an answer has come, or none is waited for.
    pub done: bool,
    /// The object's id, and the place in the trace of what came of it plus one; empty and 0 for none.
    pub object: String,
    pub why: u32,
}

parcel::record!(TalkView { serial, at, took, from, to, actor, verb, about, code, done, object, why });

/// Somebody who speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Voice {
    Caller(Caller),
    /// A kube-apiserver, and a member of etcd, by place.
    Server(usize),
    Member(usize),
}

#[derive(Clone, Debug)]
pub(crate) enum Words {
    Request(Verb, Target, Ticket),
    /// A kube-apiserver to its kubelet.
    Proxied(Text),
    News(&'static str, Key),
    /// A write as etcd gets it.
    Write,
    Raft(&'static str, u64),
}

#[derive(Clone, Debug)]
struct Said {
    serial: u64,
    at: Time,
    from: Voice,
    to: Voice,
    actor: Text,
    words: Words,
    /// The revision that was made or is told of; 0 for none.
    revision: u64,
    answer: Option<(Time, u16)>,
}

/// The last messages, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Talk {
    all: Arc<VecDeque<Said>>,
    peers: Arc<VecDeque<Said>>,
    clients: Arc<VecDeque<Said>>,
    serial: u64,
}

/// Whether somebody outside of the cluster's components asks.
fn is_client(voice: Voice) -> bool {
    matches!(voice, Voice::Caller(Caller::Terminal | Caller::Command(_) | Caller::Client))
}

impl Talk {
    fn keep(&mut self, at: Time, (from, to): (Voice, Voice), words: Words, revision: u64, answer: Option<(Time, u16)>) -> &mut Said {
        self.serial += 1;
        let (all, most) = match words {
            Words::Raft(..) => (Arc::make_mut(&mut self.peers), KEPT_OF_PEERS),
            _ if is_client(from) => (Arc::make_mut(&mut self.clients), KEPT_OF_CLIENTS),
            _ => (Arc::make_mut(&mut self.all), KEPT),
        };
        if all.len() == most {
            all.pop_front();
        }
        all.push_back(Said { serial: self.serial, at, from, to, actor: Text::default(), words, revision, answer });
        all.back_mut().expect("it was just put there")
    }

    pub fn asks(&mut self, at: Time, caller: Caller, server: usize, ticket: Ticket, request: &Request) {
        let words = Words::Request(request.verb, request.target.clone(), ticket);
        let said = self.keep(at, (Voice::Caller(caller), Voice::Server(server)), words, 0, None);
        said.actor = request.origin.actor.clone();
    }

    pub fn asks_kubelet(&mut self, at: Time, server: usize, part: PartId, path: Text) {
        self.keep(at, (Voice::Server(server), Voice::Caller(Caller::Part(part))), Words::Proxied(path), 0, Some((at, 200)));
    }

    /// A request is written down under this revision.
    pub fn writes(&mut self, caller: Caller, ticket: Ticket, revision: u64) {
        if let Some(said) = self.open(caller, ticket) {
            said.revision = revision;
        }
    }

    /// etcd has it on disk.
    pub fn written(&mut self, begun: Time, now: Time, server: usize, member: usize, revision: u64) {
        self.keep(begun, (Voice::Server(server), Voice::Member(member)), Words::Write, revision, Some((now, 0)));
    }

    pub fn answered(&mut self, now: Time, caller: Caller, ticket: Ticket, code: u16) {
        if let Some(said) = self.open(caller, ticket) {
            said.answer = Some((now, code));
        }
    }

    pub fn tells(&mut self, at: Time, server: usize, part: PartId, changes: &[&apiserver::Change]) {
        for change in &changes[changes.len().saturating_sub(TOLD)..] {
            let kind = match (&change.before, &change.after) {
                (None, _) => "ADDED",
                (_, Some(_)) => "MODIFIED",
                (_, None) => "DELETED",
            };
            let ends = (Voice::Server(server), Voice::Caller(Caller::Part(part)));
            self.keep(at, ends, Words::News(kind, change.key.clone()), change.revision, Some((at, 0)));
        }
    }

    pub fn peers(&mut self, at: Time, from: usize, to: usize, message: &'static str, term: u64) {
        self.keep(at, (Voice::Member(from), Voice::Member(to)), Words::Raft(message, term), 0, Some((at, 0)));
    }

    /// The request that waits for this answer: one of the last.
    fn open(&mut self, caller: Caller, ticket: Ticket) -> Option<&mut Said> {
        let waits = |said: &&mut Said| {
            said.answer.is_none()
                && said.from == Voice::Caller(caller)
                && matches!(&said.words, Words::Request(_, _, own) if *own == ticket)
        };
        let all = if is_client(Voice::Caller(caller)) { &mut self.clients } else { &mut self.all };
        Arc::make_mut(all).iter_mut().rev().find(waits)
    }
}

impl World {
    /// The last messages, newest first.
    pub fn talk(&self) -> Vec<TalkView> {
        let mut all: Vec<&Said> = self.talk.all.iter().chain(self.talk.peers.iter()).chain(self.talk.clients.iter()).collect();
        all.sort_by_key(|said| std::cmp::Reverse((said.at, said.serial)));
        let first = all.iter().map(|said| said.revision).filter(|revision| *revision > 0).min().unwrap_or(u64::MAX);
        let mut made: BTreeMap<u64, (OccurrenceId, Option<Key>)> = BTreeMap::new();
        for (id, occurrence) in
            self.api.trace.newest_first().take_while(|(_, found)| found.what.revision == 0 || found.what.revision >= first)
        {
            made.entry(occurrence.what.revision).or_insert((id, occurrence.what.key.clone()));
        }
        all.into_iter().map(|said| self.shown_as(said, made.get(&said.revision).filter(|_| said.revision > 0))).collect()
    }

    fn shown_as(&self, said: &Said, made: Option<&(OccurrenceId, Option<Key>)>) -> TalkView {
        let written = made.and_then(|(_, key)| key.as_ref());
        let (verb, about, object) = match &said.words {
            Words::Request(verb, target, _) => (method(*verb), path(*verb, target), object(target)),
            Words::Proxied(path) => ("GET", path.to_string(), None),
            Words::News(kind, key) => (*kind, registry::served(key), Some(key.clone())),
            Words::Write => ("Txn", written.map(registry::name).unwrap_or_default(), written.cloned()),
            Words::Raft(message, term) => (*message, format!("term {term}"), None),
        };
        let object = written.cloned().or(object).filter(portrait::is_shown);
        let from = self.voice(said.from);
        TalkView {
            serial: said.serial,
            at: said.at.0,
            took: said.answer.map_or(0, |(at, _)| at.since(said.at).0),
            actor: if *said.actor == *from { String::new() } else { said.actor.to_string() },
            to: self.voice(said.to),
            from,
            verb: verb.to_string(),
            about,
            code: said.answer.map_or(0, |(_, code)| u32::from(code)),
            done: said.answer.is_some(),
            object: object.as_ref().map(portrait::id).unwrap_or_default(),
            why: made.map_or(0, |(id, _)| id.0 + 1),
        }
    }

    fn voice(&self, voice: Voice) -> String {
        match voice {
            Voice::Caller(Caller::Part(part)) => self.parts[part].id.to_string(),
            Voice::Caller(Caller::Terminal | Caller::Command(_)) => "kubectl".to_string(),
            Voice::Caller(Caller::Client) => "client".to_string(),
            Voice::Caller(Caller::Server(_)) => "kube-apiserver".to_string(),
            Voice::Server(place) => self.apiservers.get(place).map_or("kube-apiserver".to_string(), |server| server.id.to_string()),
            Voice::Member(place) => self.etcd.nodes.get(place).map_or("etcd".to_string(), |node| node.component.to_string()),
        }
    }
}

/// HTTP's word for a verb.
fn method(verb: Verb) -> &'static str {
    match verb {
        Verb::Get | Verb::List | Verb::Watch => "GET",
        Verb::Create => "POST",
        Verb::Update => "PUT",
        Verb::Patch(_) => "PATCH",
        Verb::Delete | Verb::DeleteCollection => "DELETE",
    }
}

/// `/apis/apps/v1/namespaces/default/deployments/web/scale`
fn path(verb: Verb, target: &Target) -> String {
    let (resource, namespace, name, subresource) = match target {
        Target::Path(path) => return path.to_string(),
        Target::Resource { resource, namespace, name, subresource } => (resource, namespace, name, subresource),
    };
    let base = match resource {
        Resource::Kind(kind) => registry::address(kind.row().group, kind.row().version, namespace, kind.row().plural),
        Resource::Named { group, version, plural } => registry::address(group, version, namespace, plural),
    };
    let mut text = base;
    for piece in [name, subresource].into_iter().filter(|piece| !piece.is_empty()) {
        text.push('/');
        text.push_str(piece);
    }
    if verb == Verb::Watch {
        text.push_str("?watch=true");
    }
    text
}

fn object(target: &Target) -> Option<Key> {
    match target {
        Target::Resource { resource: Resource::Kind(kind), namespace, name, .. } if !name.is_empty() => {
            Some(Key::new(*kind, namespace.clone(), name.clone()))
        }
        _ => None,
    }
}
