//! All that the world keeps about traffic: sources, requests under way, servers' load, the last requests.
use crate::traffic::commands::Exec;
use crate::traffic::flight::Flight;
use crate::traffic::load::Load;
use crate::traffic::source::Source;
use crate::traffic::trace::Trace;
use dataplane::network::MTU;
use objects::Text;
use simcore::{Duration, Rng};
use std::collections::{BTreeMap, VecDeque};

/// How many requests are remembered with their way.
const REMEMBERED: usize = 256;

/// How a link between two hosts differs from a good one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    pub latency: Duration,
    /// How many of 100 packets are lost.
    pub loss_percent: u32,
    /// The longest packet that arrives (bytes).
    pub mtu: u32,
}

impl Default for Link {
    fn default() -> Link {
        Link { latency: Duration::ZERO, loss_percent: 0, mtu: MTU }
    }
}

/// One local port of the learner's machine that leads into a Pod (`kubectl port-forward`).
#[derive(Clone, PartialEq, Debug)]
pub struct Forward {
    pub local: u16,
    pub uid: Text,
    pub host: usize,
    pub port: u16,
    /// Whether it outlives the command that opened it.
    pub background: bool,
}

/// Cheap to copy: small maps, and rings of shared entries.
#[derive(Clone, Debug)]
pub struct Traffic {
    pub(crate) rng: Rng,
    /// The world's seed: each source has a stream of chance of its own.
    pub(crate) seed: u64,
    /// By serial number; a changed source has a new one.
    pub(crate) sources: BTreeMap<u32, Source>,
    pub(crate) serial: u32,
    /// Ids of sources that were taken away.
    pub(crate) gone: Vec<String>,
    pub(crate) flights: BTreeMap<u64, Flight>,
    /// The number of the next request; they count from 1.
    pub(crate) next: u64,
    pub(crate) execs: BTreeMap<u64, Exec>,
    pub(crate) loads: BTreeMap<Text, Load>,
    /// Links that differ, by their two hosts in order.
    pub(crate) links: BTreeMap<(usize, usize), Link>,
    pub(crate) forwards: Vec<Forward>,
    pub(crate) recent: VecDeque<Trace>,
    /// How many requests have ended so far: a number for each in the order of their ends, which is not that of their beginnings.
    pub(crate) ended: u64,
}

impl Traffic {
    pub(crate) fn new(seed: u64) -> Traffic {
        Traffic {
            rng: Rng::stream(seed, "traffic"),
            seed,
            sources: BTreeMap::new(),
            serial: 0,
            gone: Vec::new(),
            flights: BTreeMap::new(),
            next: 1,
            execs: BTreeMap::new(),
            loads: BTreeMap::new(),
            links: BTreeMap::new(),
            forwards: Vec::new(),
            recent: VecDeque::new(),
            ended: 0,
        }
    }

    /// The sources that send, in the order they were set up.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values()
    }

    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.values().find(|source| source.spec.id == id)
    }

    pub(crate) fn forget_counts(&mut self) {
        for source in self.sources.values_mut() {
            source.tally.forget();
        }
    }

    /// The last requests, oldest first.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = &Trace> {
        self.recent.iter()
    }

    /// How many requests the containers of a Pod have taken in hand, of a program that works on a limited number at a time.
    pub fn served(&self, uid: &str) -> u64 {
        self.loads.values().filter(|load| load.uid == uid).map(|load| u64::from(load.served)).sum()
    }

    pub(crate) fn remember(&mut self, trace: Trace) {
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(trace);
        self.ended += 1;
    }

    pub(crate) fn link(&self, one: usize, other: usize) -> Link {
        self.links.get(&(one.min(other), one.max(other))).copied().unwrap_or_default()
    }
}
