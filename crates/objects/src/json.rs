//! A tree as compact JSON text, byte for byte as serde_json would write it.
use crate::{Tree, float};
use std::fmt::Write;

pub(crate) fn write(tree: &Tree, out: &mut String) {
    match tree {
        Tree::Null => out.push_str("null"),
        Tree::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Tree::Int(number) => drop(write!(out, "{number}")),
        Tree::Float(number) => out.push_str(&float::written(*number)),
        Tree::Text(words) => text(words, out),
        Tree::List(list) => {
            out.push('[');
            for (at, item) in list.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Tree::Map(map) => {
            out.push('{');
            for (at, (key, value)) in map.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                text(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

fn text(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[start..at]);
        start = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'\r' => out.push_str("\\r"),
            8 => out.push_str("\\b"),
            12 => out.push_str("\\f"),
            _ => drop(write!(out, "\\u{byte:04x}")),
        }
    }
    out.push_str(&text[start..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use crate::{list, map};

    #[test]
    fn the_same_bytes_as_serde_json() {
        let tree = map! {
            "plain": "web", "odd": "a\"b\\c\n\t\r\u{8}\u{c}\u{1}\u{7f}", "hangul": "파드", "numbers": list![0, -5, 1.5, 0.00001, 1e16, 2.0],
            "empty": list![map! {}, list![], true, false], "k\"ey": crate::Tree::Null,
        };
        assert_eq!(tree.to_json(), serde_json::to_string(&tree).unwrap());
    }
}
