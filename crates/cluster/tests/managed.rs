//! A cluster whose control plane a provider runs: what can be touched, what cannot, what mends itself, and both halves of an upgrade.
mod learner;

use cluster::input::Fault;
use cluster::managed::duties::{By, DUTIES, column};
use cluster::managed::{HIDDEN, PROVIDERS};
use cluster::{Topology, World};
use learner::{run, type_in};

fn booted(preset: &str) -> World {
    let mut world = World::boot(&Topology::preset(preset, 3).expect("the preset is known"), 1, Vec::new());
    run(&mut world, 60);
    world
}

fn stop(component: &str) -> Fault {
    Fault::StopComponent { component: component.to_string() }
}

fn ready(world: &mut World) -> usize {
    type_in(world, "kubectl get nodes --no-headers").lines().filter(|line| line.contains(" Ready ")).count()
}

#[test]
fn only_nodes_and_no_control_plane_are_to_be_seen() {
    for provider in &PROVIDERS {
        let mut world = booted(provider.id);
        let nodes = type_in(&mut world, "kubectl get nodes --no-headers");
        assert_eq!((nodes.lines().count(), ready(&mut world)), (3, 3), "{nodes}");
        assert!(nodes.lines().all(|line| line.contains("<none>") && line.ends_with("v1.36.5")), "{nodes}");
        assert!(nodes.contains(&(provider.node)(1)), "{nodes}");
        let pods = type_in(&mut world, "kubectl get pods -n kube-system");
        assert!(pods.contains("coredns-") && pods.contains("kube-proxy-"), "{pods}");
        assert!(!["kube-apiserver", "etcd", "kube-scheduler", "kube-controller-manager"].iter().any(|part| pods.contains(part)), "{pods}");
        let info = type_in(&mut world, "kubectl cluster-info");
        assert!(info.starts_with(&format!("Kubernetes control plane is running at https://{}\n", provider.endpoint)), "{info}");
        let described = type_in(&mut world, &format!("kubectl get node {} --show-labels", (provider.node)(1)));
        assert!(provider.labels_of(1).iter().all(|(key, value)| described.contains(&format!("{key}={value}"))), "{described}");
        assert!(!world.servers().iter().any(|name| name == HIDDEN) && world.processes(HIDDEN).is_empty());
    }
}

#[test]
fn no_login_and_no_tool_leads_to_the_control_plane() {
    let mut world = booted("gke");
    let node = (PROVIDERS[1].node)(1);
    for name in ["control-plane", HIDDEN, PROVIDERS[1].endpoint] {
        let said = type_in(&mut world, &format!("ssh {name} ls"));
        assert!(said.contains("ssh: ") && said.contains("GKE runs it"), "{said}");
    }
    assert!(type_in(&mut world, &format!("ssh {node} hostname")).contains(&node));
    for tool in ["kubeadm init", "etcdctl member list", "kubectl get nodes"] {
        let said = type_in(&mut world, &format!("ssh {node} {tool}"));
        assert!(said.contains("command not found"), "{tool}: {said}");
    }
    assert!(!type_in(&mut world, &format!("ssh {node} ls /etc/kubernetes/manifests")).contains(".yaml"));
    let said = type_in(&mut world, "kubectl -n kube-system exec etcd-provider -- etcdctl member list");
    assert!(said.contains("pods \"etcd-provider\" not found"), "{said}");
    assert!(type_in(&mut world, "kubectl -n kube-system get configmap kubeadm-config").contains("not found"));
}

/// Tries one row: whether what belongs to it can be touched by whoever types and breaks; `None` where the simulation has
/// nothing of the kind.
fn touched(world: &mut World, row: &str, node: &str) -> Option<bool> {
    let control = world.hosts().iter().find(|host| host.control_plane).map(|host| host.name.to_string())?;
    let held = |said: Result<simcore::OccurrenceId, String>| Some(said.is_ok());
    match row {
        "api-server" => held(world.fault(&stop("kube-apiserver"))),
        "etcd" => {
            let saved = type_in(world, &format!("ssh {control} 'etcdctl snapshot save /root/one.db'"));
            Some(saved.contains("Snapshot saved"))
        }
        "controllers" => held(world.fault(&stop("kube-scheduler"))),
        "certificates" => Some(type_in(world, &format!("ssh {control} kubeadm certs check-expiration")).contains("CERTIFICATE")),
        // Who repairs it: left alone, it stays dead where it is the learner's own.
        "repair" => {
            world.fault(&Fault::StopNode { node: control }).expect("power can be lost everywhere");
            run(world, 300);
            Some(type_in(world, "kubectl get nodes").contains("Unable to connect"))
        }
        "node-system" => {
            let said = type_in(world, &format!("ssh {node} systemctl stop kubelet"));
            run(world, 60);
            Some(said.is_empty() && ready(world) < world.servers().len())
        }
        "node-upgrade" => {
            let _ = world.fault(&Fault::UpgradeControlPlane { version: String::new() });
            run(world, 130);
            let made = world.fault(&Fault::UpgradeNode { node: node.to_string() });
            let own = type_in(world, &format!("ssh {node} kubeadm version -o short"));
            Some(made.is_ok() || own.starts_with("v1."))
        }
        "load-balancer" => {
            type_in(world, "kubectl create service loadbalancer front --tcp=80");
            run(world, 10);
            Some(type_in(world, "kubectl get service front --no-headers").contains("<pending>"))
        }
        "capacity" => Some(type_in(world, &format!("kubectl cordon {node}")).contains("cordoned")),
        "workloads" => Some(type_in(world, "kubectl create deployment web --image=hello:v1").contains("created")),
        "policies" => {
            let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: none}\nspec: {podSelector: {}}\n";
            world.input(&cluster::input::Input::Apply { name: "none.yaml".to_string(), text: policy.to_string() });
            run(world, 5);
            Some(type_in(world, "kubectl get networkpolicies").contains("none"))
        }
        _ => None,
    }
}

