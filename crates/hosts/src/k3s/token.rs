//! Join tokens: their form, and `k3s token`.
use super::{DATA, KUBECONFIG};
use crate::call::{Call, Step, fail, quoted, short_age, span};
use crate::kubeadm::client::{Client, SECRETS};
use crate::kubeadm::token as bootstrap;
use objects::wire::Verb;
use objects::{Tree, base64, list, map};
use simcore::{Duration, Time};

/// A token taken apart: `K10HASH::USER:PASSWORD`, `K10HASH::ID.SECRET`, a password alone, a bootstrap token alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// 64 hex digits; empty when the token has none.
    pub hash: String,
    /// Empty for a password alone.
    pub user: String,
    pub password: String,
    /// ID and secret of a bootstrap token.
    pub bootstrap: Option<(String, String)>,
}

/// Takes a token apart, with the words of k3s's clientaccess package for what is wrong.
pub fn parse(token: &str) -> Result<Parsed, String> {
    let bare = |text: &str| bootstrap::parts(text).map(|(id, secret)| (id.to_string(), secret.to_string()));
    if token.is_empty() {
        return Err("token must not be empty".into());
    }
    let Some(rest) = token.strip_prefix("K10") else {
        let password = token.to_string();
        return Ok(Parsed { hash: String::new(), user: String::new(), bootstrap: bare(token), password });
    };
    let (hash, login) = rest.split_once("::").unwrap_or(("", rest));
    if !hash.is_empty() && hash.len() != 64 {
        return Err("invalid token CA hash length".into());
    }
    if let Some(found) = bare(login) {
        return Ok(Parsed { hash: hash.into(), user: String::new(), password: String::new(), bootstrap: Some(found) });
    }
    match login.split_once(':') {
        Some((user, password)) if !password.is_empty() => {
            Ok(Parsed { hash: hash.into(), user: user.into(), password: password.into(), bootstrap: None })
        }
        _ => Err("invalid token format".into()),
    }
}

/// `K10HASH::server:PASSWORD`
pub fn full(hash: &str, login: &str) -> String {
    format!("K10{hash}::{login}")
}

/// 16 digits by which a secret can be recognised without being told.
pub fn brief(text: &str) -> String {
    format!("{:016x}", simcore::fnv(text.bytes()))
}

/// The administrator's client, as k3s's own commands find it: $KUBECONFIG or /etc/rancher/k3s/k3s.yaml.
fn client(call: &Call) -> Step<Client> {
    let path = call.variable("KUBECONFIG").filter(|path| !path.is_empty()).unwrap_or(KUBECONFIG).to_string();
    let Some(file) = call.machine.files.get(&path) else {
        return fatal(format!("stat {path}: no such file or directory"));
    };
    if file.mode & 0o004 == 0 && !call.is_root() {
        return fatal(format!("open {path}: permission denied"));
    }
    Client::load(call, &path)
}

/// Ends the command as K3s ends: one line `FATA[0000] Error: …`.
pub fn fatal<T>(words: impl std::fmt::Display) -> Step<T> {
    fail(format!("Error: {words}"))
}

/// `k3s token create|delete|generate|list|rotate`
pub fn run(call: &mut Call, words: &[String]) -> Step<()> {
    match words.first().map(String::as_str) {
        Some("create") => create(call, &words[1..]),
        Some("delete") => delete(call, &words[1..]),
        Some("generate") => {
            let token = bootstrap::draw(call);
            call.say(token);
            Ok(())
        }
        Some("list") => table(call, &words[1..]),
        Some("rotate") => rotate(call, &words[1..]),
        _ => {
            super::usage::family(call, "token", "Manage tokens");
            Ok(())
        }
    }
}

/// The value of `--name value` or `--name=value`.
pub fn option<'a>(words: &'a [String], name: &str) -> Option<&'a str> {
    let bare = |word: &'a str| word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
    words.iter().enumerate().find_map(|(at, word)| {
        let rest = bare(word)?.strip_prefix(name)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value),
            None if rest.is_empty() => words.get(at + 1).map(String::as_str),
            None => None,
        }
    })
}

