//! Regular expressions as grep and sed need them: `.`, `*`, `+`, `?`, classes, `^`, `$`, `|` and groups.

/// A read pattern. Backtracking, over characters.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    branches: Vec<Vec<Piece>>,
    fold: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Piece {
    atom: Atom,
    least: usize,
    most: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Atom {
    Any,
    Letter(char),
    Class { not: bool, ranges: Vec<(char, char)> },
    Start,
    End,
    Group(Vec<Vec<Piece>>),
}

impl Pattern {
    /// `fold`: case does not count; `fixed`: no letter is special; `extended`: `+ ? | ( )` need no backslash.
    pub fn read(text: &str, fold: bool, fixed: bool, extended: bool) -> Pattern {
        let text = if fold { text.to_ascii_lowercase() } else { text.to_string() };
        if fixed {
            let branches =
                text.split('\n').map(|line| line.chars().map(|c| Piece { atom: Atom::Letter(c), least: 1, most: 1 }).collect()).collect();
            return Pattern { branches, fold };
        }
        let letters: Vec<char> = text.chars().collect();
        let mut at = 0;
        Pattern { branches: branches(&letters, &mut at, extended, false), fold }
    }

    /// The first part of `line` that matches.
    pub fn found<'a>(&self, line: &'a str) -> Option<&'a str> {
        self.place(line, 0).map(|(from, to)| &line[from..to])
    }

    /// Byte range of the first match that starts at or after byte `from`.
    pub fn place(&self, line: &str, from: usize) -> Option<(usize, usize)> {
        let lower = if self.fold { line.to_ascii_lowercase() } else { String::new() };
        // Lower case may have another length; fold letter by letter then.
        let subject: Vec<char> =
            if self.fold && lower.chars().count() == line.chars().count() { lower.chars().collect() } else { line.chars().collect() };
        let bytes: Vec<usize> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
        let first = bytes.iter().position(|at| *at >= from)?;
        for start in first..=subject.len() {
            for branch in &self.branches {
                let mut end = None;
                if run(branch, &subject, start, &mut |at| {
                    end = Some(at);
                    true
                }) {
                    return end.map(|end| (bytes[start], bytes[end]));
                }
            }
        }
        None
    }
}

fn branches(letters: &[char], at: &mut usize, extended: bool, inside: bool) -> Vec<Vec<Piece>> {
    let mut all = vec![Vec::new()];
    while *at < letters.len() {
        let escaped = letters[*at] == '\\' && *at + 1 < letters.len();
        let letter = letters[*at + usize::from(escaped)];
        let special = escaped != extended;
        match letter {
            ')' if special && inside => {
                *at += 1 + usize::from(escaped);
                return all;
            }
            '|' if special => {
                *at += 1 + usize::from(escaped);
                all.push(Vec::new());
            }
            _ => {
                let piece = piece(letters, at, extended);
                all.last_mut().into_iter().for_each(|branch| branch.push(piece.clone()));
            }
        }
    }
    all
}

