//! `kubectl describe replicaset`.
use super::parts::events::events as show_events;
use super::parts::fields::{annotations, controller, labels, selector};
use super::parts::page::Page;
use super::parts::template::{conditions, phases, template};
use objects::Tree;
use simcore::Time;

/// The ReplicaSet's text, mirroring upstream's `describeReplicaSet`. `pods` are those that its selector matches.
pub fn describe(set: &Tree, pods: &[Tree], events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    let (meta, spec, status) = (set.get("metadata"), set.get("spec"), set.get("status"));
    page.field(0, "Name", meta.get("name").text());
    page.field(0, "Namespace", meta.get("namespace").text());
    page.field(0, "Selector", &selector(spec.get("selector")));
    labels(&mut page, "Labels", meta.get("labels"));
    annotations(&mut page, "Annotations", meta.get("annotations"));
    if let Some(owner) = controller(set) {
        page.field(0, "Controlled By", &owner);
    }
    let (current, desired) = (status.get("replicas").int_or(0), spec.get("replicas").int_or(0));
    page.field(0, "Replicas", &format!("{current} current / {desired} desired"));
    page.field(0, "Pods Status", &phases(meta.get("uid").text(), pods));
    template(&mut page, spec.get("template"));
    conditions(&mut page, status.get("conditions"));
    show_events(&mut page, events, now);
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    const SET: &str = r#"{"metadata":{"name":"web-9d6d84dbb","namespace":"deploy-basic","uid":"r1","labels":{"app":"web","pod-template-hash":"9d6d84dbb"},"annotations":{"deployment.kubernetes.io/desired-replicas":"2","deployment.kubernetes.io/max-replicas":"3","deployment.kubernetes.io/revision":"1"},"ownerReferences":[{"controller":true,"kind":"Deployment","name":"web","uid":"d1"}]},
"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web","pod-template-hash":"9d6d84dbb"}},"template":{"metadata":{"labels":{"app":"web","pod-template-hash":"9d6d84dbb"}},"spec":{"containers":[{"name":"main","image":"nginx:1.27","ports":[{"containerPort":80,"protocol":"TCP"}],"resources":{}}]}}},
"status":{"replicas":2}}"#;
    /// What a real kubectl 1.37 printed.
    const TEXT: &str = r#"Name:           web-9d6d84dbb
Namespace:      deploy-basic
Selector:       app=web,pod-template-hash=9d6d84dbb
Labels:         app=web
                pod-template-hash=9d6d84dbb
Annotations:    deployment.kubernetes.io/desired-replicas: 2
                deployment.kubernetes.io/max-replicas: 3
                deployment.kubernetes.io/revision: 1
Controlled By:  Deployment/web
Replicas:       2 current / 2 desired
Pods Status:    2 Running / 0 Waiting / 0 Succeeded / 0 Failed
Pod Template:
  Labels:  app=web
           pod-template-hash=9d6d84dbb
  Containers:
   main:
    Image:         nginx:1.27
    Port:          80/TCP
    Host Port:     0/TCP
    Environment:   <none>
    Mounts:        <none>
  Volumes:         <none>
  Node-Selectors:  <none>
  Tolerations:     <none>
"#;

    #[test]
    fn only_its_own_pods_are_counted() {
        let pod = |owner: &str| {
            map! {"metadata": map! {"ownerReferences": list![map! {"controller": true, "uid": owner}]}, "status": map! {"phase": "Running"}}
        };
        let pods = [pod("r1"), pod("other"), pod("r1")];
        assert_eq!(describe(&Tree::from_json(SET).unwrap(), &pods, None, Time::START), TEXT);
    }
}
