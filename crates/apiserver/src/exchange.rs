//! One request on its walk through the stages: what is known of it so far.
use crate::server::{ApiServer, Outcome, What};
use crate::store::{Kept, Write};
use objects::wire::{Request, Response, Verb};
use objects::{Key, Kind, KindId, Status, Text, Tree};
use simcore::Time;

/// A request, its target once it is resolved, and the object on its way into the store.
pub(crate) struct Exchange<'a> {
    pub server: &'a mut ApiServer,
    pub now: Time,
    pub request: &'a Request,
    /// What it is about; filled in by the `route` stage.
    pub kind: KindId,
    pub namespace: Text,
    /// Empty for lists and creations until the name is known.
    pub name: Text,
    /// The subresource, or empty.
    pub part: Text,
    /// The version that stands in the store's tail, for updates and patches.
    pub old: Option<Kept>,
    /// The object to be stored.
    pub new: Tree,
    /// Whether it is a creation (an update of some kinds may become one).
    pub creates: bool,
    /// Whether the body came from outside and is to be checked against the schema.
    pub foreign: bool,
    pub warnings: Vec<String>,
    /// Set by the stage that ends the walk.
    pub answer: Option<Outcome>,
}

impl<'a> Exchange<'a> {
    pub fn new(server: &'a mut ApiServer, now: Time, request: &'a Request) -> Exchange<'a> {
        Exchange {
            server,
            now,
            request,
            kind: KindId(0),
            namespace: Text::default(),
            name: Text::default(),
            part: Text::default(),
            old: None,
            new: Tree::Null,
            creates: false,
            foreign: false,
            warnings: Vec::new(),
            answer: None,
        }
    }

    pub fn row(&self) -> &'static Kind {
        self.kind.row()
    }

    pub fn key(&self) -> Key {
        Key { kind: self.kind, namespace: self.namespace.clone(), name: self.name.clone() }
    }

    pub fn not_found(&self) -> Status {
        Status::not_found(&self.row().resource(), &self.name)
    }

    pub fn conflict(&self, why: &str) -> Status {
        Status::conflict(&self.row().resource(), &self.name, why)
    }

    pub fn dry_run(&self) -> bool {
        self.request.options.dry_run == "All"
    }

    /// Ends the walk with a tree and a code.
    pub fn answer(&mut self, code: u16, tree: Tree) {
        let warnings = std::mem::take(&mut self.warnings);
        self.answer = Some(Outcome::Now(Response { code, warnings, ..Response::ok(tree) }));
    }

    /// Appends a write, tells the trace of it, and returns its revision.
    pub fn append(&mut self, deed: &'static str, write: Write) -> u64 {
        let key = match &write {
            Write::Put { key, .. } | Write::Delete { key } => key.clone(),
        };
        let origin = &self.request.origin;
        let actor = if origin.actor.is_empty() { self.request.user.name.clone() } else { origin.actor.clone() };
        let revision = self.server.store.tail().revision() + 1;
        let what = What { actor, deed, key: Some(key), revision, detail: self.part.clone(), reason: origin.reason.clone() };
        let cause = origin.cause.map(simcore::OccurrenceId);
        let occurrence = self.server.trace.push(self.now, cause, what);
        self.server.store.append(self.now, write, Some(occurrence))
    }

    /// Ends the walk with a write that is answered once `revision` is applied.
    pub fn answer_when(&mut self, revision: u64, code: u16, tree: Tree) {
        let warnings = std::mem::take(&mut self.warnings);
        let response = Response { code, warnings, ..Response::ok(tree) };
        self.answer = Some(Outcome::When { revision, response });
    }

    /// How the trace calls what is done.
    pub fn deed(&self) -> &'static str {
        if self.creates {
            return "create";
        }
        match self.request.verb {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch(_) => "patch",
            Verb::Delete | Verb::DeleteCollection => "delete",
        }
    }
}
