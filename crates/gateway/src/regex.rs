//! A small, honest part of regular expressions: letters, `.`, classes, groups, `|`, `*`, `+`, `?`. Others are refused.

/// One read expression. It must match the whole text, as Envoy's matchers do.
#[derive(Clone, PartialEq, Debug)]
pub struct Regex {
    ways: Vec<Vec<Piece>>,
}

#[derive(Clone, PartialEq, Debug)]
struct Piece {
    atom: Atom,
    least: u32,
    most: u32,
}

#[derive(Clone, PartialEq, Debug)]
enum Atom {
    Any,
    Letter(char),
    Class { not: bool, ranges: Vec<(char, char)> },
    Group(Regex),
}

const MANY: u32 = u32::MAX;
/// Texts that are longer are not searched: backtracking could take for ever.
const TEXT_MOST: usize = 2_048;
/// How many steps one match may take.
const STEPS: u32 = 20_000;

impl Regex {
    /// The error says what is not supported here.
    pub fn parse(text: &str) -> Result<Regex, String> {
        let all: Vec<char> = text.chars().collect();
        let body = all.strip_prefix(&['^'][..]).unwrap_or(&all);
        let escaped = body.len() > 1 && body[body.len() - 2] == '\\';
        let body = body.strip_suffix(&['$'][..]).filter(|_| !escaped).unwrap_or(body);
        let mut at = 0;
        let regex = ways(body, &mut at)?;
        if at < body.len() {
            return Err("unexpected )".to_string());
        }
        Ok(regex)
    }

    pub fn is_match(&self, text: &str) -> bool {
        let all: Vec<char> = text.chars().take(TEXT_MOST + 1).collect();
        let mut steps = STEPS;
        all.len() <= TEXT_MOST && self.run(&all, 0, &mut steps, &mut |at, _| at == all.len())
    }

    fn run(&self, text: &[char], at: usize, steps: &mut u32, then: &mut dyn FnMut(usize, &mut u32) -> bool) -> bool {
        self.ways.iter().any(|pieces| pieces_run(pieces, text, at, steps, then))
    }
}

fn pieces_run(pieces: &[Piece], text: &[char], at: usize, steps: &mut u32, then: &mut dyn FnMut(usize, &mut u32) -> bool) -> bool {
    match pieces.split_first() {
        None => then(at, steps),
        Some((piece, rest)) => repeat(piece, rest, 0, text, at, steps, then),
    }
}

fn repeat(
    piece: &Piece,
    rest: &[Piece],
    done: u32,
    text: &[char],
    at: usize,
    steps: &mut u32,
    then: &mut dyn FnMut(usize, &mut u32) -> bool,
) -> bool {
    if *steps == 0 {
        return false;
    }
    *steps -= 1;
    let once_more = |next: usize, steps: &mut u32, then: &mut dyn FnMut(usize, &mut u32) -> bool| {
        (next > at || done < piece.least) && repeat(piece, rest, done + 1, text, next, steps, then)
    };
    if done < piece.most {
        let taken = match &piece.atom {
            Atom::Group(inner) => inner.run(text, at, steps, &mut |next, steps| once_more(next, steps, then)),
            atom => text.get(at).is_some_and(|letter| atom.fits(*letter)) && once_more(at + 1, steps, then),
        };
        if taken {
            return true;
        }
    }
    done >= piece.least && pieces_run(rest, text, at, steps, then)
}

impl Atom {
    fn fits(&self, letter: char) -> bool {
        match self {
            Atom::Any => true,
            Atom::Letter(own) => *own == letter,
            Atom::Class { not, ranges } => ranges.iter().any(|(from, to)| (*from..=*to).contains(&letter)) != *not,
            Atom::Group(_) => false,
        }
    }
}

