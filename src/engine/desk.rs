//! Where messages arrive: holds the session and the lesson, lets time run, and tells the page what changed.
use super::board::Comparing;
use super::hints::Hints;
use super::{manifest, measure, past, sources};
use crate::protocol::{FromEngine, ToEngine};
use cluster::comparison::Live;
use cluster::input::Input;
use cluster::probes::Checklist;
use cluster::{Session, Viewer};
use lessons::format::Lesson;
use lessons::{Run, Saved};
use objects::yaml;
use simcore::{Duration, OccurrenceId, Time};

/// The page's counterpart.
#[derive(Default)]
pub struct Desk {
    session: Option<Session>,
    run: Option<Run>,
    /// The lesson's text as it was opened, to begin it anew.
    opened: String,
    viewer: Viewer,
    checklist: Checklist,
    /// Thousandths of real time; 0 while time stands still.
    speed: u32,
    /// Until then the boot runs in slow motion, unless the learner chooses a speed.
    slow_until: Option<Time>,
    /// The instant at which time waits for another world, where one clock drives several.
    pace: Option<Time>,
    /// What was measured of the cluster so far.
    live: Live,
    /// How much of the terminal's output the page has, and how often it was cleared.
    printed: usize,
    cleared: u64,
    files_changed: u64,
    prompt: Option<(bool, String)>,
    editing: bool,
    last_clock: (u64, u64, u32, u32),
    /// The number of the last seek.
    sought: u32,
    /// What was asked for before a session was open, as after a crash: done once it is.
    early: Vec<ToEngine>,
    /// The learner's browser waits for an answer.
    browsing: bool,
    /// Real milliseconds since the session was last handed over to be kept.
    unsaved_ms: u64,
    comparing: Option<Comparing>,
    hints: Hints,
    out: Vec<FromEngine>,
}

/// Events that one tick may handle, so that a message never waits long.
const BUDGET: usize = 4_000;
/// While time stands still a command may run this far: it answers, but nothing else moves on.
const ERRAND: Duration = Duration::millis(100);
/// The session is handed over this often while time runs.
const KEEP_MS: u64 = 3_000;
/// A cluster that boots before the learner's eyes does so at half its speed: the real one takes two seconds here.
const BOOT_SPEED: u32 = 500;
const BOOT: Duration = Duration::millis(2_600);
/// A sandbox's file to begin with.
const SANDBOX_FILE: (&str, &str) = ("web.yaml", include_str!("sandbox.yaml"));
/// A sandbox: three workers, a fixed seed.
const SANDBOX: (&str, usize, u64) = ("kubeadm", 3, 1);

impl Desk {
    pub fn take(&mut self) -> Vec<FromEngine> {
        std::mem::take(&mut self.out)
    }

    pub fn trouble(&mut self, what: &str, detail: &str) {
        self.out.push(FromEngine::Trouble { what: what.to_string(), detail: detail.to_string() });
    }

    pub fn playing(&self) -> bool {
        let moves = match self.pace {
            Some(_) => self.behind(),
            None => self.speed > 0 || self.run.as_ref().is_some_and(Run::is_playing),
        };
        self.session.is_some() && (moves || self.comparing.is_some())
    }

    pub fn eager(&self) -> bool {
        self.comparing.is_some() || self.behind()
    }

    /// Whether another world's clock has gone on.
    fn behind(&self) -> bool {
        self.session.as_ref().zip(self.pace).is_some_and(|(session, pace)| session.now() < pace)
    }

    pub fn digest(&self) -> String {
        self.session.as_ref().map(|session| session.world.digest().to_string()).unwrap_or_default()
    }

