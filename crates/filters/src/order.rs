//! sort and uniq.
use crate::number;
use crate::table::{Done, Source, Words, texts};
use std::cmp::Ordering;

/// `sort [-nrhuVb] [-t MARK] [-k N[,M][nr]] FILE…`
pub fn sort(words: &[String], source: &mut dyn Source) -> Done {
    let read = Words::read(words, "ktoS");
    let mut done = Done::default();
    let Some(texts) = texts("sort: cannot read", &read.rest, source, &mut done, 2) else { return Done::waiting() };
    let mut lines: Vec<&str> = texts.iter().flat_map(|(_, text)| text.lines()).collect();
    let keys: Vec<&str> = read.values.iter().filter(|(letter, _)| *letter == 'k').map(|(_, value)| *value).collect();
    let compare = |a: &&str, b: &&str| {
        let by_key = keys.iter().map(|spec| compare_by(spec, &read, a, b)).find(|order| *order != Ordering::Equal);
        let whole = || if keys.is_empty() { compare_texts(&read.letters, a, b) } else { Ordering::Equal };
        by_key.unwrap_or_else(whole).then_with(|| if read.has('r') { b.cmp(a) } else { a.cmp(b) })
    };
    lines.sort_by(compare);
    if read.has('u') {
        lines.dedup_by(|a, b| match keys.first() {
            Some(spec) => compare_by(spec, &read, a, b) == Ordering::Equal,
            None => compare_texts(&read.letters, a, b) == Ordering::Equal,
        });
    }
    lines.iter().for_each(|line| done.line(line));
    done
}

/// By one key: `2`, `2,3`, `3nr`.
fn compare_by(spec: &str, read: &Words, a: &str, b: &str) -> Ordering {
    let letters: String = spec.chars().filter(char::is_ascii_alphabetic).collect();
    let letters = if letters.is_empty() { read.letters.clone() } else { letters };
    let place = |text: &str| text.trim_matches(|c: char| c.is_ascii_alphabetic()).split('.').next().and_then(|n| n.parse::<usize>().ok());
    let (from, to) = spec.split_once(',').unwrap_or((spec, ""));
    let (from, to) = (place(from).unwrap_or(1).max(1), place(to).unwrap_or(usize::MAX));
    let mark = read.value('t');
    let key = |line: &str| -> String {
        let fields: Vec<&str> = match mark {
            Some(mark) => line.split(mark).collect(),
            None => line.split_whitespace().collect(),
        };
        fields.iter().skip(from - 1).take(to.saturating_sub(from - 1)).copied().collect::<Vec<_>>().join(mark.unwrap_or(" "))
    };
    compare_texts(&letters, &key(a), &key(b))
}

fn compare_texts(letters: &str, a: &str, b: &str) -> Ordering {
    let has = |letter| letters.contains(letter);
    let order = if has('h') {
        sized(a).cmp(&sized(b))
    } else if has('n') {
        number::read(a).cmp(&number::read(b))
    } else if has('V') {
        versions(a, b)
    } else if has('f') {
        a.to_uppercase().cmp(&b.to_uppercase())
    } else {
        a.cmp(b)
    };
    if has('r') { order.reverse() } else { order }
}

/// `2G` is more than `900M`.
fn sized(text: &str) -> (usize, i64) {
    let unit = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').chars().next();
    (unit.and_then(|unit| "KMGTP".find(unit.to_ascii_uppercase())).map_or(0, |at| at + 1), number::read(text))
}

/// Runs of digits count as numbers: v1.9 before v1.10.
fn versions(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| -> Vec<(String, u64)> {
        let mut all = vec![(String::new(), 0_u64)];
        for c in text.chars() {
            let last = all.len() - 1;
            match c.to_digit(10) {
                Some(digit) => all[last].1 = all[last].1.saturating_mul(10).saturating_add(u64::from(digit) + u64::from(all[last].1 == 0)),
                None if all[last].1 > 0 => all.push((c.to_string(), 0)),
                None => all[last].0.push(c),
            }
        }
        all
    };
    parts(a).cmp(&parts(b))
}

/// `uniq [-cdu] [FILE]`
pub fn uniq(words: &[String], source: &mut dyn Source) -> Done {
    let read = Words::read(words, "f");
    let mut done = Done::default();
    let Some(texts) = texts("uniq", &read.rest[..read.rest.len().min(1)], source, &mut done, 1) else { return Done::waiting() };
    let mut runs: Vec<(usize, &str)> = Vec::new();
    for line in texts.iter().flat_map(|(_, text)| text.lines()) {
        let same = |last: &str| last == line || read.has('i') && last.eq_ignore_ascii_case(line);
        match runs.last_mut() {
            Some((count, last)) if same(last) => *count += 1,
            _ => runs.push((1, line)),
        }
    }
    for (count, line) in runs {
        if read.has('d') && count < 2 || read.has('u') && count > 1 {
            continue;
        }
        let text = if read.has('c') { format!("{count:7} {line}") } else { line.to_string() };
        done.line(&text);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sizes_and_versions_have_their_order() {
        assert_eq!(compare_texts("n", "9", "10"), Ordering::Less);
        assert_eq!(compare_texts("h", "2G", "900M"), Ordering::Greater);
        assert_eq!(compare_texts("V", "v1.9.0", "v1.10.0"), Ordering::Less);
        assert_eq!(compare_texts("nr", "9", "10"), Ordering::Greater);
    }
}
