//! The `k3s` program and its many names.
use super::{DATA, KUBECONFIG, certificate, check_config, config, log, release, secrets_encrypt, snapshot, token, usage};
use crate::call::{Call, Step, Stop};
use crate::machine::{Kind, Machine};
use crate::outside::Begun;
use crate::programs;

const HELP: &str = "NAME:
   k3s - Kubernetes, but small and simple

USAGE:
   k3s [global options] command [command options]

COMMANDS:
   server           Run management server
   agent            Run node agent
   kubectl          Run kubectl
   crictl           Run crictl
   ctr              Run ctr
   check-config     Run config check
   token            Manage tokens
   etcd-snapshot    Manage etcd snapshots
   secrets-encrypt  Control secrets encryption and keys rotation
   certificate      Manage K3s certificates
   help, h          Shows a list of commands or help for one command

GLOBAL OPTIONS:
   --debug        (logging) Turn on debug logs [$K3S_DEBUG]
   --help, -h     show help
   --version, -v  print the version
";

/// The version of the installed binary: `v1.37.1+k3s1`.
pub fn version(machine: &Machine) -> String {
    match machine.files.get("/usr/local/bin/k3s").map(|file| &file.kind) {
        Some(Kind::Program(version)) => version.to_string(),
        _ => machine.program("k3s").unwrap_or_default().to_string(),
    }
}

/// `k3s COMMAND …`
pub fn run(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let rest = words.get(1..).unwrap_or(&[]).to_vec();
    // `k3s help token list` is `k3s token list --help`.
    if let [help, command, more @ ..] = &words[..]
        && matches!(help.as_str(), "help" | "h")
    {
        call.words = [std::slice::from_ref(command), more, &["--help".to_string()]].concat();
        return run(call);
    }
    match usage::read(call, &words) {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        Err(stop) => return ended(call, Err(stop)),
    }
    let done = match words.first().map(String::as_str) {
        Some("--version" | "-v") => {
            let version = version(call.machine);
            call.say(format_args!("k3s version {}", release::titled(&version)));
            match release::release(&version).go {
                "" => {}
                go => call.say(format_args!("go version {go}")),
            }
            Ok(())
        }
        Some("kubectl") => kubectl(call, &rest),
        Some(name @ ("crictl" | "ctr")) => {
            call.words = rest;
            match programs::tool(name) {
                Some(program) => program(call),
                None => Err(Stop::Code(127)),
            }
        }
        Some("token") => token::run(call, &rest),
        Some("etcd-snapshot") => snapshot::run(call, &rest),
        Some("secrets-encrypt") => secrets_encrypt::run(call, &rest),
        Some("certificate") => certificate::run(call, &rest),
        Some("check-config") => check_config::run(call),
        Some("server") => foreground(call, &rest, true),
        Some("agent") => foreground(call, &rest, false),
        None | Some("help" | "h" | "--help" | "-h") => {
            call.stdout.push_str(HELP);
            Ok(())
        }
        Some(other) => {
            call.stdout.push_str(HELP);
            Err(Stop::Fail(format!("Error: No help topic for '{other}'")))
        }
    };
    ended(call, done)
}

/// K3s ends through logrus.
fn ended(call: &mut Call, done: Step<()>) -> Step<()> {
    match done {
        Err(Stop::Fail(words)) => {
            log::terminal(call, "FATA", 0, words);
            Err(Stop::Code(1))
        }
        other => other,
    }
}

/// `k3s server` and `k3s agent` typed by hand: a reset is done; a whole node runs as a unit only.
fn foreground(call: &mut Call, words: &[String], server: bool) -> Step<()> {
    let (role, about) = if server { ("server", "Run management server") } else { ("agent", "Run node agent") };
    if words.iter().any(|word| matches!(word.as_str(), "--help" | "-h")) {
        usage::page(call, role, about, &config::flags(server));
        return Ok(());
    }
    let typed: Vec<String> = std::iter::once(role.to_string()).chain(words.iter().cloned()).collect();
    let given = match config::given(call.machine, &typed, &call.environment) {
        Ok(given) => given,
        Err(why) => {
            call.say(format_args!("Incorrect Usage: {why}\n"));
            usage::page(call, role, about, &config::flags(server));
            return token::fatal(why);
        }
    };
    if !call.is_root() {
        return token::fatal(match server {
            true => "server must run as root, or with --rootless and/or --disable-agent",
            false => "agent must be run as root, or with --rootless",
        });
    }
    if server && words.iter().any(|word| word.trim_start_matches('-').starts_with("cluster-reset")) {
        return snapshot::reset(call, words);
    }
    let version = version(call.machine);
    if let Err(why) = config::resolve(call.machine, &given, &version) {
        return token::fatal(why);
    }
    call.complain("k3s: this simulated server runs a node only as a systemd unit: systemctl start k3s");
    Err(Stop::Code(1))
}

/// `kubectl` as K3s carries it: it knows /etc/rancher/k3s/k3s.yaml by itself.
pub fn kubectl(call: &mut Call, words: &[String]) -> Step<()> {
    let named =
        call.variable("KUBECONFIG").is_some_and(|path| !path.is_empty()) || words.iter().any(|word| word.starts_with("--kubeconfig"));
    let mut environment = call.environment.clone();
    if !named {
        match call.machine.files.get(KUBECONFIG) {
            Some(file) if file.mode & 0o004 == 0 && !call.is_root() => {
                log::terminal(
                    call,
                    "WARN",
                    0,
                    format_args!(
                        "Unable to read {KUBECONFIG}, please start server with --write-kubeconfig-mode or --write-kubeconfig-group to modify kube config permissions"
                    ),
                );
                call.complain(format_args!("error: error loading config file \"{KUBECONFIG}\": open {KUBECONFIG}: permission denied"));
                return Err(Stop::Code(1));
            }
            Some(_) => environment.push(("KUBECONFIG".into(), KUBECONFIG.into())),
            None => {}
        }
    }
    let mut all = vec!["kubectl".to_string()];
    all.extend(words.iter().cloned());
    let begun = Begun { user: call.user.clone(), folder: call.folder.clone(), environment, words: all, stdin: call.stdin.clone() };
    let answer = call.outside.program(call.machine, call.now, &begun);
    match call.pass(answer)? {
        Some(printed) => {
            call.stdout.push_str(&printed.stdout);
            call.stderr.push_str(&printed.stderr);
            if printed.code == 0 { Ok(()) } else { Err(Stop::Code(printed.code)) }
        }
        None => {
            call.complain("The connection to the server localhost:8080 was refused - did you specify the right host or port?");
            Err(Stop::Code(1))
        }
    }
}

/// Rows as Go's tabwriter sets them: cells of a column equally wide, at least `least`, `gap` blanks apart.
pub fn columns<const N: usize>(call: &mut Call, rows: &[[String; N]], least: usize, gap: usize) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count() + gap).max().unwrap_or(0).max(least);
    let widths: Vec<usize> = (0..N).map(width).collect();
    for row in rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            match at + 1 < N {
                true => line.push_str(&format!("{cell:<width$}", width = widths[at])),
                false => line.push_str(cell),
            }
        }
        call.say(line);
    }
}

/// Refuses what only root may read.
pub fn rooted(call: &Call) -> Step<()> {
    if call.is_root() { Ok(()) } else { token::fatal(format!("open {DATA}/server/token: permission denied")) }
}
