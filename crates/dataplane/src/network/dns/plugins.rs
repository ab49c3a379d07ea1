//! The smaller plugins: `rewrite`, `hosts`, `loadbalance`.
use crate::network::dns::corefile::{Hosts, Match, Rewrite, What};
use crate::network::dns::message::{Answer, Data, Kind, Question, Rcode, Record, closest, is_under, reversed};
use objects::Text;
use simcore::Rng;

/// Changes the question by the first rule that fits (more, where a rule says `continue`), and says which TTL answers get.
pub fn rewrite(rules: &[Rewrite], question: &Question) -> (Question, Option<u32>) {
    let mut changed = question.clone();
    let mut seconds = None;
    for rule in rules {
        let done = match &rule.what {
            What::Name { by, from, to } => match renamed(*by, from, to, &changed.name) {
                Some(name) => {
                    changed.name = name;
                    true
                }
                None => false,
            },
            What::Type { from, to } if changed.kind.0 == *from => {
                changed.kind = Kind(*to);
                true
            }
            What::Ttl { name, seconds: wanted } if changed.name.eq_ignore_ascii_case(name) => {
                seconds = Some(*wanted);
                true
            }
            _ => false,
        };
        if done && !rule.goes_on {
            break;
        }
    }
    (changed, seconds)
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

/// Gives an answer to a changed question the name that was asked for.
pub fn unrewrite(asked: &Question, changed: &Question, seconds: Option<u32>, answer: &mut Answer) {
    for record in answer.sections_mut() {
        if asked.name != changed.name && record.name.eq_ignore_ascii_case(&changed.name) {
            record.name = asked.name.clone();
        }
        record.ttl = seconds.unwrap_or(record.ttl);
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
