//! A JSON value whose copies share their parts: a small edit copies only the path to it.
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::fmt;
use std::sync::Arc;

mod map;
mod text;

pub use map::Map;
pub use text::Text;

/// A JSON value. Lists and maps are shared between copies until written to.
#[derive(Clone, Default)]
pub enum Tree {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Text),
    List(Arc<Vec<Tree>>),
    Map(Map),
}

impl PartialEq for Tree {
    /// Shared parts are equal at a glance.
    fn eq(&self, other: &Tree) -> bool {
        match (self, other) {
            (Tree::Null, Tree::Null) => true,
            (Tree::Bool(mine), Tree::Bool(theirs)) => mine == theirs,
            (Tree::Int(mine), Tree::Int(theirs)) => mine == theirs,
            (Tree::Float(mine), Tree::Float(theirs)) => mine == theirs,
            (Tree::Text(mine), Tree::Text(theirs)) => mine == theirs,
            (Tree::List(mine), Tree::List(theirs)) => Arc::ptr_eq(mine, theirs) || mine == theirs,
            (Tree::Map(mine), Tree::Map(theirs)) => mine == theirs,
            _ => false,
        }
    }
}

impl Tree {
    /// About how many bytes it takes as JSON, without escapes.
    pub fn bytes(&self) -> u32 {
        match self {
            Tree::Null | Tree::Bool(_) => 5,
            Tree::Int(_) | Tree::Float(_) => 4,
            Tree::Text(text) => text.len() as u32 + 2,
            Tree::List(items) => items.iter().map(|item| item.bytes() + 1).sum::<u32>() + 2,
            Tree::Map(map) => map.iter().map(|(key, value)| key.len() as u32 + 4 + value.bytes()).sum::<u32>() + 2,
        }
    }

    /// How many more bytes than `before` it takes; parts that both share are not looked into.
    pub fn grown(&self, before: &Tree) -> i64 {
        let alone = |tree: &Tree| i64::from(tree.bytes());
        let entry = |(key, value): &(Text, Tree)| key.len() as i64 + 4 + alone(value);
        match (self, before) {
            (Tree::Map(mine), Tree::Map(theirs)) if mine.same(theirs) => 0,
            (Tree::List(mine), Tree::List(theirs)) if Arc::ptr_eq(mine, theirs) => 0,
            (Tree::Map(mine), Tree::Map(theirs)) => {
                let (mut old, mut more) = (theirs.pairs().iter().peekable(), 0);
                for new in mine.pairs() {
                    while let Some(gone) = old.next_if(|old| old.0 < new.0) {
                        more -= entry(gone);
                    }
                    more += old.next_if(|old| old.0 == new.0).map_or_else(|| entry(new), |old| new.1.grown(&old.1));
                }
                more - old.map(entry).sum::<i64>()
            }
            (Tree::List(mine), Tree::List(theirs)) => {
                let both = mine.len().min(theirs.len());
                let beyond = |list: &[Tree]| list[both..].iter().map(|item| alone(item) + 1).sum::<i64>();
                mine.iter().zip(theirs.iter()).map(|(new, old)| new.grown(old)).sum::<i64>() + beyond(mine) - beyond(theirs)
            }
            _ => alone(self) - alone(before),
        }
    }

    /// The value under `key` of a map; `Null` for anything else, so that lookups chain.
    pub fn get(&self, key: &str) -> &Tree {
        const NOTHING: &Tree = &Tree::Null;
        match self {
            Tree::Map(map) => map.get(key).unwrap_or(NOTHING),
            _ => NOTHING,
        }
    }

    /// Follows keys: `pod.at(&["status", "phase"])`.
    pub fn at(&self, path: &[&str]) -> &Tree {
        path.iter().fold(self, |tree, key| tree.get(key))
    }

