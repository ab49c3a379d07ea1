//! One wake-up at a time: a component asks for many instants, the world hears of the earliest.
use apiserver::client::Effects;
use simcore::Time;

/// The earliest instant that the world was asked for and that is still to come.
#[derive(Clone, Debug, Default)]
pub struct Alarm(Option<Time>);

impl Alarm {
    /// Replaces all instants that were asked for since `from` by the earliest, unless an earlier one is set already.
    /// Every step must ask for all instants anew.
    pub fn set(&mut self, now: Time, from: usize, fx: &mut Effects) {
        let Some(earliest) = fx.wake.drain(from..).min() else { return };
        if self.0.is_none_or(|set| set <= now || earliest < set) {
            self.0 = Some(earliest);
            fx.wake_at(earliest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_earlier_instant_is_asked_for_again() {
        let (mut alarm, mut fx) = (Alarm::default(), Effects::default());
        let at = |seconds| Time::START + simcore::Duration::secs(seconds);
        for (now, wanted) in [(0, 9), (1, 9), (2, 5), (5, 9)] {
            let from = fx.wake.len();
            fx.wake_at(at(wanted));
            fx.wake_at(at(wanted + 1));
            alarm.set(at(now), from, &mut fx);
        }
        assert_eq!(fx.wake, [at(9), at(5), at(9)]);
    }
}
