//! Words: quotes, variables, substitutions.
use crate::cursor::{Reader, unexpected};
use crate::list::{Close, parse};
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
        if self.starts("$((")
            && let Some(end) = self.sum_end()
        {
            word.0.push(Part::Sum(self.rest[self.at + 3..end].iter().collect()));
            self.at = end + 2;
            return Ok(());
        }
        if self.take("$(") {
            let script = self.script(Close::Letter(')'))?.0;
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
        let count = braces && self.starts("#") && !self.starts("#}");
        self.at += usize::from(count);
        let from = self.at;
        if matches!(self.peek(), Some('?' | '#' | '$' | '@' | '*' | '!')) && (braces || !matches!(self.peek(), Some('$' | '*' | '!'))) {
            self.at += 1;
        } else {
            while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
                self.at += 1;
            }
        }
        let name: String = self.rest[from..self.at].iter().collect();
        if braces && (count || !self.starts("}")) && !name.is_empty() {
            word.0.push(self.shaped(name, count, quoted)?);
            return Ok(());
        }
        if braces && !self.take("}") {
            return Err(Trouble::Wrong(format!("bash: ${{{name}: bad substitution")));
        }
        match name.is_empty() {
            true => word.text("$", quoted),
            false => word.0.push(Part::Variable { name, quoted }),
        }
        Ok(())
    }

    /// Where the `))` of a sum stands.
    fn sum_end(&self) -> Option<usize> {
        let mut depth = 0;
        for at in self.at + 3..self.rest.len() {
            match self.rest[at] {
                '(' => depth += 1,
                ')' if depth == 0 => return (self.rest.get(at + 1) == Some(&')')).then_some(at),
                ')' => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// `${NAME` is read: the sign and the word behind it.
    fn shaped(&mut self, name: String, count: bool, quoted: bool) -> Result<Part, Trouble> {
        const SIGNS: [&str; 14] = [":-", ":=", ":+", ":?", "##", "%%", "//", "#", "%", "/", "-", "=", "+", ":"];
        let sign = if count { "length" } else { SIGNS.iter().find(|sign| self.take(sign)).copied().unwrap_or("") };
        let mut word = Word::default();
        if !count && sign.is_empty() {
            return Err(Trouble::Wrong(format!("bash: ${{{name}: bad substitution")));
        }
        self.quoted_until(&mut word, '}')?;
        Ok(Part::Shaped { name, sign: sign.to_string(), word, quoted })
    }

    fn quoted_until(&mut self, word: &mut Word, close: char) -> Result<(), Trouble> {
        word.text("", true);
        self.quoted(word, Some(close))
    }
}

/// `a{1,2}b`, `{1..3}`: the words that a word with braces stands for.
pub fn braces(word: &Word) -> Vec<Word> {
    let opens = |part: &Part| matches!(part, Part::Text { text, quoted: false } if text.contains('{'));
    let Some(at) = word.0.iter().position(opens) else { return vec![word.clone()] };
    let Part::Text { text, .. } = &word.0[at] else { return vec![word.clone()] };
    let Some((before, inner, after)) = opened(text) else { return vec![word.clone()] };
    let with = |middle: &String| {
        let mut new = word.clone();
        new.0[at] = Part::Text { text: [before, middle, after].concat(), quoted: false };
        braces(&new)
    };
    choices(inner).map_or_else(|| vec![word.clone()], |all| all.iter().flat_map(with).collect())
}

/// What stands before, within and behind the first pair of braces.
fn opened(text: &str) -> Option<(&str, &str, &str)> {
    let from = text.find('{')?;
    let mut depth = 0;
    for (at, letter) in text[from..].char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 1 => return Some((&text[..from], &text[from + 1..from + at], &text[from + at + 1..])),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn choices(inner: &str) -> Option<Vec<String>> {
    if let Some((from, to)) = inner.split_once("..") {
        if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
            let up = |low: i64, high: i64| (low..=high.min(low + 999)).map(|n| n.to_string());
            return Some(if from <= to { up(from, to).collect() } else { up(to, from).rev().collect() });
        }
        let letter = |text: &str| text.chars().next().filter(|c| c.is_ascii_alphabetic() && text.len() == 1);
        return Some((letter(from)?..=letter(to)?).map(String::from).collect());
    }
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for letter in inner.chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        match letter {
            ',' if depth == 0 => parts.push(String::new()),
            letter => parts.last_mut()?.push(letter),
        }
    }
    (parts.len() > 1).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_stand_for_several_words() {
        let all = |text: &str| -> Vec<String> {
            let word = Reader::new(text).word().unwrap();
            let plain =
                |word: &Word| word.0.iter().map(|part| if let Part::Text { text, .. } = part { text.as_str() } else { "$" }).collect();
            braces(&word).iter().map(plain).collect()
        };
        assert_eq!(all("node-{1..3}"), ["node-1", "node-2", "node-3"]);
        assert_eq!(all("a{b,c{1,2}}.yaml"), ["ab.yaml", "ac1.yaml", "ac2.yaml"]);
        assert_eq!(all("{a}"), ["{a}"]);
        assert_eq!(all("'{a,b}'"), ["{a,b}"]);
        assert_eq!(all("${x}{1,2}"), ["$1", "$2"]);
    }
}
