//! How requests break: a call that fails whatever it led to, places in queues that become free, containers that end.
use crate::event::Event;
use crate::traffic::flight::{Ended, Flight, Stage};
use crate::traffic::walk::Server;
use crate::world::World;
use dataplane::network::Failure;
use objects::Text;
use std::sync::Arc;

impl World {
    /// The call at `place` fails, whatever it led to.
    pub(super) fn break_at(&mut self, id: u64, flight: &mut Flight, place: usize, failure: Failure) -> Ended {
        while flight.frames.len() > place + 1 {
            self.release(flight.frames.len() - 1, flight);
            flight.frames.pop();
        }
        if let Some(server) = flight.frames.last().and_then(|frame| frame.server.clone())
            && let Some(load) = self.net().loads.get_mut(&server.id)
        {
            load.waiting.retain(|waiting| *waiting != id);
        }
        self.ended(flight, Err(failure))
    }

    /// Frees the server's place; the next in its queue takes it.
    pub(super) fn release(&mut self, place: usize, flight: &mut Flight) {
        let Some(frame) = flight.frames.get_mut(place).filter(|frame| frame.loaded) else { return };
        frame.loaded = false;
        let Some(server) = &frame.server else { return };
        let (now, net) = (self.now, Arc::make_mut(&mut self.traffic));
        let Some(load) = net.loads.get_mut(&server.id) else { return };
        load.busy = load.busy.saturating_sub(1);
        while let Some(next) = load.waiting.pop_front() {
            if let Some(waiting) = net.flights.get_mut(&next) {
                (waiting.stage, waiting.due) = (Stage::Travelling, now);
                self.queue.push(now, Event::Flight(next));
                break;
            }
        }
    }

    /// Containers of a host may have ended: what they worked on breaks.
    pub(crate) fn broken_off(&mut self, host: usize) {
        if self.traffic.flights.is_empty() && self.traffic.loads.is_empty() {
            return;
        }
        let kubelet = self.parts[self.hosts[host].kubelet].kubelet();
        let dead = |server: &Server| {
            let gone = || kubelet.is_none_or(|kubelet| kubelet.living(&server.uid, &server.id).is_none());
            server.host == host && !server.uid.is_empty() && !server.id.is_empty() && gone()
        };
        let powered = self.hosts[host].powered;
        let broken: Vec<(u64, usize)> = self
            .traffic
            .flights
            .iter()
            .filter_map(|(id, flight)| Some((*id, flight.frames.iter().position(|frame| frame.server.as_ref().is_some_and(dead))?)))
            .collect();
        let unloaded: Vec<Text> = self
            .traffic
            .loads
            .iter()
            .filter(|(id, load)| load.host == host && kubelet.is_none_or(|kubelet| kubelet.living(&load.uid, id).is_none()))
            .map(|(id, _)| id.clone())
            .collect();
        for (id, place) in broken {
            let Some(mut flight) = self.net().flights.remove(&id) else { continue };
            if !powered {
                // A machine without power sends nothing, not even that it is gone.
                flight.due = flight.frames.last().map_or(self.now, |frame| frame.deadline);
                flight.stage = Stage::Hanging;
                self.keep(id, flight);
                continue;
            }
            let last = place + 1 == flight.frames.len();
            let begun = !last || matches!(flight.stage, Stage::Working | Stage::Returning);
            let failure = if begun { Failure::Empty } else { Failure::Reset };
            match self.break_at(id, &mut flight, place, failure) {
                Some(ended) => self.finish(id, flight, ended),
                None => self.keep(id, flight),
            }
        }
        unloaded.iter().for_each(|id| drop(self.net().loads.remove(id)));
    }
}
