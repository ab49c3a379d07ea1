//! Performs a scenario in virtual time, with our kubectl, alone or beside others. Writes down what was answered.
use super::condition;
use super::desk::Desk;
use super::names::Fact;
use super::scenario::{Answer, End, Scenario};
use super::stage::Stage;
use super::starts;
use super::words;
use cluster::input::Fault;
use cluster::{Topology, World};
use kubectl::session::{Config, Context, Login};
use objects::wire::{Request, Resource, Response, Target, Verb};
use objects::{Key, Text, Tree, kinds, map};
use simcore::{Duration, Time};
use std::collections::{BTreeMap, BTreeSet};

/// The kinds that the recorder watched in the scenario's namespace.
const WATCHED: &[&str] = &[
    "pods",
    "services",
    "persistentvolumeclaims",
    "events",
    "resourcequotas",
    "deployments",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "controllerrevisions",
    "jobs",
    "cronjobs",
    "endpointslices",
    "horizontalpodautoscalers",
    "poddisruptionbudgets",
];
/// The recorder looked this often while it waited.
const LOOK: Duration = Duration::millis(200);
/// The recording began this long after the cluster's boot.
const AGE: Duration = Duration::mins(6);

/// The recorder gave a namespace about this long to get what it gets on its own, before its clock began.
const PREPARES: Duration = Duration::millis(300);

/// A cluster like the recorded one, some minutes old.
pub fn house(seed: u64) -> World {
    let mut world = World::boot(&Topology::recorded(), seed, Vec::new());
    world.run_until(Time::START + AGE);
    world
}

/// A scenario being performed.
struct Performance<'a> {
    scenario: &'a Scenario,
    stage: &'a Stage,
    desk: Desk<'a>,
    /// When the recorder's clock stood at 0, as the last step that waited puts it.
    began: Time,
    /// A step has waited since the last command: the recorder gave the next one as soon as the wait was over.
    waited: bool,
    /// The revision up to which objects were looked at.
    seen: u64,
    known: BTreeSet<Key>,
    /// What `capture` kept.
    captured: BTreeMap<String, String>,
    last: Option<End>,
    told: Vec<Told>,
}

/// What is told of it.
pub enum Told {
    Answer(Answer),
    Fact(Fact),
    /// Something that only a reader with `-v` wants to know.
    Note(String),
}

/// Performs all steps, in order, the first `after` the stage was made. Its namespace is deleted in the end; nobody waits for that.
pub async fn perform(scenario: &Scenario, stage: &Stage, after: Duration) -> Vec<Told> {
    let start = stage.now() + after;
    stage.until(stage.now() + after.saturating_sub(PREPARES)).await;
    let mut it = Performance {
        scenario,
        stage,
        desk: Desk::new(stage, &scenario.files, kubeconfig(&scenario.id)),
        began: stage.now(),
        waited: false,
        seen: stage.revision(),
        known: BTreeSet::new(),
        captured: BTreeMap::new(),
        last: None,
        told: Vec::new(),
    };
    it.prepare(start).await;
    let begun = it.began;
    for (place, step) in scenario.steps.iter().enumerate() {
        it.step(place + 1, step).await;
        it.harvest();
    }
    it.pass(Duration::millis(scenario.settle)).await;
    // What others did at the same time took as long as it took; so their namespaces go when they went.
    stage.until(begun + starts::lasts(scenario).saturating_sub(PREPARES)).await;
    it.leave();
    it.told
}

