//! Kinds of Kubernetes 1.37 that this API does not have: known by name, so that it can be said.
use super::Kind;

/// In the order of discovery.
pub static UNSERVED: &[Kind] = &[
    row("", "v1", ["LimitRange", "limitranges", "limitrange"], &["limits"], &[], true, &[]),
    row("", "v1", ["PersistentVolumeClaim", "persistentvolumeclaims", "persistentvolumeclaim"], &["pvc"], &[], true, &["status"]),
    row("", "v1", ["PersistentVolume", "persistentvolumes", "persistentvolume"], &["pv"], &[], false, &["status"]),
    row("", "v1", ["PodTemplate", "podtemplates", "podtemplate"], &[], &[], true, &[]),
    row(
        "",
        "v1",
        ["ReplicationController", "replicationcontrollers", "replicationcontroller"],
        &["rc"],
        &["all"],
        true,
        &["scale", "status"],
    ),
    row("", "v1", ["ResourceQuota", "resourcequotas", "resourcequota"], &["quota"], &[], true, &["status"]),
    row("apps", "v1", ["StatefulSet", "statefulsets", "statefulset"], &["sts"], &["all"], true, &["scale", "status"]),
    row("events.k8s.io", "v1", ["Event", "events", "event"], &["ev"], &[], true, &[]),
    row(
        "autoscaling",
        "v2",
        ["HorizontalPodAutoscaler", "horizontalpodautoscalers", "horizontalpodautoscaler"],
        &["hpa"],
        &["all"],
        true,
        &["status"],
    ),
    row(
        "autoscaling",
        "v1",
        ["HorizontalPodAutoscaler", "horizontalpodautoscalers", "horizontalpodautoscaler"],
        &["hpa"],
        &["all"],
        true,
        &["status"],
    ),
    row("batch", "v1", ["CronJob", "cronjobs", "cronjob"], &["cj"], &["all"], true, &["status"]),
    row("batch", "v1", ["Job", "jobs", "job"], &[], &["all"], true, &["status"]),
    row("policy", "v1", ["PodDisruptionBudget", "poddisruptionbudgets", "poddisruptionbudget"], &["pdb"], &[], true, &["status"]),
    row("rbac.authorization.k8s.io", "v1", ["ClusterRoleBinding", "clusterrolebindings", "clusterrolebinding"], &[], &[], false, &[]),
    row("rbac.authorization.k8s.io", "v1", ["ClusterRole", "clusterroles", "clusterrole"], &[], &[], false, &[]),
    row("rbac.authorization.k8s.io", "v1", ["RoleBinding", "rolebindings", "rolebinding"], &[], &[], true, &[]),
    row("rbac.authorization.k8s.io", "v1", ["Role", "roles", "role"], &[], &[], true, &[]),
    row("storage.k8s.io", "v1", ["CSIDriver", "csidrivers", "csidriver"], &[], &[], false, &[]),
    row("storage.k8s.io", "v1", ["CSINode", "csinodes", "csinode"], &[], &[], false, &["status"]),
    row("storage.k8s.io", "v1", ["CSIStorageCapacity", "csistoragecapacities", "csistoragecapacity"], &[], &[], true, &[]),
    row("storage.k8s.io", "v1", ["StorageClass", "storageclasses", "storageclass"], &["sc"], &[], false, &[]),
    row("storage.k8s.io", "v1", ["VolumeAttachment", "volumeattachments", "volumeattachment"], &[], &[], false, &["status"]),
    row("storage.k8s.io", "v1", ["VolumeAttributesClass", "volumeattributesclasses", "volumeattributesclass"], &["vac"], &[], false, &[]),
    row(
        "apiextensions.k8s.io",
        "v1",
        ["CustomResourceDefinition", "customresourcedefinitions", "customresourcedefinition"],
        &["crd", "crds"],
        &["api-extensions"],
        false,
        &["status"],
    ),
    row("node.k8s.io", "v1", ["RuntimeClass", "runtimeclasses", "runtimeclass"], &[], &[], false, &[]),
];

/// Group, version, names (kind, plural, singular), short names, categories, whether namespaced, subresources.
const fn row(
    group: &'static str,
    version: &'static str,
    names: [&'static str; 3],
    short: &'static [&'static str],
    categories: &'static [&'static str],
    namespaced: bool,
    subresources: &'static [&'static str],
) -> Kind {
    let [kind, plural, singular] = names;
    Kind {
        group,
        version,
        kind,
        plural,
        singular,
        short,
        categories,
        namespaced,
        subresources,
        generation: false,
        schema: "",
        served: false,
    }
}