    /// Does what the page asks for.
    pub fn handle(&mut self, message: ToEngine) {
        if let ToEngine::Open { lesson, saved, .. } = message {
            return self.open(lesson, saved);
        }
        if let ToEngine::Sources { text, apply } = message {
            return self.sources(text, apply);
        }
        if matches!(message, ToEngine::Reset) {
            let hints = std::mem::take(&mut self.hints).anew();
            self.open(self.opened.clone(), None);
            self.hints = hints;
            return;
        }
        let Some(session) = &mut self.session else { return self.early.push(message) };
        match message {
            ToEngine::Do { input } => return self.act(input),
            ToEngine::Rate { .. } if self.speed == 0 => {}
            ToEngine::Speed { speed } | ToEngine::Rate { speed } => {
                self.speed = speed.min(60_000);
                self.slow_until = None;
                self.keep();
            }
            ToEngine::Pace { time, speed } => {
                self.pace = Some(Time(time).max(session.now()));
                (self.speed, self.slow_until) = (speed, None);
                // Whoever paces waits for an answer, also where there is nothing to do.
                self.last_clock = Default::default();
                self.catch_up();
            }
            ToEngine::Measure { way, load, stop } => {
                let (rows, lines) = measure::answer(&mut self.live, session, &way, load, stop);
                self.out.push(FromEngine::Measured { rows, lines });
            }
            ToEngine::Step { step } => past::step(session, step),
            ToEngine::Seek { time, serial } => {
                self.sought = serial;
                self.speed = 0;
                session.seek(Time(time));
                self.viewer.forget();
                self.reprint();
            }
            ToEngine::Why { occurrence } => {
                let chain = session.world.chain(OccurrenceId(occurrence));
                self.out.push(FromEngine::Chain { occurrence, chain });
            }
            ToEngine::Follow { id } => {
                let hops = session.world.follow_request(id);
                self.out.push(FromEngine::Followed { id, hops });
            }
            ToEngine::Rules { node } => {
                let text = session.world.rules_text(&node);
                self.out.push(FromEngine::Ruled { node, text, rules: session.world.service_rules() });
            }
            ToEngine::Reach { port, source, target } => {
                let port = u16::try_from(port).unwrap_or(u16::MAX);
                let (_, reasons) = session.world.reach_words(&source, &target, port);
                self.out.push(FromEngine::Reached { reach: Box::new(session.world.reachability(port)), reasons });
            }
            ToEngine::Resolve { pod, name } => {
                let steps = session.world.clone().lookup(&pod, &name);
                self.out.push(FromEngine::Resolved { steps });
            }
            ToEngine::Talk => self.out.push(FromEngine::Talk { talk: session.world.talk() }),
            ToEngine::Etcd => self.out.push(FromEngine::Etcd { etcd: Box::new(session.world.etcd_view()) }),
            ToEngine::Processes { server } => {
                let servers = session.world.servers();
                let server = Some(server).filter(|name| servers.contains(name)).or(servers.first().cloned()).unwrap_or_default();
                let processes = session.world.processes(&server);
                self.out.push(FromEngine::Processes { server, servers, processes });
            }
            ToEngine::Health => {
                let rows = self.checklist.look(&session.world).to_vec();
                self.out.push(FromEngine::Health { rows });
            }
            ToEngine::Inspect { id } => {
                let mut inspection = session.world.inspect(&id);
                inspection.describe = past::describe(session, &id);
                self.out.push(FromEngine::Inspected { inspection: Box::new(inspection) });
            }
            ToEngine::Complete { serial, line, cursor } => {
                let (from, candidates) = past::complete(session, &line, cursor);
                self.out.push(FromEngine::Completion { serial, from, candidates });
            }
            ToEngine::Lint { serial, name, text } => {
                // The file of traffic sources is no manifest.
                let problems = match name == cluster::TRAFFIC {
                    true => sources::judge(&session.world, Some(&text)).1,
                    false => manifest::problems(&session.world, &text),
                };
                self.out.push(FromEngine::Problems { serial, name, problems });
            }
            ToEngine::Suggest { serial, text, at, .. } => {
                let (from, items) = manifest::suggest(&text, at);
                self.out.push(FromEngine::Suggestions { serial, from, items });
            }
            ToEngine::Hover { serial, text, at, .. } => {
                let (from, to, text) = manifest::hover(&text, at);
                self.out.push(FromEngine::HoverText { serial, from, to, text });
            }
            ToEngine::Mistakes { table } => match Hints::of(&table) {
                Ok(hints) => self.hints = hints,
                Err(words) => self.trouble("mistakes", &words),
            },
            ToEngine::Compare { strategies, seed, versions } => match Comparing::begin(&strategies, seed, &versions) {
                Ok(comparing) => self.comparing = comparing,
                Err(words) => self.trouble("compare", &words),
            },
            lesson => self.lesson(lesson),
        }
        self.report();
    }

