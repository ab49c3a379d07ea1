//! `kubectl describe service`.
use super::parts::endpoints::endpoints;
use super::parts::events::events as show_events;
use super::parts::fields::{heading, or_none, pairs, plain};
use super::parts::page::Page;
use objects::Tree;
use simcore::Time;

/// The Service's text, mirroring upstream's `describeService`. `slices` are its EndpointSlices.
pub fn describe(service: &Tree, slices: &[Tree], events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    let spec = service.get("spec");
    heading(&mut page, service);
    page.field(0, "Selector", &pairs(spec.get("selector")));
    page.field(0, "Type", spec.get("type").text());
    optional(&mut page, "IP Family Policy", spec.get("ipFamilyPolicy"));
    page.field(0, "IP Families", &or_none(&joined(spec.get("ipFamilies"))));
    page.field(0, "IP", spec.get("clusterIP").text());
    page.field(0, "IPs", &or_none(&joined(spec.get("clusterIPs"))));
    optional_list(&mut page, "External IPs", spec.get("externalIPs"));
    optional(&mut page, "Desired LoadBalancer IP", spec.get("loadBalancerIP"));
    optional(&mut page, "External Name", spec.get("externalName"));
    let ingress = service.at(&["status", "loadBalancer", "ingress"]);
    if !ingress.is_empty() {
        let texts: Vec<String> = ingress.items().iter().map(entrance).collect();
        page.field(0, "LoadBalancer Ingress", &texts.join(", "));
    }
    for port in spec.get("ports").items() {
        show_port(&mut page, port, slices);
    }
    page.field(0, "Session Affinity", spec.get("sessionAffinity").text());
    optional(&mut page, "External Traffic Policy", spec.get("externalTrafficPolicy"));
    optional(&mut page, "Internal Traffic Policy", spec.get("internalTrafficPolicy"));
    if spec.get("healthCheckNodePort").int_or(0) != 0 {
        page.field(0, "HealthCheck NodePort", &plain(spec.get("healthCheckNodePort")));
    }
    optional_list(&mut page, "LoadBalancer Source Ranges", spec.get("loadBalancerSourceRanges"));
    optional(&mut page, "Traffic Distribution", spec.get("trafficDistribution"));
    show_events(&mut page, events, now);
    page.finish()
}

fn show_port(page: &mut Page, port: &Tree, slices: &[Tree]) {
    let (own_name, protocol) = (port.get("name").text(), port.get("protocol").text());
    let name = if own_name.is_empty() { "<unset>" } else { own_name };
    page.field(0, "Port", &format!("{name}\t{}/{protocol}", plain(port.get("port"))));
    page.field(0, "TargetPort", &format!("{}/{protocol}", plain(port.get("targetPort"))));
    if port.get("nodePort").int_or(0) != 0 {
        page.field(0, "NodePort", &format!("{name}\t{}/{protocol}", plain(port.get("nodePort"))));
    }
    page.field(0, "Endpoints", &endpoints(slices, own_name));
}

fn entrance(ingress: &Tree) -> String {
    let (address, mode) = (ingress.get("ip").text(), ingress.get("ipMode").text());
    match (address.is_empty(), mode.is_empty()) {
        (true, _) => ingress.get("hostname").text().to_string(),
        (false, true) => address.to_string(),
        (false, false) => format!("{address} ({mode})"),
    }
}

fn joined(list: &Tree) -> String {
    list.items().iter().map(Tree::text).collect::<Vec<_>>().join(",")
}

fn optional(page: &mut Page, title: &str, value: &Tree) {
    if !value.is_empty() {
        page.field(0, title, value.text());
    }
}

fn optional_list(page: &mut Page, title: &str, value: &Tree) {
    if !value.is_empty() {
        page.field(0, title, &joined(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE_PORT: &str = r#"{"metadata":{"name":"np","namespace":"svc-defaults"},"spec":{"clusterIP":"10.96.202.2","clusterIPs":["10.96.202.2"],"externalTrafficPolicy":"Cluster","internalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","ports":[{"nodePort":31669,"port":80,"protocol":"TCP","targetPort":80}],"selector":{"a":"b"},"sessionAffinity":"None","type":"NodePort"},"status":{"loadBalancer":{}}}"#;
    const DNS: &str = r#"{"metadata":{"name":"dns","namespace":"svc-multi-port"},"spec":{"clusterIP":"10.98.115.211","clusterIPs":["10.98.115.211"],"internalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","ports":[{"name":"dns","port":53,"protocol":"UDP","targetPort":53},{"name":"dns-tcp","port":53,"protocol":"TCP","targetPort":53}],"selector":{"app":"dns"},"sessionAffinity":"None","type":"ClusterIP"}}"#;
    const SLICE: &str = r#"{"ports":[{"name":"dns","port":53,"protocol":"UDP"},{"name":"dns-tcp","port":53,"protocol":"TCP"}],"endpoints":[{"addresses":["10.241.0.22"],"conditions":{"ready":true}},{"addresses":["10.241.0.23"],"conditions":{"ready":false}}]}"#;

    /// The texts are what a real kubectl 1.37 printed.
    #[test]
    fn a_node_port_without_ready_pods_has_no_endpoints() {
        let text = r#"Name:                     np
Namespace:                svc-defaults
Labels:                   <none>
Annotations:              <none>
Selector:                 a=b
Type:                     NodePort
IP Family Policy:         SingleStack
IP Families:              IPv4
IP:                       10.96.202.2
IPs:                      10.96.202.2
Port:                     <unset>  80/TCP
TargetPort:               80/TCP
NodePort:                 <unset>  31669/TCP
Endpoints:                
Session Affinity:         None
External Traffic Policy:  Cluster
Internal Traffic Policy:  Cluster
Events:                   <none>
"#;
        let slice = Tree::from_json(r#"{"ports":null,"endpoints":[]}"#).unwrap();
        assert_eq!(describe(&Tree::from_json(NODE_PORT).unwrap(), &[slice], Some(&[]), Time::START), text);
    }

    #[test]
    fn each_port_names_its_own_ready_endpoints() {
        let text = r#"Name:                     dns
Namespace:                svc-multi-port
Labels:                   <none>
Annotations:              <none>
Selector:                 app=dns
Type:                     ClusterIP
IP Family Policy:         SingleStack
IP Families:              IPv4
IP:                       10.98.115.211
IPs:                      10.98.115.211
Port:                     dns  53/UDP
TargetPort:               53/UDP
Endpoints:                10.241.0.22:53
Port:                     dns-tcp  53/TCP
TargetPort:               53/TCP
Endpoints:                10.241.0.22:53
Session Affinity:         None
Internal Traffic Policy:  Cluster
Events:                   <none>
"#;
        assert_eq!(describe(&Tree::from_json(DNS).unwrap(), &[Tree::from_json(SLICE).unwrap()], Some(&[]), Time::START), text);
    }
}
