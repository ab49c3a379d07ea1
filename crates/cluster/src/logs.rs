//! What the components of a control plane write into their logs about what the world does to them.
use crate::event::PartId;
use crate::world::World;
use ::hosts::call::ephemeral_port;
use etcd::raft::{MemberId, NOBODY};
use objects::Text;
use std::sync::Arc;

impl World {
    /// A component on a host writes a line: `level` is klog's letter, `place` the file and line that upstream's has there.
    pub(crate) fn component_says(&mut self, host: usize, process: &str, level: char, place: &str, words: &str) {
        let (now, id) = (self.now(), self.hosts[host].kubelet);
        if !self.hosts[host].control_plane || self.is_hidden(host) {
            return;
        }
        if let Some(kubelet) = Arc::make_mut(&mut self.parts[id]).kubelet_mut() {
            kubelet.say(now, process, level, place, words);
        }
    }

    /// Who has won an election says so.
    pub(crate) fn tells_election(&mut self, id: PartId) {
        let part = &self.parts[id];
        let leads = part.leads() == Some(true);
        if part.led == leads {
            return;
        }
        let (host, process) = (part.host, Text::new(part.process()));
        Arc::make_mut(&mut self.parts[id]).led = leads;
        if leads {
            self.component_says(
                host,
                &process,
                'I',
                "leaderelection.go:272",
                &format!("\"Successfully acquired lease\" lock=\"kube-system/{process}\""),
            );
        }
    }

    /// The last words of a leader that could not renew its Lease.
    pub(crate) fn tells_loss(&mut self, id: PartId) {
        let (host, process) = (self.parts[id].host, Text::new(self.parts[id].process()));
        let lines = last_words(&process);
        for (level, place, words) in lines {
            self.component_says(host, &process, level, place, &words);
        }
    }

    /// A member of etcd hears of a leader, or of none any more: Raft's own lines.
    pub(crate) fn tells_leader(&mut self, place: usize, leader: MemberId) {
        let node = &self.etcd.nodes[place];
        let (id, before, host) = (node.process.id, node.heard, node.host);
        let Some(member) = node.process.member.as_ref().filter(|_| before != leader) else { return };
        let (term, last, conf) = (member.term(), member.log().last(), member.conf().clone());
        let logterm = member.log().term(last).unwrap_or(term);
        Arc::make_mut(&mut self.etcd.nodes[place]).heard = leader;
        let mut lines: Vec<(char, u32, String)> = Vec::new();
        match (before, leader) {
            (_, NOBODY) if before == id => {
                lines.push(('w', 1283, "stepped down to follower since quorum is not active".to_string()));
                lines.push(('i', 897, format!("became follower at term {term}")));
            }
            (_, NOBODY) => {
                lines.push(('i', 988, format!("is starting a new election at term {term}")));
                lines.push(('i', 930, format!("became pre-candidate at term {term}")));
                let others = conf.voters.iter().filter(|voter| **voter != id);
                lines.extend(others.map(|voter| {
                    ('i', 1064, format!("[logterm: {logterm}, index: {last}] sent MsgPreVote request to {voter:x} at term {term}"))
                }));
            }
            _ if leader == id => lines.push(('i', 970, format!("became leader at term {term}"))),
            _ => {}
        }
        for (level, line, words) in lines {
            let words = format!("\"msg\":\"{id:x} {words}\"");
            self.component_says(host, "etcd", level, &format!("raft v3@v3.7.0/raft.go:{line}"), &words);
        }
        let (line, words) = match (before, leader) {
            (_, NOBODY) => (376, format!("lost leader {before:x}")),
            (NOBODY, _) => (370, format!("elected leader {leader:x}")),
            _ => (373, format!("changed leader from {before:x} to {leader:x}")),
        };
        let words = format!("\"msg\":\"raft.node: {id:x} {words} at term {term}\"");
        self.component_says(host, "etcd", 'i', &format!("raft v3@v3.7.0/node.go:{line}"), &words);
    }

    /// A call of a kube-apiserver to etcd was not answered in its time.
    pub(crate) fn tells_timeout(&mut self, host: usize, method: &str) {
        let port = ephemeral_port(self.now());
        let words = format!(
            "\"msg\":\"retrying of unary invoker failed\",\"target\":\"etcd-endpoints://0xc000a1e000/127.0.0.1:2379\",\"peer\":\"Peer{{Addr: '127.0.0.1:2379', LocalAddr: '127.0.0.1:{port}', AuthInfo: 'tls'}}\",\"method\":\"/etcdserverpb.KV/{method}\",\"attempt\":0,\"error\":\"rpc error: code = DeadlineExceeded desc = context deadline exceeded\""
        );
        self.component_says(host, "kube-apiserver", 'w', "etcd-client v3@v3.7.0/retry_interceptor.go:68", &words);
    }

    /// A kube-apiserver turns somebody away: `why` is what the authenticator said.
    pub(crate) fn tells_stranger(&mut self, host: usize, why: &str) {
        let words = format!("\"Unable to authenticate the request\" err=\"{why}\"");
        self.component_says(host, "kube-apiserver", 'E', "authentication.go:76", &words);
    }

    /// A client did not like a kube-apiserver's certificate, and left.
    pub(crate) fn tells_handshake(&mut self, host: usize, client: &str) {
        let port = ephemeral_port(self.now());
        let words = format!("http: TLS handshake error from {client}:{port}: remote error: tls: bad certificate");
        self.component_says(host, "kube-apiserver", 'I', "log.go:245", &words);
    }
}

/// What a leader says that could not renew its Lease, before it ends.
pub(crate) fn last_words(process: &str) -> [(char, &'static str, String); 2] {
    let first = format!("\"Failed to renew lease\" lock=\"kube-system/{process}\" err=\"context deadline exceeded\"");
    let (place, last) = match process {
        "kube-scheduler" => ("server.go:337", "\"Leaderelection lost\""),
        _ => ("controllermanager.go:413", "\"leaderelection lost/stopped\""),
    };
    [('I', "leaderelection.go:304", first), ('E', place, last.to_string())]
}