#[test]
fn what_a_row_calls_yours_can_be_touched_and_what_it_calls_theirs_cannot() {
    let mut tried = 0;
    for preset in ["kubeadm", "gke", "eks", "aks"] {
        let world = booted(preset);
        let at = column(world.provider()).expect("it has a column");
        for duty in &DUTIES {
            let mut world = world.clone();
            let node = world.hosts().iter().find(|host| !host.control_plane).expect("there are nodes").name.to_string();
            let Some(touched) = touched(&mut world, duty.id, &node) else { continue };
            tried += 1;
            assert_eq!(touched, duty.by[at] != By::Provider, "{preset}: {}", duty.id);
        }
    }
    assert_eq!(tried, 44, "each column has eleven rows that can be tried");
}

#[test]
fn the_provider_repairs_its_control_plane_and_pods_serve_meanwhile() {
    let mut world = booted("managed");
    type_in(&mut world, "kubectl create deployment web --image=hello:v1 --replicas=3");
    run(&mut world, 20);
    world.fault(&Fault::StopNode { node: HIDDEN.to_string() }).expect("accidents happen");
    let said = type_in(&mut world, "kubectl get pods");
    assert_eq!(said, "Unable to connect to the server: dial tcp 198.51.100.10:443: i/o timeout\n");
    let refused = world.fault(&Fault::StartNode { node: HIDDEN.to_string() }).expect_err("it is not ours");
    assert_eq!(refused, "there is nothing for you to mend: the provider repairs its own machines");
    run(&mut world, 180);
    assert_eq!(type_in(&mut world, "kubectl get pods --no-headers").matches("1/1 ").count(), 3);
    type_in(&mut world, "kubectl scale deployment web --replicas=5");
    run(&mut world, 60);
    assert_eq!(type_in(&mut world, "kubectl get pods --no-headers").matches("1/1 ").count(), 5);
    assert_eq!(ready(&mut world), 3);
}

#[test]
fn the_control_plane_is_upgraded_by_them_and_each_node_by_you() {
    let mut world = booted("eks");
    let node = (PROVIDERS[2].node)(2);
    let early = world.fault(&Fault::UpgradeNode { node: node.clone() }).expect_err("a node is never newer");
    assert!(early.contains("has v1.36.5 already"), "{early}");
    assert!(type_in(&mut world, "kubectl version").contains("Server Version: v1.36.5"));
    world.fault(&Fault::UpgradeControlPlane { version: "v1.37.2".to_string() }).expect("it begins");
    for _ in 0..13 {
        assert!(type_in(&mut world, "kubectl get nodes").contains("Ready"), "the API answers all the while");
        run(&mut world, 10);
    }
    assert!(type_in(&mut world, "kubectl version").contains("Server Version: v1.37.2"));
    assert_eq!(type_in(&mut world, "kubectl get nodes --no-headers").matches("v1.36.5").count(), 3, "the nodes stay behind");
    assert!(type_in(&mut world, &format!("kubectl drain {node} --ignore-daemonsets")).contains("drained"));
    world.fault(&Fault::UpgradeNode { node: node.clone() }).expect("it is made anew");
    run(&mut world, 90);
    let line = type_in(&mut world, &format!("kubectl get node {node} --no-headers"));
    assert!(line.contains("Ready,SchedulingDisabled") && line.contains("v1.37.2"), "{line}");
    assert!(type_in(&mut world, &format!("ssh {node} kubelet --version")).contains("v1.37.2"));
    assert!(world.fault(&Fault::UpgradeNode { node }).expect_err("once is enough").contains("has v1.37.2 already"));
}

#[test]
fn deeds_of_providers_are_refused_on_servers_of_ones_own() {
    let mut world = booted("kubeadm");
    let own = world.fault(&Fault::UpgradeControlPlane { version: String::new() }).expect_err("it is the learner's");
    assert!(own.starts_with("this control plane is your own"), "{own}");
    assert!(world.fault(&Fault::UpgradeNode { node: "worker-1".to_string() }).is_err());
}
