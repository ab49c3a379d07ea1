//! What a lesson's `lesson.yaml` says: cluster, files, steps, checks, solution, wrong answers. No prose.
use cluster::Choices;
use cluster::input::{Fault, TrafficSpec};
use serde::{Deserialize, Serialize};

/// The newest format that this reader knows.
pub const FORMAT: u32 = 1;

/// One lesson's logic. As compiled by `kubarium pack`, files carry their text (`text`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    pub format: u32,
    pub id: String,
    /// Any change of the logic counts it up.
    pub version: u32,
    #[serde(default)]
    pub concepts: Vec<String>,
    /// Lessons that should come first.
    #[serde(default)]
    pub requires: Vec<String>,
    pub minutes: u32,
    pub cluster: ClusterSpec,
    #[serde(default)]
    pub files: Vec<FileSpec>,
    /// Done before the learner begins; time then stands at its end.
    #[serde(default)]
    pub start: Vec<Act>,
    /// Who sends requests from the start on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traffic: Vec<TrafficSpec>,
    #[serde(default)]
    pub layout: Layout,
    /// Of the known mistakes (`mistakes.yaml`) those that are spoken of; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mistakes: Vec<String>,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterSpec {
    pub preset: String,
    /// Workers.
    pub nodes: usize,
    pub seed: u64,
    /// `calico` (as without it), `flannel` or `none`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network: String,
    /// kube-proxy's mode: `iptables` (as without it), `nftables` or `ipvs`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub proxy: String,
    /// Who gives Services of type LoadBalancer their addresses: `cloud`, `metallb` or `servicelb`; nobody without it.
    #[serde(default, rename = "loadBalancer", skip_serializing_if = "String::is_empty")]
    pub load_balancer: String,
    /// Of kubelet, kubeadm and kubectl on `bare-prepared` servers: `v1.36.4` or `v1.37.2` (as without it).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
}

impl ClusterSpec {
    pub fn choices(&self) -> Choices {
        let (network, proxy, load_balancer) = (self.network.clone(), self.proxy.clone(), self.load_balancer.clone());
        Choices { network, proxy, load_balancer, version: self.version.clone() }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    pub path: String,
    /// Where the text stands in the lesson's folder.
    #[serde(default)]
    pub start: String,
    #[serde(default)]
    pub edit: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// Which panels a learner finds open, and where the keyboard is. The learner can open the others at any time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Some of `PANELS`; empty for all.
    #[serde(default)]
    pub show: Vec<String>,
    /// One of those shown, or empty.
    #[serde(default)]
    pub focus: String,
}

/// The panels of a lesson.
pub const PANELS: [&str; 4] = ["text", "cluster", "editor", "terminal"];

/// The lenses over the picture, in the page's order: for a step's `lens`, and for links `lens:rules` in the prose.
#[rustfmt::skip]
pub const LENSES: [&str; 12] = [
    "cluster", "traffic", "rules", "names", "policies", "browser", "strategy", "etcd", "health", "components", "processes", "duties",
];

/// One deed of a start, a solution, a wrong answer or an outcome. One of its fields is set, besides `within` and `where`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// A line for the terminal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// Write a file: its name, and its text or the file of the lesson's folder that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<Edit>,
    /// Wait until this holds: `deploy/web Available=True`, `rollout/web complete`, `pod/web Ready=True`, or an expression.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub until: String,
    /// How long `until` may take (60 s if empty).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub within: String,
    /// `pod/any` (the first by name) or `pod/NAME`, deleted at once with its normal grace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub delete: String,
    /// A label selector that narrows `delete: pod/any`.
    #[serde(default, rename = "where", skip_serializing_if = "String::is_empty")]
    pub filter: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// Sources that begin, or change by their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traffic: Vec<TrafficSpec>,
    /// Let this much time pass.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pass: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    pub file: String,
    /// A file of the lesson's folder whose text it becomes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// Or: replace `find` by `with` in the file as it stands.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub find: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub with: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub id: String,
    /// `read`, `figure`, `predict`, `task`, `quiz`, `break`, `explain`, `sandbox`.
    pub kind: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Of a prediction: what comes true, found by running it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Of a quiz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub solution: Vec<Act>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wrong: Vec<Wrong>,
    /// Buttons that break or mend something, of a task or a `break`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// Panels from this step on until another step says otherwise; without it as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// One of `LENSES`, opened when this step comes; without it the learner's own stays.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lens: String,
}

