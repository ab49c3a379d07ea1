//! Where a command line's requests go and as whom, by the kubeconfig and the global flags (client-go `clientcmd`).
use crate::args::Args;
use crate::job::{Io, Stop};
use crate::session::{Config, Session};
use objects::Status;
use objects::wire::{Body, Response, User};

/// The name server of the terminal's machine, as Go names it.
const RESOLVER: &str = "127.0.0.53:53";

/// What is left when the kubeconfig names nothing.
const NOWHERE: &str = "http://localhost:8080";

/// The answer that every request of this command line gets instead of the server's; `None` where the server is asked.
pub fn turned_away(args: &Args, session: &Session) -> Result<Option<Response>, Stop> {
    let config = &session.config;
    if config.home.is_empty() {
        return Ok(None);
    }
    let (context, user) = context(args, config)?;
    let cluster = if args.given("cluster") { args.text("cluster") } else { &context };
    let known = config.clusters.get(cluster).map_or(NOWHERE, String::as_str);
    let server = if args.text("server").is_empty() { known } else { args.text("server") };
    if host(server) != host(&config.home) {
        return Ok(Some(Response { code: 0, ..Response::text(silence(host(server), host(&config.home))) }));
    }
    unreadable(config, session, &user)?;
    let stranger = matches!(who(args, config, &user), Who::Nobody);
    Ok(stranger.then(|| Response::from(Status::new(401, "Unauthorized", "Unauthorized"))))
}

/// As whom the server is asked; `None` is the administrator whose certificate the kubeconfig came with.
pub fn user(args: &Args, session: &Session) -> Option<User> {
    let (_, user) = context(args, &session.config).ok()?;
    match who(args, &session.config, &user) {
        Who::Known(user) => Some(user),
        Who::Administrator | Who::Nobody => None,
    }
}

/// Cluster and user of the context.
fn context(args: &Args, config: &Config) -> Result<(String, String), Stop> {
    let name = if args.given("context") { args.text("context") } else { &config.current };
    let context = config.contexts.get(name);
    if context.is_none() && !name.is_empty() {
        return Err(Stop::plain(format!("Error in configuration: context was not found for specified context: {name}")));
    }
    let context = context.cloned().unwrap_or_default();
    Ok((context.cluster, if args.given("user") { args.text("user").to_string() } else { context.user }))
}

enum Who {
    Administrator,
    Known(User),
    /// A token or password that the server does not know.
    Nobody,
}

fn who(args: &Args, config: &Config, name: &str) -> Who {
    let login = config.users.get(name).cloned().unwrap_or_default();
    // A certificate goes before a token.
    if login.given {
        return Who::Administrator;
    }
    let field = |key: &str| login.fields.get(key).map_or("", String::as_str);
    let token = if args.text("token").is_empty() { field("token") } else { args.text("token") };
    let account = token.strip_prefix("simulated.").and_then(|rest| rest.rsplit_once('.')).and_then(|(rest, _)| rest.split_once('.'));
    if let Some((namespace, account)) = account {
        let groups = ["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}").into(), "system:authenticated".into()];
        return Who::Known(User { name: format!("system:serviceaccount:{namespace}:{account}").into(), groups: groups.to_vec() });
    }
    if !token.is_empty() || !field("username").is_empty() || !field("client-certificate").is_empty() {
        return Who::Nobody;
    }
    Who::Known(User { name: "system:anonymous".into(), groups: vec!["system:unauthenticated".into()] })
}

/// Files that the kubeconfig names and that are not there.
fn unreadable(config: &Config, session: &Session, user: &str) -> Result<(), Stop> {
    let Some(login) = config.users.get(user) else { return Ok(()) };
    let lines: String = [("client-certificate", "client-cert"), ("client-key", "client-key")]
        .iter()
        .filter_map(|(key, word)| Some((login.fields.get(*key)?, word)))
        .filter(|(path, _)| session.file(path).is_none())
        .map(|(path, word)| format!("\n* unable to read {word} {path} for {user} due to open {path}: no such file or directory"))
        .collect();
    if lines.is_empty() { Ok(()) } else { Err(Stop::plain(format!("Error in configuration: {lines}"))) }
}

