//! A CoreDNS that hears of the recorded objects, with an API server that can be lost.
#![allow(dead_code, reason = "each test file uses its own part")]
use apiserver::client::{Effects, Ticket};
use apiserver::store::{Change, Store, Write};
use dataplane::network::dns::{Answer, CoreDns, Kind, Question, Record, Reply, Zone};
use objects::wire::{Body, Response};
use objects::{Key, KindId, Tree, kinds, list, map};
use simcore::{Duration, Queue, Time};
use std::sync::Arc;

pub const DNS: &str = include_str!("../../../../tests/network/dns.json");

enum Event {
    Wake,
    Reply(Ticket),
}

pub struct Lab {
    pub server: CoreDns,
    pub store: Store,
    pub now: Time,
    /// Whether the API server can be reached.
    pub reachable: bool,
    queue: Queue<Event>,
    told: u64,
}

pub fn secs(seconds: u64) -> Duration {
    Duration::secs(seconds)
}

pub fn table() -> Tree {
    Tree::from_json(DNS).expect("the table is JSON")
}

/// A store with the recorded objects, and namespaces.
fn store(table: &Tree) -> Store {
    let mut store = Store::default();
    let mut put = |kind, namespace: &str, name: &str, tree| {
        store.append(Time::START, Write::Put { key: Key::new(kind, namespace, name), tree }, None);
    };
    for name in table.at(&["about", "namespaces"]).items() {
        put(kinds::NAMESPACE, "", name.text(), map! {});
    }
    for object in table.get("objects").items() {
        let kind = kinds::KINDS.iter().position(|row| row.kind == object.get("kind").text()).expect("a known kind");
        let meta = object.get("metadata");
        put(KindId(kind as u16), meta.get("namespace").text(), meta.get("name").text(), object.clone());
    }
    store.begin_sync();
    store.end_sync();
    store
}

impl Lab {
    /// A CoreDNS with this file, started now.
    pub fn new(corefile: &str, reachable: bool) -> Lab {
        let table = table();
        let mut server = CoreDns::new(7, "coredns-1", corefile);
        server.set_internet(Arc::new(Zone::parse(table.at(&["about", "upstream"]).text()).expect("a zone")));
        let mut lab = Lab { server, store: store(&table), now: Time::START, reachable, queue: Queue::default(), told: 0 };
        let mut fx = Effects::default();
        lab.server.start(lab.now, lab.store.applied(), &mut fx);
        lab.told = lab.store.applied().revision();
        lab.carry_out(fx);
        lab
    }

    pub fn carry_out(&mut self, fx: Effects) {
        fx.wake.into_iter().for_each(|at| self.queue.push(at.max(self.now), Event::Wake));
        fx.send.into_iter().for_each(|(ticket, _)| self.queue.push(self.now + Duration::millis(1), Event::Reply(ticket)));
    }

    pub fn run(&mut self, span: Duration) {
        let until = self.now + span;
        while self.queue.next_time().is_some_and(|time| time <= until) {
            let Some((time, event)) = self.queue.pop() else { break };
            self.now = time;
            let mut fx = Effects::default();
            match event {
                Event::Wake => self.server.wake(time, &mut fx),
                Event::Reply(ticket) => {
                    self.deliver();
                    let code = if self.reachable { 200 } else { 0 };
                    let response = Response { code, body: Body::Text(String::new()), warnings: Vec::new() };
                    self.server.reply(time, ticket, &response, &mut fx);
                }
            }
            self.carry_out(fx);
        }
        self.now = until;
    }

    /// Runs until `done`, at most for `limit`; says how long it took.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&mut Lab) -> bool) -> Duration {
        let from = self.now;
        while !done(self) && self.now.since(from) < limit {
            self.run(Duration::millis(100));
        }
        self.now.since(from)
    }

    pub fn put_service(&mut self, name: &str, address: &str) {
        let spec = map! {"clusterIP": address, "clusterIPs": list![address], "ports": list![map! {"port": 80}]};
        self.write(Write::Put { key: Key::new(kinds::SERVICE, "shop", name), tree: map! {"spec": spec} });
    }

    pub fn delete_service(&mut self, name: &str) {
        self.write(Write::Delete { key: Key::new(kinds::SERVICE, "shop", name) });
    }

    fn write(&mut self, write: Write) {
        self.store.append(self.now, write, None);
        self.store.begin_sync();
        self.store.end_sync();
        self.deliver();
    }

    /// What was written reaches the server, if anything does.
    fn deliver(&mut self) {
        if !self.reachable || self.told == self.store.applied().revision() {
            return;
        }
        let changes: Vec<&Change> = self.store.since(self.told).expect("kept").collect();
        self.server.deliver(self.now, self.store.applied(), &changes, &mut Effects::default());
        self.told = self.store.applied().revision();
    }

    pub fn lose(&mut self) {
        self.reachable = false;
        let mut fx = Effects::default();
        self.server.lose_api(self.now, &mut fx);
        self.carry_out(fx);
    }

    pub fn answer(&mut self, name: &str, kind: Kind) -> Answer {
        self.server.answer(self.now, &Question::new(name, kind))
    }

    /// `NOERROR` and the records, or `refused`.
    pub fn says(&mut self, name: &str, kind: Kind) -> String {
        let answer = match self.server.ask(self.now, None, &Question::new(name, kind)) {
            Reply::Answer(answer, _) => answer,
            Reply::Refused => return "refused".to_string(),
            Reply::Lost => return "lost".to_string(),
        };
        let mut lines: Vec<String> = answer.answer.iter().map(Record::text).collect();
        lines.sort();
        [vec![answer.rcode.word().to_string()], lines].concat().join("; ")
    }
}
