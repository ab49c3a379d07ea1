//! What the components of a control plane write into their containers' logs: klog's form, and the words of their start.
use crate::host::Host;
use crate::images::Line;
use objects::Text;
use simcore::Time;

/// What is to be written.
#[derive(Clone, Debug)]
pub struct Entry {
    pub at: Time,
    /// klog's `I`, `W`, `E`; zap's `i`, `w`, `e`
    pub level: char,
    /// `server.go:150`; zap's may have its logger before it: `raft v3@v3.7.0/node.go:370`
    pub place: Text,
    pub words: Text,
}

/// A line as klog writes it, by process 1 of its container: `I1201 00:00:11.000000       1 FILE:LINE] WORDS`.
pub fn line(at: Time, level: char, place: &str, words: &str) -> Line {
    let text = at.rfc3339_micro();
    let (day, clock) = (text[5..10].replace('-', ""), &text[11..26]);
    Line { at, text: format!("{level}{day} {clock}       1 {place}] {words}\n") }
}

/// A line as etcd's zap writes it: `level` is `i`, `w` or `e`, `words` are the fields behind the caller as JSON.
pub fn zap(at: Time, level: char, place: &str, words: &str) -> Line {
    let level = match level {
        'w' => "warn",
        'e' => "error",
        _ => "info",
    };
    let (logger, place) =
        place.split_once(' ').map_or((String::new(), place), |(logger, place)| (format!("\"logger\":\"{logger}\","), place));
    let text = format!("{{\"level\":\"{level}\",\"ts\":\"{}\",{logger}\"caller\":\"{place}\",{words}}}\n", at.rfc3339_micro());
    Line { at, text }
}

/// A line in which `{}` stands for the letter, instant and process that klog begins with, `E{} run.go:72] …`, and `{ts}` for
/// zap's instant.
pub fn filled(at: Time, text: &str) -> Line {
    let now = at.rfc3339_micro();
    let stamp = format!("{} {}       1", now[5..10].replace('-', ""), &now[11..26]);
    Line { at, text: format!("{}\n", text.replacen("{}", &stamp, 1).replacen("{ts}", &now, 1)) }
}

/// The start of a component: what it is, where it serves, what it waits for.
pub fn first_words(at: Time, part: &str, host: &Host) -> Vec<Line> {
    let (version, address) = (&host.kubelet_version, &host.address);
    let golang = "\"Golang settings\" GOGC=\"\" GOMAXPROCS=\"\" GOTRACEBACK=\"\"";
    let elects = format!("\"Attempting to acquire leader lease...\" lock=\"kube-system/{part}\"");
    let pki = "/etc/kubernetes/pki";
    let say = |place: &str, words: &str| line(at, 'I', place, words);
    match part {
        "kube-apiserver" => vec![
            say("options.go:263", &format!("external host was not specified, using {address}")),
            say("server.go:150", &format!("Version: {version}")),
            say("server.go:152", golang),
            say("instance.go:233", "Using reconciler: lease"),
            say("dynamic_cafile_content.go:161", &format!("\"Starting controller\" name=\"client-ca-bundle::{pki}/ca.crt\"")),
            say(
                "dynamic_serving_content.go:135",
                &format!("\"Starting controller\" name=\"serving-cert::{pki}/apiserver.crt::{pki}/apiserver.key\""),
            ),
            say("secure_serving.go:211", "Serving securely on [::]:6443"),
            say("tlsconfig.go:243", "\"Starting DynamicServingCertificateController\""),
        ],
        "kube-controller-manager" => vec![
            say("serving.go:386", "Generated self-signed cert in-memory"),
            say("controllermanager.go:189", &format!("\"Starting\" version=\"{version}\"")),
            say("controllermanager.go:191", golang),
            say("secure_serving.go:211", "Serving securely on 127.0.0.1:10257"),
            say("tlsconfig.go:243", "\"Starting DynamicServingCertificateController\""),
            say("leaderelection.go:258", &elects),
        ],
        "kube-scheduler" => vec![
            say("serving.go:386", "Generated self-signed cert in-memory"),
            say("server.go:175", &format!("\"Starting Kubernetes Scheduler\" version=\"{version}\"")),
            say("server.go:177", golang),
            say("secure_serving.go:211", "Serving securely on 127.0.0.1:10259"),
            say("tlsconfig.go:243", "\"Starting DynamicServingCertificateController\""),
            say("leaderelection.go:258", &elects),
        ],
        "etcd" => vec![Line {
            at,
            text: format!(
                "{{\"level\":\"info\",\"ts\":\"{}\",\"caller\":\"embed/etcd.go:636\",\"msg\":\"serving peer traffic\",\"address\":\"{address}:2380\"}}\n",
                at.rfc3339_micro()
            ),
        }],
        _ => Vec::new(),
    }
}
