//! The smaller plugins: `rewrite`, `hosts`, `loadbalance`.
use crate::network::dns::corefile::{Hosts, Match, Rewrite, What};
use crate::network::dns::message::{Answer, Data, Kind, Question, Rcode, Record, closest, is_under, reversed};
use objects::Text;
use simcore::Rng;

/// What the rules made of a question.
pub struct Rewritten {
    pub question: Question,
    /// Names in the answer, and what they are called instead.
    back: Vec<(Text, Text)>,
    ttl: Option<u32>,
}

/// Changes the question by the first rule that fits, and by more where a rule says `continue`.
pub fn rewrite(rules: &[Rewrite], question: &Question) -> Rewritten {
    let mut changed = Rewritten { question: question.clone(), back: Vec::new(), ttl: None };
    for rule in rules {
        let done = apply(&rule.what, &mut changed);
        if done && !rule.goes_on {
            break;
        }
    }
    changed
}

fn apply(what: &What, changed: &mut Rewritten) -> bool {
    match what {
        What::Name { by, from, to, auto } => {
            let Some(name) = renamed(*by, from, to, &changed.question.name) else { return false };
            let asked = std::mem::replace(&mut changed.question.name, name.clone());
            match by {
                _ if !auto => {}
                Match::Suffix => changed.back.push((to.clone(), from.clone())),
                _ => changed.back.push((name, asked)),
            }
            true
        }
        What::Type { from, to } if changed.question.kind.0 == *from => {
            changed.question.kind = Kind(*to);
            true
        }
        What::Ttl { name, seconds } if changed.question.name.eq_ignore_ascii_case(name) => {
            changed.ttl = Some(*seconds);
            true
        }
        _ => false,
    }
}

fn renamed(by: Match, from: &str, to: &str, name: &str) -> Option<Text> {
    let name = name.to_ascii_lowercase();
    Some(Text::from(match by {
        Match::Exact => (name == from).then(|| to.to_string())?,
        Match::Prefix => format!("{to}{}", name.strip_prefix(from)?),
        Match::Suffix => format!("{}{to}", name.strip_suffix(from)?),
        Match::Substring => name.contains(from).then(|| name.replace(from, to))?,
    }))
}

/// Gives an answer to a changed question the names that were asked for, where the rules say so.
pub fn unrewrite(changed: &Rewritten, answer: &mut Answer) {
    let called = |name: &mut Text| {
        for (from, to) in changed.back.iter().rev() {
            let at = name.len().saturating_sub(from.len());
            let whole = at == 0 || from.starts_with('.') || name.as_bytes().get(at.wrapping_sub(1)) == Some(&b'.');
            if name.is_char_boundary(at) && whole && name[at..].eq_ignore_ascii_case(from) {
                *name = Text::from(format!("{}{to}", &name[..at]));
            }
        }
    };
    for record in answer.sections_mut() {
        called(&mut record.name);
        match &mut record.data {
            Data::Cname(name) | Data::Ptr(name) | Data::Ns(name) => called(name),
            Data::Srv { target, .. } => called(target),
            Data::Mx { exchange, .. } => called(exchange),
            Data::Address(_) | Data::Txt(_) | Data::Soa { .. } => {}
        }
        record.ttl = changed.ttl.unwrap_or(record.ttl);
    }
}

/// The `hosts` plugin's answer, or nothing: the next one is asked.
pub fn hosts(hosts: &Hosts, question: &Question) -> Option<Answer> {
    closest(&question.name, &hosts.zones)?;
    let name = question.name.to_ascii_lowercase();
    let record = |data: Data| Record::new(question.name.clone(), hosts.ttl, data);
    let known = || hosts.entries.iter().filter(|(_, known)| *known == name);
    let answer: Vec<Record> = match question.kind {
        Kind::PTR if hosts.reverse => {
            let address = reversed(&name);
            let named = hosts.entries.iter().filter(|(known, _)| Some(*known) == address);
            named.map(|(_, known)| record(Data::Ptr(known.clone()))).collect()
        }
        kind => known().map(|(address, _)| record(Data::Address(*address))).filter(|record| record.data.kind() == kind).collect(),
    };
    if answer.is_empty() && known().next().is_none() {
        let falls = hosts.fall.as_ref().is_some_and(|zones| zones.iter().any(|zone| is_under(&name, zone)));
        // Without a zone of its own it has no words for "no such name".
        return if falls || question.kind == Kind::PTR { None } else { Some(Answer::bare(Rcode::ServFail)) };
    }
    Some(Answer { authoritative: true, answer, ..Answer::default() })
}

/// The `loadbalance` plugin: aliases first, addresses in a new order each time.
pub fn shuffle(rng: &mut Rng, records: &mut Vec<Record>) {
    if records.len() < 2 {
        return;
    }
    let place = |record: &Record| match record.data.kind() {
        Kind::CNAME => 0,
        Kind::A | Kind::AAAA => 2,
        Kind::MX => 3,
        _ => 1,
    };
    // A drawn number beside each address and mail server orders those anew, and keeps the rest as it stands.
    let mut drawn: Vec<(u8, u32, Record)> = records
        .drain(..)
        .map(|record| match place(&record) {
            shelf @ (2 | 3) => (shelf, rng.draw(), record),
            shelf => (shelf, 0, record),
        })
        .collect();
    drawn.sort_by_key(|(shelf, draw, _)| (*shelf, *draw));
    records.extend(drawn.into_iter().map(|(_, _, record)| record));
}
