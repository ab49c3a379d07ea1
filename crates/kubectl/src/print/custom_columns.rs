//! `-o custom-columns=NAME:.metadata.name,…`
use super::columns::columns;
use crate::job::Stop;
use objects::{Tree, jsonpath};

/// Headers with the paths below them.
#[derive(Clone, Debug)]
pub struct Columns(Vec<(String, Result<jsonpath::Template, String>)>);

impl Columns {
    pub fn read(spec: &str) -> Result<Columns, Stop> {
        if spec.is_empty() {
            return Err(Stop::error("custom-columns format specified but no custom columns given"));
        }
        let mut all = Vec::new();
        for part in spec.split(',') {
            let Some((header, path)) = part.split_once(':') else {
                return Err(Stop::error(format!("unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")));
            };
            let path = jsonpath::relaxed(path).map_err(Stop::error)?;
            all.push((header.to_string(), jsonpath::Template::parse(&path)));
        }
        Ok(Columns(all))
    }

    /// Why one of the paths cannot be read. Upstream notices that under the header.
    pub fn broken(&self) -> Option<&str> {
        self.0.iter().find_map(|(_, path)| path.as_ref().err()).map(String::as_str)
    }

    pub fn render(&self, items: &[Tree], headers: bool) -> String {
        let head = headers.then(|| self.0.iter().map(|(header, _)| header.clone()).collect());
        let items = if self.broken().is_some() { &[] } else { items };
        let rows = items.iter().map(|item| self.0.iter().map(|(_, path)| value(path, item)).collect());
        columns(&head.into_iter().chain(rows).collect::<Vec<_>>())
    }
}

fn value(path: &Result<jsonpath::Template, String>, item: &Tree) -> String {
    let found = path.as_ref().ok().and_then(|path| path.find(item, false).ok()).unwrap_or_default();
    if found.is_empty() { "<none>".into() } else { found.iter().map(super::jsonpath_out::text).collect::<Vec<_>>().join(",") }
}
