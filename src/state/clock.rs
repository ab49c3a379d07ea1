//! Where virtual time stands, and how it is driven.
use super::wire;
use crate::protocol::Step;
use leptos::prelude::*;

/// The speeds on offer, in thousandths of real time.
pub const SPEEDS: [u32; 8] = [250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];

#[derive(Clone, Copy)]
pub struct Clock {
    /// Virtual microseconds since the Unix epoch.
    pub now: RwSignal<u64>,
    pub start: RwSignal<u64>,
    pub end: RwSignal<u64>,
    /// Thousandths of real time; 0 while time stands still.
    pub speed: RwSignal<u32>,
    /// The speed to go on with.
    pub chosen: RwSignal<u32>,
    pub step: RwSignal<Step>,
    /// Another instant was asked for, and the picture does not show it yet.
    pub seeking: RwSignal<bool>,
    /// How many instants were asked for; what the engine says of time before it has heard of the last is old.
    asked: RwSignal<u32>,
    heard: RwSignal<u32>,
    /// Whole seconds since the start: what most readers need, and changes seldom.
    pub second: Memo<u64>,
}

impl Clock {
    pub fn new() -> Self {
        let now = RwSignal::new(0);
        let start = RwSignal::new(0);
        Self {
            now,
            start,
            end: RwSignal::new(0),
            speed: RwSignal::new(0),
            chosen: RwSignal::new(1000),
            step: RwSignal::new(Step::Event),
            seeking: RwSignal::new(false),
            asked: RwSignal::new(0),
            heard: RwSignal::new(0),
            second: Memo::new(move |_| now.get().saturating_sub(start.get()) / 1_000_000),
        }
    }

    pub fn set(&self, now: u64, start: u64, end: u64, speed: u32, sought: u32) {
        put(self.heard, sought);
        if sought == self.asked.get_untracked() {
            put(self.now, now);
        }
        put(self.start, start);
        put(self.end, end);
        // Only a speed that is news: one from before the learner's choice must not undo it.
        if speed > 0 && speed != self.speed.get_untracked() {
            put(self.chosen, speed);
        }
        put(self.speed, speed);
    }

    pub fn playing(&self) -> bool {
        self.speed.get() > 0
    }

    /// Whether the picture shows an earlier instant than the latest.
    pub fn past(&self) -> bool {
        self.now.get() < self.end.get()
    }

    pub fn toggle(&self) {
        wire::speed(if self.speed.get_untracked() > 0 { 0 } else { self.chosen.get_untracked() });
    }

    pub fn choose(&self, speed: u32) {
        self.chosen.set(speed);
        // Whether time runs is known to the engine alone: what the page last heard may be older than a press on Play.
        wire::rate(speed);
    }

    pub fn take_step(&self) {
        wire::step(self.step.get_untracked());
    }

    /// Moves by so many virtual seconds, within what can be sought.
    pub fn seek_by(&self, seconds: i64) {
        let time = self.now.get_untracked().saturating_add_signed(seconds * 1_000_000);
        self.seek(time.clamp(self.start.get_untracked(), self.end.get_untracked()));
    }

    /// Shows another instant. The reading follows at once, so that the next key press counts from there.
    pub fn seek(&self, time: u64) {
        put(self.now, time);
        put(self.seeking, true);
        let serial = self.asked.get_untracked() + 1;
        self.asked.set(serial);
        wire::seek(time, serial);
    }

    /// Everything that the engine said is in the picture.
    pub fn shown(&self) {
        if self.heard.get_untracked() == self.asked.get_untracked() {
            put(self.seeking, false);
        }
    }

    /// A fresh engine has heard nothing.
    pub fn begin_anew(&self) {
        put(self.asked, 0);
        put(self.seeking, false);
    }

    /// `00:41.2` since the start.
    pub fn reading(&self, time: u64) -> String {
        since(self.start.get(), time)
    }
}

/// `00:41.2` between two instants in virtual microseconds.
pub fn since(start: u64, time: u64) -> String {
    let tenths = time.saturating_sub(start) / 100_000;
    format!("{:02}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

/// A speed as it is read: `2×`, `0.5×`.
pub fn times(speed: u32) -> String {
    match speed % 1000 {
        0 => format!("{}×", speed / 1000),
        part => format!("{}.{}×", speed / 1000, if part % 100 == 0 { part / 100 } else { part / 10 }),
    }
}

fn put<T: PartialEq + Clone + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}
