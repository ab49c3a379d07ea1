//! What kind of value each field takes, in the words of Go's JSON decoder where another one stands there.
use crate::call::span;
use crate::kubeadm::token;
use objects::Tree;
use objects::decode::json_word;

/// Go's names of the structs that fields lie in, by path from the document's top.
const STRUCTS: &[(&str, &str)] = &[
    ("apiServer", "APIServer"),
    ("apply", "UpgradeApplyConfiguration"),
    ("apply.patches", "Patches"),
    ("bootstrapTokens", "BootstrapToken"),
    ("controlPlane", "JoinControlPlane"),
    ("controlPlane.localAPIEndpoint", "APIEndpoint"),
    ("controllerManager", "ControlPlaneComponent"),
    ("diff", "UpgradeDiffConfiguration"),
    ("discovery", "Discovery"),
    ("discovery.bootstrapToken", "BootstrapTokenDiscovery"),
    ("discovery.file", "FileDiscovery"),
    ("dns", "DNS"),
    ("etcd", "Etcd"),
    ("etcd.external", "ExternalEtcd"),
    ("etcd.local", "LocalEtcd"),
    ("localAPIEndpoint", "APIEndpoint"),
    ("networking", "Networking"),
    ("node", "UpgradeNodeConfiguration"),
    ("node.patches", "Patches"),
    ("nodeRegistration", "NodeRegistrationOptions"),
    ("patches", "Patches"),
    ("plan", "UpgradePlanConfiguration"),
    ("proxy", "Proxy"),
    ("scheduler", "ControlPlaneComponent"),
    ("timeouts", "Timeouts"),
];

/// Types by the field's own name; what is neither here nor a struct is a text.
const TYPES: &[(&str, &str)] = &[
    ("bindPort", "int32"),
    ("bootstrapTokens", "[]v1.BootstrapToken"),
    ("caCertHashes", "[]string"),
    ("certSANs", "[]string"),
    ("certificateRenewal", "bool"),
    ("cleanupTmpDir", "bool"),
    ("contextLines", "int"),
    ("disabled", "bool"),
    ("dryRun", "bool"),
    ("endpoints", "[]string"),
    ("etcdUpgrade", "bool"),
    ("extraArgs", "[]v1beta4.Arg"),
    ("extraEnvs", "[]v1beta4.EnvVar"),
    ("extraVolumes", "[]v1beta4.HostPathMount"),
    ("featureGates", "map[string]bool"),
    ("force", "bool"),
    ("forceUpgrade", "bool"),
    ("groups", "[]string"),
    ("ignorePreflightErrors", "[]string"),
    ("imagePullSerial", "bool"),
    ("kubeletExtraArgs", "[]v1beta4.Arg"),
    ("peerCertSANs", "[]string"),
    ("printConfig", "bool"),
    ("readOnly", "bool"),
    ("serverCertSANs", "[]string"),
    ("skipPhases", "[]string"),
    ("taints", "[]v1.Taint"),
    ("unmountFlags", "[]string"),
    ("unsafeSkipCAVerification", "bool"),
    ("usages", "[]string"),
];

/// Fields of items of lists.
const ITEMS: &[(&str, &str)] =
    &[("[]v1beta4.Arg", "Arg"), ("[]v1beta4.HostPathMount", "HostPathMount"), ("[]v1.BootstrapToken", "BootstrapToken")];

/// The first value of a wrong kind, as the decoder tells it; `None` where all fit. It passes over fields that are `unknown`.
pub fn mistyped(kind: &str, tree: &Tree, unknown: &[String]) -> Option<String> {
    look(unknown, "", kind, tree)
}

fn look(unknown: &[String], path: &str, owner: &str, tree: &Tree) -> Option<String> {
    let mut fields: Vec<(&str, &Tree)> =
        tree.entries().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.as_str(), value)).collect();
    fields.sort_by_key(|(name, _)| *name);
    fields.into_iter().find_map(|(name, value)| {
        let here = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        if unknown.contains(&here) { None } else { field(unknown, &here, owner, name, value) }
    })
}