    /// The traffic sources as a text: judged, and put in the place of those that run.
    fn sources(&mut self, text: Option<String>, apply: bool) {
        let Some(session) = &self.session else { return };
        let (input, problems) = sources::judge(&session.world, text.as_deref());
        let input = input.filter(|_| apply);
        let applied = input.is_some();
        if let Some(input) = input {
            self.act(input);
        }
        let Some(session) = &self.session else { return };
        self.out.push(FromEngine::Sources { text: sources::text(&session.world), problems, applied });
    }

    fn lesson(&mut self, message: ToEngine) {
        let (Some(run), Some(session)) = (&mut self.run, &mut self.session) else { return };
        match message {
            ToEngine::Choose { step, option } => {
                if let Err(words) = run.choose(&step, &option, session) {
                    self.out.push(FromEngine::Trouble { what: "choose".to_string(), detail: words });
                }
            }
            ToEngine::Check { step } => run.check(&step, session),
            ToEngine::Hint { step } => run.hint(&step),
            ToEngine::Solve { step } => {
                run.solve(&step);
                // A solution is watched: time must run for it.
                self.speed = self.speed.max(1_000);
            }
            _ => {}
        }
        self.out.push(FromEngine::Lesson { state: Box::new(run.state()) });
        self.keep();
    }

    fn open(&mut self, lesson: String, saved: Option<String>) {
        let begun = match saved.map(|saved| self.resume(&lesson, &saved)) {
            Some(Ok(begun)) => Ok(begun),
            Some(Err(words)) => {
                self.trouble("resume", &words);
                begin(&lesson)
            }
            None => begin(&lesson),
        };
        self.opened = lesson;
        match begun {
            Ok((run, session)) => {
                let (keep, early) = (std::mem::take(&mut self.out), std::mem::take(&mut self.early));
                let pace = self.pace.map(|_| session.now());
                let slow_until = (session.now() == Time::START && pace.is_none()).then_some(Time::START + BOOT);
                let speed = if slow_until.is_some() { BOOT_SPEED } else { 1_000 };
                let (opened, sought) = (std::mem::take(&mut self.opened), self.sought);
                *self = Desk { run, session: Some(session), opened, sought, speed, slow_until, pace, out: keep, ..Desk::default() };
                if let Some(run) = &self.run {
                    self.out.push(FromEngine::Lesson { state: Box::new(run.state()) });
                }
                self.tell_files();
                self.reprint();
                self.report();
                early.into_iter().for_each(|message| self.handle(message));
            }
            Err(words) => self.trouble("open", &words),
        }
    }

    fn resume(&self, lesson: &str, saved: &str) -> Result<(Option<Run>, Session), String> {
        let saved: Saved = parcel::from_text(saved)?;
        if !is_lesson(lesson) {
            return Ok((None, Session::replay(&saved.record)?));
        }
        let (run, session) = Run::resume(Lesson::from_json(lesson)?, &saved)?;
        Ok((Some(run), session))
    }

    /// Something is done to the cluster.
    fn act(&mut self, input: Input) {
        if let Some(words) = too_large(&input) {
            return self.out.push(FromEngine::Print { text: words, err: true, whole: false });
        }
        let Some(session) = &mut self.session else { return };
        if session.in_past() {
            self.viewer.forget();
        }
        self.browsing |= matches!(input, Input::Browse { .. });
        session.input(input);
        if self.speed == 0 {
            let limit = session.now() + ERRAND;
            let waits = |session: &Session| session.world.busy() || (self.browsing && session.world.browsed().is_none());
            while waits(session) && session.world.next_time().is_some_and(|time| time <= limit) {
                session.step();
            }
        }
        self.observe();
        self.keep();
        self.report();
    }

