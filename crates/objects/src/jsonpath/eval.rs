//! Follows JSONPath through trees.
use super::{Compare, Operand, Part, Step, printed};
use crate::{Map, Tree};
use std::cmp::Ordering;

/// `strict`: a field that nothing has is an error.
pub fn render(parts: &[Part], tree: &Tree, strict: bool, out: &mut String) -> Result<(), String> {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Path(steps) => {
                let found: Vec<String> = follow(steps, tree, strict)?.into_iter().map(printed).collect();
                out.push_str(&found.join(" "));
            }
            Part::Range(steps, body) => {
                for each in follow(steps, tree, strict)? {
                    render(body, each, strict, out)?;
                }
            }
        }
    }
    Ok(())
}

pub fn collect(parts: &[Part], tree: &Tree, strict: bool, found: &mut Vec<Tree>) -> Result<(), String> {
    for part in parts {
        match part {
            Part::Text(text) => found.push(Tree::from(text.as_str())),
            Part::Path(steps) => found.extend(follow(steps, tree, strict)?.into_iter().cloned()),
            Part::Range(steps, body) => {
                for each in follow(steps, tree, strict)? {
                    collect(body, each, strict, found)?;
                }
            }
        }
    }
    Ok(())
}

fn follow<'a>(steps: &'a [Step], tree: &'a Tree, strict: bool) -> Result<Vec<&'a Tree>, String> {
    let mut here = vec![tree];
    for step in steps {
        let mut next = Vec::new();
        if let Step::Union(paths) = step {
            // One path after the other, each over all that stands here.
            for path in paths {
                for tree in &here {
                    next.extend(follow(path, tree, strict)?);
                }
            }
        } else {
            for tree in here {
                take(step, tree, &mut next)?;
            }
        }
        if let (true, true, Step::Field(name)) = (strict, next.is_empty(), step) {
            return Err(format!("{name} is not found"));
        }
        here = next;
    }
    Ok(here)
}

fn take<'a>(step: &'a Step, tree: &'a Tree, found: &mut Vec<&'a Tree>) -> Result<(), String> {
    match step {
        Step::Field(name) => found.extend(tree.as_map().and_then(|map| map.get(name))),
        Step::Wildcard => children(tree, found),
        Step::Recursive => descend(tree, found),
        Step::Index(_) | Step::Slice(..) => slice(step, tree, found)?,
        Step::Literal(value) => found.push(value),
        Step::Word(name) => {
            return Err(if name == "end" { "not in range, nothing to end".into() } else { format!("unrecognized identifier {name}") });
        }
        // Each of its paths goes over all that stands here (`follow`).
        Step::Union(_) => {}
        Step::Filter(left, compare, right) => {
            let Tree::List(items) = tree else { return Err(format!("{} is not array or slice and cannot be filtered", described(tree))) };
            for item in items.iter() {
                if holds(left, compare, right, item)? {
                    found.push(item);
                }
            }
        }
    }
    Ok(())
}

fn children<'a>(tree: &'a Tree, found: &mut Vec<&'a Tree>) {
    found.extend(tree.items());
    found.extend(tree.as_map().into_iter().flat_map(Map::iter).map(|(_, value)| value));
}

/// The value itself and everything inside it.
fn descend<'a>(tree: &'a Tree, found: &mut Vec<&'a Tree>) {
    found.push(tree);
    let mut inner = Vec::new();
    children(tree, &mut inner);
    inner.into_iter().for_each(|tree| descend(tree, found));
}

/// The type of a value in Go's words.
pub fn type_of(tree: &Tree) -> &'static str {
    match tree {
        Tree::Null => "interface {}",
        Tree::Bool(_) => "bool",
        Tree::Int(_) => "int64",
        Tree::Float(_) => "float64",
        Tree::Text(_) => "string",
        Tree::List(_) => "[]interface {}",
        Tree::Map(_) => "map[string]interface {}",
    }
}