fn create(call: &mut Call, words: &[String]) -> Step<()> {
    let client = client(call)?;
    let ttl = option(words, "ttl").unwrap_or("24h");
    if span(ttl).is_err() {
        return fatal(format!("invalid value {} for flag -ttl: parse error", quoted(ttl)));
    }
    let given = words.iter().find(|word| bootstrap::parts(word).is_some()).cloned();
    let token = given.unwrap_or_else(|| bootstrap::draw(call));
    let mut entry = map! {
        "token": token.as_str(),
        "usages": list!["signing", "authentication"],
        "groups": list!["system:bootstrappers:k3s:default-node-token"],
        "ttl": ttl,
    };
    if let Some(words) = option(words, "description") {
        entry.set(&["description"], words);
    }
    let (id, _) = bootstrap::parts(&token).unwrap_or((&token, ""));
    let secret = bootstrap::secret(&entry, call.now);
    match client.ask(call, Verb::Create, SECRETS, "kube-system", "", secret)? {
        Ok(answer) if answer.code == 409 => return fatal(format!("a token with id {} already exists", quoted(id))),
        Ok(answer) if !answer.is_ok() => return fatal(answer.tree().get("message").text()),
        Ok(_) => {}
        Err(why) => return fatal(why),
    }
    let hash = super::tls::authority_hash(call.machine);
    call.say(full(&hash, &token));
    Ok(())
}

fn delete(call: &mut Call, words: &[String]) -> Step<()> {
    let names: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    if names.is_empty() {
        return fatal("missing argument; 'token delete' is missing token");
    }
    let client = client(call)?;
    for name in names {
        let id = match bootstrap::parts(name) {
            Some((id, _)) => id,
            None if name.len() == 6 => name.as_str(),
            None => return fatal("given token didn't match pattern \"\\\\A([a-z0-9]{6})\\\\z\" or \"\\\\A([a-z0-9]{6})\\\\z\""),
        };
        let deleted = client.ask(call, Verb::Delete, SECRETS, "kube-system", &format!("bootstrap-token-{id}"), Tree::Null)?;
        let why = match deleted {
            Ok(answer) if answer.is_ok() => None,
            Ok(answer) => Some(answer.tree().get("message").text().to_string()),
            Err(why) => Some(why),
        };
        if let Some(why) = why {
            return fatal(format!("failed to delete bootstrap token {}: {why}", quoted(&why)));
        }
        call.say(format_args!("bootstrap token {} deleted", quoted(id)));
    }
    Ok(())
}

/// One row of `k3s token list`.
fn row(secret: &Tree, now: Time) -> [String; 6] {
    let field = |name: &str| base64::decode_text(secret.at(&["data", name]).text()).unwrap_or_default();
    let until = Time::parse(&field("expiration"));
    let usages = ["authentication", "signing"].into_iter().filter(|usage| field(&format!("usage-bootstrap-{usage}")) == "true");
    let or_none = |text: String| if text.is_empty() { "<none>".into() } else { text };
    [
        field("token-id"),
        until.map_or("<forever>".into(), |until| short_age(until.since(now))),
        until.map_or("<never>".into(), Time::rfc3339),
        or_none(usages.collect::<Vec<_>>().join(",")),
        or_none(field("description")),
        or_none(field("auth-extra-groups")),
    ]
}

fn is_token(secret: &Tree) -> bool {
    secret.get("type").text() == "bootstrap.kubernetes.io/token"
}

