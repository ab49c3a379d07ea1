//! Lists: selectors, pages, revisions.
use crate::store::{Kept, Store};
use crate::{render, token};
use objects::labels::{FieldSelector, Selector};
use objects::wire::{Accept, Options, Request};
use objects::{KindId, Map, Status, Text, Tree, map};
use simcore::Time;
use std::collections::BTreeMap;

/// A label selector and a field selector, read once.
pub(crate) struct Selection {
    labels: Option<Selector>,
    fields: FieldSelector,
}

impl Selection {
    /// 400 in upstream's words for what cannot be read, or a field that the kind does not select by.
    pub fn parse(kind: KindId, labels: &str, field_text: &str) -> Result<Selection, Status> {
        let labels = if labels.is_empty() { None } else { Some(Selector::parse(labels).map_err(Status::bad_request)?) };
        let fields = FieldSelector::parse(field_text).map_err(Status::bad_request)?;
        fields.check(kind).map_err(Status::bad_request)?;
        Ok(Selection { labels, fields })
    }

    pub fn takes(&self, kept: &Kept) -> bool {
        self.labels.as_ref().is_none_or(|selector| selector.matches(kept.labels())) && self.fields.matches(&kept.tree)
    }
}

/// The list that is asked for, rendered as it is wanted.
pub(crate) fn list(store: &Store, now: Time, kind: KindId, namespace: &str, request: &Request) -> Result<Tree, Status> {
    let options = &request.options;
    let selection = Selection::parse(kind, &options.label_selector, &options.field_selector)?;
    let Place { start, revision } = place(store, options)?;
    let view = store.applied();
    let wanted = |kept: &&Kept| selection.takes(kept) && start.as_ref().is_none_or(|from| from.before(kept));
    let past = match revision {
        Some(revision) if revision < view.revision() => Some(as_of(store, kind, revision)?),
        _ => None,
    };
    let mut all: Vec<&Kept> = match &past {
        Some(past) => past.values().filter(|kept| namespace.is_empty() || kept.key.namespace == namespace).filter(wanted).collect(),
        None if namespace.is_empty() => view.list(kind).filter(wanted).collect(),
        None => view.list_in(kind, namespace).filter(wanted).collect(),
    };
    let told = if past.is_some() { revision.unwrap_or_default() } else { view.revision() };
    let mut meta = map! {"resourceVersion": told.to_string()};
    let limit = options.limit as usize;
    if limit > 0 && all.len() > limit {
        let rest = all.len() - limit;
        all.truncate(limit);
        let last = &all[limit - 1].key;
        meta.set(&["continue"], token::write(told, &last.namespace, &last.name));
        if options.label_selector.is_empty() && options.field_selector.is_empty() {
            meta.set(&["remainingItemCount"], rest);
        }
    }
    Ok(render(now, kind, meta, &all, request.accept, &options.include_object))
}

