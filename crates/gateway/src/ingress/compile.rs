//! From Ingresses to a routing table, as ingress-nginx reads them: a server for each host, a location for each path.
use crate::kinds as names;
use crate::routing::{Backend, Dialect, Edit, Entry, Filters, PathEdit, PathMatch, Redirect, Rule, Share, Table};
use crate::tls::Certificate;
use apiserver::Snapshot;
use apiserver::store::Kept;
use objects::{Object, Text, Tree, kinds};
use simcore::{Duration, Time};
use std::collections::BTreeSet;
use std::sync::Arc;

/// nginx's own ports in the container.
const PORTS: [(u16, bool); 2] = [(80, false), (443, true)];
/// `proxy_read_timeout`, and nobody's limit for the whole.
const LIMIT: Duration = Duration::secs(60);
/// `proxy_next_upstream_tries`
const TRIES: u32 = 3;
/// Annotations that are read begin so.
const ANNOTATIONS: &str = "nginx.ingress.kubernetes.io/";

/// The table of all Ingresses of our classes.
pub fn table(view: &Snapshot) -> Table {
    let traefik = names::ingress_service(view).1 == "traefik";
    let mut table = Table { dialect: if traefik { Dialect::Traefik } else { Dialect::Ingress }, ..Table::default() };
    for (port, secure) in PORTS {
        table.listener_mut(port, secure, "");
    }
    for ingress in view.list(kinds::INGRESS).filter(|ingress| names::is_our_ingress(view, ingress)) {
        enter(view, &mut table, ingress);
    }
    table.listeners.iter_mut().for_each(|listener| listener.sort());
    table
}

fn enter(view: &Snapshot, table: &mut Table, ingress: &Kept) {
    let rules = ingress.spec().get("rules").items();
    let secured: BTreeSet<&str> =
        ingress.spec().get("tls").items().iter().flat_map(|one| one.get("hosts").items()).map(Tree::text).collect();
    for one in ingress.spec().get("tls").items() {
        let secret = view.find(kinds::SECRET, &ingress.key.namespace, one.get("secretName").text());
        let Some(certificate) = secret.and_then(|secret| Certificate::of_secret(secret.tree.get("data"))).map(Arc::new) else { continue };
        // A certificate that is not for the host is not shown: the controller's own is.
        for host in one.get("hosts").items().iter().filter(|host| certificate.names(host.text())) {
            table.listener_mut(443, true, host.text()).certificates.push(certificate.clone());
        }
    }
    let default = ingress.spec().get("defaultBackend");
    let mut rooted = BTreeSet::new();
    for (place, rule) in rules.iter().enumerate() {
        let host = rule.get("host").text();
        for (at, item) in rule.at(&["http", "paths"]).items().iter().enumerate() {
            let path = path(item);
            if matches!(&path, PathMatch::Prefix(own) | PathMatch::Start(own) if own.is_empty() || own == "/") {
                rooted.insert(host);
            }
            let rule = Arc::new(rule_of(view, table.dialect, ingress, host, item.get("path").text(), item.get("backend")));
            put(table, ingress, host, &path, rule, place * 1_000 + at, secured.contains(host));
        }
    }
    if default.is_null() {
        return;
    }
    // The Ingress's own default takes what its hosts have no path for; without rules, what nobody has.
    let hosts: BTreeSet<&str> = rules.iter().map(|rule| rule.get("host").text()).collect();
    let hosts = if hosts.is_empty() { BTreeSet::from([""]) } else { hosts };
    for host in hosts.into_iter().filter(|host| !rooted.contains(host)) {
        let rule = Arc::new(rule_of(view, table.dialect, ingress, host, "default backend", default));
        put(table, ingress, host, &PathMatch::Start(Text::new_static("/")), rule, usize::MAX, secured.contains(host));
    }
}

fn put(table: &mut Table, ingress: &Object, host: &str, path: &PathMatch, rule: Arc<Rule>, place: usize, secured: bool) {
    let made = ingress.meta().get("creationTimestamp").as_text().and_then(|text| Time::parse(text)).unwrap_or_default();
    let redirects = secured && ingress.annotation(&annotation("ssl-redirect")) != "false";
    for (port, secure) in PORTS {
        // Traefik's router of a host with a certificate listens for TLS alone.
        if table.dialect == Dialect::Traefik && secured && !secure {
            continue;
        }
        let rule = if redirects && !secure { Arc::new(to_https(&rule)) } else { rule.clone() };
        table.listener_mut(port, secure, host).entries.push(Entry {
            host: Text::default(),
            path: path.clone(),
            method: Text::default(),
            headers: Vec::new(),
            queries: Vec::new(),
            rule,
            order: (made, Text::from(ingress.key.path()), place),
        });
    }
}

fn annotation(name: &str) -> String {
    format!("{ANNOTATIONS}{name}")
}

/// nginx sends people to https with 308 where the host has a certificate.
fn to_https(rule: &Rule) -> Rule {
    let redirect = Redirect { scheme: Text::new_static("https"), host: Text::default(), port: 0, path: None, code: 308 };
    let filters = Filters { redirect: Some(redirect), response: Edit::default(), ..Filters::default() };
    Rule { name: rule.name.clone(), filters, ..Rule::default() }
}

fn path(item: &Tree) -> PathMatch {
    let value = item.get("path").text();
    match item.get("pathType").text() {
        "Exact" => PathMatch::Exact(Text::new(value)),
        "Prefix" => PathMatch::Prefix(Text::new(value.trim_end_matches('/'))),
        _ => PathMatch::Start(Text::new(if value.is_empty() { "/" } else { value })),
    }
}

fn rule_of(view: &Snapshot, dialect: Dialect, ingress: &Kept, host: &str, path: &str, backend: &Tree) -> Rule {
    let service = backend.get("service");
    let port = service.get("port");
    let port = if port.has("number") { port.get("number") } else { port.get("name") };
    let backend = Arc::new(Backend::of_service(view, &ingress.key.namespace, service.get("name").text(), port));
    let name = Text::from(format!("Ingress {}, {host}{path}", ingress.key.path()));
    let words = Text::from(format!("{name}: {}", backend.name));
    let share = Share { weight: 1, backend, filters: Filters::default(), words };
    let target = ingress.annotation(&annotation("rewrite-target"));
    let rewrite = (dialect != Dialect::Traefik && !target.is_empty()).then(|| PathEdit::Full(Text::new(target)));
    let filters = Filters { path: rewrite, ..Filters::default() };
    Rule { name, filters, shares: vec![share], dialect, tries: TRIES, total: 1, limit: LIMIT, try_limit: LIMIT }
}
