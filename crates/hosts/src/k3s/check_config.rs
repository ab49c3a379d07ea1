//! `k3s check-config`: a look at the kernel and the machine, after k3s's contrib/util/check-config.sh.
use super::command::version;
use super::start::data_folder;
use crate::call::{Call, Step};

const NECESSARY: [&str; 16] = [
    "CONFIG_NAMESPACES: enabled",
    "CONFIG_NET_NS: enabled",
    "CONFIG_PID_NS: enabled",
    "CONFIG_IPC_NS: enabled",
    "CONFIG_UTS_NS: enabled",
    "CONFIG_CGROUPS: enabled",
    "CONFIG_CGROUP_PIDS: enabled",
    "CONFIG_CGROUP_CPUACCT: enabled",
    "CONFIG_CGROUP_DEVICE: enabled",
    "CONFIG_CGROUP_FREEZER: enabled",
    "CONFIG_CGROUP_SCHED: enabled",
    "CONFIG_CPUSETS: enabled",
    "CONFIG_MEMCG: enabled",
    "CONFIG_KEYS: enabled",
    "CONFIG_VETH: enabled (as module)",
    "CONFIG_BRIDGE: enabled (as module)",
];

pub fn run(call: &mut Call) -> Step<()> {
    let folder = data_folder(call.machine, &version(call.machine));
    let swap = if call.machine.swaps.is_empty() { "disabled" } else { "should be disabled" };
    let cgroup = match call.machine.hardware.cgroup {
        2 => "cgroups V2 mounted, cpu|cpuset|memory controllers status: good",
        _ => "cgroups Hybrid mounted, cpuset|memory controllers status: good",
    };
    let kernel = call.machine.hardware.kernel.clone();
    call.say(format_args!("\nVerifying binaries in {folder}/bin:\n- sha256sum: good\n- links: good"));
    call.say(format_args!("\nSystem:\n- swap: {swap}\n- routes: ok"));
    call.say("\nLimits:\n- /proc/sys/kernel/keys/root_maxkeys: 1000000");
    call.say(format_args!("\ninfo: reading kernel config from /boot/config-{kernel} ..."));
    call.say(format_args!("\nGenerally Necessary:\n- cgroup hierarchy: {cgroup}"));
    NECESSARY.iter().for_each(|line| call.say(format_args!("- {line}")));
    call.say("\nSTATUS: pass");
    Ok(())
}
