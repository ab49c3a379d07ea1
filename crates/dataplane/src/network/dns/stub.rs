//! The stub resolver of a container's C library: which names it asks, of whom, and how long it waits (glibc's `res_query.c`, `res_send.c`).
use crate::network::dns::message::{Answer, Data, Kind, Question, Rcode, Reply, absolute, plain};
use crate::network::dns::resolv::ResolvConf;
use objects::Text;
use simcore::Duration;
use std::net::{IpAddr, Ipv4Addr};

/// Which addresses are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    V4,
    V6,
    /// Both at once, as getaddrinfo asks when nothing is said.
    Both,
}

/// What came of a lookup.
#[derive(Clone, PartialEq, Debug)]
pub enum Found {
    /// The name at the end of all aliases, and its addresses in the order of the answer.
    Addresses { canonical: Text, addresses: Vec<IpAddr> },
    /// There is no such name (or nothing of this kind under it).
    NotFound,
    /// No server could tell: "Temporary failure in name resolution".
    TryAgain,
}

/// One question that was sent.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    pub server: IpAddr,
    pub question: Question,
    /// When, counted from the lookup's begin.
    pub at: Duration,
    pub reply: Reply,
}

/// A whole lookup: everything that was asked, and the time that it took.
#[derive(Clone, PartialEq, Debug)]
pub struct Lookup {
    pub name: Text,
    pub result: Found,
    pub elapsed: Duration,
    pub steps: Vec<Step>,
}

impl Lookup {
    pub fn addresses(&self) -> &[IpAddr] {
        match &self.result {
            Found::Addresses { addresses, .. } => addresses,
            _ => &[],
        }
    }
}

/// Sends a question to a server at an instant of the lookup.
pub type Ask<'a> = dyn FnMut(IpAddr, &Question, Duration) -> Reply + 'a;

/// The names that are tried for `name`, in order; the final one of a search is the name itself, or the first.
pub fn candidates(conf: &ResolvConf, name: &str) -> Vec<Text> {
    if name.ends_with('.') {
        return vec![Text::new(name)];
    }
    let whole = absolute(name);
    let searched = conf.searches.iter().map(|domain| match domain.trim_matches('.') {
        "" => whole.clone(),
        domain => Text::from(format!("{name}.{domain}.")),
    });
    let mut all: Vec<Text> = searched.collect();
    let dots = name.matches('.').count() as u64;
    if dots >= conf.number("ndots").unwrap_or(1).min(15) {
        all.retain(|candidate| *candidate != whole);
        all.insert(0, whole);
    } else if !all.contains(&whole) {
        all.push(whole);
    }
    all
}

/// What one name came to.
enum Outcome {
    /// Records came, though perhaps no address among them.
    Answered(Found),
    NoSuchName,
    NoData,
    ServFail,
    /// Nobody answered at all.
    Silence,
    /// Every server's port was closed.
    AllRefused,
}

struct Resolver<'a, 'b> {
    conf: &'a ResolvConf,
    servers: Vec<IpAddr>,
    kinds: &'static [Kind],
    ask: &'a mut Ask<'b>,
    clock: Duration,
    turn: usize,
    steps: Vec<Step>,
}

/// Looks up a name. Pure: `ask` answers every question at once and says how long the answer took.
pub fn resolve(conf: &ResolvConf, name: &str, family: Family, ask: &mut Ask) -> Lookup {
    let kinds: &'static [Kind] = match family {
        Family::V4 => &[Kind::A],
        Family::V6 => &[Kind::AAAA],
        Family::Both => &[Kind::A, Kind::AAAA],
    };
    let lookup = |result, elapsed, steps| Lookup { name: Text::new(name), result, elapsed, steps };
    if let Ok(address) = name.parse::<IpAddr>() {
        let addresses = vec![address];
        return lookup(Found::Addresses { canonical: Text::new(name), addresses }, Duration::ZERO, Vec::new());
    }
    // Every container's /etc/hosts has this one.
    if name == "localhost" && family != Family::V6 {
        let addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
        return lookup(Found::Addresses { canonical: Text::new(name), addresses }, Duration::ZERO, Vec::new());
    }
    let mut servers: Vec<IpAddr> = conf.servers.iter().filter_map(|server| server.parse().ok()).take(3).collect();
    if servers.is_empty() {
        servers.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let mut resolver = Resolver { conf, servers, kinds, ask, clock: Duration::ZERO, turn: 0, steps: Vec::new() };
    let result = resolver.search(name);
    lookup(result, resolver.clock, resolver.steps)
}

