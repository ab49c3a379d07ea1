//! Six ways to ship v2: what users met, for a good, a slow and a broken one.
use lessons::strategies::{Board, Comparison, Row, claims, read};
use std::path::Path;
use std::sync::Arc;

fn board() -> Board {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons/strategies")).expect("the strategies can be read")
}

fn rows(board: Board, seed: u64, versions: &[&str], only: &[&str]) -> Vec<Row> {
    let texts = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<String>>();
    let mut comparison = Comparison::begin(Arc::new(board), seed, &texts(versions), &texts(only));
    let mut rows = Vec::new();
    while !comparison.is_over() {
        rows.extend(comparison.step().expect("the cluster stands"));
    }
    rows
}

#[test]
fn each_strategy_costs_what_is_taught_of_it() {
    let rows = rows(board(), 4, &["good", "slow", "broken"], &[]);
    assert_eq!(rows.len(), 3 * board().order.len());
    let troubles: Vec<&String> = rows.iter().map(|row| &row.trouble).filter(|words| !words.is_empty()).collect();
    assert!(troubles.is_empty(), "{troubles:?}");
    let broken = claims::broken(&rows);
    assert!(broken.is_empty(), "{broken:#?}");
    for row in &rows {
        let of = |kind: usize| row.strip.chunks(3).map(|second| u64::from(second[kind])).sum::<u64>();
        assert!(of(2) <= row.failed && of(0) + of(1) + of(2) > row.requests * 97 / 100, "{row:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_numbers_and_another_other_ones() {
    let of = |seed| rows(board(), seed, &["good"], &["rolling-unready"]);
    assert_eq!(of(2), of(2));
    assert_ne!(of(2)[0].strip, of(3)[0].strip);
}

#[test]
fn a_version_that_never_becomes_ready_is_stopped_by_readiness_and_hurts_those_who_did_not_ask_for_it() {
    let rows = rows(board(), 1, &["unready"], &["rolling", "rolling-unready", "recreate"]);
    let of = |id: &str| rows.iter().find(|row| row.strategy == id).expect("a row");
    assert!(of("rolling").stopped && of("rolling").failed == 0 && of("rolling").people_new == 0, "{:?}", of("rolling"));
    assert!(!of("rolling-unready").stopped && of("rolling-unready").people_hurt > 200, "{:?}", of("rolling-unready"));
    assert!(of("recreate").stopped && of("recreate").failed > 1_000, "{:?}", of("recreate"));
}

#[test]
fn a_claim_that_does_not_hold_is_said() {
    let mut board = board();
    for act in board.strategies.iter_mut().filter(|strategy| strategy.id == "rolling").flat_map(|strategy| &mut strategy.start) {
        if let Some(edit) = &mut act.edit {
            edit.text = edit.text.replace("lifecycle: {preStop: {sleep: {seconds: 5}}}", "");
        }
    }
    let rows = rows(board, 1, &["good"], &["rolling"]);
    assert_eq!(claims::broken(&rows).len(), 1, "{rows:?}");
}

#[test]
fn a_packed_board_reads_back() {
    let board = board();
    assert_eq!(Board::from_json(&parcel::to_text(&board)), Ok(board));
}
