//! Requests and responses: the only way anything reaches the cluster's state.
use crate::{KindId, Status, Text, Tree};

/// What is asked of a resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch(PatchKind),
    Delete,
    DeleteCollection,
}

/// How a patch body is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatchKind {
    /// application/json-patch+json
    Json,
    /// application/merge-patch+json
    Merge,
    /// application/strategic-merge-patch+json
    Strategic,
    /// application/apply-patch+yaml (server-side apply)
    Apply,
}

/// Which kind a request is about: by row for our own components, by name for clients.
#[derive(Clone, PartialEq, Debug)]
pub enum Resource {
    Kind(KindId),
    Named { group: Text, version: Text, plural: Text },
}

impl Resource {
    /// Whether it is this kind, in whatever version.
    pub fn is(&self, kind: KindId) -> bool {
        match self {
            Resource::Kind(own) => *own == kind,
            Resource::Named { group, plural, .. } => group == kind.row().group && plural == kind.row().plural,
        }
    }
}

/// What a request is about.
#[derive(Clone, PartialEq, Debug)]
pub enum Target {
    /// A resource, one object of it (`name` not empty), or one part of that (`subresource` not empty).
    Resource { resource: Resource, namespace: Text, name: Text, subresource: Text },
    /// `/version`, `/api`, `/apis/apps/v1`, `/openapi/v3`, `/healthz`, and any path that nothing stands at.
    Path(Text),
}

/// The form in which the answer is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Accept {
    #[default]
    Json,
    /// `application/json;as=Table;v=v1;g=meta.k8s.io`
    Table,
    /// `application/json;as=PartialObjectMetadata…`
    Metadata,
    /// Aggregated discovery: `application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`
    Discovery,
}

/// The query of a request. Empty or `None` where it was not given.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Options {
    pub label_selector: String,
    pub field_selector: String,
    pub limit: u64,
    pub continue_token: String,
    pub resource_version: String,
    pub resource_version_match: String,
    pub allow_watch_bookmarks: bool,
    pub send_initial_events: Option<bool>,
    pub timeout_seconds: Option<u64>,
    /// `All`, or empty.
    pub dry_run: String,
    pub field_manager: String,
    /// `Strict`, `Warn`, `Ignore`, or empty for the server's default (`Warn`).
    pub field_validation: String,
    pub force: bool,
    /// `includeObject` of tables: `None`, `Metadata` (the default), `Object`.
    pub include_object: String,
    /// Everything else, sorted: `container`, `follow`, `tailLines`, `previous`, …
    pub other: Vec<(Text, Text)>,
}

/// Who asks.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct User {
    pub name: Text,
    pub groups: Vec<Text>,
}

/// Why it is asked: not on the wire, but kept so that "Why?" can be answered.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Origin {
    /// The component as a person would name it: `kubectl`, `replicaset-controller`, `kubelet/worker-1`.
    pub actor: Text,
    /// The place in the trace of the occurrence that led to this request.
    pub cause: Option<u32>,
    /// The decision behind it: the scheduler's filter and score table, counts, …; null when there is none.
    pub reason: Tree,
}

/// One request.
#[derive(Clone, PartialEq, Debug)]
pub struct Request {
    pub verb: Verb,
    pub target: Target,
    pub options: Options,
    pub accept: Accept,
    /// The object, the patch, or DeleteOptions; null for none.
    pub body: Tree,
    pub user: User,
    pub origin: Origin,
}

/// A place in a watch: what was asked for, and up to where it has been told.
#[derive(Clone, PartialEq, Debug)]
pub struct WatchCursor {
    pub kind: KindId,
    pub namespace: Text,
    pub name: Text,
    pub label_selector: String,
    pub field_selector: String,
    pub accept: Accept,
    pub bookmarks: bool,
    /// The revision up to which events were told.
    pub seen: u64,
    /// Objects of the initial state still to be told as ADDED (`resourceVersion` unset, `0`, or `sendInitialEvents`).
    pub initial: bool,
    /// Whether a bookmark ends the initial state (`sendInitialEvents=true`).
    pub initial_end: bool,
    /// Whether the columns of a table were told: upstream tells them with the first event only.
    pub headed: bool,
}

/// One line of a watch: `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK`, `ERROR`.
#[derive(Clone, PartialEq, Debug)]
pub struct WatchEvent {
    pub kind: &'static str,
    pub object: Tree,
}

/// The body of an answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Body {
    Tree(Tree),
    /// Not JSON: logs, `/healthz`, `/openapi` documents kept as text.
    Text(String),
    Watch(Box<WatchCursor>),
}

/// One answer. `warnings` travel in `Warning:` headers.
#[derive(Clone, PartialEq, Debug)]
pub struct Response {
    pub code: u16,
    pub body: Body,
    pub warnings: Vec<String>,
}

impl Request {
    /// A request of the core components about one object; refine with struct update.
    pub fn about(verb: Verb, kind: KindId, namespace: impl Into<Text>, name: impl Into<Text>) -> Request {
        let resource = Resource::Kind(kind);
        let target = Target::Resource { resource, namespace: namespace.into(), name: name.into(), subresource: Text::default() };
        Request {
            verb,
            target,
            options: Options::default(),
            accept: Accept::Json,
            body: Tree::Null,
            user: User::default(),
            origin: Origin::default(),
        }
    }

    pub fn path(path: impl Into<Text>) -> Request {
        Request { target: Target::Path(path.into()), ..Request::about(Verb::Get, KindId(0), "", "") }
    }

    pub fn subresource(mut self, part: &'static str) -> Request {
        if let Target::Resource { subresource, .. } = &mut self.target {
            *subresource = Text::new_static(part);
        }
        self
    }

    pub fn body(mut self, body: impl Into<Tree>) -> Request {
        self.body = body.into();
        self
    }

    pub fn reason(mut self, reason: impl Into<Tree>) -> Request {
        self.origin.reason = reason.into();
        self
    }

    /// Whether it may change something.
    pub fn is_write(&self) -> bool {
        !matches!(self.verb, Verb::Get | Verb::List | Verb::Watch)
    }
}

impl Response {
    pub fn ok(tree: Tree) -> Response {
        Response { code: 200, body: Body::Tree(tree), warnings: Vec::new() }
    }

    pub fn text(text: impl Into<String>) -> Response {
        Response { code: 200, body: Body::Text(text.into()), warnings: Vec::new() }
    }

    /// Whether the code is in the 200s.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// The JSON body; null for text and watches.
    pub fn tree(&self) -> &Tree {
        const NOTHING: &Tree = &Tree::Null;
        match &self.body {
            Body::Tree(tree) => tree,
            _ => NOTHING,
        }
    }
}

impl From<Status> for Response {
    fn from(status: Status) -> Response {
        Response { code: status.code, body: Body::Tree(status.to_tree()), warnings: Vec::new() }
    }
}
