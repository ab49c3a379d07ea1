//! The settings of a K3s process: command line, config.yaml, environment, defaults, in that order of weight.
use crate::Machine;
use crate::machine::k3s::{Datastore, K3s, Phase};
use objects::{Text, Tree, yaml};

/// What a flag takes.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Nothing,
    Value,
    /// It may stand several times, and each value may hold commas.
    List,
}

/// Flags that work here: name, the variable that stands for it, what it takes, whether agents have it, too.
/// k3s-io/docs, cli/server and cli/agent.
const FLAGS: &[(&str, &str, Takes, bool)] = &[
    ("token", "K3S_TOKEN", Takes::Value, true),
    ("token-file", "K3S_TOKEN_FILE", Takes::Value, true),
    ("server", "K3S_URL", Takes::Value, true),
    ("node-name", "K3S_NODE_NAME", Takes::Value, true),
    ("node-ip", "", Takes::Value, true),
    ("node-external-ip", "", Takes::Value, true),
    ("node-label", "", Takes::List, true),
    ("node-taint", "", Takes::List, true),
    ("with-node-id", "", Takes::Nothing, true),
    ("flannel-iface", "", Takes::Value, true),
    ("lb-server-port", "K3S_LB_SERVER_PORT", Takes::Value, true),
    ("kubelet-arg", "", Takes::List, true),
    ("kube-proxy-arg", "", Takes::List, true),
    ("private-registry", "", Takes::Value, true),
    ("pause-image", "", Takes::Value, true),
    ("snapshotter", "", Takes::Value, true),
    ("protect-kernel-defaults", "", Takes::Nothing, true),
    ("selinux", "K3S_SELINUX", Takes::Nothing, true),
    ("debug", "K3S_DEBUG", Takes::Nothing, true),
    ("v", "", Takes::Value, true),
    ("config", "K3S_CONFIG_FILE", Takes::Value, true),
    ("data-dir", "K3S_DATA_DIR", Takes::Value, true),
    ("agent-token", "K3S_AGENT_TOKEN", Takes::Value, false),
    ("cluster-init", "K3S_CLUSTER_INIT", Takes::Nothing, false),
    ("cluster-reset", "K3S_CLUSTER_RESET", Takes::Nothing, false),
    ("cluster-reset-restore-path", "", Takes::Value, false),
    ("datastore-endpoint", "K3S_DATASTORE_ENDPOINT", Takes::Value, false),
    ("disable", "", Takes::List, false),
    ("disable-agent", "", Takes::Nothing, false),
    ("disable-cloud-controller", "", Takes::Nothing, false),
    ("disable-helm-controller", "", Takes::Nothing, false),
    ("disable-kube-proxy", "", Takes::Nothing, false),
    ("disable-network-policy", "", Takes::Nothing, false),
    ("disable-scheduler", "", Takes::Nothing, false),
    ("disable-etcd", "", Takes::Nothing, false),
    ("disable-apiserver", "", Takes::Nothing, false),
    ("disable-controller-manager", "", Takes::Nothing, false),
    ("https-listen-port", "", Takes::Value, false),
    ("bind-address", "", Takes::Value, false),
    ("advertise-address", "", Takes::Value, false),
    ("tls-san", "", Takes::List, false),
    ("cluster-cidr", "", Takes::Value, false),
    ("service-cidr", "", Takes::Value, false),
    ("cluster-dns", "", Takes::Value, false),
    ("cluster-domain", "", Takes::Value, false),
    ("flannel-backend", "", Takes::Value, false),
    ("secrets-encryption", "", Takes::Nothing, false),
    ("egress-selector-mode", "", Takes::Value, false),
    ("write-kubeconfig", "K3S_KUBECONFIG_OUTPUT", Takes::Value, false),
    ("write-kubeconfig-mode", "K3S_KUBECONFIG_MODE", Takes::Value, false),
    ("write-kubeconfig-group", "K3S_KUBECONFIG_GROUP", Takes::Value, false),
    ("embedded-registry", "", Takes::Nothing, false),
    ("etcd-snapshot-retention", "", Takes::Value, false),
    ("etcd-snapshot-schedule-cron", "", Takes::Value, false),
    ("etcd-disable-snapshots", "", Takes::Nothing, false),
    ("kube-apiserver-arg", "", Takes::List, false),
    ("kube-scheduler-arg", "", Takes::List, false),
    ("kube-controller-manager-arg", "", Takes::List, false),
    ("service-node-port-range", "", Takes::Value, false),
    ("default-local-storage-path", "", Takes::Value, false),
];

