//! Each part taken away by itself: what must still work and what must not, after 1 s, 1 min and 10 min.
//!
//! What stands in the rows follows the documents of upstream that each group names. A row is measured twice: by deeds in a
//! copy of the world (kubectl typed, a Pod deleted, a machine switched off) and by the check list, which must agree.
use cluster::input::{Fault, Input};
use cluster::probes::{Checklist, IDS};
use cluster::{Session, World};
use simcore::Duration;

const TIMES: [u64; 3] = [1, 60, 600];

/// A cluster with a Deployment of three, its Service, and a Pod that asks.
fn cluster(preset: &str) -> World {
    let mut session = Session::start(preset, 3, 5, Vec::new()).expect("the preset is known");
    session.advance(session.now() + Duration::secs(40), usize::MAX);
    for line in [
        "kubectl create deployment web --image=hello:v1 --replicas=6",
        "kubectl expose deployment web --port=80 --target-port=8080",
        "kubectl run box --image=busybox:1.36 -- sleep infinity",
    ] {
        typed(&mut session.world, line);
    }
    pass(&mut session.world, 30);
    session.world
}

fn pass(world: &mut World, seconds: u64) {
    let until = world.now() + Duration::secs(seconds);
    world.run_until(until);
}

/// What a line prints; it is given up after 70 s.
fn typed(world: &mut World, line: &str) -> String {
    let before = world.terminal.output().len();
    world.input(&Input::Line { text: line.to_string() });
    let limit = world.now() + Duration::secs(70);
    if !world.run_while(limit, |world| !world.busy()) {
        world.input(&Input::Interrupt);
    }
    world.terminal.output()[before..].to_string()
}

fn fault(world: &mut World, fault: &Fault) {
    world.input(&Input::Fault { fault: fault.clone() });
}

/// How many Pods of the Deployment run and are not on their way out, as the store has it.
fn running(world: &World, label: &str) -> usize {
    let pods = world.api.store.applied().list(objects::kinds::POD);
    pods.filter(|pod| {
        let here = pod.labels().get("app").text() == label || pod.labels().get("run").text() == label;
        here && pod.status().get("phase").text() == "Running" && !pod.is_deleting()
    })
    .count()
}

/// The same eight functions by deeds, each in a copy of its own.
fn by_deeds(world: &World) -> [Option<bool>; 8] {
    let kubectl = |world: &World| {
        let mut copy = world.clone();
        typed(&mut copy, "kubectl get nodes").contains("worker-1") && typed(&mut copy, "kubectl create configmap one").contains("created")
    };
    let scaling = |world: &World| {
        let mut copy = world.clone();
        let before = running(&copy, "web");
        typed(&mut copy, "kubectl scale deployment web --replicas=20");
        pass(&mut copy, 30);
        running(&copy, "web") > before
    };
    // Without kubectl nobody can ask for a Pod: then these are told by the check list alone.
    let can_ask = kubectl(world);
    let scheduling = |world: &World| {
        let mut copy = world.clone();
        typed(&mut copy, "kubectl run more --image=hello:v1");
        pass(&mut copy, 30);
        running(&copy, "more") == 1
    };
    let healing = |world: &World| {
        let mut copy = world.clone();
        typed(&mut copy, "kubectl delete pod -l app=web --force --grace-period=0 --wait=false");
        pass(&mut copy, 40);
        running(&copy, "web") >= 6
    };
    let failures = |world: &World| {
        let mut copy = world.clone();
        fault(&mut copy, &Fault::StopNode { node: "worker-3".to_string() });
        pass(&mut copy, 90);
        let node = copy.api.store.applied().find(objects::kinds::NODE, "", "worker-3").cloned().expect("it is there");
        node.status().get("conditions").items().iter().any(|one| one.get("type").text() == "Ready" && one.get("status").text() != "True")
    };
    let ask = |yes: bool| can_ask.then_some(yes);
    [
        None,
        None,
        None,
        ask(can_ask && healing(world)),
        ask(can_ask && scheduling(world)),
        Some(can_ask),
        Some(can_ask && scaling(world)),
        Some(failures(world)),
    ]
}

/// The check list as letters: `+` works, `-` does not; in the order of `IDS`: Pods, traffic, DNS, healing, scheduling,
/// kubectl, scaling, node failures.
fn letters(world: &World) -> String {
    let mut list = Checklist::default();
    list.look(world).iter().map(|row| if row.works { '+' } else { '-' }).collect()
}

