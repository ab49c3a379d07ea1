//! Carries the start of a K3s unit on: from its process to "k3s is up and running", or to the failure in its journal.
use super::config;
use super::log::journal;
use super::{DATA, SOCKET, components, join, release, secrets_encrypt, server, tls, token};
use crate::Machine;
use crate::call::{Call, Step, Stop};
use crate::machine::k3s::{Datastore, K3s, Phase};
use crate::machine::units::State;
use crate::machine::{Interface, Kind};
use crate::outside::{Outside, Pending, Probe};
use objects::Text;
use simcore::{Duration, Time};
use std::sync::Arc;

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// Nothing is on its way: all units run, or stand still.
    Idle,
    /// It went on; so long it took. The next step can follow at once.
    Went(Duration),
    /// It waits; the next step makes sense after so long.
    Again(Duration),
}

/// systemd's RestartSec in K3s's unit.
const RESTART: Duration = Duration::secs(5);
/// How long a step waits for the API server before it looks around again.
const LOOK: Duration = Duration::secs(5);

/// One step of the K3s unit that is starting, if there is one. The world calls it for machines that boot, and whenever a
/// wait of `Again` is over; commands that wait for a unit call it themselves.
pub fn carry_on(machine: &mut Machine, at: Time, outside: &mut dyn Outside) -> Result<Progress, Pending> {
    let found = machine.units.iter().find(|(_, unit)| unit.notify && matches!(unit.state, State::Starting | State::Restarting));
    let Some((name, unit)) = found.map(|(name, unit)| (name.clone(), unit.clone())) else { return Ok(Progress::Idle) };
    if unit.state == State::Restarting {
        let waited = at.since(unit.since);
        if waited < RESTART {
            return Ok(Progress::Again(RESTART.saturating_sub(waited)));
        }
        let count = unit.restarts + 1;
        machine.log(at, &name, "systemd[1]", &format!("{name}.service: Scheduled restart job, restart counter is at {count}."));
        machine.alter_unit(&name, |unit| (unit.state, unit.restarts) = (State::Inactive, count));
        machine.start_unit(at, &name);
        return Ok(Progress::Went(Duration::millis(30)));
    }
    let Some(k3s) = machine.k3s.clone() else { return Ok(begin(machine, at, &name)) };
    match k3s.phase {
        Phase::Joining if k3s.server => join::server(machine, at, &name, &k3s, outside),
        Phase::Joining => join::agent(machine, at, &name, &k3s, outside),
        Phase::Booting => boot(machine, at, &name, &k3s, outside),
        Phase::Running => Ok(Progress::Idle),
    }
}

/// Waits in a command until a unit runs; `false`: it ended instead. A unit that waits for something is waited for: half an
/// hour, then the person has pressed Ctrl-C.
pub fn wait(call: &mut Call, name: &str) -> Step<bool> {
    let limit = call.now + Duration::mins(30);
    loop {
        match call.machine.unit(name).map(|unit| unit.state) {
            Some(State::Starting) => {}
            state => return Ok(state == Some(State::Active)),
        }
        match carry_on(call.machine, call.now, call.outside)? {
            Progress::Idle => return Ok(false),
            Progress::Went(took) | Progress::Again(took) => call.work(took),
        }
        if call.now > limit {
            return Err(Stop::Code(130));
        }
    }
}

/// Ends the process with a fatal line; systemd will start it again.
pub(super) fn fatal(machine: &mut Machine, at: Time, unit: &str, words: &str) -> Progress {
    journal(machine, at, unit, "fatal", format_args!("Error: {words}"));
    let description = machine.unit(unit).map(|unit| unit.description.clone()).unwrap_or_default();
    for line in ["Main process exited, code=exited, status=1/FAILURE".to_string(), "Failed with result 'exit-code'.".to_string()] {
        machine.log(at, unit, "systemd[1]", &format!("{unit}.service: {line}"));
    }
    machine.log(at, unit, "systemd[1]", &format!("Failed to start {unit}.service - {description}."));
    let pid = machine.unit(unit).map_or(0, |unit| unit.pid);
    machine.kill(pid);
    machine.k3s = None;
    machine.alter_unit(unit, |unit| (unit.state, unit.pid, unit.since, unit.last_code) = (State::Restarting, 0, at, 1));
    Progress::Went(Duration::millis(20))
}

