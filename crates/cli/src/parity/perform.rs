//! Performs a scenario in a world of its own, in virtual time, with our kubectl. Writes down what was answered.
use super::condition;
use super::names::Fact;
use super::scenario::{Answer, End, Scenario};
use super::words;
use cluster::input::Fault;
use cluster::{Caller, Topology, World};
use kubectl::session::{Config, Context, Login};
use objects::wire::{Request, Resource, Target, Verb};
use objects::{Key, Text, Tree, kinds, map};
use simcore::{Duration, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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

/// A cluster like the recorded one, some minutes old.
pub fn stage(seed: u64) -> World {
    let mut world = World::boot(&Topology::recorded(), seed, Vec::new());
    world.run_until(Time::START + AGE);
    world
}

/// A scenario being performed.
pub struct Performance<'a> {
    scenario: &'a Scenario,
    world: World,
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
    tickets: u64,
    tell: &'a mut dyn FnMut(Told),
}

/// What is told while it goes on.
pub enum Told {
    Answer(Answer),
    Fact(Fact),
    /// Something that only a reader with `-v` wants to know.
    Note(String),
}

/// Performs all steps, in order.
pub fn perform(scenario: &Scenario, stage: &World, tell: &mut dyn FnMut(Told)) {
    let world = stage.clone();
    let seen = world.api.store.applied().revision();
    let began = world.now();
    let mut it = Performance {
        scenario,
        world,
        began,
        waited: false,
        seen,
        known: BTreeSet::new(),
        captured: BTreeMap::new(),
        last: None,
        tickets: 0,
        tell,
    };
    it.prepare();
    for (place, step) in scenario.steps.iter().enumerate() {
        it.step(place + 1, step);
        it.harvest();
    }
    it.pass(Duration::millis(scenario.settle));
}

