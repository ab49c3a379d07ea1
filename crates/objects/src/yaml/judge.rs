//! libyaml's verdict on a text, in the words and with the line numbers of kubectl's YAML reader.
use super::Problem;
use crate::Tree;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What libyaml's parser complains of; its complaints stand one line further down than Go counts, the scanner's do not.
const PARSER: [&str; 6] = [
    "did not find expected",
    "found undefined tag",
    "found duplicate %",
    "found incompatible YAML",
    "found unexpected document",
    "could not find expected directive",
];

/// Whether the text is YAML. The problem's line counts within this text.
pub fn check(text: &str) -> Result<(), Problem> {
    for document in serde_yaml::Deserializer::from_str(text) {
        IgnoredAny::deserialize(document).map_err(|error| problem(&error, text))?;
    }
    Ok(())
}

/// The value as libyaml reads it, for what our own reader does not understand.
pub fn value(text: &str) -> Result<Tree, Problem> {
    let document = serde_yaml::Deserializer::from_str(text).next();
    document.map_or(Ok(Tree::Null), |document| Tree::deserialize(document).map_err(|error| problem(&error, text)))
}

fn problem(error: &serde_yaml::Error, text: &str) -> Problem {
    let words = error.to_string();
    let said = words.split(" at line ").next().unwrap_or(&words).split(", while").next().unwrap_or(&words);
    let said = said.split(" at position ").next().unwrap_or(said);
    let place = words.split_once(" at line ").and_then(|(_, rest)| {
        let mut numbers =
            rest.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).map(|part| part.parse::<usize>().unwrap_or(1));
        numbers.next().zip(numbers.next())
    });
    let (line, column) = place.unwrap_or((1, 1));
    let told = if PARSER.iter().any(|start| said.starts_with(start)) { line - 1 } else { line };
    let said = match said {
        "unknown anchor" => anchor_words(text, line),
        other => other.to_string(),
    };
    // Go counts lines from 0 here, and does not tell line 0.
    let place = if line > 1 && !said.starts_with("unknown anchor") { format!("line {told}: ") } else { String::new() };
    let end_column = text.lines().nth(line - 1).map_or(column, |line| line.trim_end().chars().count()).max(column) + 1;
    Problem { line, column, end_column, message: format!("error converting YAML to JSON: yaml: {place}{said}") }
}

/// Go names the anchor instead of its place.
fn anchor_words(text: &str, line: usize) -> String {
    let written = text.lines().nth(line - 1).and_then(|line| line.split('*').nth(1)).unwrap_or("");
    let name = written.split(|c: char| c.is_whitespace() || ",]}".contains(c)).next().unwrap_or("");
    format!("unknown anchor '{name}' referenced")
}
