//! The kubelet's clients: one for the API, one for events, each with its own rate.
use apiserver::client::{Effects, Note, RateLimiter, Recorder, Ticket};
use objects::Text;
use objects::wire::{Request, User};
use simcore::Time;
use std::collections::{BTreeMap, VecDeque};

/// What a request was for, so that its answer finds the right place.
#[derive(Clone, PartialEq, Debug)]
pub enum Asked {
    /// A status patch of the Pod with this uid.
    Status(Text),
    /// The last deletion of the Pod with this uid.
    Delete(Text),
    Register,
    Mirror,
    NodeStatus,
    Lease,
}

#[derive(Clone, Debug)]
struct Lane {
    limiter: RateLimiter,
    queue: VecDeque<(Option<Asked>, Request)>,
}

/// `kubeAPIQPS` 50 / burst 100; `eventRecordQPS` 50 / burst 100.
#[derive(Clone, Debug)]
pub struct Client {
    actor: Text,
    user: User,
    tickets: u64,
    api: Lane,
    events: Lane,
    waiting: BTreeMap<Ticket, Asked>,
    recorder: Recorder,
}

impl Client {
    pub fn new(node: &str) -> Client {
        let lane = || Lane { limiter: RateLimiter::new(50, 100), queue: VecDeque::new() };
        let groups = vec![Text::new_static("system:nodes"), Text::new_static("system:authenticated")];
        Client {
            actor: Text::from(format!("kubelet/{node}")),
            user: User { name: Text::from(format!("system:node:{node}")), groups },
            tickets: 0,
            api: lane(),
            events: lane(),
            waiting: BTreeMap::new(),
            recorder: Recorder::new("kubelet", node),
        }
    }

    pub fn send(&mut self, asked: Asked, request: Request, cause: Option<u32>) {
        let request = self.signed(request, cause);
        self.api.queue.push_back((Some(asked), request));
    }

    pub fn note(&mut self, now: Time, note: &Note, cause: Option<u32>) {
        let request = self.recorder.request(now, note);
        let request = self.signed(request, cause);
        self.events.queue.push_back((None, request));
    }

    fn signed(&self, mut request: Request, cause: Option<u32>) -> Request {
        request.user = self.user.clone();
        request.origin.actor = self.actor.clone();
        request.origin.cause = cause;
        request
    }

    /// Hands over what the rates allow. Gives the instant at which more will be allowed.
    pub fn flush(&mut self, now: Time, fx: &mut Effects) -> Option<Time> {
        let mut later = None;
        for lane in [&mut self.api, &mut self.events] {
            while !lane.queue.is_empty() {
                if let Err(at) = lane.limiter.take(now) {
                    later = Some(later.map_or(at, |other: Time| other.min(at)));
                    break;
                }
                let Some((asked, request)) = lane.queue.pop_front() else { break };
                self.tickets += 1;
                let ticket = Ticket(self.tickets);
                if let Some(asked) = asked {
                    self.waiting.insert(ticket, asked);
                }
                fx.send(ticket, request);
            }
        }
        later
    }

    /// What an answered request was for; `None` for events.
    pub fn answered(&mut self, ticket: Ticket) -> Option<Asked> {
        self.waiting.remove(&ticket)
    }

    /// The process is gone: nothing waits any more. Tickets go on counting, so that late answers find nobody.
    pub fn reset(&mut self) {
        self.api.queue.clear();
        self.events.queue.clear();
        self.waiting.clear();
        self.recorder = Recorder::new("kubelet", self.actor.trim_start_matches("kubelet/"));
    }
}
