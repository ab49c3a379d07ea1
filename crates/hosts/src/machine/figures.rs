//! How much memory and processor time programs take: one table, each figure with where it comes from.

/// What is known of a program at rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// `kube-apiserver`: the name of its process.
    pub program: &'static str,
    /// Resident memory without any Pod of a user, in KiB.
    pub rest_kib: u32,
    /// How much more each Pod of the cluster (control plane) or of the node (the others) adds, in KiB.
    pub pod_kib: u32,
    /// Share of a core in a small cluster in which nothing happens, in thousandths.
    pub rest_millis: u32,
    pub source: Source,
}

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// A document that says it, by name.
    Document(&'static str),
    /// Nobody measured it for us: the order of magnitude that `ps` shows on small clusters.
    Estimate,
}

const fn estimate(program: &'static str, rest_kib: u32, pod_kib: u32, rest_millis: u32) -> Figure {
    Figure { program, rest_kib, pod_kib, rest_millis, source: Source::Estimate }
}

/// K3s's document "Resource Profiling" measured its whole unit with containerd in it, under a workload with monitoring: 1,596 MB
/// a server with SQLite, 1,606 MB with etcd, 275 MB an agent. There is no such document for kubeadm's separate processes
/// (kubeadm's only asks for 2 GB a machine), nor one for K3s at rest: those are estimates, and say so.
pub const FIGURES: &[Figure] = &[
    estimate("kube-apiserver", 310_000, 700, 28),
    estimate("kube-controller-manager", 110_000, 150, 11),
    estimate("kube-scheduler", 62_000, 60, 3),
    estimate("etcd", 75_000, 120, 16),
    estimate("kubelet", 92_000, 350, 14),
    estimate("kube-proxy", 52_000, 20, 1),
    estimate("coredns", 48_000, 15, 2),
    estimate("containerd", 58_000, 150, 6),
    estimate("containerd-shim-runc-v2", 12_500, 0, 0),
    estimate("systemd", 12_800, 0, 0),
    estimate("sshd", 9_300, 0, 0),
    estimate("cron", 2_700, 0, 0),
    estimate("k3s", 520_000, 900, 0),
];

/// What is known of a program; the least that a process takes for one that is not.
pub fn of(program: &str) -> Figure {
    FIGURES.iter().find(|one| one.program == program).copied().unwrap_or(Figure {
        program: "",
        rest_kib: 4_000,
        pod_kib: 0,
        rest_millis: 0,
        source: Source::Estimate,
    })
}

/// What K3s's document measured of whole units under a workload, in KiB: not a process alone, so not a row above.
pub const MEASURED: &[(&str, u32, Source)] =
    &[("k3s server, SQLite", 1_558_600, PROFILING), ("k3s server, etcd", 1_568_400, PROFILING), ("k3s agent", 268_600, PROFILING)];
const PROFILING: Source = Source::Document("https://docs.k3s.io/reference/resource-profiling");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_stands_once_and_unknown_ones_take_little() {
        for (at, one) in FIGURES.iter().enumerate() {
            assert!(FIGURES[..at].iter().all(|other| other.program != one.program), "{}", one.program);
        }
        assert_eq!((of("etcd").rest_kib, of("nothing").rest_kib), (75_000, 4_000));
    }
}