/// As Go prints a value with `%v`.
fn described(tree: &Tree) -> String {
    match tree {
        Tree::Map(map) => {
            let entries: Vec<String> = map.iter().map(|(key, value)| format!("{key}:{}", described(value))).collect();
            format!("map[{}]", entries.join(" "))
        }
        Tree::List(items) => format!("[{}]", items.iter().map(described).collect::<Vec<_>>().join(" ")),
        other => printed(other),
    }
}

/// An index is a part of length one. Bounds that no list has are errors, unless nothing is asked for.
fn slice<'a>(step: &Step, tree: &'a Tree, found: &mut Vec<&'a Tree>) -> Result<(), String> {
    let items = match tree {
        Tree::List(items) => items.as_slice(),
        Tree::Null => return Ok(()),
        other => return Err(format!("{} is not array or slice", type_of(other))),
    };
    let length = items.len() as i64;
    let from_end = |at: i64| if at < 0 { at + length } else { at };
    let (from, to, step) = match *step {
        Step::Index(at) => (from_end(at), from_end(at) + 1, 1),
        Step::Slice(from, to, step) => (from_end(from.unwrap_or(0)), from_end(to.unwrap_or(length)), step),
        _ => return Ok(()),
    };
    if from == to {
        return Ok(());
    }
    let outside = |at: i64| Err(format!("array index out of bounds: index {at}, length {length}"));
    if !(0..length).contains(&from) {
        return outside(from);
    }
    if !(0..=length).contains(&to) {
        return outside(to - 1);
    }
    if from > to {
        return Err(format!("starting index {from} is greater than ending index {to}"));
    }
    if step <= 0 {
        return Err("step must be > 0".into());
    }
    found.extend(items[from as usize..to as usize].iter().step_by(step as usize));
    Ok(())
}

fn holds(left: &Operand, compare: &Compare, right: &Operand, item: &Tree) -> Result<bool, String> {
    let left = values(left, item)?;
    if *compare == Compare::Exists {
        return Ok(!left.is_empty());
    }
    let right = values(right, item)?;
    let (Some(a), Some(b)) = (left.first(), right.first()) else { return Ok(false) };
    if left.len() > 1 || right.len() > 1 {
        return Err("can only compare one element at a time".into());
    }
    if let Compare::Unknown(sign) = compare {
        return Err(format!("unrecognized filter operator {sign}"));
    }
    let order = order(a, b)?;
    Ok(match compare {
        Compare::Equal => order == Some(Ordering::Equal),
        Compare::NotEqual => order != Some(Ordering::Equal),
        Compare::Less => order == Some(Ordering::Less),
        Compare::Greater => order == Some(Ordering::Greater),
        Compare::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Compare::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Compare::Exists | Compare::Unknown(_) => true,
    })
}

fn values(operand: &Operand, item: &Tree) -> Result<Vec<Tree>, String> {
    match operand {
        Operand::Literal(value) => Ok(vec![value.clone()]),
        Operand::Path(steps) => Ok(follow(steps, item, false)?.into_iter().cloned().collect()),
    }
}

fn order(a: &Tree, b: &Tree) -> Result<Option<Ordering>, String> {
    Ok(match (a, b) {
        (Tree::Text(a), Tree::Text(b)) => Some(a.cmp(b)),
        (Tree::Int(a), Tree::Int(b)) => Some(a.cmp(b)),
        (Tree::Bool(a), Tree::Bool(b)) => (a == b).then_some(Ordering::Equal),
        (Tree::Int(_) | Tree::Float(_), Tree::Int(_) | Tree::Float(_)) => float(a).partial_cmp(&float(b)),
        _ => return Err("incompatible types for comparison".into()),
    })
}

fn float(tree: &Tree) -> f64 {
    match tree {
        Tree::Int(number) => *number as f64,
        Tree::Float(number) => *number,
        _ => 0.0,
    }
}
