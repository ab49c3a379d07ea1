//! etcd's members under a cluster: elections, lost majorities, slow disks, backups, and what clients of the API notice.
use apiserver::client::Ticket;
use cluster::input::{Fault, Input};
use cluster::{Caller, Session, World, invariants};
use objects::wire::{Request, Response, Verb};
use objects::{kinds, map};
use simcore::{Duration, Rng};
use std::collections::BTreeMap;

fn booted(preset: &str, seed: u64) -> Session {
    let mut session = Session::start(preset, 2, seed, Vec::new()).expect("the preset is known");
    later(&mut session, 40_000);
    session
}

fn later(session: &mut Session, millis: u64) {
    session.advance(session.now() + Duration::millis(millis), usize::MAX);
}

fn fault(session: &mut Session, fault: Fault) {
    session.input(Input::Fault { fault });
}

fn crash(member: &str) -> Fault {
    Fault::CrashEtcd { member: format!("etcd/{member}") }
}

fn stop(member: &str) -> Fault {
    Fault::StopComponent { component: format!("etcd/{member}") }
}

fn start(member: &str) -> Fault {
    Fault::StartComponent { component: format!("etcd/{member}") }
}

/// What a line printed, and how long it took in milliseconds.
fn timed(session: &mut Session, line: &str) -> (String, u64) {
    let (before, begun) = (session.world.terminal.output().len(), session.now());
    session.input(Input::Line { text: line.to_string() });
    while session.world.busy() && session.now().since(begun) < Duration::secs(200) {
        later(session, 10);
    }
    (session.world.terminal.output()[before..].to_string(), session.now().since(begun).0 / 1_000)
}

fn typed(session: &mut Session, line: &str) -> String {
    timed(session, line).0
}

/// How long until somebody leads who is not `old`, in milliseconds.
fn until_elected(session: &mut Session, old: &str) -> u64 {
    let begun = session.now();
    while session.now().since(begun) < Duration::secs(10) {
        let leader = session.world.etcd_view().leader;
        if !leader.is_empty() && leader != old {
            break;
        }
        later(session, 1);
    }
    session.now().since(begun).0 / 1_000
}

fn config_map(name: &str) -> Request {
    let tree = map! {"apiVersion": "v1", "kind": "ConfigMap", "metadata": map! {"name": name.to_string()}};
    let mut request = Request::about(Verb::Create, kinds::CONFIG_MAP, "default", "").body(tree);
    request.user.groups = vec!["system:masters".into()];
    request
}

fn list() -> Request {
    let mut request = Request::about(Verb::List, kinds::CONFIG_MAP, "default", "");
    request.user.groups = vec!["system:masters".into()];
    request
}

#[test]
fn a_crashed_leader_is_replaced_after_about_a_second_and_a_stopped_one_at_once() {
    for seed in 1..=5 {
        let mut session = booted("kubeadm-ha", seed);
        let leader = session.world.etcd_view().leader;
        fault(&mut session, crash(&leader));
        let took = until_elected(&mut session, &leader);
        assert!((850..=2_100).contains(&took), "recorded 930-1,420 ms, seed {seed}: {took} ms");
        later(&mut session, 20);
        let view = session.world.etcd_view();
        assert!(view.quorum && view.members.iter().filter(|member| member.alive).count() == 2, "{view:?}");
        assert_eq!(view.members.iter().find(|member| member.role == "leader").map(|member| member.term), Some(3), "{view:?}");
        fault(&mut session, start(&leader));
        later(&mut session, 7_000);
        let second = session.world.etcd_view().leader;
        assert_ne!(second, leader, "it comes back as a follower");
        fault(&mut session, stop(&second));
        let took = until_elected(&mut session, &second);
        assert!(took <= 60, "it hands over first: {took} ms");
    }
}