/// The process has begun: it reads what it was given.
fn begin(machine: &mut Machine, at: Time, unit: &str) -> Progress {
    // The unit loads them before each start.
    for module in ["br_netfilter", "overlay"] {
        if !machine.has_module(module) {
            Arc::make_mut(&mut machine.modules).push(Text::new_static(module));
        }
    }
    let command = machine.unit(unit).map(|unit| unit.command.clone()).unwrap_or_default();
    let words = config::command_words(&command);
    let program = words.first().cloned().unwrap_or_default();
    let version = match machine.files.get(&program).map(|file| file.kind.clone()) {
        Some(Kind::Program(version)) => version,
        _ => Text::default(),
    };
    let environment = machine.files.read(&format!("/etc/systemd/system/{unit}.service.env")).unwrap_or_default();
    let environment = config::environment_file(&environment);
    unpack(machine, at, unit, &version);
    let given = match config::given(machine, words.get(1..).unwrap_or(&[]), &environment) {
        Ok(given) => given,
        Err(words) => return fatal(machine, at, unit, &words),
    };
    // Arguments may hold secrets: ps shows the command alone.
    let role = if given.server { "server" } else { "agent" };
    let pid = machine.unit(unit).map_or(0, |unit| unit.pid);
    rename(machine, pid, &format!("{program} {role}"));
    for words in &given.warnings {
        journal(machine, at, unit, "warning", words);
    }
    let k3s = match config::resolve(machine, &given, &version) {
        Ok(k3s) => k3s,
        Err(words) => return fatal(machine, at, unit, &words),
    };
    let agent = if given.server { "" } else { " agent" };
    journal(machine, at, unit, "info", format_args!("Starting k3s{agent} {}", release::titled(&version)));
    prepare(machine, at, unit, k3s)
}

/// What the binary carries is laid out once for each version.
fn unpack(machine: &mut Machine, at: Time, unit: &str, version: &str) {
    let folder = data_folder(machine, version);
    if machine.files.is_folder(&folder) {
        return;
    }
    journal(machine, at, unit, "info", format_args!("Acquiring lock file {DATA}/data/.lock"));
    journal(machine, at, unit, "info", format_args!("Preparing data dir {folder}"));
    machine.files.write_mode(&format!("{DATA}/data/.lock"), "", 0o600);
    for program in ["containerd", "containerd-shim-runc-v2", "runc", "host-local", "flannel", "bridge", "portmap", "loopback"] {
        machine.files.program(&format!("{folder}/bin/{program}"), version);
    }
    machine.files.remove(&format!("{DATA}/data/current"));
    machine.files.link(&format!("{DATA}/data/current"), &folder);
}

/// `/var/lib/rancher/k3s/data/HASH`
pub(super) fn data_folder(machine: &Machine, version: &str) -> String {
    format!("{DATA}/data/{}", release::digest(version, &machine.hardware.arch))
}

/// The command line of the shim that holds a Pod's sandbox; `None` on a machine without K3s.
pub fn shim(machine: &Machine, sandbox: &str) -> Option<String> {
    let Some(Kind::Link(folder)) = machine.files.entry(&format!("{DATA}/data/current")).map(|file| file.kind.clone()) else { return None };
    Some(format!("{folder}/bin/containerd-shim-runc-v2 -namespace k8s.io -id {sandbox} -address {SOCKET}"))
}

fn rename(machine: &mut Machine, pid: u32, command: &str) {
    if let Some(process) = Arc::make_mut(&mut machine.processes).iter_mut().find(|one| one.pid == pid) {
        process.command = Text::new(command);
    }
}

