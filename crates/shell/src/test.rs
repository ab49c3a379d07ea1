//! `test`, `[ … ]` and `[[ … ]]`: what is asked about texts, numbers and files.
use crate::glob::glob;

/// Whether it holds; the error is bash's words. `name` is how it was called; `is` answers about files: `('f', "/etc/hosts")`.
pub fn holds(name: &str, words: &[String], is: &dyn Fn(char, &str) -> bool) -> Result<bool, String> {
    let words = match (name, words.split_last()) {
        ("[", Some((last, rest))) if last == "]" => rest,
        ("[", _) => return Err("[: missing `]'".to_string()),
        ("[[", Some((last, rest))) if last == "]]" => rest,
        _ => words,
    };
    if words.is_empty() {
        return Ok(false);
    }
    let mut question = Question { name, words, at: 0, is };
    let found = question.or()?;
    match words.get(question.at) {
        None => Ok(found),
        Some(_) => Err([name, ": too many arguments"].concat()),
    }
}

struct Question<'a> {
    name: &'a str,
    words: &'a [String],
    at: usize,
    is: &'a dyn Fn(char, &str) -> bool,
}

impl<'a> Question<'a> {
    fn word(&self, ahead: usize) -> &'a str {
        self.words.get(self.at + ahead).map_or("", String::as_str)
    }

    fn or(&mut self) -> Result<bool, String> {
        let mut found = self.and()?;
        while matches!(self.word(0), "-o" | "||") {
            self.at += 1;
            found |= self.and()?;
        }
        Ok(found)
    }

    fn and(&mut self) -> Result<bool, String> {
        let mut found = self.one()?;
        while matches!(self.word(0), "-a" | "&&") {
            self.at += 1;
            found &= self.one()?;
        }
        Ok(found)
    }

    fn one(&mut self) -> Result<bool, String> {
        let left = self.words.len() - self.at;
        if self.word(0) == "!" && left > 1 {
            self.at += 1;
            return Ok(!self.one()?);
        }
        if self.word(0) == "(" && left > 2 {
            self.at += 1;
            let found = self.or()?;
            self.at += 1;
            return Ok(found);
        }
        if left >= 3 && matches!(self.word(1), "=" | "==" | "!=" | "<" | ">" | "=~" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge") {
            let (a, sign, b) = (self.word(0), self.word(1), self.word(2));
            self.at += 3;
            return self.compared(a, sign, b);
        }
        let (flag, value) = (self.word(0), self.word(1));
        if left >= 2
            && let Some(letter) = flag.strip_prefix('-').filter(|letter| letter.len() == 1).and_then(|letter| letter.chars().next())
        {
            self.at += 2;
            return match letter {
                'z' => Ok(value.is_empty()),
                'n' => Ok(!value.is_empty()),
                'e' | 'f' | 'd' | 's' | 'r' | 'w' | 'x' | 'L' | 'h' | 'S' => Ok((self.is)(letter, value)),
                _ => Err([self.name, ": ", flag, ": unary operator expected"].concat()),
            };
        }
        if left == 2 && self.name != "[[" {
            return Err([self.name, ": ", flag, ": unary operator expected"].concat());
        }
        self.at += 1;
        Ok(!flag.is_empty())
    }

    fn compared(&self, a: &str, sign: &str, b: &str) -> Result<bool, String> {
        let number = |text: &str| text.trim().parse::<i64>().map_err(|_| [self.name, ": ", text, ": integer expression expected"].concat());
        Ok(match sign {
            "=" | "==" if self.name == "[[" => glob(b, a),
            "!=" if self.name == "[[" => !glob(b, a),
            "=" | "==" => a == b,
            "!=" => a != b,
            "<" => a < b,
            ">" => a > b,
            // Without an engine for patterns: plain parts with `^` and `$`.
            "=~" => {
                let (start, rest) = b.strip_prefix('^').map_or((false, b), |rest| (true, rest));
                let (end, middle) = rest.strip_suffix('$').map_or((false, rest), |rest| (true, rest));
                let stars = middle.replace(".*", "*").replace("[0-9]+", "[0-9]*");
                let all = [if start { "" } else { "*" }, &stars, if end { "" } else { "*" }].concat();
                glob(&all, a)
            }
            "-eq" => number(a)? == number(b)?,
            "-ne" => number(a)? != number(b)?,
            "-lt" => number(a)? < number(b)?,
            "-le" => number(a)? <= number(b)?,
            "-gt" => number(a)? > number(b)?,
            _ => number(a)? >= number(b)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_numbers_and_files_are_asked_about() {
        let ask = |line: &str| {
            let words: Vec<String> = line.split(' ').map(String::from).collect();
            holds(&words[0], &words[1..], &|letter, path| letter == 'f' && path == "/etc/hosts")
        };
        assert_eq!(ask("[ -f /etc/hosts ]"), Ok(true));
        assert_eq!(ask("[ ! -e /nope ]"), Ok(true));
        assert_eq!(ask("[ 3 -gt 2 -a a = b ]"), Ok(false));
        assert_eq!(ask("[[ kubelet == kube* && 1 -lt 2 ]]"), Ok(true));
        assert_eq!(ask("test -n"), Ok(true));
        assert_eq!(ask("[ a -eq 1 ]"), Err("[: a: integer expression expected".to_string()));
        assert_eq!(ask("[ a"), Err("[: missing `]'".to_string()));
        assert_eq!(ask("[ a b ]"), Err("[: a: unary operator expected".to_string()));
    }
}
