//! Go's text/template over one object: actions, pipelines, `if`, `with`, `range`, variables, named templates, functions.
mod functions;

use functions::{FUNCTIONS, call, plain, type_of};
use objects::Tree;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Print(Pipe),
    Set(String, Pipe),
    If(Pipe, Vec<Node>, Vec<Node>),
    With(Pipe, Vec<Node>, Vec<Node>),
    /// Variables for key and value, the list, the body, the body when empty.
    Range(Vec<String>, Pipe, Vec<Node>, Vec<Node>),
    Break,
    Continue,
    /// `{{template "name" .x}}`, with its own text and place for errors.
    Named {
        name: String,
        pipe: Option<Pipe>,
        text: String,
        place: String,
    },
}

/// Commands, each with the value of the one before as its last argument; a name in front is set to the result.
#[derive(Clone, Debug, Default)]
struct Pipe {
    set: Option<String>,
    commands: Vec<Command>,
}

/// A function with its arguments, or one operand; `text` and `place` (`1:2`) are for errors.
#[derive(Clone, Debug, Default)]
struct Command {
    operands: Vec<Operand>,
    text: String,
    place: String,
}

#[derive(Clone, Debug)]
enum Operand {
    Value(Tree),
    Function(String),
    /// `.a.b`, `$x.a`, `(…).a`: where it begins, the fields, and the place of each.
    Chain(Base, Vec<(String, String)>),
}

#[derive(Clone, Debug)]
enum Base {
    Dot,
    Variable(String),
    Inner(Pipe),
}

/// A template that has been read.
#[derive(Clone, Debug)]
pub struct Template {
    nodes: Vec<Node>,
    named: Named,
}

type Named = BTreeMap<String, Vec<Node>>;

/// How often a range over a number goes round at most.
const MOST_ROUNDS: i64 = 1_000_000;

/// How deep named templates may call one another.
const DEEPEST: usize = 200;

impl Template {
    /// The error is Go's sentence, without the line that kubectl puts before it.
    pub fn parse(text: &str) -> Result<Template, String> {
        let pieces = split(text)?;
        let mut parser = Parser { pieces: &pieces, at: 0, ranges: 0, named: BTreeMap::new() };
        let (nodes, end) = parser.block()?;
        if end.is_empty() {
            Ok(Template { nodes, named: parser.named })
        } else {
            Err(format!("template: output:1: unexpected {{{{{end}}}}}"))
        }
    }

    /// Carries it out over one object; with `strict`, a key that a map does not have is an error. The error comes with what
    /// was printed before it.
    pub fn render(&self, object: &Tree, strict: bool) -> Result<String, (String, String)> {
        let names = vec![("$".to_string(), object.clone())];
        let mut run = Run { names, out: String::new(), strict, named: &self.named, depth: 0 };
        match run.all(&self.nodes, object) {
            Err(Halt::Fail(why)) => Err((run.out, why)),
            _ => Ok(run.out),
        }
    }
}

/// A piece of a template: text, or (`Err`) an action with its line and column.
type Piece = Result<String, (String, usize, usize)>;

/// Texts and actions in turn.
fn split(template: &str) -> Result<Vec<Piece>, String> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut rest = template;
    let mut trim = false;
    while let Some(start) = rest.find("{{") {
        let (before, after) = rest.split_at(start);
        let end = after.find("}}").ok_or("template: output:1: unclosed action")?;
        let action = &after[2..end];
        let before = if trim { before.trim_start() } else { before };
        pieces.push(Ok(if action.starts_with("- ") { before.trim_end() } else { before }.to_string()));
        trim = action.ends_with(" -");
        let begin = template.len() - after.len() + 2 + action.len() - action.trim_start_matches("- ").trim_start().len();
        let action = action.trim_start_matches("- ").trim_end_matches(" -").trim();
        if !action.starts_with("/*") {
            let line = template[..begin].rfind('\n').map_or(0, |at| at + 1);
            pieces.push(Err((action.to_string(), template[..begin].matches('\n').count() + 1, begin - line)));
        }
        rest = &after[end + 2..];
    }
    pieces.push(Ok(if trim { rest.trim_start() } else { rest }.to_string()));
    Ok(pieces)
}

struct Parser<'a> {
    pieces: &'a [Piece],
    at: usize,
    /// In how many ranges it stands.
    ranges: usize,
    named: Named,
}

