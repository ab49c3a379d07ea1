//! `kubectl describe ingressclass`.
use super::parts::events::events as show_events;
use super::parts::fields::{annotations, labels};
use super::parts::page::Page;
use objects::Tree;
use simcore::Time;

/// The IngressClass's text, mirroring upstream's `describeIngressClassV1`.
pub fn describe(class: &Tree, events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    let (meta, spec) = (class.get("metadata"), class.get("spec"));
    page.field(0, "Name", meta.get("name").text());
    labels(&mut page, "Labels", meta.get("labels"));
    annotations(&mut page, "Annotations", meta.get("annotations"));
    page.field(0, "Controller", spec.get("controller").text());
    let parameters = spec.get("parameters");
    if !parameters.is_null() {
        page.line(0, "Parameters:");
        for (key, title) in [("apiGroup", "APIGroup"), ("kind", "Kind"), ("name", "Name")] {
            if key != "apiGroup" || parameters.has(key) {
                page.field(1, title, parameters.get(key).text());
            }
        }
    }
    show_events(&mut page, events, now);
    page.finish()
}
