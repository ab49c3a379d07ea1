//! A Pod as the runtime has it: a network place, and containers in it.
use crate::runtime::Container;
use objects::Text;
use simcore::Time;

/// A container's place in its Pod: the one now, and the one before.
#[derive(Clone, Debug)]
pub struct Slot {
    pub name: Text,
    pub current: Option<Container>,
    pub previous: Option<Container>,
}

#[derive(Clone, Debug)]
pub struct Sandbox {
    pub namespace: Text,
    pub name: Text,
    pub hostname: Text,
    pub ip: Text,
    /// False once it is torn down or the machine lost power.
    pub ready: bool,
    pub slots: Vec<Slot>,
}

impl Sandbox {
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.name == name)
    }

    /// The place for `name`, made when it is new.
    pub fn slot_mut(&mut self, name: &str) -> &mut Slot {
        let at = self.slots.iter().position(|slot| slot.name == name).unwrap_or_else(|| {
            self.slots.push(Slot { name: Text::new(name), current: None, previous: None });
            self.slots.len() - 1
        });
        &mut self.slots[at]
    }

    pub fn container(&self, name: &str) -> Option<&Container> {
        self.slot(name)?.current.as_ref()
    }

    pub fn container_mut(&mut self, name: &str) -> Option<&mut Container> {
        self.slots.iter_mut().find(|slot| slot.name == name)?.current.as_mut()
    }

    pub fn containers(&self) -> impl Iterator<Item = &Container> {
        self.slots.iter().filter_map(|slot| slot.current.as_ref())
    }

    pub fn containers_mut(&mut self) -> impl Iterator<Item = &mut Container> {
        self.slots.iter_mut().filter_map(|slot| slot.current.as_mut())
    }

    pub fn any_running(&self) -> bool {
        self.containers().any(Container::is_running)
    }

    /// Lets all processes run up to `now`. Says whether one ended.
    pub fn advance(&mut self, now: Time) -> bool {
        let hostname = self.hostname.clone();
        let nobody = |_: &str, _: u16, _: &str| None;
        let mut ended = false;
        for container in self.containers_mut() {
            ended |= container.advance(now, &hostname, &nobody);
        }
        ended
    }

    pub fn next(&self) -> Option<Time> {
        self.containers().filter_map(Container::next).min()
    }

    /// A GET to one of its ports; `None` where nobody listens.
    pub fn get(&self, now: Time, port: u16, path: &str) -> Option<(u16, Text, simcore::Duration)> {
        let container = self.containers().find(|container| container.listens(now, port))?;
        Some(container.answer(path, &self.hostname))
    }

    pub fn listens(&self, now: Time, port: u16) -> bool {
        self.containers().any(|container| container.listens(now, port))
    }
}
