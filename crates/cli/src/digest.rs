//! `kubarium digest`: the digest of a session, to compare machines, builds and runs.
use clap::{Arg, ArgAction, ArgMatches, Command};
use cluster::input::{Fault, Input};
use cluster::{Record, Session};
use simcore::{Duration, Time};
use std::process::ExitCode;

pub fn command() -> Command {
    Command::new("digest")
        .about("Print the digest of a scripted session, or of a session file")
        .arg(Arg::new("file").value_name("FILE").help("A session's record as JSON; without it a built-in script is played"))
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .default_value("1")
                .value_parser(clap::value_parser!(u64))
                .help("Seed of the built-in script"),
        )
        .arg(
            Arg::new("record")
                .long("record")
                .action(ArgAction::SetTrue)
                .help("Print the session's record instead, to be replayed elsewhere"),
        )
}

const MANIFEST: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 4
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: nginx:1.27
";

/// A session with a bit of everything: an apply, a rolling update, a crash, a lost node that comes back.
fn script(seed: u64) -> Result<Session, String> {
    let mut session = Session::start("kubeadm", 3, seed, Vec::new()).ok_or("the preset is unknown")?;
    let line = |text: &str| Input::Line { text: text.to_string() };
    let node = || "worker-2".to_string();
    let deeds = [
        (30, Input::Apply { name: "web.yaml".to_string(), text: MANIFEST.to_string() }),
        (60, line("kubectl get pods -o wide")),
        (70, line("kubectl set image deployment/web web=nginx:1.28")),
        (100, line("kubectl delete pod -l app=web --wait=false")),
        (130, Input::Fault { fault: Fault::StopNode { node: node() } }),
        (300, line("kubectl get nodes")),
        (520, Input::Fault { fault: Fault::StartNode { node: node() } }),
        (560, line("kubectl scale deployment web --replicas=7")),
        (580, line("kubectl get deployment web -w")),
        (590, Input::Interrupt),
    ];
    for (at, input) in deeds {
        session.advance(Time::START + Duration::secs(at), usize::MAX);
        session.input(input);
    }
    session.advance(Time::START + Duration::secs(620), usize::MAX);
    Ok(session)
}

fn replay(file: &str) -> Result<Session, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let record: Record = serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
    Session::replay(&record)
}

/// Prints `seed 1 digest 8217 steps 4242 until 620 s`; for a file the digest alone.
pub fn run(arguments: &ArgMatches) -> ExitCode {
    let seed = arguments.get_one::<u64>("seed").copied().unwrap_or(1);
    let played = match arguments.get_one::<String>("file") {
        Some(file) => replay(file),
        None => script(seed),
    };
    match played {
        Ok(session) if arguments.get_flag("record") => println!("{}", serde_json::json!(session.record)),
        Ok(session) => {
            let world = &session.world;
            let until = world.now().since(Time::START).as_secs();
            // A file's digest stands alone: it is compared with another machine's.
            match arguments.get_one::<String>("file").is_some() {
                true => println!("{}", world.digest()),
                false => println!("seed {} digest {} steps {} until {until} s", session.record.seed, world.digest(), world.steps()),
            }
        }
        Err(words) => {
            eprintln!("kubarium digest: {words}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
