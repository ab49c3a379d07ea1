//! The network on show: which lens, the sources with their last minute, the last requests, and what the lenses asked for.
use super::layout::NARROW;
use super::{App, wire};
use crate::js::{document, fetch};
use crate::protocol::Problem;
use cluster::delta::{Delta, HopView, RequestView, TrafficView};
use cluster::input::{Input, TrafficSpec};
use cluster::lens::{PageView, ProcessView, ReachView, RuleView};
use cluster::members::EtcdView;
use cluster::probes::HealthRow;
use cluster::talk::TalkView;
use leptos::prelude::*;
use lessons::format;
use lessons::progress::LessonState;
use lessons::strategies::Row;
use std::collections::{BTreeMap, VecDeque};
use wasm_bindgen_futures::spawn_local;

/// What the picture is looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lens {
    Cluster,
    Traffic,
    Rules,
    Names,
    Policies,
    Browser,
    Strategy,
    Etcd,
    Health,
    Components,
    Processes,
    Duties,
}

impl Lens {
    /// By the word of a lesson.
    pub fn named(word: &str) -> Option<Lens> {
        format::LENSES.iter().position(|name| *name == word).map(|at| LENSES[at])
    }
}

#[rustfmt::skip]
pub const LENSES: [Lens; 12] = [
    Lens::Cluster, Lens::Traffic, Lens::Rules, Lens::Names, Lens::Policies, Lens::Browser, Lens::Strategy,
    Lens::Etcd, Lens::Health, Lens::Components, Lens::Processes, Lens::Duties,
];

/// So many of the last requests are kept for the list.
const KEPT: usize = 400;
/// What a lens looks at is asked for again after so long (milliseconds of real time).
const AGAIN: f64 = 900.0;

#[derive(Clone, Copy)]
pub struct Network {
    pub lens: RwSignal<Lens>,
    pub sources: RwSignal<Vec<TrafficView>>,
    /// Oldest first. Read it when `told` goes up.
    pub recent: StoredValue<VecDeque<RequestView>>,
    /// Goes up about once per second of the cluster's time, when counts came.
    pub told: RwSignal<u32>,
    /// Requests that just ended, for moving dots.
    pub arrived: RwSignal<Vec<RequestView>>,
    /// The request whose way is asked for.
    pub wanted: RwSignal<u64>,
    pub rules: RwSignal<Vec<RuleView>>,
    /// A node whose rules are read, and their text.
    pub reading: RwSignal<String>,
    pub text: RwSignal<String>,
    pub reach: RwSignal<Option<ReachView>>,
    /// The port of the matrix, and the pair whose verdict is read.
    pub port: RwSignal<u32>,
    pub pair: RwSignal<(String, String)>,
    pub verdict: RwSignal<Vec<String>>,
    pub resolved: RwSignal<Vec<HopView>>,
    /// etcd's members, as the engine last said; empty until somebody asks.
    pub etcd: RwSignal<EtcdView>,
    /// What still works, as the engine last said.
    pub health: RwSignal<Vec<HealthRow>>,
    /// The last messages between components, newest first, while somebody looks at them.
    pub talk: RwSignal<Vec<TalkView>>,
    /// The sources that run as YAML; what the learner makes of it; what is wrong with that.
    pub written: RwSignal<String>,
    pub draft: RwSignal<Option<String>>,
    pub wrong: RwSignal<Vec<Problem>>,
    /// The cluster's servers, the one that is looked into, and what runs there.
    pub servers: RwSignal<Vec<String>>,
    pub server: RwSignal<String>,
    pub processes: RwSignal<Vec<ProcessView>>,
    pub page: RwSignal<Option<PageView>>,
    pub loading: RwSignal<bool>,
    /// The packed strategies, as text; empty until their lens is opened.
    pub board: RwSignal<String>,
    /// What was measured of them, for each new version that was compared.
    pub rows: RwSignal<Vec<Row>>,
    pub comparing: RwSignal<bool>,
    /// What came of the requests of each second of the cluster's time, as far as it was told: answered and failed.
    pub history: StoredValue<BTreeMap<u64, (u32, u32)>>,
    /// So many rows of so many.
    pub compared: RwSignal<(u32, u32)>,
    chosen: StoredValue<bool>,
    /// The lens that a lesson's step last wanted, and the step.
    wished: StoredValue<(String, String)>,
    asked: StoredValue<f64>,
}

