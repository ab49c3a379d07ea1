//! Programs of a server that read the kernel's Service rules, and those that send requests from there.
use super::fleet::Reply;
use super::seam::lets_in;
use crate::event::Caller;
use crate::members::Given;
use crate::traffic::fabric::{Client, Place, number};
use crate::traffic::flight::Asker;
use crate::world::World;
use ::hosts::Machine;
use ::hosts::outside::{Begun, Printed};
use apiserver::client::Ticket;
use dataplane::images::client;
use dataplane::network::{IpSet, KubeProxy, Mode, Plugin};
use objects::Text;
use simcore::{Duration, Time};
use std::sync::Arc;

type Run = fn(&KubeProxy, &[String], Time) -> Printed;

/// Programs that read the rules of the kernel.
static TABLE: &[(&str, Run)] = &[("ipset", ipset), ("iptables-save", iptables_save), ("ipvsadm", ipvsadm), ("nft", nft)];

/// How long a program that only prints takes.
const PRINTING: Duration = Duration::millis(20);

impl World {
    /// Runs a program that the servers' own tables do not have.
    pub(super) fn begin_program(&mut self, id: u64, host: usize, begun: &Begun) {
        let Some((name, rest)) = begun.words.split_first() else { return };
        let has = |machine: &Machine| ["kubectl", "k3s"].iter().any(|name| machine.program(name).is_some());
        if matches!(name.as_str(), "kubectl" | "k") && has(&self.machine(host)) {
            return self.begin_kubectl(id, host, begun);
        }
        let limited = (name == "timeout" && rest.get(1).is_some_and(|word| word == "etcdctl")).then(|| limit(&rest[0])).flatten();
        if matches!(name.as_str(), "etcdctl" | "etcdutl") || limited.is_some() {
            // A provider's etcd is out of reach, and its nodes have no tools for it.
            if self.managed.is_some() {
                return self.tell_command(id, Reply::Printed(None));
            }
            let words = if limited.is_some() { rest[1..].to_vec() } else { begun.words.clone() };
            let (environment, stdin, folder) = (begun.environment.clone(), begun.stdin.clone(), begun.folder.clone());
            let given = Given { environment, stdin, folder, until: limited.map(|limit| self.now + limit), distrust: None };
            return self.begin_etcd_line(host, words, given, Caller::Command(id), Ticket(0), false);
        }
        if name == "ssh" {
            let words = "ssh: from a server no other server can be reached here; log in from your own terminal\n";
            return self.tell_command(id, Reply::Printed(Some(complaint(words, 255))));
        }
        if name == "ping"
            && let Some(words) = self.too_long_to_send(host, rest)
        {
            return self.tell_command_after(
                id,
                PRINTING,
                Reply::Printed(Some(Printed { stdout: words.0 + &words.1, stderr: String::new(), code: 1 })),
            );
        }
        if name == "nc"
            && let Some(printed) = self.knocked(host, rest)
        {
            return self.tell_command_after(id, PRINTING, Reply::Printed(Some(printed)));
        }
        if let Some(client) = client(name) {
            let rest: Vec<Text> = rest.iter().map(Text::new).collect();
            match (client.plan)(&rest) {
                Ok(ask) => {
                    let words = begun.words.iter().map(Text::new).collect();
                    let asker = Asker::Tool { caller: Caller::Command(id), ticket: Ticket(0), words: Arc::new(words) };
                    self.launch(asker, Client::Node(host), Arc::new(ask), None);
                }
                Err((words, code)) => self.tell_command(id, Reply::Printed(Some(complaint(&words, code.clamp(0, 255) as u8)))),
            }
            return;
        }
        let run = TABLE.iter().find(|(known, _)| known == name).map(|(_, run)| *run);
        let printed = run.map(|run| match self.proxy_of(host) {
            Some(_) if begun.user != "root" => complaint(&format!("{name}: Permission denied (you must be root)\n"), 4),
            // On a server where kube-proxy has never written the kernel has no rules of its own.
            Some(proxy) if proxy.kernel.rules.is_empty() => Printed::default(),
            Some(proxy) => run(proxy, rest, self.now),
            None => Printed::default(),
        });
        self.tell_command_after(id, PRINTING, Reply::Printed(printed));
    }
}

