//! What a program on a machine can reach beyond it: names, web servers, API servers, the health of components.
use crate::Machine;
use objects::Text;
use objects::wire::{Request, Response};
use simcore::{Duration, Time};
use std::sync::Arc;

/// An answer and how long it took.
pub type Answer<T> = Result<(T, Duration), Pending>;

/// The answer is not there yet. The program ends at once and is run again from its first line on the machine as it was,
/// when there is one more answer; then `Outside` also puts the machine into the state it had at that time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pending;

/// A health check as kubeadm's: an URL that must answer 200.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// `https://10.0.0.10:6443/livez`
    pub url: String,
}

/// The world around a machine. `at` is the instant at which the program asks; it may lie after the command's begin.
/// An `Err` inside an answer has Go's words for what went wrong: `dial tcp 10.0.0.10:6443: connect: connection refused`.
pub trait Outside {
    /// Asks the machine's name server: addresses, or `lookup web on 10.0.0.1:53: no such host`.
    fn lookup(&mut self, machine: &Machine, at: Time, name: &str) -> Answer<Result<Vec<Text>, String>>;

    /// Fetches a text over the Internet: dl.k8s.io, package lists.
    fn fetch(&mut self, machine: &Machine, at: Time, url: &str) -> Answer<Result<String, String>>;

    /// Pulls an image: `Err` has the runtime's words.
    fn pull(&mut self, machine: &Machine, at: Time, image: &str) -> Answer<Result<(), String>>;

    /// One request to the API server at `https://host:port`.
    fn api(&mut self, machine: &mut Machine, at: Time, server: &str, request: Request) -> Answer<Result<Response, String>>;

    /// Waits until the probe is good or `within` is over. The machine goes on meanwhile: its kubelet starts static Pods.
    fn wait(&mut self, machine: &mut Machine, at: Time, probe: &Probe, within: Duration) -> Answer<Result<(), String>>;

    /// Waits until a file is there, such as the credentials that a kubelet fetches.
    fn wait_file(&mut self, machine: &mut Machine, at: Time, path: &str, within: Duration) -> Answer<Result<(), String>>;

    /// Lets the world come to the instant that a script has worked to, before its next program begins.
    fn reach(&mut self, _machine: &mut Machine, _at: Time) -> Result<(), Pending> {
        Ok(())
    }

    /// Runs a program that no table of a server has: it needs what lies outside. `None`: nobody knows it.
    fn program(&mut self, _machine: &mut Machine, _at: Time, _begun: &Begun) -> Answer<Option<Printed>> {
        Ok((None, Duration::ZERO))
    }

    /// The Kubernetes version that `stable-1.txt` names cannot be known here; members of an etcd cluster can: asks the
    /// etcd server at `endpoint` to change or tell its members.
    fn etcd(&mut self, machine: &mut Machine, at: Time, endpoint: &str, ask: &EtcdAsk) -> Answer<Result<Vec<EtcdMember>, String>>;

    /// Fetches a page of the Internet with its status. Installers' sites are data, `web::page`; an implementation decides
    /// whether the machine reaches them, and how long `bytes` travel. `Err` has Go's words.
    fn page(&mut self, machine: &Machine, at: Time, url: &str) -> Answer<Result<Page, String>> {
        let (text, took) = self.fetch(machine, at, url)?;
        Ok((text.map(|text| Page::text(&text)), took))
    }

    /// Waits until the journals of this machine have more than `known` lines. `false`: none will come.
    fn journal(&mut self, _machine: &mut Machine, _at: Time, _known: usize) -> Answer<bool> {
        Ok((false, Duration::ZERO))
    }

    /// The containers of the runtime that listens on a socket of this machine.
    fn containers(&mut self, _machine: &Machine, _at: Time, _socket: &str) -> Answer<Vec<Container>> {
        Ok((Vec::new(), Duration::millis(10)))
    }

    /// Asks the supervisor of the K3s server at `https://host:port` for what a joining node needs. An implementation finds
    /// the machine behind the address, and answers with `k3s::supervisor` of it if the link, the firewall and the port let it.
    fn supervisor(&mut self, _machine: &mut Machine, _at: Time, server: &str) -> Answer<Result<Arc<Supervisor>, String>> {
        let address = server.trim_start_matches("https://");
        Ok((Err(format!("dial tcp {address}: connect: connection refused")), Duration::millis(1)))
    }
}

/// A container as its runtime tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// 64 hex digits.
    pub id: Text,
    pub name: Text,
    pub image: Text,
    /// The Pod's sandbox: 64 hex digits.
    pub sandbox: Text,
    pub pod: Text,
    pub namespace: Text,
    pub running: bool,
    pub created: Time,
    /// How often the kubelet started it anew.
    pub attempt: u32,
    pub pid: u32,
    /// Its output so far.
    pub log: Text,
}

/// What a web server answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// 200, 302, 404
    pub code: u16,
    /// Where it was moved to; else empty.
    pub location: Text,
    pub body: Text,
    /// How much has to travel; a binary's text only stands for it.
    pub bytes: u64,
}

