//! `$(NAME)` in values, commands and arguments (upstream's `third_party/forked/golang/expansion`).
use objects::Text;

/// `text` with each `$(NAME)` of a known name replaced; unknown ones stay as they are, and `$$` is a plain `$`.
pub fn expand(text: &str, known: &[(Text, Text)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match known.iter().rev().find(|(key, _)| key == name) {
                Some((_, value)) => out.push_str(value),
                None => out.extend(["$(", name, ")"]),
            }
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_replaced_and_doubled_dollars_escape() {
        let known = [(Text::new("HOST"), Text::new("db"))];
        let rows = [("$(HOST):5432 $(NOBODY)", "db:5432 $(NOBODY)"), ("$$(HOST) $$$(HOST)", "$(HOST) $db"), ("$HOST $( $", "$HOST $( $")];
        for (text, wanted) in rows {
            assert_eq!(expand(text, &known), wanted, "{text}");
        }
    }
}
