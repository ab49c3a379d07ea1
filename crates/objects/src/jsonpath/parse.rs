//! Reads JSONPath templates.
use super::{Compare, Operand, Part, Step};
use crate::{Text, Tree};

/// How deep filters may stand in filters, and ranges in ranges.
const DEEPEST: usize = 50;

pub fn template(text: &str) -> Result<Vec<Part>, String> {
    // Bodies of open ranges, innermost last; the first is the template itself.
    let mut open: Vec<(Vec<Step>, Vec<Part>)> = vec![(vec![], vec![])];
    let mut rest = text;
    while !rest.is_empty() {
        let Some(brace) = rest.find('{') else {
            add(&mut open, Part::Text(rest.to_string()));
            break;
        };
        if brace > 0 {
            add(&mut open, Part::Text(rest[..brace].to_string()));
        }
        let end = action_end(&rest[brace + 1..]).ok_or_else(|| unended(&rest[brace + 1..]))? + brace + 1;
        action(rest[brace + 1..end].trim(), &mut open)?;
        rest = &rest[end + 1..];
    }
    // A range that is never ended ends with the template.
    while open.len() > 1 {
        close(&mut open);
    }
    Ok(open.pop().map(|(_, parts)| parts).unwrap_or_default())
}

fn add(open: &mut [(Vec<Step>, Vec<Part>)], part: Part) {
    if let Some((_, parts)) = open.last_mut() {
        parts.push(part);
    }
}

fn close(open: &mut Vec<(Vec<Step>, Vec<Part>)>) {
    if let Some((over, body)) = open.pop() {
        add(open, Part::Range(over, body));
    }
}

/// Where the closing brace stands, outside of quotes.
fn action_end(text: &str) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '}') => return Some(at),
            _ => {}
        }
    }
    None
}

/// What is missing first in an action that has no end.
fn unended(text: &str) -> &'static str {
    if text.trim_start().starts_with(['"', '\'']) {
        return "unterminated quoted string";
    }
    match text.rfind('[').filter(|at| Some(*at) > text.rfind(']')) {
        Some(at) if text[at..].starts_with("[?(") => "unterminated filter",
        Some(_) => "unterminated array",
        None => "unclosed action",
    }
}

fn action(text: &str, open: &mut Vec<(Vec<Step>, Vec<Part>)>) -> Result<(), String> {
    if text == "end" && open.len() > 1 {
        close(open);
    } else if let Some(over) = text.strip_prefix("range").filter(|rest| rest.starts_with([' ', '.', '[', '@', '$'])) {
        if open.len() > DEEPEST {
            return Err("ranges stand too deep in one another".into());
        }
        open.push((path(over, 0)?, vec![]));
    } else if text.starts_with(['"', '\'']) {
        add(open, Part::Text(quoted(text)?));
    } else {
        add(open, Part::Path(path(text, 0)?));
    }
    Ok(())
}

/// The text between quotes, with Go's escapes.
fn quoted(text: &str) -> Result<String, String> {
    let inner = text.get(1..).and_then(|rest| rest.strip_suffix(&text[..1])).ok_or("unterminated quoted string")?;
    let (mut out, mut letters) = (String::new(), inner.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('0') => out.push('\0'),
                Some(other) => out.push(other),
                None => return Err("unterminated quoted string".into()),
            },
            other => out.push(other),
        }
    }
    Ok(out)
}

fn path(text: &str, depth: usize) -> Result<Vec<Step>, String> {
    if depth > DEEPEST {
        return Err("filters stand too deep in one another".into());
    }
    let mut steps = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        match first {
            '@' | '$' | ' ' | '\t' => rest = &rest[1..],
            '.' if rest.starts_with("..") => {
                steps.push(Step::Recursive);
                rest = &rest[2..];
                if rest.starts_with(|c: char| c == '_' || c.is_alphanumeric()) {
                    let (name, after) = field(rest);
                    steps.push(Step::Field(Text::from(name)));
                    rest = after;
                }
            }
            '.' => {
                let (name, after) = field(&rest[1..]);
                // A dot with nothing behind it asks for the field without a name.
                steps.push(if name == "*" { Step::Wildcard } else { Step::Field(Text::from(name)) });
                rest = after;
            }
            '[' => {
                let missing = if rest.starts_with("[?(") { "unterminated filter" } else { "unterminated array" };
                let end = bracket_end(&rest[1..]).ok_or(missing)? + 1;
                steps.extend(bracket(rest[1..end].trim(), depth)?);
                rest = &rest[end + 1..];
            }
            letter if letter.is_ascii_digit() || matches!(letter, '+' | '-') => {
                let end = rest[1..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(rest.len(), |at| at + 1);
                steps.push(Step::Literal(number(&rest[..end])?));
                rest = &rest[end..];
            }
            letter if letter.is_ascii_alphabetic() || !letter.is_ascii() || letter == '_' => {
                let (name, after) = field(rest);
                steps.push(match name.as_str() {
                    "true" | "false" => Step::Literal(Tree::Bool(name == "true")),
                    _ => Step::Word(Text::from(name)),
                });
                rest = after;
            }
            other => return Err(format!("unrecognized character in action: U+{:04X} '{other}'", other as u32)),
        }
    }
    Ok(steps)
}

