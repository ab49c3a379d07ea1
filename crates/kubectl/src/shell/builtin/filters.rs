//! grep, head, tail, sort, uniq, wc: filters over lines.
use super::patterns::Pattern;
use crate::job::{Io, Stop};

/// The text of the named files, or of the input so far with whether more may come.
fn input(command: &str, names: &[&String], io: &mut Io, stream: bool) -> Result<(String, bool), Stop> {
    if names.is_empty() {
        return if stream { io.read_so_far() } else { Ok((io.read_all()?, false)) };
    }
    let mut all = String::new();
    for name in names {
        match io.session.file(name) {
            Some(text) => all.push_str(text),
            None => return Err(Stop::Fail { code: 2, text: format!("{command}: {name}: No such file or directory\n") }),
        }
    }
    Ok((all, false))
}

/// Turns a missing file into a printed sentence and its code.
fn spoken(result: Result<u8, Stop>, io: &mut Io) -> Result<u8, Stop> {
    match result {
        Err(Stop::Fail { code, text }) => {
            io.err(text);
            Ok(code)
        }
        other => other,
    }
}

pub fn grep(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let result = grep_lines(words, io);
    spoken(result, io)
}

fn grep_lines(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (mut flags, mut plain, mut pattern) = (String::new(), Vec::new(), None);
    let (mut after, mut before) = (0usize, 0usize);
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let mut number =
            |tail: &str| if tail.is_empty() { rest.next().and_then(|n| n.parse().ok()).unwrap_or(0) } else { tail.parse().unwrap_or(0) };
        match word.strip_prefix('-').filter(|tail| !tail.is_empty()) {
            Some("e") => pattern = rest.next(),
            Some("-invert-match") => flags.push('v'),
            Some("-ignore-case") => flags.push('i'),
            Some("-count") => flags.push('c'),
            Some(tail) if tail.starts_with('A') => after = number(&tail[1..]),
            Some(tail) if tail.starts_with('B') => before = number(&tail[1..]),
            Some(tail) if tail.starts_with('C') => {
                (after, before) = {
                    let n = number(&tail[1..]);
                    (n, n)
                }
            }
            Some(tail) => flags.push_str(tail),
            None if pattern.is_none() => pattern = Some(word),
            None => plain.push(word),
        }
    }
    let Some(pattern) = pattern else {
        return Err(Stop::Fail { code: 2, text: "Usage: grep [OPTION]... PATTERNS [FILE]...\n".into() });
    };
    let pattern = Pattern::read(pattern, flags.contains('i'), flags.contains('F'), flags.contains('E'));
    let (text, more) = input("grep", &plain, io, true)?;
    let lines: Vec<&str> = text.lines().collect();
    let hits: Vec<bool> = lines.iter().map(|line| hit(&pattern, line, &flags)).collect();
    let count = hits.iter().filter(|hit| **hit).count();
    if flags.contains('c') && !more {
        io.out(format!("{count}\n"));
    } else if !flags.contains('q') && !flags.contains('c') {
        let mut last = None;
        for (at, line) in lines.iter().enumerate() {
            let near = (at.saturating_sub(after)..=(at + before).min(lines.len() - 1)).any(|place| hits[place]);
            if near {
                // Neighbourhoods that do not touch are told apart.
                if after + before > 0 && last.is_some_and(|last| last + 1 < at) {
                    io.out("--\n");
                }
                last = Some(at);
                let number = if flags.contains('n') { format!("{}{}", at + 1, if hits[at] { ':' } else { '-' }) } else { String::new() };
                match pattern.found(line).filter(|_| flags.contains('o')) {
                    Some(part) => io.out(format!("{number}{part}\n")),
                    None => io.out(format!("{number}{line}\n")),
                }
            }
        }
    }
    // Asked only whether there is one, it need not read on.
    let found = flags.contains('q') && count > 0;
    if more && !found { Err(Stop::Wait) } else { Ok(u8::from(count == 0)) }
}

fn hit(pattern: &Pattern, line: &str, flags: &str) -> bool {
    let found = match pattern.found(line) {
        Some(part) if flags.contains('x') => part == line,
        Some(part) if flags.contains('w') => {
            line.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_').any(|word| word == part)
        }
        found => found.is_some(),
    };
    found != flags.contains('v')
}

/// How much of a text is wanted, counted in lines or in bytes.
struct Wanted<'a> {
    count: String,
    bytes: bool,
    names: Vec<&'a String>,
}

/// `-n 3`, `-3`, `-n3`, `-c 20`; the rest are names.
fn wanted(words: &[String]) -> Wanted<'_> {
    let mut wanted = Wanted { count: String::from("10"), bytes: false, names: Vec::new() };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let Some(tail) = word.strip_prefix('-').filter(|tail| !tail.is_empty()) else {
            wanted.names.push(word);
            continue;
        };
        let (tail, long) = match tail.strip_prefix('-') {
            Some(long) => long.split_once('=').map_or((long, None), |(name, count)| (name, Some(count))),
            None => (tail, None),
        };
        wanted.bytes = tail.starts_with('c') || tail == "bytes";
        wanted.count = match (tail, long) {
            (_, Some(count)) => count.to_string(),
            ("n" | "c" | "lines" | "bytes", None) => rest.next().cloned().unwrap_or_default(),
            (tail, None) => tail.trim_start_matches(['n', 'c']).to_string(),
        };
    }
    wanted
}

