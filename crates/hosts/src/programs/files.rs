//! Programs on files: ls, cat, mkdir, cp, rm, chown, chmod, touch.
use super::apart;
use crate::call::{Call, Step, Stop, fail};
use crate::machine::{File, Kind};
use objects::Text;

/// Says an error for one file; the others are still done.
fn each(call: &mut Call, program: &str, paths: &[&str], work: fn(&mut Call, &str) -> Result<(), String>) -> Step<()> {
    let mut code = 0;
    for path in paths {
        if let Err(why) = work(call, path) {
            call.complain(format_args!("{program}: {why}"));
            code = 1;
        }
    }
    if code == 0 { Ok(()) } else { Err(Stop::Code(code)) }
}

pub fn cat(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (_, paths) = apart(&words);
    if paths.is_empty() {
        let text = call.stdin.clone();
        call.stdout.push_str(&text);
    }
    each(call, "cat", &paths, |call, path| {
        let text = call.open(path).map_err(|why| format!("{path}: {why}"))?;
        call.stdout.push_str(&text);
        Ok(())
    })
}

pub fn ls(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, mut paths) = apart(&words);
    let has = |letter: char| flags.iter().any(|flag| flag.contains(letter));
    if paths.is_empty() {
        paths.push(".");
    }
    let several = paths.len() > 1;
    let mut code = 0;
    for (at, path) in paths.iter().enumerate() {
        let full = call.path(path);
        if !call.machine.files.is_folder(&full) {
            match call.machine.files.get(&full).cloned() {
                Some(file) if has('l') => call.say(long(&file, path)),
                Some(_) => call.say(path),
                None => {
                    call.complain(format_args!("ls: cannot access '{path}': No such file or directory"));
                    code = 2;
                }
            }
            continue;
        }
        if several {
            let gap = if at > 0 { "\n" } else { "" };
            call.say(format_args!("{gap}{path}:"));
        }
        let names = call.machine.files.names(&full);
        let shown: Vec<&Text> = names.iter().filter(|name| has('a') || has('A') || !name.starts_with('.')).collect();
        if has('l') {
            call.say(format_args!("total {}", shown.len() * 4));
        }
        for name in shown {
            let file = call.machine.files.entry(&format!("{full}/{name}")).cloned();
            match file {
                Some(file) if has('l') => call.say(long(&file, name)),
                _ => call.say(name),
            }
        }
    }
    if code == 0 { Ok(()) } else { Err(Stop::Code(code)) }
}

fn long(file: &File, name: &str) -> String {
    let end = if let Kind::Link(to) = &file.kind { format!(" -> {to}") } else { String::new() };
    format!("{} 1 {} {} {:>8} {name}{end}", file.permissions(), file.owner, file.owner, file.size())
}

fn may_change(call: &Call, path: &str) -> bool {
    call.is_root() || path.starts_with(&format!("{}/", call.home())) || path.starts_with("/tmp/")
}

pub fn mkdir(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, paths) = apart(&words);
    let work: fn(&mut Call, &str) -> Result<(), String> = match flags.iter().any(|flag| flag.contains('p')) {
        true => |call, path| {
            let full = call.path(path);
            if !may_change(call, &full) && !call.machine.files.is_folder(&full) {
                return Err(format!("cannot create directory '{path}': Permission denied"));
            }
            call.machine.files.folder(&full);
            Ok(())
        },
        false => |call, path| {
            let full = call.path(path);
            let parent = full.rsplit_once('/').map_or("", |(parent, _)| parent).to_string();
            if call.machine.files.exists(&full) {
                return Err(format!("cannot create directory '{path}': File exists"));
            }
            if !parent.is_empty() && !call.machine.files.is_folder(&parent) {
                return Err(format!("cannot create directory '{path}': No such file or directory"));
            }
            if !may_change(call, &full) {
                return Err(format!("cannot create directory '{path}': Permission denied"));
            }
            call.machine.files.folder(&full);
            Ok(())
        },
    };
    each(call, "mkdir", &paths, work)
}

