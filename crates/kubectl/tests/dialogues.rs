//! Whole dialogues: a line typed, requests answered by a small stand-in server, and what the learner reads.
use kubectl::{Effect, Shell};
use objects::wire::{Accept, Body, Request, Response, Target, Verb, WatchCursor, WatchEvent};
use objects::{KindId, Status, Tree, list, map};
use simcore::Time;
use std::collections::BTreeMap;

/// Objects by path; writes are noted and answered by merging `spec` and `metadata` shallowly.
#[derive(Default)]
struct Server {
    objects: BTreeMap<String, Tree>,
    lists: BTreeMap<String, Tree>,
    events: Vec<WatchEvent>,
    log: Vec<String>,
    refuse: Option<Status>,
}

impl Server {
    fn answer(&mut self, request: &Request) -> Response {
        if request.accept == Accept::Discovery {
            return Response::ok(discovery(&request.target));
        }
        let Target::Resource { resource, namespace, name, subresource } = &request.target else {
            return Status::not_found("path", "").into();
        };
        let objects::wire::Resource::Named { plural, .. } = resource else { return Status::not_found("kind", "").into() };
        let path =
            [plural.as_str(), namespace, name, subresource].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        let selectors = format!("{}{}", request.options.label_selector, request.options.field_selector);
        match request.verb {
            Verb::Get => match self.objects.get(&path) {
                Some(tree) => Response::ok(tree.clone()),
                None => Status::not_found(plural, name).into(),
            },
            Verb::List => Response::ok(self.lists.get(plural.as_str()).cloned().unwrap_or_else(|| map! {"items": list![]})),
            Verb::Watch => {
                self.log.push(format!("watch {path} {selectors}"));
                let cursor = WatchCursor {
                    kind: KindId(0),
                    namespace: namespace.clone(),
                    name: name.clone(),
                    label_selector: String::new(),
                    field_selector: String::new(),
                    accept: Accept::Json,
                    bookmarks: false,
                    seen: 0,
                    initial: true,
                    headed: false,
                    initial_end: false,
                };
                Response { code: 200, body: Body::Watch(Box::new(cursor)), warnings: Vec::new() }
            }
            _ => {
                self.log.push(format!("{:?} {path} {}", request.verb, request.body.to_json()));
                if let Some(status) = self.refuse.clone() {
                    return status.into();
                }
                let after = self.objects.get(&path).cloned().unwrap_or_else(|| request.body.clone());
                Response::ok(after)
            }
        }
    }

    /// Types the line and plays until it is done; gives what was printed and the exit code.
    fn play(&mut self, line: &str) -> (String, u8) {
        let mut shell = Shell::new([]);
        let mut now = Time::parse("2026-12-01T00:00:30Z").unwrap();
        let mut waiting: Vec<Effect> = shell.enter(now, line);
        let (mut text, mut wakes) = (String::new(), Vec::new());
        loop {
            if waiting.is_empty() {
                let Some(next) = wakes.pop() else { panic!("{line}: stuck after {text}") };
                now = next;
                waiting = shell.woken(now);
                continue;
            }
            let mut fresh = Vec::new();
            for effect in std::mem::take(&mut waiting) {
                match effect {
                    Effect::Print { text: part, .. } => text.push_str(&part),
                    Effect::Send { ticket, request } => {
                        let response = self.answer(&request);
                        let opened = matches!(response.body, Body::Watch(_));
                        fresh.extend(shell.reply(now, ticket, response));
                        if opened {
                            fresh.extend(shell.watched(now, ticket, self.events.clone(), false));
                        }
                    }
                    Effect::WakeAt(at) => wakes.push(at),
                    Effect::Done { code } => return (text, code),
                    _ => {}
                }
            }
            waiting = fresh;
        }
    }
}

