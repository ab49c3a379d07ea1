//! Kubernetes Events as components write them (client-go `tools/record`): made once, then counted up.
use objects::wire::{PatchKind, Request, Verb};
use objects::{Text, Tree, kinds, map};
use rpds::RedBlackTreeMapSync;
use simcore::{Duration, Time};
use std::collections::BTreeMap;

/// One thing worth telling: becomes an Event object, or counts one up.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The object it is about, as an ObjectReference (apiVersion, kind, namespace, name, uid, fieldPath …).
    pub about: Tree,
    /// Whether it is a `Warning` instead of `Normal`.
    pub warning: bool,
    pub reason: &'static str,
    pub message: String,
}

/// Turns notes into requests. Its memory is shared between copies of a world. One per component; `source` and `host` as upstream prints them.
#[derive(Clone, Debug)]
pub struct Recorder {
    source: Text,
    host: Text,
    /// `source` of every Event of this recorder.
    origin: Tree,
    /// The last object that was told of, and the last message of each reason: the next Event mostly says the same again.
    about: Tree,
    said: BTreeMap<&'static str, Text>,
    /// What was told before: (object uid or name, field path, reason, message) -> (event name, namespace, count, first time).
    told: RedBlackTreeMapSync<(Text, Text, Text, Text), Told>,
    /// Notes that differ in their message only: (object, field path, reason) -> their messages, and when the last came.
    similar: RedBlackTreeMapSync<(Text, Text, Text), (Vec<Text>, Time)>,
}

#[derive(Clone, Debug)]
struct Told {
    namespace: Text,
    name: Text,
    count: i64,
    first: Time,
    last: Time,
}

impl Note {
    /// A reference to a stored object.
    pub fn reference(object: &objects::Object) -> Tree {
        let row = object.key.kind.row();
        let (name, revision) = (&object.key.name, object.revision.to_string());
        if row.namespaced {
            map! {
                "apiVersion": row.api_version(), "kind": row.kind, "name": name, "namespace": &object.key.namespace,
                "resourceVersion": revision, "uid": object.uid_text(),
            }
        } else {
            map! {
                "apiVersion": row.api_version(), "kind": row.kind, "name": name, "resourceVersion": revision, "uid": object.uid_text(),
            }
        }
    }
}

/// How many different notes are remembered before the memory starts anew (upstream keeps an LRU of 4096).
const MEMORY: usize = 4096;
/// The message from which on notes that differ in their message only are told as one, and for how long they are compared.
const SIMILAR: usize = 10;
const SIMILAR_FOR: Duration = Duration::mins(10);
/// So long after its last count an Event is gone from the store (`--event-ttl`): it is made again, with its count.
const LASTS: Duration = Duration::mins(60);

impl Recorder {
    pub fn new(source: impl Into<Text>, host: impl Into<Text>) -> Recorder {
        let (source, host) = (source.into(), host.into());
        let mut origin = map! {"component": &source};
        if !host.is_empty() {
            origin.set(&["host"], &host);
        }
        Recorder {
            source,
            host,
            origin,
            about: Tree::Null,
            said: BTreeMap::new(),
            told: RedBlackTreeMapSync::new_sync(),
            similar: RedBlackTreeMapSync::new_sync(),
        }
    }

    /// The request that tells `note`: a new Event, or a patch that counts the same one up.
    pub fn request(&mut self, now: Time, note: &Note) -> Request {
        let text = |key: &str| note.about.get(key).as_text().cloned().unwrap_or_default();
        let whom = if text("uid").is_empty() { text("name") } else { text("uid") };
        let message = match self.said.get(note.reason) {
            Some(said) if *said == note.message => said.clone(),
            _ => Text::new(&note.message),
        };
        self.said.insert(note.reason, message.clone());
        if self.about != note.about {
            self.about = note.about.clone();
        }
        let combined = self.is_one_of_many(now, (whom.clone(), text("fieldPath"), Text::new_static(note.reason)), &message);
        let message = if combined { Text::from(format!("(combined from similar events): {message}")) } else { message };
        // Combined ones are one Event, whatever they say.
        let place = (whom, text("fieldPath"), Text::new_static(note.reason), if combined { Text::default() } else { message.clone() });
        // A look first: to write into the shared map copies the way to the place, also where nothing stands there.
        if let Some(told) = self.told.contains_key(&place).then(|| self.told.get_mut(&place)).flatten() {
            told.count += 1;
            let gone = now.since(told.last) >= LASTS;
            told.last = now;
            if gone {
                let (namespace, name, count, first) = (told.namespace.clone(), told.name.clone(), told.count, told.first);
                let mut event = self.event(now, note, &message, namespace.clone(), name);
                event.set(&["count"], count);
                event.set(&["firstTimestamp"], first.rfc3339());
                return Request::about(Verb::Create, kinds::EVENT, namespace, "").body(event);
            }
            let mut body = map! {"count": told.count, "lastTimestamp": now.rfc3339()};
            if combined {
                body.set(&["message"], message);
            }
            return Request::about(Verb::Patch(PatchKind::Strategic), kinds::EVENT, told.namespace.clone(), told.name.clone()).body(body);
        }
        let namespace = if text("namespace").is_empty() { Text::new_static("default") } else { text("namespace") };
        // Upstream appends the instant in hexadecimal nanoseconds; two notes of one instant differ by their count here.
        let serial = now.0 * 1000 + self.told.size() as u64 % 1000;
        let name = Text::from(format!("{}.{serial:016x}", text("name")));
        if self.told.size() >= MEMORY {
            self.told = RedBlackTreeMapSync::new_sync();
        }
        self.told.insert_mut(place, Told { namespace: namespace.clone(), name: name.clone(), count: 1, first: now, last: now });
        Request::about(Verb::Create, kinds::EVENT, namespace.clone(), "").body(self.event(now, note, &message, namespace, name))
    }

    /// Whether so many different messages were told of one thing that this one is told together with the others.
    fn is_one_of_many(&mut self, now: Time, what: (Text, Text, Text), message: &Text) -> bool {
        if self.similar.size() >= MEMORY {
            self.similar = RedBlackTreeMapSync::new_sync();
        }
        let Some((messages, last)) = self.similar.contains_key(&what).then(|| self.similar.get_mut(&what)).flatten() else {
            self.similar.insert_mut(what, (vec![message.clone()], now));
            return false;
        };
        if now.since(*last) > SIMILAR_FOR {
            messages.clear();
        }
        *last = now;
        if let Err(place) = messages.binary_search(message) {
            messages.reserve_exact(1);
            messages.insert(place, message.clone());
        }
        if messages.len() < SIMILAR {
            return false;
        }
        messages.remove(0);
        true
    }

    fn event(&self, now: Time, note: &Note, message: &Text, namespace: Text, name: Text) -> Tree {
        let seen = Text::from(now.rfc3339());
        let mut event = map! {
            "apiVersion": "v1", "count": 1, "eventTime": Tree::Null, "firstTimestamp": &seen, "involvedObject": &self.about,
            "kind": "Event", "lastTimestamp": &seen, "message": message, "metadata": map! {"name": name, "namespace": namespace},
            "reason": note.reason, "reportingComponent": &self.source, "reportingInstance": &self.host, "source": &self.origin,
            "type": if note.warning { "Warning" } else { "Normal" },
        };
        event.map_mut().retain(|key, value| key == "eventTime" || !value.is_null());
        event
    }
}
