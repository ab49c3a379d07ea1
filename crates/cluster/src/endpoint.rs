//! Which kube-apiserver a client talks to: its own host's, or one that the endpoint's load balancer gives it.
use crate::event::{Caller, Event, PartId};
use crate::hosts::Due;
use crate::part::{Actor, Restarts};
use crate::world::World;
use objects::Text;
use simcore::{Duration, Time};
use std::sync::Arc;

/// One kube-apiserver process.
#[derive(Clone, Debug)]
pub struct ApiServerProcess {
    /// `kube-apiserver`; with several control planes `kube-apiserver/control-plane-1`.
    pub id: Text,
    /// The host's place in `World::hosts`.
    pub host: usize,
    pub running: bool,
    /// Whether its process has started and tries in vain to reach an etcd.
    pub waits: bool,
    /// When its process started, and how often it has ended lately.
    pub begun: Time,
    pub(crate) restarts: Restarts,
    /// How much longer each request to it takes.
    pub slow: Duration,
    /// Whether nothing reaches its port.
    pub cut: bool,
    /// Whether the load balancer gives it new connections.
    pub offered: bool,
    /// Whether the Service `kubernetes` has it among its endpoints.
    pub listed: bool,
    /// When it writes its identity's Lease next, and as whom; nobody before its first Lease.
    pub renews: Time,
    pub identity: Text,
    /// What its image's tag says: `v1.36.4`; empty: the version that is taught.
    pub version: Text,
}

/// What becomes of a connection to the API.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// To a running kube-apiserver, by its place in `World::apiservers`.
    Server(usize),
    /// The port is closed: the client knows at once.
    Refused,
    /// Nobody answers.
    Lost,
}

/// How long the load balancer's checks take to notice. HAProxy's defaults: one check each 2 s; three failures take a
/// server out, two successes take it in again. What is asked is `/healthz`, as kubeadm's guide to high availability has it.
const OUT: Duration = Duration::secs(6);
const IN: Duration = Duration::secs(4);
/// How long it waits for a machine that does not answer before it takes another one (`timeout connect`).
const CONNECT: Duration = Duration::secs(5);
/// How long a kube-apiserver that says no more stays among the endpoints of the Service `kubernetes`: the lease under
/// /registry/masterleases (`--endpoint-reconciler-type=lease`). One that starts writes itself in at once.
const LEASE: Duration = Duration::secs(15);
const JOINS: Duration = Duration::millis(100);

impl World {
    /// What a message of a caller meets. A client of the endpoint keeps the server that it has while that answers.
    pub(crate) fn way(&mut self, caller: Caller) -> Way {
        if self.apiservers.is_empty() {
            return Way::Refused;
        }
        let id = match caller {
            Caller::Part(id) => id,
            Caller::Terminal | Caller::Client => return self.way_of_command(None),
            Caller::Server(place) if self.apiservers[place].running => return Way::Server(place),
            Caller::Server(_) => return Way::Refused,
            Caller::Command(id) => return self.way_of_command(self.fleet.commands.get(&id).map(|command| command.host)),
        };
        if self.is_stranger(id) {
            return Way::Refused;
        }
        if self.parts[id].cut {
            return Way::Lost;
        }
        let host = self.parts[id].host;
        if let Some(own) = self.own_server(id) {
            return self.loopback(own, host);
        }
        if !self.apiservers[self.parts[id].server].offered {
            self.reconnect(id);
        }
        let (server, way) = self.dispatch(self.parts[id].server, Some(host));
        if server != self.parts[id].server {
            Arc::make_mut(&mut self.parts[id]).server = server;
        }
        way
    }

    /// A command makes a connection of its own, from a host or from outside.
    fn way_of_command(&mut self, from: Option<usize>) -> Way {
        // Without a load balancer a server's own kubeconfig leads to its own kube-apiserver.
        let own = from.and_then(|host| self.apiservers.iter().position(|server| server.host == host && server.running));
        self.outside_server = match own.filter(|_| !self.is_balanced()) {
            Some(own) => own,
            None => self.next_server(self.outside_server),
        };
        match from.filter(|host| self.apiservers[self.outside_server].host == *host) {
            Some(host) => self.loopback(self.outside_server, host),
            None => {
                let (server, way) = self.dispatch(self.outside_server, from);
                self.outside_server = server;
                way
            }
        }
    }

    /// The load balancer hands a connection that a server does not take to another one (HAProxy's `option redispatch`, as
    /// kubeadm's guide has it). Gives the server that was tried last.
    fn dispatch(&self, first: usize, from: Option<usize>) -> (usize, Way) {
        let (mut server, count) = (first, self.apiservers.len());
        for _ in 0..count {
            let way = self.over_network(server, from);
            if matches!(way, Way::Server(_)) {
                return (server, way);
            }
            server = self.next_server(server);
        }
        (server, self.over_network(server, from))
    }

    /// Whether a part's messages reach the kube-apiserver that it is connected to.
    pub(crate) fn reaches(&self, id: PartId) -> bool {
        if self.apiservers.is_empty() || self.is_stranger(id) || self.parts[id].cut {
            return false;
        }
        let host = self.parts[id].host;
        let way = match self.own_server(id) {
            Some(own) => self.loopback(own, host),
            None => self.over_network(self.parts[id].server, Some(host)),
        };
        matches!(way, Way::Server(_))
    }

    /// The kube-apiserver that a part is connected to.
    pub(crate) fn server_of(&self, id: PartId) -> usize {
        self.own_server(id).unwrap_or(self.parts[id].server)
    }

