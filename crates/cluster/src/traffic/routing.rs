//! Requests that reach a proxy in a Pod: what its table makes of them, and what comes of the backend's answer.
use crate::part::Actor;
use crate::traffic::walk::Server;
use crate::world::World;
use dataplane::network::{Ask, Failure};
use gateway::routing::{Decision, Rule};
use objects::Text;
use std::sync::Arc;

/// A request that goes on to a backend.
#[derive(Clone, Debug)]
pub(crate) struct Onward {
    /// What is asked there; taken when the call is made.
    pub ask: Option<Arc<Ask>>,
    pub rule: Arc<Rule>,
    pub share: usize,
}

impl Onward {
    /// What the client gets where the backend gives no answer: code, body.
    pub fn failed(failure: Failure) -> (u16, &'static str) {
        match failure {
            Failure::Timeout => (504, "upstream request timeout"),
            Failure::Refused | Failure::NoEndpoints | Failure::Denied | Failure::Lost | Failure::Unreachable => {
                (503, "upstream connect error or disconnect/reset before headers. reset reason: connection failure")
            }
            _ => (503, "upstream connect error or disconnect/reset before headers. reset reason: connection termination"),
        }
    }

    /// The rule in words, with the backend that was chosen.
    pub fn words(&self) -> Text {
        self.rule.shares.get(self.share).map_or_else(|| self.rule.name.clone(), |share| share.words.clone())
    }

    /// Changes the headers of the backend's answer as the rule's filters say.
    pub fn edit(&self, headers: &mut Vec<(Text, Text)>) {
        self.rule.filters.response.apply(headers);
        self.rule.shares.get(self.share).iter().for_each(|share| share.filters.response.apply(headers));
    }
}

impl World {
    /// What the proxy that runs in a container does with a request; `None` where none runs there, or not on that port.
    pub(crate) fn routed(&mut self, server: &Server, port: u16, ask: &Ask) -> Option<Decision> {
        let World { parts, traffic, .. } = self;
        let here = |part: &&Arc<crate::part::Part>| part.running && part.container == server.id && part.pod == server.uid;
        let Actor::Router(router) = &parts.iter().find(here)?.actor else { return None };
        router.serves(port).then(|| router.decide(port, ask, &mut Arc::make_mut(traffic).rng))
    }
}
