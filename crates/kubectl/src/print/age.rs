//! Spans of time as kubectl's AGE column writes them (apimachinery `duration.HumanDuration`).
use simcore::{Duration, Time};

/// `45s`, `2m5s`, `17m`, `3h2m`, `2d4h`, `400d`, `3y10d`.
pub fn human_duration(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let pair = |big: u64, big_unit: &str, small: u64, unit: &str| {
        if small == 0 { format!("{big}{big_unit}") } else { format!("{big}{big_unit}{small}{unit}") }
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => pair(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => pair(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 192 => pair(hours / 24, "d", hours % 24, "h"),
        () if hours < 24 * 365 * 2 => format!("{}d", hours / 24),
        () if hours < 24 * 365 * 8 => pair(hours / 24 / 365, "y", hours / 24 % 365, "d"),
        () => format!("{}y", hours / 24 / 365),
    }
}

/// The age of a `2026-12-01T00:00:00Z` at `now`; `<unknown>` when it is empty or unreadable.
pub fn age(now: Time, stamp: &str) -> String {
    Time::parse(stamp).map_or_else(|| "<unknown>".to_string(), |then| human_duration(now.since(then)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_as_upstream_prints_them() {
        let printed = |seconds| human_duration(Duration::secs(seconds));
        let pairs = [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (600, "10m"),
            (7200, "120m"),
            (10_800, "3h"),
            (11_000, "3h3m"),
            (100_000, "27h"),
            (200_000, "2d7h"),
            (864_000, "10d"),
        ];
        for (seconds, text) in pairs {
            assert_eq!(printed(seconds), text);
        }
        assert_eq!(age(Time::START, ""), "<unknown>");
    }
}
