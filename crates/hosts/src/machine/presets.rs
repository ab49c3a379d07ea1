//! Servers as they are handed over: a bare Debian 12, and one that is ready for `kubeadm init`.
use super::{Hardware, Interface, Machine, Packages, Runtime, Swap, drop_ins, packages};
use objects::Text;
use rpds::RedBlackTreeMapSync;
use simcore::{Rng, Time};
use std::sync::Arc;

/// Programs of Debian's base installation that checks or learners look for.
const BASE: &[&str] = &[
    "losetup",
    "mount",
    "umount",
    "cp",
    "mv",
    "ls",
    "cat",
    "ip",
    "ss",
    "ping",
    "systemctl",
    "journalctl",
    "ps",
    "free",
    "top",
    "df",
    "sed",
    "grep",
    "modprobe",
    "lsmod",
    "sysctl",
    "swapoff",
    "swapon",
    "apt-get",
    "apt-mark",
    "apt-cache",
    "hostnamectl",
    "uname",
    "tee",
    "mkdir",
    "chown",
    "openssl",
    "wget",
    "sudo",
    "touch",
    "iptables",
];

impl Machine {
    /// A fresh Debian 12: no container runtime, swap on, no forwarding, its name in /etc/hosts as Debian's installer leaves it.
    pub fn debian12(name: &str, address: &str, seed: u64, booted: Time) -> Machine {
        let hardware = Hardware {
            arch: Text::new_static("amd64"),
            cores: 2,
            memory_mib: 3924,
            disk_gib: 40,
            kernel: Text::new_static("6.1.0-40-amd64"),
            cgroup: 2,
        };
        let gateway = address.rsplit_once('.').map(|(network, _)| Text::new(format!("{network}.1")));
        let mut machine = Machine {
            name: Text::new(name),
            hardware: Arc::new(hardware),
            interfaces: Arc::new(vec![Interface {
                name: Text::new_static("eth0"),
                address: Text::new(address),
                prefix: 24,
                up: true,
                mtu: 1500,
            }]),
            dns: gateway.clone().unwrap_or_default(),
            gateway,
            clock_offset: 0,
            booted,
            swaps: Arc::default(),
            modules: Arc::new(["ext4", "dm_mod"].into_iter().map(Text::new_static).collect()),
            sysctls: RedBlackTreeMapSync::default(),
            files: Default::default(),
            processes: Arc::default(),
            sockets: Arc::default(),
            units: RedBlackTreeMapSync::default(),
            packages: Packages::default(),
            runtime: Arc::new(Runtime {
                not_ready: None,
                cri: true,
                sandbox_image: Text::new_static("registry.k8s.io/pause:3.10.2"),
                tells_config: true,
                systemd_cgroup: false,
            }),
            k3s: None,
            images: Arc::default(),
            users: Arc::new(vec![Text::new_static("debian")]),
            firewall: Arc::default(),
            routes: Arc::default(),
            next_pid: 0,
            chance: Rng::stream(seed, &format!("hosts/{name}")),
        };
        machine.base_files();
        machine.default_sysctls();
        machine.swaps = Arc::new(vec![Swap { path: Text::new_static("/dev/sda3"), mib: 976 }]);
        machine.spawn_first(booted);
        for (unit, description, command) in [
            ("ssh", "OpenBSD Secure Shell server", "/usr/sbin/sshd -D"),
            ("cron", "Regular background program processing daemon", "/usr/sbin/cron -f"),
        ] {
            machine.files.program(command.split(' ').next().unwrap_or(""), "");
            machine.add_unit(unit, description, command);
            machine.alter_unit(unit, |unit| unit.enabled = true);
            machine.start_unit(booted, unit);
        }
        machine
    }

    fn base_files(&mut self) {
        let (name, dns) = (self.name.clone(), self.dns.clone());
        self.files.folder("/run");
        self.files.folder("/etc/kubernetes");
        self.files.folder("/root");
        self.files.folder("/home/debian");
        self.files.folder("/tmp");
        self.files.folder("/var/lib");
        self.files.remove("/etc/kubernetes");
        self.files.link("/var/run", "/run");
        self.files.link("/bin", "/usr/bin");
        self.files.link("/sbin", "/usr/sbin");
        self.files.write("/etc/hostname", &format!("{name}\n"));
        self.files.write("/etc/hosts", &format!("127.0.0.1\tlocalhost\n127.0.1.1\t{name}\n\n::1\tlocalhost ip6-localhost ip6-loopback\n"));
        self.files.write("/etc/resolv.conf", &format!("nameserver {dns}\n"));
        self.files.write("/etc/fstab", "# <file system> <mount point>   <type>  <options>       <dump>  <pass>\n/dev/sda1 /               ext4    errors=remount-ro 0       1\n/dev/sda3 none            swap    sw              0       0\n");
        self.files.write("/etc/apt/sources.list", "deb http://deb.debian.org/debian bookworm main\n");
        self.files.write("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n");
        for program in BASE {
            self.files.program(&format!("/usr/bin/{program}"), "");
        }
        // Debian's cloud image brings them.
        for offer in packages::DEBIAN.iter().filter(|offer| offer.name == "curl") {
            self.install(offer.name, offer.version, offer.programs);
        }
    }

