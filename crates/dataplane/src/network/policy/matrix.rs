//! Who reaches whom: a letter for each pair.
use super::member::Peer;
use super::policies::Policies;
use crate::network::{Packet, Protocol};
use std::net::IpAddr;

/// An end of the matrix, with the address that it uses.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    pub peer: Peer,
    pub address: IpAddr,
}

impl Policies {
    /// All Pods with an address of their own, ordered by namespace and name.
    pub fn ends(&self) -> Vec<End> {
        let mut pods: Vec<_> = self.members().to_vec();
        pods.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        pods.into_iter().map(|pod| End { address: pod.address, peer: Peer::Pod(pod) }).collect()
    }

    /// For each probe (a port and its protocol) a text per source, a letter per destination, both in the order of `ends`:
    /// `.` allowed, `i` denied by the receiver's policies, `e` by the sender's, `b` by both, `=` a Pod to itself,
    /// `-` no Pod at either end.
    pub fn matrix(&self, ends: &[End], probes: &[(u16, Protocol)]) -> Vec<Vec<String>> {
        let row = |from: &End, probe: (u16, Protocol)| ends.iter().map(|to| self.cell(from, to, probe)).collect();
        probes.iter().map(|probe| ends.iter().map(|from| row(from, *probe)).collect()).collect()
    }

    fn cell(&self, from: &End, to: &End, (port, protocol): (u16, Protocol)) -> char {
        match (from.peer.pod(), to.peer.pod()) {
            (None, None) => '-',
            (Some(a), Some(b)) if a.address == b.address => '=',
            _ => {
                let packet = Packet { source: from.address, destination: to.address, port, protocol };
                self.judge(&from.peer, &to.peer, &packet).letter()
            }
        }
    }
}