/// Decides how the process goes on: alone, or to a server.
fn prepare(machine: &mut Machine, at: Time, unit: &str, mut k3s: K3s) -> Progress {
    let pid = machine.unit(unit).map_or(0, |unit| unit.pid);
    if !k3s.server {
        let server = k3s.url.trim_start_matches("https://").to_string();
        if machine.port_taken(6444) {
            return fatal(machine, at, unit, "listen tcp 127.0.0.1:6444: bind: address already in use");
        }
        let name = "k3s-agent-load-balancer";
        journal(machine, at, unit, "info", format_args!("Updated load balancer {name} default server: {server}"));
        journal(machine, at, unit, "info", format_args!("Running load balancer {name} 127.0.0.1:6444 -> [] [default: {server}]"));
        machine.listen(pid, "127.0.0.1", 6444);
        weigh(machine, pid, &k3s);
        machine.k3s = Some(Arc::new(k3s));
        return Progress::Went(Duration::millis(400));
    }
    let fresh = !machine.files.exists(&server::seal(machine)) && !machine.files.exists(&format!("{DATA}/server/db/etcd/member/snap/db"));
    if k3s.datastore == Datastore::Etcd && fresh && !k3s.url.is_empty() {
        machine.k3s = Some(Arc::new(k3s));
        return Progress::Went(Duration::millis(300));
    }
    if let Datastore::External(endpoint) = &k3s.datastore {
        let words = format!("preparing server: failed to start kine: building kine: {}", unreachable(endpoint));
        return fatal(machine, at, unit, &words);
    }
    if !matches!(k3s.flannel.as_str(), "vxlan" | "host-gw" | "wireguard-native" | "none") {
        return fatal(machine, at, unit, &format!("Cannot configure unknown flannel backend '{}'", k3s.flannel));
    }
    k3s.phase = Phase::Booting;
    match k3s.datastore {
        Datastore::Sqlite => {
            for words in [
                "Configuring sqlite3 database connection pooling: maxIdleConns=2, maxOpenConns=0, connMaxLifetime=0s",
                "Configuring database table schema and indexes, this may take a moment...",
                "Database tables and indexes are up to date",
                "Kine available at unix://kine.sock",
            ] {
                journal(machine, at, unit, "info", words);
            }
        }
        Datastore::Etcd if fresh => journal(machine, at, unit, "info", "Managed etcd cluster initializing"),
        Datastore::Etcd => journal(machine, at, unit, "info", "Managed etcd cluster bootstrap already complete and initialized"),
        _ => {}
    }
    let wanted = token::parse(&k3s.token).ok().map(|parsed| parsed.password);
    let kept = server::password(machine);
    let word = wanted.or(kept);
    machine.k3s = Some(Arc::new(k3s.clone()));
    if word.as_ref().is_some_and(|word| server::is_sealed_otherwise(machine, word)) {
        let words = "preparing server: failed to bootstrap cluster data: failed to reconcile with local datastore: bootstrap data already found and encrypted with different token";
        return fatal(machine, at, unit, words);
    }
    tls::make_authorities(machine, at);
    let word = word.unwrap_or_else(|| tls::key(machine)[..32].to_string());
    serve(machine, at, unit, &k3s, &word)
}

/// No database listens anywhere here: Go's words for a connection that nobody takes.
fn unreachable(endpoint: &str) -> String {
    let (kind, rest) = endpoint.split_once("://").unwrap_or(("", endpoint));
    let address = rest.rsplit('@').next().unwrap_or(rest).split(['/', '?']).next().unwrap_or("");
    let address = address.trim_start_matches("tcp(").trim_end_matches(')');
    let port = match kind {
        "mysql" => "3306",
        "postgres" | "postgresql" => "5432",
        _ => "2379",
    };
    let address = if address.contains(':') { address.to_string() } else { format!("{address}:{port}") };
    format!("dial tcp {address}: connect: connection refused")
}

