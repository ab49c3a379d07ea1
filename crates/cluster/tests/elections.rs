//! Who leads: times and traces of a failover, as they were recorded of real components.
use cluster::input::{Fault, Input};
use cluster::{Session, World};
use objects::{Tree, kinds};
use simcore::Duration;

fn ha() -> World {
    let mut session = Session::start("kubeadm-ha", 2, 11, Vec::new()).expect("the preset is known");
    session.advance(session.now() + Duration::secs(60), usize::MAX);
    session.world
}

fn lease(world: &World, name: &str) -> Tree {
    let found = world.api.store.applied().find(kinds::LEASE, "kube-system", name);
    found.map(|lease| lease.tree.get("spec").clone()).unwrap_or_default()
}

/// The host of the leader.
fn holder(world: &World, name: &str) -> String {
    lease(world, name).get("holderIdentity").text().split('_').next().unwrap_or_default().to_string()
}

fn stop(world: &mut World, component: &str) {
    world.input(&Input::Fault { fault: Fault::StopComponent { component: component.to_string() } });
}

/// How many milliseconds until somebody else holds the lease.
fn failover(world: &mut World, name: &str) -> u64 {
    let (old, began) = (holder(world, name), world.now());
    let passed = |world: &World| {
        let now = holder(world, name);
        !now.is_empty() && now != old
    };
    assert!(world.run_while(began + Duration::secs(60), passed), "nobody else leads");
    world.now().since(began).as_millis()
}

#[test]
fn one_of_three_leads_each_and_says_so() {
    let mut world = ha();
    for name in ["kube-scheduler", "kube-controller-manager"] {
        assert!(holder(&world, name).starts_with("control-plane-"), "{name}: {}", lease(&world, name).to_json());
        let leading = world.parts().filter(|part| part.process() == name && part.leads() == Some(true)).count();
        assert_eq!(leading, 1, "{name}");
    }
    world.input(&Input::Line { text: "kubectl get events -n kube-system".to_string() });
    let until = world.now() + Duration::secs(3);
    world.run_until(until);
    let events = world.terminal.output();
    assert_eq!(events.matches("became leader").count(), 2, "{events}");
}

#[test]
fn a_dead_leaders_office_is_taken_after_16_to_20_s() {
    for name in ["kube-scheduler", "kube-controller-manager"] {
        for seconds in 0..4 {
            let mut world = ha();
            let until = world.now() + Duration::millis(700 * seconds);
            world.run_until(until);
            let node = holder(&world, name);
            world.fault(&Fault::StopNode { node }).expect("it is there");
            // The lease may have been renewed up to two seconds before; the others look every 2 to 4.4 s.
            let took = failover(&mut world, name);
            assert!((13_000..=20_500).contains(&took), "{name} {took} ms");
            assert_eq!(lease(&world, name).get("leaseTransitions").as_int(), Some(1));
        }
    }
}

#[test]
fn a_scheduler_that_is_told_to_end_gives_its_lease_back_and_a_controller_manager_does_not() {
    let mut world = ha();
    let name = "kube-scheduler";
    let component = format!("{name}/{}", holder(&world, name));
    stop(&mut world, &component);
    let until = world.now() + Duration::millis(100);
    world.run_until(until);
    assert_eq!(lease(&world, name).get("holderIdentity").text(), "", "{}", lease(&world, name).to_json());
    let began = world.now();
    assert!(world.run_while(began + Duration::secs(10), |world| !holder(world, name).is_empty()));
    assert!(world.now().since(began).as_millis() < 4_500, "at the next one's next try");

    let name = "kube-controller-manager";
    let component = format!("{name}/{}", holder(&world, name));
    stop(&mut world, &component);
    let took = failover(&mut world, name);
    assert!((13_000..=20_500).contains(&took), "{took} ms");
}

#[test]
fn leaders_without_their_api_server_exit_after_10_to_13_s_and_standbys_stay() {
    let mut world = ha();
    let leader = holder(&world, "kube-controller-manager");
    stop(&mut world, &format!("kube-apiserver/{leader}"));
    let began = world.now();
    let id = format!("kube-controller-manager/{leader}");
    let gone = |world: &World| world.parts().any(|part| part.id == id && !part.running);
    assert!(world.run_while(began + Duration::secs(20), gone));
    let took = world.now().since(began).as_millis();
    assert!((9_900..=12_500).contains(&took), "{took} ms");
    let until = world.now() + Duration::secs(3);
    world.run_until(until);
    assert!(world.parts().any(|part| part.id == id && part.running && part.leads() == Some(false)), "the kubelet starts it again");
    let until = world.now() + Duration::secs(20);
    world.run_until(until);
    assert_ne!(holder(&world, "kube-controller-manager"), leader, "another one leads through its own API server");
}

#[test]
fn without_any_api_server_standbys_stay_and_leaders_come_back_as_candidates() {
    let mut world = ha();
    for n in 1..=3 {
        stop(&mut world, &format!("kube-apiserver/control-plane-{n}"));
    }
    let until = world.now() + Duration::secs(60);
    world.run_until(until);
    assert!(world.parts().filter(|part| part.leads().is_some()).all(|part| part.running && part.leads() == Some(false)));
    for n in 1..=3 {
        world.fault(&Fault::StartComponent { component: format!("kube-apiserver/control-plane-{n}") }).expect("it is there");
    }
    let began = world.now();
    let led = |world: &World| world.parts().filter(|part| part.leads() == Some(true)).count() == 2;
    assert!(world.run_while(began + Duration::secs(40), led));
    assert!(world.now().since(began).as_secs() >= 14, "the old lease has to run out before the eyes of the new candidates");
}
