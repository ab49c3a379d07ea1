//! CoreDNS without its API server, while it starts and ends, and what clients see: the recorded rows.
mod resolver;

use apiserver::client::Effects;
use dataplane::network::dns::{Family, Found, KUBEADM, Kind, Reply, ResolvConf, plain, resolve};
use objects::Tree;
use resolver::{Lab, secs};
use simcore::Duration;

fn failures() -> Tree {
    Tree::from_json(include_str!("../../../tests/network/dns-failures.json")).expect("the table is JSON")
}

/// The recorded words of a row, in the form of `Lab::says`.
fn recorded(row: &Tree) -> String {
    let mut lines: Vec<String> = row.get("answers").items().iter().map(|line| line.text().to_string()).collect();
    lines.sort();
    [vec![row.get("result").text().to_string()], lines].concat().join("; ")
}

#[test]
fn without_an_api_server_it_starts_late_and_knows_no_cluster_names() {
    let mut lab = Lab::new(KUBEADM, false);
    let table = failures();
    let mut asked = 0;
    for row in table.at(&["server", "API server never reached"]).items() {
        let words = row.get("situation").text();
        if let Some(rest) = words.strip_prefix("started ") {
            let seconds: u64 = rest.split(' ').next().and_then(|number| number.parse().ok()).expect("seconds");
            let at = simcore::Time::START + secs(seconds);
            lab.run(at.since(lab.now));
        }
        if row.has("ready") {
            assert!(!lab.server.is_ready(lab.now) && lab.server.healthy(lab.now));
            continue;
        }
        let kind = Kind::parse(row.get("type").text()).expect("a type");
        assert_eq!(lab.says(row.get("name").text(), kind), recorded(row), "{}", row.to_json());
        asked += 1;
    }
    assert_eq!(asked, 13);
}

#[test]
fn what_it_knew_it_goes_on_saying_while_the_api_server_is_lost() {
    let mut lab = Lab::new(KUBEADM, true);
    let ready = lab.run_until(secs(5), |lab| lab.server.is_ready(lab.now));
    assert!(ready <= Duration::millis(300), "recorded: 0.2 s");
    lab.lose();
    lab.put_service("late", "10.96.1.90");
    lab.delete_service("web-unnamed");
    lab.run(secs(3));
    let mut rows = 0;
    for row in failures().at(&["server", "started with and without it, lost and back"]).items() {
        let words = row.get("situation").text();
        if !words.starts_with("synced, then API server lost") {
            continue;
        }
        if words.contains("25 s") {
            lab.run((simcore::Time::START + ready + secs(23)).since(lab.now));
        }
        if row.has("ready") {
            assert!(lab.server.is_ready(lab.now) && lab.server.healthy(lab.now));
            continue;
        }
        // Names outside count down from when they were first asked.
        let (said, wanted) = (lab.says(row.get("name").text(), Kind::A), recorded(row));
        let outside = row.get("name").text() == "www.example.com";
        assert!(said == wanted || (outside && said.starts_with("NOERROR; www.example.com. 1")), "{words}: {said}, not {wanted}");
        rows += 1;
    }
    assert_eq!(rows, 14);
    lab.reachable = true;
    let back = lab.run_until(secs(90), |lab| lab.says("late.shop.svc.cluster.local", Kind::A).starts_with("NOERROR"));
    assert!(back > secs(1) && back < secs(61), "it comes back by its client's pauses (recorded once: 18.4 s), here {back}");
    assert_eq!(lab.says("web-unnamed.shop.svc.cluster.local", Kind::A), "NXDOMAIN");
}

#[test]
fn an_api_server_that_comes_late_is_found_by_the_next_try() {
    let mut lab = Lab::new(KUBEADM, false);
    lab.run(secs(8));
    lab.reachable = true;
    let took = lab.run_until(secs(60), |lab| lab.server.is_ready(lab.now));
    assert!(took > Duration::millis(200) && took < secs(26), "recorded once: 6.5 s, here {took}");
    assert_eq!(lab.says("web.shop.svc.cluster.local", Kind::A), "NOERROR; web.shop.svc.cluster.local. 30 IN A 10.96.1.10");
}

