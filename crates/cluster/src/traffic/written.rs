//! Traffic sources as YAML: as a lesson has them, with what is wrong beside its line.
use super::Source;
use crate::input::{Share, TRAFFIC_FIELDS, TrafficSpec};
use crate::manifest::{self, Flaw};
use objects::{Tree, yaml};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Fields of a share of the users.
const SHARE: [&str; 3] = ["percent", "header", "value"];

/// The sources as a text that `read` understands: `traffic:` with a list.
pub fn write(sources: &[TrafficSpec]) -> String {
    if sources.is_empty() {
        return "traffic: []\n".to_string();
    }
    let mut text = String::from("traffic:\n");
    sources.iter().for_each(|spec| one(&mut text, spec));
    text
}

fn one(text: &mut String, spec: &TrafficSpec) {
    let quoted = |value: &str| yaml::write(&Tree::from(value)).trim_end().to_string();
    let _ = writeln!(text, "- id: {}\n  to: {}", quoted(&spec.id), quoted(&spec.to));
    for (name, value) in [("via", &spec.via), ("from", &spec.from), ("namespace", &spec.namespace), ("path", &spec.path)] {
        if !value.is_empty() {
            let _ = writeln!(text, "  {name}: {}", quoted(value));
        }
    }
    let numbers = [
        ("rps", spec.rps),
        ("users", spec.users),
        ("think_ms", spec.think_ms),
        ("concurrency", spec.concurrency),
        ("timeout_ms", spec.timeout_ms),
        ("retries", spec.retries),
    ];
    for (name, value) in numbers.into_iter().filter(|(_, value)| *value > 0) {
        let _ = writeln!(text, "  {name}: {value}");
    }
    if spec.keep_alive {
        text.push_str("  keep_alive: true\n");
    }
    if !spec.headers.is_empty() {
        text.push_str("  headers:\n");
        for (name, value) in &spec.headers {
            let _ = writeln!(text, "    {}: {}", quoted(name), quoted(value));
        }
    }
    if let Some(share) = &spec.share {
        let (header, value) = (quoted(&share.header), quoted(&share.value));
        let _ = writeln!(text, "  share: {{percent: {}, header: {header}, value: {value}}}", share.percent);
    }
}

/// The sources of a text, or everything that is wrong with it: a list of them, or one below `traffic`.
pub fn read(text: &str) -> Result<Vec<TrafficSpec>, Vec<Flaw>> {
    let documents = yaml::read(text).map_err(|problem| {
        let yaml::Problem { line, column, end_column, message } = problem;
        vec![Flaw { line, column, end_column, warning: false, message }]
    })?;
    let mut reader = Reader { wrong: Vec::new() };
    let tree = documents.first().map_or(&Tree::Null, |document| &document.tree);
    if let Some(more) = documents.get(1) {
        let message = "there is one document of sources, and this is another".to_string();
        return Err(vec![Flaw { line: more.line, column: 1, end_column: 2, warning: false, message }]);
    }
    let sources = reader.all(tree);
    if reader.wrong.is_empty() {
        return Ok(sources);
    }
    let positions = yaml::positions(text);
    let own: Vec<&yaml::Position> = positions.iter().collect();
    let mut flaws: Vec<Flaw> = reader.wrong.into_iter().map(|(path, message)| manifest::at(&own, 1, &path, false, message)).collect();
    flaws.sort_by_key(|flaw| flaw.line);
    Err(flaws)
}

/// Reads on after a mistake, so that all of them are told at once. Its words are those of an API server for custom resources.
struct Reader {
    wrong: Vec<(String, String)>,
}

impl Reader {
    fn all(&mut self, tree: &Tree) -> Vec<TrafficSpec> {
        let (root, list) = match tree {
            Tree::List(_) => ("", tree),
            Tree::Null => return Vec::new(),
            _ => {
                self.known("", tree, &["traffic"]);
                ("traffic", tree.get("traffic"))
            }
        };
        if !matches!(list, Tree::List(_) | Tree::Null) || matches!(tree, Tree::Text(_) | Tree::Int(_) | Tree::Bool(_)) {
            self.mistyped(root, "array", list);
            return Vec::new();
        }
        let mut sources: Vec<TrafficSpec> = Vec::new();
        for (place, item) in list.items().iter().enumerate() {
            let path = format!("{root}[{place}]");
            let spec = self.source(&path, item);
            if !spec.id.is_empty() && sources.iter().any(|other| other.id == spec.id) {
                self.wrong.push((format!("{path}.id"), format!("{path}.id: Duplicate value: \"{}\"", spec.id)));
            }
            sources.push(spec);
        }
        sources
    }

