//! What the comparison must show with every seed: one sentence and one test of the numbers each.
use super::row::Row;

/// Held by each row of one strategy with one new version, beside the other rows of the same seed.
pub struct Claim {
    pub strategy: &'static str,
    pub version: &'static str,
    /// The sentence that a teacher would say.
    pub words: &'static str,
    pub holds: fn(&Row, &[&Row]) -> bool,
}

/// Every claim, by strategy.
#[rustfmt::skip]
pub static CLAIMS: &[Claim] = &[
    Claim { strategy: "recreate", version: "good", words: "Recreate loses requests while no Pod stands",
        holds: |row, _| row.failed > 0 && row.missing_pod_ms > 0 && row.extra_pod_ms == 0 && row.full_ms.is_some() },
    Claim { strategy: "rolling", version: "good", words: "RollingUpdate with readiness and preStop loses nobody, on the way back neither",
        holds: |row, _| row.failed == 0 && row.rollback_failed == 0 && row.full_ms.is_some() && row.rollback_ms.is_some() },
    Claim { strategy: "rolling-unready", version: "good", words: "without them it loses a few",
        holds: |row, rows| row.failed > 0 && row.failed < row.requests / 20 && row.failed < other(rows, "recreate").map_or(u64::MAX, |other| other.failed) },
    Claim { strategy: "rolling-in-place", version: "good", words: "without a surge it loses nobody either, and stands with fewer Pods meanwhile",
        holds: |row, _| row.failed == 0 && row.full_ms.is_some() },
    Claim { strategy: "blue-green", version: "good", words: "Blue-Green switches as soon as the kube-proxies know, loses nobody, and pays with a second set of Pods",
        holds: |row, rows| row.failed == 0 && row.mixed_ms < 2_000 && rows.iter().all(|other| other.extra_pod_ms <= row.extra_pod_ms) },
    Claim { strategy: "blue-green", version: "good", words: "and its way back is as short",
        holds: |row, _| row.rollback_failed == 0 && row.rollback_ms.is_some_and(|back| back < 3_000) },
    Claim { strategy: "canary", version: "good", words: "a canary of one Pod in ten meets a tenth of the requests",
        holds: |row, _| within(row, 10) && !row.stopped && row.failed == 0 && row.full_ms.is_some() },
    Claim { strategy: "canary", version: "slow", words: "a slow canary is taken back",
        holds: |row, _| row.stopped && row.people_new < row.people && row.rollback_ms.is_some() },
    Claim { strategy: "canary", version: "broken", words: "a broken canary is taken back, and hurts fewer people than any other way",
        holds: |row, rows| row.stopped && rows.iter().filter(|other| other.version == row.version && !is_partial(other)).all(|other| other.people_hurt > row.people_hurt) },
    Claim { strategy: "canary-weight", version: "good", words: "a route's weight of 10 meets a tenth of the requests, however many Pods there are",
        holds: |row, _| within(row, 10) && !row.stopped && row.failed == 0 && row.full_ms.is_some() },
    Claim { strategy: "canary-weight", version: "slow", words: "a slow canary behind a weight is taken back",
        holds: |row, _| row.stopped && row.people_new < row.people && row.rollback_ms.is_some() },
    Claim { strategy: "canary-weight", version: "broken", words: "a broken canary behind a weight is taken back",
        holds: |row, rows| row.stopped && other(rows, "rolling").is_none_or(|other| other.people_hurt > row.people_hurt) },
    Claim { strategy: "ab", version: "good", words: "A/B shows v2 to the people of one group, a fifth, and never to anybody v1 and v2 in turn",
        holds: |row, _| within(row, 20) && row.people_wavered == 0 && row.failed == 0 },
    Claim { strategy: "ab", version: "broken", words: "A/B hurts only people of its group",
        holds: |row, _| row.stopped && row.people_hurt <= row.people_new && row.people_new * 4 <= row.people },
    Claim { strategy: "shadow", version: "good", words: "a shadow changes nobody's answer, and every order is written twice",
        holds: |row, _| unseen(row) && row.orders_written * 10 > row.orders * 17 },
    Claim { strategy: "shadow", version: "slow", words: "a slow shadow is seen by nobody",
        holds: |row, rows| unseen(row) && other(rows, "rolling").is_none_or(|other| other.p95_ms > 10 * row.p95_ms) },
    Claim { strategy: "shadow", version: "broken", words: "a broken shadow hurts nobody, and its failures are there to be read",
        holds: |row, _| unseen(row) && row.mirrored_failed > row.mirrored / 5 },
];

/// Whether users met the old version only, and no failure.
fn unseen(row: &Row) -> bool {
    row.new_answers == 0 && row.people_new == 0 && row.failed == 0 && row.rollback_failed == 0 && row.mirrored > row.requests / 2
}

/// Those that show the new version to some of the users first, or to nobody.
fn is_partial(row: &Row) -> bool {
    matches!(row.strategy.as_str(), "canary" | "canary-weight" | "ab" | "shadow")
}

fn other<'a>(rows: &[&'a Row], strategy: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.strategy == strategy).copied()
}

/// Whether the new version's share is `percent`, as far as chance allows: four standard deviations.
fn within(row: &Row, percent: u64) -> bool {
    let (count, of) = (row.new_answers, row.answers);
    let off = (count * 100).abs_diff(of * percent);
    of > 100 && off * off <= 16 * of * percent * (100 - percent)
}

/// The sentences that do not hold for these rows, with seed and version; rows of several seeds may be mixed.
pub fn broken(rows: &[Row]) -> Vec<String> {
    let mut found = Vec::new();
    for row in rows {
        let same: Vec<&Row> = rows.iter().filter(|other| other.seed == row.seed && other.version == row.version).collect();
        if same.iter().any(|other| other.requests != row.requests) {
            found.push(format!("seed {}, {}, {}: the users are the same for every strategy", row.seed, row.version, row.strategy));
        }
        let own = CLAIMS.iter().filter(|claim| claim.strategy == row.strategy && claim.version == row.version);
        let wrong = own.filter(|claim| !(claim.holds)(row, &same));
        found.extend(wrong.map(|claim| format!("seed {}, {}, {}: {}", row.seed, row.version, row.strategy, claim.words)));
    }
    found
}
