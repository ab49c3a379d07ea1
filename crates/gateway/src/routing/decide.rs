//! The way of one request: which rule takes it, which backend by its weight, which endpoint, and what it looks like there.
use super::backend::Backend;
use super::filter::{PathEdit, Redirect};
use super::table::{Dialect, Entry, Listener, PathMatch, Rule, Share, Table};
use crate::hosts;
use dataplane::network::{Ask, Url};
use objects::Text;
use simcore::{Duration, Rng};
use std::sync::Arc;

/// nginx's page for an error of its own.
macro_rules! page {
    ($title:literal) => {
        concat!(
            "<html>\n<head><title>",
            $title,
            "</title></head>\n<body>\n<center><h1>",
            $title,
            "</h1></center>\n<hr><center>nginx</center>\n</body>\n</html>\n"
        )
    };
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Decision {
    Answer(Answer),
    Forward(Forward),
}

/// An answer of the proxy itself.
#[derive(Clone, Debug)]
pub struct Answer {
    pub code: u16,
    pub headers: Vec<(Text, Text)>,
    pub body: Text,
    /// Who decided it, for the request's trace.
    pub words: Text,
}

/// A request to an endpoint, and copies of it.
#[derive(Clone, Debug)]
pub struct Forward {
    pub ask: Arc<Ask>,
    pub rule: Arc<Rule>,
    pub share: usize,
    pub mirrors: Vec<Arc<Ask>>,
}

impl Rule {
    /// The body of an answer that the proxy itself gives.
    pub fn failed(&self, code: u16) -> &'static str {
        match (self.dialect, code) {
            (Dialect::Gateway, 503) => "no healthy upstream",
            (Dialect::Gateway, 504) => "upstream request timeout",
            (Dialect::Gateway, _) => "upstream connect error or disconnect/reset before headers",
            (Dialect::Ingress, 502) => page!("502 Bad Gateway"),
            (Dialect::Ingress, 503) => page!("503 Service Temporarily Unavailable"),
            (Dialect::Ingress, _) => page!("504 Gateway Time-out"),
            (Dialect::Traefik, 502) => "Bad Gateway",
            (Dialect::Traefik, 503) => "no available server\n",
            (Dialect::Traefik, _) => "Gateway Timeout",
        }
    }
}

/// How long a proxy tries to open a connection to an endpoint.
const CONNECT: Duration = Duration::secs(10);

/// Routes a request that came in by `port` from the address `from`.
pub fn decide(table: &Table, port: u16, ask: &Ask, from: &str, rng: &mut Rng) -> Decision {
    let given = ask.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let host = given.map_or(ask.url.host.as_str(), |(_, value)| hosts::bare(value));
    let listener = table.listener(port, host);
    if !ask.url.secure && listener.is_some_and(|one| one.secure) {
        let words = Text::new_static("plain HTTP on a port for TLS");
        let body = match table.dialect {
            Dialect::Traefik => "Client sent an HTTP request to an HTTPS server.\n",
            _ => page!("400 The plain HTTP request was sent to HTTPS port"),
        };
        return own(400, body, words);
    }
    let fits = |entry: &&Entry| entry.fits(host, &ask.method, &ask.url.path, &ask.headers);
    let Some((listener, entry)) = listener.and_then(|listener| Some((listener, listener.entries.iter().find(fits)?))) else {
        let body = match table.dialect {
            Dialect::Gateway => "",
            Dialect::Ingress => page!("404 Not Found"),
            Dialect::Traefik => "404 page not found\n",
        };
        return own(404, body, Text::new_static("no route matches"));
    };
    let rule = &entry.rule;
    if let Some(redirect) = &rule.filters.redirect {
        return redirected(redirect, listener, entry, host, ask);
    }
    let Some((place, share)) = choose(rule, rng) else {
        return own(500, "", Text::from(format!("{}: no backend", rule.name)));
    };
    if !share.backend.broken.is_empty() && rule.dialect == Dialect::Gateway {
        return own(500, "", Text::from(format!("{}: {}", share.words, share.backend.broken)));
    }
    let Some(forward) = towards(&share.backend, (host, from), entry, share, ask, rng) else {
        return own(503, rule.failed(503), Text::from(format!("{}: no ready endpoint", share.words)));
    };
    let mirrors = copies(rule, share, &forward, rng);
    Decision::Forward(Forward { ask: Arc::new(forward), rule: rule.clone(), share: place, mirrors })
}

fn own(code: u16, body: &'static str, words: Text) -> Decision {
    Decision::Answer(Answer { code, headers: Vec::new(), body: Text::new_static(body), words })
}

