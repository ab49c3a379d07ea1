//! A member's process on its machine: what runs, what its disk holds, and what waits behind a write that is under way.
use super::Space;
use crate::member::{Durable, Input, Member, Output};
use crate::raft::{MemberId, NOBODY, Timing};
use simcore::{Duration, Rng, Time};
use std::sync::Arc;

/// What a start of the process would find: the member's own record, and the store's revision that its state machine had.
#[derive(Clone, Debug, Default)]
pub struct Data {
    pub durable: Durable,
    pub revision: u64,
}

/// A member as a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Process {
    pub id: MemberId,
    /// `--name`, and what it tells the others: `https://192.168.100.11:2380`, `https://192.168.100.11:2379`.
    pub name: Arc<str>,
    pub peer_url: Arc<str>,
    pub client_url: Arc<str>,
    /// `None` while it does not run.
    pub member: Option<Member>,
    pub data: Data,
    writing: Option<Data>,
    /// What it wants done once the write under way has ended: etcd's raft loop stands still meanwhile.
    held: Vec<Output>,
    /// Counts starts and ends: what was planned for an earlier life is void.
    pub life: u32,
    /// How long a write to its disk takes; zero: as long as on a good disk.
    pub fsync: Duration,
    pub space: Space,
    /// The revision that its state machine has.
    pub revision: u64,
    /// Since when it runs and is reached by the others.
    pub up_since: Time,
    /// When it last heard of another leader.
    pub elected: Option<Time>,
    /// It ends as soon as its write is over.
    pub ending: bool,
    /// Whether it has started for the first time, and told the others its name.
    pub published: bool,
    /// Added to a running cluster: it starts with nothing and is sent everything.
    pub joins: bool,
    /// It was taken out of the cluster, or its data are useless: a start fails.
    pub removed: bool,
}

impl Process {
    pub fn new(id: MemberId, name: &str, address: &str, quota: u64) -> Process {
        Process {
            id,
            name: name.into(),
            peer_url: format!("https://{address}:2380").into(),
            client_url: format!("https://{address}:2379").into(),
            member: None,
            data: Data::default(),
            writing: None,
            held: Vec::new(),
            life: 0,
            fsync: Duration::ZERO,
            space: Space::with_quota(quota),
            revision: 0,
            up_since: Time::START,
            elected: None,
            ending: false,
            removed: false,
            published: false,
            joins: false,
        }
    }

    /// Runs as a member of a cluster that has formed already.
    pub fn form(&mut self, voters: &[MemberId], leader: MemberId, seed: u64, now: Time, revision: u64) {
        self.data = Data { durable: Durable::formed(voters), revision };
        (self.revision, self.published) = (revision, true);
        let rng = self.chance(seed);
        self.member = Some(Member::formed(self.id, Timing::default(), rng, now, self.data.durable.clone(), leader));
    }

    /// Alone it makes up a new cluster; it runs once it is started.
    pub fn found(&mut self, revision: u64) {
        self.data = Data { durable: Durable::formed(&[self.id]), revision };
        self.published = true;
    }

    /// Starts with what its disk holds.
    pub fn start(&mut self, seed: u64, now: Time) {
        self.life += 1;
        self.revision = self.data.revision;
        self.up_since = now;
        (self.ending, self.published) = (false, true);
        let rng = self.chance(seed);
        self.member = Some(Member::start(self.id, Timing::default(), rng, now, self.data.durable.clone()));
    }

    fn chance(&self, seed: u64) -> Rng {
        Rng::stream(seed ^ self.id ^ (u64::from(self.life) << 40), "etcd")
    }

    /// The process ends at once; a write under way reached the disk, or did not.
    pub fn crash(&mut self, written: bool) {
        self.member = None;
        self.life += 1;
        self.held.clear();
        self.ending = false;
        if let Some(data) = self.writing.take().filter(|_| written) {
            self.data = data;
        }
    }

    pub fn is_running(&self) -> bool {
        self.member.is_some()
    }

    pub fn is_leader(&self) -> bool {
        self.member.as_ref().is_some_and(Member::is_leader)
    }

