//! The table: a row for each thing that is compared, with where the model behind it comes from.
use super::measured::{Figures, Measured, measure};
use super::ways::WAYS;
use ::hosts::machine::figures::{self, Source};

/// A row of the table: an id, a cell for each column, and a word for where the model behind it comes from (or the
/// document's name).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub id: String,
    pub cells: Vec<String>,
    pub source: String,
}

parcel::record!(Row { id, cells, source });

pub(super) type Cell = fn(&Measured) -> String;

/// Every row: its id, its source, its cell.
pub(super) static ROWS: [(&str, &str, Cell); 11] = [
    ("steps", "typed", |one| one.steps.to_string()),
    ("minutes", "clock", |one| minutes(one.took.0)),
    ("processes", "server", |one| one.processes.len().to_string()),
    ("memory-rest", "memory", |one| mib(one.rest_kib)),
    ("memory-100", "memory", |one| mib(one.loaded_kib)),
    ("ports", "server", |one| one.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")),
    ("certificates", "server", |one| one.certificates.to_string()),
    ("datastore", "server", |one| one.datastore.clone()),
    ("bundled", "objects", |one| one.bundled.join(", ")),
    ("architectures", "releases", |one| one.architectures.join(", ")),
    ("server-stops", "probes", |one| one.survives.join(", ")),
];

fn mib(kib: u64) -> String {
    format!("{} MiB", (kib + 512) / 1024)
}

/// Minutes with their tenths.
fn minutes(micros: u64) -> String {
    let tenths = (micros + 3_000_000) / 6_000_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A row's source, which for memory is that of the figures.
pub(super) fn source_of(word: &str, figures: Figures) -> String {
    match figures("kube-apiserver").source {
        Source::Document(name) if word == "memory" => name.to_string(),
        _ => word.to_string(),
    }
}

/// The table of what was measured.
pub fn table(all: &[Measured], figures: Figures) -> Vec<Row> {
    let row = |(id, source, cell): &(&str, &str, Cell)| Row {
        id: id.to_string(),
        cells: all.iter().map(cell).collect(),
        source: source_of(source, figures),
    };
    ROWS.iter().map(row).collect()
}

/// Measures both ways.
pub fn compare(seed: u64) -> Result<Vec<Row>, String> {
    let all = WAYS.iter().map(|way| measure(way, seed, figures::of)).collect::<Result<Vec<_>, _>>()?;
    Ok(table(&all, figures::of))
}

/// What a source's word means; other words stand for themselves.
pub fn source(word: &str) -> &str {
    match word {
        "typed" => "the lines of both projects' quick starts",
        "terminal" => "the lines of the terminal",
        "clock" => "virtual time; downloads at 100 Mbit/s",
        "server" => "the simulated server",
        "memory" => "K3s: docs.k3s.io/reference/resource-profiling; separate processes: estimate",
        "objects" => "the cluster's objects",
        "releases" => "release files of K3s; kubernetes.io/releases/download",
        "probes" => "probes in a copy of the world",
        other => other,
    }
}
