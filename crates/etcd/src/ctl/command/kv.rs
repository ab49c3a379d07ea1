//! `etcdctl get`, `put`, `del`, `compaction`, `endpoint hashkv`.
use super::super::ask::{Access, Ask, Found, Header, Keys, Reply};
use super::super::keys::{self, Deed};
use super::super::{Answer, Form, table};
use super::{Line, misused, no_table, unsupported};
use crate::server::words;
use simcore::Duration;

/// `KEY`, `KEY END`, `KEY --prefix`, `KEY --from-key`.
pub fn range(line: &Line, rest: &[&str], usage: &str) -> Result<Keys, Answer> {
    let (prefix, from) = (line.has("prefix"), line.has("from-key"));
    if prefix && from {
        return Err(misused("`--prefix` and `--from-key` cannot be set at the same time, choose one"));
    }
    match rest {
        [] => Err(misused(usage)),
        [_, _, ..] if prefix || from => Err(misused("too many arguments, only accept one argument when `--prefix` or `--from-key` is set")),
        [key] if prefix => Ok(Keys::Prefix(key.to_string())),
        [key] if from => Ok(Keys::From(key.to_string())),
        [""] => Err(Answer::refusal("etcdserver: key is not provided")),
        [key] => Ok(Keys::One(key.to_string())),
        [key, end, ..] => Ok(Keys::Until(key.to_string(), end.to_string())),
    }
}

/// `--sort-by`, `--order`; the key, upwards, without them.
fn sort(line: &Line, found: &mut [Found]) -> Result<(), Answer> {
    let order = line.value("order").unwrap_or_default().to_ascii_uppercase();
    if !["", "ASCEND", "DESCEND"].contains(&order.as_str()) {
        return Err(unsupported(&format!("bad sort order {}", line.value("order").unwrap_or_default())));
    }
    match line.value("sort-by").unwrap_or_default().to_ascii_uppercase().as_str() {
        "" | "KEY" => found.sort_by(|a, b| a.key.cmp(&b.key)),
        "CREATE" => found.sort_by_key(|one| one.version.created),
        "MODIFY" => found.sort_by_key(|one| one.version.modified),
        "VERSION" => found.sort_by_key(|one| one.version.version),
        "VALUE" => found.sort_by(|a, b| a.version.value.cmp(&b.version.value)),
        _ => return Err(unsupported(&format!("bad sort target {}", line.value("sort-by").unwrap_or_default()))),
    }
    if order == "DESCEND" {
        found.reverse();
    }
    Ok(())
}

/// A flag's whole number.
pub fn whole(line: &Line, name: &str) -> Result<u64, Answer> {
    let Some(text) = line.value(name) else { return Ok(0) };
    // A negative number means the same as none.
    text.parse::<i64>().map(|number| number.max(0).unsigned_abs()).map_err(|_| {
        Answer::refusal(&format!("invalid argument \"{text}\" for \"--{name}\" flag: strconv.ParseInt: parsing \"{text}\": invalid syntax"))
    })
}

