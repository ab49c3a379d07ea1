//! The functions of Go templates: Go's own, and kubectl's two.
use super::holds;
use objects::Tree;
use std::cmp::Ordering;

pub const FUNCTIONS: &[&str] = &[
    "and",
    "or",
    "not",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "len",
    "index",
    "slice",
    "print",
    "printf",
    "println",
    "html",
    "js",
    "urlquery",
    "base64decode",
    "exists",
];

/// What a function gives for these arguments; the error is Go's reason.
/// `types` are Go's names for the arguments' types.
pub fn call(name: &str, given: &[Tree], types: &[&str]) -> Result<Tree, String> {
    let first = given.first().cloned().unwrap_or_default();
    let second = given.get(1).cloned().unwrap_or_default();
    Ok(match name {
        "and" => given.iter().find(|one| !holds(one)).or(given.last()).cloned().unwrap_or_default(),
        "or" => given.iter().find(|one| holds(one)).or(given.last()).cloned().unwrap_or_default(),
        "not" => Tree::Bool(!holds(&first)),
        "eq" => {
            comparable(given, types)?;
            Tree::Bool(given[1.min(given.len())..].contains(&first))
        }
        "ne" => {
            comparable(given, types)?;
            Tree::Bool(second != first)
        }
        "lt" | "le" | "gt" | "ge" if !basic(&first) || !basic(&second) => return Err("invalid type for comparison".to_string()),
        "lt" | "le" | "gt" | "ge" if kind(&first) != kind(&second) => return Err(incompatible(types)),
        "lt" => Tree::Bool(order(&first, &second) == Ordering::Less),
        "le" => Tree::Bool(order(&first, &second) != Ordering::Greater),
        "gt" => Tree::Bool(order(&first, &second) == Ordering::Greater),
        "ge" => Tree::Bool(order(&first, &second) != Ordering::Less),
        "slice" if !matches!(first, Tree::Text(_) | Tree::List(_)) => {
            return Err(format!("can't slice item of type {}", types.first().unwrap_or(&"")));
        }
        "slice" => slice(&first, &given[1.min(given.len())..])?,
        "html" => Tree::from(escaped(&given.iter().map(plain).collect::<String>(), HTML)),
        "urlquery" => Tree::from(url(&given.iter().map(plain).collect::<String>())),
        "index" => given[1.min(given.len())..].iter().try_fold(first, |tree, key| at(&tree, key))?,
        "js" => Tree::from(script(&given.iter().map(plain).collect::<String>())),
        "len" if first.is_null() => return Err("reflect: call of reflect.Value.Type on zero Value".to_string()),
        "len" if !matches!(first, Tree::Text(_) | Tree::List(_) | Tree::Map(_)) => {
            return Err(format!("len of type {}", types.first().unwrap_or(&"")));
        }
        "len" => Tree::from(first.items().len().max(first.entries().count()).max(first.text().len())),
        "printf" => Tree::from(formatted(first.text(), &given[1.min(given.len())..])),
        "print" => Tree::from(printed(given)),
        "println" => Tree::from(given.iter().map(plain).collect::<Vec<_>>().join(" ") + "\n"),
        "exists" => {
            Tree::Bool(given[1.min(given.len())..].iter().try_fold(first, |tree, key| at(&tree, key)).is_ok_and(|found| !found.is_null()))
        }
        _ => Tree::from(objects::base64::decode_text(first.text()).ok_or("illegal base64 data")?),
    })
}

/// Go's name for a value's type; nothing has none here, while a path that finds nothing finds an interface.
pub fn type_of(value: &Tree) -> &'static str {
    if value.is_null() { "<nil>" } else { objects::jsonpath::type_of(value) }
}

fn kind(value: &Tree) -> std::mem::Discriminant<Tree> {
    std::mem::discriminant(value)
}

fn basic(value: &Tree) -> bool {
    matches!(value, Tree::Bool(_) | Tree::Int(_) | Tree::Float(_) | Tree::Text(_))
}

fn incompatible(types: &[&str]) -> String {
    format!("incompatible types for comparison: {} and {}", types.first().unwrap_or(&""), types.get(1).unwrap_or(&""))
}

/// What is there is compared with its like only; with nothing everything may be compared.
fn comparable(given: &[Tree], types: &[&str]) -> Result<(), String> {
    let Some((first, rest)) = given.split_first() else { return Ok(()) };
    for (at, other) in rest.iter().enumerate() {
        if !first.is_null() && !other.is_null() && kind(first) != kind(other) {
            return Err(incompatible(&[types[0], types[at + 1]]));
        }
        if first == other && basic(first) {
            return Ok(());
        }
    }
    Ok(())
}

