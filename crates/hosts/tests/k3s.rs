//! K3s installed, joined, waited for and removed on bare servers, as a learner does it; the words stand in tests/suite/hosts.
use hosts::k3s::{Origin, bundled, manifests, take_origin};
use hosts::machine::k3s::{Datastore, Phase};
use hosts::truth::Bench;

const INSTALL: &str = "curl -sfL https://get.k3s.io | sh -";

fn bench(hosts: &[&str]) -> Bench {
    let mut bench = Bench::default();
    hosts.iter().for_each(|host| bench.add(host).expect("a server"));
    bench
}

#[test]
fn a_server_says_what_it_runs_and_with_which_settings() {
    let mut bench = bench(&["server-1 10.0.0.10"]);
    bench.type_line(&INSTALL.replace("sh -", "sh -s - --disable traefik,servicelb --node-label edge=yes --service-cidr 10.53.0.0/16"));
    let machine = bench.machine("server-1").expect("it");
    let k3s = machine.k3s.as_ref().expect("a running server");
    assert_eq!((k3s.phase, k3s.server, &k3s.datastore), (Phase::Running, true, &Datastore::Sqlite));
    assert_eq!((k3s.version.as_str(), k3s.node.as_str()), ("v1.37.1+k3s1", "server-1"));
    assert_eq!((k3s.cluster_cidr.as_str(), k3s.cluster_dns.as_str()), ("10.42.0.0/16", "10.53.0.10"));
    assert_eq!(k3s.labels, ["edge=yes"]);
    let names: Vec<&str> = bundled(k3s).iter().map(|one| one.name).collect();
    assert!(names.contains(&"coredns") && !names.contains(&"traefik") && !names.contains(&"servicelb"));
    let coredns = manifests(machine).into_iter().find(|(path, _)| path.ends_with("/coredns.yaml")).expect("its manifest");
    assert!(coredns.1.contains("clusterIP: 10.53.0.10"), "{}", coredns.1);
}

#[test]
fn a_skip_file_and_a_file_of_ones_own_are_seen_by_the_deploy_controller() {
    let mut bench = bench(&["server-1 10.0.0.10"]);
    let folder = "/var/lib/rancher/k3s/server/manifests";
    bench
        .type_line(&format!("mkdir -p {folder}; touch {folder}/traefik.yaml.skip; {INSTALL}; echo 'kind: Namespace' > {folder}/mine.yaml"));
    let paths: Vec<String> = manifests(bench.machine("server-1").unwrap()).into_iter().map(|(path, _)| path.to_string()).collect();
    assert!(paths.contains(&format!("{folder}/mine.yaml")) && !paths.contains(&format!("{folder}/traefik.yaml")), "{paths:?}");
}

#[test]
fn a_stopped_server_runs_nothing_and_its_containers_shims_stay() {
    let mut bench = bench(&["server-1 10.0.0.10"]);
    bench.type_line(INSTALL);
    bench.type_line("systemctl stop k3s");
    let machine = bench.machine("server-1").unwrap();
    assert!(machine.k3s.is_none() && machine.process("k3s").is_none() && machine.process("containerd").is_none());
    assert!(!machine.port_taken(6443) && !machine.files.exists("/run/k3s/containerd/containerd.sock"));
}

#[test]
fn the_memory_of_a_server_grows_with_its_datastore_as_k3s_measured() {
    let mut bench = bench(&["sqlite 10.0.0.10", "etcd 10.0.0.11", "agent 10.0.0.12"]);
    bench.type_line(&INSTALL.replace("sh -", "K3S_TOKEN=s3cret sh -"));
    bench.deed("on etcd").unwrap();
    bench.type_line(&INSTALL.replace("sh -", "sh -s - --cluster-init"));
    bench.deed("on agent").unwrap();
    bench.type_line(&INSTALL.replace("sh -", "K3S_URL=https://10.0.0.10:6443 K3S_TOKEN=s3cret sh -"));
    let mib = |name: &str| bench.machine(name).unwrap().process("k3s").map(|one| one.rss_kib / 1024);
    assert_eq!((mib("sqlite"), mib("etcd"), mib("agent")), (Some(512), Some(768), Some(256)));
}

#[test]
fn a_server_that_was_made_the_only_member_says_so_once() {
    let mut bench = bench(&["server-1 10.0.0.10"]);
    bench.type_line(&INSTALL.replace("sh -", "sh -s - --cluster-init"));
    assert_eq!(take_origin(&mut bench.machine("server-1").unwrap().clone()), None);
    bench.type_line("systemctl stop k3s; k3s server --cluster-reset; systemctl start k3s");
    let mut machine = bench.machine("server-1").unwrap().clone();
    assert!(machine.k3s.as_ref().is_some_and(|k3s| k3s.phase == Phase::Running));
    assert_eq!((take_origin(&mut machine), take_origin(&mut machine)), (Some(Origin::Reset), None));
}

#[test]
fn a_command_that_waits_for_an_agent_without_a_server_is_given_up_by_the_person() {
    let mut bench = bench(&["agent-1 10.0.0.11"]);
    let said = bench.type_line(&INSTALL.replace("sh -", "K3S_URL=https://10.0.0.10:6443 K3S_TOKEN=x sh -"));
    assert!(said.contains("[INFO]  systemd: Starting k3s-agent\n") && !said.contains("Job for"), "{said}");
    assert_eq!(bench.type_line("echo $?; systemctl is-active k3s-agent"), "130\nactivating\n");
}
