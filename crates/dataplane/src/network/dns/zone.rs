//! The Internet outside the cluster: one small zone as text (RFC 1035 master file), and what its server answers.
use crate::network::dns::message::{Answer, Data, Kind, Question, Rcode, Record, absolute, is_under};
use objects::Text;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::LazyLock;

/// What an untouched world finds outside. Addresses are those that documentation may use (RFC 5737, 3849).
pub const INTERNET: &str = "\
$ORIGIN .
@ 3600 IN SOA a.root. h.root. 1 1800 900 604800 900
@ 3600 IN NS a.root.
a.root. 3600 IN A 192.0.2.53
example.com. 300 IN A 203.0.113.79
www.example.com. 300 IN A 203.0.113.80
www.example.com. 300 IN AAAA 2001:db8::80
alias.example.com. 300 IN CNAME www.example.com.
api.example.com. 300 IN A 203.0.113.85
kubernetes.io. 3600 IN A 203.0.113.90
registry.k8s.io. 300 IN A 203.0.113.91
google.com. 300 IN A 203.0.113.92
www.google.com. 300 IN A 203.0.113.93
github.com. 60 IN A 203.0.113.94
";

/// The zone of an untouched world.
pub fn internet() -> &'static Zone {
    static ZONE: LazyLock<Zone> = LazyLock::new(|| Zone::parse(INTERNET).unwrap_or_default());
    &ZONE
}

/// All records by lower-case name. Knows the root and everything below it.
#[derive(Clone, Debug, Default)]
pub struct Zone {
    records: BTreeMap<Text, Vec<Record>>,
}

impl Zone {
    /// Reads lines `name ttl IN TYPE data`, `$ORIGIN`, `@` and comments. What it cannot read it names with its line.
    pub fn parse(text: &str) -> Result<Zone, String> {
        let mut zone = Zone::default();
        let mut origin = Text::new_static(".");
        for (number, line) in text.lines().enumerate() {
            let line = line.split(';').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                [] => {}
                ["$ORIGIN", name] => origin = absolute(name),
                [name, ttl, "IN", kind, ref rest @ ..] => {
                    let data = data(kind, rest, &origin).ok_or_else(|| format!("line {}: {line}", number + 1))?;
                    let ttl = ttl.parse().map_err(|_| format!("line {}: {ttl} is no TTL", number + 1))?;
                    let name = within(name, &origin);
                    let place = zone.records.entry(Text::from(name.to_ascii_lowercase())).or_default();
                    place.push(Record::new(name, ttl, data));
                }
                _ => return Err(format!("line {}: {line}", number + 1)),
            }
        }
        Ok(zone)
    }

    /// As the `file` plugin of CoreDNS answers for an authoritative zone.
    pub fn answer(&self, question: &Question) -> Answer {
        let mut answer = Answer { authoritative: true, ..Answer::default() };
        let mut name = Text::from(question.name.to_ascii_lowercase());
        for _ in 0..8 {
            let Some(found) = self.records.get(&name) else { break };
            let mut wanted = found.iter().filter(|record| record.data.kind() == question.kind).peekable();
            let alias = found.iter().find_map(|record| if let Data::Cname(to) = &record.data { Some((record, to)) } else { None });
            if wanted.peek().is_some() || alias.is_none() {
                answer.answer.extend(wanted.cloned());
                break;
            }
            if let Some((record, to)) = alias {
                answer.answer.push(record.clone());
                name = Text::from(to.to_ascii_lowercase());
            }
        }
        if answer.answer.is_empty() {
            answer.rcode = if self.knows(&name) { Rcode::NoError } else { Rcode::NxDomain };
            answer.authority = self.apex(Kind::SOA);
        } else {
            if question.name != "." || question.kind != Kind::NS {
                answer.authority = self.apex(Kind::NS);
            }
            answer.additional = answer.answer.iter().flat_map(|record| self.beside(&record.data)).collect();
        }
        answer
    }

    /// Whether a name has an address of its own.
    pub fn has_address(&self, name: &str) -> bool {
        let found = self.records.get(absolute(&name.to_ascii_lowercase()).as_str()).into_iter().flatten();
        found.into_iter().any(|record| matches!(record.data, Data::Address(_)))
    }

    /// Whether some name has this address.
    pub fn gives(&self, address: IpAddr) -> bool {
        self.records.values().flatten().any(|record| record.data == Data::Address(address))
    }

    /// The addresses of what a record points to.
    fn beside(&self, data: &Data) -> Vec<Record> {
        let (Data::Ns(name) | Data::Srv { target: name, .. } | Data::Mx { exchange: name, .. }) = data else { return Vec::new() };
        let found = self.records.get(name.to_ascii_lowercase().as_str()).into_iter().flatten();
        found.filter(|record| matches!(record.data, Data::Address(_))).cloned().collect()
    }

    /// Whether there is such a name, or one below it.
    fn knows(&self, name: &str) -> bool {
        self.records.keys().any(|known| is_under(known, name))
    }

    fn apex(&self, kind: Kind) -> Vec<Record> {
        let apex = self.records.get(".").into_iter().flatten();
        apex.filter(|record| record.data.kind() == kind).cloned().collect()
    }
}

fn within(name: &str, origin: &str) -> Text {
    match name {
        "@" => Text::new(origin),
        name if name.ends_with('.') || origin == "." => absolute(name),
        name => Text::from(format!("{name}.{origin}")),
    }
}

fn data(kind: &str, words: &[&str], origin: &str) -> Option<Data> {
    let name = |word: &str| within(word, origin);
    let number = |word: &str| word.parse::<u32>().ok();
    Some(match (kind, words) {
        ("A" | "AAAA", [address]) => Data::Address(address.parse().ok()?),
        ("NS", [to]) => Data::Ns(name(to)),
        ("CNAME", [to]) => Data::Cname(name(to)),
        ("PTR", [to]) => Data::Ptr(name(to)),
        ("TXT", words) => Data::Txt(Text::from(words.join(" ").trim_matches('"').to_string())),
        ("MX", [preference, exchange]) => Data::Mx { preference: preference.parse().ok()?, exchange: name(exchange) },
        ("SRV", [priority, weight, port, target]) => {
            Data::Srv { priority: priority.parse().ok()?, weight: weight.parse().ok()?, port: port.parse().ok()?, target: name(target) }
        }
        ("SOA", [primary, mailbox, serial, refresh, retry, expire, minimum]) => Data::Soa {
            primary: name(primary),
            mailbox: name(mailbox),
            serial: number(serial)?,
            refresh: number(refresh)?,
            retry: number(retry)?,
            expire: number(expire)?,
            minimum: number(minimum)?,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(name: &str, kind: Kind) -> (Rcode, Vec<String>) {
        let zone = Zone::parse(INTERNET).expect("the zone is well written");
        let answer = zone.answer(&Question::new(name, kind));
        (answer.rcode, answer.answer.iter().map(Record::text).collect())
    }

    #[test]
    fn the_internet_follows_aliases_and_knows_what_is_not_there() {
        let alias =
            vec!["alias.example.com. 300 IN CNAME www.example.com.".to_string(), "www.example.com. 300 IN A 203.0.113.80".to_string()];
        assert_eq!(says("alias.example.com", Kind::A), (Rcode::NoError, alias));
        assert_eq!(says("nosuch.example.com", Kind::A), (Rcode::NxDomain, Vec::new()));
        assert_eq!(says("com", Kind::A), (Rcode::NoError, Vec::new()));
        assert_eq!(says("example.com", Kind::MX), (Rcode::NoError, Vec::new()));
        assert!(Zone::parse("bad line").is_err());
    }
}
