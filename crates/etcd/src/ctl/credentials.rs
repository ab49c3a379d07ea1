//! The files with which etcdctl shows who it is and whom it trusts, and what is wrong with them.
use super::command::Line;

/// `--cacert`, `--cert`, `--key`, `--insecure-skip-tls-verify`, or their variables; empty: not given.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Credentials {
    pub authority: String,
    pub certificate: String,
    pub key: String,
    pub skips: bool,
}

/// Why a connection with such files does not come about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Distrust {
    /// The program ends before it connects.
    Unusable(String),
    /// The client does not like the member's certificate.
    Handshake(String),
    /// The member does not like the client's, or sees none.
    Stranger,
    /// The member speaks TLS, and the client does not.
    Plain,
}

/// What a line of etcdctl brings along; `None` where it brings nothing, or cannot be read.
pub fn credentials(given: &[&str], env: &[(String, String)]) -> Option<Credentials> {
    let line = Line::read("etcdctl", given, env).ok()?;
    let variable = |name: &str| env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let of = |name: &str, key: &str| line.value(name).map(str::to_string).or_else(|| variable(key)).unwrap_or_default();
    let found = Credentials {
        authority: of("cacert", "ETCDCTL_CACERT"),
        certificate: of("cert", "ETCDCTL_CERT"),
        key: of("key", "ETCDCTL_KEY"),
        skips: line.has("insecure-skip-tls-verify") || variable("ETCDCTL_INSECURE_SKIP_TLS_VERIFY").is_some_and(|value| value == "true"),
    };
    (found != Credentials::default()).then_some(found)
}
