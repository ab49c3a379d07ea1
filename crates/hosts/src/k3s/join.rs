//! A node that joins: what it asks the server, and the words of its journal while it must wait.
use super::log::journal;
use super::start::{Progress, agent_runs, fatal, runs, serve};
use super::{DATA, server, tls, token};
use crate::Machine;
use crate::call::is_address;
use crate::machine::K3s;
use crate::outside::{Answer, Outside, Pending, Supervisor};
use crate::pki::Certificate;
use objects::wire::{Request, Resource, Target, User, Verb};
use objects::{Text, Tree, base64, map};
use simcore::{Duration, Time};
use std::sync::Arc;

/// Between two tries to reach a server; between two tries to fetch the agent's configuration 5 to 10 s pass.
const RETRY: Duration = Duration::secs(2);
/// How long a client of K3s waits for an answer.
const TIMEOUT: Duration = Duration::secs(10);

/// Half of the pause is by chance: `wait.JitterUntil(5s, 1.0)`.
pub fn jitter(machine: &mut Machine) -> Duration {
    Duration::millis(5_000 + u64::from(machine.chance.below(5_000)))
}

pub fn waiting(words: &str) -> String {
    format!("Waiting to retrieve agent configuration; server is not ready: {words}")
}

/// Asks the supervisor behind an URL. `Err` has the words as the client of `asked` (the balancer or the server) sees them.
fn ask(machine: &mut Machine, at: Time, url: &str, asked: &str, outside: &mut dyn Outside) -> Answer<Result<Arc<Supervisor>, String>> {
    if !url.starts_with("https://") {
        return Ok((Err(format!("only https:// URLs are supported, invalid scheme: {url}")), Duration::ZERO));
    }
    let rest = url.trim_start_matches("https://").split('/').next().unwrap_or("");
    let (host, port) = rest.rsplit_once(':').unwrap_or((rest, "443"));
    let (address, took) = address_of(machine, at, host, outside)?;
    let balanced = asked.contains("127.0.0.1:6444");
    let get = format!("failed to get CA certs: Get \"{asked}/cacerts\"");
    let address = match address {
        Ok(address) => address,
        Err(words) if !balanced => return Ok((Err(format!("{get}: dial tcp: {words}")), took)),
        Err(_) => return Ok((Err(format!("{get}: {}", reset(machine))), took)),
    };
    let (told, more) = outside.supervisor(machine, at + took, &format!("https://{address}:{port}"))?;
    let took = took + more;
    Ok(match told {
        Ok(told) => (Ok(told), took),
        Err(words) if words.contains("timeout") || words.contains("no route") || words.contains("deadline") => {
            (Err(format!("{get}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)")), took + TIMEOUT)
        }
        Err(_) if balanced => (Err(format!("{get}: {}", reset(machine))), took),
        Err(words) => (Err(format!("{get}: {words}")), took),
    })
}

/// The balancer takes the connection and drops it when no server answers.
fn reset(machine: &mut Machine) -> String {
    let port = 32_768 + machine.chance.below(28_000);
    format!("read tcp 127.0.0.1:{port}->127.0.0.1:6444: read: connection reset by peer")
}

fn address_of(machine: &Machine, at: Time, host: &str, outside: &mut dyn Outside) -> Answer<Result<Text, String>> {
    if is_address(host) {
        return Ok((Ok(Text::new(host)), Duration::ZERO));
    }
    let hosts = machine.files.read("/etc/hosts").unwrap_or_default();
    let row = hosts.lines().find(|line| line.split_whitespace().skip(1).any(|name| name == host));
    if let Some(address) = row.and_then(|line| line.split_whitespace().next()) {
        return Ok((Ok(Text::new(address)), Duration::ZERO));
    }
    let (found, took) = outside.lookup(machine, at, host)?;
    Ok((found.map(|all| all.first().cloned().unwrap_or_default()), took))
}

