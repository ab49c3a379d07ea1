//! `k3s etcd-snapshot`, and `k3s server --cluster-reset`.
use super::command::{columns, rooted, version};
use super::token::{fatal, option};
use super::{DATA, log, release, server};
use crate::Machine;
use crate::call::{Call, Step};
use crate::machine::k3s::{Datastore, Phase};
use crate::outside::Begun;
use objects::{Tree, map};
use simcore::Duration;

/// Where snapshots lie.
pub const FOLDER: &str = "/var/lib/rancher/k3s/server/db/snapshots";

fn folder(words: &[String]) -> String {
    let named = option(words, "etcd-snapshot-dir").or_else(|| option(words, "dir"));
    named.map_or_else(|| FOLDER.to_string(), String::from)
}

/// `k3s etcd-snapshot save|ls|delete|prune`
pub fn run(call: &mut Call, words: &[String]) -> Step<()> {
    let rest = words.get(1..).unwrap_or(&[]);
    match words.first().map(String::as_str) {
        Some("save") => save(call, rest),
        Some("ls" | "list" | "l") => list(call, rest),
        Some("delete") => delete(call, rest),
        Some("prune") => prune(call, rest),
        _ => {
            super::usage::family(call, "etcd-snapshot", "Manage etcd snapshots");
            Ok(())
        }
    }
}

fn save(call: &mut Call, words: &[String]) -> Step<()> {
    rooted(call)?;
    if !call.machine.files.exists(&format!("{DATA}/server/db/etcd/member/snap/db")) {
        return fatal(format!("etcd database not found in {DATA}/server"));
    }
    let serves = call.machine.k3s.as_ref().is_some_and(|k3s| k3s.datastore == Datastore::Etcd && k3s.phase == Phase::Running);
    if !serves {
        let me = "127.0.0.1:6443";
        return fatal(format!("failed to get CA certs: Get \"https://{me}/cacerts\": dial tcp {me}: connect: connection refused"));
    }
    let node = call.machine.k3s.as_ref().map(|k3s| k3s.node.clone()).unwrap_or_default();
    let now = call.machine.local(call.now);
    let name = format!("{}-{node}-{}", option(words, "name").unwrap_or("on-demand"), now.0 / 1_000_000);
    if words.iter().any(|word| matches!(word.as_str(), "--s3" | "--etcd-s3")) && option(words, "s3-bucket").is_none() {
        return fatal("s3 bucket name was not set");
    }
    let compressed = words.iter().any(|word| word.trim_start_matches("--etcd-").trim_start_matches("--") == "snapshot-compress");
    let name = if compressed { format!("{name}.zip") } else { name };
    let path = format!("{}/{name}", folder(words));
    let seal = server::seal(call.machine);
    let mark = call.machine.files.read(&seal).and_then(|text| text.lines().next().map(String::from)).unwrap_or_default();
    // The members of etcd are no part of a server.
    etcd_tool(call, &["etcdctl", "snapshot", "save", &path])?;
    let said = etcd_tool(call, &["etcdutl", "snapshot", "status", &path, "--write-out", "json"])?;
    let size = said.split("\"totalSize\":").nth(1).map(|rest| rest.split([',', '}']).next().unwrap_or(rest)).unwrap_or(FRESH);
    call.machine.files.write_mode(&path, &format!("{mark}\nbytes {size}\n"), 0o600);
    call.work(Duration::millis(800));
    let unit = call.machine.units.iter().find(|(_, unit)| unit.notify).map(|(unit, _)| unit.clone()).unwrap_or_default();
    for words in [
        format!("Saving etcd snapshot to {path}"),
        "Reconciling ETCDSnapshotFile resources".to_string(),
        "Reconciliation of ETCDSnapshotFile resources complete".to_string(),
    ] {
        log::journal(call.machine, call.now, &unit, "info", words);
    }
    log::terminal(call, "INFO", 0, format_args!("Snapshot {name} saved."));
    Ok(())
}

/// A snapshot's bytes where nobody tells: those of a small, fresh cluster.
const FRESH: &str = "5062688";

