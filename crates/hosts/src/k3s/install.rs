//! The installer behind `curl -sfL https://get.k3s.io | sh -`: its steps in its order, with its lines.
use super::config::command_words;
use super::{release, scripts, start};
use crate::call::{Call, Step, Stop};
use crate::machine::{Kind, Machine};
use objects::Text;
use simcore::Duration;

/// What the installer has found out so far.
struct Plan {
    /// Without a final slash.
    bin: String,
    /// `k3s`, `k3s-agent`, `k3s-NAME`
    name: String,
    role: String,
    words: Vec<String>,
    unit: String,
    environment: String,
}

fn info(call: &mut Call, words: impl std::fmt::Display) {
    call.say(format_args!("[INFO]  {words}"));
}

fn fatal<T>(call: &mut Call, words: impl std::fmt::Display) -> Step<T> {
    call.complain(format_args!("[ERROR]  {words}"));
    Err(Stop::Code(1))
}

fn is_true(call: &Call, name: &str) -> bool {
    call.variable(name) == Some("true")
}

/// A variable that has a value.
fn given(call: &Call, name: &str) -> Option<String> {
    call.variable(name).filter(|value| !value.is_empty()).map(String::from)
}

/// Runs the installer; the call's words are those behind `sh -s -`.
pub fn run(call: &mut Call) -> Step<()> {
    if call.machine.program("systemctl").is_none() {
        return fatal(call, "Can not find systemd or openrc to use as a process supervisor for k3s");
    }
    let plan = plan(call)?;
    let before = state(call.machine, &plan);
    download(call, &plan)?;
    info(call, "Skipping installation of SELinux RPM");
    symlinks(call, &plan);
    info(call, format_args!("Creating killall script {}/k3s-killall.sh", plan.bin));
    scripts::write_killall(call.machine, &plan.bin);
    info(call, format_args!("Creating uninstall script {}/{}-uninstall.sh", plan.bin, plan.name));
    scripts::write_uninstall(call.machine, &plan.bin, &plan.name);
    write_unit(call, &plan);
    enable_and_start(call, &plan, &before)
}

fn plan(call: &mut Call) -> Step<Plan> {
    let mut words = command_words(&given(call, "INSTALL_K3S_EXEC").unwrap_or_default());
    words.extend(call.words.clone());
    let url = given(call, "K3S_URL");
    let named = words.first().is_some_and(|word| !word.starts_with('-'));
    let role = match (named, &url) {
        (true, _) => words.remove(0),
        (false, None) => "server".to_string(),
        (false, Some(_)) => {
            if given(call, "K3S_TOKEN").is_none() && given(call, "K3S_TOKEN_FILE").is_none() {
                return fatal(
                    call,
                    "Defaulted k3s exec command to 'agent' because K3S_URL is defined, but K3S_TOKEN or K3S_TOKEN_FILE is not defined.",
                );
            }
            "agent".into()
        }
    };
    if let Some(url) = url.filter(|url| !url.starts_with("https://")) {
        return fatal(call, format_args!("Only https:// URLs are supported for K3S_URL (have {url})"));
    }
    let name = match given(call, "INSTALL_K3S_NAME") {
        Some(name) => format!("k3s-{name}"),
        None if role == "server" => "k3s".into(),
        None => format!("k3s-{role}"),
    };
    let bad = |c: char| c.is_whitespace() || "][!#$%&()*;<=>?_`{|}/".contains(c);
    if name.contains(bad) {
        let marks: String = name.chars().map(|c| if bad(c) { '^' } else { ' ' }).collect();
        return fatal(call, format_args!("Invalid characters for system name:\n            {name}\n            {marks}"));
    }
    let bin = given(call, "INSTALL_K3S_BIN_DIR").unwrap_or_else(|| "/usr/local/bin".into());
    let folder = given(call, "INSTALL_K3S_SYSTEMD_DIR").unwrap_or_else(|| "/etc/systemd/system".into());
    if no_sudo(call) {
        call.complain("sh: sudo: not found");
    }
    Ok(Plan { unit: format!("{folder}/{name}.service"), environment: format!("{folder}/{name}.service.env"), bin, name, role, words })
}

/// Neither root nor able to become it.
fn no_sudo(call: &Call) -> bool {
    !call.is_root() && call.machine.program("sudo").is_none()
}

/// What decides whether anything changed: binary, unit and environment.
fn state(machine: &Machine, plan: &Plan) -> String {
    let binary = match machine.files.get(&format!("{}/k3s", plan.bin)).map(|file| &file.kind) {
        Some(Kind::Program(version)) => version.to_string(),
        _ => String::new(),
    };
    let text = |path: &str| machine.files.read(path).map_or(String::new(), |text| text.to_string());
    format!("{binary}\n{}\n{}", text(&plan.unit), text(&plan.environment))
}

