//! What expressions can ask about a world: its objects, who made them, what was typed.
use crate::expr::Env;
use apiserver::Snapshot;
use cluster::World;
use cluster::managed::duties;
use cluster::probes::Checklist;
use cluster::traffic::Trace;
use objects::labels::Selector;
use objects::views::Pod;
use objects::{Key, KindId, Object, Tree, kinds, map};
use simcore::Time;

/// A world as the checks of one step see it.
pub struct Witness<'a> {
    pub world: &'a World,
    pub namespace: &'a str,
    /// When the step began.
    pub began: Time,
}

type Function = fn(&Witness, &[Tree]) -> Result<Tree, String>;

/// Every function of the check language, besides the built-in ones.
static FUNCTIONS: &[(&str, Function)] = &[
    ("exists", |w, a| Ok(Tree::Bool(w.object(text(a, 0))?.is_some()))),
    ("get", |w, a| Ok(w.object(text(a, 0))?.map(|found| found.tree.clone()).unwrap_or_default())),
    ("list", |w, a| w.list(text(a, 0), text(a, 1))),
    ("pods", |w, a| w.list("pod", text(a, 0))),
    ("nodes", |w, a| w.list("node", text(a, 0))),
    ("ready", |_, a| Ok(Tree::Bool(Pod(arg(a, 0)).is_ready() && !deleting(arg(a, 0))))),
    ("running", |_, a| Ok(Tree::Bool(arg(a, 0).at(&["status", "phase"]).text() == "Running" && !deleting(arg(a, 0))))),
    ("deleting", |_, a| Ok(Tree::Bool(deleting(arg(a, 0))))),
    ("status", |_, a| Ok(Tree::from(apiserver::pod_status(arg(a, 0))))),
    ("hasLabel", |_, a| Ok(Tree::Bool(arg(a, 0).at(&["metadata", "labels"]).has(text(a, 1))))),
    ("condition", |_, a| Ok(condition(arg(a, 0), text(a, 1)).get("status").clone())),
    ("created", |_, a| Ok(Tree::Int(created(arg(a, 0))))),
    ("createdAfter", |_, a| Ok(Tree::Bool(created(arg(a, 0)) >= arg(a, 1).int_or(0) / 1_000_000 * 1_000_000))),
    ("restarts", |_, a| Ok(Tree::Int(restarts(arg(a, 0))))),
    ("newest", |_, a| Ok(arg(a, 0).items().iter().max_by_key(|one| created(one)).cloned().unwrap_or_default())),
    ("oldest", |_, a| Ok(arg(a, 0).items().iter().min_by_key(|one| created(one)).cloned().unwrap_or_default())),
    ("owner", |_, a| Ok(owner(arg(a, 0)))),
    ("endpoints", |w, a| w.endpoints(text(a, 0))),
    ("events", |w, a| Ok(w.events(text(a, 0)))),
    ("creator", |w, a| Ok(w.creator(arg(a, 0)))),
    ("binder", |w, a| Ok(w.deed(arg(a, 0), "binding"))),
    ("writer", |w, a| Ok(w.deed(arg(a, 0), "status"))),
    ("since", |_, a| Ok(Tree::Int(transition(arg(a, 0), text(a, 1))))),
    ("answered", |w, a| w.answered(text(a, 0), text(a, 1))),
    ("stranded", |w, a| Ok(w.stranded(text(a, 0)))),
    ("etcd", |w, _| Ok(w.etcd())),
    ("runs", |w, a| Ok(Tree::Bool(w.runs(text(a, 0))))),
    ("measured", |_, a| crate::measured::of(text(a, 0))),
    ("works", |w, a| w.works(text(a, 0))),
    ("duty", |_, a| duty(text(a, 0), text(a, 1))),
    ("servers", |w, _| Ok(w.servers())),
    ("every", |w, a| w.every(text(a, 0), text(a, 1))),
    ("daysLeft", |w, a| Ok(w.days_left(text(a, 0), text(a, 1)))),
    ("printed", |w, a| Ok(Tree::Bool(w.world.terminal.output().contains(text(a, 0))))),
    ("time", |_, a| Ok(Tree::Int(Time::parse(text(a, 0)).map_or(0, |at| at.0 as i64)))),
    ("typed", |w, a| Ok(Tree::Bool(w.typed(text(a, 0))))),
    ("file", |w, a| Ok(w.world.terminal.shell.file(text(a, 0)).map(Tree::from).unwrap_or_default())),
    ("revision", |_, a| {
        Ok(Tree::Int(arg(a, 0).at(&["metadata", "annotations", "deployment.kubernetes.io/revision"]).text().parse().unwrap_or(0)))
    }),
];

