//! ConfigMaps and Secrets as files: whether they are there, and what a container finds at its mounts.
use crate::images::Files;
use crate::kubelet::config;
use apiserver::Snapshot;
use objects::{KindId, Object, Text, Tree, kinds};

/// The first volume that cannot be set up: upstream's whole sentence for `FailedMount`.
pub fn missing(view: &Snapshot, pod: &Object) -> Option<String> {
    pod.spec().get("volumes").items().iter().find_map(|volume| {
        let (kind, word, name, source) = plain_source(volume)?;
        let there = source.get("optional").is_true() || view.find(kind, &pod.key.namespace, name).is_some();
        let volume = volume.get("name").text();
        (!there).then(|| format!("MountVolume.SetUp failed for volume \"{volume}\" : {word} \"{name}\" not found"))
    })
}

/// The files of a container's mounts.
pub fn files(view: &Snapshot, pod: &Object, container: &Tree) -> Files {
    let mut files = Files::new();
    for mount in container.get("volumeMounts").items() {
        let volume = pod.spec().get("volumes").items().iter().find(|volume| volume.get("name") == mount.get("name"));
        let Some((kind, _, name, source)) = volume.and_then(plain_source) else { continue };
        let Some(found) = view.find(kind, &pod.key.namespace, name) else { continue };
        for (key, value) in config::data(found) {
            let items = source.get("items").items();
            let item = items.iter().find(|item| item.get("key").text() == key);
            if !items.is_empty() && item.is_none() {
                continue;
            }
            let file = item.map_or(key.as_str(), |item| item.get("path").text());
            let (folder, part) = (mount.get("mountPath").text().trim_end_matches('/'), mount.get("subPath").text());
            match part {
                "" => files.insert(Text::from(format!("{folder}/{file}")), value),
                part if part == file => files.insert(Text::new(folder), value),
                _ => None,
            };
        }
    }
    files
}

/// Of a `configMap` or `secret` volume: kind, how errors call it, name, the source itself.
fn plain_source(volume: &Tree) -> Option<(KindId, &'static str, &str, &Tree)> {
    if volume.has("configMap") {
        let source = volume.get("configMap");
        return Some((kinds::CONFIG_MAP, "configmap", source.get("name").text(), source));
    }
    let source = volume.get("secret");
    volume.has("secret").then(|| (kinds::SECRET, "secret", source.get("secretName").text(), source))
}
