//! `kubectl describe deployment`.
use super::parts::events::events as show_events;
use super::parts::fields::{annotations, instant, labels, or_none, plain, selector};
use super::parts::page::Page;
use super::parts::template::{conditions, template};
use objects::Tree;
use simcore::Time;

/// The Deployment's text, mirroring upstream's `describeDeployment`. `sets` are the ReplicaSets that its selector matches.
pub fn describe(deployment: &Tree, sets: &[Tree], events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    let (meta, spec, status) = (deployment.get("metadata"), deployment.get("spec"), deployment.get("status"));
    page.field(0, "Name", meta.get("name").text());
    page.field(0, "Namespace", meta.get("namespace").text());
    page.field(0, "CreationTimestamp", &instant(meta.get("creationTimestamp")));
    labels(&mut page, "Labels", meta.get("labels"));
    annotations(&mut page, "Annotations", meta.get("annotations"));
    page.field(0, "Selector", &selector(spec.get("selector")));
    page.field(0, "Replicas", &counts(spec, status));
    page.field(0, "StrategyType", spec.at(&["strategy", "type"]).text());
    page.field(0, "MinReadySeconds", &spec.get("minReadySeconds").int_or(0).to_string());
    let rolling = spec.at(&["strategy", "rollingUpdate"]);
    if !rolling.is_null() {
        let (unavailable, surge) = (plain(rolling.get("maxUnavailable")), plain(rolling.get("maxSurge")));
        page.field(0, "RollingUpdateStrategy", &format!("{unavailable} max unavailable, {surge} max surge"));
    }
    template(&mut page, spec.get("template"));
    conditions(&mut page, status.get("conditions"));
    let (old, new) = old_and_new(deployment, sets);
    if !old.is_empty() || new.is_some() {
        page.field(0, "OldReplicaSets", &created(&old));
        page.field(0, "NewReplicaSet", &created(&Vec::from_iter(new)));
    }
    show_events(&mut page, events, now);
    page.finish()
}

/// The Deployment's own ReplicaSets: those of older templates by age, and the oldest with the present template.
pub fn old_and_new<'a>(deployment: &Tree, sets: &'a [Tree]) -> (Vec<&'a Tree>, Option<&'a Tree>) {
    let uid = deployment.at(&["metadata", "uid"]).text();
    let owned = |set: &&Tree| {
        let owners = set.at(&["metadata", "ownerReferences"]).items();
        owners.iter().any(|owner| owner.get("controller").is_true() && owner.get("uid").text() == uid)
    };
    let mut own: Vec<&Tree> = sets.iter().filter(owned).collect();
    own.sort_by(|a, b| age_key(a).cmp(&age_key(b)));
    let wanted = without_hash(deployment.at(&["spec", "template"]));
    let new = own.iter().position(|set| without_hash(set.at(&["spec", "template"])) == wanted).map(|at| own.remove(at));
    (own, new)
}

fn age_key(set: &Tree) -> (&str, &str) {
    (set.at(&["metadata", "creationTimestamp"]).text(), set.at(&["metadata", "name"]).text())
}

/// The template without the label that tells ReplicaSets apart.
fn without_hash(template: &Tree) -> Tree {
    let mut plain = template.clone();
    plain.remove(&["metadata", "labels", "pod-template-hash"]);
    plain
}

fn counts(spec: &Tree, status: &Tree) -> String {
    let of = |key: &str| status.get(key).int_or(0);
    format!(
        "{} desired | {} updated | {} total | {} available | {} unavailable",
        spec.get("replicas").int_or(0),
        of("updatedReplicas"),
        of("replicas"),
        of("availableReplicas"),
        of("unavailableReplicas")
    )
}