fn discovery(target: &Target) -> Tree {
    let row = |kind: &str, plural: &str, short: &str, scope: &str| {
        map! {"resource": plural, "responseKind": map! {"kind": kind}, "scope": scope, "singularResource": kind.to_lowercase(), "shortNames": list![short], "verbs": list!["list", "get"], "subresources": list![map! {"subresource": "scale"}]}
    };
    let group = |name: &str, resources: Tree| map! {"metadata": map! {"name": name}, "versions": list![map! {"version": "v1", "resources": resources}]};
    let core = list![
        row("Pod", "pods", "po", "Namespaced"),
        row("Service", "services", "svc", "Namespaced"),
        row("Node", "nodes", "no", "Cluster"),
        row("ConfigMap", "configmaps", "cm", "Namespaced")
    ];
    let apps = list![row("Deployment", "deployments", "deploy", "Namespaced")];
    match target {
        Target::Path(path) if path == "/api" => map! {"items": list![group("", core)]},
        _ => map! {"items": list![group("apps", apps)]},
    }
}

fn web() -> Tree {
    map! {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": map! {"name": "web", "namespace": "default", "generation": 1, "labels": map! {"tier": "front"}},
        "spec": map! {"replicas": 1, "selector": map! {"matchLabels": map! {"app": "web"}},
            "template": map! {"spec": map! {"containers": list![map! {"name": "main", "image": "nginx:1.27", "env": list![map! {"name": "A", "value": "1"}]}]}}},
        "status": map! {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
    }
}

fn server() -> Server {
    let mut server = Server::default();
    server.objects.insert("namespaces/default".to_string(), map! {"kind": "Namespace"});
    server.objects.insert("deployments/default/web".to_string(), web());
    server
}

#[test]
fn scaling_goes_through_the_scale_subresource() {
    let mut server = server();
    assert_eq!(server.play("kubectl scale deployment web --replicas=5"), ("deployment.apps/web scaled\n".to_string(), 0));
    assert_eq!(server.log, [r#"Patch(Merge) deployments/default/web/scale {"spec":{"replicas":5}}"#]);
    assert_eq!(server.play("kubectl scale deployment none --replicas=5").1, 1);
}

#[test]
fn a_rollout_is_followed_to_its_end() {
    let mut server = server();
    let step = |updated: i64| {
        let mut object = web();
        object.set(&["spec", "replicas"], 2);
        object.set(&["status"], map! {"observedGeneration": 1, "replicas": 2, "updatedReplicas": updated, "availableReplicas": 2});
        WatchEvent { kind: "MODIFIED", object }
    };
    server.events = vec![step(1), step(2)];
    let text = "Waiting for deployment \"web\" rollout to finish: 1 out of 2 new replicas have been updated...\ndeployment \"web\" successfully rolled out\n";
    assert_eq!(server.play("kubectl rollout status deployment/web"), (text.to_string(), 0));
    server.events.pop();
    let (text, code) = server.play("kubectl rollout status deployment/web --timeout=2s");
    assert!(text.ends_with("updated...\nerror: timed out waiting for the condition\n") && code == 1, "{text}");
}

#[test]
fn changes_of_a_template_are_as_small_as_can_be() {
    let mut server = server();
    assert_eq!(server.play("kubectl set image deployment/web main=nginx:1.28"), ("deployment.apps/web image updated\n".to_string(), 0));
    assert_eq!(server.play("kubectl set image deployment/web '*=nginx:1.27'"), (String::new(), 0));
    assert_eq!(
        server.play("kubectl set image deployment/web nope=nginx:1.28"),
        ("error: unable to find container named \"nope\"\n".to_string(), 1)
    );
    assert_eq!(server.play("kubectl set env deployment/web B=2 A-"), ("deployment.apps/web env updated\n".to_string(), 0));
    assert_eq!(server.play("kubectl set env deployment/web --list"), ("# Deployment web, container main\nA=1\n".to_string(), 0));
    assert_eq!(
        server.play("kubectl set resources deployment/web --requests=cpu=50m"),
        ("deployment.apps/web resource requirements updated\n".to_string(), 0)
    );
    let place = |entry: &str| {
        format!(r#"Patch(Strategic) deployments/default/web {{"spec":{{"template":{{"spec":{{"containers":[{entry}]}}}}}}}}"#)
    };
    assert_eq!(
        server.log,
        [
            place(r#"{"image":"nginx:1.28","name":"main"}"#),
            place(r#"{"env":[{"name":"B","value":"2"},{"$patch":"delete","name":"A"}],"name":"main"}"#),
            place(r#"{"name":"main","resources":{"requests":{"cpu":"50m"}}}"#),
        ]
    );
}

#[test]
fn labels_say_what_became_of_them() {
    let mut server = server();
    assert_eq!(
        server.play("kubectl label deployment web tier=back"),
        ("error: 'tier' already has a value (front), and --overwrite is false\n".to_string(), 1)
    );
    assert_eq!(server.play("kubectl label deployment web tier=front"), ("deployment.apps/web not labeled\n".to_string(), 0));
    assert_eq!(server.play("kubectl label deployment web tier-"), ("deployment.apps/web unlabeled\n".to_string(), 0));
    assert_eq!(
        server.play("kubectl label deployment web x-"),
        ("label \"x\" not found.\ndeployment.apps/web not labeled\n".to_string(), 0)
    );
    assert_eq!(server.play("kubectl annotate deployment/web note='hello there'"), ("deployment.apps/web annotated\n".to_string(), 0));
}

#[test]
fn an_edit_sends_what_the_editor_changed() {
    let mut server = server();
    let (text, code) = server.play("KUBE_EDITOR='sed -i \"s/replicas: 1$/replicas: 2/\"' kubectl edit deployment web");
    assert_eq!((text.as_str(), code), ("deployment.apps/web edited\n", 0));
    assert!(server.log[0].starts_with("Patch(Strategic) deployments/default/web {\"spec\":{\"replicas\":2}"), "{:?}", server.log);
    assert_eq!(server.play("KUBE_EDITOR=true kubectl edit deployment web"), ("Edit cancelled, no changes made.\n".to_string(), 0));
    assert_eq!(
        server.play("KUBE_EDITOR=false kubectl edit deployment web"),
        ("error: there was a problem with the editor \"false\"\n".to_string(), 1)
    );
    server.refuse = Some(Status::new(422, "Invalid", "patch: Invalid value"));
    let (text, code) = server.play("KUBE_EDITOR='sed -i \"s/replicas: 1$/replicas: many/\"' kubectl edit deployment web");
    assert!(
        text.starts_with("error: deployments.apps \"web\" is invalid\nA copy of your changes has been stored to \"/tmp/kubectl-edit-"),
        "{text}"
    );
    assert!(text.ends_with(".yaml\"\nerror: Edit cancelled, no valid changes were saved.\n") && code == 1, "{text}");
}

#[test]
fn patches_are_checked_before_they_are_sent() {
    let mut server = server();
    assert_eq!(
        server.play("kubectl patch configmap none --type=odd -p '{}'"),
        ("error: --type must be one of [json merge strategic], not \"odd\"\n".to_string(), 1)
    );
    assert_eq!(
        server.play("kubectl patch deployment web -p '{\"spec\":{\"replicas\":1}}'"),
        ("deployment.apps/web patched (no change)\n".to_string(), 0)
    );
    assert_eq!(server.play("kubectl patch deployment none -p '{}'").0, "Error from server (NotFound): deployments \"none\" not found\n");
}

#[test]
fn a_node_is_closed_emptied_and_opened() {
    let mut server = server();
    server.objects.insert("nodes/worker-1".to_string(), map! {"metadata": map! {"name": "worker-1"}, "spec": map! {}});
    let pod = map! {"metadata": map! {"name": "solo", "namespace": "shop", "uid": "1"}, "status": map! {"phase": "Running"}};
    server.lists.insert("pods".to_string(), map! {"items": list![pod]});
    let (text, code) = server.play("kubectl drain worker-1");
    let words = "cannot delete Pods that declare no controller (use --force to override): shop/solo";
    assert_eq!(
        text,
        format!(
            "node/worker-1 cordoned\nerror: unable to drain node \"worker-1\" due to error: {words}, continuing command...\nThere are pending nodes to be drained:\n worker-1\n{words}\n"
        )
    );
    assert_eq!(code, 1);
    let (text, code) = server.play("kubectl drain worker-1 --force");
    assert_eq!(
        text,
        "node/worker-1 cordoned\nWarning: deleting Pods that declare no controller: shop/solo\nevicting pod shop/solo\npod/solo evicted\nnode/worker-1 drained\n"
    );
    assert_eq!(code, 0);
    assert_eq!(server.play("kubectl uncordon worker-1"), ("node/worker-1 already uncordoned\n".to_string(), 0));
    assert_eq!(
        server.play("kubectl taint nodes worker-1 lab=x:Wrong"),
        ("error: invalid taint effect: Wrong, unsupported taint effect\nSee 'kubectl taint -h' for help and examples\n".to_string(), 1)
    );
    assert_eq!(server.play("kubectl taint nodes worker-1 lab=out:NoExecute"), ("node/worker-1 tainted\n".to_string(), 0));
}

#[test]
fn waiting_ends_with_the_condition_or_the_time() {
    let mut server = server();
    server.objects.insert(
        "pods/default/a".to_string(),
        map! {"metadata": map! {"name": "a", "namespace": "default", "uid": "1"}, "status": map! {"phase": "Running"}},
    );
    assert_eq!(server.play("kubectl wait --for=jsonpath='{.status.phase}'=Running pod/a"), ("pod/a condition met\n".to_string(), 0));
    assert_eq!(
        server.play("kubectl wait --for=condition=Ready pod/a --timeout=1s"),
        ("error: timed out waiting for the condition on pods/a\n".to_string(), 1)
    );
    server.events = vec![WatchEvent { kind: "DELETED", object: server.objects["pods/default/a"].clone() }];
    assert_eq!(server.play("kubectl wait --for=delete pod/a"), ("pod/a condition met\n".to_string(), 0));
}

#[test]
fn several_descriptions_stand_apart_and_leave_out_events() {
    let mut server = server();
    for name in ["a", "b"] {
        server.objects.insert(format!("configmaps/default/{name}"), map! {"metadata": map! {"name": name, "namespace": "default"}});
    }
    let (text, code) = server.play("kubectl describe cm a b");
    let one = |name: &str| {
        format!(
            "Name:         {name}\nNamespace:    default\nLabels:       <none>\nAnnotations:  <none>\n\nData\n====\n\nBinaryData\n====\n\n"
        )
    };
    assert_eq!((text, code), (format!("{}\n\n{}", one("a"), one("b")), 0));
    assert!(server.play("kubectl describe cm a").0.ends_with("====\n\nEvents:  <none>\n"));
    assert_eq!(server.play("kubectl describe pod nobody"), ("Error from server (NotFound): pods \"nobody\" not found\n".to_string(), 1));
    assert_eq!(server.play("kubectl describe unicorn x"), ("error: the server doesn't have a resource type \"unicorn\"\n".to_string(), 1));
}

#[test]
fn the_kubeconfig_can_be_read_and_changed() {
    let mut server = server();
    assert_eq!(server.play("kubectl config current-context").0, "kubernetes-admin@kubernetes\n");
    assert_eq!(server.play("kubectl config use-context none"), ("error: no context exists with the name: \"none\"\n".to_string(), 1));
    let (text, _) =
        server.play("kubectl config set-context --current --namespace=shop && kubectl config view --minify -o jsonpath={..namespace}");
    assert_eq!(text, "Context \"kubernetes-admin@kubernetes\" modified.\nshop");
}

#[test]
fn what_is_not_there_is_said() {
    let mut server = server();
    assert_eq!(server.play("kubectl top pods"), ("error: Metrics API not available\n".to_string(), 1));
    assert_eq!(
        server.play("kubectl port-forward nobody 8080:80"),
        ("Error from server (NotFound): pods \"nobody\" not found\n".to_string(), 1)
    );
    assert_eq!(server.play("kubectl explain unicorn"), ("the server doesn't have a resource type \"unicorn\"\n".to_string(), 1));
}
