//! `kubectl describe daemonset`.
use super::parts::events::events as show_events;
use super::parts::fields::{annotations, labels, or_none, pairs, selector};
use super::parts::page::Page;
use super::parts::template::{phases, template};
use objects::Tree;
use simcore::Time;

/// The DaemonSet's text, mirroring upstream's `describeDaemonSet`. `pods` are those that its selector matches.
pub fn describe(set: &Tree, pods: &[Tree], events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    let (meta, spec, status) = (set.get("metadata"), set.get("spec"), set.get("status"));
    page.field(0, "Name", meta.get("name").text());
    page.field(0, "Namespace", meta.get("namespace").text());
    page.field(0, "Selector", &selector(spec.get("selector")));
    page.field(0, "Node-Selector", &or_none(&pairs(spec.at(&["template", "spec", "nodeSelector"]))));
    labels(&mut page, "Labels", meta.get("labels"));
    annotations(&mut page, "Annotations", meta.get("annotations"));
    for (words, count) in [
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ] {
        page.line(0, &format!("{words}: {}", status.get(count).int_or(0)));
    }
    page.field(0, "Pods Status", &phases(meta.get("uid").text(), pods));
    template(&mut page, spec.get("template"));
    show_events(&mut page, events, now);
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    /// What a real kubectl 1.37 printed.
    const TEXT: &str = "Name:           agent
Namespace:      ds-basic
Selector:       app=agent
Node-Selector:  <none>
Labels:         <none>
Annotations:    deprecated.daemonset.template.generation: 1
Desired Number of Nodes Scheduled: 3
Current Number of Nodes Scheduled: 3
Number of Nodes Scheduled with Up-to-date Pods: 3
Number of Nodes Scheduled with Available Pods: 3
Number of Nodes Misscheduled: 0
Pods Status:  3 Running / 0 Waiting / 0 Succeeded / 0 Failed
Pod Template:
  Labels:  app=agent
  Containers:
   main:
    Image:         nginx:1.27
    Port:          <none>
    Host Port:     <none>
    Environment:   <none>
    Mounts:        <none>
  Volumes:         <none>
  Node-Selectors:  <none>
  Tolerations:     <none>
";

    #[test]
    fn nodes_are_counted_in_plain_sentences() {
        let pod =
            map! {"metadata": map! {"ownerReferences": list![map! {"controller": true, "uid": "d1"}]}, "status": map! {"phase": "Running"}};
        let set = Tree::from_json(
            r#"{"metadata":{"name":"agent","namespace":"ds-basic","uid":"d1","annotations":{"deprecated.daemonset.template.generation":"1"}},
"spec":{"selector":{"matchLabels":{"app":"agent"}},"template":{"metadata":{"labels":{"app":"agent"}},"spec":{"containers":[{"name":"main","image":"nginx:1.27","resources":{}}]}}},
"status":{"currentNumberScheduled":3,"desiredNumberScheduled":3,"numberAvailable":3,"numberMisscheduled":0,"numberReady":3,"updatedNumberScheduled":3}}"#,
        );
        assert_eq!(describe(&set.unwrap(), &[pod.clone(), pod.clone(), pod], None, Time::START), TEXT);
    }
}
