//! What is asked of a DNS server and what it answers, and how dig writes it.
use objects::Text;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A record type by its number (RFC 1035 and later).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Kind(pub u16);

impl Kind {
    pub const A: Kind = Kind(1);
    pub const NS: Kind = Kind(2);
    pub const CNAME: Kind = Kind(5);
    pub const SOA: Kind = Kind(6);
    pub const PTR: Kind = Kind(12);
    pub const MX: Kind = Kind(15);
    pub const TXT: Kind = Kind(16);
    pub const AAAA: Kind = Kind(28);
    pub const SRV: Kind = Kind(33);
    pub const IXFR: Kind = Kind(251);
    pub const AXFR: Kind = Kind(252);
    pub const ANY: Kind = Kind(255);
}

/// The types that have a word; all others are written `TYPE1234`.
const WORDS: [(u16, &str); 20] = [
    (1, "A"),
    (2, "NS"),
    (5, "CNAME"),
    (6, "SOA"),
    (12, "PTR"),
    (13, "HINFO"),
    (15, "MX"),
    (16, "TXT"),
    (28, "AAAA"),
    (33, "SRV"),
    (35, "NAPTR"),
    (43, "DS"),
    (48, "DNSKEY"),
    (52, "TLSA"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (251, "IXFR"),
    (252, "AXFR"),
    (255, "ANY"),
    (257, "CAA"),
];

impl Kind {
    /// `AAAA`, also from `aaaa` and `TYPE28`.
    pub fn parse(word: &str) -> Option<Kind> {
        let known = WORDS.iter().find(|(_, known)| known.eq_ignore_ascii_case(word)).map(|(number, _)| Kind(*number));
        known.or_else(|| word.to_ascii_uppercase().strip_prefix("TYPE")?.parse().ok().map(Kind))
    }

    pub fn word(self) -> Text {
        match WORDS.iter().find(|(number, _)| *number == self.0) {
            Some((_, word)) => Text::new_static(word),
            None => Text::from(format!("TYPE{}", self.0)),
        }
    }
}

/// What became of a question.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Rcode {
    #[default]
    NoError,
    ServFail,
    NxDomain,
    Refused,
}

impl Rcode {
    /// `NXDOMAIN`
    pub fn word(self) -> &'static str {
        match self {
            Rcode::NoError => "NOERROR",
            Rcode::ServFail => "SERVFAIL",
            Rcode::NxDomain => "NXDOMAIN",
            Rcode::Refused => "REFUSED",
        }
    }

    pub fn number(self) -> u8 {
        match self {
            Rcode::NoError => 0,
            Rcode::ServFail => 2,
            Rcode::NxDomain => 3,
            Rcode::Refused => 5,
        }
    }
}

/// One question. The name is absolute, with its final dot, in the letters that were typed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Question {
    pub name: Text,
    pub kind: Kind,
}

impl Question {
    /// A final dot is added where it is missing.
    pub fn new(name: &str, kind: Kind) -> Question {
        Question { name: absolute(name), kind }
    }
}

/// What a record says. Names are absolute.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Data {
    Address(IpAddr),
    Ns(Text),
    Cname(Text),
    Ptr(Text),
    Txt(Text),
    Mx { preference: u16, exchange: Text },
    Srv { priority: u16, weight: u16, port: u16, target: Text },
    Soa { primary: Text, mailbox: Text, serial: u32, refresh: u32, retry: u32, expire: u32, minimum: u32 },
}

impl Data {
    pub fn kind(&self) -> Kind {
        match self {
            Data::Address(IpAddr::V4(_)) => Kind::A,
            Data::Address(IpAddr::V6(_)) => Kind::AAAA,
            Data::Ns(_) => Kind::NS,
            Data::Cname(_) => Kind::CNAME,
            Data::Ptr(_) => Kind::PTR,
            Data::Txt(_) => Kind::TXT,
            Data::Mx { .. } => Kind::MX,
            Data::Srv { .. } => Kind::SRV,
            Data::Soa { .. } => Kind::SOA,
        }
    }

