//! The opaque `continue` token of a list page: revision and last name, as URL-safe base64 of JSON.
use objects::{Text, Tree, map};

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The token for the page after this object.
pub(crate) fn write(revision: u64, namespace: &str, name: &str) -> String {
    let start = if namespace.is_empty() { format!("{name}\u{0}") } else { format!("{namespace}/{name}\u{0}") };
    let inner = map! {"v": "meta.k8s.io/v1", "rv": revision as i64, "start": start}.to_json();
    let mut out = String::new();
    for chunk in inner.as_bytes().chunks(3) {
        let bits = chunk.iter().enumerate().fold(0u32, |bits, (place, byte)| bits | u32::from(*byte) << (16 - 8 * place));
        for digit in 0..=chunk.len() {
            out.push(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize] as char);
        }
    }
    out
}

/// Revision, namespace and name of the last object told; `None` for what is no token of ours.
pub(crate) fn read(token: &str) -> Option<(u64, Text, Text)> {
    let mut bytes = Vec::new();
    for chunk in token.trim_end_matches('=').as_bytes().chunks(4) {
        let mut bits = 0u32;
        for (place, digit) in chunk.iter().enumerate() {
            bits |= (DIGITS.iter().position(|known| known == digit)? as u32) << (18 - 6 * place);
        }
        bytes.extend((0..chunk.len().checked_sub(1)?).map(|place| (bits >> (16 - 8 * place)) as u8));
    }
    let inner = Tree::from_json(std::str::from_utf8(&bytes).ok()?).ok()?;
    let start = inner.get("start").text().trim_end_matches('\u{0}');
    let (namespace, name) = start.split_once('/').unwrap_or(("", start));
    Some((inner.get("rv").as_int()? as u64, Text::new(namespace), Text::new(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_the_object_it_was_made_from() {
        for name in ["web", "web-1", "web-22"] {
            assert_eq!(read(&write(7, "default", name)), Some((7, "default".into(), name.into())));
        }
        assert_eq!(read(&write(7, "", "worker-1")), Some((7, "".into(), "worker-1".into())));
        assert_eq!(read("?"), None);
    }
}