impl Parser<'_> {
    /// Nodes up to `else`, `else if …` or `end`, which is given back.
    fn block(&mut self) -> Result<(Vec<Node>, String), String> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.get(self.at) {
            self.at += 1;
            let (action, line, column) = match piece {
                Ok(text) => {
                    nodes.push(Node::Text(text.clone()));
                    continue;
                }
                Err((action, line, column)) => (action.as_str(), *line, *column),
            };
            let (word, rest) = action.split_once(' ').unwrap_or((action, ""));
            let place = (line, column + action.len() - rest.len());
            match word {
                "end" | "else" => return Ok((nodes, action.to_string())),
                "if" | "with" | "range" => nodes.push(self.branch(word, rest, place)?),
                "break" | "continue" if self.ranges == 0 => {
                    return Err(format!("template: output:{line}: {{{{{word}}}}} outside {{{{range}}}}"));
                }
                "break" => nodes.push(Node::Break),
                "continue" => nodes.push(Node::Continue),
                "define" => self.define(rest, line)?,
                "template" | "block" => nodes.push(self.named(word, action, rest, place)?),
                _ => nodes.push(action_of(action, (line, column))?),
            }
        }
        Ok((nodes, String::new()))
    }

    fn define(&mut self, rest: &str, line: usize) -> Result<(), String> {
        let (name, _) = title(rest.trim(), "define", line)?;
        let body = self.block().and_then(closed)?;
        self.named.insert(name, body);
        Ok(())
    }

    fn named(&mut self, word: &str, action: &str, rest: &str, place: (usize, usize)) -> Result<Node, String> {
        let (name, rest) = title(rest, word, place.0)?;
        let pipe = if rest.trim().is_empty() { None } else { Some(Reader::pipe(rest, (place.0, place.1 + name.len() + 2))?) };
        if word == "block" {
            let body = self.block().and_then(closed)?;
            self.named.insert(name.clone(), body);
        }
        Ok(Node::Named { name, pipe, text: format!("{{{{{action}}}}}"), place: format!("{}:{}", place.0, place.1) })
    }

    fn branch(&mut self, word: &str, rest: &str, place: (usize, usize)) -> Result<Node, String> {
        if rest.trim().is_empty() {
            return Err(format!("template: output:{}: missing value for {word}", place.0));
        }
        self.ranges += usize::from(word == "range");
        let (body, end) = self.block()?;
        self.ranges -= usize::from(word == "range");
        let other = match end.strip_prefix("else") {
            None => Vec::new(),
            Some("") => self.block().and_then(closed)?,
            // `{{else if x}}` is an `if` within the `else`, ended by the same `end`.
            Some(next) => {
                let (word, rest) = next.trim().split_once(' ').unwrap_or((next.trim(), ""));
                vec![self.branch(word, rest, place)?]
            }
        };
        if end.is_empty() {
            return Err("template: output:1: unexpected EOF".into());
        }
        let (names, text) = match rest.split_once(":=").filter(|(names, _)| names.starts_with('$')) {
            Some((names, pipe)) => (names.split(',').map(|name| name.trim().to_string()).collect(), pipe),
            None => (Vec::new(), rest),
        };
        let mut pipe = Reader::pipe(text, (place.0, place.1 + rest.len() - text.len()))?;
        if word != "range" {
            pipe.set = names.first().cloned();
        }
        Ok(match word {
            "if" => Node::If(pipe, body, other),
            "with" => Node::With(pipe, body, other),
            _ => Node::Range(names, pipe, body, other),
        })
    }
}

/// The quoted name of a template, and what stands behind it.
fn title<'a>(rest: &'a str, clause: &str, line: usize) -> Result<(String, &'a str), String> {
    let inner = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    match inner {
        Some((name, rest)) => Ok((name.to_string(), rest)),
        None => {
            let found = rest.split(' ').next().unwrap_or_default();
            let clause = if clause == "define" { "define clause".to_string() } else { format!("{clause} clause") };
            Err(format!("template: output:{line}: unexpected \"{found}\" in {clause}"))
        }
    }
}

fn closed((nodes, end): (Vec<Node>, String)) -> Result<Vec<Node>, String> {
    if end == "end" { Ok(nodes) } else { Err("template: output:1: unexpected EOF".into()) }
}

fn action_of(action: &str, place: (usize, usize)) -> Result<Node, String> {
    let set = action.split_once(":=").or_else(|| action.split_once(" = ")).filter(|(name, _)| name.starts_with('$'));
    Ok(match set {
        Some((name, pipe)) => Node::Set(name.trim().into(), Reader::pipe(pipe, (place.0, place.1 + action.len() - pipe.len()))?),
        None => Node::Print(Reader::pipe(action, place)?),
    })
}

/// Reads one pipeline, which ends at column `end` of its line.
struct Reader<'a> {
    rest: &'a str,
    line: usize,
    end: usize,
}

