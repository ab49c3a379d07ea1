//! Who sits at a terminal: user, folder, variables, and the shells below this one.
use crate::Machine;
use objects::Text;

/// Who is logged in, where, with which variables: what a terminal keeps from line to line.
#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    pub user: Text,
    pub folder: String,
    pub variables: Vec<(String, String)>,
    pub last_code: u8,
    /// The shells that this one was started from: `sudo -i`.
    pub outer: Vec<Login>,
}

impl Login {
    pub fn new(user: &str) -> Login {
        let folder = if user == "root" { "/root".to_string() } else { format!("/home/{user}") };
        Login { user: Text::new(user), folder, variables: Vec::new(), last_code: 0, outer: Vec::new() }
    }

    /// `root@node-1:~# `, `debian@node-1:/etc$ `
    pub fn prompt(&self, machine: &Machine) -> String {
        let home = Login::new(&self.user).folder;
        let folder = self.folder.strip_prefix(&home).map_or(self.folder.clone(), |rest| format!("~{rest}"));
        let mark = if self.user == "root" { '#' } else { '$' };
        let name = machine.name.split('.').next().unwrap_or("");
        format!("{}@{name}:{folder}{mark} ", self.user)
    }

    /// Leaves this shell. False when it was the first one: then the connection ends.
    pub fn leave(&mut self) -> bool {
        let Some(outer) = self.outer.pop() else { return false };
        let (code, rest) = (self.last_code, std::mem::take(&mut self.outer));
        *self = Login { last_code: code, outer: rest, ..outer };
        true
    }

    /// Starts a shell as somebody else within this one.
    pub(super) fn enter(&mut self, user: &str) {
        let mut outer = std::mem::take(&mut self.outer);
        outer.push(self.clone());
        *self = Login { outer, ..Login::new(user) };
    }
}
