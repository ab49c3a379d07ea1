//! Sizes and shares as etcdctl prints them.

/// `29 kB`, `1.0 MB`: SI units, one decimal below ten (go-humanize).
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let (mut unit, mut scale) = (0, 1_u64);
    while unit + 1 < UNITS.len() && count / scale >= 1_000 {
        unit += 1;
        scale *= 1_000;
    }
    if unit == 0 {
        return format!("{count} B");
    }
    // Rounded to a tenth first, then to a whole: upstream does it twice as well.
    let tenths = (u128::from(count) * 20 + u128::from(scale)) / (u128::from(scale) * 2);
    if tenths < 100 {
        return format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]);
    }
    // Go rounds halves to even.
    let (whole, rest) = (tenths / 10, tenths % 10);
    let up = rest > 5 || (rest == 5 && whole % 2 == 1);
    format!("{} {}", whole + u128::from(up), UNITS[unit])
}

/// `15%`: how much of the file is free, rounded up.
pub fn percent_free(size: u64, in_use: u64) -> String {
    let free = size.saturating_sub(in_use);
    format!("{}%", (free * 100).div_ceil(size.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_recorded() {
        let sizes =
            [(28_672, "29 kB"), (20_480, "20 kB"), (2_147_483_648, "2.1 GB"), (8_388_608, "8.4 MB"), (32_768, "33 kB"), (999, "999 B")];
        for (count, text) in sizes {
            assert_eq!(bytes(count), text);
        }
        let shares =
            [(28_672, 24_576, "15%"), (28_672, 20_480, "29%"), (28_672, 16_384, "43%"), (32_768, 16_384, "50%"), (24_576, 24_576, "0%")];
        for (size, in_use, text) in shares {
            assert_eq!(percent_free(size, in_use), text);
        }
    }
}
