//! JSON with the keys in the order in which Go's structs declare them, as typed values are encoded upstream.
//!
//! An object that went through kubectl's `unstructured` is printed with sorted keys; what the server sends and what
//! kubectl builds by itself is not. The orders are those of k8s.io/api; a key without a place follows, sorted.
use crate::{Map, Text, Tree};
use std::fmt::Write;

/// Of each field that leads to an object: the order of that object's keys. `Kind.field` goes before `field`.
static ORDERS: &[(&str, &str)] = &[
    (
        "",
        "kind apiVersion versions serverAddressByClientCIDRs groupVersion metadata immutable data binaryData stringData type \
         involvedObject secrets imagePullSecrets subjects roleRef rules value globalDefault description addressType endpoints ports \
         clusters users contexts current-context resources groups items spec status message reason details code",
    ),
    (
        "metadata",
        "name generateName namespace selfLink uid resourceVersion continue remainingItemCount generation creationTimestamp \
         deletionTimestamp deletionGracePeriodSeconds labels annotations ownerReferences finalizers",
    ),
    (
        "spec",
        "ports volumes initContainers containers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds replicas schedule \
         timeZone concurrencyPolicy suspend jobTemplate completions backoffLimit minAvailable selector template strategy clusterIP \
         clusterIPs type externalIPs sessionAffinity loadBalancerIP externalName ipFamilies ipFamilyPolicy internalTrafficPolicy \
         scaleTargetRef minReplicas maxReplicas metrics dnsPolicy nodeSelector serviceAccountName serviceAccount nodeName \
         securityContext affinity schedulerName tolerations priority enableServiceLinks preemptionPolicy minReadySeconds \
         revisionHistoryLimit progressDeadlineSeconds hard scopes",
    ),
    (
        "containers",
        "name image command args workingDir ports envFrom env resources restartPolicy volumeMounts livenessProbe readinessProbe \
         startupProbe lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty",
    ),
    ("ports", "name hostPort containerPort protocol appProtocol port targetPort nodePort"),
    ("env", "name value valueFrom"),
    ("strategy", "type rollingUpdate"),
    ("rollingUpdate", "maxUnavailable maxSurge"),
    ("resources", "limits requests"),
    ("ownerReferences", "apiVersion kind name uid controller blockOwnerDeletion"),
    ("subjects", "kind apiGroup name namespace"),
    ("roleRef", "apiGroup kind name"),
    ("rules", "verbs apiGroups resources resourceNames nonResourceURLs"),
    ("scaleTargetRef", "kind name apiVersion"),
    ("metrics", "type resource"),
    ("resource", "name target"),
    ("target", "type value averageValue averageUtilization"),
    ("details", "name group kind uid causes retryAfterSeconds"),
    ("causes", "reason message field"),
    ("conditions", "type status lastProbeTime lastUpdateTime lastHeartbeatTime lastTransitionTime reason message"),
    ("APIResourceList.resources", "name singularName namespaced group version kind verbs shortNames categories"),
    ("groups", "name versions preferredVersion"),
    ("versions", "groupVersion version resources"),
    ("preferredVersion", "groupVersion version"),
    ("APIGroupDiscoveryList.resources", "resource responseKind scope singularResource verbs shortNames categories subresources"),
    ("subresources", "subresource responseKind verbs"),
    ("responseKind", "group version kind"),
    (
        "ReplicaSet.status",
        "replicas fullyLabeledReplicas readyReplicas availableReplicas terminatingReplicas observedGeneration conditions",
    ),
    ("clusters", "name cluster"),
    ("users", "name user"),
    ("contexts", "name context"),
    ("context", "cluster user namespace"),
    ("clientVersion", INFO),
    ("serverVersion", INFO),
    ("version.Info", INFO),
];

const INFO: &str = "major minor emulationMajor emulationMinor minCompatibilityMajor minCompatibilityMinor gitVersion gitCommit \
                    gitTreeState buildDate goVersion compiler platform";

/// Fields whose keys are the user's own words: Go sorts those.
const WORDS: [&str; 13] = [
    "labels",
    "annotations",
    "data",
    "binaryData",
    "stringData",
    "matchLabels",
    "nodeSelector",
    "limits",
    "requests",
    "hard",
    "used",
    "capacity",
    "allocatable",
];

/// An answer as the server sends it: objects on one line with its end; `/version` and `/`, which are none, two blanks in.
pub fn answer(tree: &Tree) -> String {
    if tree.get("kind").is_null() && (tree.has("gitVersion") || !tree.get("paths").items().is_empty()) {
        return typed(tree, "version.Info", 2);
    }
    json(tree, 0) + "\n"
}

/// A typed value as text. `indent` blanks for each level; 0 puts everything on one line.
pub fn json(tree: &Tree, indent: usize) -> String {
    typed(tree, "", indent)
}