    /// Whether any kube-apiserver runs on a machine with power.
    pub(crate) fn is_serving(&self) -> bool {
        self.apiservers.iter().any(|server| server.running && self.hosts[server.host].powered)
    }

    /// The kube-apiserver of a part's own host, for those that kubeadm sets up to use it: the scheduler, the controller
    /// managers and the kubelet of a control plane.
    fn own_server(&self, id: PartId) -> Option<usize> {
        let part = &self.parts[id];
        let local = matches!(part.actor, Actor::Manager(_) | Actor::Scheduler(_) | Actor::Kubelet(_));
        self.apiservers.iter().position(|server| local && server.host == part.host)
    }

    /// A process of the same host needs no network.
    fn loopback(&self, server: usize, host: usize) -> Way {
        match self.apiservers[server].running {
            _ if !self.hosts[host].powered || self.apiservers[server].cut => Way::Lost,
            true => Way::Server(server),
            false => Way::Refused,
        }
    }

    /// Whether a kube-apiserver takes connections from outside its host.
    pub(crate) fn listens(&self, place: usize) -> bool {
        self.over_network(place, None) == Way::Server(place)
    }

    fn over_network(&self, server: usize, from: Option<usize>) -> Way {
        let up = |host: usize| self.is_up(host);
        let to = &self.apiservers[server];
        match from.is_none_or(up) && up(to.host) && !to.cut {
            true if to.running => Way::Server(server),
            true => Way::Refused,
            false => Way::Lost,
        }
    }

    /// The load balancer's next server after `last`, by turns. Where no server is well, it gives those that listen.
    fn next_server(&self, last: usize) -> usize {
        let count = self.apiservers.len();
        let mut turns = (1..=count).map(|step| (last + step) % count);
        let listening = |server: &usize| self.listens(*server);
        let balanced = self.is_balanced();
        let well = turns.clone().find(|server| self.apiservers[*server].offered && (balanced || listening(server)));
        well.or_else(|| turns.find(listening)).unwrap_or(last)
    }

    /// Whether a check of the load balancer gets a 200: the server answers, and its member of etcd knows a leader.
    fn is_well(&self, place: usize) -> bool {
        let host = self.apiservers[place].host;
        let member = self.etcd.nodes.iter().rfind(|node| node.host == host);
        self.listens(place) && member.is_none_or(|node| node.process.is_running() && node.has_leader())
    }

    /// A client whose connection broke makes a new one.
    fn reconnect(&mut self, id: PartId) {
        let server = self.next_server(self.parts[id].server);
        Arc::make_mut(&mut self.parts[id]).server = server;
    }

    /// A kube-apiserver came or went, or the way to it: the load balancer will notice, if there is one.
    pub(crate) fn servers_changed(&mut self) {
        if self.apiservers.len() < 2 {
            return;
        }
        let balanced = self.is_balanced();
        for place in 0..self.apiservers.len() {
            let answers = self.listens(place);
            if answers != self.apiservers[place].listed {
                self.plan(self.apiservers[place].host, if answers { JOINS } else { LEASE }, Due::Listed);
            }
            let answers = self.is_well(place);
            if balanced && answers != self.apiservers[place].offered {
                self.queue.push(self.now + if answers { IN } else { OUT }, Event::Checked(place));
            }
        }
        self.leave_closed_ports();
    }

    /// A process that ends closes its connections: its clients make new ones.
    fn leave_closed_ports(&mut self) {
        for id in 0..self.parts.len() {
            let server = self.parts[id].server;
            if self.own_server(id).is_none() && self.over_network(server, Some(self.parts[id].host)) == Way::Refused {
                self.reconnect(id);
            }
        }
    }

    /// The load balancer's checks of one server agree about its new state.
    pub(crate) fn checked(&mut self, place: usize) {
        let answers = self.is_well(place);
        if std::mem::replace(&mut self.apiservers[place].offered, answers) == answers {
            return;
        }
        for id in 0..self.parts.len() {
            if self.own_server(id).is_none() && !self.apiservers[self.parts[id].server].offered {
                self.reconnect(id);
            }
        }
        self.catch_up();
    }

    /// How much longer a caller's request takes: because it, or the kube-apiserver that it talks to, is slow.
    pub(crate) fn slowness(&self, caller: Caller) -> Duration {
        let Caller::Part(id) = caller else {
            return self.slowness_of(self.next_server(self.outside_server));
        };
        let own = self.own_server(id).map(|own| self.apiservers[own].slow);
        self.parts[id].slow + own.unwrap_or_else(|| self.slowness_of(self.parts[id].server))
    }

    fn slowness_of(&self, server: usize) -> Duration {
        let Some(tried) = self.apiservers.get(server) else { return Duration::ZERO };
        let silent = self.apiservers.len() > 1 && tried.offered && (tried.cut || !self.is_up(tried.host));
        tried.slow + if silent { CONNECT } else { Duration::ZERO }
    }

    /// Whether a host has power and its link.
    pub(crate) fn is_up(&self, host: usize) -> bool {
        self.hosts[host].powered && self.hosts[host].connected
    }

    /// The address that a client dials; without any kube-apiserver the host's own.
    pub(crate) fn api_address(&self) -> &Text {
        let first = self.apiservers.first().map_or(0, |server| server.host);
        self.endpoint.as_ref().unwrap_or(&self.hosts[first].address)
    }
}