/// A field's name, in which a backslash makes the next letter part of it, and what follows.
fn field(text: &str) -> (String, &str) {
    let (mut name, mut escaped) = (String::new(), false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => {
                escaped = false;
                name.push(letter);
            }
            '\\' => escaped = true,
            ' ' | '\t' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}' | '(' | ')' | '=' | '!' | '<' | '>' => {
                return (name, &text[at..]);
            }
            other => name.push(other),
        }
    }
    (name, "")
}

/// Where the bracket that is open closes, outside of quotes and inner brackets.
fn bracket_end(text: &str) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn bracket(text: &str, depth: usize) -> Result<Vec<Step>, String> {
    if let Some(filter) = text.strip_prefix('?') {
        let inner = filter.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or("unterminated filter")?;
        return Ok(vec![self::filter(inner, depth)?]);
    }
    let parts = split_outside_quotes(text, ",");
    if parts.len() > 1 {
        return Ok(vec![Step::Union(parts.into_iter().map(|part| bracket(part.trim(), depth)).collect::<Result<_, _>>()?)]);
    }
    if text == "*" {
        return Ok(vec![Step::Wildcard]);
    }
    // What stands between quotes is a path itself: dots in names need a backslash here too.
    if let Some(name) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return path(&format!(".{name}"), depth + 1);
    }
    let wrong = || format!("invalid array index {text}");
    let number = |part: &str| if part.is_empty() { Ok(None) } else { part.parse::<i64>().map(Some).map_err(|_| wrong()) };
    let bounds: Vec<&str> = text.split(':').collect();
    match bounds.as_slice() {
        [index] => Ok(vec![Step::Index(number(index)?.unwrap_or(0))]),
        [from, to] => Ok(vec![Step::Slice(number(from)?, number(to)?, 1)]),
        [from, to, step] => Ok(vec![Step::Slice(number(from)?, number(to)?, number(step)?.unwrap_or(1))]),
        _ => Err(wrong()),
    }
}

const SIGNS: [(&str, Compare); 6] = [
    ("==", Compare::Equal),
    ("!=", Compare::NotEqual),
    ("<=", Compare::LessOrEqual),
    (">=", Compare::GreaterOrEqual),
    ("<", Compare::Less),
    (">", Compare::Greater),
];

fn filter(text: &str, depth: usize) -> Result<Step, String> {
    let is_sign = |c: char| matches!(c, '!' | '<' | '>' | '=');
    let first = ["!", "<", ">", "="].iter().filter_map(|sign| find_outside_quotes(text, sign)).min();
    let Some(at) = first else { return Ok(Step::Filter(operand(text, depth)?, Compare::Exists, Operand::Literal(Tree::Null))) };
    let length = text[at..].find(|c| !is_sign(c)).unwrap_or(text.len() - at);
    let (sign, left, right) = (&text[at..at + length], operand(&text[..at], depth)?, operand(&text[at + length..], depth)?);
    let known = SIGNS.iter().find(|(known, _)| *known == sign).map(|(_, compare)| compare.clone());
    Ok(Step::Filter(left, known.unwrap_or_else(|| Compare::Unknown(Text::new(sign))), right))
}

fn operand(text: &str, depth: usize) -> Result<Operand, String> {
    let text = text.trim();
    Ok(match text {
        "true" => Operand::Literal(Tree::Bool(true)),
        "false" => Operand::Literal(Tree::Bool(false)),
        _ if text.starts_with(['"', '\'']) => {
            let end = text[1..].find(&text[..1]).map_or(text.len(), |at| at + 2);
            path(&text[end..], depth + 1)?;
            Operand::Literal(Tree::from(quoted(&text[..end])?))
        }
        _ if text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') => Operand::Literal(number(text)?),
        _ => Operand::Path(path(text, depth + 1)?),
    })
}

fn number(text: &str) -> Result<Tree, String> {
    match text.parse::<i64>() {
        Ok(number) => Ok(Tree::Int(number)),
        Err(_) => crate::float::read(text).map(Tree::Float).ok_or_else(|| format!("cannot parse number {text}")),
    }
}

fn find_outside_quotes(text: &str, wanted: &str) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') => depth -= 1,
            (None, _) if depth == 0 && text[at..].starts_with(wanted) => return Some(at),
            _ => {}
        }
    }
    None
}

fn split_outside_quotes<'a>(text: &'a str, by: &str) -> Vec<&'a str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(at) = find_outside_quotes(rest, by) {
        parts.push(&rest[..at]);
        rest = &rest[at + by.len()..];
    }
    parts.push(rest);
    parts
}
