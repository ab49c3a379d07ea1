//! An awk program carried out.
use super::read::{Deed, Rule, Two, Value, When};
use crate::number::{self, ONE};
use crate::pattern::Pattern;
use crate::table::Done;
use std::collections::BTreeMap;

/// How many steps a program may take: a loop without end is ended.
const STEPS: u32 = 200_000;

/// A value at work. Input looks like a number where it is one.
#[derive(Clone)]
enum Has {
    Number(i64),
    Text(String),
    Input(String),
}

pub struct Run {
    fields: Vec<String>,
    whole: String,
    row: i64,
    names: BTreeMap<String, Has>,
    arrays: BTreeMap<String, BTreeMap<String, Has>>,
    open: Vec<usize>,
    steps: u32,
    pub ended: bool,
    pub done: Done,
}

/// Whether the deeds of a line go on.
type Goes = bool;

impl Run {
    pub fn new(mark: &str) -> Run {
        let names = [("FS", mark), ("OFS", " "), ("ORS", "\n"), ("SUBSEP", "\u{1c}")];
        Run {
            fields: Vec::new(),
            whole: String::new(),
            row: 0,
            names: names.into_iter().map(|(name, text)| (name.to_string(), Has::Text(text.to_string()))).collect(),
            arrays: BTreeMap::new(),
            open: Vec::new(),
            steps: STEPS,
            ended: false,
            done: Done::default(),
        }
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.names.insert(name.to_string(), Has::Input(super::read::unescaped(value)));
    }

    /// The rules of BEGIN, or of END.
    pub fn rules(&mut self, rules: &[Rule], begin: bool) {
        for rule in rules {
            if matches!((&rule.when, begin), (When::Begin, true) | (When::End, false)) && !(begin && self.ended) {
                self.deeds(&rule.body);
            }
        }
    }

    pub fn line(&mut self, rules: &[Rule], line: &str) {
        self.row += 1;
        self.split(line);
        for rule in rules {
            let holds = match &rule.when {
                When::Begin | When::End => false,
                When::Always => true,
                When::If(value) => self.truth(value),
                When::Between(from, to, number) => {
                    let was = self.open.contains(number);
                    let holds = was || self.truth(from);
                    if holds && self.truth(to) {
                        self.open.retain(|open| open != number);
                    } else if holds && !was {
                        self.open.push(*number);
                    }
                    holds
                }
            };
            if holds && !self.deeds(&rule.body) {
                return;
            }
        }
    }

    fn name(&self, name: &str) -> String {
        self.names.get(name).map_or(String::new(), text)
    }

    fn split(&mut self, line: &str) {
        self.whole = line.to_string();
        self.fields = parts(line, &self.name("FS"));
    }

    fn deeds(&mut self, deeds: &[Deed]) -> Goes {
        deeds.iter().all(|deed| self.deed(deed))
    }

    fn deed(&mut self, deed: &Deed) -> Goes {
        if self.steps == 0 {
            self.ended = true;
            return false;
        }
        self.steps -= 1;
        match deed {
            Deed::Print(values) => {
                let texts: Vec<String> = values.iter().map(|value| self.text(value)).collect();
                let line = if values.is_empty() { self.whole.clone() } else { texts.join(&self.name("OFS")) };
                self.done.out.push_str(&line);
                self.done.out.push_str(&self.name("ORS"));
            }
            Deed::Printf(values) => {
                let all: Vec<Has> = values.iter().map(|value| self.value(value)).collect();
                self.done.out.push_str(&formatted(&all));
            }
            Deed::Do(value) => drop(self.value(value)),
            Deed::If(condition, then, other) => {
                let body = if self.truth(condition) { then } else { other };
                return self.deeds(body);
            }
            Deed::While(condition, body) => {
                while self.truth(condition) {
                    if !self.deeds(body) {
                        return false;
                    }
                }
            }
            Deed::Each(key, array, body) => {
                let keys: Vec<String> = self.arrays.get(array).map_or(Vec::new(), |items| items.keys().cloned().collect());
                for name in keys {
                    self.names.insert(key.clone(), Has::Input(name));
                    if !self.deeds(body) {
                        return false;
                    }
                }
            }
            Deed::Delete(array, key) => {
                let key = self.text(key);
                self.arrays.entry(array.clone()).or_default().remove(&key);
            }
            Deed::Next => return false,
            Deed::Exit(code) => {
                self.done.code = code.as_ref().map_or(0, |code| (self.number(code) / ONE) as u8);
                self.ended = true;
                return false;
            }
        }
        true
    }