impl Reader<'_> {
    fn pipe(text: &str, (line, column): (usize, usize)) -> Result<Pipe, String> {
        let mut reader = Reader { rest: text, line, end: column + text.len() };
        let pipe = reader.commands()?;
        if reader.rest.is_empty() { Ok(pipe) } else { Err("template: output:1: unexpected right paren".into()) }
    }

    /// `1:2`: the line, and how many letters stand before the place in it.
    fn place(&self) -> String {
        format!("{}:{}", self.line, self.end - self.rest.len())
    }

    fn commands(&mut self) -> Result<Pipe, String> {
        let mut pipe = Pipe { set: None, commands: Vec::new() };
        loop {
            let mut command = Command::default();
            self.rest = self.rest.trim_start();
            let begin = self.rest;
            command.place = self.place();
            while let Some(first) = self.rest.chars().next().filter(|c| !matches!(c, ')' | '|')) {
                command.operands.push(self.operand(first)?);
                self.rest = self.rest.trim_start();
            }
            command.text = begin[..begin.len() - self.rest.len()].trim_end().to_string();
            if command.operands.is_empty() {
                return Err(format!("template: output:{}: missing value for command", self.line));
            }
            pipe.commands.push(command);
            match self.rest.strip_prefix('|') {
                Some(rest) => self.rest = rest,
                None => return Ok(pipe),
            }
        }
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
                        Ok(number) if self.rest.starts_with('.') => {
                            let whole: i64 = number;
                            self.rest = &self.rest[1..];
                            let text = format!("{whole}.{}", self.word());
                            Ok(Operand::Value(objects::float::read(&text).map_or(Tree::Int(whole), Tree::Float)))
                        }
                        Ok(number) => Ok(Operand::Value(Tree::Int(number))),
                        Err(_) if FUNCTIONS.contains(&word.as_str()) => Ok(Operand::Function(word)),
                        Err(_) => Err(format!("template: output:1: function \"{word}\" not defined")),
                    },
                };
            }
        };
        let mut fields = Vec::new();
        while let Some(rest) = self.rest.strip_prefix('.') {
            let place = self.place();
            self.rest = rest;
            let field = self.word();
            if !field.is_empty() {
                fields.push((field, place));
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

struct Run<'a> {
    names: Vec<(String, Tree)>,
    out: String,
    strict: bool,
    named: &'a Named,
    depth: usize,
}

/// Why the nodes after this one are not reached.
enum Halt {
    Break,
    Continue,
    Fail(String),
}

impl From<String> for Halt {
    fn from(why: String) -> Halt {
        Halt::Fail(why)
    }
}

impl Run<'_> {
    fn all(&mut self, nodes: &[Node], dot: &Tree) -> Result<(), Halt> {
        let known = self.names.len();
        for node in nodes {
            self.node(node, dot)?;
        }
        self.names.truncate(known);
        Ok(())
    }

    fn node(&mut self, node: &Node, dot: &Tree) -> Result<(), Halt> {
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
            Node::If(pipe, yes, no) | Node::With(pipe, yes, no) => {
                let value = self.value(pipe, dot)?;
                let outside = self.names.len();
                self.names.extend(pipe.set.iter().map(|name| (name.clone(), value.clone())));
                let with = matches!(node, Node::With(..));
                match holds(&value) {
                    true => self.all(yes, if with { &value } else { dot })?,
                    false => self.all(no, dot)?,
                }
                self.names.truncate(outside);
            }
            Node::Range(over, pipe, body, empty) => self.range(over, pipe, (body, empty), dot)?,
            Node::Break => return Err(Halt::Break),
            Node::Continue => return Err(Halt::Continue),
            Node::Named { name, pipe, text, place } => {
                let at = || format!("template: output:{place}: executing \"output\" at <{text}>: ");
                let Some(body) = self.named.get(name) else { return Err(Halt::Fail(format!("{}template \"{name}\" not defined", at()))) };
                if self.depth == DEEPEST {
                    return Err(Halt::Fail(format!("{}exceeded maximum template depth (100000)", at())));
                }
                let value = pipe.as_ref().map_or(Ok(Tree::Null), |pipe| self.value(pipe, dot))?;
                self.depth += 1;
                let outer = std::mem::replace(&mut self.names, vec![("$".to_string(), value.clone())]);
                self.all(body, &value)?;
                self.names = outer;
                self.depth -= 1;
            }
        }
        Ok(())
    }

    fn range(&mut self, over: &[String], pipe: &Pipe, (body, empty): (&[Node], &[Node]), dot: &Tree) -> Result<(), Halt> {
        let items: Vec<(Tree, Tree)> = match self.value(pipe, dot)? {
            Tree::Map(map) => map.iter().map(|(key, value)| (Tree::from(key), value.clone())).collect(),
            Tree::Int(number) => (0..number.min(MOST_ROUNDS)).map(|at| (Tree::Int(at), Tree::Int(at))).collect(),
            list @ (Tree::List(_) | Tree::Null) => {
                list.items().iter().enumerate().map(|(at, item)| (Tree::from(at), item.clone())).collect()
            }
            other => {
                let Some(Command { text, place, .. }) = pipe.commands.first() else { return Ok(()) };
                let why = format!("range can't iterate over {}", plain(&other));
                return Err(Halt::Fail(format!("template: output:{place}: executing \"output\" at <{text}>: {why}")));
            }
        };
        if items.is_empty() {
            return self.all(empty, dot);
        }
        let known = self.names.len();
        for (key, item) in items {
            match over {
                [one] => self.names.push((one.clone(), item.clone())),
                [first, second] => self.names.extend([(first.clone(), key), (second.clone(), item.clone())]),
                _ => {}
            }
            let round = self.all(body, &item);
            self.names.truncate(known);
            match round {
                Err(Halt::Break) => break,
                Err(Halt::Continue) | Ok(()) => {}
                fail => return fail,
            }
        }
        Ok(())
    }

    fn value(&self, pipe: &Pipe, dot: &Tree) -> Result<Tree, String> {
        let mut piped = None;
        for command in &pipe.commands {
            piped = Some(self.command(command, piped, dot)?);
        }
        Ok(piped.unwrap_or_default())
    }

    fn command(&self, command: &Command, piped: Option<Tree>, dot: &Tree) -> Result<Tree, String> {
        let Command { text, place, .. } = command;
        let Some((Operand::Function(name), rest)) = command.operands.split_first() else {
            if matches!(command.operands[..], [Operand::Value(Tree::Null)]) {
                return Err(format!("template: output:{place}: executing \"output\" at <nil>: nil is not a command"));
            }
            return self.operand(&command.operands[0], dot);
        };
        // Numbers that are written out are of another type than those of an object.
        let type_name = |operand: &Operand| if matches!(operand, Operand::Value(Tree::Int(_))) { "int" } else { "" };
        let types: Vec<&str> = rest.iter().map(type_name).collect();
        let mut given = rest.iter().map(|one| self.operand(one, dot)).collect::<Result<Vec<Tree>, String>>()?;
        given.extend(piped);
        let types: Vec<&str> = given
            .iter()
            .enumerate()
            .map(|(at, value)| types.get(at).copied().filter(|name| !name.is_empty()).unwrap_or_else(|| type_of(value)))
            .collect();
        call(name, &given, &types)
            .map_err(|why| format!("template: output:{place}: executing \"output\" at <{text}>: error calling {name}: {why}"))
    }

    fn operand(&self, operand: &Operand, dot: &Tree) -> Result<Tree, String> {
        let (base, fields) = match operand {
            Operand::Value(value) => return Ok(value.clone()),
            Operand::Function(name) => return call(name, &[], &[]),
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
        for (field, place) in fields {
            let why = match &tree {
                Tree::Map(map) if self.strict && map.get(field).is_none() => format!("map has no entry for key \"{field}\""),
                Tree::Map(_) => {
                    tree = tree.get(field).clone();
                    continue;
                }
                // What an absent field would have is absent, too.
                Tree::Null => continue,
                _ => format!("can't evaluate field {field} in type interface {{}}"),
            };
            let names: String = fields.iter().map(|(name, _)| format!(".{name}")).collect();
            return Err(format!("template: output:{place}: executing \"output\" at <{begin}{names}>: {why}"));
        }
        Ok(tree)
    }
}

