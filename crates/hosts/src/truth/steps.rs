//! A recorded file as steps.
use objects::Tree;

/// A recorded step.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub command: String,
    pub host: String,
    pub condition: String,
    /// `None`: cut off or not told.
    pub code: Option<i64>,
    pub stdout: String,
    pub stderr: String,
    /// A configuration file that the condition quotes.
    pub file: Option<String>,
}

/// Reads the steps of a recorded file. Observations in round brackets are left out.
pub fn steps(recording: &Tree) -> Vec<Recorded> {
    let text = |step: &Tree, name: &str| step.get(name).text().to_string();
    let all = recording.get("steps").items().iter().map(|step| Recorded {
        command: text(step, "cmd"),
        host: text(step, "host"),
        condition: text(step, "condition"),
        code: step.get("rc").as_int(),
        stdout: text(step, "stdout"),
        stderr: text(step, "stderr"),
        file: ["condition", "note", "config", "file"]
            .iter()
            .map(|name| text(step, name))
            .find(|text| text.starts_with("apiVersion:") || text.starts_with("kind:")),
    });
    all.filter(|step| !step.command.starts_with('(')).collect()
}
