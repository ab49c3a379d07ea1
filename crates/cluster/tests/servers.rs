//! Logging in on the world's servers: what one reads there, and that it is the same world.
mod learner;

use cluster::input::{Fault, Input};
use cluster::{Topology, World};
use learner::{run, type_in};
use simcore::{Duration, Time};

fn cluster() -> World {
    let mut world = World::boot(&Topology::kubeadm(2), 1, Vec::new());
    world.run_until(Time::START + Duration::mins(2));
    world
}

#[test]
fn a_server_of_a_preset_is_what_kubeadm_leaves() {
    let mut world = cluster();
    assert_eq!(
        type_in(&mut world, "ssh control-plane ls /etc/kubernetes/manifests"),
        "etcd.yaml\nkube-apiserver.yaml\nkube-controller-manager.yaml\nkube-scheduler.yaml\n"
    );
    assert_eq!(type_in(&mut world, "ssh worker-1 systemctl is-active kubelet containerd"), "active\nactive\n");
    assert_eq!(
        type_in(&mut world, "ssh worker-1 cat /etc/kubernetes/admin.conf"),
        "cat: /etc/kubernetes/admin.conf: No such file or directory\n"
    );
    let lines = type_in(&mut world, "ssh control-plane ps aux | grep -c kube-apiserver");
    assert_eq!(lines.trim(), "2", "{lines}");
    assert_eq!(type_in(&mut world, "ssh control-plane hostname -I"), "192.168.100.11 \n");
}

#[test]
fn a_login_stays_until_exit_and_keeps_its_folder() {
    let mut world = cluster();
    assert_eq!(type_in(&mut world, "ssh debian@worker-1"), "");
    assert_eq!(world.prompt(), "debian@worker-1:~$ ");
    assert_eq!(type_in(&mut world, "cat /etc/kubernetes/kubelet.conf"), "cat: /etc/kubernetes/kubelet.conf: Permission denied\n");
    type_in(&mut world, "sudo -i");
    assert_eq!(world.prompt(), "root@worker-1:~# ");
    type_in(&mut world, "cd /etc/kubernetes");
    assert_eq!(world.prompt(), "root@worker-1:/etc/kubernetes# ");
    assert_eq!(type_in(&mut world, "ls"), "kubelet.conf\npki\n");
    world.input(&Input::Line { text: "sleep 60".into() });
    assert!(world.busy());
    world.input(&Input::Interrupt);
    run(&mut world, 1);
    assert!(!world.busy());
    type_in(&mut world, "exit");
    assert_eq!(world.prompt(), "debian@worker-1:~$ ");
    world.input(&Input::EndOfInput);
    run(&mut world, 1);
    assert_eq!(world.prompt(), "$ ");
    assert!(type_in(&mut world, "kubectl get nodes").contains("worker-1"));
}

#[test]
fn kubectl_on_a_server_asks_with_the_kubeconfig_that_lies_there() {
    let mut world = cluster();
    let refused = "The connection to the server localhost:8080 was refused - did you specify the right host or port?\n";
    assert_eq!(type_in(&mut world, "ssh worker-1 kubectl get nodes"), refused);
    let nodes = type_in(&mut world, "ssh control-plane kubectl get nodes");
    assert_eq!(nodes.lines().count(), 4, "{nodes}");
    let line = "ssh control-plane 'kubectl --kubeconfig /etc/kubernetes/admin.conf create deployment web --image nginx:1.27 && kubectl get deployment web -o name'";
    assert_eq!(type_in(&mut world, line), "deployment.apps/web created\ndeployment.apps/web\n");
    world.input(&Input::Fault { fault: Fault::StopComponent { component: "kube-apiserver".into() } });
    let gone = type_in(&mut world, "ssh control-plane kubectl get nodes");
    assert_eq!(gone, "The connection to the server 192.168.100.11:6443 was refused - did you specify the right host or port?\n");
}

#[test]
fn nobody_who_does_not_look_pays_for_servers() {
    let (one, mut two) = (cluster(), cluster());
    assert_eq!(one.digest(), two.digest());
    type_in(&mut two, "ssh worker-1 true");
    let (seen, copy) = (two.steps(), two.clone());
    two.run_until(two.now() + Duration::mins(5));
    let mut again = copy;
    again.run_until(again.now() + Duration::mins(5));
    assert_eq!(again.digest(), two.digest());
    assert!(two.steps() > seen);
}

