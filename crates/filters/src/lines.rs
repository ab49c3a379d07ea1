//! head, tail, tac, rev, nl, wc, seq: lines counted and chosen.
use crate::table::{Done, Source, Words, texts};

/// `-n 3`, `-3`, `-n3`, `--lines=3`; files.
fn count_and_names(words: &[String]) -> (String, Option<usize>, Vec<&str>) {
    let (mut count, mut bytes, mut names) = (String::from("10"), None, Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let mut value = |tail: &str| if tail.is_empty() { rest.next().cloned().unwrap_or_default() } else { tail.to_string() };
        match word.strip_prefix('-').filter(|tail| !tail.is_empty()) {
            Some("f" | "F" | "q") => {}
            Some(tail) if tail.starts_with('n') => count = value(&tail[1..]),
            Some(tail) if tail.starts_with('c') => bytes = value(&tail[1..]).parse().ok(),
            Some(tail) if tail.starts_with("-lines=") => count = tail[7..].to_string(),
            Some(tail) => count = tail.trim_start_matches('f').to_string(),
            None => names.push(word.as_str()),
        }
    }
    (count, bytes, names)
}

fn invalid(program: &str, count: &str) -> Done {
    Done::wrong(1, &[program, ": invalid number of lines: '", count, "'"].concat())
}

/// `==> NAME <==` before each of several files.
fn titled(done: &mut Done, texts: &[(String, String)], each: &dyn Fn(&str) -> String) {
    for (at, (name, text)) in texts.iter().enumerate() {
        if texts.len() > 1 {
            done.out.push_str(if at > 0 { "\n" } else { "" });
            ["==> ", name, " <==\n"].iter().for_each(|part| done.out.push_str(part));
        }
        done.out.push_str(&each(text));
    }
}

pub fn head(words: &[String], source: &mut dyn Source) -> Done {
    let (count, bytes, names) = count_and_names(words);
    let (from_end, digits) = count.strip_prefix('-').map_or((false, count.as_str()), |tail| (true, tail));
    let Ok(number) = digits.parse::<usize>() else { return invalid("head", &count) };
    let chosen = |text: &str| -> String {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        match bytes {
            Some(bytes) => text.chars().take(bytes).collect(),
            None => lines[..if from_end { lines.len().saturating_sub(number) } else { number.min(lines.len()) }].concat(),
        }
    };
    let mut done = Done::default();
    if names.is_empty() && !from_end {
        let Some((text, more)) = source.stdin(false) else { return Done::waiting() };
        done.waits = more && text.split_inclusive('\n').count() < number;
        done.out = chosen(&text);
        return done;
    }
    let Some(texts) = open("head", &names, source, &mut done) else { return Done::waiting() };
    titled(&mut done, &texts, &chosen);
    done
}

/// As head and tail complain: `cannot open 'x' for reading: …`.
fn open(program: &str, names: &[&str], source: &mut dyn Source, done: &mut Done) -> Option<Vec<(String, String)>> {
    let mut inner = Done::default();
    let found = texts(program, names, source, &mut inner, 1);
    let quoted = |line: &str| {
        let (name, why) = line.strip_prefix(program)?.strip_prefix(": ")?.rsplit_once(": ")?;
        Some([program, ": cannot open '", name, "' for reading: ", why, "\n"].concat())
    };
    inner.err.lines().filter_map(quoted).for_each(|line| done.err.push_str(&line));
    done.code = inner.code;
    found
}

pub fn tail(words: &[String], source: &mut dyn Source) -> Done {
    let (count, bytes, names) = count_and_names(words);
    let (from_start, digits) = count.strip_prefix('+').map_or((false, count.as_str()), |tail| (true, tail));
    let Ok(number) = digits.parse::<usize>() else { return invalid("tail", &count) };
    let mut done = Done::default();
    let Some(texts) = open("tail", &names, source, &mut done) else { return Done::waiting() };
    titled(&mut done, &texts, &|text| {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        match bytes {
            Some(bytes) => text.chars().skip(text.chars().count().saturating_sub(bytes)).collect(),
            None if from_start => lines[number.saturating_sub(1).min(lines.len())..].concat(),
            None => lines[lines.len().saturating_sub(number)..].concat(),
        }
    });
    done
}