/// Who looks after something in one column of the table of duties: `you`, `provider`, `both`.
fn duty(column: &str, row: &str) -> Result<Tree, String> {
    let place = duties::COLUMNS.iter().position(|known| *known == column);
    let found = place.zip(duties::DUTIES.iter().find(|duty| duty.id == row));
    found.map(|(place, duty)| Tree::from(duty.by[place].word())).ok_or_else(|| "no such cell in the table of duties".to_string())
}

impl Env for Witness<'_> {
    fn call(&self, name: &str, arguments: &[Tree]) -> Option<Result<Tree, String>> {
        FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, function)| function(self, arguments))
    }

    fn name(&self, name: &str) -> Option<Tree> {
        match name {
            "stepStart" => Some(Tree::Int(self.began.0 as i64)),
            "traffic" => Some(crate::traffic::all(self.world, self.began)),
            "now" => Some(Tree::Int(self.world.now().0 as i64)),
            _ => None,
        }
    }
}

fn arg(arguments: &[Tree], place: usize) -> &Tree {
    const NOTHING: &Tree = &Tree::Null;
    arguments.get(place).unwrap_or(NOTHING)
}

fn text(arguments: &[Tree], place: usize) -> &str {
    arg(arguments, place).text()
}

fn deleting(object: &Tree) -> bool {
    object.get("metadata").has("deletionTimestamp")
}

fn created(object: &Tree) -> i64 {
    Time::parse(object.at(&["metadata", "creationTimestamp"]).text()).map_or(0, |at| at.0 as i64)
}

fn restarts(pod: &Tree) -> i64 {
    pod.at(&["status", "containerStatuses"]).items().iter().map(|one| one.get("restartCount").int_or(0)).sum()
}

fn owner(object: &Tree) -> Tree {
    let owners = object.at(&["metadata", "ownerReferences"]).items();
    let controller = owners.iter().find(|owner| owner.get("controller").is_true());
    controller.map(|owner| Tree::from(format!("{}/{}", owner.get("kind").text(), owner.get("name").text()))).unwrap_or_default()
}

fn condition<'a>(object: &'a Tree, kind: &str) -> &'a Tree {
    const NOTHING: &Tree = &Tree::Null;
    object.at(&["status", "conditions"]).items().iter().find(|one| one.get("type").text() == kind).unwrap_or(NOTHING)
}

/// When a condition last changed, in microseconds; 0 where it is absent.
fn transition(object: &Tree, kind: &str) -> i64 {
    Time::parse(condition(object, kind).get("lastTransitionTime").text()).map_or(0, |at| at.0 as i64)
}

fn key_of(object: &Tree) -> Option<Key> {
    let meta = object.get("metadata");
    let kind = kinds::by_kind(object.get("apiVersion").text(), object.get("kind").text())?;
    Some(Key::new(kind, meta.get("namespace").text(), meta.get("name").text()))
}

/// A kind by any name that kubectl takes: `deploy`, `deployment`, `deployments`.
pub fn kind_named(name: &str) -> Option<KindId> {
    let lower = name.to_ascii_lowercase();
    let fits = |kind: &objects::Kind| kind.singular == lower || kind.plural == lower || kind.short.contains(&lower.as_str());
    kinds::KINDS.iter().position(fits).map(|place| KindId(place as u16))
}

