//! The control plane's processes as Pods, and what happens to them with the processes.
mod tank;
use apiserver::client::Effects;
use dataplane::host::{Host, Role};
use dataplane::kubelet::{Config, Kubelet};
use objects::{Text, kinds, list, map};
use simcore::Duration;
use tank::Tank;

fn control_plane() -> Tank {
    let mut tank = Tank::new(1);
    let mut host = Host::new("control-plane", "192.168.100.11", Role::ControlPlane);
    for name in ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
        let container = map! {"name": name, "image": format!("registry.k8s.io/{name}:v1.37.2"), "command": list![name]};
        let spec = map! {"containers": list![container], "hostNetwork": true, "priorityClassName": "system-node-critical"};
        host.came_with(name, map! {"apiVersion": "v1", "kind": "Pod", "metadata": map! {"name": name}, "spec": spec});
    }
    let config = Config { seed: 1, mirrors: true, pod_cidr: Some(Text::new("10.243.0.0/16")), ..Config::default() };
    tank.kubelet = Kubelet::new(host, tank::catalog(), config);
    tank.put(kinds::NAMESPACE, "", "kube-system", map! {"metadata": map! {}});
    let (now, view, mut fx) = (tank.now, tank.store.applied().clone(), Effects::default());
    tank.kubelet.start(now, &view, &mut fx);
    tank.carry_out(fx);
    tank.run(Duration::secs(15));
    tank
}

fn part(tank: &Tank, name: &str) -> (bool, i64) {
    let pod = tank.store.applied().find(kinds::POD, "kube-system", name).expect("the mirror is there").clone();
    let status = pod.status().get("containerStatuses").items()[0].clone();
    (status.get("ready").is_true(), status.get("restartCount").int_or(-1))
}

#[test]
fn the_parts_of_the_control_plane_stand_as_pods_and_follow_their_processes() {
    let mut tank = control_plane();
    let names: Vec<String> = tank.store.applied().list(kinds::POD).map(|pod| pod.key.name.to_string()).collect();
    assert_eq!(
        names,
        ["etcd-control-plane", "kube-apiserver-control-plane", "kube-controller-manager-control-plane", "kube-scheduler-control-plane"]
    );
    assert_eq!(part(&tank, "kube-scheduler-control-plane"), (true, 0));
    for (running, expected) in [(false, (false, 0)), (true, (true, 1))] {
        let (now, mut fx) = (tank.now, Effects::default());
        assert!(tank.kubelet.set_process(now, "kube-scheduler", running, &mut fx));
        tank.carry_out(fx);
        tank.run(Duration::secs(3));
        assert_eq!(part(&tank, "kube-scheduler-control-plane"), expected);
    }
}