/// `192.168.100.11:6443` of an address, with or without its scheme; the scheme's own port where none is written.
fn host(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
    let rest = rest.split('/').next().unwrap_or(rest);
    let port = if scheme == "https" { ":443" } else { ":80" };
    if rest.contains(':') { rest.to_string() } else { format!("{rest}{port}") }
}

/// How a connection to another place ends: nobody listens on this machine or on the servers, beyond nobody answers.
fn silence(at: String, home: String) -> String {
    let name = at.rsplit_once(':').map_or(at.as_str(), |(name, _)| name).to_string();
    let near = home.rsplit_once('.').map_or("", |(network, _)| network);
    if name.parse::<std::net::Ipv4Addr>().is_err() && name != "localhost" {
        return format!("said dial tcp: lookup {name} on {RESOLVER}: no such host");
    }
    if name == "localhost" || name.starts_with("127.") || name.rsplit_once('.').is_some_and(|(network, _)| network == near) {
        return format!("refused {at}");
    }
    format!("said dial tcp {at}: i/o timeout")
}

/// The log lines of client-go's discovery about a server that was never reached: it tries five times.
pub fn complain(io: &mut Io, answer: &Response) {
    let Body::Text(text) = &answer.body else { return };
    if io.turned_away.is_none() || answer.code > 0 {
        return;
    }
    let (what, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (at, why) = match what {
        "refused" => (rest, format!("dial tcp {}: connect: connection refused", rest.replace("localhost", "127.0.0.1"))),
        _ => (
            rest.split(' ').find(|word| word.contains(['.', ':']) && *word != "tcp:").unwrap_or(rest).trim_end_matches(':'),
            rest.to_string(),
        ),
    };
    let scheme = if at.starts_with("localhost") { "http" } else { "https" };
    for _ in 0..5 {
        let stamp = io.now().rfc3339_micro();
        io.err(format!(
            "E{}{} {}       1 memcache.go:381] \"Couldn't get current server API group list\" err=\"Get \\\"{scheme}://{at}/api?timeout=32s\\\": {why}\"\n",
            &stamp[5..7],
            &stamp[8..10],
            &stamp[11..26]
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::GLOBAL;
    use crate::session::{Context, Login};

    fn asked(line: &str, token: &str) -> (Option<Response>, Option<User>) {
        let mut session = Session::new([]);
        let context = Context { cluster: "kubernetes".into(), user: "bot".into(), namespace: String::new() };
        session.config.contexts.insert("bot".into(), context);
        let fields = [("token".to_string(), token.to_string())].into_iter().filter(|(_, token)| !token.is_empty()).collect();
        session.config.users.insert("bot".into(), Login { given: false, fields });
        let words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
        let args = Args::read("get", &[GLOBAL], &words).unwrap_or_default();
        (turned_away(&args, &session).unwrap_or_else(|why| panic!("{why:?}")), user(&args, &session))
    }

    #[test]
    fn a_certificate_goes_before_a_token_and_a_token_says_who_asks() {
        assert_eq!(asked("--token=abc", ""), (None, None));
        let (refused, user) = asked("--context=bot", "simulated.lab.reader.123");
        assert_eq!((refused, user.unwrap_or_default().name.as_str()), (None, "system:serviceaccount:lab:reader"));
        assert_eq!(asked("--context=bot", "abc").0.map(|answer| answer.code), Some(401));
        assert_eq!(asked("--context=bot", "").1.unwrap_or_default().name.as_str(), "system:anonymous");
    }

    #[test]
    fn another_server_does_not_answer() {
        let words = |line: &str| match asked(line, "").0.map(|answer| answer.body) {
            Some(objects::wire::Body::Text(text)) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(words("--server=https://127.0.0.1:1"), "refused 127.0.0.1:1");
        assert_eq!(words("--server=https://192.168.100.11:6444"), "refused 192.168.100.11:6444");
        assert_eq!(words("--server=https://nosuch:6443"), "said dial tcp: lookup nosuch on 127.0.0.53:53: no such host");
        assert_eq!(words("--server=https://8.8.8.8"), "said dial tcp 8.8.8.8:443: i/o timeout");
        assert_eq!(asked("--server=192.168.100.11:6443", "").0, None);
    }
}
