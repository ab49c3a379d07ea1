//! Whose certificates are good by whose clock: connections to the kube-apiservers are refused where one is not.
use super::fleet::Due;
use super::processes::{self, OWN};
use crate::event::{Caller, PartId};
use crate::part::Actor;
use crate::world::World;
use ::hosts::Machine;
use ::hosts::kubeadm::Client;
use ::hosts::pki::{Certificate, Refused};
use objects::Status;
use objects::wire::Response;
use simcore::{Duration, Time};
use std::collections::BTreeMap;

const SERVING: &str = "/etc/kubernetes/pki/apiserver.crt";
const ADMIN: &str = "/etc/kubernetes/admin.conf";
/// Kubeconfigs of a server by who uses them.
const KUBECONFIGS: [&str; 3] = [ADMIN, "/etc/kubernetes/super-admin.conf", "/etc/kubernetes/kubelet.conf"];
/// From a kubelet's request until it holds the new certificate: approved and signed by the kube-controller-manager.
const SIGNED: Duration = Duration::secs(2);

impl World {
    /// A host's clock. The learner's own (`None`) is right, unless every server's was put: then so much time has passed for
    /// everybody as it did for the one that was put least.
    pub(super) fn clock(&self, host: Option<usize>) -> Time {
        let local = |host: usize| self.fleet.machines.get(&host).map_or(self.now, |machine| machine.local(self.now));
        match host {
            Some(host) => local(host),
            None => (0..self.hosts.len()).map(local).min_by_key(|at| at.0.abs_diff(self.now.0)).unwrap_or(self.now),
        }
    }

    /// Whether client and kube-apiserver find each other's certificates good. A kube-apiserver reads its own from the disk
    /// whenever it changes.
    pub(super) fn trusted(&self, from: Option<usize>, server: usize, client: Option<&Certificate>) -> Result<(), Refused> {
        // A server that nobody has looked into is as kubeadm has just left it.
        let serving = self.fleet.machines.get(&server).and_then(|machine| Certificate::read(&machine.files.read(SERVING)?));
        let (here, there) = (self.clock(from), self.clock(Some(server)));
        let checked = serving.map_or(Ok(()), |serving| ::hosts::pki::valid(&serving, None, here, there));
        checked.and_then(|()| self.recognised(server, client))
    }

    /// Whether a kube-apiserver finds the certificate of a client good that is connected.
    fn recognised(&self, server: usize, client: Option<&Certificate>) -> Result<(), Refused> {
        let there = self.clock(Some(server));
        let told = |client: &Certificate| client.valid(there).map_err(|why| Refused::Server(unverified(client, &why)));
        client.map_or(Ok(()), told)
    }

    /// The same for the learner's own kubectl, which has the administrator's certificate.
    pub(crate) fn admitted(&self, caller: Caller, place: usize) -> Option<Response> {
        if self.fleet.right_clocks || !matches!(caller, Caller::Terminal | Caller::Client) {
            return None;
        }
        let server = self.apiservers[place].host;
        let machine = self.fleet.machines.get(&server)?;
        let admin = machine.files.read(ADMIN).and_then(|text| Client::certificate(machine, &text));
        self.trusted(None, server, admin.as_ref()).err().map(|refused| turned_away(&refused))
    }

    /// Whether a part's connections are refused for a certificate.
    pub(crate) fn is_stranger(&self, id: PartId) -> bool {
        self.fleet.strangers.contains_key(&id)
    }

    /// What a part hears of its connection that is refused for a certificate: `turned ADDRESS WORDS` where it refuses itself,
    /// `told Unauthorized` where the kube-apiserver does.
    pub(crate) fn stranger_hears(&self, caller: Caller) -> Option<Response> {
        let Caller::Part(id) = caller else { return None };
        let words = match self.fleet.strangers.get(&id)? {
            Refused::Client(why) => format!("turned {}:6443 {why}", self.api_address()),
            Refused::Server(_) => "told Unauthorized".to_string(),
        };
        Some(Response { code: 0, ..Response::text(words) })
    }

    /// A refused connection stands in the kube-apiserver's log, whichever side refused.
    pub(super) fn tells_refusal(&mut self, server: usize, client: usize, refused: &Refused) {
        match refused {
            Refused::Client(_) => {
                let address = self.hosts[client].address.clone();
                self.tells_handshake(server, &address);
            }
            Refused::Server(why) => self.tells_stranger(server, why),
        }
    }

