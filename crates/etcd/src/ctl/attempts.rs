//! What etcdctl's client says on standard error: a line of JSON for each attempt that failed, and the steps of a snapshot.
use super::ask::{Access, Ask, Reply};
use super::command::Line;
use super::credentials::Distrust;
use super::{Answer, Saved, figures};
use crate::server::words;
use simcore::Duration;

/// An attempt that failed: where, what was asked, why, and whether there was a connection.
struct Failed {
    endpoint: String,
    method: &'static str,
    error: String,
    connected: bool,
    health: bool,
}

/// Whoever is asked, with a memory of what failed.
pub struct Attempts<'a> {
    inner: &'a mut dyn Access,
    first: String,
    command: Vec<String>,
    failed: Vec<Failed>,
    unusable: Option<String>,
    saved: Option<u64>,
}

/// gRPC's codes of etcd's refusals (api/v3rpc `rpctypes/error.go`); what is not here is a failed precondition.
const CODES: [(&str, &str); 14] = [
    (words::NO_LEASE, "NotFound"),
    (words::MEMBER_NOT_FOUND, "NotFound"),
    (words::COMPACTED, "OutOfRange"),
    (words::FUTURE_REVISION, "OutOfRange"),
    (words::LONG_LEASE, "OutOfRange"),
    (words::NO_SPACE, "ResourceExhausted"),
    (words::UNHEALTHY, "Unavailable"),
    (words::NO_LEADER, "Unavailable"),
    (words::TIMED_OUT, "Unavailable"),
    (words::NOT_FOR_LEARNERS, "Unavailable"),
    (words::TOO_LARGE, "InvalidArgument"),
    ("etcdserver: key is not provided", "InvalidArgument"),
    ("etcdserver: key not found", "InvalidArgument"),
    ("etcdserver: duplicate key given in txn request", "InvalidArgument"),
];

