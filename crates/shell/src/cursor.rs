//! Where the reader of a line stands, and the little steps that it takes.
use crate::syntax::Trouble;

/// Where a script ends.
#[derive(Clone, Copy, PartialEq)]
pub enum End {
    Text,
    Letter(char),
    /// `do`, `done`
    Keyword(&'static str),
}

pub struct Reader {
    pub rest: Vec<char>,
    pub at: usize,
    /// Here-documents announced on this line whose text has not been read yet.
    pub waiting: Vec<(String, bool, bool)>,
}

pub fn unexpected(what: &str) -> Trouble {
    Trouble::Wrong(format!("bash: syntax error near unexpected token `{what}'"))
}

impl Reader {
    pub fn new(text: &str) -> Reader {
        Reader { rest: text.chars().collect(), at: 0, waiting: Vec::new() }
    }

    pub fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    pub fn starts(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.rest.get(self.at + i) == Some(&c))
    }

    pub fn take(&mut self, text: &str) -> bool {
        let found = self.starts(text);
        self.at += if found { text.chars().count() } else { 0 };
        found
    }

    /// Spaces, comments and joined lines; not newlines.
    pub fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('\\') if self.rest.get(self.at + 1) == Some(&'\n') => self.at += 2,
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }
}
