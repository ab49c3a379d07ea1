//! How much memory a session's past takes: `cargo run -p cluster --example keyframes -- PODS`.
use cluster::Session;
use cluster::input::Input;
use simcore::Duration;

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default().to_string()
}

fn main() {
    let pods = std::env::args().nth(1).unwrap_or("100".to_string());
    let mut session = Session::start("kubeadm", 3, 1, Vec::new()).expect("the preset is known");
    session.advance(session.now() + Duration::secs(20), usize::MAX);
    println!("booted {}", memory());
    session.input(Input::Line { text: format!("kubectl create deployment web --image=hello:v1 --replicas={pods}") });
    session.advance(session.now() + Duration::secs(60), usize::MAX);
    println!("{pods} Pods {}", memory());
    for version in [2, 1, 2, 1] {
        session.input(Input::Line { text: format!("kubectl set image deploy/web hello=hello:v{version}") });
        session.advance(session.now() + Duration::mins(2), usize::MAX);
        println!("rolled to v{version} after {} events {}", session.world.steps(), memory());
    }
    session.advance(session.now() + Duration::mins(30), usize::MAX);
    println!("30 minutes later, {} events {}", session.world.steps(), memory());
}
