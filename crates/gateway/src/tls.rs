//! Certificates in Secrets: whose names they are for, from when until when, and who signed them (X.509 in DER, RFC 5280).
use dataplane::network::Failure;
use objects::{Text, Tree, base64};
use simcore::Time;

/// What a handshake looks at. Signatures and keys are not verified: the issuer's name decides whom a client trusts.
#[derive(Clone, PartialEq, Debug)]
pub struct Certificate {
    /// DNS names; of an old certificate without any, the subject's common name is not used, as clients do not.
    pub names: Vec<Text>,
    pub issuer: Text,
    pub own: bool,
    pub since: Time,
    pub until: Time,
}

/// One value: its tag, its content, and what follows.
type Value<'a> = (u8, &'a [u8], &'a [u8]);

fn value(der: &[u8]) -> Option<Value<'_>> {
    let (tag, length, rest) = (*der.first()?, *der.get(1)?, der.get(2..)?);
    let (length, rest) = if length < 0x80 {
        (length as usize, rest)
    } else {
        let count = (length & 0x7f) as usize;
        let bytes = rest.get(..count).filter(|_| (1..=4).contains(&count))?;
        (bytes.iter().fold(0, |sum, byte| sum << 8 | *byte as usize), rest.get(count..)?)
    };
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}

/// The values of a sequence, in order.
fn values(mut der: &[u8]) -> Vec<(u8, &[u8])> {
    let mut all = Vec::new();
    while let Some((tag, content, rest)) = value(der) {
        all.push((tag, content));
        der = rest;
    }
    all
}

/// The authority that every client in this world trusts, by its common name.
pub const TRUSTED: &str = "Kubarium Lab CA";

impl Certificate {
    /// What ingress-nginx shows where it has nothing better.
    pub fn fake() -> Certificate {
        Certificate {
            names: vec![Text::new_static("ingress.local")],
            issuer: Text::new_static("Kubernetes Ingress Controller Fake Certificate"),
            own: true,
            since: Time::default(),
            until: Time(u64::MAX),
        }
    }

    /// What a client finds that looks closely: in the order in which OpenSSL and curl look.
    pub fn check(&self, host: &str, now: Time) -> Result<(), Failure> {
        if self.own {
            return Err(Failure::SelfSigned);
        }
        if self.issuer != TRUSTED {
            return Err(Failure::Untrusted);
        }
        if now < self.since || now > self.until {
            return Err(Failure::Expired);
        }
        if self.names(host) { Ok(()) } else { Err(Failure::WrongName) }
    }

    /// From a Secret's `data` with `tls.crt`; `None` where there is no certificate that can be read.
    pub fn of_secret(data: &Tree) -> Option<Certificate> {
        let pem = String::from_utf8(base64::decode(data.get("tls.crt").text())?).ok()?;
        let body = pem.split("-----BEGIN CERTIFICATE-----").nth(1)?.split("-----END CERTIFICATE-----").next()?;
        let body: String = body.split_whitespace().collect();
        Certificate::read(&base64::decode(&body)?)
    }

    fn read(der: &[u8]) -> Option<Certificate> {
        let (_, outer, _) = value(der)?;
        let (_, inner, _) = value(outer)?;
        let mut fields = values(inner);
        if fields.first()?.0 == 0xa0 {
            fields.remove(0);
        }
        // Serial, algorithm, issuer, validity, subject, key, then extensions.
        let (issuer, subject) = (fields.get(2)?.1, fields.get(4)?.1);
        let times = values(fields.get(3)?.1);
        let extensions = fields.iter().find(|(tag, _)| *tag == 0xa3).map_or(&[][..], |(_, content)| *content);
        Some(Certificate {
            names: value(extensions).map(|(_, list, _)| alternative_names(list)).unwrap_or_default(),
            issuer: common_name(issuer).unwrap_or_default(),
            own: issuer == subject,
            since: instant(times.first()?)?,
            until: instant(times.get(1)?)?,
        })
    }

    /// Whether it is for a host: a star stands for one label.
    pub fn names(&self, host: &str) -> bool {
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(end) => host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(end)),
            None => name.eq_ignore_ascii_case(host),
        })
    }
}