impl Resolver<'_, '_> {
    fn search(&mut self, name: &str) -> Found {
        let whole = absolute(name);
        let names = candidates(self.conf, name);
        let first = names.first() == Some(&whole) && names.len() > 1;
        let (mut gave_up, mut some_data, mut some_failure) = (false, false, false);
        // The name as it is, where that is tried before the search: its failure is the one that counts in the end.
        let mut saved = None;
        let mut last = Found::NotFound;
        for candidate in &names {
            let is_whole = *candidate == whole;
            // After silence the other suffixes are skipped; only the plain name is still tried.
            if gave_up && !is_whole {
                continue;
            }
            let outcome = self.query(candidate);
            last = match outcome {
                Outcome::Answered(found) => return found,
                Outcome::AllRefused if !is_whole => return Found::TryAgain,
                Outcome::NoSuchName => Found::NotFound,
                Outcome::NoData => {
                    some_data |= !is_whole;
                    Found::NotFound
                }
                Outcome::ServFail => {
                    some_failure |= !is_whole;
                    Found::TryAgain
                }
                Outcome::Silence | Outcome::AllRefused => {
                    gave_up |= !is_whole;
                    Found::TryAgain
                }
            };
            if is_whole && first {
                saved = Some(last.clone());
            }
        }
        match saved {
            Some(found) => found,
            None if some_data => Found::NotFound,
            None if some_failure => Found::TryAgain,
            None => last,
        }
    }

    /// All servers, as often as `attempts` says, until one has something to say.
    fn query(&mut self, name: &str) -> Outcome {
        let attempts = self.conf.number("attempts").unwrap_or(2).clamp(1, 5);
        let timeout = self.conf.number("timeout").unwrap_or(5).clamp(1, 30);
        let count = self.servers.len();
        let from = if self.conf.has_option("rotate") { self.turn % count } else { 0 };
        self.turn += 1;
        let (mut failed, mut somewhere) = (false, false);
        for _ in 0..attempts {
            for place in 0..count {
                let server = self.servers[(place + from) % count];
                // Later servers are given more time, divided among all.
                let seconds = if place == 0 { timeout } else { ((timeout << place) / count as u64).max(1) };
                match self.send(server, name, seconds) {
                    Some(outcome) => match outcome {
                        Outcome::ServFail => (failed, somewhere) = (true, true),
                        Outcome::AllRefused => {}
                        Outcome::Silence => (failed, somewhere) = (false, true),
                        other => return other,
                    },
                    None => somewhere = true,
                }
            }
        }
        match (failed, somewhere) {
            (true, _) => Outcome::ServFail,
            (false, true) => Outcome::Silence,
            (false, false) => Outcome::AllRefused,
        }
    }

    /// One server: a question for each kind, sent together.
    fn send(&mut self, server: IpAddr, name: &str, seconds: u64) -> Option<Outcome> {
        let mut answers: Vec<Answer> = Vec::new();
        let mut took = Duration::ZERO;
        let (mut refused, mut lost) = (false, false);
        for kind in self.kinds {
            let question = Question::new(name, *kind);
            let reply = (self.ask)(server, &question, self.clock);
            match &reply {
                Reply::Answer(answer, time) => {
                    took = took.max(*time);
                    answers.push(answer.clone());
                }
                Reply::Refused => refused = true,
                Reply::Lost => lost = true,
            }
            self.steps.push(Step { server, question, at: self.clock, reply });
        }
        if lost {
            self.clock = self.clock + Duration::secs(seconds);
            return Some(Outcome::Silence);
        }
        self.clock = self.clock + took;
        if refused {
            return Some(Outcome::AllRefused);
        }
        if answers.iter().any(|answer| matches!(answer.rcode, Rcode::ServFail | Rcode::Refused)) {
            return Some(Outcome::ServFail);
        }
        if answers.iter().any(|answer| !answer.answer.is_empty()) {
            return Some(Outcome::Answered(addresses(name, &answers)));
        }
        let exists = answers.iter().any(|answer| answer.rcode == Rcode::NoError);
        Some(if exists { Outcome::NoData } else { Outcome::NoSuchName })
    }
}

/// Follows the aliases of an answer. Aliases that end nowhere are as good as no name.
fn addresses(name: &str, answers: &[Answer]) -> Found {
    let mut canonical = absolute(name);
    let records = || answers.iter().flat_map(|answer| &answer.answer);
    for _ in 0..16 {
        let next = records().find_map(|record| match &record.data {
            Data::Cname(to) if record.name.eq_ignore_ascii_case(&canonical) => Some(to.clone()),
            _ => None,
        });
        let Some(next) = next else { break };
        canonical = next;
    }
    let found = records().filter(|record| record.name.eq_ignore_ascii_case(&canonical));
    let addresses: Vec<IpAddr> = found
        .filter_map(|record| match record.data {
            Data::Address(address) => Some(address),
            _ => None,
        })
        .collect();
    if addresses.is_empty() {
        return Found::NotFound;
    }
    Found::Addresses { canonical: Text::new(plain(&canonical)), addresses }
}
