//! Go's text/template over one object: actions, pipelines, `if`, `with`, `range`, variables, the built-in functions.
use objects::Tree;
use std::cmp::Ordering;

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Print(Pipe),
    Set(String, Pipe),
    If(Pipe, Vec<Node>, Vec<Node>),
    With(Pipe, Vec<Node>, Vec<Node>),
    /// Variables for key and value, the list, the body, the body when empty.
    Range(Vec<String>, Pipe, Vec<Node>, Vec<Node>),
}

/// Commands, each with the value of the one before as its last argument.
type Pipe = Vec<Vec<Operand>>;

#[derive(Clone, Debug)]
enum Operand {
    Value(Tree),
    Function(String),
    /// `.a.b`, `$x.a`, `(…).a`: where it begins, and the fields.
    Chain(Base, Vec<String>),
}

#[derive(Clone, Debug)]
enum Base {
    Dot,
    Variable(String),
    Inner(Pipe),
}

/// A template that has been read.
#[derive(Clone, Debug)]
pub struct Template(Vec<Node>);

impl Template {
    /// The error is Go's sentence, without the line that kubectl puts before it.
    pub fn parse(text: &str) -> Result<Template, String> {
        let pieces = split(text)?;
        let mut at = 0;
        let (nodes, end) = block(&pieces, &mut at)?;
        if end.is_empty() { Ok(Template(nodes)) } else { Err(format!("template: output:1: unexpected {{{{{end}}}}}")) }
    }

    /// Carries it out over one object.
    pub fn render(&self, object: &Tree) -> Result<String, String> {
        let mut run = Run { names: vec![("$".to_string(), object.clone())], out: String::new() };
        run.all(&self.0, object)?;
        Ok(run.out)
    }
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
        let action = action.trim_start_matches("- ").trim_end_matches(" -").trim();
        if !action.starts_with("/*") {
            pieces.push(Err(action.to_string()));
        }
        rest = &after[end + 2..];
    }
    pieces.push(Ok(if trim { rest.trim_start() } else { rest }.to_string()));
    Ok(pieces)
}

/// Nodes up to `else`, `else if …` or `end`, which is given back.
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
        let (word, rest) = action.split_once(' ').unwrap_or((action, ""));
        match word {
            "end" | "else" => return Ok((nodes, action.to_string())),
            "if" | "with" | "range" => nodes.push(branch(word, rest, pieces, at)?),
            _ => nodes.push(action_of(action)?),
        }
    }
    Ok((nodes, String::new()))
}

fn branch(word: &str, rest: &str, pieces: &[Result<String, String>], at: &mut usize) -> Result<Node, String> {
    let (body, end) = block(pieces, at)?;
    let other = match end.strip_prefix("else") {
        None => Vec::new(),
        Some("") => block(pieces, at).and_then(closed)?,
        // `{{else if x}}` is an `if` within the `else`, ended by the same `end`.
        Some(next) => {
            let (word, rest) = next.trim().split_once(' ').unwrap_or((next.trim(), ""));
            vec![branch(word, rest, pieces, at)?]
        }
    };
    if end.is_empty() {
        return Err("template: output:1: unexpected EOF".into());
    }
    let (names, pipe) = match rest.split_once(":=").filter(|(names, _)| names.starts_with('$')) {
        Some((names, pipe)) => (names.split(',').map(|name| name.trim().to_string()).collect(), pipe),
        None => (Vec::new(), rest),
    };
    let pipe = Reader::pipe(pipe)?;
    Ok(match word {
        "if" => Node::If(pipe, body, other),
        "with" => Node::With(pipe, body, other),
        _ => Node::Range(names, pipe, body, other),
    })
}

fn closed((nodes, end): (Vec<Node>, String)) -> Result<Vec<Node>, String> {
    if end == "end" { Ok(nodes) } else { Err("template: output:1: unexpected EOF".into()) }
}

fn action_of(action: &str) -> Result<Node, String> {
    let set = action.split_once(":=").or_else(|| action.split_once(" = ")).filter(|(name, _)| name.starts_with('$'));
    Ok(match set {
        Some((name, pipe)) => Node::Set(name.trim().into(), Reader::pipe(pipe)?),
        None => Node::Print(Reader::pipe(action)?),
    })
}

