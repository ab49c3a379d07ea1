//! The images that a node has on its disk.
use crate::images::{Catalog, Image, Lookup, normalised};
use objects::{Text, Tree, list, map};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct Store {
    images: BTreeMap<Text, Arc<Image>>,
    /// Those that it was not made with.
    fetched: BTreeSet<Text>,
}

impl Store {
    /// What every node has from the start.
    pub fn preset(catalog: &Catalog, more: &[Text]) -> Store {
        let mut images: BTreeMap<Text, Arc<Image>> = catalog.present().map(|image| (normalised(&image.name), image.clone())).collect();
        for name in more {
            if let Lookup::Found(image) = catalog.lookup(name) {
                images.insert(normalised(&image.name), image);
            }
        }
        Store { images, fetched: BTreeSet::new() }
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Image>> {
        self.images.get(&normalised(name))
    }

    pub fn insert(&mut self, image: Arc<Image>) {
        let name = normalised(&image.name);
        self.fetched.insert(name.clone());
        self.images.insert(name, image);
    }

    pub fn remove(&mut self, name: &str) {
        let name = normalised(name);
        self.images.remove(&name);
        self.fetched.remove(&name);
    }

    /// All of them, and whether each was pulled since.
    pub fn all(&self) -> impl Iterator<Item = (&Arc<Image>, bool)> {
        self.images.iter().map(|(name, image)| (image, self.fetched.contains(name)))
    }

    /// `status.images` of a Node: the largest first, at most 50.
    pub fn listed(&self) -> Tree {
        let mut images: Vec<&Arc<Image>> = self.images.values().collect();
        images.sort_by(|a, b| b.size_bytes.cmp(&a.size_bytes).then_with(|| a.name.cmp(&b.name)));
        let shown = images.iter().take(50).map(|image| {
            let repository = image.name.rsplit_once(':').map_or(image.name.as_str(), |(repository, _)| repository);
            map! {"names": list![format!("{repository}@{}", image.digest), &image.name], "sizeBytes": image.size_bytes as i64}
        });
        Tree::from(shown.collect::<Vec<Tree>>())
    }
}
