//! The token bucket that every client-go client has (`flowcontrol.NewTokenBucketRateLimiter`).
use simcore::{Duration, Time};

/// `qps` tokens a second, at most `burst` at once.
#[derive(Clone, Debug, PartialEq)]
pub struct RateLimiter {
    qps: u64,
    burst: u64,
    /// Millionths of a token at `at`.
    tokens: u64,
    at: Time,
}

const TOKEN: u64 = 1_000_000;

impl RateLimiter {
    /// A full bucket.
    pub fn new(qps: u64, burst: u64) -> RateLimiter {
        RateLimiter { qps, burst, tokens: burst * TOKEN, at: Time::default() }
    }

    /// Takes one token, or says when there will be one.
    pub fn take(&mut self, now: Time) -> Result<(), Time> {
        let gained = now.since(self.at).0.saturating_mul(self.qps);
        self.tokens = self.tokens.saturating_add(gained).min(self.burst * TOKEN);
        self.at = now;
        if self.tokens >= TOKEN {
            self.tokens -= TOKEN;
            return Ok(());
        }
        Err(now + Duration((TOKEN - self.tokens).div_ceil(self.qps)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_burst_requests_come_at_the_rate() {
        let mut limiter = RateLimiter::new(20, 30);
        let now = Time::START;
        assert!((0..30).all(|_| limiter.take(now).is_ok()));
        let next = limiter.take(now).unwrap_err();
        assert_eq!(next, now + Duration::millis(50));
        assert!(limiter.take(next).is_ok());
    }
}
