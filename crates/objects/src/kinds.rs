//! The kinds that the API serves: a row for each, with its names, scope and verbs.
mod unserved;

pub use unserved::UNSERVED;

use crate::Text;

/// A kind's row in the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KindId(pub u16);

/// What discovery says of one kind.
#[derive(Debug, PartialEq)]
pub struct Kind {
    /// "" for the core group.
    pub group: &'static str,
    pub version: &'static str,
    pub kind: &'static str,
    pub plural: &'static str,
    pub singular: &'static str,
    pub short: &'static [&'static str],
    pub categories: &'static [&'static str],
    pub namespaced: bool,
    /// `status`, `scale`, `log`, …
    pub subresources: &'static [&'static str],
    /// Whether `metadata.generation` counts changes of the spec.
    pub generation: bool,
    /// The name of its definition in the schema table; "" where it is not served.
    pub schema: &'static str,
    /// Whether this API has it. Rows of `KINDS` are, those of `UNSERVED` are only known by name.
    pub served: bool,
}

/// A part of an object that has an address of its own.
#[derive(Debug, PartialEq)]
pub struct Subresource {
    pub name: &'static str,
    pub verbs: &'static [&'static str],
    /// What is sent or answered, when that is not the kind itself: group, version, kind.
    pub kind: Option<(&'static str, &'static str, &'static str)>,
}

const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const CHANGES: &[&str] = &["get", "patch", "update"];

/// What discovery says of each subresource; those that are not named here read and change the object itself.
const PARTS: &[Subresource] = &[
    Subresource { name: "attach", verbs: &["create", "get"], kind: Some(("", "v1", "PodAttachOptions")) },
    Subresource { name: "binding", verbs: &["create"], kind: Some(("", "v1", "Binding")) },
    Subresource { name: "ephemeralcontainers", verbs: CHANGES, kind: None },
    Subresource { name: "eviction", verbs: &["create"], kind: Some(("policy", "v1", "Eviction")) },
    Subresource { name: "exec", verbs: &["create", "get"], kind: Some(("", "v1", "PodExecOptions")) },
    Subresource { name: "finalize", verbs: &["update"], kind: None },
    Subresource { name: "log", verbs: &["get"], kind: None },
    Subresource { name: "portforward", verbs: &["create", "get"], kind: Some(("", "v1", "PodPortForwardOptions")) },
    Subresource { name: "resize", verbs: CHANGES, kind: None },
    Subresource { name: "scale", verbs: CHANGES, kind: Some(("autoscaling", "v1", "Scale")) },
    Subresource { name: "status", verbs: CHANGES, kind: None },
    Subresource { name: "token", verbs: &["create"], kind: Some(("authentication.k8s.io", "v1", "TokenRequest")) },
];
const PROXY: &[&str] = &["create", "delete", "get", "patch", "update"];
const NODE_PROXY: Subresource = Subresource { name: "proxy", verbs: PROXY, kind: Some(("", "v1", "NodeProxyOptions")) };
const POD_PROXY: Subresource = Subresource { name: "proxy", verbs: PROXY, kind: Some(("", "v1", "PodProxyOptions")) };
const SERVICE_PROXY: Subresource = Subresource { name: "proxy", verbs: PROXY, kind: Some(("", "v1", "ServiceProxyOptions")) };

macro_rules! kinds {
    ($($id:ident = $group:literal $version:literal $kind:literal $plural:literal $singular:literal short $short:tt in $categories:tt $scope:ident sub $sub:tt $generation:ident $schema:literal;)*) => {
        /// Every row, in the order of the constants.
        pub static KINDS: &[Kind] = &[$(Kind {
            group: $group, version: $version, kind: $kind, plural: $plural, singular: $singular, short: &$short,
            categories: &$categories, namespaced: kinds!(@scope $scope), subresources: &$sub,
            generation: kinds!(@generation $generation), schema: $schema, served: true,
        }),*];
        kinds!(@count 0u16; $($id)*);
    };
    (@scope namespaced) => { true };
    (@scope cluster) => { false };
    (@generation counted) => { true };
    (@generation uncounted) => { false };
    (@count $n:expr; $id:ident $($rest:ident)*) => { pub const $id: KindId = KindId($n); kinds!(@count $n + 1; $($rest)*); };
    (@count $n:expr;) => {};
}

