//! Regular expressions as grep, sed and awk need them. Backtracking, over characters; the longest match of the leftmost.

/// A read pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    branches: Vec<Vec<Piece>>,
    groups: usize,
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
    Class {
        not: bool,
        ranges: Vec<(char, char)>,
    },
    Start,
    End,
    /// `\b`, `\<`, `\>`
    Edge,
    Group(usize, Vec<Vec<Piece>>),
    /// `\1`
    Again(usize),
}

/// How much work one search may be.
const STEPS: usize = 60_000;

/// Character positions of the groups that matched, by number; 0 is the whole.
type Places = Vec<Option<(usize, usize)>>;

/// A search under way.
struct Search<'a> {
    subject: &'a [char],
    places: Places,
    steps: usize,
}

type Then<'a> = &'a mut dyn FnMut(usize, &mut Search) -> bool;

impl Pattern {
    /// `fold`: case does not count; `fixed`: no letter is special; `extended`: `+ ? | ( ) { }` need no backslash.
    pub fn read(text: &str, fold: bool, fixed: bool, extended: bool) -> Pattern {
        let text = if fold { text.to_ascii_lowercase() } else { text.to_string() };
        if fixed {
            let letter = |c| Piece { atom: Atom::Letter(c), least: 1, most: 1 };
            return Pattern { branches: text.split('\n').map(|line| line.chars().map(letter).collect()).collect(), groups: 0, fold };
        }
        let letters: Vec<char> = text.chars().collect();
        let mut reader = Reader { letters: &letters, at: 0, extended, groups: 0 };
        let branches = reader.branches(false);
        Pattern { branches, groups: reader.groups, fold }
    }

    /// The first part of `line` that matches.
    pub fn found<'a>(&self, line: &'a str) -> Option<&'a str> {
        self.place(line, 0).map(|(from, to)| &line[from..to])
    }

    /// Byte range of the first match that starts at or after byte `from`.
    pub fn place(&self, line: &str, from: usize) -> Option<(usize, usize)> {
        self.places(line, from)?[0]
    }

    /// Byte ranges of the first match that starts at or after byte `from`, and of its groups.
    pub fn places(&self, line: &str, from: usize) -> Option<Vec<Option<(usize, usize)>>> {
        let fold = |c: char| if self.fold { c.to_ascii_lowercase() } else { c };
        let subject: Vec<char> = line.chars().map(fold).collect();
        let bytes: Vec<usize> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
        let first = bytes.iter().position(|at| *at >= from)?;
        let mut search = Search { subject: &subject, places: vec![None; self.groups + 1], steps: STEPS };
        for start in first..=subject.len() {
            let mut best: Option<(usize, Places)> = None;
            for branch in &self.branches {
                search.places.fill(None);
                run(branch, start, &mut search, &mut |end, search| {
                    if best.as_ref().is_none_or(|(known, _)| end > *known) {
                        best = Some((end, search.places.clone()));
                    }
                    end == search.subject.len()
                });
            }
            if let Some((end, mut places)) = best {
                places[0] = Some((start, end));
                return Some(places.into_iter().map(|place| place.map(|(from, to)| (bytes[from], bytes[to]))).collect());
            }
        }
        None
    }
}

struct Reader<'a> {
    letters: &'a [char],
    at: usize,
    extended: bool,
    groups: usize,
}

