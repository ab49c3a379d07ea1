//! What people see in a container: its resolv.conf, and the tools that look names up.
mod resolver;
mod tank;

use dataplane::network::dns::{KUBEADM, Question, ResolvConf, tools};
use objects::wire::{Body, Request, Verb};
use objects::{Text, kinds};
use resolver::{Lab, secs};
use std::net::IpAddr;
use tank::Tank;

const CONF: &str = "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";

/// What a typed line prints, and its exit code.
fn typed(line: &str) -> (String, i32) {
    let mut lab = Lab::new(KUBEADM, true);
    lab.run(secs(2));
    let words: Vec<Text> = line.split(' ').map(Text::new).collect();
    let now = lab.now;
    let mut ask = |_: IpAddr, question: &Question, _| lab.server.ask(now, None, question);
    let said = tools::run(&words[0], &words[1..], &ResolvConf::parse(CONF), now, &mut ask).expect("a tool");
    (said.out + &said.err, said.code)
}

#[test]
fn nslookup_asks_every_search_domain_for_a_name_without_a_dot() {
    let known = "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n";
    let web = "Name:\tweb.shop.svc.cluster.local\nAddress: 10.96.1.10\n\n";
    let no = |name: &str| format!("** server can't find {name}: NXDOMAIN\n\n");
    let others = format!("{}{}", no("web.svc.cluster.local"), no("web.cluster.local"));
    assert_eq!(typed("nslookup web"), (format!("{known}{web}{others}\n{others}"), 1));
    assert_eq!(typed("nslookup web.shop.svc.cluster.local"), (format!("{known}{web}\n"), 0));
    // A name with a dot is asked as it is: busybox does not search.
    assert_eq!(typed("nslookup web.shop").1, 1);
    assert_eq!(typed("nslookup 10.96.1.10").0, format!("{known}10.1.96.10.in-addr.arpa\tname = web.shop.svc.cluster.local\n\n"));
}

#[test]
fn dig_prints_whole_answers_and_short_ones() {
    assert_eq!(typed("dig +short web.shop.svc.cluster.local").0, "10.96.1.10\n");
    assert_eq!(typed("dig +search +short db").0.lines().count(), 3);
    let (text, _) = typed("dig +search +showsearch web.shop");
    let asked: Vec<&str> = text.lines().filter(|line| line.ends_with("\tA") && line.starts_with(';')).collect();
    assert_eq!((asked.len(), text.matches("NXDOMAIN").count(), text.matches("<<>> DiG").count()), (2, 1, 1), "{text}");
    let (text, code) = typed("dig web.shop.svc.cluster.local");
    assert_eq!(code, 0);
    for part in [
        ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: ",
        ";; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\n",
        ";; QUESTION SECTION:\n;web.shop.svc.cluster.local.\tIN\tA\n",
        ";; ANSWER SECTION:\nweb.shop.svc.cluster.local. 30\tIN\tA\t10.96.1.10\n",
        ";; SERVER: 10.96.0.10#53(10.96.0.10) (UDP)\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn getent_and_host_use_the_search_list() {
    assert_eq!(typed("getent hosts web.other").0, "10.96.1.20      web.other.svc.cluster.local\n");
    assert_eq!(typed("getent hosts ext").0, "203.0.113.80    www.example.com ext.shop.svc.cluster.local\n");
    assert_eq!(typed("getent hosts nosuch"), (String::new(), 2));
    let lines = "10.96.1.10      STREAM web.shop.svc.cluster.local\n10.96.1.10      DGRAM  \n10.96.1.10      RAW    \n";
    assert_eq!(typed("getent ahostsv4 web").0, lines);
    assert_eq!(typed("host web").0, "web.shop.svc.cluster.local has address 10.96.1.10\n");
    assert_eq!(typed("host nosuch"), ("Host nosuch not found: 3(NXDOMAIN)\n".to_string(), 1));
    let ext = "ext.shop.svc.cluster.local is an alias for www.example.com.\nwww.example.com has address 203.0.113.80\n\
               www.example.com has IPv6 address 2001:db8::80\n";
    assert_eq!(typed("host ext").0, ext);
}

fn exec(tank: &mut Tank, pod: &str, words: &[&str]) -> String {
    let mut request = Request::about(Verb::Get, kinds::POD, "default", pod).subresource("exec");
    request.options.other = words.iter().map(|word| (Text::new_static("command"), Text::new(word))).collect();
    let now = tank.now;
    match tank.kubelet.exec_in(now, &request).body {
        Body::Text(text) => text,
        _ => String::new(),
    }
}

#[test]
fn every_container_finds_the_resolv_conf_of_its_pod() {
    let mut tank = Tank::new(4);
    tank.pod(
        "
metadata: {name: web}
spec: {dnsPolicy: ClusterFirst, containers: [{name: main, image: 'hello:v1'}]}
",
    );
    tank.pod(
        "
metadata: {name: host}
spec: {dnsPolicy: ClusterFirst, hostNetwork: true, containers: [{name: main, image: 'hello:v1'}]}
",
    );
    tank.pod(
        "
metadata: {name: many}
spec:
  dnsPolicy: None
  dnsConfig: {nameservers: [192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4], options: [{name: ndots, value: '2'}]}
  containers: [{name: main, image: 'hello:v1'}]
",
    );
    tank.run(secs(8));
    let web = "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";
    assert_eq!(exec(&mut tank, "web", &["cat", "/etc/resolv.conf"]), web);
    assert_eq!(exec(&mut tank, "web", &["grep", "nameserver", "/etc/resolv.conf"]), "nameserver 10.96.0.10\n");
    assert_eq!(exec(&mut tank, "host", &["cat", "/etc/resolv.conf"]), "nameserver 192.0.2.53\n");
    let many = "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\noptions ndots:2\n";
    assert_eq!(exec(&mut tank, "many", &["cat", "/etc/resolv.conf"]), many);
    let words = "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 192.0.2.1 192.0.2.2 \
                 192.0.2.3";
    assert!(
        tank.events("many").iter().any(|event| event.contains("DNSConfigForming") && event.contains(words)),
        "{:?}",
        tank.events("many")
    );
}

#[test]
fn a_node_without_a_world_around_it_reaches_no_name_server() {
    let mut tank = Tank::new(4);
    tank.pod(
        "
metadata: {name: web}
spec: {dnsPolicy: ClusterFirst, containers: [{name: main, image: 'hello:v1'}]}
",
    );
    tank.run(secs(8));
    let text = exec(&mut tank, "web", &["nslookup", "kubernetes.default"]);
    assert!(text.contains("no servers could be reached"), "{text}");
}
