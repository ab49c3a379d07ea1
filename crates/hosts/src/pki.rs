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

/// 90 days of a year: how long kubeadm's certificates are good, and its authorities'.
pub const LEAF: Duration = Duration::secs(365 * 86_400);
pub const AUTHORITY: Duration = Duration::secs(3650 * 86_400);

const HEAD: &str = "-----BEGIN CERTIFICATE-----\n";
const FOOT: &str = "-----END CERTIFICATE-----\n";

impl Certificate {
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
        wrap(HEAD, FOOT, &fields.join("\n"))
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
    wrap("-----BEGIN RSA PRIVATE KEY-----\n", "-----END RSA PRIVATE KEY-----\n", key)
}

/// A public key's PEM text.
pub fn public_key(key: &str) -> String {
    wrap("-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n", key)
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
}