impl Performance<'_> {
    fn note(&mut self, words: impl Into<String>) {
        self.told.push(Told::Note(words.into()));
    }

    /// The namespace with what it gets on its own, not before the recorder had it.
    async fn prepare(&mut self, start: Time) {
        let scenario = self.scenario;
        let home = &scenario.id;
        let body = map! {"apiVersion": "v1", "kind": "Namespace", "metadata": map! {"name": home.as_str()}};
        self.ask(request(Verb::Create, kinds::NAMESPACE, "", "").body(body)).await;
        let has_account = |stage: &Stage| stage.world().api.store.applied().find(kinds::SERVICE_ACCOUNT, home, "default").is_some();
        self.stage.wait(Duration::secs(8), has_account).await;
        self.stage.until(start).await;
        self.began = self.stage.now();
        self.pass(Duration::millis(400)).await;
    }

    /// What the recorder did when a scenario was over: it asked for its end and went on.
    fn leave(&mut self) {
        self.stage.send(&request(Verb::Delete, kinds::NAMESPACE, "", &self.scenario.id));
    }

    async fn step(&mut self, number: usize, step: &Tree) {
        if step.has("run") {
            self.run(number, step).await;
        } else if step.has("until") {
            self.await_until(number, step.get("until")).await;
            self.waited = true;
        } else if step.has("clear") {
            self.clear(step.get("clear")).await;
        } else if step.has("quiet") {
            self.pass(seconds(step.get("quiet"), 1.0)).await;
            self.waited = false;
        } else if let Some(hook) = step.get("hook").as_text() {
            self.hook(hook);
        }
    }

    /// Lets time pass, looking at new objects on the way so that compaction takes none away.
    async fn pass(&mut self, span: Duration) {
        let end = self.stage.now() + span;
        while self.stage.now() < end {
            self.stage.until(end.min(self.stage.now() + Duration::secs(5))).await;
            self.harvest();
        }
    }

    async fn run(&mut self, number: usize, step: &Tree) {
        let recorded = step.get("run").text().to_string();
        if let Some(golden) = self.scenario.golden.get(&number) {
            let at = Duration::micros((golden.at * 1e6) as u64);
            if std::mem::take(&mut self.waited) {
                self.began = self.stage.now() - at;
            }
            self.pass((self.began + at).since(self.stage.now())).await;
        }
        let at = self.stage.now().since(self.began).0 as f64 / 1e6;
        let (line, limit) = (self.line(step), self.stage.now() + seconds(step.get("timeout"), 120.0));
        let editor = step.get("env").get("KUBE_EDITOR").text();
        let left = self.desk.run(&line, limit, |text| edit(editor, text)).await;
        let rc = left.code.map_or_else(|| End::Words("stopped".to_string()), |code| End::Code(i64::from(code)));
        let err = if left.code.is_none() { left.err.strip_suffix("^C\n").unwrap_or(&left.err) } else { &left.err };
        if let Some(name) = step.get("capture").as_text() {
            self.captured.insert(name.to_string(), left.out.trim().to_string());
        }
        // A scenario's folder is the learner's home here; the recorder left the folder out.
        let clean = |text: &str| text.replace("/home/learner/", "").replace("/home/learner", "<home>");
        self.last = Some(rc.clone());
        let (stdout, stderr) = (clean(&left.out), clean(err));
        self.told.push(Told::Answer(Answer { step: number, cmd: recorded, rc, stdout, stderr, at, seconds: 0.0 }));
    }

    /// The command as it is typed: each word taken as it stands, variables before it, its input as a here-document.
    fn line(&self, step: &Tree) -> String {
        let mut command = step.get("run").text().to_string();
        for (name, value) in &self.captured {
            command = command.replace(&format!("{{{name}}}"), value);
        }
        let variables = step.get("env").entries().map(|(name, value)| format!("{name}={}", words::quote(value.text())));
        let typed = words::split(&command).into_iter().map(|word| words::quote(&word));
        let line = variables.chain(typed).collect::<Vec<_>>().join(" ");
        match step.get("stdin").as_text() {
            Some(input) => format!("{line} <<'END-OF-INPUT'\n{}\nEND-OF-INPUT", input.trim_end_matches('\n')),
            None => line,
        }
    }

    async fn await_until(&mut self, number: usize, until: &Tree) {
        // The recorder began to look when its command, which ran on a busy machine, had ended.
        let ended = self.scenario.golden.range(..number).next_back().map_or(0.0, |(_, golden)| golden.at + golden.seconds);
        if !self.waited {
            self.pass((self.began + Duration::micros((ended * 1e6) as u64)).since(self.stage.now())).await;
        }
        let limit = self.stage.now() + seconds(until.get("timeout"), 60.0);
        while !condition::holds(until, self.stage.world().api.store.applied(), &self.scenario.id) {
            if self.stage.now() >= limit {
                return self.note(format!("step {number}: {} did not come true", until.to_json()));
            }
            self.pass(LOOK).await;
        }
    }

    /// After an accepted manifest: what it made must not change the next answer.
    async fn clear(&mut self, plurals: &Tree) {
        if self.last != Some(End::Code(0)) {
            return;
        }
        let scenario = self.scenario;
        let namespace = &scenario.id;
        let kinds: Vec<_> = plurals.items().iter().filter_map(|plural| condition::kind(plural.text())).collect();
        for kind in &kinds {
            let mut request = request(Verb::DeleteCollection, *kind, namespace, "");
            request.options.field_selector = "metadata.name!=kube-root-ca.crt".to_string();
            request.body = map! {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background", "gracePeriodSeconds": 0};
            self.ask(request).await;
        }
        for kind in kinds {
            let empty =
                |stage: &Stage| stage.world().api.store.applied().list_in(kind, namespace).all(|one| one.key.name == "kube-root-ca.crt");
            self.stage.wait(Duration::secs(5), empty).await;
        }
    }

    fn hook(&mut self, hook: &str) {
        let (deed, node) = hook.split_once(' ').unwrap_or((hook, ""));
        let node = node.to_string();
        let fault = match deed {
            "node-down" => Fault::StopNode { node },
            "node-up" => Fault::StartNode { node },
            _ => return self.note(format!("the hook \"{hook}\" is unknown here")),
        };
        let done = self.stage.world().fault(&fault);
        if let Err(words) = done {
            self.note(words);
        }
    }

    /// Sends a request as the recorder's own client and waits for the answer.
    async fn ask(&mut self, request: Request) {
        let ticket = self.stage.send(&request);
        let mut answer: Option<Response> = None;
        self.stage
            .wait(Duration::secs(60), |stage| {
                answer = stage.take(ticket);
                answer.is_some()
            })
            .await;
        if let Some(response) = answer.filter(|response| !response.is_ok()) {
            self.note(format!("the recorder's own request was refused: {}", response.tree().get("message").text()));
        }
    }

    /// Tells of objects not seen before.
    fn harvest(&mut self) {
        let world = self.stage.world();
        let store = &world.api.store;
        let Ok(changes) = store.since(self.seen) else { return };
        let mut facts = Vec::new();
        for change in changes {
            let row = change.key.kind.row();
            let watched = WATCHED.contains(&row.plural) || self.scenario.watch.iter().any(|kind| kind == row.plural);
            let here = !row.namespaced || change.key.namespace == self.scenario.id.as_str();
            if !watched || !here || !self.known.insert(change.key.clone()) {
                continue;
            }
            facts.extend(change.object().map(|object| fact(row.plural, object)));
        }
        self.seen = store.applied().revision();
        self.told.extend(facts.into_iter().map(Told::Fact));
    }
}

