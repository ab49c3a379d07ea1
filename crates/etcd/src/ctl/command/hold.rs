//! `etcdctl lock` and `elect`: a key that hangs on a lease of the command's own; the oldest key below the name has it.
use super::super::ask::{Access, Ask, Compare, FOREVER, Found, Header, Keys, Op, Reply, Target, Txn};
use super::super::keys::{self, Show};
use super::super::{Answer, Form};
use super::{Line, misused};
use std::sync::Arc;

pub fn lock(line: &Line, rest: &[&str], access: &mut dyn Access) -> Option<Answer> {
    match rest {
        [] => Some(misused("lock takes a lock name argument and an optional command to execute")),
        [name] => hold(line, name, "", access),
        [_, command, ..] => Some(Answer::refusal(&format!("a lock of this simulation is only held: it runs no command ({command})"))),
    }
}

pub fn elect(line: &Line, rest: &[&str], access: &mut dyn Access) -> Option<Answer> {
    match (rest, line.has("listen")) {
        ([name], true) => observe(line, name, access),
        ([_, _, ..], true) => Some(misused("proposal given but -l is set")),
        ([_], false) => Some(misused("no proposal argument but -l not set")),
        ([name, proposal], false) => hold(line, name, proposal, access),
        _ => Some(misused("elect takes one election name argument and an optional proposal argument")),
    }
}

/// Keys below a name, the oldest first.
fn queue(line: &Line, name: &str, access: &mut dyn Access) -> Option<Result<(Header, Vec<Found>), Answer>> {
    let ask = Ask::Range { keys: Keys::Prefix(format!("{name}/")), revision: 0, serializable: false };
    Some(match line.one(access, &ask)? {
        Ok(Reply::Range(header, mut found)) => {
            found.sort_by_key(|one| one.version.created);
            Ok((header, found))
        }
        Ok(_) => Ok((Header::default(), Vec::new())),
        Err(answer) => Err(answer),
    })
}

/// Stands in the queue, says when it is first, and stays there until somebody breaks it off.
fn hold(line: &Line, name: &str, value: &str, access: &mut dyn Access) -> Option<Answer> {
    let seconds = line.value("ttl").and_then(|text| text.parse().ok()).unwrap_or(60);
    let lease = match unless_refused!(line.one(access, &Ask::Session(seconds))?) {
        Reply::Leases(_, leases) => leases.first().map_or(0, |lease| lease.id),
        _ => 0,
    };
    let key = format!("{name}/{lease:x}");
    let fresh = Compare { target: Target::Created, key: key.clone(), sign: '=', text: String::new(), number: 0 };
    let put = Op::Put { key: key.clone(), value: value.to_string(), lease, prev: false };
    let txn = Txn { compares: vec![fresh], then: vec![put], otherwise: Vec::new() };
    unless_refused!(line.one(access, &Ask::Transact(Arc::new(txn)))?);
    loop {
        let (header, found) = unless_refused!(queue(line, name, access)?);
        let place = found.iter().position(|one| *one.key == key)?;
        if place == 0 {
            access.show(&print(header, &found[..1], line.form));
            break;
        }
        // Whoever stands before it is waited for.
        let before = Keys::One(found[place - 1].key.to_string());
        unless_refused!(line.ask_one(access, &Ask::Watch(before, header.revision + 1), FOREVER)?);
    }
    let mut from = 0;
    loop {
        if let Reply::Events(_, _, next) = unless_refused!(line.ask_one(access, &Ask::Watch(Keys::One(key.clone()), from), FOREVER)?) {
            from = next;
        }
    }
}

/// `elect -l`: who is first, and who is after them.
fn observe(line: &Line, name: &str, access: &mut dyn Access) -> Option<Answer> {
    let mut last = String::new();
    loop {
        let (header, found) = unless_refused!(queue(line, name, access)?);
        if let Some(first) = found.first().filter(|first| *first.key != last) {
            last = first.key.to_string();
            access.show(&print(header, &found[..1], line.form));
        }
        let below = Keys::Prefix(format!("{name}/"));
        unless_refused!(line.ask_one(access, &Ask::Watch(below, header.revision + 1), FOREVER)?);
    }
}

fn print(header: Header, found: &[Found], form: Form) -> String {
    keys::print(header, found, 1, form, Show { keys_only: false, values_only: false, hex: false })
}
