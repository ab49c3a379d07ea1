//! Programs on text: echo, grep, head, tail, sed, tee, and the editors.
use super::apart;
use crate::call::{Call, Step, Stop, fail};

/// `seq LAST`, `seq FIRST LAST`, `seq FIRST STEP LAST`
pub fn seq(call: &mut Call) -> Step<()> {
    match shell::seq(&call.words.clone()) {
        Ok(text) => call.stdout.push_str(&text),
        Err(why) => {
            call.stderr.push_str(&why);
            return Err(Stop::Code(1));
        }
    }
    Ok(())
}

pub fn echo(call: &mut Call) -> Step<()> {
    let bare = call.words.first().is_some_and(|word| word == "-n");
    let text = call.words[usize::from(bare)..].join(" ");
    call.stdout.push_str(&text);
    if !bare {
        call.stdout.push('\n');
    }
    Ok(())
}

/// `printf FORMAT [ARGUMENT]…`.
pub fn printf(call: &mut Call) -> Step<()> {
    let text = call.words.split_first().map(|(format, rest)| shell::printf(format, rest));
    call.stdout.push_str(&text.unwrap_or_default());
    Ok(())
}

/// The text of a file or of standard input.
fn input(call: &Call, path: Option<&&str>) -> Step<String> {
    match path {
        None => Ok(call.stdin.clone()),
        Some(path) => match call.machine.read(&call.path(path), call.now) {
            Some(text) => Ok(text),
            None => fail(format!("{path}: No such file or directory")),
        },
    }
}

/// Plain text or, with `-E` or `\|`, alternatives; `^` and `$` hold.
pub fn grep(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    let has = |letter: char| flags.iter().any(|flag| !flag.starts_with("--") && flag.contains(letter));
    let Some(pattern) = rest.first() else {
        call.complain("Usage: grep [OPTION]... PATTERNS [FILE]...");
        return Err(Stop::Code(2));
    };
    let pattern = pattern.replace("\\|", "|");
    let pattern = if has('i') { pattern.to_lowercase() } else { pattern };
    let text = input(call, rest.get(1))?;
    let fits = |line: &str| {
        let line = if has('i') { line.to_lowercase() } else { line.to_string() };
        let one = |part: &str| match (part.strip_prefix('^'), part.strip_suffix('$')) {
            (Some(start), _) => line.starts_with(start),
            (_, Some(end)) => line.ends_with(end),
            _ => line.contains(part),
        };
        pattern.split('|').any(one) != has('v')
    };
    let found: Vec<&str> = text.lines().filter(|line| fits(line)).collect();
    if has('c') {
        call.say(found.len());
    } else if has('o') && !has('v') && !has('i') {
        // Without regular expressions what fits is the pattern itself.
        let parts: Vec<&str> = pattern.split('|').map(|part| part.trim_start_matches('^').trim_end_matches('$')).collect();
        for line in &found {
            let mut all: Vec<(usize, &str)> =
                parts.iter().filter(|part| !part.is_empty()).flat_map(|part| line.match_indices(part)).collect();
            all.sort_unstable();
            all.iter().for_each(|(_, part)| call.say(part));
        }
    } else if !has('q') {
        found.iter().for_each(|line| call.say(line));
    }
    if found.is_empty() { Err(Stop::Code(1)) } else { Ok(()) }
}

/// `-n 3` or `-3`; ten lines otherwise.
fn count(words: &[String]) -> (usize, Option<&str>) {
    let at = words.iter().position(|word| word == "-n");
    let number = at
        .and_then(|at| words.get(at + 1))
        .cloned()
        .or_else(|| words.iter().find_map(|word| word.strip_prefix('-').map(|n| n.trim_start_matches('n').to_string())));
    let number = number.and_then(|text| text.parse().ok()).unwrap_or(10);
    let file = words.iter().enumerate().find(|(place, word)| !word.starts_with('-') && at.is_none_or(|at| *place != at + 1));
    (number, file.map(|(_, word)| word.as_str()))
}

pub fn head(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (number, file) = count(&words);
    let text = input(call, file.as_ref())?;
    text.lines().take(number).for_each(|line| call.say(line));
    Ok(())
}

pub fn tail(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (number, file) = count(&words);
    let text = input(call, file.as_ref())?;
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(number)..].iter().for_each(|line| call.say(line));
    Ok(())
}

