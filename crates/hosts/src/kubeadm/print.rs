//! `kubeadm version` and `kubeadm config`.
use super::config::{self, defaults};
use super::flags::{Flag, Given, Takes};
use super::phases::kubelet;
use super::{Command, files, images, version};
use crate::call::{Call, Step, fail, quoted};
use objects::{Tree, list, map, yaml};

const OUTPUT: &[Flag] = &[Flag("output", Takes::Text, "")];
const IMAGES: &[Flag] = &[
    Flag("allow-missing-template-keys", Takes::Bool, "true"),
    Flag("config", Takes::Text, ""),
    Flag("feature-gates", Takes::Text, ""),
    Flag("image-repository", Takes::Text, defaults::REGISTRY),
    Flag("kubernetes-version", Takes::Text, "stable-1"),
    Flag("output", Takes::Text, "text"),
    Flag("show-managed-fields", Takes::Bool, ""),
    Flag("kubeconfig", Takes::Text, ""),
];
const PULL: &[Flag] = &[
    Flag("config", Takes::Text, ""),
    Flag("cri-socket", Takes::Text, ""),
    Flag("feature-gates", Takes::Text, ""),
    Flag("image-repository", Takes::Text, defaults::REGISTRY),
    Flag("kubernetes-version", Takes::Text, "stable-1"),
    Flag("kubeconfig", Takes::Text, ""),
];
const PRINT: &[Flag] = &[Flag("component-configs", Takes::List, ""), Flag("kubeconfig", Takes::Text, "")];
const FILES: &[Flag] = &[
    Flag("config", Takes::Text, ""),
    Flag("old-config", Takes::Text, ""),
    Flag("new-config", Takes::Text, ""),
    Flag("allow-experimental-api", Takes::Bool, ""),
];

pub const COMMANDS: &[Command] = &[
    Command { path: "version", flags: &[OUTPUT], takes: (0, 0), run: Some(show), about: "Print the version of kubeadm" },
    Command {
        path: "completion",
        flags: &[],
        takes: (0, 99),
        run: Some(completion),
        about: "Output shell completion code for the specified shell (bash or zsh)",
    },
    Command {
        path: "config",
        flags: &[],
        takes: (0, 99),
        run: None,
        about: "Manage configuration for a kubeadm cluster persisted in a ConfigMap in the cluster",
    },
    Command { path: "config images", flags: &[], takes: (0, 99), run: None, about: "Interact with container images used by kubeadm" },
    Command {
        path: "config images list",
        flags: &[IMAGES],
        takes: (0, 0),
        run: Some(images::list),
        about: "Print a list of images kubeadm will use. The configuration file is used in case any images or image repositories are customized",
    },
    Command {
        path: "config images pull",
        flags: &[PULL],
        takes: (0, 0),
        run: Some(images::pull_all),
        about: "Pull images used by kubeadm",
    },
    Command {
        path: "config migrate",
        flags: &[FILES],
        takes: (0, 0),
        run: Some(files::migrate),
        about: "Read an older version of the kubeadm configuration API types from a file, and output the similar config object for the newer version",
    },
    Command { path: "config print", flags: &[], takes: (0, 99), run: None, about: "Print configuration" },
    Command {
        path: "config print init-defaults",
        flags: &[PRINT],
        takes: (0, 0),
        run: Some(init_defaults),
        about: "Print default init configuration, that can be used for 'kubeadm init'",
    },
    Command {
        path: "config print join-defaults",
        flags: &[PRINT],
        takes: (0, 0),
        run: Some(join_defaults),
        about: "Print default join configuration, that can be used for 'kubeadm join'",
    },
    Command {
        path: "config print reset-defaults",
        flags: &[PRINT],
        takes: (0, 0),
        run: Some(reset_defaults),
        about: "Print default reset configuration, that can be used for 'kubeadm reset'",
    },
    Command {
        path: "config print upgrade-defaults",
        flags: &[PRINT],
        takes: (0, 0),
        run: Some(upgrade_defaults),
        about: "Print default upgrade configuration, that can be used for 'kubeadm upgrade'",
    },
    Command {
        path: "config validate",
        flags: &[FILES],
        takes: (0, 0),
        run: Some(files::validate),
        about: "Read a file containing the kubeadm configuration API and report any validation problems",
    },
];

fn show(call: &mut Call, given: &Given) -> Step<()> {
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
fn completion(call: &mut Call, given: &Given) -> Step<()> {
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

fn init_defaults(call: &mut Call, given: &Given) -> Step<()> {
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

fn join_defaults(call: &mut Call, _: &Given) -> Step<()> {
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

fn upgrade_defaults(call: &mut Call, _: &Given) -> Step<()> {
    call.stdout.push_str(&yaml::write(&defaults::upgrade()));
    Ok(())
}

fn reset_defaults(call: &mut Call, _: &Given) -> Step<()> {
    let mut reset = defaults::reset();
    reset.set(&["criSocket"], defaults::CONTAINERD);
    call.stdout.push_str(&yaml::write(&reset));
    Ok(())
}
