//! cat, ls, rm, mv, cp, touch, tee, and the editor.
use crate::job::{Io, Stop};
use crate::session::path;

/// Words split into flags (`-la`) and the rest.
fn parted(words: &[String]) -> (String, Vec<&String>) {
    let (flags, names): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with('-') && word.len() > 1);
    (flags.into_iter().map(|flag| flag.trim_start_matches('-')).collect(), names)
}

fn missing(command: &str, name: &str, io: &Io) -> String {
    let why = if io.session.is_folder(name) { "Is a directory" } else { "No such file or directory" };
    format!("{command}: {name}: {why}\n")
}

pub fn cat(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (flags, names) = parted(words);
    let mut code = 0;
    let mut text = String::new();
    if names.is_empty() {
        let (all, more) = io.read_so_far()?;
        io.out(all);
        return if more { Err(Stop::Wait) } else { Ok(0) };
    }
    for name in names {
        match io.session.file(name) {
            _ if name == "-" => text.push_str(&io.read_all()?),
            Some(content) => text.push_str(content),
            None => {
                io.out(std::mem::take(&mut text));
                io.err(missing("cat", name, io));
                code = 1;
            }
        }
    }
    if flags.contains('n') {
        text = text.lines().enumerate().map(|(at, line)| format!("{:6}\t{line}\n", at + 1)).collect();
    }
    io.out(text);
    Ok(code)
}

/// Files and folders right below; `-l` one per line with sizes, `-R` all.
pub fn ls(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (flags, names) = parted(words);
    let here = ".".to_string();
    let names = if names.is_empty() { vec![&here] } else { names };
    let mut code = 0;
    for name in names {
        if let Some(text) = io.session.file(name) {
            let line =
                if flags.contains('l') { format!("-rw-r--r-- 1 learner learner {:5} {name}\n", text.len()) } else { format!("{name}\n") };
            io.out(line);
        } else if io.session.is_folder(name) {
            let lines = folder(name, &flags, io);
            io.out(lines);
        } else if path(name).is_empty() {
            continue;
        } else {
            io.err(format!("ls: cannot access '{name}': No such file or directory\n"));
            code = 2;
        }
    }
    Ok(code)
}

fn folder(name: &str, flags: &str, io: &Io) -> String {
    let top = path(name);
    let prefix = if top.is_empty() { String::new() } else { format!("{top}/") };
    let mut seen: Vec<String> = Vec::new();
    for file in io.session.files().keys() {
        let Some(rest) = file.strip_prefix(&prefix).filter(|rest| !rest.starts_with('/')) else { continue };
        let entry = match rest.split_once('/') {
            Some((folder, _)) if !flags.contains('R') => format!("{folder}/"),
            _ => rest.to_string(),
        };
        if !seen.contains(&entry) {
            seen.push(entry);
        }
    }
    let line = |entry: &String| match flags.contains('l') {
        true if entry.ends_with('/') => format!("drwxr-xr-x 1 learner learner     0 {entry}\n"),
        true => format!("-rw-r--r-- 1 learner learner {:5} {entry}\n", io.session.file(&format!("{prefix}{entry}")).map_or(0, str::len)),
        false => format!("{entry}\n"),
    };
    seen.iter().map(line).collect()
}

pub fn rm(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (flags, names) = parted(words);
    let mut code = 0;
    for name in names {
        if io.session.remove_file(name).is_some() {
            continue;
        }
        if io.session.is_folder(name) && flags.contains(['r', 'R']) {
            for file in io.session.folder(name, true) {
                io.session.remove_file(&file);
            }
        } else if !flags.contains('f') {
            io.err(format!(
                "rm: cannot remove '{name}': {}\n",
                if io.session.is_folder(name) { "Is a directory" } else { "No such file or directory" }
            ));
            code = 1;
        }
    }
    Ok(code)
}

pub fn mv(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    moved("mv", words, io, true)
}

pub fn cp(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    moved("cp", words, io, false)
}

fn moved(command: &str, words: &[String], io: &mut Io, take: bool) -> Result<u8, Stop> {
    let (_, names) = parted(words);
    let [from, to] = names[..] else {
        io.err(format!("{command}: needs a file and its new name: {command} old.yaml new.yaml\n"));
        return Ok(1);
    };
    let Some(text) = io.session.file(from).map(str::to_string) else {
        io.err(format!("{command}: cannot stat '{from}': No such file or directory\n"));
        return Ok(1);
    };
    let base = path(from).rsplit('/').next().unwrap_or("").to_string();
    let target = if to.ends_with('/') || io.session.is_folder(to) { format!("{to}/{base}") } else { to.to_string() };
    if take {
        io.session.remove_file(from);
    }
    io.session.set_file(&target, text);
    Ok(0)
}

/// Folders are only parts of names here, so there is nothing to make.
pub fn mkdir(_: &[String], _: &mut Io) -> Result<u8, Stop> {
    Ok(0)
}

pub fn touch(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (_, names) = parted(words);
    for name in names {
        if io.session.file(name).is_none() {
            io.session.set_file(name, "");
        }
    }
    Ok(0)
}

pub fn tee(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (flags, names) = parted(words);
    let text = io.read_all()?;
    for name in names {
        let old = if flags.contains('a') { io.session.file(name).unwrap_or("").to_string() } else { String::new() };
        io.session.set_file(name, old + &text);
    }
    io.out(text);
    Ok(0)
}

/// `vi web.yaml`: the editor of the page.
pub fn edit(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (_, names) = parted(words);
    let Some(name) = names.first() else {
        io.err("Which file? For example: vi web.yaml\n");
        return Ok(1);
    };
    let text = io.session.file(name).unwrap_or("").to_string();
    if let Some(saved) = io.edit(&path(name), &text)? {
        io.session.set_file(name, saved);
    }
    Ok(0)
}
