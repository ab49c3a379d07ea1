//! sed: `s`, `p`, `d`, `q`, `a`, `i`, `c`, `=` with lines, patterns and ranges before them; `-n`, `-i`, `-E`.
use crate::pattern::Pattern;
use crate::table::{Done, Source, texts};

struct Rule {
    from: Option<Place>,
    to: Option<Place>,
    not: bool,
    act: Act,
}

enum Place {
    Line(usize),
    Last,
    Fits(Pattern),
    /// `,+2`
    More(usize),
}

enum Act {
    Swap { from: Pattern, to: String, all: bool, nth: usize, print: bool },
    Print,
    Drop,
    Quit,
    Number,
    After(String),
    Before(String),
    Instead(String),
}

pub fn sed(words: &[String], source: &mut dyn Source) -> Done {
    let (mut quiet, mut in_place, mut extended, mut scripts, mut names) = (false, None, false, Vec::new(), Vec::new());
    let mut rest = words.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        match word {
            "-e" | "--expression" => scripts.extend(rest.next()),
            "--quiet" | "--silent" => quiet = true,
            "--in-place" => in_place = Some(""),
            "--regexp-extended" => extended = true,
            _ if word.starts_with('-') && word.len() > 1 && !word.starts_with("--") => {
                for (at, letter) in word.char_indices().skip(1) {
                    match letter {
                        'n' => quiet = true,
                        'E' | 'r' => extended = true,
                        'e' => scripts.extend(rest.next()),
                        'i' => {
                            in_place = Some(&word[at + 1..]);
                            break;
                        }
                        _ => {}
                    }
                }
            }
            _ if scripts.is_empty() => scripts.push(word),
            _ => names.push(word),
        }
    }
    if scripts.is_empty() {
        return Done::wrong(1, "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...");
    }
    let script = scripts.join("\n");
    let mut reader = Reader { rest: &script, all: script.len(), extended };
    let rules = match reader.rules() {
        Ok(rules) => rules,
        Err(words) => return Done::wrong(1, &["sed: -e expression #1, char ", &reader.at().to_string(), ": ", words].concat()),
    };
    let mut done = Done::default();
    let Some(texts) = texts("sed: can't read", &names, source, &mut done, 2) else { return Done::waiting() };
    for (name, text) in texts {
        let new = edited(&text, &rules, quiet);
        let Some(kept) = in_place.filter(|_| !name.is_empty()) else {
            done.out.push_str(&new);
            continue;
        };
        let kept = if kept.is_empty() { Ok(()) } else { source.write(&[&name, kept].concat(), text) };
        if let Err(why) = kept.and_then(|()| source.write(&name, new)) {
            let folder = name.rsplit_once('/').map_or("./", |(folder, _)| folder);
            done.complain(&["sed: couldn't open temporary file ", folder, "/sedXo4rKq: ", why]);
            done.code = 4;
        }
    }
    done
}

struct Reader<'a> {
    rest: &'a str,
    all: usize,
    extended: bool,
}

type Read<T> = Result<T, &'static str>;