/// Go's truth: neither nothing, nor zero, nor empty.
fn holds(value: &Tree) -> bool {
    !value.is_empty() && *value != Tree::Bool(false) && *value != Tree::Int(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str) -> Result<String, String> {
        let object =
            Tree::from_json(r#"{"items":[{"metadata":{"name":"a","labels":{"x":"1","y":"2"}},"n":3},{"metadata":{"name":"b"},"n":5}]}"#);
        Template::parse(template)?.render(&object.unwrap(), false).map_err(|(_, why)| why)
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
        assert_eq!(render("{{with $one := (index .items 1).metadata.name}}{{$one}}{{end}}{{slice \"kube\" 1 3}}").unwrap(), "bub");
        assert_eq!(render("{{html \"<a>\"}} {{urlquery \"a b&\"}} {{print 1 2 \"x\" 3}}").unwrap(), "&lt;a&gt; a+b%26 1 2x3");
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
        assert_eq!(render("{{.none.foo.bar}}").unwrap(), "<no value>");
        assert_eq!(
            words("a\n {{index .items 5}}"),
            "template: output:2:3: executing \"output\" at <index .items 5>: error calling index: index out of range: 5"
        );
        assert_eq!(words("{{with}}{{end}}"), "template: output:1: missing value for with");
        assert_eq!(words("{{foo .items}}"), "template: output:1: function \"foo\" not defined");
    }
}
