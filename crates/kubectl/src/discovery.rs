//! What the server serves: its aggregated discovery, read once and kept.
use objects::wire::Resource;
use objects::{Text, Tree};

/// One resource as discovery tells it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Served {
    pub group: Text,
    pub version: Text,
    pub kind: Text,
    pub plural: Text,
    pub singular: Text,
    pub short: Vec<Text>,
    pub categories: Vec<Text>,
    pub namespaced: bool,
    pub verbs: Vec<Text>,
    pub subresources: Vec<Text>,
}

impl Served {
    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `deployments.apps`, or `pods`.
    pub fn resource(&self) -> String {
        if self.group.is_empty() { self.plural.to_string() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `deployment.apps`, or `pod`: how kubectl names what it did.
    pub fn noun(&self) -> String {
        let singular = self.kind.to_ascii_lowercase();
        if self.group.is_empty() { singular } else { format!("{singular}.{}", self.group) }
    }

    pub fn wire(&self) -> Resource {
        Resource::Named { group: self.group.clone(), version: self.version.clone(), plural: self.plural.clone() }
    }

    pub fn can(&self, verb: &str) -> bool {
        self.verbs.iter().any(|v| v == verb)
    }
}

/// Every resource, in the server's order: the core group first, preferred versions first.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Catalogue {
    pub resources: Vec<Served>,
    /// `apps/v1`, … and `v1`.
    pub versions: Vec<String>,
}

impl Catalogue {
    /// Reads the two APIGroupDiscoveryList answers (`/api`, `/apis`).
    pub fn read(lists: &[Tree]) -> Catalogue {
        let mut catalogue = Catalogue::default();
        for group in lists.iter().flat_map(|list| list.get("items").items()) {
            let name = group.at(&["metadata", "name"]).text();
            for version in group.get("versions").items() {
                let number = version.get("version").text();
                catalogue.versions.push(if name.is_empty() { number.to_string() } else { format!("{name}/{number}") });
                catalogue.resources.extend(version.get("resources").items().iter().map(|row| served(name, number, row)));
            }
        }
        catalogue
    }

    /// The resource of an object: `("apps/v1", "Deployment")`.
    pub fn by_kind(&self, api_version: &str, kind: &str) -> Option<&Served> {
        let here = |r: &&Served| r.api_version() == api_version;
        let exact = self.resources.iter().filter(here).find(|r| r.kind == kind);
        // The REST mapper also knows each kind in lower case; the server then refuses the object by name.
        exact.or_else(|| self.resources.iter().filter(here).find(|r| r.kind.to_ascii_lowercase() == kind))
    }

    /// The resource that a word names: `po`, `pods`, `Pod`, `deployments.apps`, `deploy.v1.apps`.
    pub fn find(&self, word: &str) -> Option<&Served> {
        let lower = word.to_ascii_lowercase();
        // Short names are told by their very letters, the others in any case.
        let typed = word.split('.').next().unwrap_or(word);
        let named = |name: &str| {
            let fits = |r: &&Served| {
                let short = || r.short.iter().any(|s| s == typed && typed.len() == name.split('.').next().unwrap_or(name).len());
                r.plural == name || r.singular == name || r.kind.to_ascii_lowercase() == name || (!name.contains('.') && short())
            };
            self.resources.iter().filter(fits).collect::<Vec<_>>()
        };
        if let Some(first) = exact_first(named(&lower), &lower) {
            return Some(first);
        }
        let (name, rest) = lower.split_once('.')?;
        let candidates = named(name);
        let in_group = candidates.iter().find(|r| r.group == rest).copied();
        in_group
            .or_else(|| {
                let (version, group) = rest.split_once('.').unwrap_or((rest, ""));
                candidates.into_iter().find(|r| r.version == version && r.group == group && (!group.is_empty() || rest.contains('.')))
            })
            .or_else(|| {
                named(name).into_iter().find(|r| !r.group.is_empty() && r.group.starts_with(rest) && r.group[rest.len()..].starts_with('.'))
            })
    }

    /// Resources of a category such as `all`.
    pub fn category(&self, name: &str) -> Vec<&Served> {
        let mut found: Vec<&Served> = Vec::new();
        for resource in self.resources.iter().filter(|r| r.categories.iter().any(|c| c == name)) {
            if !found.iter().any(|r| r.plural == resource.plural && r.group == resource.group) {
                found.push(resource);
            }
        }
        found
    }

    /// Any name that can stand for a resource, for completion: plural names, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.resources.iter().filter(|r| r.can("list")).map(|r| r.resource()).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// A real name wins over a short one.
fn exact_first<'a>(found: Vec<&'a Served>, word: &str) -> Option<&'a Served> {
    found.iter().find(|r| r.plural == word || r.singular == word || r.kind.to_ascii_lowercase() == word).copied().or(found.first().copied())
}

fn served(group: &str, version: &str, row: &Tree) -> Served {
    let texts = |name: &str| row.get(name).items().iter().filter_map(|item| item.as_text().cloned()).collect::<Vec<_>>();
    let kind = row.at(&["responseKind", "kind"]).text();
    let singular = match row.get("singularResource").text() {
        "" => kind.to_ascii_lowercase(),
        name => name.to_string(),
    };
    Served {
        group: Text::new(group),
        version: Text::new(version),
        kind: Text::new(kind),
        plural: Text::new(row.get("resource").text()),
        singular: Text::from(singular),
        short: texts("shortNames"),
        categories: texts("categories"),
        namespaced: row.get("scope").text() == "Namespaced",
        verbs: texts("verbs"),
        subresources: row.get("subresources").items().iter().filter_map(|sub| sub.get("subresource").as_text().cloned()).collect(),
    }
}
