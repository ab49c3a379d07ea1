//! Splits a recorded command as the recorder did (POSIX quoting), and quotes it for our shell.

/// `shlex.split`: words, quotes and backslashes; no variables, patterns or pipes.
pub fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(chars.next()),
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '\\') if chars.peek().is_some_and(|next| matches!(next, '"' | '\\')) => {
                word.get_or_insert_default().extend(chars.next())
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// A word so that a shell takes it as it stands.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_string() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_and_quotes() {
        assert_eq!(
            split(r#"kubectl get pods -o jsonpath='{.items[*].x}' "a b" c\ d"#),
            ["kubectl", "get", "pods", "-o", "jsonpath={.items[*].x}", "a b", "c d"]
        );
        assert_eq!(quote("jsonpath={.items[*].x}"), "'jsonpath={.items[*].x}'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote("deploy/web"), "deploy/web");
    }
}