impl Performance<'_> {
    fn namespace(&self) -> &str {
        &self.scenario.id
    }

    /// The namespace with what it gets on its own, the files, and the kubeconfig's namespace.
    fn prepare(&mut self) {
        let namespace = self.scenario.id.clone();
        let body = map! {"apiVersion": "v1", "kind": "Namespace", "metadata": map! {"name": &*namespace}};
        self.ask(request(Verb::Create, kinds::NAMESPACE, "", "").body(body));
        let limit = self.world.now() + Duration::secs(8);
        let home = namespace.clone();
        self.world.run_while(limit, |world| world.api.store.applied().find(kinds::SERVICE_ACCOUNT, &home, "default").is_some());
        for (name, text) in &self.scenario.files {
            self.world.save_file(name, text);
        }
        Arc::make_mut(&mut self.world.terminal).shell.set_kubeconfig(kubeconfig(&namespace));
        self.began = self.world.now();
        self.pass(Duration::millis(400));
    }

    fn step(&mut self, number: usize, step: &Tree) {
        if step.has("run") {
            self.run(number, step);
        } else if step.has("until") {
            self.until(number, step.get("until"));
            self.waited = true;
        } else if step.has("clear") {
            self.clear(step.get("clear"));
        } else if step.has("quiet") {
            self.pass(seconds(step.get("quiet"), 1.0));
            self.waited = false;
        } else if let Some(hook) = step.get("hook").as_text() {
            self.hook(&hook.clone());
        }
    }

    /// Lets time pass, looking at new objects on the way so that compaction takes none away.
    fn pass(&mut self, span: Duration) {
        let end = self.world.now() + span;
        while self.world.now() < end {
            self.world.run_until(end.min(self.world.now() + Duration::secs(5)));
            self.harvest();
        }
    }

    fn run(&mut self, number: usize, step: &Tree) {
        let recorded = step.get("run").text().to_string();
        if let Some(golden) = self.scenario.golden.get(&number) {
            let at = Duration::micros((golden.at * 1e6) as u64);
            if std::mem::take(&mut self.waited) {
                self.began = self.world.now() - at;
            }
            self.pass((self.began + at).since(self.world.now()));
        }
        let at = self.world.now().since(self.began).0 as f64 / 1e6;
        let (start, cleared) = (self.world.terminal.printed.len(), self.world.terminal.cleared);
        self.world.type_line(&self.line(step));
        let limit = self.world.now() + seconds(step.get("timeout"), 120.0);
        let stopped = !self.finish_command(step, limit);
        if stopped {
            self.world.interrupt();
        }
        let printed = self.world.terminal.printed.clone();
        let from = if self.world.terminal.cleared == cleared { start } else { 0 };
        let text = |err: bool| printed[from..].iter().filter(|chunk| chunk.err == err).map(|chunk| chunk.text.as_str()).collect::<String>();
        let (stdout, mut stderr) = (text(false), text(true));
        let rc = if stopped { End::Words("stopped".to_string()) } else { End::Code(i64::from(self.world.terminal.code)) };
        if stopped {
            stderr = stderr.strip_suffix("^C\n").map(str::to_string).unwrap_or(stderr);
        }
        if let Some(name) = step.get("capture").as_text() {
            self.captured.insert(name.to_string(), stdout.trim().to_string());
        }
        // A scenario's folder is the learner's home here; the recorder left the folder out.
        let clean = |text: String| text.replace("/home/learner/", "").replace("/home/learner", "<home>");
        self.last = Some(rc.clone());
        (self.tell)(Told::Answer(Answer { step: number, cmd: recorded, rc, stdout: clean(stdout), stderr: clean(stderr), at }));
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

    /// Runs until the shell is free; plays the editor where one is asked for. False when the limit came first.
    fn finish_command(&mut self, step: &Tree, limit: Time) -> bool {
        let editor = step.get("env").get("KUBE_EDITOR").text().to_string();
        loop {
            let waits = |world: &World| !world.busy() || world.terminal.edit.is_some();
            while !self.world.run_while(limit.min(self.world.now() + Duration::secs(5)), waits) {
                self.harvest();
                if self.world.now() >= limit {
                    return false;
                }
            }
            match self.world.terminal.edit.clone() {
                Some((_, text)) => self.world.edited(edit(&editor, &text)),
                None => return true,
            }
        }
    }

    fn until(&mut self, number: usize, until: &Tree) {
        let limit = self.world.now() + seconds(until.get("timeout"), 60.0);
        while !condition::holds(until, self.world.api.store.applied(), self.namespace()) {
            if self.world.now() >= limit {
                return (self.tell)(Told::Note(format!("step {number}: {} did not come true", until.to_json())));
            }
            self.pass(LOOK);
        }
    }

    /// After an accepted manifest: what it made must not change the next answer.
    fn clear(&mut self, plurals: &Tree) {
        if self.last != Some(End::Code(0)) {
            return;
        }
        let namespace = self.namespace().to_string();
        let kinds: Vec<_> = plurals.items().iter().filter_map(|plural| condition::kind(plural.text())).collect();
        for kind in &kinds {
            let mut request = request(Verb::DeleteCollection, *kind, &namespace, "");
            request.options.field_selector = "metadata.name!=kube-root-ca.crt".to_string();
            request.body = map! {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background", "gracePeriodSeconds": 0};
            self.ask(request);
        }
        for kind in kinds {
            let limit = self.world.now() + Duration::secs(5);
            self.world.run_while(limit, |world| {
                world.api.store.applied().list_in(kind, &namespace).all(|one| one.key.name == "kube-root-ca.crt")
            });
        }
    }

    fn hook(&mut self, hook: &str) {
        let (deed, node) = hook.split_once(' ').unwrap_or((hook, ""));
        let node = node.to_string();
        let fault = match deed {
            "node-down" => Fault::StopNode { node },
            "node-up" => Fault::StartNode { node },
            _ => return (self.tell)(Told::Note(format!("the hook \"{hook}\" is unknown here"))),
        };
        if let Err(words) = self.world.fault(&fault) {
            (self.tell)(Told::Note(words));
        }
    }

    /// Sends a request as the recorder's own client and waits for the answer.
    fn ask(&mut self, request: Request) {
        self.tickets += 1;
        let ticket = apiserver::client::Ticket(self.tickets);
        self.world.submit(Caller::Client, ticket, &request);
        let limit = self.world.now() + Duration::secs(60);
        self.world.run_while(limit, |world| world.answers.iter().any(|(answered, _)| *answered == ticket));
        for (_, response) in std::mem::take(&mut self.world.answers) {
            if !response.is_ok() {
                (self.tell)(Told::Note(format!("the recorder's own request was refused: {}", response.tree().get("message").text())));
            }
        }
    }

    /// Tells of objects not seen before.
    fn harvest(&mut self) {
        let store = &self.world.api.store;
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
        facts.into_iter().for_each(|fact| (self.tell)(Told::Fact(fact)));
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
