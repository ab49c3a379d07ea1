//! `kubectl describe servicecidr` and `ipaddress`.
use super::parts::events::events as show_events;
use super::parts::fields::{annotations, instant, labels};
use super::parts::page::Page;
use objects::Tree;
use simcore::Time;

fn heading(object: &Tree) -> Page {
    let mut page = Page::new();
    let meta = object.get("metadata");
    page.field(0, "Name", meta.get("name").text());
    labels(&mut page, "Labels", meta.get("labels"));
    annotations(&mut page, "Annotations", meta.get("annotations"));
    page
}

/// A ServiceCIDR's text, mirroring upstream's `describeServiceCIDRV1`.
pub fn range(range: &Tree, events: Option<&[Tree]>, now: Time) -> String {
    let mut page = heading(range);
    let all: Vec<&str> = range.at(&["spec", "cidrs"]).items().iter().map(Tree::text).collect();
    page.field(0, "CIDRs", &all.join(", "));
    let conditions = range.at(&["status", "conditions"]).items();
    if !conditions.is_empty() {
        page.line(0, "Status:");
        page.line(0, "Conditions:");
        page.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
        page.line(1, "----\t------\t------------------\t------\t-------");
        for one in conditions {
            let text = |key: &str| one.get(key).text();
            let since = instant(one.get("lastTransitionTime"));
            page.line(1, &format!("{}\t{}\t{since}\t{}\t{}", text("type"), text("status"), text("reason"), text("message")));
        }
    }
    show_events(&mut page, events, now);
    page.finish()
}

/// An IPAddress's text, mirroring upstream's `describeIPAddressV1`.
pub fn address(address: &Tree, events: Option<&[Tree]>, now: Time) -> String {
    let mut page = heading(address);
    let parent = address.at(&["spec", "parentRef"]);
    if !parent.is_null() {
        page.line(0, "Parent Reference:");
        for (title, key) in [("Group", "group"), ("Resource", "resource"), ("Namespace", "namespace"), ("Name", "name")] {
            page.field(1, title, parent.get(key).text());
        }
    }
    show_events(&mut page, events, now);
    page.finish()
}
