//! YAML to trees and back, with kubectl's reading of it, its words for what is broken, and places for the editor.
mod emit;
mod judge;
mod parse;
mod scalar;

pub use emit::write;

use crate::Tree;
use parse::Stop;

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

/// The largest text that is read, in bytes: the API server's own limit on a request.
pub const LARGEST: usize = 3 * 1024 * 1024;

/// Reads every document of a YAML (or JSON) text; empty ones are left out.
pub fn read(text: &str) -> Result<Vec<Document>, Problem> {
    let (all, problem) = read_so_far(text);
    problem.map_or(Ok(all), Err)
}

/// The documents before the first one that cannot be read, and what is wrong with that.
pub fn read_so_far(text: &str) -> (Vec<Document>, Option<Problem>) {
    // Some editors put a mark of the encoding before the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > LARGEST {
        return (Vec::new(), Some(refusal(1, format!("the text has {} bytes, and at most {LARGEST} are read", text.len()))));
    }
    if let Some(documents) = json(text) {
        return (documents, None);
    }
    let mut all = Vec::new();
    for (offset, part) in split(text) {
        match document(part) {
            Err(problem) => return (all, Some(Problem { line: problem.line + offset, ..problem })),
            Ok(tree) if tree.is_null() => {}
            Ok(tree) => all.push(Document { tree, line: offset + first_line(part) }),
        }
    }
    (all, None)
}

/// Where each field and item of the (first) document stands; nothing where it cannot be read.
/// Keys are marked from their first letter to their last, items at their dash.
pub fn positions(text: &str) -> Vec<Position> {
    if text.len() > LARGEST {
        return Vec::new();
    }
    let first = split(text).into_iter().find(|(_, part)| !matches!(parse::document(part, false), Ok(parsed) if parsed.tree.is_null()));
    let Some((offset, part)) = first else { return Vec::new() };
    let mut found = parse::document(part, true).map(|parsed| parsed.positions).unwrap_or_default();
    found.iter_mut().for_each(|position| position.line += offset);
    found
}

/// Reads one document, which may be marked `---` at its beginning.
fn document(text: &str) -> Result<Tree, Problem> {
    let parsed = parse::document(text, false);
    match parsed {
        Err(Stop::TooDeep) => return Err(too_deep()),
        Err(Stop::TooMany) => return Err(refusal(1, "error converting YAML to JSON: yaml: document contains excessive aliasing")),
        // libyaml takes very long over brackets that never close.
        Err(Stop::Unsure) if bracket_depth(text) > parse::DEEPEST => return Err(too_deep()),
        _ => {}
    }
    judge::check(text)?;
    match parsed {
        Ok(parsed) => Ok(parsed.tree),
        Err(_) => judge::value(text),
    }
}

fn too_deep() -> Problem {
    refusal(1, format!("error converting YAML to JSON: yaml: exceeded max depth of {}", parse::DEEPEST))
}

fn refusal(line: usize, message: impl Into<String>) -> Problem {
    Problem { line, column: 1, end_column: 2, message: message.into() }
}

/// JSON documents one after another, or `None` when the text is not JSON (it may be YAML then).
fn json(text: &str) -> Option<Vec<Document>> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Tree>();
    let mut all = Vec::new();
    loop {
        let start = stream.byte_offset();
        let begun = start + (text[start..].len() - text[start..].trim_start().len());
        let Some(next) = stream.next() else { return Some(all) };
        all.push(Document { tree: next.ok()?, line: text[..begun].matches('\n').count() + 1 });
    }
}

/// The documents as kubectl cuts them, each with the number of lines before it. The line that ends one belongs to
/// none, so that line numbers in errors start anew after it.
fn split(text: &str) -> Vec<(usize, &str)> {
    let (mut parts, mut start, mut first, mut at) = (Vec::new(), 0, 0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let rest = line.strip_prefix("---").map(str::trim_start);
        let ends = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'));
        if ends && at > start {
            parts.push((first, &text[start..at]));
            (start, first) = (at + line.len(), number + 1);
        }
        at += line.len();
    }
    parts.push((first, &text[start.min(text.len())..]));
    parts
}

/// The line, from 1, of the first thing that is no comment, blank or mark.
fn first_line(part: &str) -> usize {
    let bare = |line: &str| line.trim().is_empty() || line.starts_with('#') || line.trim() == "---";
    part.lines().position(|line| !bare(line)).unwrap_or(0) + 1
}

fn bracket_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests;