fn download(call: &mut Call, plan: &Plan) -> Step<()> {
    let target = format!("{}/k3s", plan.bin);
    let skips = given(call, "INSTALL_K3S_SKIP_DOWNLOAD").is_some_and(|text| text == "true" || text == "binary");
    if skips || is_true(call, "INSTALL_K3S_BIN_DIR_READ_ONLY") {
        info(call, "Skipping k3s download and verify");
        return match call.machine.files.get(&target).map(|file| &file.kind) {
            Some(Kind::Program(_)) => Ok(()),
            _ => fatal(call, format_args!("Executable k3s binary not found at {target}")),
        };
    }
    let machine = crate::programs::machine_name(&call.machine.hardware.arch).to_string();
    let Some((arch, suffix)) = release::files_of(&machine) else {
        return fatal(call, format_args!("Unsupported architecture {machine}"));
    };
    if call.machine.program("curl").is_none() && call.machine.program("wget").is_none() {
        return fatal(call, "Can not find curl or wget for downloading files");
    }
    let version = match given(call, "INSTALL_K3S_VERSION") {
        Some(version) => version,
        None => {
            let channel = given(call, "INSTALL_K3S_CHANNEL").unwrap_or_else(|| "stable".into());
            info(call, format_args!("Finding release for channel {channel}"));
            let channels = given(call, "INSTALL_K3S_CHANNEL_URL").unwrap_or_else(|| "https://update.k3s.io/v1-release/channels".into());
            let found = fetch(call, &format!("{channels}/{channel}"))?;
            match found {
                // What curl was told to print: the last part of the URL at which it ended.
                Ok(page) => page.location.rsplit('/').next().filter(|text| !text.is_empty()).unwrap_or(&channel).to_string(),
                Err(words) => {
                    let (_, words) = crate::programs::curl_words(&format!("{channels}/{channel}"), &words);
                    call.complain(words);
                    String::new()
                }
            }
        }
    };
    info(call, format_args!("Using {version} as release"));
    let site = "https://github.com/k3s-io/k3s/releases/download";
    let hash_url = format!("{site}/{version}/sha256sum-{arch}.txt");
    info(call, format_args!("Downloading hash {hash_url}"));
    let hashes = good(call, &hash_url)?;
    let wanted = hashes.lines().find(|line| line.ends_with(&format!(" k3s{suffix}"))).and_then(|line| line.split_whitespace().next());
    let wanted = wanted.unwrap_or("").to_string();
    let held = match call.machine.files.get(&target).map(|file| &file.kind) {
        Some(Kind::Program(held)) => release::digest(held, arch),
        _ => String::new(),
    };
    if held == wanted {
        info(call, "Skipping binary downloaded, installed k3s matches hash");
        return Ok(());
    }
    let url = format!("{site}/{version}/k3s{suffix}");
    info(call, format_args!("Downloading binary {url}"));
    let body = good(call, &url)?;
    info(call, "Verifying binary download");
    call.work(Duration::millis(350));
    let mut fields = body.split_whitespace().skip(1);
    let got = release::digest(fields.next().unwrap_or(""), fields.next().unwrap_or(""));
    if got != wanted {
        return fatal(call, format_args!("Download sha256 does not match {wanted}, got {got}"));
    }
    info(call, format_args!("Installing k3s to {target}"));
    if no_sudo(call) {
        call.complain("sh: sudo: not found");
        return Err(Stop::Code(127));
    }
    call.machine.files.program(&target, &version);
    Ok(())
}

fn fetch(call: &mut Call, url: &str) -> Step<Result<crate::outside::Page, String>> {
    let answer = call.outside.page(call.machine, call.now, url);
    call.pass(answer)
}

/// The body of a page that must be there: `curl -sfL`.
fn good(call: &mut Call, url: &str) -> Step<String> {
    match fetch(call, url)? {
        Ok(page) if page.code < 400 => Ok(page.body.to_string()),
        _ => fatal(call, "Download failed"),
    }
}

