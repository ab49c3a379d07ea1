//! The line that a client's terminal in raw mode is typing: what a kernel's tty and a shell's line editor do together.

/// What follows from typed bytes.
#[derive(PartialEq, Debug)]
pub enum Deed {
    /// Shown as it is.
    Echo(String),
    Line(String),
    /// Ctrl+C
    Interrupt,
    /// Ctrl+D on an empty line.
    End,
}

#[derive(Default)]
pub struct Editor {
    line: String,
    /// Bytes of a letter or of an escape sequence that are not all there yet.
    open: Vec<u8>,
    earlier: Vec<String>,
    /// How far back among the earlier lines.
    back: usize,
}

impl Editor {
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Deed> {
        bytes.iter().filter_map(|byte| self.byte(*byte)).collect()
    }

    fn byte(&mut self, byte: u8) -> Option<Deed> {
        self.open.push(byte);
        if self.open[0] == 0x1b {
            return self.escape();
        }
        let Ok(letter) = std::str::from_utf8(&self.open).map(str::to_string) else {
            // Four bytes that are no letter are dropped.
            self.open.truncate(if self.open.len() < 4 { self.open.len() } else { 0 });
            return None;
        };
        self.open.clear();
        match byte {
            b'\r' | b'\n' => {
                let line = std::mem::take(&mut self.line);
                self.back = 0;
                if !line.trim().is_empty() {
                    self.earlier.push(line.clone());
                }
                Some(Deed::Line(line))
            }
            0x03 => {
                self.line.clear();
                Some(Deed::Interrupt)
            }
            0x04 => self.line.is_empty().then_some(Deed::End),
            0x7f | 0x08 => self.line.pop().map(|letter| Deed::Echo("\u{8} \u{8}".repeat(width(letter)))),
            0x15 => Some(self.replaced(String::new())),
            ..0x20 => None,
            _ => {
                self.line.push_str(&letter);
                Some(Deed::Echo(letter))
            }
        }
    }

    /// Arrows up and down bring earlier lines; other sequences are swallowed.
    fn escape(&mut self) -> Option<Deed> {
        let done = match self.open[..] {
            [0x1b] | [0x1b, b'[' | b'O'] => false,
            [0x1b, b'[', ..] => self.open.last().is_some_and(|last| (0x40..=0x7e).contains(last)),
            _ => true,
        };
        let sequence = if done { std::mem::take(&mut self.open) } else { return None };
        match sequence[1..] {
            [b'[' | b'O', b'A'] if self.back < self.earlier.len() => self.back += 1,
            [b'[' | b'O', b'B'] if self.back > 0 => self.back -= 1,
            _ => return None,
        }
        let line = self.earlier.len().checked_sub(self.back).and_then(|at| self.earlier.get(at)).cloned().unwrap_or_default();
        Some(self.replaced(line))
    }

    fn replaced(&mut self, line: String) -> Deed {
        let erased: usize = self.line.chars().map(width).sum();
        let shown = "\u{8} \u{8}".repeat(erased) + &line;
        self.line = line;
        Deed::Echo(shown)
    }
}

/// How many columns a letter takes: Hangul and the like take two.
fn width(letter: char) -> usize {
    if matches!(letter, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}')
    {
        2
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_typed_mended_and_brought_back() {
        let mut editor = Editor::default();
        let deeds = editor.take("ls가\u{7f} /\r".as_bytes());
        assert_eq!(deeds.last(), Some(&Deed::Line("ls /".to_string())));
        assert!(deeds.contains(&Deed::Echo("\u{8} \u{8}\u{8} \u{8}".to_string())), "a syllable is two columns wide");
        assert_eq!(editor.take(b"\x1b[A"), [Deed::Echo("ls /".to_string())]);
        assert_eq!(editor.take(b"\x03"), [Deed::Interrupt]);
        assert_eq!(editor.take(b"\x04"), [Deed::End]);
        assert_eq!(editor.take(b"a\x04"), [Deed::Echo("a".to_string())], "only an empty line ends");
    }
}