    /// Whether a map has `key`, even with a null under it.
    pub fn has(&self, key: &str) -> bool {
        matches!(self, Tree::Map(map) if map.get(key).is_some())
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Tree::Null)
    }

    /// Null, or an empty map, list or text.
    pub fn is_empty(&self) -> bool {
        match self {
            Tree::Null => true,
            Tree::Map(map) => map.is_empty(),
            Tree::List(list) => list.is_empty(),
            Tree::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    /// The text, or "" for anything else.
    pub fn text(&self) -> &str {
        match self {
            Tree::Text(text) => text,
            _ => "",
        }
    }

    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            Tree::Int(number) => Some(*number),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Tree::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, or `default` for anything else.
    pub fn int_or(&self, default: i64) -> i64 {
        self.as_int().unwrap_or(default)
    }

    /// Whether this is `true`.
    pub fn is_true(&self) -> bool {
        matches!(self, Tree::Bool(true))
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Tree] {
        match self {
            Tree::List(list) => list,
            _ => &[],
        }
    }

    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Tree::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The entries of a map in key order; none for anything else.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (&Text, &Tree)> {
        self.as_map().into_iter().flat_map(Map::iter)
    }

    /// The map to write into; anything else becomes an empty map first.
    pub fn map_mut(&mut self) -> &mut Map {
        if !matches!(self, Tree::Map(_)) {
            *self = Tree::Map(Map::default());
        }
        match self {
            Tree::Map(map) => map,
            _ => unreachable!("made a map above"),
        }
    }

    /// The list to write into; anything else becomes an empty list first.
    pub fn list_mut(&mut self) -> &mut Vec<Tree> {
        if !matches!(self, Tree::List(_)) {
            *self = Tree::List(Arc::default());
        }
        match self {
            Tree::List(list) => Arc::make_mut(list),
            _ => unreachable!("made a list above"),
        }
    }

    /// The place at `path`, making maps on the way.
    pub fn edit(&mut self, path: &[&str]) -> &mut Tree {
        path.iter().fold(self, |tree, key| tree.map_mut().entry(key))
    }

    /// Puts `value` at `path`, making maps on the way.
    pub fn set(&mut self, path: &[&str], value: impl Into<Tree>) {
        *self.edit(path) = value.into();
    }

    /// Takes away what stands at `path`. Touches nothing where the path ends early.
    pub fn remove(&mut self, path: &[&str]) -> Option<Tree> {
        let (last, parents) = path.split_last()?;
        if !self.at(parents).has(last) {
            return None;
        }
        self.edit(parents).map_mut().remove(last)
    }

    /// Whether both are the very same shared part; a quick "surely equal".
    pub fn same(&self, other: &Tree) -> bool {
        match (self, other) {
            (Tree::Map(a), Tree::Map(b)) => a.same(b),
            (Tree::List(a), Tree::List(b)) => Arc::ptr_eq(a, b),
            _ => self == other,
        }
    }

    /// Takes over the parts of `other` that say the same, so that both are kept once. What it says does not change.
    pub fn share(&mut self, other: &Tree) {
        if self.same(other) && !matches!(self, Tree::Text(_)) {
            return;
        }
        if *self == *other {
            *self = other.clone();
            return;
        }
        match (self, other) {
            (Tree::Map(mine), Tree::Map(theirs)) => {
                for (key, value) in mine.pairs_mut() {
                    if let Some(other) = theirs.get(key) {
                        value.share(other);
                    }
                }
            }
            (Tree::List(mine), Tree::List(theirs)) => {
                for (value, other) in Arc::make_mut(mine).iter_mut().zip(theirs.iter()) {
                    value.share(other);
                }
            }
            _ => {}
        }
    }

    /// Reads JSON text.
    pub fn from_json(text: &str) -> Result<Tree, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Compact JSON with sorted keys, as Go's encoder writes it.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        crate::json::write(self, &mut out);
        out
    }
}

/// A map written as `map! {"a": 1, "b": value}`. Keys that stand in order need no sorting: so do those that are made often.
#[macro_export]
macro_rules! map {
    () => { $crate::Tree::from($crate::Map::default()) };
    ($($key:literal : $value:expr),+ $(,)?) => {
        $crate::Tree::from($crate::Map::of(&mut [$(($crate::Text::new_static($key), $crate::Tree::from($value))),+]))
    };
}

/// A list written as `list![a, b]`.
#[macro_export]
macro_rules! list {
    ($($value:expr),* $(,)?) => { $crate::Tree::from(vec![$($crate::Tree::from($value)),*]) };
}

