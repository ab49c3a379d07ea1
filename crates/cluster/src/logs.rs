//! What the components of a control plane write into their logs about what the world does to them.
use crate::event::PartId;
use crate::world::World;
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

    /// A kube-apiserver turns somebody away: `why` is what the authenticator said.
    pub(crate) fn tells_stranger(&mut self, host: usize, why: &str) {
        let words = format!("\"Unable to authenticate the request\" err=\"{why}\"");
        self.component_says(host, "kube-apiserver", 'E', "authentication.go:76", &words);
    }

    /// A client did not like a kube-apiserver's certificate, and left.
    pub(crate) fn tells_handshake(&mut self, host: usize, client: &str) {
        let port = 32_768 + self.now().0 / 7 % 28_000;
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
