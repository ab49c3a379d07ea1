//! `if`, `while`, `for`, `case` and braces: commands that hold lists of commands.
use crate::cursor::{Reader, unexpected};
use crate::list::Close;
use crate::syntax::{Group, Script, Trouble, Word};

const BEGINS: [&str; 6] = ["if", "while", "until", "for", "case", "{"];

impl Reader {
    pub fn begins_group(&self) -> bool {
        BEGINS.iter().any(|word| self.is_word(word))
    }

    pub fn group(&mut self) -> Result<Group, Trouble> {
        let word = BEGINS.iter().find(|word| self.is_word(word)).copied().unwrap_or("{");
        self.at += word.len();
        match word {
            "if" => self.choice(),
            "for" => self.each(),
            "case" => self.case(),
            "{" => Ok(Group::List(self.script(Close::Words(&["}"]))?.0)),
            word => {
                let condition = self.script(Close::Words(&["do"]))?.0;
                Ok(Group::While { until: word == "until", condition, body: self.script(Close::Words(&["done"]))?.0 })
            }
        }
    }

    fn choice(&mut self) -> Result<Group, Trouble> {
        let (mut arms, mut other) = (Vec::new(), Script::default());
        loop {
            let condition = self.script(Close::Words(&["then"]))?.0;
            let (body, word) = self.script(Close::Words(&["elif", "else", "fi"]))?;
            arms.push((condition, body));
            if word == "else" {
                other = self.script(Close::Words(&["fi"]))?.0;
            }
            if word != "elif" {
                return Ok(Group::If { arms, other });
            }
        }
    }

    /// Blanks, line ends and at most one `;`.
    fn turn(&mut self) {
        self.blanks();
        self.take(";");
        loop {
            self.blanks();
            if !self.take("\n") {
                return;
            }
        }
    }

    fn each(&mut self) -> Result<Group, Trouble> {
        self.blanks();
        let name = self.name()?;
        self.turn();
        let mut words = None;
        if self.is_word("in") {
            self.at += 2;
            let mut all = Vec::new();
            loop {
                self.blanks();
                if matches!(self.peek(), None | Some(';' | '\n')) {
                    break;
                }
                all.push(self.word()?);
            }
            words = Some(all);
            self.turn();
        }
        if self.peek().is_none() {
            return Err(Trouble::Unfinished);
        }
        if !self.is_word("do") {
            return Err(self.unexpected_here());
        }
        self.at += 2;
        Ok(Group::For { name, words, body: self.script(Close::Words(&["done"]))?.0 })
    }

    fn name(&mut self) -> Result<String, Trouble> {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
            self.at += 1;
        }
        if self.at == from {
            return Err(if self.peek().is_none() { Trouble::Unfinished } else { self.unexpected_here() });
        }
        Ok(self.rest[from..self.at].iter().collect())
    }

    fn unexpected_here(&self) -> Trouble {
        let word: String = self.rest[self.at..].iter().take_while(|c| !c.is_whitespace() && **c != ';').collect();
        unexpected(if word.is_empty() { "newline" } else { &word })
    }

    fn case(&mut self) -> Result<Group, Trouble> {
        self.blanks();
        if self.peek().is_none() {
            return Err(Trouble::Unfinished);
        }
        let word = self.word()?;
        self.turn();
        if self.peek().is_none() {
            return Err(Trouble::Unfinished);
        }
        if !self.is_word("in") {
            return Err(self.unexpected_here());
        }
        self.at += 2;
        let mut arms = Vec::new();
        loop {
            self.turn();
            if self.is_word("esac") {
                self.at += 4;
                return Ok(Group::Case { word, arms });
            }
            if self.peek().is_none() {
                return Err(Trouble::Unfinished);
            }
            let patterns = self.patterns()?;
            let (body, end) = self.script(Close::Words(&[";;", "esac"]))?;
            arms.push((patterns, body));
            if end == "esac" {
                return Ok(Group::Case { word, arms });
            }
        }
    }

    /// `(a|b)`: the first bracket may be missing.
    fn patterns(&mut self) -> Result<Vec<Word>, Trouble> {
        self.take("(");
        let mut all = Vec::new();
        loop {
            self.blanks();
            all.push(self.word()?);
            self.blanks();
            if self.take(")") {
                return Ok(all);
            }
            if !self.take("|") {
                return Err(if self.peek().is_none() { Trouble::Unfinished } else { self.unexpected_here() });
            }
        }
    }
}