    /// Lets real time pass.
    pub fn tick(&mut self, real_ms: u64) {
        let Some(session) = &mut self.session else { return };
        if let Some(Err(words)) = self.run.as_mut().map(|run| run.play(session)) {
            self.out.push(FromEngine::Trouble { what: "solve".to_string(), detail: words });
        }
        let until = session.now() + Duration::micros(real_ms * u64::from(self.speed));
        if self.pace.is_some() {
            self.catch_up();
        } else if self.speed > 0 {
            self.advance(until);
        }
        if self.slow_until.is_some_and(|end| self.session.as_ref().is_some_and(|session| session.now() >= end)) {
            self.slow_until = None;
            self.speed = 1_000;
        }
        if let Some(comparing) = &mut self.comparing {
            let more = comparing.work(&mut self.out);
            self.comparing = self.comparing.take().filter(|_| more);
        }
        self.unsaved_ms += real_ms;
        if self.unsaved_ms >= KEEP_MS {
            self.keep();
        }
        self.report();
    }

    /// Goes on to where the shared clock stands, as far as one turn allows.
    fn catch_up(&mut self) {
        if let Some(pace) = self.pace.filter(|_| self.behind()) {
            self.advance(pace);
        }
    }

    /// A lesson looks after every change, so that nothing that was true for a moment escapes it.
    fn advance(&mut self, until: Time) {
        let Some(session) = &mut self.session else { return };
        let Some(run) = self.run.as_mut().filter(|run| run.watches()) else {
            session.advance(until, BUDGET);
            return self.observe();
        };
        let mut changed = false;
        for _ in 0..BUDGET {
            let arrived = session.advance(until, 1);
            changed |= !session.in_past() && run.observe(session);
            if arrived {
                break;
            }
        }
        if changed {
            self.out.push(FromEngine::Lesson { state: Box::new(run.state()) });
        }
    }

    fn observe(&mut self) {
        let (Some(run), Some(session)) = (&mut self.run, &self.session) else { return };
        if !session.in_past() && run.observe(session) {
            self.out.push(FromEngine::Lesson { state: Box::new(run.state()) });
        }
    }

    /// Hands over what a reload needs.
    fn keep(&mut self) {
        let Some(session) = &self.session else { return };
        self.unsaved_ms = 0;
        let saved = match &self.run {
            Some(run) => run.saved(session),
            None => Saved { lesson: String::new(), version: 0, record: session.record.clone(), notes: Default::default() },
        };
        self.out.push(FromEngine::Saved { log: parcel::to_text(&saved) });
    }

    /// Tells what changed: the picture, the clock, the terminal.
    fn report(&mut self) {
        let Some(session) = &mut self.session else { return };
        let delta = self.viewer.look(&mut session.world);
        let silent = !delta.whole
            && delta.components.is_empty()
            && delta.nodes.is_empty()
            && delta.pods.is_empty()
            && delta.workloads.is_empty()
            && delta.objects.is_empty()
            && delta.gone.is_empty()
            && delta.marks.is_empty()
            && delta.traffic.is_empty()
            && delta.requests.is_empty();
        if !silent {
            self.out.push(FromEngine::Delta { delta: Box::new(delta) });
        }
        let clock = (session.now().0, session.end().0, self.speed, self.sought);
        if clock != self.last_clock {
            self.last_clock = clock;
            let (now, end, speed, sought) = clock;
            self.out.push(FromEngine::Clock { now, start: Time::START.0, end, speed, sought });
        }
        if self.browsing
            && let Some(page) = session.world.browsed()
        {
            self.browsing = false;
            self.out.push(FromEngine::Browsed { page: Box::new(page) });
        }
        let of = self.run.as_ref().map_or(&[][..], |run| &run.lesson.mistakes);
        self.out.extend(self.hints.look(&session.world, of));
        self.tell_terminal();
    }

