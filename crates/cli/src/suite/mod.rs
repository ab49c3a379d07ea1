//! `kubarium suite DIR`: literate transcripts, each section of which is played in a cluster of its own.
mod normal;
mod play;
mod read;

use clap::{Arg, ArgAction, ArgMatches, Command};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub fn command() -> Command {
    Command::new("suite")
        .about("Play transcripts (Markdown with commands and what they print) and show where we answer otherwise")
        .arg(Arg::new("DIR").required(true).help("A directory of .md files, or one file"))
        .arg(Arg::new("write").long("write").action(ArgAction::SetTrue).help("Write our answers into the files"))
}

pub fn run(given: &ArgMatches) -> ExitCode {
    let place = PathBuf::from(given.get_one::<String>("DIR").map_or("", String::as_str));
    let mut files = Vec::new();
    gather(&place, &mut files);
    files.sort();
    if files.is_empty() {
        eprintln!("error: no transcripts in {}", place.display());
        return ExitCode::FAILURE;
    }
    let (mut good, mut bad) = (0, 0);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        // kubeadm's on bare servers are played by the tests of `hosts`.
        let kubeadms = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("kubeadm-"));
        if kubeadms && text.contains("\n- host: ") {
            continue;
        }
        let mut after = text.clone();
        for section in read::sections(&text) {
            let played = play::section(&section);
            let bare = !section.hosts.is_empty();
            let wrong: Vec<String> =
                section.steps.iter().zip(&played).filter_map(|(step, said)| play::difference(step, said, bare)).collect();
            if wrong.is_empty() {
                good += 1;
            } else {
                bad += 1;
                println!("{}: {}\n{}", file.display(), section.heading, wrong.join("\n"));
            }
            if given.get_flag("write") {
                after = read::with_answers(&after, &section, &played);
            }
        }
        if after != text
            && let Err(error) = std::fs::write(&file, after)
        {
            eprintln!("error: {}: {error}", file.display());
        }
    }
    println!("suite: {good}/{} sections are as written", good + bad);
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn gather(place: &Path, files: &mut Vec<PathBuf>) {
    if place.is_file() {
        files.push(place.to_path_buf());
    }
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in entries {
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "md") && path.file_name().is_some_and(|name| name != "README.md") {
            files.push(path);
        }
    }
}
