//! `${X:-y}` and `$((1 + 2))`: values made of variables.
use crate::glob::glob;

/// What `${NAME SIGN WORD}` is for a variable that has this value, or none.
pub fn shaped(value: Option<&str>, sign: &str, word: &str) -> String {
    let text = value.unwrap_or("");
    let missing = if sign.starts_with(':') { text.is_empty() } else { value.is_none() };
    match sign {
        ":-" | "-" | ":=" | "=" if missing => word.to_string(),
        ":+" | "+" => {
            if missing {
                String::new()
            } else {
                word.to_string()
            }
        }
        "length" => text.chars().count().to_string(),
        "#" | "##" | "%" | "%%" => cut(text, sign, word),
        "/" | "//" => {
            let (from, to) = word.split_once('/').unwrap_or((word, ""));
            if from.is_empty() {
                text.to_string()
            } else if sign == "/" {
                text.replacen(from, to, 1)
            } else {
                text.replace(from, to)
            }
        }
        ":" => {
            let (from, count) = word.split_once(':').unwrap_or((word, ""));
            let size = text.chars().count() as i64;
            let from: i64 = from.trim().parse().unwrap_or(0);
            let from = if from < 0 { (size + from).max(0) } else { from };
            text.chars().skip(from as usize).take(count.trim().parse().unwrap_or(usize::MAX)).collect()
        }
        _ => text.to_string(),
    }
}

/// Takes a pattern off the front or the back, the shortest or the longest.
fn cut(text: &str, sign: &str, pattern: &str) -> String {
    let front = sign.starts_with('#');
    let places = || text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let hit = |at: &usize| glob(pattern, if front { &text[..*at] } else { &text[*at..] });
    let found = if front == (sign.len() == 1) { places().find(hit) } else { places().rfind(hit) };
    let Some(at) = found else { return text.to_string() };
    if front { text[at..].to_string() } else { text[..at].to_string() }
}

/// The value of a sum in whole numbers; names stand for variables. The error is bash's words.
pub fn reckon(text: &str, value: &dyn Fn(&str) -> String) -> Result<i64, String> {
    let mut sum = Sum { text, at: 0, value };
    let found = sum.level(0)?;
    sum.blanks();
    if sum.rest().is_empty() { Ok(found) } else { Err(sum.wrong()) }
}

struct Sum<'a> {
    text: &'a str,
    at: usize,
    value: &'a dyn Fn(&str) -> String,
}

/// From loose to tight.
const LEVELS: [&[&str]; 6] = [&["||"], &["&&"], &["==", "!="], &["<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];

impl<'a> Sum<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn wrong(&self) -> String {
        format!("bash: {}: syntax error in expression (error token is \"{}\")", self.text, self.rest())
    }

    fn level(&mut self, level: usize) -> Result<i64, String> {
        let Some(signs) = LEVELS.get(level) else { return self.single() };
        let mut left = self.level(level + 1)?;
        loop {
            self.blanks();
            let Some(sign) = signs.iter().find(|sign| self.rest().starts_with(**sign)) else { return Ok(left) };
            self.at += sign.len();
            let right = self.level(level + 1)?;
            if matches!(*sign, "/" | "%") && right == 0 {
                return Err(format!("bash: {}: division by 0 (error token is \"{right}\")", self.text));
            }
            left = match *sign {
                "||" => i64::from(left != 0 || right != 0),
                "&&" => i64::from(left != 0 && right != 0),
                "==" => i64::from(left == right),
                "!=" => i64::from(left != right),
                "<=" => i64::from(left <= right),
                ">=" => i64::from(left >= right),
                "<" => i64::from(left < right),
                ">" => i64::from(left > right),
                "+" => left.wrapping_add(right),
                "-" => left.wrapping_sub(right),
                "*" => left.wrapping_mul(right),
                "/" => left.wrapping_div(right),
                _ => left.wrapping_rem(right),
            };
        }
    }

    fn single(&mut self) -> Result<i64, String> {
        self.blanks();
        let rest = self.rest();
        if rest.starts_with(['-', '+', '!']) {
            self.at += 1;
            let inner = self.single()?;
            return Ok(match rest.as_bytes()[0] {
                b'-' => -inner,
                b'!' => i64::from(inner == 0),
                _ => inner,
            });
        }
        if rest.starts_with('(') {
            self.at += 1;
            let inner = self.level(0)?;
            self.blanks();
            if !self.rest().starts_with(')') {
                return Err(self.wrong());
            }
            self.at += 1;
            return Ok(inner);
        }
        let name = rest.trim_start_matches(['$', '{']);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        if end == 0 {
            return Err(self.wrong());
        }
        self.at += rest.len() - name.len() + end;
        if rest.starts_with("${") && self.rest().starts_with('}') {
            self.at += 1;
        }
        let word = &name[..end];
        if word.starts_with(|c: char| c.is_ascii_digit()) && !rest.starts_with('$') {
            return word.parse().map_err(|_| self.wrong());
        }
        Ok((self.value)(word).trim().parse().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shaped_and_reckoned() {
        assert_eq!(shaped(None, ":-", "x"), "x");
        assert_eq!(shaped(Some("a/b/c.yaml"), "##", "*/"), "c.yaml");
        assert_eq!(shaped(Some("a/b/c.yaml"), "%", ".*"), "a/b/c");
        assert_eq!(shaped(Some("a/b/c.yaml"), "%%", "/*"), "a");
        assert_eq!(shaped(Some("v1.37.2"), ":", "1:4"), "1.37");
        assert_eq!(shaped(Some("v1.37.2"), "length", ""), "7");
        let sum = |text: &str| reckon(text, &|name| if name == "i" { "4".into() } else { String::new() });
        assert_eq!(sum("$i * (2 + 3) - 1"), Ok(19));
        assert_eq!(sum("i % 3 == 1 && none + 0 < 1"), Ok(1));
        assert!(sum("1 +").is_err() && sum("1/0").is_err());
    }
}