    fn tell_terminal(&mut self) {
        let Some(session) = &self.session else { return };
        let terminal = session.world.terminal.clone();
        let whole = terminal.cleared != self.cleared || terminal.printed.len() < self.printed;
        if whole {
            self.cleared = terminal.cleared;
            self.printed = 0;
            self.out.push(FromEngine::Print { text: String::new(), err: false, whole: true });
        }
        let (busy, prompt) = (session.world.busy(), session.world.prompt().trim_end().to_string());
        let has_news = terminal.printed.len() > self.printed;
        // While there is text to come the prompt is away, so that nobody takes half an answer for all of it.
        if has_news && self.prompt.as_ref().is_none_or(|(busy, _)| !busy) {
            self.prompt = Some((true, String::new()));
            self.out.push(FromEngine::Prompt { busy: true, prompt: "$".to_string() });
        }
        let news = terminal.printed[self.printed..].chunk_by(|a, b| a.err == b.err);
        for run in news {
            let text: String = run.iter().map(|chunk| chunk.text.as_str()).collect();
            self.out.push(FromEngine::Print { text, err: run[0].err, whole: false });
        }
        self.printed = terminal.printed.len();
        // What is typed into a running command is not for this shell.
        let bare = if session.world.terminal.shell.reads() { ">" } else { "$" };
        let now = (busy, if prompt.is_empty() { bare.to_string() } else { prompt });
        if self.prompt.as_ref() != Some(&now) {
            self.out.push(FromEngine::Prompt { busy, prompt: now.1.clone() });
            self.prompt = Some(now);
        }
        if let Some((name, text)) = terminal.edit.as_ref().filter(|_| !self.editing) {
            self.out.push(FromEngine::Edit { name: name.clone(), text: text.clone() });
        }
        self.editing = terminal.edit.is_some();
        if terminal.files_changed != self.files_changed {
            self.tell_files();
        }
    }

    /// After a seek the terminal shows what it showed then.
    fn reprint(&mut self) {
        self.printed = 0;
        self.prompt = None;
        self.out.push(FromEngine::Print { text: String::new(), err: false, whole: true });
        self.cleared = self.session.as_ref().map_or(0, |session| session.world.terminal.cleared);
    }

    fn tell_files(&mut self) {
        let Some(session) = &self.session else { return };
        self.files_changed = session.world.terminal.files_changed;
        let shell = &session.world.terminal.shell;
        let text = |name: &&str| (name.to_string(), shell.file(name).unwrap_or_default().to_string());
        // What a learner is to edit comes first, in the lesson's order.
        let edited = |name: &str| self.run.as_ref().and_then(|run| run.lesson.files.iter().position(|file| file.edit && file.path == name));
        let mut files: Vec<(String, String)> = shell.files().iter().map(text).collect();
        files.sort_by_key(|(name, _)| edited(name).unwrap_or(usize::MAX));
        self.out.push(FromEngine::Files { files });
    }
}

/// kubectl's refusal of a text that it would not read. It is not recorded: a session is kept in the browser's small storage.
fn too_large(input: &Input) -> Option<String> {
    let (Input::File { name, text } | Input::Apply { name, text }) = input else { return None };
    let problem = Some(text).filter(|text| text.len() > yaml::LARGEST).and_then(|text| yaml::read(text).err())?;
    Some(format!("error: error parsing {name}: {}\n", problem.message))
}

/// Other texts name a sandbox's preset.
fn is_lesson(text: &str) -> bool {
    text.starts_with('{')
}

fn begin(lesson: &str) -> Result<(Option<Run>, Session), String> {
    if !is_lesson(lesson) {
        let (usual, nodes, seed) = SANDBOX;
        let preset = if lesson.is_empty() { usual } else { lesson };
        let files = vec![(SANDBOX_FILE.0.to_string(), SANDBOX_FILE.1.to_string())];
        let session = Session::start(preset, nodes, seed, files).ok_or("the sandbox's preset is unknown")?;
        return Ok((None, session));
    }
    let (run, session) = Run::begin(Lesson::from_json(lesson)?)?;
    Ok((Some(run), session))
}
