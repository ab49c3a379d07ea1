//! `--sort-by`: by one field, numbers as numbers, texts with their numbers in order.
use crate::job::Stop;
use objects::{Quantity, Tree, jsonpath};
use std::cmp::Ordering;

/// Tables with their rows sorted. Of several, upstream sorts first the tables themselves by the field, which must be one of
/// theirs. It drops the rows of a table in which no object has the field, or whose path cannot be read.
pub fn tables<T>(path: &str, tables: Vec<(T, Tree)>) -> Result<Vec<(T, Tree)>, Stop> {
    let mut tables = tables;
    if tables.len() > 1 {
        tables =
            sorted(path, tables.into_iter().map(|(of, table)| (table.clone(), (of, table))).collect())?.ok_or_else(|| missing(path))?;
    }
    for (_, table) in &mut tables {
        let rows = table.get("rows").items().iter().map(|row| (row.get("object").clone(), row.clone())).collect();
        let sorted = sorted(path, rows).ok().flatten().unwrap_or_default();
        table.set(&["rows"], sorted);
    }
    Ok(tables)
}

pub fn objects(path: &str, items: Vec<(Tree, String)>) -> Result<Vec<(Tree, String)>, Stop> {
    let sorted = sorted(path, items.into_iter().map(|item| (item.0.clone(), item)).collect())?;
    sorted.ok_or_else(|| missing(path))
}

fn missing(path: &str) -> Stop {
    Stop::error(format!("couldn't find any field with path \"{}\" in the list of objects", jsonpath::relaxed(path).unwrap_or_default()))
}

/// `None` where there are items and none of them has the field.
fn sorted<T>(path: &str, items: Vec<(Tree, T)>) -> Result<Option<Vec<T>>, Stop> {
    let relaxed = jsonpath::relaxed(path).map_err(Stop::error)?;
    let template = jsonpath::Template::parse(&relaxed).map_err(Stop::error)?;
    let mut keyed: Vec<(Option<Tree>, T)> =
        items.into_iter().map(|(object, item)| (template.find(&object, false).unwrap_or_default().into_iter().next(), item)).collect();
    if !keyed.is_empty() && keyed.iter().all(|(key, _)| key.is_none()) {
        return Ok(None);
    }
    keyed.sort_by(|(a, _), (b, _)| compared(a.as_ref(), b.as_ref()));
    Ok(Some(keyed.into_iter().map(|(_, item)| item).collect()))
}

fn compared(a: Option<&Tree>, b: Option<&Tree>) -> Ordering {
    match (a, b) {
        (Some(Tree::Int(a)), Some(Tree::Int(b))) => a.cmp(b),
        (Some(Tree::Text(a)), Some(Tree::Text(b))) => match (Quantity::parse(a), Quantity::parse(b)) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => natural(a, b),
        },
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

/// `web-2` before `web-10`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let number = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (x, y) = (number(a), number(b));
        if x > 0 && y > 0 {
            let (left, right) = (a[..x].trim_start_matches('0'), b[..y].trim_start_matches('0'));
            let order = left.len().cmp(&right.len()).then_with(|| left.cmp(right));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (&a[x..], &b[y..]);
            continue;
        }
        let (mut left, mut right) = (a.chars(), b.chars());
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (x, y) if x != y => return x.cmp(&y),
            _ => (a, b) = (left.as_str(), right.as_str()),
        }
    }
}