/// Reads one pipeline.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn pipe(text: &str) -> Result<Pipe, String> {
        let mut reader = Reader { rest: text };
        let pipe = reader.commands()?;
        if reader.rest.is_empty() { Ok(pipe) } else { Err("template: output:1: unexpected right paren".into()) }
    }

    fn commands(&mut self) -> Result<Pipe, String> {
        let mut pipe = vec![Vec::new()];
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.chars().next() {
                None | Some(')') => break,
                Some('|') => {
                    self.rest = &self.rest[1..];
                    pipe.push(Vec::new());
                }
                Some(first) => {
                    let operand = self.operand(first)?;
                    pipe.last_mut().expect("it begins with one").push(operand);
                }
            }
        }
        if pipe.iter().any(Vec::is_empty) {
            return Err("template: output:1: missing value for command".into());
        }
        Ok(pipe)
    }

    fn operand(&mut self, first: char) -> Result<Operand, String> {
        let base = match first {
            '"' | '`' => return self.quoted(first),
            '(' => {
                self.rest = &self.rest[1..];
                let inner = self.commands()?;
                self.rest = self.rest.strip_prefix(')').ok_or("template: output:1: unclosed left paren")?;
                Base::Inner(inner)
            }
            '.' => Base::Dot,
            '$' => Base::Variable(self.word()),
            _ => {
                let word = self.word();
                return match word.as_str() {
                    "" => Err(format!("template: output:1: unexpected \"{first}\" in operand")),
                    "true" | "false" => Ok(Operand::Value(Tree::Bool(word == "true"))),
                    "nil" => Ok(Operand::Value(Tree::Null)),
                    _ => match word.parse() {
                        Ok(number) => Ok(Operand::Value(Tree::Int(number))),
                        Err(_) if FUNCTIONS.contains(&word.as_str()) => Ok(Operand::Function(word)),
                        Err(_) => Err(format!("template: output:1: function \"{word}\" not defined")),
                    },
                };
            }
        };
        let mut fields = Vec::new();
        while let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            let field = self.word();
            if !field.is_empty() {
                fields.push(field);
            }
        }
        Ok(Operand::Chain(base, fields))
    }

    fn word(&mut self) -> String {
        let ends = |(at, c): (usize, char)| (at > 0 || c != '$') && !(c.is_alphanumeric() || c == '_' || (c == '-' && at == 0));
        let end = self.rest.char_indices().find(|one| ends(*one)).map_or(self.rest.len(), |(at, _)| at);
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_string()
    }

    fn quoted(&mut self, mark: char) -> Result<Operand, String> {
        let mut text = String::new();
        let mut letters = self.rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                _ if letter == mark => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(Operand::Value(Tree::from(text)));
                }
                '\\' if mark == '"' => text.push(match letters.next().map(|(_, next)| next) {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some(other) => other,
                    None => break,
                }),
                _ => text.push(letter),
            }
        }
        Err("template: output:1: unterminated quoted string".into())
    }
}