    fn text(&mut self, value: &Value) -> String {
        text(&self.value(value))
    }

    fn number(&mut self, value: &Value) -> i64 {
        number(&self.value(value))
    }

    fn truth(&mut self, value: &Value) -> bool {
        match self.value(value) {
            Has::Number(number) => number != 0,
            Has::Input(text) if number::is(&text) => number::read(&text) != 0,
            Has::Text(text) | Has::Input(text) => !text.is_empty(),
        }
    }

    fn value(&mut self, value: &Value) -> Has {
        match value {
            Value::Number(number) => Has::Number(*number),
            Value::Text(text) => Has::Text(text.clone()),
            Value::Fits(pattern) => truth(pattern.found(&self.whole).is_some()),
            Value::Name(name) => match name.as_str() {
                "NR" | "FNR" => Has::Number(self.row * ONE),
                "NF" => Has::Number(self.fields.len() as i64 * ONE),
                name => self.names.get(name).cloned().unwrap_or(Has::Input(String::new())),
            },
            Value::Field(number) => {
                let number = self.number(number) / ONE;
                let field = if number == 0 { Some(&self.whole) } else { self.fields.get((number - 1) as usize) };
                Has::Input(field.cloned().unwrap_or_default())
            }
            Value::Item(array, key) => {
                let key = self.text(key);
                let items = self.arrays.entry(array.clone()).or_default();
                items.entry(key).or_insert(Has::Input(String::new())).clone()
            }
            Value::Set(place, sign, new) => {
                let new = self.value(new);
                let value = if *sign == '=' { new } else { Has::Number(reckon(*sign, self.number(place), number(&new))) };
                self.put(place, value.clone());
                value
            }
            Value::Step(place, by, after) => {
                let old = self.number(place);
                self.put(place, Has::Number(old + by * ONE));
                Has::Number(if *after { old } else { old + by * ONE })
            }
            Value::Not(inner) => truth(!self.truth(inner)),
            Value::Minus(inner) => Has::Number(-self.number(inner)),
            Value::Choice(condition, yes, no) => {
                let chosen = if self.truth(condition) { yes } else { no };
                self.value(chosen)
            }
            Value::In(key, array) => {
                let key = self.text(key);
                truth(self.arrays.get(array).is_some_and(|items| items.contains_key(&key)))
            }
            Value::Two(two, left, right) => self.two(*two, left, right),
            Value::Call(name, values) => self.call(name, values),
        }
    }

    fn put(&mut self, place: &Value, value: Has) {
        match place {
            Value::Field(number) => {
                let at = (self.number(number) / ONE) as usize;
                if at == 0 {
                    return self.split(&text(&value));
                }
                if self.fields.len() < at {
                    self.fields.resize(at.min(1_000), String::new());
                }
                if let Some(field) = self.fields.get_mut(at - 1) {
                    *field = text(&value);
                }
                self.whole = self.fields.join(&self.name("OFS"));
            }
            Value::Item(array, key) => {
                let key = self.text(key);
                self.arrays.entry(array.clone()).or_default().insert(key, value);
            }
            Value::Name(name) => drop(self.names.insert(name.clone(), value)),
            _ => {}
        }
    }

