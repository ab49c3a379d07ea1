//! `kubectl describe endpoints` and `endpointslice`.
use super::parts::events::events as show_events;
use super::parts::fields::{heading, or_none, plain};
use super::parts::page::Page;
use objects::Tree;
use simcore::Time;

/// A legacy Endpoints object, mirroring upstream's `describeEndpoints`.
pub fn describe(endpoints: &Tree, events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    heading(&mut page, endpoints);
    page.line(0, "Subsets:");
    for subset in endpoints.get("subsets").items() {
        let addresses = |key: &str| {
            let all: Vec<&str> = subset.get(key).items().iter().map(|address| address.get("ip").text()).collect();
            or_none(&all.join(","))
        };
        page.field(1, "Addresses", &addresses("addresses"));
        page.field(1, "NotReadyAddresses", &addresses("notReadyAddresses"));
        if !subset.get("ports").is_empty() {
            page.line(1, "Ports:");
            ports(&mut page, 2, subset.get("ports"));
        }
        page.line(0, "");
    }
    show_events(&mut page, events, now);
    page.finish()
}

/// An EndpointSlice, mirroring upstream's `describeEndpointSliceV1`.
pub fn describe_slice(slice: &Tree, events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    heading(&mut page, slice);
    page.field(0, "AddressType", slice.get("addressType").text());
    if slice.get("ports").is_empty() {
        page.line(0, "Ports: <unset>");
    } else {
        page.line(0, "Ports:");
        ports(&mut page, 1, slice.get("ports"));
    }
    if slice.get("endpoints").is_empty() {
        page.line(0, "Endpoints: <none>");
    } else {
        page.line(0, "Endpoints:");
    }
    for endpoint in slice.get("endpoints").items() {
        let addresses: Vec<&str> = endpoint.get("addresses").items().iter().map(Tree::text).collect();
        page.field(1, "- Addresses", &or_none(&addresses.join(", ")));
        page.line(2, "Conditions:");
        let ready = endpoint.at(&["conditions", "ready"]);
        page.field(3, "Ready", &if ready.is_null() { "<unset>".to_string() } else { plain(ready) });
        page.field(2, "Hostname", unset(endpoint.get("hostname")));
        let target = endpoint.get("targetRef");
        if !target.is_null() {
            page.field(2, "TargetRef", &format!("{}/{}", target.get("kind").text(), target.get("name").text()));
        }
        page.field(2, "NodeName", unset(endpoint.get("nodeName")));
        page.field(2, "Zone", unset(endpoint.get("zone")));
        if !endpoint.get("deprecatedTopology").is_empty() {
            page.line(2, "Topology:");
        }
        for (key, value) in endpoint.get("deprecatedTopology").entries() {
            page.field(3, key, value.text());
        }
    }
    show_events(&mut page, events, now);
    page.finish()
}

fn unset(value: &Tree) -> &str {
    if value.is_empty() { "<unset>" } else { value.text() }
}

fn ports(page: &mut Page, level: usize, ports: &Tree) {
    page.line(level, "Name\tPort\tProtocol");
    page.line(level, "----\t----\t--------");
    for port in ports.items() {
        let number = if port.get("port").is_null() { "<unset>".to_string() } else { plain(port.get("port")) };
        page.line(level, &format!("{}\t{number}\t{}", unset(port.get("name")), port.get("protocol").text()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: &str = r#""metadata":{"name":"web","namespace":"shop"}"#;

    /// What a real kubectl 1.37 printed, with other names.
    #[test]
    fn a_slice_tells_of_each_endpoint_where_it_is() {
        let text = r#"Name:         web
Namespace:    shop
Labels:       <none>
Annotations:  <none>
AddressType:  IPv4
Ports:
  Name  Port  Protocol
  ----  ----  --------
  http  80    TCP
Endpoints:
  - Addresses:  10.242.0.16
    Conditions:
      Ready:    true
    Hostname:   <unset>
    TargetRef:  Pod/a
    NodeName:   worker-2
    Zone:       <unset>
Events:         <none>
"#;
        let slice = format!(
            r#"{{{META},"addressType":"IPv4","ports":[{{"name":"http","port":80,"protocol":"TCP"}}],"endpoints":[{{"addresses":["10.242.0.16"],"conditions":{{"ready":true}},"nodeName":"worker-2","targetRef":{{"kind":"Pod","name":"a"}}}}]}}"#
        );
        assert_eq!(describe_slice(&Tree::from_json(&slice).unwrap(), Some(&[]), Time::START), text);
    }

    #[test]
    fn endpoints_stand_apart_by_readiness() {
        let text = r#"Name:         web
Namespace:    shop
Labels:       <none>
Annotations:  <none>
Subsets:
  Addresses:          10.242.0.16
  NotReadyAddresses:  <none>
  Ports:
    Name     Port  Protocol
    ----     ----  --------
    <unset>  80    TCP

Events:  <none>
"#;
        let endpoints =
            format!(r#"{{{META},"subsets":[{{"addresses":[{{"ip":"10.242.0.16"}}],"ports":[{{"port":80,"protocol":"TCP"}}]}}]}}"#);
        assert_eq!(describe(&Tree::from_json(&endpoints).unwrap(), Some(&[]), Time::START), text);
    }
}
