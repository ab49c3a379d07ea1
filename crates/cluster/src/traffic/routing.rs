//! Requests that reach a proxy in a Pod: what its table makes of them, and what comes of the backend's answer.
use crate::part::Actor;
use crate::traffic::walk::Server;
use crate::world::World;
use dataplane::network::{Ask, Failure, Url};
use gateway::routing::{Decision, Dialect, Rule};
use objects::Text;
use std::sync::Arc;

/// A request that goes on to a backend.
#[derive(Clone, Debug)]
pub(crate) struct Onward {
    /// What is asked there; taken when the call is made.
    pub ask: Option<Arc<Ask>>,
    pub rule: Arc<Rule>,
    pub share: usize,
    /// What was asked the last time, and how many times it was.
    pub asked: Arc<Ask>,
    pub tries: u32,
}

impl Onward {
    /// Turns to the next endpoint after a failure; false where there is none, or no more tries.
    pub fn turn(&mut self) -> bool {
        let Some(share) = self.rule.shares.get(self.share) else { return false };
        let all = &share.backend.endpoints;
        let place = all.iter().position(|(address, _)| self.asked.url.host == address.to_string().as_str()).unwrap_or(0);
        // What a client may not send twice, a proxy does not either.
        let repeats = !matches!(self.asked.method.as_str(), "POST" | "PATCH" | "LOCK");
        if self.tries >= self.rule.tries || !repeats || (all.len() as u32) <= self.tries {
            return false;
        }
        let (address, port) = all[(place + 1) % all.len()];
        let url = Url { host: Text::from(address.to_string()), port, ..self.asked.url.clone() };
        self.asked = Arc::new(Ask { url, ..(*self.asked).clone() });
        (self.ask, self.tries) = (Some(self.asked.clone()), self.tries + 1);
        true
    }

    /// What the client gets where the backend gives no answer: code, body.
    pub fn failed(&self, failure: Failure) -> (u16, &'static str) {
        if self.rule.dialect != Dialect::Gateway {
            let slow = matches!(failure, Failure::Timeout | Failure::Lost | Failure::Denied);
            let code = if slow { 504 } else { 502 };
            return (code, self.rule.failed(code));
        }
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
    pub(crate) fn routed(&mut self, server: &Server, port: u16, ask: &Ask, from: &str) -> Option<Result<Decision, Failure>> {
        let World { parts, traffic, now, .. } = self;
        let here = |part: &&Arc<crate::part::Part>| part.running && part.container == server.id && part.pod == server.uid;
        let Actor::Router(router) = &parts.iter().find(here)?.actor else { return None };
        let opened = router.serves(port).then(|| router.handshake(port, ask, *now))?;
        Some(opened.map(|()| router.decide(port, ask, from, &mut Arc::make_mut(traffic).rng)))
    }
}
