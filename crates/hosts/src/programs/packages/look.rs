//! What apt and dpkg know of packages: apt-cache, `apt list`, `apt show`, dpkg.
use crate::call::{Call, Step, Stop, fail};
use crate::machine::KUBEADM;
use crate::machine::packages::{Candidate, Installed, candidates, known, numbers};
use crate::programs::apart;
use objects::Text;

/// `http://deb.debian.org/debian bookworm/main amd64`, and for a repository without suites `https://pkgs.k8s.io/… `.
fn url(call: &Call, one: &Candidate) -> String {
    match one.repository.starts_with("deb.debian.org") {
        true => format!("http://{} bookworm/main {}", one.repository, call.machine.hardware.arch),
        false => format!("https://{} ", one.repository),
    }
}

/// What is on offer, the newest first, with what is installed where no list has it any more.
fn versions(call: &Call, name: &str) -> Vec<(String, Option<Candidate>)> {
    let all = candidates(&call.machine.packages.lists, name);
    let mut found: Vec<(String, Option<Candidate>)> = all.into_iter().map(|one| (one.version.clone(), Some(one))).collect();
    let held = call.machine.packages.installed.get(name).map(|one| one.version.to_string());
    found.extend(held.filter(|held| !found.iter().any(|(version, _)| version == held)).map(|version| (version, None)));
    found.sort_by_key(|one| std::cmp::Reverse(numbers(&one.0)));
    found
}

/// `apt-cache madison|policy|show NAME`
pub fn apt_cache(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (_, rest) = apart(&words);
    let verb = rest.first().copied().unwrap_or("");
    let tell: fn(&mut Call, &str) = match verb {
        "madison" => madison,
        "policy" => policy,
        "show" => return show(call, &rest[1..]),
        "search" => return search(call, &rest[1..]),
        other => {
            call.complain(format_args!("E: Invalid operation {other}"));
            return Err(Stop::Code(100));
        }
    };
    rest.iter().skip(1).for_each(|name| tell(call, name));
    Ok(())
}

fn madison(call: &mut Call, name: &str) {
    for one in candidates(&call.machine.packages.lists, name) {
        call.say(format_args!("{name:>10} | {:>10} | {} Packages", one.version, url(call, &one)));
    }
}

fn policy(call: &mut Call, name: &str) {
    let all = versions(call, name);
    let Some((newest, _)) = all.first() else { return call.complain(format_args!("N: Unable to locate package {name}")) };
    let here = call.machine.packages.installed.get(name).map(|one| one.version.to_string());
    let installed = here.as_deref().unwrap_or("(none)");
    call.say(format_args!("{name}:\n  Installed: {installed}\n  Candidate: {newest}\n  Version table:"));
    for (version, offer) in &all {
        let mine = here.as_ref() == Some(version);
        let mark = if mine { " ***" } else { "    " };
        call.say(format_args!("{mark} {version} {}", if offer.is_some() { 500 } else { 100 }));
        if let Some(one) = offer {
            call.say(format_args!("        500 {} Packages", url(call, one)));
        }
        if mine {
            call.say("        100 /var/lib/dpkg/status");
        }
    }
}

/// What a package is, in the first line of its description.
fn description(name: &str) -> &'static str {
    const TABLE: &[(&str, &str)] = &[
        ("containerd", "open and reliable container runtime"),
        ("containerd.io", "An open and reliable container runtime"),
        ("cri-tools", "Container Runtime Interface tools"),
        ("curl", "command line tool for transferring data with URL syntax"),
        ("gpg", "GNU Privacy Guard -- minimalist public key operations"),
        ("kubeadm", "Command-line utility for administering a Kubernetes cluster"),
        ("kubectl", "Command-line utility for interacting with a Kubernetes cluster"),
        ("kubelet", "Node agent for Kubernetes clusters"),
        ("kubernetes-cni", "Binaries required to provision container networking"),
        ("runc", "Open Container Project - runtime"),
    ];
    TABLE.iter().find(|(known, _)| *known == name).map_or("", |(_, words)| words)
}

/// `apt-cache search WORD…`: packages whose name or description has all words.
fn search(call: &mut Call, words: &[&str]) -> Step<()> {
    if words.is_empty() {
        call.complain("E: You must give at least one search pattern");
        return Err(Stop::Code(100));
    }
    for name in known(&call.machine.packages.lists) {
        let about = description(name);
        if words.iter().all(|word| name.contains(word) || about.to_lowercase().contains(&word.to_lowercase())) {
            call.say(format_args!("{name} - {about}"));
        }
    }
    Ok(())
}

