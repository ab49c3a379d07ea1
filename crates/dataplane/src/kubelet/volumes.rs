//! ConfigMaps, Secrets and the Pod's own facts as files: whether they are there, and what a container finds at its mounts.
use crate::images::Files;
use crate::kubelet::config::{self, Downward};
use apiserver::Snapshot;
use objects::{Key, KindId, Object, Text, Tree, kinds};

/// Files of a volume (path below the mount, text), or upstream's words for why it cannot be set up.
type Content = Result<Vec<(Text, Text)>, String>;

/// The first volume that cannot be set up: upstream's whole sentence for `FailedMount`.
pub fn missing(view: &Snapshot, pod: &Object) -> Option<String> {
    pod.spec().get("volumes").items().iter().find_map(|volume| {
        let why = content(view, pod, volume)?.err()?;
        Some(format!("MountVolume.SetUp failed for volume \"{}\" : {why}", volume.get("name").text()))
    })
}

/// The files of a container's mounts.
pub fn files(view: &Snapshot, pod: &Object, container: &Tree) -> Files {
    let mut files = Files::new();
    for mount in container.get("volumeMounts").items() {
        let Some(Ok(found)) = volume_of(pod, mount).and_then(|volume| content(view, pod, volume)) else { continue };
        let (folder, part) = (folder(mount), mount.get("subPath").text());
        for (file, value) in found {
            match part {
                "" => files.insert(Text::from(format!("{folder}/{file}")), value),
                part if part == file => files.insert(Text::new(folder), value),
                _ => None,
            };
        }
    }
    files
}

/// Brings a container's mounts up to date. Mounts of a `subPath` stay as they were, as does what cannot be set up now.
pub fn renew(view: &Snapshot, pod: &Object, container: &Tree, files: &mut Files) {
    for mount in container.get("volumeMounts").items().iter().filter(|mount| mount.get("subPath").is_empty()) {
        let Some(Ok(found)) = volume_of(pod, mount).and_then(|volume| content(view, pod, volume)) else { continue };
        let below = format!("{}/", folder(mount));
        files.retain(|path, _| path.strip_prefix(below.as_str()).is_none_or(|file| found.iter().any(|(name, _)| name == file)));
        files.extend(found.into_iter().map(|(file, value)| (Text::from(format!("{below}{file}")), value)));
    }
}

/// Whether a volume of the Pod shows this ConfigMap or Secret.
pub fn shows(pod: &Object, key: &Key) -> bool {
    let named = |source: &Tree| named(source).is_some_and(|(kind, name)| kind == key.kind && name == key.name);
    pod.key.namespace == key.namespace
        && pod.spec().get("volumes").items().iter().any(|volume| named(volume) || sources(volume).iter().any(named))
}

/// Whether a volume of the Pod shows its labels or annotations.
pub fn shows_itself(pod: &Object) -> bool {
    let own = |source: &Tree| source.has("downwardAPI");
    pod.spec().get("volumes").items().iter().any(|volume| own(volume) || !has_token(volume) && sources(volume).iter().any(own))
}

fn volume_of<'a>(pod: &'a Object, mount: &Tree) -> Option<&'a Tree> {
    pod.spec().get("volumes").items().iter().find(|volume| volume.get("name") == mount.get("name"))
}

fn folder(mount: &Tree) -> &str {
    mount.get("mountPath").text().trim_end_matches('/')
}

fn sources(volume: &Tree) -> &[Tree] {
    volume.at(&["projected", "sources"]).items()
}

/// The volume with a service account's token, which every Pod has. gap: its files are not there.
fn has_token(volume: &Tree) -> bool {
    sources(volume).iter().any(|source| source.has("serviceAccountToken"))
}

/// What a volume shows; `None` for those that show no objects (`emptyDir` and the like).
fn content(view: &Snapshot, pod: &Object, volume: &Tree) -> Option<Content> {
    if !volume.has("projected") {
        return one(view, pod, volume);
    }
    if has_token(volume) {
        return None;
    }
    let (mut all, mut errors) = (Vec::new(), Vec::new());
    for source in sources(volume).iter().filter_map(|source| one(view, pod, source)) {
        match source {
            Ok(files) => all.extend(files),
            Err(why) => errors.push(why),
        }
    }
    Some(match errors.len() {
        0 => Ok(all),
        1 => Err(errors.swap_remove(0)),
        _ => Err(format!("[{}]", errors.join(", "))),
    })
}

/// The kind and name that a `configMap` or `secret` source refers to.
fn named(source: &Tree) -> Option<(KindId, &str)> {
    if source.has("configMap") {
        return Some((kinds::CONFIG_MAP, source.at(&["configMap", "name"]).text()));
    }
    let secret = source.get("secret");
    // A volume says `secretName`, a source of a projected volume `name`.
    let name = if secret.has("secretName") { secret.get("secretName") } else { secret.get("name") };
    source.has("secret").then(|| (kinds::SECRET, name.text()))
}

fn one(view: &Snapshot, pod: &Object, source: &Tree) -> Option<Content> {
    if source.has("downwardAPI") {
        return Some(own_facts(view, pod, source.at(&["downwardAPI", "items"]).items()));
    }
    let (kind, name) = named(source)?;
    let (word, of, source) = match kind {
        kinds::CONFIG_MAP => ("configmap", "config", source.get("configMap")),
        _ => ("secret", "secret", source.get("secret")),
    };
    let optional = source.get("optional").is_true();
    let Some(found) = view.find(kind, &pod.key.namespace, name) else {
        return Some(if optional { Ok(Vec::new()) } else { Err(format!("{word} \"{name}\" not found")) });
    };
    let mut data = config::data(found);
    data.extend(config::binary_data(found));
    let items = source.get("items").items();
    if items.is_empty() {
        return Some(Ok(data));
    }
    let mut files = Vec::new();
    for item in items {
        let key = item.get("key").text();
        match data.iter().find(|(name, _)| name == key) {
            Some((_, value)) => files.push((Text::new(item.get("path").text()), value.clone())),
            None if optional => {}
            None => return Some(Err(format!("references non-existent {of} key: {key}"))),
        }
    }
    Some(Ok(files))
}

/// The files of a downward API volume.
fn own_facts(view: &Snapshot, pod: &Object, items: &[Tree]) -> Content {
    let facts = Downward { pod, pod_ip: "", host_ip: "" };
    let value = |item: &Tree| match item.has("fieldRef") {
        true => config::field(item.at(&["fieldRef", "fieldPath"]).text(), &facts),
        false => Ok(config::resource(view, item.get("resourceFieldRef"), &Tree::Null, pod)),
    };
    items.iter().map(|item| Ok((Text::new(item.get("path").text()), value(item)?))).collect()
}
