//! The registry: which images exist, how long they take to pull, what is in them.
use crate::images::Program;
use objects::{Text, Tree};
use simcore::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The registry that a name without a host stands for.
const DEFAULT_REGISTRY: &str = "docker.io";

/// One image, found by a tag.
#[derive(Clone, PartialEq, Debug)]
pub struct Image {
    /// The repository with its registry: `docker.io/library/nginx`.
    pub repository: Text,
    /// The name as people write it: `nginx:1.27`.
    pub name: Text,
    /// `sha256:...`
    pub digest: Text,
    pub size_bytes: u64,
    pub pull: Duration,
    /// Whether every node has it from the start.
    pub present: bool,
    /// Commands that exist in it besides the usual small tools; `*` means any.
    pub commands: Vec<Text>,
    /// How its process calls itself in a process table; empty where that is its command line.
    pub title: Text,
    /// As whom its process runs where nobody says otherwise: a number or a name; empty for root.
    pub user: Text,
    /// What runs when a Pod gives no command.
    pub program: Arc<Program>,
}

impl Image {
    /// `docker.io/library/nginx@sha256:...`, as a container status shows it.
    pub fn id(&self) -> Text {
        Text::from(format!("{}@{}", self.repository, self.digest))
    }

    pub fn has_command(&self, name: &str) -> bool {
        self.commands.iter().any(|command| command == name || command == "*")
    }
}

/// What a registry says to a name.
#[derive(Clone, PartialEq, Debug)]
pub enum Lookup {
    Found(Arc<Image>),
    /// The error that containerd gives for it.
    Refused(String),
    /// The name cannot be read at all; the reason.
    Malformed(String),
}

/// All images that are known by data. Other names answer by rule, as `lookup` says.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    images: BTreeMap<Text, Arc<Image>>,
}

impl Catalog {
    /// From the parsed data files: each is one image, or `images: [...]`.
    pub fn new(files: &[Tree]) -> Catalog {
        let mut images = BTreeMap::new();
        for file in files {
            let alone = std::slice::from_ref(file);
            let all = if file.has("images") { file.get("images").items() } else { alone };
            for image in all.iter().flat_map(parse) {
                images.insert(normalised(&image.name), Arc::new(image));
            }
        }
        Catalog { images }
    }

    /// Asks the registry for `name`. Names that no file knows: those with `does-not-exist` are not found, those
    /// with `private` are refused, hosts under `.invalid` do not resolve, and all others are a plain server, which
    /// runs as a user of its own where its name says `unprivileged` or `nonroot`.
    pub fn lookup(&self, name: &str) -> Lookup {
        if let Some(problem) = malformed(name) {
            return Lookup::Malformed(problem);
        }
        let full = normalised(name);
        if let Some(image) = self.images.get(&full) {
            return Lookup::Found(image.clone());
        }
        match refusal(&full) {
            Some(error) => Lookup::Refused(error),
            None => Lookup::Found(Arc::new(plain(name, &full))),
        }
    }

    /// Those that every node has from the start, by name.
    pub fn present(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.images.values().filter(|image| image.present)
    }
}

/// The full name: `nginx` is `docker.io/library/nginx:latest`.
pub fn normalised(name: &str) -> Text {
    let (host, library, rest) = match name.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, "", rest),
        Some(_) => (DEFAULT_REGISTRY, "", name),
        None => (DEFAULT_REGISTRY, "library/", name),
    };
    let last = rest.rsplit_once('/').map_or(rest, |(_, last)| last);
    let tag = if rest.contains('@') || last.contains(':') { "" } else { ":latest" };
    Text::from([host, "/", library, rest, tag].concat())
}

/// Reads one image of a data file:
///
/// | key | what |
/// |---|---|
/// | `image`, `tags` | the repository, and its tags; each tag is an image of its own |
/// | `digests` | tag -> `sha256:...`; made from the name where it is missing |
/// | `size_bytes`, `pull_ms` | its size, and how long a node needs to fetch it |
/// | `present` | whether every node has it from the start |
/// | `commands` | commands in it besides the small tools; any of them runs `program` |
/// | `title` | how its process calls itself in a process table, where that is not its command line |
/// | `user` | as whom its process runs; root where it is missing |
/// | `program` | what it does without a command: see `Program` |
fn parse(data: &Tree) -> Vec<Image> {
    let repository = data.get("image").text();
    let program = Arc::new(Program::parse(data.get("program")));
    let texts = |key: &str| data.get(key).items().iter().filter_map(|item| item.as_text().cloned()).collect::<Vec<Text>>();
    let tags = texts("tags");
    tags.iter()
        .map(|tag| {
            let name = Text::from(format!("{repository}:{tag}"));
            let full = normalised(&name);
            let said = data.at(&["digests", tag]).text();
            Image {
                repository: Text::new(full.rsplit_once(':').map_or("", |(repository, _)| repository)),
                digest: if said.is_empty() { digest(&full) } else { Text::new(said) },
                name,
                size_bytes: data.get("size_bytes").int_or(59_000_000).max(0) as u64,
                pull: Duration::millis(data.get("pull_ms").int_or(200).max(0) as u64),
                present: data.get("present").is_true(),
                commands: texts("commands"),
                title: data.get("title").as_text().cloned().unwrap_or_default(),
                user: data.get("user").as_text().cloned().unwrap_or_default(),
                program: program.clone(),
            }
        })
        .collect()
}