impl Network {
    pub fn new() -> Self {
        Self {
            lens: RwSignal::new(Lens::Cluster),
            sources: RwSignal::default(),
            recent: StoredValue::default(),
            told: RwSignal::new(0),
            arrived: RwSignal::default(),
            wanted: RwSignal::new(0),
            rules: RwSignal::default(),
            reading: RwSignal::default(),
            text: RwSignal::default(),
            reach: RwSignal::new(None),
            port: RwSignal::new(80),
            pair: RwSignal::default(),
            verdict: RwSignal::default(),
            resolved: RwSignal::default(),
            etcd: RwSignal::default(),
            health: RwSignal::default(),
            talk: RwSignal::default(),
            written: RwSignal::default(),
            draft: RwSignal::new(None),
            wrong: RwSignal::default(),
            servers: RwSignal::default(),
            server: RwSignal::default(),
            processes: RwSignal::default(),
            page: RwSignal::new(None),
            loading: RwSignal::new(false),
            board: RwSignal::default(),
            rows: RwSignal::default(),
            comparing: RwSignal::new(false),
            history: StoredValue::default(),
            compared: RwSignal::default(),
            chosen: StoredValue::new(false),
            wished: StoredValue::default(),
            asked: StoredValue::new(0.0),
        }
    }

    /// The learner looks through a lens; on a narrow page its pane comes up.
    pub fn look(self, app: App, lens: Lens) {
        self.chosen.set_value(true);
        if self.lens.get_untracked() != lens {
            self.lens.set(lens);
        }
        if lens != Lens::Cluster {
            app.course.tab.set("lens");
        } else if app.course.tab.with_untracked(|tab| *tab == "lens") {
            app.course.tab.set("lesson");
        }
        if lens == Lens::Strategy && self.board.with_untracked(String::is_empty) {
            self.fetch_board(app);
        }
        self.asked.set_value(0.0);
        self.ask();
    }

    /// A lesson's step wants a lens. It is opened once, and beside the words: a narrow page stays where it is.
    pub fn wish(self, app: App, state: &LessonState) {
        let step = state.steps.iter().find(|step| !step.done).map(|step| step.id.clone()).unwrap_or_default();
        let wish = (step, state.lens.clone());
        if self.wished.with_value(|old| *old == wish) {
            return;
        }
        let lens = Lens::named(&wish.1);
        self.wished.set_value(wish);
        let Some(lens) = lens.filter(|lens| *lens != self.lens.get_untracked()) else { return };
        if document::matches(NARROW) {
            self.lens.set(lens);
        } else {
            self.look(app, lens);
        }
    }

    fn fetch_board(self, app: App) {
        spawn_local(async move {
            match fetch::text("lessons/strategies.json").await {
                Ok(text) => self.board.set(text),
                Err(reason) => app.notices.banner.set(Some((app.prefs.words_now().trouble.to_string(), reason))),
            }
        });
    }

    /// Forgets another lesson's network.
    pub fn reset(self) {
        self.sources.set(Vec::new());
        self.recent.update_value(VecDeque::clear);
        self.lens.set(Lens::Cluster);
        self.chosen.set_value(false);
        self.wished.set_value(Default::default());
        self.history.update_value(BTreeMap::clear);
        self.wanted.set(0);
        self.page.set(None);
        self.resolved.set(Vec::new());
        self.reach.set(None);
        self.rules.set(Vec::new());
        self.etcd.set(EtcdView::default());
        self.health.set(Vec::new());
        self.talk.set(Vec::new());
        self.forget_draft();
        self.servers.set(Vec::new());
        self.server.set(String::new());
        self.processes.set(Vec::new());
    }

    /// Takes the network's part of a delta.
    pub fn hear(self, delta: &mut Delta) {
        if delta.whole {
            self.recent.update_value(VecDeque::clear);
        }
        let fresh = std::mem::take(&mut delta.traffic);
        let gone: Vec<&str> = delta.gone.iter().filter_map(|id| id.strip_prefix("traffic/")).collect();
        let told = delta.whole || !fresh.is_empty();
        self.history.update_value(|history| remember(history, &fresh, delta.now / 1_000_000));
        let vanished = self.sources.with_untracked(|all| all.iter().any(|source| gone.contains(&source.id.as_str())));
        if delta.whole || !fresh.is_empty() || vanished {
            // A delta that tells of sources tells of all.
            if fresh.is_empty() && !delta.whole {
                self.sources.update(|all| all.retain(|source| !gone.contains(&source.id.as_str())));
            } else {
                self.sources.set(fresh);
            }
        }
        let requests = std::mem::take(&mut delta.requests);
        if !requests.is_empty() {
            self.recent.update_value(|kept| {
                kept.extend(requests.iter().cloned());
                kept.drain(..kept.len().saturating_sub(KEPT));
            });
            self.arrived.set(requests);
        }
        if told {
            self.told.update(|count| *count += 1);
        }
        // A lesson's users are shown as soon as they come, unless the learner looks at something else.
        if !self.chosen.get_value() && self.lens.get_untracked() == Lens::Cluster && self.sources.with_untracked(|all| !all.is_empty()) {
            self.lens.set(Lens::Traffic);
        }
    }

