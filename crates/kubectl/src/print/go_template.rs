//! A small part of Go's templates: `{{.a.b}}`, `range`, `if`/`else`, `index`, `len`, `eq`, `"text"`, `$x :=`.
use super::jsonpath_out::text;
use objects::Tree;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    Print(String),
    Set(String, String),
    If(String, Vec<Node>, Vec<Node>),
    /// Variables for key and value, the list, the body, the body when empty.
    Range(Vec<String>, String, Vec<Node>, Vec<Node>),
}

/// Carries a template out over one object.
pub fn render(template: &str, object: &Tree) -> Result<String, String> {
    let pieces = split(template)?;
    let mut at = 0;
    let (nodes, end) = block(&pieces, &mut at)?;
    if !end.is_empty() {
        return Err(format!("template: output:1: unexpected {{{{{end}}}}}"));
    }
    let mut out = String::new();
    let mut names = BTreeMap::from([("$".to_string(), object.clone())]);
    run(&nodes, object, &mut names, &mut out)?;
    Ok(out)
}

/// Texts and actions in turn; an action is `Err`.
fn split(template: &str) -> Result<Vec<Result<String, String>>, String> {
    let mut pieces: Vec<Result<String, String>> = Vec::new();
    let mut rest = template;
    let mut trim = false;
    while let Some(start) = rest.find("{{") {
        let (before, after) = rest.split_at(start);
        let end = after.find("}}").ok_or("template: output:1: unclosed action")?;
        let action = &after[2..end];
        let before = if trim { before.trim_start() } else { before };
        pieces.push(Ok(if action.starts_with("- ") { before.trim_end() } else { before }.to_string()));
        trim = action.ends_with(" -");
        pieces.push(Err(action.trim_start_matches("- ").trim_end_matches(" -").trim().to_string()));
        rest = &after[end + 2..];
    }
    pieces.push(Ok(if trim { rest.trim_start() } else { rest }.to_string()));
    Ok(pieces)
}

/// Nodes up to `else` or `end`, which is given back.
fn block(pieces: &[Result<String, String>], at: &mut usize) -> Result<(Vec<Node>, String), String> {
    let mut nodes = Vec::new();
    while let Some(piece) = pieces.get(*at) {
        *at += 1;
        let action = match piece {
            Ok(text) => {
                nodes.push(Node::Text(text.clone()));
                continue;
            }
            Err(action) => action.as_str(),
        };
        if action == "end" || action == "else" {
            return Ok((nodes, action.to_string()));
        }
        if let Some(rest) = action.strip_prefix("range ").or_else(|| action.strip_prefix("if ")) {
            let (body, end) = block(pieces, at)?;
            let other = if end == "else" { block(pieces, at)?.0 } else { Vec::new() };
            if end.is_empty() {
                return Err("template: output:1: unexpected EOF".into());
            }
            nodes.push(if action.starts_with("if ") {
                Node::If(rest.trim().into(), body, other)
            } else {
                let (names, list) = rest
                    .split_once(":=")
                    .map_or((Vec::new(), rest), |(names, list)| (names.split(',').map(|name| name.trim().to_string()).collect(), list));
                Node::Range(names, list.trim().into(), body, other)
            });
        } else if let Some((name, value)) = action.split_once(":=").filter(|(name, _)| name.starts_with('$')) {
            nodes.push(Node::Set(name.trim().into(), value.trim().into()));
        } else {
            nodes.push(Node::Print(action.to_string()));
        }
    }
    Ok((nodes, String::new()))
}

fn run(nodes: &[Node], dot: &Tree, names: &mut BTreeMap<String, Tree>, out: &mut String) -> Result<(), String> {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Print(action) => {
                let value = value(action, dot, names)?;
                out.push_str(&if value.is_null() { "<no value>".to_string() } else { text(&value) });
            }
            Node::Set(name, action) => {
                let value = value(action, dot, names)?;
                names.insert(name.clone(), value);
            }
            Node::If(action, yes, no) => {
                let value = value(action, dot, names)?;
                let holds = !value.is_empty() && value != Tree::Bool(false) && value != Tree::Int(0);
                run(if holds { yes } else { no }, dot, names, out)?;
            }
            Node::Range(over, action, body, empty) => {
                let all = value(action, dot, names)?;
                let items: Vec<(Tree, Tree)> = match &all {
                    Tree::Map(map) => map.iter().map(|(key, value)| (Tree::from(key), value.clone())).collect(),
                    list => list.items().iter().enumerate().map(|(at, item)| (Tree::from(at), item.clone())).collect(),
                };
                if items.is_empty() {
                    run(empty, dot, names, out)?;
                }
                for (key, item) in items {
                    match over.as_slice() {
                        [one] => drop(names.insert(one.clone(), item.clone())),
                        [first, second] => {
                            names.insert(first.clone(), key);
                            names.insert(second.clone(), item.clone());
                        }
                        _ => {}
                    }
                    run(body, &item, names, out)?;
                }
            }
        }
    }
    Ok(())
}