pub fn touch(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    each(call, "touch", &apart(&words).1, |call, path| {
        let full = call.path(path);
        if !may_change(call, &full) {
            return Err(format!("cannot touch '{path}': Permission denied"));
        }
        if !call.machine.files.exists(&full) {
            call.machine.files.write(&full, "");
        }
        Ok(())
    })
}

pub fn rm(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, paths) = apart(&words);
    let has = |letter: char| flags.iter().any(|flag| flag.contains(letter));
    let mut code = 0;
    for path in paths {
        let full = call.path(path);
        let there = call.machine.files.entry(&full).is_some();
        let why = if !there {
            if has('f') { continue } else { "No such file or directory" }
        } else if call.machine.files.is_folder(&full) && !(has('r') || has('R')) {
            "Is a directory"
        } else if !may_change(call, &full) {
            "Permission denied"
        } else {
            call.machine.files.remove(&full);
            continue;
        };
        call.complain(format_args!("rm: cannot remove '{path}': {why}"));
        code = 1;
    }
    if code == 0 { Ok(()) } else { Err(Stop::Code(code)) }
}

pub fn cp(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (_, paths) = apart(&words);
    let [from, to] = paths.as_slice() else { return fail("missing file operand\nTry 'cp --help' for more information.") };
    let (source, mut target) = (call.path(from), call.path(to));
    let Some(mut file) = call.machine.files.get(&source).cloned() else {
        return fail(format!("cannot stat '{from}': No such file or directory"));
    };
    if file.mode & 0o004 == 0 && !call.is_root() {
        return fail(format!("cannot open '{from}' for reading: Permission denied"));
    }
    if call.machine.files.is_folder(&target) {
        target = format!("{target}/{}", source.rsplit('/').next().unwrap_or(""));
    }
    file.owner = call.user.clone();
    call.machine.files.put(&target, file);
    Ok(())
}

pub fn chown(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (_, rest) = apart(&words);
    let Some((owner, paths)) = rest.split_first() else { return fail("missing operand\nTry 'chown --help' for more information.") };
    let owner = match owner.split(':').next().unwrap_or("") {
        "0" => "root",
        "1000" => "debian",
        name => name,
    };
    for path in paths {
        let full = call.path(path);
        if !call.machine.files.exists(&full) {
            return fail(format!("cannot access '{path}': No such file or directory"));
        }
        if !call.is_root() {
            return fail(format!("changing ownership of '{path}': Operation not permitted"));
        }
        call.machine.files.alter(&full, |file| file.owner = Text::new(owner));
    }
    Ok(())
}

pub fn chmod(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (_, rest) = apart(&words);
    let Some((mode, paths)) = rest.split_first() else { return fail("missing operand\nTry 'chmod --help' for more information.") };
    let Ok(mode) = u16::from_str_radix(mode, 8) else {
        return fail(format!("invalid mode: '{mode}'\nTry 'chmod --help' for more information."));
    };
    for path in paths {
        let full = call.path(path);
        if !call.machine.files.exists(&full) {
            return fail(format!("cannot access '{path}': No such file or directory"));
        }
        call.machine.files.alter(&full, |file| file.mode = mode & 0o777);
    }
    Ok(())
}

pub fn mv(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (_, rest) = apart(&words);
    let Some((to, sources)) = rest.split_last().filter(|(_, sources)| !sources.is_empty()) else {
        return fail("missing file operand\nTry 'mv --help' for more information.");
    };
    let target = call.path(to);
    for from in sources {
        let source = call.path(from);
        let Some(file) = call.machine.files.entry(&source).cloned() else {
            return fail(format!("cannot stat '{from}': No such file or directory"));
        };
        let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or("");
        let into = if call.machine.files.is_folder(&target) { format!("{target}/{name}") } else { target.clone() };
        if !may_change(call, &source) || !may_change(call, &into) {
            return fail(format!("cannot move '{from}' to '{to}': Permission denied"));
        }
        let inner: Vec<(Text, File)> = match file.kind {
            Kind::Folder => call
                .machine
                .files
                .below(&source)
                .into_iter()
                .filter_map(|path| Some((path.clone(), call.machine.files.entry(&path)?.clone())))
                .collect(),
            _ => Vec::new(),
        };
        let own = call.machine.files.real(&source);
        call.machine.files.remove(&source);
        call.machine.files.put(&into, file);
        for (path, file) in inner {
            let place = format!("{into}{}", path.strip_prefix(own.trim_end_matches('/')).unwrap_or_default());
            call.machine.files.put(&place, file);
        }
    }
    Ok(())
}