    fn two(&mut self, two: Two, left: &Value, right: &Value) -> Has {
        match two {
            Two::Or => return truth(self.truth(left) || self.truth(right)),
            Two::And => return truth(self.truth(left) && self.truth(right)),
            Two::Match | Two::Differ => {
                let subject = self.text(left);
                let found = self.found(right, &subject).is_some();
                return truth(found == (two == Two::Match));
            }
            Two::Join => return Has::Text(self.text(left) + &self.text(right)),
            _ => {}
        }
        let (a, b) = (self.value(left), self.value(right));
        let sign = match two {
            Two::Add => '+',
            Two::Take => '-',
            Two::Times => '*',
            Two::Part => '/',
            Two::Rest => '%',
            Two::Power => '^',
            _ => {
                let order = if is_number(&a) && is_number(&b) { number(&a).cmp(&number(&b)) } else { text(&a).cmp(&text(&b)) };
                return truth(match two {
                    Two::Less => order.is_lt(),
                    Two::Most => order.is_le(),
                    Two::More => order.is_gt(),
                    Two::Least => order.is_ge(),
                    Two::Same => order.is_eq(),
                    _ => order.is_ne(),
                });
            }
        };
        Has::Number(reckon(sign, number(&a), number(&b)))
    }

    /// The first match of a pattern, or of a text that is one.
    fn found(&mut self, pattern: &Value, subject: &str) -> Option<(usize, usize)> {
        match pattern {
            Value::Fits(pattern) => pattern.place(subject, 0),
            other => Pattern::read(&self.text(other), false, false, true).place(subject, 0),
        }
    }

    fn call(&mut self, name: &str, values: &[Value]) -> Has {
        let first = match values.first() {
            Some(Value::Fits(_)) | None => self.whole.clone(),
            Some(Value::Name(array)) if self.arrays.contains_key(array) => String::new(),
            Some(value) => self.text(value),
        };
        match name {
            "length" => match values.first() {
                Some(Value::Name(array)) if self.arrays.contains_key(array) => Has::Number(self.arrays[array].len() as i64 * ONE),
                _ => Has::Number(first.chars().count() as i64 * ONE),
            },
            "toupper" => Has::Text(first.to_uppercase()),
            "tolower" => Has::Text(first.to_lowercase()),
            "int" => Has::Number(number::read(&first) / ONE * ONE),
            "index" => {
                let wanted = values.get(1).map_or(String::new(), |value| self.text(value));
                Has::Number(first.find(&wanted).map_or(0, |at| first[..at].chars().count() as i64 + 1) * ONE)
            }
            "match" => Has::Number(values.get(1).and_then(|pattern| self.found(pattern, &first)).map_or(0, |(at, _)| at as i64 + 1) * ONE),
            "substr" => {
                let from = values.get(1).map_or(0, |value| self.number(value) / ONE);
                let count = values.get(2).map_or(i64::MAX, |value| self.number(value) / ONE);
                let within = |at: i64| at >= from && at < from.saturating_add(count);
                Has::Text(first.chars().zip(1..).filter(|(_, at)| within(*at)).map(|(c, _)| c).collect())
            }
            "split" => {
                let mark = values.get(2).map_or(self.name("FS"), |value| self.text(value));
                let all = parts(&first, &mark);
                let count = all.len();
                if let Some(Value::Name(array)) = values.get(1) {
                    let items = all.into_iter().enumerate().map(|(at, part)| ((at + 1).to_string(), Has::Input(part)));
                    self.arrays.insert(array.clone(), items.collect());
                }
                Has::Number(count as i64 * ONE)
            }
            "sub" | "gsub" => self.swap(name == "gsub", values),
            "sprintf" => {
                let all: Vec<Has> = values.iter().map(|value| self.value(value)).collect();
                Has::Text(formatted(&all))
            }
            _ => Has::Input(String::new()),
        }
    }

    fn swap(&mut self, all: bool, values: &[Value]) -> Has {
        let [pattern, new, rest @ ..] = values else { return Has::Number(0) };
        let whole = Value::Field(Box::new(Value::Number(0)));
        let place = rest.first().unwrap_or(&whole);
        let (new, mut subject, mut out, mut count) = (self.text(new), self.text(place), String::new(), 0);
        while let Some((from, to)) = self.found(pattern, &subject) {
            out.push_str(&subject[..from]);
            out.push_str(&new.replace('&', &subject[from..to]));
            subject = subject[to..].to_string();
            count += 1;
            if !all || from == to {
                break;
            }
        }
        if count > 0 {
            out.push_str(&subject);
            self.put(place, Has::Input(out));
        }
        Has::Number(count * ONE)
    }
}

