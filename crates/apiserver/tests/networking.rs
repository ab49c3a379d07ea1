//! networking.k8s.io and the Gateway API on the wire: what is completed, what is refused.
use apiserver::http::parse;
use apiserver::{ApiServer, Outcome};
use objects::Tree;
use objects::wire::Response;
use simcore::{Duration, Time};

struct Server {
    api: ApiServer,
    now: Time,
}

const GATEWAY: &str = "/apis/gateway.networking.k8s.io/v1";
const NETWORKING: &str = "/apis/networking.k8s.io/v1";

impl Server {
    fn new() -> Server {
        let mut server = Server { api: ApiServer::new(7), now: Time::START };
        server.api.gateway_api = true;
        let lab = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"lab"}}"#;
        assert_eq!(server.send("POST", "/api/v1/namespaces", lab).code, 201);
        server
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Response {
        let form = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let content = [("Content-Type".to_string(), form.to_string())];
        let request = match parse(method, path, &content, body.as_bytes()) {
            Ok(request) => request,
            Err(response) => return *response,
        };
        match self.api.handle(self.now, &request) {
            Outcome::When { response, .. } => {
                self.api.store.begin_sync();
                self.api.store.end_sync();
                response
            }
            Outcome::Now(response) => response,
            Outcome::Kubelet { .. } => panic!("not a matter of the node"),
        }
    }

    /// Posts to a collection of `lab` and returns what was stored.
    fn made(&mut self, group: &str, plural: &str, body: &str) -> Tree {
        let response = self.send("POST", &format!("{group}/namespaces/lab/{plural}"), body);
        assert_eq!(response.code, 201, "{response:?}");
        response.tree().clone()
    }

    /// The causes of a refusal, one a line.
    fn refusal(&mut self, group: &str, plural: &str, body: &str) -> Vec<String> {
        let response = self.send("POST", &format!("{group}/namespaces/lab/{plural}"), body);
        assert_eq!(response.code, 422, "{response:?}");
        let causes = response.tree().at(&["details", "causes"]).items().to_vec();
        causes.iter().map(|cause| format!("{}: {}", cause.get("field").text(), cause.get("message").text())).collect()
    }
}

