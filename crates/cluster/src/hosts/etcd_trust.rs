//! Certificates around etcd and before the kubelets: looked at when a connection is made, not while it stands.
use super::fleet::Due;
use super::processes;
use crate::world::World;
use ::hosts::call::ephemeral_port;
use ::hosts::pki::{Certificate, Refused, valid};
use objects::wire::{Request, Response, Target};
use objects::{Status, Text};
use simcore::Duration;

const SERVER: &str = "/etc/kubernetes/pki/etcd/server.crt";
const PEER: &str = "/etc/kubernetes/pki/etcd/peer.crt";
const CLIENT: &str = "/etc/kubernetes/pki/apiserver-etcd-client.crt";
const HEALTH: &str = "/etc/kubernetes/pki/etcd/healthcheck-client.crt";
const KUBELET: &str = "/etc/kubernetes/pki/apiserver-kubelet-client.crt";
/// How soon it is looked at again whether those that were refused are let in now.
const AGAIN: Duration = Duration::secs(15);

impl World {
    /// A certificate on a server that somebody has looked into; while all clocks are right none is ever out of date.
    fn certificate_on(&self, host: usize, path: &str) -> Option<Certificate> {
        if self.fleet.right_clocks {
            return None;
        }
        Certificate::read(&self.fleet.machines.get(&host)?.files.read(path)?)
    }

    /// Whether a client on one host and the member of etcd on another find each other's certificates good now. etcd reads its
    /// files for each handshake, and so do its clients.
    fn handshake(&self, from: usize, path: &str, member: usize) -> Result<(), Refused> {
        let Some(serving) = self.certificate_on(member, SERVER) else { return Ok(()) };
        valid(&serving, self.certificate_on(from, path).as_ref(), self.clock(Some(from)), self.clock(Some(member)))
    }

    /// The kube-apiserver of a host and the member beside it.
    pub(crate) fn greets_etcd(&self, host: usize) -> Result<(), Refused> {
        self.handshake(host, CLIENT, host)
    }

    /// Whether etcdctl on a host, with the certificate for health checks where there is one, can talk to a member.
    pub(crate) fn is_let_in(&self, from: usize, member: usize) -> bool {
        self.handshake(from, HEALTH, member).is_ok()
    }

    /// Whether members on two hosts find each other's certificates good: each is the other's client and server. Who refused
    /// whom, and why.
    fn peers_agree(&self, one: usize, other: usize) -> Result<(), (usize, usize, String)> {
        for (of, by) in [(one, other), (other, one)] {
            let verdict = self.certificate_on(of, PEER).map(|held| held.valid(self.clock(Some(by))));
            if let Some(Err(why)) = verdict {
                return Err((by, of, why));
            }
        }
        Ok(())
    }

    /// A member of etcd has started: its peers and the kube-apiserver beside it connect anew.
    pub(crate) fn member_met(&mut self, host: usize) {
        if self.fleet.right_clocks {
            return;
        }
        let mut others: Vec<usize> = self.etcd.nodes.iter().map(|node| node.host).filter(|other| *other != host).collect();
        others.dedup();
        for other in others {
            let pair = (host.min(other), host.max(other));
            match self.peers_agree(host, other) {
                Ok(()) => {
                    self.fleet_mut().unmet.remove(&pair);
                }
                Err((by, of, why)) => {
                    self.fleet_mut().unmet.insert(pair);
                    self.etcd_refuses(by, "peer", &self.hosts[of].address.clone(), &format!("tls: failed to verify certificate: {why}"));
                    self.etcd_refuses(of, "peer", &self.hosts[by].address.clone(), "remote error: tls: bad certificate");
                }
            }
        }
        let runs = self.apiservers.iter().any(|server| server.host == host && server.running);
        if runs && self.greets_etcd(host).is_err() {
            self.end_server(host);
        }
        if !self.fleet.unmet.is_empty() {
            self.plan(host, AGAIN, Due::Trust);
        }
    }

    /// Members that were refused try all the time.
    pub(super) fn peers_try_again(&mut self) {
        let met: Vec<(usize, usize)> =
            self.fleet.unmet.iter().filter(|(one, other)| self.peers_agree(*one, *other).is_ok()).copied().collect();
        if self.fleet.unmet.is_empty() {
            return;
        }
        self.fleet_mut().unmet.retain(|pair| !met.contains(pair));
        if !self.fleet.unmet.is_empty() {
            self.plan(0, AGAIN, Due::Trust);
        }
    }

    /// A kube-apiserver that finds no etcd any more ends, and its kubelet starts it in vain.
    pub(crate) fn end_server(&mut self, host: usize) {
        let mut machine = self.machine(host);
        processes::stop(&mut machine, "kube-apiserver");
        self.fleet_mut().machines.insert(host, machine);
        self.run_component(host, "kube-apiserver", false);
        self.container_shown(host, "kube-apiserver", false);
        self.plan(host, Duration::secs(1), Due::Statics);
    }

    /// How a kube-apiserver's client of etcd words a refused handshake; the member has a line of its own for it.
    pub(super) fn etcd_refused(&mut self, host: usize, refused: &Refused) -> String {
        let (client, member) = match refused {
            Refused::Client(why) => {
                (format!("transport: authentication handshake failed: {why}"), "remote error: tls: bad certificate".to_string())
            }
            Refused::Server(why) => (
                "error reading server preface: remote error: tls: expired certificate".to_string(),
                format!("tls: failed to verify certificate: {why}"),
            ),
        };
        self.etcd_refuses(host, "client", "127.0.0.1", &member);
        client
    }

    fn etcd_refuses(&mut self, host: usize, whom: &str, address: &str, why: &str) {
        let port = ephemeral_port(self.now);
        let words = format!(
            "\"msg\":\"rejected connection on {whom} endpoint\",\"remote-addr\":\"{address}:{port}\",\"server-name\":\"\",\"error\":\"{why}\""
        );
        self.component_says(host, "etcd", 'w', "embed/config_logging.go:194", &words);
    }

    /// What a kubelet says to a kube-apiserver whose certificate it does not take: it looks at each request.
    pub(crate) fn kubelet_refuses(&mut self, server: usize, node: usize, request: &Request) -> Option<Response> {
        let Err(why) = self.certificate_on(server, KUBELET)?.valid(self.clock(Some(node))) else { return None };
        let client = self.certificate_on(server, KUBELET)?;
        let words = format!("\"Unable to authenticate the request\" err=\"{}\"", super::trust::unverified(&client, &why));
        let (now, mut machine) = (self.now, self.machine(node));
        let pid = machine.unit("kubelet").map_or(0, |unit| unit.pid);
        machine.klog(now, "kubelet", ("kubelet", pid), 'E', "authentication.go:76", &words);
        self.fleet_mut().machines.insert(node, machine);
        let Target::Resource { name, subresource, .. } = &request.target else { return None };
        Some(Response::from(match subresource.as_str() {
            "log" => Status::new(
                401,
                "Unauthorized",
                Text::from(format!("the server has asked for the client to provide credentials ( pods/log {name})")),
            ),
            _ => Status::new(500, "InternalError", "unable to upgrade connection: Unauthorized"),
        }))
    }
}
