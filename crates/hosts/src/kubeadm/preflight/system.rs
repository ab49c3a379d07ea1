//! The system verification: kernel, operating system, cgroups, and its table in colours.
use super::Found;
use crate::machine::Machine;

/// What the kernel must have been built with, in the order of the table.
const REQUIRED: &str = "NAMESPACES NET_NS PID_NS IPC_NS UTS_NS CPUSETS MEMCG INET EXT4_FS PROC_FS NETFILTER_XT_TARGET_REDIRECT NETFILTER_XT_MATCH_COMMENT FAIR_GROUP_SCHED CGROUPS CGROUP_CPUACCT CGROUP_DEVICE CGROUP_FREEZER CGROUP_PIDS CGROUP_SCHED";
/// What it may have, with what it is needed for where it is absent.
const OPTIONAL: [(&str, &str); 6] = [
    ("OVERLAY_FS", ""),
    ("AUFS_FS", "Required for aufs."),
    ("BLK_DEV_DM", "Required for devicemapper."),
    ("CFS_BANDWIDTH", ""),
    ("SECCOMP", ""),
    ("SECCOMP_FILTER", ""),
];
const CGROUPS_V1: [&str; 8] = ["CPU", "CPUACCT", "CPUSET", "DEVICES", "FREEZER", "MEMORY", "HUGETLB", "BLKIO"];

/// The words when the old hierarchy is mounted.
const V1: &str = "cgroups v1 support is deprecated and will be removed in a future release. Please migrate to cgroups v2. To explicitly enable cgroups v1 support for kubelet v1.35 or newer, you must set the kubelet configuration option 'FailCgroupV1' to 'false'. You must also explicitly skip this validation. For more information, see https://git.k8s.io/enhancements/keps/sig-node/5573-remove-cgroup-v1";

/// What is wrong with the system, and the table that is printed when something is. `kubelet`: its minor version, or why
/// there is none.
pub fn verify(machine: &Machine, kubelet: Result<u32, String>) -> (Found, String) {
    let mut found = Found::default();
    let hardware = &machine.hardware;
    let release = hardware.kernel.split(['.', '-']).take(2).filter_map(|part| part.parse::<u32>().ok()).collect::<Vec<_>>();
    if release < vec![4, 19] {
        found.errors.push(format!("kernel release {} is unsupported. Recommended LTS version from the 4.x series is 4.19. Any 5.x or 6.x versions are also supported. For cgroups v2 support, the recommended version is 5.10 or newer", hardware.kernel));
    }
    match (hardware.cgroup, kubelet) {
        (_, Err(why)) => found.errors.push(why),
        // From 1.35 on the kubelet refuses it, before it only warned.
        (1, Ok(minor)) if minor >= 35 => found.errors.push(V1.into()),
        (1, Ok(_)) => found.warnings.push(V1.into()),
        _ => {}
    }
    (found, table(machine))
}

fn table(machine: &Machine) -> String {
    let mut text = String::new();
    let mut row =
        |name: &str, colour: u8, value: &str| text.push_str(&format!("\u{1b}[0;37m{name}\u{1b}[0m: \u{1b}[0;{colour}m{value}\u{1b}[0m\n"));
    row("KERNEL_VERSION", 32, &machine.hardware.kernel);
    REQUIRED.split(' ').for_each(|name| row(&format!("CONFIG_{name}"), 32, "enabled"));
    for (name, need) in OPTIONAL {
        match need {
            "" => row(&format!("CONFIG_{name}"), 32, "enabled"),
            _ => row(&format!("CONFIG_{name}"), 33, &format!("not set - {need}")),
        }
    }
    row("OS", 32, "Linux");
    // `pids` stands before `hugetlb` in the table of the old hierarchy.
    for name in CGROUPS_V1 {
        if name == "HUGETLB" {
            row("CGROUPS_PIDS", 32, "enabled");
        }
        row(&format!("CGROUPS_{name}"), 32, "enabled");
    }
    text
}