#[test]
fn a_policy_is_completed_as_upstream_completes_it() {
    let mut server = Server::new();
    let made = server.made(
        NETWORKING,
        "networkpolicies",
        r#"{"metadata":{"name":"a"},"spec":{"podSelector":{},"egress":[{"ports":[{"port":53}]}]}}"#,
    );
    assert_eq!(
        made.get("spec").to_json(),
        r#"{"egress":[{"ports":[{"port":53,"protocol":"TCP"}]}],"podSelector":{},"policyTypes":["Ingress","Egress"]}"#
    );
    let made = server.made(NETWORKING, "networkpolicies", r#"{"metadata":{"name":"b"}}"#);
    assert_eq!(made.get("spec").to_json(), r#"{"podSelector":{},"policyTypes":["Ingress"]}"#);
    assert_eq!(made.at(&["metadata", "generation"]), &Tree::Int(1));
}

const CLASS: &str = r#"{"metadata":{"name":"NAME","annotations":{"ingressclass.kubernetes.io/is-default-class":"true"}},"spec":{"controller":"example.com/c"}}"#;
const TO_WEB: &str = r#""spec":{"defaultBackend":{"service":{"name":"web","port":{"number":80}}}}"#;

#[test]
fn an_ingress_without_a_class_gets_the_newest_default() {
    let mut server = Server::new();
    for name in ["two", "one"] {
        server.send("POST", &format!("{NETWORKING}/ingressclasses"), &CLASS.replace("NAME", name));
    }
    let class = |server: &mut Server, name: &str| {
        let body = format!(r#"{{"metadata":{{"name":"{name}"}},{TO_WEB}}}"#);
        server.made(NETWORKING, "ingresses", &body).at(&["spec", "ingressClassName"]).text().to_string()
    };
    assert_eq!(class(&mut server, "a"), "one", "of the same second the first by name");
    server.now = Time::START + Duration::secs(5);
    server.send("POST", &format!("{NETWORKING}/ingressclasses"), &CLASS.replace("NAME", "zoo"));
    assert_eq!(class(&mut server, "b"), "zoo");
    let old = format!(r#"{{"metadata":{{"name":"c","annotations":{{"kubernetes.io/ingress.class":"x"}}}},{TO_WEB}}}"#);
    let response = server.send("POST", &format!("{NETWORKING}/namespaces/lab/ingresses"), &old);
    assert!(!response.tree().get("spec").has("ingressClassName"));
    assert_eq!(response.warnings, ["annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"]);
}

#[test]
fn an_ingress_is_refused_with_every_reason() {
    let mut server = Server::new();
    assert_eq!(
        server.refusal(NETWORKING, "ingresses", r#"{"metadata":{"name":"a"},"spec":{}}"#),
        ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"]
    );
    let path =
        |path: &str| format!(r#"{{"metadata":{{"name":"a"}},"spec":{{"rules":[{{"host":"10.0.0.1","http":{{"paths":[{path}]}}}}]}}}}"#);
    assert_eq!(
        server.refusal(
            NETWORKING,
            "ingresses",
            &path(r#"{"path":"a//b","pathType":"Exact","backend":{"service":{"name":"web","port":{"name":"http","number":80}}}}"#)
        ),
        [
            "spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address",
            "spec.rules[0].http.paths[0].path: Invalid value: \"a//b\": must be an absolute path",
            "spec.rules[0].http.paths[0].path: Invalid value: \"a//b\": must not contain '//'",
            "spec.rules[0].http.paths[0].backend: Invalid value: \"\": cannot set both port name & port number",
        ]
    );
    assert_eq!(
        server.refusal(NETWORKING, "ingresses", &path("{}")),
        [
            "spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address",
            "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified",
        ]
    );
}

#[test]
fn a_route_is_completed_and_judged_by_its_definition() {
    let mut server = Server::new();
    let made = server.made(
        GATEWAY,
        "httproutes",
        r#"{"metadata":{"name":"a"},"spec":{"parentRefs":[{"name":"front"}],"rules":[{"backendRefs":[{"name":"web","port":80}]}]}}"#,
    );
    assert_eq!(
        made.get("spec").to_json(),
        r#"{"parentRefs":[{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"front"}],"rules":[{"backendRefs":[{"group":"","kind":"Service","name":"web","port":80,"weight":1}],"matches":[{"path":{"type":"PathPrefix","value":"/"}}]}]}"#
    );
    assert_eq!(
        server.refusal(GATEWAY, "httproutes", r#"{"metadata":{"name":"b"},"spec":{"hostnames":["a_b"],"rules":[{"backendRefs":[{"name":"web"}]}]}}"#),
        [
            r"spec.hostnames[0]: Invalid value: .a_b.: spec.hostnames[0] in body should match '^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'".replace(".a_b.", "\"a_b\""),
            "spec.rules[0].backendRefs[0]: Invalid value: Must have port for Service reference".to_string(),
        ]
    );
}

#[test]
fn a_gateway_waits_for_its_controller() {
    let mut server = Server::new();
    let body =
        |listeners: &str| format!(r#"{{"metadata":{{"name":"front"}},"spec":{{"gatewayClassName":"lab","listeners":[{listeners}]}}}}"#);
    let made = server.made(GATEWAY, "gateways", &body(r#"{"name":"http","port":80,"protocol":"HTTP"}"#));
    assert_eq!(made.at(&["spec", "listeners"]).items()[0].get("allowedRoutes").to_json(), r#"{"namespaces":{"from":"Same"}}"#);
    let waits: Vec<&str> = made.at(&["status", "conditions"]).items().iter().map(|one| one.get("message").text()).collect();
    assert_eq!(waits, ["Waiting for controller", "Waiting for controller"]);
    assert_eq!(
        server.refusal(GATEWAY, "gateways", &body(r#"{"name":"a","port":80,"protocol":"HTTP"},{"name":"a","port":80,"protocol":"HTTP"}"#)),
        [
            "spec.listeners[1]: Duplicate value: {\"name\":\"a\"}",
            "spec.listeners: Invalid value: Listener name must be unique within the Gateway",
            "spec.listeners: Invalid value: Combination of port, protocol and hostname must be unique for each listener",
        ]
    );
    assert_eq!(
        server.refusal(GATEWAY, "gateways", &body(r#"{"name":"a","protocol":"HTTP"}"#)),
        [
            "spec.listeners[0].port: Required value",
            "<nil>: Invalid value: \"null\": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
        ]
    );
}

#[test]
fn without_its_definitions_the_gateway_api_is_not_there() {
    let mut server = Server::new();
    let groups = |server: &mut Server| server.send("GET", "/apis", "").tree().to_json().contains("gateway.networking.k8s.io");
    assert!(groups(&mut server));
    server.api.gateway_api = false;
    assert!(!groups(&mut server));
    assert!(!server.send("GET", "/openapi/v3", "").tree().to_json().contains("gateway.networking.k8s.io"));
    for path in [GATEWAY.to_string(), format!("{GATEWAY}/namespaces/lab/gateways")] {
        assert_eq!(server.send("GET", &path, "").code, 404, "{path}");
    }
}
