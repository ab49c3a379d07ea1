//! `kubeadm init`: its flags, what it makes of them, and the run through its phases.
use super::client::Client;
use super::config::{self, Config, validate};
use super::flags::Given;
use super::patches::Patches;
use super::{certs, phases};
use crate::call::{Call, Step, Stop, fail};

/// What the phases of `init` and `join` share.
pub struct Work {
    pub config: Config,
    pub ignored: Vec<String>,
    /// Where a dry run writes instead.
    pub dry: Option<String>,
    pub kubeconfig_folder: String,
    pub upload_certs: bool,
    pub hide_key: bool,
    pub hide_token: bool,
    /// The key of the uploaded certificates, once there is one.
    pub key: String,
    pub client: Option<Client>,
    pub patches: Patches,
    /// Whether `kubeadm init phase` runs it, alone.
    pub single: bool,
}

impl Work {
    /// Where certificates are written.
    pub fn pki(&self) -> String {
        self.dry.clone().unwrap_or_else(|| self.config.cert_dir().to_string())
    }

    /// Where manifests are written.
    pub fn manifests(&self) -> String {
        self.dry.clone().unwrap_or_else(|| "/etc/kubernetes/manifests".into())
    }

    pub fn kubeconfigs(&self) -> String {
        self.dry.clone().unwrap_or_else(|| self.kubeconfig_folder.clone())
    }
}

/// Reads flags and files into `Work`, with all refusals before the first phase.
pub fn prepare(call: &mut Call, given: &Given) -> Step<Work> {
    let config = config::init(call, given)?;
    let ignored = validate::ignored(given.list("ignore-preflight-errors"), config.ignored()).or_else(fail)?;
    config::reachable(config.local().0)?;
    let dry = (given.is("dry-run") || config.node.get("dryRun").is_true()).then(|| {
        let folder = call.variable("KUBEADM_INIT_DRYRUN_DIR").map(String::from);
        folder.unwrap_or_else(|| format!("/etc/kubernetes/tmp/kubeadm-init-dryrun{}", call.draw(10, b"123456789")))
    });
    if let Some(folder) = &dry {
        call.machine.files.folder(folder);
        let words = format!("Using dry-run directory {folder}. To override it, set the environment variable KUBEADM_INIT_DRYRUN_DIR");
        call.klog('W', "constants.go:627", words);
    }
    let kubeconfig_folder = if given.has("kubeconfig-dir") { given.text("kubeconfig-dir").to_string() } else { "/etc/kubernetes".into() };
    let work = Work {
        ignored,
        dry,
        kubeconfig_folder,
        upload_certs: given.is("upload-certs"),
        hide_key: given.is("skip-certificate-key-print"),
        hide_token: given.is("skip-token-print"),
        key: config.node.get("certificateKey").text().to_string(),
        client: None,
        patches: Patches::new(&config::patches(given, &config.node)),
        single: false,
        config,
    };
    certs::external_authority(call, &work)?;
    Ok(work)
}

pub fn run(call: &mut Call, given: &Given) -> Step<()> {
    let mut work = prepare(call, given)?;
    let line = format!("[init] Using Kubernetes version: {}", work.config.version());
    call.say(line);
    let from_file = work.config.node.get("skipPhases").items().iter().map(|one| one.text().to_string()).collect();
    let skip = if given.has("skip-phases") { given.list("skip-phases") } else { from_file };
    if let Some(strange) = skip.iter().find(|name| !phases::exists(name)) {
        return fail(format!("invalid phase name: {strange}"));
    }
    let left_out = |name: &str| skip.iter().any(|one| name == one || name.starts_with(&format!("{one}/")));
    for phase in phases::INIT.iter().filter(|phase| !left_out(phase.name)) {
        carry_out(call, &mut work, phase)?;
    }
    Ok(())
}

/// Runs one phase; its failure says which one it was.
pub fn carry_out(call: &mut Call, work: &mut Work, phase: &phases::Phase) -> Step<()> {
    (phase.run)(call, work).map_err(|stop| match stop {
        Stop::Fail(words) => Stop::Fail(format!("error execution phase {}: {words}", phase.name)),
        other => other,
    })
}
