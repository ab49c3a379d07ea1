//! systemd's units: services with their states and their journal.
use super::{Kind, Machine, Runtime};
use crate::machine::files::File;
use objects::Text;
use simcore::Time;
use std::sync::Arc;

/// Where a unit stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    Inactive,
    /// Its process runs, but has not yet said that it is ready.
    Starting,
    Active,
    /// It ends again and again, and is started again each time.
    Restarting,
    Failed,
}

/// A service.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    pub description: Text,
    /// Where its file stands.
    pub path: Text,
    pub enabled: bool,
    pub masked: bool,
    /// Of Type=notify: active only when its process says so. Somebody above the machine carries that on.
    pub notify: bool,
    /// How often it was started again after a failure.
    pub restarts: u32,
    pub state: State,
    /// 0 when nothing runs.
    pub pid: u32,
    pub since: Time,
    /// The exit code of the last run that failed.
    pub last_code: u8,
    pub command: Text,
    pub journal: Arc<Vec<Line>>,
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at: Time,
    /// `kubelet[1234]`, `systemd[1]`
    pub tag: Text,
    pub text: Text,
}

const CONTAINERD_SOCKET: &str = "/run/containerd/containerd.sock";
const CONTAINERD_CONFIG: &str = "/etc/containerd/config.toml";
const CRIO_SOCKET: &str = "/run/crio/crio.sock";

impl Machine {
    /// A unit's name without `.service`.
    pub fn unit(&self, name: &str) -> Option<&Unit> {
        self.units.get(name.trim_end_matches(".service"))
    }

    /// Changes a unit that is there.
    pub fn alter_unit(&mut self, name: &str, change: impl FnOnce(&mut Unit)) {
        let name = name.trim_end_matches(".service");
        // In place: a copy of the unit would make its journal a shared one, which is then copied for each line.
        if let Some(unit) = self.units.get_mut(name) {
            change(unit);
        }
    }

    /// A new unit, not enabled, not running.
    pub fn add_unit(&mut self, name: &str, description: &str, command: &str) {
        let path = format!("/lib/systemd/system/{name}.service");
        self.load_unit(name, description, command, &path);
        self.files.write(&path, &format!("[Unit]\nDescription={description}\n\n[Service]\nExecStart={command}\n"));
    }

    /// A new unit whose file is written by somebody else.
    pub fn load_unit(&mut self, name: &str, description: &str, command: &str, path: &str) {
        let unit = Unit {
            description: Text::new(description),
            path: Text::new(path),
            enabled: false,
            masked: false,
            notify: false,
            restarts: 0,
            state: State::Inactive,
            pid: 0,
            since: self.booted,
            last_code: 0,
            command: Text::new(command),
            journal: Arc::default(),
        };
        self.units.insert_mut(Text::new(name), unit);
    }

    /// Enables or disables a unit: the flag, and the link that a boot follows.
    pub fn enable_unit(&mut self, name: &str, on: bool) {
        let name = name.trim_end_matches(".service");
        let link = format!("/etc/systemd/system/multi-user.target.wants/{name}.service");
        let path = self.unit(name).map(|unit| unit.path.clone());
        match path.filter(|_| on) {
            Some(path) => self.files.link(&link, &path),
            None => {
                self.files.remove(&link);
            }
        }
        self.alter_unit(name, |unit| unit.enabled = on);
    }