impl World {
    /// `nc -z HOST PORT` to a server itself: whether one of its processes listens there. `None` for all else.
    fn knocked(&mut self, host: usize, words: &[String]) -> Option<Printed> {
        let zero = words.iter().any(|word| word.starts_with('-') && word.contains('z'));
        let mut plain = words.iter().filter(|word| !word.starts_with('-'));
        let (name, port) = (plain.next()?.clone(), plain.next()?.clone());
        let number: u16 = port.parse().ok().filter(|_| zero)?;
        let target = self.host_at(host, &name).filter(|_| !self.is_balancer(&name))?;
        let machine = self.machine(target);
        let reaches = target == host || (self.passage(Some(host), Some(target)).is_some() && lets_in(&machine, number));
        let local = |address: &str| target == host || !address.starts_with("127.");
        let open = machine.sockets.iter().any(|socket| socket.port == number && !socket.udp && local(&socket.address));
        Some(match (reaches, open) {
            (true, true) => complaint(&format!("Connection to {name} {port} port [tcp/*] succeeded!\n"), 0),
            (true, false) => complaint(&format!("nc: connect to {name} port {port} (tcp) failed: Connection refused\n"), 1),
            (false, _) => complaint(&format!("nc: connect to {name} port {port} (tcp) timed out: Operation now in progress\n"), 1),
        })
    }

    /// What `ping -M do -s SIZE` says where the packet is longer than the interface that it would
    /// leave by takes. Without `-M do` it would be cut into pieces.
    fn too_long_to_send(&self, host: usize, words: &[String]) -> Option<(String, String)> {
        let whole = words.windows(2).any(|pair| pair[0] == "-M" && matches!(pair[1].as_str(), "do" | "probe"));
        let size: u32 = words.windows(2).find(|pair| pair[0] == "-s").and_then(|pair| pair[1].parse().ok())?;
        let target = words.last()?;
        let overlay = number(target).is_some_and(|address| match self.place(address) {
            Place::Pod { host: other, .. } | Place::Nobody { host: other } => other != host,
            _ => false,
        }) && self.plugin(host) == Plugin::Flannel;
        let mtu = if overlay { self.tunnel_mtu(host) } else { self.hosts[host].mtu };
        let known = self.hosts.iter().find(|host| host.name == *target).map_or(target.as_str(), |host| host.address.as_str());
        let begin = format!("PING {target} ({known}) {size}({}) bytes of data.\n", size + 28);
        let count: u64 = words.windows(2).find(|pair| pair[0] == "-c").and_then(|pair| pair[1].parse().ok()).unwrap_or(1).clamp(1, 20);
        let lines = format!("ping: local error: message too long, mtu={mtu}\n").repeat(count as usize);
        let end = format!(
            "\n--- {target} ping statistics ---\n{count} packets transmitted, 0 received, +{count} errors, 100% packet loss, time {}ms\n\n",
            (count - 1) * 1_013
        );
        (whole && size + 28 > mtu).then(|| (begin, lines + &end))
    }
}

/// `5`, `5s`, `2m`: how long `timeout` lets a program run.
fn limit(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(['s', 'm']);
    let count = digits.parse::<u64>().ok()?;
    Some(if text.ends_with('m') { Duration::mins(count) } else { Duration::secs(count) })
}

fn text(stdout: String) -> Printed {
    Printed { stdout, ..Printed::default() }
}

fn complaint(words: &str, code: u8) -> Printed {
    Printed { stderr: words.to_string(), code, ..Printed::default() }
}

