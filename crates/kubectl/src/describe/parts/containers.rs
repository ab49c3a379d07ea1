//! Containers of a Pod or of a Pod template: image, ports, command, state, resources, probes, mounts.
use super::env::environment;
use super::fields::{instant, or_none, plain};
use super::page::Page;
use objects::Tree;

/// Writes `label:` and each container. `pod` is the Pod that runs them (its fields resolve the environment);
/// null in a template, whose containers have no state and stand one place further right.
pub fn containers(page: &mut Page, label: &str, containers: &Tree, statuses: &Tree, pod: &Tree) {
    let in_template = pod.is_null();
    let indent = if in_template { "  " } else { "" };
    let none = if containers.items().is_empty() { " <none>" } else { "" };
    page.line(0, &format!("{indent}{label}:{none}"));
    for container in containers.items() {
        let name = container.get("name").text();
        let status = statuses.items().iter().find(|status| status.get("name").text() == name);
        page.line(1, &format!("{}{name}:", if in_template { " " } else { "" }));
        basics(page, container, status);
        words(page, "Command", container.get("command"));
        words(page, "Args", container.get("args"));
        if let Some(status) = status {
            state(page, status);
        }
        resources(page, 2, container.get("resources"));
        for (title, key) in [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")] {
            if !container.get(key).is_null() {
                page.field(2, title, &probe(container.get(key)));
            }
        }
        environment(page, container, pod);
        mounts(page, container);
    }
}

fn basics(page: &mut Page, container: &Tree, status: Option<&Tree>) {
    if let Some(status) = status {
        page.field(2, "Container ID", status.get("containerID").text());
    }
    page.field(2, "Image", container.get("image").text());
    if let Some(status) = status {
        page.field(2, "Image ID", status.get("imageID").text());
    }
    ports(page, "Port", "containerPort", container.get("ports"));
    ports(page, "Host Port", "hostPort", container.get("ports"));
    let profile = container.at(&["securityContext", "seccompProfile"]);
    if !profile.is_null() {
        page.field(2, "SeccompProfile", profile.get("type").text());
        if profile.get("type").text() == "Localhost" {
            page.field(3, "LocalhostProfile", profile.get("localhostProfile").text());
        }
    }
}

/// `80/TCP (web), 443/TCP`, with the name of a port behind it where it has one.
fn ports(page: &mut Page, title: &str, key: &str, ports: &Tree) {
    let text = |port: &Tree| {
        let number = format!("{}/{}", port.get(key).int_or(0), port.get("protocol").text());
        match port.get("name").text() {
            "" => number,
            name => format!("{number} ({name})"),
        }
    };
    let all: Vec<String> = ports.items().iter().map(text).collect();
    let title = if all.len() > 1 { format!("{title}s") } else { title.to_string() };
    page.field(2, &title, &or_none(&all.join(", ")));
}

fn words(page: &mut Page, title: &str, words: &Tree) {
    if words.items().is_empty() {
        return;
    }
    page.line(2, &format!("{title}:"));
    for word in words.items() {
        word.text().split('\n').for_each(|line| page.line(3, line));
    }
}

fn state(page: &mut Page, status: &Tree) {
    one_state(page, "State", status.get("state"));
    if !status.at(&["lastState", "terminated"]).is_null() {
        one_state(page, "Last State", status.get("lastState"));
    }
    page.field(2, "Ready", if status.get("ready").is_true() { "True" } else { "False" });
    page.field(2, "Restart Count", &status.get("restartCount").int_or(0).to_string());
}

fn one_state(page: &mut Page, title: &str, state: &Tree) {
    let (running, terminated) = (state.get("running"), state.get("terminated"));
    if !running.is_null() {
        page.field(2, title, "Running");
        return page.field(3, "Started", &instant(running.get("startedAt")));
    }
    if terminated.is_null() {
        page.field(2, title, "Waiting");
        return optional(page, "Reason", state.at(&["waiting", "reason"]));
    }
    page.field(2, title, "Terminated");
    optional(page, "Reason", terminated.get("reason"));
    optional(page, "Message", terminated.get("message"));
    page.field(3, "Exit Code", &terminated.get("exitCode").int_or(0).to_string());
    if terminated.get("signal").int_or(0) > 0 {
        page.field(3, "Signal", &plain(terminated.get("signal")));
    }
    page.field(3, "Started", &instant(terminated.get("startedAt")));
    page.field(3, "Finished", &instant(terminated.get("finishedAt")));
}

fn optional(page: &mut Page, title: &str, value: &Tree) {
    if !value.is_empty() {
        page.field(3, title, value.text());
    }
}

/// `Limits:` and `Requests:`, each only where something is set.
pub fn resources(page: &mut Page, level: usize, resources: &Tree) {
    for (title, key) in [("Limits", "limits"), ("Requests", "requests")] {
        if !resources.get(key).is_empty() {
            page.line(level, &format!("{title}:"));
        }
        for (name, quantity) in resources.get(key).entries() {
            page.field(level + 1, name, &plain(quantity));
        }
    }
}

/// `http-get http://:80/health delay=0s timeout=1s period=2s successThreshold=1 failureThreshold=3`
fn probe(probe: &Tree) -> String {
    let number = |key: &str| probe.get(key).int_or(0);
    let timing = format!(
        "delay={}s timeout={}s period={}s successThreshold={} failureThreshold={}",
        number("initialDelaySeconds"),
        number("timeoutSeconds"),
        number("periodSeconds"),
        number("successThreshold"),
        number("failureThreshold")
    );
    let (exec, http, tcp, grpc) = (probe.get("exec"), probe.get("httpGet"), probe.get("tcpSocket"), probe.get("grpc"));
    if !exec.is_null() {
        let words: Vec<&str> = exec.get("command").items().iter().map(Tree::text).collect();
        format!("exec [{}] {timing}", words.join(" "))
    } else if !http.is_null() {
        let scheme = http.get("scheme").text().to_ascii_lowercase();
        let path = http.get("path").text();
        let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
        format!("http-get {scheme}://{}:{}{slash}{path} {timing}", http.get("host").text(), plain(http.get("port")))
    } else if !tcp.is_null() {
        format!("tcp-socket {}:{} {timing}", tcp.get("host").text(), plain(tcp.get("port")))
    } else if !grpc.is_null() {
        format!("grpc <pod>:{} {} {timing}", plain(grpc.get("port")), grpc.get("service").text())
    } else {
        format!("unknown {timing}")
    }
}

fn mounts(page: &mut Page, container: &Tree) {
    let none = if container.get("volumeMounts").items().is_empty() { "\t<none>" } else { "" };
    page.line(2, &format!("Mounts:{none}"));
    for mount in sorted(container.get("volumeMounts"), "mountPath") {
        let access = if mount.get("readOnly").is_true() { "ro" } else { "rw" };
        let part = match mount.get("subPath").text() {
            "" => String::new(),
            path => format!(",path=\"{path}\""),
        };
        page.line(3, &format!("{} from {} ({access}{part})", mount.get("mountPath").text(), mount.get("name").text()));
    }
    let devices = sorted(container.get("volumeDevices"), "devicePath");
    if !devices.is_empty() {
        page.line(2, &format!("Devices:{none}"));
    }
    for device in devices {
        page.line(3, &format!("{} from {}", device.get("devicePath").text(), device.get("name").text()));
    }
}

fn sorted<'a>(list: &'a Tree, key: &str) -> Vec<&'a Tree> {
    let mut all: Vec<&Tree> = list.items().iter().collect();
    all.sort_by(|a, b| a.get(key).text().cmp(b.get(key).text()));
    all
}
