//! Every transcript of kubeadm on bare servers is played: what is written there is what a learner sees.
use hosts::Machine;
use hosts::run::{Login, run};
use hosts::truth::{Fake, masked, set};
use simcore::{Duration, Time};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const MOMENT: Duration = Duration::secs(1);

/// The servers of one section, and who types where.
struct Bench {
    machines: BTreeMap<String, Machine>,
    logins: BTreeMap<String, Login>,
    fake: Fake,
    now: Time,
    at: (String, String),
}

impl Bench {
    fn new() -> Bench {
        let at = ("root".to_string(), String::new());
        Bench { machines: BTreeMap::new(), logins: BTreeMap::new(), fake: Fake::new(), now: Time::START, at }
    }

    /// `NAME ADDRESS [prepared=v1.37.2] [arch=arm64] [cores=1] [memory=957]`
    fn add(&mut self, words: &str) {
        let parts: Vec<&str> = words.split_whitespace().collect();
        let option =
            |name: &str| parts.iter().filter_map(|part| part.split_once('=')).find(|(known, _)| *known == name).map(|(_, value)| value);
        let mut machine = match option("prepared") {
            Some(version) => Machine::prepared(parts[0], parts[1], version, 7, Time::START),
            None => Machine::debian12(parts[0], parts[1], 7, Time::START),
        };
        let hardware = std::sync::Arc::make_mut(&mut machine.hardware);
        hardware.cores = option("cores").and_then(|text| text.parse().ok()).unwrap_or(hardware.cores);
        hardware.memory_mib = option("memory").and_then(|text| text.parse().ok()).unwrap_or(hardware.memory_mib);
        if let Some(arch) = option("arch") {
            hardware.arch = arch.into();
        }
        if self.at.1.is_empty() {
            self.at.1 = parts[0].to_string();
        }
        self.machines.insert(parts[0].to_string(), machine);
    }

    fn deed(&mut self, words: &str) {
        let (deed, rest) = words.split_once(' ').unwrap_or((words, ""));
        match deed {
            "on" => {
                let (user, host) = rest.split_once('@').unwrap_or(("root", rest));
                assert!(self.machines.contains_key(host), "no server has the name {host}");
                self.at = (user.into(), host.into());
            }
            "set" => set(self.machines.get_mut(&self.at.1).expect("a server"), rest),
            "offline" => {}
            "registry" => self.fake.pulls = rest != "down",
            other => panic!("\"{other}\" is not known"),
        }
    }

    fn type_line(&mut self, line: &str) -> String {
        let machine = self.machines.get_mut(&self.at.1).expect("a server");
        let login = self.logins.entry(format!("{}@{}", self.at.0, self.at.1)).or_insert_with(|| Login::new(&self.at.0));
        let ran = run(machine, login, self.now, line, &mut self.fake);
        self.now = self.now + ran.takes + MOMENT;
        ran.stdout + &ran.stderr
    }
}

/// Plays a text; gives it back with what was really printed, and where that differs.
fn play(text: &str) -> (String, Vec<String>) {
    let (mut out, mut wrong) = (String::new(), Vec::new());
    let mut bench = Bench::new();
    let (mut console, mut file): (bool, Option<String>) = (false, None);
    let (mut said, mut wanted, mut typed): (Option<String>, String, String) = (None, String::new(), String::new());
    let mut close = |said: &mut Option<String>, wanted: &mut String, typed: &str, out: &mut String| {
        let Some(text) = said.take() else { return };
        let text: String = text.trim_end().lines().map(|line| format!("{}\n", line.trim_end())).collect();
        if masked(&text) != masked(wanted) {
            wrong.push(format!("$ {typed}\n- {}\n+ {}", wanted.trim_end().replace('\n', "\n- "), text.trim_end().replace('\n', "\n+ ")));
        }
        out.push_str(&text);
        wanted.clear();
    };
    for line in text.lines() {
        let acts = ["$ ", "~ ", "! "].iter().any(|sign| line.starts_with(sign)) || line.starts_with("```");
        if console && !acts {
            wanted.push_str(line);
            wanted.push('\n');
            continue;
        }
        close(&mut said, &mut wanted, &typed, &mut out);
        out.push_str(line);
        out.push('\n');
        if line.starts_with("## ") {
            bench = Bench::new();
        } else if let Some(words) = line.strip_prefix("- host: ") {
            bench.add(words);
        } else if let Some(fence) = line.strip_prefix("```") {
            console = fence == "console";
            file = fence.strip_prefix("yaml ").map(String::from);
        } else if let Some(name) = &file {
            let machine = bench.machines.get_mut(&bench.at.1).expect("a server");
            let path = format!("/root/{name}");
            let before = machine.files.read(&path).map(|text| text.to_string()).unwrap_or_default();
            machine.files.write(&path, &format!("{before}{line}\n"));
        } else if console && let Some(command) = line.strip_prefix("$ ") {
            typed = command.to_string();
            said = Some(bench.type_line(command));
        } else if console && let Some(span) = line.strip_prefix("~ ") {
            bench.now = bench.now + Duration::secs(span.trim_end_matches('s').parse().expect("seconds"));
        } else if console && let Some(words) = line.strip_prefix("! ") {
            bench.deed(words);
        }
    }
    (out, wrong)
}

#[test]
fn transcripts_of_kubeadm_are_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/suite/hosts");
    let entries = std::fs::read_dir(&folder).expect("transcripts").flatten().map(|entry| entry.path());
    let mine = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("kubeadm-"));
    let mut files: Vec<PathBuf> = entries.filter(mine).collect();
    files.sort();
    assert!(files.len() >= 5, "{files:?}");
    // `KUBARIUM_WRITE=1` fills in what is printed: hold it against a recording before you commit it.
    let write = std::env::var_os("KUBARIUM_WRITE").is_some();
    let mut failures = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a text");
        if !text.contains("\n- host: ") {
            continue;
        }
        let (after, wrong) = play(&text);
        if write {
            std::fs::write(&path, after).expect("written");
        } else {
            failures.extend(wrong.into_iter().map(|one| format!("{}\n{one}", path.display())));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
