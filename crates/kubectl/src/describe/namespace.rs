//! `kubectl describe namespace`.
use super::parts::fields::{annotations, instant, labels, plain};
use super::parts::page::Page;
use objects::Tree;

/// The Namespace's text, mirroring upstream's `describeNamespace`, with its quotas and limit ranges.
pub fn describe(namespace: &Tree, quotas: &[Tree], limits: &[Tree]) -> String {
    let mut page = Page::new();
    let (meta, status) = (namespace.get("metadata"), namespace.get("status"));
    page.field(0, "Name", meta.get("name").text());
    labels(&mut page, "Labels", meta.get("labels"));
    annotations(&mut page, "Annotations", meta.get("annotations"));
    page.field(0, "Status", status.get("phase").text());
    conditions(&mut page, status.get("conditions"));
    page.line(0, "");
    show_quotas(&mut page, quotas);
    page.line(0, "");
    show_limits(&mut page, limits);
    page.finish()
}

fn conditions(page: &mut Page, conditions: &Tree) {
    if conditions.items().is_empty() {
        return;
    }
    page.line(0, "Conditions:");
    page.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
    page.line(1, "----\t------\t------------------\t------\t-------");
    for condition in conditions.items() {
        let text = |key: &str| condition.get(key).text();
        let changed = instant(condition.get("lastTransitionTime"));
        page.line(1, &format!("{}\t{}\t{changed}\t{}\t{}", text("type"), text("status"), text("reason"), text("message")));
    }
}

fn show_quotas(page: &mut Page, quotas: &[Tree]) {
    if quotas.is_empty() {
        return page.line(0, "No resource quota.");
    }
    let mut sorted: Vec<&Tree> = quotas.iter().collect();
    sorted.sort_by(|a, b| a.at(&["metadata", "name"]).text().cmp(b.at(&["metadata", "name"]).text()));
    page.line(0, "Resource Quotas");
    for quota in sorted {
        page.field(1, "Name", quota.at(&["metadata", "name"]).text());
        page.line(1, "Resource\tUsed\tHard");
        page.line(1, "--------\t---\t---");
        for (resource, hard) in quota.at(&["status", "hard"]).entries() {
            let used = quota.at(&["status", "used"]).get(resource);
            page.line(1, &format!("{resource}\t{}\t{}", plain(used), plain(hard)));
        }
    }
}

fn show_limits(page: &mut Page, ranges: &[Tree]) {
    if ranges.is_empty() {
        return page.line(0, "No LimitRange resource.");
    }
    page.line(0, "Resource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio");
    page.line(0, " ----\t--------\t---\t---\t---------------\t-------------\t-----------------------");
    let columns = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
    for item in ranges.iter().flat_map(|range| range.at(&["spec", "limits"]).items()) {
        let mut resources: Vec<&str> =
            columns.iter().flat_map(|column| item.get(column).entries().map(|(name, _)| name.as_str())).collect();
        resources.sort_unstable();
        resources.dedup();
        for resource in resources {
            let cells = columns.map(|column| match item.get(column).get(resource) {
                Tree::Null => "-".to_string(),
                quantity => plain(quantity),
            });
            page.line(0, &format!(" {}\t{resource}\t{}", item.get("type").text(), cells.join("\t")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    /// What a real kubectl 1.37 printed.
    #[test]
    fn quotas_and_limits_are_tables() {
        let namespace = map! {"metadata": map! {"name": "describe-all", "labels": map! {"kubernetes.io/metadata.name": "describe-all"}}, "status": map! {"phase": "Active"}};
        let quota = map! {"metadata": map! {"name": "lots"}, "status": map! {"hard": map! {"pods": "100"}, "used": map! {"pods": "9"}}};
        let range = map! {"spec": map! {"limits": list![map! {"type": "Container", "defaultRequest": map! {"cpu": "10m"}}]}};
        let text = r#"Name:         describe-all
Labels:       kubernetes.io/metadata.name=describe-all
Annotations:  <none>
Status:       Active

Resource Quotas
  Name:     lots
  Resource  Used  Hard
  --------  ---   ---
  pods      9     100

Resource Limits
 Type       Resource  Min  Max  Default Request  Default Limit  Max Limit/Request Ratio
 ----       --------  ---  ---  ---------------  -------------  -----------------------
 Container  cpu       -    -    10m              -              -
"#;
        assert_eq!(describe(&namespace, &[quota], &[range]), text);
        assert!(describe(&namespace, &[], &[]).ends_with("\nNo resource quota.\n\nNo LimitRange resource.\n"));
    }
}
