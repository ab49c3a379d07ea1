//! A question's way through the plugins of its server block, in CoreDNS's fixed order (`plugin.cfg`).
use crate::network::dns::cache::Cache;
use crate::network::dns::corefile::{Corefile, Forward, Server};
use crate::network::dns::index::Index;
use crate::network::dns::kubernetes::Backend;
use crate::network::dns::message::{Answer, Kind, Question, Rcode, closest, is_under};
use crate::network::dns::plugins;
use crate::network::dns::zone::Zone;
use objects::Text;
use simcore::{Rng, Time};
use std::net::IpAddr;

/// What answers depend on, and do not change.
pub struct Setting<'a> {
    pub now: Time,
    pub corefile: &'a Corefile,
    pub index: &'a Index,
    pub synced: bool,
    pub local: &'a [IpAddr],
    pub internet: &'a Zone,
    /// The name servers of its own resolv.conf; none means that the Internet is asked straight away.
    pub servers: &'a [Text],
}

/// What answers change.
#[derive(Clone, Debug)]
pub struct State {
    pub cache: Cache,
    pub rng: Rng,
    /// What the `errors` plugin would say, until it is taken.
    pub errors: Vec<String>,
}

/// Asks a name server outside: where, what. Nothing comes back where none is reached.
pub type Upstream<'a> = dyn FnMut(&Text, &Question) -> Option<Answer> + 'a;

/// How often an alias may lead back into the server.
const DEPTH: usize = 8;

/// The whole server's answer.
pub fn answer(setting: &Setting, state: &mut State, question: &Question, upstream: &mut Upstream) -> Answer {
    asked(setting, state, question, upstream, 0)
}

fn asked(setting: &Setting, state: &mut State, question: &Question, upstream: &mut Upstream, depth: usize) -> Answer {
    let Some(server) = setting.corefile.server(&question.name).filter(|_| depth < DEPTH) else {
        return Answer::bare(Rcode::Refused);
    };
    let mut answer = cached(setting, state, server, question, upstream, depth);
    if server.loadbalance {
        for records in [&mut answer.answer, &mut answer.authority, &mut answer.additional] {
            plugins::shuffle(&mut state.rng, records);
        }
    }
    answer
}

fn cached(setting: &Setting, state: &mut State, server: &Server, question: &Question, upstream: &mut Upstream, depth: usize) -> Answer {
    let Some(settings) = &server.cache else { return rewritten(setting, state, server, question, upstream, depth) };
    if let Some(known) = state.cache.get(settings, setting.now, question) {
        return known;
    }
    let fresh = rewritten(setting, state, server, question, upstream, depth);
    state.cache.put(settings, setting.now, question, fresh)
}

fn rewritten(setting: &Setting, state: &mut State, server: &Server, question: &Question, upstream: &mut Upstream, depth: usize) -> Answer {
    if server.rewrite.is_empty() {
        return found(setting, state, server, question, upstream, depth);
    }
    let changed = plugins::rewrite(&server.rewrite, question);
    let mut answer = found(setting, state, server, &changed.question, upstream, depth);
    plugins::unrewrite(&changed, &mut answer);
    answer
}

fn found(setting: &Setting, state: &mut State, server: &Server, question: &Question, upstream: &mut Upstream, depth: usize) -> Answer {
    if let Some(answer) = server.hosts.as_ref().and_then(|hosts| plugins::hosts(hosts, question)) {
        return answer;
    }
    if let Some(settings) = &server.kubernetes {
        let backend = Backend { settings, index: setting.index, synced: setting.synced, local: setting.local };
        let mut follow = |next: &Question| asked(setting, state, next, upstream, depth + 1);
        if let Some(answer) = backend.serve(question, &mut follow) {
            return answer;
        }
    }
    let fits = |forward: &&Forward| is_under(&question.name, &forward.from) && closest(&question.name, &forward.except).is_none();
    match server.forward.iter().filter(fits).max_by_key(|forward| forward.from.len()) {
        Some(forward) => forwarded(setting, state, server, forward, question, upstream),
        None => {
            tell(state, server, question, "plugin/forward: no next plugin found");
            Answer::bare(Rcode::ServFail)
        }
    }
}

fn forwarded(
    setting: &Setting,
    state: &mut State,
    server: &Server,
    forward: &Forward,
    question: &Question,
    upstream: &mut Upstream,
) -> Answer {
    for to in &forward.to {
        let servers = if to.starts_with('/') { setting.servers } else { std::slice::from_ref(to) };
        if servers.is_empty() {
            return setting.internet.answer(question);
        }
        if let Some(answer) = servers.iter().find_map(|server| upstream(server, question)) {
            return answer;
        }
    }
    let to = forward.to.first().map_or("", Text::as_str);
    tell(
        state,
        server,
        question,
        &format!("read udp {}->{to}:53: i/o timeout", setting.local.first().map_or(String::new(), IpAddr::to_string)),
    );
    Answer::bare(Rcode::ServFail)
}

fn tell(state: &mut State, server: &Server, question: &Question, words: &str) {
    if server.errors {
        let kind = if question.kind == Kind::ANY { Text::new_static("ANY") } else { question.kind.word() };
        state.errors.push(format!("[ERROR] plugin/errors: 2 {} {kind}: {words}", question.name));
    }
}