pub fn tee(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, files) = apart(&words);
    for file in files {
        let path = call.path(file);
        let old = if flags.contains(&"-a") {
            call.machine.files.read(&path).map(|text| text.to_string()).unwrap_or_default()
        } else {
            String::new()
        };
        let text = old + &call.stdin;
        call.machine.files.write(&path, &text);
    }
    let text = call.stdin.clone();
    call.stdout.push_str(&text);
    Ok(())
}

/// `s/a/b/g`, `/a/d` and `/a/ s/^/#/`, on plain patterns; with `-i` in the file.
pub fn sed(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    let Some(script) = rest.first() else {
        call.complain("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...");
        return Err(Stop::Code(1));
    };
    if let Some(pattern) = script.strip_prefix('/').and_then(|rest| rest.strip_suffix("/p")).filter(|_| flags.contains(&"-n")) {
        for path in &rest[1..] {
            let text = input(call, Some(path))?;
            text.lines().filter(|line| holds(line, pattern)).for_each(|line| call.say(line));
        }
        return Ok(());
    }
    let Some(edit) = Edit::read(script) else {
        return fail(format!("-e expression #1, char {}: unknown command: `{}'", 1, &script[..1.min(script.len())]));
    };
    let path = rest.get(1).map(|path| call.path(path));
    let text =
        input(call, rest.get(1)).or_else(|_| fail(format!("can't read {}: No such file or directory", rest.get(1).unwrap_or(&""))))?;
    let out: String = text.lines().filter_map(|line| edit.apply(line)).map(|line| line + "\n").collect();
    match path.filter(|_| flags.iter().any(|flag| flag.starts_with("-i") || flag.starts_with("-ri"))) {
        Some(path) if call.is_root() => call.machine.files.write(&path, &out),
        Some(_) => return fail("couldn't open temporary file: Permission denied"),
        None => call.stdout.push_str(&out),
    }
    Ok(())
}

/// One command of sed.
struct Edit {
    only: Option<String>,
    /// Pattern, replacement, everywhere; `None`: the line goes.
    change: Option<(String, String, bool)>,
}

impl Edit {
    fn read(script: &str) -> Option<Edit> {
        let mut rest = script.trim();
        let mut only = None;
        if let Some(body) = rest.strip_prefix('/') {
            let (pattern, more) = body.split_once('/')?;
            (only, rest) = (Some(pattern.replace("\\/", "/")), more.trim_start());
        }
        if rest == "d" {
            return Some(Edit { only, change: None });
        }
        let body = rest.strip_prefix('s')?;
        let mark = body.chars().next()?;
        let mut parts = body[mark.len_utf8()..].split(mark);
        let (from, to, flags) = (parts.next()?.to_string(), parts.next()?.to_string(), parts.next()?);
        Some(Edit { only, change: Some((from, to, flags.contains('g'))) })
    }

    fn apply(&self, line: &str) -> Option<String> {
        if self.only.as_ref().is_some_and(|pattern| !holds(line, pattern)) {
            return Some(line.to_string());
        }
        let (from, to, all) = self.change.as_ref()?;
        Some(match (from.as_str(), from.strip_prefix('^')) {
            _ if from.starts_with('(') && from.ends_with(").*") => {
                // A kept text and what follows it.
                let kept = &from[1..from.len() - 3];
                match line.find(kept) {
                    Some(at) => format!("{}{}", &line[..at], to.replace("\\1", kept)),
                    None => line.to_string(),
                }
            }
            ("^" | "^\\(.*\\)$" | "\\(.*\\)", _) => to.replace("\\1", line) + if to.contains("\\1") { "" } else { line },
            (_, Some(start)) if line.starts_with(start) => format!("{to}{}", &line[start.len()..]),
            (_, Some(_)) => line.to_string(),
            _ if *all => line.replace(from.as_str(), to),
            _ => line.replacen(from.as_str(), to, 1),
        })
    }
}

/// Whether a line has a pattern of plain text and `.*`.
fn holds(line: &str, pattern: &str) -> bool {
    let mut rest = line;
    for part in pattern.trim_start_matches('^').split(".*") {
        match rest.split_once(part) {
            Some((_, more)) => rest = more,
            None => return false,
        }
    }
    true
}

