//! Debian's packages: apt-get, apt-mark, apt-cache, dpkg, and gpg as far as repositories need it.
use super::apart;
use crate::call::{Call, Step, Stop, fail};
use crate::machine::packages::{Candidate, Installed, candidates};
use objects::Text;
use simcore::Duration;

/// A line of a sources list.
struct Source {
    url: String,
    suite: String,
    /// `signed-by=FILE`
    key: Option<String>,
}

impl Source {
    /// `pkgs.k8s.io/core:/stable:/v1.37/deb`: how lists are known.
    fn repository(&self) -> String {
        self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest).trim_end_matches('/').to_string()
    }

    fn release(&self) -> String {
        let url = self.url.trim_end_matches('/');
        if self.suite == "/" { format!("{url}/InRelease") } else { format!("{url}/dists/{}/InRelease", self.suite) }
    }

    fn title(&self) -> String {
        let suite = if self.suite == "/" { " " } else { self.suite.as_str() };
        format!("{} {suite}", self.url.trim_end_matches('/'))
    }
}

fn sources(call: &Call) -> Vec<Source> {
    let files = call.machine.files.below("/etc/apt/sources.list.d");
    let lists = files.iter().filter(|path| path.ends_with(".list")).filter_map(|path| call.machine.files.read(path));
    let all = call.machine.files.read("/etc/apt/sources.list").into_iter().chain(lists);
    let mut found = Vec::new();
    for text in all {
        for line in text.lines().map(str::trim).filter(|line| line.starts_with("deb ")) {
            let (options, rest) = match line[4..].trim().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((options, rest)) => (options, rest.trim()),
                None => ("", line[4..].trim()),
            };
            let mut words = rest.split_whitespace();
            let (Some(url), suite) = (words.next(), words.next().unwrap_or("/")) else { continue };
            let key = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by=")).map(String::from);
            found.push(Source { url: url.into(), suite: suite.into(), key });
        }
    }
    found
}

/// `apt-get update|install|remove|upgrade`
pub fn apt(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    let Some((verb, names)) = rest.split_first() else {
        call.say("apt 2.6.1 (amd64)\nUsage: apt-get [options] command");
        return Ok(());
    };
    let yes = flags.iter().any(|flag| matches!(*flag, "-y" | "--yes" | "-qy" | "-yq" | "--assume-yes"));
    let locked = |call: &mut Call, lock: &str, what: &str| {
        call.complain(format_args!("E: Could not open lock file {lock} - open (13: Permission denied)\nE: {what}"));
        Err(Stop::Code(100))
    };
    match *verb {
        "update" if !call.is_root() => {
            call.say("Reading package lists... Done");
            locked(call, "/var/lib/apt/lists/lock", "Unable to lock directory /var/lib/apt/lists/")
        }
        "install" | "remove" | "purge" | "upgrade" | "autoremove" if !call.is_root() => locked(
            call,
            "/var/lib/dpkg/lock-frontend",
            "Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?",
        ),
        "update" => update(call),
        "install" => {
            let changes = flags.contains(&"--allow-change-held-packages");
            install(call, names, yes, changes)
        }
        "remove" | "purge" => remove(call, names),
        "upgrade" | "autoremove" | "clean" => {
            call.say("Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.");
            Ok(())
        }
        other => {
            call.complain(format_args!("E: Invalid operation {other}"));
            Err(Stop::Code(100))
        }
    }
}

