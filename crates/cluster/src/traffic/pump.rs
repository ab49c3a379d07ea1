//! Sets traffic sources up, lets them send, and takes in what came of it.
use crate::event::Event;
use crate::input::TrafficSpec;
use crate::traffic::fabric::{Client, number};
use crate::traffic::flight::{Asker, Spent};
use crate::traffic::source::{Doors, Source, Target};
use crate::traffic::state::Traffic;
use crate::world::World;
use dataplane::network::{Ask, Url};
use objects::labels::Selector;
use objects::views::Service;
use objects::{Text, kinds};
use simcore::{Duration, Time};
use std::sync::Arc;

/// Stands for "whoever comes next" where users are not told apart.
const ANYBODY: u32 = u32::MAX;
/// The first address of people outside (RFC 5737's example network).
const PEOPLE: u32 = 0xcb00_7100;

impl World {
    pub(crate) fn net(&mut self) -> &mut Traffic {
        Arc::make_mut(&mut self.traffic)
    }

    /// What is known about requests and their sources.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Counts requests anew from here on: of a copy that is asked what comes next, and not what was.
    pub fn forget_requests(&mut self) {
        self.net().forget_counts();
    }

    /// Adds sources, changes those whose ids are known, and takes away `gone`. Counts of a changed one go on.
    pub fn set_traffic(&mut self, specs: &[TrafficSpec], gone: &[String]) -> Result<(), String> {
        let fresh = specs.iter().map(|spec| Source::new(spec, self.traffic.seed)).collect::<Result<Vec<Source>, String>>()?;
        for id in gone.iter().map(String::as_str).chain(specs.iter().map(|spec| spec.id.as_str())) {
            let known = self.traffic.sources.iter().find(|(_, source)| source.id == id).map(|(serial, _)| *serial);
            let old = known.and_then(|serial| self.net().sources.remove(&serial));
            let new = fresh.iter().find(|source| source.id == id).filter(|_| !gone.iter().any(|other| other == id));
            if let Some(mut new) = new.cloned() {
                if let Some(old) = old {
                    (new.tally, new.rng) = (old.tally, old.rng);
                }
                self.net().gone.retain(|other| other != id);
                self.begin_source(new);
            } else if !self.traffic.gone.iter().any(|other| other == id) {
                self.net().gone.push(id.to_string());
            }
        }
        Ok(())
    }

    fn begin_source(&mut self, mut source: Source) {
        let now = self.now;
        let net = Arc::make_mut(&mut self.traffic);
        net.serial += 1;
        let serial = net.serial;
        if source.is_open() {
            let first = now + source.gap();
            self.queue.push(first, Event::Fire { source: serial, user: ANYBODY });
        } else {
            // One after another: each user, or each open place, begins within a second.
            let places = if source.spec.users > 0 { source.spec.users } else { source.spec.concurrency.max(1) };
            for user in 0..places.min(1_000) {
                let first = now + Duration::micros(source.rng.between(1_000, 1_000_000));
                self.queue.push(first, Event::Fire { source: serial, user });
            }
        }
        net.sources.insert(serial, source);
    }

    /// A source sends its next request.
    pub(crate) fn fire(&mut self, serial: u32, user: u32) {
        let now = self.now;
        let net = Arc::make_mut(&mut self.traffic);
        let Some(source) = net.sources.get_mut(&serial) else { return };
        let mut user = user;
        if source.is_open() {
            let next = now + source.gap();
            self.queue.push(next, Event::Fire { source: serial, user: ANYBODY });
            if source.spec.concurrency > 0 && source.active >= source.spec.concurrency {
                source.tally.held_back += 1;
                return;
            }
            user = if source.spec.users > 0 { source.rng.below(source.spec.users) } else { source.turn };
        }
        source.turn = source.turn.wrapping_add(1);
        let Some((client, ask)) = self.sends(serial, user) else {
            // Nobody to send from, or nothing to send to yet: a user who waits looks again in a second.
            if self.traffic.sources.get(&serial).is_some_and(|source| !source.is_open()) {
                self.queue.push(now + Duration::secs(1), Event::Fire { source: serial, user });
            }
            return;
        };
        let open = self.open_connection(serial, user);
        let client = open.as_ref().map_or(client, |open| open.client.clone());
        if let Some(source) = self.net().sources.get_mut(&serial) {
            source.active += 1;
            source.tally.sent += 1;
        }
        self.launch(Asker::Source { serial, user }, client, ask, open);
    }