    /// Finds out anew whose connections are refused: a clock, a certificate or a process has changed.
    pub(super) fn weigh_trust(&mut self) {
        let right = self.fleet.machines.values().all(|machine| machine.clock_offset == 0);
        if right && self.fleet.right_clocks {
            return;
        }
        // The servers' own certificates are looked at, whether somebody has logged in there or not.
        let serving: Vec<usize> = self.apiservers.iter().map(|server| server.host).filter(|host| !self.is_hidden(*host)).collect();
        serving.into_iter().for_each(|host| drop(self.machine(host)));
        // While all clocks were right everybody could connect.
        if self.fleet.right_clocks {
            self.fleet_mut().right_clocks = false;
            let all = (0..self.parts.len()).filter(|id| self.parts[*id].running).map(|id| (id, self.server_of(id))).collect();
            self.fleet_mut().connected = all;
        }
        let mut strangers = BTreeMap::new();
        let mut next: Option<Time> = None;
        for id in 0..self.parts.len() {
            let part = self.parts[id].clone();
            let Some(server) = self.apiservers.get(self.server_of(id)).map(|server| server.host) else { continue };
            if !part.running {
                self.fleet_mut().loaded.remove(&id);
                self.fleet_mut().connected.remove(&id);
                continue;
            }
            let held = self.held(id, part.host, &part.actor);
            // A server's certificate is looked at when a connection is made, a client's with each request.
            let place = self.server_of(id);
            let verdict = match self.fleet.connected.get(&id) == Some(&place) {
                true => self.recognised(server, held.as_ref()),
                false => self.trusted(Some(part.host), server, held.as_ref()),
            };
            if let Err(refused) = verdict {
                if !self.fleet.strangers.contains_key(&id) {
                    self.tells_refusal(server, part.host, &refused);
                }
                strangers.insert(id, refused);
                continue;
            }
            if self.apiservers[place].running {
                self.fleet_mut().connected.insert(id, place);
            }
            if let Some(held) = &held {
                let left = held.not_after.since(self.clock(Some(server)));
                next = Some(next.map_or(self.now + left, |next| next.min(self.now + left)));
            }
        }
        let better = self.fleet.strangers.keys().any(|id| !strangers.contains_key(id));
        let changed = !self.fleet.strangers.keys().eq(strangers.keys());
        let fleet = self.fleet_mut();
        (fleet.strangers, fleet.right_clocks) = (strangers, right);
        self.old_kubelets().into_iter().for_each(|host| self.plan(host, SIGNED, Due::Rotated));
        if let Some(next) = next {
            self.plan(0, next.since(self.now) + Duration::secs(1), Due::Trust);
        }
        self.peers_try_again();
        if changed {
            self.link_changed(better);
        }
    }

    /// A kube-apiserver has started: whoever talks to it connects anew.
    pub(crate) fn server_began(&mut self, place: usize) {
        if !self.fleet.right_clocks {
            self.fleet_mut().connected.retain(|_, server| *server != place);
            self.weigh_trust();
        }
    }

    /// The hosts whose kubelets ask for a new certificate now: they are let in, and a kube-controller-manager is, which signs it.
    /// A clock that was put forward counts as time that went by.
    fn old_kubelets(&self) -> Vec<usize> {
        let well = |id: &PartId| self.parts[*id].running && !self.fleet.strangers.contains_key(id);
        let signer = self.signer().is_some();
        let old = |host: &usize| {
            let own = self.fleet.machines.get(host).and_then(kubelets);
            own.is_some_and(|own| rotation(&own) <= self.clock(Some(*host))) && well(&self.hosts[*host].kubelet)
        };
        (0..self.hosts.len()).filter(|host| signer && old(host)).collect()
    }

    /// The host of a kube-controller-manager that can sign.
    fn signer(&self) -> Option<usize> {
        let signs = |id: &usize| self.parts[*id].process() == "kube-controller-manager" && self.parts[*id].running;
        let found = (0..self.parts.len()).filter(signs).find(|id| !self.fleet.strangers.contains_key(id));
        found.map(|id| self.parts[id].host)
    }

    fn signers_clock(&self) -> Time {
        self.clock(self.signer())
    }

