//! What a strict client relies on: refusals before anything is done, snapshots of earlier revisions, words for what is no JSON.
mod server;

use apiserver::http::event_line;
use objects::wire::{Body, Response};
use server::Server;

const MAPS: &str = "/api/v1/namespaces/lab/configmaps";
const JSON: &str = "application/json";

impl Server {
    fn new() -> Server {
        Server::with(&[("/api/v1/namespaces", r#"{"metadata":{"name":"lab"}}"#)])
    }

    fn map(&mut self, name: &str) -> String {
        let made = self.send("POST", MAPS, JSON, &format!(r#"{{"metadata":{{"name":"{name}"}}}}"#));
        assert_eq!(made.code, 201);
        made.tree().at(&["metadata", "resourceVersion"]).text().to_string()
    }

    fn names(&mut self, path: &str) -> Vec<String> {
        let list = self.send("GET", path, "", "");
        assert_eq!(list.code, 200, "{path}");
        list.tree().get("items").items().iter().map(|item| item.at(&["metadata", "name"]).text().to_string()).collect()
    }
}

#[test]
fn all_namespaces_at_once_cannot_be_deleted() {
    let mut server = Server::new();
    let answer = server.send("DELETE", "/api/v1/namespaces", "", "");
    assert_eq!((answer.code, answer.tree().get("details").to_json().as_str()), (405, "{}"));
    assert_eq!(server.names("/api/v1/namespaces"), ["lab"]);
    assert_eq!(server.send("POST", &format!("{MAPS}/x"), JSON, "{}").code, 405, "what is created is named by its body");
}

#[test]
fn options_that_are_not_understood_change_nothing() {
    let mut server = Server::new();
    let cases = [
        ("POST", "dryRun=foo", r#"CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["foo"]: supported values: "All""#),
        (
            "POST",
            "fieldValidation=Foo",
            r#"CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Foo": supported values: "", "Ignore", "Strict", "Warn""#,
        ),
        ("GET", "limit=abc", r#"strconv.ParseInt: parsing "abc": invalid syntax"#),
    ];
    for (method, query, words) in cases {
        let answer = server.send(method, &format!("{MAPS}?{query}"), JSON, r#"{"metadata":{"name":"made"}}"#);
        assert_eq!(answer.tree().get("message").text(), words);
    }
    assert!(server.names(MAPS).is_empty());
    server.map("kept");
    let both = r#"{"orphanDependents":true,"propagationPolicy":"Orphan"}"#;
    assert_eq!(server.send("DELETE", &format!("{MAPS}/kept"), JSON, both).code, 422);
    assert_eq!(server.names(MAPS), ["kept"]);
}

#[test]
fn a_list_at_a_revision_is_what_stood_there_then() {
    let mut server = Server::new();
    let first = server.map("a");
    server.map("b");
    let page = server.send("GET", &format!("{MAPS}?limit=1"), "", "");
    let token = page.tree().at(&["metadata", "continue"]).text().to_string();
    assert_eq!(server.send("DELETE", &format!("{MAPS}/b"), "", "").code, 200);
    server.map("c");
    assert_eq!(server.names(MAPS), ["a", "c"]);
    assert_eq!(server.names(&format!("{MAPS}?resourceVersion={first}&resourceVersionMatch=Exact")), ["a"]);
    assert_eq!(server.names(&format!("{MAPS}?limit=5&continue={token}")), ["b"], "the next page belongs to the first one");
}

#[test]
fn a_body_that_is_no_json_is_blamed_in_gos_words() {
    let mut server = Server::new();
    let mut words = |method: &str, path: &str, content: &str, body: &str| {
        let answer = server.send(method, path, content, body);
        (answer.code, answer.tree().get("message").text().to_string())
    };
    let unrecognized = |why: &str| {
        (
            400,
            format!("the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: {why}"),
        )
    };
    assert_eq!(words("POST", MAPS, JSON, "x"), unrecognized("invalid character 'x' looking for beginning of value (78)"));
    assert_eq!(words("PUT", &format!("{MAPS}/a"), JSON, r#"{"a":"#), unrecognized("unexpected end of JSON input ({\"a\":)"));
    assert_eq!(words("POST", MAPS, JSON, ""), unrecognized("unexpected end of JSON input (<empty>)"));
    assert_eq!(words("POST", MAPS, "application/x-www-form-urlencoded", "x").0, 415);
    let merge = "application/merge-patch+json";
    assert_eq!(words("PATCH", &format!("{MAPS}/a"), merge, "["), (400, "error decoding patch: unexpected end of JSON input".to_string()));
}

#[test]
fn a_watch_tells_objects_as_a_get_does() {
    let mut server = Server::new();
    let Body::Watch(mut cursor) = server.send("GET", &format!("{MAPS}?watch=1"), "", "").body else { panic!() };
    server.0.poll(&mut cursor).unwrap();
    server.map("a");
    let line = server.0.poll(&mut cursor).unwrap().iter().map(event_line).collect::<String>();
    assert!(line.starts_with(r#"{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","#), "{line}");
    let one = server.send("GET", &format!("{MAPS}/a?watch=1"), "", "");
    assert_eq!(one.tree().at(&["metadata", "name"]).text(), "a", "one object is answered, not watched");
}

#[test]
fn one_check_of_the_servers_health_has_a_path_of_its_own() {
    let mut server = Server::new();
    let text = |answer: Response| match answer.body {
        Body::Text(text) => (answer.code, text),
        other => panic!("{other:?}"),
    };
    assert_eq!(text(server.send("GET", "/readyz/etcd", "", "")), (200, "ok".to_string()));
    assert_eq!(text(server.send("GET", "/readyz/nosuch", "", "")).0, 404);
    let (_, all) = text(server.send("GET", "/livez?verbose&exclude=etcd&exclude=x", "", ""));
    assert!(all.contains("[+]etcd excluded: ok\n") && all.contains("no matches for \"x\"\nlivez check passed\n"), "{all}");
}
