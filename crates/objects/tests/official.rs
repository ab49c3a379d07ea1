//! Our objects against the official types: every kind exists there, and objects survive the passage unchanged.
use k8s_openapi::api::{
    apps::v1 as apps, coordination::v1 as coordination, core::v1 as core, discovery::v1 as discovery, networking::v1 as networking,
    scheduling::v1 as scheduling,
};
use k8s_openapi::{Metadata, Resource, serde_json};
use objects::kinds::KINDS;
use objects::{Tree, decode, kinds, schema};
use serde::Serialize;
use serde::de::DeserializeOwned;

type Row = (&'static str, &'static str, &'static str, &'static str, fn(&str) -> String);

fn row<T: Resource + Metadata + Serialize + DeserializeOwned>() -> Row {
    (T::GROUP, T::VERSION, T::KIND, T::URL_PATH_SEGMENT, |json| {
        let object: T = serde_json::from_str(json).unwrap();
        serde_json::to_value(object).unwrap().to_string()
    })
}

fn official() -> Vec<Row> {
    vec![
        row::<core::Namespace>(),
        row::<core::Node>(),
        row::<core::Pod>(),
        row::<core::Service>(),
        row::<core::ConfigMap>(),
        row::<core::Secret>(),
        row::<core::ServiceAccount>(),
        row::<core::Event>(),
        row::<apps::Deployment>(),
        row::<apps::ReplicaSet>(),
        row::<apps::DaemonSet>(),
        row::<apps::ControllerRevision>(),
        row::<coordination::Lease>(),
        row::<scheduling::PriorityClass>(),
        row::<discovery::EndpointSlice>(),
        row::<networking::IngressClass>(),
        row::<networking::Ingress>(),
        row::<networking::IPAddress>(),
        row::<networking::NetworkPolicy>(),
        row::<networking::ServiceCIDR>(),
        row::<core::Endpoints>(),
        row::<core::ComponentStatus>(),
    ]
}

#[test]
fn every_kind_is_one_of_kubernetes() {
    let all = official();
    for kind in KINDS.iter().filter(|kind| !kind.is_custom()) {
        let found = all.iter().any(|row| (row.0, row.1, row.2, row.3) == (kind.group, kind.version, kind.kind, kind.plural));
        assert!(found, "{}", kind.resource());
    }
}

#[test]
fn what_we_decode_is_what_the_official_types_read_and_write() {
    let samples = [
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{"app":"web"},"creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"containers":[{"name":"c","image":"nginx:1.27","ports":[{"containerPort":80,"protocol":"TCP"}],"env":[{"name":"A","value":"1"}],"resources":{"requests":{"cpu":"0.5","memory":"1024Mi"}},"readinessProbe":{"httpGet":{"path":"/","port":"http"},"periodSeconds":5}}],"initContainers":[{"name":"i","image":"busybox","restartPolicy":"Always"}],"tolerations":[{"key":"a","operator":"Exists","tolerationSeconds":300}],"volumes":[{"name":"v","emptyDir":{}}],"terminationGracePeriodSeconds":0},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}"#,
        r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":0,"selector":{"matchLabels":{"app":"web"}},"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":1}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"i"}]}}},"status":{"replicas":3,"observedGeneration":2}}"#,
        r#"{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"agent"},"spec":{"selector":{"matchLabels":{"app":"agent"}},"template":{"metadata":{"labels":{"app":"agent"}},"spec":{"containers":[{"name":"c","image":"i"}]}},"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":0,"maxUnavailable":"10%"}}},"status":{"currentNumberScheduled":0,"desiredNumberScheduled":1,"numberMisscheduled":0,"numberReady":0}}"#,
        r#"{"apiVersion":"apps/v1","kind":"ControllerRevision","metadata":{"name":"agent-1"},"data":{"spec":{"template":{"$patch":"replace"}}},"revision":1}"#,
        r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"selector":{"app":"web"},"ports":[{"port":80,"targetPort":"http"}],"type":"ClusterIP"}}"#,
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"k":"aGVsbG8="},"type":"Opaque"}"#,
        r#"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"n"},"spec":{"holderIdentity":"n","leaseDurationSeconds":40,"renewTime":"2026-01-01T00:00:00.000000Z"}}"#,
        r#"{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"n"},"spec":{"podSelector":{},"policyTypes":["Ingress"],"ingress":[{"from":[{"namespaceSelector":{},"podSelector":{"matchLabels":{"a":"b"}}},{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}],"ports":[{"protocol":"TCP","port":"http"},{"port":80,"endPort":90}]}]}}"#,
        r#"{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"i"},"spec":{"ingressClassName":"c","rules":[{"host":"a.example.com","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}}]}}]},"status":{"loadBalancer":{}}}"#,
        r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]},"status":{"capacity":{"cpu":"4","memory":"8Gi"},"addresses":[{"type":"InternalIP","address":"10.0.0.1"}]}}"#,
    ];
    let all = official();
    for sample in samples {
        let tree = Tree::from_json(sample).unwrap();
        let kind = kinds::by_kind(tree.get("apiVersion").text(), tree.get("kind").text()).unwrap();
        let read = decode::decode(schema::of_kind(kind), &tree);
        assert_eq!((read.error(), read.strict_error()), (None, None), "{sample}");
        let passage = all.iter().find(|row| row.2 == kind.row().kind).unwrap().4;
        assert_eq!(Tree::from_json(&passage(&read.tree.to_json())).unwrap(), read.tree);
    }
}
