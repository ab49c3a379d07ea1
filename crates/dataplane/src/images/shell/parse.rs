//! Shell text to a flat list of steps, so that a script can stop at a sleep and go on later.
use objects::Text;

/// One step of a script.
#[derive(Clone, PartialEq, Debug)]
pub enum Op {
    /// A simple command with words not yet expanded.
    Run(Command),
    Jump(usize),
    JumpIfFail(usize),
    JumpIfOk(usize),
    Negate,
    /// Starts a `for` over these words.
    Each(Vec<Text>),
    /// Takes the next word into the variable, or ends the loop and jumps.
    Next(Text, usize),
    /// What is written from here on goes into a pipe.
    Pipe,
    /// What is in the pipe becomes the next command's input.
    Feed,
}

/// A simple command.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Command {
    pub assigns: Vec<(Text, Text)>,
    pub words: Vec<Text>,
    /// Path and whether to append.
    pub into: Option<(Text, bool)>,
    pub from: Option<Text>,
    /// Where its error output goes.
    pub errors: Errors,
    /// Whether its output goes where errors go (`>&2`).
    pub complains: bool,
    pub background: bool,
}

/// Where a command's error output goes.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Errors {
    #[default]
    Apart,
    /// `2>&1`
    Joined,
    /// `2>path`, and whether to append.
    File(Text, bool),
}

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Word(Text),
    Sign(&'static str),
}

/// Reads a script. The error is what `sh` would say.
pub fn parse(script: &str) -> Result<Vec<Op>, String> {
    let mut parser = Parser { tokens: tokens(script)?, at: 0, ops: Vec::new(), breaks: Vec::new() };
    parser.list(&[])?;
    match parser.peek() {
        None => Ok(parser.ops),
        Some(token) => Err(unexpected(Some(token))),
    }
}

/// Whether a text is no mere beginning of commands, as a shell that is typed into asks itself.
pub fn is_whole(text: &str) -> bool {
    !matches!(parse(text), Err(words) if words.ends_with("unexpected end of file") || words.ends_with("unterminated quoted string"))
}

const SIGNS: [&str; 18] = ["2>&1", "1>&2", ">&2", "2>>", "2>", "1>>", "1>", "&&", "||", ";;", ">>", ";", "&", "|", "<", ">", "(", ")"];

fn tokens(script: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = script;
    while let Some(letter) = rest.chars().next() {
        if letter == '\n' {
            tokens.push(Token::Sign(";"));
            rest = &rest[1..];
        } else if letter.is_whitespace() {
            rest = &rest[letter.len_utf8()..];
        } else if letter == '#' {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let length = word_length(rest)?;
            tokens.push(Token::Word(Text::new(&rest[..length])));
            rest = &rest[length..];
        }
    }
    Ok(tokens)
}

/// How far a word reaches, quotes and `$(...)` included.
fn word_length(text: &str) -> Result<usize, String> {
    let bytes = text.as_bytes();
    let (mut at, mut quote, mut depth) = (0, 0_u8, 0_usize);
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'\\' if quote != b'\'' => at += 1,
            b'\'' | b'"' if quote == 0 => quote = byte,
            _ if quote != 0 && byte == quote => quote = 0,
            b'$' if quote != b'\'' && bytes.get(at + 1) == Some(&b'(') => {
                depth += 1;
                at += 1;
            }
            b'(' if depth > 0 => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' if quote == 0 && depth == 0 => break,
            _ => {}
        }
        at += 1;
    }
    if quote != 0 || depth != 0 {
        return Err("sh: syntax error: unterminated quoted string".to_string());
    }
    Ok(at.min(bytes.len()))
}

