//! Events of the scheduler, written in the newer Events API's way (events.k8s.io): an instant, an action, a series.
use objects::wire::{PatchKind, Request, Verb};
use objects::{Object, Text, Tree, kinds, map};
use simcore::Time;
use std::collections::BTreeMap;

/// One thing to tell of a Pod.
#[derive(Clone, Debug)]
pub struct Telling {
    pub about: Tree,
    /// A second object that it is about; null for none.
    pub related: Tree,
    pub namespace: Text,
    pub warning: bool,
    pub reason: &'static str,
    pub action: &'static str,
    pub message: String,
}

impl Telling {
    pub fn scheduled(pod: &Object, node: &str) -> Telling {
        let message = format!("Successfully assigned {} to {node}", pod.key.path());
        Telling::new(pod, false, "Scheduled", "Binding", message)
    }

    pub fn failed(pod: &Object, message: String) -> Telling {
        Telling::new(pod, true, "FailedScheduling", "Scheduling", message)
    }

    /// The Pod is put out of `node` for a more important one.
    pub fn preempted(pod: &Object, preemptor: &Object, node: &str) -> Telling {
        let message = format!("Preempted by pod {} on node {node}", preemptor.uid());
        let related = apiserver::client::Note::reference(preemptor);
        Telling { related, ..Telling::new(pod, false, "Preempted", "Preempting", message) }
    }

    fn new(pod: &Object, warning: bool, reason: &'static str, action: &'static str, message: String) -> Telling {
        let about = apiserver::client::Note::reference(pod);
        Telling { about, related: Tree::Null, namespace: pod.key.namespace.clone(), warning, reason, action, message }
    }
}

/// What was told: a repetition within this time counts up in a series (upstream: 6 minutes).
const SERIES: simcore::Duration = simcore::Duration::mins(6);

/// Makes the requests, remembering what was told.
#[derive(Clone, Debug)]
pub struct Teller {
    host: Text,
    /// By the Pod, the version of it that was tried, and the reason: what was told of an older version is another Event.
    told: BTreeMap<(Text, Text, &'static str), Told>,
    swept: Time,
    serial: u64,
}

#[derive(Clone, Debug)]
struct Told {
    name: Text,
    last: Time,
    count: i64,
}

impl Teller {
    pub fn new(host: &str) -> Teller {
        Teller { host: Text::from(format!("default-scheduler-{host}")), told: BTreeMap::new(), swept: Time::default(), serial: 0 }
    }

    /// A new Event, the start of a series, or nothing where a series is under way already.
    pub fn request(&mut self, now: Time, telling: &Telling) -> Option<Request> {
        let of = |field: &str| telling.about.get(field).as_text().cloned().unwrap_or_default();
        if self.swept + SERIES < now {
            self.told.retain(|_, told| told.last + SERIES > now);
            self.swept = now;
        }
        let place = (of("uid"), of("resourceVersion"), telling.reason);
        if let Some(told) = self.told.get_mut(&place).filter(|told| told.last + SERIES > now) {
            told.count += 1;
            told.last = now;
            if told.count > 2 {
                return None;
            }
            let body = map! {"series": map! {"count": told.count, "lastObservedTime": now.rfc3339_micro()}};
            let verb = Verb::Patch(PatchKind::Strategic);
            return Some(Request::about(verb, kinds::EVENT, telling.namespace.clone(), told.name.clone()).body(body));
        }
        self.serial += 1;
        let name = Text::from(format!("{}.{:016x}", telling.about.get("name").text(), now.0 * 1000 + self.serial % 1000));
        self.told.insert(place, Told { name: name.clone(), last: now, count: 1 });
        let mut body = map! {
            "apiVersion": "v1", "kind": "Event", "metadata": map! {"name": name, "namespace": &telling.namespace},
            "involvedObject": &telling.about, "reason": telling.reason, "message": telling.message.as_str(), "action": telling.action,
            "type": if telling.warning { "Warning" } else { "Normal" }, "eventTime": now.rfc3339_micro(), "source": map! {},
            "firstTimestamp": Tree::Null, "lastTimestamp": Tree::Null,
            "reportingComponent": "default-scheduler", "reportingInstance": &self.host,
        };
        if !telling.related.is_null() {
            body.set(&["related"], &telling.related);
        }
        Some(Request::about(Verb::Create, kinds::EVENT, telling.namespace.clone(), "").body(body))
    }
}
