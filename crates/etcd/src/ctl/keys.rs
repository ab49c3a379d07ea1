//! Keys and values as etcdctl prints them.
use super::Form;
use super::ask::{Found, Header};

/// What is wanted of each key.
#[derive(Clone, Copy)]
pub struct Show {
    pub keys_only: bool,
    pub values_only: bool,
    /// Bytes as `\x61`.
    pub hex: bool,
}

fn value(found: &Found) -> &str {
    found.version.value.as_deref().unwrap_or_default()
}

/// `get`: `count` keys were found, `found` of them are to be shown.
pub fn print(header: Header, found: &[Found], count: usize, form: Form, show: Show) -> String {
    match form {
        Form::Json => {
            let each: Vec<String> = found.iter().map(|one| as_json(one, show)).collect();
            let keys = if each.is_empty() { String::new() } else { format!(",\"kvs\":[{}]", each.join(",")) };
            let more = if count > each.len() && !each.is_empty() { ",\"more\":true" } else { "" };
            let count = if count == 0 { String::new() } else { format!(",\"count\":{count}") };
            format!("{{{}{keys}{more}{count}}}\n", as_json_header(header))
        }
        Form::Fields => {
            let mut text = as_fields(header);
            text.extend(found.iter().map(|one| fields_of(one, "")));
            text + &format!("\"More\" : {}\n\"Count\" : {count}\n", count > found.len() && !found.is_empty())
        }
        Form::Simple | Form::Table => found.iter().map(|one| plain(one, show)).collect(),
    }
}

/// `\x61` for each byte.
fn hexed(text: &str) -> String {
    text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
}

fn plain(found: &Found, show: Show) -> String {
    match show {
        Show { hex: true, values_only, keys_only } => match (values_only, keys_only) {
            (true, _) => format!("{}\n", hexed(value(found))),
            (_, true) => format!("{}\n\n", hexed(&found.key)),
            _ => format!("{}\n{}\n", hexed(&found.key), hexed(value(found))),
        },
        Show { values_only: true, .. } => format!("{}\n", value(found)),
        Show { keys_only: true, .. } => format!("{}\n\n", found.key),
        _ => format!("{}\n{}\n", found.key, value(found)),
    }
}

pub fn fields_of(found: &Found, before: &str) -> String {
    let version = &found.version;
    format!(
        "\"{before}Key\" : \"{}\"\n\"{before}CreateRevision\" : {}\n\"{before}ModRevision\" : {}\n\"{before}Version\" : {}\n\"{before}Value\" : \"{}\"\n\"{before}Lease\" : {}\n",
        found.key,
        version.created,
        version.modified,
        version.version,
        value(found).replace('"', "\\\""),
        found.lease
    )
}

/// What was written.
#[derive(Clone, Copy)]
pub enum Deed {
    Put,
    /// So many keys.
    Deleted(usize),
}

/// `put` and `del`: what was done, and what was there before.
pub fn written(header: Header, deed: Deed, before: &[Found], form: Form) -> String {
    let show = Show { keys_only: false, values_only: false, hex: false };
    match (form, deed) {
        (Form::Json, _) => {
            let before: Vec<String> = before.iter().map(|one| as_json(one, show)).collect();
            let (deleted, before) = match (deed, before.is_empty()) {
                (Deed::Put, true) => (String::new(), String::new()),
                (Deed::Put, false) => (String::new(), format!(",\"prev_kv\":{}", before[0])),
                (Deed::Deleted(0), _) => (String::new(), String::new()),
                (Deed::Deleted(count), true) => (format!(",\"deleted\":{count}"), String::new()),
                (Deed::Deleted(count), false) => (format!(",\"deleted\":{count}"), format!(",\"prev_kvs\":[{}]", before.join(","))),
            };
            format!("{{{}{deleted}{before}}}\n", as_json_header(header))
        }
        (Form::Fields, _) => {
            let deleted = if let Deed::Deleted(count) = deed { format!("\"Deleted\" : {count}\n") } else { String::new() };
            as_fields(header) + &deleted + &before.iter().map(|one| fields_of(one, "Prev")).collect::<String>()
        }
        (_, deed) => {
            let word = if let Deed::Deleted(count) = deed { count.to_string() } else { "OK".to_string() };
            format!("{word}\n{}", before.iter().map(|one| plain(one, show)).collect::<String>())
        }
    }
}

