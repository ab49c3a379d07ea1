//! `kubeadm version` and `kubeadm config`.
use super::config::{self, defaults};
use super::flags::Given;
use super::phases::kubelet;
use super::version;
use crate::call::{Call, Step, fail, quoted};
use objects::{Tree, list, map, yaml};

pub fn show(call: &mut Call, given: &Given) -> Step<()> {
    let own = version::own(call);
    let (major, minor, arch) = (own.major, own.minor, call.machine.hardware.arch.clone());
    let (commit, built, go) = ("0000000000000000000000000000000000000000", "2026-01-01T00:00:00Z", "go1.26.8");
    match given.text("output") {
        "short" => call.say(format_args!("v{own}")),
        "json" => call.say(format_args!(
            "{{\n  \"clientVersion\": {{\n    \"major\": \"{major}\",\n    \"minor\": \"{minor}\",\n    \"gitVersion\": \"v{own}\",\n    \"gitCommit\": \"{commit}\",\n    \"gitTreeState\": \"clean\",\n    \"buildDate\": \"{built}\",\n    \"goVersion\": \"{go}\",\n    \"compiler\": \"gc\",\n    \"platform\": \"linux/{arch}\"\n  }}\n}}"
        )),
        "yaml" => {
            let tree = map! {"clientVersion": map! {
                "buildDate": built, "compiler": "gc", "gitCommit": commit, "gitTreeState": "clean", "gitVersion": format!("v{own}"),
                "goVersion": go, "major": major.to_string(), "minor": minor.to_string(), "platform": format!("linux/{arch}"),
            }};
            call.say(yaml::write(&tree));
        }
        "" => call.say(format_args!(
            "kubeadm version: &version.Info{{Major:\"{major}\", Minor:\"{minor}\", EmulationMajor:\"\", EmulationMinor:\"\", MinCompatibilityMajor:\"\", MinCompatibilityMinor:\"\", GitVersion:\"v{own}\", GitCommit:\"{commit}\", GitTreeState:\"clean\", BuildDate:\"{built}\", GoVersion:\"{go}\", Compiler:\"gc\", Platform:\"linux/{arch}\"}}"
        )),
        other => return fail(format!("invalid output format: {other}")),
    }
    Ok(())
}

/// The script itself is not simulated: what it would do here is done by the page's own completion.
pub fn completion(call: &mut Call, given: &Given) -> Step<()> {
    match &given.words[..] {
        [] => fail("shell not specified"),
        [shell] if shell == "bash" || shell == "zsh" => {
            call.say(format_args!("# {shell} completion for kubeadm{:>41}", "-*- shell-script -*-"));
            Ok(())
        }
        [shell] => fail(format!("unsupported shell type {}, the supported shell types are [bash zsh]", quoted(shell))),
        _ => fail("too many arguments. expected only the shell type"),
    }
}

pub fn init_defaults(call: &mut Call, given: &Given) -> Step<()> {
    let mut token = defaults::token();
    token.set(&["token"], "abcdef.0123456789abcdef");
    let mut init = defaults::init();
    init.set(&["bootstrapTokens"], list![token]);
    init.set(&["localAPIEndpoint", "advertiseAddress"], "1.2.3.4");
    init.set(&["nodeRegistration", "criSocket"], defaults::CONTAINERD);
    init.set(&["nodeRegistration", "name"], "node");
    init.edit(&["nodeRegistration"]).map_mut().insert("taints", Tree::Null);
    let mut cluster = defaults::cluster(false);
    cluster.set(&["kubernetesVersion"], version::own(call).minor_before(0).to_string());
    let mut parts = vec![yaml::write(&init), yaml::write(&cluster)];
    for kind in given.list("component-configs") {
        match kind.as_str() {
            "KubeletConfiguration" => {
                let config = config::Config { node: init.clone(), cluster: cluster.clone(), ..Default::default() };
                let mut kubelet = kubelet::configuration(&config, "");
                kubelet.set(&["containerRuntimeEndpoint"], "");
                parts.push(yaml::write(&kubelet));
            }
            "KubeProxyConfiguration" => parts.push(include_str!("texts/kube-proxy.yaml").to_string()),
            _ => {
                return fail("--component-configs needs to contain some of [KubeProxyConfiguration KubeletConfiguration]");
            }
        }
    }
    call.stdout.push_str(&parts.join("---\n"));
    Ok(())
}

pub fn join_defaults(call: &mut Call, _: &Given) -> Step<()> {
    let token = "abcdef.0123456789abcdef";
    let mut join = defaults::join();
    let by_token = map! {"apiServerEndpoint": "kube-apiserver:6443", "token": token, "unsafeSkipCAVerification": true};
    join.set(&["discovery"], map! {"bootstrapToken": by_token, "tlsBootstrapToken": token});
    join.set(&["nodeRegistration", "criSocket"], defaults::CONTAINERD);
    join.set(&["nodeRegistration", "name"], call.machine.name.clone());
    join.edit(&["nodeRegistration"]).map_mut().insert("taints", Tree::Null);
    call.stdout.push_str(&yaml::write(&join));
    Ok(())
}

pub fn upgrade_defaults(call: &mut Call, _: &Given) -> Step<()> {
    call.stdout.push_str(&yaml::write(&defaults::upgrade()));
    Ok(())
}

pub fn reset_defaults(call: &mut Call, _: &Given) -> Step<()> {
    let mut reset = defaults::reset();
    reset.set(&["criSocket"], defaults::CONTAINERD);
    call.stdout.push_str(&yaml::write(&reset));
    Ok(())
}