/// `web-9d6d84dbb (3/3 replicas created)`, comma-separated.
fn created(sets: &[&Tree]) -> String {
    let texts: Vec<String> = sets
        .iter()
        .map(|set| {
            let (made, wanted) = (set.at(&["status", "replicas"]).int_or(0), set.at(&["spec", "replicas"]).int_or(0));
            format!("{} ({made}/{wanted} replicas created)", set.at(&["metadata", "name"]).text())
        })
        .collect();
    or_none(&texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYMENT: &str = r#"{"metadata":{"name":"many","namespace":"quota","uid":"d1","creationTimestamp":"2026-11-23T05:04:07Z","annotations":{"deployment.kubernetes.io/revision":"1","kubectl.kubernetes.io/last-applied-configuration":"{}"}},
"spec":{"replicas":4,"selector":{"matchLabels":{"app":"many"}},"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}},"template":{"metadata":{"labels":{"app":"many"}},"spec":{"containers":[{"name":"main","image":"nginx:1.27","ports":[{"containerPort":80,"protocol":"TCP"}],"resources":{"limits":{"memory":"100Mi"},"requests":{"cpu":"100m"}}}]}}},
"status":{"replicas":2,"updatedReplicas":2,"availableReplicas":2,"unavailableReplicas":2,"conditions":[{"type":"Available","status":"False","reason":"MinimumReplicasUnavailable"},{"type":"ReplicaFailure","status":"True","reason":"FailedCreate"},{"type":"Progressing","status":"True","reason":"ReplicaSetUpdated"}]}}"#;
    const SET: &str = r#"{"metadata":{"name":"many-7476f8bc57","namespace":"quota","creationTimestamp":"2026-11-23T05:04:07Z","ownerReferences":[{"controller":true,"kind":"Deployment","name":"many","uid":"d1"}]},
"spec":{"replicas":4,"template":{"metadata":{"labels":{"app":"many","pod-template-hash":"7476f8bc57"}},"spec":{"containers":[{"name":"main","image":"nginx:1.27","ports":[{"containerPort":80,"protocol":"TCP"}],"resources":{"limits":{"memory":"100Mi"},"requests":{"cpu":"100m"}}}]}}},"status":{"replicas":2}}"#;
    const EVENTS: &str = r#"[{"type":"Normal","reason":"ScalingReplicaSet","count":1,"firstTimestamp":"2026-11-23T05:04:07Z","lastTimestamp":"2026-11-23T05:04:07Z","source":{"component":"deployment-controller"},"message":"Scaled up replica set many-7476f8bc57 from 0 to 4"}]"#;
    /// What a real kubectl 1.37 printed.
    const TEXT: &str = r#"Name:                   many
Namespace:              quota
CreationTimestamp:      Mon, 23 Nov 2026 05:04:07 +0000
Labels:                 <none>
Annotations:            deployment.kubernetes.io/revision: 1
Selector:               app=many
Replicas:               4 desired | 2 updated | 2 total | 2 available | 2 unavailable
StrategyType:           RollingUpdate
MinReadySeconds:        0
RollingUpdateStrategy:  25% max unavailable, 25% max surge
Pod Template:
  Labels:  app=many
  Containers:
   main:
    Image:      nginx:1.27
    Port:       80/TCP
    Host Port:  0/TCP
    Limits:
      memory:  100Mi
    Requests:
      cpu:         100m
    Environment:   <none>
    Mounts:        <none>
  Volumes:         <none>
  Node-Selectors:  <none>
  Tolerations:     <none>
Conditions:
  Type             Status  Reason
  ----             ------  ------
  Available        False   MinimumReplicasUnavailable
  ReplicaFailure   True    FailedCreate
  Progressing      True    ReplicaSetUpdated
OldReplicaSets:    <none>
NewReplicaSet:     many-7476f8bc57 (2/4 replicas created)
Events:
  Type    Reason             Age   From                   Message
  ----    ------             ----  ----                   -------
  Normal  ScalingReplicaSet  3s    deployment-controller  Scaled up replica set many-7476f8bc57 from 0 to 4
"#;

    #[test]
    fn a_deployment_held_by_a_quota_names_its_replica_set() {
        let (deployment, set) = (Tree::from_json(DEPLOYMENT).unwrap(), Tree::from_json(SET).unwrap());
        let events = Tree::from_json(EVENTS).unwrap();
        let now = Time::parse("2026-11-23T05:04:10Z").unwrap();
        assert_eq!(describe(&deployment, &[set], Some(events.items()), now), TEXT);
    }

    #[test]
    fn a_changed_template_makes_the_set_an_old_one() {
        let (mut deployment, set) = (Tree::from_json(DEPLOYMENT).unwrap(), Tree::from_json(SET).unwrap());
        deployment.set(&["spec", "template", "metadata", "labels", "app"], "few");
        let text = describe(&deployment, &[set], None, Time::START);
        assert!(text.ends_with("OldReplicaSets:    many-7476f8bc57 (2/4 replicas created)\nNewReplicaSet:     <none>\n"), "{text}");
    }
}
