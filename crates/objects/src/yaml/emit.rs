//! Prints trees as kubectl's `-o yaml` does: the layout, quoting and folding of goyaml v2.
use super::scalar;
use crate::{Text, Tree};
use std::cmp::Ordering;
use std::fmt::Write;

/// The tree as a YAML document that ends with a newline.
pub fn write(tree: &Tree) -> String {
    let mut out = String::new();
    match tree {
        Tree::Map(map) if !map.is_empty() => block_map(&mut out, tree, 0, false),
        Tree::List(list) if !list.is_empty() => block_list(&mut out, list, 0, false),
        other => {
            scalar_or_empty(&mut out, other, 0);
            out.push('\n');
        }
    }
    out
}

/// `inline`: the first entry stands on a line that has begun (after `- `).
fn block_map(out: &mut String, tree: &Tree, indent: usize, inline: bool) {
    let mut entries: Vec<(&Text, &Tree)> = tree.entries().collect();
    entries.sort_by(|a, b| natural(a.0, b.0));
    for (at, (key, value)) in entries.into_iter().enumerate() {
        if at > 0 || !inline {
            pad(out, indent);
        }
        // A key too long to be found by readers that look ahead 128 bytes is announced by a question mark.
        if key.len() > 128 {
            out.push_str("? ");
            text(out, key, indent, true);
            out.push('\n');
            pad(out, indent);
        } else {
            text(out, key, indent, true);
        }
        out.push(':');
        match value {
            Tree::Map(map) if !map.is_empty() => {
                out.push('\n');
                block_map(out, value, indent + 2, false);
            }
            // Lists stand under their key without indentation.
            Tree::List(list) if !list.is_empty() => {
                out.push('\n');
                block_list(out, list, indent, false);
            }
            other => {
                out.push(' ');
                scalar_or_empty(out, other, indent);
                out.push('\n');
            }
        }
    }
}