pub fn get(line: &Line, rest: &[&str], access: &mut dyn Access) -> Option<Answer> {
    let keys = unless_refused!(range(line, rest, "get command needs one argument as key and an optional argument as range_end"));
    if line.has("keys-only") && line.has("count-only") {
        return Some(misused("`--keys-only` and `--count-only` cannot be set at the same time, choose one"));
    }
    let (revision, limit) = (unless_refused!(whole(line, "rev")), unless_refused!(whole(line, "limit")));
    let serializable = match line.value("consistency").unwrap_or("l") {
        "l" => false,
        "s" => true,
        other => return Some(unsupported(&format!("unknown consistency flag \"{other}\""))),
    };
    unless_refused!(sort(line, &mut []));
    let (header, mut found) = match unless_refused!(line.one(access, &Ask::Range { keys, revision, serializable })?) {
        Reply::Range(header, found) => (header, found),
        _ => (Header::default(), Vec::new()),
    };
    unless_refused!(sort(line, &mut found));
    let count = found.len();
    if limit > 0 {
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    if line.has("count-only") {
        if line.form != Form::Fields {
            return Some(misused("--count-only is only for `--write-out=fields`"));
        }
        found.clear();
    }
    if line.has("print-value-only") && line.form != Form::Simple {
        return Some(misused("print-value-only is only for `--write-out=simple`"));
    }
    let show = keys::Show { keys_only: line.has("keys-only"), values_only: line.has("print-value-only"), hex: line.has("hex") };
    Some(no_table(line, keys::print(header, &found, count, line.form, show)))
}

pub fn put(line: &Line, rest: &[&str], access: &mut dyn Access) -> Option<Answer> {
    if line.has("ignore-value") && rest.len() > 1 {
        return Some(misused("put command needs only 1 argument when 'ignore-value' is set"));
    }
    if let ([key], true) = (rest, line.has("ignore-value")) {
        return put_again(line, key, access);
    }
    let input = access.input();
    let filled = if let [key] = rest { [*key, input.as_str()] } else { [""; 2] };
    let rest = if rest.len() == 1 && !input.is_empty() { &filled[..] } else { rest };
    let [key, value, ..] = rest else { return Some(misused("put command needs 1 argument and input from stdin or 2 arguments")) };
    let lease = match line.value("lease") {
        Some(text) => match u64::from_str_radix(text, 16) {
            Ok(id) => id,
            Err(_) => {
                let words = format!("bad lease ID (strconv.ParseInt: parsing \"{text}\": invalid syntax), expecting ID in Hex");
                return Some(misused(&words));
            }
        },
        None => 0,
    };
    let ask = Ask::Put { key: key.to_string(), value: value.to_string(), lease };
    let (header, before) = match unless_refused!(line.one(access, &ask)?) {
        Reply::Written(header, before) => (header, before),
        _ => (Header::default(), Vec::new()),
    };
    let before = if line.has("prev-kv") { before } else { Vec::new() };
    Some(no_table(line, keys::written(header, Deed::Put, &before, line.form)))
}

/// `put KEY --ignore-value`: the value that stands there is written once more.
fn put_again(line: &Line, key: &str, access: &mut dyn Access) -> Option<Answer> {
    let ask = Ask::Range { keys: Keys::One(key.to_string()), revision: 0, serializable: false };
    let found = match unless_refused!(line.one(access, &ask)?) {
        Reply::Range(_, found) => found.into_iter().next(),
        _ => None,
    };
    let Some(found) = found else { return Some(Answer::refusal("etcdserver: key not found")) };
    let value = found.version.value.as_deref().unwrap_or_default().to_string();
    let ask = Ask::Put { key: key.to_string(), value, lease: found.lease };
    let (header, before) = match unless_refused!(line.one(access, &ask)?) {
        Reply::Written(header, before) => (header, before),
        _ => (Header::default(), Vec::new()),
    };
    let before = if line.has("prev-kv") { before } else { Vec::new() };
    Some(no_table(line, keys::written(header, Deed::Put, &before, line.form)))
}

pub fn del(line: &Line, rest: &[&str], access: &mut dyn Access) -> Option<Answer> {
    const USAGE: &str = "del command needs one argument as key and an optional argument as range_end";
    if rest.len() > 2 {
        return Some(misused(USAGE));
    }
    let keys = unless_refused!(range(line, rest, USAGE));
    let (warning, waited) = match rest {
        [key, end] if !line.has("range") => (deletes(key, end), Duration::secs(2)),
        _ => (String::new(), Duration::ZERO),
    };
    let (header, before) = match unless_refused!(line.one(access, &Ask::Delete(keys))?) {
        Reply::Written(header, before) => (header, before),
        _ => (Header::default(), Vec::new()),
    };
    let deed = Deed::Deleted(before.len());
    let before = if line.has("prev-kv") { before } else { Vec::new() };
    let answer = no_table(line, keys::written(header, deed, &before, line.form));
    Some(Answer { stderr: warning + &answer.stderr, waited, ..answer })
}

/// What is said before a range of keys goes; the two seconds to think it over follow here after the deed.
fn deletes(key: &str, end: &str) -> String {
    format!(
        "Warning: Keys between {key:?} and {end:?} will be deleted. Please interrupt the command within next 2 seconds to cancel. You can provide `--range` flag to avoid the delay.\n"
    )
}

pub fn compact(line: &Line, rest: &[&str], access: &mut dyn Access) -> Option<Answer> {
    let [revision] = rest else { return Some(misused("compaction command needs 1 argument")) };
    let Ok(number) = revision.parse::<u64>() else {
        return Some(Answer::refusal(&format!("strconv.ParseInt: parsing \"{revision}\": invalid syntax")));
    };
    unless_refused!(line.one(access, &Ask::Compact(number))?);
    Some(Answer::of(format!("compacted revision {number}\n")))
}

/// The history's hash at each endpoint: equal members, equal numbers.
pub fn hashes(line: &Line, access: &mut dyn Access) -> Option<Answer> {
    let revision = unless_refused!(whole(line, "rev"));
    let targets = unless_refused!(line.targets(access)?);
    let (mut rows, mut texts, mut answer) = (Vec::new(), Vec::new(), Answer::default());
    for target in targets {
        let ask = Ask::Range { keys: Keys::Prefix(String::new()), revision, serializable: true };
        let (header, found) = match access.ask(&target, &ask, line.within)? {
            Reply::Range(header, found) => (header, found),
            other => {
                let why = if let Reply::Refused(words) = other { words } else { words::DEADLINE };
                if let Reply::Unreached(_) = other {
                    answer.waited = answer.waited + line.within;
                }
                answer.stderr += &format!("Failed to get the hash of endpoint {target} ({why})\n");
                answer.code = 1;
                continue;
            }
        };
        let at = if revision == 0 { header.revision } else { revision };
        let shown = format!(",\"hash_revision\":{at}");
        let hash = hash(&found);
        rows.push(vec![target.clone(), hash.to_string(), at.to_string()]);
        texts.push(match line.form {
            Form::Json => format!(
                "{{\"Endpoint\":\"{target}\",\"HashKV\":{{{},\"hash\":{hash},\"compact_revision\":-1{shown}}}}}",
                keys::as_json_header(header)
            ),
            _ => format!("{}\"Endpoint\" : \"{target}\"\n\"Hash\" : {hash}\n\"HashRevision\" : {at}\n\n", keys::as_fields(header)),
        });
    }
    if answer.code == 1 {
        answer.stderr += &format!("Error: {}\n", words::DEADLINE);
    }
    answer.stdout = match line.form {
        Form::Simple => rows.iter().map(|row| row.join(", ") + "\n").collect(),
        Form::Table => table::draw(&["ENDPOINT", "HASH", "HASH REVISION"], &rows),
        Form::Json => format!("[{}]\n", texts.join(",")),
        Form::Fields => texts.concat(),
    };
    Some(answer)
}

/// CRC-32C over keys, revisions and values, as etcd's; the bytes between them are our own.
fn hash(found: &[Found]) -> u32 {
    let mut crc = crc_of(u32::MAX, b"key");
    for one in found {
        let version = &one.version;
        let value = version.value.as_deref().unwrap_or_default().as_bytes();
        let numbers = [version.created, version.modified, version.version].map(u64::to_be_bytes);
        crc = crc_of(crc, one.key.as_bytes().iter().chain(numbers.iter().flatten()).chain(value));
    }
    !crc
}

fn crc_of<'a>(mut crc: u32, bytes: impl IntoIterator<Item = &'a u8>) -> u32 {
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
        }
    }
    crc
}
