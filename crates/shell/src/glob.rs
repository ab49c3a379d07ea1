//! Patterns of file names and of `case`: `*`, `?`, `[a-z]`.

/// Whether a whole text fits; `*` and `?` stand for no slash.
pub fn fits(pattern: &str, text: &str) -> bool {
    run(pattern, text, true)
}

/// Whether a whole text fits; `*` and `?` stand for anything.
pub fn glob(pattern: &str, text: &str) -> bool {
    run(pattern, text, false)
}

fn run(pattern: &str, text: &str, path: bool) -> bool {
    let mut rest = pattern.chars();
    let is_apart = |c: char| path && c == '/';
    match rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let tail = rest.as_str();
            let end = text.find(is_apart).unwrap_or(text.len());
            text.char_indices().map(|(at, _)| at).chain([text.len()]).take_while(|at| *at <= end).any(|at| run(tail, &text[at..], path))
        }
        Some('?') => text.chars().next().is_some_and(|c| !is_apart(c) && run(rest.as_str(), &text[c.len_utf8()..], path)),
        Some('[') if rest.as_str().contains(']') => {
            let (set, tail) = rest.as_str().split_once(']').unwrap_or_default();
            let (not, set) = set.strip_prefix(['!', '^']).map_or((false, set), |set| (true, set));
            text.chars().next().is_some_and(|c| within(set, c) != not && run(tail, &text[c.len_utf8()..], path))
        }
        Some(c) => text.strip_prefix(c).is_some_and(|text| run(rest.as_str(), text, path)),
    }
}

fn within(set: &str, letter: char) -> bool {
    let all: Vec<char> = set.chars().collect();
    let mut at = 0;
    while at < all.len() {
        if all.get(at + 1) == Some(&'-') && at + 2 < all.len() {
            if (all[at]..=all[at + 2]).contains(&letter) {
                return true;
            }
            at += 3;
        } else if all[at] == letter {
            return true;
        } else {
            at += 1;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names() {
        assert!(fits("web-*.y?ml", "web-1.yaml") && !fits("*", "a/b") && glob("*", "a/b"));
        assert!(fits("node-[1-3]", "node-2") && !fits("node-[!1-3]", "node-2"));
    }
}