impl<'a> Attempts<'a> {
    pub fn over(inner: &'a mut dyn Access) -> Attempts<'a> {
        let (first, command, failed) = (String::new(), Vec::new(), Vec::new());
        Attempts { inner, first, command, failed, unusable: None, saved: None }
    }

    /// The line is read: whom it asks, and for what.
    pub fn begin(&mut self, line: &Line) {
        self.first = line.endpoints.first().cloned().unwrap_or_default();
        self.command.clone_from(&line.words);
    }

    /// Each endpoint is asked by itself, or the first that listens.
    fn is_each(&self) -> bool {
        matches!(self.command.first().map(String::as_str), Some("endpoint" | "defrag" | "move-leader"))
    }

    /// The answer with what the client said meanwhile.
    pub fn told(mut self, answer: Answer) -> Answer {
        if let Some(words) = self.unusable {
            return Answer { code: 128, ..Answer::refusal(&words) };
        }
        let Some(at) = self.inner.clock(answer.waited) else { return answer };
        if self.failed.is_empty() {
            self.failed.extend(self.refused_at_home(&answer));
        }
        let mut lines: Vec<String> = self.steps(&at, answer.code);
        // The client goes on to the next endpoint without a word; only when none is left it says so, once.
        let failed: Vec<&Failed> = match self.is_each() {
            true => self.failed.iter().collect(),
            false if answer.code == 0 => Vec::new(),
            false => self.failed.last().into_iter().collect(),
        };
        let mut warned = failed.iter().map(|one| self.line(&at, one)).collect::<Vec<_>>().into_iter();
        let mut stderr = String::new();
        for line in answer.stderr.split_inclusive('\n') {
            if line.starts_with("Failed to ") {
                lines.extend(warned.next());
            }
            if !line.starts_with("Failed to ") {
                lines.extend(warned.by_ref());
            }
            lines.drain(..).for_each(|one| stderr += &one);
            stderr += line;
        }
        lines.into_iter().chain(warned).for_each(|one| stderr += &one);
        Answer { stderr, ..answer }
    }

    /// A refusal of the server's that was found out without asking.
    fn refused_at_home(&self, answer: &Answer) -> Option<Failed> {
        let words = answer.stderr.strip_prefix("Error: ").filter(|words| words.starts_with("etcdserver: "))?.trim_end();
        let command: Vec<&str> = self.command.iter().map(String::as_str).collect();
        let method = match command[..] {
            ["get", ..] => "KV/Range",
            ["put", ..] => "KV/Put",
            ["txn", ..] => "KV/Txn",
            ["member", "add", ..] => "Cluster/MemberAdd",
            ["member", "update", ..] => "Cluster/MemberUpdate",
            ["downgrade", ..] => "Maintenance/Downgrade",
            _ => return None,
        };
        Some(Failed { endpoint: self.first.clone(), method, error: refused(words), connected: true, health: false })
    }

    fn line(&self, at: &str, failed: &Failed) -> String {
        let Failed { endpoint, method, error, connected, health } = failed;
        let target = if self.is_each() { endpoint } else { &self.first };
        let (peer, target) = (bare(endpoint), bare(target));
        let number = mixed(&[at, endpoint, method]);
        let own = match peer.rsplit_once(':').map_or(peer, |(name, _)| name) {
            "127.0.0.1" | "localhost" => "127.0.0.1".to_string(),
            _ => self.inner.address(),
        };
        let peer = match connected {
            true => format!("Peer{{Addr: '{peer}', LocalAddr: '{own}:{}', AuthInfo: 'tls'}}", 32_768 + number % 28_000),
            false => "Peer{Addr: <nil>, LocalAddr: <nil>, AuthInfo: <nil>}".to_string(),
        };
        format!(
            "{{\"level\":\"warn\",\"ts\":\"{at}\",\"logger\":\"{}\",\"caller\":\"v3@v3.7.3/retry_interceptor.go:68\",\"msg\":\"retrying of unary invoker failed\",\"target\":\"etcd-endpoints://0x{:x}00/{target}\",\"peer\":\"{peer}\",\"method\":\"/etcdserverpb.{method}\",\"attempt\":0,\"error\":\"{}\"}}\n",
            if *health { "client" } else { "etcd-client" },
            number & 0xfff_ffff_ffff >> 8 | 1 << 34,
            error.replace('"', "\\\"")
        )
    }

    /// `snapshot save` says what it does.
    fn steps(&self, at: &str, code: u8) -> Vec<String> {
        let command: Vec<&str> = self.command.iter().map(String::as_str).collect();
        let (["snapshot", "save", path], Some(size), 0) = (&command[..], self.saved, code) else { return Vec::new() };
        let say = |logger: &str, caller: &str, rest: &str| {
            let logger = if logger.is_empty() { String::new() } else { format!("\"logger\":\"{logger}\",") };
            format!("{{\"level\":\"info\",\"ts\":\"{at}\",{logger}\"caller\":\"{caller}\",\"msg\":{rest}}}\n")
        };
        let took = 4_000_000 + mixed(&[at, path]) % 3_000_000 + size / 4;
        let took = format!("{}.{:06}ms", took / 1_000_000, took % 1_000_000);
        let (from, size) = (&self.first, figures::bytes(size));
        let fetched =
            format!("\"fetched snapshot\",\"endpoint\":\"{from}\",\"size\":\"{size}\",\"took\":\"{took}\",\"etcd-version\":\"3.7.0\"");
        vec![
            say("", "snapshot/v3_snapshot.go:83", &format!("\"created temporary db file\",\"path\":\"{path}.part\"")),
            say("client", "v3@v3.7.3/maintenance.go:236", "\"opened snapshot stream; downloading\""),
            say("", "snapshot/v3_snapshot.go:96", &format!("\"fetching snapshot\",\"endpoint\":\"{from}\"")),
            say("client", "v3@v3.7.3/maintenance.go:302", "\"completed snapshot read; closing\""),
            say("", "snapshot/v3_snapshot.go:111", &fetched),
            say("", "snapshot/v3_snapshot.go:121", &format!("\"saved\",\"path\":\"{path}\"")),
        ]
    }

    fn remember(&mut self, endpoint: &str, ask: &Ask, reply: &Reply) {
        let hashes = self.command.get(1).is_some_and(|word| word == "hashkv");
        let Some(method) = method(ask, hashes) else { return };
        let (error, connected) = match reply {
            Reply::Refused(words) => (refused(words), true),
            Reply::Wrong(words) => (refused(words), true),
            Reply::Silence => (late("context deadline exceeded"), true),
            Reply::Unreached(words) => (late(&unreached(words, bare(endpoint), &self.inner.address())), false),
            _ => return,
        };
        let health = matches!(ask, Ask::Health);
        self.failed.push(Failed { endpoint: endpoint.to_string(), method, error, connected, health });
    }
}

/// What a client calls that asks so; `None` for streams, of which nothing is said here.
fn method(ask: &Ask, hashes: bool) -> Option<&'static str> {
    Some(match ask {
        Ask::Range { .. } if hashes => "Maintenance/HashKV",
        Ask::Health | Ask::Range { .. } => "KV/Range",
        Ask::Put { .. } => "KV/Put",
        Ask::Delete(_) => "KV/DeleteRange",
        Ask::Transact(_) => "KV/Txn",
        Ask::Compact(_) => "KV/Compact",
        Ask::Status => "Maintenance/Status",
        Ask::Defragment => "Maintenance/Defragment",
        Ask::Alarms | Ask::Disarm => "Maintenance/Alarm",
        Ask::MoveLeader(_) => "Maintenance/MoveLeader",
        Ask::Members => "Cluster/MemberList",
        Ask::Add { .. } => "Cluster/MemberAdd",
        Ask::Promote(_) => "Cluster/MemberPromote",
        Ask::Remove(_) => "Cluster/MemberRemove",
        Ask::Grant(_) | Ask::Session(_) => "Lease/LeaseGrant",
        Ask::Revoke(_) => "Lease/LeaseRevoke",
        Ask::Leases => "Lease/LeaseTimeToLive",
        Ask::LeaseNumbers => "Lease/LeaseLeases",
        Ask::KeepAlive(_) | Ask::Watch(..) | Ask::Snapshot => return None,
    })
}

