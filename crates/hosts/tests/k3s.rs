//! K3s installed, joined, refused and removed on bare servers, as a learner does it.
use hosts::truth::Bench;
use simcore::Duration;

fn bench(hosts: &[&str]) -> Bench {
    let mut bench = Bench::default();
    hosts.iter().for_each(|host| bench.add(host).expect("a server"));
    bench
}

const INSTALL: &str = "curl -sfL https://get.k3s.io | sh -";

#[test]
fn one_line_makes_a_server_on_a_board_that_kubeadm_refuses() {
    let mut bench = bench(&["edge-1 10.0.0.31 arch=arm64 cores=1 memory=957"]);
    let said = bench.type_line(INSTALL);
    println!("{said}");
    assert!(said.contains("[INFO]  Downloading binary https://github.com/k3s-io/k3s/releases/download/v1.37.1+k3s1/k3s-arm64\n"), "{said}");
    assert!(said.contains("[INFO]  systemd: Starting k3s\n"), "{said}");
    assert_eq!(bench.type_line("systemctl is-active k3s"), "active\n");
    let status = bench.type_line("systemctl status k3s; journalctl -u k3s; ss -tulnp; ps aux; free -m; top -bn1; ls -l /usr/local/bin /etc/rancher/k3s /var/lib/rancher/k3s/server /var/lib/rancher/k3s/server/manifests; cat /etc/systemd/system/k3s.service");
    println!("{status}");
    assert!(status.contains("k3s is up and running"));
}

#[test]
fn an_agent_joins_with_the_servers_token_and_waits_in_its_journal_with_another() {
    let mut bench = bench(&["server-1 10.0.0.10", "agent-1 10.0.0.11"]);
    bench.type_line(INSTALL);
    let token = bench.type_line("cat /var/lib/rancher/k3s/server/node-token").trim().to_string();
    assert!(token.starts_with("K10") && token.contains("::server:"), "{token}");
    bench.deed("on agent-1").unwrap();
    bench.type_line(&format!(
        "{} ",
        INSTALL.replace("sh -", "K3S_URL=https://10.0.0.10:6443 K3S_TOKEN=wrong INSTALL_K3S_SKIP_START=true sh -")
    ));
    bench.type_line("systemctl start k3s-agent");
    let journal = bench.type_line("journalctl -u k3s-agent");
    println!("{}", &journal[..journal.len().min(3000)]);
    assert!(journal.contains(
        "Waiting to retrieve agent configuration; server is not ready: failed to retrieve configuration from server: not authorized"
    ));
    let said = bench.type_line(&INSTALL.replace("sh -", &format!("K3S_URL=https://10.0.0.10:6443 K3S_TOKEN={token} sh -")));
    println!("{said}");
    assert_eq!(bench.type_line("systemctl is-active k3s-agent"), "active\n");
    println!("{}", bench.type_line("journalctl -u k3s-agent -n 30; ss -tln; cat /etc/systemd/system/k3s-agent.service.env"));
}

#[test]
fn a_second_server_joins_the_embedded_etcd() {
    let mut bench = bench(&["server-1 10.0.0.10", "server-2 10.0.0.12"]);
    bench.type_line("curl -sfL https://get.k3s.io | K3S_TOKEN=SECRET sh -s - server --cluster-init");
    bench.deed("on server-2").unwrap();
    let said = bench.type_line(
        "curl -sfL https://get.k3s.io | K3S_TOKEN=SECRET sh -s - server --server https://10.0.0.10:6443 --cluster-cidr 10.50.0.0/16",
    );
    println!("{said}");
    println!("{}", bench.type_line("journalctl -u k3s -n 8"));
    let said = bench.type_line("curl -sfL https://get.k3s.io | K3S_TOKEN=SECRET sh -s - server --server https://10.0.0.10:6443");
    println!("{said}");
    println!("{}", bench.type_line("journalctl -u k3s -n 40; k3s etcd-snapshot save; k3s etcd-snapshot ls; k3s token create; k3s token list; k3s certificate check --output table; k3s secrets-encrypt status; k3s --version; k3s check-config"));
    assert_eq!(bench.type_line("systemctl is-active k3s"), "active\n");
    bench.pass(Duration::secs(5));
    println!("{}", bench.type_line("k3s-uninstall.sh; ls /usr/local/bin /var/lib/rancher; systemctl status k3s"));
}

#[test]
fn packages_come_from_the_repositories_that_are_configured() {
    let mut bench = bench(&["node-1 10.0.0.10"]);
    println!("{}", bench.type_line("apt-get install -y kubeadm"));
    for line in [
        "apt-get update",
        "mkdir -p /etc/apt/keyrings",
        "apt-get install -y apt-transport-https ca-certificates curl gpg",
        "curl -fsSL https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release.key | gpg --dearmor -o /etc/apt/keyrings/kubernetes-apt-keyring.gpg",
        "echo 'deb [signed-by=/etc/apt/keyrings/kubernetes-apt-keyring.gpg] https://pkgs.k8s.io/core:/stable:/v1.37/deb/ /' | tee /etc/apt/sources.list.d/kubernetes.list",
        "apt-get update",
        "apt-cache madison kubeadm",
        "apt-get install -y kubelet kubeadm kubectl",
        "apt-mark hold kubelet kubeadm kubectl",
        "dpkg -l kube*",
        "apt-get install -y kubeadm=1.37.1-1.1",
        "apt-cache policy kubeadm",
    ] {
        println!("$ {line}\n{}", bench.type_line(line));
    }
    assert_eq!(bench.type_line("apt-mark showhold"), "kubeadm\nkubectl\nkubelet\n");
    assert!(bench.machine("node-1").unwrap().program("kubeadm").is_some_and(|version| version == "v1.37.2"));
}
