//! An awk program read into rules.
use crate::number;
use crate::pattern::Pattern;

pub struct Rule {
    pub when: When,
    pub body: Vec<Deed>,
}

pub enum When {
    Begin,
    End,
    Always,
    If(Value),
    /// From a line to a line; whether it is open is kept by number.
    Between(Value, Value, usize),
}

pub enum Deed {
    Print(Vec<Value>),
    Printf(Vec<Value>),
    Do(Value),
    If(Value, Vec<Deed>, Vec<Deed>),
    /// `for (KEY in ARRAY)`
    Each(String, String, Vec<Deed>),
    While(Value, Vec<Deed>),
    Delete(String, Value),
    Next,
    Exit(Option<Value>),
}

pub enum Value {
    Number(i64),
    Text(String),
    Fits(Pattern),
    Name(String),
    Field(Box<Value>),
    Item(String, Box<Value>),
    Set(Box<Value>, char, Box<Value>),
    /// `x++`: the old value, and what is added.
    Step(Box<Value>, i64, bool),
    Two(Two, Box<Value>, Box<Value>),
    Not(Box<Value>),
    Minus(Box<Value>),
    Choice(Box<Value>, Box<Value>, Box<Value>),
    In(Box<Value>, String),
    Call(String, Vec<Value>),
}

#[derive(Clone, Copy, PartialEq)]
pub enum Two {
    Or,
    And,
    Match,
    Differ,
    Less,
    Most,
    More,
    Least,
    Same,
    Other,
    Join,
    Add,
    Take,
    Times,
    Part,
    Rest,
    Power,
}

type Read<T> = Result<T, String>;

