//! What a command has printed, in order, on its two outputs.

/// One run of text on one output, or a wiped screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    Out(String),
    Err(String),
    Clear,
    /// Text that was shown in an earlier run and is not kept: only its length.
    Shown(usize),
}

/// Everything printed so far. A re-run prints it again from the start; the shell shows only what is new.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Pen {
    chunks: Vec<Chunk>,
}

impl Pen {
    /// Prints on standard output, as is (no newline is added).
    pub fn out(&mut self, text: &str) {
        match self.chunks.last_mut() {
            Some(Chunk::Out(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.chunks.push(Chunk::Out(text.to_string())),
        }
    }

    /// Prints on standard error, as is.
    pub fn err(&mut self, text: &str) {
        match self.chunks.last_mut() {
            Some(Chunk::Err(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.chunks.push(Chunk::Err(text.to_string())),
        }
    }

    /// Forgets all text but not how long it was.
    pub fn forget(&mut self) {
        let length = self.len();
        self.chunks.clear();
        self.chunks.extend((length > 0).then_some(Chunk::Shown(length)));
    }

    pub(crate) fn push_shown(&mut self, chunk: &Chunk) {
        self.chunks.push(chunk.clone());
    }

    pub fn clear(&mut self) {
        self.chunks.push(Chunk::Clear);
    }

    /// Prints all that another pen printed.
    pub fn append(&mut self, other: &Pen) {
        for chunk in &other.chunks {
            match chunk {
                Chunk::Out(text) => self.out(text),
                Chunk::Err(text) => self.err(text),
                Chunk::Clear => self.clear(),
                Chunk::Shown(length) => self.chunks.push(Chunk::Shown(*length)),
            }
        }
    }

    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// Standard output alone.
    pub fn stdout(&self) -> String {
        self.chunks.iter().map(|chunk| if let Chunk::Out(text) = chunk { text.as_str() } else { "" }).collect()
    }

    /// Standard error alone.
    pub fn stderr(&self) -> String {
        self.chunks.iter().map(|chunk| if let Chunk::Err(text) = chunk { text.as_str() } else { "" }).collect()
    }

    /// Bytes printed; a wiped screen counts as one.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(Chunk::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// What was printed after the first `shown` bytes.
    pub fn after(&self, shown: usize) -> Vec<Chunk> {
        self.part(shown, usize::MAX).chunks.into_iter().filter(|chunk| !matches!(chunk, Chunk::Shown(_))).collect()
    }

    /// What was printed from byte `from` up to `until`. A letter of which only a part lies there is left out.
    pub(crate) fn part(&self, from: usize, until: usize) -> Pen {
        let (mut at, mut chunks) = (0, Vec::new());
        for chunk in &self.chunks {
            let length = chunk.len();
            let (begin, end) = (from.saturating_sub(at).min(length), until.saturating_sub(at).min(length));
            at += length;
            if begin >= end {
                continue;
            }
            let cut = |text: &str| text.get(text.ceil_char_boundary(begin)..text.floor_char_boundary(end)).unwrap_or_default().to_string();
            chunks.push(match chunk {
                Chunk::Out(text) => Chunk::Out(cut(text)),
                Chunk::Err(text) => Chunk::Err(cut(text)),
                Chunk::Clear => Chunk::Clear,
                Chunk::Shown(_) => Chunk::Shown(end - begin),
            });
        }
        Pen { chunks }
    }
}

impl Chunk {
    fn len(&self) -> usize {
        match self {
            Chunk::Out(text) | Chunk::Err(text) => text.len(),
            Chunk::Clear => 1,
            Chunk::Shown(length) => *length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_new_suffix_is_shown() {
        let mut pen = Pen::default();
        pen.out("NAME\n");
        pen.err("Warning: x\n");
        pen.out("web\n");
        assert_eq!(pen.after(5), vec![Chunk::Err("Warning: x\n".into()), Chunk::Out("web\n".into())]);
        assert_eq!(pen.after(pen.len()), vec![]);
        assert_eq!(pen.stdout(), "NAME\nweb\n");
    }

    #[test]
    fn no_letter_is_cut_in_two() {
        let mut pen = Pen::default();
        pen.out("파드");
        assert_eq!(pen.after(1), vec![Chunk::Out("드".into())]);
        assert_eq!(pen.part(0, 4).stdout(), "파");
    }
}