/// Plays one outage and holds it against its three rows; where `deeds` is set, against deeds, too.
fn holds(preset: &str, faults: &[Fault], rows: [&str; 3], deeds: bool) -> Vec<String> {
    let mut world = cluster(preset);
    assert_eq!(letters(&world), "++++++++", "a whole cluster works");
    for one in faults {
        fault(&mut world, one);
    }
    let (began, mut wrong) = (world.now(), Vec::new());
    for (seconds, wanted) in TIMES.into_iter().zip(rows) {
        world.run_until(began + Duration::secs(seconds));
        let found = letters(&world);
        if found != wanted {
            let mut list = Checklist::default();
            let why: Vec<String> =
                list.look(&world).iter().filter(|row| !row.works).map(|row| format!("{}: {}", row.id, row.why)).collect();
            wrong.push(format!("{faults:?} after {seconds} s: wanted {wanted}, found {found} {why:?}"));
        }
        if !deeds {
            continue;
        }
        for ((id, said), done) in IDS.iter().zip(found.chars()).zip(by_deeds(&world)) {
            if done.is_some_and(|done| done != (said == '+')) {
                wrong.push(format!("{faults:?} after {seconds} s: the list says {said} of {id}, the deed says {done:?}"));
            }
        }
    }
    wrong
}

fn stop(component: &str) -> Fault {
    Fault::StopComponent { component: component.to_string() }
}

