//! kubectl's JSONPath: templates with paths, ranges, filters and text. Mirrors client-go `util/jsonpath`.
mod eval;
mod parse;

use crate::{Text, Tree};
pub use eval::type_of;

/// A template that has been read: `{range .items[*]}{.metadata.name}{"\n"}{end}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Path(Vec<Step>),
    /// The body once for each result.
    Range(Vec<Step>, Vec<Part>),
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(Text),
    /// `*`
    Wildcard,
    /// `..`
    Recursive,
    /// `[1]`, `[-1]`
    Index(i64),
    /// `[from:to:step]`
    Slice(Option<i64>, Option<i64>, i64),
    /// `['a','b']`, `[0,2]`
    Union(Vec<Vec<Step>>),
    /// `[?(@.a=="b")]`
    Filter(Operand, Compare, Operand),
    /// A number or truth value in the place of a path.
    Literal(Tree),
    /// A bare word, which means nothing here: an error once the template is carried out.
    Word(Text),
}

#[derive(Debug, Clone, PartialEq)]
enum Operand {
    Literal(Tree),
    Path(Vec<Step>),
}

#[derive(Debug, Clone, PartialEq)]
enum Compare {
    Exists,
    /// Signs that mean nothing (`=`): an error once there are two values to compare.
    Unknown(Text),
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Template {
    /// Upstream's words when it cannot be read: `unclosed action`.
    pub fn parse(text: &str) -> Result<Template, String> {
        Ok(Template { parts: parse::template(text)? })
    }

    /// The text for `-o jsonpath`: results of one path are joined by blanks. Absent fields print nothing, or are an error (`strict`).
    pub fn render(&self, tree: &Tree, strict: bool) -> Result<String, String> {
        let mut out = String::new();
        eval::render(&self.parts, tree, strict, &mut out)?;
        Ok(out)
    }

    /// All values that the paths of the template lead to, in order.
    pub fn find(&self, tree: &Tree, strict: bool) -> Result<Vec<Tree>, String> {
        let mut found = Vec::new();
        eval::collect(&self.parts, tree, strict, &mut found)?;
        Ok(found)
    }
}

/// The full form of a path as `custom-columns` and `--sort-by` allow it: `x.y`, `.x.y`, `{x.y}` become `{.x.y}`.
pub fn relaxed(path: &str) -> Result<String, String> {
    if path.is_empty() {
        return Ok(String::new());
    }
    let inner = path.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(path);
    let field = inner.strip_prefix('.').unwrap_or(inner);
    if field.is_empty() || field.contains(['{', '}']) {
        return Err("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'".into());
    }
    Ok(format!("{{.{field}}}"))
}

/// A value as templates print it: text bare, lists and maps as JSON.
pub fn printed(value: &Tree) -> String {
    match value {
        Tree::Text(text) => text.to_string(),
        Tree::Null => "<nil>".into(),
        other => other.to_json(),
    }
}

#[cfg(test)]
mod tests;
