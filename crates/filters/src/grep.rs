//! grep: lines that match, with their names, numbers and neighbours.
use crate::pattern::Pattern;
use crate::table::{Done, Source, Words};

pub fn egrep(words: &[String], source: &mut dyn Source) -> Done {
    let all: Vec<String> = std::iter::once("-E".to_string()).chain(words.iter().cloned()).collect();
    grep(&all, source)
}

/// What is searched for and how it is told.
struct Search<'a> {
    patterns: Vec<Pattern>,
    read: &'a Words<'a>,
    after: usize,
    before: usize,
    most: usize,
}

pub fn grep(words: &[String], source: &mut dyn Source) -> Done {
    let words: Vec<String> = words.iter().map(|word| short(word).to_string()).collect();
    let mut read = Words::read(&words, "eABCmf");
    let count = |letter| read.value(letter).and_then(|text| text.parse::<usize>().ok());
    let (after, before) = (count('A').or(count('C')).unwrap_or(0), count('B').or(count('C')).unwrap_or(0));
    let most = count('m').unwrap_or(usize::MAX);
    let mut patterns: Vec<&str> = read.values.iter().filter(|(letter, _)| *letter == 'e').map(|(_, value)| *value).collect();
    if patterns.is_empty() {
        if read.rest.is_empty() {
            return Done::wrong(2, "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.");
        }
        patterns.push(read.rest.remove(0));
    }
    let extended = read.has('E') || read.has('P');
    let patterns = patterns.iter().map(|text| Pattern::read(text, read.has('i') || read.has('y'), read.has('F'), extended)).collect();
    let mut names: Vec<String> = read.rest.iter().map(|name| name.to_string()).collect();
    let deep = read.has('r') || read.has('R');
    let mut done = Done::default();
    if deep {
        let here = vec![".".to_string()];
        let starts = if names.is_empty() { here } else { names };
        names = starts.into_iter().flat_map(|name| source.below(&name).unwrap_or_else(|| vec![name])).collect();
    }
    let titled = (names.len() > 1 || deep || read.has('H')) && !read.has('h');
    let search = Search { patterns, read: &read, after, before, most };
    let mut any = false;
    if names.is_empty() && !deep {
        let quiet = read.has('q');
        let Some((text, more)) = source.stdin(read.has('c')) else { return Done::waiting() };
        any = search.told("", &text, &mut done);
        // Asked only whether there is one, it need not read on.
        done.waits = more && !(quiet && any);
    }
    for name in &names {
        if !deep && source.below(name).is_some() {
            done.complain(&["grep: ", name, ": Is a directory"]);
            continue;
        }
        match source.file(name) {
            Ok(text) => any |= search.told(if titled { name } else { "" }, &text, &mut done),
            Err(_) if read.has('s') => done.code = 2,
            Err(why) => {
                done.complain(&["grep: ", name, ": ", why]);
                done.code = 2;
            }
        }
    }
    if any && (read.has('q') || done.code == 0) {
        done.code = 0;
    } else if done.code == 0 {
        done.code = 1;
    }
    done
}

/// The letter of a long option.
fn short(word: &str) -> &str {
    match word {
        "--invert-match" => "-v",
        "--ignore-case" => "-i",
        "--count" => "-c",
        "--recursive" => "-r",
        "--quiet" | "--silent" => "-q",
        "--line-number" => "-n",
        "--only-matching" => "-o",
        "--extended-regexp" => "-E",
        "--fixed-strings" => "-F",
        "--word-regexp" => "-w",
        "--files-with-matches" => "-l",
        "--no-filename" => "-h",
        other => other,
    }
}

impl Search<'_> {
    fn holds(&self, line: &str) -> bool {
        self.patterns.iter().any(|pattern| self.next(pattern, line, 0).is_some()) != self.read.has('v')
    }

    /// The next match from a byte on that is a whole line or a whole word, where that is asked for.
    fn next(&self, pattern: &Pattern, line: &str, from: usize) -> Option<(usize, usize)> {
        let letter = |c: char| c.is_alphanumeric() || c == '_';
        let mut at = from;
        loop {
            let (start, end) = pattern.place(line, at)?;
            let word = !line[..start].ends_with(letter) && !line[end..].starts_with(letter);
            let whole = start == 0 && end == line.len();
            if (!self.read.has('w') || word && end > start) && (!self.read.has('x') || whole) {
                return Some((start, end));
            }
            at = start + line[start..].chars().next()?.len_utf8();
        }
    }

    /// Tells what one text holds; whether it holds anything.
    fn told(&self, name: &str, text: &str, done: &mut Done) -> bool {
        let lines: Vec<&str> = text.lines().collect();
        let mut hits: Vec<usize> = (0..lines.len()).filter(|at| self.holds(lines[*at])).collect();
        hits.truncate(self.most);
        let prefix = |mark: &str| if name.is_empty() { String::new() } else { [name, mark].concat() };
        if self.read.has('q') {
        } else if self.read.has('l') || self.read.has('L') {
            if hits.is_empty() == self.read.has('L') {
                done.line(if name.is_empty() { self.read.rest.first().copied().unwrap_or("(standard input)") } else { name });
            }
        } else if self.read.has('c') {
            done.line(&[prefix(":"), hits.len().to_string()].concat());
        } else if self.read.has('o') {
            hits.iter().filter(|_| !self.read.has('v')).for_each(|at| self.parts(lines[*at], *at, &prefix(":"), done));
        } else {
            let mut shown = 0;
            for (place, at) in hits.iter().enumerate() {
                let first = at.saturating_sub(self.before).max(shown);
                if (self.before > 0 || self.after > 0) && place > 0 && first > shown {
                    done.line("--");
                }
                let next = hits.get(place + 1).copied().unwrap_or(usize::MAX);
                let end = at.saturating_add(self.after).min(lines.len() - 1).min(next.saturating_sub(1)).max(*at);
                for (row, line) in lines.iter().enumerate().take(end + 1).skip(first) {
                    let mark = if row == *at { ":" } else { "-" };
                    let number = if self.read.has('n') { [&(row + 1).to_string(), mark].concat() } else { String::new() };
                    done.line(&[prefix(mark).as_str(), number.as_str(), line].concat());
                }
                shown = end + 1;
            }
        }
        !hits.is_empty()
    }

    /// `-o`: the parts that match, one a line.
    fn parts(&self, line: &str, row: usize, prefix: &str, done: &mut Done) {
        let number = if self.read.has('n') { [&(row + 1).to_string(), ":"].concat() } else { String::new() };
        let mut at = 0;
        loop {
            let found = self.patterns.iter().filter_map(|pattern| self.next(pattern, line, at));
            let Some((start, end)) = found.min_by_key(|(start, end)| (*start, usize::MAX - end)) else { return };
            if end > start {
                done.line(&[prefix, &number, &line[start..end]].concat());
                at = end;
            } else {
                let Some(c) = line[end..].chars().next() else { return };
                at = end + c.len_utf8();
            }
        }
    }
}