fn render(now: Time, kind: KindId, meta: Tree, all: &[&Kept], accept: Accept, include: &str) -> Tree {
    match accept {
        Accept::Table => crate::tables::of(now, kind, all, meta, include, true),
        Accept::Metadata => {
            let items: Vec<Tree> = all.iter().map(|kept| render::metadata(kept)).collect();
            map! {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList", "metadata": meta, "items": items}
        }
        Accept::Json | Accept::Discovery => {
            let items: Vec<Tree> = all.iter().map(|kept| kept.tree.clone()).collect();
            list_tree(kind, meta, items)
        }
    }
}

/// A typed list with nothing but its revision in the metadata.
pub(crate) fn envelope(kind: KindId, revision: u64, items: Vec<Tree>) -> Tree {
    list_tree(kind, map! {"resourceVersion": revision.to_string()}, items)
}

fn list_tree(kind: KindId, meta: Tree, items: Vec<Tree>) -> Tree {
    let row = kind.row();
    let entries = [
        ("apiVersion", Tree::from(row.api_version())),
        ("items", Tree::from(items)),
        ("kind", Tree::from(format!("{}List", row.kind))),
        ("metadata", meta),
    ];
    Tree::from(entries.into_iter().collect::<Map>())
}

/// Where a page begins: after this object.
struct Start {
    namespace: Text,
    name: Text,
}

impl Start {
    fn before(&self, kept: &Kept) -> bool {
        (&kept.key.namespace, &kept.key.name) > (&self.namespace, &self.name)
    }
}

/// Where a list is taken up.
struct Place {
    /// After this object: a further page.
    start: Option<Start>,
    /// The state at exactly this revision; `None` for the newest.
    revision: Option<u64>,
}

/// The objects of a kind as they stood at an earlier revision: the changes since then undone, the newest first.
fn as_of(store: &Store, kind: KindId, revision: u64) -> Result<BTreeMap<(Text, Text), Kept>, Status> {
    let place = |kept: &Kept| (kept.key.namespace.clone(), kept.key.name.clone());
    let mut all: BTreeMap<(Text, Text), Kept> = store.applied().list(kind).map(|kept| (place(kept), kept.clone())).collect();
    let changes: Vec<_> = store.since(revision)?.filter(|change| change.key.kind == kind).collect();
    for change in changes.into_iter().rev() {
        let at = (change.key.namespace.clone(), change.key.name.clone());
        match &change.before {
            Some(before) => drop(all.insert(at, before.clone())),
            None => drop(all.remove(&at)),
        }
    }
    Ok(all)
}

/// The rules for `resourceVersion`, `resourceVersionMatch` and `continue` (apimachinery `internalversion/validation`).
fn place(store: &Store, options: &Options) -> Result<Place, Status> {
    let (version, matching) = (options.resource_version.as_str(), options.resource_version_match.as_str());
    if options.send_initial_events.is_some() {
        return Err(refuse("sendInitialEvents", "Forbidden: sendInitialEvents is forbidden for list"));
    }
    if !matching.is_empty() {
        if !options.continue_token.is_empty() {
            return Err(refuse("resourceVersionMatch", "Forbidden: resourceVersionMatch is forbidden when continue is provided"));
        }
        if version.is_empty() {
            return Err(refuse("resourceVersionMatch", "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"));
        }
        if matching != "Exact" && matching != "NotOlderThan" {
            let words = format!("Unsupported value: \"{matching}\": supported values: \"Exact\", \"NotOlderThan\", \"\"");
            return Err(refuse("resourceVersionMatch", &words));
        }
        if matching == "Exact" && version == "0" {
            let words = "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
            return Err(refuse("resourceVersionMatch", words));
        }
    }
    if !options.continue_token.is_empty() {
        if !version.is_empty() && version != "0" {
            return Err(Status::bad_request("specifying resource version is not allowed when using continue"));
        }
        let Some((revision, namespace, name)) = token::read(&options.continue_token) else {
            return Err(Status::bad_request("continue key is not valid: illegal base64 data at input byte 0"));
        };
        if revision < store.compacted() {
            return Err(Status::expired(TOO_OLD));
        }
        return Ok(Place { start: Some(Start { namespace, name }), revision: Some(revision) });
    }
    let number = revision_number(version)?;
    if number > store.applied().revision() {
        return Err(too_large(number, store.applied().revision()));
    }
    if matching == "Exact" && number <= store.compacted() && number < store.applied().revision() {
        return Err(Status::expired("The resourceVersion for the provided list is too old."));
    }
    Ok(Place { start: None, revision: (matching == "Exact").then_some(number) })
}

const TOO_OLD: &str = "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.";

/// 0 for an unset revision; 400 for what is no number.
pub(crate) fn revision_number(version: &str) -> Result<u64, Status> {
    if version.is_empty() {
        return Ok(0);
    }
    version.parse().map_err(|_| {
        let words = format!("resourceVersion: Invalid value: \"{version}\": strconv.ParseUint: parsing \"{version}\": invalid syntax");
        Status::bad_request(words)
    })
}

fn too_large(asked: u64, current: u64) -> Status {
    let words = format!("Too large resource version: {asked}, current: {current}");
    let mut status = Status::new(504, "Timeout", words);
    let cause = map! {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"};
    status.details = map! {"causes": objects::list![cause], "retryAfterSeconds": 1};
    status
}

/// `ListOptions.meta.k8s.io "" is invalid: …`
pub(crate) fn refuse(field: &str, words: &str) -> Status {
    let cause = if words.starts_with("Forbidden") { "FieldValueForbidden" } else { "FieldValueNotSupported" };
    Status::invalid("ListOptions.meta.k8s.io", "", &[objects::FieldError::new(cause, field, words)])
}
