//! cut, tr, column: parts of lines.
use crate::table::{Done, Source, Words, texts};

/// `cut -d: -f1,3-`, `cut -c1-5`
pub fn cut(words: &[String], source: &mut dyn Source) -> Done {
    let read = Words::read(words, "dfcb");
    let other = read.long.iter().find_map(|flag| flag.strip_prefix("output-delimiter="));
    let mark = read.value('d').unwrap_or("\t");
    let (fields, letters) = (read.value('f'), read.value('c').or(read.value('b')));
    let Some(list) = fields.or(letters) else {
        return Done::wrong(1, "cut: you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.");
    };
    if mark.chars().count() > 1 {
        return Done::wrong(1, "cut: the delimiter must be a single character\nTry 'cut --help' for more information.");
    }
    let mut done = Done::default();
    let Some(texts) = texts("cut", &read.rest, source, &mut done, 1) else { return Done::waiting() };
    for line in texts.iter().flat_map(|(_, text)| text.lines()) {
        let is_whole = fields.is_some() && (mark.is_empty() || !line.contains(mark));
        if is_whole && read.has('s') {
            continue;
        }
        let part = match fields {
            _ if is_whole => line.to_string(),
            Some(_) => chosen(line.split(mark), list).join(other.unwrap_or(mark)),
            None => chosen(line.chars(), list).into_iter().collect(),
        };
        done.line(&part);
    }
    done
}

/// Items by `1,3-5,7-`.
fn chosen<T>(items: impl Iterator<Item = T>, list: &str) -> Vec<T> {
    let within = |at: usize| {
        list.split(',').any(|range| {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            (from.parse().unwrap_or(1)..=to.parse().unwrap_or(usize::MAX)).contains(&at)
        })
    };
    items.enumerate().filter(|(at, _)| within(at + 1)).map(|(_, item)| item).collect()
}

/// `tr a b`, `tr a-z A-Z`, `tr -d x`, `tr -s ' '`, `tr -cd 0-9`
pub fn tr(words: &[String], source: &mut dyn Source) -> Done {
    let read = Words::read(words, "");
    let sets: Vec<Vec<char>> = read.rest.iter().map(|word| letters(word)).collect();
    let Some(first) = sets.first() else {
        return Done::wrong(1, "tr: missing operand\nTry 'tr --help' for more information.");
    };
    if sets.len() == 1 && !read.has('d') && !read.has('s') {
        let words = [
            "tr: missing operand after '",
            read.rest[0],
            "'\nTwo strings must be given when translating.\nTry 'tr --help' for more information.",
        ];
        return Done::wrong(1, &words.concat());
    }
    let Some((text, _)) = source.stdin(true) else { return Done::waiting() };
    let mut done = Done::default();
    let last = sets.len() - 1;
    for c in text.chars() {
        let place = match first.iter().position(|wanted| *wanted == c) {
            found if read.has('c') || read.has('C') => {
                if found.is_none() {
                    Some(usize::MAX)
                } else {
                    None
                }
            }
            found => found,
        };
        let new = match (place, sets.get(1)) {
            (Some(_), _) if read.has('d') => continue,
            (Some(at), Some(to)) if !to.is_empty() => to[at.min(to.len() - 1)],
            _ => c,
        };
        let counts = if last == 0 { place.is_some() } else { sets[last].contains(&new) };
        if !(read.has('s') && counts && done.out.ends_with(new)) {
            done.out.push(new);
        }
    }
    done
}

fn letters(set: &str) -> Vec<char> {
    let named = [
        ("[:upper:]", "A-Z"),
        ("[:lower:]", "a-z"),
        ("[:digit:]", "0-9"),
        ("[:alpha:]", "A-Za-z"),
        ("[:alnum:]", "A-Za-z0-9"),
        ("[:space:]", " \\t\\n"),
        ("\\n", "\n"),
        ("\\t", "\t"),
        ("\\\\", "\\"),
    ];
    let plain: Vec<char> = named.iter().fold(set.to_string(), |text, (from, to)| text.replace(from, to)).chars().collect();
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

/// `column -t [-s MARK]`: cells in columns, two spaces apart.
pub fn column(words: &[String], source: &mut dyn Source) -> Done {
    let read = Words::read(words, "sco");
    let mut done = Done::default();
    let Some(texts) = texts("column", &read.rest, source, &mut done, 1) else { return Done::waiting() };
    let lines: Vec<&str> = texts.iter().flat_map(|(_, text)| text.lines()).filter(|line| !line.trim().is_empty()).collect();
    if !read.has('t') {
        lines.iter().for_each(|line| done.line(line));
        return done;
    }
    let cells = |line: &&str| -> Vec<String> {
        match read.value('s') {
            Some(marks) => line.split(|c| marks.contains(c)).map(str::to_string).collect(),
            None => line.split_whitespace().map(str::to_string).collect(),
        }
    };
    let rows: Vec<Vec<String>> = lines.iter().map(cells).collect();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap_or(0)).map(width).collect();
    for row in &rows {
        let line: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        done.line(line.join("  ").trim_end());
    }
    done
}

/// `base64 [-d] [-w N] [FILE]`
pub fn base64(words: &[String], source: &mut dyn Source) -> Done {
    let read = Words::read(words, "w");
    let mut done = Done::default();
    let Some(texts) = texts("base64", &read.rest, source, &mut done, 1) else { return Done::waiting() };
    let Some((_, text)) = texts.first() else { return done };
    if !read.has('d') && !read.long.contains(&"decode") {
        let wide = read.value('w').and_then(|width| width.parse().ok()).unwrap_or(76);
        let letters = encoded(text.as_bytes());
        let width = if wide == 0 { letters.len().max(1) } else { wide };
        for at in (0..letters.len()).step_by(width) {
            done.out.push_str(&letters[at..letters.len().min(at + width)]);
            done.out.push_str(if wide == 0 { "" } else { "\n" });
        }
        return done;
    }
    match decoded(text) {
        Some(bytes) => done.out = String::from_utf8_lossy(&bytes).into_owned(),
        None => {
            done.err.push_str("base64: invalid input\n");
            done.code = 1;
        }
    }
    done
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encoded(bytes: &[u8]) -> String {
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place)) as usize & 63];
            out.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'\n' && *letter != b'=') {
        bits = bits << 6 | LETTERS.iter().position(|known| *known == letter)? as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_there_and_back() {
        assert_eq!(encoded(b"hello"), "aGVsbG8=");
        assert_eq!(decoded("aGVsbG8=\n").as_deref(), Some(&b"hello"[..]));
        assert_eq!(decoded("a!"), None);
    }
}
