//! openssl as far as certificates of a cluster need it: x509, verify, and the pipeline that makes the hash for `kubeadm join`.
use crate::call::{Call, Step, Stop};
use crate::pki::{Certificate, public_key};
use simcore::Duration;

/// `openssl x509|verify|rsa|pkey|dgst|version`
pub fn openssl(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    match words.first().map(String::as_str) {
        Some("x509") => x509(call, &words),
        Some("verify") => verify(call, &words),
        // Between PEM and DER nothing changes here: both are the text.
        Some("rsa" | "pkey") => {
            let text = call.stdin.clone();
            call.complain("writing RSA key");
            call.stdout.push_str(&text);
            Ok(())
        }
        Some("dgst" | "sha256") => {
            let digest = digest(&call.stdin);
            call.say(format_args!("SHA2-256(stdin)= {digest}"));
            Ok(())
        }
        Some("version") => {
            call.say("OpenSSL 3.0.17 1 Jul 2025 (Library: OpenSSL 3.0.17 1 Jul 2025)");
            Ok(())
        }
        other => {
            let name = other.unwrap_or_default();
            call.complain(format_args!("openssl: {name} is not part of this simulation: x509, verify, rsa, pkey and dgst are"));
            Err(Stop::Code(1))
        }
    }
}

/// The SHA-256 of a public key is what the certificate knows it by; keys are data here.
fn digest(text: &str) -> String {
    let body = text.split("-----BEGIN PUBLIC KEY-----\n").nth(1).and_then(|rest| rest.split("-----END").next());
    let key = body.and_then(objects::base64::decode_text).and_then(|text| text.lines().next().map(str::to_string));
    key.unwrap_or_else(|| "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into())
}

/// The value behind a flag.
fn value<'a>(words: &'a [String], flag: &str) -> Option<&'a str> {
    words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1)).map(String::as_str)
}

fn unreadable(call: &mut Call, path: &str, what: &str) -> Stop {
    call.complain(format_args!(
        "Could not open file or uri for loading {what} from {path}\n:error:16000069:STORE routines:ossl_store_get0_loader_int:unregistered scheme:../crypto/store/store_register.c:237:scheme=file\n:error:80000002:system library:file_open:No such file or directory:../providers/implementations/storemgmt/file_store.c:267:calling stat({path})\nUnable to load {what}"
    ));
    Stop::Code(1)
}

/// `x509 -in FILE [-noout] [-text] [-subject] [-issuer] [-serial] [-dates] [-ext LIST] [-checkend SECONDS] [-pubkey]`
fn x509(call: &mut Call, words: &[String]) -> Step<()> {
    let text = match value(words, "-in") {
        None => call.stdin.clone(),
        Some(path) => match call.open(path) {
            Ok(text) => text,
            Err(_) => return Err(unreadable(call, path, "certificate")),
        },
    };
    let Some(certificate) = Certificate::read(&text) else {
        call.complain(
            "Could not read certificate from <stdin>\nUnable to load certificate"
                .replace("<stdin>", value(words, "-in").unwrap_or("<stdin>")),
        );
        return Err(Stop::Code(1));
    };
    if words.iter().any(|word| word == "-text") {
        whole(call, &certificate);
    }
    for word in words {
        match word.as_str() {
            "-subject" => call.say(format_args!("subject={}", certificate.subject)),
            "-issuer" => call.say(format_args!("issuer={}", certificate.issuer)),
            "-serial" => call.say(format_args!("serial={}", certificate.serial().to_uppercase())),
            "-startdate" => call.say(format_args!("notBefore={}", date(certificate.not_before))),
            "-enddate" => call.say(format_args!("notAfter={}", date(certificate.not_after))),
            "-dates" => call.say(format_args!("notBefore={}\nnotAfter={}", date(certificate.not_before), date(certificate.not_after))),
            "-pubkey" => call.stdout.push_str(&public_key(&certificate.key)),
            _ => {}
        }
    }
    if let Some(list) = value(words, "-ext") {
        extensions(call, &certificate, list, "");
    }
    if let Some(seconds) = value(words, "-checkend").and_then(|text| text.parse().ok()) {
        let ends = certificate.not_after < call.machine.local(call.now) + Duration::secs(seconds);
        call.say(if ends { "Certificate will expire" } else { "Certificate will not expire" });
        if ends {
            return Err(Stop::Code(1));
        }
    }
    // Without -noout the certificate itself follows, also behind a public key.
    if !words.iter().any(|word| word == "-noout") {
        call.stdout.push_str(&certificate.pem());
    }
    Ok(())
}

