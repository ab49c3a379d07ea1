//! Pod addresses of one node, given out in turn from its range (as CNI's host-local plugin does).
use crate::network::{Mtu, Plugin};
use objects::Text;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct Addresses {
    /// Whose configuration the node has; of two, the first by file name, and the other one.
    pub plugin: Plugin,
    pub beside: Plugin,
    /// How long the packets of its interfaces may be.
    pub mtu: Mtu,
    /// Network address and size of the range; none until the node has one.
    range: Option<(u32, u32)>,
    last: u32,
    /// Offset in the range -> Pod uid, and the other way round.
    taken: BTreeMap<u32, Text>,
    of: BTreeMap<Text, u32>,
}

impl Default for Addresses {
    fn default() -> Addresses {
        Addresses {
            plugin: Plugin::default(),
            beside: Plugin::None,
            mtu: Mtu::default(),
            range: None,
            last: 0,
            taken: BTreeMap::new(),
            of: BTreeMap::new(),
        }
    }
}

impl Addresses {
    /// A plugin's configuration comes.
    pub fn plug(&mut self, plugin: Plugin) {
        if plugin != self.plugin && plugin != self.beside {
            let other = self.plugin.max(plugin);
            (self.plugin, self.beside) = (self.plugin.min(plugin), if other == Plugin::None { self.beside } else { other });
        }
    }

    /// A plugin's configuration goes.
    pub fn unplug(&mut self, plugin: Plugin) {
        if self.plugin == plugin {
            self.plugin = self.beside;
            self.beside = Plugin::None;
        } else if self.beside == plugin {
            self.beside = Plugin::None;
        }
    }

    /// Takes `10.240.0.0/16` as the range. Addresses already given stay.
    pub fn set_range(&mut self, cidr: &str) {
        if self.range.is_none() {
            self.range = parse(cidr);
            self.last = 1;
        }
    }

    /// Whether Pods can be given addresses: there is a plugin, and the node has a range.
    pub fn is_ready(&self) -> bool {
        self.plugin != Plugin::None && self.range.is_some()
    }

    /// The next free address; the first two and the last of the range are not for Pods.
    pub fn take(&mut self, uid: &Text) -> Option<Text> {
        let (base, size) = self.range?;
        for step in 1..size {
            let offset = (self.last + step) % size;
            if offset > 1 && offset < size - 1 && !self.taken.contains_key(&offset) {
                self.last = offset;
                self.release(uid);
                self.taken.insert(offset, uid.clone());
                self.of.insert(uid.clone(), offset);
                return Some(written(base + offset));
            }
        }
        None
    }

    /// The Pod that has `address`: `None` where it is outside the range, `Some(None)` where nobody has it.
    pub fn owner(&self, address: u32) -> Option<Option<&Text>> {
        let (base, size) = self.range?;
        let offset = address.wrapping_sub(base);
        (offset < size).then(|| self.taken.get(&offset))
    }

    /// The first and the last address of the range.
    pub fn span(&self) -> Option<(u32, u32)> {
        self.range.map(|(base, size)| (base, base + (size - 1)))
    }

    /// The range as `10.244.1.0/24`, where it holds `address`.
    pub fn range_of(&self, address: u32) -> Option<String> {
        let (base, size) = self.range?;
        (address.wrapping_sub(base) < size).then(|| format!("{}/{}", written(base), 32 - size.trailing_zeros()))
    }

    /// What was taken for one uid belongs to another from now on.
    pub fn rename(&mut self, old: &str, uid: &Text) {
        let Some(offset) = self.of.remove(old) else { return };
        self.taken.insert(offset, uid.clone());
        self.of.insert(uid.clone(), offset);
    }

    /// Gives a Pod's address back.
    pub fn release(&mut self, uid: &str) {
        if let Some(offset) = self.of.remove(uid) {
            self.taken.remove(&offset);
        }
    }
}

fn parse(cidr: &str) -> Option<(u32, u32)> {
    let (address, bits) = cidr.split_once('/')?;
    let mut base = 0_u32;
    for part in address.split('.') {
        base = (base << 8) | u32::from(part.parse::<u8>().ok()?);
    }
    let bits: u32 = bits.parse().ok()?;
    (1..=30).contains(&bits).then(|| (base, 1 << (32 - bits)))
}

fn written(address: u32) -> Text {
    let [a, b, c, d] = address.to_be_bytes();
    Text::from(format!("{a}.{b}.{c}.{d}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_go_round_and_no_two_pods_share_one() {
        let mut addresses = Addresses::default();
        assert_eq!(addresses.take(&Text::new("a")), None);
        addresses.set_range("10.240.0.0/29");
        let given: Vec<Text> = (0..5).filter_map(|pod| addresses.take(&Text::from(pod.to_string()))).collect();
        assert_eq!(given, ["10.240.0.2", "10.240.0.3", "10.240.0.4", "10.240.0.5", "10.240.0.6"]);
        assert_eq!(addresses.take(&Text::new("full")), None);
        addresses.release("1");
        assert_eq!(addresses.take(&Text::new("next")).as_deref(), Some("10.240.0.3"));
    }
}
