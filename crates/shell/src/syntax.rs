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
    /// `( … )`, or what a loop does; the words are empty then.
    pub group: Option<Box<Script>>,
    /// How often the group is done: once without it.
    pub turns: Option<Box<Turns>>,
}

/// What a loop goes by.
#[derive(Clone, Debug, PartialEq)]
pub enum Turns {
    /// `for name in words; do … done`
    Each { name: String, words: Vec<Word> },
    /// `while …; do … done`; `until` where it goes on as long as the condition is bad.
    While { condition: Script, until: bool },
}

/// A loop without an end that nothing waits in is ended after so many turns.
pub const TURNS_MOST: usize = 10_000;

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
    /// `$( … )`
    Output { script: Script, quoted: bool },
}

/// Why a line cannot be run.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// More lines are needed: an open quote, a here-document, a trailing `\` or `|`.
    Unfinished,
    Wrong(String),
}

/// `{1..5}` and `{a..e}` among a loop's words stand for all between.
pub fn ranged(word: String) -> Vec<String> {
    let inner = word.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).and_then(|inner| inner.split_once(".."));
    let Some((first, last)) = inner else { return vec![word] };
    let line = |from: i64, to: i64| -> Vec<i64> { if from <= to { (from..=to).collect() } else { (to..=from).rev().collect() } };
    let mut letters = (first.chars(), last.chars());
    match (first.parse::<i64>(), last.parse::<i64>()) {
        (Ok(from), Ok(to)) if from.abs_diff(to) < TURNS_MOST as u64 => line(from, to).iter().map(i64::to_string).collect(),
        _ => match (letters.0.next(), letters.0.next(), letters.1.next(), letters.1.next()) {
            (Some(from @ ('a'..='z' | 'A'..='Z')), None, Some(to @ ('a'..='z' | 'A'..='Z')), None) => {
                line(i64::from(u32::from(from)), i64::from(u32::from(to)))
                    .iter()
                    .filter_map(|code| char::from_u32(*code as u32))
                    .map(String::from)
                    .collect()
            }
            _ => vec![word],
        },
    }
}

impl Word {
    pub(crate) fn text(&mut self, more: &str, is_quoted: bool) {
        match self.0.last_mut() {
            Some(Part::Text { text, quoted }) if *quoted == is_quoted => text.push_str(more),
            _ => self.0.push(Part::Text { text: more.to_string(), quoted: is_quoted }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_with_two_dots_stand_for_all_between() {
        let all = |word: &str| ranged(word.to_string()).join(" ");
        assert_eq!(all("{1..4}"), "1 2 3 4");
        assert_eq!(all("{3..1}"), "3 2 1");
        assert_eq!(all("{a..c}"), "a b c");
        assert_eq!(all("{1..}"), "{1..}");
        assert_eq!(all("web"), "web");
    }
}