/// The error is what stands where it cannot be read on.
pub fn program(text: &str) -> Read<Vec<Rule>> {
    let mut reader = Reader { text, at: 0, ranges: 0 };
    let mut rules = Vec::new();
    loop {
        reader.lines();
        if reader.rest().is_empty() {
            return Ok(rules);
        }
        let when = reader.when()?;
        reader.blanks();
        let body = if reader.rest().starts_with('{') { reader.block()? } else { vec![Deed::Print(Vec::new())] };
        rules.push(Rule { when, body });
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    ranges: usize,
}

/// From loose to tight; each row's signs are of one strength.
const SIGNS: [&[(&str, Two)]; 6] = [
    &[("||", Two::Or)],
    &[("&&", Two::And)],
    &[("!~", Two::Differ), ("~", Two::Match)],
    &[("<=", Two::Most), (">=", Two::Least), ("==", Two::Same), ("!=", Two::Other), ("<", Two::Less), (">", Two::More)],
    &[("+", Two::Add), ("-", Two::Take)],
    &[("*", Two::Times), ("/", Two::Part), ("%", Two::Rest)],
];

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    fn lines(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', ';']).len();
        if self.rest().starts_with('#') {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            self.lines();
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len() } else { 0 };
        found
    }

    fn need(&mut self, sign: &str) -> Read<()> {
        if self.take(sign) { Ok(()) } else { Err(self.near()) }
    }

    fn near(&self) -> String {
        let rest = self.rest().trim_start();
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()).max(1);
        if rest.is_empty() { "end of file".into() } else { rest.chars().take(end).collect() }
    }

    /// A whole word.
    fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let after = self.rest().strip_prefix(word);
        let found = after.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn when(&mut self) -> Read<When> {
        if self.word("BEGIN") {
            return Ok(When::Begin);
        }
        if self.word("END") {
            return Ok(When::End);
        }
        if self.rest().starts_with('{') {
            return Ok(When::Always);
        }
        let from = self.value()?;
        if !self.take(",") {
            return Ok(When::If(from));
        }
        self.ranges += 1;
        Ok(When::Between(from, self.value()?, self.ranges - 1))
    }

    fn block(&mut self) -> Read<Vec<Deed>> {
        self.need("{")?;
        let mut deeds = Vec::new();
        loop {
            self.lines();
            if self.take("}") {
                return Ok(deeds);
            }
            deeds.push(self.deed()?);
            self.blanks();
            if !self.rest().starts_with([';', '\n', '}']) && !self.text[..self.at].ends_with(['}', ';', '\n']) {
                return Err(self.near());
            }
        }
    }

    fn body(&mut self) -> Read<Vec<Deed>> {
        self.lines();
        if self.rest().starts_with('{') { self.block() } else { Ok(vec![self.deed()?]) }
    }

    fn deed(&mut self) -> Read<Deed> {
        if self.word("print") {
            return Ok(Deed::Print(self.printed()?));
        }
        if self.word("printf") {
            return Ok(Deed::Printf(self.printed()?));
        }
        if self.word("next") {
            return Ok(Deed::Next);
        }
        if self.word("exit") {
            self.blanks();
            let code = if self.rest().starts_with([';', '}', '\n']) { None } else { Some(self.value()?) };
            return Ok(Deed::Exit(code));
        }
        if self.word("if") {
            self.need("(")?;
            let condition = self.value()?;
            self.need(")")?;
            let then = self.body()?;
            let before = self.at;
            self.lines();
            let other = if self.word("else") { self.body()? } else { (self.at = before, Vec::new()).1 };
            return Ok(Deed::If(condition, then, other));
        }
        if self.word("while") {
            self.need("(")?;
            let condition = self.value()?;
            self.need(")")?;
            return Ok(Deed::While(condition, self.body()?));
        }
        if self.word("for") {
            return self.each();
        }
        if self.word("delete") {
            let name = self.name();
            self.need("[")?;
            let key = self.value()?;
            self.need("]")?;
            return Ok(Deed::Delete(name, key));
        }
        Ok(Deed::Do(self.value()?))
    }

    /// `(k in a)`, or `(i = 1; i < n; i++)` as a while.
    fn each(&mut self) -> Read<Deed> {
        self.need("(")?;
        let before = self.at;
        let key = self.name();
        if self.word("in") {
            let array = self.name();
            self.need(")")?;
            return Ok(Deed::Each(key, array, self.body()?));
        }
        self.at = before;
        let first = self.value()?;
        self.need(";")?;
        let condition = self.value()?;
        self.need(";")?;
        let step = self.value()?;
        self.need(")")?;
        let mut body = self.body()?;
        body.push(Deed::Do(step));
        Ok(Deed::If(Value::Number(number::ONE), vec![Deed::Do(first), Deed::While(condition, body)], Vec::new()))
    }

    fn printed(&mut self) -> Read<Vec<Value>> {
        self.blanks();
        if self.rest().is_empty() || self.rest().starts_with([';', '}', '\n']) {
            return Ok(Vec::new());
        }
        // A list in brackets is the list itself.
        let before = self.at;
        if self.take("(")
            && let Ok(list) = self.list(")")
            && {
                self.blanks();
                self.rest().is_empty() || self.rest().starts_with([';', '}', '\n'])
            }
        {
            return Ok(list);
        }
        self.at = before;
        let mut all = vec![self.value()?];
        while self.take(",") {
            all.push(self.value()?);
        }
        Ok(all)
    }

    fn list(&mut self, close: &str) -> Read<Vec<Value>> {
        let mut all = Vec::new();
        while !self.take(close) {
            if !all.is_empty() {
                self.need(",")?;
            }
            all.push(self.value()?);
        }
        Ok(all)
    }

    fn value(&mut self) -> Read<Value> {
        let left = self.signs(0)?;
        if matches!(left, Value::Name(_) | Value::Field(_) | Value::Item(..)) {
            for sign in ["+=", "-=", "*=", "/=", "%="] {
                if self.take(sign) {
                    let letter = char::from(sign.as_bytes()[0]);
                    return Ok(Value::Set(Box::new(left), letter, Box::new(self.value()?)));
                }
            }
            self.blanks();
            if self.rest().starts_with('=') && !self.rest().starts_with("==") {
                self.at += 1;
                return Ok(Value::Set(Box::new(left), '=', Box::new(self.value()?)));
            }
        }
        if self.take("?") {
            let yes = self.value()?;
            self.need(":")?;
            return Ok(Value::Choice(Box::new(left), Box::new(yes), Box::new(self.value()?)));
        }
        Ok(left)
    }

    fn signs(&mut self, strength: usize) -> Read<Value> {
        let Some(signs) = SIGNS.get(strength) else { return self.power() };
        // Between comparisons and sums stands what has no sign: texts side by side.
        let next = |reader: &mut Self| if strength == 3 { reader.joined() } else { reader.signs(strength + 1) };
        let mut left = next(self)?;
        loop {
            self.blanks();
            let found = signs.iter().find(|(sign, _)| {
                let rest = self.rest().strip_prefix(sign);
                // `+=` sets, `++` steps.
                rest.is_some_and(|rest| {
                    !(strength >= 4 && (rest.starts_with('=') || rest.starts_with(*sign) && *sign != "*" && *sign != "/"))
                })
            });
            let Some((sign, two)) = found else {
                if strength == 2 && self.word("in") {
                    left = Value::In(Box::new(left), self.name());
                    continue;
                }
                return Ok(left);
            };
            self.at += sign.len();
            if strength < 2 {
                self.lines();
            }
            left = Value::Two(*two, Box::new(left), Box::new(next(self)?));
        }
    }

    fn joined(&mut self) -> Read<Value> {
        let mut left = self.signs(4)?;
        loop {
            self.blanks();
            let begins = self.rest().starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '$' | '(' | '_'));
            let word = |word: &str| self.rest().starts_with(word) && !self.rest()[word.len()..].starts_with(char::is_alphanumeric);
            if !begins || word("in") {
                return Ok(left);
            }
            left = Value::Two(Two::Join, Box::new(left), Box::new(self.signs(4)?));
        }
    }

    fn power(&mut self) -> Read<Value> {
        if self.take("!") {
            return Ok(Value::Not(Box::new(self.power()?)));
        }
        self.blanks();
        if self.rest().starts_with("++") || self.rest().starts_with("--") {
            let by = if self.rest().starts_with('+') { 1 } else { -1 };
            self.at += 2;
            return Ok(Value::Step(Box::new(self.single()?), by, false));
        }
        if self.take("-") {
            return Ok(Value::Minus(Box::new(self.power()?)));
        }
        let left = self.single()?;
        for (sign, by) in [("++", 1), ("--", -1)] {
            if self.take(sign) {
                return Ok(Value::Step(Box::new(left), by, true));
            }
        }
        if self.take("^") { Ok(Value::Two(Two::Power, Box::new(left), Box::new(self.power()?))) } else { Ok(left) }
    }

    fn name(&mut self) -> String {
        self.blanks();
        let end = self.rest().find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest().len());
        let name = &self.rest()[..end];
        self.at += end;
        name.to_string()
    }

    fn single(&mut self) -> Read<Value> {
        self.blanks();
        match self.rest().chars().next() {
            Some('$') => {
                self.at += 1;
                Ok(Value::Field(Box::new(self.single()?)))
            }
            Some('(') => {
                self.at += 1;
                let inner = self.value()?;
                self.need(")")?;
                // In brackets a text stands for itself, also where a list of texts follows.
                Ok(inner)
            }
            Some('"') => self.text(),
            Some('/') => {
                self.at += 1;
                let text = self.until('/')?;
                Ok(Value::Fits(Pattern::read(&text.replace("\\/", "/"), false, false, true)))
            }
            Some(c) if c.is_ascii_digit() || c == '.' => {
                let end = self.rest().find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest().len());
                let value = number::read(&self.rest()[..end]);
                self.at += end;
                Ok(Value::Number(value))
            }
            Some(c) if c.is_alphabetic() || c == '_' => {
                let name = self.name();
                if self.rest().starts_with('(') {
                    self.at += 1;
                    return Ok(Value::Call(name, self.list(")")?));
                }
                if self.rest().starts_with('[') {
                    self.at += 1;
                    let key = self.value()?;
                    self.need("]")?;
                    return Ok(Value::Item(name, Box::new(key)));
                }
                Ok(if name == "length" { Value::Call(name, Vec::new()) } else { Value::Name(name) })
            }
            _ => Err(self.near()),
        }
    }

    /// Up to a mark that stands behind no backslash; the backslashes stay.
    fn until(&mut self, mark: char) -> Read<String> {
        let start = self.at;
        let mut escaped = false;
        for (at, letter) in self.rest().char_indices() {
            if letter == mark && !escaped {
                self.at = start + at + 1;
                return Ok(self.text[start..start + at].to_string());
            }
            escaped = letter == '\\' && !escaped;
        }
        self.at = self.text.len();
        Err(self.near())
    }

    fn text(&mut self) -> Read<Value> {
        self.at += 1;
        Ok(Value::Text(unescaped(&self.until('"')?)))
    }
}

/// `\n`, `\t`, `\"`, `\\`.
pub fn unescaped(text: &str) -> String {
    let (mut out, mut letters) = (String::new(), text.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other @ ('"' | '\\' | '/')) => out.push(other),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            other => out.push(other),
        }
    }
    out
}
