//! How long a step took, for people. The only clock of this package; nothing is ever decided by it.

use std::time::Duration;

#[derive(Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[allow(clippy::disallowed_methods, reason = "a developer's tool may tell a developer how long it took")]
    pub fn start() -> Stopwatch {
        Stopwatch(std::time::Instant::now())
    }

    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// `0.4 s`, `12 s`, `6 min 21 s`
    pub fn words(self) -> String {
        words(self.elapsed())
    }
}

pub fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{}.{} s", seconds, duration.subsec_millis() / 100),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_in_the_unit_that_fits() {
        let spoken = [450, 12_900, 381_000].map(|milliseconds| words(Duration::from_millis(milliseconds)));
        assert_eq!(spoken, ["0.4 s", "12 s", "6 min 21 s"]);
    }
}
