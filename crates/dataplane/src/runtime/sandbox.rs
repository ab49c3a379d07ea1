//! A Pod as the runtime has it: a network place, and containers in it.
use crate::images::shell::Shell;
use crate::images::{Hearing, Line, Link, Scene};
use crate::network::dns::{Names, ResolvConf};
use crate::network::{Ask, Failure, Heard, MTU, Reply, What};
use crate::runtime::Container;
use objects::Text;
use simcore::{Duration, Time};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// A container's place in its Pod: the one now, and the one before.
#[derive(Clone, Debug)]
pub struct Slot {
    pub name: Text,
    pub current: Option<Container>,
    pub previous: Option<Box<Container>>,
}

#[derive(Clone, Debug)]
pub struct Sandbox {
    pub namespace: Text,
    pub name: Text,
    pub hostname: Text,
    pub ip: Text,
    /// The longest packet of its interface (bytes); `None` in the node's own network.
    pub mtu: Option<u16>,
    /// The length of its network's prefix, in bits.
    pub prefix: u8,
    /// False once it is torn down or the machine lost power.
    pub ready: bool,
    pub slots: Vec<Slot>,
    /// What its containers find in /etc/resolv.conf; Pods of one namespace mostly share it.
    pub resolv: Arc<ResolvConf>,
    /// What its /etc/hosts says beside its own name.
    pub names: Option<Arc<Names>>,
}

impl Sandbox {
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.name == name)
    }

    /// The place for `name`, made when it is new.
    pub fn slot_mut(&mut self, name: &str) -> &mut Slot {
        let at = self.slots.iter().position(|slot| slot.name == name).unwrap_or_else(|| {
            self.slots.reserve_exact(1);
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

    /// Its interface, for who looks at it from inside.
    fn link(&self) -> Link {
        Link { address: self.ip.clone(), prefix: self.prefix, mtu: self.mtu.map_or(MTU, u32::from), on_host: self.mtu.is_none() }
    }

    pub fn any_running(&self) -> bool {
        self.containers().any(Container::is_running)
    }

    /// Lets all processes run up to `now`. Says whether one ended.
    pub fn advance(&mut self, now: Time) -> bool {
        let hostname = self.hostname.clone();
        let (resolv, names) = (self.resolv.clone(), self.names.clone());
        let link = self.link();
        let nobody = |_: &Ask| None;
        let mut ended = false;
        for container in self.containers_mut() {
            ended |= container.advance(now, &hostname, &link, (&resolv, names.as_deref()), &nobody);
        }
        ended
    }

    pub fn next(&self) -> Option<Time> {
        self.containers().filter_map(Container::next).min()
    }

    /// A GET to one of its ports; `None` where nobody listens.
    pub fn get(&self, now: Time, port: u16, path: &str) -> Option<(u16, Text, Duration)> {
        let container = self.containers().find(|container| container.listens(now, port))?;
        Some(container.answer(path, &self.hostname))
    }

    pub fn listens(&self, now: Time, port: u16) -> bool {
        self.containers().any(|container| container.listens(now, port))
    }

    /// Whether `host` is this Pod itself, as seen from inside.
    pub fn is_own(&self, host: &str) -> bool {
        host == "localhost" || host == "127.0.0.1" || host == self.ip.as_str() || self.known(host) == Some(&self.ip)
    }

    pub fn hosts_file(&self) -> String {
        Names::file(self.names.as_deref(), &self.ip, &self.hostname, self.mtu.is_none())
    }

    /// The address that its /etc/hosts gives a name.
    pub fn known(&self, name: &str) -> Option<&str> {
        Names::address(self.names.as_deref(), &self.ip, &self.hostname, name)
    }

    /// What stays inside: its own ports. `None` for everything else.
    fn inside(&self, now: Time, ask: &Ask) -> Option<Heard> {
        let inside = ask.what != What::Name && self.is_own(&ask.url.host);
        inside.then(|| {
            let found = self.get(now, ask.url.port, &ask.url.path);
            let took = found.as_ref().map_or(Duration::ZERO, |(_, _, took)| *took);
            let itself = ask.url.host == "localhost" || ask.url.host.starts_with("127.");
            let address = if itself { Some(IpAddr::V4(Ipv4Addr::LOCALHOST)) } else { self.ip.parse().ok() };
            let caller = if itself { "127.0.0.1" } else { self.ip.as_str() };
            let body = |body: Text| if body.contains("{client}") { Text::from(body.replace("{client}", caller)) } else { body };
            let end = found.map(|(code, said, _)| Reply { code, headers: Vec::new(), body: body(said) }).ok_or(Failure::Refused);
            Heard { took, named: Duration::ZERO, address, end }
        })
    }

    /// Runs a command beside the process of the running container `name`, to its end: exit code, output, how long it took.
    /// `None` where it would take longer than `limit`, or nothing runs there. Nothing outside the Pod answers it.
    pub fn exec(&mut self, now: Time, name: &str, argv: &[Text], limit: Duration) -> Option<(i32, String, Duration)> {
        let mut shell = Shell::command(now, argv);
        let mut out = String::new();
        loop {
            if let Some((at, code)) = self.run(now, now + limit, name, &mut shell, &mut out, None)? {
                return Some((code, out, at.since(now)));
            }
            shell.take_ask()?;
            shell.hear(now, Heard::failed(Failure::Refused));
        }
    }

    /// Lets a command beside the running container `name` go on up to `until`; when and with which code it ended, if it did.
    /// Without `errors` both of its outputs go into `out`.
    pub fn run(
        &mut self,
        now: Time,
        until: Time,
        name: &str,
        shell: &mut Shell,
        out: &mut String,
        errors: Option<&mut String>,
    ) -> Option<Option<(Time, i32)>> {
        let container = self.container_mut(name).filter(|container| container.is_running())?;
        // Its files are out of the container while the command runs, so that the command may ask the container's own server.
        let (mut files, env) = (std::mem::take(&mut container.files), container.env.clone());
        let mut lines: Vec<Line> = Vec::new();
        let web = |ask: &Ask| self.inside(now, ask);
        let (hostname, resolv, names, hearing) = (&self.hostname, &*self.resolv, self.names.as_deref(), Hearing::default());
        let link = &self.link();
        let mut scene = Scene { hostname, link, env: &env, files: &mut files, out: &mut lines, errors, web: &web, resolv, names, hearing };
        let ended = shell.advance(until, &mut scene);
        if let Some(container) = self.container_mut(name) {
            container.files = files;
        }
        lines.iter().for_each(|line| out.push_str(&line.text));
        Some(ended)
    }
}