    /// A connection from before whose other end has not closed it.
    fn open_connection(&mut self, serial: u32, user: u32) -> Option<crate::traffic::source::Connection> {
        if !self.traffic.sources.get(&serial)?.spec.keep_alive {
            return None;
        }
        loop {
            let open = self.net().sources.get_mut(&serial)?.take_idle(user)?;
            let host = &self.hosts[open.server.host];
            let kubelet = self.kubelet_of(open.server.host);
            let living = kubelet.and_then(|kubelet| kubelet.living(&open.server.uid, &open.server.id));
            // Nobody tells the client of a machine that has lost its power or its link.
            if !host.powered || !host.connected || living.is_some_and(|container| !container.is_closing(self.now)) {
                return Some(open);
            }
        }
    }

    /// Who sends, and what.
    fn sends(&mut self, serial: u32, user: u32) -> Option<(Client, Arc<Ask>)> {
        let source = self.traffic.sources.get(&serial)?;
        let (target, shared, cookie) = (source.target.clone(), source.is_shared(user), source.cookies.get(&user).cloned());
        let shared = source.shared.clone().filter(|_| shared);
        let from_pods = !matches!(source.spec.from.as_str(), "" | "outside");
        let (client, ask) = if from_pods {
            let client = self.sender(serial, user)?;
            let (Target::Url(ask) | Target::Service { ask, .. }) = target;
            (client, ask)
        } else {
            match target {
                Target::Url(ask) => (Client::Outside(PEOPLE + user % 250 + 1), ask),
                Target::Service { .. } => self.door(serial, user)?,
            }
        };
        if shared.is_none() && cookie.is_none() {
            return Some((client, ask));
        }
        let mut own = (*ask).clone();
        if let Some(shared) = shared {
            own.headers.clone_from(&shared.headers);
        }
        own.headers.extend(cookie.map(|cookie| (Text::new_static("Cookie"), cookie)));
        Some((client, Arc::new(own)))
    }

    /// One of the Pods that a source sends from.
    fn sender(&mut self, serial: u32, user: u32) -> Option<Client> {
        let revision = self.api.store.applied().revision();
        let source = self.traffic.sources.get(&serial)?;
        if source.senders.0 != revision {
            let namespace = if source.spec.namespace.is_empty() { "default" } else { source.spec.namespace.as_str() };
            let clients = self.senders(source.spec.from.trim_start_matches("pod ").trim(), namespace);
            let all = Arc::new(clients.collect::<Vec<Client>>());
            self.net().sources.get_mut(&serial)?.senders = (revision, all);
        }
        let all = &self.traffic.sources.get(&serial)?.senders.1;
        all.get(user as usize % all.len().max(1)).filter(|client| client.host().is_some_and(|host| self.hosts[host].powered)).cloned()
    }

    /// The running Pods of a selector, as clients; none where it is no selector.
    pub(crate) fn senders<'a>(&'a self, selector: &str, namespace: &'a str) -> impl Iterator<Item = Client> + 'a {
        let selector = Selector::parse(selector).ok();
        let pods = self.api.store.applied().list_in(kinds::POD, namespace);
        let mine = pods.filter(move |pod| selector.as_ref().is_some_and(|selector| selector.matches(pod.labels())));
        let running = mine.filter(|pod| !pod.is_deleting() && pod.status().get("phase").text() == "Running");
        running.filter_map(|pod| {
            let host = self.hosts.iter().position(|host| host.name == pod.spec().get("nodeName").text())?;
            let address = number(pod.status().get("podIP").text())?;
            let (own, uid) = (!pod.spec().get("hostNetwork").is_true(), pod.uid_text());
            Some(if own { Client::Pod { host, uid, address } } else { Client::OnHost { host, uid } })
        })
    }

