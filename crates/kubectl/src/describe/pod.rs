//! `kubectl describe pod`.
use super::parts::containers::{containers, resources};
use super::parts::events::events as show_events;
use super::parts::fields::{age, annotations, controller, instant, labels, plain, spread_constraints, tolerations};
use super::parts::page::Page;
use super::parts::volumes::volumes;
use objects::Tree;
use simcore::Time;

/// The Pod's text, mirroring upstream's `describePod`. `events` is `None` when they were not asked for.
pub fn describe(pod: &Tree, events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    let (spec, status) = (pod.get("spec"), pod.get("status"));
    who(&mut page, pod);
    phase(&mut page, pod, now);
    addresses(&mut page, status);
    if let Some(owner) = controller(pod) {
        page.field(0, "Controlled By", &owner);
    }
    optional(&mut page, "NominatedNodeName", status.get("nominatedNodeName"));
    if !spec.get("resources").is_null() {
        page.line(0, "Resources:");
        resources(&mut page, 1, spec.get("resources"));
    }
    if !spec.get("initContainers").is_empty() {
        containers(&mut page, "Init Containers", spec.get("initContainers"), status.get("initContainerStatuses"), pod);
    }
    containers(&mut page, "Containers", spec.get("containers"), status.get("containerStatuses"), pod);
    if !spec.get("ephemeralContainers").is_empty() {
        containers(&mut page, "Ephemeral Containers", spec.get("ephemeralContainers"), status.get("ephemeralContainerStatuses"), pod);
    }
    conditions(&mut page, pod);
    volumes(&mut page, spec.get("volumes"), false);
    page.field(0, "QoS Class", status.get("qosClass").text());
    labels(&mut page, "Node-Selectors", spec.get("nodeSelector"));
    tolerations(&mut page, "Tolerations", spec.get("tolerations"));
    spread_constraints(&mut page, "Topology Spread Constraints", spec.get("topologySpreadConstraints"));
    show_events(&mut page, events, now);
    page.finish()
}

/// What is said of a Pod that is gone while its events remain.
pub fn describe_gone(name: &str, error: &str, events: &[Tree], now: Time) -> String {
    let mut page = Page::new();
    page.line(0, &format!("Pod '{name}': error '{error}', but found events."));
    show_events(&mut page, Some(events), now);
    page.finish()
}

fn who(page: &mut Page, pod: &Tree) {
    let (meta, spec, status) = (pod.get("metadata"), pod.get("spec"), pod.get("status"));
    page.field(0, "Name", meta.get("name").text());
    page.field(0, "Namespace", meta.get("namespace").text());
    if !spec.get("priority").is_null() {
        page.field(0, "Priority", &plain(spec.get("priority")));
    }
    optional(page, "Priority Class Name", spec.get("priorityClassName"));
    optional(page, "Runtime Class Name", spec.get("runtimeClassName"));
    optional(page, "Service Account", spec.get("serviceAccountName"));
    let node = spec.get("nodeName").text();
    page.field(0, "Node", &if node.is_empty() { "<none>".to_string() } else { format!("{node}/{}", status.get("hostIP").text()) });
    if !status.get("startTime").is_empty() {
        page.field(0, "Start Time", &instant(status.get("startTime")));
    }
    labels(page, "Labels", meta.get("labels"));
    annotations(page, "Annotations", meta.get("annotations"));
}

fn phase(page: &mut Page, pod: &Tree, now: Time) {
    let (meta, status) = (pod.get("metadata"), pod.get("status"));
    let phase = status.get("phase").text();
    if meta.has("deletionTimestamp") && phase != "Failed" && phase != "Succeeded" {
        page.field(0, "Status", &format!("Terminating (lasts {})", age(meta.get("deletionTimestamp"), now)));
        page.field(0, "Termination Grace Period", &format!("{}s", meta.get("deletionGracePeriodSeconds").int_or(0)));
    } else {
        page.field(0, "Status", phase);
    }
    optional(page, "Reason", status.get("reason"));
    optional(page, "Message", status.get("message"));
    let profile = pod.at(&["spec", "securityContext", "seccompProfile"]);
    optional(page, "SeccompProfile", profile.get("type"));
    if profile.get("type").text() == "Localhost" {
        page.field(0, "LocalhostProfile", profile.get("localhostProfile").text());
    }
}

fn addresses(page: &mut Page, status: &Tree) {
    page.field(0, "IP", status.get("podIP").text());
    if status.get("podIPs").is_empty() {
        return page.field(0, "IPs", "<none>");
    }
    page.line(0, "IPs:");
    for address in status.get("podIPs").items() {
        page.field(1, "IP", address.get("ip").text());
    }
}

fn conditions(page: &mut Page, pod: &Tree) {
    let all = pod.at(&["status", "conditions"]).items();
    let gates = pod.at(&["spec", "readinessGates"]).items();
    if !gates.is_empty() {
        page.line(0, "Readiness Gates:\n  Type\tStatus");
    }
    for gate in gates {
        let kind = gate.get("conditionType").text();
        let status =
            all.iter().find(|condition| condition.get("type").text() == kind).map_or("<none>", |condition| condition.get("status").text());
        page.line(1, &format!("{kind} \t{status} "));
    }
    if !all.is_empty() {
        page.line(0, "Conditions:\n  Type\tStatus");
    }
    for condition in all {
        page.line(1, &format!("{} \t{} ", condition.get("type").text(), condition.get("status").text()));
    }
}