/// An image that no file knows: pulled in 200 ms, a server on whatever ports its container names.
fn plain(name: &str, full: &str) -> Image {
    let cut = full.find('@').or_else(|| full.rfind(':')).unwrap_or(full.len());
    Image {
        repository: Text::new(&full[..cut]),
        name: Text::new(name),
        digest: digest(full),
        size_bytes: 59_000_000,
        pull: Duration::millis(200),
        present: false,
        commands: vec![Text::new_static("*")],
        title: Text::default(),
        user: Text::new_static(match full {
            full if full.contains("unprivileged") => "101",
            full if full.contains("nonroot") => "65532",
            _ => "",
        }),
        program: Arc::new(Program::default()),
    }
}

/// 64 hexadecimal digits that depend on the name alone.
fn digest(full: &str) -> Text {
    let mut text = String::from("sha256:");
    let mut hash = simcore::FNV_BASIS;
    for round in 0..4_u8 {
        hash = simcore::fnv_from(hash, full.bytes().chain([round]));
        text.push_str(&format!("{hash:016x}"));
    }
    Text::from(text)
}

/// containerd's words for a name that no registry serves.
fn refusal(full: &str) -> Option<String> {
    let host = full.split('/').next().unwrap_or_default();
    if host.ends_with(".invalid") {
        let repository = full[host.len()..].rsplit_once(':').map_or("", |(path, _)| path);
        let tag = full.rsplit(':').next().unwrap_or("latest");
        return Some(format!(
            "failed to pull and unpack image \"{full}\": failed to resolve image: failed to do request: \
             Head \"https://{host}/v2{repository}/manifests/{tag}\": dial tcp: lookup {host}: no such host"
        ));
    }
    if full.contains("does-not-exist") || is_unreleased(full) {
        return Some(format!(
            "rpc error: code = NotFound desc = failed to pull and unpack image \"{full}\": failed to resolve image: {full}: not found"
        ));
    }
    full.contains("private").then(|| {
        format!(
            "failed to pull and unpack image \"{full}\": failed to resolve image: pull access denied, repository does not exist or may \
             require authorization: server message: insufficient_scope: authorization failed"
        )
    })
}

/// Whether a part of Kubernetes is asked for by a tag that no release of it has: `kube-scheduler:v9.9.9`.
fn is_unreleased(full: &str) -> bool {
    let Some((name, tag)) = full.strip_prefix("registry.k8s.io/").and_then(|rest| rest.rsplit_once(':')) else { return false };
    let numbers: Vec<Option<u32>> = tag.trim_start_matches('v').split(['.', '-']).map(|part| part.parse().ok()).collect();
    let whole = numbers.iter().all(Option::is_some);
    match name {
        "kube-apiserver" | "kube-controller-manager" | "kube-scheduler" | "kube-proxy" => {
            let known = matches!(numbers[..], [Some(1), Some(0..=37), Some(0..=40)]) && tag.starts_with('v');
            // Candidates and alphas have letters behind a dash.
            !(known || tag.starts_with("v1.") && tag.contains('-'))
        }
        "etcd" => !(whole && numbers.len() == 4 && numbers[0] == Some(3)),
        "pause" => !(whole && matches!(numbers[..], [Some(3), _] | [Some(3), _, _])),
        "coredns/coredns" => !(whole && numbers.len() == 3 && tag.starts_with('v')),
        _ => false,
    }
}

/// Why a reference cannot be read (distribution's reference grammar: a path is lower case).
fn malformed(name: &str) -> Option<String> {
    let path = name.rsplit_once(':').map_or(name, |(path, tag)| if tag.contains('/') { name } else { path });
    if path.is_empty() {
        return Some("invalid reference format".to_string());
    }
    let shown = if path.contains('/') { path.to_string() } else { format!("library/{path}") };
    if path.chars().any(|letter| letter.is_ascii_uppercase()) && !path.split('/').next().is_some_and(|host| host.contains('.')) {
        return Some(format!("invalid reference format: repository name ({shown}) must be lowercase"));
    }
    path.contains(char::is_whitespace).then(|| "invalid reference format".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    #[test]
    fn a_name_without_tag_or_registry_is_completed() {
        assert_eq!(normalised("nginx"), "docker.io/library/nginx:latest");
        assert_eq!(normalised("team/app:2"), "docker.io/team/app:2");
        assert_eq!(normalised("localhost:5000/app"), "localhost:5000/app:latest");
    }

    #[test]
    fn the_registry_answers_known_unknown_missing_and_unreadable_names() {
        let nginx = map! {"image": "nginx", "tags": list!["1.27"], "size_bytes": 60_000_000, "present": true};
        let catalog = Catalog::new(&[nginx]);
        assert!(matches!(catalog.lookup("nginx:1.27"), Lookup::Found(image) if image.present));
        assert!(matches!(catalog.lookup("httpd:2.4"), Lookup::Found(image) if image.size_bytes == 59_000_000));
        assert!(matches!(catalog.lookup("nginx:does-not-exist"), Lookup::Refused(words) if words.ends_with(":does-not-exist: not found")));
        let refused = |name: &str| matches!(catalog.lookup(name), Lookup::Refused(words) if words.ends_with(": not found"));
        for name in ["kube-scheduler:v9.9.9", "kube-apiserver:1.37.2", "etcd:3.7.0", "pause:latest"] {
            assert!(refused(&format!("registry.k8s.io/{name}")), "{name}");
        }
        for name in ["kube-scheduler:v1.36.4", "etcd:3.7.0-0", "coredns/coredns:v1.14.6", "pause:3.10.2", "kube-proxy:v1.37.0-rc.1"] {
            assert!(!refused(&format!("registry.k8s.io/{name}")), "{name}");
        }
        let Lookup::Malformed(words) = catalog.lookup("Nginx Web:1") else { panic!("it has upper case letters") };
        assert_eq!(words, "invalid reference format: repository name (library/Nginx Web) must be lowercase");
    }
}
