//! `kubectl describe serviceaccount`.
use super::parts::events::events as show_events;
use super::parts::fields::{heading, lines};
use super::parts::page::Page;
use objects::Tree;
use simcore::Time;

/// The ServiceAccount's text, mirroring upstream's `describeServiceAccount`.
pub fn describe(account: &Tree, events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    heading(&mut page, account);
    let secrets = account.get("imagePullSecrets").items().iter().map(|secret| secret.get("name").text().to_string());
    lines(&mut page, "Image pull secrets", secrets.collect());
    show_events(&mut page, events, now);
    page.finish()
}
