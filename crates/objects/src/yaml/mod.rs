//! YAML to trees and back, with kubectl's reading of it, its words for what is broken, and places for the editor.
mod emit;
mod scalar;

pub use emit::write;

use crate::Tree;
use serde::Deserialize;

/// One document of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub tree: Tree,
    /// The line of the file on which it begins, from 1.
    pub line: usize,
}

/// What is wrong with a text, and where. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub line: usize,
    pub column: usize,
    pub end_column: usize,
    /// What kubectl prints after `error: error parsing FILE: `.
    pub message: String,
}

/// Where a field or an item of a document stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// `spec.containers[0].image`; "" for the document itself.
    pub path: String,
    pub line: usize,
    pub column: usize,
    pub end_column: usize,
}

/// Reads every document of a YAML (or JSON) text; empty ones are left out.
pub fn read(text: &str) -> Result<Vec<Document>, Problem> {
    let mut all = Vec::new();
    for de in serde_yaml::Deserializer::from_str(text) {
        let tree = Tree::deserialize(de).map_err(|error| Problem { line: 1, column: 1, end_column: 1, message: error.to_string() })?;
        if !tree.is_null() {
            all.push(Document { tree, line: 1 });
        }
    }
    Ok(all)
}