fn truth(holds: bool) -> Has {
    Has::Number(i64::from(holds) * ONE)
}

fn text(has: &Has) -> String {
    match has {
        Has::Number(number) => number::text(*number),
        Has::Text(text) | Has::Input(text) => text.clone(),
    }
}

fn number(has: &Has) -> i64 {
    match has {
        Has::Number(number) => *number,
        Has::Text(text) | Has::Input(text) => number::read(text),
    }
}

fn is_number(has: &Has) -> bool {
    match has {
        Has::Number(_) => true,
        Has::Text(_) => false,
        Has::Input(text) => text.is_empty() || number::is(text),
    }
}

fn reckon(sign: char, a: i64, b: i64) -> i64 {
    let wide = |number: i64| i128::from(number);
    let one = wide(ONE);
    let result = match sign {
        '+' => wide(a) + wide(b),
        '-' => wide(a) - wide(b),
        '*' => wide(a) * wide(b) / one,
        _ if b == 0 => 0,
        '/' => wide(a) * one / wide(b),
        '%' => wide(a) % wide(b),
        _ => (0..(b / ONE).clamp(0, 60)).fold(one, |power, _| (power * wide(a) / one).clamp(-(1 << 62), 1 << 62)),
    };
    result.clamp(wide(i64::MIN / 2), wide(i64::MAX / 2)) as i64
}

/// Fields by a mark: a space is any white space, one letter is itself, more is a pattern.
fn parts(line: &str, mark: &str) -> Vec<String> {
    if mark == " " {
        return line.split_whitespace().map(str::to_string).collect();
    }
    if line.is_empty() {
        return Vec::new();
    }
    let mark = if mark == "\\t" { "\t" } else { mark };
    if mark.chars().count() < 2 {
        return line.split(mark).map(str::to_string).collect();
    }
    let pattern = Pattern::read(mark, false, false, true);
    let (mut all, mut at) = (Vec::new(), 0);
    while let Some((from, to)) = pattern.place(line, at).filter(|(from, to)| to > from) {
        all.push(line[at..from].to_string());
        at = to;
    }
    all.push(line[at..].to_string());
    all
}

/// printf's text: `%s`, `%d`, `%.2f`, `%-10s`, `%%`.
fn formatted(values: &[Has]) -> String {
    let mut values = values.iter();
    let format = values.next().map_or(String::new(), text);
    let (mut out, mut letters) = (String::new(), format.chars().peekable());
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let mut spec = String::new();
        while let Some(next) = letters.next_if(|c| c.is_ascii_digit() || matches!(c, '-' | '.' | '+' | ' ')) {
            spec.push(next);
        }
        let kind = letters.next().unwrap_or('%');
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = values.next().cloned().unwrap_or(Has::Text(String::new()));
        let (width, places) = spec.split_once('.').map_or((spec.as_str(), None), |(width, places)| (width, places.parse::<usize>().ok()));
        let body = match kind {
            'd' | 'i' => (number(&value) / ONE).to_string(),
            'f' => number::fixed(number(&value), places.unwrap_or(6)),
            'x' => format!("{:x}", number(&value) / ONE),
            'c' => text(&value).chars().take(1).collect(),
            's' => text(&value).chars().take(places.unwrap_or(usize::MAX)).collect(),
            _ => text(&value),
        };
        out.push_str(&padded(&body, width));
    }
    out
}

fn padded(body: &str, width: &str) -> String {
    let digits = width.trim_start_matches(['-', '+', ' ']);
    let count: usize = digits.parse().unwrap_or(0);
    let missing = count.saturating_sub(body.chars().count());
    match width.starts_with('-') {
        true => [body, &" ".repeat(missing)].concat(),
        false if digits.starts_with('0') => ["0".repeat(missing).as_str(), body].concat(),
        false => [" ".repeat(missing).as_str(), body].concat(),
    }
}