fn update(call: &mut Call) -> Step<()> {
    let (mut warnings, mut errors, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (at, source) in sources(call).iter().enumerate() {
        let (number, title, release) = (at + 1, source.title(), source.release());
        let answer = call.outside.page(call.machine, call.now, &release);
        let host = source.repository().split('/').next().unwrap_or("").to_string();
        let why = match call.pass(answer)? {
            Ok(page) if page.code >= 400 => Some(format!("{}  Forbidden", page.code)),
            Ok(page) => {
                bytes += page.bytes;
                None
            }
            Err(words) if words.contains("lookup") => Some(format!("Temporary failure resolving '{host}'")),
            Err(_) => Some(format!("Could not connect to {host}:443, connection refused")),
        };
        if let Some(why) = why {
            call.say(format_args!("Err:{number} {title} InRelease\n  {why}"));
            let hard = why.contains("Forbidden");
            let list = if hard { &mut errors } else { &mut warnings };
            list.push(format!("Failed to fetch {release}  {why}"));
            if hard {
                errors.push(format!("The repository '{title} InRelease' is not signed."));
            }
            continue;
        }
        let missing = source.key.as_ref().is_some_and(|key| call.machine.files.read(key).is_none_or(|text| text.is_empty()));
        let unsigned = source.key.is_none() && host != "deb.debian.org";
        if missing || unsigned {
            call.say(format_args!("Get:{number} {title} InRelease [1,189 B]"));
            warnings.push(format!("GPG error: {title} InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 234654DA9A296436"));
            errors.push(format!("The repository '{title} InRelease' is not signed."));
            continue;
        }
        let repository = source.repository();
        if call.machine.packages.lists.iter().any(|list| **list == *repository) {
            call.say(format_args!("Hit:{number} {title} InRelease"));
        } else {
            call.say(format_args!("Get:{number} {title} InRelease [1,189 B]"));
            call.machine.packages.lists.push(Text::new(&repository));
        }
    }
    if bytes > 0 {
        call.say(format_args!("Fetched {} kB in 1s ({} kB/s)", bytes / 1000, bytes / 1000));
    }
    call.say("Reading package lists... Done");
    warnings.iter().for_each(|words| call.complain(format_args!("W: {words}")));
    errors.iter().for_each(|words| call.complain(format_args!("E: {words}")));
    if errors.is_empty() && !warnings.is_empty() {
        call.complain("W: Some index files failed to download. They have been ignored, or old ones used instead.");
    }
    if errors.is_empty() { Ok(()) } else { Err(Stop::Code(100)) }
}

/// The candidate for `name` or `name=VERSION`; a version may end with `*`.
fn choose(call: &mut Call, word: &str) -> Step<Candidate> {
    let (name, wanted) = word.split_once('=').map_or((word, None), |(name, version)| (name, Some(version)));
    let all = candidates(&call.machine.packages.lists, name);
    if all.is_empty() {
        call.complain(format_args!("E: Unable to locate package {name}"));
        return Err(Stop::Code(100));
    }
    let fits = |one: &&Candidate| match wanted.map(|text| (text.trim_end_matches('*'), text.ends_with('*'))) {
        None => true,
        Some((head, true)) => one.version.starts_with(head),
        Some((exact, false)) => one.version == exact,
    };
    match all.iter().find(fits) {
        Some(found) => Ok(found.clone()),
        None => {
            call.complain(format_args!("E: Version '{}' for '{name}' was not found", wanted.unwrap_or("")));
            Err(Stop::Code(100))
        }
    }
}

fn install(call: &mut Call, words: &[&str], yes: bool, changes: bool) -> Step<()> {
    call.say("Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done");
    let (mut wanted, mut extra): (Vec<Candidate>, Vec<Candidate>) = (Vec::new(), Vec::new());
    for word in words {
        let found = choose(call, word)?;
        let held = call.machine.packages.installed.get(found.name).cloned();
        if held.as_ref().is_some_and(|one| *one.version == *found.version) {
            call.say(format_args!("{} is already the newest version ({}).", found.name, found.version));
            continue;
        }
        if held.is_some_and(|one| one.held) && !changes {
            call.say(format_args!("The following held packages will be changed:\n  {}", found.name));
            call.complain("E: Held packages were changed and -y was used without --allow-change-held-packages.");
            return Err(Stop::Code(100));
        }
        for name in found.depends {
            let there = call.machine.packages.installed.get(*name).is_some() || wanted.iter().chain(&extra).any(|one| one.name == *name);
            if !there && !words.contains(name) {
                extra.push(choose(call, name)?);
            }
        }
        wanted.push(found);
    }
    let names = |list: &[Candidate]| {
        let mut all: Vec<&str> = list.iter().map(|one| one.name).collect();
        all.sort_unstable();
        all.join(" ")
    };
    if !extra.is_empty() {
        call.say(format_args!("The following additional packages will be installed:\n  {}", names(&extra)));
    }
    let asks = !extra.is_empty() && !yes;
    wanted.extend(extra);
    let (upgraded, new): (Vec<Candidate>, Vec<Candidate>) =
        wanted.into_iter().partition(|one| call.machine.packages.installed.get(one.name).is_some());
    if !new.is_empty() {
        call.say(format_args!("The following NEW packages will be installed:\n  {}", names(&new)));
    }
    if !upgraded.is_empty() {
        call.say(format_args!("The following packages will be upgraded:\n  {}", names(&upgraded)));
    }
    call.say(format_args!("{} upgraded, {} newly installed, 0 to remove and 0 not upgraded.", upgraded.len(), new.len()));
    if asks && !call.stdin.to_lowercase().starts_with('y') {
        call.say("Do you want to continue? [Y/n] Abort.");
        return Err(Stop::Code(1));
    }
    for (one, fresh) in new.iter().map(|one| (one, true)).chain(upgraded.iter().map(|one| (one, false))) {
        call.work(Duration::millis(900));
        if fresh {
            call.say(format_args!("Selecting previously unselected package {}.", one.name));
        }
        call.say(format_args!("Unpacking {} ({}) ...", one.name, one.version));
        let held = call.machine.packages.installed.get(one.name).is_some_and(|one| one.held);
        let programs: Vec<(&str, &str)> = one.programs.iter().map(|(program, version)| (*program, version.as_str())).collect();
        call.machine.install(one.name, &one.version, &programs);
        hold(call, one.name, held);
    }
    new.iter().chain(&upgraded).for_each(|one| call.say(format_args!("Setting up {} ({}) ...", one.name, one.version)));
    // Docker's package is made for Docker: its file switches off what the kubelet needs.
    const CONFIG: &str = "/etc/containerd/config.toml";
    if new.iter().any(|one| one.name == "containerd.io") && !call.machine.files.exists(CONFIG) {
        call.machine.files.write(CONFIG, "disabled_plugins = [\"cri\"]\n");
    }
    let now = call.now;
    call.machine.add_services(now);
    Ok(())
}

fn remove(call: &mut Call, names: &[&str]) -> Step<()> {
    call.say("Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done");
    for name in names {
        let Some(held) = call.machine.packages.installed.get(*name).cloned() else {
            call.say(format_args!("Package '{name}' is not installed, so not removed"));
            continue;
        };
        let lists = call.machine.packages.lists.clone();
        let programs = candidates(&lists, name).into_iter().flat_map(|one| one.programs).map(|(program, _)| program.to_string());
        let programs: Vec<String> = programs.chain([name.to_string()]).collect();
        for program in programs {
            call.machine.files.remove(&format!("/usr/bin/{program}"));
        }
        call.machine.packages.installed.remove_mut(*name);
        call.say(format_args!("Removing {name} ({}) ...", held.version));
    }
    Ok(())
}

fn hold(call: &mut Call, name: &str, held: bool) {
    if let Some(one) = call.machine.packages.installed.get(name).cloned() {
        call.machine.packages.installed.insert_mut(Text::new(name), Installed { held, ..one });
    }
}

/// `apt-mark hold|unhold|showhold`
pub fn apt_mark(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (_, rest) = apart(&words);
    let Some((verb, names)) = rest.split_first() else { return fail("E: Command line option is missing") };
    if *verb == "showhold" {
        let held: Vec<Text> = call.machine.packages.installed.iter().filter(|(_, one)| one.held).map(|(name, _)| name.clone()).collect();
        held.iter().for_each(|name| call.say(name));
        return Ok(());
    }
    if !call.is_root() {
        call.complain("E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?");
        return Err(Stop::Code(100));
    }
    for name in names {
        let Some(one) = call.machine.packages.installed.get(*name).cloned() else {
            call.complain(format_args!(
                "E: Can't select installed nor candidate version from package '{name}' as it has neither of them\nE: No packages found"
            ));
            return Err(Stop::Code(100));
        };
        let wanted = *verb == "hold";
        call.say(match (wanted, one.held) {
            (true, false) => format!("{name} set on hold."),
            (true, true) => format!("{name} was already set on hold."),
            (false, true) => format!("Canceled hold on {name}."),
            (false, false) => format!("{name} was already not on hold."),
        });
        hold(call, name, wanted);
    }
    Ok(())
}

/// `apt-cache madison|policy NAME`
pub fn apt_cache(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (_, rest) = apart(&words);
    let verb = rest.first().copied().unwrap_or("");
    for name in rest.iter().skip(1) {
        let all = candidates(&call.machine.packages.lists, name);
        let held = call.machine.packages.installed.get(*name).map(|one| one.version.to_string());
        let url = |one: &Candidate| {
            let debian = one.repository.starts_with("deb.debian.org");
            if debian { format!("http://{} bookworm/main", one.repository) } else { format!("https://{} ", one.repository) }
        };
        match verb {
            "madison" => {
                for one in &all {
                    call.say(format_args!("{name:>10} | {:>10} | {} Packages", one.version, url(one)));
                }
            }
            "policy" if all.is_empty() && held.is_none() => {}
            "policy" => {
                let candidate = all.first().map_or("(none)", |one| one.version.as_str());
                call.say(format_args!(
                    "{name}:\n  Installed: {}\n  Candidate: {candidate}\n  Version table:",
                    held.as_deref().unwrap_or("(none)")
                ));
                for one in &all {
                    let here = held.as_deref() == Some(one.version.as_str());
                    let mark = if here { " ***" } else { "    " };
                    call.say(format_args!("{mark} {} 500\n        500 {} Packages", one.version, url(one)));
                    if here {
                        call.say("        100 /var/lib/dpkg/status");
                    }
                }
            }
            other => {
                call.complain(format_args!("E: Invalid operation {other}"));
                return Err(Stop::Code(100));
            }
        }
    }
    Ok(())
}

/// `dpkg -l [NAME…]`, `dpkg --print-architecture`
pub fn dpkg(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let arch = call.machine.hardware.arch.clone();
    if words.iter().any(|word| word == "--print-architecture") {
        call.say(arch);
        return Ok(());
    }
    if !words.iter().any(|word| word == "-l" || word == "--list") {
        return fail("error: need an action option");
    }
    let wanted: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let fits = |name: &Text| wanted.is_empty() || wanted.iter().any(|one| name.starts_with(one.trim_end_matches('*')));
    let rows: Vec<(Text, Installed)> =
        call.machine.packages.installed.iter().filter(|(name, _)| fits(name)).map(|(name, one)| (name.clone(), one.clone())).collect();
    if rows.is_empty() {
        let name = wanted.first().map_or("", |name| name.as_str());
        call.complain(format_args!("dpkg-query: no packages found matching {name}"));
        return Err(Stop::Code(1));
    }
    call.say("Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n||/ Name            Version                 Architecture\n+++-===============-=======================-============");
    for (name, one) in rows {
        let state = if one.held { "hi" } else { "ii" };
        call.say(format_args!("{state}  {name:<15} {:<23} {arch}", one.version));
    }
    Ok(())
}

/// `gpg --dearmor -o FILE`: keeps the key that comes in.
pub fn gpg(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let at = words.iter().position(|word| word == "-o" || word == "--output");
    let Some(file) = at.and_then(|at| words.get(at + 1)) else { return fail("only --dearmor -o FILE is here") };
    if !call.stdin.contains("BEGIN PGP") {
        return fail("no valid OpenPGP data found.\ngpg: dearmoring failed: Unknown error");
    }
    let path = call.path(file);
    let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder).to_string();
    if !call.machine.files.is_folder(&folder) {
        return fail(format!("can't create '{file}': No such file or directory"));
    }
    if !call.is_root() && !path.starts_with(&format!("{}/", call.home())) {
        return fail(format!("can't create '{file}': Permission denied"));
    }
    let text = call.stdin.clone();
    call.machine.files.write(&path, &text);
    Ok(())
}
