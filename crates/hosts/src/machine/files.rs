//! The files of a machine: paths to contents, modes and owners, shared between copies.
use objects::Text;
use rpds::RedBlackTreeMapSync;
use std::sync::Arc;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Folder,
    Plain(Arc<str>),
    /// An executable, by the version it was built as.
    Program(Text),
    /// A Unix socket that somebody listens on; `false` once the listener is gone.
    Socket(bool),
    /// A symbolic link.
    Link(Text),
}

/// A file with its permission bits and its owner.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    pub kind: Kind,
    /// `0o644`
    pub mode: u16,
    pub owner: Text,
}

/// All files, by absolute path without a final slash.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Files(RedBlackTreeMapSync<Text, File>);

/// Why a file cannot be used, in libc's words.
pub const MISSING: &str = "no such file or directory";

impl Files {
    /// The path with links in it followed and `.`, `..`, `//` resolved.
    pub fn real(&self, path: &str) -> String {
        let mut done = String::new();
        let mut rest: Vec<String> = path.split('/').rev().map(String::from).collect();
        let mut hops = 0;
        while let Some(part) = rest.pop() {
            match part.as_str() {
                "" | "." => {}
                ".." => done.truncate(done.rfind('/').unwrap_or(0)),
                _ => {
                    let here = format!("{done}/{part}");
                    match self.0.get(here.as_str()).map(|file| &file.kind) {
                        Some(Kind::Link(to)) if hops < 40 => {
                            hops += 1;
                            if to.starts_with('/') {
                                done.clear();
                            }
                            rest.extend(to.split('/').rev().map(String::from));
                        }
                        _ => done = here,
                    }
                }
            }
        }
        if done.is_empty() { "/".into() } else { done }
    }

    pub fn get(&self, path: &str) -> Option<&File> {
        self.0.get(self.real(path).as_str())
    }

    /// Without following a link at the end.
    pub fn entry(&self, path: &str) -> Option<&File> {
        let path = path.trim_end_matches('/');
        let (folder, name) = path.rsplit_once('/')?;
        let folder = self.real(folder);
        self.0.get(format!("{}/{name}", folder.trim_end_matches('/')).as_str())
    }

    pub fn exists(&self, path: &str) -> bool {
        self.get(path).is_some()
    }

    pub fn is_folder(&self, path: &str) -> bool {
        self.real(path) == "/" || self.get(path).is_some_and(|file| file.kind == Kind::Folder)
    }

    /// The text of a plain file.
    pub fn read(&self, path: &str) -> Option<Arc<str>> {
        match &self.get(path)?.kind {
            Kind::Plain(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// Writes a whole file; the folders above are made, mode and owner of a file that is there stay.
    pub fn write(&mut self, path: &str, text: &str) {
        let (mode, owner) = self.get(path).map_or((0o644, Text::new_static("root")), |file| (file.mode, file.owner.clone()));
        self.put(path, File { kind: Kind::Plain(Arc::from(text)), mode, owner });
    }

    /// Writes a whole file with a mode.
    pub fn write_mode(&mut self, path: &str, text: &str, mode: u16) {
        self.put(path, File { kind: Kind::Plain(Arc::from(text)), mode, owner: Text::new_static("root") });
    }

    pub fn put(&mut self, path: &str, file: File) {
        let path = self.real(path);
        if let Some((folder, _)) = path.rsplit_once('/') {
            self.folder(folder);
        }
        self.0.insert_mut(Text::new(&path), file);
    }

    /// Makes a folder and those above it.
    pub fn folder(&mut self, path: &str) {
        let path = self.real(path);
        for (at, _) in path.match_indices('/').skip(1).chain([(path.len(), "")]) {
            let here = &path[..at];
            if here.len() > 1 && self.0.get(here).is_none() {
                self.0.insert_mut(Text::new(here), File { kind: Kind::Folder, mode: 0o755, owner: Text::new_static("root") });
            }
        }
    }

    pub fn program(&mut self, path: &str, version: &str) {
        self.put(path, File { kind: Kind::Program(Text::new(version)), mode: 0o755, owner: Text::new_static("root") });
    }

    /// Makes a link at a path, in place of one that is there.
    pub fn link(&mut self, path: &str, to: &str) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.folder(folder);
        let path = format!("{}/{name}", self.real(folder).trim_end_matches('/'));
        self.0.insert_mut(Text::new(&path), File { kind: Kind::Link(Text::new(to)), mode: 0o777, owner: Text::new_static("root") });
    }

    /// Takes away a file, or a folder with all in it. Whether it was there.
    pub fn remove(&mut self, path: &str) -> bool {
        let path = match self.entry(path) {
            Some(file) if matches!(file.kind, Kind::Link(_)) => path.to_string(),
            _ => self.real(path),
        };
        self.below(&path).iter().for_each(|inner| {
            self.0.remove_mut(inner);
        });
        self.0.remove_mut(path.as_str())
    }

    /// Takes away all in a folder, but not the folder.
    pub fn empty(&mut self, path: &str) {
        let path = self.real(path);
        self.below(&path).iter().for_each(|inner| {
            self.0.remove_mut(inner);
        });
    }

    /// Every path below a folder, in order.
    pub fn below(&self, path: &str) -> Vec<Text> {
        let start = format!("{}/", self.real(path).trim_end_matches('/'));
        self.0.range(Text::new(&start)..).map(|(path, _)| path).take_while(|path| path.starts_with(&start)).cloned().collect()
    }

    /// The names directly in a folder, in order.
    pub fn names(&self, path: &str) -> Vec<Text> {
        let skip = self.real(path).trim_end_matches('/').len() + 1;
        self.below(path).iter().map(|path| Text::new(&path[skip..])).filter(|name| !name.contains('/')).collect()
    }

    /// Changes mode and owner of what is there.
    pub fn alter(&mut self, path: &str, change: impl FnOnce(&mut File)) {
        let path = self.real(path);
        if let Some(mut file) = self.0.get(path.as_str()).cloned() {
            change(&mut file);
            self.0.insert_mut(Text::new(&path), file);
        }
    }
}

impl File {
    /// How many bytes it has.
    pub fn size(&self) -> usize {
        match &self.kind {
            Kind::Plain(text) => text.len(),
            Kind::Folder => 4096,
            Kind::Program(_) => 72_000_000,
            Kind::Socket(_) => 0,
            Kind::Link(to) => to.len(),
        }
    }

    /// `-rw-r--r--`
    pub fn permissions(&self) -> String {
        let mut text = String::from(match self.kind {
            Kind::Folder => "d",
            Kind::Socket(_) => "s",
            Kind::Link(_) => "l",
            _ => "-",
        });
        for place in (0..9).rev() {
            let letter = ["x", "w", "r"][place % 3];
            text.push_str(if self.mode >> place & 1 == 1 { letter } else { "-" });
        }
        text
    }
}
