//! A container's environment: plain values, and where the others come from.
use super::fields::plain;
use super::page::Page;
use objects::Tree;
use objects::resources::in_units;

/// Writes `Environment Variables from:` (where there is any) and `Environment:`.
/// `pod` resolves references to its own fields; null in a template.
pub fn environment(page: &mut Page, container: &Tree, pod: &Tree) {
    sources(page, container.get("envFrom"));
    let none = if container.get("env").items().is_empty() { "\t<none>" } else { "" };
    page.line(2, &format!("Environment:{none}"));
    for variable in container.get("env").items() {
        let name = variable.get("name").text();
        let from = variable.get("valueFrom");
        if from.is_null() {
            for (at, line) in variable.get("value").text().split('\n').enumerate() {
                page.line(3, &if at == 0 { format!("{name}:\t{line}") } else { format!("\t{line}") });
            }
        } else if let Some(text) = referred(from, container, pod) {
            page.line(3, &format!("{name}:\t{text}"));
        }
    }
}

fn sources(page: &mut Page, sources: &Tree) {
    if sources.items().is_empty() {
        return;
    }
    page.line(2, "Environment Variables from:");
    for source in sources.items() {
        let (kind, reference) = match source.get("configMapRef") {
            Tree::Null => ("Secret", source.get("secretRef")),
            reference => ("ConfigMap", reference),
        };
        let with = match source.get("prefix").text() {
            "" => String::new(),
            prefix => format!(" with prefix '{prefix}'"),
        };
        let optional = reference.get("optional").is_true();
        page.line(3, &format!("{}\t{kind}{with}\tOptional: {optional}", reference.get("name").text()));
    }
}

fn referred(from: &Tree, container: &Tree, pod: &Tree) -> Option<String> {
    let (field, resource) = (from.get("fieldRef"), from.get("resourceFieldRef"));
    let (secret, config) = (from.get("secretKeyRef"), from.get("configMapKeyRef"));
    if !field.is_null() {
        let path = field.get("fieldPath").text();
        return Some(format!("{} ({}:{path})", pod_field(pod, path), field.get("apiVersion").text()));
    }
    if !resource.is_null() {
        let name = resource.get("resource").text();
        return Some(format!("{} ({name})", container_resource(container, name, resource.get("divisor"))));
    }
    if !secret.is_null() {
        let (key, name) = (secret.get("key").text(), secret.get("name").text());
        return Some(format!("<set to the key '{key}' in secret '{name}'>\tOptional: {}", secret.get("optional").is_true()));
    }
    if !config.is_null() {
        let (key, name) = (config.get("key").text(), config.get("name").text());
        return Some(format!("<set to the key '{key}' of config map '{name}'>\tOptional: {}", config.get("optional").is_true()));
    }
    None
}

/// `metadata.name`, `metadata.labels['app']`, … as text; empty for all outside of `metadata`, which upstream does not look up here.
fn pod_field(pod: &Tree, path: &str) -> String {
    if !path.starts_with("metadata.") {
        return String::new();
    }
    if let Some((map, key)) = path.split_once("['") {
        let parts: Vec<&str> = map.split('.').collect();
        return plain(pod.at(&parts).get(key.trim_end_matches("']")));
    }
    let parts: Vec<&str> = path.split('.').collect();
    match pod.at(&parts) {
        Tree::Map(entries) => entries.iter().map(|(key, value)| format!("{key}=\"{}\"", value.text())).collect::<Vec<_>>().join("\n"),
        value => plain(value),
    }
}

/// The value of `limits.cpu` and its like; a limit that is not set is the node's whole.
fn container_resource(container: &Tree, name: &str, divisor: &Tree) -> String {
    let path: Vec<&str> = std::iter::once("resources").chain(name.splitn(2, '.')).collect();
    match container.at(&path) {
        Tree::Null if name == "limits.cpu" || name == "limits.memory" => "node allocatable".to_string(),
        Tree::Null => "0".to_string(),
        value => in_units(name.split_once('.').map_or("", |(_, what)| what), value, divisor),
    }
}