fn ready(world: &mut World, node: &str) -> String {
    type_in(world, &format!("kubectl get node {node} -o 'jsonpath={{.status.conditions[?(@.type==\"Ready\")].status}}'"))
}

#[test]
fn a_stopped_service_is_a_stopped_part_and_the_other_way_round() {
    let mut world = cluster();
    type_in(&mut world, "ssh worker-1 systemctl stop kubelet");
    run(&mut world, 60);
    assert_eq!(ready(&mut world, "worker-1"), "Unknown");
    type_in(&mut world, "ssh worker-1 systemctl start kubelet");
    run(&mut world, 20);
    assert_eq!(ready(&mut world, "worker-1"), "True");
    world.input(&Input::Fault { fault: Fault::StopComponent { component: "kubelet/worker-1".into() } });
    assert_eq!(type_in(&mut world, "ssh worker-1 systemctl is-active kubelet"), "inactive\n");
    world.input(&Input::Fault { fault: Fault::StartComponent { component: "kubelet/worker-1".into() } });
    assert_eq!(type_in(&mut world, "ssh worker-1 systemctl is-active kubelet"), "active\n");
    type_in(&mut world, "ssh worker-1 systemctl stop containerd");
    // The kubelet goes by what the runtime last said for 30 s, and writes its status every 10 s.
    run(&mut world, 60);
    assert_eq!(ready(&mut world, "worker-1"), "False");
    type_in(&mut world, "ssh worker-1 systemctl start containerd");
    run(&mut world, 60);
    assert_eq!(ready(&mut world, "worker-1"), "True");
}

#[test]
fn the_kubelet_runs_what_lies_in_its_folder_of_manifests() {
    let mut world = cluster();
    type_in(&mut world, "ssh control-plane mv /etc/kubernetes/manifests/kube-scheduler.yaml /tmp");
    run(&mut world, 5);
    assert_eq!(type_in(&mut world, "ssh control-plane 'ps aux | grep -c [k]ube-scheduler'"), "0\n");
    assert!(!type_in(&mut world, "kubectl get pods -n kube-system").contains("kube-scheduler"));
    type_in(&mut world, "kubectl run web --image=nginx:1.27");
    run(&mut world, 20);
    assert_eq!(type_in(&mut world, "kubectl get pod web -o 'jsonpath={.status.phase}'"), "Pending");
    type_in(&mut world, "ssh control-plane mv /tmp/kube-scheduler.yaml /etc/kubernetes/manifests/");
    run(&mut world, 40);
    assert_eq!(type_in(&mut world, "kubectl get pod web -o 'jsonpath={.status.phase}'"), "Running");
    assert!(type_in(&mut world, "kubectl get pods -n kube-system").contains("kube-scheduler-control-plane"));
    type_in(&mut world, "ssh control-plane pkill kube-apiserver");
    let refused = "The connection to the server 192.168.100.11:6443 was refused - did you specify the right host or port?\n";
    assert_eq!(type_in(&mut world, "kubectl get pod web -o name"), refused);
    run(&mut world, 10);
    assert_eq!(type_in(&mut world, "kubectl get pod web -o name"), "pod/web\n");
}

#[test]
fn a_reboot_ends_the_login_and_the_node_comes_back() {
    let mut world = cluster();
    type_in(&mut world, "ssh worker-2");
    let said = type_in(&mut world, "reboot");
    assert_eq!(said, "Connection to worker-2 closed by remote host.\nConnection to worker-2 closed.\n");
    assert_eq!(world.prompt(), "$ ");
    assert_eq!(type_in(&mut world, "ssh worker-2 uptime"), "ssh: connect to host worker-2 port 22: Connection timed out\n");
    run(&mut world, 120);
    assert_eq!(ready(&mut world, "worker-2"), "True");
    assert_eq!(type_in(&mut world, "ssh worker-2 systemctl is-active kubelet"), "active\n");
}

