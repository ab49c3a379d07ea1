//! `ssh NODE COMMAND`: what a node prints of its Service rules, and requests that begin on it.
use crate::traffic::fabric::{Client, Place, number};
use crate::traffic::flight::Asker;
use crate::world::World;
use apiserver::client::Ticket;
use dataplane::images::client;
use dataplane::network::{CONNECT_MAX, KubeProxy, MTU, Mode, Plugin, VXLAN_BYTES};
use objects::Text;
use simcore::{Duration, Time};
use std::sync::Arc;

/// What a program printed, its errors, its exit code.
pub(crate) type Said = (String, String, i32);

type Run = fn(&KubeProxy, &[Text], Time) -> Said;

/// Programs of a node that read the rules of its kernel.
static TABLE: &[(&str, Run)] = &[("iptables-save", iptables_save), ("ipvsadm", ipvsadm), ("nft", nft)];

/// How long it takes to log in.
const LOGIN: Duration = Duration::millis(180);
/// ssh's own exit code.
const FAILED: i32 = 255;

impl World {
    /// Runs a command on a node. Gives when it ends and what it said, or `None` where a request went out whose answer comes later.
    pub(crate) fn ssh(&mut self, words: &[Text], caller: crate::event::Caller, ticket: Ticket) -> Option<(Time, Said)> {
        let login = |code: i32, text: String| (String::new(), text, code);
        let Some((node, command)) = words.split_first() else {
            return Some((self.now, login(FAILED, "usage: ssh destination command [argument ...]\n".to_string())));
        };
        let node = node.rsplit('@').next().unwrap_or(node);
        let Some(host) = self.hosts.iter().position(|host| host.name == node || host.address == node) else {
            return Some((self.now, login(FAILED, format!("ssh: Could not resolve hostname {node}: Name or service not known\n"))));
        };
        let Some((name, rest)) = command.split_first() else {
            let names: Vec<&str> = TABLE.iter().map(|(name, _)| *name).collect();
            let help = format!(
                "Here a command must stand behind the name: ssh {node} iptables-save. There are {}, curl, nc, ping and wget.\n",
                names.join(", ")
            );
            return Some((self.now, login(FAILED, help)));
        };
        if self.passage(None, Some(host)).is_none() {
            let text = format!("ssh: connect to host {node} port 22: Connection timed out\n");
            return Some((self.now + CONNECT_MAX, login(FAILED, text)));
        }
        let (name, rest) = if name == "sudo" { rest.split_first()? } else { (name, rest) };
        if name == "ping"
            && let Some(words) = self.too_long_to_send(host, rest)
        {
            return Some((self.now + LOGIN, (String::new(), words, 1)));
        }
        if let Some(client) = client(name) {
            return match (client.plan)(rest) {
                Ok(ask) => {
                    let words = std::iter::once(name).chain(rest).cloned().collect();
                    self.launch(Asker::Tool { caller, ticket, words: Arc::new(words) }, Client::Node(host), Arc::new(ask), None);
                    None
                }
                Err((text, code)) => Some((self.now + LOGIN, (String::new(), text, code))),
            };
        }
        let run = TABLE.iter().find(|(known, _)| known == name).map(|(_, run)| *run);
        let said = match (run, self.proxy_of(host)) {
            (Some(run), Some(proxy)) => run(proxy, rest, self.now),
            _ => (String::new(), format!("bash: line 1: {name}: command not found\n"), 127),
        };
        Some((self.now + LOGIN, said))
    }
}

impl World {
    /// What `ping -M do -s SIZE` says where the packet is longer than the interface that it would leave by takes. Without
    /// `-M do` it would be cut into pieces.
    fn too_long_to_send(&self, host: usize, words: &[Text]) -> Option<String> {
        let whole = words.windows(2).any(|pair| pair[0] == "-M" && matches!(pair[1].as_str(), "do" | "probe"));
        let size: u32 = words.windows(2).find(|pair| pair[0] == "-s").and_then(|pair| pair[1].parse().ok())?;
        let address = number(words.last()?);
        let overlay = address.is_some_and(|address| match self.place(address) {
            Place::Pod { host: other, .. } | Place::Nobody { host: other } => other != host,
            _ => false,
        }) && self.plugin(host) == Plugin::Flannel;
        let mtu = if overlay { MTU - VXLAN_BYTES } else { MTU };
        let words = format!(
            "PING {0} ({0}) {size}({1}) bytes of data.\nping: local error: message too long, mtu={mtu}\n",
            words.last()?,
            size + 28
        );
        (whole && size + 28 > mtu).then_some(words)
    }
}

fn printed(text: String) -> Said {
    (text, String::new(), 0)
}

/// `iptables-save [-t TABLE]`
fn iptables_save(proxy: &KubeProxy, words: &[Text], _: Time) -> Said {
    let table = words.iter().position(|word| word == "-t").and_then(|at| words.get(at + 1));
    let text = proxy.kernel.rules.iptables_save();
    let Some(table) = table else { return printed(text) };
    let start = format!("*{table}\n");
    match text.find(&start).map(|at| &text[at..]) {
        Some(rest) => printed(rest[..rest.find("COMMIT\n").map_or(rest.len(), |at| at + 7)].to_string()),
        None => (String::new(), format!("iptables-save: The table `{table}' is not there\n"), 1),
    }
}

/// `nft list ruleset`
fn nft(proxy: &KubeProxy, words: &[Text], now: Time) -> Said {
    if words.iter().map(Text::as_str).collect::<Vec<_>>() != ["list", "ruleset"] {
        return (String::new(), "nft: only `nft list ruleset` is understood here\n".to_string(), 1);
    }
    match proxy.kernel.rules.mode() {
        Mode::Nftables => printed(proxy.kernel.rules.nft_list(&proxy.kernel.affinity, now)),
        _ => (String::new(), "# kube-proxy does not write nftables rules in its present mode: see iptables-save\n".to_string(), 0),
    }
}

/// `ipvsadm -Ln`
fn ipvsadm(proxy: &KubeProxy, _: &[Text], _: Time) -> Said {
    match proxy.kernel.rules.mode() {
        Mode::Ipvs => printed(proxy.kernel.rules.ipvsadm()),
        _ => {
            let head = proxy.kernel.rules.ipvsadm();
            printed(head.lines().take(3).map(|line| format!("{line}\n")).collect())
        }
    }
}