kinds! {
    NAMESPACE = "" "v1" "Namespace" "namespaces" "namespace" short ["ns"] in [] cluster sub ["finalize", "status"] uncounted "io.k8s.api.core.v1.Namespace";
    NODE = "" "v1" "Node" "nodes" "node" short ["no"] in [] cluster sub ["proxy", "status"] uncounted "io.k8s.api.core.v1.Node";
    POD = "" "v1" "Pod" "pods" "pod" short ["po"] in ["all"] namespaced sub ["attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy", "resize", "status"] counted "io.k8s.api.core.v1.Pod";
    SERVICE = "" "v1" "Service" "services" "service" short ["svc"] in ["all"] namespaced sub ["proxy", "status"] uncounted "io.k8s.api.core.v1.Service";
    CONFIG_MAP = "" "v1" "ConfigMap" "configmaps" "configmap" short ["cm"] in [] namespaced sub [] uncounted "io.k8s.api.core.v1.ConfigMap";
    SECRET = "" "v1" "Secret" "secrets" "secret" short [] in [] namespaced sub [] uncounted "io.k8s.api.core.v1.Secret";
    SERVICE_ACCOUNT = "" "v1" "ServiceAccount" "serviceaccounts" "serviceaccount" short ["sa"] in [] namespaced sub ["token"] uncounted "io.k8s.api.core.v1.ServiceAccount";
    EVENT = "" "v1" "Event" "events" "event" short ["ev"] in [] namespaced sub [] uncounted "io.k8s.api.core.v1.Event";
    DEPLOYMENT = "apps" "v1" "Deployment" "deployments" "deployment" short ["deploy"] in ["all"] namespaced sub ["scale", "status"] counted "io.k8s.api.apps.v1.Deployment";
    REPLICA_SET = "apps" "v1" "ReplicaSet" "replicasets" "replicaset" short ["rs"] in ["all"] namespaced sub ["scale", "status"] counted "io.k8s.api.apps.v1.ReplicaSet";
    DAEMON_SET = "apps" "v1" "DaemonSet" "daemonsets" "daemonset" short ["ds"] in ["all"] namespaced sub ["status"] counted "io.k8s.api.apps.v1.DaemonSet";
    CONTROLLER_REVISION = "apps" "v1" "ControllerRevision" "controllerrevisions" "controllerrevision" short [] in [] namespaced sub [] uncounted "io.k8s.api.apps.v1.ControllerRevision";
    ENDPOINT_SLICE = "discovery.k8s.io" "v1" "EndpointSlice" "endpointslices" "endpointslice" short [] in [] namespaced sub [] counted "io.k8s.api.discovery.v1.EndpointSlice";
    LEASE = "coordination.k8s.io" "v1" "Lease" "leases" "lease" short [] in [] namespaced sub [] uncounted "io.k8s.api.coordination.v1.Lease";
    PRIORITY_CLASS = "scheduling.k8s.io" "v1" "PriorityClass" "priorityclasses" "priorityclass" short ["pc"] in [] cluster sub [] uncounted "io.k8s.api.scheduling.v1.PriorityClass";
    INGRESS_CLASS = "networking.k8s.io" "v1" "IngressClass" "ingressclasses" "ingressclass" short [] in [] cluster sub [] counted "io.k8s.api.networking.v1.IngressClass";
    INGRESS = "networking.k8s.io" "v1" "Ingress" "ingresses" "ingress" short ["ing"] in [] namespaced sub ["status"] counted "io.k8s.api.networking.v1.Ingress";
    IP_ADDRESS = "networking.k8s.io" "v1" "IPAddress" "ipaddresses" "ipaddress" short ["ip"] in [] cluster sub [] uncounted "io.k8s.api.networking.v1.IPAddress";
    NETWORK_POLICY = "networking.k8s.io" "v1" "NetworkPolicy" "networkpolicies" "networkpolicy" short ["netpol"] in [] namespaced sub [] counted "io.k8s.api.networking.v1.NetworkPolicy";
    SERVICE_CIDR = "networking.k8s.io" "v1" "ServiceCIDR" "servicecidrs" "servicecidr" short [] in [] cluster sub ["status"] uncounted "io.k8s.api.networking.v1.ServiceCIDR";
    ENDPOINTS = "" "v1" "Endpoints" "endpoints" "endpoints" short ["ep"] in [] namespaced sub [] uncounted "io.k8s.api.core.v1.Endpoints";
    GATEWAY_CLASS = "gateway.networking.k8s.io" "v1" "GatewayClass" "gatewayclasses" "gatewayclass" short ["gc"] in ["gateway-api"] cluster sub ["status"] counted "io.k8s.networking.gateway.v1.GatewayClass";
    GATEWAY = "gateway.networking.k8s.io" "v1" "Gateway" "gateways" "gateway" short ["gtw"] in ["gateway-api"] namespaced sub ["status"] counted "io.k8s.networking.gateway.v1.Gateway";
    HTTP_ROUTE = "gateway.networking.k8s.io" "v1" "HTTPRoute" "httproutes" "httproute" short [] in ["gateway-api"] namespaced sub ["status"] counted "io.k8s.networking.gateway.v1.HTTPRoute";
    REFERENCE_GRANT = "gateway.networking.k8s.io" "v1beta1" "ReferenceGrant" "referencegrants" "referencegrant" short ["refgrant"] in ["gateway-api"] namespaced sub [] counted "io.k8s.networking.gateway.v1beta1.ReferenceGrant";
    ADDON = "k3s.cattle.io" "v1" "Addon" "addons" "addon" short [] in [] namespaced sub [] counted "io.cattle.k3s.v1.Addon";
    ETCD_SNAPSHOT_FILE = "k3s.cattle.io" "v1" "ETCDSnapshotFile" "etcdsnapshotfiles" "etcdsnapshotfile" short [] in [] cluster sub [] counted "io.cattle.k3s.v1.ETCDSnapshotFile";
    HELM_CHART = "helm.cattle.io" "v1" "HelmChart" "helmcharts" "helmchart" short [] in [] namespaced sub ["status"] counted "io.cattle.helm.v1.HelmChart";
    HELM_CHART_CONFIG = "helm.cattle.io" "v1" "HelmChartConfig" "helmchartconfigs" "helmchartconfig" short [] in [] namespaced sub [] counted "io.cattle.helm.v1.HelmChartConfig";
    COMPONENT_STATUS = "" "v1" "ComponentStatus" "componentstatuses" "componentstatus" short ["cs"] in [] cluster sub [] uncounted "io.k8s.api.core.v1.ComponentStatus";
}

