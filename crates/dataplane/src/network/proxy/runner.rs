//! When kube-proxy may sync: at once after quiet, then not before the last run has been over for a while
//! (pkg/proxy/runner/bounded_frequency_runner.go).
use simcore::{Duration, Time};

/// Holds nothing but instants; the caller does the work and keeps the promises.
#[derive(Clone, Debug)]
pub struct Runner {
    /// From the end of one run to the begin of the next (`minSyncPeriod`).
    least: Duration,
    /// After so long without a wish it runs all the same (`syncPeriod`).
    most: Duration,
    asked: bool,
    /// When the present run will be over.
    running: Option<Time>,
    /// When the last run was over.
    done: Option<Time>,
}

/// What is to be done now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Begin,
    Finish,
    /// Nothing before this instant.
    Wait(Time),
    /// Nothing, until somebody asks.
    Rest,
}

impl Runner {
    pub fn new(least: Duration, most: Duration) -> Runner {
        Runner { least, most, asked: false, running: None, done: None }
    }

    pub fn ask(&mut self) {
        self.asked = true;
    }

    pub fn step(&self, now: Time) -> Step {
        if let Some(until) = self.running {
            return if now >= until { Step::Finish } else { Step::Wait(until) };
        }
        if !self.asked {
            return Step::Rest;
        }
        match self.last(now) {
            Some(last) if now < last + self.least => Step::Wait(last + self.least),
            _ => Step::Begin,
        }
    }

    /// A run began; it takes up everything that was asked for.
    pub fn begin(&mut self, until: Time) {
        self.asked = false;
        self.running = Some(until);
    }

    pub fn finish(&mut self, now: Time) {
        self.running = None;
        self.done = Some(now);
    }

    /// When rules were last known to be right. The runs of idle times change nothing, so they are reckoned, not made.
    pub fn last(&self, now: Time) -> Option<Time> {
        let done = self.done?;
        let period = self.most.0.max(1);
        Some(done + self.most.times(now.since(done).0 / period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_change_is_served_at_once_and_the_next_ones_once_per_second() {
        let mut runner = Runner::new(Duration::secs(1), Duration::secs(30));
        let at = |millis: u64| Time::START + Duration::millis(millis);
        assert_eq!(runner.step(at(0)), Step::Rest);
        runner.ask();
        assert_eq!(runner.step(at(0)), Step::Begin);
        runner.begin(at(40));
        runner.ask();
        assert_eq!(runner.step(at(10)), Step::Wait(at(40)));
        assert_eq!(runner.step(at(40)), Step::Finish);
        runner.finish(at(40));
        assert_eq!(runner.step(at(41)), Step::Wait(at(1_040)));
        assert_eq!(runner.step(at(1_040)), Step::Begin);
    }

    #[test]
    fn idle_runs_are_seen_in_the_time_of_the_last_one() {
        let mut runner = Runner::new(Duration::secs(1), Duration::secs(30));
        runner.begin(Time::START);
        runner.finish(Time::START);
        assert_eq!(runner.last(Time::START + Duration::secs(65)), Some(Time::START + Duration::secs(60)));
        runner.ask();
        let soon_after = Time::START + Duration::millis(60_500);
        assert_eq!(runner.step(soon_after), Step::Wait(Time::START + Duration::secs(61)));
    }
}
