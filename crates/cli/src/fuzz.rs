//! `kubarium fuzz`: plays bad days by the thousand and looks for broken promises.
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::process::ExitCode;

/// What a seed came to: lines of its history, if asked for, and what was broken.
struct Played {
    history: Vec<String>,
    summary: String,
    violations: Vec<String>,
}

/// One kind of bad day.
struct Game {
    name: &'static str,
    play: fn(seed: u64, verbose: bool) -> Played,
}

static GAMES: &[Game] = &[Game { name: "raft", play: raft }];

pub fn command() -> Command {
    let number = |name: &'static str| Arg::new(name).long(name).value_name("N").value_parser(value_parser!(u64));
    Command::new("fuzz")
        .about("Play random faults by seed and look for broken promises")
        .arg(Arg::new("only").long("only").value_name("NAME").help("One game: raft"))
        .arg(number("seeds").default_value("200").help("How many seeds, from 1 on"))
        .arg(number("seed").help("Only this seed"))
        .arg(Arg::new("verbose").short('v').long("verbose").action(ArgAction::SetTrue).help("Print what happened"))
}

/// Exit code 1 when a promise was broken, or there is no such game.
pub fn run(arguments: &ArgMatches) -> ExitCode {
    let only = arguments.get_one::<String>("only");
    let games: Vec<&Game> = GAMES.iter().filter(|game| only.is_none_or(|only| only == game.name)).collect();
    let verbose = arguments.get_flag("verbose");
    let seeds = match (arguments.get_one::<u64>("seed"), arguments.get_one::<u64>("seeds")) {
        (Some(seed), _) => *seed..=*seed,
        (None, count) => 1..=count.copied().unwrap_or(200),
    };
    let mut broken = 0;
    for game in &games {
        for seed in seeds.clone() {
            let played = (game.play)(seed, verbose);
            played.history.iter().for_each(|line| println!("{line}"));
            if verbose {
                println!("seed {seed}: {}", played.summary);
            }
            for violation in &played.violations {
                println!("{} seed {seed}: {violation}", game.name);
            }
            if !played.violations.is_empty() {
                println!("  again: kubarium fuzz --only {} --seed {seed} -v", game.name);
                broken += played.violations.len();
            }
        }
    }
    println!("fuzz: {} seeds, {broken} violations", seeds.count());
    if broken == 0 && !games.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// etcd members: crashes, partitions, slow disks, changes of the configuration, and a checker of what clients saw.
fn raft(seed: u64, verbose: bool) -> Played {
    let outcome = etcd::sim::fuzz(seed, verbose);
    let summary = format!(
        "{} of {} calls answered, {} terms with a leader, {} agreed entries, {} events",
        outcome.answered, outcome.calls, outcome.elections, outcome.agreed, outcome.steps
    );
    Played { history: outcome.trace, summary, violations: outcome.violations }
}