    /// As it stands at the end of a line of dig.
    pub fn text(&self) -> String {
        match self {
            Data::Address(address) => address.to_string(),
            Data::Ns(name) | Data::Cname(name) | Data::Ptr(name) => name.to_string(),
            Data::Txt(text) => format!("\"{text}\""),
            Data::Mx { preference, exchange } => format!("{preference} {exchange}"),
            Data::Srv { priority, weight, port, target } => format!("{priority} {weight} {port} {target}"),
            Data::Soa { primary, mailbox, serial, refresh, retry, expire, minimum } => {
                format!("{primary} {mailbox} {serial} {refresh} {retry} {expire} {minimum}")
            }
        }
    }
}

/// A resource record; `ttl` in seconds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Record {
    pub name: Text,
    pub ttl: u32,
    pub data: Data,
}

impl Record {
    pub fn new(name: impl Into<Text>, ttl: u32, data: Data) -> Record {
        Record { name: name.into(), ttl, data }
    }

    /// `web.shop.svc.cluster.local. 30 IN A 10.96.1.10`, one blank between the parts.
    pub fn text(&self) -> String {
        let mut line = String::new();
        let _ = write!(line, "{} {} IN {} {}", self.name, self.ttl, self.data.kind().word(), self.data.text());
        line
    }
}

/// A server's answer.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Answer {
    pub rcode: Rcode,
    /// The `aa` flag.
    pub authoritative: bool,
    /// The `ra` flag.
    pub recursive: bool,
    pub answer: Vec<Record>,
    pub authority: Vec<Record>,
    pub additional: Vec<Record>,
}

impl Answer {
    /// Nothing but a code: what a server says when no plugin of it has an answer.
    pub fn bare(rcode: Rcode) -> Answer {
        Answer { rcode, ..Answer::default() }
    }

    /// `qr aa rd`, as asked by a client that wants recursion.
    pub fn flags(&self) -> String {
        format!("qr{} rd{}", if self.authoritative { " aa" } else { "" }, if self.recursive { " ra" } else { "" })
    }

    pub fn sections_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.answer.iter_mut().chain(&mut self.authority).chain(&mut self.additional)
    }

    pub fn sections(&self) -> impl Iterator<Item = &Record> {
        self.answer.iter().chain(&self.authority).chain(&self.additional)
    }

    /// About how many bytes it has on the wire: names that stood before are two bytes (RFC 1035, 4.1.4).
    pub fn size(&self, question: &Question) -> usize {
        let mut known = vec![question.name.to_ascii_lowercase()];
        let mut bytes = 12 + question.name.len() + 1 + 4;
        let mut name = |name: &str| {
            let lower = name.to_ascii_lowercase();
            let shared = known.iter().find_map(|known| {
                let mut from = 0;
                while from < lower.len() && !is_under(known, &lower[from..]) {
                    from += lower[from..].find('.').map_or(lower.len(), |dot| dot + 1);
                }
                (from < lower.len()).then_some(from + 2)
            });
            known.push(lower);
            shared.unwrap_or(name.len() + 1)
        };
        for record in self.sections() {
            bytes += name(&record.name) + 10;
            bytes += match &record.data {
                Data::Address(IpAddr::V4(_)) => 4,
                Data::Address(IpAddr::V6(_)) => 16,
                Data::Ns(other) | Data::Cname(other) | Data::Ptr(other) => name(other),
                Data::Txt(text) => text.len() + 1,
                Data::Mx { exchange, .. } => 2 + name(exchange),
                Data::Srv { target, .. } => 6 + target.len() + 1,
                Data::Soa { primary, mailbox, .. } => 20 + name(primary) + name(mailbox),
            };
        }
        bytes
    }
}

