//! Which request is whose: tickets of one component and the places that their answers go to.
use apiserver::client::Ticket;
use std::collections::BTreeMap;

/// Who waits for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// `slot` counts the writes of one worker that are out together.
    Worker {
        runner: usize,
        worker: usize,
        slot: usize,
    },
    Event {
        runner: usize,
    },
    Election,
}

/// Tickets that are out. Numbers are never used twice, so that an answer to a process that is gone finds nobody.
#[derive(Clone, Debug, Default)]
pub struct Tickets {
    next: u64,
    out: BTreeMap<Ticket, Place>,
}

impl Tickets {
    pub fn issue(&mut self, place: Place) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        self.out.insert(ticket, place);
        ticket
    }

    pub fn redeem(&mut self, ticket: Ticket) -> Option<Place> {
        self.out.remove(&ticket)
    }

    /// Nobody waits any more.
    pub fn void(&mut self) {
        self.out.clear();
    }
}