const SHORT: [(&str, &str); 4] = [("t", "token"), ("s", "server"), ("c", "config"), ("d", "data-dir")];

/// Everything given, in the order in which it was given.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub server: bool,
    values: Vec<(&'static str, String)>,
    /// What a log must warn of.
    pub warnings: Vec<String>,
}

impl Given {
    /// The last value of a flag.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.last(name).is_some_and(|value| matches!(value, "true" | "1" | "t"))
    }

    /// All values of a flag, split at commas.
    pub fn all(&self, name: &str) -> Vec<Text> {
        let found = self.values.iter().filter(|(known, _)| *known == name);
        found.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|one| !one.is_empty()).map(Text::new).collect()
    }

    fn or(&self, name: &str, default: &str) -> Text {
        Text::new(self.last(name).unwrap_or(default))
    }
}

/// Reads what a process `k3s server|agent WORDS…` is given. `Err` has the words of its fatal log line.
pub fn given(machine: &Machine, words: &[String], environment: &[(String, String)]) -> Result<Given, String> {
    let mut given = Given { server: words.first().is_some_and(|word| word == "server"), ..Given::default() };
    let mut typed = Given { server: given.server, ..Given::default() };
    read_words(&mut typed, words.get(1..).unwrap_or(&[]))?;
    let path = typed.last("config").unwrap_or("/etc/rancher/k3s/config.yaml").to_string();
    read_file(machine, &mut given, &path)?;
    for extra in machine.files.names(&format!("{path}.d")).iter().filter(|name| name.ends_with(".yaml")) {
        read_file(machine, &mut given, &format!("{path}.d/{extra}"))?;
    }
    given.values.extend(typed.values);
    let from_environment: Vec<(&'static str, String)> = FLAGS
        .iter()
        .filter(|(name, variable, ..)| !variable.is_empty() && given.last(name).is_none())
        .filter_map(|(name, variable, ..)| {
            let found = environment.iter().rev().find(|(known, value)| known == variable && !value.is_empty())?;
            Some((*name, found.1.clone()))
        })
        .collect();
    given.values.extend(from_environment);
    Ok(given)
}

/// The flags of `k3s server` or `k3s agent` for their help: names, whether they take a value, their variable.
pub fn flags(server: bool) -> Vec<(String, bool, String)> {
    let own = FLAGS.iter().filter(|(_, _, _, agents)| server || *agents);
    own.map(|(name, variable, takes, _)| {
        let short = SHORT.iter().find(|(_, long)| long == name).map_or(String::new(), |(short, _)| format!(",{short}"));
        (format!("{name}{short}"), *takes != Takes::Nothing, variable.to_string())
    })
    .collect()
}

fn flag(name: &str, server: bool) -> Option<(&'static str, Takes)> {
    let name = SHORT.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| long);
    FLAGS.iter().find(|(known, _, _, agents)| *known == name && (server || *agents)).map(|(known, _, takes, _)| (*known, *takes))
}

fn read_words(given: &mut Given, words: &[String]) -> Result<(), String> {
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let bare = word.trim_start_matches('-');
        let (name, value) = bare.split_once('=').map_or((bare, None), |(name, value)| (name, Some(value.to_string())));
        if !word.starts_with('-') {
            continue;
        }
        let Some((known, takes)) = flag(name, given.server) else {
            return Err(format!("flag provided but not defined: -{name}"));
        };
        let value = match (takes, value) {
            (_, Some(value)) => value,
            (Takes::Nothing, None) => "true".into(),
            (_, None) => rest.next().cloned().ok_or_else(|| format!("flag needs an argument: -{name}"))?,
        };
        given.values.push((known, value));
    }
    Ok(())
}

