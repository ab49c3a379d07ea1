//! `kubectl describe configmap`.
use super::parts::events::events as show_events;
use super::parts::fields::heading;
use super::parts::page::Page;
use objects::{Tree, base64};
use simcore::Time;

/// The ConfigMap's text, mirroring upstream's `ConfigMapDescriber`.
pub fn describe(config: &Tree, events: Option<&[Tree]>, now: Time) -> String {
    let mut page = Page::new();
    heading(&mut page, config);
    page.line(0, "\nData\n====");
    for (key, value) in config.get("data").entries() {
        page.line(0, &format!("{key}:\n----\n{}\n", value.text()));
    }
    page.line(0, "\nBinaryData\n====");
    for (key, value) in config.get("binaryData").entries() {
        page.line(0, &format!("{key}: {} bytes", base64::decoded_len(value.text())));
    }
    page.line(0, "");
    show_events(&mut page, events, now);
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::map;

    /// What a real kubectl 1.37 printed.
    #[test]
    fn data_stands_below_its_key() {
        let config = map! {"metadata": map! {"name": "app", "namespace": "cm-secret"}, "data": map! {"color": "blue", "size": "10"}};
        let text = r#"Name:         app
Namespace:    cm-secret
Labels:       <none>
Annotations:  <none>

Data
====
color:
----
blue

size:
----
10


BinaryData
====

Events:  <none>
"#;
        assert_eq!(describe(&config, Some(&[]), Time::START), text);
    }
}
