//! Help: the texts that learners read, and a page made from the tree for the other commands.
use super::{Command, children};
use crate::call::Call;

pub const ROOT: &[Command] = &[Command { path: "", flags: &[], takes: (0, 99), run: None, about: "" }];

/// Whole pages, by command.
const PAGES: &[(&str, &str)] = &[
    ("", include_str!("texts/kubeadm.txt")),
    ("config", include_str!("texts/config.txt")),
    ("init", include_str!("texts/init.txt")),
    ("join", include_str!("texts/join.txt")),
    ("reset", include_str!("texts/reset.txt")),
    ("token", include_str!("texts/token.txt")),
    ("token create", include_str!("texts/token-create.txt")),
    ("token delete", include_str!("texts/token-delete.txt")),
    ("token list", include_str!("texts/token-list.txt")),
];

const GLOBAL: &str = "Global Flags:
      --rootfs string        The path to the 'real' host root filesystem. This will cause kubeadm to chroot into the provided path.
  -v, --v Level              number for the log level verbosity
      --vmodule moduleSpec   comma-separated list of pattern=N settings for file-filtered logging
";

/// Prints the help of a command.
pub fn show(call: &mut Call, row: &Command, _root: bool) {
    if let Some((_, page)) = PAGES.iter().find(|(path, _)| *path == row.path) {
        call.stdout.push_str(page);
        return;
    }
    let below = children(row.path);
    let (path, name) = (row.path, row.path.rsplit(' ').next().unwrap_or(""));
    call.say(format_args!("{}\n\nUsage:\n  kubeadm {path} [flags]", row.about));
    if !below.is_empty() {
        call.say(format_args!("  kubeadm {path} [command]\n\nAvailable Commands:"));
        let names = below.iter().map(|row| row.path.rsplit(' ').next().unwrap_or(""));
        let width = names.clone().map(str::len).max().unwrap_or(0).max(11);
        names.zip(&below).for_each(|(name, row)| call.say(format_args!("  {name:<width$} {}", row.about)));
    }
    call.say(format_args!("\nFlags:\n  -h, --help   help for {name}\n\n{GLOBAL}"));
    if !below.is_empty() {
        call.say(format_args!("Use \"kubeadm {path} [command] --help\" for more information about a command."));
    }
}
