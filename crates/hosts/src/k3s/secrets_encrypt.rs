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

/// `k3s secrets-encrypt status|enable|disable|rotate-keys`
pub fn run(call: &mut Call, words: &[String]) -> Step<()> {
    let verb = words.first().map_or("", String::as_str);
    if !["status", "enable", "disable", "rotate-keys"].contains(&verb) {
        call.say("NAME:\n   k3s secrets-encrypt - Control secrets encryption and keys rotation\n\nUSAGE:\n   k3s secrets-encrypt command [command options]\n\nCOMMANDS:\n   status       Print current status of secrets encryption\n   enable       Enable secrets encryption\n   disable      Disable secrets encryption\n   rotate-keys  (experimental) Dynamically rotates secrets encryption keys and re-encrypt secrets");
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
    let words = match verb {
        "rotate-keys" => {
            names.insert(0, format!("aescbckey-{}", call.machine.local(call.now).rfc3339()));
            names.truncate(1);
            call.machine.files.write_mode(&stage(), "reencrypt_finished", 0o600);
            call.work(Duration::secs(2));
            "keys rotated, reencryption started"
        }
        "enable" => "secrets-encryption enabled",
        _ => "secrets-encryption disabled",
    };
    let on = if verb == "rotate-keys" { on } else { verb == "enable" };
    call.machine.files.write_mode(&config(), &providers(&names, on), 0o600);
    call.say(words);
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
