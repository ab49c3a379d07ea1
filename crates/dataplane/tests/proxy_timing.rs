//! When the rules of a node follow the API: after quiet at once, under constant change once per second, and not without kube-proxy.
mod recorded;

use apiserver::Change;
use apiserver::client::Effects;
use apiserver::store::Store;
use dataplane::network::{Config, KubeProxy, Mode, Origin, Packet, Protocol, Verdict};
use objects::{kinds, list, map};
use recorded::{proxy, put, store, synced};
use simcore::{Duration, Time};

fn at(millis: u64) -> Time {
    Time::START + Duration::millis(millis)
}

/// A cluster with one kube-proxy that is woken when it asked to be.
struct Stage {
    store: Store,
    proxy: KubeProxy,
    wakes: Vec<Time>,
    /// When the kernel sent connections for `timing` somewhere else than before, and to which address's last number.
    seen: Vec<(u64, u8)>,
}

impl Stage {
    fn new(mode: Mode) -> Stage {
        Stage::with(proxy(mode))
    }

    fn with(proxy: KubeProxy) -> Stage {
        let mut stage = Stage { store: store(), proxy, wakes: Vec::new(), seen: Vec::new() };
        let mut fx = Effects::default();
        stage.proxy.start(Time::START, stage.store.applied(), &mut fx);
        stage.wakes.extend(fx.wake);
        stage.until(at(1_000));
        stage
    }

    fn until(&mut self, time: Time) {
        while let Some(next) = self.wakes.iter().copied().filter(|wake| *wake <= time).min() {
            self.wakes.retain(|wake| *wake != next);
            let mut fx = Effects::default();
            self.proxy.wake(next, &mut fx);
            self.wakes.extend(fx.wake);
            let number = self.reached(next);
            if self.seen.last().is_none_or(|(_, last)| *last != number) {
                self.seen.push((next.since(Time::START).as_millis(), number));
            }
        }
    }

    /// Which endpoint a Pod's connection to `timing` reaches: the last number of its address; 0 for a refusal.
    fn reached(&mut self, now: Time) -> u8 {
        let address = |text: &str| text.parse().expect("an address");
        let packet = Packet { source: address("10.241.202.2"), destination: address("10.96.7.41"), port: 80, protocol: Protocol::Tcp };
        match self.proxy.kernel.decide(&packet, Origin::Pod, now, 0) {
            Verdict::Forward { address: std::net::IpAddr::V4(address), .. } => address.octets()[3],
            _ => 0,
        }
    }

    /// Replaces the endpoint of `timing`, and tells the proxy.
    fn replace(&mut self, time: Time, last: u8) {
        self.until(time);
        let from = self.store.applied().revision();
        let labels = map! {"kubernetes.io/service-name": "timing"};
        let slice = map! {
            "metadata": map! {"name": "timing-1", "namespace": "kp", "labels": labels}, "addressType": "IPv4",
            "ports": list![map! {"name": "", "port": 8080}], "endpoints": list![map! {"addresses": list![format!("10.241.77.{last}")]}],
        };
        put(&mut self.store, kinds::ENDPOINT_SLICE, "kp", "timing-1", slice);
        let changes: Vec<&Change> = self.store.since(from).expect("kept").collect();
        let mut fx = Effects::default();
        self.proxy.deliver(time, self.store.applied(), &changes, &mut fx);
        self.wakes.extend(fx.wake);
    }
}

#[test]
fn after_quiet_a_change_reaches_the_rules_within_a_tenth_of_a_second() {
    for mode in [Mode::Iptables, Mode::Nftables] {
        let mut stage = Stage::new(mode);
        stage.replace(at(13_000), 100);
        assert_eq!(stage.reached(at(13_000)), 1, "the rules are not there at once");
        stage.until(at(13_100));
        assert_eq!(stage.reached(at(13_100)), 100);
    }
}

#[test]
fn under_constant_change_rules_are_written_about_once_per_second_and_end_with_the_last_change() {
    // Recorded: 28 changes, one each 0.2 s, show in 7 steps, a little more than a second apart.
    for mode in [Mode::Iptables, Mode::Nftables] {
        let mut stage = Stage::new(mode);
        stage.seen.clear();
        for number in 0..28 {
            stage.replace(at(13_000 + 220 * number), 100 + number as u8);
        }
        stage.until(at(25_000));
        let steps: Vec<(u64, u8)> = stage.seen.clone();
        assert_eq!(steps.len(), 7, "{steps:?}");
        assert_eq!((steps[0].1, steps[6].1), (100, 127), "{steps:?}");
        let pauses: Vec<u64> = steps.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        assert!(pauses.iter().all(|pause| (1_005..=1_120).contains(pause)), "{pauses:?}");
    }
}

