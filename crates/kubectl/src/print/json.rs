//! JSON as Go's encoder writes it: `<`, `>` and `&` escaped; keys sorted, or in the order of Go's structs.
use objects::Tree;

/// One line.
pub fn compact(tree: &Tree) -> String {
    escaped(&tree.to_json())
}

/// Four spaces in, with an end of line.
pub fn pretty(tree: &Tree) -> String {
    indented(tree, 4)
}

/// So many spaces in for each level, with an end of line.
pub fn indented(tree: &Tree, spaces: usize) -> String {
    let mut out = String::new();
    write(tree, &" ".repeat(spaces), 0, &mut out);
    out.push('\n');
    escaped(&out)
}

/// As the server writes what it is asked for raw: keys in the order of Go's structs.
pub fn answer(tree: &Tree) -> String {
    escaped(&objects::declared::answer(tree))
}

/// Four spaces in, keys in the order of Go's structs: what kubectl built by itself.
pub fn declared(tree: &Tree) -> String {
    escaped(&objects::declared::json(tree, 4)) + "\n"
}

fn escaped(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn write(tree: &Tree, indent: &str, depth: usize, out: &mut String) {
    let pad = indent.repeat(depth + 1);
    match tree {
        Tree::Map(map) if !map.is_empty() => {
            out.push_str("{\n");
            for (at, (key, value)) in map.iter().enumerate() {
                out.push_str(if at > 0 { ",\n" } else { "" });
                out.push_str(&pad);
                out.push_str(&Tree::from(key).to_json());
                out.push_str(": ");
                write(value, indent, depth + 1, out);
            }
            out.push('\n');
            out.push_str(&pad[indent.len()..]);
            out.push('}');
        }
        Tree::List(list) if !list.is_empty() => {
            out.push_str("[\n");
            for (at, value) in list.iter().enumerate() {
                out.push_str(if at > 0 { ",\n" } else { "" });
                out.push_str(&pad);
                write(value, indent, depth + 1, out);
            }
            out.push('\n');
            out.push_str(&pad[indent.len()..]);
            out.push(']');
        }
        other => out.push_str(&other.to_json()),
    }
}
