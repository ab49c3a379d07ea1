//! What Go's encoding/json says of a text that is no JSON: the first letter that does not fit, and what was looked for there.

/// The words where the text ends too early.
pub const END: &str = "unexpected end of JSON input";

/// How many bytes were read before it was seen, and the words for `text`; only for one that cannot be read.
pub fn problem(text: &str) -> (usize, String) {
    let mut reader = Reader { letters: text.chars().collect(), at: 0 };
    let found = reader.value().and_then(|()| {
        reader.blanks();
        reader.letters.get(reader.at).map_or(Ok(()), |_| Err(reader.wrong("after top-level value")))
    });
    let words = found.err().unwrap_or_else(|| END.to_string());
    let read: usize = reader.letters.iter().take(reader.at + 1).map(|letter| letter.len_utf8()).sum();
    (read, words)
}

struct Reader {
    letters: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\r' | '\n')) {
            self.at += 1;
        }
    }

    /// `invalid character 'x' looking for beginning of value`; at the end of the text its own words.
    fn wrong(&self, place: &str) -> String {
        match self.peek() {
            None => END.to_string(),
            Some('\'') => format!("invalid character '\\'' {place}"),
            Some('"') => format!("invalid character '\"' {place}"),
            Some(c) if c == '\\' || c.is_control() => format!("invalid character '{}' {place}", c.escape_default()),
            Some(c) => format!("invalid character '{c}' {place}"),
        }
    }

    fn value(&mut self) -> Result<(), String> {
        self.blanks();
        match self.peek() {
            Some('{') => self.object(),
            Some('[') => self.array(),
            Some('"') => self.string(),
            Some('t') => self.literal("true"),
            Some('f') => self.literal("false"),
            Some('n') => self.literal("null"),
            Some(c) if c == '-' || c.is_ascii_digit() => self.number(),
            _ => Err(self.wrong("looking for beginning of value")),
        }
    }

    fn object(&mut self) -> Result<(), String> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some('}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blanks();
            if self.peek() != Some('"') {
                return Err(self.wrong("looking for beginning of object key string"));
            }
            self.string()?;
            self.blanks();
            if self.peek() != Some(':') {
                return Err(self.wrong("after object key"));
            }
            self.at += 1;
            self.value()?;
            if self.next_or('}', "after object key:value pair")? {
                return Ok(());
            }
        }
    }

    fn array(&mut self) -> Result<(), String> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some(']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value()?;
            if self.next_or(']', "after array element")? {
                return Ok(());
            }
        }
    }

    /// Whether `end` stands here; otherwise there must be a comma.
    fn next_or(&mut self, end: char, place: &str) -> Result<bool, String> {
        self.blanks();
        match self.peek() {
            Some(c) if c == ',' || c == end => {
                self.at += 1;
                Ok(c == end)
            }
            _ => Err(self.wrong(place)),
        }
    }

    fn string(&mut self) -> Result<(), String> {
        self.at += 1;
        loop {
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some('u') => {
                            for _ in 0..4 {
                                self.at += 1;
                                if !self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
                                    return Err(self.wrong("in \\u hexadecimal character escape"));
                                }
                            }
                        }
                        Some('b' | 'f' | 'n' | 'r' | 't' | '\\' | '/' | '"') => {}
                        _ => return Err(self.wrong("in string escape code")),
                    }
                }
                Some(c) if c < ' ' => return Err(self.wrong("in string literal")),
                Some(_) => {}
                None => return Err(END.to_string()),
            }
            self.at += 1;
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), String> {
        for letter in word.chars() {
            if self.peek() != Some(letter) {
                return Err(self.wrong(&format!("in literal {word} (expecting '{letter}')")));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn digits(&mut self, place: &str) -> Result<(), String> {
        if !self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return Err(self.wrong(place));
        }
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), String> {
        if self.peek() == Some('-') {
            self.at += 1;
        }
        if self.peek() == Some('0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some('.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if self.peek().is_some_and(|c| matches!(c, 'e' | 'E')) {
            self.at += 1;
            if self.peek().is_some_and(|c| matches!(c, '+' | '-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letter_that_does_not_fit_is_named() {
        let cases = [
            ("", END),
            ("{\"a\":1", END),
            ("kind: Pod", "invalid character 'k' looking for beginning of value"),
            ("{a:1}", "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 \"b\":2}", "invalid character '\"' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("{} x", "invalid character 'x' after top-level value"),
            ("nul", END),
            ("trux", "invalid character 'x' in literal true (expecting 'e')"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            ("'a'", "invalid character '\\'' looking for beginning of value"),
        ];
        assert_eq!(problem("{\"apiVersion\":\"v1\" \"kind\":1}").0, 20);
        for (text, words) in cases {
            assert_eq!(problem(text).1, words, "{text}");
        }
    }
}
