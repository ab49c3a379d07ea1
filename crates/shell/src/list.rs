//! A typed line read into commands: lists, pipes, groups, what is set before a command.
use crate::cursor::{Reader, unexpected};
use crate::syntax::{Command, Group, Join, Pipeline, Redirect, Script, Trouble, Word};

/// What a list of commands ends with.
#[derive(Clone, Copy)]
pub enum Close {
    Text,
    Letter(char),
    /// One of these words, where a command could begin.
    Words(&'static [&'static str]),
}

/// Words that end a list of commands and begin none.
const ENDS: &[&str] = &["then", "elif", "else", "fi", "do", "done", "esac", "}"];

/// Reads a whole line (or several, joined by newlines).
pub fn parse(text: &str) -> Result<Script, Trouble> {
    let mut reader = Reader::new(text);
    let script = reader.script(Close::Text)?.0;
    if reader.waiting.is_empty() { Ok(script) } else { Err(Trouble::Unfinished) }
}

impl Reader {
    /// Up to what closes it, which is taken; a word that closed it is given back.
    pub fn script(&mut self, close: Close) -> Result<(Script, &'static str), Trouble> {
        let mut script = Script::default();
        let mut join = Join::Always;
        loop {
            self.blanks();
            match self.peek() {
                None if !matches!(close, Close::Text) || join != Join::Always => return Err(Trouble::Unfinished),
                None => return Ok((script, "")),
                Some(c) if matches!(close, Close::Letter(end) if end == c) => {
                    self.at += 1;
                    return Ok((script, ""));
                }
                Some('\n') => {
                    self.at += 1;
                    self.here_texts(&mut script)?;
                    continue;
                }
                _ => {}
            }
            // `;;` ends an arm of a case, and whoever reads arms takes it.
            if matches!(close, Close::Words(words) if words.contains(&";;")) && self.starts(";;") {
                self.at += 2;
                return Ok((script, ";;"));
            }
            if let Some(word) = ENDS.iter().find(|word| self.is_word(word)) {
                let ends = matches!(close, Close::Words(words) if words.contains(word)) && join == Join::Always;
                if !ends || script.steps.is_empty() && *word != "esac" {
                    return Err(unexpected(word));
                }
                self.at += word.len();
                return Ok((script, word));
            }
            let letter = if let Close::Letter(letter) = close { Some(letter) } else { None };
            script.steps.push((join, self.pipeline(letter)?));
            self.blanks();
            join = if self.take("&&") {
                Join::IfGood
            } else if self.take("||") {
                Join::IfBad
            } else {
                if self.starts(";;") {
                    if matches!(close, Close::Words(words) if words.contains(&";;")) {
                        join = Join::Always;
                        continue;
                    }
                    return Err(unexpected(";;"));
                }
                if !self.take(";") && self.take("&") {
                    script.steps.last_mut().into_iter().for_each(|(_, step)| step.background = true);
                }
                Join::Always
            };
        }
    }

    /// Whether a whole word stands here.
    pub fn is_word(&self, word: &str) -> bool {
        let after = self.rest.get(self.at + word.len());
        self.starts(word) && after.is_none_or(|c| c.is_whitespace() || matches!(c, ';' | '|' | '&' | '<' | '>' | '(' | ')'))
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
                // Behind a group only redirections may stand.
                Some(c) if command.group.is_some() && !matches!(c, '<' | '>' | '1' | '2' | '&') && Some(c) != close => {
                    let word: String = self.rest[self.at..].iter().take_while(|c| !c.is_whitespace()).collect();
                    return Err(unexpected(&word));
                }
                Some(c) if Some(c) == close => return Ok(command),
                Some(')') => return Err(unexpected(")")),
                Some('(') if command == Command::default() => {
                    self.at += 1;
                    command.group = Some(Box::new(Group::Sub(self.script(Close::Letter(')'))?.0)));
                }
                _ if command == Command::default() && self.begins_group() => command.group = Some(Box::new(self.group()?)),
                _ if command == Command::default() && self.is_word("[[") => self.question(&mut command)?,
                Some('(') => return Err(unexpected("(")),
                _ => match self.redirect()? {
                    Some(all) => command.redirects.extend(all),
                    None => self.word_or_set(&mut command)?,
                },
            }
        }
    }

    /// `[[ A && B ]]`: signs are words in it.
    fn question(&mut self, command: &mut Command) -> Result<(), Trouble> {
        loop {
            self.blanks();
            let sign = ["&&", "||", "(", ")", "<", ">"].iter().find(|sign| self.starts(sign));
            if let Some(sign) = sign {
                self.at += sign.len();
                let mut word = Word::default();
                word.text(sign, true);
                command.words.push(word);
                continue;
            }
            if matches!(self.peek(), None | Some('\n' | ';')) {
                return Err(Trouble::Unfinished);
            }
            let last = self.is_word("]]");
            command.words.push(self.word()?);
            if last {
                return Ok(());
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
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::syntax::{Group, Join, Part, Redirect, Trouble, Word};

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

    #[test]
    fn loops_and_choices_hold_lists() {
        let group = |line: &str| *parse(line).unwrap().steps[0].1.commands[0].group.clone().unwrap();
        assert!(matches!(group("for i in 1 2 3; do echo $i; done"), Group::For { words: Some(words), .. } if words.len() == 3));
        assert!(matches!(group("if true; then a; elif b; then c; else d; fi"), Group::If { arms, .. } if arms.len() == 2));
        assert!(matches!(group("while read a b\ndo\n  echo $b\ndone < file"), Group::While { until: false, .. }));
        assert!(matches!(group("case $x in a|b) echo 1;; *) echo 2 ;; esac"), Group::Case { arms, .. } if arms.len() == 2));
        assert!(matches!(group("{ a; b; } > out"), Group::List(list) if list.steps.len() == 2));
        assert_eq!(parse("[[ -f a && $b == c* ]] && echo yes").unwrap().steps[0].1.commands[0].words.len(), 8);
        for line in ["for i in 1 2", "if true; then", "while true; do sleep 1", "case x in", "{ a;"] {
            assert_eq!(parse(line), Err(Trouble::Unfinished), "{line}");
        }
        for line in ["done", "if true; fi", "for i in 1; do done", "( a ) b", "then"] {
            assert!(matches!(parse(line), Err(Trouble::Wrong(_))), "{line}");
        }
        assert_eq!(words("echo done if"), ["echo", "done", "if"]);
    }
}
