//! Each known mistake, made as people make it: its hint is seen, and no other. Installations that go well have none.
use cluster::input::Input;
use cluster::{Topology, World};
use lessons::mistakes::{Table, read};
use simcore::Duration;
use std::collections::BTreeSet;

const INIT: &str = "ssh node-1 kubeadm init --pod-network-cidr 10.244.0.0/16 --token abcdef.0123456789abcdef";
const JOIN: &str =
    "ssh node-2 kubeadm join 192.168.100.11:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification";
const FLANNEL: &str = "kubectl apply -f https://github.com/flannel-io/flannel/releases/latest/download/kube-flannel.yml";
const K3S: &str = "ssh node-1 'curl -sfL https://get.k3s.io | K3S_TOKEN=s3cret sh -'";

/// A mistake, whether the servers were prepared for kubeadm, and the lines that make it (`~ 20`: seconds that pass).
type Case = (&'static str, bool, &'static [&'static str]);

const CASES: &[Case] = &[
    ("two-clusters", true, &[K3S, "~ 30", "ssh node-2 kubeadm init"]),
    ("two-clusters", false, &[K3S, "~ 30", "ssh node-2 'curl -sfL https://get.k3s.io | sh -'", "~ 30"]),
    ("sudo", true, &["ssh debian@node-1 kubeadm init"]),
    ("no-packages", false, &["ssh node-1 kubeadm init"]),
    ("no-packages", false, &["ssh node-1 apt-get update", "ssh node-1 apt-get install -y kubeadm"]),
    (
        "no-key",
        false,
        &[
            "ssh node-1 \"echo 'deb https://pkgs.k8s.io/core:/stable:/v1.37/deb/ /' > /etc/apt/sources.list.d/kubernetes.list\"",
            "ssh node-1 apt-get update",
        ],
    ),
    ("offline", false, &["ssh node-1 curl -L https://get.k3s.example"]),
    ("version-skew", true, &["ssh node-1 kubeadm init --kubernetes-version v1.36.5"]),
    ("joined-already", true, &[INIT, JOIN, JOIN]),
    ("already-installed", true, &[INIT, "ssh node-1 kubeadm init"]),
    ("port-in-use", true, &[K3S, "ssh node-1 kubeadm init"]),
    (
        "cri-disabled",
        true,
        &[
            "ssh node-1 \"echo 'disabled_plugins = [\\\"cri\\\"]' > /etc/containerd/config.toml\"",
            "ssh node-1 systemctl restart containerd",
            "ssh node-1 kubeadm init",
        ],
    ),
    ("no-runtime", true, &["ssh node-1 systemctl stop containerd", "ssh node-1 kubeadm init"]),
    ("forwarding", true, &["ssh node-1 sysctl -w net.ipv4.ip_forward=0", "ssh node-1 kubeadm init"]),
    ("swap", true, &["ssh node-1 swapon /dev/sda3", INIT]),
    ("pod-cidr", true, &["ssh node-1 kubeadm init --pod-network-cidr 10.244.0.0"]),
    ("node-name", true, &["ssh node-1 kubeadm init --node-name node_1"]),
    ("clock", true, &[INIT, "ssh node-2 \"date -s '2025-01-01 08:00:00'\"", JOIN]),
    (
        "certificates-expired",
        true,
        &[INIT, "ssh node-2 true", "ssh node-1 \"date -s '+400 days'\"", "ssh node-2 \"date -s '+400 days'\"", "kubectl get nodes"],
    ),
    (
        "expired-token",
        true,
        &[
            INIT,
            "ssh node-1 kubeadm token create bcdefg.0123456789abcdef --ttl 2s",
            "~ 5",
            "ssh node-2 kubeadm join 192.168.100.11:6443 --token bcdefg.0123456789abcdef --discovery-token-unsafe-skip-ca-verification",
        ],
    ),
    (
        "ca-hash",
        true,
        &[
            INIT,
            "ssh node-2 kubeadm join 192.168.100.11:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:0000000000000000000000000000000000000000000000000000000000000000",
        ],
    ),
    ("k3s-token", false, &[K3S, "ssh node-2 'curl -sfL https://get.k3s.io | K3S_URL=https://192.168.100.11:6443 K3S_TOKEN=wrong sh -'"]),
    ("k3s-no-token", false, &["ssh node-2 'curl -sfL https://get.k3s.io | K3S_URL=https://192.168.100.11:6443 sh -'"]),
    ("k3s-url", false, &["ssh node-2 'curl -sfL https://get.k3s.io | K3S_URL=http://192.168.100.11:6443 K3S_TOKEN=x sh -'"]),
    (
        "name-clash",
        false,
        &[
            K3S,
            "ssh node-2 hostnamectl set-hostname node-1",
            "ssh node-2 'curl -sfL https://get.k3s.io | K3S_URL=https://192.168.100.11:6443 K3S_TOKEN=s3cret sh -'",
        ],
    ),
    (
        "name-clash",
        true,
        &[
            INIT,
            FLANNEL,
            "~ 40",
            "ssh node-2 kubeadm join 192.168.100.11:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification --node-name node-1",
        ],
    ),
    ("firewall", true, &[INIT, "ssh node-1 iptables -A INPUT -p tcp --dport 6443 -j DROP", JOIN]),
    (
        "unreachable",
        true,
        &["ssh node-2 kubeadm join 192.168.100.99:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification"],
    ),
    ("lost-token", true, &[INIT, "ssh node-2 kubeadm token create --print-join-command"]),
    ("no-kubeconfig", true, &[INIT, "ssh node-1 kubectl get nodes"]),
    ("no-cluster", false, &["kubectl get nodes"]),
    ("pod-network", true, &["ssh node-1 kubeadm init", FLANNEL, "~ 60", "kubectl logs -n kube-flannel -l app=flannel"]),
    ("flannel-crashes", true, &["ssh node-1 kubeadm init --pod-network-cidr 10.10.0.0/16", FLANNEL, "~ 60"]),
    ("no-cni", true, &[INIT, "~ 90"]),
    ("cgroup-driver", false, &[INIT_BY_HAND[0], INIT_BY_HAND[1], INIT_BY_HAND[2], INIT_BY_HAND[3], INIT_BY_HAND[4], INIT, "~ 30"]),
];

/// The steps before `kubeadm init`, with Debian's containerd as it comes.
const INIT_BY_HAND: [&str; 5] = [
    "ssh node-1 'swapoff -a; apt-get update; apt-get install -y containerd gpg; modprobe br_netfilter; sysctl -w net.ipv4.ip_forward=1'",
    "ssh node-1 'mkdir -p /etc/apt/keyrings /etc/containerd; curl -fsSL https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release.key | gpg --dearmor -o /etc/apt/keyrings/kubernetes-apt-keyring.gpg'",
    "ssh node-1 \"echo 'deb [signed-by=/etc/apt/keyrings/kubernetes-apt-keyring.gpg] https://pkgs.k8s.io/core:/stable:/v1.37/deb/ /' > /etc/apt/sources.list.d/kubernetes.list\"",
    "ssh node-1 'apt-get update; apt-get install -y kubelet kubeadm kubectl'",
    "ssh node-1 apt-mark hold kubelet kubeadm kubectl",
];

/// What people do where all goes well, by the same names.
const WELL: &[(&str, bool, &[&str])] = &[
    (
        "kubeadm",
        true,
        &[INIT, "kubectl get nodes", FLANNEL, JOIN, "~ 60", "kubectl get nodes", "kubectl create deployment web --image=hello:v1", "~ 30"],
    ),
    (
        "k3s",
        false,
        &[
            K3S,
            "ssh node-1 k3s kubectl get nodes",
            "ssh node-2 'curl -sfL https://get.k3s.io | K3S_URL=https://192.168.100.11:6443 K3S_TOKEN=s3cret sh -'",
            "~ 60",
            "kubectl get nodes",
        ],
    ),
];

fn table() -> Table {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons");
    read(&root).expect("the table of mistakes can be read")
}

/// A learner types a line and waits, not for ever.
fn do_line(world: &mut World, line: &str) {
    if let Some(seconds) = line.strip_prefix("~ ") {
        let end = world.now() + Duration::secs(seconds.parse().expect("seconds"));
        return world.run_until(end);
    }
    world.input(&Input::Line { text: line.to_string() });
    let limit = world.now() + Duration::secs(600);
    world.run_while(limit, |world| !world.busy());
}

fn hint(table: &Table, world: &World) -> String {
    table.seen(world, &[]).map(|row| row.id.clone()).unwrap_or_default()
}

fn check(table: &Table, topology: &Topology, wanted: &str, lines: &[&str]) -> Option<String> {
    let mut world = World::boot(topology, 7, Vec::new());
    lines.iter().for_each(|line| do_line(&mut world, line));
    let seen = hint(table, &world);
    let said = world.terminal.output();
    let tail = said.len().saturating_sub(900);
    (seen != wanted).then(|| format!("{wanted}: seen \"{seen}\" after\n{}", &said[said.ceil_char_boundary(tail)..]))
}

#[test]
fn each_mistake_shows_its_own_hint() {
    let table = table();
    let mut wrong: Vec<String> =
        CASES.iter().filter_map(|(id, prepared, lines)| check(&table, &Topology::bare(2, *prepared), id, lines)).collect();
    let mut board = Topology::bare(1, true);
    (board.workers[0].cpu_cores, board.workers[0].memory_gib) = (1, 1);
    wrong.extend(check(&table, &board, "too-small", &["ssh node-1 kubeadm init"]));
    let mut strange = Topology::bare(1, false);
    strange.workers[0].arch = "riscv64".to_string();
    wrong.extend(check(&table, &strange, "architecture", &["ssh node-1 'curl -sfL https://get.k3s.io | sh -'"]));
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}

#[test]
fn every_row_of_the_table_is_made_by_somebody() {
    let made: BTreeSet<&str> = CASES.iter().map(|(id, _, _)| *id).chain(["too-small", "architecture"]).collect();
    let rows = table().mistakes;
    let never: Vec<&String> = rows.iter().map(|row| &row.id).filter(|id| !made.contains(id.as_str())).collect();
    assert!(never.is_empty(), "{never:?}");
}

#[test]
fn an_installation_that_goes_well_has_no_hints() {
    let table = table();
    for (name, prepared, lines) in WELL {
        let mut world = World::boot(&Topology::bare(2, *prepared), 7, Vec::new());
        for line in *lines {
            do_line(&mut world, line);
            assert_eq!(hint(&table, &world), "", "{name}: {line}\n{}", world.terminal.output());
        }
    }
}

#[test]
fn a_hint_goes_when_the_tool_is_used_again_or_its_cause_is_gone() {
    let table = table();
    let mut world = World::boot(&Topology::bare(2, true), 7, Vec::new());
    do_line(&mut world, "ssh node-1 systemctl stop containerd");
    do_line(&mut world, INIT);
    assert_eq!(hint(&table, &world), "no-runtime");
    do_line(&mut world, "ssh node-1 systemctl start containerd");
    assert_eq!(hint(&table, &world), "no-runtime", "nobody has tried again yet");
    do_line(&mut world, "ssh node-1 swapon /dev/sda3");
    do_line(&mut world, INIT);
    assert_eq!(hint(&table, &world), "swap");
    do_line(&mut world, "ssh node-1 swapoff -a");
    assert_eq!(hint(&table, &world), "");
}

#[test]
fn a_control_plane_whose_cgroups_clash_comes_and_goes_until_containerd_is_told() {
    let mut world = World::boot(&Topology::bare(2, false), 7, Vec::new());
    INIT_BY_HAND.iter().chain(&[INIT]).for_each(|line| do_line(&mut world, line));
    assert!(world.terminal.output().contains("initialized successfully"), "{}", world.terminal.output());
    do_line(&mut world, "~ 80");
    do_line(&mut world, "kubectl get nodes");
    assert!(world.terminal.output().ends_with("was refused - did you specify the right host or port?\n"), "{}", world.terminal.output());
    do_line(&mut world, "ssh node-1 'journalctl -u kubelet -o cat | tail -1'");
    assert!(world.terminal.output().contains("Pod sandbox changed, it will be killed and re-created."));
    let told =
        "ssh node-1 \"containerd config default | sed 's/SystemdCgroup = false/SystemdCgroup = true/' > /etc/containerd/config.toml\"";
    do_line(&mut world, told);
    do_line(&mut world, "ssh node-1 systemctl restart containerd");
    for _ in 0..3 {
        do_line(&mut world, "~ 100");
        do_line(&mut world, "kubectl get nodes --no-headers");
        assert!(world.terminal.output().ends_with("v1.37.2\n"), "{}", world.terminal.output());
    }
    assert_eq!(hint(&table(), &world), "no-cni");
}

#[test]
fn a_lesson_may_speak_of_some_mistakes_only() {
    let mut world = World::boot(&Topology::bare(2, true), 7, Vec::new());
    do_line(&mut world, "ssh debian@node-1 kubeadm init");
    assert!(table().seen(&world, &["swap".to_string()]).is_none());
    assert!(table().seen(&world, &["sudo".to_string()]).is_some());
}