const FUNCTIONS: &[&str] =
    &["and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "print", "printf", "println", "base64decode", "exists"];

struct Run {
    names: Vec<(String, Tree)>,
    out: String,
}

impl Run {
    fn all(&mut self, nodes: &[Node], dot: &Tree) -> Result<(), String> {
        let known = self.names.len();
        for node in nodes {
            match node {
                Node::Text(text) => self.out.push_str(text),
                Node::Print(pipe) => {
                    let value = self.value(pipe, dot)?;
                    self.out.push_str(&if value.is_null() { "<no value>".to_string() } else { plain(&value) });
                }
                Node::Set(name, pipe) => {
                    let value = self.value(pipe, dot)?;
                    self.names.push((name.clone(), value));
                }
                Node::If(pipe, yes, no) => {
                    let holds = holds(&self.value(pipe, dot)?);
                    self.all(if holds { yes } else { no }, dot)?;
                }
                Node::With(pipe, yes, no) => {
                    let value = self.value(pipe, dot)?;
                    if holds(&value) { self.all(yes, &value)? } else { self.all(no, dot)? }
                }
                Node::Range(over, pipe, body, empty) => self.range(over, pipe, (body, empty), dot)?,
            }
        }
        self.names.truncate(known);
        Ok(())
    }

    fn range(&mut self, over: &[String], pipe: &Pipe, (body, empty): (&[Node], &[Node]), dot: &Tree) -> Result<(), String> {
        let items: Vec<(Tree, Tree)> = match self.value(pipe, dot)? {
            Tree::Map(map) => map.iter().map(|(key, value)| (Tree::from(key), value.clone())).collect(),
            list => list.items().iter().enumerate().map(|(at, item)| (Tree::from(at), item.clone())).collect(),
        };
        if items.is_empty() {
            return self.all(empty, dot);
        }
        for (key, item) in items {
            let known = self.names.len();
            match over {
                [one] => self.names.push((one.clone(), item.clone())),
                [first, second] => self.names.extend([(first.clone(), key), (second.clone(), item.clone())]),
                _ => {}
            }
            self.all(body, &item)?;
            self.names.truncate(known);
        }
        Ok(())
    }

    fn value(&self, pipe: &Pipe, dot: &Tree) -> Result<Tree, String> {
        let mut piped = None;
        for command in pipe {
            piped = Some(self.command(command, piped, dot)?);
        }
        Ok(piped.unwrap_or_default())
    }

    fn command(&self, command: &[Operand], piped: Option<Tree>, dot: &Tree) -> Result<Tree, String> {
        let Some((Operand::Function(name), rest)) = command.split_first() else { return self.operand(&command[0], dot) };
        let mut given = rest.iter().map(|one| self.operand(one, dot)).collect::<Result<Vec<Tree>, String>>()?;
        given.extend(piped);
        call(name, &given)
    }

    fn operand(&self, operand: &Operand, dot: &Tree) -> Result<Tree, String> {
        let (base, fields) = match operand {
            Operand::Value(value) => return Ok(value.clone()),
            Operand::Function(name) => return call(name, &[]),
            Operand::Chain(base, fields) => (base, fields),
        };
        let (mut tree, begin) = match base {
            Base::Dot => (dot.clone(), String::new()),
            Base::Inner(pipe) => (self.value(pipe, dot)?, String::new()),
            Base::Variable(name) => {
                let known = self.names.iter().rev().find(|(known, _)| known == name);
                (
                    known.map(|(_, value)| value.clone()).ok_or_else(|| format!("template: output:1: undefined variable \"{name}\""))?,
                    name.clone(),
                )
            }
        };
        for field in fields {
            let why = match &tree {
                Tree::Map(_) => {
                    tree = tree.get(field).clone();
                    continue;
                }
                Tree::Null => format!("nil pointer evaluating interface {{}}.{field}"),
                _ => format!("can't evaluate field {field} in type interface {{}}"),
            };
            let whole = format!("{begin}.{}", fields.join("."));
            let column = 2 + whole.len() - 1 - fields.last().map_or(0, String::len);
            return Err(format!("template: output:1:{column}: executing \"output\" at <{whole}>: {why}"));
        }
        Ok(tree)
    }
}

/// Go's truth: neither nothing, nor zero, nor empty.
fn holds(value: &Tree) -> bool {
    !value.is_empty() && *value != Tree::Bool(false) && *value != Tree::Int(0)
}

fn call(name: &str, given: &[Tree]) -> Result<Tree, String> {
    let first = given.first().cloned().unwrap_or_default();
    let second = given.get(1).cloned().unwrap_or_default();
    Ok(match name {
        "and" => given.iter().find(|one| !holds(one)).or(given.last()).cloned().unwrap_or_default(),
        "or" => given.iter().find(|one| holds(one)).or(given.last()).cloned().unwrap_or_default(),
        "not" => Tree::Bool(!holds(&first)),
        "eq" => Tree::Bool(given[1.min(given.len())..].contains(&first)),
        "ne" => Tree::Bool(second != first),
        "lt" => Tree::Bool(order(&first, &second) == Ordering::Less),
        "le" => Tree::Bool(order(&first, &second) != Ordering::Greater),
        "gt" => Tree::Bool(order(&first, &second) == Ordering::Greater),
        "ge" => Tree::Bool(order(&first, &second) != Ordering::Less),
        "index" => given[1.min(given.len())..].iter().try_fold(first, |tree, key| at(&tree, key))?,
        "len" => Tree::from(first.items().len().max(first.entries().count()).max(first.text().len())),
        "printf" => Tree::from(formatted(first.text(), &given[1.min(given.len())..])),
        "print" => Tree::from(given.iter().map(plain).collect::<String>()),
        "println" => Tree::from(given.iter().map(plain).collect::<Vec<_>>().join(" ") + "\n"),
        "exists" => {
            Tree::Bool(given[1.min(given.len())..].iter().try_fold(first, |tree, key| at(&tree, key)).is_ok_and(|found| !found.is_null()))
        }
        _ => Tree::from(objects::base64::decode_text(first.text()).ok_or("template: illegal base64 data")?),
    })
}

fn at(tree: &Tree, key: &Tree) -> Result<Tree, String> {
    match key {
        Tree::Int(place) => match usize::try_from(*place).ok().and_then(|place| tree.items().get(place)) {
            Some(item) => Ok(item.clone()),
            None => Err(format!(
                "template: output:1: executing \"output\" at <index>: error calling index: reflect: slice index out of range: {place}"
            )),
        },
        key => Ok(tree.get(key.text()).clone()),
    }
}

fn order(one: &Tree, other: &Tree) -> Ordering {
    match (one, other) {
        (Tree::Int(one), Tree::Int(other)) => one.cmp(other),
        _ => one.text().cmp(other.text()),
    }
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
fn plain(value: &Tree) -> String {
    match value {
        Tree::Null => "<nil>".to_string(),
        Tree::List(_) => format!("[{}]", value.items().iter().map(plain).collect::<Vec<_>>().join(" ")),
        Tree::Map(map) => {
            let pairs: Vec<String> = map.iter().map(|(key, value)| format!("{key}:{}", plain(value))).collect();
            format!("map[{}]", pairs.join(" "))
        }
        other => super::jsonpath_out::text(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str) -> Result<String, String> {
        let object =
            Tree::from_json(r#"{"items":[{"metadata":{"name":"a","labels":{"x":"1","y":"2"}},"n":3},{"metadata":{"name":"b"},"n":5}]}"#);
        Template::parse(template)?.render(&object.unwrap())
    }

    #[test]
    fn templates_walk_lists() {
        assert_eq!(render("{{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}").unwrap(), "a\nb\n");
        assert_eq!(render("{{len .items}}{{if .none}}x{{else}}y{{end}}").unwrap(), "2y");
        assert_eq!(render("{{range $i, $one := .items}}{{$i}}{{$one.metadata.name}}{{end}}").unwrap(), "0a1b");
        assert!(render("{{range .items}}").is_err());
    }

    #[test]
    fn calls_stand_in_brackets_and_pipes() {
        assert_eq!(render("{{with index .items 0}}{{.metadata.name | printf \"<%s>\"}}{{else}}none{{end}}").unwrap(), "<a>");
        assert_eq!(render("{{(index .items 1).metadata.name}}").unwrap(), "b");
        let both = "{{range .items}}{{if and (gt .n 4) (ne .metadata.name \"a\")}}{{.n}}{{else if eq .n 3}}three {{end}}{{end}}";
        assert_eq!(render(both).unwrap(), "three 5");
        assert_eq!(render("{{(index .items 0).metadata.labels}}").unwrap(), "map[x:1 y:2]");
        assert_eq!(render("{{printf \"%-3s|%3d\" \"a\" 5}}").unwrap(), "a  |  5");
    }

    #[test]
    fn what_a_value_does_not_have_is_said_as_go_says_it() {
        assert_eq!(render("{{.none}}").unwrap(), "<no value>");
        let words = |template| render(template).unwrap_err();
        assert_eq!(
            words("{{.items.foo}}"),
            "template: output:1:8: executing \"output\" at <.items.foo>: can't evaluate field foo in type interface {}"
        );
        assert!(words("{{.none.foo}}").ends_with("nil pointer evaluating interface {}.foo"));
        assert_eq!(words("{{foo .items}}"), "template: output:1: function \"foo\" not defined");
    }
}
