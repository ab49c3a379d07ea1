//! Names that the components and those who install them agree on.
use apiserver::Snapshot;
use objects::{Object, Tree, kinds};

/// The GatewayClass's `controllerName`.
pub const CONTROLLER: &str = "kubarium.io/gateway-controller";
/// Where the gateway controller is installed, and the Service in front of it.
pub const GATEWAY_SERVICE: (&str, &str) = ("gateway-system", "gateway-controller");

/// `controller` of IngressClasses that are ours: our own, and that of K3s's Traefik.
const INGRESS_CONTROLLERS: [&str; 2] = ["kubarium.io/ingress-controller", "traefik.io/ingress-controller"];
/// The Services in front of them.
pub const INGRESS_SERVICES: [(&str, &str); 2] = [("ingress-system", "ingress-controller"), ("kube-system", "traefik")];

/// The Service in front of the ingress controller that is installed.
pub fn ingress_service(view: &Snapshot) -> (&'static str, &'static str) {
    let is_there = |(namespace, name): &(&str, &str)| view.find(kinds::SERVICE, namespace, name).is_some();
    INGRESS_SERVICES.into_iter().find(is_there).unwrap_or(INGRESS_SERVICES[0])
}

/// Whether an Ingress is ours: its class, by field or by the old annotation, names our controller.
pub fn is_our_ingress(view: &Snapshot, ingress: &Object) -> bool {
    let field = ingress.spec().get("ingressClassName").text();
    let class = if field.is_empty() { ingress.annotation("kubernetes.io/ingress.class") } else { field };
    let class = view.find(kinds::INGRESS_CLASS, "", class);
    class.is_some_and(|class| INGRESS_CONTROLLERS.contains(&class.spec().get("controller").text()))
}

/// Whether a Gateway is ours: its class exists and names our controller.
pub fn is_ours(view: &Snapshot, gateway: &Object) -> bool {
    let class = view.find(kinds::GATEWAY_CLASS, "", gateway.spec().get("gatewayClassName").text());
    class.is_some_and(|class| is_our_class(class))
}

pub fn is_our_class(class: &Object) -> bool {
    class.spec().get("controllerName").text() == CONTROLLER
}

/// The addresses under which a Service is reached from outside: its load balancer's, or its nodes' for a node port.
pub fn addresses(view: &Snapshot, (namespace, name): (&str, &str)) -> Vec<String> {
    let Some(service) = view.find(kinds::SERVICE, namespace, name) else { return Vec::new() };
    let given = |points: &Tree, key: &str| points.items().iter().map(|point| point.get(key).text().to_string()).collect::<Vec<_>>();
    match service.spec().get("type").text() {
        "LoadBalancer" => given(service.status().at(&["loadBalancer", "ingress"]), "ip"),
        "NodePort" => view.list(kinds::NODE).filter(|node| !is_control_plane(node)).filter_map(|node| internal(node)).collect(),
        _ => vec![service.spec().get("clusterIP").text().to_string()],
    }
}

fn is_control_plane(node: &Object) -> bool {
    node.labels().has("node-role.kubernetes.io/control-plane")
}

fn internal(node: &Object) -> Option<String> {
    let addresses = node.status().get("addresses").items();
    let found = addresses.iter().find(|one| one.get("type").text() == "InternalIP")?;
    Some(found.get("address").text().to_string())
}

/// Whether the Service in front has a port open.
pub fn opens(view: &Snapshot, (namespace, name): (&str, &str), port: i64) -> bool {
    let service = view.find(kinds::SERVICE, namespace, name);
    service.is_some_and(|service| service.spec().get("ports").items().iter().any(|one| one.get("port").int_or(0) == port))
}
