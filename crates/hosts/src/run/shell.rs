//! The shell that carries a line out: its state, its variables, its paths.
use super::login::Login;
use crate::Machine;
use crate::outside::Outside;
use simcore::Time;

/// How a list of commands is left before its end.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Leave {
    /// So many loops: `break 2`.
    Break(u32),
    Continue(u32),
    /// `exit` of a shell, or a loop that went on for too long.
    Exit,
}

/// A shell at work: what it acts on and what it has printed so far.
pub(super) struct Shell<'a> {
    pub(super) machine: &'a mut Machine,
    pub(super) login: &'a mut Login,
    pub(super) outside: &'a mut dyn Outside,
    pub(super) begun: Time,
    pub(super) now: Time,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) edit: Option<String>,
    pub(super) leave: Option<Leave>,
    pub(super) rounds: u32,
}

impl<'a> Shell<'a> {
    pub(super) fn new(machine: &'a mut Machine, login: &'a mut Login, outside: &'a mut dyn Outside, now: Time) -> Shell<'a> {
        let (stdout, stderr) = (String::new(), String::new());
        Shell { machine, login, outside, begun: now, now, stdout, stderr, edit: None, leave: None, rounds: 0 }
    }

    pub(super) fn set(&mut self, name: &str, value: String) {
        self.login.variables.retain(|(known, _)| known != name);
        self.login.variables.push((name.to_string(), value));
    }

    pub(super) fn path(&self, path: &str) -> String {
        if path.starts_with('/') { path.into() } else { format!("{}/{path}", self.login.folder.trim_end_matches('/')) }
    }

    pub(super) fn variable(&self, name: &str) -> String {
        let given = self.login.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        given.unwrap_or_else(|| match name {
            "HOME" => Login::new(&self.login.user).folder,
            "USER" => self.login.user.to_string(),
            "HOSTNAME" => self.machine.name.to_string(),
            "PWD" => self.login.folder.clone(),
            "SHELL" => "/bin/bash".into(),
            "PATH" => "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into(),
            "EUID" | "UID" => if self.login.user == "root" { "0" } else { "1000" }.into(),
            "#" => self.login.variables.iter().filter(|(known, _)| known.bytes().all(|c| c.is_ascii_digit())).count().to_string(),
            "$" => "1021".into(),
            "RANDOM" => "17384".into(),
            "?" => self.login.last_code.to_string(),
            _ => String::new(),
        })
    }
}