/// `ln -s TARGET LINK`
pub fn ln(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    let has = |letter: char| flags.iter().any(|flag| flag.contains(letter));
    let [to, link] = rest.as_slice() else { return fail("missing file operand\nTry 'ln --help' for more information.") };
    let mut path = call.path(link);
    if call.machine.files.is_folder(&path) {
        path = format!("{path}/{}", to.rsplit('/').next().unwrap_or(""));
    }
    if call.machine.files.entry(&path).is_some() && !has('f') {
        return fail(format!("failed to create symbolic link '{link}': File exists"));
    }
    if !may_change(call, &path) {
        return fail(format!("failed to create symbolic link '{link}': Permission denied"));
    }
    call.machine.files.remove(&path);
    call.machine.files.link(&path, to);
    Ok(())
}

pub fn which(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let mut code = 0;
    for name in apart(&words).1 {
        match call.machine.which(name) {
            Some(path) => call.say(path),
            None => code = 1,
        }
    }
    if code == 0 { Ok(()) } else { Err(Stop::Code(code)) }
}

/// Digests that tell texts apart; they are not SHA-256.
pub fn sha256sum(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    each(call, "sha256sum", &apart(&words).1, |call, path| {
        let full = call.path(path);
        let file = call.machine.files.get(&full).ok_or_else(|| format!("{path}: No such file or directory"))?;
        let text = match &file.kind {
            Kind::Plain(text) => crate::k3s::digest(text, ""),
            Kind::Program(version) if full.ends_with("/k3s") => crate::k3s::digest(version, &call.machine.hardware.arch),
            Kind::Program(version) => crate::k3s::digest(&format!("{path} {version}"), &call.machine.hardware.arch),
            _ => return Err(format!("{path}: Is a directory")),
        };
        call.say(format_args!("{text}  {path}"));
        Ok(())
    })
}

/// `stat -c %a|%U|%s FILE`
pub fn stat(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let form = words.iter().position(|word| word == "-c").and_then(|at| words.get(at + 1)).cloned();
    let paths: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !word.starts_with('-') && Some(*word) != form.as_deref()).collect();
    // `stat -fc %T PATH`: what kind of file system holds it.
    let flags: String = words.iter().filter(|word| word.starts_with('-') && !word.starts_with("--")).map(|word| &word[1..]).collect();
    if flags.contains('f') || words.iter().any(|word| word == "--file-system") {
        let place = words.last().map_or("/", String::as_str);
        let group = place.trim_end_matches('/').starts_with("/sys/fs/cgroup");
        call.say(match (group, call.machine.hardware.cgroup) {
            (true, 2) => "cgroup2fs",
            (true, _) => "tmpfs",
            _ if place.starts_with("/proc") => "proc",
            _ if place.starts_with("/sys") => "sysfs",
            _ => "ext2/ext3",
        });
        return Ok(());
    }
    for path in paths {
        let Some(file) = call.machine.files.entry(&call.path(path)).cloned() else {
            return fail(format!("cannot statx '{path}': No such file or directory"));
        };
        let mode = format!("{:o}", file.mode);
        call.say(match &form {
            Some(form) => form
                .replace("%a", &mode)
                .replace("%U", &file.owner)
                .replace("%G", &file.owner)
                .replace("%s", &file.size().to_string())
                .replace("%n", path)
                .replace("%A", &file.permissions()),
            None => format!("  File: {path}\n  Size: {}\nAccess: (0{mode}/{})  Uid: ({})", file.size(), file.permissions(), file.owner),
        });
    }
    Ok(())
}
