//! What a Corefile makes CoreDNS do: caches, server blocks, rewrites, and its errors and reloads.
mod resolver;

use dataplane::network::dns::corefile::Corefile;
use dataplane::network::dns::{KUBEADM, Kind};
use resolver::{Lab, secs};
use simcore::Duration;

fn failure(text: &str) -> String {
    Corefile::parse("Corefile", text).expect_err("it is wrong")
}

#[test]
fn a_wrong_corefile_is_refused_in_corednss_words() {
    assert_eq!(failure(".:53 {\n    errors\n    proxy . 8.8.8.8\n}\n"), "Corefile:3 - Error during parsing: Unknown directive 'proxy'");
    assert_eq!(
        failure(".:53 {\n    kubernetes cluster.local {\n        pod insecure\n    }\n}\n"),
        "plugin/kubernetes: Corefile:3 - Error during parsing: unknown property 'pod'"
    );
    assert_eq!(failure(".:53 {\n    errors\n"), "Corefile:2 - Error during parsing: Unexpected EOF");
    assert_eq!(failure(". {\n  errors\n  cache\n  cache 10\n}\n"), "plugin/cache: this plugin can only be used once per Server Block");
    let unread = failure(". {\n  kubernetes {\n    pods maybe\n  }\n}\n");
    assert_eq!(unread, "plugin/kubernetes: wrong value for pods: maybe,  must be one of: disabled, verified, insecure");
    assert!(failure(". {\n  rewrite name regex (.*) {1}\n}\n").ends_with("rule 'rewrite name regex' is not simulated here"));
}

#[test]
fn a_process_with_a_wrong_file_does_not_run() {
    let lab = Lab::new(".:53 {\n    nosuch\n}\n", true);
    assert!(!lab.server.is_running() && !lab.server.is_ready(lab.now));
    assert_eq!(lab.server.exit(), Some("/etc/coredns/Corefile:2 - Error during parsing: Unknown directive 'nosuch'"));
}

#[test]
fn a_new_service_is_known_at_once_unless_its_absence_was_cached() {
    let mut lab = Lab::new(KUBEADM, true);
    let old = KUBEADM
        .replace("    cache 30 {\n       disable success cluster.local\n       disable denial cluster.local\n    }\n", "    cache 30\n");
    let mut cached = Lab::new(&old, true);
    for lab in [&mut lab, &mut cached] {
        lab.run(secs(1));
        assert_eq!(lab.says("new.shop.svc.cluster.local", Kind::A), "NXDOMAIN");
        lab.put_service("new", "10.96.1.91");
    }
    assert!(lab.says("new.shop.svc.cluster.local", Kind::A).starts_with("NOERROR"));
    cached.run(secs(29));
    assert_eq!(cached.says("new.shop.svc.cluster.local", Kind::A), "NXDOMAIN");
    cached.run(secs(1));
    assert!(cached.says("new.shop.svc.cluster.local", Kind::A).starts_with("NOERROR"));
}

#[test]
fn names_outside_come_from_the_cache_and_count_down() {
    let mut lab = Lab::new(KUBEADM, true);
    lab.run(secs(1));
    assert_eq!(lab.says("www.example.com", Kind::A), "NOERROR; www.example.com. 30 IN A 203.0.113.80");
    lab.run(secs(20));
    assert_eq!(lab.says("WWW.example.com", Kind::A), "NOERROR; www.example.com. 10 IN A 203.0.113.80");
    lab.run(secs(10));
    assert_eq!(lab.says("www.example.com", Kind::A), "NOERROR; www.example.com. 30 IN A 203.0.113.80");
}

#[test]
fn headless_answers_come_in_changing_order() {
    let mut lab = Lab::new(KUBEADM, true);
    lab.run(secs(1));
    let mut firsts: Vec<String> =
        (0..40).map(|_| lab.answer("web-headless.shop.svc.cluster.local", Kind::A).answer[0].data.text()).collect();
    firsts.sort();
    firsts.dedup();
    assert_eq!(firsts, ["10.241.0.4", "10.242.0.3", "10.243.0.4"]);
}

