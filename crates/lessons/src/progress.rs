//! How far a learner is in a lesson, as the page shows it.
use serde::{Deserialize, Serialize};

/// A lesson in the list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CourseEntry {
    pub id: String,
    pub minutes: u32,
    /// Titles by language: `("ko", "…")`.
    pub titles: Vec<(String, String)>,
    pub steps: u32,
}

/// The state of one lesson.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LessonState {
    pub id: String,
    pub steps: Vec<StepState>,
    /// The panels that the current step wants open (`format::PANELS`; empty for all), and the one with the keyboard.
    pub show: Vec<String>,
    pub focus: String,
    /// The lens that the current step wants opened (`format::LENSES`), or empty.
    pub lens: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepState {
    pub id: String,
    /// `read`, `figure`, `predict`, `task`, `quiz`, `break`, `explain`, `sandbox`.
    pub kind: String,
    pub done: bool,
    /// The option the learner committed to (predict, quiz), or empty.
    pub chosen: String,
    /// The option that came true, once it is known; empty before the learner chose.
    pub answer: String,
    pub options: Vec<String>,
    pub checks: Vec<CheckState>,
    /// How many hints were opened, and how many there are.
    pub hints: (u32, u32),
    /// Fault buttons of a `break` step: the fault's name and its target, ready to send.
    pub faults: Vec<cluster::input::Fault>,
    /// Whether a solution can be played.
    pub solvable: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CheckState {
    pub id: String,
    pub verdict: Verdict,
    /// `pods ready: 2`; observed and wanted, in the reader's language or in the API's words.
    pub observed: String,
    pub wanted: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    #[default]
    Pending,
    Pass,
    Fail,
}

parcel::record!(CourseEntry { id, minutes, titles, steps });
parcel::record!(LessonState { id, steps, show, focus, lens });
parcel::record!(StepState { id, kind, done, chosen, answer, options, checks, hints, faults, solvable });
parcel::record!(CheckState { id, verdict, observed, wanted });
parcel::words!(Verdict { "pass" => Pass, "fail" => Fail, "pending" => Pending });
