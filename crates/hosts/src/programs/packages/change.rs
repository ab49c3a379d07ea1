//! Packages that come, go and change: what apt-get decides, says and asks before it acts.
use super::mark::hold;
use crate::call::{Call, Step, Stop};
use crate::machine::packages::{Candidate, candidates, numbers};
use objects::Text;
use simcore::Duration;

/// What the person allowed beforehand.
pub struct May {
    pub yes: bool,
    pub held: bool,
    pub older: bool,
}

/// What is to be done.
#[derive(Default)]
struct Plan {
    new: Vec<Candidate>,
    newer: Vec<Candidate>,
    older: Vec<Candidate>,
    gone: Vec<Text>,
    /// Could be newer, but is held.
    kept: Vec<Text>,
    /// Whether more changes than was asked for.
    asks: bool,
    purge: bool,
}

fn begin(call: &mut Call) {
    call.say("Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done");
}

/// The candidate for `name` or `name=VERSION`; a version may end with `*`. `None`: what is installed is in no list.
fn choose(call: &mut Call, word: &str) -> Step<Option<Candidate>> {
    let (name, wanted) = word.split_once('=').map_or((word, None), |(name, version)| (name, Some(version)));
    let all = candidates(&call.machine.packages.lists, name);
    let held = call.machine.packages.installed.get(name).map(|one| one.version.clone());
    if all.is_empty() && held.is_none() {
        call.complain(format_args!("E: Unable to locate package {name}"));
        return Err(Stop::Code(100));
    }
    let fits = |version: &str| match wanted.map(|text| (text.trim_end_matches('*'), text.ends_with('*'))) {
        None => true,
        Some((head, true)) => version.starts_with(head),
        Some((exact, false)) => version == exact,
    };
    let here = held.as_ref().filter(|held| fits(held));
    match all.into_iter().find(|one| fits(&one.version)) {
        // Without a wish nobody goes back to what is older.
        Some(one) if wanted.is_none() && here.is_some_and(|held| numbers(held) > numbers(&one.version)) => Ok(None),
        Some(one) => Ok(Some(one)),
        None if here.is_some() => Ok(None),
        None => {
            call.complain(format_args!("E: Version '{}' for '{name}' was not found", wanted.unwrap_or("")));
            Err(Stop::Code(100))
        }
    }
}

/// Installed packages for which the lists have something newer, by name.
fn outdated(call: &Call) -> Vec<Candidate> {
    let installed = call.machine.packages.installed.iter();
    let newer = |(name, one): (&Text, &crate::machine::packages::Installed)| {
        candidates(&call.machine.packages.lists, name).into_iter().next().filter(|new| numbers(&new.version) > numbers(&one.version))
    };
    installed.filter_map(newer).collect()
}

pub fn install(call: &mut Call, words: &[&str], may: &May) -> Step<()> {
    begin(call);
    let mut plan = Plan::default();
    let mut extra: Vec<Candidate> = Vec::new();
    for word in words {
        let name = word.split('=').next().unwrap_or("");
        let found = choose(call, word)?;
        let held = call.machine.packages.installed.get(name).cloned();
        let Some(found) = found.filter(|found| held.as_ref().is_none_or(|one| *one.version != *found.version)) else {
            let version = held.map(|one| one.version).unwrap_or_default();
            call.say(format_args!("{name} is already the newest version ({version})."));
            continue;
        };
        for depends in found.depends {
            let there =
                call.machine.packages.installed.get(*depends).is_some() || plan.new.iter().chain(&extra).any(|one| one.name == *depends);
            if !there && !words.contains(depends) {
                extra.extend(choose(call, depends)?);
            }
        }
        let list = match held {
            None => &mut plan.new,
            Some(one) if numbers(&found.version) > numbers(&one.version) => &mut plan.newer,
            Some(_) => &mut plan.older,
        };
        list.push(found);
    }
    if !extra.is_empty() {
        call.say(format_args!("The following additional packages will be installed:\n  {}", names(extra.iter().map(|one| one.name))));
    }
    plan.asks = !extra.is_empty();
    plan.new.extend(extra);
    carry_out(call, plan, may)
}

/// All that is not held becomes as new as the lists have it.
pub fn upgrade(call: &mut Call, may: &May) -> Step<()> {
    begin(call);
    call.say("Calculating upgrade... Done");
    let held = |call: &Call, name: &str| call.machine.packages.installed.get(name).is_some_and(|one| one.held);
    let (kept, newer): (Vec<Candidate>, Vec<Candidate>) = outdated(call).into_iter().partition(|one| held(call, one.name));
    let kept = kept.iter().map(|one| Text::new_static(one.name)).collect();
    let asks = !newer.is_empty();
    carry_out(call, Plan { newer, kept, asks, ..Plan::default() }, may)
}

pub fn nothing(call: &mut Call) -> Step<()> {
    begin(call);
    carry_out(call, Plan::default(), &May { yes: true, held: false, older: false })
}

pub fn remove(call: &mut Call, names: &[&str], may: &May, purge: bool) -> Step<()> {
    begin(call);
    let mut gone = Vec::new();
    for name in names {
        if call.machine.packages.installed.get(*name).is_some() {
            gone.push(Text::new(name));
        } else if candidates(&call.machine.packages.lists, name).is_empty() {
            call.complain(format_args!("E: Unable to locate package {name}"));
            return Err(Stop::Code(100));
        } else {
            call.say(format_args!("Package '{name}' is not installed, so not removed"));
        }
    }
    let asks = !gone.is_empty();
    carry_out(call, Plan { gone, asks, purge, ..Plan::default() }, may)
}

fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let mut all: Vec<&str> = all.collect();
    all.sort_unstable();
    all.join(" ")
}

/// What will be done, in apt's order; then the question, or the refusal of whoever said yes to all; then the deed.
fn carry_out(call: &mut Call, plan: Plan, may: &May) -> Step<()> {
    let list = |call: &mut Call, words: &str, all: String| {
        if !all.is_empty() {
            call.say(format_args!("The following {words}:\n  {all}"));
        }
    };
    let of = |all: &[Candidate]| names(all.iter().map(|one| one.name));
    let star = if plan.purge { "*" } else { "" };
    let gone: Vec<String> = plan.gone.iter().map(|name| format!("{name}{star}")).collect();
    list(call, "packages will be REMOVED", names(gone.iter().map(String::as_str)));
    list(call, "NEW packages will be installed", of(&plan.new));
    list(call, "packages have been kept back", names(plan.kept.iter().map(|name| &**name)));
    let touched = plan.newer.iter().chain(&plan.older).map(|one| one.name).chain(plan.gone.iter().map(|name| &**name));
    let held = names(touched.filter(|name| call.machine.packages.installed.get(*name).is_some_and(|one| one.held)));
    list(call, "held packages will be changed", held.clone());
    list(call, "packages will be upgraded", of(&plan.newer));
    list(call, "packages will be DOWNGRADED", of(&plan.older));
    let left = outdated(call).into_iter().filter(|one| {
        let changes = plan.newer.iter().chain(&plan.older).find(|new| new.name == one.name);
        changes.is_none_or(|new| new.version != one.version) && !plan.gone.iter().any(|name| *name == *one.name)
    });
    let (left, older) = (left.count(), plan.older.len());
    let older_words = if older > 0 { format!("{older} downgraded, ") } else { String::new() };
    call.say(format_args!(
        "{} upgraded, {} newly installed, {older_words}{} to remove and {left} not upgraded.",
        plan.newer.len(),
        plan.new.len(),
        plan.gone.len()
    ));
    let refused = [
        (older > 0 && !may.older, "Packages were downgraded", "--allow-downgrades"),
        (!held.is_empty() && !may.held, "Held packages were changed", "--allow-change-held-packages"),
    ];
    if let Some((_, what, flag)) = refused.iter().find(|(is, ..)| *is && may.yes) {
        call.complain(format_args!("E: {what} and -y was used without {flag}."));
        return Err(Stop::Code(100));
    }
    let asks = plan.asks || refused.iter().any(|(is, ..)| *is);
    if asks && !may.yes && !call.stdin.to_lowercase().starts_with('y') {
        call.say("Do you want to continue? [Y/n] Abort.");
        return Err(Stop::Code(1));
    }
    plan.gone.iter().for_each(|name| take_away(call, name, plan.purge));
    put(call, &plan);
    Ok(())
}

fn put(call: &mut Call, plan: &Plan) {
    for one in plan.new.iter().chain(&plan.newer).chain(&plan.older) {
        call.work(Duration::millis(900));
        let before = call.machine.packages.installed.get(one.name).cloned();
        match &before {
            None => call
                .say(format_args!("Selecting previously unselected package {}.\nUnpacking {} ({}) ...", one.name, one.name, one.version)),
            Some(before) => call.say(format_args!("Unpacking {} ({}) over ({}) ...", one.name, one.version, before.version)),
        }
        let programs: Vec<(&str, &str)> = one.programs.iter().map(|(program, version)| (*program, version.as_str())).collect();
        call.machine.install(one.name, &one.version, &programs);
        hold(call, one.name, before.is_some_and(|one| one.held));
    }
    let all = plan.new.iter().chain(&plan.newer).chain(&plan.older);
    all.for_each(|one| call.say(format_args!("Setting up {} ({}) ...", one.name, one.version)));
    // Docker's package is made for Docker: its file switches off what the kubelet needs.
    const CONFIG: &str = "/etc/containerd/config.toml";
    if plan.new.iter().any(|one| one.name == "containerd.io") && !call.machine.files.exists(CONFIG) {
        call.machine.files.write(CONFIG, "disabled_plugins = [\"cri\"]\n");
    }
    let now = call.now;
    call.machine.add_services(now);
}

fn take_away(call: &mut Call, name: &str, purge: bool) {
    let Some(one) = call.machine.packages.installed.get(name).cloned() else { return };
    let lists = call.machine.packages.lists.clone();
    let programs = candidates(&lists, name).into_iter().flat_map(|one| one.programs).map(|(program, _)| program.to_string());
    let programs: Vec<String> = programs.chain([name.to_string()]).collect();
    for program in programs {
        call.machine.files.remove(&format!("/usr/bin/{program}"));
    }
    call.machine.packages.installed.remove_mut(name);
    call.say(format_args!("Removing {name} ({}) ...", one.version));
    if purge {
        call.say(format_args!("Purging configuration files for {name} ({}) ...", one.version));
    }
}
