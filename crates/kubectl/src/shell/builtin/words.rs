//! cut, tr, and awk's `{print $1}`.
use super::patterns::Pattern;
use crate::job::{Io, Stop};

/// The input: the last word when it is a file, else standard input.
fn text_of(names: &[&String], io: &mut Io) -> Result<Result<String, String>, Stop> {
    match names.last() {
        Some(name) => Ok(io.session.file(name).map(str::to_string).ok_or_else(|| format!("{name}: No such file or directory\n"))),
        None => Ok(Ok(io.read_all()?)),
    }
}

/// `cut -d: -f1,3`, `cut -c1-5`.
pub fn cut(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (mut mark, mut fields, mut letters, mut names) = ("\t".to_string(), None, None, Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let mut value = |tail: &str| if tail.is_empty() { rest.next().cloned().unwrap_or_default() } else { tail.to_string() };
        match word.get(..2) {
            Some("-d") => mark = value(&word[2..]),
            Some("-f") => fields = Some(value(&word[2..])),
            Some("-c") => letters = Some(value(&word[2..])),
            _ => names.push(word),
        }
    }
    let text = match text_of(&names, io)? {
        Ok(text) => text,
        Err(words) => {
            io.err(format!("cut: {words}"));
            return Ok(1);
        }
    };
    for line in text.lines() {
        let part = match (&fields, &letters) {
            (Some(list), _) if line.contains(&mark) => {
                chosen(&line.split(mark.as_str()).map(str::to_string).collect::<Vec<_>>(), list).join(&mark)
            }
            (_, Some(list)) => chosen(&line.chars().map(String::from).collect::<Vec<_>>(), list).concat(),
            (Some(_), _) => line.to_string(),
            _ => {
                io.err("cut: you must specify a list of bytes, characters, or fields\n");
                return Ok(1);
            }
        };
        io.out(format!("{part}\n"));
    }
    Ok(0)
}

/// Items by `1,3-5,7-`.
fn chosen(items: &[String], list: &str) -> Vec<String> {
    let within = |at: usize| {
        list.split(',').any(|range| {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            let from = from.parse().unwrap_or(1);
            let to = to.parse().unwrap_or(usize::MAX);
            (from..=to).contains(&at)
        })
    };
    items.iter().enumerate().filter(|(at, _)| within(at + 1)).map(|(_, item)| item.clone()).collect()
}

/// `tr a b`, `tr a-z A-Z`, `tr -d x`, `tr -s ' '`.
pub fn tr(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let flags: String = words.iter().filter(|word| word.starts_with('-') && word.len() > 1).flat_map(|word| word.chars().skip(1)).collect();
    let sets: Vec<Vec<char>> = words.iter().filter(|word| !word.starts_with('-') || word.len() == 1).map(|word| letters(word)).collect();
    let Some(first) = sets.first() else {
        io.err("tr: missing operand\nTry 'tr --help' for more information.\n");
        return Ok(1);
    };
    let text = io.read_all()?;
    let mut out = String::new();
    for c in text.chars() {
        let place = first.iter().position(|wanted| *wanted == c);
        let new = match (place, sets.get(1)) {
            (Some(_), _) if flags.contains('d') => continue,
            (Some(at), Some(to)) if !to.is_empty() => to[at.min(to.len() - 1)],
            _ => c,
        };
        let squeezed = flags.contains('s') && place.is_some() && out.ends_with(new);
        if !squeezed {
            out.push(new);
        }
    }
    io.out(out);
    Ok(0)
}

fn letters(set: &str) -> Vec<char> {
    let plain: Vec<char> =
        set.replace("\\n", "\n").replace("\\t", "\t").replace("[:upper:]", "A-Z").replace("[:lower:]", "a-z").chars().collect();
    let mut all = Vec::new();
    let mut at = 0;
    while at < plain.len() {
        match (plain.get(at + 1), plain.get(at + 2)) {
            (Some('-'), Some(end)) => {
                all.extend(plain[at]..=*end);
                at += 3;
            }
            _ => {
                all.push(plain[at]);
                at += 1;
            }
        }
    }
    all
}

