//! What `printf FORMAT WORD…` writes: the format again until the words are used up, as in bash.

/// `%s` and `%d` with widths as in `%-8s`; `\n`, `\t`, `\\` in the format.
pub fn printf(format: &str, words: &[String]) -> String {
    let (mut out, mut words) = (String::new(), words.iter());
    loop {
        let (before, mut used) = (words.len(), false);
        let mut letters = format.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => out.push(match letters.next() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some(other) => other,
                    None => '\\',
                }),
                '%' => {
                    let mut width = String::new();
                    while let Some(next) = letters.next_if(|next| next.is_ascii_digit() || matches!(next, '-' | '0' | '.')) {
                        width.push(next);
                    }
                    let kind = letters.next();
                    if kind == Some('%') {
                        out.push('%');
                        continue;
                    }
                    used = true;
                    let word = words.next().map_or("", String::as_str);
                    match kind {
                        Some('d' | 'i') if word.is_empty() => out.push_str(&padded("0", &width)),
                        Some('x') => out.push_str(&padded(&format!("{:x}", word.parse::<i64>().unwrap_or(0)), &width)),
                        Some('b') => out.push_str(&word.replace("\\n", "\n").replace("\\t", "\t")),
                        _ => out.push_str(&padded(word, &width)),
                    }
                }
                other => out.push(other),
            }
        }
        if !used || words.len() == 0 || words.len() == before {
            return out;
        }
    }
}

fn padded(word: &str, width: &str) -> String {
    let number: usize = width.trim_start_matches(['-', '0']).parse().unwrap_or(0);
    match (width.starts_with('-'), width.starts_with('0')) {
        (true, _) => format!("{word:<number$}"),
        (_, true) => ["0".repeat(number.saturating_sub(word.len())).as_str(), word].concat(),
        _ => format!("{word:>number$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::printf;

    #[test]
    fn a_format_is_used_again_until_the_words_are_gone() {
        let words: Vec<String> = ["a", "b"].map(String::from).into();
        assert_eq!(printf("%s\\n", &words), "a\nb\n");
        assert_eq!(printf("kind: ConfigMap\\ndata:\\n  a: \"1\"\\n", &[]), "kind: ConfigMap\ndata:\n  a: \"1\"\n");
        assert_eq!(printf("%-3s|%3s 100%%", &words), "a  |  b 100%");
        assert_eq!(printf("%03d %x", &["7".to_string(), "255".to_string()]), "007 ff");
    }
}