fn optional(page: &mut Page, title: &str, value: &Tree) {
    if !value.is_empty() {
        page.field(0, title, value.text());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"needy","namespace":"pod-missing-config","uid":"u1"},
"spec":{"containers":[{"name":"main","image":"nginx:1.27","envFrom":[{"configMapRef":{"name":"settings"}}],
"env":[{"name":"TOKEN","valueFrom":{"secretKeyRef":{"name":"creds","key":"TOKEN"}}}],
"volumeMounts":[{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":"kube-api-access-k472j","readOnly":true}]}],
"nodeName":"worker-3","priority":0,"serviceAccountName":"default",
"tolerations":[{"effect":"NoExecute","key":"node.kubernetes.io/not-ready","operator":"Exists","tolerationSeconds":300},{"effect":"NoExecute","key":"node.kubernetes.io/unreachable","operator":"Exists","tolerationSeconds":300}],
"volumes":[{"name":"kube-api-access-k472j","projected":{"defaultMode":420,"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"kube-root-ca.crt"}},{"downwardAPI":{"items":[{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"},"path":"namespace"}]}}]}}]},
"status":{"phase":"Pending","hostIP":"192.168.100.14","podIP":"10.243.0.44","podIPs":[{"ip":"10.243.0.44"}],"qosClass":"BestEffort","startTime":"2026-11-23T05:03:43Z",
"conditions":[{"type":"PodReadyToStartContainers","status":"True"},{"type":"Initialized","status":"True"},{"type":"Ready","status":"False"},{"type":"ContainersReady","status":"False"},{"type":"PodScheduled","status":"True"}],
"containerStatuses":[{"name":"main","image":"nginx:1.27","imageID":"","ready":false,"restartCount":0,"state":{"waiting":{"reason":"CreateContainerConfigError","message":"configmap \"settings\" not found"}}}]}}"#;
    const EVENTS: &str = r#"[{"type":"Normal","reason":"Pulled","count":2,"firstTimestamp":"2026-11-23T05:03:43Z","lastTimestamp":"2026-11-23T05:03:44Z","source":{"component":"kubelet"},"involvedObject":{"fieldPath":"spec.containers{main}"},"message":"Container image \"nginx:1.27\" already present on machine and can be accessed by the pod"},
{"type":"Warning","reason":"Failed","count":2,"firstTimestamp":"2026-11-23T05:03:43Z","lastTimestamp":"2026-11-23T05:03:44Z","source":{"component":"kubelet"},"involvedObject":{"fieldPath":"spec.containers{main}"},"message":"Error: configmap \"settings\" not found"},
{"type":"Normal","reason":"Scheduled","eventTime":"2026-11-23T05:03:43.100000Z","reportingComponent":"default-scheduler","source":{},"message":"Successfully assigned pod-missing-config/needy to worker-3"}]"#;
    /// What a real kubectl 1.37 printed.
    const TEXT: &str = r#"Name:             needy
Namespace:        pod-missing-config
Priority:         0
Service Account:  default
Node:             worker-3/192.168.100.14
Start Time:       Mon, 23 Nov 2026 05:03:43 +0000
Labels:           <none>
Annotations:      <none>
Status:           Pending
IP:               10.243.0.44
IPs:
  IP:  10.243.0.44
Containers:
  main:
    Container ID:   
    Image:          nginx:1.27
    Image ID:       
    Port:           <none>
    Host Port:      <none>
    State:          Waiting
      Reason:       CreateContainerConfigError
    Ready:          False
    Restart Count:  0
    Environment Variables from:
      settings  ConfigMap  Optional: false
    Environment:
      TOKEN:  <set to the key 'TOKEN' in secret 'creds'>  Optional: false
    Mounts:
      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-k472j (ro)
Conditions:
  Type                        Status
  PodReadyToStartContainers   True 
  Initialized                 True 
  Ready                       False 
  ContainersReady             False 
  PodScheduled                True 
Volumes:
  kube-api-access-k472j:
    Type:                    Projected (a volume that contains injected data from multiple sources)
    TokenExpirationSeconds:  3607
    ConfigMapName:           kube-root-ca.crt
    Optional:                false
    DownwardAPI:             true
QoS Class:                   BestEffort
Node-Selectors:              <none>
Tolerations:                 node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
                             node.kubernetes.io/unreachable:NoExecute op=Exists for 300s
Events:
  Type     Reason     Age              From               Message
  ----     ------     ----             ----               -------
  Normal   Scheduled  1s               default-scheduler  Successfully assigned pod-missing-config/needy to worker-3
  Normal   Pulled     0s (x2 over 1s)  kubelet            spec.containers{main}: Container image "nginx:1.27" already present on machine and can be accessed by the pod
  Warning  Failed     0s (x2 over 1s)  kubelet            spec.containers{main}: Error: configmap "settings" not found
"#;

    #[test]
    fn a_pod_that_waits_for_its_settings_says_so() {
        let now = Time::parse("2026-11-23T05:03:44.500000Z").unwrap();
        let events = Tree::from_json(EVENTS).unwrap();
        assert_eq!(describe(&Tree::from_json(POD).unwrap(), Some(events.items()), now), TEXT);
    }

    #[test]
    fn a_deleted_pod_is_terminating() {
        let mut pod = Tree::from_json(POD).unwrap();
        pod.set(&["metadata", "deletionTimestamp"], "2026-11-23T05:03:44Z");
        pod.set(&["metadata", "deletionGracePeriodSeconds"], 30);
        let text = describe(&pod, None, Time::parse("2026-11-23T05:03:49Z").unwrap());
        assert!(text.contains("Status:                    Terminating (lasts 5s)\nTermination Grace Period:  30s\n"), "{text}");
    }
}
