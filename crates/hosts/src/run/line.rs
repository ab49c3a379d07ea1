//! A typed line, or a script within a program, from its text to what it came to.
use super::login::Login;
use super::shell::Shell;
use crate::Machine;
use crate::call::{Call, Stop};
use crate::outside::Outside;
use shell::Trouble;
use simcore::{Duration, Time};

/// What a line came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub code: u8,
    /// How long it worked.
    pub takes: Duration,
    /// Whether it waits for the outside; then all above is only what there is so far.
    pub pending: bool,
    /// A file that the line wants edited by the person: `nano /etc/fstab`.
    pub edit: Option<String>,
}

/// Runs a line. `login` keeps the folder, the variables and the last code.
pub fn run(machine: &mut Machine, login: &mut Login, now: Time, line: &str, outside: &mut dyn Outside) -> Ran {
    let mut shell = Shell::new(machine, login, outside, now);
    let done = match shell::parse(line) {
        Ok(script) => shell.script(&script, &mut String::new()),
        Err(Trouble::Wrong(words)) => {
            shell.stderr = format!("{words}\n");
            Ok(2)
        }
        Err(Trouble::Unfinished) => {
            shell.stderr = "bash: syntax error: unexpected end of file\n".into();
            Ok(2)
        }
    };
    let takes = shell.now.since(shell.begun);
    let (stdout, stderr, edit) = (shell.stdout, shell.stderr, shell.edit);
    // Only waiting comes out of the shell as an error.
    let (code, pending) = done.map_or((0, true), |code| (code, false));
    login.last_code = code;
    Ran { stdout, stderr, code, takes, pending, edit }
}

/// Runs a script's text within a program: `sh -c`, `sh FILE`. Its arguments are `$1`, `$2`, …
pub fn script(call: &mut Call, text: &str, arguments: &[String]) -> Result<(), Stop> {
    let mut variables = call.environment.clone();
    variables.extend(arguments.iter().enumerate().map(|(at, word)| ((at + 1).to_string(), word.clone())));
    variables.push(("@".into(), arguments.join(" ")));
    let login = Login { user: call.user.clone(), folder: call.folder.clone(), variables, ..Login::new(&call.user) };
    let parsed = match shell::parse(text) {
        Ok(parsed) => parsed,
        Err(_) => {
            call.complain("sh: 1: Syntax error: end of file unexpected");
            return Err(Stop::Code(2));
        }
    };
    let mut login = login;
    let mut stdin = std::mem::take(&mut call.stdin);
    let mut shell = Shell::new(call.machine, &mut login, call.outside, call.now);
    let done = shell.script(&parsed, &mut stdin);
    let (now, stdout, stderr) = (shell.now, shell.stdout, shell.stderr);
    call.now = now;
    call.stdout.push_str(&stdout);
    call.stderr.push_str(&stderr);
    match done? {
        0 => Ok(()),
        code => Err(Stop::Code(code)),
    }
}
