//! A snapshot file, and `etcdutl snapshot status`.
use super::{Form, table};

/// What one member had applied, and what the file says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saved {
    pub revision: u64,
    /// How many keys have a value, and the bytes of all versions.
    pub keys: u64,
    pub bytes: u64,
    /// Bytes of the database; the file has 32 more for its checksum.
    pub size: u64,
    /// The file was cut short: its checksum is missing.
    pub damaged: bool,
    /// Where whoever took it keeps the state itself.
    pub state: u64,
}

impl Saved {
    /// CRC-32 (Castagnoli) stands in upstream; any fixed mixing of the content does here.
    fn hash(&self) -> u32 {
        let words = [self.revision, self.keys, self.bytes, self.size];
        let folded = words.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, word| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3));
        (folded >> 32) as u32 ^ folded as u32
    }

    /// `etcdutl snapshot status`.
    pub fn status(&self, form: Form) -> String {
        let (hash, revision, keys, size) = (self.hash(), self.revision, self.keys, self.size);
        let cells = [format!("{hash:x}"), revision.to_string(), keys.to_string(), super::bytes(size), "3.7.0".to_string()];
        match form {
            Form::Simple => cells.join(", ") + "\n",
            Form::Table => table::draw(&["HASH", "REVISION", "TOTAL KEYS", "TOTAL SIZE", "VERSION"], &[cells.to_vec()]),
            Form::Json => {
                format!("{{\"hash\":{hash},\"revision\":{revision},\"totalKey\":{keys},\"totalSize\":{size},\"version\":\"3.7.0\"}}\n")
            }
            Form::Fields => {
                format!("\"Hash\" : {hash}\n\"Revision\" : {revision}\n\"Keys\" : {keys}\n\"Size\" : {size}\n\"Version\" : \"3.7.0\"\n")
            }
        }
    }
}
