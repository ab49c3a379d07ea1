//! Fields whose zero value reads as absent: Go's `omitempty` on values that are no pointers.
//!
//! The published schema does not tell these from optional fields that keep an explicit zero (`replicas: 0`), so the ones
//! that clients do send are listed here; zeros of all others are kept.
use crate::Tree;

/// Definition (`*` for any) and fields.
const OMITTED: &[(&str, &[&str])] = &[
    ("*", &["message", "reason"]),
    ("Container", &["imagePullPolicy", "stdin", "stdinOnce", "tty", "workingDir"]),
    ("ContainerPort", &["hostIP", "hostPort", "name"]),
    ("DeploymentSpec", &["minReadySeconds", "paused"]),
    (
        "DeploymentStatus",
        &["availableReplicas", "observedGeneration", "readyReplicas", "replicas", "unavailableReplicas", "updatedReplicas"],
    ),
    ("EmptyDirVolumeSource", &["medium"]),
    ("EnvVar", &["value"]),
    ("Event", &["action", "count", "type"]),
    ("HTTPGetAction", &["host", "path", "scheme"]),
    ("HTTPIngressPath", &["path"]),
    ("IngressClassSpec", &["controller"]),
    ("IngressLoadBalancerIngress", &["hostname", "ip"]),
    ("IngressRule", &["host"]),
    ("IngressTLS", &["secretName"]),
    ("NodeSpec", &["podCIDR", "providerID", "unschedulable"]),
    ("ObjectMeta", &["generateName", "generation", "name", "namespace", "resourceVersion", "selfLink", "uid"]),
    (
        "PodSpec",
        &[
            "dnsPolicy",
            "hostIPC",
            "hostNetwork",
            "hostPID",
            "hostname",
            "nodeName",
            "priorityClassName",
            "restartPolicy",
            "schedulerName",
            "serviceAccount",
            "serviceAccountName",
            "subdomain",
        ],
    ),
    ("PodStatus", &["hostIP", "nominatedNodeName", "observedGeneration", "phase", "podIP", "qosClass"]),
    ("ParentReference", &["group", "name", "namespace", "resource"]),
    ("PriorityClass", &["description", "globalDefault"]),
    ("Probe", &["failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold", "timeoutSeconds"]),
    ("ReplicaSetSpec", &["minReadySeconds"]),
    ("ReplicaSetStatus", &["availableReplicas", "fullyLabeledReplicas", "observedGeneration", "readyReplicas"]),
    ("Secret", &["type"]),
    ("ServicePort", &["name", "nodePort", "protocol"]),
    ("ServiceBackendPort", &["name", "number"]),
    (
        "ServiceSpec",
        &[
            "clusterIP",
            "externalName",
            "externalTrafficPolicy",
            "healthCheckNodePort",
            "loadBalancerIP",
            "publishNotReadyAddresses",
            "sessionAffinity",
            "type",
        ],
    ),
    ("Taint", &["value"]),
    ("Toleration", &["effect", "key", "operator", "value"]),
    ("VolumeMount", &["readOnly", "subPath", "subPathExpr"]),
];

/// Whether this value of this field is left out when the server writes the object.
pub fn omitted(definition: &str, field: &str, value: &Tree) -> bool {
    let zero = match value {
        Tree::Text(text) => text.is_empty(),
        Tree::Bool(value) => !value,
        Tree::Int(number) => *number == 0,
        _ => false,
    };
    zero && OMITTED.iter().any(|(owner, fields)| (*owner == "*" || *owner == definition) && fields.contains(&field))
}
