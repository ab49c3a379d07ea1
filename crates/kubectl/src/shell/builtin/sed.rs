//! sed: `s/a/b/g`, `-n '2,4p'`, `3d`, and `-i` on files.
use super::patterns::Pattern;
use crate::job::{Io, Stop};

struct Rule {
    /// First and last line, counted from 1; `usize::MAX` is `$`.
    lines: Option<(usize, usize)>,
    matching: Option<Pattern>,
    act: Act,
}

enum Act {
    Swap { from: Pattern, to: String, all: bool },
    Print,
    Drop,
}

pub fn run(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (mut quiet, mut in_place, mut extended, mut scripts, mut names) = (false, false, false, Vec::new(), Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-n" => quiet = true,
            "-i" => in_place = true,
            "-E" | "-r" => extended = true,
            "-e" => scripts.extend(rest.next()),
            _ if scripts.is_empty() => scripts.push(word),
            _ => names.push(word),
        }
    }
    let parts = scripts.iter().flat_map(|script| script.split("; ").flat_map(|part| part.split('\n')));
    let rules: Option<Vec<Rule>> = parts.map(|part| rule(part.trim(), extended)).collect();
    let Some(rules) = rules.filter(|rules| !rules.is_empty()) else {
        io.err("sed: only s/old/new/[g], p and d are understood here, each with an optional line number, range or /pattern/\n");
        return Ok(1);
    };
    if names.is_empty() {
        let text = io.read_all()?;
        io.out(edited(&text, &rules, quiet));
        return Ok(0);
    }
    let mut code = 0;
    for name in names {
        let Some(text) = io.session.file(name) else {
            io.err(format!("sed: can't read {name}: No such file or directory\n"));
            code = 2;
            continue;
        };
        let text = edited(text, &rules, quiet);
        if in_place { io.session.set_file(name, text) } else { io.out(text) }
    }
    Ok(code)
}

fn rule(text: &str, extended: bool) -> Option<Rule> {
    let (mut lines, mut matching, mut rest) = (None, None, text);
    if let Some(tail) = text.strip_prefix('/') {
        let (pattern, tail) = tail.split_once('/')?;
        (matching, rest) = (Some(Pattern::read(pattern, false, false, extended)), tail);
    } else if text.starts_with(|c: char| c.is_ascii_digit() || c == '$') {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != ',' && c != '$')?;
        let (from, to) = text[..end].split_once(',').unwrap_or((&text[..end], &text[..end]));
        let number = |text: &str| if text == "$" { Some(usize::MAX) } else { text.parse().ok() };
        (lines, rest) = (Some((number(from)?, number(to)?)), &text[end..]);
    }
    let act = match rest.trim() {
        "p" => Act::Print,
        "d" => Act::Drop,
        swap => {
            let mut letters = swap.strip_prefix('s')?.chars();
            let mark = letters.next()?;
            let parts = split(letters.as_str(), mark);
            let [from, to, flags] = &parts[..] else { return None };
            if !flags.chars().all(|c| matches!(c, 'g' | 'i' | 'I')) {
                return None;
            }
            let from = Pattern::read(from, flags.contains(['i', 'I']), false, extended);
            Act::Swap { from, to: to.clone(), all: flags.contains('g') }
        }
    };
    Some(Rule { lines, matching, act })
}

/// Splits at the mark, unless a backslash stands before it.
fn split(text: &str, mark: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        let last = parts.len() - 1;
        match c {
            '\\' => match letters.next() {
                Some(next) if next == mark => parts[last].push(mark),
                Some(next) => parts[last].extend(['\\', next]),
                None => parts[last].push('\\'),
            },
            c if c == mark => parts.push(String::new()),
            c => parts[last].push(c),
        }
    }
    parts
}

fn edited(text: &str, rules: &[Rule], quiet: bool) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut all = String::new();
    'lines: for (at, line) in lines.iter().enumerate() {
        let mut line = line.to_string();
        let mut printed = String::new();
        for rule in rules {
            let number = |wanted: usize| if wanted == usize::MAX { lines.len() } else { wanted };
            let here = rule.lines.is_none_or(|(from, to)| (number(from)..=number(to)).contains(&(at + 1)));
            if !here || rule.matching.as_ref().is_some_and(|pattern| pattern.found(&line).is_none()) {
                continue;
            }
            match &rule.act {
                Act::Drop => continue 'lines,
                Act::Print => printed.push_str(&format!("{line}\n")),
                Act::Swap { from, to, all } => line = swapped(&line, from, to, *all),
            }
        }
        all.push_str(&printed);
        if !quiet {
            all.push_str(&format!("{line}\n"));
        }
    }
    all
}

fn swapped(line: &str, from: &Pattern, to: &str, all: bool) -> String {
    let (mut out, mut at) = (String::new(), 0);
    while let Some((start, end)) = from.place(line, at) {
        out.push_str(&line[at..start]);
        out.push_str(&to.replace("\\n", "\n").replace("\\&", "\u{0}").replace('&', &line[start..end]).replace('\u{0}', "&"));
        at = end;
        if end == start {
            let Some(c) = line[at..].chars().next() else { break };
            out.push(c);
            at += c.len_utf8();
        }
        if !all {
            break;
        }
    }
    out + &line[at.min(line.len())..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_swapped_printed_and_dropped() {
        let run = |script: &str, quiet| edited("image: nginx:1.27\nreplicas: 3\n", &[rule(script, false).unwrap()], quiet);
        assert_eq!(run("s/1.27/1.28/", false), "image: nginx:1.28\nreplicas: 3\n");
        assert_eq!(run("s|nginx|my/&|", false), "image: my/nginx:1.27\nreplicas: 3\n");
        assert_eq!(run("2p", true), "replicas: 3\n");
        assert_eq!(run("/image/d", false), "replicas: 3\n");
        assert!(rule("y/a/b/", false).is_none());
    }
}
