//! The fields of each kubeadm kind, for the warnings of strict decoding.
use objects::Tree;

/// Fields by kind. `name{…}` has fields of its own, `name[…]` is a list of such, `*` may hold anything.
const KINDS: &[(&str, &str)] = &[
    (
        "InitConfiguration",
        "apiVersion kind bootstrapTokens[token description ttl expires usages groups] dryRun nodeRegistration{@} localAPIEndpoint{advertiseAddress bindPort} certificateKey skipPhases patches{directory} timeouts{#}",
    ),
    (
        "ClusterConfiguration",
        "apiVersion kind etcd{local{imageRepository imageTag dataDir extraArgs[&] extraEnvs* serverCertSANs peerCertSANs} external{endpoints caFile certFile keyFile httpEndpoints}} networking{serviceSubnet podSubnet dnsDomain} kubernetesVersion controlPlaneEndpoint apiServer{extraArgs[&] extraVolumes[%] extraEnvs* certSANs} controllerManager{extraArgs[&] extraVolumes[%] extraEnvs*} scheduler{extraArgs[&] extraVolumes[%] extraEnvs*} dns{imageRepository imageTag disabled} proxy{disabled} certificatesDir imageRepository featureGates* clusterName encryptionAlgorithm certificateValidityPeriod caCertificateValidityPeriod",
    ),
    (
        "JoinConfiguration",
        "apiVersion kind dryRun nodeRegistration{@} caCertPath discovery{bootstrapToken{token apiServerEndpoint caCertHashes unsafeSkipCAVerification} file{kubeConfigPath} tlsBootstrapToken} controlPlane{localAPIEndpoint{advertiseAddress bindPort} certificateKey} skipPhases patches{directory} timeouts{#}",
    ),
    (
        "ResetConfiguration",
        "apiVersion kind cleanupTmpDir certificatesDir criSocket dryRun force ignorePreflightErrors skipPhases unmountFlags timeouts{#}",
    ),
    ("UpgradeConfiguration", "apiVersion kind apply* diff* node* plan* timeouts{#}"),
];

/// What the signs above stand for.
const PARTS: [(&str, &str); 4] = [
    ("@", "name criSocket taints* kubeletExtraArgs[&] ignorePreflightErrors imagePullPolicy imagePullSerial"),
    ("#", "controlPlaneComponentHealthCheck discovery etcdAPICall kubeletHealthCheck kubernetesAPICall tlsBootstrap upgradeManifests"),
    ("&", "name value"),
    ("%", "name hostPath mountPath readOnly pathType"),
];

/// Paths of fields that the kind does not have, in the order of their names. Nothing for kinds that are not kubeadm's.
pub fn unknown(kind: &str, tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    if let Some((_, fields)) = KINDS.iter().find(|(known, _)| *known == kind) {
        look(fields, tree, "", &mut found);
    }
    found
}

pub fn is_known(kind: &str) -> bool {
    KINDS.iter().any(|(known, _)| *known == kind)
}

fn look(fields: &str, tree: &Tree, path: &str, found: &mut Vec<String>) {
    let fields = PARTS.iter().find(|(sign, _)| *sign == fields).map_or(fields, |(_, fields)| fields);
    for (key, value) in tree.entries() {
        let here = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
        match entry(fields, key) {
            None => found.push(here),
            Some(inner) if inner.starts_with('{') => look(&inner[1..inner.len() - 1], value, &here, found),
            Some(inner) if inner.starts_with('[') => {
                for (at, item) in value.items().iter().enumerate() {
                    look(&inner[1..inner.len() - 1], item, &format!("{here}[{at}]"), found);
                }
            }
            Some(_) => {}
        }
    }
}

/// What stands behind a name at the outermost level: "", `*`, `{…}` or `[…]`.
fn entry<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    let (mut depth, mut start) = (0, 0);
    for (at, c) in fields.char_indices().chain([(fields.len(), ' ')]) {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            ' ' if depth == 0 => {
                let field = &fields[start..at];
                let end = field.find(['{', '[', '*']).unwrap_or(field.len());
                if &field[..end] == name {
                    return Some(&field[end..]);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    #[test]
    fn unknown_fields_are_found_at_every_depth() {
        let tree = map! {
            "kind": "ClusterConfiguration",
            "networking": map! {"podSubnets": "x", "podSubnet": "y"},
            "apiServer": map! {"extraArgs": list![map! {"name": "a", "valeu": "b"}]},
            "featureGates": map! {"Anything": true},
        };
        assert_eq!(unknown("ClusterConfiguration", &tree), ["apiServer.extraArgs[0].valeu", "networking.podSubnets"]);
        assert!(unknown("KubeletConfiguration", &tree).is_empty());
    }
}