    /// A kubelet holds its new certificate, if it is still the time for one.
    pub(super) fn rotate_kubelet(&mut self, host: usize) {
        if !self.old_kubelets().contains(&host) {
            return;
        }
        let mut machine = self.machine(host);
        processes::certify(&mut machine, self.signers_clock());
        // It closes its connections and makes new ones with the new certificate.
        let kubelet = self.hosts[host].kubelet;
        self.fleet_mut().connected.remove(&kubelet);
        self.put_machine(host, machine);
    }

    /// The certificate that a part shows: the scheduler and the controller manager read theirs when they start.
    fn held(&mut self, id: PartId, host: usize, actor: &Actor) -> Option<Certificate> {
        let machine = self.fleet.machines.get(&host)?;
        let path = match actor {
            Actor::Scheduler(_) => "/etc/kubernetes/scheduler.conf",
            Actor::Manager(_) => "/etc/kubernetes/controller-manager.conf",
            Actor::Kubelet(_) => return kubelets(machine),
            // kube-proxy and what runs in Pods show tokens.
            _ => return None,
        };
        if let Some(loaded) = self.fleet.loaded.get(&id) {
            return Some(loaded.clone());
        }
        let found = own(machine, path)?;
        self.fleet_mut().loaded.insert(id, found.clone());
        Some(found)
    }

    /// A process starts: it reads its kubeconfig.
    pub(crate) fn reads_kubeconfig(&mut self, id: PartId) {
        if !self.fleet.right_clocks {
            let fleet = self.fleet_mut();
            fleet.loaded.remove(&id);
            fleet.connected.remove(&id);
            self.weigh_trust();
        }
    }

    /// By a server's own clock, and when the certificate in one of its files ends: the file may be a kubeconfig or PEM. `None`
    /// where there is no such server or no certificate in the file.
    pub fn expiry(&self, server: &str, path: &str) -> Option<(Time, Time)> {
        let host = self.hosts.iter().position(|host| host.name == server)?;
        let made = self.fleet.machines.get(&host).cloned();
        let machine = made.unwrap_or_else(|| self.clone().machine(host));
        let text = machine.files.read(path)?;
        let found = Certificate::read(&text).or_else(|| Client::certificate(&machine, &text))?;
        Some((machine.local(self.now), found.not_after))
    }

    /// The certificate by which a command on a host asks as `user`.
    pub(super) fn certificate_of(&self, host: usize, user: &str) -> Option<Certificate> {
        let machine = self.fleet.machines.get(&host)?;
        KUBECONFIGS.iter().filter_map(|path| own(machine, path)).find(|found| found.part("CN") == Some(user))
    }
}

/// The certificate of a kubelet: that of its kubeconfig, or a newer one that it was given since.
fn kubelets(machine: &Machine) -> Option<Certificate> {
    let renewed = machine.files.read(OWN).and_then(|text| Certificate::read(&text));
    own(machine, KUBECONFIGS[2]).into_iter().chain(renewed).max_by_key(|found| found.not_after)
}

/// When a kubelet asks for a new certificate: after 70 to 90 % of the old one's life, each at its own moment. Mirrors client-go's
/// certificate manager.
fn rotation(certificate: &Certificate) -> Time {
    let life = certificate.not_after.since(certificate.not_before);
    let share = certificate.key.bytes().next().and_then(|digit| char::from(digit).to_digit(16)).unwrap_or(0);
    certificate.not_before + Duration(life.0 / 150 * (105 + u64::from(share) * 2))
}

fn own(machine: &Machine, path: &str) -> Option<Certificate> {
    Client::certificate(machine, &machine.files.read(path)?)
}

/// What the authenticator says of a certificate that is not valid: its number, and the authority's.
pub(super) fn unverified(client: &Certificate, why: &str) -> String {
    let number = u64::from_str_radix(&client.serial(), 16).unwrap_or_default();
    let digits: Vec<u8> = client.signer.to_uppercase().bytes().take(40).collect();
    let authority: Vec<String> = digits.chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
    format!("[{why}, verifying certificate SN={number}, SKID=, AKID={} failed: {why}]", authority.join(":"))
}

/// What a client is told.
pub(super) fn turned_away(refused: &Refused) -> Response {
    match refused {
        Refused::Client(why) => Response { code: 0, ..Response::text(format!("said {why}")) },
        Refused::Server(_) => Response::from(Status::new(401, "Unauthorized", "Unauthorized")),
    }
}