fn read_file(machine: &Machine, given: &mut Given, path: &str) -> Result<(), String> {
    let Some(text) = machine.files.read(path) else { return Ok(()) };
    let documents = yaml::read(&text).map_err(|problem| problem.message)?;
    let Some(tree) = documents.into_iter().next().map(|document| document.tree) else { return Ok(()) };
    for (key, value) in tree.entries() {
        let (name, appends) = key.strip_suffix('+').map_or((key.as_str(), false), |name| (name, true));
        let Some((known, takes)) = flag(name, given.server) else {
            let file = path.rsplit('/').next().unwrap_or(path);
            given.warnings.push(format!("Unknown flag --{name} found in {file}, skipping\\n"));
            continue;
        };
        if takes == Takes::List && !appends {
            given.values.retain(|(name, _)| *name != known);
        }
        let all = if value.items().is_empty() { std::slice::from_ref(value) } else { value.items() };
        given.values.extend(all.iter().map(|one| (known, plain(one))));
    }
    Ok(())
}

fn plain(value: &Tree) -> String {
    value.as_text().map_or_else(|| value.to_json(), |text| text.to_string())
}

/// What the given means, with the defaults of the documentation. `Err` has the words of the fatal log line.
pub fn resolve(machine: &Machine, given: &Given, version: &str) -> Result<K3s, String> {
    let token_file = given.last("token-file").and_then(|path| machine.files.read(path)).map(|text| text.trim().to_string());
    let token = token_file.unwrap_or_else(|| given.last("token").unwrap_or("").to_string());
    let url = given.last("server").unwrap_or("").trim_end_matches('/').to_string();
    if !given.server && token.is_empty() && !machine.files.exists("/var/lib/rancher/k3s/agent/client-kubelet.crt") {
        return Err("--token is required".into());
    }
    if !given.server && url.is_empty() {
        return Err("--server is required".into());
    }
    if given.last("cluster-reset-restore-path").is_some() && !given.is_on("cluster-reset") {
        return Err("invalid flag use; --cluster-reset required with --cluster-reset-restore-path".into());
    }
    if given.server {
        ranges(given)?;
    }
    let node_ip = given.last("node-ip").map_or_else(|| machine.address(), Text::new);
    let mut node = given.last("node-name").unwrap_or(&machine.name).to_lowercase();
    if given.is_on("with-node-id") {
        node = format!("{node}-{}", node_id(machine));
    }
    let datastore = match given.last("datastore-endpoint") {
        _ if !given.server => Datastore::None,
        Some(endpoint) => Datastore::External(Text::new(endpoint)),
        None if given.is_on("cluster-init") || !url.is_empty() || machine.files.exists("/var/lib/rancher/k3s/server/db/etcd") => {
            Datastore::Etcd
        }
        None => Datastore::Sqlite,
    };
    let service_cidr = given.or("service-cidr", "10.43.0.0/16");
    let dns = service_cidr.split('.').take(3).collect::<Vec<_>>().join(".") + ".10";
    let switches =
        FLAGS.iter().filter(|(name, _, takes, _)| *takes == Takes::Nothing && given.is_on(name)).map(|(name, ..)| Text::new(*name));
    Ok(K3s {
        phase: Phase::Joining,
        server: given.server,
        agentless: given.is_on("disable-agent"),
        version: Text::new(version),
        node: Text::new(&node),
        node_ip,
        url: Text::new(&url),
        token: Text::new(&token),
        agent_token: given.or("agent-token", ""),
        datastore,
        disabled: given.all("disable"),
        secrets_encryption: given.is_on("secrets-encryption"),
        kubeconfig_mode: given.or("write-kubeconfig-mode", "600"),
        port: given.last("https-listen-port").and_then(|text| text.parse().ok()).unwrap_or(6443),
        cluster_cidr: given.or("cluster-cidr", "10.42.0.0/16"),
        cluster_dns: given.or("cluster-dns", &dns),
        service_cidr,
        cluster_domain: given.or("cluster-domain", "cluster.local"),
        flannel: given.or("flannel-backend", "vxlan"),
        labels: given.all("node-label"),
        taints: given.all("node-taint"),
        names: given.all("tls-san"),
        snapshot_cron: if given.is_on("etcd-disable-snapshots") {
            Text::default()
        } else {
            given.or("etcd-snapshot-schedule-cron", "0 */12 * * *")
        },
        snapshot_retention: given.last("etcd-snapshot-retention").and_then(|text| text.parse().ok()).unwrap_or(5),
        switches: switches.collect(),
    })
}