fn block_list(out: &mut String, list: &[Tree], indent: usize, inline: bool) {
    for (at, item) in list.iter().enumerate() {
        if at > 0 || !inline {
            pad(out, indent);
        }
        out.push_str("- ");
        match item {
            Tree::Map(map) if !map.is_empty() => block_map(out, item, indent + 2, true),
            Tree::List(list) if !list.is_empty() => block_list(out, list, indent + 2, true),
            other => {
                scalar_or_empty(out, other, indent);
                out.push('\n');
            }
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn scalar_or_empty(out: &mut String, tree: &Tree, indent: usize) {
    match tree {
        Tree::Null => out.push_str("null"),
        Tree::Map(_) => out.push_str("{}"),
        Tree::List(_) => out.push_str("[]"),
        Tree::Text(value) => text(out, value, indent, false),
        other => out.push_str(&other.to_json()),
    }
}

/// What the emitter notices about a text before it chooses how to write it.
struct Looks {
    plain: bool,
    single: bool,
    block: bool,
}

fn text(out: &mut String, value: &str, indent: usize, key: bool) {
    let looks = look(value);
    if value.contains('\n') {
        if looks.block && !key { literal(out, value, indent + 2) } else { double(out, value, indent + 2, key) }
    } else if scalar::needs_quotes(value) {
        double(out, value, indent + 2, key);
    } else if looks.plain {
        folded(out, value, indent + 2, key);
    } else if looks.single {
        out.push('\'');
        folded(out, &value.replace('\'', "''"), indent + 2, key);
        out.push('\'');
    } else {
        double(out, value, indent + 2, key);
    }
}

/// Lines that are longer than this go on below from their next blank.
const WIDTH: usize = 80;

/// Writes text that needs no escapes; a blank beyond the width becomes a new line.
fn folded(out: &mut String, value: &str, indent: usize, key: bool) {
    let mut column = column(out);
    let mut letters = value.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        if letter == ' ' && !key && at > 0 && before != ' ' && column > WIDTH && next.is_some_and(|next| next != ' ') {
            out.push('\n');
            pad(out, indent);
            column = indent;
        } else {
            out.push(letter);
            column += 1;
        }
        before = letter;
    }
}

fn column(out: &str) -> usize {
    out[out.rfind('\n').map_or(0, |end| end + 1)..].chars().count()
}

fn look(value: &str) -> Looks {
    let mut indicators = value.starts_with("---") || value.starts_with("...");
    let mut special = false;
    let (mut space_break, mut break_space) = (false, false);
    let mut before = '\n';
    let mut letters = value.chars().enumerate().peekable();
    while let Some((at, letter)) = letters.next() {
        let blank_next = letters.peek().is_none_or(|(_, next)| matches!(next, ' ' | '\t' | '\n' | '\r'));
        indicators |= match letter {
            '#' if at > 0 => matches!(before, ' ' | '\t' | '\n'),
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => at == 0,
            '?' | '-' => at == 0 && blank_next,
            ':' => blank_next,
            _ => false,
        };
        special |= !printable(letter);
        space_break |= letter == '\n' && before == ' ';
        break_space |= letter == ' ' && before == '\n' && at > 0;
        before = letter;
    }
    let edge = |c: Option<char>| matches!(c, Some(' ' | '\n'));
    let edges = edge(value.chars().next()) || edge(value.chars().next_back());
    Looks {
        plain: !(edges || break_space || space_break || special || indicators),
        single: !(break_space || space_break || special),
        block: !(value.ends_with(' ') || space_break || special),
    }
}

/// The emitter writes everything else as an escape, among it tabs and whatever takes four bytes.
fn printable(letter: char) -> bool {
    matches!(letter, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn literal(out: &mut String, value: &str, indent: usize) {
    out.push('|');
    if value.starts_with([' ', '\n']) {
        out.push('2');
    }
    if !value.ends_with('\n') {
        out.push('-');
    } else if value == "\n" || value.ends_with("\n\n") {
        out.push('+');
    }
    for line in value.strip_suffix('\n').unwrap_or(value).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
    }
}

fn double(out: &mut String, value: &str, indent: usize, key: bool) {
    out.push('"');
    let mut before = ' ';
    let mut letters = value.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let spaced = std::mem::replace(&mut before, letter) == ' ';
        match letter {
            ' ' if !key && !spaced && at > 0 && letters.peek().is_some() && column(out) > WIDTH => {
                out.push('\n');
                pad(out, indent);
                // A blank that begins the new line has to be told apart from its indentation.
                if letters.peek().is_some_and(|(_, next)| *next == ' ') {
                    out.push('\\');
                }
            }
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            letter if printable(letter) => out.push(letter),
            letter => {
                let code = letter as u32;
                let _ = if code <= 0xff {
                    write!(out, "\\x{code:02X}")
                } else if code <= 0xffff {
                    write!(out, "\\u{code:04X}")
                } else {
                    write!(out, "\\U{code:08X}")
                };
            }
        }
    }
    out.push('"');
}

/// Good enough for keys, without the tables of all scripts.
fn is_letter(sign: char) -> bool {
    sign.is_ascii_alphabetic() || !sign.is_ascii()
}

/// The emitter's order of keys: letters after everything else, runs of digits by their number.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(a, b)| a != b) else { return a.len().cmp(&b.len()) };
    let (x, y) = (a[at], b[at]);
    match (is_letter(x), is_letter(y)) {
        (true, true) => return x.cmp(&y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero inside a number counts as a digit like others, not as the start of one.
    let zero = x == '0' || y == '0';
    let inside = zero && a[..at].iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
    let run = |letters: &[char]| {
        let digits: Vec<u64> = letters[at..].iter().map_while(|c| c.to_digit(10)).map(u64::from).collect();
        (digits.iter().fold(u64::from(inside), |number, digit| number.wrapping_mul(10).wrapping_add(*digit)), digits.len())
    };
    run(&a).cmp(&run(&b)).then(x.cmp(&y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_print_as_kubectl_prints_them() {
        let check = |json: &str, expect: &str| assert_eq!(write(&Tree::from_json(json).unwrap()), expect);
        check(
            r#"{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80}],"args":[]}]},"metadata":{}}"#,
            "metadata: {}\nspec:\n  containers:\n  - args: []\n    name: a\n    ports:\n    - containerPort: 80\n",
        );
        check(r#"[["a","b"],[]]"#, "- - a\n  - b\n- []\n");
        check(r#"{"a":null,"b":true,"c":1.5}"#, "a: null\nb: true\nc: 1.5\n");
        check(r#"{"cmd":["sh","-c","while true\ndo sleep 1\ndone\n"]}"#, "cmd:\n- sh\n- -c\n- |\n  while true\n  do sleep 1\n  done\n");
        check(r#"{"d":{"f":"a\n\n  b"}}"#, "d:\n  f: |-\n    a\n\n      b\n");
        check(r#"{"k10":1,"k2":1,"K":1,"1":1,"a.b/c":1}"#, "\"1\": 1\nK: 1\na.b/c: 1\nk2: 1\nk10: 1\n");
    }

    #[test]
    fn text_is_quoted_where_it_must_be() {
        let check = |value: &str, expect: &str| assert_eq!(write(&Tree::from(value)), format!("{expect}\n"), "{value:?}");
        for plain in ["abc", "a b", "1.2.3", "-c", "a:b", "http://x:80", "a#b", "25%", "/bin/sh", "a,b", "x: y".get(..1).unwrap(), "한글"]
        {
            check(plain, plain);
        }
        for single in ["a: b", "- a", "#x", "{}", "[a]", "*", "@x", "a #b", " a", "'q'", "!x", "%d", "a:", "\"q\""] {
            check(single, &format!("'{}'", single.replace('\'', "''")));
        }
        for double in ["", "yes", "1", "1.5", "null", "2026-11-23T00:00:00Z"] {
            check(double, &format!("\"{double}\""));
        }
        check("a\tb", r#""a\tb""#);
        check("a \nb", r#""a \nb""#);
        check("\u{1f600}", r#""\U0001F600""#);
        let long = "a".repeat(50);
        check(&format!("{long} {long} {long} b"), &format!("{long} {long}\n  {long} b"));
        check(&format!("{long}: {long} {long}"), &format!("'{long}: {long}\n  {long}'"));
        check(&format!("{long}\t{long} {long}"), &format!("\"{long}\\t{long}\n  {long}\""));
        check("\na", "|2-\n\n  a");
        check("a\n\n", "|+\n  a\n");
    }
}
