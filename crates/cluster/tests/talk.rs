//! Who says what to whom: a learner's command can be followed from message to message through the control plane.
use cluster::talk::TalkView;
use cluster::{Session, Topology, World};
use simcore::Duration;

fn line(world: &mut World, text: &str) {
    world.type_line(text);
    let limit = world.now() + Duration::secs(60);
    world.run_while(limit, |world| !world.busy());
}

fn booted() -> World {
    let mut world = World::boot(&Topology::kubeadm(2), 5, Vec::new());
    world.run_until(world.now() + Duration::secs(20));
    world
}

/// The first message, oldest first, that has these ends and these words.
fn said<'a>(talk: &'a [TalkView], from: &str, to: &str, verb: &str, about: &str) -> &'a TalkView {
    let fits = |said: &&TalkView| said.from == from && said.to == to && said.verb == verb && said.about.starts_with(about);
    let found = talk.iter().rev().find(fits);
    found.unwrap_or_else(|| panic!("{from} -> {to}: {verb} {about} is not among {talk:#?}"))
}

#[test]
fn a_deployment_is_a_conversation() {
    let mut world = booted();
    line(&mut world, "kubectl create deployment web --image=hello:v1");
    world.run_until(world.now() + Duration::millis(900));
    let talk = world.talk();
    let apps = "/apis/apps/v1/namespaces/default";
    let asked = said(&talk, "kubectl", "kube-apiserver", "POST", &format!("{apps}/deployments"));
    assert_eq!((asked.code, asked.done, asked.object.as_str()), (201, true, "deployment/default/web"));
    assert!(asked.took > 0 && asked.why > 0);
    let kept = said(&talk, "kube-apiserver", "etcd", "Txn", "/registry/deployments/default/web");
    assert!(kept.at >= asked.at && kept.at + kept.took <= asked.at + asked.took, "etcd has it before kubectl is answered");
    let heard = said(&talk, "kube-apiserver", "kube-controller-manager", "ADDED", &format!("{apps}/deployments/web"));
    assert_eq!(heard.why, asked.why, "the news tells of that very write");
    let made = said(&talk, "kube-controller-manager", "kube-apiserver", "POST", &format!("{apps}/replicasets"));
    assert_eq!((made.actor.as_str(), made.code), ("deployment-controller", 201));
    assert!(heard.at <= made.at);
    let bound = talk.iter().find(|said| said.from == "kube-scheduler" && said.about.ends_with("/binding")).expect("a binding");
    assert_eq!((bound.verb.as_str(), bound.code), ("POST", 201));
    assert!(talk.iter().any(|said| said.from.starts_with("kubelet/worker-") && said.verb == "PATCH" && said.about.ends_with("/status")));
    assert!(talk.windows(2).all(|pair| pair[0].at >= pair[1].at), "newest first");
    // Components talk on; what the learner asked is not lost among that.
    world.run_until(world.now() + Duration::mins(2));
    said(&world.talk(), "kubectl", "kube-apiserver", "POST", &format!("{apps}/deployments"));
}

#[test]
fn a_refused_request_and_one_that_nobody_answers_say_so() {
    let mut world = booted();
    line(&mut world, "kubectl get pod nobody");
    let talk = world.talk();
    let asked = said(&talk, "kubectl", "kube-apiserver", "GET", "/api/v1/namespaces/default/pods/nobody");
    assert_eq!((asked.code, asked.done), (404, true));
    world.input(&cluster::input::Input::Fault { fault: cluster::input::Fault::StopComponent { component: "kube-apiserver".to_string() } });
    line(&mut world, "kubectl get nodes");
    let talk = world.talk();
    let asked = said(&talk, "kubectl", "kube-apiserver", "GET", "/api/v1/nodes");
    assert_eq!((asked.code, asked.done), (0, true), "connection refused is no HTTP code");
}

#[test]
fn logs_go_on_to_the_kubelet() {
    let mut world = booted();
    line(&mut world, "kubectl run box --image=hello:v1");
    world.run_until(world.now() + Duration::secs(20));
    line(&mut world, "kubectl logs box");
    let talk = world.talk();
    said(&talk, "kubectl", "kube-apiserver", "GET", "/api/v1/namespaces/default/pods/box/log");
    assert!(talk.iter().any(|said| said.to.starts_with("kubelet/worker-") && said.about == "/containerLogs/default/box"));
}

#[test]
fn members_of_etcd_elect_and_replicate_in_words() {
    let mut session = Session::start("kubeadm-ha", 1, 3, Vec::new()).expect("the preset is known");
    session.advance(session.now() + Duration::secs(30), usize::MAX);
    line(&mut session.world, "kubectl create namespace team");
    let talk = session.world.talk();
    let peers =
        |verb: &str| talk.iter().filter(|said| said.verb == verb && said.from.starts_with("etcd/") && said.to.starts_with("etcd/")).count();
    assert!(peers("MsgApp") >= 2 && peers("MsgAppResp") >= 2, "the leader tells both, and both answer");
    assert!(talk.len() <= 360, "only the last ones are kept");
}
