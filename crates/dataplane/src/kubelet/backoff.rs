//! Growing waits (client-go `flowcontrol.Backoff`): 10 s, doubled up to 5 min, forgotten after 10 quiet minutes.
use simcore::{Duration, Time};

const FIRST: Duration = Duration::secs(10);
const LONGEST: Duration = Duration::mins(5);
const FORGET: Duration = Duration::mins(10);

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Backoff {
    pub wait: Duration,
    last: Time,
}

impl Backoff {
    /// Until when to wait after something that happened at `event`; `None` when it may go on at once.
    pub fn until(&self, now: Time, event: Time) -> Option<Time> {
        let end = event + self.wait;
        (self.wait > Duration::ZERO && now.since(self.last) <= FORGET && end > now).then_some(end)
    }

    /// One more failure at `now`.
    pub fn grow(&mut self, now: Time) {
        let fresh = self.wait == Duration::ZERO || now.since(self.last) > FORGET;
        self.wait = if fresh { FIRST } else { self.wait.times(2).min(LONGEST) };
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_ten_seconds_to_five_minutes() {
        let (mut backoff, now) = (Backoff::default(), Time::START);
        assert_eq!(backoff.until(now, now), None);
        let waits: Vec<u64> = (0..7)
            .map(|_| {
                backoff.grow(now);
                backoff.wait.as_secs()
            })
            .collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(backoff.until(now, now), Some(now + Duration::secs(300)));
        backoff.grow(now + Duration::mins(11));
        assert_eq!(backoff.wait.as_secs(), 10);
    }
}