#[test]
fn a_block_of_its_own_sends_a_zone_elsewhere_and_hosts_and_rewrites_answer_first() {
    let file = "
corp.example:53 {
    forward . 10.0.0.53
    errors
}
.:53 {
    errors
    rewrite name shop.local web.shop.svc.cluster.local
    rewrite name suffix .old.example .shop.svc.cluster.local
    hosts {
        192.0.2.77 printer.lan
        fallthrough
    }
    kubernetes cluster.local {
        ttl 10
    }
    forward . /etc/resolv.conf
}
";
    let mut lab = Lab::new(file, true);
    lab.run(secs(1));
    assert_eq!(lab.says("shop.local", Kind::A), "NOERROR; shop.local. 10 IN A 10.96.1.10");
    // Without `answer auto` the answer keeps the other name, and clients throw it away.
    assert_eq!(lab.says("web.old.example", Kind::A), "NOERROR; web.shop.svc.cluster.local. 10 IN A 10.96.1.10");
    assert_eq!(lab.says("printer.lan", Kind::A), "NOERROR; printer.lan. 3600 IN A 192.0.2.77");
    assert_eq!(lab.says("db.corp.example", Kind::A), "NOERROR; db.corp.example. 60 IN A 203.0.113.83");
    assert_eq!(lab.says("1-2-3-4.shop.pod.cluster.local", Kind::A), "NXDOMAIN");
    let question = dataplane::network::dns::Question::new("db.corp.example", Kind::A);
    let silent = lab.server.answer_with(lab.now, &question, &mut |to, _| {
        assert_eq!(to, "10.0.0.53");
        None
    });
    assert_eq!(silent.rcode.word(), "SERVFAIL");
    let log: String = lab.server.take_log().into_iter().map(|(_, words)| words).collect();
    assert!(log.contains("[ERROR] plugin/errors: 2 db.corp.example. A: read udp"), "{log}");
}

#[test]
fn a_name_outside_every_block_is_refused() {
    let mut lab = Lab::new("cluster.local:53 {\n    kubernetes\n}\n", true);
    lab.run(secs(1));
    assert_eq!(lab.says("www.example.com", Kind::A), "REFUSED");
    assert!(lab.says("web.shop.svc.cluster.local", Kind::A).starts_with("NOERROR"));
}

#[test]
fn a_changed_file_is_loaded_within_its_period_and_a_wrong_one_changes_nothing() {
    let mut lab = Lab::new(KUBEADM, true);
    lab.run(secs(5));
    lab.server.file_changed(&KUBEADM.replace("pods insecure", "pods disabled"));
    let pod = "1-2-3-4.shop.pod.cluster.local";
    assert!(lab.says(pod, Kind::A).starts_with("NOERROR"));
    let took = lab.run_until(secs(60), |lab| lab.says(pod, Kind::A) == "NXDOMAIN");
    assert!(took >= secs(25) && took <= secs(40), "30 s and up to 15 s, counted from the start; here {took}");
    lab.server.file_changed("broken {");
    lab.run(secs(60));
    assert!(lab.says("web.shop.svc.cluster.local", Kind::A).starts_with("NOERROR"));
    let log: String = lab.server.take_log().into_iter().map(|(_, words)| words).collect();
    assert!(log.contains("[INFO] Reloading complete\n"));
    assert!(log.contains("[ERROR] plugin/reload: Corefile changed but reload failed: /etc/coredns/Corefile:1"), "{log}");
}

#[test]
fn verified_pods_follow_the_cluster() {
    let mut lab = Lab::new(&KUBEADM.replace("pods insecure", "pods verified"), true);
    lab.run(Duration::millis(500));
    assert!(lab.says("10-243-0-4.shop.pod.cluster.local", Kind::A).starts_with("NOERROR"));
    assert_eq!(lab.says("1-2-3-4.shop.pod.cluster.local", Kind::A), "NXDOMAIN");
}

#[test]
fn the_log_plugin_tells_who_asked_what_and_got_which_answer() {
    let mut lab = Lab::new(&KUBEADM.replace("    errors\n", "    errors\n    log\n"), true);
    lab.run(secs(1));
    let question = dataplane::network::dns::Question::new("web.shop.svc.cluster.local", Kind::A);
    lab.server.ask(lab.now, Some("10.244.1.5:40211".parse().expect("an address")), &question);
    let log: String = lab.server.take_log().into_iter().map(|(_, words)| words).collect();
    assert!(log.contains("[INFO] 10.244.1.5:40211 - "), "{log}");
    assert!(log.contains(" \"A IN web.shop.svc.cluster.local. udp 44 false 512\" NOERROR qr,aa,rd 60 0.000"), "{log}");
}

#[test]
fn a_server_that_forwards_to_itself_ends_instead_of_looping() {
    let mut lab = Lab::new(KUBEADM, true);
    lab.server.set_name_servers(&["127.0.0.53".into()]);
    lab.run(secs(1));
    assert!(!lab.server.is_running());
    let why = lab.server.exit().unwrap_or_default();
    assert!(why.starts_with("[FATAL] plugin/loop: Loop (127.0.0.1:") && why.contains("detected for zone \".\""), "{why}");
    let mut fine = Lab::new(KUBEADM, true);
    fine.server.set_name_servers(&["192.0.2.53".into()]);
    fine.run(secs(1));
    assert!(fine.server.is_running() && fine.server.exit().is_none());
    assert!(fine.says("www.example.com", Kind::A).starts_with("NOERROR"));
}