/// `verify -CAfile FILE FILE…`
fn verify(call: &mut Call, words: &[String]) -> Step<()> {
    let root = match value(words, "-CAfile") {
        None => None,
        Some(path) => match call.open(path) {
            Ok(text) => Certificate::read(&text),
            Err(_) => return Err(unreadable(call, path, "trusted certificates")),
        },
    };
    let authority = value(words, "-CAfile").map(str::to_string);
    let mut bad = false;
    for path in words[1..].iter().filter(|word| !word.starts_with('-') && Some(*word) != authority.as_ref()) {
        let Some(one) = call.open(path).ok().and_then(|text| Certificate::read(&text)) else {
            return Err(unreadable(call, path, "certificate file"));
        };
        let now = call.machine.local(call.now);
        let wrong = match &root {
            Some(root) if root.key == one.signer && now > root.not_after => Some((10, 1, "certificate has expired", root.subject.clone())),
            Some(root) if root.key != one.signer => Some((20, 0, "unable to get local issuer certificate", one.subject.clone())),
            None => Some((20, 0, "unable to get local issuer certificate", one.subject.clone())),
            _ if now > one.not_after => Some((10, 0, "certificate has expired", one.subject.clone())),
            _ if now < one.not_before => Some((9, 0, "certificate is not yet valid", one.subject.clone())),
            _ => None,
        };
        match wrong {
            None => call.say(format_args!("{path}: OK")),
            Some((number, depth, why, subject)) => {
                bad = true;
                call.complain(format_args!("{subject}\nerror {number} at {depth} depth lookup: {why}\nerror {path}: verification failed"));
            }
        }
    }
    if bad { Err(Stop::Code(2)) } else { Ok(()) }
}

/// `-text`: all that is known of it; the numbers of the key are left out.
fn whole(call: &mut Call, certificate: &Certificate) {
    let number: Vec<String> = certificate.serial().as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
    call.say(format_args!(
        "Certificate:\n    Data:\n        Version: 3 (0x2)\n        Serial Number:\n            {}\n        Signature Algorithm: sha256WithRSAEncryption\n        Issuer: {}\n        Validity\n            Not Before: {}\n            Not After : {}\n        Subject: {}\n        Subject Public Key Info:\n            Public Key Algorithm: rsaEncryption\n                Public-Key: (2048 bit)\n        X509v3 extensions:",
        number.join(":"),
        certificate.issuer,
        date(certificate.not_before),
        date(certificate.not_after),
        certificate.subject
    ));
    extensions(call, certificate, "keyUsage,extendedKeyUsage,basicConstraints,subjectAltName", "            ");
    call.say("    Signature Algorithm: sha256WithRSAEncryption");
}

fn extensions(call: &mut Call, certificate: &Certificate, list: &str, space: &str) {
    let has = |name: &str| list.split(',').any(|one| one == name);
    if has("keyUsage") {
        let sign = if certificate.authority { ", Certificate Sign" } else { "" };
        call.say(format_args!("{space}X509v3 Key Usage: critical\n{space}    Digital Signature, Key Encipherment{sign}"));
    }
    if has("extendedKeyUsage") && !certificate.usages.is_empty() {
        call.say(format_args!("{space}X509v3 Extended Key Usage: \n{space}    {}", certificate.usages.join(", ")));
    }
    if has("basicConstraints") {
        let word = if certificate.authority { "TRUE" } else { "FALSE" };
        call.say(format_args!("{space}X509v3 Basic Constraints: critical\n{space}    CA:{word}"));
    }
    if has("subjectAltName") && !certificate.names.is_empty() {
        let names = certificate.names.join(", ").replace("IP Address:::1", "IP Address:0:0:0:0:0:0:0:1");
        call.say(format_args!("{space}X509v3 Subject Alternative Name: \n{space}    {names}"));
    }
}

/// `Nov 23 05:45:46 2027 GMT`
fn date(at: simcore::Time) -> String {
    let text = at.rfc1123();
    let day = text[5..7].trim_start_matches('0');
    format!("{} {day:>2} {} {} GMT", &text[8..11], &text[17..25], &text[12..16])
}
