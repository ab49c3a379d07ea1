//! Prints what requests cost: microseconds per Pod created, bound, patched, listed.
#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
use apiserver::{ApiServer, Outcome};
use objects::wire::{PatchKind, Request, Verb};
use objects::{Tree, kinds, list, map};
use simcore::Time;
use std::time::Instant;

const PODS: usize = 10_000;

fn main() {
    let mut server = ApiServer::new(1);
    let make = |kind, name: &str| {
        Request::about(Verb::Create, kind, if kind == kinds::NAMESPACE { "" } else { "default" }, "")
            .body(map! {"metadata": map! {"name": name}})
    };
    run(&mut server, &make(kinds::NAMESPACE, "default"));
    run(&mut server, &make(kinds::SERVICE_ACCOUNT, "default"));
    let template = template();
    time("create", |index| run(&mut server, &create(&template, index)));
    time("bind", |index| {
        let body = map! {"target": map! {"kind": "Node", "name": format!("worker-{}", index % 100)}};
        run(&mut server, &Request::about(Verb::Create, kinds::POD, "default", name(index)).subresource("binding").body(body));
    });
    time("status patch", |index| {
        let request = Request::about(Verb::Patch(PatchKind::Strategic), kinds::POD, "default", name(index)).subresource("status");
        run(&mut server, &request.body(status(index)));
    });
    time("no-op patch", |index| {
        let request = Request::about(Verb::Patch(PatchKind::Strategic), kinds::POD, "default", name(index)).subresource("status");
        run(&mut server, &request.body(status(index)));
    });
    let started = Instant::now();
    let Outcome::Now(all) = server.handle(Time::START, &Request::about(Verb::List, kinds::POD, "default", "")) else { return };
    println!(
        "{:>14} {:8.2} µs per Pod ({})",
        "list",
        started.elapsed().as_secs_f64() * 1e6 / PODS as f64,
        all.tree().get("items").items().len()
    );
}

fn name(index: usize) -> String {
    format!("web-7d4b9c6f5-{index:05}")
}

fn run(server: &mut ApiServer, request: &Request) {
    match server.handle(Time::START, request) {
        Outcome::Now(response) if !response.is_ok() => panic!("{:?}", response.tree()),
        _ => {}
    }
    if server.store.wants_sync() {
        server.store.begin_sync();
        server.store.end_sync();
    }
}

fn time(what: &str, mut each: impl FnMut(usize)) {
    let started = Instant::now();
    for index in 0..PODS {
        each(index);
    }
    println!("{what:>14} {:8.2} µs", started.elapsed().as_secs_f64() * 1e6 / PODS as f64);
}

fn template() -> Tree {
    map! {"containers": list![map! {
        "name": "main", "image": "nginx:1.27", "imagePullPolicy": "IfNotPresent", "resources": map! {}, "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File", "ports": list![map! {"containerPort": 80, "protocol": "TCP"}],
    }], "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler", "securityContext": map! {}, "terminationGracePeriodSeconds": 30}
}

fn create(template: &Tree, index: usize) -> Request {
    let owner = map! {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d4b9c6f5", "uid": "0b5a7a5e-0000-4000-8000-000000000001", "controller": true, "blockOwnerDeletion": true};
    let meta = map! {"name": name(index), "labels": map! {"app": "web", "pod-template-hash": "7d4b9c6f5"}, "ownerReferences": list![owner]};
    Request::about(Verb::Create, kinds::POD, "default", "").body(map! {"metadata": meta, "spec": template})
}

fn status(index: usize) -> Tree {
    let condition = |kind: &'static str| map! {"type": kind, "status": "True", "lastProbeTime": Tree::Null, "lastTransitionTime": "2026-12-01T00:00:00Z"};
    let container = map! {"name": "main", "ready": true, "restartCount": 0, "image": "nginx:1.27", "state": map! {"running": map! {"startedAt": "2026-12-01T00:00:00Z"}}};
    map! {"status": map! {
        "phase": "Running", "podIP": format!("10.240.{}.{}", index / 250, index % 250), "hostIP": "192.168.100.12", "startTime": "2026-12-01T00:00:00Z",
        "conditions": list![condition("Initialized"), condition("Ready"), condition("ContainersReady")], "containerStatuses": list![container],
    }}
}
