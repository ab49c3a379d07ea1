//! `etcdctl lease grant|revoke|timetolive|list|keep-alive`.
use super::super::ask::{Access, Ask, Header, Lease, Reply};
use super::super::keys::as_fields;
use super::super::{Answer, Form};
use super::{Line, misused, no_table};

pub fn lease(line: &Line, rest: &[&str], access: &mut dyn Access) -> Option<Answer> {
    match rest {
        ["grant", ttl] => grant(line, ttl, access),
        ["grant", ..] => Some(misused("lease grant command needs TTL argument")),
        ["revoke", id] => revoke(line, id, access),
        ["revoke", ..] => Some(misused("lease revoke command needs 1 argument")),
        ["timetolive", id] => time_to_live(line, id, access),
        ["timetolive", ..] => Some(misused("lease timetolive command needs lease ID as argument")),
        ["keep-alive", id] => keep_alive(line, id, access),
        ["keep-alive", ..] => Some(misused("lease keep-alive command needs lease ID as argument")),
        _ => list(line, access),
    }
}

fn number(text: &str) -> Result<u64, Answer> {
    u64::from_str_radix(text, 16)
        .map_err(|_| misused(&format!("bad lease ID arg (strconv.ParseInt: parsing \"{text}\": invalid syntax), expecting ID in Hex")))
}

/// The header as the lease commands write it: its numbers without a `header` around them.
fn flat(header: Header) -> String {
    let Header { cluster, member, revision, term } = header;
    format!("\"cluster_id\":{cluster},\"member_id\":{member},\"revision\":{revision},\"raft_term\":{term}")
}

fn asked(line: &Line, ask: &Ask, access: &mut dyn Access) -> Option<Result<(Header, Vec<Lease>), Answer>> {
    Some(match line.one(access, ask)? {
        Ok(Reply::Leases(header, leases)) => Ok((header, leases)),
        Ok(_) => Ok((Header::default(), Vec::new())),
        Err(answer) => Err(answer),
    })
}

fn grant(line: &Line, ttl: &str, access: &mut dyn Access) -> Option<Answer> {
    let Ok(seconds) = ttl.parse::<i64>() else {
        return Some(misused(&format!("bad TTL (strconv.ParseInt: parsing \"{ttl}\": invalid syntax)")));
    };
    let granted = match asked(line, &Ask::Grant(seconds), access)? {
        Ok((header, leases)) => leases.into_iter().next().map(|lease| (header, lease)),
        Err(answer) => return Some(failed(answer, "grant")),
    };
    let (header, lease) = granted?;
    let Lease { id, ttl, .. } = lease;
    Some(no_table(
        line,
        match line.form {
            Form::Json => format!("{{{},\"ID\":{id},\"TTL\":{ttl},\"Error\":\"\"}}\n", flat(header)),
            Form::Fields => format!("{}\"ID\" : {id}\n\"TTL\" : {ttl}\n", as_fields(header)),
            _ => format!("lease {id:016x} granted with TTL({ttl}s)\n"),
        },
    ))
}

/// A refusal in the words of the command that was refused.
fn failed(answer: Answer, deed: &str) -> Answer {
    let why = answer.stderr.trim_start_matches("Error: ").trim_end();
    Answer { stderr: format!("Error: failed to {deed} lease ({why})\n"), ..answer }
}

fn revoke(line: &Line, text: &str, access: &mut dyn Access) -> Option<Answer> {
    let id = unless_refused!(number(text));
    Some(match asked(line, &Ask::Revoke(id), access)? {
        Ok((header, _)) => no_table(
            line,
            match line.form {
                Form::Json => format!("{{\"header\":{{{}}}}}\n", flat(header)),
                Form::Fields => as_fields(header),
                _ => format!("lease {id:016x} revoked\n"),
            },
        ),
        Err(answer) => failed(answer, "revoke"),
    })
}

fn time_to_live(line: &Line, text: &str, access: &mut dyn Access) -> Option<Answer> {
    let id = unless_refused!(number(text));
    let (header, leases) = unless_refused!(asked(line, &Ask::Leases, access)?);
    let found = leases.into_iter().find(|lease| lease.id == id);
    let (left, ttl) = found.as_ref().map_or((-1, 0), |lease| (lease.left, lease.ttl));
    let keys: Vec<String> =
        found.filter(|_| line.has("keys")).map_or_else(Vec::new, |lease| lease.keys.iter().map(|key| key.to_string()).collect());
    let text = match line.form {
        Form::Json => {
            let all: Vec<String> = keys.iter().map(|key| format!("\"{}\"", super::super::keys::base64(key))).collect();
            let all = if line.has("keys") { format!("[{}]", all.join(",")) } else { "null".to_string() };
            format!("{{{},\"id\":{id},\"ttl\":{left},\"granted-ttl\":{ttl},\"keys\":{all}}}\n", flat(header))
        }
        Form::Fields => {
            let keys: String = keys.iter().map(|key| format!("\"Key\" : \"{key}\"\n")).collect();
            format!("{}\"ID\" : {id}\n\"TTL\" : {left}\n\"GrantedTTL\" : {ttl}\n{keys}", as_fields(header))
        }
        _ if left < 0 => format!("lease {id:016x} already expired\n"),
        _ => {
            let keys = if line.has("keys") { format!(", attached keys([{}])", keys.join(" ")) } else { String::new() };
            format!("lease {id:016x} granted with TTL({ttl}s), remaining({left}s){keys}\n")
        }
    };
    Some(no_table(line, text))
}

/// gap: without `--once` etcdctl goes on until it is interrupted; here it renews once, too.
fn keep_alive(line: &Line, text: &str, access: &mut dyn Access) -> Option<Answer> {
    let id = unless_refused!(number(text));
    let (header, leases) = match asked(line, &Ask::KeepAlive(id), access)? {
        Ok(found) => found,
        Err(answer) => return Some(Answer { code: 2, ..answer }),
    };
    let ttl = leases.first().map_or(0, |lease| lease.ttl);
    Some(no_table(
        line,
        match line.form {
            Form::Json => format!("{{{},\"ID\":{id},\"TTL\":{ttl}}}\n", flat(header)),
            Form::Fields => format!("{}\"ID\" : {id}\n\"TTL\" : {ttl}\n", as_fields(header)),
            _ => format!("lease {id:016x} keepalived with TTL({ttl})\n"),
        },
    ))
}

fn list(line: &Line, access: &mut dyn Access) -> Option<Answer> {
    let (header, leases) = unless_refused!(asked(line, &Ask::LeaseNumbers, access)?);
    Some(no_table(
        line,
        match line.form {
            Form::Json => {
                let all: Vec<String> = leases.iter().map(|lease| format!("{{\"id\":{}}}", lease.id)).collect();
                format!("{{{},\"leases\":[{}]}}\n", flat(header), all.join(","))
            }
            Form::Fields => as_fields(header) + &leases.iter().map(|lease| format!("\"ID\" : {}\n", lease.id)).collect::<String>(),
            _ => {
                let all: String = leases.iter().map(|lease| format!("{:016x}\n", lease.id)).collect();
                format!("found {} leases\n{all}", leases.len())
            }
        },
    ))
}
