//! The editor's questions: problems, completion and hover, in the protocol's types.
use crate::protocol::{Problem, Suggestion};
use cluster::{World, manifest};

pub fn problems(world: &World, text: &str) -> Vec<Problem> {
    // While the cluster boots the API server would turn everything away; that says nothing about the text.
    let of_the_text = |flaw: &manifest::Flaw| {
        !flaw.message.contains("error looking up service account") && flaw.message != "namespaces \"default\" not found"
    };
    let flaws = manifest::problems(world, text).into_iter().filter(of_the_text);
    flaws.map(problem).collect()
}

pub fn problem(flaw: manifest::Flaw) -> Problem {
    Problem {
        line: flaw.line as u32,
        column: flaw.column as u32,
        end_column: flaw.end_column as u32,
        severity: if flaw.warning { "warning" } else { "error" }.to_string(),
        message: flaw.message,
    }
}

pub fn suggest(text: &str, at: usize) -> (usize, Vec<Suggestion>) {
    let (from, offers) = manifest::suggest(text, at);
    let suggestion =
        |offer: manifest::Offer| Suggestion { label: offer.label, detail: offer.detail, info: String::new(), apply: offer.apply };
    (from, offers.into_iter().map(suggestion).collect())
}

pub fn hover(text: &str, at: usize) -> (usize, usize, String) {
    manifest::hover(text, at)
}
