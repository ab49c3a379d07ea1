//! A container's environment: values, references, ConfigMaps, Secrets, the downward API.
use crate::kubelet::expansion::expand;
use apiserver::Snapshot;
use objects::resources::in_units;
use objects::{Object, Text, Tree, base64, kinds};

/// The Pod's facts that the downward API can give.
pub struct Downward<'a> {
    pub pod: &'a Object,
    pub pod_ip: &'a str,
    pub host_ip: &'a str,
}

/// What `declared` gives, and after it the Service variables of the namespace.
pub fn environment(view: &Snapshot, container: &Tree, facts: &Downward) -> Vec<(Text, Text)> {
    let mut all = declared(view, container, facts).unwrap_or_default();
    for (key, value) in services(view, facts.pod) {
        if !all.iter().any(|(name, _)| *name == key) {
            all.push((key, value));
        }
    }
    all.shrink_to_fit();
    all
}

/// Resolves `envFrom` and `env`. The error is upstream's sentence for `CreateContainerConfigError`.
pub fn declared(view: &Snapshot, container: &Tree, facts: &Downward) -> Result<Vec<(Text, Text)>, String> {
    let mut all: Vec<(Text, Text)> = Vec::new();
    let refers = |variable: &Tree| variable.get("value").text().contains('$');
    let services = if container.get("env").items().iter().any(refers) { services(view, facts.pod) } else { Vec::new() };
    for source in container.get("envFrom").items() {
        let prefix = source.get("prefix").text();
        for (key, value) in whole_source(view, source, facts)? {
            put(&mut all, Text::from(format!("{prefix}{key}")), value);
        }
    }
    for variable in container.get("env").items() {
        let name = Text::new(variable.get("name").text());
        let value = if variable.has("valueFrom") {
            match single(view, variable.get("valueFrom"), container, facts)? {
                Some(value) => value,
                None => continue,
            }
        } else {
            // Variables of Services can be named, too, but the container's own come first.
            let value = variable.get("value").text();
            if value.contains('$') { Text::from(expand(value, &[&services[..], &all[..]].concat())) } else { Text::new(value) }
        };
        put(&mut all, name, value);
    }
    Ok(all)
}

fn put(all: &mut Vec<(Text, Text)>, name: Text, value: Text) {
    match all.iter_mut().find(|(key, _)| *key == name) {
        Some(pair) => pair.1 = value,
        None => all.push((name, value)),
    }
}

fn whole_source(view: &Snapshot, source: &Tree, facts: &Downward) -> Result<Vec<(Text, Text)>, String> {
    let (kind, word, reference) = match source.has("configMapRef") {
        true => (kinds::CONFIG_MAP, "configmap", source.get("configMapRef")),
        false => (kinds::SECRET, "secret", source.get("secretRef")),
    };
    let name = reference.get("name").text();
    match view.find(kind, &facts.pod.key.namespace, name) {
        Some(found) => Ok(data(found)),
        None if reference.get("optional").is_true() => Ok(Vec::new()),
        None => Err(format!("{word} \"{name}\" not found")),
    }
}

fn single(view: &Snapshot, from: &Tree, container: &Tree, facts: &Downward) -> Result<Option<Text>, String> {
    if from.has("fieldRef") {
        return field(from.at(&["fieldRef", "fieldPath"]).text(), facts).map(Some);
    }
    if from.has("resourceFieldRef") {
        return Ok(Some(resource(view, from.get("resourceFieldRef"), container, facts.pod)));
    }
    let (kind, short, long, reference) = match from.has("configMapKeyRef") {
        true => (kinds::CONFIG_MAP, "configmap", "ConfigMap", from.get("configMapKeyRef")),
        false => (kinds::SECRET, "secret", "Secret", from.get("secretKeyRef")),
    };
    let (name, key) = (reference.get("name").text(), reference.get("key").text());
    let namespace = &facts.pod.key.namespace;
    let optional = reference.get("optional").is_true();
    let Some(found) = view.find(kind, namespace, name) else {
        return if optional { Ok(None) } else { Err(format!("{short} \"{name}\" not found")) };
    };
    match data(found).into_iter().find(|(here, _)| here == key) {
        Some((_, value)) => Ok(Some(value)),
        None if optional => Ok(None),
        None => Err(format!("couldn't find key {key} in {long} {namespace}/{name}")),
    }
}

/// The entries of a ConfigMap, or of a Secret with its base64 undone.
pub fn data(object: &Object) -> Vec<(Text, Text)> {
    let secret = object.key.kind == kinds::SECRET;
    let read = |value: &Tree| if secret { decoded(value.text()) } else { Text::new(value.text()) };
    object.tree.get("data").entries().map(|(key, value)| (key.clone(), read(value))).collect()
}