/// What is wrong with the server's certificate by this machine's clock: it is behind or far ahead.
fn clock_of(machine: &Machine, at: Time, authority: &str, url: &str) -> Option<String> {
    let certificate = Certificate::read(authority)?;
    let now = machine.local(at);
    let (word, limit) = match () {
        _ if now < certificate.not_before => ("before", certificate.not_before),
        _ if now > certificate.not_after => ("after", certificate.not_after),
        _ => return None,
    };
    Some(format!(
        "Get \"{url}\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time {} is {word} {}",
        now.rfc3339(),
        limit.rfc3339()
    ))
}

/// The same for the machine's own authority.
pub fn clock_words(machine: &Machine, at: Time, url: &str) -> Option<String> {
    let authority = machine.files.read(&format!("{DATA}/server/tls/server-ca.crt"))?;
    clock_of(machine, at, &authority, url)
}

/// Whether a token is good for what the server told: its words when the authority is another.
fn authority_words(parsed: &token::Parsed, told: &Supervisor) -> Option<String> {
    let other = !parsed.hash.is_empty() && parsed.hash != told.authority_hash;
    other.then(|| format!("token CA hash does not match the Cluster CA certificate hash: {} != {}", parsed.hash, told.authority_hash))
}

/// One try of an agent.
pub fn agent(machine: &mut Machine, at: Time, unit: &str, k3s: &K3s, outside: &mut dyn Outside) -> Result<Progress, Pending> {
    let parsed = match token::parse(&k3s.token) {
        Ok(parsed) => parsed,
        Err(words) => return Ok(unreached(machine, at, unit, k3s, &words, Duration::ZERO)),
    };
    let (told, took) = ask(machine, at, &k3s.url, "https://127.0.0.1:6444", outside)?;
    let then = at + took;
    let told = match told {
        Ok(told) => told,
        Err(words) => return Ok(unreached(machine, then, unit, k3s, &words, took)),
    };
    if let Some(words) = clock_of(machine, then, &told.authority, "https://127.0.0.1:6444/cacerts") {
        return Ok(unreached(machine, then, unit, k3s, &format!("CA cert validation failed: {words}"), took));
    }
    if let Some(words) = authority_words(&parsed, &told) {
        return Ok(unreached(machine, then, unit, k3s, &words, took));
    }
    if parsed.hash.is_empty() {
        journal(
            machine,
            then,
            unit,
            "warning",
            "Cluster CA certificate is not trusted by the host CA bundle, but the token does not include a CA hash. Use the full token from the server's node-token file to enable Cluster CA validation.",
        );
    }
    // From now on the token is one with the authority's hash, and is not warned of again.
    let login = match &parsed.bootstrap {
        Some((id, secret)) => format!("{id}.{secret}"),
        None => format!("node:{}", parsed.password),
    };
    machine.alter_k3s(|k3s| k3s.token = Text::new(token::full(&told.authority_hash, &login)));
    let (welcome, more) = is_welcome(machine, then, &parsed, &told, k3s, outside)?;
    let (took, then) = (took + more, then + more);
    let server = format!("https://{}", k3s.url.trim_start_matches("https://"));
    let why = match (welcome, told.ready) {
        (false, _) => "failed to retrieve configuration from server: not authorized".to_string(),
        (true, false) => {
            "failed to retrieve configuration from server: https://127.0.0.1:6444/v1-k3s/config: 503 Service Unavailable".into()
        }
        (true, true) => {
            let (password, more) = node_password(machine, then, k3s, &server, outside)?;
            match password {
                Ok(()) => {
                    joined(machine, then + more, unit, k3s, &told);
                    return Ok(Progress::Went(took + more));
                }
                Err(words) => words,
            }
        }
    };
    journal(machine, then, unit, "info", waiting(&why));
    let pause = jitter(machine);
    Ok(Progress::Again(took + pause))
}

