//! A typed line read into commands: quotes, pipes, lists, redirections, substitutions, here-documents.

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
    /// `( … )`; the words are empty then.
    pub group: Option<Box<Script>>,
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

/// Reads a whole line (or several, joined by newlines).
pub fn parse(text: &str) -> Result<Script, Trouble> {
    let mut reader = Reader { rest: text.chars().collect::<Vec<_>>(), at: 0, waiting: Vec::new() };
    let script = reader.script(None)?;
    if reader.waiting.is_empty() { Ok(script) } else { Err(Trouble::Unfinished) }
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    /// Here-documents announced on this line whose text has not been read yet.
    waiting: Vec<(String, bool, bool)>,
}

fn unexpected(what: &str) -> Trouble {
    Trouble::Wrong(format!("bash: syntax error near unexpected token `{what}'"))
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn starts(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.rest.get(self.at + i) == Some(&c))
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.starts(text);
        self.at += if found { text.chars().count() } else { 0 };
        found
    }

    /// Spaces, comments and joined lines; not newlines.
    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('\\') if self.rest.get(self.at + 1) == Some(&'\n') => self.at += 2,
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// Up to the end of the text, or to `close`.
    fn script(&mut self, close: Option<char>) -> Result<Script, Trouble> {
        let mut script = Script::default();
        let mut join = Join::Always;
        loop {
            self.blanks();
            match self.peek() {
                None if close.is_some() || join != Join::Always => return Err(Trouble::Unfinished),
                None => return Ok(script),
                Some(c) if Some(c) == close => {
                    self.at += 1;
                    return Ok(script);
                }
                Some('\n') => {
                    self.at += 1;
                    self.here_texts(&mut script)?;
                    continue;
                }
                _ => {}
            }
            script.steps.push((join, self.pipeline(close)?));
            self.blanks();
            join = if self.take("&&") {
                Join::IfGood
            } else if self.take("||") {
                Join::IfBad
            } else {
                if self.starts(";;") {
                    return Err(unexpected(";;"));
                }
                if !self.take(";") && self.take("&") {
                    script.steps.last_mut().into_iter().for_each(|(_, step)| step.background = true);
                }
                Join::Always
            };
        }
    }

    fn pipeline(&mut self, close: Option<char>) -> Result<Pipeline, Trouble> {
        let mut pipeline = Pipeline::default();
        self.blanks();
        if self.starts("! ") {
            self.at += 1;
            pipeline.not = true;
        }
        loop {
            let command = self.command(close)?;
            if command == Command::default() {
                let token = self.peek().map_or("newline".to_string(), |c| if c == '\n' { "newline".into() } else { c.to_string() });
                let open = self.peek().is_none() && !pipeline.commands.is_empty();
                return Err(if open {
                    Trouble::Unfinished
                } else {
                    unexpected(if self.starts("||") {
                        "||"
                    } else if self.starts("&&") {
                        "&&"
                    } else {
                        &token
                    })
                });
            }
            pipeline.commands.push(command);
            self.blanks();
            if self.starts("||") || !self.take("|") {
                return Ok(pipeline);
            }
            if self.take("&") {
                let joined = Redirect::Join { fd: 2, to: 1 };
                pipeline.commands.last_mut().into_iter().for_each(|command| command.redirects.push(joined.clone()));
            }
            self.blanks();
            while self.take("\n") {
                self.blanks();
            }
            if self.peek().is_none() {
                return Err(Trouble::Unfinished);
            }
        }
    }

    fn command(&mut self, close: Option<char>) -> Result<Command, Trouble> {
        let mut command = Command::default();
        loop {
            self.blanks();
            match self.peek() {
                None | Some('\n' | ';' | '|' | '&') if !self.starts("&>") => return Ok(command),
                Some(c) if Some(c) == close => return Ok(command),
                Some(')') => return Err(unexpected(")")),
                Some('(') if command == Command::default() => {
                    self.at += 1;
                    command.group = Some(Box::new(self.script(Some(')'))?));
                }
                Some('(') => return Err(unexpected("(")),
                _ => match self.redirect()? {
                    Some(all) => command.redirects.extend(all),
                    None => self.word_or_set(&mut command)?,
                },
            }
        }
    }

    fn word_or_set(&mut self, command: &mut Command) -> Result<(), Trouble> {
        let mut end = self.at;
        while self.rest.get(end).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_') {
            end += 1;
        }
        let named = end > self.at && !self.rest[self.at].is_ascii_digit() && self.rest.get(end) == Some(&'=');
        if command.words.is_empty() && named {
            let name: String = self.rest[self.at..end].iter().collect();
            self.at = end + 1;
            let value = self.word()?;
            command.sets.push((name, value));
        } else {
            let word = self.word()?;
            command.words.push(word);
        }
        Ok(())
    }

    fn redirect(&mut self) -> Result<Option<Vec<Redirect>>, Trouble> {
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
    fn here_texts(&mut self, script: &mut Script) -> Result<(), Trouble> {
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

    /// A text in which only `$`, `` ` `` and `\` mean something: a here-document.
    fn inside(text: &str) -> Result<Word, Trouble> {
        let mut reader = Reader { rest: text.chars().collect(), at: 0, waiting: Vec::new() };
        let mut word = Word::default();
        reader.quoted(&mut word, None)?;
        Ok(word)
    }

    fn word(&mut self) -> Result<Word, Trouble> {
        let mut word = Word::default();
        let start = self.at;
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | '<' | '>' | '(' | ')' => break,
                '\'' => {
                    self.at += 1;
                    let end = self.rest[self.at..].iter().position(|c| *c == '\'').ok_or(Trouble::Unfinished)?;
                    word.text(&self.rest[self.at..self.at + end].iter().collect::<String>(), true);
                    self.at += end + 1;
                }
                '"' => {
                    self.at += 1;
                    word.text("", true);
                    self.quoted(&mut word, Some('"'))?;
                }
                '\\' => {
                    let next = *self.rest.get(self.at + 1).ok_or(Trouble::Unfinished)?;
                    self.at += 2;
                    if next != '\n' {
                        word.text(&next.to_string(), true);
                    }
                }
                '$' | '`' => self.dollar(&mut word, false)?,
                c => {
                    word.text(&c.to_string(), false);
                    self.at += 1;
                }
            }
        }
        if self.at == start {
            Err(unexpected(&self.peek().map_or("newline".into(), |c| c.to_string().replace('\n', "newline"))))
        } else {
            Ok(word)
        }
    }

    /// Up to `close` (taken), or to the end of the text when there is none.
    fn quoted(&mut self, word: &mut Word, close: Option<char>) -> Result<(), Trouble> {
        loop {
            match self.peek() {
                None if close.is_some() => return Err(Trouble::Unfinished),
                None => return Ok(()),
                Some(c) if Some(c) == close => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => {
                    let next = self.rest.get(self.at + 1).copied();
                    let special = matches!(next, Some('$' | '`' | '\\' | '\n')) || (next == Some('"') && close.is_some());
                    match next {
                        Some('\n') => {}
                        Some(next) if special => word.text(&next.to_string(), true),
                        Some(next) => word.text(&format!("\\{next}"), true),
                        None => word.text("\\", true),
                    }
                    self.at += 2;
                }
                Some('$' | '`') => self.dollar(word, true)?,
                Some(c) => {
                    word.text(&c.to_string(), true);
                    self.at += 1;
                }
            }
        }
    }

    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<(), Trouble> {
        if self.take("$(") {
            let script = self.script(Some(')'))?;
            word.0.push(Part::Output { script, quoted });
            return Ok(());
        }
        if self.take("`") {
            let end = self.rest[self.at..].iter().position(|c| *c == '`').ok_or(Trouble::Unfinished)?;
            let inner: String = self.rest[self.at..self.at + end].iter().collect();
            self.at += end + 1;
            word.0.push(Part::Output { script: parse(&inner)?, quoted });
            return Ok(());
        }
        self.at += 1;
        let braces = self.take("{");
        let from = self.at;
        if matches!(self.peek(), Some('?' | '#' | '$' | '@' | '*')) && (braces || !matches!(self.peek(), Some('$' | '*'))) {
            self.at += 1;
        } else {
            while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
                self.at += 1;
            }
        }
        let name: String = self.rest[from..self.at].iter().collect();
        if braces && !self.take("}") {
            return Err(Trouble::Wrong(format!("bash: ${{{name}: bad substitution")));
        }
        match name.is_empty() {
            true => word.text("$", quoted),
            false => word.0.push(Part::Variable { name, quoted }),
        }
        Ok(())
    }
}

