//! `k3s secrets-encrypt`: its state on the server's disk.
use super::DATA;
use super::command::rooted;
use super::token::fatal;
use crate::Machine;
use crate::call::{Call, Step};
use crate::machine::K3s;
use simcore::Duration;

fn config() -> String {
    format!("{DATA}/server/cred/encryption-config.json")
}

fn stage() -> String {
    format!("{DATA}/server/cred/encryption-state.json")
}

/// Written at the first start with `--secrets-encryption`.
pub fn configure(machine: &mut Machine, k3s: &K3s) {
    if k3s.secrets_encryption && !machine.files.exists(&config()) {
        machine.files.write_mode(&config(), &providers(&["aescbckey".into()], true), 0o600);
        machine.files.write_mode(&stage(), "start", 0o600);
    }
}

fn providers(keys: &[String], on: bool) -> String {
    let keys: Vec<String> = keys.iter().map(|name| format!("{{\"name\":\"{name}\",\"secret\":\"\"}}")).collect();
    let (aes, identity) = (format!("{{\"aescbc\":{{\"keys\":[{}]}}}}", keys.join(",")), "{\"identity\":{}}");
    let both = if on { format!("{aes},{identity}") } else { format!("{identity},{aes}") };
    format!(
        "{{\"kind\":\"EncryptionConfiguration\",\"apiVersion\":\"apiserver.config.k8s.io/v1\",\"resources\":[{{\"resources\":[\"secrets\"],\"providers\":[{both}]}}]}}"
    )
}

/// Names of the keys, the active one first, and whether they are in use.
fn keys(text: &str) -> (Vec<String>, bool) {
    let names = text.split("{\"name\":\"").skip(1).filter_map(|rest| rest.split('"').next()).map(String::from).collect();
    (names, text.find("aescbc") < text.find("identity"))
}

/// `k3s secrets-encrypt status|enable|disable|prepare|rotate|reencrypt|rotate-keys`
pub fn run(call: &mut Call, words: &[String]) -> Step<()> {
    let verb = words.first().map_or("", String::as_str);
    const VERBS: [&str; 7] = ["status", "enable", "disable", "prepare", "rotate", "reencrypt", "rotate-keys"];
    if !VERBS.contains(&verb) {
        super::usage::family(call, "secrets-encrypt", "Control secrets encryption and keys rotation");
        return Ok(());
    }
    rooted(call)?;
    if !call.machine.files.exists(&format!("{DATA}/server/token")) {
        return fatal(format!("open {DATA}/server/token: no such file or directory"));
    }
    if call.machine.k3s.as_ref().is_none_or(|k3s| !k3s.server) {
        let me = "127.0.0.1:6443";
        return fatal(format!("failed to get CA certs: Get \"https://{me}/cacerts\": dial tcp {me}: connect: connection refused"));
    }
    let text = call.machine.files.read(&config()).map(|text| text.to_string());
    if verb == "status" {
        status(call, text);
        return Ok(());
    }
    let Some(text) = text else {
        return fatal("see server log for details: https://127.0.0.1:6443/v1-k3s/encrypt/config: 400 Bad Request");
    };
    let (mut names, on) = keys(&text);
    let held = call.machine.files.read(&stage()).map_or("start".to_string(), |text| text.to_string());
    let forced = words.iter().any(|word| matches!(word.as_str(), "--force" | "-f"));
    // Each step of the old way needs the one before it (k3s-io/docs, cli/secrets-encrypt).
    let fits = match verb {
        "prepare" => forced || matches!(held.as_str(), "start" | "reencrypt_finished"),
        "rotate" => forced || held == "prepare",
        "reencrypt" => forced || held == "rotate",
        _ => true,
    };
    if !fits || (verb != "enable" && verb != "disable" && !on) {
        return fatal("see server log for details: https://127.0.0.1:6443/v1-k3s/encrypt/config: 400 Bad Request");
    }
    let fresh = format!("aescbckey-{}", call.machine.local(call.now).rfc3339());
    let (said, then) = match verb {
        "rotate-keys" => {
            names = vec![fresh];
            call.work(Duration::secs(2));
            ("keys rotated, reencryption started", "reencrypt_finished")
        }
        "prepare" => {
            names.push(fresh);
            ("prepare completed successfully", "prepare")
        }
        "rotate" => {
            names.rotate_right(1);
            ("rotate completed successfully", "rotate")
        }
        "reencrypt" => {
            if !words.iter().any(|word| word == "--skip") {
                names.truncate(1);
            }
            call.work(Duration::secs(2));
            ("reencryption started", "reencrypt_finished")
        }
        "enable" => ("secrets-encryption enabled", held.as_str()),
        _ => ("secrets-encryption disabled", held.as_str()),
    };
    call.machine.files.write_mode(&stage(), then, 0o600);
    let on = if matches!(verb, "enable" | "disable") { verb == "enable" } else { on };
    call.machine.files.write_mode(&config(), &providers(&names, on), 0o600);
    call.say(said);
    Ok(())
}

fn status(call: &mut Call, text: Option<String>) {
    let Some(text) = text else {
        call.say("Encryption Status: Disabled, no configuration file found");
        return;
    };
    let (names, on) = keys(&text);
    let stage = call.machine.files.read(&stage()).map_or("start".to_string(), |text| text.to_string());
    call.say(format_args!("Encryption Status: {}", if on { "Enabled" } else { "Disabled" }));
    call.say(format_args!("Current Rotation Stage: {stage}"));
    call.say("Server Encryption Hashes: All hashes match\n\nActive  Key Type  Name\n------  --------  ----");
    for (at, name) in names.iter().enumerate() {
        let mark = if at == 0 && on { " *" } else { "" };
        call.say(format_args!("{mark:<8}AES-CBC   {name}"));
    }
    call.say("");
}