/// The entries of a ConfigMap that are no text.
pub fn binary_data(object: &Object) -> Vec<(Text, Text)> {
    object.tree.get("binaryData").entries().map(|(key, value)| (key.clone(), decoded(value.text()))).collect()
}

fn decoded(text: &str) -> Text {
    Text::from(String::from_utf8_lossy(&base64::decode(text).unwrap_or_default()).into_owned())
}

/// One field of the Pod, as a variable or as a file.
pub fn field(path: &str, facts: &Downward) -> Result<Text, String> {
    let pod = facts.pod;
    let keyed = |prefix: &str| path.strip_prefix(prefix).and_then(|rest| rest.strip_suffix("']"));
    if let Some(name) = keyed("metadata.labels['") {
        return Ok(Text::new(pod.labels().get(name).text()));
    }
    if let Some(name) = keyed("metadata.annotations['") {
        return Ok(Text::new(pod.annotation(name)));
    }
    match path {
        "metadata.labels" => Ok(lines(pod.labels())),
        "metadata.annotations" => Ok(lines(pod.meta().get("annotations"))),
        "metadata.name" => Ok(pod.key.name.clone()),
        "metadata.namespace" => Ok(pod.key.namespace.clone()),
        "metadata.uid" => Ok(pod.uid_text()),
        "spec.nodeName" => Ok(Text::new(pod.spec().get("nodeName").text())),
        "spec.serviceAccountName" => Ok(Text::new(pod.spec().get("serviceAccountName").text())),
        "status.hostIP" | "status.hostIPs" => Ok(Text::new(facts.host_ip)),
        "status.podIP" | "status.podIPs" => Ok(Text::new(facts.pod_ip)),
        _ => Err(format!("unsupported fieldPath: {path}")),
    }
}

/// A map as a file shows it: `key="value"` line by line.
fn lines(map: &Tree) -> Text {
    let all: Vec<String> = map.entries().map(|(key, value)| format!("{key}={:?}", value.text())).collect();
    Text::from(all.join("\n"))
}

/// A container's request or limit in units of its divisor, rounded up. A missing limit is what the node has to give.
pub fn resource(view: &Snapshot, reference: &Tree, container: &Tree, pod: &Object) -> Text {
    let named = reference.get("containerName").text();
    let other = pod.spec().get("containers").items().iter().find(|it| it.get("name").text() == named);
    let container = other.unwrap_or(container);
    let (part, what) = reference.get("resource").text().split_once('.').unwrap_or_default();
    let mut amount = container.at(&["resources", part, what]);
    let node = view.find(kinds::NODE, "", pod.spec().get("nodeName").text());
    if amount.is_null() && part == "limits" {
        amount = node.map_or(amount, |node| node.status().at(&["allocatable", what]));
    }
    Text::from(in_units(what, amount, reference.get("divisor")))
}

/// `KUBERNETES_*` for the API, and `<NAME>_SERVICE_HOST` and its kin for each Service of the namespace.
/// With `enableServiceLinks: false` only the former.
fn services(view: &Snapshot, pod: &Object) -> Vec<(Text, Text)> {
    let mut all = Vec::new();
    let namespace = &pod.key.namespace;
    let links = pod.spec().get("enableServiceLinks") != &Tree::from(false);
    let api = view.find(kinds::SERVICE, "default", "kubernetes").filter(|_| !links || namespace != "default");
    for service in view.list_in(kinds::SERVICE, namespace).filter(|_| links).chain(api) {
        let address = service.spec().get("clusterIP").text();
        if address.is_empty() || address == "None" {
            continue;
        }
        let name = service.key.name.to_ascii_uppercase().replace('-', "_");
        let mut put = |words: &[&str], value: &str| all.push((Text::from(words.concat()), Text::new(value)));
        put(&[&name, "_SERVICE_HOST"], address);
        for (at, port) in service.spec().get("ports").items().iter().enumerate() {
            let number = port.get("port").int_or(0).to_string();
            let protocol = if port.get("protocol").text().is_empty() { "TCP" } else { port.get("protocol").text() };
            let lower = protocol.to_ascii_lowercase();
            let url = [&lower, "://", address, ":", &number].concat();
            if at == 0 {
                put(&[&name, "_SERVICE_PORT"], &number);
                put(&[&name, "_PORT"], &url);
            }
            if !port.get("name").text().is_empty() {
                let named = port.get("name").text().to_ascii_uppercase().replace('-', "_");
                put(&[&name, "_SERVICE_PORT_", &named], &number);
            }
            let stem = [&name, "_PORT_", &number, "_", protocol].concat();
            put(&[&stem], &url);
            put(&[&stem, "_PROTO"], &lower);
            put(&[&stem, "_PORT"], &number);
            put(&[&stem, "_ADDR"], address);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_read_through_their_base64() {
        assert_eq!(decoded("YWJj"), "abc");
        assert_eq!(decoded("aHVudGVyMg=="), "hunter2");
    }
}
