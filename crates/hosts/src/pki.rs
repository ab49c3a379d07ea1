//! Certificates as data: what they say can be read back from their PEM text. Nothing is signed for real.
use objects::base64;
use simcore::{Duration, Time};

/// What a certificate says.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// `O = system:masters, CN = kubernetes-super-admin`, as openssl prints it.
    pub subject: String,
    pub issuer: String,
    pub not_before: Time,
    pub not_after: Time,
    pub authority: bool,
    /// `DNS:kubernetes`, `IP Address:10.0.0.10`
    pub names: Vec<String>,
    /// `TLS Web Server Authentication`, …
    pub usages: Vec<String>,
    /// Tells one key from another: 64 hex digits, for an authority the hash that `kubeadm join` pins.
    pub key: String,
    /// The key of the authority that signed it.
    pub signer: String,
}

/// How long kubeadm's certificates are good, and its authorities'.
pub const LEAF: Duration = Duration::secs(365 * 86_400);
pub const AUTHORITY: Duration = Duration::secs(3650 * 86_400);

const HEAD: &str = "-----BEGIN CERTIFICATE-----\n";
const FOOT: &str = "-----END CERTIFICATE-----\n";

impl Certificate {
    /// Its number, in sixteen hexadecimal digits.
    pub fn serial(&self) -> String {
        self.key.chars().rev().take(16).collect()
    }

    /// The PEM text.
    pub fn pem(&self) -> String {
        let fields = [
            self.subject.clone(),
            self.issuer.clone(),
            self.not_before.0.to_string(),
            self.not_after.0.to_string(),
            self.authority.to_string(),
            self.names.join("|"),
            self.usages.join("|"),
            self.key.clone(),
            self.signer.clone(),
        ];
        wrap(HEAD, FOOT, &filled(fields.join("\n"), self.bytes(), &self.key))
    }

    /// How many bytes its X.509 encoding would have with RSA keys of 2048 bits, so that files have their real sizes.
    fn bytes(&self) -> usize {
        // A name is a sequence of sets of one attribute: eleven bytes around each text.
        let name = |text: &str| tlv(text.split(", ").filter_map(|part| part.split_once(" = ")).map(|(_, value)| 11 + value.len()).sum());
        let mut extensions = 16 + if self.authority { 17 + 31 } else { 14 + 33 };
        if !self.usages.is_empty() {
            extensions += 11 + 10 * self.usages.len();
        }
        let alternative = |one: &String| match one.split_once(':') {
            Some(("IP Address", address)) if address.contains(':') => 18,
            Some(("IP Address", _)) => 6,
            Some((_, text)) => 2 + text.len(),
            None => 0,
        };
        if !self.names.is_empty() {
            extensions += tlv(5 + tlv(tlv(self.names.iter().map(alternative).sum())));
        }
        // Version, serial, algorithm, validity, public key; then algorithm and signature.
        tlv(tlv(5 + 10 + 15 + 32 + 294 + name(&self.issuer) + name(&self.subject) + tlv(tlv(extensions))) + 15 + 261)
    }

    /// What Go's verifier says of it at an instant by the verifier's own clock. Mirrors crypto/x509: the words behind
    /// `tls: failed to verify certificate: `. Whoever presents a certificate across a connection is judged by the other end
    /// with it: the API server judges clients, kubectl and kubelets judge the API server.
    pub fn valid(&self, now: Time) -> Result<(), String> {
        let second = |at: Time| Time(at.0 / 1_000_000 * 1_000_000).rfc3339();
        let why = if now < self.not_before {
            format!("current time {} is before {}", second(now), second(self.not_before))
        } else if now > self.not_after {
            format!("current time {} is after {}", second(now), second(self.not_after))
        } else {
            return Ok(());
        };
        Err(format!("x509: certificate has expired or is not yet valid: {why}"))
    }

    /// Reads the first certificate of a PEM text.
    pub fn read(pem: &str) -> Option<Certificate> {
        let body = pem.split(HEAD).nth(1)?.split(FOOT).next()?;
        let text = base64::decode_text(body)?;
        let mut fields = text.split('\n').map(String::from);
        let mut next = || fields.next();
        let list = |text: String| text.split('|').filter(|one| !one.is_empty()).map(String::from).collect();
        Some(Certificate {
            subject: next()?,
            issuer: next()?,
            not_before: Time(next()?.parse().ok()?),
            not_after: Time(next()?.parse().ok()?),
            authority: next()? == "true",
            names: list(next()?),
            usages: list(next()?),
            key: next()?,
            signer: next()?,
        })
    }

