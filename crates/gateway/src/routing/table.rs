//! A routing table: listeners by port and host, their entries in order of precedence, and what each leads to.
use super::backend::Backend;
use super::filter::Filters;
use crate::hosts;
use crate::regex::Regex;
use crate::tls::Certificate;
use dataplane::network::{Ask, Failure};
use objects::Text;
use simcore::{Duration, Time};
use std::collections::BTreeSet;
use std::sync::Arc;

/// All that a proxy knows. Shared, and replaced as a whole.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub dialect: Dialect,
    pub listeners: Vec<Listener>,
}

/// Whose habits a proxy has: its own answers, and how it reads stars.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Dialect {
    /// As Envoy.
    #[default]
    Gateway,
    /// As ingress-nginx.
    Ingress,
    /// As Traefik with Ingresses, which K3s brings.
    Traefik,
}

/// One port with one host pattern.
#[derive(Clone, Debug)]
pub struct Listener {
    pub port: u16,
    /// Whether it speaks TLS.
    pub secure: bool,
    pub host: Text,
    /// What it shows of those that name the client's host; the first where none does.
    pub certificates: Vec<Arc<Certificate>>,
    /// Sorted: the first that matches decides.
    pub entries: Vec<Entry>,
}

/// One way for a request to match.
#[derive(Clone, Debug)]
pub struct Entry {
    pub host: Text,
    pub path: PathMatch,
    /// Empty for any.
    pub method: Text,
    pub headers: Vec<Field>,
    pub queries: Vec<Field>,
    pub rule: Arc<Rule>,
    /// When its object was made, its name, and its place in it: of equals the first one wins.
    pub order: (Time, Text, usize),
}

#[derive(Clone, PartialEq, Debug)]
pub enum PathMatch {
    Exact(Text),
    /// Element by element; without a slash at its end.
    Prefix(Text),
    /// Letter by letter.
    Start(Text),
    Regex(Regex),
}

/// A header or a query parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    pub name: Text,
    pub value: Pattern,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Pattern {
    Exact(Text),
    Regex(Regex),
}

/// What happens to requests that match.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// `HTTPRoute default/shop, rule 1`
    pub name: Text,
    pub filters: Filters,
    pub shares: Vec<Share>,
    pub dialect: Dialect,
    /// How many endpoints are tried, one after another, where a connection fails; 0 and 1 are the same.
    pub tries: u32,
    /// The sum of their weights.
    pub total: u32,
    /// For the whole request, and for one try.
    pub limit: Duration,
    pub try_limit: Duration,
}

/// A backend with its weight.
#[derive(Clone, Debug)]
pub struct Share {
    pub weight: u32,
    pub backend: Arc<Backend>,
    pub filters: Filters,
    /// `HTTPRoute default/shop, rule 1: shop-v2, weight 10 of 100`
    pub words: Text,
}

impl PathMatch {
    /// `path` without its query.
    pub fn fits(&self, path: &str) -> bool {
        match self {
            PathMatch::Exact(own) => own == path,
            PathMatch::Prefix(own) => path.strip_prefix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            PathMatch::Start(own) => path.starts_with(own.as_str()),
            PathMatch::Regex(regex) => regex.is_match(path),
        }
    }

    /// The larger wins: exact, then the longest prefix. Where expressions stand is left to implementations: here between the two.
    fn closeness(&self) -> (u8, usize) {
        match self {
            PathMatch::Exact(own) => (2, own.len()),
            PathMatch::Regex(_) => (1, 0),
            PathMatch::Prefix(own) | PathMatch::Start(own) => (0, own.len()),
        }
    }
}

impl Pattern {
    fn fits(&self, value: &str) -> bool {
        match self {
            Pattern::Exact(own) => own == value,
            Pattern::Regex(regex) => regex.is_match(value),
        }
    }
}