fn piece(letters: &[char], at: &mut usize, extended: bool) -> Piece {
    let letter = letters[*at];
    *at += 1;
    let atom = match letter {
        '.' => Atom::Any,
        '^' => Atom::Start,
        '$' => Atom::End,
        '[' => class(letters, at),
        '(' if extended => Atom::Group(branches(letters, at, extended, true)),
        '\\' if *at < letters.len() => {
            *at += 1;
            match letters[*at - 1] {
                '(' if !extended => Atom::Group(branches(letters, at, extended, true)),
                'd' => Atom::Class { not: false, ranges: vec![('0', '9')] },
                's' => Atom::Class { not: false, ranges: vec![(' ', ' '), ('\t', '\t')] },
                'w' => Atom::Class { not: false, ranges: vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')] },
                other => Atom::Letter(other),
            }
        }
        other => Atom::Letter(other),
    };
    let (least, most) = repeat(letters, at, extended);
    Piece { atom, least, most }
}

fn repeat(letters: &[char], at: &mut usize, extended: bool) -> (usize, usize) {
    let escaped = letters.get(*at) == Some(&'\\');
    let sign = letters.get(*at + usize::from(escaped)).copied();
    let (size, range) = match sign {
        Some('*') if !escaped => (1, (0, usize::MAX)),
        Some('+') if escaped != extended => (1 + usize::from(escaped), (1, usize::MAX)),
        Some('?') if escaped != extended => (1 + usize::from(escaped), (0, 1)),
        _ => (0, (1, 1)),
    };
    *at += size;
    range
}

fn class(letters: &[char], at: &mut usize) -> Atom {
    let not = letters.get(*at) == Some(&'^');
    *at += usize::from(not);
    let mut ranges = Vec::new();
    let start = *at;
    while *at < letters.len() && (letters[*at] != ']' || *at == start) {
        let named: String = letters[*at..].iter().take(9).collect();
        let known =
            [("[:space:]", vec![(' ', ' '), ('\t', '\t')]), ("[:digit:]", vec![('0', '9')]), ("[:alpha:]", vec![('a', 'z'), ('A', 'Z')])];
        if let Some((name, set)) = known.iter().find(|(name, _)| named.starts_with(name)) {
            ranges.extend(set.iter().copied());
            *at += name.len();
        } else if letters.get(*at + 1) == Some(&'-') && letters.get(*at + 2).is_some_and(|c| *c != ']') {
            ranges.push((letters[*at], letters[*at + 2]));
            *at += 3;
        } else {
            ranges.push((letters[*at], letters[*at]));
            *at += 1;
        }
    }
    *at += 1;
    Atom::Class { not, ranges }
}

/// Matches pieces from `at`; `then` is called with each possible end until it says yes.
fn run(pieces: &[Piece], subject: &[char], at: usize, then: &mut dyn FnMut(usize) -> bool) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return then(at) };
    more(piece, rest, subject, at, 0, then)
}

fn more(piece: &Piece, rest: &[Piece], subject: &[char], at: usize, times: usize, then: &mut dyn FnMut(usize) -> bool) -> bool {
    if times < piece.most {
        let again = step(&piece.atom, subject, at, &mut |next| {
            let stands = next == at && times >= piece.least;
            !stands && more(piece, rest, subject, next, times + 1, then)
        });
        if again {
            return true;
        }
    }
    times >= piece.least && run(rest, subject, at, then)
}

fn step(atom: &Atom, subject: &[char], at: usize, then: &mut dyn FnMut(usize) -> bool) -> bool {
    let letter = subject.get(at);
    let one = match atom {
        Atom::Start => return at == 0 && then(at),
        Atom::End => return at == subject.len() && then(at),
        Atom::Group(branches) => return branches.iter().any(|branch| run(branch, subject, at, then)),
        Atom::Any => letter.is_some(),
        Atom::Letter(wanted) => letter == Some(wanted),
        Atom::Class { not, ranges } => letter.is_some_and(|c| ranges.iter().any(|(from, to)| from <= c && c <= to) != *not),
    };
    one && then(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_grep_does() {
        let found = |pattern: &str, line: &str, extended| Pattern::read(pattern, false, false, extended).found(line).map(str::to_string);
        assert_eq!(found("web-.*1/1", "web-abc 1/1 Running", false).as_deref(), Some("web-abc 1/1"));
        assert_eq!(found("^NAME", "NAME READY", false).as_deref(), Some("NAME"));
        assert_eq!(found("a|b", "xb", true).as_deref(), Some("b"));
        assert_eq!(found(r"a\|b", "xb", false).as_deref(), Some("b"));
        assert_eq!(found("(ab)+c$", "xababc", true).as_deref(), Some("ababc"));
        assert_eq!(found("[^0-9]+", "12ab3", true).as_deref(), Some("ab"));
        assert_eq!(found("a+", "a+", false).as_deref(), Some("a+"));
        assert_eq!(found("(a*)*b", "aaac", true), None);
    }
}