fn field(unknown: &[String], path: &str, owner: &str, name: &str, value: &Tree) -> Option<String> {
    let wrong = |owner: &str, wanted: &str, value: &Tree| {
        // What both of the API server's parts have lies in an embedded struct.
        let shown = match path.strip_prefix("apiServer.") {
            Some(rest) if rest.starts_with("extra") => format!("apiServer.ControlPlaneComponent.{rest}"),
            _ => path.to_string(),
        };
        Some(format!("json: cannot unmarshal {} into Go struct field {owner}.{shown} of type {wanted}", json_word(value)))
    };
    if let Some((_, inner)) = STRUCTS.iter().find(|(known, _)| *known == path && path != "bootstrapTokens") {
        return if json_word(value) == "object" {
            look(unknown, path, inner, value)
        } else {
            wrong(owner, &format!("v1beta4.{inner}"), value)
        };
    }
    let wanted = TYPES.iter().find(|(known, _)| *known == name).map_or("string", |(_, wanted)| wanted);
    match wanted {
        "string" if json_word(value) != "string" => wrong(owner, wanted, value),
        "string" => said(path, name, value.text()),
        "bool" => {
            if json_word(value) == "bool" {
                None
            } else {
                wrong(owner, wanted, value)
            }
        }
        "int" | "int32" => {
            if json_word(value) == "number" {
                None
            } else {
                wrong(owner, wanted, value)
            }
        }
        "map[string]bool" if json_word(value) != "object" => wrong(owner, wanted, value),
        "map[string]bool" => value.entries().find(|(_, one)| json_word(one) != "bool").and_then(|(_, one)| wrong(owner, "bool", one)),
        _ if json_word(value) != "array" => wrong(owner, wanted, value),
        "[]string" => value.items().iter().find(|one| json_word(one) != "string").and_then(|one| wrong(owner, "string", one)),
        list => {
            let (_, inner) = ITEMS.iter().find(|(known, _)| *known == list)?;
            value.items().iter().find_map(|item| look(unknown, path, inner, item))
        }
    }
}

/// Texts that are read further: spans and tokens.
fn said(path: &str, name: &str, text: &str) -> Option<String> {
    let is_span = path.starts_with("timeouts.") || name.ends_with("ValidityPeriod") || path == "bootstrapTokens.ttl";
    if is_span {
        return span(text.trim_start_matches('-')).err();
    }
    if path == "bootstrapTokens.token" { token::misshapen(text) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    #[test]
    fn the_decoder_names_the_struct_and_the_field() {
        let wrong = |kind: &str, tree: Tree| mistyped(kind, &tree, &[]).unwrap_or_default().replace("json: cannot unmarshal ", "");
        let cluster = |tree: Tree| wrong("ClusterConfiguration", tree);
        let args = map! {"a": "b"};
        assert_eq!(
            cluster(map! {"apiServer": map! {"extraArgs": args.clone()}}),
            "object into Go struct field APIServer.apiServer.ControlPlaneComponent.extraArgs of type []v1beta4.Arg"
        );
        assert_eq!(
            cluster(map! {"apiServer": map! {"extraArgs": list![map! {"name": 1}]}}),
            "number into Go struct field Arg.apiServer.ControlPlaneComponent.extraArgs.name of type string"
        );
        assert_eq!(
            cluster(map! {"etcd": map! {"local": map! {"extraArgs": args}}}),
            "object into Go struct field LocalEtcd.etcd.local.extraArgs of type []v1beta4.Arg"
        );
        assert_eq!(
            cluster(map! {"networking": "x"}),
            "string into Go struct field ClusterConfiguration.networking of type v1beta4.Networking"
        );
        assert_eq!(
            cluster(map! {"featureGates": map! {"A": "true"}}),
            "string into Go struct field ClusterConfiguration.featureGates of type bool"
        );
        assert_eq!(
            wrong("InitConfiguration", map! {"localAPIEndpoint": map! {"bindPort": "6443"}}),
            "string into Go struct field APIEndpoint.localAPIEndpoint.bindPort of type int32"
        );
        assert_eq!(wrong("InitConfiguration", map! {"timeouts": map! {"discovery": "abc"}}), "time: invalid duration \"abc\"");
        assert_eq!(wrong("InitConfiguration", map! {"nodeRegistration": map! {"taints": Tree::List(Default::default()), "name": "a"}}), "");
    }
}
