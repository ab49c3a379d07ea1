//! Reads the text form of label selectors, and refuses it in upstream's words.
use super::{Operator, Requirement, names};
use crate::Text;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Word,
    In,
    NotIn,
    Comma,
    Open,
    Close,
    Equals,
    DoubleEquals,
    NotEquals,
    Not,
    Greater,
    Less,
    End,
}

type Token<'a> = (Kind, &'a str);

pub fn requirements(text: &str) -> Result<Vec<Requirement>, String> {
    let mut parser = Parser { tokens: scan(text), at: 0 };
    let mut all = Vec::new();
    loop {
        match parser.peek_value() {
            (Kind::Word | Kind::Not, _) => {
                all.push(parser.requirement().map_err(|why| format!("unable to parse requirement: {why}"))?);
                match parser.next_value() {
                    (Kind::End, _) => return Ok(all),
                    (Kind::Comma, _) => {}
                    (_, found) => return Err(format!("found '{found}', expected: ',' or 'end of string'")),
                }
                let (kind, found) = parser.peek_value();
                if !matches!(kind, Kind::Word | Kind::Not) {
                    return Err(format!("found '{found}', expected: identifier after ','"));
                }
            }
            (Kind::End, _) => return Ok(all),
            (_, found) => return Err(format!("found '{found}', expected: !, identifier, or 'end of string'")),
        }
    }
}

/// A requirement whose key and values are what they may be.
pub fn requirement(key: &str, operator: Operator, mut values: Vec<Text>) -> Result<Requirement, String> {
    if let Some(why) = names::key_errors(key).first() {
        return Err(format!("key: Invalid value: {key:?}: {why}"));
    }
    values.sort();
    values.dedup();
    let listed = values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(",");
    let refuse = |why: &str| Err(format!("values: Invalid value: [{listed}]: {why}"));
    match operator {
        Operator::In | Operator::NotIn if values.is_empty() => return refuse("for 'in', 'notin' operators, values set can't be empty"),
        Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
            return refuse("values set must be empty for exists and does not exist");
        }
        Operator::Greater | Operator::Less => {
            if let Some((at, value)) = values.iter().enumerate().find(|(_, value)| value.parse::<i64>().is_err()) {
                return Err(format!("values[{at}]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer"));
            }
        }
        _ => {}
    }
    for (at, value) in values.iter().enumerate() {
        if let Some(why) = names::value_errors(value).first() {
            return Err(format!("values[{at}][{key}]: Invalid value: {value:?}: {why}"));
        }
    }
    Ok(Requirement { key: Text::new(key), operator, values })
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.at).copied().unwrap_or((Kind::End, ""))
    }

    /// Where a key or value may stand, `in` and `notin` are words like others.
    fn peek_value(&self) -> Token<'a> {
        match self.peek() {
            (Kind::In | Kind::NotIn, word) => (Kind::Word, word),
            token => token,
        }
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn next_value(&mut self) -> Token<'a> {
        let token = self.peek_value();
        self.at += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.peek_value().0 == Kind::Not;
        if absent {
            self.at += 1;
        }
        let (kind, key) = self.next_value();
        if kind != Kind::Word {
            return Err(format!("found '{key}', expected: identifier"));
        }
        if let Some(why) = names::key_errors(key).first() {
            return Err(format!("key: Invalid value: {key:?}: {why}"));
        }
        if absent {
            return requirement(key, Operator::DoesNotExist, vec![]);
        }
        if matches!(self.peek_value().0, Kind::End | Kind::Comma) {
            return requirement(key, Operator::Exists, vec![]);
        }
        let operator = match self.next() {
            (Kind::In, _) => Operator::In,
            (Kind::NotIn, _) => Operator::NotIn,
            (Kind::Equals, _) => Operator::Equals,
            (Kind::DoubleEquals, _) => Operator::DoubleEquals,
            (Kind::NotEquals, _) => Operator::NotEquals,
            (Kind::Greater, _) => Operator::Greater,
            (Kind::Less, _) => Operator::Less,
            (_, found) => return Err(format!("found '{found}', expected: in, notin, =, ==, !=, gt, lt")),
        };
        let values = if matches!(operator, Operator::In | Operator::NotIn) { self.set()? } else { vec![self.exact()?] };
        requirement(key, operator, values)
    }

    fn exact(&mut self) -> Result<Text, String> {
        if matches!(self.peek_value().0, Kind::End | Kind::Comma) {
            return Ok(Text::default());
        }
        match self.next_value() {
            (Kind::Word, word) => Ok(Text::new(word)),
            (_, found) => Err(format!("found '{found}', expected: identifier")),
        }
    }

    fn set(&mut self) -> Result<Vec<Text>, String> {
        let (kind, found) = self.next_value();
        if kind != Kind::Open {
            return Err(format!("found '{found}' expected: '('"));
        }
        match self.peek_value() {
            (Kind::Word | Kind::Comma, _) => {}
            (Kind::Close, _) => {
                self.at += 1;
                return Ok(vec![]);
            }
            (_, found) => return Err(format!("found '{found}', expected: ',', ')' or identifier")),
        }
        let mut values = Vec::new();
        loop {
            match self.next_value() {
                (Kind::Word, word) => {
                    values.push(Text::new(word));
                    match self.peek_value() {
                        (Kind::Comma, _) => {}
                        (Kind::Close, _) => break,
                        (_, found) => return Err(format!("found '{found}', expected: ',' or ')'")),
                    }
                }
                // An empty value stands before, after and between lonely commas.
                (Kind::Comma, _) => {
                    if values.is_empty() {
                        values.push(Text::default());
                    }
                    match self.peek_value().0 {
                        Kind::Close => {
                            values.push(Text::default());
                            break;
                        }
                        Kind::Comma => {
                            self.at += 1;
                            values.push(Text::default());
                        }
                        _ => {}
                    }
                }
                (_, found) => return Err(format!("found '{found}', expected: ',', or identifier")),
            }
        }
        self.at += 1;
        Ok(values)
    }
}

const SIGNS: [(&str, Kind); 9] = [
    ("==", Kind::DoubleEquals),
    ("!=", Kind::NotEquals),
    ("=", Kind::Equals),
    ("!", Kind::Not),
    (",", Kind::Comma),
    ("(", Kind::Open),
    (")", Kind::Close),
    (">", Kind::Greater),
    ("<", Kind::Less),
];

fn scan(text: &str) -> Vec<Token<'_>> {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches(blank);
    while !rest.is_empty() {
        let (kind, length) = match SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            Some((sign, kind)) => (*kind, sign.len()),
            None => {
                let end = rest.find(|c| blank(c) || "=!,()<>".contains(c)).unwrap_or(rest.len());
                let kind = match &rest[..end] {
                    "in" => Kind::In,
                    "notin" => Kind::NotIn,
                    _ => Kind::Word,
                };
                (kind, end)
            }
        };
        tokens.push((kind, &rest[..length]));
        rest = rest[length..].trim_start_matches(blank);
    }
    tokens
}
