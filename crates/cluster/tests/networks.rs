//! The cluster's network as a choice, and as something to install: what a learner sees of each plugin.
mod learner;
use cluster::input::Fault;
use cluster::{Choices, Session, Topology, Viewer, World};
use learner::{run, type_in};
use objects::kinds;
use simcore::{Duration, Time};

fn booted(network: &str, files: &[(&str, &str)]) -> World {
    let files = files.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    let mut topology = Topology::kubeadm(2);
    topology.choose("network", network).expect("the word is known");
    let mut world = World::boot(&topology, 5, files);
    run(&mut world, 30);
    world
}

/// The first columns of a table, line by line.
fn columns(text: &str, count: usize) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().take(count).collect::<Vec<_>>().join(" ")).collect()
}

/// The hops of the last request, each as its three texts.
fn last_story(world: &World) -> Vec<(String, String, String)> {
    let last = world.traffic().recent().last().map_or(0, |trace| trace.id);
    world.follow_request(last).into_iter().map(|hop| (hop.component, hop.text, hop.entry)).collect()
}

/// A server on worker-1, a client on worker-2, and a policy that shuts the server.
const SHUT: &str = "
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {nodeName: worker-1, containers: [{name: web, image: hello:v1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: box}
spec: {nodeName: worker-2, containers: [{name: box, image: busybox:1.36, command: [sleep, infinity]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shut}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}
";

const NODES: [&str; 3] = ["control-plane", "worker-1", "worker-2"];
const FLANNEL: &str = "https://github.com/flannel-io/flannel/releases/latest/download/kube-flannel.yml";
const CALICO: &str = "https://raw.githubusercontent.com/projectcalico/calico/v3.31.2/manifests/calico.yaml";

fn ask_web(world: &mut World) -> String {
    let web = type_in(world, "kubectl get pod web -o jsonpath='{.status.podIP}'");
    type_in(world, &format!("kubectl exec box -- wget -qO- -T 2 http://{web}:8080/"))
}

#[test]
fn calico_routes_between_nodes_and_enforces_policies() {
    let mut world = booted("calico", &[("shut.yaml", SHUT)]);
    type_in(&mut world, "kubectl apply -f shut.yaml");
    run(&mut world, 10);
    assert!(ask_web(&mut world).contains("download timed out"));
    type_in(&mut world, "kubectl delete netpol shut");
    run(&mut world, 1);
    assert!(ask_web(&mut world).starts_with("Hello from v1"));
    let story = last_story(&world);
    let (_, text, entry) = story.iter().find(|hop| hop.0 == "calico/worker-2").expect("there is a route");
    assert_eq!(text, "routes packets for 10.244.1.0/24 to worker-1 (192.168.100.12) as they are");
    assert!(entry.starts_with("10.244.1.0/24 via 192.168.100.12 dev eth0 proto bird\n") && entry.ends_with("mtu 1500"), "{entry}");
}

#[test]
fn flannel_wraps_packets_and_a_policy_is_an_object_without_effect() {
    let mut world = booted("flannel", &[("shut.yaml", SHUT)]);
    type_in(&mut world, "kubectl apply -f shut.yaml");
    run(&mut world, 10);
    assert!(ask_web(&mut world).starts_with("Hello from v1"));
    let story = last_story(&world);
    let (_, text, entry) = story.iter().find(|hop| hop.0 == "flannel/worker-2").expect("there is an overlay");
    assert!(text.contains("192.168.100.12:8472 (VXLAN)") && text.contains("1450"), "{text}");
    assert!(entry.starts_with("10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink\n") && entry.ends_with("mtu 1450"), "{entry}");
    let (_, text, entry) = story.iter().find(|hop| hop.0 == "NetworkPolicy").expect("the policy is told");
    assert_eq!(text, "would deny this, but this cluster's network plugin does not enforce policies");
    assert!(entry.contains("shut"), "{entry}");
    let delta = Viewer::default().look(&mut world);
    let policy = delta.objects.iter().find(|object| object.kind == "NetworkPolicy").expect("it is shown");
    assert_eq!(policy.note, "not enforced by this cluster's network plugin");
}

#[test]
fn without_a_network_nodes_are_not_ready_and_only_the_hosts_own_pods_run() {
    let host = "apiVersion: v1\nkind: Pod\nmetadata: {name: host}\nspec:\n  nodeName: worker-1\n  hostNetwork: true\n  containers: [{name: web, image: hello:v1}]\n";
    let mut world = booted("none", &[("shut.yaml", SHUT), ("host.yaml", host)]);
    assert_eq!(columns(&type_in(&mut world, "kubectl get nodes --no-headers"), 2), NODES.map(|node| format!("{node} NotReady")));
    let said = type_in(&mut world, "kubectl get node worker-1 -o jsonpath='{.status.conditions[?(@.type==\"Ready\")].message}'");
    let problem = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns \
                   error: cni plugin not initialized";
    assert_eq!(said, problem);
    let taints = type_in(&mut world, "kubectl get node worker-1 -o jsonpath='{.spec.taints[*].key}:{.spec.taints[*].effect}'");
    assert!(taints.contains("node.kubernetes.io/not-ready") && taints.contains("NoSchedule"), "{taints}");
    let pods = type_in(&mut world, "kubectl get pods -n kube-system --no-headers");
    let dns: Vec<String> = columns(&pods, 3).into_iter().filter(|line| line.starts_with("coredns")).collect();
    assert!(dns.len() == 2 && dns.iter().all(|line| line.ends_with("0/1 Pending")), "{pods}");
    assert!(columns(&pods, 3).contains(&"etcd-control-plane 1/1 Running".to_string()), "{pods}");
    type_in(&mut world, "kubectl apply -f shut.yaml -f host.yaml");
    run(&mut world, 10);
    let pods = columns(&type_in(&mut world, "kubectl get pods --no-headers"), 3);
    assert_eq!(pods, ["box 0/1 ContainerCreating", "host 1/1 Running", "web 0/1 ContainerCreating"]);
    let events = type_in(&mut world, "kubectl describe pod web");
    assert!(events.contains("NetworkNotReady") && events.contains(&format!("network is not ready: {problem}")), "{events}");
}

#[test]
fn a_plugin_is_installed_by_a_manifest_node_by_node() {
    let mut world = booted("none", &[("shut.yaml", SHUT)]);
    world.fault(&Fault::CutNode { node: "worker-2".into() }).expect("there is such a node");
    run(&mut world, 60);
    type_in(&mut world, &format!("kubectl apply -f shut.yaml -f {FLANNEL}"));
    run(&mut world, 20);
    let nodes = columns(&type_in(&mut world, "kubectl get nodes --no-headers"), 2);
    assert_eq!(nodes, ["control-plane Ready", "worker-1 Ready", "worker-2 NotReady"]);
    let dns = columns(&type_in(&mut world, "kubectl get pods -n kube-system -l k8s-app=kube-dns --no-headers"), 3);
    assert!(dns.len() == 2 && dns.iter().all(|line| line.ends_with("1/1 Running")), "{dns:?}");
    assert_eq!(columns(&type_in(&mut world, "kubectl get pods --no-headers"), 3), ["box 0/1 Pending", "web 1/1 Running"]);
    // The configuration stays when the plugin's Pod is gone.
    type_in(&mut world, "kubectl delete ds -n kube-system kube-flannel-ds");
    run(&mut world, 60);
    assert_eq!(type_in(&mut world, "kubectl get pods -n kube-system -l app=flannel --field-selector spec.nodeName=worker-1 -o name"), "");
    assert_eq!(columns(&type_in(&mut world, "kubectl get node worker-1 --no-headers"), 2), ["worker-1 Ready"]);
}

#[test]
fn policies_that_stood_without_effect_hold_once_calico_is_there() {
    let mut world = booted("flannel", &[("shut.yaml", SHUT)]);
    type_in(&mut world, "kubectl apply -f shut.yaml");
    run(&mut world, 10);
    assert!(ask_web(&mut world).starts_with("Hello from v1"));
    let mut viewer = Viewer::default();
    viewer.look(&mut world);
    type_in(&mut world, &format!("kubectl apply -f {CALICO}"));
    run(&mut world, 20);
    assert!(ask_web(&mut world).contains("download timed out"));
    let delta = viewer.look(&mut world);
    assert!(delta.objects.iter().any(|object| object.id.contains("shut") && object.note.is_empty()), "the viewer hears of it");
}

#[test]
fn a_session_remembers_its_choices_and_an_unknown_word_is_named() {
    let choices = Choices { network: "none".into(), proxy: "nftables".into(), ..Choices::default() };
    let mut session = Session::choose("kubeadm", 1, &choices, 3, Vec::new()).expect("they are known");
    session.advance(Time::START + Duration::secs(30), usize::MAX);
    let text = parcel::to_text(&session.record);
    let again = Session::replay(&parcel::from_text(&text).expect("it reads")).expect("it fits");
    assert_eq!(again.world.digest(), session.world.digest());
    let ready = |world: &World| world.api.store.applied().list(kinds::NODE).any(|node| objects::views::Node(&node.tree).is_ready());
    assert!(!ready(&again.world));
    let old: cluster::Record = parcel::from_text(&text.replace(",\"choices\":", ",\"later\":")).expect("it may be missing");
    assert_eq!(old.choices, Choices::default());
    let unknown = Session::choose("kubeadm", 1, &Choices { proxy: "userspace".into(), ..Choices::default() }, 3, Vec::new());
    assert_eq!(unknown.err().as_deref(), Some("the proxy \"userspace\" is unknown here: there are iptables, nftables, ipvs"));
}