/// `awk '{print $1, $3}'`, with `-F:` and a condition of `/pattern/` or `NR>1`.
pub fn awk(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (mut mark, mut program, mut names) = (None, None, Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.strip_prefix("-F") {
            Some("") => mark = rest.next().cloned(),
            Some(tail) => mark = Some(tail.to_string()),
            None if program.is_none() => program = Some(word),
            None => names.push(word),
        }
    }
    let Some((condition, parts)) = program.and_then(|program| read(program)) else {
        io.err("awk: only programs such as '{print $1}', '/web/ {print $1, $3}' or 'NR>1 {print $2}' are understood here\n");
        return Ok(2);
    };
    let text = match text_of(&names, io)? {
        Ok(text) => text,
        Err(words) => {
            io.err(format!("awk: cannot open {words}"));
            return Ok(2);
        }
    };
    for (at, line) in text.lines().enumerate() {
        let fields: Vec<&str> = match &mark {
            Some(mark) => line.split(mark.as_str()).collect(),
            None => line.split_whitespace().collect(),
        };
        if condition.holds(at + 1, line) {
            let out: String = parts.iter().map(|part| part.value(at + 1, line, &fields)).collect();
            io.out(format!("{out}\n"));
        }
    }
    Ok(0)
}

enum Condition {
    Always,
    Fits(Pattern),
    Row(char, usize),
}

enum Piece {
    Field(usize),
    Last,
    Row,
    Count,
    Text(String),
}

impl Condition {
    fn holds(&self, row: usize, line: &str) -> bool {
        match self {
            Condition::Always => true,
            Condition::Fits(pattern) => pattern.found(line).is_some(),
            Condition::Row('>', n) => row > *n,
            Condition::Row('<', n) => row < *n,
            Condition::Row(_, n) => row == *n,
        }
    }
}

impl Piece {
    fn value(&self, row: usize, line: &str, fields: &[&str]) -> String {
        match self {
            Piece::Field(0) => line.to_string(),
            Piece::Field(n) => fields.get(n - 1).copied().unwrap_or("").to_string(),
            Piece::Last => fields.last().copied().unwrap_or("").to_string(),
            Piece::Row => row.to_string(),
            Piece::Count => fields.len().to_string(),
            Piece::Text(text) => text.clone(),
        }
    }
}

fn read(program: &str) -> Option<(Condition, Vec<Piece>)> {
    let (condition, body) = program
        .trim()
        .split_once('{')
        .map_or((program.trim(), "print $0"), |(before, body)| (before.trim(), body.trim_end_matches('}').trim()));
    let condition = match condition {
        "" => Condition::Always,
        text if text.starts_with('/') && text.ends_with('/') && text.len() > 1 => {
            Condition::Fits(Pattern::read(&text[1..text.len() - 1], false, false, true))
        }
        text => {
            let rest = text.strip_prefix("NR")?.trim();
            let sign = rest.chars().next()?;
            Condition::Row(sign, rest.trim_start_matches(['=', '>', '<']).trim().parse().ok()?)
        }
    };
    Some((condition, printed(body.strip_prefix("print")?.trim().trim_end_matches(';'))?))
}

fn printed(list: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = if list.is_empty() { "$0" } else { list };
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('"') {
            let (text, tail) = tail.split_once('"')?;
            pieces.push(Piece::Text(text.replace("\\t", "\t").replace("\\n", "\n")));
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix(',') {
            pieces.push(Piece::Text(" ".into()));
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix("$NF") {
            pieces.push(Piece::Last);
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix("NR") {
            pieces.push(Piece::Row);
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix("NF") {
            pieces.push(Piece::Count);
            rest = tail;
        } else {
            let tail = rest.strip_prefix('$')?;
            let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
            pieces.push(Piece::Field(tail[..end].parse().ok()?));
            rest = &tail[end..];
        }
        rest = rest.trim_start();
    }
    Some(pieces)
}

/// `seq LAST`, `seq FIRST LAST`, `seq FIRST STEP LAST`
pub fn seq(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    match ::shell::seq(words) {
        Ok(text) => {
            io.out(text);
            Ok(0)
        }
        Err(why) => {
            io.err(why);
            Ok(1)
        }
    }
}
