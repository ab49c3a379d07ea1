//! How long ago, in the few letters that people read (apimachinery `util/duration`).
use objects::Tree;
use simcore::Time;

/// `5s`, `6m14s`, `3h`, `8d`; `<unknown>` where there is no instant.
pub(crate) fn since(now: Time, instant: &Tree) -> String {
    match Time::parse(instant.text()) {
        Some(then) => human(now.since(then).as_secs()),
        None => "<unknown>".into(),
    }
}

/// Seconds as two units at most, the second only while it says something.
pub(crate) fn human(seconds: u64) -> String {
    let two = |big: u64, unit: char, small: u64, rest: char| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{rest}") }
    };
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => two(days, 'd', hours % 24, 'h'),
        () if days < 730 => format!("{days}d"),
        () if days < 2920 => two(days / 365, 'y', days % 365, 'd'),
        () => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::human;

    #[test]
    fn the_second_unit_goes_when_the_first_grows() {
        let cases = [
            (119, "119s"),
            (120, "2m"),
            (374, "6m14s"),
            (600, "10m"),
            (10_800, "3h"),
            (11_100, "3h5m"),
            (90_000, "25h"),
            (176_400, "2d1h"),
            (864_000, "10d"),
        ];
        for (seconds, text) in cases {
            assert_eq!(human(seconds), text);
        }
    }
}