fn fact(plural: &str, object: &objects::Object) -> Fact {
    let owners = object.meta().get("ownerReferences").items();
    Fact {
        kind: plural.to_string(),
        name: object.key.name.to_string(),
        hash: object.labels().get("pod-template-hash").text().to_string(),
        generate_name: object.meta().get("generateName").text().to_string(),
        of_cron_job: owners.iter().any(|owner| owner.get("kind").text() == "CronJob"),
    }
}

fn request(verb: Verb, kind: objects::KindId, namespace: &str, name: &str) -> Request {
    let row = kind.row();
    let resource = Resource::Named { group: Text::new(row.group), version: Text::new(row.version), plural: Text::new(row.plural) };
    let target = Target::Resource { resource, namespace: Text::new(namespace), name: Text::new(name), subresource: Text::default() };
    let mut request = Request { target, ..Request::about(verb, kind, "", "") };
    request.origin.actor = Text::new("recorder");
    request
}

/// As the recorder wrote it for each scenario.
fn kubeconfig(namespace: &str) -> Config {
    let context = Context { cluster: "mini".to_string(), user: "learner".to_string(), namespace: namespace.to_string() };
    Config {
        current: "mini".to_string(),
        contexts: BTreeMap::from([("mini".to_string(), context)]),
        clusters: BTreeMap::from([("mini".to_string(), "http://127.0.0.1:6443".to_string())]),
        users: BTreeMap::from([("learner".to_string(), Login::given())]),
        home: "http://127.0.0.1:6443".to_string(),
    }
}

fn seconds(tree: &Tree, default: f64) -> Duration {
    Duration::micros((tree.to_json().parse::<f64>().unwrap_or(default) * 1e6) as u64)
}

/// What the scenarios' editors do: `true`, `false`, or `sed -i "s/old/new/"`.
fn edit(editor: &str, text: &str) -> Option<String> {
    let parts: Vec<&str> = editor.split('/').collect();
    match parts[..] {
        ["true"] => Some(text.to_string()),
        [sed, old, new, _] if sed.starts_with("sed") => Some(text.lines().map(|line| line.replacen(old, new, 1) + "\n").collect()),
        _ => None,
    }
}