#[test]
fn writes_on_their_way_to_a_dead_leader_fail_after_seven_seconds() {
    let mut session = booted("kubeadm-ha", 3);
    let leader = session.world.etcd_view().leader;
    let mut world = session.world.clone();
    world.fault(&crash(&leader)).expect("it runs");
    let begun = world.now();
    (1..=3).for_each(|n| world.submit(Caller::Client, Ticket(n), &config_map(&format!("c{n}"))));
    let mut took = BTreeMap::new();
    while world.answers.len() < 3 && world.step() {
        for (ticket, response) in &world.answers {
            let text = response.tree().get("message").text().to_string();
            took.entry(ticket.0).or_insert((world.now().since(begun).0 / 1_000, response.code, text));
        }
    }
    let lost: Vec<_> = took.values().filter(|(_, _, text)| text.contains("possibly due to previous leader failure")).collect();
    assert_eq!(lost.len(), 2, "both whose member followed it: {took:?}");
    assert!(lost.iter().all(|(millis, code, _)| (7_000..7_200).contains(millis) && *code == 500), "{took:?}");
    let (millis, code, _) = took.values().find(|(millis, ..)| *millis > 10_000).expect("its own API server has no etcd");
    assert!((34_000..34_200).contains(millis) && *code == 504, "{took:?}");
    session.input(Input::Line { text: "true".to_string() });
}

#[test]
fn without_a_majority_each_request_fails_in_its_own_time() {
    let mut session = booted("kubeadm-ha", 4);
    typed(&mut session, "kubectl create configmap demo --from-literal=a=1");
    fault(&mut session, stop("control-plane-2"));
    fault(&mut session, crash("control-plane-3"));
    later(&mut session, 3_000);
    assert!(!session.world.etcd_view().quorum);
    let (words, millis) = timed(&mut session, "kubectl get configmaps");
    assert!(words.contains("Error from server: etcdserver: request timed out") && (11_000..14_200).contains(&millis), "{millis} {words}");
    let (words, millis) = timed(&mut session, "kubectl create configmap other --from-literal=a=1");
    let sentence =
        "error: failed to create configmap: Timeout: request did not complete within requested timeout - context deadline exceeded";
    assert!(words.contains(sentence) && (34_000..34_300).contains(&millis), "{millis} {words}");
    let (words, millis) = timed(&mut session, "kubectl get configmap demo");
    let sentence = "Error from server (Timeout): the server was unable to return a response in the time allotted, but may still be processing the request (get configmaps demo)";
    assert!(words.contains(sentence) && (60_000..60_300).contains(&millis), "{millis} {words}");
    let (words, millis) = timed(&mut session, "kubectl get --raw /livez");
    assert!(words.contains("[-]etcd failed: reason withheld") && (2_000..2_300).contains(&millis), "{millis} {words}");
    let (words, millis) = timed(&mut session, "kubectl get --raw /readyz");
    assert!(words.contains("[-]etcd-readiness failed: reason withheld") && (4_000..4_300).contains(&millis), "{millis} {words}");
    let (words, millis) = timed(&mut session, "kubectl version");
    assert!(words.contains("Server Version") && millis < 1_000, "{millis} {words}");
    fault(&mut session, start("control-plane-2"));
    fault(&mut session, start("control-plane-3"));
    later(&mut session, 5_000);
    let words = typed(&mut session, "kubectl create configmap back; kubectl get configmaps -o name");
    assert!(words.contains("configmap/demo") && words.contains("configmap/back created"), "{words}");
}

#[test]
fn a_slow_disk_costs_the_leader_its_office() {
    let mut session = booted("kubeadm-ha", 5);
    let before = session.world.etcd_view();
    let leader = before.leader.clone();
    fault(&mut session, Fault::SlowDisk { node: leader.clone(), fsync_ms: 300 });
    let (_, slow) = timed(&mut session, "kubectl create configmap a");
    assert!(slow < 5_000, "late heartbeats, but in time: {slow} ms");
    assert_eq!(session.world.etcd_view().leader, leader);
    fault(&mut session, Fault::SlowDisk { node: leader.clone(), fsync_ms: 3_000 });
    later(&mut session, 60_000);
    let after = session.world.etcd_view();
    assert_ne!(after.leader, leader, "no heartbeats for longer than the election timeout");
    assert!(after.elected > before.elected);
    fault(&mut session, Fault::SlowDisk { node: leader, fsync_ms: 0 });
    later(&mut session, 20_000);
    let healed = session.world.etcd_view();
    assert!(healed.quorum && healed.members.iter().all(|member| member.in_sync), "{healed:?}");
}

