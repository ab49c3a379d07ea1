//! Starting anew: what a reboot keeps and what it brings back.
use super::units::State;
use super::{Machine, Swap};
use objects::Text;
use simcore::Time;
use std::sync::Arc;

impl Machine {
    /// Ends all processes, then starts what is enabled. Swap comes back from /etc/fstab, modules from /etc/modules-load.d,
    /// kernel settings from /etc/sysctl.d.
    pub fn reboot(&mut self, now: Time) {
        let names: Vec<Text> = self.units.keys().cloned().collect();
        names.iter().for_each(|name| self.stop_unit(now, name));
        (self.processes, self.sockets) = (Arc::default(), Arc::default());
        self.booted = now;
        Arc::make_mut(&mut self.interfaces).iter_mut().for_each(|one| one.up = true);
        Arc::make_mut(&mut self.interfaces).iter_mut().take(1).for_each(|one| one.mtu = 1500);
        self.firewall = Arc::default();
        self.swaps = Arc::new(self.fstab_swaps());
        self.modules = Arc::new(self.modules_of_boot());
        self.default_sysctls();
        self.apply_sysctl_files();
        self.spawn_first(now);
        for name in names {
            if self.unit(&name).is_some_and(|unit| unit.enabled && !unit.masked && unit.state != State::Active) {
                self.start_unit(now, &name);
            }
        }
    }

    pub(super) fn spawn_first(&mut self, now: Time) {
        self.next_pid = 0;
        self.spawn(now, "root", 0, "/sbin/init");
        self.next_pid = 400;
    }

    /// The swap areas that /etc/fstab names.
    pub fn fstab_swaps(&self) -> Vec<Swap> {
        let table = self.files.read("/etc/fstab");
        let rows = table.as_deref().unwrap_or("").lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let fields = rows.map(|row| row.split_whitespace().collect::<Vec<_>>());
        fields.filter(|row| row.get(2) == Some(&"swap")).map(|row| Swap { path: Text::new(row[0]), mib: 976 }).collect()
    }

    fn modules_of_boot(&self) -> Vec<Text> {
        let mut all: Vec<Text> = ["ext4", "dm_mod"].into_iter().map(Text::new_static).collect();
        for path in self.files.below("/etc/modules-load.d") {
            let text = self.files.read(&path);
            let names = text.as_deref().unwrap_or("").lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            all.extend(names.map(Text::new));
        }
        all
    }

    pub(super) fn default_sysctls(&mut self) {
        for (name, value) in [("net.ipv4.ip_forward", "0"), ("net.ipv6.conf.default.forwarding", "0"), ("vm.swappiness", "60")] {
            self.set_sysctl(name, value);
        }
    }

    /// What `sysctl --system` reads: each file of /etc/sysctl.d in order, then /etc/sysctl.conf.
    pub fn sysctl_files(&self) -> Vec<Text> {
        let mut files = self.files.below("/etc/sysctl.d");
        files.retain(|path| path.ends_with(".conf"));
        files.extend(self.files.exists("/etc/sysctl.conf").then(|| Text::new_static("/etc/sysctl.conf")));
        files
    }

    fn apply_sysctl_files(&mut self) {
        for path in self.sysctl_files() {
            for (name, value) in settings(&self.files.read(&path).unwrap_or_default()) {
                self.set_sysctl(&name, &value);
            }
        }
    }
}

/// `name = value` lines of a sysctl file.
pub fn settings(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
    lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.trim().to_string(), value.trim().to_string())).collect()
}
