//! Upgrades and certificates of clusters that kubeadm made, in the world.
mod learner;

use cluster::{Topology, World};
use learner::{run, type_in};

const FLANNEL: &str = "https://github.com/flannel-io/flannel/releases/latest/download/kube-flannel.yml";

/// A Deployment that can be drained: its Pods go on serving for five seconds while others come.
const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: hello
          image: hello:v1
          readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
          lifecycle: {preStop: {sleep: {seconds: 5}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
";

/// Someone on each worker who asks each second.
const USERS: &str = "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: users}
spec:
  selector: {matchLabels: {app: users}}
  template:
    metadata: {labels: {app: users}}
    spec:
      containers:
        - name: user
          image: busybox:1.36
          command: [sh, -c, 'while true; do wget -qO- -T 2 http://web/ || echo failed; sleep 1; done']
";

/// A control plane and two workers, with a Deployment that is served.
fn cluster(version: &str) -> World {
    let mut world = World::boot(&Topology { version: version.to_string(), ..Topology::bare(3, true) }, 1, Vec::new());
    run(&mut world, 60);
    let said = type_in(&mut world, &format!("ssh node-1 kubeadm init --kubernetes-version {version} --pod-network-cidr 10.244.0.0/16"));
    assert!(said.contains("initialized successfully!"), "{said}");
    type_in(&mut world, "ssh node-1 'mkdir -p .kube && cp /etc/kubernetes/admin.conf .kube/config'");
    let join = type_in(&mut world, "ssh node-1 kubeadm token create --print-join-command");
    for node in ["node-2", "node-3"] {
        let said = type_in(&mut world, &format!("ssh {node} {}", join.trim()));
        assert!(said.contains("This node has joined the cluster"), "{said}");
    }
    type_in(&mut world, &format!("ssh node-1 kubectl apply -f {FLANNEL}"));
    run(&mut world, 60);
    world.save_file("web.yaml", WEB);
    type_in(&mut world, "kubectl apply -f web.yaml");
    run(&mut world, 20);
    world
}

#[test]
fn a_cluster_goes_from_one_minor_version_to_the_next() {
    let mut world = cluster("v1.36.4");
    // Both name servers came to the node that was ready first: its drain would take all names away for some seconds.
    type_in(&mut world, "kubectl -n kube-system rollout restart deployment coredns");
    run(&mut world, 40);
    world.save_file("users.yaml", USERS);
    type_in(&mut world, "kubectl apply -f users.yaml");
    run(&mut world, 10);
    let packages = |node: &str| {
        format!(
            "ssh {node} 'sed -i s/v1.36/v1.37/ /etc/apt/sources.list.d/kubernetes.list && apt-get update && apt-get install -y kubeadm=1.37.2-1.1'"
        )
    };
    let kubelet =
        |node: &str| format!("ssh {node} 'apt-get install -y kubelet=1.37.2-1.1 kubectl=1.37.2-1.1 && systemctl restart kubelet'");
    assert!(type_in(&mut world, "kubectl version").ends_with("Server Version: v1.36.4\n"));
    type_in(&mut world, &packages("node-1"));
    let plan = type_in(&mut world, "ssh node-1 kubeadm upgrade plan");
    assert!(plan.contains("kube-apiserver            node-1    v1.36.4   v1.37.2"), "{plan}");
    let said = type_in(&mut world, "ssh node-1 kubeadm upgrade apply -y v1.37.2");
    assert!(said.contains("A control plane node of your cluster was upgraded to \"v1.37.2\""), "{said}");
    assert!(type_in(&mut world, "kubectl version").ends_with("Server Version: v1.37.2\n"));
    let images =
        type_in(&mut world, "kubectl get pods -n kube-system -l tier=control-plane -o 'jsonpath={.items[*].spec.containers[0].image}'");
    assert_eq!(images.matches(":v1.37.2").count(), 3, "{images}");
    type_in(&mut world, &kubelet("node-1"));
    run(&mut world, 20);
    for node in ["node-2", "node-3"] {
        type_in(&mut world, &packages(node));
        let said = type_in(&mut world, &format!("ssh {node} kubeadm upgrade node"));
        assert!(said.contains("The kubelet configuration for this node was successfully upgraded!"), "{said}");
        let said = type_in(&mut world, &format!("kubectl drain {node} --ignore-daemonsets"));
        assert!(said.ends_with(&format!("node/{node} drained\n")), "{said}");
        type_in(&mut world, &kubelet(node));
        type_in(&mut world, &format!("kubectl uncordon {node}"));
        run(&mut world, 20);
    }
    let versions = type_in(&mut world, "kubectl get nodes -o 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}'");
    assert_eq!(versions, "v1.37.2 v1.37.2 v1.37.2");
    let logs = type_in(&mut world, "kubectl logs -l app=users --tail=-1");
    let (served, failed) = (logs.matches("Hello from v1").count(), logs.matches("failed").count());
    assert!(served > 200 && failed == 0, "{served} served, {failed} failed\n{}", type_in(&mut world, "kubectl get pods -o wide"));
}

#[test]
fn certificates_that_expire_stop_everybody_until_they_are_renewed() {
    let mut world = cluster("v1.37.2");
    for node in ["node-1", "node-2", "node-3"] {
        type_in(&mut world, &format!("ssh {node} \"timedatectl set-ntp false; date -s '+400 days'\""));
    }
    let expired = "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time ";
    let said = type_in(&mut world, "kubectl get nodes");
    assert!(said.starts_with(&format!("Unable to connect to the server: {expired}")), "{said}");
    assert!(type_in(&mut world, "ssh node-1 kubectl get nodes").contains("2028-01-05T00:0"));
    run(&mut world, 60);
    type_in(&mut world, "ssh node-1 kubeadm certs renew all");
    // The copy in root's home is as old as ever.
    assert_eq!(type_in(&mut world, "ssh node-1 kubectl get nodes"), "error: You must be logged in to the server (Unauthorized)\n");
    type_in(&mut world, "ssh node-1 cp /etc/kubernetes/admin.conf .kube/config");
    assert!(type_in(&mut world, "ssh node-1 kubectl get nodes").contains("node-3"));
    let restart = "ssh node-1 'mv /etc/kubernetes/manifests/*.yaml /tmp && sleep 20 && mv /tmp/*.yaml /etc/kubernetes/manifests/'";
    type_in(&mut world, restart);
    run(&mut world, 120);
    let nodes = type_in(&mut world, "kubectl get nodes --no-headers");
    assert_eq!(nodes.matches(" NotReady ").count(), 3, "the kubelets' own certificates are over, too: {nodes}");
    let own = "kubeadm kubeconfig user --org system:nodes --client-name system:node:node-1 > /etc/kubernetes/kubelet.conf";
    type_in(&mut world, &format!("ssh node-1 '{own} && systemctl restart kubelet'"));
    let join = type_in(&mut world, "ssh node-1 kubeadm token create --print-join-command");
    type_in(&mut world, &format!("ssh node-2 'kubeadm reset -f && {}'", join.trim()));
    run(&mut world, 60);
    let nodes = type_in(&mut world, "kubectl get nodes --no-headers");
    let (ready, not) = (nodes.matches(" Ready ").count(), nodes.matches(" NotReady ").count());
    assert_eq!((ready, not), (2, 1), "a new kubeconfig and a new join mend two of them: {nodes}");
}

#[test]
fn a_preset_knows_its_configuration_too() {
    let mut world = World::boot(&Topology::kubeadm(1), 1, Vec::new());
    run(&mut world, 120);
    let plan = type_in(&mut world, "ssh control-plane kubeadm upgrade plan");
    assert!(plan.contains("[upgrade/versions] Cluster version: 1.37.2"), "{plan}");
    let maps = type_in(&mut world, "kubectl get configmaps -A -o name");
    assert!(maps.contains("kubeadm-config") && maps.contains("kubelet-config") && maps.contains("cluster-info"), "{maps}");
}

#[test]
fn nodes_get_what_the_pod_network_says() {
    let mut world = World::boot(&Topology::bare(1, true), 1, Vec::new());
    run(&mut world, 60);
    type_in(&mut world, "ssh node-1 kubeadm init --pod-network-cidr 10.100.4.0/22");
    run(&mut world, 20);
    assert_eq!(type_in(&mut world, "kubectl get node node-1 -o 'jsonpath={.spec.podCIDR}'"), "10.100.4.0/24");
    let mut world = World::boot(&Topology::bare(1, true), 1, Vec::new());
    run(&mut world, 60);
    type_in(&mut world, "ssh node-1 kubeadm init");
    run(&mut world, 20);
    assert_eq!(type_in(&mut world, "kubectl get node node-1 -o 'jsonpath={.spec.podCIDR}'"), "");
    type_in(&mut world, &format!("ssh node-1 'KUBECONFIG=/etc/kubernetes/admin.conf kubectl apply -f {FLANNEL}'"));
    run(&mut world, 60);
    assert!(type_in(&mut world, "kubectl get nodes").contains("NotReady"));
    let logs = type_in(&mut world, "kubectl logs -n kube-flannel -l app=flannel");
    assert!(logs.contains("failed to acquire lease: node \"node-1\" pod cidr not assigned"), "{logs}");
}
