//! The network plugin of a node, as the kubelet hears of it from the runtime.
use crate::kubelet::Kubelet;
use crate::network::{Mtu, Plugin};
use apiserver::client::Effects;
use simcore::{Duration, Time};

impl Kubelet {
    /// A network plugin's configuration is written to `/etc/cni/net.d`, with the lengths of its packets. The kubelet notices
    /// by itself.
    pub fn install_network(&mut self, now: Time, plugin: Plugin, mtu: Mtu, fx: &mut Effects) {
        let before = self.addresses.is_ready();
        self.addresses.plug(plugin);
        if self.addresses.plugin == plugin {
            self.addresses.mtu = mtu;
        }
        if self.is_running() && !before && self.addresses.is_ready() {
            self.registration.network_came(now);
        }
        self.settle(now, fx);
    }

    /// The configuration is taken away. What the runtime says is asked for again after a while.
    pub fn remove_network(&mut self, now: Time, plugin: Plugin, after: Duration, fx: &mut Effects) {
        self.addresses.unplug(plugin);
        self.registration.status_at = self.registration.status_at.min(now + after);
        self.settle(now, fx);
    }

    /// The plugin that counts: of several the first by its file's name.
    pub fn network(&self) -> Plugin {
        self.addresses.plugin
    }

    /// All plugins whose configuration is there.
    pub fn networks(&self) -> [Plugin; 2] {
        [self.addresses.plugin, self.addresses.beside]
    }

    /// Somebody sets the overlay's device to another length.
    pub fn set_tunnel_mtu(&mut self, bytes: u32) {
        self.addresses.mtu.tunnel = bytes;
    }

    /// How long packets of the plugin's interfaces may be.
    pub fn mtu(&self) -> Mtu {
        self.addresses.mtu
    }
}