/// `apt-cache show NAME`, `apt show NAME`
pub fn show(call: &mut Call, names: &[&str]) -> Step<()> {
    for name in names {
        let all = versions(call, name);
        if all.is_empty() {
            call.complain("E: No packages found");
            return Err(Stop::Code(100));
        }
        for (version, offer) in all {
            let arch = call.machine.hardware.arch.clone();
            call.say(format_args!("Package: {name}\nVersion: {version}\nArchitecture: {arch}"));
            let about = description(name);
            let depends = offer.map(|one| one.depends.join(", ")).filter(|text| !text.is_empty());
            depends.iter().for_each(|text| call.say(format_args!("Depends: {text}")));
            call.say(format_args!("Description: {about}"));
            call.say("");
        }
    }
    Ok(())
}

/// `apt list [--installed|--upgradable] [NAME…]`
pub fn list(call: &mut Call, flags: &[&str], names: &[&str]) -> Step<()> {
    call.say("Listing... Done");
    let arch = call.machine.hardware.arch.clone();
    let fits = |name: &str| names.is_empty() || names.contains(&name);
    let mine: Vec<(Text, Installed)> = call.machine.packages.installed.iter().map(|(name, one)| (name.clone(), one.clone())).collect();
    for (name, one) in mine.iter().filter(|(name, _)| fits(name)) {
        let newest =
            candidates(&call.machine.packages.lists, name).into_iter().next().filter(|new| numbers(&new.version) > numbers(&one.version));
        let from = |one: &Candidate| if one.repository.starts_with("deb.debian.org") { "oldstable" } else { "unknown" };
        match newest {
            Some(new) if !flags.contains(&"--installed") => {
                call.say(format_args!("{name}/{} {} {arch} [upgradable from: {}]", from(&new), new.version, one.version));
            }
            _ if flags.contains(&"--upgradable") => {}
            Some(new) => call.say(format_args!("{name}/{} {} {arch} [installed,upgradable to: {}]", from(&new), one.version, new.version)),
            None => {
                let known = candidates(&call.machine.packages.lists, name).into_iter().find(|known| known.version == *one.version);
                let (from, state) = known.map_or(("now", "installed,local"), |known| (from(&known), "installed"));
                call.say(format_args!("{name}/{from} {} {arch} [{state}]", one.version));
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
    if words.iter().any(|word| word == "-s" || word == "--status") {
        return status(call, words.last().map_or("", String::as_str));
    }
    if words.iter().any(|word| word == "-L" || word == "--listfiles") {
        return files(call, words.last().map_or("", String::as_str));
    }
    if !words.iter().any(|word| word == "-l" || word == "--list") {
        return fail("error: need an action option\n\nType dpkg --help for help about installing and deinstalling packages [*];");
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
    call.say("Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n||/ Name            Version                 Architecture Description\n+++-===============-=======================-============-=================================");
    for (name, one) in rows {
        let state = if one.held { "hi" } else { "ii" };
        call.say(format_args!("{state}  {name:<15} {:<23} {arch:<12} {}", one.version, description(&name)).to_string().trim_end());
    }
    Ok(())
}

/// `dpkg -L NAME`: what it has put where.
fn files(call: &mut Call, name: &str) -> Step<()> {
    let Some(one) = call.machine.packages.installed.get(name).cloned() else {
        call.complain(format_args!(
            "dpkg-query: package '{name}' is not installed\nUse dpkg --contents (= dpkg-deb --contents) to list archive files contents."
        ));
        return Err(Stop::Code(1));
    };
    call.say("/.\n/usr\n/usr/bin");
    let offered = candidates(&call.machine.packages.lists, name).into_iter().find(|known| known.version == *one.version);
    let mut programs: Vec<&str> = match (&offered, name) {
        (Some(offer), _) => offer.programs.iter().map(|(program, _)| *program).collect(),
        (None, "cri-tools") => vec!["crictl"],
        (None, _) => vec![name],
    };
    programs.retain(|program| call.machine.files.exists(&format!("/usr/bin/{program}")));
    for program in programs {
        call.say(format_args!("/usr/bin/{program}"));
    }
    let unit = format!("/lib/systemd/system/{}.service", name.trim_end_matches(".io"));
    if call.machine.files.exists(&unit) {
        call.say(format_args!("/lib\n/lib/systemd\n/lib/systemd/system\n{unit}"));
    }
    if name == "kubeadm" {
        call.say(format_args!("/usr/lib/systemd/system/kubelet.service.d\n{}", KUBEADM));
    }
    Ok(())
}

/// `dpkg -s NAME`
fn status(call: &mut Call, name: &str) -> Step<()> {
    let Some(one) = call.machine.packages.installed.get(name).cloned() else {
        call.complain(format_args!("dpkg-query: package '{name}' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files."));
        return Err(Stop::Code(1));
    };
    let (arch, wanted) = (call.machine.hardware.arch.clone(), if one.held { "hold" } else { "install" });
    call.say(format_args!("Package: {name}\nStatus: {wanted} ok installed\nArchitecture: {arch}\nVersion: {}", one.version));
    Ok(())
}
