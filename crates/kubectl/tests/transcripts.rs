//! Whole lines typed into the terminal against a small server kept in memory.
use kubectl::{Effect, Shell, finish};
use objects::wire::{Accept, Body, PatchKind, Request, Resource, Response, Target, Verb, WatchCursor, WatchEvent};
use objects::{Status, Tree, kinds, list, map};
use simcore::{Duration, Time};
use std::collections::BTreeMap;

/// A server with objects and nothing that acts on them, and the terminal before it.
struct Desk {
    shell: Shell,
    now: Time,
    objects: BTreeMap<(String, String, String), Tree>,
    log: String,
    /// What the learner saw.
    screen: String,
    code: Option<u8>,
    sent: Vec<Request>,
    watches: Vec<u64>,
    follows: Vec<u64>,
    wake: Option<Time>,
    edit: Option<(String, String)>,
    revision: u64,
}

fn desk(files: &[(&str, &str)]) -> Desk {
    let files = files.iter().map(|(name, text)| (name.to_string(), text.to_string()));
    Desk {
        shell: Shell::new(files),
        now: Time::START,
        objects: BTreeMap::new(),
        log: "one\ntwo\n".into(),
        screen: String::new(),
        code: None,
        sent: Vec::new(),
        watches: Vec::new(),
        follows: Vec::new(),
        wake: None,
        edit: None,
        revision: 100,
    }
}

impl Desk {
    /// Types a line and gives what was printed until nothing more happens.
    fn type_line(&mut self, line: &str) -> String {
        self.screen.clear();
        self.code = None;
        let effects = self.shell.enter(self.now, line);
        self.carry_out(effects);
        self.screen.clone()
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        let mut queue: Vec<Effect> = effects;
        while !queue.is_empty() {
            let effect = queue.remove(0);
            match effect {
                Effect::Print { text, .. } => self.screen.push_str(&text),
                Effect::Send { ticket, request } => {
                    self.now = self.now + Duration::millis(5);
                    let response = self.answer(&request);
                    if matches!(response.body, Body::Watch(_)) {
                        self.watches.push(ticket);
                    }
                    if request.options.other.iter().any(|(key, value)| key == "follow" && value == "true") {
                        self.follows.push(ticket);
                    }
                    self.sent.push(request);
                    queue.extend(self.shell.reply(self.now, ticket, response));
                }
                Effect::CloseWatch { ticket } => {
                    self.watches.retain(|open| *open != ticket);
                    self.follows.retain(|open| *open != ticket);
                }
                Effect::WakeAt(time) => self.wake = Some(time),
                Effect::Edit { file, text } => self.edit = Some((file, text)),
                Effect::Clear => self.screen.clear(),
                Effect::FilesChanged => {}
                Effect::Done { code } => self.code = Some(code),
            }
        }
    }

    fn event(&mut self, kind: &'static str, object: Tree) -> String {
        self.screen.clear();
        let ticket = self.watches[self.watches.len() - 1];
        let effects = self.shell.watched(self.now, ticket, vec![WatchEvent { kind, object }], false);
        self.carry_out(effects);
        self.screen.clone()
    }

    fn sleep(&mut self, span: Duration) -> String {
        self.screen.clear();
        self.now = self.now + span;
        let effects = self.shell.woken(self.now);
        self.carry_out(effects);
        self.screen.clone()
    }

