//! `kubectl describe secret`: sizes, never contents.
use super::parts::fields::heading;
use super::parts::page::Page;
use objects::{Tree, base64};

/// The Secret's text, mirroring upstream's `describeSecret`.
/// The token of a service account is the one value that is shown.
pub fn describe(secret: &Tree) -> String {
    let mut page = Page::new();
    heading(&mut page, secret);
    page.line(0, "");
    page.field(0, "Type", secret.get("type").text());
    page.line(0, "\nData\n====");
    for (key, value) in secret.get("data").entries() {
        let token = key == "token" && secret.get("type").text() == "kubernetes.io/service-account-token";
        let shown = base64::decode_text(value.text()).filter(|_| token);
        page.field(0, key, &shown.unwrap_or_else(|| format!("{} bytes", base64::decoded_len(value.text()))));
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::map;

    /// What a real kubectl 1.37 printed.
    #[test]
    fn only_sizes_are_shown() {
        let secret = map! {"metadata": map! {"name": "login", "namespace": "cm-secret"}, "type": "Opaque", "data": map! {"pass": "aHVudGVyMg==", "user": "YW5u"}};
        let text = r#"Name:         login
Namespace:    cm-secret
Labels:       <none>
Annotations:  <none>

Type:  Opaque

Data
====
pass:  7 bytes
user:  3 bytes
"#;
        assert_eq!(describe(&secret), text);
    }
}
