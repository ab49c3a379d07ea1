//! What a component wants from the world after it was told something.
use objects::wire::Request;
use simcore::Time;

/// Names one request among those of one component, so that its answer finds the right place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ticket(pub u64);

impl Ticket {
    /// Of a request whose answer nobody waits for.
    pub const UNASKED: Ticket = Ticket(u64::MAX);
}

/// Collected while a component handles a delivery, a reply or a wake; carried out by the world afterwards.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// Requests to send, in order. Each is answered by one `reply` with its ticket, or never (a lost link times out as a reply too).
    pub send: Vec<(Ticket, Request)>,
    /// Instants at which the component wants to be woken. Asking twice for one instant is harmless.
    pub wake: Vec<Time>,
}

impl Effects {
    pub fn send(&mut self, ticket: Ticket, request: Request) {
        // Mostly it is the only one, and a request is large.
        if self.send.is_empty() {
            self.send.reserve_exact(1);
        }
        self.send.push((ticket, request));
    }

    pub fn wake_at(&mut self, time: Time) {
        self.wake.push(time);
    }
}
