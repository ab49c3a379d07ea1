//! The kubelet's folder of manifests: which Pods its files describe, and which files it cannot read.
use super::processes::{MANIFESTS, STATICS};
use ::hosts::Machine;
use ::hosts::machine::kubelet::yaml_words;
use dataplane::host::Manifest;
use dataplane::kubelet::config_hash;
use objects::{Text, Tree};

/// Files of the folder: Pods by the order of the files' names, and those that are none, with the kubelet's words.
pub(super) struct Folder {
    pub pods: Vec<Tree>,
    pub faulty: Vec<(String, String)>,
}

pub(super) fn read(machine: &Machine) -> Folder {
    let mut folder = Folder { pods: Vec::new(), faulty: Vec::new() };
    for file in machine.files.names(MANIFESTS) {
        let path = format!("{MANIFESTS}/{file}");
        if file.starts_with('.') || machine.files.is_folder(&path) {
            continue;
        }
        let Some(text) = machine.files.read(&path) else { continue };
        match pod(&text) {
            Ok(pod) => folder.pods.push(pod),
            Err(why) => folder.faulty.push((path.clone(), format!("{path}: couldn't parse as pod({why}), please check config file"))),
        }
    }
    folder
}

/// The Pod of a manifest, or what its decoder says.
fn pod(text: &str) -> Result<Tree, String> {
    let all = objects::yaml::read(text).map_err(|why| format!("yaml: {}", yaml_words(&why.message)))?;
    let tree = all.into_iter().next().map(|one| one.tree).unwrap_or_default();
    let (kind, version) = (tree.get("kind").text(), tree.get("apiVersion").text());
    if kind.is_empty() {
        return Err(format!("Object 'Kind' is missing in '{}'", tree.to_json()));
    }
    if version.is_empty() {
        return Err(format!("Object 'apiVersion' is missing in '{}'", tree.to_json()));
    }
    if kind != "Pod" {
        return Err(format!("no kind \"{kind}\" is registered for version \"{version}\" in scheme \"pkg/api/legacyscheme/scheme.go:30\""));
    }
    let named = !tree.at(&["metadata", "name"]).is_empty() && !tree.at(&["spec", "containers"]).is_empty();
    if named { Ok(tree) } else { Err("invalid pod: metadata.name: Required value".into()) }
}

impl Folder {
    /// The Pod of a part of the control plane.
    pub fn part(&self, name: &str) -> Option<&Tree> {
        self.pods.iter().find(|pod| is_part(pod, name))
    }

    /// Static Pods of one's own, on the node `node`. Of two with one name the first counts.
    pub fn own(&self, node: &str) -> Vec<Manifest> {
        let mut all: Vec<Manifest> = Vec::new();
        for pod in self.pods.iter().filter(|pod| !STATICS.iter().any(|part| is_part(pod, part))) {
            let said = pod.at(&["metadata", "namespace"]).text();
            let namespace = Text::new(if said.is_empty() { "default" } else { said });
            let name = Text::from(format!("{}-{node}", pod.at(&["metadata", "name"]).text()));
            if !all.iter().any(|one| (&one.namespace, &one.name) == (&namespace, &name)) {
                all.push(Manifest { namespace, name, hash: config_hash(&pod.to_json()), pod: pod.clone() });
            }
        }
        all
    }
}

fn is_part(pod: &Tree, name: &str) -> bool {
    pod.at(&["metadata", "name"]).text() == name && pod.at(&["metadata", "namespace"]).text() == "kube-system"
}
