//! Label selectors as objects carry them (apimachinery `apis/meta/v1/validation`).
use super::path::{Faults, Path};
use super::{meta, words};
use objects::Tree;

pub(super) fn label_selector(selector: &Tree, path: Path, faults: &mut Faults) {
    meta::labels(selector.get("matchLabels"), path.field("matchLabels"), faults);
    let terms = path.field("matchExpressions");
    for (at, term) in selector.get("matchExpressions").items().iter().enumerate() {
        let here = terms.item(at);
        let values = term.get("values");
        match term.get("operator").text() {
            "In" | "NotIn" if values.is_empty() => {
                faults.required(here.field("values"), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "In" | "NotIn" => {}
            "Exists" | "DoesNotExist" => {
                if !values.is_empty() {
                    faults.forbidden(here.field("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }
            }
            _ => faults.invalid(here.field("operator"), term.get("operator").text(), "not a valid selector operator"),
        }
        faults.by(here.field("key"), term.get("key"), words::qualified);
        for (at, value) in values.items().iter().enumerate() {
            faults.by(here.field("values").item(at), value, words::label_value);
        }
    }
}