/// What comes back for a packet that was sent to a server.
#[derive(Clone, PartialEq, Debug)]
pub enum Reply {
    /// An answer, and how long it took.
    Answer(Answer, simcore::Duration),
    /// Nobody listens there: an ICMP error at once.
    Refused,
    /// Nothing ever comes.
    Lost,
}

/// With a final dot.
pub fn absolute(name: &str) -> Text {
    if name.ends_with('.') { Text::new(name) } else { Text::from(format!("{name}.")) }
}

/// Without the final dot, as the cluster's own tables and most tools write names.
pub fn plain(name: &str) -> &str {
    match name {
        "." => name,
        _ => name.strip_suffix('.').unwrap_or(name),
    }
}

/// Whether an absolute name is `zone` or lies below it, whatever its letters' case.
pub fn is_under(name: &str, zone: &str) -> bool {
    if zone == "." {
        return true;
    }
    let Some(from) = name.len().checked_sub(zone.len()) else { return false };
    name.is_char_boundary(from) && name[from..].eq_ignore_ascii_case(zone) && (from == 0 || name.as_bytes()[from - 1] == b'.')
}

/// The longest of `zones` that `name` lies in.
pub fn closest<'a>(name: &str, zones: &'a [Text]) -> Option<&'a Text> {
    zones.iter().filter(|zone| is_under(name, zone)).max_by_key(|zone| zone.len())
}

/// The address that a whole reverse name (`4.0.241.10.in-addr.arpa.`) is about.
pub fn reversed(name: &str) -> Option<IpAddr> {
    let lower = name.to_ascii_lowercase();
    if let Some(digits) = lower.strip_suffix(".in-addr.arpa.") {
        let mut bytes = [0; 4];
        let mut parts = digits.split('.');
        for byte in bytes.iter_mut().rev() {
            let part = parts.next()?;
            *byte = part.parse().ok().filter(|_| part == "0" || !part.starts_with(['0', '+']))?;
        }
        return parts.next().is_none().then(|| IpAddr::V4(Ipv4Addr::from(bytes)));
    }
    let digits = lower.strip_suffix(".ip6.arpa.")?;
    let mut number: u128 = 0;
    let mut count = 0;
    for part in digits.split('.').collect::<Vec<&str>>().iter().rev() {
        let digit = u128::from_str_radix(part, 16).ok().filter(|_| part.len() == 1)?;
        number = (number << 4) | digit;
        count += 1;
    }
    (count == 32).then(|| IpAddr::V6(Ipv6Addr::from(number)))
}

/// The reverse name of an address.
pub fn reverse_name(address: IpAddr) -> Text {
    match address {
        IpAddr::V4(four) => {
            let [a, b, c, d] = four.octets();
            Text::from(format!("{d}.{c}.{b}.{a}.in-addr.arpa."))
        }
        IpAddr::V6(six) => {
            let number = u128::from(six);
            let mut name = String::new();
            for place in 0..32 {
                let _ = write!(name, "{:x}.", (number >> (4 * place)) & 15);
            }
            name.push_str("ip6.arpa.");
            Text::from(name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_know_their_zone_and_reverse_names_their_address() {
        assert!(is_under("WEB.shop.svc.Cluster.Local.", "cluster.local.") && is_under("cluster.local.", "cluster.local."));
        assert!(!is_under("mycluster.local.", "cluster.local.") && is_under("a.", "."));
        let four: IpAddr = "10.241.0.4".parse().expect("an address");
        assert_eq!(reverse_name(four), "4.0.241.10.in-addr.arpa.");
        assert_eq!(reversed("4.0.241.10.in-addr.arpa."), Some(four));
        assert_eq!(reversed("0.241.10.in-addr.arpa."), None);
        let six: IpAddr = "2001:db8::40".parse().expect("an address");
        assert_eq!(reversed(&reverse_name(six)), Some(six));
    }
}
