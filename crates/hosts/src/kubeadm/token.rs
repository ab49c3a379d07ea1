//! Bootstrap tokens: their form, and `kubeadm token`.
use super::certs;
use super::client::{self, Client, Item, SECRETS};
use super::config::{self, defaults};
use super::dry;
use super::flags::Given;
use crate::call::{Call, Step, fail, quoted, short_age, span};
use objects::wire::Verb;
use objects::{Tree, base64, map};
use simcore::Time;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const FORM: &str = r#""\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z""#;

fn letters(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| LETTERS.contains(&b))
}

/// The two parts of a token: its public ID and its secret.
pub fn parts(token: &str) -> Option<(&str, &str)> {
    token.split_once('.').filter(|(id, secret)| letters(id, 6) && letters(secret, 16))
}

/// Refuses a token of a wrong form, as flags do.
pub fn shaped(token: &str) -> Step<()> {
    misshapen(token).map_or(Ok(()), fail)
}

/// The words for a token of a wrong form.
pub fn misshapen(token: &str) -> Option<String> {
    parts(token).is_none().then(|| format!("the bootstrap token {} was not of the form {FORM}", quoted(token)))
}

/// What validation says of a token of a wrong form.
pub fn form(token: &str, field: &str) -> Option<String> {
    parts(token).is_none().then(|| format!("{field}: Invalid value: {}: the bootstrap token is invalid", quoted(token)))
}

/// What is wrong with an entry of `bootstrapTokens`.
pub fn wrongs(token: &Tree, field: &str) -> Vec<String> {
    let texts = |name: &str| token.get(name).items().iter().map(|one| one.text().to_string()).collect::<Vec<_>>();
    let (usages, groups) = (texts("usages"), texts("groups"));
    let mut wrongs: Vec<String> = form(token.get("token").text(), &format!("{field}.token")).into_iter().collect();
    let strange: Vec<&str> = usages.iter().map(String::as_str).filter(|usage| !matches!(*usage, "signing" | "authentication")).collect();
    if !strange.is_empty() {
        let why = format!("invalid bootstrap token usage string: {}, valid usage options: signing,authentication", strange.join(","));
        wrongs.push(format!("{field}.usages: Invalid value: {}: {why}", token.get("usages").to_json()));
    }
    let shown = token.get("groups").to_json();
    if !groups.is_empty() && !usages.iter().any(|usage| usage == "authentication") {
        wrongs.push(format!(
            "{field}.groups: Invalid value: {shown}: token groups cannot be specified unless --usages includes \"authentication\""
        ));
    }
    for group in groups.iter().filter(|group| !is_group(group)) {
        let why =
            format!("bootstrap group {} is invalid (must match \\Asystem:bootstrappers:[a-z0-9:-]{{0,255}}[a-z0-9]\\z)", quoted(group));
        wrongs.push(format!("{field}.groups: Invalid value: {shown}: {why}"));
    }
    if token.has("expires") && token.has("ttl") {
        wrongs.push(format!("{field}: Invalid value: \"\": the BootstrapToken .TTL and .Expires fields are mutually exclusive"));
    }
    wrongs
}

fn is_group(group: &str) -> bool {
    let Some(rest) = group.strip_prefix("system:bootstrappers:") else { return false };
    let ends = rest.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    ends && rest.len() <= 256 && rest.bytes().all(|b| LETTERS.contains(&b) || b == b':' || b == b'-')
}

/// A token by chance.
pub fn draw(call: &mut Call) -> String {
    format!("{}.{}", call.draw(6, LETTERS), call.draw(16, LETTERS))
}

/// The Secret of a token: shapes and names as in cluster-bootstrap.
pub fn secret(token: &Tree, now: Time) -> Tree {
    let text = token.get("token").text();
    let (id, secret) = parts(text).unwrap_or((text, ""));
    let mut data = map! {"token-id": base64::encode(id.as_bytes()), "token-secret": base64::encode(secret.as_bytes())};
    let mut put = |key: String, value: &str| {
        if !value.is_empty() {
            data.set(&[&key], base64::encode(value.as_bytes()));
        }
    };
    put("description".into(), token.get("description").text());
    let ttl = span(token.get("ttl").text()).unwrap_or_default();
    if ttl.0 > 0 {
        put("expiration".into(), &(now + ttl).rfc3339());
    }
    token.get("usages").items().iter().for_each(|usage| put(format!("usage-bootstrap-{}", usage.text()), "true"));
    let groups: Vec<&str> = token.get("groups").items().iter().map(Tree::text).collect();
    put("auth-extra-groups".into(), &groups.join(","));
    map! {
        "apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token", "data": data,
        "metadata": map! {"name": format!("bootstrap-token-{id}"), "namespace": "kube-system"},
    }
}