    /// Whom it takes for the leader; 0 for nobody, and while it does not run.
    pub fn leader(&self) -> MemberId {
        self.member.as_ref().map_or(NOBODY, Member::leader)
    }

    pub fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// A write begins: what `data` will be when it ends.
    pub fn begin_write(&mut self, durable: Durable) {
        self.writing = Some(Data { durable, revision: self.revision });
    }

    /// Hands an input on. Outputs come in the order in which they must be carried out; while the disk is busy all but
    /// the timers wait for it, as everything in etcd waits behind `wal.Save`.
    pub fn step(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        if matches!(input, Input::Persisted(_)) {
            if let Some(data) = self.writing.take() {
                self.data = data;
            }
            out.append(&mut self.held);
        }
        let Some(member) = &mut self.member else { return };
        if self.writing.is_none() {
            return member.step(now, input, out);
        }
        let mut fresh = Vec::new();
        member.step(now, input, &mut fresh);
        self.hold(fresh, out);
    }

    /// See [`Member::propose_many`].
    pub fn propose_many(&mut self, now: Time, first: u64, count: u64, size: u32, out: &mut Vec<Output>) {
        let Some(member) = &mut self.member else { return };
        if self.writing.is_none() {
            return member.propose_many(now, first, count, size, out);
        }
        let mut fresh = Vec::new();
        member.propose_many(now, first, count, size, &mut fresh);
        self.hold(fresh, out);
    }

    fn hold(&mut self, fresh: Vec<Output>, out: &mut Vec<Output>) {
        let at_once = |output: &Output| matches!(output, Output::Wake(_) | Output::Leader(_) | Output::Stopped);
        let (now, later): (Vec<_>, Vec<_>) = fresh.into_iter().partition(at_once);
        out.extend(now);
        self.held.extend(later);
    }
}

#[cfg(test)]
mod tests {
    use super::super::DEFAULT_QUOTA;
    use super::*;

    fn leader_of(voters: &[MemberId]) -> Process {
        let mut process = Process::new(1, "one", "10.0.0.1", DEFAULT_QUOTA);
        process.form(voters, 1, 7, Time::START, 0);
        process
    }

    fn at(micros: u64) -> Time {
        Time::START + Duration::micros(micros)
    }

    #[test]
    fn a_lone_leader_asks_for_no_wake_and_writes_in_groups() {
        let (mut process, mut out) = (leader_of(&[1]), Vec::new());
        process.propose_many(Time(10), 1, 3, 100, &mut out);
        let [Output::Persist(durable)] = &out[..] else { panic!("{out:?}") };
        let number = durable.number;
        process.begin_write(durable.clone());
        out.clear();
        process.propose_many(Time(20), 4, 2, 100, &mut out);
        assert!(out.is_empty(), "the next write waits: {out:?}");
        process.step(Time(30), Input::Persisted(number), &mut out);
        assert!(matches!(out[..], [Output::Apply(3, 5), Output::Persist(_)]), "{out:?}");
    }

    #[test]
    fn heartbeats_wait_behind_a_slow_write() {
        let (mut process, mut out) = (leader_of(&[1, 2, 3]), Vec::new());
        process.step(at(0), Input::Wake, &mut out);
        out.clear();
        process.propose_many(at(10), 1, 1, 100, &mut out);
        let Some(Output::Persist(durable)) = out.iter().find(|one| matches!(one, Output::Persist(_))).cloned() else { panic!("{out:?}") };
        assert_eq!(out.iter().filter(|one| matches!(one, Output::Send(..))).count(), 2, "entries travel beside the write");
        process.begin_write(durable.clone());
        out.clear();
        process.step(at(200_000), Input::Wake, &mut out);
        assert!(out.iter().all(|one| matches!(one, Output::Wake(_))), "{out:?}");
        out.clear();
        process.step(at(300_000), Input::Persisted(durable.number), &mut out);
        assert_eq!(out.iter().filter(|one| matches!(one, Output::Send(..))).count(), 2, "the heartbeats");
    }
}