/// The ranges of addresses, in Go's words where they are none.
fn ranges(given: &Given) -> Result<(), String> {
    for (name, default) in [("cluster-cidr", "10.42.0.0/16"), ("service-cidr", "10.43.0.0/16")] {
        for text in given.or(name, default).split(',') {
            let (address, bits) = text.split_once('/').unwrap_or((text, ""));
            let most = if address.contains(':') { 128 } else { 32 };
            if address.parse::<std::net::IpAddr>().is_err() || bits.parse::<u8>().map_or(true, |bits| bits > most) {
                return Err(format!("invalid {name} {text}: invalid CIDR address: {text}"));
            }
        }
    }
    match given.last("cluster-dns").filter(|text| text.split(',').any(|one| one.parse::<std::net::IpAddr>().is_err())) {
        Some(text) => Err(format!("invalid cluster-dns address {text}")),
        None => Ok(()),
    }
}

/// Eight digits that tell this machine from others of its name; kept in /etc/rancher/node/id.
fn node_id(machine: &Machine) -> String {
    match machine.files.read("/etc/rancher/node/id") {
        Some(id) => id.trim().to_string(),
        None => super::token::brief(&format!("{}{}", machine.name, machine.address()))[..8].to_string(),
    }
}

/// The words of a unit's command: split at blanks, quotes taken off.
pub fn command_words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    for c in text.chars() {
        match (quote, c) {
            (Some(mark), _) if c == mark => quote = None,
            (Some(_), _) => word.push(c),
            (None, '\'' | '"') => (quote, any) = (Some(c), true),
            (None, ' ' | '\t' | '\n') => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            (None, _) => word.push(c),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}

/// `NAME='value'` lines of an environment file.
pub fn environment_file(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_string(), value.trim_matches(['\'', '"']).to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine::debian12("server-1", "10.0.0.10", 1, simcore::Time::START)
    }

    fn words(text: &str) -> Vec<String> {
        command_words(text)
    }

    #[test]
    fn the_command_line_wins_over_the_file_and_the_file_over_the_environment() {
        let mut machine = machine();
        machine.files.write("/etc/rancher/k3s/config.yaml", "token: file\ndisable: [traefik]\nnode-name: a\nwhat: 1\n");
        machine.files.write("/etc/rancher/k3s/config.yaml.d/10.yaml", "disable+:\n- servicelb\n");
        let environment = vec![("K3S_TOKEN".to_string(), "environment".to_string()), ("K3S_KUBECONFIG_MODE".into(), "644".into())];
        let given = given(&machine, &words("server --node-name 'b' --disable=metrics-server"), &environment).unwrap();
        assert_eq!((given.last("token"), given.last("node-name")), (Some("file"), Some("b")));
        assert_eq!(given.last("write-kubeconfig-mode"), Some("644"));
        assert_eq!(given.all("disable"), ["traefik", "servicelb", "metrics-server"]);
        assert_eq!(given.warnings, ["Unknown flag --what found in config.yaml, skipping\\n"]);
    }

    #[test]
    fn the_datastore_follows_from_how_a_server_is_started() {
        let machine = machine();
        let datastore = |text: &str| {
            let given = given(&machine, &words(text), &[]).unwrap();
            resolve(&machine, &given, "v1.37.1+k3s1").map(|k3s| k3s.datastore)
        };
        assert_eq!(datastore("server"), Ok(Datastore::Sqlite));
        assert_eq!(datastore("server --cluster-init"), Ok(Datastore::Etcd));
        assert_eq!(datastore("server --server https://10.0.0.10:6443 -t x"), Ok(Datastore::Etcd));
        assert_eq!(datastore("agent --server https://10.0.0.10:6443"), Err("--token is required".into()));
        assert_eq!(datastore("agent -t x"), Err("--server is required".into()));
    }

    #[test]
    fn an_unknown_flag_ends_it() {
        assert_eq!(
            given(&machine(), &words("server --no-deploy traefik"), &[]).err(),
            Some("flag provided but not defined: -no-deploy".into())
        );
        assert_eq!(
            given(&machine(), &words("agent --cluster-init"), &[]).err(),
            Some("flag provided but not defined: -cluster-init".into())
        );
    }
}