/// A server that knows its cluster: it signs, opens its port and starts what it holds.
pub(super) fn serve(machine: &mut Machine, at: Time, unit: &str, k3s: &K3s, password: &str) -> Progress {
    if machine.port_taken(k3s.port) {
        let words =
            format!("preparing server: failed to start supervisor listener: listen tcp :{}: bind: address already in use", k3s.port);
        return fatal(machine, at, unit, &words);
    }
    journal(machine, at, unit, "info", "Reconciling bootstrap data between datastore and disk");
    machine.alter_k3s(|k3s| k3s.phase = Phase::Booting);
    server::set_password(machine, password);
    if !k3s.agent_token.is_empty() {
        server::set_agent_password(machine, &k3s.agent_token);
    }
    for row in tls::ROWS.iter().filter(|row| row.file.starts_with("server/")) {
        if row.file.contains("/etcd/") && k3s.datastore != Datastore::Etcd || !tls::is_due(machine, k3s, row, at) {
            continue;
        }
        if let Some(signed) = tls::sign(machine, k3s, row, at) {
            journal(machine, at, unit, "info", certificate_line(&signed));
        }
    }
    let pid = machine.unit(unit).map_or(0, |unit| unit.pid);
    machine.listen(pid, "*", k3s.port);
    for port in [6444, 10_257, 10_258, 10_259] {
        machine.listen(pid, "127.0.0.1", port);
    }
    if k3s.datastore == Datastore::Etcd {
        for (address, port) in
            [("127.0.0.1", 2379), (k3s.node_ip.as_str(), 2379), (k3s.node_ip.as_str(), 2380), ("127.0.0.1", 2381), ("127.0.0.1", 2382)]
        {
            machine.listen(pid, address, port);
        }
    }
    weigh(machine, pid, k3s);
    components::write(machine, k3s);
    secrets_encrypt::configure(machine, k3s);
    for line in components::running_lines(k3s) {
        journal(machine, at, unit, "info", line);
    }
    let ip = &k3s.node_ip;
    let folder = format!("{DATA}/server");
    for line in [
        "Waiting for API server to become available".to_string(),
        format!("Server node token is available at {folder}/token"),
        format!("To join server node to cluster: k3s server -s https://{ip}:{} -t ${{SERVER_NODE_TOKEN}}", k3s.port),
        format!("Agent node token is available at {folder}/agent-token"),
        format!("To join agent node to cluster: k3s agent -s https://{ip}:{} -t ${{AGENT_NODE_TOKEN}}", k3s.port),
    ] {
        journal(machine, at, unit, "info", line);
    }
    server::write_kubeconfig(machine, k3s);
    journal(machine, at, unit, "info", format_args!("Wrote kubeconfig {}", super::KUBECONFIG));
    journal(machine, at, unit, "info", "Run: k3s kubectl");
    machine.files.remove(&format!("{DATA}/server/db/reset-flag"));
    Progress::Went(Duration::millis(1_800))
}

/// `certificate CN=system:admin,O=system:masters signed by CN=k3s-client-ca@1796083200: notBefore=… notAfter=…`
fn certificate_line(signed: &crate::pki::Certificate) -> String {
    let name = |text: &str| {
        let mut parts: Vec<String> = text.split(", ").map(|part| part.replace(" = ", "=")).collect();
        parts.reverse();
        parts.join(",")
    };
    let date = |at: Time| at.rfc3339().replace('T', " ").replace('Z', " +0000 UTC");
    format!(
        "certificate {} signed by {}: notBefore={} notAfter={}",
        name(&signed.subject),
        name(&signed.issuer),
        date(signed.not_before),
        date(signed.not_after)
    )
}

