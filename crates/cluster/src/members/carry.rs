//! Carries out what members want done: messages, disk writes, what is agreed on.
use crate::event::Event;
use crate::members::state::Mail;
use crate::world::World;
use etcd::member::{Input, Output};
use etcd::raft::{Body, MemberId, Message, Payload};
use simcore::Duration;
use std::sync::Arc;

impl World {
    /// After each event: what was appended meanwhile is proposed as one.
    pub(crate) fn propose(&mut self) {
        let tail = self.api.store.tail().revision();
        // What nobody could propose is cut off when somebody leads.
        if tail <= self.etcd.proposed || !self.etcd.nodes.get(self.etcd.owner).is_some_and(|node| node.process.is_leader()) {
            return;
        }
        let (first, count) = (self.etcd.number(self.etcd.proposed + 1), tail - self.etcd.proposed);
        self.etcd.proposed = tail;
        let (place, mut out) = (self.etcd.owner, Vec::new());
        Arc::make_mut(&mut self.etcd.nodes[place]).process.propose_many(self.now, first, count, 0, &mut out);
        self.carry_outputs(place, out, 0);
    }

    pub(crate) fn give(&mut self, place: usize, input: Input) {
        self.give_with(place, input, 0);
    }

    fn give_with(&mut self, place: usize, input: Input, revision: u64) {
        let mut out = Vec::new();
        Arc::make_mut(&mut self.etcd.nodes[place]).process.step(self.now, input, &mut out);
        self.carry_outputs(place, out, revision);
    }

    pub(crate) fn etcd_mail(&mut self, mail: Mail) {
        let node = &self.etcd.nodes[mail.to];
        let host = &self.hosts[node.host];
        if host.powered && host.connected && !node.cut {
            if node.process.is_running() && self.was_removed(mail.to, mail.from) {
                return self.dismiss(mail.from);
            }
            self.give_with(mail.to, Input::Receive(mail.from, mail.message), mail.revision);
        }
    }

    /// Whether a member knows that another one was taken out of the cluster.
    fn was_removed(&self, member: usize, other: MemberId) -> bool {
        let known = self.etcd.nodes[member].process.member.as_ref();
        self.etcd.gone.contains(&other) && known.is_some_and(|known| !known.conf().contains(other))
    }

    /// Peers turn away who was removed (410 Gone), and its process ends by that.
    fn dismiss(&mut self, other: MemberId) {
        let Some(place) = self.etcd.place(other) else { return };
        Arc::make_mut(&mut self.etcd.nodes[place]).process.removed = true;
        self.end_member(place, true);
        self.process_shown(self.etcd.nodes[place].host, "etcd", false);
    }

    pub(crate) fn etcd_wakes(&mut self, place: usize, life: u32) {
        if self.etcd.nodes[place].process.life == life {
            self.give(place, Input::Wake);
        }
    }

    pub(crate) fn etcd_persisted(&mut self, place: usize, life: u32, number: u64) {
        if self.etcd.nodes[place].process.life != life {
            return;
        }
        self.give(place, Input::Persisted(number));
        if self.etcd.nodes[place].process.ending {
            self.give(place, Input::Stop);
        }
    }

    /// `revision`: of the state that came beside a snapshot.
    fn carry_outputs(&mut self, place: usize, out: Vec<Output>, revision: u64) {
        for output in out {
            let life = self.etcd.nodes[place].process.life;
            match output {
                Output::Send(to, message) => self.send_mail(place, to, message),
                Output::Persist(durable) => {
                    let number = durable.number;
                    let took = self.fsync(place);
                    self.api.store.mark();
                    Arc::make_mut(&mut self.etcd.nodes[place]).process.begin_write(durable);
                    self.queue.push(self.now + took, Event::EtcdPersisted { place, life, number });
                }
                Output::Apply(from, to) => self.etcd_applies(place, from, to),
                Output::Restore(index) => {
                    let node = Arc::make_mut(&mut self.etcd.nodes[place]);
                    (node.process.revision, node.index) = (revision, index);
                    self.etcd_advanced(place);
                }
                Output::Wake(time) => self.queue.push(time.max(self.now), Event::EtcdWake { place, life }),
                Output::ReadReady { read, index } => {
                    Arc::make_mut(&mut self.etcd.nodes[place]).reads.push((read, index));
                    self.answer_reads(place);
                }
                Output::Leader(leader) => self.leader_heard(place, leader),
                Output::Dropped(id) => self.change_ended(id, false),
                Output::Removed => {
                    Arc::make_mut(&mut self.etcd.nodes[place]).process.removed = true;
                    self.end_member(place, true);
                    self.process_shown(self.etcd.nodes[place].host, "etcd", false);
                }
                Output::Stopped => self.end_member(place, true),
            }
        }
    }

