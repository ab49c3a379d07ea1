//! `etcdctl txn`: conditions and deeds from standard input, and what they came to.
use super::super::ask::{Access, Ask, Compare, Done, Header, Op, Reply, Target, Txn};
use super::super::keys::{self, Deed, Show};
use super::super::{Answer, Form, pages};
use super::{Line, misused, no_table};
use std::sync::Arc;

/// What cannot be read: exit code 3.
fn unread(words: &str) -> Answer {
    Answer { code: 3, ..Answer::refusal(words) }
}

pub fn txn(line: &Line, rest: &[&str], access: &mut dyn Access) -> Option<Answer> {
    if !rest.is_empty() {
        return Some(misused("txn command does not accept argument"));
    }
    let input = access.input();
    let mut lines = input.split_inclusive('\n');
    let mut block = || -> Result<Vec<String>, Answer> {
        let mut all = Vec::new();
        loop {
            // A line without an end is the end of the input.
            let line = lines.next().filter(|line| line.ends_with('\n')).ok_or_else(|| unread("EOF"))?.trim();
            if line.is_empty() {
                return Ok(all);
            }
            all.push(line.to_string());
        }
    };
    let mut wanted = Txn::default();
    for line in unless_refused!(block()) {
        wanted.compares.push(unless_refused!(compare(&line)));
    }
    for line in unless_refused!(block()) {
        wanted.then.push(unless_refused!(op(&line)));
    }
    for line in unless_refused!(block()) {
        wanted.otherwise.push(unless_refused!(op(&line)));
    }
    if has_twice(&wanted.then) || has_twice(&wanted.otherwise) {
        return Some(Answer::refusal("etcdserver: duplicate key given in txn request"));
    }
    let heads =
        if line.has("interactive") { "compares:\nsuccess requests (get, put, del):\nfailure requests (get, put, del):\n" } else { "" };
    let wanted = Arc::new(wanted);
    let told = match unless_refused!(line.one(access, &Ask::Transact(wanted.clone()))?) {
        Reply::Transacted(header, succeeded, done) => {
            let ops = if succeeded { &wanted.then } else { &wanted.otherwise };
            print(header, succeeded, ops, &done, line.form)
        }
        _ => String::new(),
    };
    Some(no_table(line, format!("{heads}{told}")))
}

/// A key that is put twice, or put and deleted.
fn has_twice(ops: &[Op]) -> bool {
    let puts: Vec<&String> = ops.iter().filter_map(|op| if let Op::Put { key, .. } = op { Some(key) } else { None }).collect();
    let deleted = |key: &str| ops.iter().any(|op| matches!(op, Op::Delete { keys, .. } if keys.contains(key)));
    puts.iter().enumerate().any(|(at, key)| puts[..at].contains(key) || deleted(key))
}

/// A quoted text at the begin, and what is behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.char_indices();
    let mut out = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 2..])),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
    None
}

/// `mod("key") > "0"`
fn compare(line: &str) -> Result<Compare, Answer> {
    let bad = |word: &str, key: &str, sign: &str| unread(&format!("malformed comparison: {line}; got {word}({key:?}) {sign} \"\""));
    let Some((word, rest)) = line.split_once('(') else { return Err(unread(&format!("malformed comparison: {line}"))) };
    let (key, rest) = quoted(rest).ok_or_else(|| bad(word, "", ""))?;
    let rest = rest.strip_prefix(") ").ok_or_else(|| bad(word, &key, ""))?.trim_start();
    let (sign, rest) = rest.split_once(' ').ok_or_else(|| bad(word, &key, ""))?;
    let (text, _) = quoted(rest.trim_start()).ok_or_else(|| bad(word, &key, sign))?;
    let sign_char = match sign {
        "=" | "<" | ">" => sign.chars().next().unwrap_or('='),
        "!=" => '!',
        // The real one ends here with a panic of its library.
        _ => return Err(Answer { code: 2, stderr: "panic: Unknown result op\n".to_string(), ..Answer::default() }),
    };
    let target = match word {
        "ver" | "version" => Target::Version,
        "c" | "create" => Target::Created,
        "m" | "mod" => Target::Modified,
        "val" | "value" => Target::Value,
        "lease" => Target::Lease,
        _ => return Err(unread(&format!("malformed comparison: {line} (unknown target {word})"))),
    };
    let radix = if target == Target::Lease { 16 } else { 10 };
    let number = match target {
        Target::Value => 0,
        _ => u64::from_str_radix(&text, radix).map_err(|_| unread(&format!("invalid txn compare request: {line}")))?,
    };
    Ok(Compare { target, key, sign: sign_char, text, number })
}

