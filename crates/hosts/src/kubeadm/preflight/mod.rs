//! Preflight: every check runs, warnings are told at once, errors together at the end.
mod checks;
mod system;
mod tables;

use super::config::Config;
use super::{images, version};
use crate::call::{Call, Step, fail};

/// One check: its name as `--ignore-preflight-errors` knows it, and what it looks at.
pub struct Check {
    pub name: String,
    pub look: Look,
}

/// What a check looks at; each kind is judged by one function of `checks`.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    User,
    Cores,
    Memory,
    KubernetesVersion,
    Firewalld(Vec<i64>),
    Port(i64),
    FileAvailable(String),
    FileExisting(String),
    FileContent(String, &'static str),
    FolderAvailable(String),
    Program(&'static str),
    Proxy(String),
    ProxyCidr(String),
    Runtime,
    RuntimeVersion,
    Swap,
    System,
    Hostname,
    KubeletVersion,
    Kubelet,
    ExternalEtcd,
}

/// What a check found.
#[derive(Default)]
pub struct Found {
    pub warnings: Vec<String>,
    pub errors: Vec<String>,
}

/// Only whether the user is root.
pub fn root(call: &mut Call, config: &Config, ignored: &[String]) -> Step<()> {
    run(call, config, &[Check { name: "IsPrivilegedUser".into(), look: Look::User }], ignored)
}

/// Before `init`.
pub fn init(call: &mut Call, config: &Config, ignored: &[String]) -> Step<()> {
    root(call, config, ignored)?;
    let checks = tables::control_plane(config, false, false);
    run(call, config, &checks, ignored)
}

/// Before `join`: what every node must fulfil.
pub fn join(call: &mut Call, config: &Config, ignored: &[String]) -> Step<()> {
    root(call, config, ignored)?;
    let checks = tables::join(config);
    run(call, config, &checks, ignored)
}

/// Before `join --control-plane`, when the cluster's configuration is known.
pub fn join_control_plane(call: &mut Call, config: &Config, ignored: &[String], download: bool) -> Step<()> {
    let checks = tables::control_plane(config, true, download);
    run(call, config, &checks, ignored)
}

/// Pulls the images that are not there; errors are those of the check `ImagePull`.
pub fn pull(call: &mut Call, config: &Config, ignored: &[String]) -> Step<()> {
    let found = images::pull_missing(call, config)?;
    let mut errors = String::new();
    tell(call, "ImagePull", found, ignored, &mut errors);
    finish(call, &errors)
}

/// Tells what other checks found, in the manner of preflight.
pub fn tell_all<const N: usize>(call: &mut Call, found: [(&str, Found); N], ignored: &[String]) -> Step<()> {
    let mut errors = String::new();
    found.into_iter().for_each(|(name, found)| tell(call, name, found, ignored, &mut errors));
    finish(call, &errors)
}

fn run(call: &mut Call, config: &Config, checks: &[Check], ignored: &[String]) -> Step<()> {
    let mut errors = String::new();
    for check in checks {
        let found = checks::judge(call, config, &check.look)?;
        tell(call, &check.name, found, ignored, &mut errors);
    }
    finish(call, &errors)
}

fn tell(call: &mut Call, name: &str, found: Found, ignored: &[String], errors: &mut String) {
    let Found { mut warnings, errors: mut wrong } = found;
    let forgiven = ignored.iter().any(|one| one == "all" || *one == name.to_lowercase());
    if forgiven {
        warnings.append(&mut wrong);
    }
    warnings.iter().for_each(|words| call.complain(format_args!("\t[WARNING {name}]: {words}")));
    wrong.iter().for_each(|words| errors.push_str(&format!("\t[ERROR {name}]: {words}\n")));
}

fn finish(call: &mut Call, errors: &str) -> Step<()> {
    if errors.is_empty() {
        return Ok(());
    }
    call.stderr.push_str("[preflight] Some fatal errors occurred:\n");
    call.stderr.push_str(errors);
    call.complain("[preflight] If you know what you are doing, you can make a check non-fatal with `--ignore-preflight-errors=...`");
    fail("preflight checks failed")
}

/// The oldest kubelet that this kubeadm installs: three minors before its own.
fn oldest_kubelet(call: &Call) -> version::Version {
    version::own(call).minor_before(3)
}