/// As a part of a text in JavaScript.
fn script(text: &str) -> String {
    let letter = |letter: char| match letter {
        '\\' | '\'' | '"' => format!("\\{letter}"),
        '<' | '>' | '&' | '=' => format!("\\u{:04X}", letter as u32),
        letter if letter.is_control() => format!("\\u{:04X}", letter as u32),
        letter => letter.to_string(),
    };
    text.chars().map(letter).collect()
}

fn at(tree: &Tree, key: &Tree) -> Result<Tree, String> {
    match (tree, key) {
        (Tree::Null, _) => Err("index of untyped nil".to_string()),
        (Tree::Map(_), Tree::Text(key)) => Ok(tree.get(key).clone()),
        (Tree::Map(_), _) => Err("value has type int; should be string".to_string()),
        (_, Tree::Int(place)) => match usize::try_from(*place).ok().and_then(|place| tree.items().get(place)) {
            Some(item) => Ok(item.clone()),
            None => Err(format!("index out of range: {place}")),
        },
        _ => Err("cannot index slice/array with type string".to_string()),
    }
}

/// A part of a text or list: from one place up to another.
fn slice(value: &Tree, bounds: &[Tree]) -> Result<Tree, String> {
    let length = value.items().len().max(value.text().len());
    let bound = |at: usize, default| bounds.get(at).map_or(default, |bound| bound.int_or(-1));
    let (from, to) = (bound(0, 0), bound(1, length as i64));
    for place in [from, to] {
        if !(0..=length as i64).contains(&place) {
            return Err(format!("index out of range: {place}"));
        }
    }
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}"));
    }
    let (from, to) = (from as usize, to as usize);
    Ok(match value {
        Tree::List(items) => Tree::from(items[from..to].to_vec()),
        other => Tree::from(other.text().get(from..to).unwrap_or_default()),
    })
}

const HTML: &[(char, &str)] = &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&#34;"), ('\'', "&#39;")];

fn escaped(text: &str, table: &[(char, &str)]) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match table.iter().find(|(from, _)| *from == letter) {
            Some((_, to)) => out.push_str(to),
            None => out.push(letter),
        }
    }
    out
}

/// As a part of a URL's query.
fn url(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b' ' => "+".to_string(),
        byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(letter).collect()
}

fn order(one: &Tree, other: &Tree) -> Ordering {
    match (one, other) {
        (Tree::Int(one), Tree::Int(other)) => one.cmp(other),
        _ => one.text().cmp(other.text()),
    }
}

/// Go's `Sprint`: a blank between two values of which neither is a text.
fn printed(given: &[Tree]) -> String {
    let mut out = String::new();
    for (place, value) in given.iter().enumerate() {
        let texts = matches!(value, Tree::Text(_)) || place.checked_sub(1).is_none_or(|before| matches!(given[before], Tree::Text(_)));
        if !texts {
            out.push(' ');
        }
        out.push_str(&plain(value));
    }
    out
}

/// `%s`, `%v`, `%d`, `%q`, with a width as in `%-10s`.
fn formatted(format: &str, given: &[Tree]) -> String {
    let (mut out, mut given) = (String::new(), given.iter());
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let end = after.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(after.len());
        let (flags, verb) = after.split_at(end);
        let letter = verb.chars().next().unwrap_or('%');
        rest = verb.get(1..).unwrap_or_default();
        if letter == '%' {
            out.push('%');
            continue;
        }
        let text = match given.next() {
            Some(value) if letter == 'q' => format!("{:?}", plain(value)),
            Some(value) => plain(value),
            None => format!("%!{letter}(MISSING)"),
        };
        let width: usize = flags.trim_start_matches('-').parse().unwrap_or(0);
        let pad = " ".repeat(width.saturating_sub(text.chars().count()));
        out.push_str(&if flags.starts_with('-') { text + &pad } else { pad + &text });
    }
    out + rest
}

/// As Go prints a value with `%v`: `map[a:1 b:2]`, `[1 2]`.
pub fn plain(value: &Tree) -> String {
    match value {
        Tree::Null => "<nil>".to_string(),
        Tree::List(_) => format!("[{}]", value.items().iter().map(plain).collect::<Vec<_>>().join(" ")),
        Tree::Map(map) => {
            let pairs: Vec<String> = map.iter().map(|(key, value)| format!("{key}:{}", plain(value))).collect();
            format!("map[{}]", pairs.join(" "))
        }
        other => crate::print::jsonpath_out::text(other),
    }
}