#[test]
fn a_longer_minimum_between_syncs_gathers_more_changes() {
    // Recorded with 10 s: the first change after 0.08 s, all the others after 10.22 s.
    let config = *proxy(Mode::Iptables).config();
    let slow = KubeProxy::new("worker-1", 1).with(Config { min_sync_period: Duration::secs(10), ..config });
    let mut stage = Stage::with(slow);
    stage.seen.clear();
    for number in 0..28 {
        stage.replace(at(43_000 + 220 * number), 100 + number as u8);
    }
    stage.until(at(60_000));
    let steps: Vec<(u64, u8)> = stage.seen.iter().map(|(time, number)| (time - 43_000, *number)).collect();
    assert!(matches!(steps[..], [(0..100, 100), (10_000..10_250, 127)]), "{steps:?}");
}

#[test]
fn the_rules_outlive_kube_proxy_and_learn_nothing_until_it_is_back() {
    let mut stage = Stage::new(Mode::Iptables);
    stage.proxy.stop();
    assert!(!stage.proxy.is_running());
    stage.replace(at(20_000), 100);
    stage.until(at(60_000));
    assert_eq!(stage.reached(at(60_000)), 1);
    let mut fx = Effects::default();
    stage.proxy.start(at(60_000), stage.store.applied(), &mut fx);
    stage.wakes.extend(fx.wake);
    stage.until(at(60_100));
    assert_eq!(stage.reached(at(60_100)), 100);
    stage.proxy.power_off();
    assert_eq!((stage.reached(at(60_200)), stage.proxy.rules()), (0, 0), "a machine without power has no rules");
}

#[test]
fn a_write_that_changes_nothing_for_the_rules_plans_no_sync() {
    let mut stage = Stage::new(Mode::Iptables);
    let slice = stage.store.applied().find(kinds::ENDPOINT_SLICE, "kp", "timing-1").expect("the slice").clone();
    let from = stage.store.applied().revision();
    let mut tree = slice.tree.clone();
    tree.set(&["metadata", "annotations", "endpoints.kubernetes.io/last-change-trigger-time"], "2026-12-01T00:00:00Z");
    put(&mut stage.store, kinds::ENDPOINT_SLICE, "kp", "timing-1", tree);
    let changes: Vec<&Change> = stage.store.since(from).expect("kept").collect();
    let mut fx = Effects::default();
    stage.proxy.deliver(at(20_000), stage.store.applied(), &changes, &mut fx);
    assert!(fx.wake.is_empty());
}

#[test]
fn only_changed_services_are_reckoned_anew_and_the_result_is_the_same() {
    let mut stage = Stage::new(Mode::Iptables);
    stage.replace(at(20_000), 100);
    stage.until(at(21_000));
    let mut fresh = proxy(Mode::Iptables);
    let mut fx = Effects::default();
    fresh.start(at(21_000), stage.store.applied(), &mut fx);
    recorded::run(&mut fresh, fx, at(22_000));
    assert_eq!(stage.proxy.kernel.rules.iptables_save(), fresh.kernel.rules.iptables_save());
    assert_eq!(stage.proxy.rules(), fresh.rules());
}

#[test]
fn health_ports_answer_as_recorded_and_only_while_kube_proxy_runs() {
    let mut proxy = synced(Mode::Iptables);
    let recording = recorded::file("proxy-health.json");
    for (title, port) in [("lb-local 30190", 30_190), ("lb-local-none 30191", 30_191)] {
        let (answer, wanted) = (proxy.answer(port, "/", at(2_000)).expect("an answer"), recording.get(title));
        assert_eq!(answer.body, wanted.get("body").text());
        assert!(wanted.get("status").text().contains(&answer.code.to_string()));
        let weight = format!("X-Load-Balancing-Endpoint-Weight: {}", answer.weight.expect("a weight"));
        assert!(wanted.get("headers").items().iter().any(|header| header.text() == weight));
    }
    for (title, port, path) in [
        ("kube-proxy :10256/healthz", 10_256, "/healthz"),
        ("kube-proxy :10256/livez", 10_256, "/livez"),
        ("kube-proxy :10249/proxyMode", 10_249, "/proxyMode"),
    ] {
        let answer = proxy.answer(port, path, at(2_000)).expect("an answer");
        let hidden =
            answer.body.split('"').map(|part| if part.starts_with("2026-") { "<time>" } else { part }).collect::<Vec<_>>().join("\"");
        assert_eq!((answer.code, hidden.as_str()), (200, recording.get(title).get("body").text()));
    }
    assert_eq!(proxy.answer(30_100, "/", at(2_000)), None);
    proxy.stop();
    assert_eq!(proxy.answer(10_256, "/healthz", at(2_000)), None);
}