impl Reader<'_> {
    fn at(&self) -> usize {
        (self.all - self.rest.len()).max(1)
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.rest = &self.rest[letter.len_utf8()..];
        Some(letter)
    }

    fn blanks(&mut self, marks: &[char]) {
        self.rest = self.rest.trim_start_matches(marks);
    }

    fn rules(&mut self) -> Read<Vec<Rule>> {
        let mut rules = Vec::new();
        loop {
            self.blanks(&[' ', '\t', ';', '\n']);
            if self.rest.is_empty() {
                return Ok(rules);
            }
            let from = self.place()?;
            self.blanks(&[' ']);
            let mut to = None;
            if self.rest.starts_with(',') {
                self.next();
                self.blanks(&[' ']);
                to = Some(self.place()?.ok_or("unexpected `,'")?);
            }
            self.blanks(&[' ']);
            let not = self.rest.starts_with('!');
            if not {
                self.next();
                self.blanks(&[' ']);
            }
            let act = self.act()?;
            rules.push(Rule { from, to, not, act });
        }
    }

    fn place(&mut self) -> Read<Option<Place>> {
        let number = |rest: &str| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            (rest[..end].parse().unwrap_or(0), end)
        };
        Ok(match self.rest.chars().next() {
            Some('$') => {
                self.next();
                Some(Place::Last)
            }
            Some('+') => {
                let (count, end) = number(&self.rest[1..]);
                self.rest = &self.rest[1 + end..];
                Some(Place::More(count))
            }
            Some(c) if c.is_ascii_digit() => {
                let (count, end) = number(self.rest);
                self.rest = &self.rest[end..];
                Some(Place::Line(count))
            }
            Some('/' | '\\') => {
                let mut mark = self.next().unwrap_or('/');
                if mark == '\\' {
                    mark = self.next().unwrap_or('/');
                }
                let text = self.until(mark).ok_or("unterminated address regex")?;
                let fold = self.rest.starts_with('I');
                self.rest = self.rest.strip_prefix('I').unwrap_or(self.rest);
                Some(Place::Fits(Pattern::read(&text, fold, false, self.extended)))
            }
            _ => None,
        })
    }

    /// Up to the mark, which may stand behind a backslash.
    fn until(&mut self, mark: char) -> Option<String> {
        let mut text = String::new();
        let mut within = false;
        while let Some(letter) = self.next() {
            match letter {
                '\\' => match self.next()? {
                    next if next == mark => text.push(mark),
                    next => text.extend(['\\', next]),
                },
                '[' => (within, _) = (true, text.push('[')),
                ']' => (within, _) = (false, text.push(']')),
                letter if letter == mark && !(within && mark != '/') => return Some(text),
                letter => text.push(letter),
            }
        }
        None
    }

    fn act(&mut self) -> Read<Act> {
        let Some(letter) = self.next() else { return Err("missing command") };
        let act = match letter {
            'p' => Act::Print,
            'd' => Act::Drop,
            'q' => Act::Quit,
            '=' => Act::Number,
            's' => self.swap()?,
            'a' | 'i' | 'c' => {
                let text = self.rest.trim_start_matches([' ', '\t']);
                let text = text.strip_prefix('\\').map_or(text, |text| text.trim_start_matches(['\n', ' ']));
                let end = text.find('\n').unwrap_or(text.len());
                let line = text[..end].to_string();
                if line.is_empty() {
                    return Err("expected \\ after `a', `c' or `i'");
                }
                self.rest = &text[end..];
                return Ok(match letter {
                    'a' => Act::After(line),
                    'i' => Act::Before(line),
                    _ => Act::Instead(line),
                });
            }
            _ => return Err(UNKNOWN.iter().find(|(known, _)| *known == letter).map_or("unknown command", |(_, words)| words)),
        };
        self.blanks(&[' ', '\t']);
        if self.rest.is_empty() || self.rest.starts_with([';', '\n', '}']) {
            Ok(act)
        } else {
            self.next();
            Err("extra characters after command")
        }
    }

    fn swap(&mut self) -> Read<Act> {
        const OPEN: &str = "unterminated `s' command";
        let mark = self.next().ok_or(OPEN)?;
        let from = self.until(mark).ok_or(OPEN)?;
        let to = self.until(mark).ok_or(OPEN)?;
        let (mut all, mut nth, mut print, mut fold) = (false, 0, false, false);
        while let Some(flag) = self.rest.chars().next().filter(|c| !matches!(c, ';' | '\n' | ' ' | '}')) {
            self.next();
            match flag {
                'g' => all = true,
                'p' => print = true,
                'i' | 'I' => fold = true,
                '1'..='9' => nth = flag as usize - '1' as usize,
                _ => return Err("unknown option to `s'"),
            }
        }
        Ok(Act::Swap { from: Pattern::read(&from, fold, false, self.extended), to, all, nth, print })
    }
}

/// sed names the letter that it does not know.
const UNKNOWN: &[(char, &str)] = &[
    ('/', "unknown command: `/'"),
    ('.', "unknown command: `.'"),
    ('k', "unknown command: `k'"),
    ('f', "unknown command: `f'"),
    ('o', "unknown command: `o'"),
    ('m', "unknown command: `m'"),
    (',', "unexpected `,'"),
];

fn edited(text: &str, rules: &[Rule], quiet: bool) -> String {
    let lines: Vec<&str> = text.lines().collect();
    // In which rules a range is open, and the line that it ends at, where a number says so.
    let mut open: Vec<Option<usize>> = vec![None; rules.len()];
    let mut all = String::new();
    let put = |all: &mut String, line: &str| {
        all.push_str(line);
        all.push('\n');
    };
    for (at, line) in lines.iter().enumerate() {
        let (mut line, mut later, mut gone, mut quits) = (line.to_string(), Vec::new(), false, false);
        for (rule, open) in rules.iter().zip(&mut open) {
            if rule.reaches(at + 1, lines.len(), &line, open) == rule.not {
                continue;
            }
            match &rule.act {
                Act::Drop => gone = true,
                Act::Print => put(&mut all, &line),
                Act::Quit => quits = true,
                Act::Number => put(&mut all, &(at + 1).to_string()),
                Act::After(text) => later.push(text),
                Act::Before(text) => put(&mut all, text),
                Act::Instead(text) => {
                    if rule.to.is_none() || open.is_none() {
                        put(&mut all, text);
                    }
                    gone = true;
                }
                Act::Swap { from, to, all: every, nth, print } => {
                    if let Some(new) = swapped(&line, from, to, *every, *nth) {
                        line = new;
                        if *print {
                            put(&mut all, &line);
                        }
                    }
                }
            }
            if gone || quits {
                break;
            }
        }
        if !quiet && !gone {
            put(&mut all, &line);
        }
        later.iter().for_each(|text| put(&mut all, text));
        if quits {
            break;
        }
    }
    if !text.ends_with('\n') && !text.is_empty() && all.ends_with('\n') {
        all.pop();
    }
    all
}

