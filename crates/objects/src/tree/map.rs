//! A map of a tree: few entries, sorted by key, in one shared block.
use super::{Text, Tree};
use std::cmp::Ordering;
use std::sync::Arc;

/// An entry.
type Entry = (Text, Tree);

/// Entries sorted by key, each key once: the order in which Kubernetes prints them. Copies share them until written to.
#[derive(Clone, Default)]
pub struct Map(Arc<[Entry]>);

/// Up to how many entries are looked through one by one.
const SMALL: usize = 24;

impl PartialEq for Map {
    /// Shared maps are equal at a glance.
    fn eq(&self, other: &Map) -> bool {
        self.same(other) || self.0 == other.0
    }
}

impl Map {
    /// Takes the entries out of `all`. The last of equal keys stands.
    pub fn of(all: &mut [Entry]) -> Map {
        if all.is_sorted_by(|a, b| a.0 < b.0) {
            return Map(all.iter_mut().map(std::mem::take).collect());
        }
        all.reverse();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        let mut all: Vec<Entry> = all.iter_mut().map(std::mem::take).collect();
        all.dedup_by(|later, earlier| later.0 == earlier.0);
        Map(Arc::from(all))
    }

    /// Whether both are the very same block.
    pub(super) fn same(&self, other: &Map) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn pairs(&self) -> &[Entry] {
        &self.0
    }

    pub(super) fn pairs_mut(&mut self) -> &mut [Entry] {
        Arc::make_mut(&mut self.0)
    }

    fn position(&self, key: &str) -> Option<usize> {
        // Maps are small: most keys are told apart by their length.
        if self.0.len() <= SMALL {
            return Text::position(self.0.iter().map(|(key, _)| key), key);
        }
        self.0.binary_search_by(|(k, _)| k.as_str().cmp(key)).ok()
    }

    /// Where `key` stands, or would.
    fn place(&self, key: &Text) -> Result<usize, usize> {
        self.0.binary_search_by(|(k, _)| k.cmp(key))
    }

    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.position(key).map(|at| &self.0[at].1)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        let at = self.position(key)?;
        Some(&mut self.pairs_mut()[at].1)
    }

    /// Puts `value` under `key` and returns what stood there.
    pub fn insert(&mut self, key: impl Into<Text>, value: impl Into<Tree>) -> Option<Tree> {
        self.put(key.into(), value.into())
    }

    fn put(&mut self, key: Text, value: Tree) -> Option<Tree> {
        match self.place(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.pairs_mut()[at].1, value)),
            Err(at) => {
                self.open(at, (key, value));
                None
            }
        }
    }

    /// The place for `key`, made as `Null` when absent.
    pub fn entry(&mut self, key: &str) -> &mut Tree {
        let at = self.position(key).unwrap_or_else(|| {
            let key = Text::new(key);
            let at = self.place(&key).unwrap_or_else(|at| at);
            self.open(at, (key, Tree::Null));
            at
        });
        &mut self.pairs_mut()[at].1
    }

    /// Maps are written rarely and kept for long: they take no more room than they need.
    fn open(&mut self, at: usize, entry: Entry) {
        let places = 0..=self.0.len();
        let mut entry = Some(entry);
        let block = match Arc::get_mut(&mut self.0) {
            Some(own) => places
                .map(|place| match place.cmp(&at) {
                    Ordering::Less => std::mem::take(&mut own[place]),
                    Ordering::Equal => entry.take().unwrap_or_default(),
                    Ordering::Greater => std::mem::take(&mut own[place - 1]),
                })
                .collect(),
            None => places
                .map(|place| match place.cmp(&at) {
                    Ordering::Less => self.0[place].clone(),
                    Ordering::Equal => entry.take().unwrap_or_default(),
                    Ordering::Greater => self.0[place - 1].clone(),
                })
                .collect(),
        };
        self.0 = block;
    }

    pub fn remove(&mut self, key: &str) -> Option<Tree> {
        let at = self.position(key)?;
        let rest = (0..self.0.len() - 1).map(|place| if place < at { place } else { place + 1 });
        let (gone, block) = match Arc::get_mut(&mut self.0) {
            Some(own) => (std::mem::take(&mut own[at].1), rest.map(|place| std::mem::take(&mut own[place])).collect()),
            None => (self.0[at].1.clone(), rest.map(|place| self.0[place].clone()).collect()),
        };
        self.0 = block;
        Some(gone)
    }

    pub fn retain(&mut self, mut keep: impl FnMut(&Text, &mut Tree) -> bool) {
        let own = self.pairs_mut();
        let mut kept = 0;
        for at in 0..own.len() {
            let (key, value) = &mut own[at];
            if keep(key, value) {
                own.swap(kept, at);
                kept += 1;
            }
        }
        if kept < own.len() {
            self.0 = own[..kept].iter_mut().map(std::mem::take).collect();
        }
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Text, &Tree)> + ExactSizeIterator {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &Text> {
        self.0.iter().map(|(key, _)| key)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<Text>, V: Into<Tree>> FromIterator<(K, V)> for Map {
    /// The last of equal keys stands.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Map {
        let mut all: Vec<Entry> = entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Map::of(&mut all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(map: &Map) -> String {
        Tree::from(map.clone()).to_json()
    }

    #[test]
    fn entries_come_and_go_in_the_order_of_their_keys() {
        let mut map = Map::default();
        for key in ["m", "a", "z", "terminationGracePeriodSeconds", "b"] {
            assert_eq!(map.insert(key, 1), None);
        }
        let before = map.clone();
        *map.entry("c") = Tree::from(2);
        assert_eq!(map.insert("a", 3), Some(Tree::Int(1)));
        assert_eq!((map.remove("z"), map.remove("y")), (Some(Tree::Int(1)), None));
        assert_eq!(written(&map), r#"{"a":3,"b":1,"c":2,"m":1,"terminationGracePeriodSeconds":1}"#);
        map.retain(|key, value| key != "b" && *value != Tree::Int(2));
        assert_eq!(written(&map), r#"{"a":3,"m":1,"terminationGracePeriodSeconds":1}"#);
        assert_eq!(written(&before), r#"{"a":1,"b":1,"m":1,"terminationGracePeriodSeconds":1,"z":1}"#);
    }

    #[test]
    fn every_entry_of_a_long_map_is_found() {
        let mut map: Map = (0..100).map(|number| (format!("k{number}"), number)).collect();
        *map.entry("l") = Tree::from(7);
        assert!((0..100).all(|number| map.get(&format!("k{number}")) == Some(&Tree::from(number))));
        assert_eq!((map.get("l"), map.get("k100"), map.len()), (Some(&Tree::Int(7)), None, 101));
    }

    #[test]
    fn the_last_of_equal_keys_stands_in_any_order() {
        let entries = [("z", 0), ("a", 1), ("a", 2)];
        assert_eq!(written(&entries.into_iter().collect()), r#"{"a":2,"z":0}"#);
    }
}