    /// Asks anew for what the lens shows, but not too often.
    pub fn ask(self) {
        let now = document::now_ms();
        if now - self.asked.get_value() < AGAIN {
            return;
        }
        self.asked.set_value(now);
        match self.lens.get_untracked() {
            Lens::Rules | Lens::Browser => wire::rules(self.reading.get_untracked()),
            Lens::Policies => {
                let (from, to) = self.pair.get_untracked();
                wire::reach(self.port.get_untracked(), from, to);
            }
            Lens::Etcd => {
                wire::etcd();
                wire::talk();
            }
            Lens::Components => wire::talk(),
            Lens::Health => wire::health(),
            Lens::Processes => wire::processes(self.server.get_untracked()),
            Lens::Cluster | Lens::Traffic | Lens::Names | Lens::Strategy | Lens::Duties => {}
        }
    }

    /// Asks at once, after the learner chose something.
    pub fn ask_now(self) {
        self.asked.set_value(0.0);
        self.ask();
    }

    pub fn follow(self, id: u64) {
        self.wanted.set(id);
        if id != 0 {
            wire::follow(id);
        }
    }

    pub fn send(self, spec: TrafficSpec) {
        wire::act(Input::Traffic { sources: vec![spec], gone: Vec::new() });
    }

    /// Asks how the sources that run are written.
    pub fn write_sources(self) {
        wire::sources(None, false);
    }

    /// Asks what is wrong with the learner's text, and sends it where nothing is.
    pub fn judge_sources(self, apply: bool) {
        let text = self.draft.get_untracked().unwrap_or_else(|| self.written.get_untracked());
        wire::sources(Some(text), apply);
    }

    pub fn forget_draft(self) {
        self.draft.set(None);
        self.wrong.set(Vec::new());
    }

    /// How sources are written, or what became of a text.
    pub fn take_sources(self, text: String, problems: Vec<Problem>, applied: bool) {
        if applied {
            self.forget_draft();
        } else if self.draft.with_untracked(Option::is_some) {
            self.wrong.set(problems);
        }
        self.written.set(text);
    }

    pub fn stop(self, id: String) {
        wire::act(Input::Traffic { sources: Vec::new(), gone: vec![id] });
    }

    /// Measures every strategy with this new version, anew.
    pub fn compare(self, version: &str) {
        self.rows.update(|rows| rows.retain(|row| row.version != version));
        self.compared.set((0, 0));
        self.comparing.set(true);
        wire::compare(self.board.get_untracked(), vec![version.to_string()]);
    }

    pub fn stop_comparing(self) {
        self.comparing.set(false);
        wire::compare(String::new(), Vec::new());
    }

    /// A row that was under way when the comparison was stopped is left out.
    pub fn take_row(self, done: u32, all: u32, row: Row) {
        if self.comparing.get_untracked() {
            self.rows.update(|rows| {
                rows.retain(|old| (&old.strategy, &old.version) != (&row.strategy, &row.version));
                rows.push(row);
            });
            self.compared.set((done, all));
            self.comparing.set(done < all);
        }
    }

    pub fn browse(self, url: String, address: String) {
        self.page.set(None);
        self.loading.set(true);
        wire::act(Input::Browse { url, address });
    }
}

/// The last minute of all sources, second by second, takes the place of what was known of it.
fn remember(history: &mut BTreeMap<u64, (u32, u32)>, sources: &[TrafficView], now: u64) {
    let longest = sources.iter().map(|source| source.strip.len() as u64).max().unwrap_or(0);
    for ago in 1..=longest {
        let mut sum = (0, 0);
        for source in sources {
            if let Some(second) = source.strip.len().checked_sub(ago as usize).and_then(|at| source.strip.get(at)) {
                sum.0 += second.ok.iter().sum::<u32>();
                sum.1 += second.failed;
            }
        }
        let at = now.saturating_sub(ago);
        if sum == (0, 0) {
            history.remove(&at);
        } else {
            history.insert(at, sum);
        }
    }
}

/// A version's class for colour and hatch: its own number where it has one, else its place.
pub fn shade(version: &str, place: usize) -> u32 {
    let digits = version.trim_end_matches(|sign: char| !sign.is_ascii_digit());
    let start = digits.rfind(|sign: char| !sign.is_ascii_digit()).map_or(0, |at| at + 1);
    let number = digits[start..].parse::<u32>().ok().filter(|number| *number > 0).unwrap_or(place as u32 + 1);
    (number - 1) % 2 + 1
}