/// The server waits for its API server, then for its own agent.
fn boot(machine: &mut Machine, at: Time, unit: &str, k3s: &K3s, outside: &mut dyn Outside) -> Result<Progress, Pending> {
    if let Some(words) = join::clock_words(machine, at, &format!("https://127.0.0.1:{}/cacerts", k3s.port)) {
        let url = format!("https://127.0.0.1:{}", k3s.port);
        journal(
            machine,
            at,
            unit,
            "error",
            format_args!("Failed to validate connection to cluster at {url}: CA cert validation failed: {words}"),
        );
        return Ok(Progress::Again(Duration::secs(2)));
    }
    let probe = Probe { url: format!("https://127.0.0.1:{}/readyz", k3s.port) };
    let (good, took) = outside.wait(machine, at, &probe, LOOK)?;
    if let Err(words) = good {
        // Its API server is up and has no etcd: a majority is missing.
        if k3s.datastore == Datastore::Etcd && words.starts_with(crate::UNWELL) {
            journal(machine, at + took, unit, "info", "Failed to test etcd connection: etcdserver: no leader");
        }
        return Ok(Progress::Went(took));
    }
    let then = at + took;
    let own = format!("https://{}:{}", k3s.node_ip, k3s.port);
    let (password, asked) = join::node_password(machine, then, k3s, &own, outside)?;
    if let Err(words) = password {
        journal(machine, then, unit, "info", join::waiting(&words));
        return Ok(Progress::Again(took + asked + join::jitter(machine)));
    }
    for words in ["Kube API server is now running", "ETCD server is now running", "k3s is up and running"] {
        journal(machine, then, unit, "info", words);
    }
    if !k3s.agentless {
        agent_runs(machine, then + asked, unit, k3s, &[k3s.node_ip.to_string()]);
    }
    runs(machine, then + asked, unit);
    Ok(Progress::Went(took + asked))
}

/// systemd hears that the process is ready.
pub(super) fn runs(machine: &mut Machine, at: Time, unit: &str) {
    machine.alter_k3s(|k3s| k3s.phase = Phase::Running);
    let description = machine.unit(unit).map(|unit| unit.description.clone()).unwrap_or_default();
    machine.log(at, unit, "systemd[1]", &format!("Started {unit}.service - {description}."));
    machine.alter_unit(unit, |unit| (unit.state, unit.since) = (State::Active, at));
}

/// The part of the process that every node has: containerd, kubelet, kube-proxy, flannel.
pub(super) fn agent_runs(machine: &mut Machine, at: Time, unit: &str, k3s: &K3s, servers: &[String]) {
    for row in tls::ROWS.iter().filter(|row| row.file.starts_with("agent/")) {
        if tls::is_due(machine, k3s, row, at) {
            tls::sign(machine, k3s, row, at);
        }
    }
    let pid = machine.unit(unit).map_or(0, |unit| unit.pid);
    let agent = format!("{DATA}/agent");
    for (name, user) in [("kubelet", "client-kubelet"), ("kubeproxy", "client-kube-proxy"), ("k3scontroller", "client-k3s-controller")] {
        let server = if k3s.server { format!("https://127.0.0.1:{}", k3s.port) } else { "https://127.0.0.1:6444".into() };
        let text = format!(
            "apiVersion: v1\nclusters:\n- cluster:\n    server: {server}\n    certificate-authority: {agent}/server-ca.crt\n  name: local\ncontexts:\n- context:\n    cluster: local\n    namespace: default\n    user: user\n  name: Default\ncurrent-context: Default\nkind: Config\nusers:\n- name: user\n  user:\n    client-certificate: {agent}/{user}.crt\n    client-key: {agent}/{user}.key\n"
        );
        machine.files.write_mode(&format!("{agent}/{name}.kubeconfig"), &text, 0o600);
    }
    let toml = "# File generated by k3s. DO NOT EDIT. Use config-v3.toml.tmpl instead.\nversion = 3\nroot = \"/var/lib/rancher/k3s/agent/containerd\"\nstate = \"/run/k3s/containerd\"\n\n[grpc]\n  address = \"/run/k3s/containerd/containerd.sock\"\n";
    machine.files.write_mode(&format!("{agent}/etc/containerd/config.toml"), toml, 0o600);
    machine.files.write(&format!("{agent}/containerd/containerd.log"), "");
    let containerd = format!("containerd -c {agent}/etc/containerd/config.toml");
    let child = machine.spawn(at, "root", pid, &containerd);
    machine.bind(SOCKET);
    machine.listen(child, "127.0.0.1", 10_010);
    machine.listen(pid, "*", 10_250);
    machine.listen(pid, "*", 10_256);
    for port in [10_248, 10_249] {
        machine.listen(pid, "127.0.0.1", port);
    }
    let cluster = &k3s.cluster_cidr;
    let proxy = format!(
        "Running kube-proxy --cluster-cidr={cluster} --conntrack-max-per-core=0 --conntrack-tcp-timeout-close-wait=0s --conntrack-tcp-timeout-established=0s --healthz-bind-address=127.0.0.1 --hostname-override={} --kubeconfig={agent}/kubeproxy.kubeconfig --proxy-mode=iptables",
        k3s.node
    );
    let kubelet = format!(
        "Running kubelet --cloud-provider=external --config-dir={agent}/etc/kubelet.conf.d --containerd={SOCKET} --hostname-override={} --kubeconfig={agent}/kubelet.kubeconfig --node-ip={} --node-labels={} --read-only-port=0",
        k3s.node,
        k3s.node_ip,
        k3s.labels.join(",")
    );
    let mut lines = vec![format!("Logging containerd to {agent}/containerd/containerd.log"), format!("Running {containerd}")];
    if !k3s.switch("disable-kube-proxy") {
        lines.push(proxy);
    }
    for server in servers.iter().filter(|_| !k3s.server) {
        lines.push(format!("Got apiserver addresses from supervisor: [{server}]"));
        lines.push(format!("Adding server to load balancer k3s-agent-load-balancer: {server}"));
    }
    lines.push("containerd is now running".into());
    lines.push(kubelet);
    lines.into_iter().for_each(|line| journal(machine, at, unit, "info", line));
}