/// The last common name (2.5.4.3) of a name.
fn common_name(name: &[u8]) -> Option<Text> {
    let pairs = values(name).into_iter().flat_map(|(_, set)| values(set)).map(|(_, pair)| values(pair));
    let found = pairs.rev().find(|pair| pair.first().is_some_and(|(_, id)| *id == [0x55, 4, 3]))?;
    Some(Text::new(std::str::from_utf8(found.get(1)?.1).ok()?))
}

/// The DNS names of the extension subjectAltName (2.5.29.17).
fn alternative_names(list: &[u8]) -> Vec<Text> {
    let all = values(list).into_iter().map(|(_, extension)| values(extension));
    let Some(found) = all.into_iter().find(|parts| parts.first().is_some_and(|(_, id)| *id == [0x55, 29, 17])) else { return Vec::new() };
    let inner = found.last().and_then(|(_, content)| value(content)).map_or(&[][..], |(_, names, _)| names);
    let dns = values(inner).into_iter().filter(|(tag, _)| *tag == 0x82);
    dns.filter_map(|(_, name)| std::str::from_utf8(name).ok().map(Text::new)).collect()
}

/// `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`.
fn instant((tag, content): &(u8, &[u8])) -> Option<Time> {
    let text = std::str::from_utf8(content).ok()?;
    let full = match tag {
        0x17 => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        _ => text.to_string(),
    };
    let part = |from: usize, to: usize| full.get(from..to);
    let (date, clock) = ((part(0, 4)?, part(4, 6)?, part(6, 8)?), (part(8, 10)?, part(10, 12)?, part(12, 14)?));
    Time::parse(&format!("{}-{}-{}T{}:{}:{}Z", date.0, date.1, date.2, clock.0, clock.1, clock.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by openssl: for shop.example.com, signed by the lab's authority, from 2026-11-25 on.
    const GOOD: &str = "MIIBlTCCATygAwIBAgIUV4JmKsYHd3neqKjNtJ8bw+qH9NcwCgYIKoZIzj0EAwIwGjEYMBYGA1UEAwwPS3ViYXJpdW0gTGFiIENBMB4XDTI2MTEyNTE5NDQyMloXDTQ2MTEyMDE5NDQyMlowGzEZMBcGA1UEAwwQc2hvcC5leGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABF+Md6tujxnPabxsd3NQCjDHr+OsYM3cZFnL7+JnE25x/zBjoT11rzt6IsC0s8bkSIhQE4ZSvP4DJYG+b8wjT/+jXzBdMBsGA1UdEQQUMBKCEHNob3AuZXhhbXBsZS5jb20wHQYDVR0OBBYEFJbtPhn2tv0/EIQQCEhvGMzy1Rq5MB8GA1UdIwQYMBaAFK5UegfkkXSCNhvMd9wz5feb8CHxMAoGCCqGSM49BAMCA0cAMEQCIBVrmsVORD/NS0YN11gz2fn6N4pmCNAktucB6Mtm9NEUAiBJWGJA1651gPhCLkATbzl+DXLjklxWvYMPOo9EljCngA==";

    #[test]
    fn a_real_certificate_is_read() {
        let pem = format!("-----BEGIN CERTIFICATE-----\n{GOOD}\n-----END CERTIFICATE-----\n");
        let data = objects::map! {"tls.crt": base64::encode(pem.as_bytes())};
        let found = Certificate::of_secret(&data).expect("it can be read");
        assert_eq!((found.issuer.as_str(), found.own, &found.names[..]), (TRUSTED, false, &[Text::new("shop.example.com")][..]));
        let at = |text: &str| Time::parse(text).expect("an instant");
        assert_eq!(found.check("shop.example.com", at("2026-12-01T00:00:00Z")), Ok(()));
        assert_eq!(found.check("shop.example.com", at("2066-12-01T00:00:00Z")), Err(Failure::Expired));
        assert_eq!(found.check("other.example.com", at("2026-12-01T00:00:00Z")), Err(Failure::WrongName));
    }
}
