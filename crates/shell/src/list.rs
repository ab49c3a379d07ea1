//! A typed line read into commands: lists, pipes, groups, what is set before a command.
use crate::cursor::{End, Reader, unexpected};
use crate::syntax::{Command, Join, Pipeline, Redirect, Script, Trouble, Turns};

/// Reads a whole line (or several, joined by newlines).
pub fn parse(text: &str) -> Result<Script, Trouble> {
    let mut reader = Reader::new(text);
    let script = reader.script(End::Text)?;
    if reader.waiting.is_empty() { Ok(script) } else { Err(Trouble::Unfinished) }
}

impl Reader {
    /// Up to its end, and over it.
    pub fn script(&mut self, end: End) -> Result<Script, Trouble> {
        let mut script = Script::default();
        let mut join = Join::Always;
        let close = if let End::Letter(close) = end { Some(close) } else { None };
        loop {
            self.blanks();
            if let End::Keyword(word) = end
                && join == Join::Always
                && self.keyword(word)
            {
                return Ok(script);
            }
            match self.peek() {
                None if end != End::Text || join != Join::Always => return Err(Trouble::Unfinished),
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
                    command.group = Some(Box::new(self.script(End::Letter(')'))?));
                }
                Some('f' | 'w' | 'u') if command == Command::default() && self.turns(&mut command)? => {
                    command.group = Some(Box::new(self.script(End::Keyword("done"))?));
                }
                Some('(') => return Err(unexpected("(")),
                _ => match self.redirect()? {
                    Some(all) => command.redirects.extend(all),
                    None => self.word_or_set(&mut command)?,
                },
            }
        }
    }

    /// Goes over a word that stands alone.
    fn keyword(&mut self, word: &str) -> bool {
        let after = self.rest.get(self.at + word.len());
        let stands = self.starts(word) && after.is_none_or(|c| c.is_whitespace() || matches!(c, ';' | '|' | '&' | ')' | '<' | '>'));
        self.at += if stands { word.len() } else { 0 };
        stands
    }

    /// The head of a loop up to its `do`; false where there is none.
    fn turns(&mut self, command: &mut Command) -> Result<bool, Trouble> {
        let turns = if self.keyword("for") {
            self.blanks();
            let mut name = String::new();
            while let Some(c) = self.peek().filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
                name.push(c);
                self.at += 1;
            }
            self.blanks();
            let mut head = Command::default();
            if self.keyword("in") {
                loop {
                    self.blanks();
                    match self.peek() {
                        None | Some(';' | '\n') => break,
                        Some(c @ ('|' | '&' | '(' | ')' | '<' | '>')) => return Err(unexpected(&c.to_string())),
                        _ => self.word_or_set(&mut head)?,
                    }
                }
            }
            self.blanks();
            while self.take(";") || self.take("\n") {
                self.blanks();
            }
            match self.peek() {
                None => return Err(Trouble::Unfinished),
                Some(_) if self.keyword("do") => {}
                Some(_) => {
                    let word: String = self.rest[self.at..].iter().take_while(|c| !c.is_whitespace() && **c != ';').collect();
                    return Err(unexpected(&word));
                }
            }
            Turns::Each { name, words: head.words }
        } else if self.keyword("while") {
            Turns::While { condition: self.script(End::Keyword("do"))?, until: false }
        } else if self.keyword("until") {
            Turns::While { condition: self.script(End::Keyword("do"))?, until: true }
        } else {
            return Ok(false);
        };
        command.turns = Some(Box::new(turns));
        Ok(true)
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
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::syntax::{Join, Part, Redirect, Trouble, Word};

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