    /// The value of one part of the subject: `CN`, `O`.
    pub fn part(&self, name: &str) -> Option<&str> {
        self.subject.split(", ").find_map(|part| part.strip_prefix(name)?.strip_prefix(" = "))
    }
}

/// A private key's PEM text.
pub fn private_key(key: &str) -> String {
    // Numbers of 2048 bits differ by a byte or two in their encoding.
    let length = 1_190 + key.bytes().next().map_or(0, usize::from) % 4;
    wrap("-----BEGIN RSA PRIVATE KEY-----\n", "-----END RSA PRIVATE KEY-----\n", &filled(key.into(), length, key))
}

/// A public key's PEM text.
pub fn public_key(key: &str) -> String {
    wrap("-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n", &filled(key.into(), 294, key))
}

/// The length of something with `inner` bytes in it: a tag and one to three bytes of length before.
fn tlv(inner: usize) -> usize {
    inner
        + if inner < 128 {
            2
        } else if inner < 256 {
            3
        } else {
            4
        }
}

/// A text filled up to a length with digits of a key.
fn filled(mut text: String, length: usize, key: &str) -> String {
    text.push('\n');
    text.extend(key.chars().cycle().take(length.saturating_sub(text.len())));
    text
}

/// How the API server and a kubectl or kubelet on a machine see each other's certificates: the first that is not valid,
/// with the words that the client prints behind `Get "https://…": `. `server` is what the API server presents; `client` what the
/// kubeconfig holds. A client with an expired certificate is answered 401 by the server instead (`Err` says which).
pub fn valid(server: &Certificate, client: Option<&Certificate>, at_client: Time, at_server: Time) -> Result<(), Refused> {
    server.valid(at_client).map_err(|why| Refused::Client(format!("tls: failed to verify certificate: {why}")))?;
    match client.map(|client| client.valid(at_server)) {
        Some(Err(why)) => Err(Refused::Server(why)),
        _ => Ok(()),
    }
}

/// Which end of a connection refused the other's certificate.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// The client never sends its request: `tls: failed to verify certificate: x509: …`
    Client(String),
    /// The server answers 401 Unauthorized, and logs these words as `Unable to authenticate the request`.
    Server(String),
}

fn wrap(head: &str, foot: &str, body: &str) -> String {
    let mut text = String::from(head);
    let coded = base64::encode(body.as_bytes());
    for line in coded.as_bytes().chunks(64) {
        text.push_str(std::str::from_utf8(line).unwrap_or(""));
        text.push('\n');
    }
    text.push_str(foot);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_certificate_says_can_be_read_back() {
        let certificate = Certificate {
            subject: "O = system:nodes, CN = system:node:a".into(),
            issuer: "CN = kubernetes".into(),
            not_before: Time(5),
            not_after: Time(5) + LEAF,
            authority: false,
            names: vec!["DNS:a".into(), "IP Address:10.0.0.1".into()],
            usages: vec!["TLS Web Client Authentication".into()],
            key: "ab".repeat(32),
            signer: "cd".repeat(32),
        };
        let read = Certificate::read(&certificate.pem());
        assert_eq!(read.as_ref(), Some(&certificate));
        assert_eq!(certificate.part("CN"), Some("system:node:a"));
        assert_eq!(Certificate::read("nonsense"), None);
    }

    fn authority() -> Certificate {
        Certificate {
            subject: "CN = kubernetes".into(),
            issuer: "CN = kubernetes".into(),
            not_before: Time(0),
            not_after: Time(0) + AUTHORITY,
            authority: true,
            names: vec!["DNS:kubernetes".into()],
            usages: Vec::new(),
            key: "ab".repeat(32),
            signer: "ab".repeat(32),
        }
    }

    #[test]
    fn files_have_the_sizes_of_real_ones() {
        assert_eq!(authority().pem().len(), 1107);
        assert_eq!(public_key(&"ab".repeat(32)).len(), 451);
        assert!([1675, 1679].contains(&private_key(&"ab".repeat(32)).len()));
    }

    #[test]
    fn a_certificate_is_refused_outside_its_time() {
        let certificate = authority();
        let after = certificate.not_after + Duration::secs(1);
        assert_eq!(certificate.valid(certificate.not_after), Ok(()));
        let told = certificate.valid(after).expect_err("expired");
        assert!(told.starts_with("x509: certificate has expired or is not yet valid: current time "), "{told}");
        assert!(told.contains(" is after "), "{told}");
        assert_eq!(
            valid(&certificate, None, after, Time(5)).expect_err("expired"),
            Refused::Client(format!("tls: failed to verify certificate: {told}"))
        );
        assert_eq!(valid(&certificate, Some(&certificate), Time(5), after).expect_err("expired"), Refused::Server(told));
    }
}