    fn source(&mut self, path: &str, tree: &Tree) -> TrafficSpec {
        if !matches!(tree, Tree::Map(_)) {
            self.mistyped(path, "object", tree);
            return TrafficSpec::default();
        }
        let before = self.wrong.len();
        self.known(path, tree, &TRAFFIC_FIELDS);
        let number = |own: &mut Self, name: &str| own.number(path, tree, name, u32::MAX);
        let spec = TrafficSpec {
            id: self.text(path, tree, "id", true),
            to: self.text(path, tree, "to", true),
            via: self.text(path, tree, "via", false),
            from: self.text(path, tree, "from", false),
            namespace: self.text(path, tree, "namespace", false),
            path: self.text(path, tree, "path", false),
            rps: self.number(path, tree, "rps", super::source::RPS_MOST),
            users: self.number(path, tree, "users", super::source::USERS_MOST),
            concurrency: number(self, "concurrency"),
            timeout_ms: number(self, "timeout_ms"),
            retries: number(self, "retries"),
            think_ms: number(self, "think_ms"),
            keep_alive: self.truth(path, tree, "keep_alive"),
            headers: self.headers(path, tree.get("headers")),
            share: self.share(&format!("{path}.share"), tree.get("share")),
        };
        // What a single field cannot tell: whether anything stands at the address.
        if self.wrong.len() == before
            && let Err(words) = Source::new(&spec, 0)
        {
            self.wrong.push((format!("{path}.to"), words));
        }
        spec
    }

    fn share(&mut self, path: &str, tree: &Tree) -> Option<Share> {
        match tree {
            Tree::Null => return None,
            Tree::Map(_) => self.known(path, tree, &SHARE),
            _ => {
                self.mistyped(path, "object", tree);
                return None;
            }
        }
        let percent = self.number(path, tree, "percent", 100);
        Some(Share { percent, header: self.text(path, tree, "header", true), value: self.text(path, tree, "value", false) })
    }

    fn headers(&mut self, path: &str, tree: &Tree) -> BTreeMap<String, String> {
        let path = format!("{path}.headers");
        if !matches!(tree, Tree::Null | Tree::Map(_)) {
            self.mistyped(&path, "object", tree);
        }
        tree.entries().map(|(name, _)| (name.to_string(), self.text(&path, tree, name, false))).collect()
    }

    fn known(&mut self, path: &str, tree: &Tree, fields: &[&str]) {
        let dot = if path.is_empty() { "" } else { "." };
        for (name, _) in tree.entries().filter(|(name, _)| !fields.contains(&name.as_str())) {
            let path = format!("{path}{dot}{name}");
            self.wrong.push((path.clone(), format!("unknown field \"{path}\"")));
        }
    }

    fn text(&mut self, path: &str, tree: &Tree, name: &str, needed: bool) -> String {
        let (path, value) = (format!("{path}.{name}"), tree.get(name));
        match value {
            Tree::Text(text) if !text.is_empty() => return text.to_string(),
            Tree::Text(_) | Tree::Null if needed => self.wrong.push((path.clone(), format!("{path}: Required value"))),
            Tree::Text(_) | Tree::Null => {}
            other => self.mistyped(&path, "string", other),
        }
        String::new()
    }

    fn number(&mut self, path: &str, tree: &Tree, name: &str, most: u32) -> u32 {
        let (path, value) = (format!("{path}.{name}"), tree.get(name));
        let number = match value {
            Tree::Null => return 0,
            Tree::Int(number) => *number,
            other => {
                self.mistyped(&path, "integer", other);
                return 0;
            }
        };
        let bound = match (number < 0, number > i64::from(most)) {
            (true, _) => "greater than or equal to 0".to_string(),
            (_, true) => format!("less than or equal to {most}"),
            _ => return number as u32,
        };
        self.wrong.push((path.clone(), format!("{path}: Invalid value: {number}: {path} in body should be {bound}")));
        0
    }

