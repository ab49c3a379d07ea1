//! What a read line consists of: lists, pipelines, commands, redirections, words.

/// `a && b; c`: pipelines with what joins each to the one before.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Script {
    pub steps: Vec<(Join, Pipeline)>,
}

/// When a step runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Join {
    Always,
    /// `&&`
    IfGood,
    /// `||`
    IfBad,
}

/// `a | b`, with `!` before it when `not`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Pipeline {
    pub not: bool,
    /// Behind it stands `&`: a command that would hold the terminal gives it back.
    pub background: bool,
    pub commands: Vec<Command>,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Command {
    /// `X=1` before the words.
    pub sets: Vec<(String, Word)>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
    /// `( … )`, `if … fi` and the like; the words are empty then.
    pub group: Option<Box<Group>>,
}

/// Commands within commands.
#[derive(Clone, Debug, PartialEq)]
pub enum Group {
    /// `{ …; }`
    List(Script),
    /// `( … )`: what it sets is forgotten behind it.
    Sub(Script),
    /// `if A; then B; elif C; then D; else E; fi`
    If { arms: Vec<(Script, Script)>, other: Script },
    /// `while A; do B; done`; `until` turns the answer round.
    While { until: bool, condition: Script, body: Script },
    /// `for X in a b; do …; done`; without `in`: the script's own words.
    For { name: String, words: Option<Vec<Word>>, body: Script },
    /// `case X in a|b) …;; esac`
    Case { word: Word, arms: Vec<(Vec<Word>, Script)> },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Redirect {
    /// `< file`
    From(Word),
    /// `<<EOF` or `<<< text`: the text itself.
    Here(Word),
    /// `> file`, `2>> file`: the descriptor, whether it appends, the file.
    To { fd: u8, append: bool, file: Word },
    /// `2>&1`, `1>&2`
    Join { fd: u8, to: u8 },
}

/// A word before expansion.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Word(pub Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// `quoted` text is not matched against file names.
    Text { text: String, quoted: bool },
    /// `$NAME`; not split at spaces when quoted.
    Variable { name: String, quoted: bool },
    /// `${NAME:-word}`, `${NAME%word}`, `${#NAME}`: what stands between name and word.
    Shaped { name: String, sign: String, word: Word, quoted: bool },
    /// `$( … )`
    Output { script: Script, quoted: bool },
    /// `$(( … ))`: the text between.
    Sum(String),
}

/// Why a line cannot be run.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// More lines are needed: an open quote, a here-document, a trailing `\` or `|`.
    Unfinished,
    Wrong(String),
}

impl Word {
    pub(crate) fn text(&mut self, more: &str, is_quoted: bool) {
        match self.0.last_mut() {
            Some(Part::Text { text, quoted }) if *quoted == is_quoted => text.push_str(more),
            _ => self.0.push(Part::Text { text: more.to_string(), quoted: is_quoted }),
        }
    }
}
