//! What etcdctl prints for a family of commands without one of them.
use super::super::Answer;

/// Name, title, commands with what they do, flags.
type Page = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static [(&'static str, &'static str)]);

static PAGES: &[Page] = &[
    ("alarm", "Alarm related commands", &[("disarm", "Disarms all alarms"), ("list", "Lists all alarms")], &[]),
    (
        "endpoint",
        "Endpoint related commands",
        &[
            ("hashkv", "Prints the KV history hash for each endpoint in --endpoints"),
            ("health", "Checks the healthiness of endpoints specified in `--endpoints` flag"),
            ("status", "Prints out the status of endpoints specified in `--endpoints` flag"),
        ],
        &[("    --cluster", "use all endpoints from the cluster member list")],
    ),
    (
        "lease",
        "Lease related commands",
        &[
            ("grant", "Creates leases"),
            ("keep-alive", "Keeps leases alive (renew)"),
            ("list", "List all active leases"),
            ("revoke", "Revokes leases"),
            ("timetolive", "Get lease information"),
        ],
        &[],
    ),
    (
        "member",
        "Membership related commands",
        &[
            ("add", "Adds a member into the cluster"),
            ("list", "Lists all members in the cluster"),
            ("promote", "Promotes a non-voting member in the cluster"),
            ("remove", "Removes a member from the cluster"),
            ("update", "Updates a member in the cluster"),
        ],
        &[],
    ),
];

/// The page of a family; exit code 0, also behind a command that it does not have.
pub fn of(family: &str) -> Answer {
    let Some((name, title, commands, flags)) = PAGES.iter().find(|page| page.0 == family) else { return Answer::default() };
    let commands: String = commands.iter().map(|(command, what)| format!("  {command:<12}{what}\n")).collect();
    let help = ("-h, --help", format!("help for {name}"));
    let flags: Vec<(&str, &str)> = flags.iter().copied().chain([(help.0, help.1.as_str())]).collect();
    let width = flags.iter().map(|(flag, _)| flag.len()).max().unwrap_or(0) + 3;
    let flags: String = flags.iter().map(|(flag, what)| format!("  {flag:<width$}{what}\n")).collect();
    Answer::of(format!(
        "{title}\n\nUsage:\n  etcdctl {name} [command]\n\nAvailable Commands:\n{commands}\nFlags:\n{flags}\nUse \"etcdctl {name} [command] --help\" for more information about a command.\nUse \"etcdctl options\" for a list of global command-line options (applies to all commands).\n"
    ))
}
