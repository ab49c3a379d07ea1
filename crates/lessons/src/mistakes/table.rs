//! The table of known mistakes as it is packed: marks by which they are recognised, and their words.
use crate::prose::Block;

/// One mistake. It is seen where one of its marks is, and `when` holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mistake {
    pub id: String,
    /// Pieces of what tools print.
    pub says: Vec<String>,
    /// Pieces of the journal of a service that does not run as it should.
    pub journal: Vec<String>,
    /// An expression over the world; empty for none. Alone it is a mark by itself.
    pub when: String,
    /// What went wrong, where to look, what to do: by language (`ko`, `en`).
    pub texts: Vec<(String, Vec<Block>)>,
}

/// All of them; where several are seen at once, the first in the table counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub mistakes: Vec<Mistake>,
}

impl Table {
    /// Reads what `pack` wrote.
    pub fn from_json(text: &str) -> Result<Table, String> {
        parcel::from_text(text)
    }
}

parcel::record!(Mistake { id, texts } or { says, journal, when });
parcel::record!(Table { mistakes });