    /// Reads all unit files anew: `systemctl daemon-reload`. A unit whose file is gone goes when nothing of it runs.
    pub fn reload_units(&mut self) {
        for folder in ["/lib/systemd/system", "/etc/systemd/system"] {
            for file in self.files.names(folder) {
                let Some(name) = file.strip_suffix(".service") else { continue };
                let path = format!("{folder}/{file}");
                let Some(text) = self.files.read(&path) else { continue };
                let joined = self.with_drop_ins(name, &text).replace("\\\n", " ");
                let setting = |key: &str| joined.lines().find_map(|line| line.strip_prefix(key)).map(|value| value.trim().to_string());
                let command = self.command_line(&joined);
                let description = setting("Description=").unwrap_or_default();
                if self.unit(name).is_none() {
                    self.load_unit(name, &description, &command, &path);
                }
                let notify = setting("Type=").is_some_and(|kind| kind == "notify") && command.contains("/k3s");
                self.alter_unit(name, |unit| {
                    (unit.description, unit.command, unit.notify) = (Text::new(&description), Text::new(&command), notify);
                    unit.path = Text::new(&path);
                });
            }
        }
        let gone: Vec<Text> =
            self.units.iter().filter(|(_, unit)| unit.pid == 0 && !self.files.exists(&unit.path)).map(|(name, _)| name.clone()).collect();
        gone.iter().for_each(|name| {
            self.units.remove_mut(name.as_str());
        });
    }

    /// A line into the journal of a unit.
    pub fn log(&mut self, now: Time, unit: &str, tag: &str, text: &str) {
        let line = Line { at: now, tag: Text::new(tag), text: Text::new(text) };
        self.alter_unit(unit, |unit| Arc::make_mut(&mut unit.journal).push(line));
    }

    /// How many lines the journals of all units have.
    pub fn journal_lines(&self) -> usize {
        self.units.values().map(|unit| unit.journal.len()).sum()
    }

    /// Lines that were told later than others of their time are put where they belong.
    pub fn sort_journal(&mut self, unit: &str) {
        self.alter_unit(unit, |unit| Arc::make_mut(&mut unit.journal).sort_by_key(|line| line.at));
    }

    /// A unit's program writes by klog, whose header goes before: `E1201 00:00:07.000000     432 run.go:72] `.
    pub fn klog(&mut self, now: Time, unit: &str, (program, pid): (&str, u32), level: char, place: &str, words: &str) {
        let text = self.local(now).rfc3339_micro();
        let (day, clock) = (text[5..10].replace('-', ""), &text[11..26]);
        self.log(now, unit, &format!("{program}[{pid}]"), &format!("{level}{day} {clock} {pid:>7} {place}] {words}"));
    }

    /// Starts a unit: the process, its sockets, what it reads at its start.
    pub fn start_unit(&mut self, now: Time, name: &str) {
        let name = name.trim_end_matches(".service");
        let Some(unit) = self.unit(name).cloned() else { return };
        if matches!(unit.state, State::Active | State::Starting) {
            return;
        }
        let unit = self.read_environment(name, unit);
        let program = unit.command.split(' ').next().unwrap_or("").to_string();
        if !self.files.exists(&program) {
            self.alter_unit(name, |unit| (unit.state, unit.last_code) = (State::Failed, 203));
            self.log(now, name, "systemd[1]", &format!("{name}.service: Failed to locate executable {program}: No such file or directory"));
            return;
        }
        if unit.notify {
            self.log(now, name, "systemd[1]", &format!("Starting {name}.service - {}...", unit.description));
            let pid = self.spawn(now, "root", 1, &unit.command);
            self.alter_unit(name, |unit| (unit.state, unit.pid, unit.since) = (State::Starting, pid, now));
            return;
        }
        self.log(now, name, "systemd[1]", &format!("Started {name}.service - {}.", unit.description));
        if name == "kubelet"
            && let Some(why) = self.kubelet_stumbles(&unit.command)
        {
            let pid = self.take_pid();
            self.klog(now, name, (name, pid), 'E', "run.go:72", &format!("\"command failed\" err={}", crate::call::quoted(&why)));
            self.log(now, name, "systemd[1]", &format!("{name}.service: Main process exited, code=exited, status=1/FAILURE"));
            self.log(now, name, "systemd[1]", &format!("{name}.service: Failed with result 'exit-code'."));
            self.alter_unit(name, |unit| (unit.state, unit.last_code, unit.since) = (State::Restarting, 1, now));
            return;
        }
        let pid = self.spawn(now, "root", 1, &unit.command);
        self.alter_unit(name, |unit| (unit.state, unit.pid, unit.since) = (State::Active, pid, now));
        self.opened(name, pid);
    }

