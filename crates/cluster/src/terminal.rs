//! The learner's terminal as a client of the cluster: the shell, its open connections, what it printed.
use kubectl::Shell;
use objects::Text;
use objects::wire::{Request, WatchCursor};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A piece of output.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    pub text: Text,
    pub err: bool,
    /// A prompt with the line that was typed behind it.
    pub typed: bool,
}

/// The shell with what it holds open.
#[derive(Clone, Debug)]
pub struct Terminal {
    pub shell: Shell,
    /// Open watches by ticket.
    pub watches: BTreeMap<u64, WatchCursor>,
    /// Open log follows by ticket: the request, and how much was told.
    pub follows: BTreeMap<u64, (Request, usize)>,
    /// All that was printed since the last `clear`.
    pub printed: Arc<Vec<Chunk>>,
    /// How often the screen was cleared, so that a viewer notices.
    pub cleared: u64,
    /// A text that a command wants edited: its name and the text.
    pub edit: Option<(String, String)>,
    /// Whether the files changed since a viewer last looked; counted.
    pub files_changed: u64,
    /// The exit code of the last command.
    pub code: u8,
}

impl Terminal {
    pub fn new(files: Vec<(String, String)>) -> Terminal {
        Terminal {
            shell: Shell::new(files).with_manifests(crate::addons::MANIFESTS),
            watches: BTreeMap::new(),
            follows: BTreeMap::new(),
            printed: Arc::default(),
            cleared: 0,
            edit: None,
            files_changed: 0,
            code: 0,
        }
    }

    /// Prints text.
    pub fn print(&mut self, text: &str, err: bool) {
        Arc::make_mut(&mut self.printed).push(Chunk { text: Text::new(text), err, typed: false });
    }

    /// Shows a line that was typed, behind its prompt.
    pub fn echo(&mut self, prompt: &str, line: &str) {
        let text = Text::from(format!("{prompt}{line}\n"));
        Arc::make_mut(&mut self.printed).push(Chunk { text, err: false, typed: true });
    }

    /// The last typed lines with what was printed behind each, the newest first: at most `count`. Of a long answer only the end.
    pub fn answers(&self, count: usize) -> Vec<(&str, String)> {
        /// Pieces of output: a line each, mostly.
        const LONGEST: usize = 400;
        let mut rest = &self.printed[..];
        let mut all = Vec::new();
        while let Some(at) = rest.iter().rposition(|chunk| chunk.typed).filter(|_| all.len() < count) {
            let (before, own) = rest.split_at(at);
            let said = own[1..].iter().skip((own.len() - 1).saturating_sub(LONGEST)).map(|chunk| chunk.text.as_str()).collect();
            all.push((own[0].text.as_str(), said));
            rest = before;
        }
        all
    }

    /// Everything printed, as one text.
    pub fn output(&self) -> String {
        self.printed.iter().map(|chunk| chunk.text.as_str()).collect()
    }
}
