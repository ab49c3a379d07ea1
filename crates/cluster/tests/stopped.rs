//! A component that a fault stopped looks stopped everywhere: in kubectl, in the runtime, in the process table, in systemd.
mod learner;

use cluster::input::Fault;
use cluster::{Topology, World};
use learner::{run, type_in};

fn booted() -> World {
    let mut world = World::boot(&Topology::kubeadm(2), 1, Vec::new());
    run(&mut world, 60);
    world
}

fn fault(world: &mut World, stops: bool, component: &str) {
    let component = component.to_string();
    let fault = if stops { Fault::StopComponent { component } } else { Fault::StartComponent { component } };
    world.fault(&fault).expect("there is such a component");
}

/// Whether the scheduler is there for kubectl, for the runtime, in the process table, as a manifest.
fn seen(world: &mut World) -> [bool; 4] {
    let pods = type_in(world, "kubectl -n kube-system get pods --no-headers");
    [
        pods.lines().any(|line| line.starts_with("kube-scheduler-") && line.contains("1/1 ")),
        type_in(world, "ssh control-plane crictl ps").contains("kube-scheduler"),
        type_in(world, "ssh control-plane ps aux").contains("kube-scheduler --"),
        type_in(world, "ssh control-plane ls /etc/kubernetes/manifests").contains("kube-scheduler.yaml"),
    ]
}

#[test]
fn a_stopped_static_pod_is_gone_for_everybody_and_its_manifest_lies_elsewhere() {
    // Looked at before, or for the first time when it is stopped already.
    for before in [true, false] {
        let mut world = booted();
        if before {
            assert_eq!(seen(&mut world), [true; 4]);
        }
        fault(&mut world, true, "kube-scheduler");
        run(&mut world, 15);
        assert_eq!(seen(&mut world), [false; 4]);
        assert!(type_in(&mut world, "ssh control-plane ls /root").contains("kube-scheduler.yaml"));
        // A reboot does not bring it back.
        type_in(&mut world, "ssh control-plane reboot");
        run(&mut world, 90);
        assert_eq!(seen(&mut world), [false; 4]);
        fault(&mut world, false, "kube-scheduler");
        run(&mut world, 20);
        assert_eq!(seen(&mut world), [true; 4]);
    }
}

#[test]
fn whoever_puts_the_manifest_back_starts_it() {
    let mut world = booted();
    fault(&mut world, true, "kube-scheduler");
    run(&mut world, 15);
    type_in(&mut world, "ssh control-plane mv /root/kube-scheduler.yaml /etc/kubernetes/manifests/");
    run(&mut world, 30);
    assert_eq!(seen(&mut world), [true; 4]);
    type_in(&mut world, "kubectl create deployment web --image=hello:v1");
    run(&mut world, 20);
    assert!(type_in(&mut world, "kubectl get pods").contains("Running"));
}

#[test]
fn a_stopped_kube_apiserver_has_no_container_though_nobody_can_say_so() {
    let mut world = booted();
    fault(&mut world, true, "kube-apiserver");
    run(&mut world, 15);
    assert!(!type_in(&mut world, "ssh control-plane crictl ps").contains("kube-apiserver"));
    assert!(!type_in(&mut world, "ssh control-plane ps aux").contains("kube-apiserver --"));
    fault(&mut world, false, "kube-apiserver");
    run(&mut world, 30);
    assert!(type_in(&mut world, "ssh control-plane crictl ps").contains("kube-apiserver"));
    let pods = type_in(&mut world, "kubectl -n kube-system get pods --no-headers");
    assert!(pods.lines().any(|line| line.starts_with("kube-apiserver-") && line.contains("1/1 ")), "{pods}");
}

#[test]
fn a_part_that_is_stopped_while_nobody_can_be_told_is_taken_off_the_list_later() {
    let mut world = booted();
    fault(&mut world, true, "kube-apiserver");
    fault(&mut world, true, "kube-scheduler");
    run(&mut world, 15);
    fault(&mut world, false, "kube-apiserver");
    run(&mut world, 40);
    assert_eq!(seen(&mut world), [false; 4]);
}

#[test]
fn a_frozen_kube_proxy_looks_well_to_kubectl_and_halted_to_ps_until_its_pod_is_replaced() {
    let mut world = booted();
    let proxy = |world: &World| world.parts().find(|part| part.id == "kube-proxy/worker-1").is_some_and(|part| part.running);
    fault(&mut world, true, "kube-proxy/worker-1");
    run(&mut world, 15);
    let line = |world: &mut World| {
        let all = type_in(world, "ssh worker-1 ps aux");
        all.lines().find(|line| line.contains("kube-proxy --")).unwrap_or_default().to_string()
    };
    assert!(line(&mut world).contains(" Tsl "), "SIGSTOP: it is there and does nothing");
    let pods = type_in(&mut world, "kubectl -n kube-system get pods -o wide --no-headers");
    let pod = pods.lines().find(|line| line.starts_with("kube-proxy-") && line.contains("worker-1")).expect("its Pod").to_string();
    assert!(pod.contains("1/1 ") && pod.contains("Running"), "no probe asks it: {pod}");
    assert!(type_in(&mut world, "ssh worker-1 crictl ps").contains("kube-proxy"));
    let name = pod.split(' ').next().unwrap_or_default().to_string();
    type_in(&mut world, &format!("kubectl -n kube-system delete pod {name}"));
    run(&mut world, 60);
    assert!(proxy(&world) && line(&mut world).contains(" Ssl "), "a new container has a new process");
}

#[test]
fn a_stopped_agent_is_an_inactive_service() {
    let mut world = booted();
    for unit in ["kubelet", "containerd"] {
        fault(&mut world, true, &format!("{unit}/worker-1"));
        run(&mut world, 5);
        assert!(type_in(&mut world, &format!("ssh worker-1 systemctl status {unit}")).contains("inactive (dead)"), "{unit}");
        fault(&mut world, false, &format!("{unit}/worker-1"));
        run(&mut world, 5);
        assert!(type_in(&mut world, &format!("ssh worker-1 systemctl status {unit}")).contains("active (running)"), "{unit}");
    }
}

#[test]
fn a_killed_part_comes_back_with_one_restart_more() {
    let mut world = booted();
    for part in ["kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"] {
        world.fault(&Fault::KillComponent { component: part.to_string() }).expect("it runs");
        run(&mut world, 40);
        let pods = type_in(&mut world, "kubectl -n kube-system get pods --no-headers");
        let line = pods.lines().find(|line| line.starts_with(part)).unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words.get(1..4), Some(&["1/1", "Running", "1"][..]), "{part}: {pods}");
    }
}
