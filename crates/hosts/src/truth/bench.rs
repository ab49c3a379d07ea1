//! Bare servers on one network, for transcripts: `- host:` lines make them, `!` lines change them, `$` lines are typed.
use super::fake::Fake;
use super::{conditions, masked};
use crate::machine::k3s::Phase;
use crate::run::{Login, run};
use crate::{Machine, k3s};
use objects::Text;
use simcore::{Duration, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Servers, the stand-in for what lies outside of them, and who is typing where.
pub struct Bench {
    machines: BTreeMap<String, Machine>,
    logins: BTreeMap<String, Login>,
    fake: Fake,
    now: Time,
    /// When the next step of a starting unit makes sense, by server.
    next: BTreeMap<String, Time>,
    host: String,
    user: String,
}

impl Default for Bench {
    fn default() -> Bench {
        let mut fake = Fake::new();
        fake.internet = true;
        Bench {
            machines: BTreeMap::new(),
            logins: BTreeMap::new(),
            fake,
            now: Time::START,
            next: BTreeMap::new(),
            host: String::new(),
            user: "root".into(),
        }
    }
}

impl Bench {
    /// A server: `NAME ADDRESS [arch=arm64] [cores=1] [memory=957] [prepared=v1.37.2]`. The first one is typed on.
    pub fn add(&mut self, words: &str) -> Result<(), String> {
        let mut parts = words.split_whitespace();
        let (Some(name), Some(address)) = (parts.next(), parts.next()) else { return Err(format!("no server: {words}")) };
        let options: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
        let option = |name: &str| options.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let mut machine = match option("prepared") {
            Some(version) => Machine::prepared(name, address, version, 7, Time::START),
            None => Machine::debian12(name, address, 7, Time::START),
        };
        let hardware = Arc::make_mut(&mut machine.hardware);
        let number = |name: &str, default: u32| option(name).and_then(|text| text.parse().ok()).unwrap_or(default);
        (hardware.cores, hardware.memory_mib) = (number("cores", hardware.cores), number("memory", hardware.memory_mib));
        if let Some(arch) = option("arch") {
            (hardware.arch, hardware.kernel) = (Text::new(arch), Text::new(hardware.kernel.replace("amd64", arch)));
        }
        self.machines.insert(name.into(), machine);
        if self.host.is_empty() {
            self.host = name.into();
        }
        Ok(())
    }

    /// `on [USER@]HOST`, `set WORDS` (a condition of the server that is typed on), `cut HOST`, `mend HOST`, `offline`, `reboot HOST`.
    pub fn deed(&mut self, words: &str) -> Result<(), String> {
        let (deed, rest) = words.split_once(' ').unwrap_or((words, ""));
        let known = |machines: &BTreeMap<String, Machine>, name: &str| match machines.get(name) {
            Some(machine) => Ok(machine.address().to_string()),
            None => Err(format!("no server has the name {name}")),
        };
        match deed {
            "on" => {
                let (user, host) = rest.split_once('@').unwrap_or(("root", rest));
                known(&self.machines, host)?;
                (self.user, self.host) = (user.into(), host.into());
            }
            "set" => {
                if let Some(machine) = self.machines.get_mut(&self.host) {
                    conditions::set(machine, rest);
                }
            }
            "cut" => self.fake.cut.push(known(&self.machines, rest)?),
            "mend" => {
                let address = known(&self.machines, rest)?;
                self.fake.cut.retain(|one| *one != address);
            }
            "offline" => self.fake.internet = false,
            "online" => self.fake.internet = true,
            "reboot" => {
                known(&self.machines, rest)?;
                self.next.remove(rest);
                let now = self.now;
                self.machines.entry(rest.into()).and_modify(|machine| machine.reboot(now));
            }
            other => return Err(format!("\"{other}\" is not known")),
        }
        Ok(())
    }

    /// A file on the server that is typed on, below the user's home unless its path is absolute.
    pub fn write(&mut self, name: &str, text: &str) {
        if let Some(machine) = self.machines.get_mut(&self.host) {
            let path = if name.starts_with('/') { name.to_string() } else { format!("{}/{name}", Login::new(&self.user).folder) };
            machine.files.write(&path, text);
        }
    }

    /// Types a line on the server of the last `on` and gives what it prints, the errors last.
    pub fn type_line(&mut self, line: &str) -> String {
        let Some(machine) = self.machines.get_mut(&self.host) else { return "no server\n".into() };
        let login = self.logins.entry(format!("{}@{}", self.user, self.host)).or_insert_with(|| Login::new(&self.user));
        let ran = run(machine, login, self.now, line, &mut self.fake);
        let end = self.now + ran.takes;
        self.next.remove(&self.host);
        self.settle(&self.host.clone(), end);
        let others: Vec<String> = self.machines.keys().filter(|name| **name != self.host).cloned().collect();
        others.iter().for_each(|name| self.go_on(name, end));
        self.now = end;
        self.pass(Duration::millis(300));
        ran.stdout + &ran.stderr
    }

    /// Time passes: what is starting on the servers goes on.
    pub fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        let all: Vec<String> = self.machines.keys().cloned().collect();
        all.iter().for_each(|name| self.go_on(name, end));
        self.now = end;
    }

    /// Lets one server come to an instant.
    fn go_on(&mut self, name: &str, end: Time) {
        let mut at = self.now.max(self.next.get(name).copied().unwrap_or(self.now));
        while at < end {
            let Some(machine) = self.machines.get_mut(name) else { return };
            match k3s::carry_on(machine, at, &mut self.fake) {
                Ok(k3s::Progress::Went(took) | k3s::Progress::Again(took)) => at = at + took + Duration::millis(1),
                _ => break,
            }
            self.next.insert(name.into(), at);
            self.settle(name, at);
        }
        self.settle(name, end);
    }

    /// What the cluster makes of a server: its answers, and the range of Pod addresses of a node.
    fn settle(&mut self, name: &str, at: Time) {
        let number = self.machines.keys().position(|known| known == name).unwrap_or(0);
        let Some(machine) = self.machines.get_mut(name) else { return };
        self.fake.settle(machine, at);
        if machine.k3s.as_ref().is_some_and(|k3s| k3s.phase == Phase::Running) {
            k3s::network_up(machine, &format!("10.42.{number}.0/24"));
        }
    }

    /// The server of a name.
    pub fn machine(&self, name: &str) -> Option<&Machine> {
        self.machines.get(name)
    }
}

/// A text without what differs from run to run: the tables of the recordings, and what a journal adds.
pub fn plain(text: &str) -> String {
    let text = masked(text);
    let lines = text.lines().map(|line| {
        let words: Vec<String> = line.split(' ').map(masked_word).collect();
        words.join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn masked_word(word: &str) -> String {
    let mut text = word.to_string();
    // `k3s[412]:`, `pid=412,`
    for (start, end) in [("k3s[", "]"), ("systemd[", "]"), ("pid=", ","), ("127.0.0.1:", "->")] {
        let found = text.find(start).and_then(|at| {
            let from = at + start.len();
            let to = from + text[from..].find(end)?;
            text[from..to].bytes().all(|b| b.is_ascii_digit()).then_some((from, to))
        });
        if let Some((from, to)) = found {
            text.replace_range(from..to, "<n>");
        }
    }
    let hex = |part: &str| part.len() >= 32 && part.bytes().all(|b| b.is_ascii_hexdigit());
    text.split_inclusive(|c: char| !c.is_ascii_alphanumeric())
        .map(|part| {
            let bare = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            let body = bare.strip_prefix("K10").unwrap_or(bare);
            if hex(body) { part.replace(body, "<hex>") } else { part.to_string() }
        })
        .collect()
}