    /// A server on which the steps of the documentation were carried out: containerd 2 runs, forwarding is on, swap is off,
    /// kubelet, kubeadm and kubectl of that version are installed, the kubelet is enabled.
    pub fn prepared(name: &str, address: &str, version: &str, seed: u64, booted: Time) -> Machine {
        let mut machine = Machine::debian12(name, address, seed, booted);
        machine.swaps = Arc::default();
        let fstab = machine.files.read("/etc/fstab").unwrap_or_default().replace("/dev/sda3", "#/dev/sda3");
        machine.files.write("/etc/fstab", &fstab);
        machine.files.write("/etc/sysctl.d/k8s.conf", "net.ipv4.ip_forward = 1\n");
        machine.set_sysctl("net.ipv4.ip_forward", "1");
        let config = "version = 3\n[plugins.'io.containerd.cri.v1.images'.pinned_images]\n  sandbox = 'registry.k8s.io/pause:3.10.2'\n";
        machine.files.write("/etc/containerd/config.toml", config);
        for offer in packages::DEBIAN.iter().filter(|offer| offer.name == "containerd.io") {
            machine.install(offer.name, offer.version, offer.programs);
        }
        let line = version.rsplit_once('.').map_or(version, |(minor, _)| minor);
        let key = "/etc/apt/keyrings/kubernetes-apt-keyring.gpg";
        machine.files.write(key, "a public key of pkgs.k8s.io\n");
        let lists = ["deb.debian.org/debian".to_string(), format!("pkgs.k8s.io/core:/stable:/{line}/deb")];
        machine.packages.lists = lists.iter().map(Text::new).collect();
        let source = format!("deb [signed-by={key}] https://pkgs.k8s.io/core:/stable:/{line}/deb/ /\n");
        machine.files.write("/etc/apt/sources.list.d/kubernetes.list", &source);
        for package in ["kubelet", "kubeadm", "kubectl"] {
            machine.install(package, &format!("{}-1.1", version.trim_start_matches('v')), &[]);
            machine.files.program(&format!("/usr/bin/{package}"), version);
        }
        let tools = format!("{}.0", line.trim_start_matches('v'));
        machine.install("cri-tools", &format!("{tools}-1.1"), &[("crictl", &format!("v{tools}"))]);
        machine.install("kubernetes-cni", "1.8.0-1.1", &[]);
        machine.add_services(booted);
        machine
    }

    /// Records a package and puts its programs into /usr/bin.
    pub fn install(&mut self, name: &str, version: &str, programs: &[(&str, &str)]) {
        self.packages.installed.insert_mut(Text::new(name), packages::Installed { version: Text::new(version), held: false });
        for (program, version) in programs {
            self.files.program(&format!("/usr/bin/{program}"), version);
        }
    }

    /// The units that packages bring. Debian enables and starts what it installs; the kubelet is enabled and waits for its
    /// configuration.
    pub fn add_services(&mut self, now: Time) {
        const SERVICES: [(&str, &str, &str, &str); 2] = [
            ("containerd", "containerd", "containerd container runtime", "/usr/bin/containerd"),
            (
                "kubelet",
                "kubelet",
                "kubelet: The Kubernetes Node Agent",
                "/usr/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml",
            ),
        ];
        for (program, unit, description, command) in SERVICES {
            if self.program(program).is_some() && self.unit(unit).is_none() {
                self.add_unit(unit, description, command);
                self.alter_unit(unit, |unit| unit.enabled = true);
                if unit == "kubelet" {
                    self.files.write("/lib/systemd/system/kubelet.service", drop_ins::KUBELET_UNIT);
                    self.files.write(drop_ins::KUBEADM, drop_ins::KUBEADM_TEXT);
                }
                if unit == "containerd" {
                    self.start_unit(now, unit);
                }
            }
        }
    }
}
