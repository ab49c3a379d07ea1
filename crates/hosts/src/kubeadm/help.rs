//! Help: the texts that learners read most, and pages made from the tree of commands in cobra's layout for the others.
use super::flags::{Flag, Takes};
use super::{Command, children};
use crate::call::Call;

pub const ROOT: &[Command] = &[Command { path: "", flags: &[], takes: (0, 99), run: None, about: "" }];

/// Whole pages, by command.
const PAGES: &[(&str, &str)] = &[
    ("", include_str!("texts/kubeadm.txt")),
    ("config", include_str!("texts/config.txt")),
    ("init", include_str!("texts/init.txt")),
    ("join", include_str!("texts/join.txt")),
    ("reset", include_str!("texts/reset.txt")),
    ("token", include_str!("texts/token.txt")),
    ("token create", include_str!("texts/token-create.txt")),
    ("token delete", include_str!("texts/token-delete.txt")),
    ("token list", include_str!("texts/token-list.txt")),
];

/// What stands above the usage, where it is not the command's short description.
const LONG: &[(&str, &str)] = &[
    ("certs check-expiration", "Checks expiration for the certificates in the local PKI managed by kubeadm."),
    ("kubeconfig", "Kubeconfig file utilities."),
    ("kubeconfig user", "Output a kubeconfig file for an additional user."),
    (
        "upgrade apply",
        "Upgrade your Kubernetes cluster to the specified version\n\nThe \"apply [version]\" command executes the following phases:\n```\npreflight        Run preflight checks before upgrade\ncontrol-plane    Upgrade the control plane\nupload-config    Upload the kubeadm and kubelet configurations to ConfigMaps\n  /kubeadm         Upload the kubeadm ClusterConfiguration to a ConfigMap\n  /kubelet         Upload the kubelet configuration to a ConfigMap\nkubelet-config   Upgrade the kubelet configuration for this node\nbootstrap-token  Configures bootstrap token and cluster-info RBAC rules\naddon            Upgrade the default kubeadm addons\n  /coredns         Upgrade the CoreDNS addon\n  /kube-proxy      Upgrade the kube-proxy addon\npost-upgrade     Run post upgrade tasks\n```",
    ),
    (
        "upgrade node",
        "Upgrade commands for a node in the cluster\n\nThe \"node\" command executes the following phases:\n```\npreflight       Run upgrade node pre-flight checks\ncontrol-plane   Upgrade the control plane instance deployed on this node, if any\nkubelet-config  Upgrade the kubelet configuration for this node\naddon           Upgrade the default kubeadm addons\n  /coredns        Upgrade the CoreDNS addon\n  /kube-proxy     Upgrade the kube-proxy addon\npost-upgrade    Run post upgrade tasks\n```",
    ),
    (
        "upgrade plan",
        "Check which versions are available to upgrade to and validate whether your current cluster is upgradeable. This command can only run on the control plane nodes where the kubeconfig file \"admin.conf\" exists. To skip the internet check, pass in the optional [version] parameter.",
    ),
];

/// How a command's own line reads behind its name, where it is not `[flags]`.
const USE: &[(&str, &str)] =
    &[("upgrade apply", "[version]"), ("upgrade diff", "[version] [flags]"), ("upgrade plan", "[version] [flags]")];

const EXAMPLES: &[(&str, &str)] = &[(
    "kubeconfig user",
    "  # Output a kubeconfig file for an additional user named foo\n  kubeadm kubeconfig user --client-name=foo\n  \n  # Output a kubeconfig file for an additional user named foo using a kubeadm config file bar\n  kubeadm kubeconfig user --client-name=foo --config=bar",
)];

const ALIASES: &[(&str, &str)] = &[("certs", "certs, certificates")];

