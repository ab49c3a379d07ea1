//! `kubectl describe ingress`.
use super::parts::endpoints::endpoints;
use super::parts::events::events as show_events;
use super::parts::fields::{annotations, labels, or_none, plain};
use super::parts::page::Page;
use objects::Tree;
use simcore::Time;
use std::collections::{BTreeMap, BTreeSet};

/// By name: a Service and its EndpointSlices, or the server's words why there is none.
pub type Backends = BTreeMap<String, Result<(Tree, Vec<Tree>), String>>;

/// The names of the Services that an Ingress sends to.
pub fn services(ingress: &Tree) -> BTreeSet<String> {
    let spec = ingress.get("spec");
    let paths = spec.get("rules").items().iter().flat_map(|rule| rule.at(&["http", "paths"]).items());
    let all = paths.map(|path| path.get("backend")).chain(std::iter::once(spec.get("defaultBackend")));
    all.map(|backend| backend.at(&["service", "name"]).text().to_string()).filter(|name| !name.is_empty()).collect()
}

/// The Ingress's text, mirroring upstream's `describeIngressV1`.
pub fn describe(ingress: &Tree, backends: &Backends, events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    let (meta, spec) = (ingress.get("metadata"), ingress.get("spec"));
    page.field(0, "Name", meta.get("name").text());
    labels(&mut page, "Labels", meta.get("labels"));
    page.field(0, "Namespace", meta.get("namespace").text());
    page.field(0, "Address", &entrances(ingress));
    page.field(0, "Ingress Class", &or_none(spec.get("ingressClassName").text()));
    let default = spec.get("defaultBackend");
    let default = if default.is_null() { "<default>".to_string() } else { backend(default, backends) };
    page.field(0, "Default backend", &default);
    if !spec.get("tls").is_empty() {
        page.line(0, "TLS:");
        spec.get("tls").items().iter().for_each(|entry| page.line(1, &tls(entry)));
    }
    page.line(0, "Rules:");
    page.line(1, "Host\tPath\tBackends");
    page.line(1, "----\t----\t--------");
    let mut none = true;
    for rule in spec.get("rules").items().iter().filter(|rule| rule.has("http")) {
        none = false;
        let host = rule.get("host").text();
        page.line(1, &format!("{}\t", if host.is_empty() { "*" } else { host }));
        for path in rule.at(&["http", "paths"]).items() {
            page.line(2, &format!("\t{} \t{}", path.get("path").text(), backend(path.get("backend"), backends)));
        }
    }
    if none {
        page.line(1, &format!("*\t*\t{default}"));
    }
    annotations(&mut page, "Annotations", meta.get("annotations"));
    show_events(&mut page, events, now);
    page.finish()
}

fn entrances(ingress: &Tree) -> String {
    let points = ingress.at(&["status", "loadBalancer", "ingress"]).items();
    let address = |point: &Tree| point.get(if point.get("ip").is_empty() { "hostname" } else { "ip" }).text().to_string();
    let all: BTreeSet<String> = points.iter().map(address).filter(|text| !text.is_empty()).collect();
    all.into_iter().collect::<Vec<_>>().join(",")
}

fn tls(entry: &Tree) -> String {
    let hosts = entry.get("hosts").items().iter().map(Tree::text).collect::<Vec<_>>().join(",");
    match entry.get("secretName").text() {
        "" => format!("SNI routes {hosts}"),
        secret => format!("{secret} terminates {hosts}"),
    }
}

/// `web:80 (10.0.0.1:80,10.0.0.2:80)`, or another object by group, kind and name.
fn backend(backend: &Tree, backends: &Backends) -> String {
    let (service, resource) = (backend.get("service"), backend.get("resource"));
    if service.is_null() {
        let part = |key: &str| resource.get(key).text();
        let group = or_none(part("apiGroup"));
        return if resource.is_null() {
            String::new()
        } else {
            format!("APIGroup: {group}, Kind: {}, Name: {}", part("kind"), part("name"))
        };
    }
    let (name, port) = (service.get("name").text(), service.get("port"));
    let wanted = port.get("name").text();
    let number = port.get("number");
    let shown = if number.int_or(0) == 0 { wanted.to_string() } else { plain(number) };
    let behind = match backends.get(name) {
        Some(Ok((found, slices))) => {
            let fits = |one: &&Tree| if number.int_or(0) == 0 { one.get("name").text() == wanted } else { one.get("port") == number };
            let ports = found.at(&["spec", "ports"]).items();
            endpoints(slices, ports.iter().rev().find(fits).map_or("", |port| port.get("name").text()))
        }
        Some(Err(why)) => format!("<error: {why}>"),
        None => String::new(),
    };
    format!("{name}:{shown} ({behind})")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = r#"{"metadata":{"name":"site","namespace":"ingress-netpol"},"spec":{"ingressClassName":"lab","rules":[{"host":"www.example.com","http":{"paths":[{"backend":{"service":{"name":"web","port":{"number":80}}},"path":"/","pathType":"Prefix"}]}}],"tls":[{"hosts":["www.example.com"],"secretName":"site-tls"}]},"status":{"loadBalancer":{}}}"#;

    /// The text that a real kubectl printed.
    #[test]
    fn rules_stand_below_their_hosts() {
        let text = "Name:             site\nLabels:           <none>\nNamespace:        ingress-netpol\nAddress:          \nIngress Class:    lab\nDefault backend:  <default>\nTLS:\n  site-tls terminates www.example.com\nRules:\n  Host             Path  Backends\n  ----             ----  --------\n  www.example.com  \n                   /   web:80 (<error: services \"web\" not found>)\nAnnotations:       <none>\nEvents:            <none>\n";
        let site = Tree::from_json(SITE).unwrap();
        assert_eq!(services(&site).into_iter().collect::<Vec<_>>(), ["web"]);
        let backends = Backends::from([("web".to_string(), Err("services \"web\" not found".to_string()))]);
        assert_eq!(describe(&site, &backends, Some(&[]), Time::START), text);
    }

    #[test]
    fn a_backend_shows_the_endpoints_of_its_port() {
        let service = Tree::from_json(r#"{"spec":{"ports":[{"name":"http","port":80},{"name":"admin","port":81}]}}"#).unwrap();
        let slice = r#"{"ports":[{"name":"http","port":8080},{"name":"admin","port":9}],"endpoints":[{"addresses":["10.0.0.1"]}]}"#;
        let backends = Backends::from([("web".to_string(), Ok((service, vec![Tree::from_json(slice).unwrap()])))]);
        let to = |port: &str| Tree::from_json(&format!(r#"{{"service":{{"name":"web","port":{port}}}}}"#)).unwrap();
        assert_eq!(backend(&to(r#"{"number":80}"#), &backends), "web:80 (10.0.0.1:8080)");
        assert_eq!(backend(&to(r#"{"name":"admin"}"#), &backends), "web:admin (10.0.0.1:9)");
    }
}
