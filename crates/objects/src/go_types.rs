//! The names that Go's types have in error messages.
use crate::schema::{Definition, Field, Type};

/// Fields whose text is of a type of its own: definition, field, Go's name for it.
const NAMED: &[(&str, &str, &str)] = &[
    ("Container", "imagePullPolicy", "v1.PullPolicy"),
    ("Container", "terminationMessagePolicy", "v1.TerminationMessagePolicy"),
    ("Container", "restartPolicy", "v1.ContainerRestartPolicy"),
    ("ContainerPort", "protocol", "v1.Protocol"),
    ("ServicePort", "protocol", "v1.Protocol"),
    ("ServiceSpec", "type", "v1.ServiceType"),
    ("ServiceSpec", "sessionAffinity", "v1.ServiceAffinity"),
    ("PodSpec", "restartPolicy", "v1.RestartPolicy"),
    ("PodSpec", "dnsPolicy", "v1.DNSPolicy"),
    ("PodStatus", "phase", "v1.PodPhase"),
    ("NamespaceStatus", "phase", "v1.NamespacePhase"),
    ("HTTPGetAction", "scheme", "v1.URIScheme"),
    ("DeploymentStrategy", "type", "v1.DeploymentStrategyType"),
    ("DeploymentCondition", "type", "v1.DeploymentConditionType"),
    ("DeploymentCondition", "status", "v1.ConditionStatus"),
    ("NodeCondition", "type", "v1.NodeConditionType"),
    ("NodeCondition", "status", "v1.ConditionStatus"),
    ("PodCondition", "type", "v1.PodConditionType"),
    ("PodCondition", "status", "v1.ConditionStatus"),
    ("Secret", "type", "v1.SecretType"),
    ("Taint", "effect", "v1.TaintEffect"),
    ("Toleration", "effect", "v1.TaintEffect"),
    ("Toleration", "operator", "v1.TolerationOperator"),
    ("LabelSelectorRequirement", "operator", "v1.LabelSelectorOperator"),
    ("NodeSelectorRequirement", "operator", "v1.NodeSelectorOperator"),
    ("EmptyDirVolumeSource", "medium", "v1.StorageMedium"),
    ("HostPathVolumeSource", "type", "v1.HostPathType"),
    ("ObjectMeta", "uid", "types.UID"),
    ("OwnerReference", "uid", "types.UID"),
    ("PriorityClass", "preemptionPolicy", "v1.PreemptionPolicy"),
    ("PodSpec", "preemptionPolicy", "v1.PreemptionPolicy"),
    ("EndpointSlice", "addressType", "v1.AddressType"),
    ("HTTPIngressPath", "pathType", "v1.PathType"),
    ("NetworkPolicyPort", "protocol", "v1.Protocol"),
];

/// Maps and lists of a type of their own.
const CONTAINERS: &[(&str, &str, &str)] = &[
    ("ResourceRequirements", "limits", "v1.ResourceList"),
    ("ResourceRequirements", "requests", "v1.ResourceList"),
    ("NodeStatus", "allocatable", "v1.ResourceList"),
    ("NodeStatus", "capacity", "v1.ResourceList"),
    ("PodSpec", "overhead", "v1.ResourceList"),
    ("NetworkPolicySpec", "policyTypes", "[]v1.PolicyType"),
];

/// `int32`, `[]v1.Container`, `map[string]string`, `v1.PullPolicy`.
/// `owner` and `field` are those of the innermost field around the value.
pub fn name(ty: Type, owner: &Definition, field: Option<&Field>) -> String {
    let known = |table: &[(&str, &str, &'static str)]| {
        let field = field?;
        table.iter().find(|row| row.1 == field.name && row.0 == owner.short()).map(|row| row.2.to_string())
    };
    let own = match ty {
        Type::Text if field.is_some_and(|field| field.ty == Type::Text) => known(NAMED),
        Type::Map(_) | Type::Array(_) => known(CONTAINERS),
        _ => None,
    };
    own.unwrap_or_else(|| plain(ty))
}

fn plain(ty: Type) -> String {
    match ty {
        Type::Text => "string".into(),
        Type::Bytes => "[]uint8".into(),
        // An IntOrString that is no string is read as an int32.
        Type::Int32 | Type::IntOrString => "int32".into(),
        Type::Int64 => "int64".into(),
        Type::Bool => "bool".into(),
        Type::Number => "float64".into(),
        Type::Array(inner) => format!("[]{}", plain(*inner)),
        Type::Map(inner) => format!("map[string]{}", plain(*inner)),
        Type::Object(_) => ty.definition().map_or("struct", Definition::go_type).into(),
        Type::Quantity => "resource.Quantity".into(),
        Type::Time => "v1.Time".into(),
        Type::MicroTime => "v1.MicroTime".into(),
        Type::Raw => "runtime.RawExtension".into(),
    }
}