/// What is in etcd but no object of the API: a key that somebody put there. It has no row in the table, so nobody who goes
/// through all kinds meets it.
pub const RAW: KindId = KindId(KINDS.len() as u16);
static RAW_ROW: Kind = Kind {
    group: "",
    version: "",
    kind: "",
    plural: "",
    singular: "",
    short: &[],
    categories: &[],
    namespaced: false,
    subresources: &[],
    generation: false,
    schema: "",
    served: false,
};

/// The group of the Gateway API, whose kinds are custom resources upstream.
pub const GATEWAY_API: &str = "gateway.networking.k8s.io";

/// The groups of K3s: what its deploy controller and its Helm controller keep.
pub const K3S: [&str; 2] = ["k3s.cattle.io", "helm.cattle.io"];

impl KindId {
    pub fn row(self) -> &'static Kind {
        KINDS.get(self.0 as usize).unwrap_or(&RAW_ROW)
    }
}

impl Kind {
    /// The verbs of the kind itself, sorted.
    pub fn verbs(&self) -> &'static [&'static str] {
        const NAMESPACE: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
        if self.plural == "namespaces" { NAMESPACE } else { VERBS }
    }

    /// What discovery says of its subresources, sorted by name.
    pub fn parts(&self) -> impl Iterator<Item = &'static Subresource> {
        let proxy = match self.kind {
            "Node" => &NODE_PROXY,
            "Service" => &SERVICE_PROXY,
            _ => &POD_PROXY,
        };
        let found = |name: &&str| PARTS.iter().find(|part| part.name == *name).unwrap_or(proxy);
        self.subresources.iter().map(found)
    }

    /// Whether it comes with an add-on (the Gateway API, K3s) rather than with Kubernetes: a custom resource upstream.
    pub fn is_custom(&self) -> bool {
        self.group == GATEWAY_API || K3S.contains(&self.group)
    }

    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `deployments.apps`, or `pods` for the core group: how errors name a resource.
    pub fn resource(&self) -> Text {
        qualified(self.plural, self.group)
    }

    /// `Deployment.apps`, or `Pod` for the core group: how `Invalid` names a kind.
    pub fn qualified_kind(&self) -> Text {
        qualified(self.kind, self.group)
    }
}

fn qualified(name: &str, group: &str) -> Text {
    if group.is_empty() { Text::new(name) } else { Text::from(format!("{name}.{group}")) }
}

/// The kind with this plural name: `("apps", "v1", "deployments")`.
pub fn by_plural(group: &str, version: &str, plural: &str) -> Option<KindId> {
    find(|kind| kind.plural == plural && kind.group == group && kind.version == version)
}

/// The kind that an object names: `("apps/v1", "Deployment")`.
pub fn by_kind(api_version: &str, kind: &str) -> Option<KindId> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    find(|row| row.kind == kind && row.group == group && row.version == version)
}

/// A kind of Kubernetes that this API does not have, by any of its names in lower case: `statefulset`, `sts`.
pub fn unserved(name: &str) -> Option<&'static Kind> {
    UNSERVED.iter().find(|row| row.plural == name || row.singular == name || row.short.contains(&name))
}

fn find(wanted: impl Fn(&Kind) -> bool) -> Option<KindId> {
    KINDS.iter().position(wanted).map(|at| KindId(at as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_point_at_their_rows() {
        assert_eq!(DEPLOYMENT.row().plural, "deployments");
        assert_eq!(by_kind("apps/v1", "ReplicaSet"), Some(REPLICA_SET));
        assert_eq!(by_plural("", "v1", "pods"), Some(POD));
        assert_eq!(DEPLOYMENT.row().resource(), "deployments.apps");
    }

    #[test]
    fn subresources_have_their_verbs_and_kinds() {
        let parts: Vec<_> = DEPLOYMENT.row().parts().map(|part| (part.name, part.verbs, part.kind.map(|kind| kind.2))).collect();
        assert_eq!(parts, [("scale", CHANGES, Some("Scale")), ("status", CHANGES, None)]);
        assert!(KINDS.iter().all(|row| row.parts().map(|part| part.name).eq(row.subresources.iter().copied())));
        assert_eq!(NAMESPACE.row().verbs().len(), 7);
    }

    #[test]
    fn what_is_not_served_is_still_known() {
        assert_eq!(unserved("sts").map(|row| row.kind), Some("StatefulSet"));
        assert!(UNSERVED.iter().all(|row| by_plural(row.group, row.version, row.plural).is_none()));
    }
}
