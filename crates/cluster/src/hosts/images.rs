//! One list of images for a server's tools and its kubelet: what either pulls, the other has.
use crate::world::World;
use objects::Text;
use std::sync::Arc;

impl World {
    /// Brings a server's list to what its kubelet has. Only who looks at the list needs it.
    pub(super) fn show_images(&mut self, host: usize) {
        let given = !self.began_bare();
        let Some(kubelet) = self.kubelet_of(host) else { return };
        let Some(machine) = self.fleet.machines.get(&host) else { return };
        let more: Vec<Text> = kubelet.images(given).into_iter().filter(|name| !machine.has_image(name)).collect();
        if more.is_empty() {
            return;
        }
        let mut machine = machine.clone();
        Arc::make_mut(&mut machine.images).extend(more);
        // What is shown is no change from outside.
        self.fleet_mut().machines.insert(host, machine);
    }

    /// Images came to a server's list, or left it, by its own tools.
    pub(super) fn images_changed(&mut self, host: usize, came: &[Text], left: &[Text]) {
        let Some(kubelet) = self.kubelet_at(host) else { return };
        came.iter().for_each(|name| kubelet.add_image(name));
        left.iter().for_each(|name| kubelet.remove_image(name));
    }
}
