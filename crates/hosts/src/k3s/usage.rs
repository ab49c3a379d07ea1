//! The commands of `k3s` with their flags: what `--help` shows, and which flags are refused.
use super::token::fatal;
use crate::call::{Call, Step, Stop};

/// Words, what it does, its flags. A flag ends with `=` where it takes a value; `a,b` are names of one flag.
type Row = (&'static str, &'static str, &'static str);

const SNAPSHOTS: &str = "data-dir,d= node-name= etcd-snapshot-dir,dir= name= snapshot-compress,etcd-snapshot-compress snapshot-retention,etcd-snapshot-retention= s3,etcd-s3 s3-bucket,etcd-s3-bucket= s3-endpoint,etcd-s3-endpoint= s3-region,etcd-s3-region= s3-folder,etcd-s3-folder= s3-access-key,etcd-s3-access-key= s3-secret-key,etcd-s3-secret-key= etcd-server= etcd-token,t= output,o= debug log,l=";
const TOKENS: &str = "data-dir,d= kubeconfig=";
const SECRETS: &str = "data-dir,d= token,t= server,s= output,o= force,f skip";
const CERTIFICATES: &str = "data-dir,d= service,s= output,o= debug log,l=";

/// Names and flags are those of k3s-io/docs, cli; sentences are short forms of what they do there.
const ROWS: &[Row] = &[
    ("token create", "Create bootstrap tokens on the server", "data-dir,d= kubeconfig= description= groups= ttl= usages="),
    ("token delete", "Delete bootstrap tokens on the server", TOKENS),
    ("token generate", "Generate and print a bootstrap token, but do not create it on the server", TOKENS),
    ("token list", "List bootstrap tokens on the server", "data-dir,d= kubeconfig= output,o="),
    ("token rotate", "Rotate original server token with a new server token", "data-dir,d= kubeconfig= token,t= server,s= new-token="),
    ("etcd-snapshot save", "Trigger an immediate etcd snapshot", SNAPSHOTS),
    ("etcd-snapshot delete", "Delete given snapshot(s)", SNAPSHOTS),
    ("etcd-snapshot ls", "List snapshots", SNAPSHOTS),
    ("etcd-snapshot list", "List snapshots", SNAPSHOTS),
    ("etcd-snapshot l", "List snapshots", SNAPSHOTS),
    ("etcd-snapshot prune", "Remove snapshots that match the name prefix that exceed the configured retention count", SNAPSHOTS),
    ("secrets-encrypt status", "Print current status of secrets encryption", SECRETS),
    ("secrets-encrypt enable", "Enable secrets encryption", SECRETS),
    ("secrets-encrypt disable", "Disable secrets encryption", SECRETS),
    ("secrets-encrypt prepare", "Prepare for encryption keys rotation", SECRETS),
    ("secrets-encrypt rotate", "Rotate secrets encryption keys", SECRETS),
    ("secrets-encrypt reencrypt", "Reencrypt all data with new encryption key", SECRETS),
    ("secrets-encrypt rotate-keys", "(experimental) Dynamically rotates secrets encryption keys and re-encrypt secrets", SECRETS),
    ("certificate check", "Check K3s component certificates on disk", CERTIFICATES),
    ("certificate rotate", "Rotate K3s component certificates on disk", CERTIFICATES),
    ("certificate rotate-ca", "Write updated K3s CA certificates to the datastore", "data-dir,d= server,s= path= force"),
];

fn names(flag: &str) -> impl Iterator<Item = &str> {
    flag.trim_end_matches('=').split(',')
}

/// The page of a command, from its flags.
pub fn page(call: &mut Call, command: &str, about: &str, flags: &[(String, bool, String)]) {
    call.say(format_args!("NAME:\n   k3s {command} - {about}\n\nUSAGE:\n   k3s {command} [OPTIONS]\n\nOPTIONS:"));
    let dashed = |names: &str| {
        let all = names.split(',').map(|name| if name.len() == 1 { format!("-{name}") } else { format!("--{name}") });
        all.collect::<Vec<_>>().join(", ")
    };
    for (names, takes, variable) in flags {
        let value = if *takes { " value" } else { "" };
        let variable = if variable.is_empty() { String::new() } else { format!("  [${variable}]") };
        call.say(format_args!("   {}{value}{variable}", dashed(names)));
    }
    call.say("   --help, -h  show help");
}

/// Looks at the flags of `k3s FAMILY COMMAND …` before it is carried out: `Ok(true)` when its help was shown instead.
pub fn read(call: &mut Call, words: &[String]) -> Step<bool> {
    let command = words.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(" ");
    let Some((_, about, flags)) = ROWS.iter().find(|row| row.0 == command) else { return Ok(false) };
    let all: Vec<(String, bool, String)> =
        flags.split(' ').map(|flag| (flag.trim_end_matches('=').to_string(), flag.ends_with('='), String::new())).collect();
    let mut rest = words.iter().skip(2);
    while let Some(word) = rest.next() {
        let Some(bare) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|bare| !bare.is_empty()) else { continue };
        let (name, given) = bare.split_once('=').map_or((bare, false), |(name, _)| (name, true));
        if matches!(name, "help" | "h") {
            page(call, &command, about, &all);
            return Ok(true);
        }
        let Some(flag) = flags.split(' ').find(|flag| names(flag).any(|known| known == name)) else {
            call.say(format_args!("Incorrect Usage: flag provided but not defined: -{name}\n"));
            page(call, &command, about, &all);
            return fatal(format!("flag provided but not defined: -{name}"));
        };
        if flag.ends_with('=') && !given && rest.next().is_none() {
            call.say(format_args!("Incorrect Usage: flag needs an argument: -{name}\n"));
            page(call, &command, about, &all);
            return Err(Stop::Fail(format!("Error: flag needs an argument: -{name}")));
        }
    }
    Ok(false)
}

/// The page of a family of commands.
pub fn family(call: &mut Call, name: &str, about: &str) {
    call.say(format_args!("NAME:\n   k3s {name} - {about}\n\nUSAGE:\n   k3s {name} command [command options]\n\nCOMMANDS:"));
    let own = ROWS.iter().filter_map(|(words, about, _)| Some((words.strip_prefix(name)?.strip_prefix(' ')?, *about)));
    let own: Vec<(&str, &str)> = own
        .filter(|(word, _)| name != "etcd-snapshot" || !matches!(*word, "list" | "l"))
        .map(|(word, about)| if word == "ls" { ("ls, list, l", about) } else { (word, about) })
        .collect();
    let width = own.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
    own.iter().for_each(|(word, about)| call.say(format_args!("   {word:<width$}  {about}")));
}
