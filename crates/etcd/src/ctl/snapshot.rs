//! `etcdctl snapshot save`, `etcdutl snapshot status` and `snapshot restore`.
use super::{Answer, Form, table};
use crate::server::{Keys, Space};

/// A snapshot file: the keys as one member had applied them, and what the file says of itself.
#[derive(Clone, Debug)]
pub struct Saved {
    pub keys: Keys,
    /// Bytes of the database; the file has 32 more for its checksum.
    pub size: u64,
    /// The file was cut short: its checksum is missing.
    pub damaged: bool,
}

impl Saved {
    /// CRC-32 (Castagnoli) stands in upstream; any fixed mixing of the content does here.
    fn hash(&self) -> u32 {
        let words = [self.keys.revision(), self.keys.len() as u64, self.keys.bytes(), self.size];
        let folded = words.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, word| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3));
        (folded >> 32) as u32 ^ folded as u32
    }

    /// `etcdutl snapshot status`.
    pub fn status(&self, form: Form) -> String {
        let (hash, revision, keys) = (self.hash(), self.keys.revision(), self.keys.len());
        let cells = [format!("{hash:x}"), revision.to_string(), keys.to_string(), super::bytes(self.size), "3.7.0".to_string()];
        match form {
            Form::Simple => cells.join(", ") + "\n",
            Form::Table => table::draw(&["HASH", "REVISION", "TOTAL KEYS", "TOTAL SIZE", "VERSION"], &[cells.to_vec()]),
            Form::Json => {
                let size = self.size;
                format!("{{\"hash\":{hash},\"revision\":{revision},\"totalKey\":{keys},\"totalSize\":{size},\"version\":\"3.7.0\"}}\n")
            }
        }
    }
}

/// `snapshot save PATH`: from one endpoint, which need not have a leader.
pub fn save(path: &str, endpoints: &[&str], keys: &Keys, space: &Space) -> (Answer, Option<Saved>) {
    if endpoints.len() != 1 {
        let words = format!("snapshot must be requested to one selected node, not multiple [{}]", endpoints.join(" "));
        return (Answer { code: 5, ..Answer::refusal(&words) }, None);
    }
    let saved = Saved { keys: keys.clone(), size: space.size, damaged: false };
    (Answer::of(format!("Snapshot saved at {path}\nServer version 3.7.0\n")), Some(saved))
}

/// `etcdutl snapshot restore PATH --data-dir DIRECTORY`: the keys of a new cluster of one member, or a refusal.
/// What upstream logs on stderr meanwhile is left out.
pub fn restore(path: &str, file: Option<&Saved>, directory: &str, directory_empty: bool) -> Result<Keys, Answer> {
    let refuse = |words: String| Err(Answer::refusal(&words));
    match file {
        _ if !directory_empty => refuse(format!("data-dir \"{directory}\" not empty or could not be read")),
        None => refuse(format!("stat {path}: no such file or directory")),
        Some(file) if file.damaged => refuse("snapshot missing hash but --skip-hash-check=false".to_string()),
        Some(file) => Ok(file.keys.clone()),
    }
}
