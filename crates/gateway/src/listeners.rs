//! Whether a Gateway's listener can be served: its port, its protocol, its certificates, its neighbours.
use crate::tls::Certificate;
use crate::{attach, kinds as names};
use apiserver::Snapshot;
use objects::{Object, Tree, kinds};

/// A condition's state: fine, or the reason and the message of what is not.
pub type State = Result<(), (&'static str, String)>;

/// What is to be said of one listener.
#[derive(Debug)]
pub struct Judged {
    pub accepted: State,
    pub resolved: State,
    /// `Err` where it stands in another one's way.
    pub alone: State,
}

impl Judged {
    /// Whether the proxy serves it.
    pub fn is_programmed(&self) -> bool {
        self.accepted.is_ok() && self.resolved.is_ok() && self.alone.is_ok()
    }
}

pub fn judge(view: &Snapshot, gateway: &Object, listener: &Tree) -> Judged {
    Judged {
        accepted: accepted(view, listener),
        resolved: kinds_known(listener).and_then(|()| certificates(view, gateway, listener)),
        alone: alone(gateway, listener),
    }
}

fn accepted(view: &Snapshot, listener: &Tree) -> State {
    let (protocol, port) = (listener.get("protocol").text(), listener.get("port").int_or(0));
    if !matches!(protocol, "HTTP" | "HTTPS") {
        return Err(("UnsupportedProtocol", format!("Protocol {protocol} is not supported; HTTP and HTTPS are")));
    }
    if !names::opens(view, names::GATEWAY_SERVICE, port) {
        let (namespace, name) = names::GATEWAY_SERVICE;
        return Err(("PortUnavailable", format!("The Service {namespace}/{name} in front of the controller has no port {port}")));
    }
    Ok(())
}

/// Whether a kind of route is one that can be attached.
pub fn is_known(kind: &Tree) -> bool {
    kind.get("group").text() == kinds::GATEWAY_API && kind.get("kind").text() == "HTTPRoute"
}

fn kinds_known(listener: &Tree) -> State {
    match listener.at(&["allowedRoutes", "kinds"]).items().iter().find(|kind| !is_known(kind)) {
        Some(kind) => Err(("InvalidRouteKinds", format!("Kind {} is not supported; HTTPRoute is", kind.get("kind").text()))),
        None => Ok(()),
    }
}

fn certificates(view: &Snapshot, gateway: &Object, listener: &Tree) -> State {
    if listener.get("protocol").text() != "HTTPS" {
        return Ok(());
    }
    if listener.at(&["tls", "certificateRefs"]).is_empty() {
        return Err(("InvalidCertificateRef", "A listener for HTTPS needs a certificate in tls.certificateRefs".to_string()));
    }
    for reference in listener.at(&["tls", "certificateRefs"]).items() {
        let (group, kind, name) = (reference.get("group").text(), reference.get("kind").text(), reference.get("name").text());
        let namespace = secret_namespace(gateway, reference);
        let bad = |words: String| Err(("InvalidCertificateRef", words));
        if !group.is_empty() || kind != "Secret" {
            return bad(format!("A certificate is a Secret, not a {kind}"));
        }
        if !attach::granted(view, ("Gateway", &gateway.key.namespace), ("", "Secret", namespace, name)) {
            return Err(("RefNotPermitted", format!("No ReferenceGrant lets this Gateway use Secret {namespace}/{name}")));
        }
        let Some(secret) = view.find(kinds::SECRET, namespace, name) else {
            return bad(format!("Secret {namespace}/{name} does not exist"));
        };
        if secret.tree.get("type").text() != "kubernetes.io/tls" || Certificate::of_secret(secret.tree.get("data")).is_none() {
            return bad(format!("Secret {namespace}/{name} is not of type kubernetes.io/tls with a certificate"));
        }
    }
    Ok(())
}

/// The namespace of a certificate's Secret.
pub fn secret_namespace<'a>(gateway: &'a Object, reference: &'a Tree) -> &'a str {
    match reference.get("namespace").text() {
        "" => gateway.key.namespace.as_str(),
        namespace => namespace,
    }
}

/// One port speaks one protocol.
fn alone(gateway: &Object, listener: &Tree) -> State {
    let clashes = |other: &Tree| other.get("port") == listener.get("port") && other.get("protocol") != listener.get("protocol");
    if gateway.spec().get("listeners").items().iter().any(clashes) {
        return Err(("ProtocolConflict", format!("Port {} is asked for with two protocols", listener.get("port").int_or(0))));
    }
    Ok(())
}
