//! One world in which several performances go on side by side: each until it waits, in virtual time, in a fixed order.
use apiserver::client::Ticket;
use cluster::{Caller, World};
use objects::wire::{Request, Response};
use simcore::{Duration, Time};
use std::cell::{Cell, RefCell, RefMut};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// A performance at work. It waits for nothing but what a stage gives it.
pub type Act<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// The world with the answers that nobody has taken yet.
pub struct Stage {
    world: RefCell<World>,
    answers: RefCell<BTreeMap<Ticket, Response>>,
    tickets: Cell<u64>,
    /// The next instant at which somebody wants to look.
    next: Cell<Option<Time>>,
    /// Somebody wants to look as soon as anything is written.
    curious: Cell<bool>,
}

impl Stage {
    pub fn new(world: World) -> Stage {
        Stage {
            world: RefCell::new(world),
            answers: RefCell::default(),
            tickets: Cell::new(0),
            next: Cell::new(None),
            curious: Cell::new(false),
        }
    }

    /// Lets all acts go on until each is at its end, or `enough` says so.
    pub fn play(&self, mut acts: Vec<Act>, enough: impl Fn() -> bool) {
        let mut context = Context::from_waker(Waker::noop());
        loop {
            self.next.set(None);
            self.curious.set(false);
            acts.retain_mut(|act| act.as_mut().poll(&mut context).is_pending());
            let Some(next) = self.next.get().filter(|_| !acts.is_empty() && !enough()) else { return };
            self.run(next);
        }
    }

    /// Time passes until `next`, an answer, or, if somebody asked for it, a write.
    fn run(&self, next: Time) {
        let mut world = self.world.borrow_mut();
        let (curious, revision) = (self.curious.get(), world.api.store.applied().revision());
        let news = |world: &World| !world.answers.is_empty() || curious && world.api.store.applied().revision() != revision;
        world.run_while(next, news);
        self.answers.borrow_mut().extend(std::mem::take(&mut world.answers));
    }

    /// The world, for as long as the caller does not wait.
    pub fn world(&self) -> RefMut<'_, World> {
        self.world.borrow_mut()
    }

    pub fn now(&self) -> Time {
        self.world.borrow().now()
    }

    /// The revision that readers see.
    pub fn revision(&self) -> u64 {
        self.world.borrow().api.store.applied().revision()
    }

    /// Sends a request; its answer is to be taken by the ticket.
    pub fn send(&self, request: &Request) -> Ticket {
        self.tickets.set(self.tickets.get() + 1);
        let ticket = Ticket(self.tickets.get());
        self.world().submit(Caller::Client, ticket, request);
        ticket
    }

    /// The answer to a ticket, if it is there.
    pub fn take(&self, ticket: Ticket) -> Option<Response> {
        self.answers.borrow_mut().remove(&ticket)
    }

    /// Somebody wants to be asked again at `time` at the latest.
    pub fn wants(&self, time: Time) {
        self.next.set(Some(self.next.get().map_or(time, |next| next.min(time))));
    }

    /// Somebody wants to be asked again after each write.
    pub fn wants_writes(&self) {
        self.curious.set(true);
    }

    pub async fn until(&self, time: Time) {
        poll_fn(|_| self.hold(time)).await;
    }

    /// Waits until `holds`, looking after each write and answer. False when it took longer than `span`.
    pub async fn wait(&self, span: Duration, mut holds: impl FnMut(&Stage) -> bool) -> bool {
        let limit = self.now() + span;
        poll_fn(|_| {
            if holds(self) {
                return Poll::Ready(true);
            }
            self.wants_writes();
            self.hold(limit).map(|()| false)
        })
        .await
    }

    fn hold(&self, time: Time) -> Poll<()> {
        if self.now() >= time {
            return Poll::Ready(());
        }
        self.wants(time);
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::Topology;

    #[test]
    fn acts_meet_in_one_time() {
        let stage = Stage::new(World::boot(&Topology::recorded(), 1, Vec::new()));
        let said = RefCell::new(Vec::new());
        let speaker = |name: &'static str, pause: u64| {
            let (stage, said) = (&stage, &said);
            let act: Act = Box::pin(async move {
                for _ in 0..2 {
                    stage.until(stage.now() + Duration::secs(pause)).await;
                    said.borrow_mut().push((name, stage.now().since(Time::START).as_secs()));
                }
            });
            act
        };
        stage.play(vec![speaker("slow", 3), speaker("quick", 2)], || false);
        assert_eq!(*said.borrow(), [("quick", 2), ("slow", 3), ("quick", 4), ("slow", 6)]);
    }
}