/// Runs one of etcd's tools; nothing where there are no members to ask.
fn etcd_tool(call: &mut Call, words: &[&str]) -> Step<String> {
    let words = words.iter().map(|word| word.to_string()).collect();
    let begun = Begun { user: call.user.clone(), folder: call.folder.clone(), environment: Vec::new(), words, stdin: call.stdin.clone() };
    let answer = call.outside.program(call.machine, call.now, &begun);
    match call.pass(answer)? {
        Some(printed) if printed.code != 0 => fatal(printed.stderr.lines().last().unwrap_or_default()),
        printed => Ok(printed.map(|printed| printed.stdout).unwrap_or_default()),
    }
}

/// What the cluster keeps of the snapshots in a node's folder: an ETCDSnapshotFile for each. Its name ends with six digits
/// that depend on the node and on where the file lies.
pub fn files(machine: &Machine, folder: &str, node: &str) -> Vec<Tree> {
    let one = |name: &objects::Text| {
        let second = name.trim_end_matches(".zip").rsplit('-').next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let created = simcore::Time(second * 1_000_000).rfc3339();
        let text = machine.files.read(&format!("{folder}/{name}")).unwrap_or_default();
        let size = text.lines().find_map(|line| line.strip_prefix("bytes ")).unwrap_or(FRESH).to_string();
        let location = format!("file://{folder}/{name}");
        let digest = super::token::brief(&format!("{node}{location}"));
        map! {
            "apiVersion": "k3s.cattle.io/v1",
            "kind": "ETCDSnapshotFile",
            "metadata": map! {
                "name": format!("local-{}-{}", name.to_lowercase(), &digest[..6]),
                "labels": map! {"etcd.k3s.cattle.io/snapshot-storage-node": node},
            },
            "spec": map! {"snapshotName": name.as_str(), "nodeName": node, "location": location.as_str()},
            "status": map! {"creationTime": created.as_str(), "readyToUse": true, "size": size.as_str()},
        }
    };
    machine.files.names(folder).iter().map(one).collect()
}

/// Names of what lies in the folder.
fn names(call: &Call, folder: &str) -> Vec<String> {
    call.machine.files.names(folder).iter().map(|name| name.to_string()).collect()
}

fn list(call: &mut Call, words: &[String]) -> Step<()> {
    rooted(call)?;
    let folder = folder(words);
    let mut rows = vec![["Name", "Location", "Size", "Created"].map(String::from)];
    let node = call.machine.k3s.as_ref().map_or(call.machine.name.clone(), |k3s| k3s.node.clone());
    let items = files(call.machine, &folder, &node);
    for item in &items {
        let text = |path: [&str; 2]| item.at(&path).text().to_string();
        rows.push([text(["spec", "snapshotName"]), text(["spec", "location"]), text(["status", "size"]), text(["status", "creationTime"])]);
    }
    if let Some(form @ ("json" | "yaml")) = option(words, "output").or_else(|| option(words, "o")) {
        let tree = map! {"kind": "ETCDSnapshotFileList", "apiVersion": "k3s.cattle.io/v1", "metadata": map! {}, "items": Tree::from(items)};
        match form {
            "json" => call.say(tree.to_json()),
            _ => call.stdout.push_str(&objects::yaml::write(&tree)),
        }
        return Ok(());
    }
    columns(call, &rows, 0, 1);
    Ok(())
}

fn delete(call: &mut Call, words: &[String]) -> Step<()> {
    rooted(call)?;
    let wanted: Vec<String> = words.iter().filter(|word| !word.starts_with('-')).cloned().collect();
    if wanted.is_empty() {
        return fatal("no snapshots given for removal");
    }
    let folder = folder(words);
    for name in wanted {
        if call.machine.files.remove(&format!("{folder}/{name}")) {
            log::terminal(call, "INFO", 0, format_args!("Snapshot {name} deleted."));
        }
    }
    Ok(())
}