#[test]
fn a_kubelet_does_not_start_with_swap_and_systemd_tries_again() {
    let mut world = cluster();
    type_in(&mut world, "ssh worker-1 'sed -i s/#// /etc/fstab; swapon -a; systemctl restart kubelet'");
    assert_eq!(type_in(&mut world, "ssh worker-1 systemctl is-active kubelet"), "activating\n");
    run(&mut world, 60);
    assert_eq!(ready(&mut world, "worker-1"), "Unknown");
    let journal = type_in(&mut world, "ssh worker-1 journalctl -u kubelet");
    assert!(journal.matches("running with swap on is not supported").count() > 3, "{journal}");
    type_in(&mut world, "ssh worker-1 swapoff -a");
    run(&mut world, 30);
    assert_eq!(ready(&mut world, "worker-1"), "True");
}

#[test]
fn kubeadm_makes_a_cluster_out_of_bare_servers() {
    let mut world = World::boot(&Topology::bare(2, true), 1, Vec::new());
    run(&mut world, 60);
    let refused = "The connection to the server localhost:8080 was refused - did you specify the right host or port?\n";
    assert_eq!(type_in(&mut world, "kubectl get nodes"), refused);
    let said = type_in(&mut world, "ssh node-1 kubeadm init --pod-network-cidr 10.244.0.0/16");
    assert!(said.contains("Your Kubernetes control-plane has initialized successfully!"), "{said}");
    let nodes = type_in(&mut world, "kubectl get nodes --no-headers");
    assert!(nodes.starts_with("node-1   NotReady   control-plane"), "{nodes}");
    let join = type_in(&mut world, "ssh node-1 kubeadm token create --print-join-command");
    let said = type_in(&mut world, &format!("ssh node-2 {}", join.trim()));
    assert!(said.contains("This node has joined the cluster"), "{said}");
    let url = "https://github.com/flannel-io/flannel/releases/latest/download/kube-flannel.yml";
    let applied = type_in(&mut world, &format!("ssh node-1 'KUBECONFIG=/etc/kubernetes/admin.conf kubectl apply -f {url}'"));
    assert!(applied.ends_with("daemonset.apps/kube-flannel-ds created\n"), "{applied}");
    run(&mut world, 60);
    assert_eq!(type_in(&mut world, "kubectl get nodes --no-headers | grep -c ' Ready '"), "2\n");
    let dns = type_in(&mut world, "kubectl get pods -n kube-system -l k8s-app=kube-dns --no-headers");
    assert_eq!(dns.matches("1/1   Running").count(), 2, "{dns}");
    type_in(
        &mut world,
        "kubectl create deployment web --image=hello:v1 --replicas=2; kubectl expose deployment web --port 80 --target-port 8080",
    );
    run(&mut world, 20);
    let address = type_in(&mut world, "kubectl get svc web -o 'jsonpath={.spec.clusterIP}'");
    let served = type_in(&mut world, &format!("ssh node-1 curl -s http://{address}/"));
    assert!(served.starts_with("Hello from v1"), "{served}");
}

#[test]
fn a_servers_processes_are_told_without_touching_the_world() {
    let mut world = cluster();
    let before = world.digest().to_string();
    assert_eq!(world.servers(), ["control-plane", "worker-1", "worker-2"]);
    let named = |world: &World, server: &str, name: &str| world.processes(server).into_iter().find(|process| process.name == name);
    let api = named(&world, "control-plane", "kube-apiserver").expect("it runs there");
    let etcd = named(&world, "control-plane", "etcd").expect("it runs there");
    assert!(api.rss_kib > etcd.rss_kib && etcd.rss_kib > 10 << 10, "{} and {} KiB", api.rss_kib, etcd.rss_kib);
    assert!(named(&world, "worker-1", "kube-apiserver").is_none() && named(&world, "worker-1", "kubelet").is_some());
    assert_eq!(world.digest().to_string(), before);
    world.input(&Input::Fault { fault: Fault::StopComponent { component: "kubelet/worker-1".into() } });
    run(&mut world, 1);
    assert!(named(&world, "worker-1", "kubelet").is_none());
    world.input(&Input::Fault { fault: Fault::StopNode { node: "worker-1".into() } });
    assert!(world.processes("worker-1").is_empty());
}