impl Witness<'_> {
    fn view(&self) -> &Snapshot {
        self.world.api.store.applied()
    }

    /// `deploy/web`, `pod/shop/web-1` (with its namespace).
    pub fn object(&self, reference: &str) -> Result<Option<&Object>, String> {
        let (kind, path) = reference.split_once('/').ok_or_else(|| format!("\"{reference}\" names no object"))?;
        let kind = kind_named(kind).ok_or_else(|| format!("there is no kind \"{kind}\""))?;
        let home = if kind.row().namespaced { self.namespace } else { "" };
        let (namespace, name) = path.split_once('/').unwrap_or((home, path));
        Ok(self.view().find(kind, namespace, name).map(|kept| &**kept))
    }

    fn list(&self, kind: &str, selector: &str) -> Result<Tree, String> {
        let kind = kind_named(kind).ok_or_else(|| format!("there is no kind \"{kind}\""))?;
        let selector = Selector::parse(selector)?;
        let home = if kind.row().namespaced { self.namespace } else { "" };
        let found = self.view().list_in(kind, home).filter(|kept| selector.matches(kept.labels()));
        Ok(Tree::from(found.map(|kept| kept.tree.clone()).collect::<Vec<_>>()))
    }

    /// How many ready Pods a Deployment or ReplicaSet has now, counted from the Pods themselves.
    fn endpoints(&self, reference: &str) -> Result<Tree, String> {
        let Some(workload) = self.object(reference)? else { return Ok(Tree::Int(0)) };
        let ready =
            |uid: &str| self.view().controlled_by(kinds::POD, uid).filter(|pod| Pod(&pod.tree).is_ready() && !pod.is_deleting()).count();
        let sets = self.view().controlled_by(kinds::REPLICA_SET, workload.uid()).map(|set| ready(set.uid())).sum::<usize>();
        Ok(Tree::from(sets + ready(workload.uid())))
    }

    /// Events with this reason since the step began; all of them for an empty reason.
    pub fn events(&self, reason: &str) -> Tree {
        let found = self.view().list(kinds::EVENT).filter(|event| {
            let last = event.tree.get("lastTimestamp").text();
            let fresh = Time::parse(last).is_some_and(|at| at.0 / 1_000_000 >= self.began.0 / 1_000_000);
            fresh && (reason.is_empty() || event.tree.get("reason").text() == reason)
        });
        Tree::from(found.map(|kept| kept.tree.clone()).collect::<Vec<_>>())
    }

    /// The component that created an object, as the trace knows it.
    fn creator(&self, object: &Tree) -> Tree {
        let Some(key) = key_of(object) else { return Tree::Null };
        let birth = self.world.birth_of(&key).and_then(|id| self.world.api.trace.get(id));
        birth.map(|found| Tree::from(&found.what.actor)).unwrap_or_default()
    }

    /// The component that last wrote this part (`status`, `binding`) of an object, without the node it runs on.
    fn deed(&self, object: &Tree, part: &str) -> Tree {
        let Some(key) = key_of(object) else { return Tree::Null };
        let mut found = self.world.api.trace.newest_first();
        let last = found.find(|(_, found)| found.what.key.as_ref() == Some(&key) && found.what.detail == part);
        last.map(|(_, found)| Tree::from(found.what.actor.split('/').next().unwrap_or_default())).unwrap_or_default()
    }

    /// The whole name that was answered when the first Pod of a selector looked for a name: without its last dot, or empty.
    fn answered(&self, selector: &str, name: &str) -> Result<Tree, String> {
        let selector = Selector::parse(selector)?;
        let found = self.view().list_in(kinds::POD, self.namespace).find(|pod| selector.matches(pod.labels()));
        let pod = found.map(|pod| pod.key.path()).unwrap_or_default();
        // Asked in a copy: caches learn from questions.
        let steps = self.world.clone().lookup(&pod, name);
        let hit = steps.iter().rfind(|step| step.deed == "asked" && !step.entry.is_empty());
        Ok(hit.and_then(|step| step.facts.first()).map(|name| Tree::from(name.trim_end_matches('.'))).unwrap_or_default())
    }

    /// The uids of the Pods at which the last failed requests of a source ended.
    fn stranded(&self, source: &str) -> Tree {
        let failed = |trace: &&Trace| trace.source == source && !trace.outcome.is_ok() && !trace.server.is_empty();
        Tree::from(self.world.traffic().recent().filter(failed).map(|trace| Tree::from(&trace.server)).collect::<Vec<_>>())
    }

    /// etcd as `World::etcd_view` shows it: `leader` (a name, empty without one), `quorum`, `term` (the highest that a member
    /// knows) and `members`, each with `name`, `role`, `alive`, `inSync`.
    fn etcd(&self) -> Tree {
        let view = self.world.etcd_view();
        let term = view.members.iter().map(|member| member.term).max().unwrap_or(0);
        let members = view.members.iter().map(|member| {
            map! {
                "name": member.name.as_str(), "role": member.role.as_str(),
                "alive": Tree::Bool(member.alive), "inSync": Tree::Bool(member.in_sync)
            }
        });
        map! {
            "leader": view.leader.as_str(), "quorum": Tree::Bool(view.quorum), "term": Tree::Int(term as i64),
            "members": Tree::from(members.collect::<Vec<_>>())
        }
    }

    /// Whether a process runs now: `kube-scheduler/control-plane-1`, `kubelet/worker-1`. Unlike a static Pod's mirror in the
    /// API, this is not news.
    fn runs(&self, component: &str) -> bool {
        let server = self.world.apiservers().iter().any(|server| server.id == component && server.running);
        server || self.world.parts().any(|part| part.id == component && part.running)
    }

    /// The servers that somebody has logged in to (`cluster::ServerView`): `name`, `serves`, `swap`, `skewed`,
    /// `arch`, `clash`, `open`, `kubeconfig`, `admin`.
    fn servers(&self) -> Tree {
        let views = self.world.server_views().into_iter().map(|view| {
            map! {
                "name": view.name, "serves": Tree::Bool(view.serves), "swap": Tree::Bool(view.swap), "skewed": Tree::Bool(view.skewed),
                "arch": view.arch, "clash": Tree::Bool(view.clash), "open": Tree::Bool(view.open),
                "kubeconfig": Tree::Bool(view.kubeconfig), "admin": Tree::Bool(view.admin)
            }
        });
        Tree::from(views.collect::<Vec<_>>())
    }

    /// The objects of a kind in all namespaces.
    fn every(&self, kind: &str, selector: &str) -> Result<Tree, String> {
        let kind = kind_named(kind).ok_or_else(|| format!("there is no kind \"{kind}\""))?;
        let selector = Selector::parse(selector)?;
        let found = self.view().list(kind).filter(|kept| selector.matches(kept.labels()));
        Ok(Tree::from(found.map(|kept| kept.tree.clone()).collect::<Vec<_>>()))
    }

    /// How many days the certificate in a server's file is good by that server's clock, negative where its time is over:
    /// `daysLeft('control-plane', '/root/.kube/config')`. Null where there is none.
    fn days_left(&self, server: &str, path: &str) -> Tree {
        let days = |(now, end): (Time, Time)| Tree::Int((end.0 as i64 - now.0 as i64).div_euclid(86_400_000_000));
        self.world.expiry(server, path).map(days).unwrap_or_default()
    }

    /// Whether a row of the check list (`cluster::probes::IDS`) works now.
    fn works(&self, id: &str) -> Result<Tree, String> {
        let mut list = Checklist::default();
        let row = list.look(self.world).iter().find(|row| row.id == id).map(|row| Tree::Bool(row.works));
        row.ok_or_else(|| format!("the check list has no row \"{id}\""))
    }

    /// Whether a line typed since the step began contains `part`.
    pub fn typed(&self, part: &str) -> bool {
        let mut since = self.world.api.trace.newest_first().map(|(_, found)| found).take_while(|found| found.at >= self.began);
        since.any(|found| found.what.deed == "input" && found.what.detail.contains(part))
    }
}
