//! `kubarium duties`: the shared-responsibility table, from the data that the presets are made of.
use clap::{ArgMatches, Command};
use cluster::managed::duties::{By, COLUMNS, DUTIES, Duty, NOTES};
use std::process::ExitCode;

pub fn command() -> Command {
    Command::new("duties").about("Print who looks after what: on your own servers, on GKE, on EKS, on AKS")
}

pub fn run(_: &ArgMatches) -> ExitCode {
    print!("{}", table());
    ExitCode::SUCCESS
}

/// The table with its notes. In a cell: `you`; the provider; `you + provider`, and the notes' numbers.
fn table() -> String {
    let mark = |text: &str, duty: &Duty, column: usize| match duty.note(column) {
        Some(place) => format!("{text} ({})", place + 1),
        None => text.to_string(),
    };
    let cell = |duty: &Duty, column: usize| {
        let by = duty.by[column];
        let who = if by == By::Both { "you + provider" } else { by.word() };
        if column == 0 { who.to_string() } else { mark(who, duty, column) }
    };
    let mut text = line("", COLUMNS.map(str::to_string));
    for duty in &DUTIES {
        text.push_str(&line(&mark(duty.title, duty, 0), [0, 1, 2, 3].map(|at| cell(duty, at))));
    }
    text.push('\n');
    for (place, (column, _, words)) in NOTES.iter().enumerate() {
        let whose = if *column == 0 { String::new() } else { format!("{}: ", COLUMNS[*column]) };
        text.push_str(&format!("({}) {whose}{words}\n", place + 1));
    }
    text
}

fn line(title: &str, cells: [String; 4]) -> String {
    let [own, gke, eks, aks] = cells;
    format!("{title:<34}{own:<15}{gke:<20}{eks:<20}{aks}").trim_end().to_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_who_does_it_and_why_where_providers_differ() {
        let text = table();
        let row = |title: &str| text.lines().find(|line| line.starts_with(title)).unwrap_or_default().to_string();
        assert_eq!(row("upgrade of the control plane").split_whitespace().filter(|word| *word == "provider").count(), 3);
        assert_eq!(row("workloads").split_whitespace().filter(|word| *word == "you").count(), 4);
        assert!(text.contains("(1) GKE: Google upgrades by itself"), "{text}");
    }
}