fn ways(text: &[char], at: &mut usize) -> Result<Regex, String> {
    let mut ways = vec![Vec::new()];
    while let Some(letter) = text.get(*at) {
        *at += 1;
        let atom = match letter {
            ')' => {
                *at -= 1;
                break;
            }
            '|' => {
                ways.push(Vec::new());
                continue;
            }
            '(' => group(text, at)?,
            '[' => class(text, at)?,
            '.' => Atom::Any,
            '\\' => escape(text, at)?,
            '*' | '+' | '?' => return Err("missing argument to repetition operator".to_string()),
            '{' | '^' | '$' => return Err(format!("\"{letter}\" is not supported here")),
            other => Atom::Letter(*other),
        };
        let (least, most) = match text.get(*at) {
            Some('*') => (0, MANY),
            Some('+') => (1, MANY),
            Some('?') => (0, 1),
            Some('{') => return Err("repetition counts ({n}) are not supported here".to_string()),
            _ => (1, 1),
        };
        *at += usize::from((least, most) != (1, 1));
        if let Some(last) = ways.last_mut() {
            last.push(Piece { atom, least, most });
        }
    }
    Ok(Regex { ways })
}

fn group(text: &[char], at: &mut usize) -> Result<Atom, String> {
    if text.get(*at) == Some(&'?') {
        if text.get(*at + 1) != Some(&':') {
            return Err("groups that begin with (? are not supported here".to_string());
        }
        *at += 2;
    }
    let inner = ways(text, at)?;
    if text.get(*at) != Some(&')') {
        return Err("missing closing )".to_string());
    }
    *at += 1;
    Ok(Atom::Group(inner))
}

fn class(text: &[char], at: &mut usize) -> Result<Atom, String> {
    let not = text.get(*at) == Some(&'^');
    *at += usize::from(not);
    let mut ranges = Vec::new();
    loop {
        let from = *text.get(*at).ok_or("missing closing ]")?;
        *at += 1;
        match from {
            ']' if !ranges.is_empty() => return Ok(Atom::Class { not, ranges }),
            '\\' => match escape(text, at)? {
                Atom::Class { not: false, ranges: more } => ranges.extend(more),
                Atom::Letter(letter) => ranges.push((letter, letter)),
                _ => return Err("this class is not supported inside [ ]".to_string()),
            },
            _ if text.get(*at) == Some(&'-') && text.get(*at + 1).is_some_and(|to| *to != ']') => {
                ranges.push((from, text[*at + 1]));
                *at += 2;
            }
            _ => ranges.push((from, from)),
        }
    }
}

fn escape(text: &[char], at: &mut usize) -> Result<Atom, String> {
    let letter = *text.get(*at).ok_or("trailing backslash at end of expression")?;
    *at += 1;
    let word = || vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
    let space = || vec![('\t', '\r'), (' ', ' ')];
    Ok(match letter {
        'd' => Atom::Class { not: false, ranges: vec![('0', '9')] },
        'D' => Atom::Class { not: true, ranges: vec![('0', '9')] },
        'w' => Atom::Class { not: false, ranges: word() },
        'W' => Atom::Class { not: true, ranges: word() },
        's' => Atom::Class { not: false, ranges: space() },
        'S' => Atom::Class { not: true, ranges: space() },
        letter if letter.is_ascii_alphanumeric() => return Err(format!("\"\\{letter}\" is not supported here")),
        letter => Atom::Letter(letter),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(regex: &str, text: &str) -> bool {
        Regex::parse(regex).expect("it can be read").is_match(text)
    }

    #[test]
    fn the_whole_text_must_match() {
        assert!(fits(".*canary=always.*", "a=b; canary=always; c=d") && !fits("canary", "canary=always"));
        assert!(fits("^/api/v[0-9]+(/.*)?$", "/api/v2/x") && fits("/api/v[0-9]+(/.*)?", "/api/v2") && !fits("/api/v[0-9]+", "/api/v"));
        assert!(fits("(a|bc)*d", "abcad") && !fits("(a|bc)*d", "abad") && fits(r"\d+\.\w?", "12.x"));
        assert!(fits("[^a-c]x", "dx") && !fits("[^a-c]x", "ax") && fits("(a*)*b", "aab"));
    }

    #[test]
    fn what_is_not_supported_is_refused_in_words() {
        let err = |text: &str| Regex::parse(text).unwrap_err();
        assert_eq!(err("a{2}"), "repetition counts ({n}) are not supported here");
        assert_eq!(err("(?i)a"), "groups that begin with (? are not supported here");
        assert_eq!(err("*a"), "missing argument to repetition operator");
        assert_eq!(err("(a"), "missing closing )");
    }
}
