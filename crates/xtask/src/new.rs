//! `cargo xtask new lesson|verb|controller NAME`: writes the first files and says what to do next.

use crate::{Outcome, project};

struct Shelf {
    kind: &'static str,
    about: &'static str,
    /// Path and text of each file; `NAME` stands for the name, `NAME_SNAKE` for the name as Rust writes it.
    files: &'static [(&'static str, &'static str)],
    next: &'static [&'static str],
}

#[rustfmt::skip]
const SHELVES: &[Shelf] = &[
    Shelf {
        kind: "lesson",
        about: "A folder in lessons/: logic once, prose in Korean and English",
        files: &[
            ("lessons/NAME/lesson.yaml", include_str!("../templates/lesson.yaml")),
            ("lessons/NAME/ko.md", include_str!("../templates/lesson.ko.md")),
            ("lessons/NAME/en.md", include_str!("../templates/lesson.en.md")),
            ("lessons/NAME/files/web.yaml", include_str!("../templates/lesson.web.yaml")),
        ],
        next: &[
            "add this line where it belongs in lessons/course.yaml:  - NAME",
            "write the step and its check in lessons/NAME/lesson.yaml, then the prose, Korean first",
            "cargo run -p kubarium-cli -- lint   and   cargo run -p kubarium-cli -- play",
        ],
    },
    Shelf {
        kind: "verb",
        about: "A kubectl verb: one file and one line in the table",
        files: &[("crates/kubectl/src/verbs/NAME_SNAKE.rs", include_str!("../templates/verb.rs.txt"))],
        next: &[
            "add these lines to crates/kubectl/src/verbs/mod.rs:  mod NAME_SNAKE;  and, in its group of the table,  &NAME_SNAKE::VERB,",
            "record what the real kubectl prints and write it down as a test before the code",
            "cargo test -p kubectl",
        ],
    },
    Shelf {
        kind: "controller",
        about: "A controller: one file and one line in the table",
        files: &[("crates/controlplane/src/controllers/NAME_SNAKE.rs", include_str!("../templates/controller.rs.txt"))],
        next: &[
            "add these lines to crates/controlplane/src/controllers/mod.rs:  mod NAME_SNAKE;  and, in the table,  &NAME_SNAKE::CONTROLLER,",
            "decide in `plan`, a pure function; write at the end of `reconcile`",
            "cargo test -p controlplane",
        ],
    },
];

pub fn arguments(command: clap::Command) -> clap::Command {
    SHELVES.iter().fold(command.subcommand_required(true), |command, shelf| {
        command.subcommand(clap::Command::new(shelf.kind).about(shelf.about).arg(clap::arg!(<NAME> "Small letters, digits and dashes")))
    })
}

pub fn run(given: &clap::ArgMatches) -> Outcome {
    let Some((kind, given)) = given.subcommand() else { return Err("what? lesson, verb or controller".to_string()) };
    let Some(shelf) = SHELVES.iter().find(|shelf| shelf.kind == kind) else { return Err(format!("there is no shelf for a {kind}")) };
    let name = given.get_one::<String>("NAME").map_or("", String::as_str);
    check_name(name)?;
    let files: Vec<(String, String)> = shelf.files.iter().map(|(path, text)| (fill(path, name), fill(text, name))).collect();
    // All or nothing: somebody's work is never written over.
    if let Some((path, _)) = files.iter().find(|(path, _)| project::root().join(path).exists()) {
        return Err(format!("{path} exists already"));
    }
    for (path, text) in &files {
        write(path, text)?;
        println!("wrote {path}");
    }
    println!("next:");
    shelf.next.iter().for_each(|line| println!("  {}", fill(line, name)));
    Ok(())
}

fn check_name(name: &str) -> Outcome {
    let fits = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.ends_with('-');
    if fits {
        Ok(())
    } else {
        Err(format!("\"{name}\" is no name: small letters, digits and dashes, beginning with a letter, e.g. rolling-update"))
    }
}

fn fill(text: &str, name: &str) -> String {
    text.replace("NAME_SNAKE", &name.replace('-', "_")).replace("NAME", name)
}

fn write(path: &str, text: &str) -> Outcome {
    let path = project::root().join(path);
    let folder = path.parent().unwrap_or(&path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, text))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_that_are_also_folders_and_addresses() {
        assert_eq!(check_name("rolling-update"), Ok(()));
        for bad in ["", "Rolling", "3-tier", "a_b", "../etc", "pods-"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn writes_the_name_as_each_place_spells_it() {
        assert_eq!(fill("verbs/NAME_SNAKE.rs for NAME", "api-resources"), "verbs/api_resources.rs for api-resources");
    }
}