/// `iptables-save [-t TABLE]`
fn iptables_save(proxy: &KubeProxy, words: &[String], _: Time) -> Printed {
    let table = words.iter().position(|word| word == "-t").and_then(|at| words.get(at + 1));
    let all = proxy.kernel.rules.iptables_save();
    let Some(table) = table else { return text(all) };
    let start = format!("*{table}\n");
    match all.find(&start).map(|at| &all[at..]) {
        Some(rest) => text(rest[..rest.find("COMMIT\n").map_or(rest.len(), |at| at + 7)].to_string()),
        None => complaint(&format!("iptables-save: The table `{table}' is not there\n"), 1),
    }
}

/// `ipset list [-n] [SET]`
fn ipset(proxy: &KubeProxy, words: &[String], _: Time) -> Printed {
    if !matches!(words.first().map(String::as_str), Some("list" | "-L" | "--list")) {
        return complaint("ipset: only `ipset list [-n] [SETNAME]` is understood here\n", 1);
    }
    let names_only = words.iter().any(|word| matches!(word.as_str(), "-n" | "-name"));
    let name = words.iter().skip(1).find(|word| !word.starts_with('-'));
    let sets: Vec<IpSet> = proxy.kernel.rules.ip_sets().into_iter().filter(|set| name.is_none_or(|name| set.name == name)).collect();
    if let Some(_missing) = name.filter(|_| sets.is_empty()) {
        return complaint("ipset v7.17: The set with the given name does not exist\n", 1);
    }
    let shown = |set: &IpSet| match names_only {
        true => format!("{}\n", set.name),
        false => {
            let header = if set.kind == "bitmap:port" { "range 0-65535" } else { "family inet hashsize 1024 maxelem 65536" };
            let members: String = set.members.iter().map(|member| format!("{member}\n")).collect();
            format!(
                "Name: {}\nType: {}\nHeader: {header}\nReferences: {}\nNumber of entries: {}\nMembers:\n{members}\n",
                set.name,
                set.kind,
                set.references,
                set.members.len()
            )
        }
    };
    text(sets.iter().map(shown).collect())
}

/// `nft list ruleset`, `nft list tables`, `nft list table ip kube-proxy`, `nft list chain|map|set ip kube-proxy NAME`
fn nft(proxy: &KubeProxy, words: &[String], now: Time) -> Printed {
    let line = words.join(" ");
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !matches!(*word, "-n" | "-nn")).collect();
    if proxy.kernel.rules.mode() != Mode::Nftables {
        return complaint("# kube-proxy does not write nftables rules in its present mode: see iptables-save\n", 0);
    }
    let all = || proxy.kernel.rules.nft_list(&proxy.kernel.affinity, now);
    let missing = |name: &str| {
        let marks = format!("{}{}", " ".repeat(line.rfind(name).unwrap_or(0)), "^".repeat(name.len()));
        complaint(&format!("Error: No such file or directory\n{line}\n{marks}\n"), 1)
    };
    match words[..] {
        ["list", "ruleset"] | ["list", "table", "ip", "kube-proxy"] | ["list", "table", "kube-proxy"] => text(all()),
        ["list", "tables"] => text("table ip kube-proxy\n".to_string()),
        ["list", "table", .., name] => missing(name),
        ["list", what @ ("chain" | "map" | "set"), "ip", "kube-proxy", name]
        | ["list", what @ ("chain" | "map" | "set"), "kube-proxy", name] => {
            let all = all();
            let begin = all.find(&format!("\t{what} {name} {{\n"));
            let part = begin.and_then(|at| Some(&all[at..at + all[at..].find("\n\t}\n")? + 4]));
            part.map_or_else(|| missing(name), |part| text(format!("table ip kube-proxy {{\n{part}}}\n")))
        }
        _ => complaint("nft: only `nft list ruleset|tables|table|chain|map|set` is understood here\n", 1),
    }
}

/// `ipvsadm -Ln`
fn ipvsadm(proxy: &KubeProxy, _: &[String], _: Time) -> Printed {
    let all = proxy.kernel.rules.ipvsadm();
    match proxy.kernel.rules.mode() {
        Mode::Ipvs => text(all),
        _ => text(all.lines().take(3).map(|line| format!("{line}\n")).collect()),
    }
}
