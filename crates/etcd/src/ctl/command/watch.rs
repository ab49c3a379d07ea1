//! `etcdctl watch`: changes of keys as they come, until somebody breaks it off.
use super::super::ask::{Access, Ask, FOREVER, Header, Keys, Reply, WatchEvent};
use super::super::keys;
use super::super::{Answer, Form};
use super::{Line, misused, unsupported};

pub fn watch(line: &Line, rest: &[&str], access: &mut dyn Access) -> Option<Answer> {
    if line.has("interactive") {
        return Some(Answer { code: 3, ..Answer::refusal("error reading watch request line: EOF") });
    }
    let keys = match rest {
        [] => return Some(misused("bad number of arguments")),
        [key] if line.has("prefix") => Keys::Prefix(key.to_string()),
        [_, ..] if line.has("prefix") => return Some(misused("`range_end` and `--prefix` are mutually exclusive")),
        [key] => Keys::One(key.to_string()),
        [key, end, ..] => Keys::Until(key.to_string(), end.to_string()),
    };
    let mut from = unless_refused!(super::kv::whole(line, "rev"));
    loop {
        match line.ask_one(access, &Ask::Watch(keys.clone(), from), FOREVER)? {
            Ok(Reply::Events(..)) if line.form == Form::Table => {
                return Some(unsupported("table not supported as output format"));
            }
            Ok(Reply::Events(header, events, next)) => {
                access.show(&print(header, &events, line.has("prev-kv"), line.form));
                from = next;
            }
            Ok(_) => return Some(Answer::default()),
            Err(answer) => {
                let why = answer.stderr.trim_start_matches("Error: ").trim_end();
                let stderr = format!("watch was canceled ({why})\nError: watch is canceled by the server\n");
                return Some(Answer { stderr, code: 5, ..Answer::default() });
            }
        }
    }
}

fn print(header: Header, events: &[WatchEvent], prev: bool, form: Form) -> String {
    let kind = |event: &WatchEvent| if event.deleted { "DELETE" } else { "PUT" };
    let before = |event: &WatchEvent| event.before.clone().filter(|_| prev);
    match form {
        Form::Json => {
            let each: Vec<String> = events
                .iter()
                .map(|event| {
                    let kind = if event.deleted { "\"type\":1," } else { "" };
                    let before = before(event).map_or(String::new(), |found| format!(",\"prev_kv\":{}", keys::whole_json(&found)));
                    format!("{{{kind}\"kv\":{}{before}}}", keys::whole_json(&event.key))
                })
                .collect();
            let head = keys::as_json_header(header).replacen("header", "Header", 1);
            let tail = "\"CompactRevision\":0,\"Canceled\":false,\"Created\":false,\"CancelReason\":\"\"";
            format!("{{{head},\"Events\":[{}],{tail}}}\n", each.join(","))
        }
        Form::Fields => {
            let each = events.iter().map(|event| {
                let before = before(event).map_or(String::new(), |found| keys::fields_of(&found, "Prev"));
                format!("\"Type\" : {}\n{before}{}", kind(event), keys::fields_of(&event.key, ""))
            });
            keys::as_fields(header) + &each.collect::<String>()
        }
        _ => {
            let pair = |found: &super::super::Found| format!("{}\n{}\n", found.key, found.version.value.as_deref().unwrap_or_default());
            let each = events
                .iter()
                .map(|event| format!("{}\n{}{}", kind(event), before(event).as_ref().map_or(String::new(), pair), pair(&event.key)));
            each.collect()
        }
    }
}