/// Gives the process its memory and share of a core. K3s's resource profiling (k3s-io/docs, reference/resource-profiling):
/// a server with one agent and no workload needs 512 MB with SQLite and 768 MB with the embedded etcd, an agent 256 MB;
/// 10 % of a core on a Xeon Platinum 8124M and 20 % on a Raspberry Pi 4B for servers, half of that for agents.
fn weigh(machine: &mut Machine, pid: u32, k3s: &K3s) {
    let mib = match (&k3s.datastore, k3s.server) {
        (_, false) => 256,
        (Datastore::Etcd, _) => 768,
        _ => 512,
    };
    let small = machine.hardware.arch != "amd64";
    let cpu = if k3s.server { 100 } else { 50 } * if small { 2 } else { 1 };
    if let Some(process) = Arc::make_mut(&mut machine.processes).iter_mut().find(|one| one.pid == pid) {
        (process.rss_kib, process.cpu_millis) = (mib * 1024, cpu);
    }
}

/// The node has its range of Pod addresses: flannel's device and the bridge are there, and the VXLAN port is open.
pub fn network_up(machine: &mut Machine, pod_cidr: &str) {
    if machine.interfaces.iter().any(|one| one.name == "flannel.1") {
        return;
    }
    let network = pod_cidr.split('.').take(3).collect::<Vec<_>>().join(".");
    let interface = |name: &'static str, end: &str, prefix: u8| Interface {
        name: Text::new_static(name),
        address: Text::new(format!("{network}.{end}")),
        prefix,
        up: true,
        mtu: 1450,
    };
    let all = Arc::make_mut(&mut machine.interfaces);
    all.push(interface("flannel.1", "0", 32));
    all.push(interface("cni0", "1", 24));
    let cluster = machine.k3s.as_ref().map(|k3s| k3s.cluster_cidr.to_string()).unwrap_or_default();
    let text = format!("FLANNEL_NETWORK={cluster}\nFLANNEL_SUBNET={network}.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n");
    machine.files.write("/run/flannel/subnet.env", &text);
    machine.listen_udp(0, "0.0.0.0", 8472);
}
