//! Host names as listeners and routes write them: exact, `*.example.com`, or empty for all.

/// Whether a name fits a pattern. A star stands for one label or more, as the Gateway API says.
pub fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix('*') {
        _ if pattern.is_empty() => true,
        Some(end) => name.len() > end.len() && ends_with(name, end),
        None => pattern.eq_ignore_ascii_case(name),
    }
}

fn ends_with(name: &str, end: &str) -> bool {
    name.get(name.len() - end.len()..).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// The names that two patterns have in common, as a pattern; `None` where there are none.
pub fn intersect<'a>(one: &'a str, other: &'a str) -> Option<&'a str> {
    let within = |wide: &str, narrow: &str| match (wide.strip_prefix('*'), narrow.strip_prefix('*')) {
        _ if wide.is_empty() || wide == narrow => true,
        (Some(wide), Some(narrow)) => narrow.len() > wide.len() && narrow.ends_with(wide),
        (Some(_), None) => !narrow.is_empty() && fits(wide, narrow),
        _ => false,
    };
    if within(one, other) {
        return Some(other);
    }
    within(other, one).then_some(one)
}

/// How closely a pattern says what it means; the larger wins: exact names before stars, then the longer one.
pub fn closeness(pattern: &str) -> (bool, usize) {
    (!pattern.is_empty() && !pattern.starts_with('*'), pattern.len())
}

/// The name in a Host header: without its port, in lower case only where it is compared.
pub fn bare(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_labels_and_never_for_none() {
        assert!(fits("*.example.com", "a.example.com") && fits("*.example.com", "a.b.Example.com"));
        assert!(!fits("*.example.com", "example.com") && !fits("*.example.com", ".example.org"));
        assert!(fits("", "anything") && fits("a.b", "A.B") && !fits("a.b", "a.c"));
    }

    #[test]
    fn two_patterns_meet_in_the_narrower_one() {
        assert_eq!(intersect("", "*.x"), Some("*.x"));
        assert_eq!(intersect("*.x", "a.x"), Some("a.x"));
        assert_eq!(intersect("a.x", "*.x"), Some("a.x"));
        assert_eq!(intersect("*.x", "*.b.x"), Some("*.b.x"));
        assert_eq!(intersect("*.x", "x"), None);
        assert_eq!(intersect("a.x", "b.x"), None);
    }
}
