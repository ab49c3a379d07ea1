//! From Gateways and HTTPRoutes to a routing table.
use super::backend::Backend;
use super::filter::{Filters, filters};
use super::table::{Dialect, Entry, Field, PathMatch, Pattern, Rule, Share, Table};
use crate::regex::Regex;
use crate::tls::Certificate;
use crate::{attach, kinds as names, listeners};
use apiserver::Snapshot;
use apiserver::store::Kept;
use objects::{Object, Text, Tree, kinds};
use simcore::{Duration, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long a request may take where its route says nothing, as with Envoy.
const LIMIT: Duration = Duration::secs(15);
/// `0s` stands for no limit.
const NO_LIMIT: Duration = Duration::mins(60);

/// The table of all Gateways of our classes.
pub fn gateways(view: &Snapshot) -> Table {
    let mut table = Table::default();
    let mut rules: BTreeMap<(Text, Text), Vec<Arc<Rule>>> = BTreeMap::new();
    for gateway in view.list(kinds::GATEWAY).filter(|gateway| names::is_ours(view, gateway)) {
        let served: Vec<&Tree> = gateway.spec().get("listeners").items().iter().collect();
        let served: Vec<&Tree> = served.into_iter().filter(|one| listeners::judge(view, gateway, one).is_programmed()).collect();
        for listener in &served {
            let (port, secure) = (listener.get("port").int_or(0) as u16, listener.get("protocol").text() == "HTTPS");
            let into = table.listener_mut(port, secure, listener.get("hostname").text());
            for reference in listener.at(&["tls", "certificateRefs"]).items() {
                let namespace = listeners::secret_namespace(gateway, reference);
                let secret = view.find(kinds::SECRET, namespace, reference.get("name").text());
                into.certificates.extend(secret.and_then(|secret| Certificate::of_secret(secret.tree.get("data"))).map(Arc::new));
            }
        }
        for route in view.list(kinds::HTTP_ROUTE) {
            for parent in route.spec().get("parentRefs").items().iter().filter(|parent| attach::names(route, parent, gateway)) {
                let Ok(taken) = attach::listeners(view, route, parent, gateway) else { continue };
                if unsupported(route).is_some() {
                    continue;
                }
                let key = (route.key.namespace.clone(), route.key.name.clone());
                let rules = rules.entry(key).or_insert_with(|| read_rules(view, route));
                for listener in taken.into_iter().filter(|one| served.iter().any(|other| one.get("name") == other.get("name"))) {
                    enter(&mut table, listener, route, rules);
                }
            }
        }
    }
    table.listeners.iter_mut().for_each(|listener| listener.sort());
    table
}

/// Why a route cannot be served as it is written; `None` where it can.
pub fn unsupported(route: &Object) -> Option<String> {
    let mut problem = None;
    for rule in route.spec().get("rules").items() {
        for one in rule.get("matches").items() {
            let path = std::iter::once(one.get("path"));
            let fields = one.get("headers").items().iter().chain(one.get("queryParams").items());
            for found in path.chain(fields).filter(|found| found.get("type").text() == "RegularExpression") {
                let text = found.get("value").text();
                problem = problem.or_else(|| Regex::parse(text).err().map(|why| format!("Regular expression \"{text}\": {why}")));
            }
        }
        let backends = rule.get("backendRefs").items().iter().flat_map(|one| one.get("filters").items());
        const KNOWN: [&str; 5] = ["RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite", "RequestMirror"];
        let other = rule.get("filters").items().iter().chain(backends).find(|filter| !KNOWN.contains(&filter.get("type").text()));
        problem = problem.or_else(|| other.map(|filter| format!("Filter {} is not supported", filter.get("type").text())));
    }
    problem
}

/// Puts a route's rules into a listener's entries.
fn enter(table: &mut Table, listener: &Tree, route: &Kept, rules: &[Arc<Rule>]) {
    let (port, secure) = (listener.get("port").int_or(0) as u16, listener.get("protocol").text() == "HTTPS");
    let (made, name) = (created(route), Text::from(route.key.path()));
    let hosts: Vec<Text> = attach::common(listener, route).into_iter().map(Text::new).collect();
    let into = table.listener_mut(port, secure, listener.get("hostname").text());
    for (place, (item, rule)) in route.spec().get("rules").items().iter().zip(rules).enumerate() {
        for one in item.get("matches").items() {
            for host in &hosts {
                into.entries.push(Entry {
                    host: host.clone(),
                    path: path(one.get("path")),
                    method: Text::new(one.get("method").text()),
                    headers: fields(one.get("headers")),
                    queries: fields(one.get("queryParams")),
                    rule: rule.clone(),
                    order: (made, name.clone(), place),
                });
            }
        }
    }
}

fn path(tree: &Tree) -> PathMatch {
    let value = if tree.get("value").is_empty() { "/" } else { tree.get("value").text() };
    match tree.get("type").text() {
        "Exact" => PathMatch::Exact(Text::new(value)),
        "RegularExpression" => Regex::parse(value).map_or_else(|_| PathMatch::Exact(Text::default()), PathMatch::Regex),
        _ => PathMatch::Prefix(Text::new(value.trim_end_matches('/'))),
    }
}

/// Of several that name one header, the first counts.
fn fields(list: &Tree) -> Vec<Field> {
    let mut all: Vec<Field> = Vec::new();
    for one in list.items() {
        let (name, value) = (one.get("name").text(), one.get("value").text());
        if all.iter().any(|field| field.name.eq_ignore_ascii_case(name)) {
            continue;
        }
        let regex = (one.get("type").text() == "RegularExpression").then(|| Regex::parse(value).ok()).flatten();
        let value = regex.map_or_else(|| Pattern::Exact(Text::new(value)), Pattern::Regex);
        all.push(Field { name: Text::new(name), value });
    }
    all
}

fn read_rules(view: &Snapshot, route: &Kept) -> Vec<Arc<Rule>> {
    let rules = route.spec().get("rules").items().iter().enumerate();
    rules.map(|(place, item)| Arc::new(rule(view, route, place, item))).collect()
}

fn rule(view: &Snapshot, route: &Kept, place: usize, item: &Tree) -> Rule {
    let own = route.key.namespace.as_str();
    let name = Text::from(match item.get("name").text() {
        "" => format!("HTTPRoute {}, rule {}", route.key.path(), place + 1),
        named => format!("HTTPRoute {}, rule {named}", route.key.path()),
    });
    let references = item.get("backendRefs").items();
    let weight = |reference: &Tree| reference.get("weight").int_or(1).max(0) as u32;
    let total: u32 = references.iter().map(weight).sum();
    let shares = references.iter().filter(|reference| weight(reference) > 0).map(|reference| {
        let backend = Arc::new(Backend::of_reference(view, own, reference));
        let filters = read_filters(view, own, reference.get("filters"));
        let words = Text::from(format!("{name}: {}, weight {} of {total}", backend.name, weight(reference)));
        Share { weight: weight(reference), backend, filters, words }
    });
    let limit =
        |key: &str| Duration::parse(item.at(&["timeouts", key]).text()).map(|limit| if limit == Duration::ZERO { NO_LIMIT } else { limit });
    let whole = limit("request").unwrap_or(LIMIT);
    Rule {
        filters: read_filters(view, own, item.get("filters")),
        shares: shares.collect(),
        total,
        limit: whole,
        try_limit: limit("backendRequest").unwrap_or(whole),
        name: name.clone(),
        dialect: Dialect::Gateway,
        tries: 1,
    }
}

fn read_filters(view: &Snapshot, namespace: &str, list: &Tree) -> Filters {
    if list.is_empty() { Filters::default() } else { filters(view, namespace, list.items()) }
}

fn created(object: &Object) -> Time {
    object.meta().get("creationTimestamp").as_text().and_then(|text| Time::parse(text)).unwrap_or_default()
}