/// Evaluated on a fork of the cluster: act, let time pass, look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    #[serde(default)]
    pub act: Vec<Act>,
    #[serde(rename = "for")]
    pub span: String,
    /// An expression whose value is one of the options.
    pub value: String,
}

/// A quiz: its options, and how its answer is found: by `answer`, or by trying each option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub options: Vec<String>,
    /// An expression over the cluster whose value is the right option: `creator(newest(pods('app=web')))`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
    /// Each option tried on a copy of the cluster: right is the only one after which `holds` is true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<Trial>,
    /// With `trials`: what is asked of each copy at its end.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub holds: String,
}

/// What choosing an option comes to, and how much time passes before `holds` is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    pub option: String,
    pub act: Vec<Act>,
    #[serde(rename = "for")]
    pub span: String,
}

/// One thing that must hold. Exactly one of `expr`, `wait`, `never`, `always`, `event`, `command` is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    pub id: String,
    /// An expression that must be true now.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expr: String,
    /// In the grammar of `kubectl wait`: `deploy/web Available=True`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wait: String,
    /// An expression that must not be true now (and, with `always`, at no time).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub never: String,
    /// An expression that must have been true after every change since the step began.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub always: String,
    /// An Event with this reason was seen since the step began.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub event: String,
    /// A typed line since the step began contains this. Only where typing it is the goal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// With `expr`: of this source's requests since the step began (or of the last `over`). Names: `ok`, `failed`, `all`, `p50`
    /// and `p95` (milliseconds), `share["v2"]` (percent of the answers), `outcome["refused"]` (how many), and
    /// from the source's beginning `mirrored` and `mirrored_failed` (copies that a route made).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub traffic: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub over: String,
    /// Who reaches what, tried on a fork.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reach: Vec<Reach>,
    /// Acts on a fork before looking: what the cluster does by itself then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Act>,
    /// With `after`: how long the fork runs at most until it holds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub within: String,
}

/// One try of a connection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// `outside`, or a selector of Pods, of which the first is taken: `app=front`, or `team/app=front` in another namespace.
    pub from: String,
    /// A URL.
    pub to: String,
    /// The address that is dialled in place of the URL's host; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub via: String,
    /// `allow` (any answer), `deny`, `refused`, `nxdomain`, `timeout`, or a status code.
    pub gets: String,
}

/// A wrong answer that learners give, and the checks that must name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrong {
    pub name: String,
    pub steps: Vec<Act>,
    pub fails: Vec<String>,
    /// The known mistake (`mistakes.yaml`) whose hint must be seen then; empty for any or none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

/// The order of lessons: `lessons/course.yaml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    pub lessons: Vec<String>,
}

// What `kubarium pack` wrote: strictness about unknown fields was its task.
parcel::record!(Lesson { format, id, version, minutes, cluster, steps } or { concepts, requires, files, start, traffic, layout, mistakes });
parcel::record!(ClusterSpec { preset, nodes, seed } or { network, proxy, load_balancer = "loadBalancer", version });
parcel::record!(FileSpec { path } or { start, edit, text });
parcel::record!(Layout {} or { show, focus });
parcel::record!(Act {} or { run, edit, until, within, delete, filter = "where", fault, traffic, pass });
parcel::record!(Edit { file } or { from, find, with, text });
parcel::record!(Step { id, kind } or { options, outcome, choice, hints, checks, solution, wrong, faults, layout, lens });
parcel::record!(Outcome { span = "for", value } or { act });
parcel::record!(Choice { options } or { answer, trials, holds });
parcel::record!(Trial { option, act, span = "for" });
parcel::record!(Check { id } or { expr, wait, never, always, event, command, traffic, over, reach, after, within });
parcel::record!(Reach { from, to, gets } or { via });
parcel::record!(Wrong { name, steps, fails } or { hint });

impl Lesson {
    /// Reads a compiled lesson (JSON). The error says what does not fit.
    pub fn from_json(text: &str) -> Result<Lesson, String> {
        let lesson: Lesson = parcel::from_text(text).map_err(|error| format!("this lesson cannot be read: {error}"))?;
        if lesson.format > FORMAT {
            return Err(format!("this lesson needs a newer Kubarium (format {}, here {FORMAT})", lesson.format));
        }
        Ok(lesson)
    }

    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }
}