impl Reader<'_> {
    fn branches(&mut self, inside: bool) -> Vec<Vec<Piece>> {
        let mut all = vec![Vec::new()];
        while let Some(letter) = self.letters.get(self.at) {
            let escaped = *letter == '\\' && self.at + 1 < self.letters.len();
            let special = escaped != self.extended;
            match self.letters[self.at + usize::from(escaped)] {
                ')' if special && inside => {
                    self.at += 1 + usize::from(escaped);
                    return all;
                }
                '|' if special => {
                    self.at += 1 + usize::from(escaped);
                    all.push(Vec::new());
                }
                _ => {
                    let first = all.last().is_some_and(Vec::is_empty);
                    let piece = self.piece(first);
                    if let Some(branch) = all.last_mut() {
                        branch.push(piece);
                    }
                }
            }
        }
        all
    }

    fn piece(&mut self, first: bool) -> Piece {
        let letter = self.letters[self.at];
        self.at += 1;
        let ends = |at: usize| {
            let rest = &self.letters[at..];
            rest.is_empty() || self.extended || rest.starts_with(&['\\', ')']) || rest.starts_with(&['\\', '|'])
        };
        let atom = match letter {
            '.' => Atom::Any,
            '^' if first || self.extended => Atom::Start,
            '$' if ends(self.at) => Atom::End,
            '*' if first && !self.extended => Atom::Letter('*'),
            '[' => self.class(),
            '(' if self.extended => self.group(),
            '\\' if self.at < self.letters.len() => {
                self.at += 1;
                self.escape(self.letters[self.at - 1])
            }
            other => Atom::Letter(other),
        };
        let (least, most) = self.repeat();
        Piece { atom, least, most }
    }

    fn escape(&mut self, letter: char) -> Atom {
        let word = vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')];
        match letter {
            '(' if !self.extended => self.group(),
            'd' => Atom::Class { not: false, ranges: vec![('0', '9')] },
            's' | 'S' => Atom::Class { not: letter == 'S', ranges: vec![(' ', ' '), ('\t', '\r')] },
            'w' | 'W' => Atom::Class { not: letter == 'W', ranges: word },
            'b' | '<' | '>' => Atom::Edge,
            't' => Atom::Letter('\t'),
            'n' => Atom::Letter('\n'),
            '1'..='9' => Atom::Again(letter as usize - '0' as usize),
            other => Atom::Letter(other),
        }
    }

    fn group(&mut self) -> Atom {
        // Perl's `(?:` is a group that nobody counts; here it is counted.
        if self.letters[self.at..].starts_with(&['?', ':']) {
            self.at += 2;
        }
        self.groups += 1;
        let number = self.groups;
        Atom::Group(number, self.branches(true))
    }

    fn repeat(&mut self) -> (usize, usize) {
        let escaped = self.letters.get(self.at) == Some(&'\\');
        let after = self.at + 1 + usize::from(escaped);
        let special = escaped != self.extended;
        match self.letters.get(self.at + usize::from(escaped)) {
            Some('*') if !escaped => (self.at, 0, usize::MAX).after(self, after),
            Some('+') if special => (self.at, 1, usize::MAX).after(self, after),
            Some('?') if special => (self.at, 0, 1).after(self, after),
            Some('{') if special => {
                let inside: String = self.letters[after..].iter().take_while(|c| c.is_ascii_digit() || **c == ',').collect();
                let (from, to) = inside.split_once(',').unwrap_or((&inside, &inside));
                let end = after + inside.chars().count() + 1 + usize::from(escaped);
                let (least, most) = (from.parse().unwrap_or(0), to.parse().unwrap_or(usize::MAX));
                (self.at, least, most).after(self, end)
            }
            _ => (1, 1),
        }
    }

    fn class(&mut self) -> Atom {
        let not = self.letters.get(self.at) == Some(&'^');
        self.at += usize::from(not);
        let mut ranges = Vec::new();
        let start = self.at;
        while self.at < self.letters.len() && (self.letters[self.at] != ']' || self.at == start) {
            if self.letters[self.at..].starts_with(&['[', ':']) {
                let name: String = self.letters[self.at + 2..].iter().take_while(|c| **c != ':').collect();
                self.at += name.len() + 4;
                ranges.extend_from_slice(named(&name));
            } else if self.letters.get(self.at + 1) == Some(&'-') && self.letters.get(self.at + 2).is_some_and(|c| *c != ']') {
                ranges.push((self.letters[self.at], self.letters[self.at + 2]));
                self.at += 3;
            } else {
                ranges.push((self.letters[self.at], self.letters[self.at]));
                self.at += 1;
            }
        }
        self.at += 1;
        Atom::Class { not, ranges }
    }
}

