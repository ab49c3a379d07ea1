//! `--sort-by`: by one field, numbers as numbers, amounts as amounts (kubectl `get/sorter.go`).
use crate::go_sort;
use crate::job::Stop;
use crate::verbs::klog;
use objects::{Quantity, Tree, jsonpath};
use simcore::Time;

/// Tables with their rows sorted. Of several, upstream sorts first the tables themselves by the field, which must be one of
/// theirs. It drops the rows of a table in which no object has the field, or whose path cannot be read.
pub fn tables<T>(path: &str, tables: Vec<(T, Tree)>, now: Time) -> Result<Vec<(T, Tree)>, Stop> {
    let mut tables = tables;
    if tables.len() > 1 {
        let whole = tables.into_iter().map(|(of, table)| (table.clone(), (of, table))).collect();
        tables = sorted(path, whole, ("sorter.go:329", "*v1.Table"), now)?.ok_or_else(|| missing(path))?;
    }
    for (_, table) in &mut tables {
        let rows = table.get("rows").items().iter().map(|row| (row.get("object").clone(), row.clone())).collect();
        let rows = match sorted(path, rows, ("sorter.go:375", "[][][]reflect.Value"), now) {
            Err(Stop::Fail { code, text }) if text.starts_with('F') => return Err(Stop::Fail { code, text }),
            rows => rows.ok().flatten().unwrap_or_default(),
        };
        table.set(&["rows"], rows);
    }
    Ok(tables)
}

pub fn objects(path: &str, items: Vec<(Tree, String)>, now: Time) -> Result<Vec<(Tree, String)>, Stop> {
    let keyed = items.into_iter().map(|item| (item.0.clone(), item)).collect();
    sorted(path, keyed, ("sorter.go:329", "*unstructured.Unstructured"), now)?.ok_or_else(|| missing(path))
}

fn missing(path: &str) -> Stop {
    Stop::error(format!("couldn't find any field with path \"{}\" in the list of objects", jsonpath::relaxed(path).unwrap_or_default()))
}

/// `None` where there are items and none of them has the field. `place` is where upstream would give up, over what.
fn sorted<T>(path: &str, items: Vec<(Tree, T)>, place: (&str, &str), now: Time) -> Result<Option<Vec<T>>, Stop> {
    let relaxed = jsonpath::relaxed(path).map_err(Stop::error)?;
    let template = jsonpath::Template::parse(&relaxed).map_err(Stop::error)?;
    let mut keyed: Vec<(Option<Tree>, T)> =
        items.into_iter().map(|(object, item)| (template.find(&object, false).unwrap_or_default().into_iter().next(), item)).collect();
    if !keyed.is_empty() && keyed.iter().all(|(key, _)| key.is_none()) {
        return Ok(None);
    }
    let mut unsortable = None;
    go_sort::sort(&mut keyed, |(a, _), (b, _)| match (a, b) {
        // What lacks the field is less than everything, also than its like.
        (None, _) => true,
        (_, None) => false,
        (Some(a), Some(b)) => less(a, b).unwrap_or_else(|why| {
            unsortable.get_or_insert(why);
            false
        }),
    });
    if let Some(why) = unsortable {
        let words = format!("Field {relaxed} in {} is an unsortable type: interface, err: {why}", place.1);
        return Err(Stop::plain(klog(now, 'F', place.0, &words)));
    }
    Ok(Some(keyed.into_iter().map(|(_, item)| item).collect()))
}

fn less(a: &Tree, b: &Tree) -> Result<bool, String> {
    Ok(match (a, b) {
        (Tree::Null, b) => !b.is_null(),
        (_, Tree::Null) => false,
        (Tree::Int(a), Tree::Int(b)) => a < b,
        (Tree::Float(a), Tree::Float(b)) => a < b,
        (Tree::Text(a), Tree::Text(b)) => match (Quantity::parse(a), Quantity::parse(b)) {
            (Ok(a), Ok(b)) => a < b,
            _ => a < b,
        },
        (Tree::Int(_) | Tree::Float(_) | Tree::Text(_), _) => return Err("unsortable interface: interface".to_string()),
        (Tree::Bool(_), _) => return Err("unsortable type: bool".to_string()),
        (Tree::List(_), _) => return Err("unsortable type: []interface {}".to_string()),
        (Tree::Map(_), _) => return Err("unsortable type: map[string]interface {}".to_string()),
    })
}
