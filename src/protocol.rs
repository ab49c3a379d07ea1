//! The messages between the page and the engine: the same in a worker and on the main thread, as JSON.
use cluster::comparison::Row as Compared;
use cluster::delta::{Delta, HopView, Inspection, Link};
use cluster::input::Input;
use cluster::lens::{PageView, ProcessView, ReachView, RuleView};
use cluster::members::EtcdView;
use cluster::probes::HealthRow;
use cluster::talk::TalkView;
use lessons::progress::LessonState;
use lessons::prose::Block;
use lessons::strategies::Row;

/// From the page to the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum ToEngine {
    /// Start a lesson (`lesson` is the text of its compiled `lesson.json`), or a sandbox: the name of its preset, empty for the usual one.
    /// `saved` is a log from an earlier visit, as `FromEngine::Saved` gave it; a log that no longer fits is refused with `Trouble` and the lesson starts anew.
    Open {
        lesson: String,
        saved: Option<String>,
        lang: String,
    },
    /// Do something to the cluster. In the past it cuts off the future that was.
    Do {
        input: Input,
    },
    /// Let virtual time run at `speed` thousandths of real time (1000 = as in life), or stop it with 0.
    Speed {
        speed: u32,
    },
    /// The same for time that runs; time that stands still goes on standing still.
    Rate {
        speed: u32,
    },
    /// Time runs on, as fast as it can, to this instant (virtual microseconds) and then waits: for worlds that share one
    /// clock. From the first one on `speed` only says how fast that clock runs. What was asked for before a session is open
    /// holds from its first instant on.
    Pace {
        time: u64,
        speed: u32,
    },
    /// The table of K3s beside kubeadm about this world as it stands, after trying a hundred Pods (`load`) or the loss of the
    /// server (`stop`) in a copy; and the lines of a way's quick start, if one is named.
    Measure {
        way: String,
        load: bool,
        stop: bool,
    },
    Step {
        step: Step,
    },
    /// Show the cluster as it was at this instant (virtual microseconds); time stands still then. Each has a number.
    Seek {
        time: u64,
        serial: u32,
    },
    /// The chain of causes of an occurrence.
    Why {
        occurrence: u32,
    },
    /// The way of a request, hop by hop, by its number in `Delta::requests`.
    Follow {
        id: u64,
    },
    /// Every node's Service rules; and the text of one node's, if one is named.
    Rules {
        node: String,
    },
    /// Who reaches this port of whom; and why the first address reaches the second or does not, if both are given.
    Reach {
        port: u32,
        source: String,
        target: String,
    },
    /// What a Pod's resolver asks for a name.
    Resolve {
        pod: String,
        name: String,
    },
    /// etcd's members: asked again while somebody looks at them.
    Etcd,
    /// What of the cluster still works: asked again about once a second by whoever shows it.
    Health,
    /// The last messages between components: asked again while somebody looks at them.
    Talk,
    /// How the traffic sources that run are written. With a text: what is wrong with that, and if nothing is and `apply` is
    /// set, they take the place of all that run.
    Sources {
        text: Option<String>,
        apply: bool,
    },
    /// What runs on a server (the first one for an empty name).
    Processes {
        server: String,
    },
    /// YAML, description and chain of an object, by id.
    Inspect {
        id: String,
    },
    /// What can be completed in the terminal line (cursor in bytes).
    Complete {
        serial: u32,
        line: String,
        cursor: usize,
    },
    /// Problems of a manifest in the editor.
    Lint {
        serial: u32,
        name: String,
        text: String,
    },
    /// What can be completed in the editor, at a byte of the text.
    Suggest {
        serial: u32,
        name: String,
        text: String,
        at: usize,
    },
    /// What the field under this byte is.
    Hover {
        serial: u32,
        name: String,
        text: String,
        at: usize,
    },
    /// Commit to a prediction, or answer a quiz.
    Choose {
        step: String,
        option: String,
    },
    /// Judge a step's checks now.
    Check {
        step: String,
    },
    /// Open the next hint.
    Hint {
        step: String,
    },
    /// Play the solution of a step before the learner's eyes.
    Solve {
        step: String,
    },
    /// Speak of these known mistakes from now on: the text of the packed `mistakes.json`.
    Mistakes {
        table: String,
    },
    /// Begin the lesson anew.
    Reset,
    /// Compare ways to ship these new versions (`good`, `slow`, `broken`) with a seed. `strategies` is the text of the packed
    /// `strategies.json`; an empty one ends a comparison that is under way. The learner's cluster goes on.
    Compare {
        strategies: String,
        seed: u64,
        versions: Vec<String>,
    },
}

/// How far a single step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The next event of the simulation.
    Event,
    /// The next write to the API.
    Write,
    Second,
}