/// The parts of a text that are counted.
fn pieces(text: &str, bytes: bool) -> Vec<&str> {
    if bytes { text.split_inclusive(|_| true).collect() } else { text.split_inclusive('\n').collect() }
}

pub fn head(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let Wanted { count, bytes, names } = wanted(words);
    let result = input("head", &names, io, true).map(|(text, more)| {
        let mut parts = pieces(&text, bytes);
        // A number below zero leaves out so many at the end, which only the end can tell.
        let Some(less) = count.strip_prefix('-') else {
            let count: usize = count.parse().unwrap_or(10);
            parts.truncate(count);
            return (parts.concat(), more && parts.len() < count);
        };
        parts.truncate(parts.len().saturating_sub(less.parse().unwrap_or(0)));
        (if more { String::new() } else { parts.concat() }, more)
    });
    match result {
        Ok((text, more)) => {
            io.out(text);
            if more { Err(Stop::Wait) } else { Ok(0) }
        }
        Err(stop) => spoken(Err(stop), io),
    }
}

pub fn tail(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let Wanted { count, bytes, names } = wanted(words);
    let result = input("tail", &names, io, false).map(|(text, _)| {
        let lines = pieces(&text, bytes);
        let from = match count.strip_prefix('+') {
            Some(start) => start.parse::<usize>().unwrap_or(1).saturating_sub(1),
            None => lines.len().saturating_sub(count.parse().unwrap_or(10)),
        };
        lines[from.min(lines.len())..].concat()
    });
    let verdict = result.map(|text| {
        io.out(text);
        0
    });
    spoken(verdict, io)
}

/// `-r` backwards, `-n` by number, `-u` once each, `-k2` by a column.
pub fn sort(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (mut flags, mut names, mut column) = (String::new(), Vec::new(), 0usize);
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.strip_prefix('-') {
            Some("k") => column = rest.next().and_then(|n| n.split(',').next()?.parse().ok()).unwrap_or(0),
            Some(tail) if tail.starts_with('k') => column = tail[1..].split(',').next().and_then(|n| n.parse().ok()).unwrap_or(0),
            Some(tail) if !tail.is_empty() => flags.push_str(tail),
            _ => names.push(word),
        }
    }
    let key = |line: &str| match column {
        0 => line.to_string(),
        n => line.split_whitespace().skip(n - 1).collect::<Vec<_>>().join(" "),
    };
    let number = |line: &str| {
        let text = key(line);
        let end = text.trim_start().find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.trim_start().len());
        text.trim_start()[..end].parse::<i64>().unwrap_or(0)
    };
    let verdict = input("sort", &names, io, false).map(|(text, _)| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_by(|a, b| {
            if flags.contains('n') { number(a).cmp(&number(b)).then_with(|| a.cmp(b)) } else { key(a).cmp(&key(b)).then_with(|| a.cmp(b)) }
        });
        if flags.contains('u') {
            lines.dedup();
        }
        if flags.contains('r') {
            lines.reverse();
        }
        let all: String = lines.iter().map(|line| format!("{line}\n")).collect();
        io.out(all);
        0
    });
    spoken(verdict, io)
}

pub fn uniq(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let names: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let counts = words.iter().any(|word| word == "-c");
    let verdict = input("uniq", &names, io, false).map(|(text, _)| {
        let mut runs: Vec<(usize, &str)> = Vec::new();
        for line in text.lines() {
            match runs.last_mut() {
                Some((count, last)) if *last == line => *count += 1,
                _ => runs.push((1, line)),
            }
        }
        let all: String =
            runs.iter().map(|(count, line)| if counts { format!("{count:7} {line}\n") } else { format!("{line}\n") }).collect();
        io.out(all);
        0
    });
    spoken(verdict, io)
}

pub fn wc(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let names: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let flags: String = words.iter().filter(|word| word.starts_with('-')).flat_map(|word| word.chars().skip(1)).collect();
    let verdict = input("wc", &names, io, false).map(|(text, _)| {
        let sizes = [('l', text.matches('\n').count()), ('w', text.split_whitespace().count()), ('c', text.len())];
        let wanted: Vec<String> =
            sizes.iter().filter(|(letter, _)| flags.is_empty() || flags.contains(*letter)).map(|(_, n)| n.to_string()).collect();
        let line =
            if wanted.len() == 1 { wanted[0].clone() } else { wanted.iter().map(|n| format!("{n:7}")).collect::<Vec<_>>().join(" ") };
        let name = names.first().map(|name| format!(" {name}")).unwrap_or_default();
        io.out(format!("{line}{name}\n"));
        0
    });
    spoken(verdict, io)
}