/// What flags are for; a command's own words stand before the common ones.
const FLAGS: &[(&str, &str, &str)] = &[
    ("upgrade node", "dry-run", "Do not change any state, just output the actions that would be performed."),
    ("upgrade apply", "force", "Force upgrading although some requirements might not be met. This also implies non-interactive mode."),
    ("", "allow-experimental-api", "Allow validation of experimental, unreleased APIs."),
    (
        "",
        "allow-experimental-upgrades",
        "Show unstable versions of Kubernetes as an upgrade alternative and allow upgrading to an alpha/beta/release candidate versions of Kubernetes.",
    ),
    (
        "",
        "allow-missing-template-keys",
        "If true, ignore any errors in templates when a field or map key is missing in the template. Only applies to golang and jsonpath output formats.",
    ),
    (
        "",
        "allow-release-candidate-upgrades",
        "Show release candidate versions of Kubernetes as an upgrade alternative and allow upgrading to a release candidate versions of Kubernetes.",
    ),
    ("", "cert-dir", "The path where to save the certificates"),
    ("", "certificate-renewal", "Perform the renewal of certificates used by component changed during upgrades."),
    ("", "client-name", "The name of user. It will be used as the CN if client certificates are created"),
    ("", "config", "Path to a kubeadm configuration file."),
    ("", "context-lines", "How many lines of context in the diff"),
    (
        "",
        "cri-socket",
        "Path to the CRI socket to connect. If empty kubeadm will try to auto-detect this value; use this option only if you have more than one CRI installed or if you have non-standard CRI socket.",
    ),
    ("", "dry-run", "Do not change any state, just output what actions would be performed."),
    ("", "etcd-upgrade", "Perform the upgrade of etcd."),
    (
        "",
        "feature-gates",
        "A set of key=value pairs that describe feature gates for various features. Options are:\nRootlessControlPlane=true|false (ALPHA - default=false)",
    ),
    (
        "",
        "ignore-preflight-errors",
        "A list of checks whose errors will be shown as warnings. Example: 'IsPrivilegedUser,Swap'. Value 'all' ignores errors from all checks.",
    ),
    ("", "image-repository", "Choose a container registry to pull control plane images from"),
    (
        "",
        "kubeconfig",
        "The kubeconfig file to use when talking to the cluster. If the flag is not set, a set of standard locations can be searched for an existing kubeconfig file.",
    ),
    ("", "kubeconfig-dir", "The path where to save the kubeconfig file."),
    ("", "kubernetes-version", "Choose a specific Kubernetes version for the control plane."),
    (
        "",
        "new-config",
        "Path to the resulting equivalent kubeadm config file using the new API version. Optional, if not specified output will be sent to STDOUT.",
    ),
    ("", "old-config", "Path to the kubeadm config file that is using an old API version and should be converted. This flag is mandatory."),
    ("", "org", "The organizations of the client certificate. It will be used as the O if client certificates are created"),
    (
        "",
        "output",
        "Output format. One of: text|json|yaml|kyaml|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file.",
    ),
    (
        "",
        "patches",
        "Path to a directory that contains files named \"target[suffix][+patchtype].extension\". For example, \"kube-apiserver0+merge.yaml\" or just \"etcd.json\". \"target\" can be one of \"kube-apiserver\", \"kube-controller-manager\", \"kube-scheduler\", \"etcd\", \"kubeletconfiguration\", \"corednsdeployment\", \"kubeproxydaemonset\". \"patchtype\" can be one of \"strategic\", \"merge\" or \"json\" and they match the patch formats supported by kubectl. The default \"patchtype\" is \"strategic\". \"extension\" must be either \"json\" or \"yaml\". \"suffix\" is an optional string that can be used to determine which patches are applied first alpha-numerically.",
    ),
    ("", "print-config", "Specifies whether the configuration file that will be used in the upgrade should be printed or not."),
    ("", "rootfs", "The path to the 'real' host root filesystem. This will cause kubeadm to chroot into the provided path."),
    ("", "show-managed-fields", "If true, keep the managedFields when printing objects in JSON or YAML format."),
    ("", "skip-phases", "List of phases to be skipped"),
    ("", "token", "The token that should be used as the authentication mechanism for this kubeconfig, instead of client certificates"),
    ("", "v", "number for the log level verbosity"),
    ("", "validity-period", "The validity period of the client certificate. It is an offset from the current time."),
    ("", "vmodule", "comma-separated list of pattern=N settings for file-filtered logging"),
    ("", "yes", "Perform the upgrade and do not prompt for confirmation (non-interactive mode)."),
];

const SHORT: &[(&str, char)] = &[("help", 'h'), ("output", 'o'), ("v", 'v'), ("force", 'f'), ("yes", 'y'), ("context-lines", 'c')];

fn of<'a>(table: &'a [(&str, &str)], path: &str) -> Option<&'a str> {
    table.iter().find(|(known, _)| *known == path).map(|(_, text)| *text)
}

