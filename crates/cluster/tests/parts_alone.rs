//! A single part is slowed, cut off or killed while all others are well; and what is one process stops as one.
use cluster::input::{Fault, Input};
use cluster::probes::Checklist;
use cluster::{Session, World};
use simcore::Duration;

fn world(preset: &str, workers: usize) -> World {
    let mut session = Session::start(preset, workers, 5, Vec::new()).expect("the preset is known");
    session.advance(session.now() + Duration::secs(60), usize::MAX);
    session.world
}

fn pass(world: &mut World, seconds: u64) {
    world.run_until(world.now() + Duration::secs(seconds));
}

fn typed(world: &mut World, line: &str) -> String {
    let before = world.terminal.output().len();
    world.input(&Input::Line { text: line.to_string() });
    let limit = world.now() + Duration::secs(70);
    world.run_while(limit, |world| !world.busy());
    world.terminal.output()[before..].to_string()
}

fn cut(world: &mut World, component: &str, cut: bool) {
    world.fault(&Fault::CutComponent { component: component.to_string(), cut }).expect("a part of this cluster");
}

fn fails(world: &World) -> Vec<String> {
    Checklist::default().look(world).iter().filter(|row| !row.works).map(|row| row.id.clone()).collect()
}

#[test]
fn a_scheduler_that_is_cut_off_lives_and_places_nothing_until_it_is_connected() {
    let mut world = world("kubeadm", 2);
    cut(&mut world, "kube-scheduler", true);
    pass(&mut world, 3);
    assert!(world.parts().any(|part| part.id == "kube-scheduler" && part.running));
    typed(&mut world, "kubectl run late --image=hello:v1");
    pass(&mut world, 5);
    assert!(typed(&mut world, "kubectl get pod late").contains("Pending"));
    // It cannot renew its lease, and ends itself (renewDeadline, 10 s): its kubelet starts it again and again, in vain.
    pass(&mut world, 20);
    assert!(fails(&world).iter().any(|row| row == "scheduling"));
    cut(&mut world, "kube-scheduler", false);
    pass(&mut world, 60);
    assert!(typed(&mut world, "kubectl get pod late").contains("Running"));
    assert!(fails(&world).is_empty());
}

#[test]
fn an_api_server_that_is_cut_off_answers_nobody_and_loses_nothing() {
    let mut world = world("kubeadm", 2);
    typed(&mut world, "kubectl create configmap kept");
    cut(&mut world, "kube-apiserver", true);
    pass(&mut world, 2);
    let failing = fails(&world);
    let has = |row: &str| failing.iter().any(|other| other == row);
    assert!(has("kubectl") && has("scaling") && !has("running-pods"), "{failing:?}");
    cut(&mut world, "kube-apiserver", false);
    pass(&mut world, 30);
    assert!(typed(&mut world, "kubectl get configmap kept").contains("kept"));
}

#[test]
fn one_of_three_api_servers_cut_off_is_taken_out_by_the_load_balancer() {
    let mut world = world("kubeadm-ha", 2);
    cut(&mut world, "kube-apiserver/control-plane-1", true);
    pass(&mut world, 20);
    for _ in 0..3 {
        assert!(typed(&mut world, "kubectl get nodes").contains("worker-1"));
    }
}

#[test]
fn a_kubelet_that_is_cut_off_makes_its_node_silent_and_its_containers_run_on() {
    let mut world = world("kubeadm", 2);
    cut(&mut world, "kubelet/worker-1", true);
    pass(&mut world, 60);
    let nodes = typed(&mut world, "kubectl get nodes");
    assert!(nodes.lines().any(|line| line.starts_with("worker-1") && line.contains("NotReady")), "{nodes}");
    assert!(typed(&mut world, "ssh worker-1 crictl ps").contains("kube-proxy"));
    cut(&mut world, "kubelet/worker-1", false);
    pass(&mut world, 20);
    assert!(!typed(&mut world, "kubectl get nodes").contains("NotReady"));
}

#[test]
fn a_part_of_k3s_cannot_be_stopped_alone_and_the_whole_process_can() {
    let mut world = world("k3s", 1);
    let refused = world.fault(&Fault::StopComponent { component: "kube-scheduler".into() });
    assert_eq!(
        refused.unwrap_err(),
        "kube-scheduler is no process of its own on server-1: it lives in k3s (`systemctl stop k3s` stops all of it)"
    );
    for component in ["kubelet/agent-1", "containerd/agent-1", "kube-proxy/agent-1"] {
        let slow = world.fault(&Fault::SlowComponent { component: component.into(), delay_ms: 100 });
        assert!(slow.unwrap_err().contains("it lives in k3s-agent"), "{component}");
    }
    world.fault(&Fault::StopComponent { component: "k3s/server-1".into() }).expect("it stops");
    pass(&mut world, 5);
    assert!(typed(&mut world, "ssh server-1 systemctl is-active k3s").contains("inactive"));
    let failing = fails(&world);
    assert!(["kubectl", "scheduling", "self-healing"].iter().all(|row| failing.iter().any(|other| other == row)), "{failing:?}");
    world.fault(&Fault::StartComponent { component: "k3s/server-1".into() }).expect("it starts");
    pass(&mut world, 60);
    assert!(typed(&mut world, "kubectl get nodes").contains("agent-1"));
    assert_eq!(fails(&world), Vec::<String>::new());
    // Killed, it is started again by systemd.
    world.fault(&Fault::KillComponent { component: "k3s/server-1".into() }).expect("it runs");
    pass(&mut world, 60);
    assert!(typed(&mut world, "ssh server-1 systemctl is-active k3s").contains("active"));
    assert_eq!(fails(&world), Vec::<String>::new());
}

#[test]
fn the_log_of_etcd_grows_with_each_write_and_each_member_says_what_it_has() {
    let mut world = world("kubeadm-ha", 1);
    let before = world.etcd_view();
    typed(&mut world, "kubectl create configmap seen");
    pass(&mut world, 1);
    let after = world.etcd_view();
    assert!(after.from > before.from);
    assert!(after.entries.iter().any(|entry| entry.ends_with("/registry/configmaps/default/seen")), "{:?}", after.entries);
    for member in &after.members {
        assert_eq!(member.terms.len(), after.entries.len(), "{} has all", member.name);
        assert!(member.terms.iter().all(|term| *term == member.term));
    }
    // A new leader writes an entry of its own first, and who was away has less.
    world.fault(&Fault::CutEtcd { member: "etcd/control-plane-3".into(), cut: true }).expect("a member");
    world.fault(&Fault::CrashEtcd { member: "etcd/control-plane-1".into() }).expect("a member");
    pass(&mut world, 10);
    world.fault(&Fault::StartComponent { component: "etcd/control-plane-1".into() }).expect("it starts");
    pass(&mut world, 4);
    let now = world.etcd_view();
    let of = |name: &str| now.members.iter().find(|member| member.name == name).cloned().unwrap_or_default();
    assert!(of("control-plane-3").last < of("control-plane-2").last);
}
