//! Words about the network, for both languages.

/// Words of the lenses. A missing one does not compile.
pub struct Net {
    pub lens: &'static str,
    /// In the order of the lenses.
    pub lenses: [&'static str; 12],
    pub users: &'static str,
    pub lags: &'static str,
    pub no_sources: &'static str,
    pub new_source: &'static str,
    /// The sources as a text, and back to how they run.
    pub as_yaml: &'static str,
    pub as_it_runs: &'static str,
    pub name: &'static str,
    pub target: &'static str,
    pub from: &'static str,
    pub outside: &'static str,
    pub rate: &'static str,
    pub more: &'static str,
    pub path: &'static str,
    pub told_apart: &'static str,
    pub think: &'static str,
    pub open_most: &'static str,
    pub timeout: &'static str,
    pub retries: &'static str,
    pub keep_alive: &'static str,
    pub percent: &'static str,
    pub header: &'static str,
    pub latency: &'static str,
    pub send: &'static str,
    pub change: &'static str,
    pub end: &'static str,
    pub minute: &'static str,
    pub answered: &'static str,
    pub failed: &'static str,
    pub ten_seconds: &'static str,
    pub requests: &'static str,
    pub outcome_filter: &'static str,
    pub all: &'static str,
    pub no_requests: &'static str,
    pub forgotten: &'static str,
    pub follow: &'static str,
    pub when: &'static str,
    pub to: &'static str,
    pub took: &'static str,
    pub result: &'static str,
    pub no_services: &'static str,
    pub rules_lead: &'static str,
    pub no_endpoints: &'static str,
    pub url: &'static str,
    pub open: &'static str,
    pub hosts_line: &'static str,
    pub loading: &'static str,
    pub browser_lead: &'static str,
    pub headers: &'static str,
    pub empty_page: &'static str,
    pub not_enforced: &'static str,
    pub no_policies: &'static str,
    pub port: &'static str,
    pub matrix: &'static str,
    pub matrix_lead: &'static str,
    pub itself: &'static str,
    pub isolated: &'static str,
    pub names_lead: &'static str,
    pub ask: &'static str,
    pub pod: &'static str,
    pub no_pods: &'static str,
    pub strategy_lead: &'static str,
    pub new_version: &'static str,
    /// Good, slow, broken.
    pub new_versions: [&'static str; 3],
    pub compare: &'static str,
    pub strategy: &'static str,
    /// In the order of the table's columns.
    pub measures: [&'static str; 7],
    pub never: &'static str,
    pub taken_back: &'static str,
    pub per_second: fn(u32) -> String,
    pub rules_of: fn(&str) -> String,
    pub from_pods: fn(&str) -> String,
    pub held_back: fn(u64) -> String,
    pub half_in: fn(&str, &str) -> String,
    pub way: fn(u64) -> String,
    pub show_rules: fn(&str) -> String,
    pub rules_in: fn(&str) -> String,
    pub missing: fn(&str) -> String,
    pub stale: fn(&str) -> String,
    pub strip: fn(&str, u64, u64) -> String,
    pub cell: fn(&str, &str, bool) -> String,
    /// A strategy's name by its id.
    pub strategy_named: fn(&str) -> &str,
    pub measured: fn(u32, u32) -> String,
    pub board: fn(&str) -> String,
    pub by_second: fn(&str) -> String,
    pub copies: fn(u64, u64) -> String,
    /// How many copies of a source's requests a proxy has sent elsewhere.
    pub copied: fn(u64) -> String,
    /// A request's outcome: a status, or why there was no answer.
    pub outcome: fn(&str) -> String,
    /// Denied, allowed.
    pub verdicts: [&'static str; 2],
    /// Why policies deny or allow: a `policy::Reason`.
    pub reason: fn(&[String]) -> String,
    /// How many requests of a span were answered and failed.
    pub in_span: fn(u32, u32) -> String,
    /// What a browser says of a failure: a title, and more.
    pub failure: fn(&str, &str) -> (&'static str, String),
    /// A hop by what was done and its facts.
    pub hop: fn(&str, &[String]) -> String,
}

/// The fact at a place, or nothing.
pub fn fact(facts: &[String], at: usize) -> &str {
    facts.get(at).map_or("", String::as_str)
}

/// Microseconds as milliseconds with one digit: `3.1 ms`, `1200 ms`; a dash where nothing was measured.
pub fn milliseconds(micros: u64) -> String {
    if micros == 0 {
        return "–".to_string();
    }
    if micros >= 100_000 { format!("{} ms", micros / 1_000) } else { format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100) }
}
