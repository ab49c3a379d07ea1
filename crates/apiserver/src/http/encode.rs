//! From a `Response` to code, headers and bytes; from a watch event to its line.
use super::negotiate;
use objects::wire::{Accept, Body, Response, WatchEvent};
use objects::{Tree, declared, yaml};

/// What is written to the socket. A watch has an empty body: its lines follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    pub code: u16,
    pub content_type: &'static str,
    /// `Warning` headers and the like.
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// Writes an answer in the form that the `Accept` header asks for.
pub fn encode(response: &Response, accept_header: &str) -> Encoded {
    let (accept, as_yaml) = negotiate::accept(accept_header).unwrap_or((Accept::Json, false));
    let warning = |text: &String| ("Warning", format!("299 - \"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
    let headers = response.warnings.iter().map(warning).collect();
    let (content_type, body) = match &response.body {
        Body::Text(text) => ("text/plain; charset=utf-8", text.clone().into_bytes()),
        Body::Watch(_) => ("application/json", Vec::new()),
        Body::Tree(tree) if as_yaml => ("application/yaml", yaml::write(&bare_items(tree)).into_bytes()),
        Body::Tree(tree) => {
            let discovery = accept == Accept::Discovery && tree.get("kind").text() == "APIGroupDiscoveryList";
            let kind = if discovery { "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" } else { "application/json" };
            (kind, declared::answer(&bare_items(tree)).into_bytes())
        }
    };
    Encoded { code: response.code, content_type, headers, body }
}

/// One line of a watch.
pub fn event_line(event: &WatchEvent) -> String {
    format!("{{\"type\":\"{}\",\"object\":{}}}\n", event.kind, declared::json(&event.object, 0))
}

/// The items of a typed list do not say what they are: the list does.
fn bare_items(tree: &Tree) -> Tree {
    let typed = tree.get("kind").text().ends_with("List") && !tree.get("items").items().is_empty();
    if !typed || tree.get("apiVersion").text().starts_with("meta.k8s.io") {
        return tree.clone();
    }
    let mut out = tree.clone();
    for item in out.edit(&["items"]).list_mut() {
        item.map_mut().retain(|key, _| key != "apiVersion" && key != "kind");
    }
    out
}