fn unreached(machine: &mut Machine, at: Time, unit: &str, k3s: &K3s, words: &str, took: Duration) -> Progress {
    journal(machine, at, unit, "error", format_args!("Failed to validate connection to cluster at {}: {words}", k3s.url));
    Progress::Again(took + RETRY)
}

/// Whether the password or the bootstrap token is one that the server knows.
fn is_welcome(
    machine: &mut Machine,
    at: Time,
    parsed: &token::Parsed,
    told: &Supervisor,
    k3s: &K3s,
    outside: &mut dyn Outside,
) -> Answer<bool> {
    let Some((id, secret)) = &parsed.bootstrap else {
        let good = parsed.password == *told.server_password || parsed.password == *told.agent_password;
        return Ok((good, Duration::millis(3)));
    };
    let (found, took) = secret_of(machine, at, &k3s.url, &format!("bootstrap-token-{id}"), outside)?;
    let field = |name: &str| found.as_ref().and_then(|one| base64::decode_text(one.at(&["data", name]).text())).unwrap_or_default();
    let over = Time::parse(&field("expiration")).is_some_and(|until| until < at);
    Ok((field("token-secret") == *secret && !over && field("usage-bootstrap-authentication") == "true", took))
}

fn request(verb: Verb, name: &str, body: Tree) -> Request {
    let resource = Resource::Named { group: Text::default(), version: Text::new_static("v1"), plural: Text::new_static("secrets") };
    let mut request = Request::path("/");
    request.verb = verb;
    request.target =
        Target::Resource { resource, namespace: Text::new_static("kube-system"), name: Text::new(name), subresource: Text::default() };
    request.body = body;
    request.user = User { name: Text::new_static("system:k3s-supervisor"), groups: vec![Text::new_static("system:masters")] };
    request.origin.actor = Text::new_static("k3s-supervisor");
    request
}

fn secret_of(machine: &mut Machine, at: Time, server: &str, name: &str, outside: &mut dyn Outside) -> Answer<Option<Tree>> {
    let (answer, took) = outside.api(machine, at, server, request(Verb::Get, name, Tree::Null))?;
    Ok((answer.ok().filter(|answer| answer.is_ok()).map(|answer| answer.tree().clone()), took))
}

/// The node's password against the one that the cluster keeps for its name, as the server compares them upstream: the first
/// node of a name leaves its own.
pub fn node_password(machine: &mut Machine, at: Time, k3s: &K3s, server: &str, outside: &mut dyn Outside) -> Answer<Result<(), String>> {
    let path = "/etc/rancher/node/password";
    let password = match machine.files.read(path) {
        Some(text) => text.trim().to_string(),
        None => {
            let password = tls::key(machine)[..32].to_string();
            machine.files.write_mode(path, &format!("{password}\n"), 0o600);
            password
        }
    };
    let name = format!("{}.node-password.k3s", k3s.node);
    let hash = base64::encode(format!("$1:{}:15:8:1", token::brief(&password)).as_bytes());
    let (held, took) = secret_of(machine, at, server, &name, outside)?;
    match held {
        Some(secret) if secret.at(&["data", "hash"]).text() == hash => Ok((Ok(()), took)),
        Some(_) => Ok((
            Err(format!(
                "{DATA}/agent/serving-kubelet.crt: Node password rejected, duplicate hostname or contents of '{path}' may not match server node-passwd entry, try enabling a unique node name with the --with-node-id flag"
            )),
            took,
        )),
        None => {
            let secret = map! {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": map! {"name": name.as_str(), "namespace": "kube-system"},
                "immutable": true,
                "type": "Opaque",
                "data": map! {"hash": hash},
            };
            let (_, more) = outside.api(machine, at + took, server, request(Verb::Create, "", secret))?;
            Ok((Ok(()), took + more))
        }
    }
}