fn admin(call: &Call, given: &Given) -> Step<Client> {
    let path = if given.has("kubeconfig") { given.text("kubeconfig").to_string() } else { client::default_kubeconfig(call) };
    Client::load(call, &path)
}

pub fn generate(call: &mut Call, _: &Given) -> Step<()> {
    let token = draw(call);
    call.say(token);
    Ok(())
}

pub fn create(call: &mut Call, given: &Given) -> Step<()> {
    let token = match given.words.first() {
        Some(token) => {
            shaped(token)?;
            token.clone()
        }
        None => draw(call),
    };
    config::unmixed(given)?;
    let dry = given.is("dry-run");
    let client = if dry { None } else { Some(admin(call, given)?) };
    if !given.text("certificate-key").is_empty() && !given.is("print-join-command") {
        return fail("the flag --certificate-key requires --print-join-command to be set");
    }
    let listed = |name: &str, default: &str| {
        let all = if given.has(name) { given.list(name) } else { default.split(',').map(String::from).collect() };
        all.into_iter().map(Tree::from).collect::<Vec<_>>()
    };
    let groups = listed("groups", defaults::NODE_GROUP);
    let entry = map! {
        "token": token.as_str(), "description": given.text("description"), "ttl": given.span("ttl").to_string(),
        "usages": listed("usages", "signing,authentication"), "groups": groups,
    };
    config::validate::together(wrongs(&entry, "bootstrapTokens.0")).or_else(fail)?;
    let (id, _) = parts(&token).unwrap_or_default();
    let body = secret(&entry, call.machine.local(call.now));
    let Some(client) = client else {
        dry::missing(call, "", "secrets", "kube-system", body.at(&["metadata", "name"]).text());
        dry::create(call, &Item { group: "", version: "v1", plural: "secrets", object: body });
        call.say(token);
        return Ok(());
    };
    let answer = client.ask(call, Verb::Create, SECRETS, "kube-system", "", body)?.or_else(fail)?;
    if answer.code == 409 {
        return fail(format!("a token with id {} already exists", quoted(id)));
    }
    if !answer.is_ok() {
        return fail(format!("failed to create bootstrap token with name bootstrap-token-{id}: {}", answer.tree().get("message").text()));
    }
    if !given.is("print-join-command") {
        call.say(token);
        return Ok(());
    }
    let line = join_command(call, &client.server, &token, given.text("certificate-key"), " ")?;
    call.say(line);
    Ok(())
}

/// `kubeadm join …` with the hash of the cluster's authority; `gap` stands before the hash's flag.
pub fn join_command(call: &Call, server: &str, token: &str, key: &str, gap: &str) -> Step<String> {
    let hash = certs::authority_hash(call, defaults::PKI)?;
    let mut line =
        format!("kubeadm join {} --token {token}{gap}--discovery-token-ca-cert-hash sha256:{hash} ", server.trim_start_matches("https://"));
    if !key.is_empty() {
        let gap = if gap == " " { " " } else { gap.trim_start_matches(' ') };
        line = format!("{}{}--control-plane --certificate-key {key}", line.trim_end(), gap);
    }
    Ok(line)
}