trait After {
    fn after(self, reader: &mut Reader, at: usize) -> (usize, usize);
}

impl After for (usize, usize, usize) {
    fn after(self, reader: &mut Reader, at: usize) -> (usize, usize) {
        reader.at = at.min(reader.letters.len());
        (self.1, self.2)
    }
}

/// POSIX's classes.
fn named(name: &str) -> &'static [(char, char)] {
    match name {
        "space" => &[(' ', ' '), ('\t', '\r')],
        "blank" => &[(' ', ' '), ('\t', '\t')],
        "digit" => &[('0', '9')],
        "alpha" => &[('a', 'z'), ('A', 'Z')],
        "alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9')],
        "upper" => &[('A', 'Z')],
        "lower" => &[('a', 'z')],
        "xdigit" => &[('0', '9'), ('a', 'f'), ('A', 'F')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        _ => &[],
    }
}

/// Matches pieces from `at`; `then` is called with each possible end until it says yes.
fn run(pieces: &[Piece], at: usize, search: &mut Search, then: Then) -> bool {
    match pieces.split_first() {
        Some((piece, rest)) => more(piece, rest, at, 0, search, then),
        None => then(at, search),
    }
}

fn more(piece: &Piece, rest: &[Piece], at: usize, times: usize, search: &mut Search, then: Then) -> bool {
    if search.steps == 0 {
        return false;
    }
    search.steps -= 1;
    if times < piece.most {
        let again = step(&piece.atom, at, search, &mut |next, search| {
            let stands = next == at && times >= piece.least;
            !stands && more(piece, rest, next, times + 1, search, then)
        });
        if again {
            return true;
        }
    }
    times >= piece.least && run(rest, at, search, then)
}

fn step(atom: &Atom, at: usize, search: &mut Search, then: Then) -> bool {
    let letter = search.subject.get(at).copied();
    let one = match atom {
        Atom::Start => return at == 0 && then(at, search),
        Atom::End => return at == search.subject.len() && then(at, search),
        Atom::Edge => {
            let word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
            let before = at.checked_sub(1).and_then(|before| search.subject.get(before));
            return word(before) != word(search.subject.get(at)) && then(at, search);
        }
        Atom::Group(number, branches) => {
            let kept = search.places.get(*number).copied().flatten();
            let found = branches.iter().any(|branch| {
                run(branch, at, search, &mut |end, search| {
                    search.places[*number] = Some((at, end));
                    then(end, search)
                })
            });
            if !found {
                search.places[*number] = kept;
            }
            return found;
        }
        Atom::Again(number) => {
            let Some((from, to)) = search.places.get(*number).copied().flatten() else { return false };
            let end = at + to - from;
            return search.subject.get(at..end) == search.subject.get(from..to) && then(end, search);
        }
        Atom::Any => letter.is_some(),
        Atom::Letter(wanted) => letter == Some(*wanted),
        Atom::Class { not, ranges } => letter.is_some_and(|c| ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *not),
    };
    one && then(at + 1, search)
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
        assert_eq!(found("a|ab|abc", "xabcd", true).as_deref(), Some("abc"), "the longest");
        assert_eq!(found("[0-9]{1,3}(\\.[0-9]{1,3}){3}", "at 10.0.0.11:6443", true).as_deref(), Some("10.0.0.11"));
        assert_eq!(found(r"\bkube\b", "kubelet kube", false).as_deref(), Some("kube"));
        assert_eq!(found("[[:alpha:]_]*=", "x A_b=1", false).as_deref(), Some("A_b="));
        assert_eq!(found(r"\(a.\)\1", "abacab_acac", false).as_deref(), Some("acac"));
    }

    #[test]
    fn groups_say_where_they_stand() {
        let places = Pattern::read(r"^(\w+)=(.*)$", false, false, true).places("key=a value", 0).unwrap();
        assert_eq!(places, [Some((0, 11)), Some((0, 3)), Some((4, 11))]);
    }
}