fn all(rows: &[(&str, Fault, [&str; 3])], deeds: bool) {
    let wrong: Vec<String> =
        rows.iter().flat_map(|(preset, fault, rows)| holds(preset, std::slice::from_ref(fault), *rows, deeds)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// kubernetes.io/docs/concepts/overview/components and /concepts/architecture/controller: what runs does not ask the
/// control plane; what has to change does.
#[test]
fn without_a_part_of_the_control_plane_what_runs_goes_on_and_nothing_changes() {
    all(
        &[
            ("kubeadm", stop("kube-apiserver"), ["+++-----", "+++-----", "+++-----"]),
            ("kubeadm", stop("etcd"), ["+++-----", "+++-----", "+++-----"]),
            ("kubeadm", stop("kube-scheduler"), ["+++--+-+", "+++--+-+", "+++--+-+"]),
            ("kubeadm", stop("kube-controller-manager"), ["+++-++--", "+++-++--", "+++-++--"]),
        ],
        true,
    );
}

/// kubernetes.io/docs/reference/node and the kubelet's runtime check (`container runtime is down` after 30 s): one worker
/// of three is missed by nobody but its own Pods.
#[test]
fn a_part_of_one_worker_is_that_workers_trouble() {
    let node = || "worker-1".to_string();
    all(
        &[
            ("kubeadm", stop("kubelet/worker-1"), ["++++++++", "++++++++", "++++++++"]),
            ("kubeadm", stop("containerd/worker-1"), ["++++++++", "++++++++", "++++++++"]),
            ("kubeadm", stop("kube-proxy/worker-1"), ["++++++++", "++++++++", "++++++++"]),
            // A dead machine's Pods are gone; their endpoints go when it is seen to be dead, after some 50 s; they are
            // replaced after five minutes more, but for those of DaemonSets, which stay as long as the node is in the list.
            ("kubeadm", Fault::StopNode { node: node() }, ["--++++++", "-+++++++", "-+++++++"]),
            ("kubeadm", Fault::CutNode { node: node() }, ["+-++++++", "++++++++", "++++++++"]),
        ],
        false,
    );
}

/// kubernetes.io/docs/setup/production-environment/tools/kubeadm/high-availability: one control plane of three may go.
#[test]
fn with_three_control_planes_one_may_go_and_two_may_not() {
    let one = || "control-plane-1".to_string();
    // Each kube-apiserver has the member beside it: until the load balancer has seen it fail, some requests meet one without.
    all(
        &[
            ("kubeadm-ha", stop("kube-apiserver/control-plane-2"), ["++++++++", "++++++++", "++++++++"]),
            // Until the load balancer's checks have noticed, one connection of three leads to a server without its etcd.
            ("kubeadm-ha", stop("etcd/control-plane-3"), ["+++++-++", "++++++++", "++++++++"]),
        ],
        false,
    );
    // Both leaders stood on it, and so do the two Pods of CoreDNS, as kubeadm leaves them: leases pass on after some 16 to
    // 20 s, Pods after five minutes. Its own static Pods are gone as long as it is.
    let mut wrong = holds("kubeadm-ha", &[Fault::StopNode { node: one() }], ["-+---+--", "-+-+++++", "-+++++++"], false);
    wrong.extend(holds(
        "kubeadm-ha",
        &[Fault::StopNode { node: one() }, Fault::StopNode { node: "control-plane-2".to_string() }],
        ["-+------", "-+------", "-+------"],
        false,
    ));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy: rules stay in the kernel when the process is
/// gone; they only grow old.
#[test]
fn without_kube_proxy_old_rules_serve_until_an_endpoint_changes() {
    let mut world = cluster("kubeadm");
    fault(&mut world, &stop("kube-proxy/worker-1"));
    pass(&mut world, 60);
    assert_eq!(letters(&world), "++++++++");
    typed(&mut world, "kubectl delete pod -l app=web");
    pass(&mut world, 60);
    assert_eq!(letters(&world), "+-++++++", "worker-1 still sends to Pods that are gone");
}

/// CoreDNS is a Deployment like others: killed, it is replaced; scaled to nothing, names are gone and addresses are not.
#[test]
fn without_coredns_names_are_gone_and_addresses_are_not() {
    let mut world = cluster("kubeadm");
    typed(&mut world, "kubectl -n kube-system scale deployment coredns --replicas=0");
    pass(&mut world, 40);
    assert_eq!(letters(&world), "++-+++++");
    typed(&mut world, "kubectl -n kube-system scale deployment coredns --replicas=2");
    pass(&mut world, 60);
    assert_eq!(letters(&world), "++++++++");
}

/// kubernetes.io/docs/concepts/architecture/nodes: without its runtime a node is not ready, what runs there runs on, and
/// nothing new starts; five minutes later its Pods are replaced elsewhere.
#[test]
fn without_containerd_what_runs_runs_on_and_nothing_starts() {
    let mut world = cluster("kubeadm");
    fault(&mut world, &stop("containerd/worker-1"));
    pass(&mut world, 60);
    let nodes = typed(&mut world, "kubectl describe node worker-1");
    assert!(nodes.contains("container runtime is down"), "{nodes}");
    let pods = typed(&mut world, "kubectl get pods -l app=web -o wide");
    assert_eq!(pods.matches("Running").count(), 6, "{pods}");
    let line = "kubectl run here --image=hello:v1 --overrides='{\"spec\":{\"nodeName\":\"worker-1\"}}'; sleep 20; kubectl get pod here";
    let here = typed(&mut world, line);
    assert!(here.contains("0/1") && !here.contains("Running"), "{here}");
    fault(&mut world, &Fault::StartComponent { component: "containerd/worker-1".to_string() });
    pass(&mut world, 40);
    let here = typed(&mut world, "kubectl get pod here; kubectl get node worker-1");
    assert!(here.contains("1/1") && !here.contains("NotReady"), "{here}");
}

#[test]
fn a_slow_part_takes_longer_for_the_same() {
    let mut world = cluster("kubeadm");
    let took = |world: &World| {
        let mut copy = world.clone();
        let began = copy.now();
        typed(&mut copy, "kubectl get nodes");
        copy.now().since(began).as_millis()
    };
    let before = took(&world);
    fault(&mut world, &Fault::SlowComponent { component: "kube-apiserver".to_string(), delay_ms: 800 });
    assert!(took(&world) >= before + 800, "{before} {}", took(&world));
    fault(&mut world, &Fault::SlowComponent { component: "kube-apiserver".to_string(), delay_ms: 0 });
    assert!(took(&world) < before + 100);
    fault(&mut world, &Fault::SlowComponent { component: "kube-scheduler".to_string(), delay_ms: 3_000 });
    typed(&mut world, "kubectl run more --image=hello:v1");
    pass(&mut world, 3);
    assert!(typed(&mut world, "kubectl get pod more").contains("Pending"), "the scheduler hears of it late");
    pass(&mut world, 15);
    assert!(typed(&mut world, "kubectl get pod more").contains("Running"));
}