pub fn delete(call: &mut Call, given: &Given) -> Step<()> {
    if given.words.is_empty() {
        return fail(format!("missing argument; 'token delete' is missing token of form {FORM} or {}", r#""\\A([a-z0-9]{6})\\z""#));
    }
    let client = admin(call, given)?;
    for word in &given.words {
        let id = match parts(word) {
            Some((id, _)) => id,
            None if letters(word, 6) => word,
            None => return fail(format!("given token didn't match pattern {FORM} or {}", r#""\\A([a-z0-9]{6})\\z""#)),
        };
        if given.is("dry-run") {
            dry::delete(call, "secrets", "kube-system", &format!("bootstrap-token-{id}"));
            call.say(format_args!("bootstrap token {} deleted", quoted(id)));
            continue;
        }
        let answer = client.ask(call, Verb::Delete, SECRETS, "kube-system", &format!("bootstrap-token-{id}"), Tree::Null)?.or_else(fail)?;
        if !answer.is_ok() {
            return fail(format!("failed to delete bootstrap token {}: {}", quoted(id), answer.tree().get("message").text()));
        }
        call.say(format_args!("bootstrap token {} deleted", quoted(id)));
    }
    Ok(())
}

pub fn list(call: &mut Call, given: &Given) -> Step<()> {
    let client = admin(call, given)?;
    let form = given.output().or_else(fail)?;
    let answer = client.get(call, SECRETS, "kube-system", "")?;
    let all = answer.map_err(|why| format!("failed to list bootstrap tokens: {why}")).or_else(fail)?;
    let mut tokens: Vec<Tree> =
        all.get("items").items().iter().filter(|one| one.get("type").text() == "bootstrap.kubernetes.io/token").map(read).collect();
    tokens.sort_by(|a, b| a.get("token").text().cmp(b.get("token").text()));
    if form == "json" {
        tokens.iter().for_each(|token| call.say(json(token)));
        return Ok(());
    }
    if form == "yaml" {
        let texts: Vec<String> =
            tokens.iter().map(|token| objects::yaml::write(&Tree::from_json(&json(token)).unwrap_or_default())).collect();
        call.stdout.push_str(&texts.join("---\n"));
        return Ok(());
    }
    if tokens.is_empty() {
        return Ok(());
    }
    let now = call.machine.local(call.now);
    let or_none = |text: String| if text.is_empty() { "<none>".to_string() } else { text };
    let joined = |token: &Tree, name: &str| or_none(token.get(name).items().iter().map(Tree::text).collect::<Vec<_>>().join(","));
    let mut rows = vec![["TOKEN", "TTL", "EXPIRES", "USAGES", "DESCRIPTION", "EXTRA GROUPS"].map(String::from)];
    for token in &tokens {
        let expires = token.get("expires").text();
        let ttl =
            Time::parse(expires).map_or("<forever>".to_string(), |at| if at < now { "<invalid>".into() } else { short_age(at.since(now)) });
        let until = if expires.is_empty() { "<never>".to_string() } else { expires.to_string() };
        let described = or_none(token.get("description").text().into());
        rows.push([token.get("token").text().into(), ttl, until, joined(token, "usages"), described, joined(token, "groups")]);
    }
    table(&rows).iter().for_each(|line| call.say(line));
    Ok(())
}

/// Columns as wide as their widest cell, three spaces apart; the second leaves room for `<forever>`, and `<never>` is not
/// filled up.
fn table(rows: &[[String; 6]]) -> Vec<String> {
    let width = |at: usize| rows.iter().map(|row| row[at].len()).max().unwrap_or(0).max(if at == 1 { 9 } else { 0 });
    let cell = |at: usize, cell: &String| match at {
        5 => cell.clone(),
        _ if cell == "<never>" => format!("{cell}   "),
        _ => format!("{cell:<width$}   ", width = width(at)),
    };
    rows.iter().map(|row| row.iter().enumerate().map(|(at, text)| cell(at, text)).collect()).collect()
}

/// A token's Secret as an entry of `bootstrapTokens`.
fn read(secret: &Tree) -> Tree {
    let text = |key: &str| base64::decode_text(secret.at(&["data", key]).text()).unwrap_or_default();
    let usages: Vec<Tree> = ["authentication", "signing"]
        .iter()
        .filter(|usage| text(&format!("usage-bootstrap-{usage}")) == "true")
        .map(|one| Tree::from(*one))
        .collect();
    let groups: Vec<Tree> = text("auth-extra-groups").split(',').filter(|one| !one.is_empty()).map(Tree::from).collect();
    map! {
        "token": format!("{}.{}", text("token-id"), text("token-secret")), "description": text("description"), "expires": text("expiration"),
        "usages": usages, "groups": groups,
    }
}

fn json(token: &Tree) -> String {
    let mut fields =
        vec!["    \"kind\": \"BootstrapToken\"".to_string(), "    \"apiVersion\": \"output.kubeadm.k8s.io/v1alpha3\"".to_string()];
    for name in ["token", "description", "expires"] {
        let text = token.get(name).text();
        if !text.is_empty() {
            fields.push(format!("    \"{name}\": {}", quoted(text)));
        }
    }
    for name in ["usages", "groups"] {
        let items: Vec<String> = token.get(name).items().iter().map(|one| format!("        {}", quoted(one.text()))).collect();
        if !items.is_empty() {
            fields.push(format!("    \"{name}\": [\n{}\n    ]", items.join(",\n")));
        }
    }
    format!("{{\n{}\n}}", fields.join(",\n"))
}
