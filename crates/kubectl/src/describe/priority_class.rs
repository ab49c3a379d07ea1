//! `kubectl describe priorityclass`.
use super::parts::events::events as show_events;
use super::parts::fields::{annotations, plain};
use super::parts::page::Page;
use objects::Tree;
use simcore::Time;

/// The PriorityClass's text, mirroring upstream's `describePriorityClass`.
pub fn describe(class: &Tree, events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    page.field(0, "Name", class.at(&["metadata", "name"]).text());
    page.field(0, "Value", &class.get("value").int_or(0).to_string());
    page.field(0, "GlobalDefault", &class.get("globalDefault").is_true().to_string());
    page.field(0, "PreemptionPolicy", &plain(class.get("preemptionPolicy")));
    page.field(0, "Description", class.get("description").text());
    annotations(&mut page, "Annotations", class.at(&["metadata", "annotations"]));
    show_events(&mut page, events, now);
    page.finish()
}