fn refused(words: &str) -> String {
    let code = CODES.iter().find(|(known, _)| *known == words).map_or("FailedPrecondition", |(_, code)| code);
    format!("rpc error: code = {code} desc = {words}")
}

fn late(words: &str) -> String {
    format!("rpc error: code = DeadlineExceeded desc = {words}")
}

/// Why there is no connection, as the client's balancer has it.
fn unreached(words: &str, endpoint: &str, own: &str) -> String {
    const LATEST: &str = "latest balancer error: ";
    match words {
        "connect: connection refused" => {
            format!("{LATEST}connection error: desc = \"transport: Error while dialing: dial tcp {endpoint}: {words}\"")
        }
        "i/o timeout" => "context deadline exceeded while waiting for connections to become ready".to_string(),
        "broken pipe" => {
            let own = if endpoint.starts_with("127.") || endpoint.starts_with("localhost") { "127.0.0.1" } else { own };
            format!("{LATEST}write tcp {own}:{}->{endpoint}: write: broken pipe", 32_768 + mixed(&[endpoint, own]) % 28_000)
        }
        _ => format!("{LATEST}connection error: desc = \"{words}\""),
    }
}

fn bare(endpoint: &str) -> &str {
    endpoint.split("://").last().unwrap_or(endpoint)
}

/// A number that differs with the words: addresses in memory, ports.
fn mixed(words: &[&str]) -> u64 {
    words.iter().flat_map(|word| word.bytes()).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        let mixed = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        mixed ^ mixed >> 29
    })
}

impl Access for Attempts<'_> {
    fn ask(&mut self, endpoint: &str, ask: &Ask, within: Duration) -> Option<Reply> {
        let distrust = match self.inner.distrust() {
            None if endpoint.starts_with("http://") => Some(Distrust::Plain),
            known => known,
        };
        let reply = match distrust {
            Some(Distrust::Unusable(words)) => {
                self.unusable = Some(words);
                Reply::Unreached(String::new())
            }
            Some(Distrust::Handshake(words)) => Reply::Unreached(format!("transport: authentication handshake failed: {words}")),
            Some(Distrust::Stranger) => Reply::Unreached("broken pipe".to_string()),
            Some(Distrust::Plain) => Reply::Unreached("error reading server preface: EOF".to_string()),
            None => self.inner.ask(endpoint, ask, within)?,
        };
        self.remember(endpoint, ask, &reply);
        Some(reply)
    }

    fn input(&self) -> String {
        self.inner.input()
    }

    fn show(&mut self, text: &str) {
        self.inner.show(text);
    }

    fn load(&mut self, path: &str) -> Option<Saved> {
        self.inner.load(path)
    }

    fn save(&mut self, path: &str, saved: Saved) {
        self.saved = Some(saved.size);
        self.inner.save(path, saved);
    }

    fn restore(&mut self, saved: &Saved, directory: &str) -> Result<(), String> {
        self.inner.restore(saved, directory)
    }
}
