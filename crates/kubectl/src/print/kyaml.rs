//! KYAML: YAML in braces, every text in quotes, a comma after every entry (`-o kyaml`).
use objects::Tree;

/// One document, from its `---` to the end of the last line.
pub fn document(tree: &Tree) -> String {
    let mut out = String::from("---\n");
    value(tree, 0, &mut out);
    out.push('\n');
    out
}

fn value(tree: &Tree, depth: usize, out: &mut String) {
    match tree {
        Tree::Map(map) if map.is_empty() => out.push_str("{}"),
        Tree::Map(map) => {
            out.push_str("{\n");
            for (key, inner) in map.iter() {
                indent(depth + 1, out);
                if is_plain(key) {
                    out.push_str(key)
                } else {
                    out.push_str(&quoted(key))
                }
                out.push_str(": ");
                value(inner, depth + 1, out);
                out.push_str(",\n");
            }
            indent(depth, out);
            out.push('}');
        }
        Tree::List(items) if items.is_empty() => out.push_str("[]"),
        // Braces stand right beside the brackets when there is nothing else in them.
        Tree::List(items) if items.iter().all(|item| matches!(item, Tree::Map(_) | Tree::List(_))) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                value(item, depth, out);
            }
            out.push(']');
        }
        Tree::List(items) => {
            out.push_str("[\n");
            for item in items.iter() {
                indent(depth + 1, out);
                value(item, depth + 1, out);
                out.push_str(",\n");
            }
            indent(depth, out);
            out.push(']');
        }
        Tree::Text(text) if text.contains('\n') => lines(text, depth + 1, out),
        Tree::Text(text) => out.push_str(&quoted(text)),
        other => out.push_str(&other.to_json()),
    }
}

fn indent(depth: usize, out: &mut String) {
    out.push_str(&"  ".repeat(depth));
}

/// A text of several lines, each on a line of its own that ends in a backslash.
fn lines(text: &str, depth: usize, out: &mut String) {
    out.push_str("\"\\\n");
    for line in text.split_inclusive('\n') {
        indent(depth, out);
        // A line that begins with a blank must say so, or it would be folded away.
        out.push(if line.starts_with([' ', '\t']) { '\\' } else { ' ' });
        line.chars().for_each(|letter| escape(letter, out));
        out.push_str("\\\n");
    }
    indent(depth, out);
    out.push('"');
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    text.chars().for_each(|letter| escape(letter, &mut out));
    out.push('"');
    out
}

fn escape(letter: char, out: &mut String) {
    match letter {
        '"' | '\\' => out.extend(['\\', letter]),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\u{1b}' => out.push_str("\\e"),
        '\0' => out.push_str("\\0"),
        '\t' => out.push('\t'),
        letter if (letter as u32) < 0x20 || letter == '\u{7f}' => out.push_str(&format!("\\x{:02x}", letter as u32)),
        letter => out.push(letter),
    }
}

/// Whether a key can go without quotes: it looks like a word, and like nothing else that YAML knows.
fn is_plain(key: &str) -> bool {
    let (last, lower) = (key.chars().count().saturating_sub(1), key.to_ascii_lowercase());
    let word = |(at, letter): (usize, char)| {
        letter.is_ascii_alphanumeric() || !letter.is_ascii() || letter == '_' || at > 0 && at < last && "-./".contains(letter)
    };
    let reserved = ["null", "true", "t", "y", "yes", "on", "false", "f", "n", "no", "off", "inf", "infinity", "nan"];
    let number = key.starts_with(|letter: char| letter.is_ascii_digit()) && objects::float::read(&key.replace('_', "")).is_some();
    let based = ["0x", "0o", "0b"].iter().any(|prefix| lower.starts_with(prefix));
    let date = key.len() >= 8 && key.split('-').count() == 3 && key.split('-').all(|part| part.parse::<u32>().is_ok());
    !key.is_empty() && key.chars().enumerate().all(word) && !reserved.contains(&lower.as_str()) && !number && !based && !date
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    #[test]
    fn braces_quotes_and_commas() {
        let tree = map! {
            "a": list![map! {"b": 1}, map! {"c": "x"}], "args": list!["-c", "two\nlines"], "empty": map! {}, "8080": true, "y": Tree::Null,
        };
        let text = "---\n{\n  \"8080\": true,\n  a: [{\n    b: 1,\n  }, {\n    c: \"x\",\n  }],\n  args: [\n    \"-c\",\n    \"\\\n       two\\n\\\n       lines\\\n      \",\n  ],\n  empty: {},\n  \"y\": null,\n}\n";
        assert_eq!(document(&tree), text);
    }
}
