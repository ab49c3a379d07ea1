//! What comes of the two quick starts: installed and measured once, in worlds of their own, whatever the lesson's world does.
use cluster::comparison::{Measured, WAYS, figures, measure};
use objects::{Tree, map};
use std::sync::OnceLock;

static MEASURED: OnceLock<Result<Vec<Tree>, String>> = OnceLock::new();
const SEED: u64 = 1;

/// What was measured of `k3s` or `kubeadm`: `lines`, `seconds`, `processes`, `restMib`, `loadedMib`, `ports`, `certificates` as
/// numbers, `datastore` as a text, `bundled`, `architectures`, `survives` as lists of texts.
pub fn of(way: &str) -> Result<Tree, String> {
    let place = WAYS.iter().position(|one| one.id == way).ok_or_else(|| format!("there is no way \"{way}\" to a cluster"))?;
    let all = MEASURED.get_or_init(|| WAYS.iter().map(|way| measure(way, SEED, figures::of).map(|one| tree(&one))).collect());
    all.as_ref().map(|all| all[place].clone()).map_err(String::clone)
}

fn tree(one: &Measured) -> Tree {
    let list = |all: &[String]| Tree::from(all.iter().map(|text| Tree::from(text.as_str())).collect::<Vec<_>>());
    map! {
        "lines": one.steps,
        "seconds": (one.took.0 / 1_000_000) as usize,
        "processes": one.processes.len(),
        "restMib": (one.rest_kib / 1024) as usize,
        "loadedMib": (one.loaded_kib / 1024) as usize,
        "ports": one.ports.len(),
        "certificates": one.certificates,
        "datastore": one.datastore.as_str(),
        "bundled": list(&one.bundled),
        "architectures": list(&one.architectures),
        "survives": list(&one.survives)
    }
}
