//! Tokens to a tree of expressions, by precedence climbing.
use super::lex::{Token, lex};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Int(i64),
    Text(String),
    Bool(bool),
    Null,
    Name(String),
    List(Vec<Expr>),
    Field(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A function, or a method with its receiver first: `size(x)`, `x.startsWith("a")`.
    Call(String, Vec<Expr>),
    /// `list.filter(name, body)` and its like: `all`, `exists`, `exists_one`, `filter`, `map`.
    Macro(&'static str, Box<Expr>, String, Box<Expr>),
}

const MACROS: [&str; 5] = ["all", "exists", "exists_one", "filter", "map"];
/// How deep an expression may nest.
const DEPTH: usize = 60;

/// Reads one expression; the error says what was not understood.
pub fn parse(source: &str) -> Result<Expr, String> {
    let tokens = lex(source)?;
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let expr = parser.choice()?;
    match parser.peek() {
        None => Ok(expr),
        Some(token) => Err(format!("unexpected {token:?} after the end of the expression")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

fn strength(sign: &str) -> Option<u8> {
    Some(match sign {
        "||" => 1,
        "&&" => 2,
        "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" => 3,
        "+" | "-" => 4,
        "*" | "/" | "%" => 5,
        _ => return None,
    })
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.take(sign) { Ok(()) } else { Err(format!("expected \"{sign}\", found {:?}", self.peek())) }
    }

    fn choice(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("the expression nests too deeply".to_string());
        }
        let first = self.binary(0)?;
        let expr = if self.take("?") {
            let yes = self.choice()?;
            self.expect(":")?;
            Expr::Choice(Box::new(first), Box::new(yes), Box::new(self.choice()?))
        } else {
            first
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn binary(&mut self, least: u8) -> Result<Expr, String> {
        let mut left = self.unary()?;
        loop {
            let sign = match self.peek() {
                Some(Token::Sign(sign)) => sign,
                Some(Token::Name(name)) if name == "in" => "in",
                _ => return Ok(left),
            };
            let Some(power) = strength(sign).filter(|power| *power > least) else { return Ok(left) };
            self.at += 1;
            left = Expr::Binary(sign, Box::new(left), Box::new(self.binary(power)?));
        }
    }

    fn unary(&mut self) -> Result<Expr, String> {
        if self.take("!") {
            return Ok(Expr::Not(Box::new(self.unary()?)));
        }
        if self.take("-") {
            return Ok(Expr::Minus(Box::new(self.unary()?)));
        }
        let mut expr = self.primary()?;
        loop {
            if self.take(".") {
                expr = self.member(expr)?;
            } else if self.take("[") {
                let index = self.choice()?;
                self.expect("]")?;
                expr = Expr::Index(Box::new(expr), Box::new(index));
            } else {
                return Ok(expr);
            }
        }
    }

    fn member(&mut self, receiver: Expr) -> Result<Expr, String> {
        let name = self.name()?;
        if !self.take("(") {
            return Ok(Expr::Field(Box::new(receiver), name));
        }
        if let Some(known) = MACROS.iter().find(|known| **known == name) {
            let variable = self.name()?;
            self.expect(",")?;
            let body = self.choice()?;
            self.expect(")")?;
            return Ok(Expr::Macro(known, Box::new(receiver), variable, Box::new(body)));
        }
        let mut arguments = vec![receiver];
        arguments.extend(self.arguments(")")?);
        Ok(Expr::Call(name, arguments))
    }

    fn primary(&mut self) -> Result<Expr, String> {
        let token = self.peek().cloned().ok_or("the expression ends too early")?;
        self.at += 1;
        match token {
            Token::Int(number) => Ok(Expr::Int(number)),
            Token::Text(text) => Ok(Expr::Text(text)),
            Token::Sign("(") => {
                let inner = self.choice()?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Sign("[") => Ok(Expr::List(self.arguments("]")?)),
            Token::Name(name) => match name.as_str() {
                "true" => Ok(Expr::Bool(true)),
                "false" => Ok(Expr::Bool(false)),
                "null" => Ok(Expr::Null),
                _ if self.take("(") => Ok(Expr::Call(name, self.arguments(")")?)),
                _ => Ok(Expr::Name(name)),
            },
            Token::Sign(sign) => Err(format!("unexpected \"{sign}\"")),
        }
    }

    fn arguments(&mut self, close: &str) -> Result<Vec<Expr>, String> {
        let mut all = Vec::new();
        while !self.take(close) {
            if !all.is_empty() {
                self.expect(",")?;
            }
            all.push(self.choice()?);
        }
        Ok(all)
    }

    fn name(&mut self) -> Result<String, String> {
        match self.peek().cloned() {
            Some(Token::Name(name)) => {
                self.at += 1;
                Ok(name)
            }
            other => Err(format!("expected a name, found {other:?}")),
        }
    }
}