    /// What a service has open once it runs.
    fn opened(&mut self, name: &str, pid: u32) {
        match name {
            "containerd" => {
                self.runtime = Arc::new(self.containerd_reads());
                self.bind(CONTAINERD_SOCKET);
            }
            "crio" => self.bind(CRIO_SOCKET),
            "kubelet" => {
                self.listen(pid, "127.0.0.1", 10248);
                self.listen(pid, "*", 10250);
            }
            "ssh" => self.listen(pid, "0.0.0.0", 22),
            _ => {}
        }
    }

    /// Makes a Unix socket that is listened on.
    pub fn bind(&mut self, path: &str) {
        self.files.put(path, File { kind: Kind::Socket(true), mode: 0o660, owner: Text::new_static("root") });
    }

    /// What containerd takes from its configuration at its start.
    fn containerd_reads(&self) -> Runtime {
        let config = self.files.read(CONTAINERD_CONFIG);
        let config = config.as_deref().unwrap_or("");
        let setting = |name: &str| {
            let line =
                config.lines().map(str::trim).find(|line| line.starts_with(name) && line[name.len()..].trim_start().starts_with('='))?;
            Some(line.split_once('=')?.1.trim().trim_matches(['"', '\'']).to_string())
        };
        let version = self.program("containerd").unwrap_or_default();
        let default = if version.starts_with("1.") { "registry.k8s.io/pause:3.8" } else { "registry.k8s.io/pause:3.10.1" };
        let sandbox = setting("sandbox_image").or_else(|| setting("sandbox")).unwrap_or_else(|| default.into());
        Runtime {
            not_ready: None,
            cri: !setting("disabled_plugins").unwrap_or_default().contains("cri"),
            sandbox_image: Text::new(&sandbox),
            tells_config: !version.starts_with("1."),
            systemd_cgroup: setting("SystemdCgroup").is_some_and(|value| value == "true"),
        }
    }

    /// A process was killed. systemd notices where it was a service's, and starts it again after a while (Restart=always).
    pub fn died(&mut self, now: Time, pid: u32, hard: bool) {
        if !hard && self.ask_to_end(pid) {
            return;
        }
        let (how, result) = if hard { ("killed, status=9/KILL", "signal") } else { ("killed, status=15/TERM", "") };
        self.ended(now, pid, how, result);
    }

    /// A process ended by itself with exit code 1; the same follows.
    pub fn failed(&mut self, now: Time, pid: u32) {
        self.ended(now, pid, "exited, status=1/FAILURE", "exit-code");
    }

    fn ended(&mut self, now: Time, pid: u32, how: &str, result: &str) {
        let found = self.units.iter().find(|(_, unit)| unit.pid == pid && pid > 1).map(|(name, unit)| (name.clone(), unit.notify));
        self.kill(pid);
        let Some((name, notify)) = found else { return };
        self.log(now, &name, "systemd[1]", &format!("{name}.service: Main process exited, code={how}"));
        if !result.is_empty() {
            self.log(now, &name, "systemd[1]", &format!("{name}.service: Failed with result '{result}'."));
        }
        if notify {
            self.k3s_ended(pid);
        }
        self.alter_unit(&name, |unit| (unit.state, unit.pid, unit.since) = (State::Restarting, 0, now));
    }

    /// Stops a unit: its process and its sockets are gone.
    pub fn stop_unit(&mut self, now: Time, name: &str) {
        let name = name.trim_end_matches(".service");
        let Some(unit) = self.unit(name).cloned() else { return };
        if unit.state == State::Inactive {
            return;
        }
        self.kill(unit.pid);
        if unit.notify {
            self.k3s_ended(unit.pid);
        }
        self.alter_unit(name, |unit| (unit.state, unit.pid, unit.since) = (State::Inactive, 0, now));
        self.log(now, name, "systemd[1]", &format!("Stopped {name}.service - {}.", unit.description));
        match name {
            "containerd" => {
                self.files.remove(CONTAINERD_SOCKET);
            }
            "crio" => {
                self.files.remove(CRIO_SOCKET);
            }
            _ => {}
        }
    }
}
