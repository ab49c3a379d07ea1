//! `kubeadm config validate` and `config migrate`: configuration files read, held against the rules, and written anew.
use super::config::{self, defaults, fields};
use super::flags::Given;
use crate::call::{Call, Step, fail, quoted};
use objects::{Tree, yaml};

/// The version to come: known, and not yet to be used.
const EXPERIMENTAL: &str = "kubeadm.k8s.io/v1";

pub fn validate(call: &mut Call, given: &Given) -> Step<()> {
    let path = given.text("config").to_string();
    if path.is_empty() {
        return fail("the --config flag is mandatory");
    }
    read(call, &path, true)?;
    call.say("ok");
    Ok(())
}

pub fn migrate(call: &mut Call, given: &Given) -> Step<()> {
    let path = given.text("old-config").to_string();
    if path.is_empty() {
        return fail("the --old-config flag is mandatory");
    }
    let parts: Vec<String> = read(call, &path, false)?.iter().map(yaml::write).collect();
    let text = parts.join("---\n");
    match given.text("new-config") {
        "" => call.stdout.push_str(&text),
        path => {
            let path = call.path(path);
            call.machine.files.write(&path, &text);
        }
    }
    Ok(())
}

/// The documents of a file with all defaults. `strictly`: nothing unknown may stand in it.
fn read(call: &mut Call, path: &str, strictly: bool) -> Step<Vec<Tree>> {
    if !call.machine.files.exists(&call.path(path)) {
        return fail(format!("open {path}: no such file or directory"));
    }
    let documents = if strictly { config::load_strictly(call, path)? } else { config::load(call, path, "initconfiguration.go:334")? };
    if let Some((api, kind)) = documents.kinds().find(|(api, _)| *api == EXPERIMENTAL) {
        return fail(format!(
            "experimental API spec: {} (kind: {}) is not allowed. You can use the --allow-experimental-api flag if the command supports it.",
            quoted(api),
            quoted(kind)
        ));
    }
    let strange: Vec<String> = documents
        .kinds()
        .filter(|(api, kind)| api.starts_with("kubeadm.k8s.io/") && !(*api == config::API && fields::is_known(kind)))
        .map(|(api, kind)| {
            let (group, version) = api.split_once('/').unwrap_or(("", api));
            format!("schema.GroupVersionKind{{Group:{group:?}, Version:{version:?}, Kind:{kind:?}}}")
        })
        .collect();
    if !strange.is_empty() {
        return fail(format!("unknown configuration APIs: []schema.GroupVersionKind{{{}}}", strange.join(", ")));
    }
    let mut done = Vec::new();
    if !documents.of("InitConfiguration").is_null() || !documents.of("ClusterConfiguration").is_null() {
        let config = config::init_of(call, &documents)?;
        done.extend([config.node, config.cluster, config.kubelet, config.proxy].into_iter().filter(|tree| !tree.is_null()));
    }
    if !documents.of("JoinConfiguration").is_null() {
        done.push(config::join_of(call, &documents)?.node);
    }
    if !documents.of("ResetConfiguration").is_null() {
        done.push(config::reset_of(call, &documents)?);
    }
    let mut upgrade = documents.of("UpgradeConfiguration");
    if !upgrade.is_null() {
        config::fill(&mut upgrade, &defaults::upgrade());
        done.push(upgrade);
    }
    Ok(done)
}