/// The person edits; the page opens the file.
pub fn edit(call: &mut Call) -> Step<()> {
    let path = call.words.iter().find(|word| !word.starts_with('-')).cloned();
    call.edit = path.map(|path| call.path(&path));
    Ok(())
}

/// `find DIR… [-type f|d] [-name '*.crt'] [-printf "%M %s %p\\n"]`
pub fn find(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let after = |flag: &str| words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1)).map(String::as_str);
    let mut code = 0;
    for start in words.iter().take_while(|word| !word.starts_with('-')) {
        let full = call.path(start);
        if !call.machine.files.is_folder(&full) {
            call.complain(format_args!("find: '{start}': No such file or directory"));
            code = 1;
            continue;
        }
        let mut paths = vec![full.clone()];
        paths.extend(call.machine.files.below(&full).iter().map(|path| path.to_string()));
        for path in paths {
            let Some(file) = call.machine.files.get(&path).cloned() else { continue };
            let folder = file.kind == crate::machine::Kind::Folder;
            let end = after("-name").map(|name| name.trim_start_matches('*'));
            if after("-type").is_some_and(|kind| (kind == "d") != folder) || end.is_some_and(|end| !path.ends_with(end)) {
                continue;
            }
            match after("-printf") {
                None => call.say(path),
                Some(form) => {
                    let size = file.size().to_string();
                    let line = form.replace("%M", &file.permissions()).replace("%s", &size).replace("%p", &path).replace("\\n", "\n");
                    call.stdout.push_str(&line);
                }
            }
        }
    }
    if code == 0 { Ok(()) } else { Err(Stop::Code(code)) }
}

/// `sort [-kN]`
pub fn sort(call: &mut Call) -> Step<()> {
    let key = call.words.iter().find_map(|word| word.strip_prefix("-k")).and_then(|text| text.parse::<usize>().ok()).unwrap_or(1);
    let text = call.stdin.clone();
    let mut lines: Vec<&str> = text.lines().collect();
    let from = |line: &str| line.split_whitespace().skip(key - 1).collect::<Vec<_>>().join(" ");
    lines.sort_by_key(|line| from(line));
    lines.iter().for_each(|line| call.say(line));
    Ok(())
}

/// `cut -d: -f1,3-`, `cut -c1-8`
pub fn cut(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (mut mark, mut list, mut letters, mut files) = ("\t", "", false, Vec::new());
    let mut rest = words.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        let Some(flag @ ("-d" | "-f" | "-c")) = word.get(..2) else {
            files.push(word);
            continue;
        };
        let value = if word.len() > 2 { &word[2..] } else { rest.next().unwrap_or("") };
        if flag == "-d" {
            mark = value;
        } else {
            (list, letters) = (value, flag == "-c");
        }
    }
    if list.is_empty() {
        return fail("you must specify a list of bytes, characters, or fields");
    }
    let chosen = |at: usize| {
        list.split(',').any(|range| {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            (from.parse().unwrap_or(1)..=to.parse().unwrap_or(usize::MAX)).contains(&(at + 1))
        })
    };
    let text = input(call, files.first())?;
    for line in text.lines() {
        if letters {
            call.say(line.chars().enumerate().filter(|(at, _)| chosen(*at)).map(|(_, letter)| letter).collect::<String>());
        } else if mark.is_empty() || !line.contains(mark) {
            call.say(line);
        } else {
            let parts: Vec<&str> = line.split(mark).enumerate().filter(|(at, _)| chosen(*at)).map(|(_, part)| part).collect();
            call.say(parts.join(mark));
        }
    }
    Ok(())
}

/// `wc -l`
pub fn wc(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, rest) = apart(&words);
    let text = input(call, rest.first())?;
    let lines = text.lines().count();
    let end = rest.first().map_or(String::new(), |path| format!(" {path}"));
    match flags.first() {
        Some(&"-l") => call.say(format_args!("{lines}{end}")),
        Some(&"-c") => call.say(format_args!("{}{end}", text.len())),
        Some(&"-w") => call.say(format_args!("{}{end}", text.split_whitespace().count())),
        _ => call.say(format_args!("{lines:>7} {:>7} {:>7}{end}", text.split_whitespace().count(), text.len())),
    }
    Ok(())
}