/// The server has let the agent in: certificates, addresses, processes.
fn joined(machine: &mut Machine, at: Time, unit: &str, k3s: &K3s, told: &Supervisor) {
    for (file, text) in told.authorities.iter().filter(|(file, _)| matches!(file.as_str(), "client-ca.crt" | "server-ca.crt")) {
        machine.files.write_mode(&format!("{DATA}/agent/{file}"), text, 0o600);
    }
    let balancer =
        format!("{{\n  \"ServerURL\": \"{}\",\n  \"ServerAddresses\": [\n    \"{}:{}\"\n  ]\n}}\n", k3s.url, told.address, k3s.port);
    machine.files.write_mode(&format!("{DATA}/agent/etc/k3s-agent-load-balancer.json"), &balancer, 0o600);
    machine.files.write(
        "/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf",
        &format!(
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS:\n- {}\nclusterDomain: {}\n",
            k3s.cluster_dns, k3s.cluster_domain
        ),
    );
    agent_runs(machine, at, unit, k3s, &[format!("{}:{}", told.address, k3s.port)]);
    runs(machine, at, unit);
}

/// The only try of a server that joins: what fails here ends the process, and systemd starts it again.
pub fn server(machine: &mut Machine, at: Time, unit: &str, k3s: &K3s, outside: &mut dyn Outside) -> Result<Progress, Pending> {
    const HEAD: &str = "preparing server: failed to bootstrap cluster data: ";
    const CHECK: &str = "failed to check if bootstrap data has been initialized: ";
    if k3s.token.is_empty() {
        return Ok(fatal(machine, at, unit, &format!("{HEAD}{CHECK}K3S_TOKEN is required to join a cluster")));
    }
    let unchecked = format!("{HEAD}{CHECK}failed to validate token: ");
    let parsed = match token::parse(&k3s.token) {
        Ok(parsed) => parsed,
        Err(words) => return Ok(fatal(machine, at, unit, &format!("{unchecked}{words}"))),
    };
    let (told, took) = ask(machine, at, &k3s.url, &k3s.url, outside)?;
    let then = at + took;
    let told = match told {
        Ok(told) => told,
        Err(words) => {
            fatal(machine, then, unit, &format!("{unchecked}{words}"));
            return Ok(Progress::Went(took));
        }
    };
    let url = &k3s.url;
    if let Some(words) = clock_of(machine, then, &told.authority, &format!("{url}/cacerts")) {
        return Ok(fatal(machine, then, unit, &format!("{unchecked}CA cert validation failed: {words}")));
    }
    if let Some(words) = authority_words(&parsed, &told) {
        return Ok(fatal(machine, then, unit, &format!("{unchecked}{words}")));
    }
    journal(machine, then, unit, "info", "Managed etcd cluster not yet initialized");
    if parsed.password != *told.server_password {
        return Ok(fatal(machine, then, unit, &format!("{HEAD}not authorized")));
    }
    if !told.etcd {
        return Ok(fatal(machine, then, unit, &format!("{HEAD}{url}/v1-k3s/server-bootstrap: 400 Bad Request")));
    }
    let mine = server::shared(k3s);
    let others: Vec<&Text> = mine.iter().zip(&told.shared).filter(|(a, b)| a != b).map(|((name, _), _)| name).collect();
    if !others.is_empty() {
        for name in others {
            journal(machine, then, unit, "warning", format_args!("critical configuration mismatched: {name}"));
        }
        let words = "failed to validate server configuration: critical configuration value mismatch between servers";
        return Ok(fatal(machine, then, unit, &format!("{HEAD}{words}")));
    }
    for (file, text) in &told.authorities {
        let mode = if file.ends_with(".key") { 0o600 } else { 0o644 };
        machine.files.write_mode(&format!("{DATA}/server/tls/{file}"), text, mode);
    }
    Ok(match serve(machine, then, unit, k3s, &told.server_password) {
        Progress::Went(more) => Progress::Went(took + more),
        other => other,
    })
}
