//! Ways to a cluster on bare servers: the lines of both projects' quick starts, and where each leaves what is measured.

/// A way to a cluster of one server and one worker: lines, each on a server.
pub struct Way {
    pub id: &'static str,
    /// The server's place and the line.
    pub lines: &'static [(usize, &'static str)],
    /// A file that only the first server of such a cluster has.
    pub(super) mark: &'static str,
    /// Where its certificates lie.
    pub(super) certificates: &'static str,
    /// kubectl on the first server, whatever its user has set up.
    pub(super) kubectl: &'static str,
    /// For each architecture what an installer fetches; empty where a document lists it.
    pub(super) builds: &'static [(&'static str, &'static str)],
}

macro_rules! prepare {
    ($host:expr) => {
        [
            ($host, "apt-get update"),
            ($host, "apt-get install -y apt-transport-https ca-certificates curl gpg containerd"),
            ($host, "swapoff -a"),
            ($host, "modprobe br_netfilter"),
            ($host, "sysctl -w net.ipv4.ip_forward=1"),
            ($host, "mkdir -p /etc/containerd /etc/apt/keyrings"),
            ($host, "containerd config default | sed 's/SystemdCgroup = false/SystemdCgroup = true/' > /etc/containerd/config.toml"),
            ($host, "systemctl restart containerd"),
            ($host, "curl -fsSL https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release.key | gpg --dearmor -o /etc/apt/keyrings/kubernetes-apt-keyring.gpg"),
            ($host, "echo 'deb [signed-by=/etc/apt/keyrings/kubernetes-apt-keyring.gpg] https://pkgs.k8s.io/core:/stable:/v1.37/deb/ /' > /etc/apt/sources.list.d/kubernetes.list"),
            ($host, "apt-get update"),
            ($host, "apt-get install -y kubelet kubeadm kubectl"),
            ($host, "apt-mark hold kubelet kubeadm kubectl"),
        ]
    };
}

const FIRST: [(usize, &str); 13] = prepare!(0);
const SECOND: [(usize, &str); 13] = prepare!(1);
/// kubernetes.io: installing kubeadm, creating a cluster with kubeadm.
const KUBEADM: [(usize, &str); 31] = {
    let mut all = [(0, ""); 31];
    let mut at = 0;
    while at < 13 {
        all[at] = FIRST[at];
        all[at + 17] = SECOND[at];
        at += 1;
    }
    all[13] = (0, "kubeadm init --pod-network-cidr 10.244.0.0/16 --token abcdef.0123456789abcdef");
    all[14] = (0, "mkdir -p $HOME/.kube");
    all[15] = (0, "cp /etc/kubernetes/admin.conf $HOME/.kube/config");
    all[16] = (0, "kubectl apply -f https://github.com/flannel-io/flannel/releases/latest/download/kube-flannel.yml");
    all[30] = (1, "kubeadm join 192.168.100.11:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification");
    all
};
/// docs.k3s.io: quick start.
const K3S: [(usize, &str); 2] = [
    (0, "curl -sfL https://get.k3s.io | K3S_TOKEN=s3cret sh -"),
    (1, "curl -sfL https://get.k3s.io | K3S_URL=https://192.168.100.11:6443 K3S_TOKEN=s3cret sh -"),
];
const RELEASE: &[(&str, &str)] = &[("amd64", "k3s"), ("arm64", "k3s-arm64"), ("arm", "k3s-armhf"), ("s390x", "k3s-s390x")];

/// Both ways, in the order of the table's columns.
pub static WAYS: [Way; 2] = [
    Way {
        id: "k3s",
        lines: &K3S,
        mark: "/var/lib/rancher/k3s/server/node-token",
        certificates: "/var/lib/rancher/k3s",
        kubectl: "k3s kubectl",
        builds: RELEASE,
    },
    Way {
        id: "kubeadm",
        lines: &KUBEADM,
        mark: "/etc/kubernetes/pki/ca.key",
        certificates: "/etc/kubernetes/pki",
        kubectl: "kubectl --kubeconfig /etc/kubernetes/admin.conf",
        builds: &[],
    },
];

impl Way {
    /// The lines as they are typed into one terminal: logged in to one server after the other, which have these names.
    pub fn typed(&self, servers: &[String]) -> Vec<String> {
        let mut all = Vec::new();
        let mut here = None;
        for (host, line) in self.lines {
            if here != Some(*host) {
                all.extend(here.map(|_| "exit".to_string()));
                all.extend(servers.get(*host).map(|name| format!("ssh {name}")));
                here = Some(*host);
            }
            all.push(line.to_string());
        }
        all.push("exit".to_string());
        all
    }
}
