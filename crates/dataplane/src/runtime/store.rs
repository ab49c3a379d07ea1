//! The images that a node has on its disk.
use crate::images::{Catalog, Image, Lookup, normalised};
use objects::{Text, Tree, list, map};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct Store {
    images: BTreeMap<Text, Arc<Image>>,
}

impl Store {
    /// What every node has from the start.
    pub fn preset(catalog: &Catalog, more: &[Text]) -> Store {
        let mut store = Store { images: catalog.present().map(|image| (normalised(&image.name), image.clone())).collect() };
        for name in more {
            if let Lookup::Found(image) = catalog.lookup(name) {
                store.insert(image);
            }
        }
        store
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Image>> {
        self.images.get(&normalised(name))
    }

    pub fn insert(&mut self, image: Arc<Image>) {
        self.images.insert(normalised(&image.name), image);
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
