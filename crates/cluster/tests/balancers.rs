//! A load balancer that does not take everybody: whom it refuses, and which rule is told to have decided.
mod learner;
use cluster::{Choices, Topology, World};
use learner::{run, type_in};
use simcore::{Duration, Time};

const WEB: &str = "
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {nodeName: worker-2, containers: [{name: web, image: hello:v1}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: LoadBalancer
  externalTrafficPolicy: POLICY
  loadBalancerSourceRanges: [RANGE]
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
";

/// What curl says of the load balancer from the learner's machine, and the entry of kube-proxy that decided.
fn asked(proxy: &str, policy: &str, range: &str) -> (String, String) {
    let file = ("web.yaml".to_string(), WEB.replace("POLICY", policy).replace("RANGE", range));
    let mut topology = Topology::kubeadm(2);
    let word = String::from;
    Choices { network: word(""), proxy: word(proxy), load_balancer: word("cloud"), version: word("") }.put(&mut topology).expect("choices");
    let mut world = World::boot(&topology, 5, vec![file]);
    world.run_until(Time::START + Duration::secs(20));
    type_in(&mut world, "kubectl apply -f web.yaml");
    run(&mut world, 20);
    let address = type_in(&mut world, "kubectl get svc web -o jsonpath='{.status.loadBalancer.ingress[0].ip}'");
    let said = type_in(&mut world, &format!("curl -s -m 2 http://{address}/; echo $?"));
    let last = world.traffic().recent().last().map_or(0, |trace| trace.id);
    let hop = world.follow_request(last).into_iter().find(|hop| hop.component.starts_with("kube-proxy/"));
    (said, hop.map(|hop| format!("{}: {}", hop.text, hop.entry)).unwrap_or_default())
}

#[test]
fn who_is_not_in_the_source_ranges_is_dropped_by_the_firewall_whatever_the_traffic_policy() {
    let rules = [
        ("iptables", "-A KUBE-PROXY-FIREWALL -d 203.0.113.1/32 -p tcp -m comment --comment \"default/web traffic not accepted by"),
        ("nftables", "add rule ip kube-proxy firewall-PFISGYVC-default/web/tcp/ ip saddr != 203.0.113.0/24 drop"),
        ("ipvs", "TCP  203.0.113.1:80 rr, source not in KUBE-LOAD-BALANCER-SOURCE-CIDR: -A KUBE-SOURCE-RANGES-FIREWALL -j DROP"),
    ];
    for (proxy, rule) in rules {
        for policy in ["Cluster", "Local"] {
            let (said, decided) = asked(proxy, policy, "203.0.113.0/24");
            assert_eq!(said, "28\n", "{proxy} {policy}");
            assert!(decided.starts_with(&format!("203.0.113.1:80 is dropped: {rule}")), "{proxy} {policy}: {decided}");
        }
    }
}

#[test]
fn under_policy_local_the_load_balancer_sends_to_a_node_that_passes_its_health_check() {
    // The only Pod stands on the second worker; the first would drop the packet.
    for proxy in ["iptables", "nftables", "ipvs"] {
        let (said, decided) = asked(proxy, "Local", "192.168.100.0/24");
        assert_eq!(said, "Hello from v1, pod web\n0\n", "{proxy}: {decided}");
        assert!(decided.starts_with("203.0.113.1:80 becomes 10.244.2.2:8080:"), "the client's address stays: {decided}");
    }
}