/// One of the backends, as often as its weight says.
fn choose<'a>(rule: &'a Rule, rng: &mut Rng) -> Option<(usize, &'a Share)> {
    let mut drawn = match rule.total {
        0 => return None,
        total if rule.shares.len() > 1 => rng.below(total),
        _ => 0,
    };
    let mut all = rule.shares.iter().enumerate();
    all.find(|(_, share)| {
        let found = drawn < share.weight;
        drawn = drawn.saturating_sub(share.weight);
        found
    })
}

/// The request as an endpoint of `backend` gets it; `None` where no endpoint is ready.
fn towards(backend: &Backend, (host, from): (&str, &str), entry: &Entry, share: &Share, ask: &Ask, rng: &mut Rng) -> Option<Ask> {
    let rule = &entry.rule;
    let (address, port) = *backend.endpoints.get(rng.below(backend.endpoints.len() as u32) as usize)?;
    let mut headers: Vec<(Text, Text)> = ask.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")).cloned().collect();
    rule.filters.request.apply(&mut headers);
    share.filters.request.apply(&mut headers);
    let names = [&share.filters.host, &rule.filters.host].into_iter().find(|name| !name.is_empty());
    if rule.dialect != Dialect::Gateway {
        headers.push((Text::new_static("X-Real-IP"), Text::new(from)));
        headers.push((Text::new_static("X-Forwarded-Host"), Text::new(host)));
    }
    forwarded(&mut headers, from, rule.dialect);
    headers.push((Text::new_static("X-Forwarded-Proto"), Text::new_static(if ask.url.secure { "https" } else { "http" })));
    headers.push((Text::new_static("Host"), names.cloned().unwrap_or_else(|| Text::new(host))));
    let path = share.filters.path.as_ref().or(rule.filters.path.as_ref());
    let path = path.map_or_else(|| ask.url.path.clone(), |edit| edit.apply(&ask.url.path, prefix(entry)));
    let url = Url { secure: false, host: Text::from(address.to_string()), port, path };
    let limit = rule.try_limit.min(rule.limit);
    Some(Ask { method: ask.method.clone(), headers, limit, connect_limit: CONNECT.min(limit), ..Ask::get(url) })
}

/// Whom a request is for: nginx believes nobody and writes the client's address anew, Envoy adds it to those that are there.
fn forwarded(headers: &mut Vec<(Text, Text)>, from: &str, dialect: Dialect) {
    const NAME: &str = "X-Forwarded-For";
    let before = headers.iter().position(|(name, _)| name.eq_ignore_ascii_case(NAME)).map(|place| headers.remove(place).1);
    let value = match before.filter(|_| dialect == Dialect::Gateway) {
        Some(before) => Text::from(format!("{before},{from}")),
        None => Text::new(from),
    };
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case("X-Forwarded-Proto"));
    headers.push((Text::new_static(NAME), value));
}

fn prefix(entry: &Entry) -> &str {
    match &entry.path {
        PathMatch::Prefix(own) | PathMatch::Start(own) => own,
        _ => "",
    }
}

/// The copies that the rule sends elsewhere. Nobody waits for their answers.
fn copies(rule: &Rule, share: &Share, forward: &Ask, rng: &mut Rng) -> Vec<Arc<Ask>> {
    let mut all = Vec::new();
    for mirror in rule.filters.mirrors.iter().chain(&share.filters.mirrors) {
        let taken = mirror.numerator >= mirror.denominator || rng.below(mirror.denominator) < mirror.numerator;
        let place = rng.below(mirror.backend.endpoints.len() as u32) as usize;
        if let Some((address, port)) = mirror.backend.endpoints.get(place).filter(|_| taken) {
            let url = Url { host: Text::from(address.to_string()), port: *port, ..forward.url.clone() };
            all.push(Arc::new(Ask { url, ..forward.clone() }));
        }
    }
    all
}

fn redirected(redirect: &Redirect, listener: &Listener, entry: &Entry, host: &str, ask: &Ask) -> Decision {
    let own_scheme = if listener.secure { "https" } else { "http" };
    let scheme = if redirect.scheme.is_empty() { own_scheme } else { redirect.scheme.as_str() };
    let usual = if scheme == "https" { 443 } else { 80 };
    let port = match redirect.port {
        0 if redirect.scheme.is_empty() => listener.port,
        0 => usual,
        port => port,
    };
    let host = if redirect.host.is_empty() { host } else { redirect.host.as_str() };
    let shown = if port == usual { String::new() } else { format!(":{port}") };
    let path = redirect.path.as_ref().map_or_else(|| ask.url.path.clone(), |edit: &PathEdit| edit.apply(&ask.url.path, prefix(entry)));
    let mut headers = vec![(Text::new_static("location"), Text::from(format!("{scheme}://{host}{shown}{path}")))];
    entry.rule.filters.response.apply(&mut headers);
    let words = Text::from(format!("{}: redirect", entry.rule.name));
    Decision::Answer(Answer { code: redirect.code, headers, body: Text::default(), words })
}
