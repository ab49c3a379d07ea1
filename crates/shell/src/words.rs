//! Words: quotes, variables, substitutions.
use crate::cursor::{End, Reader, unexpected};
use crate::parse;
use crate::syntax::{Part, Trouble, Word};

impl Reader {
    /// A text in which only `$`, `` ` `` and `\` mean something: a here-document.
    pub fn inside(text: &str) -> Result<Word, Trouble> {
        let mut reader = Reader::new(text);
        let mut word = Word::default();
        reader.quoted(&mut word, None)?;
        Ok(word)
    }

    pub fn word(&mut self) -> Result<Word, Trouble> {
        let mut word = Word::default();
        let start = self.at;
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | '<' | '>' | '(' | ')' => break,
                '\'' => {
                    self.at += 1;
                    let end = self.rest[self.at..].iter().position(|c| *c == '\'').ok_or(Trouble::Unfinished)?;
                    word.text(&self.rest[self.at..self.at + end].iter().collect::<String>(), true);
                    self.at += end + 1;
                }
                '"' => {
                    self.at += 1;
                    word.text("", true);
                    self.quoted(&mut word, Some('"'))?;
                }
                '\\' => {
                    let next = *self.rest.get(self.at + 1).ok_or(Trouble::Unfinished)?;
                    self.at += 2;
                    if next != '\n' {
                        word.text(&next.to_string(), true);
                    }
                }
                '$' | '`' => self.dollar(&mut word, false)?,
                c => {
                    word.text(&c.to_string(), false);
                    self.at += 1;
                }
            }
        }
        if self.at == start {
            Err(unexpected(&self.peek().map_or("newline".into(), |c| c.to_string().replace('\n', "newline"))))
        } else {
            Ok(word)
        }
    }

    /// Up to `close` (taken), or to the end of the text when there is none.
    fn quoted(&mut self, word: &mut Word, close: Option<char>) -> Result<(), Trouble> {
        loop {
            match self.peek() {
                None if close.is_some() => return Err(Trouble::Unfinished),
                None => return Ok(()),
                Some(c) if Some(c) == close => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => {
                    let next = self.rest.get(self.at + 1).copied();
                    let special = matches!(next, Some('$' | '`' | '\\' | '\n')) || (next == Some('"') && close.is_some());
                    match next {
                        Some('\n') => {}
                        Some(next) if special => word.text(&next.to_string(), true),
                        Some(next) => word.text(&format!("\\{next}"), true),
                        None => word.text("\\", true),
                    }
                    self.at += 2;
                }
                Some('$' | '`') => self.dollar(word, true)?,
                Some(c) => {
                    word.text(&c.to_string(), true);
                    self.at += 1;
                }
            }
        }
    }

    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<(), Trouble> {
        if self.take("$(") {
            let script = self.script(End::Letter(')'))?;
            word.0.push(Part::Output { script, quoted });
            return Ok(());
        }
        if self.take("`") {
            let end = self.rest[self.at..].iter().position(|c| *c == '`').ok_or(Trouble::Unfinished)?;
            let inner: String = self.rest[self.at..self.at + end].iter().collect();
            self.at += end + 1;
            word.0.push(Part::Output { script: parse(&inner)?, quoted });
            return Ok(());
        }
        self.at += 1;
        let braces = self.take("{");
        let from = self.at;
        if matches!(self.peek(), Some('?' | '#' | '$' | '@' | '*')) && (braces || !matches!(self.peek(), Some('$' | '*'))) {
            self.at += 1;
        } else {
            while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
                self.at += 1;
            }
        }
        let name: String = self.rest[from..self.at].iter().collect();
        if braces && !self.take("}") {
            return Err(Trouble::Wrong(format!("bash: ${{{name}: bad substitution")));
        }
        match name.is_empty() {
            true => word.text("$", quoted),
            false => word.0.push(Part::Variable { name, quoted }),
        }
        Ok(())
    }
}