#[test]
fn after_sigterm_it_answers_on_for_its_lameduck_time() {
    let mut lab = Lab::new(KUBEADM, true);
    lab.run(secs(1));
    let mut fx = Effects::default();
    let end = lab.server.terminate(lab.now, &mut fx);
    lab.carry_out(fx);
    assert_eq!(end.since(lab.now), secs(5));
    lab.run(Duration::millis(4_900));
    assert!(lab.says("web.shop.svc.cluster.local", Kind::A).starts_with("NOERROR"));
    lab.run(Duration::millis(200));
    assert_eq!(lab.says("web.shop.svc.cluster.local", Kind::A), "refused");
    assert!(!lab.server.is_running());
    let log: String = lab.server.take_log().into_iter().map(|(_, words)| words).collect();
    assert!(log.contains("[INFO] plugin/health: Going into lameduck mode for 5s\n"));
}

#[test]
fn clients_wait_as_long_as_recorded() {
    let table = failures();
    let mut known = Lab::new(KUBEADM, true);
    let mut unsynced = Lab::new(KUBEADM, false);
    known.run(secs(10));
    unsynced.run(secs(10));
    let rows = ["glibc, CoreDNS up", "glibc, DNS failing"].map(|part| table.get(part).items());
    let mut checked = 0;
    for row in rows.into_iter().flatten() {
        let situation = row.get("situation").text();
        let conf = ResolvConf::parse(row.get("resolv.conf").text());
        let lookup = resolve(&conf, row.get("getent ahostsv4").text(), Family::V4, &mut |_, question, _| {
            if situation.starts_with("nothing listens") {
                return Reply::Refused;
            }
            if situation.starts_with("packets") {
                return Reply::Lost;
            }
            let lab = if situation.contains("never reached") { &mut unsynced } else { &mut known };
            lab.server.ask(lab.now, None, question)
        });
        let (canonical, mut addresses): (Option<&str>, Vec<String>) = match &lookup.result {
            Found::Addresses { canonical, addresses } => (Some(canonical), addresses.iter().map(ToString::to_string).collect()),
            _ => (None, Vec::new()),
        };
        addresses.sort();
        let wanted: Vec<&str> = row.get("addresses").items().iter().map(Tree::text).collect();
        assert_eq!(addresses, wanted, "{}", row.to_json());
        assert_eq!(canonical.unwrap_or_default(), row.get("canonical").text(), "{}", row.to_json());
        let seconds = match row.get("seconds") {
            Tree::Float(seconds) => *seconds as u64,
            other => other.int_or(0) as u64,
        };
        assert_eq!(lookup.elapsed.0 / 1_000_000, seconds, "{}", row.to_json());
        assert_eq!(addresses.is_empty(), row.get("exit").int_or(0) == 2);
        checked += 1;
    }
    assert_eq!(checked, 36);
}

#[test]
fn lost_questions_are_repeated_and_then_the_plain_name_is_tried() {
    let table = failures();
    let conf = ResolvConf::parse("search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n");
    let seen = table.entries().find(|(key, _)| key.starts_with("glibc, questions sent")).map(|(_, seen)| seen).expect("the part");
    for (name, questions) in seen.entries() {
        let lookup = resolve(&conf, name, Family::V4, &mut |_, _, _| Reply::Lost);
        let sent: Vec<(i64, &str)> = lookup.steps.iter().map(|step| ((step.at.0 / 1_000_000) as i64, plain(&step.question.name))).collect();
        let wanted: Vec<(i64, &str)> = questions.items().iter().map(|pair| (pair.items()[0].int_or(-1), pair.items()[1].text())).collect();
        assert_eq!(sent, wanted);
    }
}

#[test]
fn two_name_servers_share_the_time_and_rotate_changes_who_is_first() {
    let conf = ResolvConf::parse("nameserver 192.0.2.1\nnameserver 192.0.2.2\nsearch a.example b.example\noptions timeout:2 attempts:1\n");
    let lookup = resolve(&conf, "web", Family::V4, &mut |server, question, _| {
        if server.to_string() == "192.0.2.1" { Reply::Lost } else { Reply::Answer(internet(question), Duration::millis(20)) }
    });
    assert_eq!(lookup.elapsed, Duration::millis(3 * 2_020));
    let rotating = ResolvConf { options: vec!["rotate".into()], ..conf };
    let lookup = resolve(&rotating, "web", Family::V4, &mut |_, question, _| Reply::Answer(internet(question), Duration::ZERO));
    let asked: Vec<String> = lookup.steps.iter().map(|step| step.server.to_string()).collect();
    assert_eq!(asked, ["192.0.2.1", "192.0.2.2", "192.0.2.1"]);
}

fn internet(question: &dataplane::network::dns::Question) -> dataplane::network::dns::Answer {
    dataplane::network::dns::Zone::parse(dataplane::network::dns::INTERNET).expect("a zone").answer(question)
}
