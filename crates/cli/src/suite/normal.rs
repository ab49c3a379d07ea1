//! What differs from run to run, in one table. Different values stay different: the second address is `<pod-ip-2>`.
use fancy_regex::{Captures, Regex};
use std::sync::LazyLock;

/// Pattern, the word for it, and whether its values are told apart.
static TABLE: &[(&str, &str, bool)] = &[
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "uid", true),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "time", false),
    (r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "time", false),
    // klog's fraction of a second, and the port that a client happened to get.
    (r"(?<=[DEFIW]\d{4} \d\d:\d\d:\d\d\.)\d{6}\b", "micros", false),
    (r"(?<=127\.0\.0\.1:)[3-6]\d{4}(?=->)", "port", true),
    (r"\b10\.244\.\d+\.\d+\b", "pod-ip", true),
    (r"\b10\.(9[6-9]|10\d|11[01])\.\d+\.\d+\b", "cluster-ip", true),
    (r"\b3[0-2]\d{3}(?=/(TCP|UDP))", "node-port", true),
    (r"(?<=-)[bcdfghjklmnpqrstvwxz2456789]{7,10}(?=-[bcdfghjklmnpqrstvwxz2456789]{5}\b)", "hash", true),
    (r"(?<=-)[bcdfghjklmnpqrstvwxz2456789]{5}\b", "suffix", true),
    (r"\b(cali[0-9a-f]{11}|veth[0-9a-f]{8})\b", "peer", true),
    (r"(?<![\w.<-])(\d+d)?(\d+h)?(\d+m)?\d+s\b|(?<![\w.<-])\d+[dhm]\b", "age", false),
    (r"(?<=resourceVersion: .)\d+", "revision", false),
    (r" {2,}", "  ", false),
];

static COMPILED: LazyLock<Vec<(Regex, &'static str, bool)>> =
    LazyLock::new(|| TABLE.iter().map(|(text, word, apart)| (Regex::new(text).expect("a constant pattern"), *word, *apart)).collect());

/// One side of a comparison.
#[derive(Default)]
pub struct Normal {
    seen: Vec<(&'static str, String)>,
}

impl Normal {
    /// The text without what differs from run to run.
    pub fn of(&mut self, text: &str) -> String {
        let mut text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        for (regex, word, apart) in COMPILED.iter() {
            let replaced = regex.replace_all(&text, |found: &Captures| match (*apart, word.trim().is_empty()) {
                (_, true) => word.to_string(),
                (false, _) => format!("<{word}>"),
                (true, _) => self.named(word, found.get(0).map_or("", |found| found.as_str())),
            });
            text = replaced.into_owned();
        }
        text.trim_end().to_string()
    }

    fn named(&mut self, word: &'static str, value: &str) -> String {
        let known = self.seen.iter().filter(|(known, _)| *known == word).position(|(_, text)| text == value);
        let number = known.unwrap_or_else(|| {
            let number = self.seen.iter().filter(|(known, _)| *known == word).count();
            self.seen.push((word, value.to_string()));
            number
        });
        format!("<{word}-{}>", number + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_keeps_its_number() {
        let text =
            "web-9d6d84dbb-x7k2p   10.244.1.5   5s\nweb-9d6d84dbb-hgf4d   10.244.2.5   1m5s\nsvc  10.96.0.1,10.244.1.5  80:31000/TCP\n";
        let expected = "web-<hash-1>-<suffix-1>  <pod-ip-1>  <age>\nweb-<hash-1>-<suffix-2>  <pod-ip-2>  <age>\nsvc  <cluster-ip-1>,<pod-ip-1>  80:<node-port-1>/TCP";
        assert_eq!(Normal::default().of(text), expected);
    }
}
