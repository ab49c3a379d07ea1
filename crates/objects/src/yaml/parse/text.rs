//! Text in quotes and in blocks: escapes, folded lines, the marks after `|` and `>`.
use super::Stop;
use super::cursor::Cursor;

impl Cursor<'_> {
    pub fn quoted(&mut self, quote: char) -> Result<String, Stop> {
        let mut out = String::new();
        self.bump();
        loop {
            let Some(letter) = self.peek() else { return Err(Stop::Unsure) };
            match letter {
                '\'' if quote == '\'' && self.rest().starts_with("''") => {
                    self.at += 2;
                    out.push('\'');
                }
                letter if letter == quote => {
                    self.bump();
                    return Ok(out);
                }
                '\\' if quote == '"' => self.escape(&mut out)?,
                '\n' => self.fold(&mut out),
                '\r' if self.rest().starts_with("\r\n") => self.at += 1,
                letter => {
                    self.at += letter.len_utf8();
                    out.push(letter);
                }
            }
        }
    }

    /// A line break between quotes: one is a blank, more are kept less one, blanks around are gone.
    fn fold(&mut self, out: &mut String) {
        out.truncate(out.trim_end_matches([' ', '\t']).len());
        let begun = self.line;
        while self.peek() == Some('\n') {
            self.bump();
            self.spaces();
        }
        match self.line - begun {
            1 => out.push(' '),
            more => out.extend(std::iter::repeat_n('\n', more - 1)),
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<(), Stop> {
        self.bump();
        let letter = self.peek().ok_or(Stop::Unsure)?;
        self.bump();
        let digits = match letter {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let code = self.rest().get(..digits).and_then(|hex| u32::from_str_radix(hex, 16).ok()).ok_or(Stop::Unsure)?;
            self.at += digits;
            out.push(char::from_u32(code).ok_or(Stop::Unsure)?);
            return Ok(());
        }
        out.push(match letter {
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' | '\t' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            ' ' | '"' | '\\' | '/' | '\'' => letter,
            '\n' => {
                self.spaces();
                return Ok(());
            }
            _ => return Err(Stop::Unsure),
        });
        Ok(())
    }

    /// `|` and `>` with their marks for indentation and the last line break.
    pub fn block_scalar(&mut self, parent: isize) -> Result<String, Stop> {
        let rest = self.rest();
        let header = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let marks = header[1..].split(['#', ' ', '\t', '\r']).next().unwrap_or("");
        let given = marks.chars().find_map(|c| c.to_digit(10)).map(|digit| digit as usize);
        let base = parent.max(-1) + 1;
        self.skip_line();
        self.bump();
        let mut indent = given.map(|given| (base - 1).max(0) as usize + given);
        let mut lines: Vec<&str> = Vec::new();
        while !self.rest().is_empty() {
            let rest = self.rest();
            let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
            let bare = line.strip_suffix('\r').unwrap_or(line);
            let depth = bare.len() - bare.trim_start_matches(' ').len();
            let empty = depth == bare.len();
            if !empty {
                let wanted = *indent.get_or_insert(depth);
                if depth < wanted || (depth as isize) < base || (depth == 0 && self.at_document_end()) {
                    break;
                }
            }
            lines.push(match indent {
                Some(wanted) => bare.get(wanted.min(bare.len())..).unwrap_or(""),
                None => "",
            });
            self.skip_line();
            self.bump();
        }
        let text = if header.starts_with('|') { lines.join("\n") } else { folded(&lines) };
        let body = text.trim_end_matches('\n');
        let ended = !lines.is_empty();
        let value = if marks.contains('-') || !ended {
            body.to_string()
        } else if marks.contains('+') {
            format!("{text}\n")
        } else if body.is_empty() {
            String::new()
        } else {
            format!("{body}\n")
        };
        Ok(value)
    }
}

/// Lines of a `>` scalar: joined by blanks, except around deeper lines.
fn folded(lines: &[&str]) -> String {
    let deeper = |line: &str| line.starts_with([' ', '\t']);
    let mut out = String::new();
    let mut before: Option<&str> = None;
    let mut empty = 0;
    for &line in lines {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        match before {
            None => out.extend(std::iter::repeat_n('\n', empty)),
            Some(last) if deeper(last) || deeper(line) => out.extend(std::iter::repeat_n('\n', empty + 1)),
            Some(_) if empty == 0 => out.push(' '),
            Some(_) => out.extend(std::iter::repeat_n('\n', empty)),
        }
        out.push_str(line);
        (before, empty) = (Some(line), 0);
    }
    out.extend(std::iter::repeat_n('\n', empty));
    out
}
