//! Gives random names (hashes of templates, generated suffixes) the names they have in every run.
use fancy_regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What naming needs to know of one object, when it is first seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// The plural: `pods`, `replicasets`.
    pub kind: String,
    pub name: String,
    /// The `pod-template-hash` label, or empty.
    pub hash: String,
    pub generate_name: String,
    /// Whether a CronJob owns it.
    pub of_cron_job: bool,
}

/// Random name -> normalised name.
#[derive(Debug, Default)]
pub struct Names {
    map: BTreeMap<String, String>,
    counts: BTreeMap<(&'static str, String), u32>,
    regex: Option<Regex>,
}

impl Names {
    /// As a recording keeps them.
    pub fn of(map: BTreeMap<String, String>) -> Names {
        let mut names = Names { map, ..Names::default() };
        names.compile();
        names
    }

    /// Learns from the objects of a run, oldest first: hashes before the names made of them.
    pub fn learned(facts: &[Fact]) -> Names {
        let mut names = Names::default();
        facts.iter().for_each(|fact| names.hashed(fact));
        facts.iter().for_each(|fact| names.generated(fact));
        names.rename_pods_of_cron_jobs();
        names.compile();
        names
    }

    fn hashed(&mut self, fact: &Fact) {
        if self.map.contains_key(&fact.name) {
            return;
        }
        let suffix = format!("-{}", fact.hash);
        if fact.kind == "replicasets" && !fact.hash.is_empty() && fact.name.ends_with(&suffix) {
            let base = fact.name[..fact.name.len() - suffix.len()].to_string();
            self.tag("rs", base, &fact.name, &fact.hash);
        } else if fact.kind == "controllerrevisions" {
            self.split("rev", fact);
        }
    }

    fn generated(&mut self, fact: &Fact) {
        if self.map.contains_key(&fact.name) {
            return;
        }
        let prefix = &fact.generate_name;
        if !prefix.is_empty() && fact.name.starts_with(prefix) {
            let tag = match fact.kind.as_str() {
                "pods" => "p",
                "endpointslices" => "es",
                _ => "g",
            };
            let owner = prefix.strip_suffix('-').and_then(|owner| self.map.get(owner));
            let readable = owner.map_or_else(|| prefix.clone(), |owner| format!("{owner}-"));
            let number = self.count(tag, prefix.clone());
            self.add(&fact.name, format!("{readable}<{tag}{number}>"));
        } else if fact.kind == "jobs" && fact.of_cron_job {
            self.split("t", fact);
        }
    }

    fn split(&mut self, tag: &'static str, fact: &Fact) {
        if let Some((base, hash)) = fact.name.rsplit_once('-') {
            self.tag(tag, base.to_string(), &fact.name, hash);
        }
    }

    fn tag(&mut self, tag: &'static str, base: String, name: &str, hash: &str) {
        let number = self.count(tag, base.clone());
        self.add(name, format!("{base}-<{tag}{number}>"));
        self.add(hash, format!("<{tag}{number}>"));
    }

    fn count(&mut self, tag: &'static str, base: String) -> u32 {
        let count = self.counts.entry((tag, base)).or_insert(0);
        *count += 1;
        *count
    }

    fn add(&mut self, raw: &str, normal: String) {
        self.map.entry(raw.to_string()).or_insert(normal);
    }

    fn rename_pods_of_cron_jobs(&mut self) {
        let is_run = |normal: &str| {
            normal.rsplit_once("-<t").is_some_and(|(_, rest)| rest.strip_suffix('>').is_some_and(|n| n.parse::<u32>().is_ok()))
        };
        let jobs: Vec<(String, String)> =
            self.map.iter().filter(|(_, normal)| is_run(normal)).map(|(raw, normal)| (raw.clone(), normal.clone())).collect();
        for (job, readable) in jobs {
            let prefix = format!("{job}-");
            for (_, normal) in self.map.iter_mut().filter(|(raw, normal)| raw.starts_with(&prefix) && normal.starts_with(&prefix)) {
                *normal = format!("{readable}{}", &normal[job.len()..]);
            }
        }
    }

    fn compile(&mut self) {
        let mut raw: Vec<&String> = self.map.keys().collect();
        raw.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let any: Vec<_> = raw.iter().map(|name| fancy_regex::escape(name)).collect();
        self.regex = if any.is_empty() { None } else { Regex::new(&format!("(?<![a-z0-9])({})(?![a-z0-9])", any.join("|"))).ok() };
    }

    /// The text with every known random name replaced.
    pub fn sub(&self, text: &str) -> String {
        let Some(regex) = &self.regex else { return text.to_string() };
        regex.replace_all(text, |found: &fancy_regex::Captures| self.map.get(&found[1]).cloned().unwrap_or_default()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(kind: &str, name: &str, hash: &str, generate_name: &str) -> Fact {
        Fact { kind: kind.into(), name: name.into(), hash: hash.into(), generate_name: generate_name.into(), of_cron_job: false }
    }

    #[test]
    fn names_replica_sets_and_their_pods() {
        let facts = [
            fact("pods", "web-5d4-abcde", "5d4", "web-5d4-"),
            fact("replicasets", "web-5d4", "5d4", ""),
            fact("replicasets", "web-77f", "77f", ""),
        ];
        let names = Names::learned(&facts);
        assert_eq!(names.sub("pod/web-5d4-abcde of web-77f, hash 5d4, web-5d4x"), "pod/web-<rs1>-<p1> of web-<rs2>, hash <rs1>, web-5d4x");
    }
}
