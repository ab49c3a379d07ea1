//! What names, labels and ports may look like, and what upstream says when they do not (apimachinery `util/validation`).

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const WILDCARD: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const QUALIFIED: &str = "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

fn too_long(length: usize, text: &str, found: &mut Vec<String>) {
    if text.len() > length {
        found.push(format!("must be no more than {length} characters"));
    }
}

fn lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Alphanumeric at both ends, `inside` also between.
fn shaped(text: &str, end: fn(u8) -> bool, inside: fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    !bytes.is_empty() && end(bytes[0]) && end(bytes[bytes.len() - 1]) && bytes.iter().all(|byte| end(*byte) || inside(*byte))
}

/// `example.com`: the names of most objects.
pub(crate) fn subdomain(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    too_long(253, text, &mut found);
    if !text.split('.').all(|part| shaped(part, lower, |byte| byte == b'-')) {
        found.push(SUBDOMAIN.into());
    }
    found
}

/// `my-name`: containers, namespaces, volumes, Services.
pub(crate) fn label(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    too_long(63, text, &mut found);
    if !shaped(text, lower, |byte| byte == b'-') {
        // A name that would be right with fewer parts gets a shorter answer.
        found.push(if subdomain(text).is_empty() { "must not contain dots".into() } else { LABEL.into() });
    }
    found
}

/// `*.example.com`: a host with one open label in front.
pub(crate) fn wildcard(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    too_long(253, text, &mut found);
    if !text.strip_prefix("*.").is_some_and(|rest| rest.split('.').all(|part| shaped(part, lower, |byte| byte == b'-'))) {
        found.push(WILDCARD.into());
    }
    found
}

/// Anything that can stand between two slashes of an address.
pub(crate) fn path_segment(text: &str) -> Vec<String> {
    if matches!(text, "." | "..") {
        return vec![format!("may not be '{text}'")];
    }
    ["/", "%"].iter().filter(|part| text.contains(**part)).map(|part| format!("may not contain '{part}'")).collect()
}

fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn joiner(byte: u8) -> bool {
    matches!(byte, b'-' | b'_' | b'.')
}

/// `example.com/MyName`: the keys of labels.
pub(crate) fn qualified(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut parts = text.split('/');
    let (first, second, more) = (parts.next().unwrap_or(""), parts.next(), parts.next());
    let name = match (second, more) {
        (_, Some(_)) => return vec![QUALIFIED.into()],
        (Some(name), None) => {
            if first.is_empty() {
                found.push("prefix part must be non-empty".into());
            } else {
                found.extend(subdomain(first).into_iter().map(|words| format!("prefix part {words}")));
            }
            name
        }
        (None, None) => first,
    };
    if name.is_empty() {
        found.push("name part must be non-empty".into());
    } else if name.len() > 63 {
        found.push("name part must be no more than 63 characters".into());
    }
    if !shaped(name, alphanumeric, joiner) {
        found.push(NAME_PART.into());
    }
    found
}

pub(crate) fn label_value(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    too_long(63, text, &mut found);
    if !text.is_empty() && !shaped(text, alphanumeric, joiner) {
        found.push(LABEL_VALUE.into());
    }
    found
}

/// The keys of ConfigMaps and Secrets.
pub(crate) fn config_key(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    too_long(253, text, &mut found);
    if text.is_empty() || !text.bytes().all(|byte| alphanumeric(byte) || joiner(byte)) {
        found.push(CONFIG_KEY.into());
    }
    if text == "." {
        found.push("must not be '.'".into());
    } else if text == ".." {
        found.push("must not be '..'".into());
    } else if text.starts_with("..") {
        found.push("must not start with '..'".into());
    }
    found
}

pub(crate) fn port_name(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    too_long(15, text, &mut found);
    if text.is_empty() || !text.bytes().all(|byte| lower(byte) || byte == b'-') {
        found.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".into());
    }
    if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        found.push("must contain at least one letter (a-z)".into());
    }
    if text.contains("--") {
        found.push("must not contain consecutive hyphens".into());
    }
    if text.starts_with('-') || text.ends_with('-') {
        found.push("must not begin or end with a hyphen".into());
    }
    found
}

pub(crate) fn environment_name(text: &str) -> Vec<String> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b'=') {
        return Vec::new();
    }
    vec!["a valid environment variable name must consist only of printable ASCII characters other than '='".into()]
}

pub(crate) const PORT_RANGE: &str = "must be between 1 and 65535, inclusive";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_the_recordings_have_them() {
        assert_eq!(subdomain("web.example"), Vec::<String>::new());
        assert_eq!(subdomain("Web"), [SUBDOMAIN]);
        assert_eq!(label("Bad_Name"), [LABEL]);
        assert_eq!(qualified("bad key"), [NAME_PART]);
        assert_eq!(qualified("app.kubernetes.io/name"), Vec::<String>::new());
        assert_eq!(label_value("no spaces!"), [LABEL_VALUE]);
        assert_eq!(port_name("80"), ["must contain at least one letter (a-z)"]);
    }
}
