//! A place in a text, counted in lines and columns, and how to move it over what means nothing.

/// Where reading stands.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    pub text: &'a str,
    /// In bytes.
    pub at: usize,
    /// From 0.
    pub line: usize,
    pub line_start: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0, line: 0, line_start: 0 }
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn column(&self) -> usize {
        self.at - self.line_start
    }

    pub fn bump(&mut self) {
        if let Some(letter) = self.peek() {
            self.at += letter.len_utf8();
            if letter == '\n' {
                self.line += 1;
                self.line_start = self.at;
            }
        }
    }

    /// Whether what follows `length` bytes on is a blank, a line's end, or the end.
    pub fn blank_after(&self, length: usize) -> bool {
        self.rest().get(length..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
    }

    pub fn spaces(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\r')) {
            self.at += 1;
        }
    }

    /// Goes to the next token over blanks, comments and lines.
    pub fn blanks(&mut self) {
        loop {
            self.spaces();
            match self.peek() {
                Some('#') if self.at == 0 || self.text[..self.at].ends_with([' ', '\t', '\n', '\r']) => self.skip_line(),
                Some('\n') => self.bump(),
                _ => return,
            }
        }
    }

    pub fn skip_line(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    /// Directives and the `---` before the value.
    pub fn prologue(&mut self) {
        self.at += self.rest().strip_prefix('\u{feff}').map_or(0, |_| 3);
        self.blanks();
        while self.rest().starts_with('%') {
            self.skip_line();
            self.blanks();
        }
        if self.rest().starts_with("---") && self.blank_after(3) {
            self.at += 3;
        }
    }

    pub fn at_document_end(&self) -> bool {
        self.column() == 0 && (self.rest().starts_with("---") || self.rest().starts_with("...")) && self.blank_after(3)
    }

    /// How many letters stand before a place on its line; bytes on lines that are so long that nobody reads them.
    pub fn letters_before(&self, at: usize) -> usize {
        let start = if at >= self.line_start { self.line_start } else { self.text[..at].rfind('\n').map_or(0, |end| end + 1) };
        if at - start > 2_000 { at - start } else { self.text[start..at].chars().count() }
    }

    /// Whether a key and its colon stand here, on this line.
    pub fn is_key(&self) -> bool {
        let rest = self.rest();
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let colon_after = |at: usize| {
            let after = line[at..].trim_start_matches([' ', '\t']).strip_prefix(':');
            after.is_some_and(|after| after.is_empty() || after.starts_with([' ', '\t', '\r']))
        };
        match line.chars().next() {
            Some(quote @ ('"' | '\'')) => quote_end(line, quote).is_some_and(colon_after),
            Some('[' | '{') => false,
            _ => plain_colon(line).is_some(),
        }
    }
}

/// Where the colon of a plain key stands.
pub fn plain_colon(line: &str) -> Option<usize> {
    if line.starts_with(['#', ':']) && !line.starts_with("::") {
        return None;
    }
    let bytes = line.as_bytes();
    (0..bytes.len())
        .take_while(|at| !(bytes[*at] == b'#' && *at > 0 && matches!(bytes[at - 1], b' ' | b'\t')))
        .find(|at| bytes[*at] == b':' && bytes.get(at + 1).is_none_or(|after| matches!(after, b' ' | b'\t' | b'\r')))
}

/// Where a quoted text that begins a line has ended.
fn quote_end(line: &str, quote: char) -> Option<usize> {
    let mut letters = line.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if quote == '"' => {
                letters.next();
            }
            '\'' if quote == '\'' && letters.peek().is_some_and(|(_, next)| *next == '\'') => {
                letters.next();
            }
            letter if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}