    fn answer(&mut self, request: &Request) -> Response {
        let (plural, group, namespace, name, part) = match &request.target {
            Target::Path(path) => return served(path),
            Target::Resource { resource: Resource::Named { group, plural, .. }, namespace, name, subresource } => {
                (plural.to_string(), group.to_string(), namespace.to_string(), name.to_string(), subresource.to_string())
            }
            other => panic!("{other:?}"),
        };
        let resource = if group.is_empty() { plural.clone() } else { format!("{plural}.{group}") };
        let key = (plural.clone(), namespace.clone(), name.clone());
        if part == "log" {
            return Response::text(self.log.clone());
        }
        self.revision += 1;
        match request.verb {
            Verb::Get if plural == "namespaces" && name == "default" => Response::ok(map! {"kind": "Namespace"}),
            Verb::Get | Verb::Delete if !self.objects.contains_key(&key) => Status::not_found(&resource, &name).into(),
            Verb::Get if request.accept == Accept::Table => Response::ok(table(&[self.objects[&key].clone()])),
            Verb::Get => Response::ok(self.objects[&key].clone()),
            Verb::Delete => {
                self.objects.remove(&key);
                Response::ok(Status::success(&resource, &name, "uid-1"))
            }
            Verb::List => {
                let selector = objects::labels::Selector::parse(&request.options.label_selector).unwrap();
                let here = |(key, _): &(&(String, String, String), &Tree)| key.0 == plural && (namespace.is_empty() || key.1 == namespace);
                let items: Vec<Tree> = self
                    .objects
                    .iter()
                    .filter(here)
                    .map(|(_, tree)| tree.clone())
                    .filter(|tree| selector.matches(tree.at(&["metadata", "labels"])))
                    .collect();
                let list = if request.accept == Accept::Table {
                    table(&items)
                } else {
                    map! {"kind": "List", "metadata": map! {"resourceVersion": "7"}, "items": items}
                };
                Response::ok(list)
            }
            Verb::Watch => {
                let cursor = WatchCursor {
                    kind: kinds::POD,
                    namespace: "default".into(),
                    name: "".into(),
                    label_selector: String::new(),
                    field_selector: String::new(),
                    accept: request.accept,
                    bookmarks: false,
                    seen: 0,
                    initial: false,
                    initial_end: false,
                    headed: false,
                };
                Response { code: 200, body: Body::Watch(Box::new(cursor)), warnings: Vec::new() }
            }
            Verb::Create => {
                let name = request.body.at(&["metadata", "name"]).text().to_string();
                let key = (plural, namespace, name.clone());
                if self.objects.contains_key(&key) {
                    return Status::already_exists(&resource, &name).into();
                }
                let mut tree = request.body.clone();
                tree.set(&["metadata", "creationTimestamp"], self.now.rfc3339());
                if request.options.dry_run.is_empty() {
                    self.objects.insert(key, tree.clone());
                }
                Response { code: 201, ..Response::ok(tree) }
            }
            Verb::Patch(PatchKind::Strategic) | Verb::Patch(PatchKind::Merge) => {
                let old = self.objects[&key].clone();
                let shape = kubectl::patch::type_of(old.get("apiVersion").text(), old.get("kind").text());
                let tree = kubectl::merge::apply(&old, &request.body, shape);
                if request.options.dry_run.is_empty() {
                    self.objects.insert(key, tree.clone());
                }
                Response::ok(tree)
            }
            other => panic!("{other:?}"),
        }
    }
}

fn served(path: &str) -> Response {
    let groups = match path {
        "/api" => vec![""],
        "/apis" => vec!["apps"],
        "/version" => return Response::ok(map! {"gitVersion": "v1.37.2"}),
        _ => return Response::from(Status::new(404, "NotFound", "the server could not find the requested resource")),
    };
    let group =
        |name: &&str| {
            let rows: Vec<Tree> = kinds::KINDS.iter().filter(|kind| kind.group == *name).map(|kind| {
            let texts = |all: &[&str]| all.iter().map(|text| Tree::from(*text)).collect::<Vec<_>>();
            map! {
                "resource": kind.plural, "responseKind": map! {"kind": kind.kind}, "singularResource": kind.singular,
                "scope": if kind.namespaced { "Namespaced" } else { "Cluster" }, "shortNames": texts(kind.short),
                "categories": texts(kind.categories), "verbs": texts(&["create", "delete", "get", "list", "patch", "update", "watch"]),
            }
        }).collect();
            map! {"metadata": map! {"name": *name}, "versions": list![map! {"version": "v1", "resources": rows}]}
        };
    Response::ok(map! {"items": groups.iter().map(group).collect::<Vec<_>>()})
}