fn unexpected(token: Option<&Token>) -> String {
    match token {
        None => "sh: syntax error: unexpected end of file".to_string(),
        Some(Token::Word(word)) => format!("sh: syntax error: unexpected \"{word}\""),
        Some(Token::Sign(sign)) => format!("sh: syntax error: unexpected \"{sign}\""),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    ops: Vec<Op>,
    /// For each open loop: where it begins, and the jumps that leave it.
    breaks: Vec<(usize, Vec<usize>)>,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(found)) if found == word)
    }

    fn eat_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(here)) if *here == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if !self.is_word(word) {
            return Err(unexpected(self.peek()));
        }
        self.at += 1;
        Ok(())
    }

    /// Commands up to one of `ends` (not eaten) or the end of the text.
    fn list(&mut self, ends: &[&str]) -> Result<(), String> {
        loop {
            while self.eat_sign(";") {}
            let ended = match self.peek() {
                None => true,
                Some(Token::Word(word)) => ends.contains(&word.as_str()),
                Some(Token::Sign(sign)) => ends.contains(sign),
            };
            if ended {
                return Ok(());
            }
            self.and_or()?;
        }
    }

    fn and_or(&mut self) -> Result<(), String> {
        self.pipeline()?;
        loop {
            let jump = if self.eat_sign("&&") {
                Op::JumpIfFail(0)
            } else if self.eat_sign("||") {
                Op::JumpIfOk(0)
            } else {
                return Ok(());
            };
            while self.eat_sign(";") {}
            let from = self.emit(jump);
            self.pipeline()?;
            self.land(from);
        }
    }

    fn pipeline(&mut self) -> Result<(), String> {
        let negated = self.is_word("!");
        self.at += usize::from(negated);
        let start = self.ops.len();
        self.command()?;
        if self.eat_sign("|") {
            // Jumps inside a compound on the left count from one further on.
            self.ops.insert(start, Op::Pipe);
            for op in &mut self.ops[start..] {
                if let Op::Jump(to) | Op::JumpIfFail(to) | Op::JumpIfOk(to) | Op::Next(_, to) = op {
                    *to += usize::from(*to >= start);
                }
            }
            self.emit(Op::Feed);
            self.pipeline()?;
        }
        if negated {
            self.emit(Op::Negate);
        }
        Ok(())
    }

    fn command(&mut self) -> Result<(), String> {
        match self.peek() {
            Some(Token::Word(word)) => match word.as_str() {
                "if" => self.conditional(),
                "while" => self.repeated(false),
                "until" => self.repeated(true),
                "for" => self.each(),
                "{" => self.group("}"),
                _ => self.simple(),
            },
            Some(Token::Sign("(")) => self.group(")"),
            Some(Token::Sign(sign)) if is_redirection(sign) => self.simple(),
            token => Err(unexpected(token)),
        }
    }

    fn group(&mut self, end: &str) -> Result<(), String> {
        self.at += 1;
        self.list(&[end])?;
        if self.peek().is_none() {
            return Err(unexpected(None));
        }
        self.at += 1;
        Ok(())
    }

    fn conditional(&mut self) -> Result<(), String> {
        let mut to_end = Vec::new();
        loop {
            self.at += 1;
            self.list(&["then"])?;
            self.expect("then")?;
            let skip = self.emit(Op::JumpIfFail(0));
            self.list(&["elif", "else", "fi"])?;
            to_end.push(self.emit(Op::Jump(0)));
            self.land(skip);
            if !self.is_word("elif") {
                break;
            }
        }
        if self.is_word("else") {
            self.at += 1;
            self.list(&["fi"])?;
        } else {
            // A condition that fails with nothing else to do leaves success.
            self.emit(Op::Run(Command { words: vec![Text::new_static(":")], ..Command::default() }));
        }
        self.expect("fi")?;
        to_end.into_iter().for_each(|from| self.land(from));
        Ok(())
    }

    fn repeated(&mut self, until: bool) -> Result<(), String> {
        self.at += 1;
        let top = self.ops.len();
        self.list(&["do"])?;
        let leave = self.emit(if until { Op::JumpIfOk(0) } else { Op::JumpIfFail(0) });
        self.body(top, leave)?;
        // The condition that ended the loop is not the loop's own result.
        self.emit(Op::Run(Command { words: vec![Text::new_static(":")], ..Command::default() }));
        Ok(())
    }

    fn each(&mut self) -> Result<(), String> {
        self.at += 1;
        let Some(Token::Word(name)) = self.peek().cloned() else { return Err(unexpected(self.peek())) };
        self.at += 1;
        self.expect("in")?;
        let mut words = Vec::new();
        while let Some(Token::Word(word)) = self.peek().cloned() {
            words.push(word);
            self.at += 1;
        }
        while self.eat_sign(";") {}
        self.emit(Op::Each(words));
        let top = self.emit(Op::Next(name, 0));
        self.body(top, top)
    }

    fn body(&mut self, top: usize, leave: usize) -> Result<(), String> {
        self.expect("do")?;
        self.breaks.push((top, Vec::new()));
        self.list(&["done"])?;
        self.expect("done")?;
        self.emit(Op::Jump(top));
        let (_, breaks) = self.breaks.pop().unwrap_or_default();
        self.land(leave);
        breaks.into_iter().for_each(|from| self.land(from));
        Ok(())
    }

    fn simple(&mut self) -> Result<(), String> {
        let mut command = Command::default();
        while let Some(token) = self.peek().cloned() {
            match token {
                Token::Word(word) => match assignment(&word).filter(|_| command.words.is_empty()) {
                    Some(assign) => command.assigns.push(assign),
                    None => command.words.push(word),
                },
                Token::Sign("2>&1") => command.errors = Errors::Joined,
                Token::Sign(">&2" | "1>&2") => command.complains = true,
                Token::Sign(sign) if is_redirection(sign) => {
                    self.at += 1;
                    let Some(Token::Word(path)) = self.peek().cloned() else { return Err(unexpected(self.peek())) };
                    match sign {
                        "<" => command.from = Some(path),
                        "2>" | "2>>" => command.errors = Errors::File(path, sign == "2>>"),
                        _ => command.into = Some((path, sign.ends_with(">>"))),
                    }
                }
                Token::Sign(_) => break,
            }
            self.at += 1;
        }
        command.background = self.eat_sign("&");
        match (command.words.first().map(Text::as_str), self.breaks.is_empty()) {
            (Some("break"), false) => {
                let from = self.emit(Op::Jump(0));
                self.breaks.last_mut().into_iter().for_each(|(_, breaks)| breaks.push(from));
            }
            (Some("continue"), false) => {
                let top = self.breaks.last().map_or(0, |(top, _)| *top);
                self.emit(Op::Jump(top));
            }
            _ => {
                self.emit(Op::Run(command));
            }
        }
        Ok(())
    }

    fn emit(&mut self, op: Op) -> usize {
        self.ops.push(op);
        self.ops.len() - 1
    }

    /// Makes the jump at `from` come here.
    fn land(&mut self, from: usize) {
        let here = self.ops.len();
        if let Op::Jump(to) | Op::JumpIfFail(to) | Op::JumpIfOk(to) | Op::Next(_, to) = &mut self.ops[from] {
            *to = here;
        }
    }
}

fn is_redirection(sign: &str) -> bool {
    matches!(sign, "<" | ">" | ">>" | "1>" | "1>>" | "2>" | "2>>" | "2>&1" | ">&2" | "1>&2")
}

fn assignment(word: &str) -> Option<(Text, Text)> {
    let (name, value) = word.split_once('=')?;
    let plain =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !name.as_bytes()[0].is_ascii_digit();
    plain.then(|| (Text::new(name), Text::new(value)))
}