impl Word {
    fn text(&mut self, more: &str, is_quoted: bool) {
        match self.0.last_mut() {
            Some(Part::Text { text, quoted }) if *quoted == is_quoted => text.push_str(more),
            _ => self.0.push(Part::Text { text: more.to_string(), quoted: is_quoted }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let script = parse(line).unwrap();
        let command = &script.steps[0].1.commands[0];
        let plain = |word: &Word| {
            word.0.iter().map(|part| if let Part::Text { text, .. } = part { text.clone() } else { format!("{part:?}") }).collect()
        };
        command.words.iter().map(plain).collect()
    }

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(
            words(r#"kubectl patch deploy web -p '{"spec":{"replicas":2}}' # why"#),
            ["kubectl", "patch", "deploy", "web", "-p", r#"{"spec":{"replicas":2}}"#]
        );
        assert_eq!(words(r#"echo a"b c"\ d '' "\$x""#), ["echo", "ab c d", "", "$x"]);
    }

    #[test]
    fn lists_pipes_and_redirections_are_seen() {
        let script = parse("kubectl get po | grep web && echo yes || echo no > out.txt 2>&1; ls").unwrap();
        let joins: Vec<Join> = script.steps.iter().map(|(join, _)| *join).collect();
        assert_eq!(joins, [Join::Always, Join::IfGood, Join::IfBad, Join::Always]);
        assert_eq!(script.steps[0].1.commands.len(), 2);
        assert_eq!(script.steps[2].1.commands[0].redirects.len(), 2);
    }

    #[test]
    fn an_open_quote_pipe_or_here_document_wants_another_line() {
        for line in ["echo 'a", "echo \"a", "ls |", "ls &&", "cat <<EOF", "cat <<EOF\na\n", "echo \\", "echo $(ls"] {
            assert_eq!(parse(line), Err(Trouble::Unfinished), "{line}");
        }
        assert!(matches!(parse("| ls"), Err(Trouble::Wrong(_))));
        assert!(matches!(parse("ls; ; ls"), Err(Trouble::Wrong(_))));
    }

    #[test]
    fn a_here_document_is_the_input() {
        let script = parse("kubectl apply -f - <<EOF\nkind: Pod\nname: $X\nEOF\necho done").unwrap();
        let Redirect::Here(word) = &script.steps[0].1.commands[0].redirects[0] else { panic!() };
        assert_eq!(word.0[0], Part::Text { text: "kind: Pod\nname: ".into(), quoted: true });
        assert_eq!(word.0[1], Part::Variable { name: "X".into(), quoted: true });
        assert_eq!(script.steps.len(), 2);
    }
}