impl From<Map> for Tree {
    fn from(map: Map) -> Tree {
        Tree::Map(map)
    }
}
impl From<Vec<Tree>> for Tree {
    fn from(list: Vec<Tree>) -> Tree {
        Tree::List(Arc::new(list))
    }
}
impl From<&str> for Tree {
    fn from(text: &str) -> Tree {
        Tree::Text(Text::new(text))
    }
}
impl From<String> for Tree {
    fn from(text: String) -> Tree {
        Tree::Text(Text::from(text))
    }
}
impl From<Text> for Tree {
    fn from(text: Text) -> Tree {
        Tree::Text(text)
    }
}
impl From<&Text> for Tree {
    fn from(text: &Text) -> Tree {
        Tree::Text(text.clone())
    }
}
impl From<&Tree> for Tree {
    fn from(tree: &Tree) -> Tree {
        tree.clone()
    }
}
impl From<bool> for Tree {
    fn from(value: bool) -> Tree {
        Tree::Bool(value)
    }
}
impl From<i64> for Tree {
    fn from(number: i64) -> Tree {
        Tree::Int(number)
    }
}
impl From<i32> for Tree {
    fn from(number: i32) -> Tree {
        Tree::Int(i64::from(number))
    }
}
impl From<u32> for Tree {
    fn from(number: u32) -> Tree {
        Tree::Int(i64::from(number))
    }
}
impl From<usize> for Tree {
    fn from(number: usize) -> Tree {
        Tree::Int(number as i64)
    }
}
impl From<f64> for Tree {
    fn from(number: f64) -> Tree {
        Tree::Float(number)
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Tree::Null => serializer.serialize_unit(),
            Tree::Bool(value) => serializer.serialize_bool(*value),
            Tree::Int(number) => serializer.serialize_i64(*number),
            Tree::Float(number) => serializer.serialize_f64(*number),
            Tree::Text(text) => serializer.serialize_str(text),
            Tree::List(list) => {
                let mut seq = serializer.serialize_seq(Some(list.len()))?;
                list.iter().try_for_each(|item| seq.serialize_element(item))?;
                seq.end()
            }
            Tree::Map(map) => {
                let mut out = serializer.serialize_map(Some(map.len()))?;
                map.iter().try_for_each(|(key, value)| out.serialize_entry(key.as_str(), value))?;
                out.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tree, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Tree;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
                Ok(Tree::Bool(value))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
                Ok(Tree::Int(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
                Ok(i64::try_from(number).map_or(Tree::Float(number as f64), Tree::Int))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
                Ok(Tree::Float(number))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Tree, E> {
                Ok(Tree::from(text))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = seq.next_element()? {
                    list.push(item);
                }
                Ok(Tree::from(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
                let mut all: Vec<(Text, Tree)> = Vec::new();
                while let Some((key, value)) = entries.next_entry::<Text, Tree>()? {
                    all.push((key, value));
                }
                Ok(Tree::from(all.into_iter().collect::<Map>()))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_leaves_older_copies_and_shared_parts_alone() {
        let first = Tree::from_json(r#"{"b":{"c":[1,2]},"a":{"x":true}}"#).unwrap();
        let mut second = first.clone();
        second.set(&["b", "d"], "new");
        assert_eq!(first.to_json(), r#"{"a":{"x":true},"b":{"c":[1,2]}}"#);
        assert_eq!(second.to_json(), r#"{"a":{"x":true},"b":{"c":[1,2],"d":"new"}}"#);
        assert!(first.get("a").same(second.get("a")));
        assert!(first.at(&["b", "c"]).same(second.at(&["b", "c"])));
    }

    #[test]
    fn equal_is_what_says_the_same_shared_or_not() {
        let one = Tree::from_json(r#"{"a":[1,true,null,"x",1.5],"b":{}}"#).unwrap();
        assert_eq!(one, one.clone());
        assert_eq!(one, Tree::from_json(&one.to_json()).unwrap());
        for other in [r#"{"a":[1,true,null,"x",1.5]}"#, r#"{"a":[1,true,null,"x",2.5],"b":{}}"#, r#"{"a":{},"b":{}}"#, "null"] {
            assert_ne!(one, Tree::from_json(other).unwrap());
        }
    }

    #[test]
    fn sharing_changes_nothing_but_the_memory() {
        let kept = Tree::from_json(r#"{"a":{"x":[1,2]},"b":{"c":1},"l":[{"k":1},{"k":2}]}"#).unwrap();
        let mut mine = Tree::from_json(r#"{"a":{"x":[1,2]},"b":{"c":2},"l":[{"k":1},{"k":3}]}"#).unwrap();
        let before = mine.to_json();
        mine.share(&kept);
        assert_eq!(mine.to_json(), before);
        assert!(mine.get("a").same(kept.get("a")));
        assert!(matches!((&mine.get("l").items()[0], &kept.get("l").items()[0]), (Tree::Map(a), Tree::Map(b)) if a.same(b)));
    }

    #[test]
    fn what_a_change_adds_is_the_difference_of_both_sizes() {
        let texts = [
            r#"{"a":{"x":true},"b":[1,{"c":"long"}],"d":null}"#,
            r#"{"a":{"x":"yes","y":2},"b":[1],"e":{"f":[]}}"#,
            r#"{"b":{"c":1},"d":"was null"}"#,
            r#"{}"#,
            r#"[1,2]"#,
        ];
        let trees = texts.map(|text| Tree::from_json(text).unwrap());
        for (new, old) in trees.iter().flat_map(|new| trees.iter().map(move |old| (new, old))) {
            assert_eq!(new.grown(old), i64::from(new.bytes()) - i64::from(old.bytes()), "{new:?} after {old:?}");
        }
    }

    #[test]
    fn removing_an_absent_path_changes_nothing() {
        let mut tree = map! {"spec": map! {"replicas": 3}};
        assert_eq!(tree.remove(&["status", "replicas"]), None);
        assert_eq!(tree.remove(&["spec", "replicas"]), Some(Tree::Int(3)));
        assert_eq!(tree.to_json(), r#"{"spec":{}}"#);
    }
}
