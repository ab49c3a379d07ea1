//! Counts which recorded answers ours match, and says how the others differ.
use super::diff;
use super::names::{Fact, Names};
use super::normal::comparable;
use super::repeated;
use super::scenario::{Answer, End, Scenario};
use super::wavering;
use serde::Serialize;
use std::collections::BTreeMap;

/// One recorded output beside ours.
#[derive(Debug, Serialize)]
pub struct Output {
    pub step: usize,
    pub cmd: String,
    #[serde(rename = "match")]
    pub matches: bool,
    /// What differs, readable; empty for a match.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub difference: String,
}

/// One scenario's outcome.
#[derive(Debug, Serialize)]
pub struct Verdict {
    pub name: String,
    pub matched: usize,
    pub total: usize,
    /// Why it did not come to its end; empty when it did.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub broken: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What matches only because it is not compared how often an event was repeated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repeated: Vec<String>,
    pub steps: Vec<Output>,
}

/// All that was told of one performance.
#[derive(Debug, Default)]
pub struct Heard {
    pub answers: BTreeMap<usize, Answer>,
    pub facts: Vec<Fact>,
    pub notes: Vec<String>,
    /// Why it ended early; empty when it did not.
    pub broken: String,
}

/// Every recorded output counts; one that we have no answer to does not match.
pub fn judge(name: &str, scenario: &Scenario, heard: Heard) -> Verdict {
    let (golden_names, our_names) = (Names::of(scenario.names.clone()), Names::learned(&heard.facts));
    let (mut steps, mut repeated) = (Vec::new(), Vec::new());
    for (number, golden) in &scenario.golden {
        let difference = match heard.answers.get(number) {
            Some(ours) => differs(scenario, golden, &golden_names, ours, &our_names, &mut repeated),
            None => "      no answer\n".to_string(),
        };
        steps.push(Output { step: *number, cmd: golden.cmd.clone(), matches: difference.is_empty(), difference });
    }
    let matched = steps.iter().filter(|step| step.matches).count();
    Verdict { name: name.to_string(), matched, total: steps.len(), broken: heard.broken, notes: heard.notes, repeated, steps }
}

/// Empty when exit code, stdout and stderr agree, each unless the recording itself was unstable there. What agrees only because
/// a repetition is not compared is said in `more`.
fn differs(scenario: &Scenario, golden: &Answer, golden_names: &Names, ours: &Answer, our_names: &Names, more: &mut Vec<String>) -> String {
    let unstable = |part: &str| scenario.unstable.contains(&format!("step {:02} {} [{part}]", golden.step, golden.cmd));
    let mut text = String::new();
    if golden.rc != ours.rc && !unstable("rc") {
        text.push_str(&format!("      exit code: golden {}, ours {}\n", end(&golden.rc), end(&ours.rc)));
    }
    for (part, old, new) in [("stdout", &golden.stdout, &ours.stdout), ("stderr", &golden.stderr, &ours.stderr)] {
        let any = !scenario.exclusive;
        let old = comparable(old, &golden.cmd, golden_names, any, part == "stdout");
        let new = comparable(new, &golden.cmd, our_names, any, part == "stdout");
        let steady = |text: &str| wavering::steady(text, &golden.cmd, &scenario.unstable);
        let (old, new) = (steady(&old), steady(&new));
        if old == new || unstable(part) {
            continue;
        }
        if golden.cmd.contains(" describe ") && repeated::once(&old) == repeated::once(&new) {
            more.push(format!("step {:02} $ {}: a row of an event stands more often on one side", golden.step, golden.cmd));
        } else {
            text.push_str(&format!("      {part} (- golden, + ours):\n{}", diff::lines(&old, &new)));
        }
    }
    text
}

fn end(end: &End) -> String {
    match end {
        End::Code(code) => code.to_string(),
        End::Words(words) => words.clone(),
    }
}