/// One deed of a bad day.
fn random_fault(rng: &mut Rng) -> Fault {
    let host = format!("control-plane-{}", 1 + rng.below(3));
    match rng.below(8) {
        0 => crash(&host),
        1 => stop(&host),
        2 | 3 => start(&host),
        4 => Fault::CutEtcd { member: format!("etcd/{host}"), cut: rng.below(2) == 0 },
        5 => Fault::SlowDisk { node: host, fsync_ms: [0, 0, 40, 400, 2_000][rng.below(5) as usize] },
        6 => Fault::CutNode { node: host },
        _ => Fault::MendNode { node: host },
    }
}

fn heal(world: &mut World) {
    for n in 1..=3 {
        let (node, member) = (format!("control-plane-{n}"), format!("etcd/control-plane-{n}"));
        let faults = [
            Fault::MendNode { node: node.clone() },
            Fault::SlowDisk { node: node.clone(), fsync_ms: 0 },
            Fault::CutEtcd { member: member.clone(), cut: false },
            Fault::StartComponent { component: member },
        ];
        faults.iter().for_each(|fault| drop(world.fault(fault)));
    }
}

fn revision(response: &Response) -> u64 {
    response.tree().at(&["metadata", "resourceVersion"]).text().parse().unwrap_or(0)
}

