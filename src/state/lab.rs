//! The lab: one clock for two worlds in two frames, and the table of what is measured of them.
use super::App;
use super::frames::{FromPane, ToPane};
use crate::js::{document, frame};
use cluster::comparison::Row;
use gloo_timers::callback::Interval;
use leptos::prelude::*;
use simcore::Time;

/// The frames' element ids, in the order of `course::WAYS`.
pub const FRAMES: [&str; 2] = ["lab-k3s", "lab-kubeadm"];
/// The clock goes on this often …
const TICK_MS: u32 = 66;
/// … and no further at once than this: a laptop that slept has not simulated the night.
const LONGEST_MS: f64 = 250.0;
/// A pane that does not answer is told again; what stands in the table is measured again.
const AGAIN_MS: f64 = 600.0;
const MEASURE_MS: f64 = 1_000.0;
/// A single step, in virtual microseconds.
const STEP: u64 = 1_000_000;

#[derive(Clone, Copy)]
pub struct Lab {
    /// Where both worlds stand, or are going to; virtual microseconds since the Unix epoch.
    pub time: RwSignal<u64>,
    pub playing: RwSignal<bool>,
    /// Thousandths of real time.
    pub speed: RwSignal<u32>,
    /// The table's rows about each world; empty until its frame has spoken.
    pub rows: [RwSignal<Vec<Row>>; 2],
    /// What is being tried in copies of both worlds: a row's id, or nothing.
    pub trying: RwSignal<&'static str>,
    /// Where each world stands; nothing until its frame has spoken.
    pub at: RwSignal<[Option<u64>; 2]>,
    /// Frames whose words are of the cluster of now.
    begun: StoredValue<[bool; 2]>,
    /// Steps that were asked for.
    steps: StoredValue<u64>,
    /// When time went on, when the panes were told, when they were asked (real milliseconds).
    ticked: StoredValue<f64>,
    told: StoredValue<f64>,
    asked: StoredValue<f64>,
    /// Panes that have not answered the last question.
    open: StoredValue<[bool; 2]>,
}

impl Lab {
    pub fn new() -> Self {
        Self {
            time: RwSignal::new(Time::START.0),
            playing: RwSignal::new(true),
            speed: RwSignal::new(1_000),
            rows: [RwSignal::default(), RwSignal::default()],
            trying: RwSignal::new(""),
            at: RwSignal::new([None, None]),
            begun: StoredValue::new([false, false]),
            steps: StoredValue::new(0),
            ticked: StoredValue::new(document::now_ms()),
            told: StoredValue::new(0.0),
            asked: StoredValue::new(0.0),
            open: StoredValue::new([false, false]),
        }
    }

    /// Begins to listen to the frames and to drive them. `left` is called when F6 leaves one.
    pub fn begin(self, app: App, left: impl Fn(bool) + 'static) {
        frame::hear(&FRAMES, move |place, text| match parcel::from_text(&text) {
            Ok(FromPane::Begun) => {
                self.begun.update_value(|begun| begun[place] = true);
                self.at.update(|at| at[place] = None);
                frame::tell(FRAMES[place], &parcel::to_text(&look(app)));
            }
            Ok(FromPane::At { time }) => self.stands_at(place, time),
            Ok(FromPane::Measured { rows }) => self.measured(place, rows),
            Ok(FromPane::Leave { back }) => left(back),
            Err(_) => {}
        });
        Interval::new(TICK_MS, move || self.tick()).forget();
        Effect::new(move |_| self.tell(&look(app)));
    }

    fn tell(self, message: &ToPane) {
        let text = parcel::to_text(message);
        FRAMES.iter().for_each(|id| frame::tell(id, &text));
    }

    fn stands_at(self, place: usize, time: u64) {
        if self.begun.with_value(|begun| begun[place]) {
            self.at.update(|at| at[place] = Some(time));
            self.go_on();
        }
    }

    /// Lets real time pass for both worlds, once both have come to where the clock stands: a fast engine waits for a slow one.
    fn tick(self) {
        let now = document::now_ms();
        let spent = (now - self.ticked.get_value()).clamp(0.0, LONGEST_MS);
        self.ticked.set_value(now);
        if !self.arrived() {
            if now - self.told.get_value() > AGAIN_MS {
                self.pace();
            }
            return;
        }
        let (speed, steps) = (self.speed.get_untracked(), self.steps.get_value());
        let more = match (self.playing.get_untracked(), steps) {
            (true, _) => (spent * f64::from(speed)) as u64,
            (false, 0) => 0,
            (false, _) => STEP,
        };
        self.steps.set_value(steps.saturating_sub(u64::from(more > 0)));
        if more > 0 {
            self.time.update(|time| *time += more);
            self.pace();
        }
        if now - self.asked.get_value() > MEASURE_MS && !self.waits() {
            self.measure(false, false);
        }
    }

    fn arrived(self) -> bool {
        let time = self.time.get_untracked();
        self.at.with_untracked(|at| at.iter().all(|at| at.is_some_and(|at| at >= time)))
    }

    fn waits(self) -> bool {
        self.open.with_value(|open| open.iter().any(|open| *open))
    }

    /// A command that answers while time stands still takes some milliseconds in one world: the other follows.
    fn go_on(self) {
        let furthest = self.at.with_untracked(|at| at.iter().flatten().max().copied()).unwrap_or(0);
        if furthest > self.time.get_untracked() {
            self.time.set(furthest);
            self.pace();
        }
    }

    fn pace(self) {
        self.told.set_value(document::now_ms());
        let speed = if self.playing.get_untracked() { self.speed.get_untracked() } else { 0 };
        self.tell(&ToPane::Pace { time: self.time.get_untracked(), speed });
    }

    pub fn toggle(self) {
        self.playing.update(|playing| *playing = !*playing);
        self.pace();
    }

    pub fn choose(self, speed: u32) {
        self.speed.set(speed);
    }

    pub fn step(self) {
        self.playing.set(false);
        self.steps.update_value(|steps| *steps += 1);
    }

    /// Both worlds from the start.
    pub fn reset(self) {
        self.begun.set_value([false, false]);
        self.at.set([None, None]);
        self.steps.set_value(0);
        self.time.set(Time::START.0);
        self.rows.iter().for_each(|rows| rows.set(Vec::new()));
        self.trying.set("");
        self.open.set_value([false, false]);
        self.tell(&ToPane::Reset);
    }

    /// The focus goes into a frame.
    pub fn enter(self, place: usize, back: bool) {
        frame::tell(FRAMES[place], &parcel::to_text(&ToPane::Enter { back }));
    }

    /// Tries what only a copy of a world can show: a hundred Pods, or the server without power.
    pub fn attempt(self, row: &'static str) {
        self.trying.set(row);
        self.measure(row == "memory-100", row == "server-stops");
    }

    fn measure(self, load: bool, stop: bool) {
        self.asked.set_value(document::now_ms());
        self.open.set_value([true, true]);
        self.tell(&ToPane::Measure { load, stop });
    }

    fn measured(self, place: usize, rows: Vec<Row>) {
        self.open.update_value(|open| open[place] = false);
        if !self.waits() {
            self.trying.set("");
        }
        if self.rows[place].with_untracked(|old| *old != rows) {
            self.rows[place].set(rows);
        }
    }
}

/// The reader's choices, as a pane is told them.
fn look(app: App) -> ToPane {
    ToPane::Look {
        lang: app.prefs.lang.get().code().to_string(),
        theme: app.prefs.theme.get().word().to_string(),
        moves: app.prefs.motion.get(),
    }
}
