//! Redirections and here-documents of a command.
use crate::cursor::{Reader, unexpected};
use crate::syntax::{Part, Redirect, Script, Trouble, Word};

impl Reader {
    pub fn redirect(&mut self) -> Result<Option<Vec<Redirect>>, Trouble> {
        let start = self.at;
        if self.take("&>") {
            self.blanks();
            let file = self.word()?;
            return Ok(Some(vec![Redirect::To { fd: 1, append: false, file }, Redirect::Join { fd: 2, to: 1 }]));
        }
        let fd = if self.take("1>") || self.take("2>") { Some(self.rest[self.at - 2] as u8 - b'0') } else { None };
        if fd.is_some() {
            self.at -= 1;
        }
        if self.take("<<<") {
            self.blanks();
            let mut word = self.word()?;
            word.0.push(Part::Text { text: "\n".into(), quoted: true });
            return Ok(Some(vec![Redirect::Here(word)]));
        }
        if self.take("<<") {
            return self.here_start().map(|here| Some(vec![here]));
        }
        if self.take("<") {
            self.blanks();
            return Ok(Some(vec![Redirect::From(self.word()?)]));
        }
        if !self.take(">") {
            self.at = start;
            return Ok(None);
        }
        let fd = fd.unwrap_or(1);
        if self.take("&") {
            let to = if self.take("1") {
                1
            } else if self.take("2") {
                2
            } else {
                return Err(unexpected("&"));
            };
            return Ok(Some(vec![Redirect::Join { fd, to }]));
        }
        let append = self.take(">");
        self.blanks();
        Ok(Some(vec![Redirect::To { fd, append, file: self.word()? }]))
    }

    /// After `<<`: notes the end word. The text follows on the next line and replaces the empty one.
    fn here_start(&mut self) -> Result<Redirect, Trouble> {
        let strip = self.take("-");
        self.blanks();
        let raw = matches!(self.peek(), Some('\'' | '"' | '\\'));
        let end: String = self.word()?.0.iter().map(|part| if let Part::Text { text, .. } = part { text.as_str() } else { "" }).collect();
        self.waiting.push((end, raw, strip));
        Ok(Redirect::Here(Word::default()))
    }

    /// At the start of a line: the texts of the here-documents announced on the line before.
    pub fn here_texts(&mut self, script: &mut Script) -> Result<(), Trouble> {
        let waiting = std::mem::take(&mut self.waiting);
        let places = script.steps.iter_mut().flat_map(|(_, pipeline)| &mut pipeline.commands).flat_map(|command| &mut command.redirects);
        let mut empty: Vec<&mut Redirect> = places.filter(|redirect| **redirect == Redirect::Here(Word::default())).collect();
        for (place, (end, raw, strip)) in empty.iter_mut().zip(waiting) {
            let mut text = String::new();
            loop {
                if self.at >= self.rest.len() {
                    return Err(Trouble::Unfinished);
                }
                let stop = self.rest[self.at..].iter().position(|c| *c == '\n').map_or(self.rest.len(), |n| self.at + n);
                let line: String = self.rest[self.at..stop].iter().collect();
                self.at = (stop + 1).min(self.rest.len());
                let line = if strip { line.trim_start_matches('\t') } else { line.as_str() };
                if line == end {
                    break;
                }
                text.push_str(line);
                text.push('\n');
            }
            let word = if raw { Word(vec![Part::Text { text, quoted: true }]) } else { Reader::inside(&text)? };
            // An empty text must not look like one that still waits.
            **place =
                Redirect::Here(if word == Word::default() { Word(vec![Part::Text { text: String::new(), quoted: true }]) } else { word });
        }
        Ok(())
    }
}
