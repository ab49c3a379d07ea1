//! Where a rule leads: the ready endpoints of a Service, or why there is nothing to lead to.
use crate::attach;
use apiserver::Snapshot;
use objects::views::Service;
use objects::{Text, Tree, kinds};
use std::net::Ipv4Addr;

/// The label that ties a slice to its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

#[derive(Clone, PartialEq, Debug)]
pub struct Backend {
    /// `default/shop:80`
    pub name: Text,
    /// `(namespace, name)` of the Service, for those who watch its slices.
    pub service: (Text, Text),
    /// Why it cannot be used: the condition's reason; empty where it can.
    pub broken: &'static str,
    pub endpoints: Vec<(Ipv4Addr, u16)>,
}

impl Backend {
    /// A Service's port by number or by name, with the endpoints that are ready.
    pub fn of_service(view: &Snapshot, namespace: &str, name: &str, port: &Tree) -> Backend {
        let mut backend = Backend {
            name: Text::from(format!(
                "{namespace}/{name}:{}",
                port.as_int().map_or_else(|| port.text().to_string(), |port| port.to_string())
            )),
            service: (Text::new(namespace), Text::new(name)),
            broken: "",
            endpoints: Vec::new(),
        };
        let Some(object) = view.find(kinds::SERVICE, namespace, name) else {
            backend.broken = "BackendNotFound";
            return backend;
        };
        let wanted = |one: &objects::views::ServicePort| port.as_int().map_or_else(|| one.name() == port.text(), |port| one.port() == port);
        let Some(port) = Service(&object.tree).ports().find(wanted) else {
            backend.broken = "BackendNotFound";
            return backend;
        };
        for slice in view.list_in(kinds::ENDPOINT_SLICE, namespace) {
            if slice.labels().get(SERVICE_NAME).text() != name || slice.tree.get("addressType").text() != "IPv4" {
                continue;
            }
            let own = slice.tree.get("ports").items().iter().find(|one| one.get("name").text() == port.name());
            let Some(number) = own.and_then(|own| u16::try_from(own.get("port").as_int()?).ok()) else { continue };
            let ready = slice.tree.get("endpoints").items().iter().filter(|one| one.at(&["conditions", "ready"]).as_bool() != Some(false));
            let addresses = ready.filter_map(|one| one.get("addresses").items().first()?.text().parse().ok());
            backend.endpoints.extend(addresses.map(|address| (address, number)));
        }
        backend
    }

    /// What an HTTPRoute's backendRef leads to.
    pub fn of_reference(view: &Snapshot, route: &str, reference: &Tree) -> Backend {
        let own = reference.get("namespace").text();
        let namespace = if own.is_empty() { route } else { own };
        let (group, kind, name) = (reference.get("group").text(), reference.get("kind").text(), reference.get("name").text());
        let bad = |broken| Backend {
            name: Text::from(format!("{namespace}/{name}")),
            service: (Text::new(namespace), Text::new(name)),
            broken,
            endpoints: Vec::new(),
        };
        if !group.is_empty() || kind != "Service" {
            return bad("InvalidKind");
        }
        if !attach::granted(view, ("HTTPRoute", route), ("", "Service", namespace, name)) {
            return bad("RefNotPermitted");
        }
        Backend::of_service(view, namespace, name, reference.get("port"))
    }
}
