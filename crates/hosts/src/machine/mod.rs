//! A server: hardware, kernel, files, processes, units, packages, sockets. A value: a copy costs a few pointers.
mod drop_ins;
pub mod figures;
pub mod files;
pub mod k3s;
pub mod kubelet;
pub mod packages;
mod power;
pub use power::settings;
mod presets;
pub mod process;
pub mod units;

pub use drop_ins::KUBEADM;
pub use files::{File, Files, Kind};
pub use k3s::K3s;
pub use packages::Packages;
pub use process::{Process, Socket};
pub use units::Unit;

use objects::Text;
use rpds::RedBlackTreeMapSync;
use simcore::{Rng, Time};
use std::sync::Arc;

/// One network interface besides `lo`.
#[derive(Clone, Debug, PartialEq)]
pub struct Interface {
    pub name: Text,
    /// `10.0.0.10`
    pub address: Text,
    /// The length of its network's prefix, in bits.
    pub prefix: u8,
    /// Whether it is switched on: `ip link set eth0 down`.
    pub up: bool,
    /// The longest packet that it takes (bytes): `ip link set eth0 mtu 1400`.
    pub mtu: u32,
}

/// A swap area: an entry of /proc/swaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Swap {
    pub path: Text,
    pub mib: u32,
}

/// What is bolted in and what the kernel was built with.
#[derive(Clone, Debug, PartialEq)]
pub struct Hardware {
    /// `amd64` or `arm64`, Debian's names.
    pub arch: Text,
    pub cores: u32,
    /// All memory as sysinfo(2) reports it, in MiB: always below the nominal size.
    pub memory_mib: u32,
    pub disk_gib: u32,
    /// `6.1.0-40-amd64`
    pub kernel: Text,
    /// 1 or 2: which hierarchy is mounted on /sys/fs/cgroup.
    pub cgroup: u8,
}

/// What a container runtime has read and keeps while it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Runtime {
    /// The reason and the message of a RuntimeReady condition that is false; `None` when it is true.
    pub not_ready: Option<(Text, Text)>,
    /// Whether the CRI plugin is on.
    pub cri: bool,
    /// The image of Pod sandboxes in its configuration.
    pub sandbox_image: Text,
    /// Whether it answers RuntimeConfig, as containerd 2 does and 1.x does not.
    pub tells_config: bool,
    /// Whether it lets systemd make the containers' cgroups (`SystemdCgroup = true`), or writes them itself.
    pub systemd_cgroup: bool,
}

/// Kubelet and container runtime mean different cgroups by the same Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clash {
    /// The kubelet names slices of systemd's, the runtime takes them for plain paths: containers start, and are ended again.
    RuntimeWrites,
    /// The kubelet names plain paths where the runtime wants slices: nothing starts.
    KubeletWrites,
}

/// A server. Programs change it; time passes outside of it.
#[derive(Clone, Debug)]
pub struct Machine {
    pub name: Text,
    pub hardware: Arc<Hardware>,
    pub interfaces: Arc<Vec<Interface>>,
    /// Where packets for elsewhere go; `None`: no default route.
    pub gateway: Option<Text>,
    /// Routes that others than its interfaces brought, as `ip route` prints them.
    pub routes: Arc<Vec<Text>>,
    /// The server of /etc/resolv.conf.
    pub dns: Text,
    /// Microseconds that its clock is ahead of true time; negative: behind.
    pub clock_offset: i64,
    pub booted: Time,
    pub swaps: Arc<Vec<Swap>>,
    pub modules: Arc<Vec<Text>>,
    /// `net.ipv4.ip_forward` → `1`
    pub sysctls: RedBlackTreeMapSync<Text, Text>,
    pub files: Files,
    pub processes: Arc<Vec<Process>>,
    pub sockets: Arc<Vec<Socket>>,
    pub units: RedBlackTreeMapSync<Text, Unit>,
    pub packages: Packages,
    pub runtime: Arc<Runtime>,
    /// What a running `k3s` process has read; `None` while none runs.
    pub k3s: Option<Arc<K3s>>,
    /// Images in the runtime, by full name with tag.
    pub images: Arc<Vec<Text>>,
    /// Ordinary users by name; root is always there.
    pub users: Arc<Vec<Text>>,
    pub firewall: Arc<Vec<Text>>,
    pub next_pid: u32,
    pub chance: Rng,
}

impl Machine {
    /// The first address: the one on the interface of the default route.
    pub fn address(&self) -> Text {
        self.interfaces.first().map_or(Text::default(), |one| one.address.clone())
    }

    /// The address that /etc/hosts gives a name.
    pub fn known_host(&self, name: &str) -> Option<Text> {
        let hosts = self.files.read("/etc/hosts")?;
        let mut rows = hosts.lines().map(|line| line.split('#').next().unwrap_or("").split_whitespace());
        rows.find_map(|mut row| {
            let address = row.next()?;
            row.any(|known| known == name).then(|| Text::new(address))
        })
    }

    /// The value of a kernel setting as /proc/sys shows it.
    pub fn sysctl(&self, name: &str) -> Option<&Text> {
        self.sysctls.get(name)
    }

    pub fn set_sysctl(&mut self, name: &str, value: &str) {
        self.sysctls.insert_mut(Text::new(name), Text::new(value));
    }

    /// Where in PATH a name lies.
    pub fn which(&self, name: &str) -> Option<String> {
        const PATH: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
        PATH.iter().map(|folder| format!("{folder}/{name}")).find(|path| self.files.get(path).is_some())
    }

    /// A program in PATH and the version it was built as.
    pub fn program(&self, name: &str) -> Option<Text> {
        match &self.files.get(&self.which(name)?)?.kind {
            Kind::Program(version) => Some(version.clone()),
            _ => None,
        }
    }

