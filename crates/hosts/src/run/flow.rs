//! Lists, pipes, loops and conditions: which command runs next.
use super::shell::{Leave, Shell};
use crate::call::Stop;
use shell::{Group, Join, Pipeline, Script};
use simcore::Duration;

/// A loop ends after so many rounds, or when its line has gone on for so long: nobody is there to press Ctrl+C.
const ROUNDS_MOST: u32 = 2_000;
const LINE_MOST: Duration = Duration::mins(10);

impl Shell<'_> {
    pub(super) fn script(&mut self, script: &Script, stdin: &mut String) -> Result<u8, Stop> {
        let mut code = 0;
        for (join, pipeline) in &script.steps {
            let runs = match join {
                Join::Always => true,
                Join::IfGood => code == 0,
                Join::IfBad => code != 0,
            };
            if runs {
                code = self.pipeline(pipeline, stdin)?;
                self.login.last_code = code;
            }
            if self.leave.is_some() {
                return Ok(self.login.last_code);
            }
        }
        Ok(code)
    }

    fn pipeline(&mut self, pipeline: &Pipeline, stdin: &mut String) -> Result<u8, Stop> {
        let [command] = &pipeline.commands[..] else { return self.pipe(pipeline, stdin) };
        let code = self.command(command, stdin)?;
        Ok(if pipeline.not { u8::from(code == 0) } else { code })
    }

    fn pipe(&mut self, pipeline: &Pipeline, stdin: &str) -> Result<u8, Stop> {
        let mut input = stdin.to_string();
        let mut code = 0;
        let last = pipeline.commands.len().saturating_sub(1);
        for (at, command) in pipeline.commands.iter().enumerate() {
            let before = self.stdout.len();
            code = self.command(command, &mut input)?;
            if at < last {
                input = self.stdout.split_off(before);
            }
        }
        Ok(if pipeline.not { u8::from(code == 0) } else { code })
    }

    pub(super) fn group(&mut self, group: &Group, stdin: &mut String) -> Result<u8, Stop> {
        let mut code = 0;
        match group {
            Group::List(list) => return self.script(list, stdin),
            Group::Sub(list) => {
                let (variables, folder) = (self.login.variables.clone(), self.login.folder.clone());
                code = self.script(list, stdin)?;
                (self.leave, self.login.variables, self.login.folder) = (None, variables, folder);
            }
            Group::If { arms, other } => {
                for (condition, body) in arms {
                    if self.script(condition, stdin)? == 0 {
                        return self.script(body, stdin);
                    }
                    if self.leave.is_some() {
                        return Ok(self.login.last_code);
                    }
                }
                return self.script(other, stdin);
            }
            Group::While { until, condition, body } => {
                while (self.script(condition, stdin)? == 0) != *until && self.leave.is_none() {
                    code = self.script(body, stdin)?;
                    if !self.goes_on() {
                        break;
                    }
                }
            }
            Group::For { name, words, body } => {
                let mut all = Vec::new();
                match words {
                    Some(words) => self.expand_all(words, &mut all)?,
                    None => all.extend(self.variable("@").split_whitespace().map(str::to_string)),
                }
                for word in all {
                    self.set(name, word);
                    code = self.script(body, stdin)?;
                    if !self.goes_on() {
                        break;
                    }
                }
            }
            Group::Case { word, arms } => {
                let text = self.expand(word)?.join(" ");
                for (patterns, body) in arms {
                    for pattern in patterns {
                        if shell::glob(&self.expand(pattern)?.join(" "), &text) {
                            return self.script(body, stdin);
                        }
                    }
                }
            }
        }
        Ok(code)
    }

    /// Whether a loop goes on after a round.
    fn goes_on(&mut self) -> bool {
        self.rounds += 1;
        if self.leave.is_none() && (self.rounds > ROUNDS_MOST || self.now.since(self.begun) > LINE_MOST) {
            self.stderr.push_str("^C\n");
            self.login.last_code = 130;
            self.leave = Some(Leave::Exit);
        }
        let (left, goes) = match self.leave {
            None => (None, true),
            Some(Leave::Continue(1)) => (None, true),
            Some(Leave::Break(1)) => (None, false),
            Some(Leave::Continue(count)) => (Some(Leave::Continue(count - 1)), false),
            Some(Leave::Break(count)) => (Some(Leave::Break(count - 1)), false),
            Some(Leave::Exit) => (Some(Leave::Exit), false),
        };
        self.leave = left;
        goes
    }
}
