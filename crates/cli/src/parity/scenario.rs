//! A recorded scenario as it lies on disk: its steps, its files, what the real cluster answered.
use objects::Tree;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One scenario of a directory shaped like the golden recordings.
#[derive(Debug, Default)]
pub struct Scenario {
    pub id: String,
    /// It ran alone: its node names count.
    pub exclusive: bool,
    /// Kinds watched besides the usual ones.
    pub watch: Vec<String>,
    /// How long the recorder waited at the end, in milliseconds.
    pub settle: u64,
    /// As `scenario.yaml` has them, in order; step N of the recording is place N - 1.
    pub steps: Vec<Tree>,
    /// `manifests/pod.yaml` and its text.
    pub files: Vec<(String, String)>,
    /// The recorded answers by step number.
    pub golden: BTreeMap<usize, Answer>,
    /// Random name -> normalised name.
    pub names: BTreeMap<String, String>,
    /// Items that differed between two recordings of the same real cluster.
    pub unstable: BTreeSet<String>,
}

/// How a command ended: its exit code, or that it was stopped after its time limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum End {
    Code(i64),
    Words(String),
}

/// What one command answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub step: usize,
    pub cmd: String,
    pub rc: End,
    pub stdout: String,
    pub stderr: String,
    /// Seconds since the scenario began, and how long it took.
    pub at: f64,
    #[serde(default)]
    pub seconds: f64,
}

/// The folders of `dir` that hold a scenario, sorted, as far as `wanted` names them (`pod-*` is a prefix; empty means all).
pub fn choose(dir: &Path, wanted: &[String]) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let mut all: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().join("scenario.yaml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    all.sort();
    let fits = |name: &str, wish: &String| wish.strip_suffix('*').map_or(name == wish, |prefix| name.starts_with(prefix));
    if let Some(lost) = wanted.iter().find(|wish| !all.iter().any(|name| fits(name, wish))) {
        return Err(format!("no scenario in {} is called \"{lost}\"", dir.display()));
    }
    all.retain(|name| wanted.is_empty() || wanted.iter().any(|wish| fits(name, wish)));
    Ok(all)
}

/// Reads one scenario. The error says which file.
pub fn read(dir: &Path, name: &str) -> Result<Scenario, String> {
    let folder = dir.join(name);
    let text = |part: &str| std::fs::read_to_string(folder.join(part)).map_err(|error| format!("{name}/{part}: {error}"));
    let parsed = objects::yaml::read(&text("scenario.yaml")?).map_err(|problem| format!("{name}/scenario.yaml: {}", problem.message))?;
    let tree = parsed.into_iter().next().map(|document| document.tree).unwrap_or_default();
    let json = |part: &str| Tree::from_json(&text(part)?).map_err(|error| format!("{name}/{part}: {error}"));
    let golden = json("recorded/steps.json")?.items().iter().filter(|step| step.has("cmd")).map(answer).collect();
    let names = json("recorded/names.json")?.entries().map(|(raw, normal)| (raw.to_string(), normal.text().to_string())).collect();
    let unstable = match folder.join("unstable.json").is_file() {
        true => json("unstable.json")?.items().iter().map(|item| item.text().to_string()).collect(),
        false => BTreeSet::new(),
    };
    let settle = tree.get("settle").to_json().parse::<f64>().unwrap_or(0.8);
    Ok(Scenario {
        id: tree.get("id").text().to_string(),
        exclusive: tree.get("exclusive").is_true(),
        watch: tree.get("watch").items().iter().map(|kind| kind.text().to_string()).collect(),
        settle: (settle * 1000.0) as u64,
        steps: tree.get("steps").items().to_vec(),
        files: files(&folder.join("manifests"), "manifests")?,
        golden,
        names,
        unstable,
    })
}

fn answer(step: &Tree) -> (usize, Answer) {
    let number = step.get("step").int_or(0) as usize;
    let rc = step.get("rc").as_int().map_or_else(|| End::Words(step.get("rc").text().to_string()), End::Code);
    let words = |field: &str| step.get(field).text().to_string();
    let number_of = |field: &str| step.get(field).to_json().parse().unwrap_or(0.0);
    let (at, seconds) = (number_of("at"), number_of("seconds"));
    (number, Answer { step: number, cmd: words("cmd"), rc, stdout: words("stdout"), stderr: words("stderr"), at, seconds })
}

/// All files below a folder by their path; none where the folder is missing.
fn files(folder: &Path, prefix: &str) -> Result<Vec<(String, String)>, String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            found.extend(files(&entry.path(), &name)?);
        } else {
            let bytes = std::fs::read(entry.path()).map_err(|error| format!("{name}: {error}"))?;
            found.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    found.sort();
    Ok(found)
}
