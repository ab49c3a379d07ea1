//! What a real client says and hears on the wire.
mod server;

use apiserver::Outcome;
use apiserver::http::{encode, event_line, parse};
use objects::wire::Body;
use server::Server;
use simcore::Time;

impl Server {
    fn new() -> Server {
        Server::with(&[
            ("/api/v1/namespaces", r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"lab"}}"#),
            ("/api/v1/namespaces/lab/serviceaccounts", r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}"#),
        ])
    }

    fn words(&mut self, method: &str, path: &str, content: &str, body: &str) -> String {
        self.send(method, path, content, body).tree().get("message").text().to_string()
    }
}

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/lab/deployments";
const WEB: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"main","image":"nginx:1.27"}]}}}}"#;
const STRATEGIC: &str = "application/strategic-merge-patch+json";

#[test]
fn a_mistake_is_worded_one_way_on_creation_and_another_in_a_patch() {
    let mut server = Server::new();
    let wrong = WEB.replace("\"spec\":{\"selector\"", "\"spec\":{\"replcas\":1,\"selector\"");
    assert_eq!(
        server.words("POST", &format!("{DEPLOYMENTS}?fieldValidation=Strict"), "", &wrong),
        "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \"spec.replcas\""
    );
    assert_eq!(server.send("POST", DEPLOYMENTS, "", &wrong).warnings, ["unknown field \"spec.replcas\""]);
    assert_eq!(
        server.words("PATCH", &format!("{DEPLOYMENTS}/web"), STRATEGIC, r#"{"spec":{"replicas":"two"}}"#),
        " \"\" is invalid: patch: Invalid value: \"map[spec:map[replicas:two]]\": unrecognized type: int32"
    );
    assert_eq!(
        server.words("PATCH", &format!("{DEPLOYMENTS}/web"), STRATEGIC, "\"not-json\""),
        "json: cannot unmarshal string into Go value of type map[string]interface {}"
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let mut server = Server::new();
    let cases = [
        (
            WEB.replace(r#""selector":{"matchLabels":{"app":"web"}},"#, ""),
            r#"Deployment.apps "web" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`]"#,
        ),
        (
            WEB.replace(
                r#""template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"main","image":"nginx:1.27"}]}}"#,
                r#""replicas":1"#,
            ),
            "Deployment.apps \"web\" is invalid: [spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`, spec.template.spec.containers: Required value]",
        ),
        (
            WEB.replace(r#""containers":["#, r#""restartPolicy":"Maybe","containers":["#),
            r#"Deployment.apps "web" is invalid: [spec.template.spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never", spec.template.spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always"]"#,
        ),
        (
            WEB.replace(r#""image":"nginx:1.27""#, r#""image":"nginx","resources":{"limits":{"cpu":"100m"},"requests":{"cpu":"500m"}}"#),
            r#"Deployment.apps "web" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: "500m": must be less than or equal to cpu limit of 100m"#,
        ),
        (
            WEB.replace(r#""selector":"#, r#""strategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":0}},"selector":"#),
            r#"Deployment.apps "web" is invalid: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"#,
        ),
        (
            WEB.replace(r#""selector":"#, r#""strategy":{"type":"BlueGreen"},"selector":"#),
            r#"Deployment.apps "web" is invalid: spec.strategy: Unsupported value: {"Type":"BlueGreen","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate""#,
        ),
        (
            WEB.replace(r#""image":"nginx:1.27""#, r#""image":"nginx","volumeMounts":[{"name":"data","mountPath":"/d"}]"#),
            r#"Deployment.apps "web" is invalid: spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data""#,
        ),
        (
            WEB.replace(
                r#""image":"nginx:1.27""#,
                r#""image":"nginx","env":[{"name":"A","value":"x","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]"#,
            ),
            r#"Deployment.apps "web" is invalid: spec.template.spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty"#,
        ),
        (
            WEB.replace(r#""image":"nginx:1.27""#, r#""image":"nginx","livenessProbe":{"httpGet":{"port":80},"tcpSocket":{"port":80}}"#),
            r#"Deployment.apps "web" is invalid: spec.template.spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"#,
        ),
    ];
    for (body, words) in cases {
        assert_eq!(server.words("POST", DEPLOYMENTS, "", &body), words);
    }
}

#[test]
fn a_deployment_comes_back_complete() {
    let mut server = Server::new();
    let made = server.send("POST", DEPLOYMENTS, "", WEB).tree().clone();
    let expected = r#"{"progressDeadlineSeconds":600,"replicas":1,"revisionHistoryLimit":10,"selector":{"matchLabels":{"app":"web"}},"strategy":{"rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"},"type":"RollingUpdate"},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"image":"nginx:1.27","imagePullPolicy":"IfNotPresent","name":"main","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],"dnsPolicy":"ClusterFirst","restartPolicy":"Always","schedulerName":"default-scheduler","securityContext":{},"terminationGracePeriodSeconds":30}}}"#;
    assert_eq!(made.get("spec").to_json(), expected);
    let words = server.words("PATCH", &format!("{DEPLOYMENTS}/web"), STRATEGIC, r#"{"spec":{"selector":{"matchLabels":{"x":"y"}}}}"#);
    assert_eq!(
        words,
        r#"Deployment.apps "web" is invalid: [spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`, spec.selector: Invalid value: {"matchLabels":{"app":"web","x":"y"}}: field is immutable]"#
    );
}

#[test]
fn services_get_addresses_and_ports_and_keep_them() {
    let mut server = Server::new();
    let path = "/api/v1/namespaces/lab/services";
    let service =
        |name: &str, spec: &str| format!(r#"{{"apiVersion":"v1","kind":"Service","metadata":{{"name":"{name}"}},"spec":{spec}}}"#);
    let made = server.send("POST", path, "", &service("node", r#"{"type":"NodePort","ports":[{"port":80}]}"#)).tree().clone();
    let (ip, port) = (made.at(&["spec", "clusterIP"]).text(), made.at(&["spec", "ports"]).items()[0].get("nodePort").int_or(0));
    assert!(ip.starts_with("10."), "{ip}");
    assert!((30_000..=32_767).contains(&port));
    let same = server.send(
        "PATCH",
        &format!("{path}/node"),
        "application/merge-patch+json",
        r#"{"spec":{"clusterIP":null,"selector":{"app":"x"}}}"#,
    );
    assert_eq!(same.tree().at(&["spec", "clusterIP"]).text(), ip);
    let taken = service("dup", &format!(r#"{{"type":"NodePort","ports":[{{"port":80,"nodePort":{port}}}]}}"#));
    assert_eq!(
        server.words("POST", path, "", &taken),
        format!("Service \"dup\" is invalid: spec.ports[0].nodePort: Invalid value: {port}: provided port is already allocated")
    );
    assert_eq!(
        server.words("POST", path, "", &service("badip", r#"{"clusterIP":"192.168.7.7","ports":[{"port":80}]}"#)),
        r#"Service "badip" is invalid: spec.clusterIPs: Invalid value: ["192.168.7.7"]: failed to allocate IP 192.168.7.7: the provided network does not match the current range"#
    );
    assert_eq!(
        server.words("PATCH", &format!("{path}/node"), "application/merge-patch+json", r#"{"spec":{"clusterIP":"10.96.200.200"}}"#),
        r#"Service "node" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.200.200"]: may not change once set"#
    );
}

#[test]
fn nothing_is_made_where_there_is_no_namespace() {
    let mut server = Server::new();
    assert_eq!(
        server.words("POST", "/api/v1/namespaces/nowhere/configmaps", "", r#"{"metadata":{"name":"a"}}"#),
        "namespaces \"nowhere\" not found"
    );
    assert_eq!(server.words("DELETE", "/api/v1/namespaces/default", "", ""), "namespaces \"default\" not found");
}

#[test]
fn a_stranger_is_told_what_he_may_not_do() {
    let mut server = Server::new();
    let headers = [("Impersonate-User".to_string(), "bob".to_string())];
    let request = parse("GET", "/api/v1/nodes", &headers, b"").unwrap();
    let Outcome::Now(response) = server.0.handle(Time::START, &request) else { panic!() };
    assert_eq!(
        response.tree().get("message").text(),
        r#"nodes is forbidden: User "bob" cannot list resource "nodes" in API group "" at the cluster scope"#
    );
}

#[test]
fn tables_and_lists_are_written_as_clients_read_them() {
    let mut server = Server::new();
    server.send(
        "POST",
        "/api/v1/namespaces/lab/configmaps",
        "",
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"conf"},"data":{"a":"1"}}"#,
    );
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let request = parse("GET", "/api/v1/namespaces/lab/configmaps", &[("Accept".into(), accept.into())], b"").unwrap();
    let Outcome::Now(table) = server.0.handle(Time::START, &request) else { panic!() };
    assert_eq!(table.tree().get("rows").items()[0].get("cells").to_json(), r#"["conf",1,"0s"]"#);
    let list = server.send("GET", "/api/v1/namespaces/lab/configmaps?limit=500", "", "");
    let text = String::from_utf8(encode(&list, "application/json").body).unwrap();
    assert!(text.starts_with(r#"{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"#), "{text}");
    assert!(text.ends_with("},\"data\":{\"a\":\"1\"}}]}\n"), "an item of a typed list does not say what it is: {text}");
    assert_eq!(encode(&server.send("GET", "/nope", "", ""), "").body, b"404 page not found\n");
}

#[test]
fn a_streaming_list_ends_with_a_bookmark() {
    let mut server = Server::new();
    server.send("POST", "/api/v1/namespaces/lab/configmaps", "", r#"{"metadata":{"name":"conf"}}"#);
    let path =
        "/api/v1/namespaces/lab/configmaps?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    let Body::Watch(mut cursor) = server.send("GET", path, "", "").body else { panic!() };
    let lines: Vec<String> = server.0.poll(&mut cursor).unwrap().iter().map(event_line).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[1].contains(r#""annotations":{"k8s.io/initial-events-end":"true"}"#) && lines[1].contains("BOOKMARK"), "{}", lines[1]);
}

#[test]
fn the_schemas_say_how_lists_are_joined() {
    let mut server = Server::new();
    let index = server.send("GET", "/openapi/v3", "", "").tree().clone();
    let url = index.at(&["paths", "apis/apps/v1", "serverRelativeURL"]).text().to_string();
    let document = server.send("GET", &url, "", "").tree().clone();
    let schemas = document.at(&["components", "schemas"]);
    let containers = schemas.at(&["io.k8s.api.core.v1.PodSpec", "properties", "containers"]);
    assert_eq!(containers.get("x-kubernetes-patch-merge-key").text(), "name");
    assert_eq!(
        schemas.at(&["io.k8s.api.apps.v1.Deployment", "x-kubernetes-group-version-kind"]).items()[0].get("kind").text(),
        "Deployment"
    );
}
