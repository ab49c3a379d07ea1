//! Words about the control plane's own machinery, for both languages.

/// Words of its lenses. A missing one does not compile.
pub struct Ops {
    /// Of a server.
    pub no_cluster: &'static str,
    /// Above the words about a known mistake.
    pub mistake: &'static str,
    /// What a sandbox of servers without a cluster is, and how to begin in it.
    pub bare_lead: &'static str,
    pub bare_hint: &'static str,
    pub etcd_lead: &'static str,
    pub no_etcd: &'static str,
    /// Whether there is a quorum, how many voters are there, how many there should be, how many are needed.
    pub quorum: fn(bool, u32, u32, u32) -> String,
    /// Who leads in which term, and for how many seconds where an election was seen.
    pub leads: fn(&str, u64, Option<u64>) -> String,
    pub nobody_leads: &'static str,
    pub role: fn(&str) -> &str,
    pub term: &'static str,
    pub database: &'static str,
    /// How many milliseconds more a write takes on this disk.
    pub disk: fn(u32) -> String,
    pub disk_good: &'static str,
    pub slow_disk: &'static str,
    pub good_disk: &'static str,
    /// An entry that is in the log and not yet agreed on.
    pub log_text: fn(u64, u64) -> String,
    pub alarm: &'static str,
    /// Above the table of entries, and what its signs mean.
    pub entries: &'static str,
    pub entries_hint: &'static str,
    /// What an entry says: `leader`, `members`, or as it stands; empty where nobody can tell.
    pub entry: fn(&str) -> &str,
    /// Of a member that is none any more.
    pub no_member: &'static str,
    /// Where a provider runs what the lens shows.
    pub hidden: &'static str,
    pub kill: &'static str,
    pub slow: &'static str,
    pub quick: &'static str,
    pub quick_component: fn(&str) -> String,
    pub cut_component: fn(&str, bool) -> String,
    /// The parts that live in K3s's one process.
    pub inside: fn(&str) -> String,
    pub health_lead: &'static str,
    /// In the order of `cluster::probes::IDS`.
    pub functions: [&'static str; 8],
    pub works: &'static str,
    pub fails: &'static str,
    /// How many seconds something has been so.
    pub since: fn(u64) -> String,
    /// Why a function fails: a word and whom it is about.
    pub why: fn(&str, &str) -> String,
    pub parts_lead: &'static str,
    pub leaders: &'static str,
    pub leader: &'static str,
    pub standby: &'static str,
    /// The list of messages, the choice of two who talk, and of a message that nobody answered.
    pub talk: &'static str,
    pub talk_between: &'static str,
    pub unanswered: &'static str,
    pub silent: &'static str,
    /// What a component is for, and from where it runs, by its program; empty for one that nobody knows.
    pub purpose: fn(&str) -> &'static str,
    /// What a fact behind a decision is called.
    pub fact: fn(&str) -> &str,
    /// Above the story of how a thing came to be.
    pub birth: &'static str,
    /// Of nodes that a decision looked at and does not list.
    pub other_nodes: fn(&str) -> String,
    /// Which server a component runs on, and whether it does.
    pub runs_on: fn(&str, bool) -> String,
    pub processes_lead: &'static str,
    pub server: &'static str,
    /// Program, memory, share of a core.
    pub process_heads: [&'static str; 3],
    /// How many processes, and their memory in MiB.
    pub in_all: fn(usize, u64) -> String,
    pub no_processes: &'static str,
    pub duties_lead: &'static str,
    pub duty: &'static str,
    /// The column of one's own servers.
    pub self_managed: &'static str,
    pub this_cluster: &'static str,
    /// Where this cluster's provider is none of the three.
    pub no_style: &'static str,
    /// You, the provider, both.
    pub by: [&'static str; 3],
    /// A row's title by its id (`cluster::managed::duties`), and a note by its place.
    pub duty_named: fn(&str) -> &'static str,
    pub duty_note: fn(usize) -> &'static str,
}

/// Seconds as `35 s` or `2 min 5 s`, with the reader's units.
pub fn span(seconds: u64, minute: &str, second: &str) -> String {
    match (seconds / 60, seconds % 60) {
        (0, rest) => format!("{rest}{second}"),
        (minutes, 0) => format!("{minutes}{minute}"),
        (minutes, rest) => format!("{minutes}{minute} {rest}{second}"),
    }
}