/// The lines of all inputs, in one list.
fn all_lines(program: &str, words: &[String], source: &mut dyn Source, done: &mut Done) -> Option<Vec<String>> {
    let names = Words::read(words, "").rest;
    let texts = texts(program, &names, source, done, 1)?;
    Some(texts.iter().flat_map(|(_, text)| text.lines().map(str::to_string)).collect())
}

pub fn tac(words: &[String], source: &mut dyn Source) -> Done {
    let mut done = Done::default();
    let Some(lines) = all_lines("tac", words, source, &mut done) else { return Done::waiting() };
    lines.iter().rev().for_each(|line| done.line(line));
    done
}

pub fn rev(words: &[String], source: &mut dyn Source) -> Done {
    let mut done = Done::default();
    let Some(lines) = all_lines("rev", words, source, &mut done) else { return Done::waiting() };
    lines.iter().for_each(|line| done.line(&line.chars().rev().collect::<String>()));
    done
}

/// Empty lines have no number.
pub fn nl(words: &[String], source: &mut dyn Source) -> Done {
    let mut done = Done::default();
    let Some(lines) = all_lines("nl", words, source, &mut done) else { return Done::waiting() };
    let mut number = 0;
    for line in lines {
        number += usize::from(!line.is_empty());
        let text = if line.is_empty() { "       ".to_string() } else { format!("{number:6}\t{line}") };
        done.line(&text);
    }
    done
}

/// `wc [-lwcm] FILE…`
pub fn wc(words: &[String], source: &mut dyn Source) -> Done {
    let read = Words::read(words, "");
    let mut done = Done::default();
    let Some(texts) = texts("wc", &read.rest, source, &mut done, 1) else { return Done::waiting() };
    let letters = if read.letters.is_empty() { "lwc" } else { &read.letters };
    let sizes = |text: &str| {
        let all =
            [('l', text.matches('\n').count()), ('w', text.split_whitespace().count()), ('m', text.chars().count()), ('c', text.len())];
        all.into_iter().filter(|(letter, _)| letters.contains(*letter)).map(|(_, size)| size).collect::<Vec<usize>>()
    };
    let mut rows: Vec<(Vec<usize>, &str)> = texts.iter().map(|(name, text)| (sizes(text), name.as_str())).collect();
    if rows.len() > 1 {
        let total = (0..rows[0].0.len()).map(|column| rows.iter().map(|row| row.0[column]).sum()).collect();
        rows.push((total, "total"));
    }
    // A pipe's size is not known before it is read: the columns are wide then.
    let most = rows.iter().flat_map(|row| &row.0).max().map_or(1, |most| most.to_string().len());
    let single = rows.len() == 1 && rows[0].0.len() == 1;
    let width = if single {
        1
    } else if read.rest.is_empty() {
        7
    } else {
        most.max(texts.iter().map(|(_, text)| text.len()).sum::<usize>().to_string().len())
    };
    for (sizes, name) in rows {
        let cells: Vec<String> = sizes.iter().map(|size| format!("{size:>width$}")).collect();
        done.line([cells.join(" ").as_str(), name].join(" ").trim_end());
    }
    done
}

/// `seq [FIRST [STEP]] LAST`, `-s ' '`
pub fn seq(words: &[String], _: &mut dyn Source) -> Done {
    let mut rest: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut mark = "\n".to_string();
    if let Some(at) = rest.iter().position(|word| word.starts_with("-s")) {
        let word = rest.remove(at);
        mark = if word.len() > 2 {
            word[2..].to_string()
        } else if at < rest.len() {
            rest.remove(at).to_string()
        } else {
            mark
        };
    }
    let mut numbers = Vec::new();
    for word in &rest {
        match word.parse::<i64>() {
            Ok(number) => numbers.push(number),
            Err(_) => {
                return Done::wrong(
                    1,
                    &["seq: invalid floating point argument: '", word, "'\nTry 'seq --help' for more information."].concat(),
                );
            }
        }
    }
    let (first, step, last) = match numbers[..] {
        [last] => (1, 1, last),
        [first, last] => (first, 1, last),
        [first, step, last] if step != 0 => (first, step, last),
        _ => return Done::wrong(1, "seq: missing operand\nTry 'seq --help' for more information."),
    };
    let mut all = Vec::new();
    let mut at = first;
    while (step > 0 && at <= last || step < 0 && at >= last) && all.len() < 10_000 {
        all.push(at.to_string());
        at += step;
    }
    let mut done = Done::default();
    if !all.is_empty() {
        done.line(&all.join(&mark));
    }
    done
}
