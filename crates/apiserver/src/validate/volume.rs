//! Volumes: each has a name and exactly one source.
use super::path::{Faults, Path};
use super::words;
use objects::Tree;
use std::collections::BTreeSet;

/// In the order in which upstream looks at them: the second one found is the one too many.
const SOURCES: [&str; 29] = [
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "configMap",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
];

/// Checks the volumes and returns their names, which mounts must be among.
pub(super) fn volumes<'a>(list: &'a Tree, path: Path, faults: &mut Faults) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for (at, volume) in list.items().iter().enumerate() {
        let here = path.item(at);
        source(volume, here, faults);
        let name = volume.get("name");
        if name.is_empty() {
            faults.required(here.field("name"), "");
        } else {
            faults.by(here.field("name"), name, words::label);
        }
        if names.contains(name.text()) {
            faults.duplicate(here.field("name"), name);
        }
        // A broken volume still has its name, so that its mounts are not blamed as well.
        names.insert(name.text());
    }
    names
}

fn source(volume: &Tree, path: Path, faults: &mut Faults) {
    let mut first = true;
    for key in SOURCES {
        let inner = volume.get(key);
        if inner.is_null() {
            continue;
        }
        let here = path.field(key);
        if !first {
            faults.forbidden(here, "may not specify more than 1 volume type");
            continue;
        }
        first = false;
        one(key, inner, here, faults);
    }
    if first {
        faults.required(path, "must specify a volume type");
    }
}

const HOST_PATHS: [&str; 8] = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

fn one(key: &str, source: &Tree, path: Path, faults: &mut Faults) {
    match key {
        "hostPath" => {
            if source.get("path").is_empty() {
                faults.required(path.field("path"), "");
            }
            faults.one_of(path.field("type"), &Tree::from(source.get("type").text()), &HOST_PATHS);
        }
        "secret" if source.get("secretName").is_empty() => faults.required(path.field("secretName"), ""),
        "configMap" if source.get("name").is_empty() => faults.required(path.field("name"), ""),
        "persistentVolumeClaim" if source.get("claimName").is_empty() => faults.required(path.field("claimName"), ""),
        _ => {}
    }
    let items = path.field("items");
    for (at, item) in source.get("items").items().iter().enumerate() {
        let here = items.item(at);
        if key != "downwardAPI" && item.get("key").is_empty() {
            faults.required(here.field("key"), "");
        }
        if item.get("path").is_empty() {
            faults.required(here.field("path"), "");
        }
    }
}
