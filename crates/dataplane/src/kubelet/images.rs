//! The images on a node's disk, as its runtime's own tools see and change them.
use crate::images::{Lookup, normalised};
use crate::kubelet::Kubelet;
use objects::Text;

impl Kubelet {
    /// The images that the runtime has, by name. Without `given` those that every node has from the start stand there only
    /// once a container was made from them.
    pub fn images(&self, given: bool) -> Vec<Text> {
        let used = |name: &str| {
            let mut all = self.sandboxes.values().flat_map(|sandbox| &sandbox.slots).filter_map(|slot| slot.current.as_ref());
            all.any(|container| normalised(&container.image) == name)
        };
        let shown = self.store.all().filter(|(image, fetched)| given || *fetched || used(&normalised(&image.name)));
        shown.map(|(image, _)| image.name.clone()).collect()
    }

    /// Somebody pulled an image by hand: the kubelet need not.
    pub fn add_image(&mut self, name: &str) {
        if let Lookup::Found(image) = self.catalog.lookup(name)
            && self.store.get(name).is_none()
        {
            self.store.insert(image);
        }
    }

    /// Somebody removed an image: the next container pulls it again.
    pub fn remove_image(&mut self, name: &str) {
        self.store.remove(name);
    }
}