pub fn as_json_header(header: Header) -> String {
    let Header { cluster, member, revision, term } = header;
    format!("\"header\":{{\"cluster_id\":{cluster},\"member_id\":{member},\"revision\":{revision},\"raft_term\":{term}}}")
}

pub fn as_fields(header: Header) -> String {
    let Header { cluster, member, revision, term } = header;
    format!("\"ClusterID\" : {cluster}\n\"MemberID\" : {member}\n\"Revision\" : {revision}\n\"RaftTerm\" : {term}\n")
}

/// A key as JSON with all that it has; a deleted one has only its name and its end.
pub fn whole_json(found: &Found) -> String {
    if found.version.value.is_none() {
        return format!("{{\"key\":\"{}\",\"mod_revision\":{}}}", base64(&found.key), found.version.modified);
    }
    as_json(found, Show { keys_only: false, values_only: false, hex: false })
}

fn as_json(found: &Found, show: Show) -> String {
    let version = &found.version;
    let text = if show.keys_only { String::new() } else { format!(",\"value\":\"{}\"", base64(value(found))) };
    let lease = if found.lease == 0 { String::new() } else { format!(",\"lease\":{}", found.lease) };
    format!(
        "{{\"key\":\"{}\",\"create_revision\":{},\"mod_revision\":{},\"version\":{}{text}{lease}}}",
        base64(&found.key),
        version.created,
        version.modified,
        version.version
    )
}

/// RFC 4648 with padding.
pub fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(text.len().div_ceil(3) * 4);
    for group in text.as_bytes().chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place)) as usize & 63];
            out.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Version;

    fn greeting() -> Found {
        Found { key: "greeting".into(), version: Version { created: 2, modified: 2, version: 1, value: Some("hello".into()) }, lease: 0 }
    }

    #[test]
    fn a_key_reads_as_recorded() {
        let header = Header { cluster: 8_445_810_605_161_943_617, member: 12_903_024_647_793_647_383, revision: 2, term: 2 };
        let show = Show { keys_only: false, values_only: false, hex: false };
        assert_eq!(print(header, &[greeting()], 1, Form::Simple, show), "greeting\nhello\n");
        assert_eq!(
            print(header, &[greeting()], 1, Form::Json, show),
            "{\"header\":{\"cluster_id\":8445810605161943617,\"member_id\":12903024647793647383,\"revision\":2,\"raft_term\":2},\"kvs\":[{\"key\":\"Z3JlZXRpbmc=\",\"create_revision\":2,\"mod_revision\":2,\"version\":1,\"value\":\"aGVsbG8=\"}],\"count\":1}\n"
        );
        let fields = print(header, &[greeting()], 1, Form::Fields, show);
        assert!(fields.ends_with("\"Key\" : \"greeting\"\n\"CreateRevision\" : 2\n\"ModRevision\" : 2\n\"Version\" : 1\n\"Value\" : \"hello\"\n\"Lease\" : 0\n\"More\" : false\n\"Count\" : 1\n"), "{fields}");
        let none = print(header, &[], 3, Form::Fields, show);
        assert!(none.ends_with("\"More\" : false\n\"Count\" : 3\n"), "{none}");
    }

    #[test]
    fn what_was_before_is_shown_below_the_word() {
        assert_eq!(written(Header::default(), Deed::Put, &[greeting()], Form::Simple), "OK\ngreeting\nhello\n");
        assert_eq!(written(Header::default(), Deed::Deleted(0), &[], Form::Simple), "0\n");
    }
}
