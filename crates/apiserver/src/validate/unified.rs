//! A unified diff of two texts, line by line, that picks the same lines as Python's and Go's difflib.
use std::collections::BTreeMap;
use std::ops::Range;

/// Lines shown around each change.
const CONTEXT: usize = 3;
/// From so many lines on, lines that stand in more than 1 % of all places are no anchors.
const CROWD: usize = 200;

/// A stretch of `old` and what stands for it in `new`; equal stretches are marked.
#[derive(Clone, Debug, PartialEq)]
struct Stretch {
    equal: bool,
    old: Range<usize>,
    new: Range<usize>,
}

/// `@@ -1,7 +1,7 @@` and the lines with ` `, `-` or `+` before each; empty when the texts are equal.
pub(super) fn unified(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let mut out = String::new();
    for hunk in hunks(&stretches(&old, &new)) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let (was, is) = (span(first.old.start, last.old.end), span(first.new.start, last.new.end));
        out.push_str(&format!("@@ -{was} +{is} @@\n"));
        for stretch in &hunk {
            let (minus, plus) = if stretch.equal { (" ", None) } else { ("-", Some("+")) };
            old[stretch.old.clone()].iter().for_each(|line| out.push_str(&format!("{minus}{line}\n")));
            if let Some(plus) = plus {
                new[stretch.new.clone()].iter().for_each(|line| out.push_str(&format!("{plus}{line}\n")));
            }
        }
    }
    out
}

/// Lines are counted from 1; a single one goes without its length, an empty span names the line before it.
fn span(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        length => format!("{},{length}", start + 1),
    }
}

/// Groups of changes that are near each other, with the equal lines around them.
fn hunks(stretches: &[Stretch]) -> Vec<Vec<Stretch>> {
    let (mut all, mut hunk): (Vec<Vec<Stretch>>, Vec<Stretch>) = (Vec::new(), Vec::new());
    for (place, stretch) in stretches.iter().enumerate() {
        if !stretch.equal {
            hunk.push(stretch.clone());
            continue;
        }
        let (first, last) = (place == 0, place + 1 == stretches.len());
        let length = stretch.old.len();
        let head = |n: usize| Stretch {
            equal: true,
            old: stretch.old.start..stretch.old.start + n,
            new: stretch.new.start..stretch.new.start + n,
        };
        let tail = |n: usize| Stretch { equal: true, old: stretch.old.end - n..stretch.old.end, new: stretch.new.end - n..stretch.new.end };
        if first {
            hunk.push(tail(length.min(CONTEXT)));
        } else if last {
            hunk.push(head(length.min(CONTEXT)));
        } else if length > 2 * CONTEXT {
            hunk.push(head(CONTEXT));
            all.push(std::mem::take(&mut hunk));
            hunk.push(tail(CONTEXT));
        } else {
            hunk.push(stretch.clone());
        }
    }
    all.push(hunk);
    all.retain(|hunk| hunk.iter().any(|stretch| !stretch.equal));
    all
}

/// Both texts cut into stretches, equal ones and changed ones in turn.
fn stretches(old: &[&str], new: &[&str]) -> Vec<Stretch> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    new.iter().enumerate().for_each(|(at, line)| places.entry(line).or_default().push(at));
    if new.len() >= CROWD {
        places.retain(|_, at| at.len() <= new.len() / 100 + 1);
    }
    let mut matches = Vec::new();
    matching(old, new, &places, 0..old.len(), 0..new.len(), &mut matches);
    matches.push((old.len(), new.len(), 0));
    let (mut all, mut i, mut j): (Vec<Stretch>, usize, usize) = (Vec::new(), 0, 0);
    for (at_old, at_new, size) in matches {
        if i < at_old || j < at_new {
            all.push(Stretch { equal: false, old: i..at_old, new: j..at_new });
        }
        match all.last_mut() {
            Some(last) if last.equal => (last.old.end, last.new.end) = (at_old + size, at_new + size),
            _ if size > 0 => all.push(Stretch { equal: true, old: at_old..at_old + size, new: at_new..at_new + size }),
            _ => {}
        }
        (i, j) = (at_old + size, at_new + size);
    }
    all
}

type Places<'a> = BTreeMap<&'a str, Vec<usize>>;

/// The longest equal run, then the same before and after it.
fn matching(old: &[&str], new: &[&str], places: &Places, a: Range<usize>, b: Range<usize>, found: &mut Vec<(usize, usize, usize)>) {
    let (i, j, size) = longest(old, new, places, &a, &b);
    if size == 0 {
        return;
    }
    matching(old, new, places, a.start..i, b.start..j, found);
    found.push((i, j, size));
    matching(old, new, places, i + size..a.end, j + size..b.end, found);
}

fn longest(old: &[&str], new: &[&str], places: &Places, a: &Range<usize>, b: &Range<usize>) -> (usize, usize, usize) {
    let (mut i, mut j, mut size) = (a.start, b.start, 0);
    // By the place in `new`: how long a run of equal lines ends there and at the line of `old` looked at before.
    let mut runs: BTreeMap<usize, usize> = BTreeMap::new();
    for at in a.clone() {
        let mut next = BTreeMap::new();
        for &place in places.get(old[at]).into_iter().flatten().filter(|place| b.contains(place)) {
            let run = place.checked_sub(1).and_then(|before| runs.get(&before)).map_or(0, |run| *run) + 1;
            next.insert(place, run);
            if run > size {
                (i, j, size) = (at + 1 - run, place + 1 - run, run);
            }
        }
        runs = next;
    }
    while i > a.start && j > b.start && old[i - 1] == new[j - 1] {
        (i, j, size) = (i - 1, j - 1, size + 1);
    }
    while i + size < a.end && j + size < b.end && old[i + size] == new[j + size] {
        size += 1;
    }
    (i, j, size)
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn shows_each_change_with_three_lines_around_it() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        assert_eq!(unified(old, "1\n2\n3\n4\nfive\n6\n7\n8\n9"), "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
        assert_eq!(unified(old, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10"), "@@ -7,3 +7,4 @@\n 7\n 8\n 9\n+10\n");
        assert_eq!(unified(old, old), "");
    }
}