    fn truth(&mut self, path: &str, tree: &Tree, name: &str) -> bool {
        match tree.get(name) {
            Tree::Null => false,
            Tree::Bool(value) => *value,
            other => {
                self.mistyped(&format!("{path}.{name}"), "boolean", other);
                false
            }
        }
    }

    fn mistyped(&mut self, path: &str, wanted: &str, found: &Tree) {
        let found = match found {
            Tree::Null => "null",
            Tree::Bool(_) => "boolean",
            Tree::Int(_) => "integer",
            Tree::Text(_) => "string",
            Tree::List(_) => "array",
            Tree::Map(_) => "object",
            _ => "number",
        };
        let name = if path.is_empty() { "<root>" } else { path };
        let message = format!("{name}: Invalid value: \"{found}\": {name} in body must be of type {wanted}: \"{found}\"");
        self.wrong.push((path.to_string(), message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Vec<(usize, String)> {
        read(text).expect_err("it is refused").into_iter().map(|flaw| (flaw.line, flaw.message)).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut every =
            TrafficSpec { id: "yes".into(), to: "http://shop.example.com/".into(), via: "10.0.0.1".into(), ..Default::default() };
        (every.from, every.namespace, every.path) = ("app=front".into(), "team".into(), "/cart?x=1#2".into());
        (every.rps, every.users, every.think_ms, every.concurrency) = (1, 2, 3, 4);
        (every.timeout_ms, every.retries, every.keep_alive) = (5, 6, true);
        every.headers = [("X-Beta".to_string(), "no".to_string())].into();
        every.share = Some(Share { percent: 10, header: "Cookie".into(), value: "a: b, {c}".into() });
        let plain = TrafficSpec { id: "users".into(), to: "svc/shop:80".into(), rps: 20, ..Default::default() };
        let all = vec![every, plain];
        assert_eq!(read(&write(&all)), Ok(all));
        assert_eq!(read(&write(&[])), Ok(Vec::new()));
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn a_lessons_line_is_read_as_it_stands() {
        let specs = read("traffic: [{id: users, to: \"svc/shop:80\", rps: 40}]").expect("it fits");
        assert_eq!((specs[0].id.as_str(), specs[0].rps), ("users", 40));
        assert_eq!(read("- {id: users, to: 'svc/shop:80', rps: 40}"), Ok(specs));
    }

    #[test]
    fn every_mistake_is_told_at_its_line() {
        let text = "traffic:\n- id: users\n  to: svc/shop:80\n  rsp: 20\n- id: users\n  to: svc/shop:80\n  rps: many\n  keep_alive: 1\n- to: svc/shop\n  rps: 9000\n  share: {percent: 120}\n";
        let told = wrong(text);
        let at = |line: usize, words: &str| assert!(told.contains(&(line, words.to_string())), "{line}: {words}\n{told:#?}");
        at(4, "unknown field \"traffic[0].rsp\"");
        at(5, "traffic[1].id: Duplicate value: \"users\"");
        at(7, "traffic[1].rps: Invalid value: \"string\": traffic[1].rps in body must be of type integer: \"string\"");
        at(8, "traffic[1].keep_alive: Invalid value: \"integer\": traffic[1].keep_alive in body must be of type boolean: \"integer\"");
        at(9, "traffic[2].id: Required value");
        at(10, "traffic[2].rps: Invalid value: 9000: traffic[2].rps in body should be less than or equal to 5000");
        at(11, "traffic[2].share.percent: Invalid value: 120: traffic[2].share.percent in body should be less than or equal to 100");
        at(11, "traffic[2].share.header: Required value");
        assert_eq!(wrong("traffic: [").len(), 1, "broken YAML has kubectl's words");
        assert_eq!(wrong("shop").len(), 1);
        assert_eq!(wrong("trafic: []"), [(1, "unknown field \"trafic\"".to_string())]);
        assert_eq!(wrong("traffic:\n- id: a\n  to: svc/shop:many\n")[0].0, 3);
    }
}