fn value(action: &str, dot: &Tree, names: &BTreeMap<String, Tree>) -> Result<Tree, String> {
    let mut parts = action.split('|');
    let first = call(&words(parts.next().unwrap_or("")), None, dot, names)?;
    parts.try_fold(first, |piped, part| call(&words(part), Some(piped), dot, names))
}

fn words(text: &str) -> Vec<String> {
    let (mut all, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.trim().chars() {
        quoted ^= c == '"';
        if c == ' ' && !quoted {
            all.push(std::mem::take(&mut word));
        } else {
            word.push(c);
        }
    }
    all.push(word);
    all.into_iter().filter(|word| !word.is_empty()).collect()
}

fn call(words: &[String], piped: Option<Tree>, dot: &Tree, names: &BTreeMap<String, Tree>) -> Result<Tree, String> {
    let Some((name, rest)) = words.split_first() else { return Err("template: output:1: missing value for command".into()) };
    let mut given: Vec<Tree> = Vec::new();
    for word in rest {
        given.push(operand(word, dot, names)?);
    }
    given.extend(piped);
    let first = given.first().cloned().unwrap_or_default();
    Ok(match name.as_str() {
        "index" => given[1.min(given.len())..].iter().fold(first, |tree, key| match key {
            Tree::Int(at) => tree.items().get(*at as usize).cloned().unwrap_or_default(),
            key => tree.get(key.text()).clone(),
        }),
        "len" => Tree::from(first.items().len().max(first.entries().count()).max(first.text().len())),
        "eq" => Tree::Bool(given[1.min(given.len())..].contains(&first)),
        "ne" => Tree::Bool(given.get(1) != Some(&first)),
        "not" => Tree::Bool(first.is_empty() || first == Tree::Bool(false)),
        "print" | "println" => Tree::from(given.iter().map(text).collect::<String>() + if name == "println" { "\n" } else { "" }),
        "base64decode" => Tree::from(objects::base64::decode_text(first.text()).ok_or("template: illegal base64 data")?),
        _ => operand(name, dot, names)?,
    })
}

fn operand(word: &str, dot: &Tree, names: &BTreeMap<String, Tree>) -> Result<Tree, String> {
    let word = word.trim_matches(['(', ')']);
    if let Some(text) = word.strip_prefix('"') {
        return Ok(Tree::from(text.trim_end_matches('"').replace("\\n", "\n").replace("\\t", "\t")));
    }
    if let Ok(number) = word.parse::<i64>() {
        return Ok(Tree::Int(number));
    }
    let (base, path) = match word.strip_prefix('.') {
        Some(path) => (dot.clone(), path),
        None if word.starts_with('$') => {
            let (name, path) = word.split_once('.').unwrap_or((word, ""));
            (names.get(name).cloned().ok_or_else(|| format!("template: output:1: undefined variable \"{name}\""))?, path)
        }
        None if word == "true" || word == "false" => return Ok(Tree::Bool(word == "true")),
        None => return Err(format!("template: output:1: function \"{word}\" not defined")),
    };
    Ok(path.split('.').filter(|key| !key.is_empty()).fold(base, |tree, key| tree.get(key).clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_walk_lists() {
        let object = Tree::from_json(r#"{"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}"#).unwrap();
        assert_eq!(render("{{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}", &object).unwrap(), "a\nb\n");
        assert_eq!(render("{{len .items}}{{if .none}}x{{else}}y{{end}}", &object).unwrap(), "2y");
        assert!(render("{{range .items}}", &object).is_err());
    }
}
