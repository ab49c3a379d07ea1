//! `-o custom-columns=NAME:.metadata.name,…`
use super::columns::columns;
use crate::job::Stop;
use objects::{Tree, jsonpath};

/// Headers with the paths below them.
#[derive(Clone, Debug)]
pub struct Columns(Vec<(String, jsonpath::Template)>);

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
            let template = jsonpath::relaxed(path).and_then(|path| jsonpath::Template::parse(&path)).map_err(Stop::error)?;
            all.push((header.to_string(), template));
        }
        Ok(Columns(all))
    }

    pub fn render(&self, items: &[Tree], headers: bool) -> String {
        let head = headers.then(|| self.0.iter().map(|(header, _)| header.clone()).collect());
        let rows = items.iter().map(|item| self.0.iter().map(|(_, path)| value(path, item)).collect());
        columns(&head.into_iter().chain(rows).collect::<Vec<_>>())
    }
}

fn value(path: &jsonpath::Template, item: &Tree) -> String {
    let found = path.find(item, false).unwrap_or_default();
    if found.is_empty() { "<none>".into() } else { found.iter().map(super::jsonpath_out::text).collect::<Vec<_>>().join(",") }
}
