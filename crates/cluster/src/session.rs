//! A session: seed, topology and inputs are its truth; copies of the world along the way make every instant reachable.
use crate::choices::Choices;
use crate::input::Input;
use crate::topology::Topology;
use crate::world::World;
use serde::{Deserialize, Serialize};
use simcore::{Duration, Time};

/// The whole truth of a session, small enough for a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The engine's format; a reader refuses a higher one.
    pub format: u32,
    pub preset: String,
    pub workers: usize,
    pub seed: u64,
    /// The learner's files at the start.
    pub files: Vec<(String, String)>,
    /// What was done, and when.
    pub inputs: Vec<Deed>,
    /// How far time had gone.
    pub until: Time,
    /// What was chosen of the cluster besides its preset.
    #[serde(default)]
    pub choices: Choices,
}

/// One input with its place: the instant, and how many events had been handled before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    pub at: Time,
    pub step: u64,
    pub input: Input,
}

parcel::record!(Record { format, preset, workers, seed, files, inputs, until } or { choices });
parcel::record!(Deed { at, step, input });

pub const FORMAT: u32 = 1;
/// The longest record that is replayed: a day of virtual time.
const LONGEST: Duration = Duration::mins(24 * 60);

/// A running session with its past.
#[derive(Clone)]
pub struct Session {
    pub record: Record,
    /// Copies of the world, oldest first; the first stands at the start.
    keyframes: Vec<World>,
    /// The world that is looked at: the newest one, or one in the past.
    pub world: World,
    /// How far the future has been seen.
    end: Time,
}

/// A keyframe is kept after so many events …
const KEYFRAME_STEPS: u64 = 1_500;
/// … and when there are more than this, every second of the older half is let go.
const KEYFRAMES: usize = 48;

impl Session {
    /// A new session of a preset as it is. `None` where the preset is unknown.
    pub fn start(preset: &str, workers: usize, seed: u64, files: Vec<(String, String)>) -> Option<Session> {
        Session::choose(preset, workers, &Choices::default(), seed, files).ok()
    }

    /// A new session. The error says in words which preset or choice is unknown.
    pub fn choose(preset: &str, workers: usize, choices: &Choices, seed: u64, files: Vec<(String, String)>) -> Result<Session, String> {
        let mut topology = Topology::preset(preset, workers).ok_or_else(|| format!("there is no preset \"{preset}\""))?;
        choices.put(&mut topology)?;
        let world = World::boot(&topology, seed, files.clone());
        let (preset, choices) = (preset.to_string(), choices.clone());
        let record = Record { format: FORMAT, preset, workers, seed, files, inputs: Vec::new(), until: Time::START, choices };
        Ok(Session { record, keyframes: vec![world.clone()], world, end: Time::START })
    }

    /// Replays a record to its end. The error says in words what does not fit.
    pub fn replay(record: &Record) -> Result<Session, String> {
        if record.format > FORMAT {
            return Err(format!("this session was recorded by a newer Kubarium (format {}, here {FORMAT})", record.format));
        }
        if record.until > Time::START + LONGEST || !record.inputs.is_sorted_by_key(|deed| (deed.at, deed.step)) {
            return Err("this session's times make no sense".to_string());
        }
        let mut session = Session::choose(&record.preset, record.workers, &record.choices, record.seed, record.files.clone())?;
        session.record.inputs = record.inputs.clone();
        session.advance(record.until, usize::MAX);
        if session.world.inputs_seen < record.inputs.len() {
            return Err("this session no longer fits: the simulation has changed since it was recorded".to_string());
        }
        Ok(session)
    }

    pub fn now(&self) -> Time {
        self.world.now()
    }

    /// The world as it was at the start.
    pub fn at_start(&self) -> &World {
        &self.keyframes[0]
    }

    /// The last instant that can be sought.
    pub fn end(&self) -> Time {
        self.end
    }

    /// Whether an instant before the end is looked at.
    pub fn in_past(&self) -> bool {
        self.now() < self.end
    }

    /// Does something now. The future that was seen from here on is given up.
    pub fn input(&mut self, input: Input) {
        let (at, step) = (self.now(), self.world.steps());
        self.record.inputs.truncate(self.world.inputs_seen);
        self.keyframes.retain(|frame| frame.steps() <= step && frame.inputs_seen <= self.world.inputs_seen);
        self.end = at;
        self.record.until = at;
        self.record.inputs.push(Deed { at, step, input: input.clone() });
        self.world.input(&input);
    }

    /// Lets time run to `until`, but handles no more than `budget` events; says whether it got there.
    /// In the past it replays what was done.
    pub fn advance(&mut self, until: Time, budget: usize) -> bool {
        let mut arrived = false;
        for _ in 0..budget {
            if !self.advance_once(until) {
                self.world.stand_at(until);
                arrived = true;
                break;
            }
        }
        self.end = self.end.max(self.now());
        self.record.until = self.end;
        arrived
    }

    /// One event of the simulation, or one replayed input.
    pub fn step(&mut self) {
        self.advance_once(Time(u64::MAX));
        self.end = self.end.max(self.now());
        self.record.until = self.end;
    }

    /// Whether there was something to do up to `until`.
    fn advance_once(&mut self, until: Time) -> bool {
        let replayed = self.record.inputs.get(self.world.inputs_seen).filter(|deed| deed.step == self.world.steps());
        if let Some(deed) = replayed {
            if deed.at > until {
                return false;
            }
            self.world.stand_at(deed.at);
            let input = deed.input.clone();
            self.world.input(&input);
            return true;
        }
        if self.world.next_time().is_none_or(|time| time > until) {
            return false;
        }
        self.world.step();
        self.keep();
        true
    }

    /// Shows the world as it was, or as it was last, at `time`.
    pub fn seek(&mut self, time: Time) {
        let time = time.clamp(Time::START, self.end);
        let frame = self.keyframes.iter().rev().find(|frame| frame.now() <= time).unwrap_or(&self.keyframes[0]);
        if self.now() > time || frame.now() > self.now() {
            self.world = frame.clone();
        }
        let end = self.end;
        self.advance(time, usize::MAX);
        self.end = end;
        self.record.until = end;
    }

    /// A copy that goes its own way: for "what if?", and for checks that act.
    pub fn fork(&self) -> Session {
        let mut fork = self.clone();
        fork.keyframes = vec![self.world.clone()];
        fork.record.inputs.truncate(self.world.inputs_seen);
        fork.end = self.now();
        fork
    }

    fn keep(&mut self) {
        let newest = self.keyframes.last().map_or(0, World::steps);
        if self.world.steps() < newest + KEYFRAME_STEPS || self.world.now() < self.end {
            return;
        }
        self.keyframes.push(self.world.clone());
        if self.keyframes.len() > KEYFRAMES {
            let mut place = 0;
            self.keyframes.retain(|_| {
                place += 1;
                place == 1 || place > KEYFRAMES / 2 || place % 2 == 0
            });
        }
    }
}