impl Page {
    pub fn text(body: &str) -> Page {
        Page { code: 200, location: Text::default(), body: Text::new(body), bytes: body.len() as u64 }
    }

    pub fn moved(location: &str) -> Page {
        Page { code: 302, location: Text::new(location), body: Text::default(), bytes: 0 }
    }

    pub fn missing() -> Page {
        Page { code: 404, location: Text::default(), body: Text::new_static("Not Found\n"), bytes: 10 }
    }

    pub fn of_bytes(self, bytes: u64) -> Page {
        Page { bytes, ..self }
    }
}

/// What a K3s server tells a node that joins: its authority, its secrets to compare a token with, and the settings that all
/// servers must share.
#[derive(Clone, Debug, PartialEq)]
pub struct Supervisor {
    /// The server's address: `10.0.0.10`
    pub address: Text,
    /// PEM text of the authority behind the server's certificate, and the key's 64 hex digits that tokens carry.
    pub authority: Text,
    pub authority_hash: Text,
    pub server_password: Text,
    pub agent_password: Text,
    /// Whether the API server answers already; until then agents wait.
    pub ready: bool,
    pub etcd: bool,
    /// `cluster-cidr` → `10.42.0.0/16`, in the order of the documentation.
    pub shared: Vec<(Text, Text)>,
    /// The authorities' certificates and keys, by path below /var/lib/rancher/k3s/server/tls.
    pub authorities: Vec<(Text, Text)>,
}

/// A program as a shell begins it.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    pub user: Text,
    pub folder: String,
    pub environment: Vec<(String, String)>,
    /// With the program's name.
    pub words: Vec<String>,
    pub stdin: String,
}

/// What a program came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Printed {
    pub stdout: String,
    pub stderr: String,
    pub code: u8,
}

/// What kubeadm asks of etcd.
#[derive(Clone, Debug, PartialEq)]
pub enum EtcdAsk {
    Members,
    AddLearner { peer: Text },
    Promote { id: u64 },
    Remove { id: u64 },
}

/// A row of etcd's member list.
#[derive(Clone, Debug, PartialEq)]
pub struct EtcdMember {
    pub id: u64,
    /// "" until it has started.
    pub name: Text,
    pub peer: Text,
    pub learner: bool,
}

/// No network at all: what a machine sees whose name server refuses.
#[derive(Clone, Debug, Default)]
pub struct Nothing;

impl Outside for Nothing {
    fn lookup(&mut self, machine: &Machine, at: Time, name: &str) -> Answer<Result<Vec<Text>, String>> {
        // A client's port, as the kernel would draw one.
        let port = 32_768 + (at.0 / 7 + name.len() as u64 * 131) % 28_000;
        let (dns, me) = (&machine.dns, machine.address());
        let words = format!("lookup {name} on {dns}:53: read udp {me}:{port}->{dns}:53: read: connection refused");
        Ok((Err(words), Duration::millis(1)))
    }

    fn fetch(&mut self, machine: &Machine, at: Time, url: &str) -> Answer<Result<String, String>> {
        let host = url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or("");
        let (found, took) = self.lookup(machine, at, host)?;
        Ok((Err(format!("dial tcp: {}", found.err().unwrap_or_default())), took))
    }

    fn pull(&mut self, _: &Machine, _: Time, image: &str) -> Answer<Result<(), String>> {
        let (host, rest) = image.split_once('/').unwrap_or((image, ""));
        let (name, tag) = rest.rsplit_once(':').unwrap_or((rest, "latest"));
        let words = format!(
            "failed to pull and unpack image \"{image}\": failed to resolve image: failed to do request: Head \"https://{host}/v2/{name}/manifests/{tag}\": dial tcp: lookup {host}: no such host"
        );
        Ok((Err(words), Duration::millis(150)))
    }

    fn api(&mut self, _: &mut Machine, _: Time, server: &str, _: Request) -> Answer<Result<Response, String>> {
        let address = server.trim_start_matches("https://");
        Ok((Err(format!("dial tcp {address}: connect: connection refused")), Duration::millis(1)))
    }

    fn wait(&mut self, _: &mut Machine, _: Time, probe: &Probe, within: Duration) -> Answer<Result<(), String>> {
        let address = probe.url.split("://").nth(1).unwrap_or("").split('/').next().unwrap_or("");
        Ok((Err(format!("Get \"{}\": dial tcp {address}: connect: connection refused", probe.url)), within))
    }

    fn wait_file(&mut self, _: &mut Machine, _: Time, _: &str, within: Duration) -> Answer<Result<(), String>> {
        Ok((Err("timed out waiting for the condition".into()), within))
    }

    fn etcd(&mut self, _: &mut Machine, _: Time, _: &str, _: &EtcdAsk) -> Answer<Result<Vec<EtcdMember>, String>> {
        Ok((Err("context deadline exceeded".into()), Duration::secs(2)))
    }
}
