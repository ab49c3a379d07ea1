//! What outlives a command: files, environment, kubeconfig, the discovery cache.
use crate::discovery::Catalogue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The learner's terminal between two commands. Cheap to clone: a command works on a copy and its end commits it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Session {
    files: Arc<BTreeMap<String, String>>,
    pub env: BTreeMap<String, String>,
    pub config: Config,
    /// What the server last said it serves; asked for when absent.
    pub catalogue: Option<Arc<Catalogue>>,
    pub history: Arc<Vec<String>>,
    /// `$?`
    pub last_code: u8,
    /// What `-f URL` finds on the Internet: how the address ends, and the text.
    pub manifests: &'static [(&'static str, &'static str)],
}

/// The kubeconfig.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub current: String,
    pub contexts: BTreeMap<String, Context>,
    /// Name -> server address.
    pub clusters: BTreeMap<String, String>,
    pub users: BTreeMap<String, Login>,
    /// The address of the cluster that it was written for: the only one that answers. Empty where that is decided elsewhere.
    pub home: String,
}

/// A user of the kubeconfig.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Login {
    /// Whether it came with the kubeconfig, and with it the administrator's certificate.
    pub given: bool,
    /// What was set by hand: `token`, `username`, `password`, `client-certificate`, `client-key`.
    pub fields: BTreeMap<String, String>,
}

impl Login {
    /// The administrator's.
    pub fn given() -> Login {
        Login { given: true, fields: BTreeMap::new() }
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Context {
    pub cluster: String,
    pub user: String,
    /// Empty for `default`.
    pub namespace: String,
}

impl Default for Config {
    /// What kubeadm writes into admin.conf.
    fn default() -> Config {
        let context = Context { cluster: "kubernetes".into(), user: "kubernetes-admin".into(), namespace: String::new() };
        Config {
            current: "kubernetes-admin@kubernetes".into(),
            contexts: BTreeMap::from([("kubernetes-admin@kubernetes".into(), context)]),
            clusters: BTreeMap::from([("kubernetes".into(), "https://192.168.100.11:6443".into())]),
            users: BTreeMap::from([("kubernetes-admin".into(), Login::given())]),
            home: "https://192.168.100.11:6443".into(),
        }
    }
}

impl Session {
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Session {
        let files: BTreeMap<String, String> = files.into_iter().map(|(name, text)| (path(&name), text)).collect();
        let env = [("HOME", "/home/learner"), ("USER", "learner"), ("PWD", "/home/learner"), ("SHELL", "/bin/bash"), ("TERM", "dumb")];
        Session {
            files: Arc::new(files),
            env: env.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            ..Session::default()
        }
    }

    /// The text of a file. `./a/../b.yaml` and `b.yaml` are the same file.
    pub fn file(&self, name: &str) -> Option<&str> {
        self.files.get(&path(name)).map(String::as_str)
    }

    pub fn set_file(&mut self, name: &str, text: impl Into<String>) {
        Arc::make_mut(&mut self.files).insert(path(name), text.into());
    }

    pub fn remove_file(&mut self, name: &str) -> Option<String> {
        Arc::make_mut(&mut self.files).remove(&path(name))
    }

    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    pub fn same_files(&self, other: &Session) -> bool {
        Arc::ptr_eq(&self.files, &other.files) || self.files == other.files
    }

    /// Whether some file lies below this folder (`.` is the top).
    pub fn is_folder(&self, name: &str) -> bool {
        let folder = path(name);
        folder.is_empty()
            || self.files.range(format!("{folder}/")..).next().is_some_and(|(file, _)| file.starts_with(&format!("{folder}/")))
    }

    /// Names of the files right below a folder, or at any depth, sorted.
    pub fn folder(&self, name: &str, deep: bool) -> Vec<String> {
        let folder = path(name);
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let inside = self.files.keys().filter(|file| file.strip_prefix(&prefix).is_some_and(|rest| deep || !rest.contains('/')));
        inside.cloned().collect()
    }
}

/// The one spelling of a file's name: no `./`, no `//`, `..` resolved, the home folder as the top.
pub fn path(name: &str) -> String {
    let local = name.strip_prefix("~/").or_else(|| name.strip_prefix("/home/learner/")).unwrap_or(name);
    let absolute = local.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in local.split('/') {
        match part {
            "" | "." | "~" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_name() {
        let mut session = Session::new([("manifests/web.yaml".to_string(), "a".to_string())]);
        assert_eq!(session.file("./manifests//web.yaml"), Some("a"));
        assert_eq!(session.file("manifests/../manifests/web.yaml"), Some("a"));
        assert!(session.is_folder("manifests/") && session.is_folder(".") && !session.is_folder("web"));
        session.set_file("manifests/deep/x.yaml", "b");
        assert_eq!(session.folder("manifests", false), ["manifests/web.yaml"]);
        assert_eq!(session.folder("manifests", true).len(), 2);
    }
}
