//! Words of the lab, for both languages.

/// The table's rows, by the ids that `cluster::comparison` gives them.
pub const ROWS: [&str; 11] = [
    "steps",
    "minutes",
    "processes",
    "memory-rest",
    "memory-100",
    "ports",
    "certificates",
    "datastore",
    "bundled",
    "architectures",
    "server-stops",
];

/// A missing one does not compile.
pub struct Lab {
    pub lead: &'static str,
    /// Whose servers a pane shows.
    pub servers_for: fn(&str) -> String,
    pub one_clock: &'static str,
    pub one_second: &'static str,
    /// Before a line that a press types.
    pub next_line: &'static str,
    pub compared: &'static str,
    pub what: &'static str,
    pub source: &'static str,
    /// In the order of `ROWS`.
    pub rows: [&'static str; 11],
    /// By the words of `cluster::comparison::source`; a document stands for itself.
    pub source_of: fn(&str) -> &str,
    pub try_pods: &'static str,
    pub try_stop: &'static str,
    pub not_tried: &'static str,
    pub not_ready: &'static str,
    pub nothing: &'static str,
    /// At which second since the start something was tried.
    pub tried_at: fn(u64) -> String,
    /// A number of minutes that has tenths.
    pub minutes: fn(&str) -> String,
}