impl Entry {
    /// Whether a request matches all that this way asks for.
    pub fn fits(&self, host: &str, method: &str, target: &str, headers: &[(Text, Text)]) -> bool {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header = |field: &Field| {
            let mut own = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&field.name));
            own.any(|(_, value)| field.value.fits(value))
        };
        let parameter = |field: &Field| {
            let mut own = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            own.find(|(name, _)| *name == field.name).is_some_and(|(_, value)| field.value.fits(value))
        };
        self.path.fits(path)
            && (self.method.is_empty() || self.method == method)
            && self.headers.iter().all(header)
            && self.queries.iter().all(parameter)
            && hosts::fits(&self.host, host)
    }
}

impl Listener {
    /// Puts the entries into the order of the Gateway API: host, path, method, headers, query, age, name, place.
    pub fn sort(&mut self) {
        type Place<'a> = ((bool, usize), (u8, usize), bool, usize, usize);
        fn place(entry: &Entry) -> Place<'_> {
            (hosts::closeness(&entry.host), entry.path.closeness(), !entry.method.is_empty(), entry.headers.len(), entry.queries.len())
        }
        self.entries.sort_by(|one, other| place(other).cmp(&place(one)).then_with(|| one.order.cmp(&other.order)));
    }
}

impl Table {
    /// The listener that takes a request: of those on its port the one whose host says it most closely.
    pub fn listener(&self, port: u16, host: &str) -> Option<&Listener> {
        let labels = |name: &str| name.split('.').count();
        // A star of an Ingress stands for one label only.
        let narrow = |one: &Listener| self.dialect == Dialect::Gateway || !one.host.starts_with('*') || labels(&one.host) == labels(host);
        let fits = |one: &&Listener| one.port == port && hosts::fits(&one.host, host) && narrow(one);
        self.listeners.iter().filter(fits).max_by_key(|one| hosts::closeness(&one.host))
    }

    /// Opens a connection by a port as a client wants it: with TLS or without.
    pub fn handshake(&self, port: u16, ask: &Ask, now: Time) -> Result<(), Failure> {
        let secure = self.listeners.iter().any(|one| one.port == port && one.secure);
        match (ask.url.secure, secure) {
            (true, false) => return Err(Failure::NoTls),
            // nginx answers such a request; Envoy closes the connection.
            (false, true) if self.dialect == Dialect::Gateway => return Err(Failure::Empty),
            (false, _) => return Ok(()),
            (true, true) => {}
        }
        let host = &ask.url.host;
        let Some(listener) = self.listener(port, host) else { return Err(Failure::Reset) };
        let all = &listener.certificates;
        match all.iter().find(|one| one.names(host)).or(all.first()) {
            _ if ask.insecure => Ok(()),
            Some(certificate) => certificate.check(host, now),
            None if self.dialect != Dialect::Gateway => Certificate::fake().check(host, now),
            None => Err(Failure::Reset),
        }
    }

    /// The Services that rules lead to, and copies go to.
    pub fn services(&self) -> BTreeSet<(Text, Text)> {
        let rules = self.listeners.iter().flat_map(|listener| &listener.entries).map(|entry| &entry.rule);
        let mut all = BTreeSet::new();
        for rule in rules {
            let filters = rule.shares.iter().map(|share| &share.filters).chain(Some(&rule.filters));
            all.extend(filters.flat_map(|filters| &filters.mirrors).map(|mirror| mirror.backend.service.clone()));
            all.extend(rule.shares.iter().map(|share| share.backend.service.clone()));
        }
        all
    }

    /// Whether anything is to be routed that comes in by this port.
    pub fn serves(&self, port: u16) -> bool {
        self.listeners.iter().any(|one| one.port == port)
    }

    /// The listener of a port and a host, made where there is none.
    pub fn listener_mut(&mut self, port: u16, secure: bool, host: &str) -> &mut Listener {
        let found = self.listeners.iter().position(|one| one.port == port && one.host == host);
        let place = found.unwrap_or_else(|| {
            self.listeners.push(Listener { port, secure, host: Text::new(host), certificates: Vec::new(), entries: Vec::new() });
            self.listeners.len() - 1
        });
        &mut self.listeners[place]
    }
}
