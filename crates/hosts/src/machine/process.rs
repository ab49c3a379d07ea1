//! Processes and the sockets they listen on.
use super::{Machine, figures};
use objects::Text;
use simcore::Time;
use std::sync::Arc;

/// A running program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Process {
    pub pid: u32,
    pub parent: u32,
    pub user: Text,
    /// The whole command line.
    pub command: Text,
    /// Resident memory in KiB.
    pub rss_kib: u32,
    /// Share of one core, in thousandths.
    pub cpu_millis: u32,
    pub since: Time,
    /// Halted by SIGSTOP: it holds its memory and its ports, and does nothing.
    pub frozen: bool,
    /// SIGTERM was sent to it.
    pub asked: bool,
}

/// A port that a process listens on.
#[derive(Clone, Debug, PartialEq)]
pub struct Socket {
    pub address: Text,
    pub port: u16,
    pub pid: u32,
    pub udp: bool,
}

impl Process {
    /// `kube-apiserver` of `/usr/local/bin/kube-apiserver --v=2`, `nginx` of `nginx: master process`
    pub fn name(&self) -> &str {
        let program = self.command.split(' ').next().unwrap_or("");
        program.rsplit('/').next().unwrap_or(program).trim_end_matches(':')
    }

    /// Whether it is one that holds a Pod's containers for containerd; it lives on when that ends.
    pub fn is_shim(&self) -> bool {
        self.name().starts_with("containerd-shim")
    }
}

impl Machine {
    /// Whether a process is the first one of a Pod's container. Parts that the kubelet runs from files have shims with no
    /// sandbox behind them.
    fn is_in_pod(&self, process: &Process) -> bool {
        let sandbox = |shim: &Process| shim.command.split(' ').any(|word| word.len() == 64 && word.bytes().all(|c| c.is_ascii_hexdigit()));
        process.name() != "pause" && self.processes.iter().any(|one| one.pid == process.parent && one.is_shim() && sandbox(one))
    }

    /// SIGTERM for a container's first process: what comes of it is up to its program. `false`: it is another process.
    pub(super) fn ask_to_end(&mut self, pid: u32) -> bool {
        let Some(at) = self.processes.iter().position(|one| one.pid == pid && self.is_in_pod(one)) else { return false };
        Arc::make_mut(&mut self.processes)[at].asked = true;
        true
    }

    /// Starts a process and gives its id.
    pub fn spawn(&mut self, now: Time, user: &str, parent: u32, command: &str) -> u32 {
        let pid = self.take_pid();
        let (user, command) = (Text::new(user), Text::new(command));
        let mut process = Process { pid, parent, user, command, rss_kib: 4_000, cpu_millis: 0, since: now, frozen: false, asked: false };
        let figure = figures::of(process.name());
        (process.rss_kib, process.cpu_millis) = (figure.rest_kib, figure.rest_millis);
        Arc::make_mut(&mut self.processes).push(process);
        pid
    }

    /// Halts all processes of a program, or lets them go on (SIGSTOP, SIGCONT).
    pub fn freeze(&mut self, name: &str, frozen: bool) {
        Arc::make_mut(&mut self.processes).iter_mut().filter(|process| process.name() == name).for_each(|process| process.frozen = frozen);
    }

    /// Ends a process; what it listened on is free.
    pub fn kill(&mut self, pid: u32) {
        Arc::make_mut(&mut self.processes).retain(|process| process.pid != pid);
        Arc::make_mut(&mut self.sockets).retain(|socket| socket.pid != pid);
    }

    /// Lets a process listen on a TCP port.
    pub fn listen(&mut self, pid: u32, address: &str, port: u16) {
        Arc::make_mut(&mut self.sockets).push(Socket { address: Text::new(address), port, pid, udp: false });
    }

    /// The same for UDP. What the kernel itself listens on (a VXLAN device) has pid 0.
    pub fn listen_udp(&mut self, pid: u32, address: &str, port: u16) {
        Arc::make_mut(&mut self.sockets).push(Socket { address: Text::new(address), port, pid, udp: true });
    }

    /// The first process of a program.
    pub fn process(&self, name: &str) -> Option<&Process> {
        self.processes.iter().find(|process| process.name() == name)
    }
}