    /// How a Service is reached without a Pod to ask from: by its load balancer, by a node port, or from a node.
    fn door(&mut self, serial: u32, user: u32) -> Option<(Client, Arc<Ask>)> {
        let source = self.traffic.sources.get(&serial)?;
        let Target::Service { namespace, name, port, ask } = source.target.clone() else { return None };
        let found = self.api.store.applied().find(kinds::SERVICE, &namespace, &name)?.clone();
        if source.doors.revision != found.revision {
            let service = Service(&found.tree);
            let node_port = service.ports().find(|known| known.port() == i64::from(port)).map_or(0, |known| known.node_port());
            let balancer = found.status().at(&["loadBalancer", "ingress"]).items().first().map_or("", |first| first.get("ip").text());
            let at = |host: &str, port: u16| {
                let url = Url { host: Text::new(host), port, ..ask.url.clone() };
                Arc::new(Ask { url, ..(*ask).clone() })
            };
            let outside = !balancer.is_empty() || node_port != 0;
            let asks = self.hosts.iter().enumerate().map(|(place, host)| {
                let ask = match (balancer, u16::try_from(node_port)) {
                    ("", Ok(0) | Err(_)) => at(service.cluster_ip(), port),
                    ("", Ok(node_port)) => at(&host.address, node_port),
                    (balancer, _) => at(balancer, port),
                };
                (place, ask)
            });
            let doors = Doors { revision: found.revision, asks: asks.collect(), outside };
            self.net().sources.get_mut(&serial)?.doors = doors;
        }
        let doors = &self.traffic.sources.get(&serial)?.doors;
        // Something in front of the cluster knows which workers answer.
        let up = |place: &usize| self.takes_requests(*place);
        let count = doors.asks.iter().filter(|(place, _)| up(place)).count();
        let (place, ask) = doors.asks.iter().filter(|(place, _)| up(place)).nth(user as usize % count.max(1))?;
        let client = if doors.outside { Client::Outside(PEOPLE + user % 250 + 1) } else { Client::Node(*place) };
        Some((client, ask.clone()))
    }

    /// One request of a source has ended.
    pub(crate) fn source_heard(&mut self, serial: u32, user: u32, began: Time, spent: Spent) {
        let now = self.now;
        let reusable = spent.open.as_ref().is_some_and(|open| {
            let kubelet = self.kubelet_of(open.server.host);
            kubelet.and_then(|kubelet| kubelet.living(&open.server.uid, &open.server.id)).is_some_and(|found| !found.is_closing(now))
        });
        let net = Arc::make_mut(&mut self.traffic);
        let Some(source) = net.sources.get_mut(&serial) else { return };
        source.active = source.active.saturating_sub(1);
        let version = source.tally.version(&spent.version);
        source.tally.count(now.0, version, spent.outcome, now.since(began).0);
        if source.spec.users > 0 {
            source.tally.person(user, version, spent.outcome);
        }
        if source.spec.keep_alive && reusable {
            spent.open.into_iter().for_each(|open| source.put_idle(crate::traffic::source::Connection { user, ..open }));
        }
        if source.spec.users > 0
            && let Some(cookie) = spent.cookie
        {
            let bare = cookie.split(';').next().unwrap_or_default();
            source.cookies.insert(user, Text::new(bare));
        }
        if !source.is_open() {
            let next = source.again(now);
            self.queue.push(next, Event::Fire { source: serial, user });
        }
    }
}