fn symlinks(call: &mut Call, plan: &Plan) {
    if is_true(call, "INSTALL_K3S_BIN_DIR_READ_ONLY") || given(call, "INSTALL_K3S_SYMLINK").as_deref() == Some("skip") {
        return;
    }
    let force = given(call, "INSTALL_K3S_SYMLINK").as_deref() == Some("force");
    for name in ["kubectl", "crictl", "ctr"] {
        let path = format!("{}/{name}", plan.bin);
        if call.machine.files.exists(&path) && !force {
            info(call, format_args!("Skipping {path} symlink to k3s, already exists"));
            continue;
        }
        match call.machine.which(name).filter(|_| !force) {
            Some(found) => info(call, format_args!("Skipping {path} symlink to k3s, command exists in PATH at {found}")),
            None => {
                info(call, format_args!("Creating {path} symlink to k3s"));
                call.machine.files.link(&path, "k3s");
            }
        }
    }
}

/// Environment file and unit file; what was there before is taken out first.
fn write_unit(call: &mut Call, plan: &Plan) {
    call.machine.alter_unit(&plan.name, |unit| unit.enabled = false);
    info(call, format_args!("env: Creating environment file {}", plan.environment));
    let keeps = |name: &str| name.starts_with("K3S_") || name.starts_with("CONTAINERD_");
    let proxy = |name: &str| ["NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY"].contains(&name.to_uppercase().as_str());
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (name, value) in &call.environment {
        pairs.retain(|(known, _)| known != name);
        pairs.push((name.clone(), value.clone()));
    }
    pairs.sort();
    let lines = |wanted: &dyn Fn(&str) -> bool| -> String {
        pairs.iter().filter(|(name, _)| wanted(name)).map(|(name, value)| format!("{name}='{value}'\n")).collect()
    };
    let text = lines(&keeps) + &lines(&proxy);
    call.machine.files.write_mode(&plan.environment, &text, 0o600);
    info(call, format_args!("systemd: Creating service file {}", plan.unit));
    let words: String = plan.words.iter().map(|word| format!("\t'{}' \\\n", word.replace('\'', "'\\''"))).collect();
    let kind = given(call, "INSTALL_K3S_TYPE").unwrap_or_else(|| "notify".into());
    let text = format!(
        "[Unit]\nDescription=Lightweight Kubernetes\nDocumentation=https://k3s.io\nWants=network-online.target\nAfter=network-online.target\n\n[Install]\nWantedBy=multi-user.target\n\n[Service]\nType={kind}\nEnvironmentFile=-/etc/default/%N\nEnvironmentFile=-/etc/sysconfig/%N\nEnvironmentFile=-{}\nKillMode=process\nDelegate=yes\nUser=root\n# Having non-zero Limit*s causes performance problems due to accounting overhead\n# in the kernel. We recommend using cgroups to do container-local accounting.\nLimitNOFILE=1048576\nLimitNPROC=infinity\nLimitCORE=infinity\nTasksMax=infinity\nTimeoutStartSec=0\nRestart=always\nRestartSec=5s\nExecStartPre=-/sbin/modprobe br_netfilter\nExecStartPre=-/sbin/modprobe overlay\nExecStart={}/k3s \\\n    {} \\\n{words}\n",
        plan.environment, plan.bin, plan.role
    );
    call.machine.files.write(&plan.unit, &text);
}

fn enable_and_start(call: &mut Call, plan: &Plan, before: &str) -> Step<()> {
    if is_true(call, "INSTALL_K3S_SKIP_ENABLE") {
        // systemd reads a unit that it does not know when somebody asks for it.
        call.machine.reload_units();
        return Ok(());
    }
    info(call, format_args!("systemd: Enabling {} unit", plan.name));
    call.machine.reload_units();
    call.complain(format_args!("Created symlink /etc/systemd/system/multi-user.target.wants/{}.service → {}.", plan.name, plan.unit));
    call.machine.enable_unit(&plan.name, true);
    if is_true(call, "INSTALL_K3S_SKIP_START") {
        return Ok(());
    }
    if state(call.machine, plan) == before && !is_true(call, "INSTALL_K3S_FORCE_RESTART") {
        info(call, "No change detected so skipping service start");
        return Ok(());
    }
    if call.machine.program("iptables").is_none() && call.machine.program("iptables-save").is_none() {
        info(call, "Host iptables-save/iptables-restore tools not found");
        info(call, "Host ip6tables-save/ip6tables-restore tools not found");
    }
    info(call, format_args!("systemd: Starting {}", plan.name));
    let now = call.now;
    call.machine.stop_unit(now, &plan.name);
    call.machine.start_unit(now, &plan.name);
    if start::wait(call, &plan.name)? {
        return Ok(());
    }
    let unit = Text::new(&plan.name);
    call.complain(format_args!("Job for {unit}.service failed because the control process exited with error code.\nSee \"systemctl status {unit}.service\" and \"journalctl -xeu {unit}.service\" for details."));
    Err(Stop::Code(1))
}