/// Words of a deed: quotes hold blanks together.
fn words(line: &str) -> Vec<String> {
    let (mut all, mut rest) = (Vec::new(), line.trim());
    while !rest.is_empty() {
        let (word, behind) = quoted(rest).unwrap_or_else(|| {
            let end = rest.find(' ').unwrap_or(rest.len());
            (rest[..end].to_string(), &rest[end..])
        });
        all.push(word);
        rest = behind.trim_start();
    }
    all
}

/// `put KEY VALUE`, `get KEY`, `del KEY`, with the flags of those commands.
fn op(text: &str) -> Result<Op, Answer> {
    let all = words(text);
    let given: Vec<&str> = all.iter().map(String::as_str).collect();
    let name = given.first().copied().unwrap_or_default();
    if !matches!(name, "put" | "get" | "del") {
        return Err(unread(&format!("invalid txn request: {text}")));
    }
    let unknown = given.iter().skip(1).find(|word| {
        let bare = word.trim_start_matches('-').split('=').next().unwrap_or("");
        word.starts_with("--") && pages::find(&[name]).is_some() && pages::known(&[name], bare, false).is_none()
    });
    if unknown.is_some() {
        return Err(unread(&format!("invalid txn request: {text}")));
    }
    let line = Line::read("etcdctl", &given, &[])?;
    let rest: Vec<&str> = line.words.iter().skip(1).map(String::as_str).collect();
    Ok(match name {
        "put" => {
            let [key, value, ..] = rest[..] else {
                return Err(misused("put command needs 1 argument and input from stdin or 2 arguments"));
            };
            let lease = line.value("lease").and_then(|text| u64::from_str_radix(text, 16).ok()).unwrap_or(0);
            Op::Put { key: key.to_string(), value: value.to_string(), lease, prev: line.has("prev-kv") }
        }
        "get" => Op::Get(super::kv::range(&line, &rest, "get command needs one argument as key and an optional argument as range_end")?),
        _ => {
            let keys = super::kv::range(&line, &rest, "del command needs one argument as key and an optional argument as range_end")?;
            Op::Delete { keys, prev: line.has("prev-kv") }
        }
    })
}

fn print(header: Header, succeeded: bool, ops: &[Op], done: &[Done], form: Form) -> String {
    let show = Show { keys_only: false, values_only: false, hex: false };
    let each = done.iter().zip(ops).map(|(one, op)| {
        let prev = matches!(op, Op::Put { prev: true, .. } | Op::Delete { prev: true, .. });
        let (revision, found, deed) = match one {
            Done::Put(revision, found) => (*revision, found, Some(Deed::Put)),
            Done::Deleted(revision, found) => (*revision, found, Some(Deed::Deleted(found.len()))),
            Done::Got(revision, found) => (*revision, found, None),
        };
        let bare = Header { revision, ..Header::default() };
        let text = match deed {
            Some(deed) => keys::written(bare, deed, if prev { found } else { &[] }, form),
            None => keys::print(bare, found, found.len(), form, show),
        };
        match form {
            Form::Json => {
                let name = match one {
                    Done::Put(..) => "response_put",
                    Done::Got(..) => "response_range",
                    Done::Deleted(..) => "response_delete_range",
                };
                let head = format!("\"header\":{{\"revision\":{revision}}}");
                let body = text.trim_end().replacen(&keys::as_json_header(bare), &head, 1);
                format!("{{\"Response\":{{\"{name}\":{body}}}}}")
            }
            Form::Fields => text,
            _ => format!("\n{text}"),
        }
    });
    match form {
        Form::Json => {
            let each: Vec<String> = each.collect();
            let succeeded = if succeeded { ",\"succeeded\":true" } else { "" };
            let each = if each.is_empty() { String::new() } else { format!(",\"responses\":[{}]", each.join(",")) };
            format!("{{{}{succeeded}{each}}}\n", keys::as_json_header(header))
        }
        Form::Fields => format!("{}\"Succeeded\" : {succeeded}\n{}", keys::as_fields(header), each.collect::<String>()),
        _ => format!("{}\n{}", if succeeded { "SUCCESS" } else { "FAILURE" }, each.collect::<String>()),
    }
}