fn prune(call: &mut Call, words: &[String]) -> Step<()> {
    rooted(call)?;
    let kept: usize = option(words, "snapshot-retention").and_then(|text| text.parse().ok()).unwrap_or(5);
    let prefix = option(words, "name").unwrap_or("on-demand").to_string();
    let folder = folder(words);
    let mut all: Vec<String> = names(call, &folder).into_iter().filter(|name| name.starts_with(&prefix)).collect();
    all.sort_by_key(|name| name.rsplit('-').next().and_then(|text| text.parse::<u64>().ok()));
    let gone = all.len().saturating_sub(kept);
    for name in &all[..gone] {
        call.machine.files.remove(&format!("{folder}/{name}"));
        log::terminal(call, "INFO", 0, format_args!("Snapshot {name} deleted."));
    }
    Ok(())
}

/// `k3s server --cluster-reset [--cluster-reset-restore-path PATH]`: one member again, perhaps with a snapshot's content.
pub fn reset(call: &mut Call, words: &[String]) -> Step<()> {
    let path = option(words, "cluster-reset-restore-path").map(String::from);
    if path.is_some() && !words.iter().any(|word| word.trim_start_matches('-') == "cluster-reset") {
        return fatal("invalid flag use; --cluster-reset required with --cluster-reset-restore-path");
    }
    let joins = option(words, "server").is_some() || call.variable("K3S_URL").is_some() || {
        let config = call.machine.files.read("/etc/rancher/k3s/config.yaml").unwrap_or_default();
        config.lines().any(|line| line.starts_with("server:"))
    };
    if joins {
        return fatal("cannot perform cluster-reset while server URL is set - remove server from configuration before resetting");
    }
    let token = format!("{DATA}/server/token");
    if path.is_some() && option(words, "token").is_none() && !call.machine.files.exists(&token) {
        return fatal(format!("{token} does not exist, please pass --token to complete the restoration"));
    }
    let version = version(call.machine);
    log::terminal(call, "INFO", 0, format_args!("Starting k3s {}", release::titled(&version)));
    if call.machine.port_taken(6443) {
        return fatal("preparing server: failed to start supervisor listener: listen tcp :6443: bind: address already in use");
    }
    let seal = format!("{DATA}/server/db/etcd/member/snap/db");
    if path.is_none() && !call.machine.files.exists(&seal) {
        return fatal(format!("etcd database not found in {DATA}/server"));
    }
    let flag = format!("{DATA}/server/db/reset-flag");
    if path.is_none() && call.machine.files.exists(&flag) {
        return fatal(format!(
            "preparing server: failed to bootstrap cluster data: Managed etcd cluster membership was previously reset, please remove the cluster-reset flag and start k3s normally. If you need to perform another cluster reset, you must first manually delete the file at {flag}"
        ));
    }
    log::terminal(call, "INFO", 0, "Managed etcd cluster bootstrap already complete and initialized");
    if let Some(path) = path {
        let full = call.path(&path);
        let Some(text) = call.machine.files.read(&full) else {
            return fatal(format!("etcd: snapshot path does not exist: {path}"));
        };
        let mark = text.lines().next().unwrap_or_default().to_string();
        let data = format!("{DATA}/server/db/etcd");
        etcd_tool(call, &["etcdutl", "snapshot", "restore", &full, "--data-dir", &data])?;
        let restored = call.machine.files.read(&seal).and_then(|text| server::Origin::read(&text));
        let origin = restored.map(server::Origin::line).unwrap_or_default();
        call.machine.files.write_mode(&seal, &format!("{mark}\n{origin}"), 0o600);
    } else {
        let mark = call.machine.files.read(&seal).and_then(|text| text.lines().next().map(String::from)).unwrap_or_default();
        call.machine.files.write_mode(&seal, &format!("{mark}\n{}", server::Origin::Reset.line()), 0o600);
    }
    call.machine.files.write_mode(&flag, "", 0o600);
    call.work(Duration::secs(13));
    log::terminal(
        call,
        "INFO",
        13,
        "Managed etcd cluster membership has been reset, restart without --cluster-reset flag now. Backup and delete ${datadir}/server/db on each peer etcd server and rejoin the nodes",
    );
    Ok(())
}