    /// `6.1.0-40` of `6.1.0-40-amd64`, and whether a module is loaded or built in.
    pub fn has_module(&self, name: &str) -> bool {
        self.modules.iter().any(|module| module == name)
    }

    /// The next process id; they are given in order and never again.
    pub fn take_pid(&mut self) -> u32 {
        self.next_pid += 1;
        self.next_pid
    }

    /// Whether the kubelet's `cgroupDriver` fits the runtime's. A runtime that answers RuntimeConfig tells the kubelet its own.
    pub fn cgroup_clash(&self) -> Option<Clash> {
        if self.runtime.tells_config {
            return None;
        }
        let config = self.files.read("/var/lib/kubelet/config.yaml")?;
        let named =
            config.lines().find_map(|line| line.strip_prefix("cgroupDriver:")).map(|name| name.trim().trim_matches('"') == "systemd");
        match (named.unwrap_or(false), self.runtime.systemd_cgroup) {
            (true, false) => Some(Clash::RuntimeWrites),
            (false, true) => Some(Clash::KubeletWrites),
            _ => None,
        }
    }

    pub fn has_image(&self, image: &str) -> bool {
        self.images.iter().any(|known| known == image || full_name(known) == full_name(image))
    }

    /// Whether something listens on a TCP port.
    pub fn port_taken(&self, port: u16) -> bool {
        self.sockets.iter().any(|socket| socket.port == port && !socket.udp)
    }

    /// The local clock of the machine.
    pub fn local(&self, now: Time) -> Time {
        Time(now.0.saturating_add_signed(self.clock_offset))
    }
}

impl Machine {
    /// What `test -f PATH` asks: the flag's letter, an absolute path.
    pub fn is(&self, letter: char, path: &str, now: Time) -> bool {
        let file = self.files.get(&self.files.real(path));
        match letter {
            'd' => self.files.is_folder(path),
            'f' => {
                !self.files.is_folder(path)
                    && (file.is_some_and(|file| !matches!(file.kind, Kind::Socket(_))) || self.read(path, now).is_some())
            }
            's' => {
                self.read(path, now).is_some_and(|text| !text.is_empty()) || file.is_some_and(|file| matches!(file.kind, Kind::Program(_)))
            }
            'x' => file.is_some_and(|file| file.mode & 0o111 != 0),
            'S' => file.is_some_and(|file| matches!(file.kind, Kind::Socket(_))),
            'L' | 'h' => self.files.get(path).is_some_and(|file| matches!(file.kind, Kind::Link(_))),
            _ => file.is_some() || self.files.is_folder(path) || self.read(path, now).is_some(),
        }
    }

    /// The text of a file, also of those that the kernel shows below /proc.
    pub fn read(&self, path: &str, now: Time) -> Option<String> {
        if let Some(name) = path.strip_prefix("/proc/sys/") {
            return self.sysctl(&name.replace('/', ".")).map(|value| format!("{value}\n"));
        }
        match path {
            "/proc/swaps" => {
                let head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
                let rows = self.swaps.iter().map(|swap| format!("{:<40}partition\t{}\t\t0\t\t-2\n", swap.path, swap.mib * 1024 - 4));
                Some(std::iter::once(head.to_string()).chain(rows).collect())
            }
            "/proc/meminfo" => {
                let kib = u64::from(self.hardware.memory_mib) * 1024;
                let used = (150_000 + self.processes.iter().map(|one| u64::from(one.rss_kib)).sum::<u64>()).min(kib);
                let swap: u64 = self.swaps.iter().map(|swap| u64::from(swap.mib) * 1024).sum();
                let rows = [
                    ("MemTotal", kib),
                    ("MemFree", kib - used - (kib - used) / 6),
                    ("MemAvailable", kib - used),
                    ("SwapTotal", swap),
                    ("SwapFree", swap),
                ];
                Some(rows.iter().map(|(name, kib)| format!("{:<15}{kib:>9} kB\n", format!("{name}:"))).collect())
            }
            "/proc/cpuinfo" => {
                let one = |at: u32| format!("processor\t: {at}\nmodel name\t: virtual CPU\ncpu cores\t: {}\n\n", self.hardware.cores);
                Some((0..self.hardware.cores).map(one).collect())
            }
            "/proc/modules" => Some(self.modules.iter().rev().map(|name| format!("{name} 16384 0 - Live 0x0000000000000000\n")).collect()),
            "/sys/class/dmi/id/product_uuid" => {
                // Each machine has its own, which depends on its address alone.
                let bits = simcore::fnv(self.address().bytes());
                let (a, b) = (bits, bits.rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                Some(format!(
                    "{:08x}-{:04x}-4{:03x}-9{:03x}-{:012x}\n",
                    a >> 32,
                    a >> 16 & 0xffff,
                    a & 0xfff,
                    b >> 52,
                    b & 0xffff_ffff_ffff
                ))
            }
            "/proc/uptime" => Some(format!("{}.00 0.00\n", now.since(self.booted).as_secs())),
            _ => self.files.read(path).map(|text| text.to_string()),
        }
    }
}
/// An image's repository and tag in full: `docker.io/rancher/x`, `v1` of `rancher/x:v1`.
pub fn full_name(image: &str) -> (String, String) {
    let (name, tag) = image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((image, "latest"));
    let first = name.split('/').next().unwrap_or("");
    let name = match (name.contains('/'), first.contains(['.', ':'])) {
        (false, _) => format!("docker.io/library/{name}"),
        (true, false) => format!("docker.io/{name}"),
        _ => name.to_string(),
    };
    (name, tag.to_string())
}