fn table(items: &[Tree]) -> Tree {
    let row =
        |item: &Tree| map! {"cells": list![item.at(&["metadata", "name"]), "Running"], "object": map! {"metadata": item.get("metadata")}};
    map! {
        "kind": "Table", "metadata": map! {"resourceVersion": "7"},
        "columnDefinitions": list![map! {"name": "Name", "priority": 0}, map! {"name": "Status", "priority": 0}],
        "rows": items.iter().map(row).collect::<Vec<_>>(),
    }
}

fn pod(name: &str) -> Tree {
    map! {"apiVersion": "v1", "kind": "Pod", "metadata": map! {"name": name, "namespace": "default", "labels": map! {"app": "web"}}, "spec": map! {"containers": list![map! {"name": "main"}]}}
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: main
        image: nginx:1.27
";

#[test]
fn apply_creates_then_leaves_alone_then_configures() {
    let mut desk = desk(&[("web.yaml", WEB)]);
    assert_eq!(desk.type_line("kubectl apply -f web.yaml"), "deployment.apps/web created\n");
    assert_eq!(desk.type_line("k apply -f web.yaml"), "deployment.apps/web unchanged\n");
    assert_eq!(desk.type_line("sed -i s/1.27/1.28/ web.yaml && kubectl apply -f ./web.yaml"), "deployment.apps/web configured\n");
    let patch = &desk.sent[desk.sent.len() - 1];
    assert_eq!(patch.origin.actor, "kubectl");
    assert_eq!(patch.options.field_manager, "kubectl-client-side-apply");
    assert_eq!(patch.body.at(&["spec", "template", "spec", "containers"]).to_json(), r#"[{"image":"nginx:1.28","name":"main"}]"#);
    assert_eq!(desk.type_line("kubectl diff -f web.yaml"), "");
    assert_eq!(desk.type_line("kubectl apply -f web.yaml --dry-run=client"), "deployment.apps/web unchanged (dry run)\n");
}

#[test]
fn lists_are_tables_and_an_empty_one_is_said() {
    let mut desk = desk(&[]);
    assert_eq!(desk.type_line("kubectl get pods"), "No resources found in default namespace.\n");
    desk.objects.insert(("pods".into(), "default".into(), "web-1".into()), pod("web-1"));
    assert_eq!(desk.type_line("kubectl get po"), "NAME    STATUS\nweb-1   Running\n");
    assert_eq!(
        desk.type_line("kubectl get pods -A --show-labels"),
        "NAMESPACE   NAME    STATUS    LABELS\ndefault     web-1   Running   app=web\n"
    );
    assert_eq!(
        desk.type_line("kubectl get pod web-1 nobody"),
        "NAME    STATUS\nweb-1   Running\nError from server (NotFound): pods \"nobody\" not found\n"
    );
    assert_eq!(desk.code, Some(1));
    assert_eq!(desk.type_line("kubectl get pods -o name | wc -l"), "1\n");
    assert_eq!(desk.type_line("kubectl get pods -o jsonpath='{.items[0].metadata.name}'"), "web-1");
    assert_eq!(desk.type_line("kubectl get pod web-1 -o custom-columns=N:.metadata.name,X:.nope"), "N       X\nweb-1   <none>\n");
    assert_eq!(desk.type_line("kubectl get unicorns"), "error: the server doesn't have a resource type \"unicorns\"\n");
    assert_eq!(desk.type_line("kubectl get svc,po -n other"), "No resources found in other namespace.\n");
}

#[test]
fn wrong_words_are_answered_in_kubectls_words() {
    let mut desk = desk(&[]);
    assert_eq!(
        desk.type_line("kubectl gett pods"),
        "error: unknown command \"gett\" for \"kubectl\"\n\nDid you mean this?\n\tset\n\tget\n"
    );
    assert_eq!(desk.type_line("kubectl get --foo"), "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n");
    assert_eq!(desk.type_line("kubectl create deployment x"), "error: required flag(s) \"image\" not set\n");
    assert_eq!(desk.type_line("kubectl apply -f none.yaml"), "error: the path \"none.yaml\" does not exist\n");
    assert_eq!(desk.type_line("kubectl delete pods"), "error: resource(s) were provided, but no name was specified\n");
    assert_eq!(desk.type_line("kubctl get pods"), "bash: kubctl: command not found\n");
    assert_eq!(desk.code, Some(127));
    assert!(desk.type_line("ㅏㅕㅠㄷㅊ시 get pods").contains("kubectl get pods"));
}

#[test]
fn a_watch_prints_each_change_once_and_ends_with_ctrl_c() {
    let mut desk = desk(&[]);
    desk.objects.insert(("pods".into(), "default".into(), "web-1".into()), pod("web-1"));
    assert_eq!(desk.type_line("kubectl get pods -w"), "NAME    STATUS\nweb-1   Running\n");
    assert!(desk.shell.busy());
    assert_eq!(desk.event("MODIFIED", table(&[pod("web-1")])), "web-1   Running\n");
    assert_eq!(desk.event("ADDED", table(&[pod("web-longer")])), "web-longer   Running\n");
    // A line typed meanwhile waits.
    assert_eq!(desk.type_line("echo later"), "");
    desk.screen.clear();
    let effects = desk.shell.interrupt(desk.now);
    desk.carry_out(effects);
    assert_eq!((desk.screen.as_str(), desk.code, desk.watches.len()), ("^C\n", Some(130), 0));
    assert_eq!(desk.type_line("echo $?"), "130\n");
}

#[test]
fn a_watch_can_be_filtered_as_it_comes() {
    let mut desk = desk(&[]);
    desk.objects.insert(("pods".into(), "default".into(), "web-1".into()), pod("web-1"));
    assert_eq!(desk.type_line("kubectl get pods -w | grep db"), "");
    assert_eq!(desk.event("ADDED", table(&[pod("db-0")])), "db-0    Running\n");
    assert_eq!(desk.event("ADDED", table(&[pod("web-2")])), "");
}

#[test]
fn deleting_waits_until_the_object_is_gone() {
    let mut desk = desk(&[]);
    desk.objects.insert(("pods".into(), "default".into(), "web-1".into()), pod("web-1"));
    assert_eq!(desk.type_line("kubectl delete pod web-1"), "pod \"web-1\" deleted from default namespace\n");
    assert_eq!(desk.code, Some(0));
    assert_eq!(desk.type_line("kubectl delete pod web-1"), "Error from server (NotFound): pods \"web-1\" not found\n");
    assert_eq!(desk.type_line("kubectl delete pods --all"), "No resources found\n");
}

#[test]
fn logs_name_the_container_they_chose_and_follow_what_comes() {
    let mut desk = desk(&[]);
    let mut two = pod("pair");
    two.set(&["spec", "containers"], list![map! {"name": "app"}, map! {"name": "logger"}]);
    desk.objects.insert(("pods".into(), "default".into(), "pair".into()), two);
    assert_eq!(desk.type_line("kubectl logs pair"), "Defaulted container \"app\" out of: app, logger\none\ntwo\n");
    assert_eq!(desk.type_line("kubectl logs pair -c nobody"), "error: container nobody is not valid for pod pair out of: app, logger\n");
    assert_eq!(
        desk.type_line("kubectl logs none"),
        "error: error from server (NotFound): pods \"none\" not found in namespace \"default\"\n"
    );
    assert_eq!(desk.type_line("kubectl logs -f pair -c app"), "");
    let ticket = desk.follows[0];
    for (text, closed) in [("one\n", false), ("two\n", true)] {
        desk.screen.clear();
        let effects = desk.shell.streamed(desk.now, ticket, text, closed);
        desk.carry_out(effects);
        assert_eq!(desk.screen, text);
    }
    assert_eq!(desk.code, Some(0));
}

#[test]
fn a_here_document_is_applied_line_by_line() {
    let mut desk = desk(&[]);
    assert_eq!(desk.type_line("kubectl apply -f - <<EOF"), "");
    assert_eq!(desk.shell.prompt(), "> ");
    for line in ["apiVersion: v1", "kind: ConfigMap", "metadata: {name: conf}", "data: {a: b}"] {
        assert_eq!(desk.type_line(line), "");
    }
    assert_eq!(desk.type_line("EOF"), "configmap/conf created\n");
    assert_eq!(desk.type_line("kubectl get cm conf -o yaml | tail -2"), "  name: conf\n  namespace: default\n");
}

#[test]
fn generators_print_what_upstream_prints() {
    let mut desk = desk(&[]);
    assert_eq!(
        desk.type_line("kubectl create deployment web2 --image=nginx:1.27 --dry-run=client -o yaml"),
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    app: web2\n  name: web2\nspec:\n  replicas: 1\n  selector:\n    matchLabels:\n      app: web2\n  strategy: {}\n  template:\n    metadata:\n      labels:\n        app: web2\n    spec:\n      containers:\n      - image: nginx:1.27\n        name: nginx\n        resources: {}\nstatus: {}\n"
    );
    assert_eq!(
        desk.type_line("kubectl run three --image=nginx:1.27 --port=80 --labels=app=three --env=A=1 --dry-run=client -o yaml"),
        "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    app: three\n  name: three\nspec:\n  containers:\n  - env:\n    - name: A\n      value: \"1\"\n    image: nginx:1.27\n    name: three\n    ports:\n    - containerPort: 80\n    resources: {}\n  dnsPolicy: ClusterFirst\n  restartPolicy: Always\nstatus: {}\n"
    );
    assert_eq!(
        desk.type_line("kubectl create secret generic s --from-literal=a=1 --dry-run=client -o yaml"),
        "apiVersion: v1\ndata:\n  a: MQ==\nkind: Secret\nmetadata:\n  name: s\n"
    );
    assert_eq!(desk.type_line("kubectl create configmap app --from-literal=a=b"), "configmap/app created\n");
    assert_eq!(
        desk.type_line("kubectl create configmap app --from-literal=a=b"),
        "error: failed to create configmap: configmaps \"app\" already exists\n"
    );
}

#[test]
fn the_shell_does_what_bash_does() {
    let mut desk = desk(&[("a.txt", "b\na\na\n"), ("m/x.yaml", WEB)]);
    assert_eq!(desk.type_line("sort a.txt | uniq -c"), "      2 a\n      1 b\n");
    assert_eq!(desk.type_line("X=5; echo \"$X $(cat a.txt | head -1)\" '$X'"), "5 b $X\n");
    assert_eq!(desk.type_line("false || echo no && echo yes"), "no\nyes\n");
    assert_eq!(desk.type_line("echo hi > out.txt; cat out.txt >> a.txt; tail -1 a.txt; ls"), "hi\na.txt\nm/\nout.txt\n");
    assert_eq!(desk.type_line("cat none 2>/dev/null || echo missing"), "missing\n");
    assert_eq!(desk.type_line("ls m/*.yaml | awk '{print $1, NR}'"), "m/x.yaml 1\n");
    assert_eq!(desk.type_line("grep -n image m/x.yaml | cut -d: -f1"), "17\n");
    assert_eq!(desk.type_line("(echo a; echo b) | tr a-z A-Z"), "A\nB\n");
}

#[test]
fn sleeping_and_watching_take_virtual_time() {
    let mut desk = desk(&[]);
    assert_eq!(desk.type_line("sleep 2 && echo up"), "");
    assert_eq!(desk.wake, Some(Time::START + Duration::secs(2)));
    assert_eq!(desk.sleep(Duration::secs(1)), "");
    assert_eq!(desk.sleep(Duration::secs(1)), "up\n");
    assert!(desk.type_line("watch -n 1 kubectl get pods").ends_with("No resources found in default namespace.\n"));
    for _ in 0..50 {
        assert!(desk.sleep(Duration::secs(1)).starts_with("Every 1s: kubectl get pods"));
    }
    assert!(desk.shell.busy());
}

#[test]
fn the_editor_gives_its_text_to_the_file() {
    let mut desk = desk(&[("web.yaml", "old\n")]);
    desk.type_line("vi web.yaml");
    assert_eq!(desk.edit, Some(("web.yaml".into(), "old\n".into())));
    let effects = desk.shell.edited(desk.now, Some("new\n".into()));
    desk.carry_out(effects);
    assert_eq!((desk.code, desk.shell.file("web.yaml")), (Some(0), Some("new\n")));
}

#[test]
fn completion_knows_commands_flags_files_and_names() {
    let mut desk = desk(&[("web.yaml", WEB)]);
    let words = |desk: &Desk, line: &str| desk.shell.complete(line, line.len()).candidates;
    assert_eq!(words(&desk, "kubectl des"), ["describe"]);
    assert_eq!(words(&desk, "kubectl apply -f w"), ["web.yaml"]);
    assert_eq!(words(&desk, "kubectl get --show-l"), ["--show-labels"]);
    assert_eq!(words(&desk, "kubectl get pods -o j"), ["json", "jsonpath", "jsonpath-as-json", "jsonpath-file"]);
    assert!(words(&desk, "kubectl patch deploy web -o w").is_empty(), "only get has a wide form");
    assert!(
        words(&desk, "kubectl set image deploy/web --rec").starts_with(&["--recursive".to_string()]),
        "what is deprecated is not offered"
    );
    desk.objects.insert(("pods".into(), "default".into(), "web-1".into()), pod("web-1"));
    desk.type_line("kubectl get pods");
    assert_eq!(words(&desk, "kubectl get deploy"), ["deployments.apps"]);
    let asked = desk.shell.complete("kubectl get pod w", 17);
    let response = desk.answer(&asked.ask.clone().unwrap());
    assert_eq!(finish(&asked, &response), ["web-1"]);
}

#[test]
fn a_copy_of_a_busy_terminal_goes_on_by_itself() {
    let mut desk = desk(&[]);
    desk.objects.insert(("pods".into(), "default".into(), "web-1".into()), pod("web-1"));
    desk.type_line("kubectl get pods -w");
    let ticket = desk.watches[0];
    let event = || vec![WatchEvent { kind: "ADDED", object: table(&[pod("x")]) }];
    let mut copy = desk.shell.clone();
    assert_eq!(copy.watched(desk.now, ticket, event(), false), desk.shell.watched(desk.now, ticket, event(), false));
    assert_eq!(copy, desk.shell);
}

#[test]
fn head_ends_the_watch_that_it_has_read_enough_of() {
    let mut desk = desk(&[]);
    desk.objects.insert(("pods".into(), "default".into(), "web-1".into()), pod("web-1"));
    // The heading and the first Pod come at once; the second Pod is the third line.
    desk.type_line("kubectl get pods -w | head -3; echo $?; kubectl get pods -o name");
    assert!(desk.shell.busy());
    let screen = desk.event("ADDED", pod_row("web-2"));
    assert!(screen.starts_with("web-2") && screen.ends_with("\n0\npod/web-1\n"), "{screen}");
    assert_eq!((desk.code, desk.watches.len()), (Some(0), 0), "the prompt is back and nothing is watched any more");
}

#[test]
fn a_command_that_works_is_not_ended_by_a_reader_that_left() {
    let mut desk = desk(&[]);
    assert_eq!(desk.type_line("kubectl create configmap a -o name | true; echo over"), "over\n");
    assert!(desk.objects.contains_key(&("configmaps".into(), "default".into(), "a".into())));
}

fn pod_row(name: &str) -> Tree {
    table(&[pod(name)])
}