/// Prints the help of a command.
pub fn show(call: &mut Call, row: &Command, _root: bool) {
    let path = row.path;
    if let Some(page) = of(PAGES, path) {
        call.stdout.push_str(page);
        return;
    }
    let (below, name) = (children(path), path.rsplit(' ').next().unwrap_or(""));
    let line = of(USE, path).unwrap_or("[flags]");
    if path == "alpha" {
        return call.say(format_args!("{}\n", row.about));
    }
    call.say(format_args!("{}\n\nUsage:", of(LONG, path).unwrap_or(row.about)));
    if path != "kubeconfig" {
        call.say(format_args!("  kubeadm {path} {line}"));
    }
    if !below.is_empty() {
        call.say(format_args!("  kubeadm {path} [command]"));
    }
    if let Some(names) = of(ALIASES, path) {
        call.say(format_args!("\nAliases:\n  {names}"));
    }
    if let Some(text) = of(EXAMPLES, path) {
        call.say(format_args!("\nExamples:\n{text}"));
    }
    if !below.is_empty() {
        call.say("\nAvailable Commands:");
        let names = below.iter().map(|row| row.path.rsplit(' ').next().unwrap_or(""));
        let width = names.clone().map(str::len).max().unwrap_or(0).max(11);
        names.zip(&below).for_each(|(name, row)| call.say(format_args!("  {name:<width$} {}", row.about)));
    }
    // What `config` takes is common to all below it.
    let shared = |flag: &&Flag| path.starts_with("config ") && flag.0 == "kubeconfig";
    // A command that only leads to others has no flags of its own.
    let own = if row.run.is_some() { row.flags } else { &[] };
    let mine: Vec<&Flag> = own.iter().copied().flatten().filter(|flag| !shared(flag)).collect();
    let help = Flag("help", Takes::Bool, "");
    call.say("\nFlags:");
    let text = usages(path, name, mine.into_iter().chain([&help]).collect());
    call.stdout.push_str(&text);
    let mut global: Vec<&Flag> = super::flags::GLOBAL.iter().collect();
    let config = Flag("kubeconfig", Takes::Text, "/etc/kubernetes/admin.conf");
    global.extend(path.starts_with("config ").then_some(&config));
    call.say("\nGlobal Flags:");
    let text = usages(path, name, global);
    call.stdout.push_str(&text);
    if !below.is_empty() {
        call.say(format_args!("\nUse \"kubeadm {path} [command] --help\" for more information about a command."));
    }
}

/// Flags as pflag lists them: sorted, their texts three spaces behind the longest.
fn usages(path: &str, name: &str, mut flags: Vec<&Flag>) -> String {
    flags.sort_by_key(|flag| flag.0);
    flags.dedup_by_key(|flag| flag.0);
    let lines: Vec<(String, String)> = flags.iter().map(|flag| (head(flag), tail(path, name, flag))).collect();
    let width = lines.iter().map(|(head, _)| head.len()).max().unwrap_or(0);
    let indented = |text: &str| text.replace('\n', &format!("\n{:1$}", "", width + 3));
    lines.iter().map(|(head, text)| format!("{head:<width$}   {}\n", indented(text))).collect()
}

fn head(flag: &Flag) -> String {
    let short = SHORT.iter().find(|(known, _)| *known == flag.0).map_or("    ".to_string(), |(_, letter)| format!("-{letter}, "));
    let kind = match (flag.0, flag.1) {
        ("v", _) => " Level",
        ("vmodule", _) => " moduleSpec",
        (_, Takes::Bool) => "",
        (_, Takes::Text) => " string",
        (_, Takes::Int) => " int",
        (_, Takes::Span) => " duration",
        (_, Takes::List) => " strings",
    };
    format!("  {short}--{}{kind}", flag.0)
}

fn tail(path: &str, name: &str, flag: &Flag) -> String {
    if flag.0 == "help" {
        return format!("help for {name}");
    }
    let words = FLAGS.iter().find(|(of, known, _)| *known == flag.0 && (of.is_empty() || *of == path)).map_or("", |(_, _, text)| *text);
    let default = match (flag.0, flag.1, flag.2) {
        ("v", ..) | (_, _, "") => String::new(),
        (_, Takes::Text, text) => format!(" (default \"{text}\")"),
        (_, Takes::List, text) => format!(" (default [{text}])"),
        (_, _, text) => format!(" (default {text})"),
    };
    format!("{words}{default}")
}