/// Clients write and read through the API while members come and go: what was acknowledged stays, and nobody's reads go back.
#[test]
fn nothing_acknowledged_is_lost_whatever_happens_to_the_members() {
    for seed in 1..=12 {
        let mut world = booted("kubeadm-ha", seed).world.clone();
        let mut rng = Rng::stream(seed, "bad day");
        let (mut asked, mut acknowledged) = (BTreeMap::new(), Vec::new());
        let (mut reads, mut newest, mut ticket) = (BTreeMap::new(), 0_u64, 0_u64);
        let end = world.now() + Duration::secs(60);
        while world.now() < end {
            ticket += 1;
            if rng.below(4) == 0 {
                // A read that begins now must see all that any finished request has seen.
                reads.insert(ticket, newest);
                world.submit(Caller::Client, Ticket(ticket), &list());
            } else {
                asked.insert(ticket, format!("w{ticket}"));
                world.submit(Caller::Client, Ticket(ticket), &config_map(&format!("w{ticket}")));
            }
            if rng.below(12) == 0 {
                // A fault that does not fit now (a start of what runs) does nothing.
                drop(world.fault(&random_fault(&mut rng)));
            }
            world.run_until(world.now() + Duration::millis(rng.between(20, 250)));
            for (ticket, response) in std::mem::take(&mut world.answers) {
                match reads.remove(&ticket.0) {
                    Some(least) if response.is_ok() => {
                        assert!(revision(&response) >= least, "seed {seed}: a read went back to {} before {least}", revision(&response));
                        newest = newest.max(revision(&response));
                    }
                    None if response.is_ok() => {
                        newest = newest.max(revision(&response));
                        acknowledged.extend(asked.remove(&ticket.0));
                    }
                    _ => {}
                }
            }
        }
        heal(&mut world);
        world.run_until(world.now() + Duration::secs(120));
        for (ticket, response) in std::mem::take(&mut world.answers) {
            acknowledged.extend(asked.remove(&ticket.0).filter(|_| response.is_ok()));
        }
        let view = world.etcd_view();
        assert!(view.quorum && view.members.iter().all(|member| member.in_sync), "seed {seed}: {view:?}");
        let kept = world.api.store.applied();
        let missing: Vec<&String> = acknowledged.iter().filter(|name| kept.find(kinds::CONFIG_MAP, "default", name).is_none()).collect();
        assert!(missing.is_empty(), "seed {seed}: acknowledged and lost: {missing:?}");
        assert!(acknowledged.len() > 20, "seed {seed}: {} writes", acknowledged.len());
        assert_eq!(invariants::broken(&world), Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn etcdctl_tells_of_members_from_a_server_and_from_a_member_s_container() {
    let mut session = booted("kubeadm-ha", 6);
    let files =
        "--cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key";
    let words = typed(&mut session, &format!("ssh control-plane-1 etcdctl {files} member list -w table"));
    assert_eq!(words.matches("│ started │ control-plane-").count(), 3, "{words}");
    let exec = "kubectl -n kube-system exec etcd-control-plane-1 -- etcdctl";
    let words = typed(&mut session, &format!("{exec} endpoint health --cluster"));
    assert_eq!(words.matches("is healthy: successfully committed proposal").count(), 3, "{words}");
    let words = typed(&mut session, &format!("{exec} endpoint status --cluster -w table"));
    assert_eq!(words.matches("│      true │      false │").count(), 1, "one leads: {words}");
    let words = typed(&mut session, &format!("{exec} get /registry/namespaces/ --prefix --keys-only"));
    assert!(words.contains("/registry/namespaces/kube-system"), "{words}");
    let words = typed(&mut session, &format!("{exec} put greeting hello; {exec} get greeting; {exec} del greeting"));
    assert!(words.contains("OK\n") && words.contains("greeting\nhello\n1\n"), "{words}");
    fault(&mut session, crash("control-plane-3"));
    later(&mut session, 4_000);
    let (words, millis) = timed(&mut session, &format!("{exec} endpoint health --cluster"));
    assert!(words.contains("Error: unhealthy cluster") && (5_000..5_500).contains(&millis), "{millis} {words}");
}

#[test]
fn members_leave_and_join_by_the_rules() {
    let mut session = booted("kubeadm-ha", 8);
    let id = |session: &Session, name: &str| {
        let view = session.world.etcd_view();
        view.members.iter().rfind(|member| member.name == name).map(|member| member.id.clone()).unwrap_or_default()
    };
    let third = id(&session, "control-plane-3");
    fault(&mut session, crash("control-plane-3"));
    later(&mut session, 3_000);
    let first = "ssh control-plane-1 etcdctl";
    let healthy = id(&session, "control-plane-2");
    let words = typed(&mut session, &format!("{first} member remove {healthy}"));
    assert!(words.contains("Error: etcdserver: unhealthy cluster"), "{words}");
    let words = typed(&mut session, &format!("{first} member remove {third}"));
    assert!(words.contains(&format!("Member {third} removed from cluster ")), "{words}");
    let words = typed(&mut session, &format!("{first} member add control-plane-3 --peer-urls=https://192.168.100.13:2380 --learner"));
    assert!(words.contains("added as learner to cluster") && words.contains("ETCD_INITIAL_CLUSTER_STATE=\"existing\""), "{words}");
    let learner = id(&session, "control-plane-3");
    let words = typed(&mut session, &format!("{first} member promote {learner}"));
    assert!(words.contains("can only promote a learner member which is in sync with leader"), "{words}");
    fault(&mut session, start("control-plane-3"));
    later(&mut session, 2_000);
    let words = typed(&mut session, &format!("{first} member promote {learner}"));
    assert!(words.contains(&format!("Member {learner} promoted in cluster ")), "{words}");
    later(&mut session, 6_000);
    let view = session.world.etcd_view();
    let running: Vec<_> = view.members.iter().filter(|member| member.alive).collect();
    assert!(running.len() == 3 && running.iter().all(|member| member.in_sync) && view.voters == 3, "{view:?}");
}

#[test]
fn a_full_database_refuses_writes_until_it_is_compacted_defragmented_and_disarmed() {
    let mut session = booted("kubeadm", 9);
    let size = session.world.etcd_view().members[0].in_use >> 20;
    fault(&mut session, Fault::EtcdQuota { member: "etcd".to_string(), mebibytes: size as u32 + 1 });
    let world = &mut session.world;
    for n in 0..20 {
        // The same key again and again: old versions fill the file.
        let verb = if n == 0 { Verb::Create } else { Verb::Update };
        let data = map! {"a": format!("{n}{}", "x".repeat(200_000))};
        let tree = map! {"apiVersion": "v1", "kind": "ConfigMap", "metadata": map! {"name": "big", "namespace": "default"}, "data": data};
        let mut request = Request::about(verb, kinds::CONFIG_MAP, "default", if n == 0 { "" } else { "big" }).body(tree);
        request.user.groups = vec!["system:masters".into()];
        world.submit(Caller::Client, Ticket(n), &request);
        world.run_until(world.now() + Duration::millis(50));
    }
    let full = "etcdserver: mvcc: database space exceeded";
    let refused = world.answers.iter().filter(|(_, response)| response.tree().get("message").text() == full);
    let codes: Vec<u16> = world.answers.iter().map(|(_, response)| response.code).collect();
    assert!(refused.count() > 5, "{codes:?} {:?}", world.etcd_view());
    let mut etcdctl = |words: &str| typed(&mut session, &format!("ssh control-plane etcdctl {words}"));
    assert!(etcdctl("alarm list").contains("alarm:NOSPACE"));
    assert!(etcdctl("endpoint health").contains("Active Alarm(s): NOSPACE"));
    etcdctl("alarm disarm");
    assert!(etcdctl("put small 1").contains(full), "disarming alone does not help");
    let status = etcdctl("endpoint status -w json");
    let revision: String = status.split("\"revision\":").nth(1).unwrap_or("").chars().take_while(char::is_ascii_digit).collect();
    let compacted = etcdctl(&format!("compaction {revision}"));
    assert!(compacted.contains(&format!("compacted revision {revision}")), "{compacted}");
    assert!(etcdctl("put small 1").contains(full), "nor does compaction");
    assert!(etcdctl("defrag").contains("Finished defragmenting etcd member[127.0.0.1:2379]. took "));
    assert!(etcdctl("alarm disarm").contains("alarm:NOSPACE"));
    assert!(etcdctl("put small 1").ends_with("OK\n"));
    let words = typed(&mut session, "kubectl create configmap after");
    assert!(words.contains("configmap/after created"), "{words}");
}

#[test]
fn a_snapshot_brings_the_cluster_back_to_when_it_was_taken() {
    let mut session = booted("kubeadm", 10);
    typed(&mut session, "kubectl create configmap before");
    let words = typed(
        &mut session,
        "ssh control-plane etcdctl snapshot save /root/s.db; ssh control-plane etcdutl snapshot status /root/s.db -w table",
    );
    assert!(words.contains("Snapshot saved at /root/s.db") && words.contains("│ REVISION │ TOTAL KEYS │"), "{words}");
    typed(&mut session, "kubectl create configmap after; kubectl delete configmap before");
    let words = typed(&mut session, "ssh control-plane etcdutl snapshot restore /root/s.db --data-dir /var/lib/etcd");
    assert!(words.contains("Error: data-dir \"/var/lib/etcd\" not empty or could not be read"), "{words}");
    typed(&mut session, "ssh control-plane etcdutl snapshot restore /root/s.db --data-dir /var/lib/etcd-restored");
    fault(&mut session, Fault::StopComponent { component: "etcd".to_string() });
    later(&mut session, 1_000);
    let restore = Fault::RestoreEtcd { member: "etcd".to_string(), directory: "/var/lib/etcd-restored".to_string() };
    fault(&mut session, restore);
    later(&mut session, 5_000);
    let names = typed(&mut session, "kubectl get configmaps -o name");
    assert!(names.contains("configmap/before") && !names.contains("configmap/after"), "{names}");
    let made = typed(&mut session, "kubectl create deployment web --image=hello:v1 --replicas=2; sleep 20; kubectl get deployment web");
    assert!(made.contains("2/2"), "the controllers have listed everything anew: {made}");
    assert_eq!(invariants::broken(&session.world), Vec::<String>::new());
}
