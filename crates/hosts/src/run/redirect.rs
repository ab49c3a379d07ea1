//! A command with its redirections: where its input comes from and its output goes.
use super::shell::Shell;
use crate::call::Stop;
use shell::{Command, Redirect};

/// Where a descriptor goes.
#[derive(Clone)]
enum Aim {
    /// 0: standard output, 1: errors.
    Stream(usize),
    Nothing,
    File(String),
}

impl Shell<'_> {
    pub(super) fn command(&mut self, command: &Command, stdin: &mut String) -> Result<u8, Stop> {
        let mut own = None;
        for redirect in &command.redirects {
            match redirect {
                Redirect::Here(word) => own = Some(self.expand(word)?.join(" ") + "\n"),
                Redirect::From(word) => {
                    let path = self.expand(word)?.concat();
                    let full = self.path(&path);
                    match self.machine.read(&full, self.now).or_else(|| (full == "/dev/null").then(String::new)) {
                        Some(text) => own = Some(text),
                        None => {
                            self.stderr.push_str(&format!("bash: {path}: No such file or directory\n"));
                            return Ok(1);
                        }
                    }
                }
                _ => {}
            }
        }
        let (out, err) = (self.stdout.len(), self.stderr.len());
        let input = own.as_mut().unwrap_or(stdin);
        let code = match &command.group {
            Some(group) => self.group(group, input)?,
            None => self.simple(command, input)?,
        };
        let streams = [self.stdout.split_off(out), self.stderr.split_off(err)];
        let mut aims = [Aim::Stream(0), Aim::Stream(1)];
        for redirect in &command.redirects {
            if let Err(words) = self.aim(redirect, &mut aims)? {
                self.stderr.push_str(&words);
                return Ok(1);
            }
        }
        for (text, aim) in streams.iter().zip(&aims) {
            match aim {
                Aim::Stream(0) => self.stdout.push_str(text),
                Aim::Stream(_) => self.stderr.push_str(text),
                Aim::Nothing => {}
                Aim::File(path) => {
                    let held = self.machine.files.read(path).map(|text| text.to_string()).unwrap_or_default();
                    self.machine.files.write(path, &(held + text));
                }
            }
        }
        Ok(code)
    }

    /// Lets a redirection say where a descriptor goes from here on; what `>` names is emptied at once. `Err` in it: refused.
    fn aim(&mut self, redirect: &Redirect, aims: &mut [Aim; 2]) -> Result<Result<(), String>, Stop> {
        match redirect {
            Redirect::To { fd, append, file } => {
                let path = self.expand(file)?.concat();
                let place = usize::from(*fd == 2);
                if path == "/dev/null" {
                    aims[place] = Aim::Nothing;
                    return Ok(Ok(()));
                }
                let full = self.path(&path);
                if !self.may_write(&full) {
                    return Ok(Err(format!("bash: {path}: Permission denied\n")));
                }
                if !append {
                    self.machine.files.write(&full, "");
                }
                aims[place] = Aim::File(full);
            }
            Redirect::Join { fd, to } => aims[usize::from(*fd == 2)] = aims[usize::from(*to == 2)].clone(),
            _ => {}
        }
        Ok(Ok(()))
    }

    fn may_write(&self, path: &str) -> bool {
        let free = [format!("/home/{}/", self.login.user), "/tmp/".to_string()];
        self.login.user == "root" || free.iter().any(|folder| path.starts_with(folder.as_str()))
    }
}
