//! Snapshots of K3s's embedded etcd: those that its schedule takes, and the objects that tell of all of them.
use super::command::Start;
use super::fleet::Due;
use crate::event::Caller;
use crate::world::World;
use ::hosts::k3s;
use ::hosts::machine::K3s;
use ::hosts::machine::k3s::{Datastore, Phase};
use ::hosts::run::Login;
use apiserver::client::Ticket;
use apiserver::store::Kept;
use objects::wire::{Request, Target, Verb};
use objects::{Text, kinds};
use simcore::Duration;

impl World {
    /// A server with the embedded etcd that is ready.
    fn saves(&mut self, host: usize) -> Option<std::sync::Arc<K3s>> {
        let k3s = self.machine(host).k3s?;
        (k3s.server && k3s.phase == Phase::Running && k3s.datastore == Datastore::Etcd).then_some(k3s)
    }

    /// Plans the next snapshot by the server's own clock.
    pub(super) fn schedule_snapshot(&mut self, host: usize) {
        self.fleet_mut().due.retain(|(_, of, due)| *of != host || *due != Due::Snapshot);
        let Some(k3s) = self.saves(host) else { return };
        let local = self.machine(host).local(self.now);
        if let Some(pause) = k3s::pause_of_cron(&k3s.snapshot_cron, local) {
            self.plan(host, pause, Due::Snapshot);
        }
    }

    /// The time has come: a snapshot is taken, and the oldest ones of its kind go.
    pub(super) fn take_snapshot(&mut self, host: usize) {
        let Some(k3s) = self.saves(host).filter(|_| self.hosts[host].powered) else { return };
        let kept = k3s.snapshot_retention;
        let line = format!(
            "k3s etcd-snapshot save --name etcd-snapshot && k3s etcd-snapshot prune --name etcd-snapshot --snapshot-retention {kept}"
        );
        let caller = Caller::Part(self.hosts[host].kubelet);
        let start = Start { host, login: Login::new("root"), line, caller, ticket: Ticket::UNASKED, streams: false, in_session: false };
        self.begin_command(start, Duration::ZERO);
        self.schedule_snapshot(host);
    }

    /// The objects of a server's snapshots are brought to what lies in its folder.
    pub(super) fn list_snapshots(&mut self, host: usize) {
        let Some(k3s) = self.saves(host) else { return };
        let wanted = k3s::snapshot_files(&self.machine(host), k3s::SNAPSHOTS, &k3s.node);
        let held = self.api.store.tail().list(kinds::ETCD_SNAPSHOT_FILE);
        let held: Vec<Text> = held.filter(|one| one.spec().get("nodeName").text() == k3s.node).map(|one| one.key.name.clone()).collect();
        for one in &wanted {
            let known = self.api.store.tail().find(kinds::ETCD_SNAPSHOT_FILE, "", one.at(&["metadata", "name"]).text());
            let size = one.at(&["status", "size"]);
            if let Some(mut object) = known.map(|known| known.tree.clone()).filter(|known| known.at(&["status", "size"]) != size) {
                object.set(&["status", "size"], size);
                let name = Text::new(one.at(&["metadata", "name"]).text());
                self.send_as_k3s(host, "k3s", Request::about(Verb::Update, kinds::ETCD_SNAPSHOT_FILE, "", name).body(object));
            }
        }
        let named = |name: &str| wanted.iter().any(|one| one.at(&["metadata", "name"]).text() == name);
        let gone: Vec<Text> = held.iter().filter(|name| !named(name)).cloned().collect();
        for object in wanted.iter().filter(|one| held.iter().all(|name| *name != *one.at(&["metadata", "name"]).text())) {
            let request = Request::about(Verb::Create, kinds::ETCD_SNAPSHOT_FILE, "", "").body(object.clone());
            self.send_as_k3s(host, "k3s", request);
        }
        for name in gone {
            self.send_as_k3s(host, "k3s", Request::about(Verb::Delete, kinds::ETCD_SNAPSHOT_FILE, "", name));
        }
    }

    /// The ETCDSnapshotFile that a request is about to delete.
    pub(crate) fn snapshot_of(&self, request: &Request) -> Option<Kept> {
        if !self.api.k3s || request.verb != Verb::Delete {
            return None;
        }
        let Target::Resource { resource, name, .. } = &request.target else { return None };
        let kind = kinds::ETCD_SNAPSHOT_FILE;
        self.api.store.tail().find(kind, "", name).filter(|_| resource.is(kind)).cloned()
    }

    /// With its object a snapshot's file goes, too.
    pub(crate) fn delete_snapshot(&mut self, snapshot: &Kept) {
        let (node, place) = (snapshot.spec().get("nodeName").text(), snapshot.spec().get("location").text());
        let Some(host) = self.hosts.iter().position(|host| host.name == node) else { return };
        let mut machine = self.machine(host);
        if machine.files.remove(place.trim_start_matches("file://")) {
            self.fleet_mut().machines.insert(host, machine);
        }
    }
}
