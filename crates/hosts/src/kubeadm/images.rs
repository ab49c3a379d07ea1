//! Images and the container runtime behind its socket: connecting, pulling, `config images`.
use super::config::{Config, defaults, network::Cidr};
use super::flags::Given;
use super::preflight::Found;
use super::{config, version};
use crate::call::{Call, Step, Stop, fail, quoted};
use crate::machine::Kind;
use objects::jsonpath::Template;
use objects::{Tree, map};
use simcore::Duration;
use std::sync::Arc;

/// How often kubeadm tries to pull an image.
const TRIES: usize = 5;

/// Whether the runtime answers at a socket, with the words of kubeadm and gRPC when it does not.
pub fn connect(call: &Call, socket: &str) -> Result<(), String> {
    let path = socket.trim_start_matches("unix://");
    if !path.starts_with('/') && socket.starts_with("unix://") {
        return Err(not_connected(socket, "code = Unavailable desc = dns resolver: missing address"));
    }
    let why = match call.machine.files.get(path).map(|file| &file.kind) {
        Some(Kind::Socket(true)) if call.machine.runtime.cri => return Ok(()),
        Some(Kind::Socket(true)) => "code = Unimplemented desc = unknown service runtime.v1.RuntimeService".to_string(),
        found => {
            let why = if found.is_some() { "connection refused" } else { "no such file or directory" };
            format!(
                "code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix {path}: connect: {why}\""
            )
        }
    };
    Err(not_connected(socket, &why))
}

fn not_connected(socket: &str, why: &str) -> String {
    format!(
        "could not connect to the container runtime: failed to create new CRI runtime service: validate service connection: validate CRI v1 runtime API for endpoint {}: rpc error: {why}",
        quoted(socket)
    )
}

/// The proxy that Go's HTTP client would use for an address. Mirrors `http.ProxyFromEnvironment` with kubeadm's CIDRs in NO_PROXY.
pub fn proxy_for(call: &Call, host: &str) -> Option<String> {
    let either = |upper: &str, lower: &str| {
        [upper, lower].iter().find_map(|name| call.variable(name)).filter(|text| !text.is_empty()).map(String::from)
    };
    let proxy = either("HTTPS_PROXY", "https_proxy")?;
    let address = host.parse::<std::net::IpAddr>().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return None;
    }
    let exceptions = either("NO_PROXY", "no_proxy").unwrap_or_default();
    let spared = exceptions.split(',').map(str::trim).filter(|one| !one.is_empty()).any(|one| {
        let domain = one.trim_start_matches('.');
        let inside = Cidr::read(one).zip(address).is_some_and(|(block, address)| block.contains(&address));
        one == "*" || inside || host == domain || (address.is_none() && host.ends_with(&format!(".{domain}")))
    });
    let shown = if proxy.contains("://") { proxy } else { format!("http://{proxy}") };
    (!spared).then_some(shown)
}

/// Pulls one image; `Err` has kubeadm's words.
fn pull(call: &mut Call, image: &str) -> Step<Result<(), String>> {
    let mut last = String::new();
    for _ in 0..TRIES {
        let answer = call.outside.pull(call.machine, call.now, image);
        match call.pass(answer)? {
            Ok(()) => {
                if !call.machine.has_image(image) {
                    Arc::make_mut(&mut call.machine.images).push(image.into());
                }
                return Ok(Ok(()));
            }
            Err(why) => {
                let words = quoted(&format!("rpc error: code = Unknown desc = {why}"));
                call.klog(
                    'E',
                    "remote_image.go:334",
                    format_args!("\"PullImage from image service failed\" err={words} image={}", quoted(image)),
                );
                last = why;
            }
        }
    }
    Ok(Err(format!("failed to pull image {image}: {last}")))
}

