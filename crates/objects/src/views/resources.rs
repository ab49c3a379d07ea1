//! Sums of amounts by resource name.
use crate::{Quantity, Text, Tree};

/// Amounts by resource (`cpu`, `memory`, `pods`, …), sorted by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resources(Vec<(Text, Quantity)>);

impl Resources {
    /// Reads a map such as `resources.requests` or `status.allocatable`.
    pub fn of(map: &Tree) -> Resources {
        Resources(map.entries().map(|(name, amount)| (name.clone(), Quantity::of(amount))).collect())
    }

    /// The amount; zero where there is none.
    pub fn get(&self, name: &str) -> Quantity {
        self.find(name).map_or(Quantity::ZERO, |at| self.0[at].1)
    }

    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Text, Quantity)> {
        self.0.iter().map(|(name, amount)| (name, *amount))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn set(&mut self, name: &str, amount: Quantity) {
        match self.0.binary_search_by(|(n, _)| n.as_str().cmp(name)) {
            Ok(at) => self.0[at].1 = amount,
            Err(at) => self.0.insert(at, (Text::new(name), amount)),
        }
    }

    /// Adds each amount of `other`.
    pub fn add(&mut self, other: &Resources) {
        for (name, amount) in other.iter() {
            self.set(name, self.get(name).plus(amount));
        }
    }

    pub fn subtract(&mut self, other: &Resources) {
        for (name, amount) in other.iter() {
            self.set(name, self.get(name).minus(amount));
        }
    }

    /// Raises each amount to that of `other` where that is larger.
    pub fn raise_to(&mut self, other: &Resources) {
        for (name, amount) in other.iter() {
            if amount > self.get(name) || !self.has(name) {
                self.set(name, amount);
            }
        }
    }

    /// As a map of canonical amounts.
    pub fn to_tree(&self) -> Tree {
        Tree::from(self.0.iter().map(|(name, amount)| (name.clone(), Tree::from(amount.to_string()))).collect::<crate::Map>())
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.0.binary_search_by(|(n, _)| n.as_str().cmp(name)).ok()
    }
}
