//! What the lenses over the picture are told: Service rules per node, who reaches whom, names, the learner's browser.
use cluster::input::{Fault, Input};
use cluster::{Topology, World};
use simcore::{Duration, Time};

const SHOP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'hello:v1'}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
---
apiVersion: v1
kind: Pod
metadata: {name: box}
spec:
  containers: [{name: box, image: 'busybox:1.36', command: [sleep, infinity]}]
";

fn shop() -> World {
    let mut world = World::boot(&Topology::kubeadm(2), 5, vec![("shop.yaml".to_string(), SHOP.to_string())]);
    run(&mut world, 20);
    line(&mut world, "kubectl apply -f shop.yaml");
    run(&mut world, 20);
    world
}

fn run(world: &mut World, seconds: u64) {
    world.run_until(world.now() + Duration::secs(seconds));
}

fn line(world: &mut World, text: &str) {
    world.type_line(text);
    let limit = world.now() + Duration::secs(60);
    world.run_while(limit, |world| !world.busy());
}

fn browse(world: &mut World, url: &str, address: &str) -> cluster::lens::PageView {
    world.input(&Input::Browse { url: url.to_string(), address: address.to_string() });
    let limit: Time = world.now() + Duration::secs(30);
    world.run_while(limit, |world| world.browsed().is_some());
    world.browsed().expect("the browser got something")
}

#[test]
fn a_browser_outside_gets_the_page_or_a_reason() {
    let mut world = shop();
    let page = browse(&mut world, "http://worker-1:30080/", "");
    assert_eq!(page.code, 200, "{page:?}");
    assert!(!page.body.is_empty());
    let hops = world.follow_request(page.request);
    assert!(hops.iter().any(|hop| hop.component == "kube-proxy/worker-1"), "{hops:?}");

    assert_eq!(browse(&mut world, "http://web.default/", "").failure, "nxdomain");
    assert_eq!(browse(&mut world, "http://worker-1:30081/", "").failure, "refused");
    // As with a line in /etc/hosts: the name leads to the address, and is sent along.
    let node = world.hosts()[1].address.to_string();
    assert_eq!(browse(&mut world, "http://web.example:30080/", &node).code, 200);
    line(&mut world, "kubectl scale deployment web --replicas=0");
    run(&mut world, 40);
    assert_eq!(browse(&mut world, "http://worker-1:30080/", "").failure, "no-endpoints");
}

#[test]
fn a_stopped_kube_proxy_is_seen_to_lag() {
    let mut world = shop();
    let of = |world: &World, node: &str| {
        world.service_rules().into_iter().find(|rule| rule.node == node && rule.service == "default/web").unwrap()
    };
    assert!(!of(&world, "worker-1").lags && of(&world, "worker-1").endpoints.len() == 2);
    assert!(world.rules_text("worker-1").contains("default/web"));
    world.input(&Input::Fault { fault: Fault::StopComponent { component: "kube-proxy/worker-1".to_string() } });
    line(&mut world, "kubectl scale deployment web --replicas=3");
    run(&mut world, 15);
    let (stopped, other) = (of(&world, "worker-1"), of(&world, "worker-2"));
    assert!(stopped.lags && stopped.endpoints.len() == 2 && stopped.missing.len() == 1, "{stopped:?}");
    assert!(!other.lags && other.endpoints.len() == 3, "{other:?}");
}

#[test]
fn the_matrix_says_who_reaches_whom_and_why() {
    let mut world = shop();
    let open = world.reachability(8080);
    assert!(open.enforced && open.policies == 0 && open.rows.iter().all(|row| !row.contains('i')));
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: shut}\nspec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}\n";
    world.input(&Input::Apply { name: "shut.yaml".to_string(), text: policy.to_string() });
    run(&mut world, 5);
    let shut = world.reachability(8080);
    let place = |name: &str| shut.ends.iter().position(|end| end.pod.starts_with(name)).unwrap();
    let (from, to) = (place("default/box"), place("default/web"));
    assert_eq!(shut.rows[from].chars().nth(to), Some('i'));
    assert!(shut.ends[to].ingress && !shut.ends[from].ingress);
    let (words, facts) = world.reach_words(&shut.ends[from].address, &shut.ends[to].address, 8080);
    assert!(words.contains("default/shut"), "{words}");
    assert_eq!((facts.len(), facts[0].as_str(), facts[3].as_str()), (7, "denies", "default/shut"));
}

#[test]
fn a_lookup_is_told_question_by_question() {
    let world = shop();
    let steps = world.clone().lookup("default/box", "web");
    let told: Vec<&str> = steps.iter().map(|step| step.deed.as_str()).collect();
    assert_eq!(told, ["resolv", "asked", "found"]);
    assert_eq!(steps[1].facts[..2], ["web.default.svc.cluster.local", "NOERROR"]);
    let outside = world.clone().lookup("default/box", "nowhere.example");
    assert!(outside.iter().filter(|step| step.deed == "asked").count() > 3, "the search list is tried first");
    assert_eq!(outside.last().unwrap().facts[0], "nxdomain");
}

#[test]
fn a_corefile_that_logs_shows_every_question_with_who_asked() {
    let mut world = shop();
    let corefile = ".:53 {\\n log\\n errors\\n health\\n ready\\n kubernetes cluster.local {\\n }\\n}\\n";
    line(&mut world, &format!("kubectl -n kube-system patch cm coredns -p '{{\"data\":{{\"Corefile\":\"{corefile}\"}}}}'"));
    line(&mut world, "kubectl -n kube-system rollout restart deploy coredns");
    run(&mut world, 40);
    line(&mut world, "kubectl exec box -- nslookup web.default.svc.cluster.local");
    line(&mut world, "kubectl get pod box -o jsonpath='{.status.podIP}'");
    let printed = world.terminal.output();
    let address = printed.rsplit(['\n', '$', ' ']).find(|word| word.starts_with("10.244.")).expect("the box's address").trim().to_string();
    line(&mut world, "clear");
    line(&mut world, "kubectl logs -n kube-system -l k8s-app=kube-dns");
    let logs = world.terminal.output();
    let asked =
        logs.lines().filter(|line| line.contains("\"A IN web.default.svc.cluster.local. udp ") && line.contains("\" NOERROR qr,aa,rd "));
    assert!(asked.clone().count() > 0 && asked.clone().all(|line| line.contains(&format!("[INFO] {address}:"))), "{logs}");
}