/// Pulls what a control plane needs, by the policy of its configuration.
pub fn pull_missing(call: &mut Call, config: &Config) -> Step<Found> {
    let mut found = Found::default();
    let policy = config.node.at(&["nodeRegistration", "imagePullPolicy"]).text().to_string();
    match policy.as_str() {
        "Never" => return Ok(found),
        "Always" | "IfNotPresent" => {}
        other => {
            found.errors.push(format!("unsupported pull policy {}", quoted(other)));
            return Ok(found);
        }
    }
    if let Err(why) = connect(call, config.cri_socket()) {
        found.errors.push(why);
        return Ok(found);
    }
    sandbox_image(call, config.repository());
    for image in defaults::images(config, defaults::etcd_tag(config.version())) {
        if policy == "IfNotPresent" && call.machine.has_image(&image) {
            continue;
        }
        if let Err(why) = pull(call, &image)? {
            found.errors.push(format!("failed to pull image {image}: {why}"));
        }
    }
    Ok(found)
}

/// Warns when Pods' sandboxes would use another image than kubeadm's.
fn sandbox_image(call: &mut Call, repository: &str) {
    let wanted = format!("{repository}/pause:{}", defaults::PAUSE);
    let used = call.machine.runtime.sandbox_image.to_string();
    if used != wanted {
        let words = format!(
            "detected that the sandbox image {} of the container runtime is inconsistent with that used by kubeadm. It is recommended to use {} as the CRI sandbox image.",
            quoted(&used),
            quoted(&wanted)
        );
        call.klog('W', "checks.go:920", words);
    }
}

/// `kubeadm config images list`
pub fn list(call: &mut Call, given: &Given) -> Step<()> {
    let form = given.output().or_else(fail)?;
    let images = wanted(call, given)?;
    if let Some(path) = form.strip_prefix("jsonpath=") {
        let names: Vec<Tree> = images.iter().map(|image| Tree::from(image.as_str())).collect();
        let tree = map! {"apiVersion": "output.kubeadm.k8s.io/v1alpha3", "kind": "Images", "images": names};
        let text = Template::parse(path).and_then(|template| template.render(&tree, false)).or_else(fail)?;
        call.stdout.push_str(&text);
        return Ok(());
    }
    match form {
        "json" => {
            let rows: Vec<String> = images.iter().map(|image| format!("        {}", quoted(image))).collect();
            let head = "{\n    \"kind\": \"Images\",\n    \"apiVersion\": \"output.kubeadm.k8s.io/v1alpha3\",\n    \"images\": [\n";
            call.say(format_args!("{head}{}\n    ]\n}}", rows.join(",\n")));
        }
        "yaml" => {
            call.say("apiVersion: output.kubeadm.k8s.io/v1alpha3\nimages:");
            images.iter().for_each(|image| call.say(format_args!("- {image}")));
            call.say("kind: Images");
        }
        _ => images.iter().for_each(|image| call.say(image)),
    }
    Ok(())
}

/// `kubeadm config images pull`
pub fn pull_all(call: &mut Call, given: &Given) -> Step<()> {
    let images = wanted(call, given)?;
    let socket = match given.text("cri-socket") {
        "" => config::find(call)?,
        path if path.contains("://") => path.to_string(),
        path => format!("unix://{path}"),
    };
    if let Err(why) = connect(call, &socket) {
        return fail(why.trim_start_matches("could not connect to the container runtime: "));
    }
    for image in images {
        // The runtime looks at the registry even where it has the image.
        call.work(Duration::millis(1));
        match pull(call, &image)? {
            Ok(()) => call.say(format_args!("[config/images] Pulled {image}")),
            Err(why) => return fail(format!("failed to pull image {}: {why}", quoted(&image))),
        }
    }
    Ok(())
}

fn wanted(call: &mut Call, given: &Given) -> Step<Vec<String>> {
    config::feature_gates(given.text("feature-gates"))?;
    let config = config::for_images(call, given).map_err(|stop| match stop {
        Stop::Fail(why) => Stop::Fail(format!("could not convert cfg to an internal cfg: {why}")),
        other => other,
    })?;
    // The etcd is kubeadm's own, also for an older control plane.
    let own = version::own(call).to_string();
    Ok(defaults::images(&config, defaults::etcd_tag(&own)))
}