impl Rule {
    /// Whether a line is meant; keeps what is open of a range.
    fn reaches(&self, number: usize, count: usize, line: &str, open: &mut Option<usize>) -> bool {
        let is = |place: &Place| match place {
            Place::Line(wanted) => number == *wanted,
            Place::Last => number == count,
            Place::Fits(pattern) => pattern.found(line).is_some(),
            Place::More(_) => false,
        };
        let Some(from) = &self.from else { return true };
        let Some(to) = &self.to else { return is(from) };
        if let Some(end) = *open {
            if number >= end || is(to) {
                *open = None;
            }
            return number <= end || end == 0;
        }
        if !is(from) {
            return false;
        }
        *open = match to {
            Place::Line(end) if *end <= number => None,
            Place::Line(end) => Some(*end),
            Place::More(0) => None,
            Place::More(more) => Some(number + more),
            Place::Last if number == count => None,
            _ => Some(usize::MAX),
        };
        true
    }
}

/// `None` where nothing fits.
fn swapped(line: &str, from: &Pattern, to: &str, all: bool, nth: usize) -> Option<String> {
    let (mut out, mut at, mut seen, mut any) = (String::new(), 0, 0, false);
    while let Some(places) = from.places(line, at) {
        let Some((start, end)) = places[0] else { break };
        out.push_str(&line[at..start]);
        if seen >= nth {
            any = true;
            replacement(to, line, &places, &mut out);
        } else {
            out.push_str(&line[start..end]);
        }
        seen += 1;
        at = end;
        if end == start {
            let Some(c) = line[at..].chars().next() else { break };
            out.push(c);
            at += c.len_utf8();
        }
        if any && !all {
            break;
        }
    }
    out.push_str(&line[at.min(line.len())..]);
    any.then_some(out)
}

/// `&` and `\1` are what was found.
fn replacement(to: &str, line: &str, places: &[Option<(usize, usize)>], out: &mut String) {
    let mut letters = to.chars();
    let part = |number: usize| places.get(number).copied().flatten().map_or("", |(from, to)| &line[from..to]);
    while let Some(letter) = letters.next() {
        match letter {
            '&' => out.push_str(part(0)),
            '\\' => match letters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(digit) if digit.is_ascii_digit() => out.push_str(part(digit as usize - '0' as usize)),
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str, quiet: bool, text: &str) -> String {
        let mut reader = Reader { rest: script, all: script.len(), extended: false };
        edited(text, &reader.rules().unwrap(), quiet)
    }

    #[test]
    fn text_is_swapped_printed_and_dropped() {
        let text = "image: nginx:1.27\nreplicas: 3\n";
        assert_eq!(run("s/1.27/1.28/", false, text), "image: nginx:1.28\nreplicas: 3\n");
        assert_eq!(run("s|nginx|my/&|", false, text), "image: my/nginx:1.27\nreplicas: 3\n");
        assert_eq!(run("2p", true, text), "replicas: 3\n");
        assert_eq!(run("/image/d", false, text), "replicas: 3\n");
        assert_eq!(run(r"s/\([a-z]*\): \(.*\)/\2 is \1/", false, text), "nginx:1.27 is image\n3 is replicas\n");
        assert_eq!(run("/image/a\\  tag: x", false, text), "image: nginx:1.27\ntag: x\nreplicas: 3\n");
    }

    #[test]
    fn ranges_open_and_end() {
        let text = "a\nb\nc\nd\ne\n";
        assert_eq!(run("/b/,/d/d", false, text), "a\ne\n");
        assert_eq!(run("2,3p", true, text), "b\nc\n");
        assert_eq!(run("$!d", false, text), "e\n");
        assert_eq!(run("/b/,+1d; s/e/E/", false, text), "a\nd\nE\n");
        assert_eq!(run("3q", false, text), "a\nb\nc\n");
    }
}