    /// How long a write takes on this member's disk.
    fn fsync(&mut self, place: usize) -> Duration {
        let slow = self.etcd.nodes[place].process.fsync;
        let usual = Duration::micros(self.rng.between(1_200, 2_400));
        if slow == Duration::ZERO { usual } else { slow + usual }
    }

    fn send_mail(&mut self, place: usize, to: MemberId, message: Message) {
        let Some(far) = self.etcd.place(to) else { return };
        let (from, here) = (&self.etcd.nodes[place], self.etcd.nodes[place].process.id);
        if from.cut || self.etcd.nodes[far].cut {
            return;
        }
        let revision = if matches!(message.body, Body::Snapshot { .. }) { from.process.revision } else { 0 };
        let (from, term) = (from.host, message.term);
        let there = self.etcd.nodes[far].host;
        if self.fleet.unmet.contains(&(from.min(there), from.max(there))) {
            return;
        }
        let Some(took) = self.passage(Some(from), Some(self.etcd.nodes[far].host)) else { return };
        if let Some(name) = name(&message.body) {
            self.talk.peers(self.now, place, far, name, term);
        }
        self.queue.push(self.now + took, Event::EtcdMessage(Box::new(Mail { from: here, to: far, message, revision })));
    }

    /// A member's state machine takes the entries of these indices.
    fn etcd_applies(&mut self, place: usize, from: u64, to: u64) {
        let node = Arc::make_mut(&mut self.etcd.nodes[place]);
        let Some(log) = node.process.member.as_ref().map(|member| member.log().clone()) else { return };
        node.index = to;
        let mut revision = node.process.revision;
        let mut changes = Vec::new();
        for entry in (from..=to).filter_map(|index| log.get(index)) {
            match entry.payload {
                Payload::Data(proposal) => revision = revision.max(self.etcd.revision(proposal.id).unwrap_or(0)),
                Payload::Conf(change) => changes.push(change),
                Payload::Empty => {}
            }
        }
        Arc::make_mut(&mut self.etcd.nodes[place]).process.revision = revision;
        self.etcd_advanced(place);
        changes.into_iter().for_each(|change| self.membership_changed(place, change));
    }

    /// A member has applied something: the store follows whoever is first, and who waits at this member is answered.
    fn etcd_advanced(&mut self, place: usize) {
        let revision = self.etcd.nodes[place].process.revision;
        let news = revision > self.api.store.applied().revision();
        if news {
            self.api.store.apply_through(revision);
        }
        let bytes = self.api.store.bytes();
        let several = self.etcd.nodes.len() > 1;
        let node = Arc::make_mut(&mut self.etcd.nodes[place]);
        node.process.space.hold(bytes);
        node.seen = several.then(|| self.api.store.applied().clone());
        self.answer_writes(place, revision);
        self.answer_written(place, revision);
        if news {
            self.applied();
        }
        if std::mem::take(&mut Arc::make_mut(&mut self.etcd.nodes[place]).lags) {
            self.tell_the_late(place);
        }
        self.answer_reads(place);
        self.feed_watchers();
    }
}

/// etcd's own name of a message. Heartbeats have none here: they would hide everything else.
fn name(body: &Body) -> Option<&'static str> {
    Some(match body {
        Body::PreVote { .. } => "MsgPreVote",
        Body::PreVoteReply { .. } => "MsgPreVoteResp",
        Body::Vote { .. } => "MsgVote",
        Body::VoteReply { .. } => "MsgVoteResp",
        Body::Append { .. } => "MsgApp",
        Body::AppendReply { .. } => "MsgAppResp",
        Body::Snapshot { .. } => "MsgSnap",
        _ => return None,
    })
}