/// A token as `-o json` writes it.
fn told(secret: &Tree) -> Tree {
    let field = |name: &str| base64::decode_text(secret.at(&["data", name]).text()).unwrap_or_default();
    let mut tree = map! {"token": format!("{}.{}", field("token-id"), field("token-secret"))};
    for (key, name) in [("description", "description"), ("expires", "expiration")] {
        if !field(name).is_empty() {
            tree.set(&[key], field(name));
        }
    }
    let usages = ["authentication", "signing"].into_iter().filter(|usage| field(&format!("usage-bootstrap-{usage}")) == "true");
    tree.set(&["usages"], Tree::from(usages.map(Tree::from).collect::<Vec<_>>()));
    tree.set(&["groups"], Tree::from(field("auth-extra-groups").split(',').map(Tree::from).collect::<Vec<_>>()));
    tree
}

fn table(call: &mut Call, words: &[String]) -> Step<()> {
    let client = client(call)?;
    let found = match client.get(call, SECRETS, "kube-system", "")? {
        Ok(found) => found,
        Err(why) => return fatal(format!("failed to list bootstrap tokens: {why}")),
    };
    let now = call.machine.local(call.now);
    let tokens = found.get("items").items().iter().filter(|one| is_token(one));
    let rows: Vec<[String; 6]> = tokens.map(|secret| row(secret, now)).collect();
    if let Some(form @ ("json" | "yaml")) = option(words, "output").or_else(|| option(words, "o")) {
        let tree = Tree::from(found.get("items").items().iter().filter(|one| is_token(one)).map(told).collect::<Vec<_>>());
        match form {
            "json" => call.say(tree.to_json()),
            _ => call.stdout.push_str(&objects::yaml::write(&tree)),
        }
        return Ok(());
    }
    let mut all = vec![["TOKEN", "TTL", "EXPIRES", "USAGES", "DESCRIPTION", "EXTRA GROUPS"].map(String::from)];
    all.extend(rows);
    // Go's tabwriter: at least ten wide, three apart.
    super::command::columns(call, &all, 10, 3);
    Ok(())
}

fn rotate(call: &mut Call, words: &[String]) -> Step<()> {
    call.say("\u{1b}[33mWARNING\u{1b}[0m: Recommended to keep a record of the old token. If restoring from a snapshot, you must use the token associated with that snapshot.");
    let path = format!("{DATA}/server/token");
    let old = match option(words, "token").map(String::from).or_else(|| call.machine.files.read(&path).map(|text| text.trim().to_string()))
    {
        Some(token) if call.is_root() => token,
        Some(_) => return fatal(format!("open {path}: permission denied")),
        None => return fatal(format!("open {path}: no such file or directory")),
    };
    let password = super::server::password(call.machine);
    if call.machine.k3s.as_ref().is_none_or(|k3s| !k3s.server) {
        let me = "127.0.0.1:6443";
        return fatal(format!("failed to get CA certs: Get \"https://{me}/cacerts\": dial tcp {me}: connect: connection refused"));
    }
    match parse(&old) {
        Ok(parsed) if Some(&parsed.password) == password.as_ref() => {}
        Ok(_) => return fatal("https://127.0.0.1:6443/v1-k3s/token: 401 Unauthorized"),
        Err(why) => return fatal(why),
    }
    let new = option(words, "new-token").map_or_else(|| call.draw(32, b"0123456789abcdef"), String::from);
    super::server::set_password(call.machine, &new);
    call.work(Duration::secs(1));
    call.say("Token rotated, restart k3s nodes with new token");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_taken_apart_as_k3s_does() {
        let hash = "ab".repeat(32);
        let parsed = parse(&format!("K10{hash}::server:secret")).unwrap();
        assert_eq!((parsed.hash.as_str(), parsed.user.as_str(), parsed.password.as_str()), (hash.as_str(), "server", "secret"));
        assert_eq!(parse("secret").unwrap().password, "secret");
        assert_eq!(parse("abcdef.0123456789abcdef").unwrap().bootstrap, Some(("abcdef".into(), "0123456789abcdef".into())));
        assert_eq!(parse(""), Err("token must not be empty".into()));
        assert_eq!(parse("K10ab::server:x"), Err("invalid token CA hash length".into()));
        assert_eq!(parse(&format!("K10{hash}::server")), Err("invalid token format".into()));
    }
}