/// From the engine to the page.
#[derive(Clone, Debug, PartialEq)]
pub enum FromEngine {
    Delta {
        delta: Box<Delta>,
    },
    /// Where time stands: now, the first and the last instant that can be sought, the speed in thousandths, and the
    /// number of the last `Seek` that has been obeyed.
    Clock {
        now: u64,
        start: u64,
        end: u64,
        speed: u32,
        sought: u32,
    },
    /// Text for the terminal. `whole`: forget what was printed (after a seek, `clear`).
    Print {
        text: String,
        err: bool,
        whole: bool,
    },
    /// Whether a command is running, and the prompt for the next line (`~ $`).
    Prompt {
        busy: bool,
        prompt: String,
    },
    /// A command wants a text edited (`kubectl edit`, `vi`): answer with `Input::Edited`.
    Edit {
        name: String,
        text: String,
    },
    /// The learner's files, after one was written.
    Files {
        files: Vec<(String, String)>,
    },
    Completion {
        serial: u32,
        from: usize,
        candidates: Vec<String>,
    },
    Problems {
        serial: u32,
        name: String,
        problems: Vec<Problem>,
    },
    Suggestions {
        serial: u32,
        from: usize,
        items: Vec<Suggestion>,
    },
    HoverText {
        serial: u32,
        from: usize,
        to: usize,
        text: String,
    },
    Chain {
        occurrence: u32,
        chain: Vec<Link>,
    },
    /// Empty where the request is no longer remembered.
    Followed {
        id: u64,
        hops: Vec<HopView>,
    },
    Ruled {
        node: String,
        text: String,
        rules: Vec<RuleView>,
    },
    Reached {
        reach: Box<ReachView>,
        /// Why the chosen pair reaches each other or not: `policy::Reason`s, one after another.
        reasons: Vec<String>,
    },
    Resolved {
        steps: Vec<HopView>,
    },
    /// Members, leader, quorum.
    Etcd {
        etcd: Box<EtcdView>,
    },
    /// One row for each function of a cluster, in the order of `cluster::probes::IDS`.
    Health {
        rows: Vec<HealthRow>,
    },
    /// Newest first.
    Talk {
        talk: Vec<TalkView>,
    },
    Sources {
        text: String,
        problems: Vec<Problem>,
        applied: bool,
    },
    /// A server's process table, and the names of all servers.
    Processes {
        server: String,
        servers: Vec<String>,
        processes: Vec<ProcessView>,
    },
    /// A row's cells are empty while there is nothing to measure; see `cluster::comparison::Live`.
    Measured {
        rows: Vec<Compared>,
        lines: Vec<String>,
    },
    /// What the learner's browser got for the last `Input::Browse`.
    Browsed {
        page: Box<PageView>,
    },
    Inspected {
        inspection: Box<Inspection>,
    },
    Lesson {
        state: Box<LessonState>,
    },
    /// A known mistake is seen: its words by language. Without any it is seen no more.
    Mistake {
        texts: Vec<(String, Vec<Block>)>,
    },
    /// A comparison has so many rows of so many: `row` is the newest.
    Compared {
        done: u32,
        all: u32,
        row: Box<Row>,
    },
    /// The session as a small text to keep: inputs only. Sent when something was done.
    Saved {
        log: String,
    },
    /// Something could not be done, in plain words (a key of the page's own texts, with details).
    Trouble {
        what: String,
        detail: String,
    },
}

/// One problem in a manifest. Lines and columns begin at 1; columns count characters.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub line: u32,
    pub column: u32,
    pub end_column: u32,
    /// `error` or `warning`.
    pub severity: String,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    pub label: String,
    pub detail: String,
    pub info: String,
    pub apply: String,
}

parcel::tagged!(ToEngine "to" {
    "open" => Open { lesson, saved, lang },
    "do" => Do { input },
    "speed" => Speed { speed },
    "rate" => Rate { speed },
    "pace" => Pace { time, speed },
    "measure" => Measure { way, load, stop },
    "step" => Step { step },
    "seek" => Seek { time, serial },
    "why" => Why { occurrence },
    "follow" => Follow { id },
    "rules" => Rules { node },
    "reach" => Reach { port, source, target },
    "resolve" => Resolve { pod, name },
    "health" => Health {},
    "etcd" => Etcd {},
    "talk" => Talk {},
    "sources" => Sources { text, apply },
    "processes" => Processes { server },
    "inspect" => Inspect { id },
    "complete" => Complete { serial, line, cursor },
    "lint" => Lint { serial, name, text },
    "suggest" => Suggest { serial, name, text, at },
    "hover" => Hover { serial, name, text, at },
    "choose" => Choose { step, option },
    "check" => Check { step },
    "hint" => Hint { step },
    "solve" => Solve { step },
    "mistakes" => Mistakes { table },
    "reset" => Reset {},
    "compare" => Compare { strategies, seed, versions },
});
parcel::words!(Step { "event" => Event, "write" => Write, "second" => Second });
parcel::tagged!(FromEngine "says" {
    "delta" => Delta { delta },
    "clock" => Clock { now, start, end, speed, sought },
    "print" => Print { text, err, whole },
    "prompt" => Prompt { busy, prompt },
    "edit" => Edit { name, text },
    "files" => Files { files },
    "completion" => Completion { serial, from, candidates },
    "problems" => Problems { serial, name, problems },
    "suggestions" => Suggestions { serial, from, items },
    "hover-text" => HoverText { serial, from, to, text },
    "chain" => Chain { occurrence, chain },
    "followed" => Followed { id, hops },
    "ruled" => Ruled { node, text, rules },
    "reached" => Reached { reach, reasons },
    "resolved" => Resolved { steps },
    "health" => Health { rows },
    "etcd" => Etcd { etcd },
    "talk" => Talk { talk },
    "sources" => Sources { text, problems, applied },
    "processes" => Processes { server, servers, processes },
    "measured" => Measured { rows, lines },
    "browsed" => Browsed { page },
    "inspected" => Inspected { inspection },
    "lesson" => Lesson { state },
    "mistake" => Mistake { texts },
    "compared" => Compared { done, all, row },
    "saved" => Saved { log },
    "trouble" => Trouble { what, detail },
});
parcel::record!(Problem { line, column, end_column, severity, message });
parcel::record!(Suggestion { label, detail, info, apply });
