//! The `cache` plugin: answers that are given again while their time lasts (CoreDNS `plugin/cache`).
use crate::network::dns::corefile::Cache as Settings;
use crate::network::dns::message::{Answer, Data, Kind, Question, Rcode, closest};
use objects::Text;
use simcore::{Duration, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many answers are kept (a quarter of upstream's 9,984, half of it for denials there).
const MOST: usize = 2_500;
/// Nothing is called fresh for less than this.
const SHORTEST: u32 = 5;
const LONGEST: u32 = 3_600;

#[derive(Clone, Debug, Default)]
pub struct Cache {
    kept: BTreeMap<(Text, Kind), Arc<Item>>,
}

#[derive(Debug)]
struct Item {
    answer: Answer,
    since: Time,
    seconds: u32,
}

/// What sort of answer it is, as far as keeping goes.
#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Success,
    Denial,
    Failure,
    /// Not to be kept at all.
    Other,
}

impl Cache {
    /// A kept answer, with what is left of its time in every record.
    pub fn get(&self, settings: &Settings, now: Time, question: &Question) -> Option<Answer> {
        closest(&question.name, &settings.zones)?;
        let item = self.kept.get(&place(question))?;
        let age = (now.since(item.since).0 / 1_000_000) as u32;
        let left = item.seconds.checked_sub(age).filter(|left| *left > 0)?;
        // The bit is set for clients that throw away what is not authoritative.
        let mut answer = Answer { authoritative: true, ..item.answer.clone() };
        answer.sections_mut().for_each(|record| record.ttl = left);
        Some(answer)
    }

    /// Keeps an answer if it may be kept, and shortens its time to what the settings allow.
    pub fn put(&mut self, settings: &Settings, now: Time, question: &Question, mut answer: Answer) -> Answer {
        if closest(&question.name, &settings.zones).is_none() {
            return answer;
        }
        let sort = sort(&answer);
        let least = answer.sections().map(|record| record.ttl).min().unwrap_or(SHORTEST).min(LONGEST);
        let (bounds, never) = match sort {
            Sort::Denial => (settings.denial, &settings.not_denial),
            Sort::Failure => ((settings.servfail, settings.servfail), &settings.not_denial),
            Sort::Success | Sort::Other => (settings.success, &settings.not_success),
        };
        let seconds = least.clamp(bounds.0.min(bounds.1), bounds.1);
        if sort != Sort::Other && seconds > 0 && closest(&question.name, never).is_none() {
            if self.kept.len() >= MOST {
                self.kept.retain(|_, item| item.since + Duration::secs(item.seconds.into()) > now);
            }
            if self.kept.len() < MOST {
                self.kept.insert(place(question), Arc::new(Item { answer: answer.clone(), since: now, seconds }));
            }
        }
        if !settings.keep_ttl {
            answer.sections_mut().for_each(|record| record.ttl = seconds);
        }
        answer
    }
}

fn place(question: &Question) -> (Text, Kind) {
    (Text::from(question.name.to_ascii_lowercase()), question.kind)
}

fn sort(answer: &Answer) -> Sort {
    let denies = answer.authority.iter().any(|record| matches!(record.data, Data::Soa { .. }));
    match answer.rcode {
        Rcode::NoError if !answer.answer.is_empty() => Sort::Success,
        Rcode::NoError | Rcode::NxDomain if denies => Sort::Denial,
        Rcode::ServFail => Sort::Failure,
        _ => Sort::Other,
    }
}