/// The same for a value of a type without a `kind`: `version.Info`.
pub fn typed(tree: &Tree, name: &str, indent: usize) -> String {
    let mut out = String::new();
    let kind = tree.get("kind").text();
    Writer { kind, indent }.value(tree, name, 0, &mut out);
    out
}

struct Writer<'a> {
    kind: &'a str,
    indent: usize,
}

impl Writer<'_> {
    fn value(&self, tree: &Tree, field: &str, depth: usize, out: &mut String) {
        match tree {
            Tree::Map(map) if !map.is_empty() => {
                out.push('{');
                for (at, (key, value)) in self.entries(map, field).into_iter().enumerate() {
                    self.next(at, depth + 1, out);
                    let _ = write!(out, "{}:{}", Tree::from(key).to_json(), if self.indent > 0 { " " } else { "" });
                    self.value(value, key, depth + 1, out);
                }
                self.line(depth, out);
                out.push('}');
            }
            Tree::List(list) if !list.is_empty() => {
                out.push('[');
                for (at, item) in list.iter().enumerate() {
                    self.next(at, depth + 1, out);
                    self.value(item, field, depth + 1, out);
                }
                self.line(depth, out);
                out.push(']');
            }
            other => out.push_str(&other.to_json()),
        }
    }

    fn next(&self, at: usize, depth: usize, out: &mut String) {
        if at > 0 {
            out.push(',');
        }
        self.line(depth, out);
    }

    fn line(&self, depth: usize, out: &mut String) {
        if self.indent > 0 {
            out.push('\n');
            out.push_str(&" ".repeat(self.indent * depth));
        }
    }

    fn entries<'a>(&self, map: &'a Map, field: &str) -> Vec<(&'a Text, &'a Tree)> {
        let mut all: Vec<(&Text, &Tree)> = map.iter().collect();
        if !WORDS.contains(&field) {
            let order = self.order(field);
            // The sort is stable: keys without a place stay sorted by name.
            all.sort_by_key(|(key, _)| order.split_ascii_whitespace().position(|name| name == key.as_str()).unwrap_or(usize::MAX));
        }
        all
    }

    /// An item of a list is an object of its own: `items` are read like the outermost.
    fn order(&self, field: &str) -> &'static str {
        let field = match field {
            "items" => "",
            "initContainers" | "ephemeralContainers" => "containers",
            other => other,
        };
        let own = |row: &&(&str, &str)| row.0.strip_prefix(self.kind).and_then(|rest| rest.strip_prefix('.')) == Some(field);
        let found = ORDERS.iter().find(own).or_else(|| ORDERS.iter().find(|row| row.0 == field));
        found.map_or("", |row| row.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{list, map};

    #[test]
    fn a_pod_template_reads_as_go_writes_it() {
        let container = map! {"image": "busybox", "name": "j", "resources": map! {}, "zebra": 1, "args": list!["x"]};
        let template = map! {"spec": map! {"restartPolicy": "Never", "containers": list![container]}, "metadata": map! {}};
        let tree = map! {"apiVersion": "batch/v1", "kind": "Job", "metadata": map! {"labels": map! {"b": "1", "a": "2"}, "name": "j"},
        "spec": map! {"template": template}, "status": map! {}};
        assert_eq!(
            json(&tree, 0),
            r#"{"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"j","labels":{"a":"2","b":"1"}},"spec":{"template":{"metadata":{},"spec":{"containers":[{"name":"j","image":"busybox","args":["x"],"resources":{},"zebra":1}],"restartPolicy":"Never"}}},"status":{}}"#
        );
    }

    #[test]
    fn a_user_s_own_keys_are_sorted_whatever_they_are_called() {
        let tree = map! {"kind": "ConfigMap", "data": map! {"kind": "x", "apiVersion": "y", "name": "z"}, "metadata": map! {}};
        assert_eq!(json(&tree, 0), r#"{"kind":"ConfigMap","metadata":{},"data":{"apiVersion":"y","kind":"x","name":"z"}}"#);
    }

    #[test]
    fn resources_of_discovery_are_not_resources_of_a_container() {
        let resource = map! {"kind": "Pod", "name": "pods", "namespaced": true, "singularName": "pod", "verbs": list!["get"]};
        let tree = map! {"kind": "APIResourceList", "groupVersion": "v1", "resources": list![resource]};
        assert_eq!(
            json(&tree, 2),
            "{\n  \"kind\": \"APIResourceList\",\n  \"groupVersion\": \"v1\",\n  \"resources\": [\n    {\n      \"name\": \"pods\",\n      \"singularName\": \"pod\",\n      \"namespaced\": true,\n      \"kind\": \"Pod\",\n      \"verbs\": [\n        \"get\"\n      ]\n    }\n  ]\n}"
        );
    }
}
