//! `create configmap`, `create secret generic|tls|docker-registry`.
use super::Verb;
use super::parts::{generated, name, post};
use crate::args::{Args, Flag, Takes, flag};
use crate::job::{Io, Stop};
use objects::base64;
use objects::{Tree, map};
use std::collections::BTreeMap;

const FROM_FILE: Flag = flag(
    "from-file",
    '\0',
    Takes::Texts,
    "",
    "Key file can be specified using its file path, in which case file basename will be used as the key, or optionally with a key and file path, in which case the given key will be used.",
);
const FROM_LITERAL: Flag = flag("from-literal", '\0', Takes::Texts, "", "Specify a key and literal value to insert (i.e. mykey=somevalue)");
const FROM_ENV: Flag = flag("from-env-file", '\0', Takes::Texts, "", "Specify the path to a file to read lines of key=val pairs.");
const APPEND_HASH: Flag = flag("append-hash", '\0', Takes::Bool, "false", "Append a hash of the data to its name.");

pub const CONFIG_MAP: Verb = Verb {
    name: "configmap",
    aliases: &["cm"],
    short: "Create a config map from a local file, directory or literal value",
    usage: "kubectl create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none] [options]",
    examples: "  # Create a new config map named my-config with key1=config1 and key2=config2\n  kubectl create configmap my-config --from-literal=key1=config1 --from-literal=key2=config2",
    flags: generated![FROM_FILE, FROM_LITERAL, FROM_ENV, APPEND_HASH],
    subs: &[],
    run: config_map,
};

pub const SECRET: Verb = Verb {
    name: "secret",
    aliases: &[],
    short: "Create a secret using a specified subcommand",
    usage: "kubectl create secret (docker-registry | generic | tls) [options]",
    examples: "",
    flags: &[],
    subs: &[DOCKER, GENERIC, TLS],
    run: which_secret,
};

const GENERIC: Verb = Verb {
    name: "generic",
    aliases: &[],
    short: "Create a secret from a local file, directory, or literal value",
    usage: "kubectl create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none] [options]",
    examples: "  # Create a new secret named my-secret with key1=supersecret and key2=topsecret\n  kubectl create secret generic my-secret --from-literal=key1=supersecret --from-literal=key2=topsecret",
    flags: generated![FROM_FILE, FROM_LITERAL, FROM_ENV, APPEND_HASH, flag("type", '\0', Takes::Text, "", "The type of secret to create"),],
    subs: &[],
    run: generic,
};

const TLS: Verb = Verb {
    name: "tls",
    aliases: &[],
    short: "Create a TLS secret",
    usage: "kubectl create secret tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none] [options]",
    examples: "",
    flags: generated![
        flag("cert", '\0', Takes::Text, "", "Path to PEM encoded public key certificate."),
        flag("key", '\0', Takes::Text, "", "Path to private key associated with given certificate."),
    ],
    subs: &[],
    run: tls,
};

const DOCKER: Verb = Verb {
    name: "docker-registry",
    aliases: &[],
    short: "Create a secret for use with a Docker registry",
    usage: "kubectl create secret docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [options]",
    examples: "",
    flags: generated![
        flag("docker-email", '\0', Takes::Text, "", "Email for Docker registry"),
        flag("docker-password", '\0', Takes::Text, "", "Password for Docker registry authentication"),
        flag("docker-server", '\0', Takes::Text, "https://index.docker.io/v1/", "Server location for Docker registry"),
        flag("docker-username", '\0', Takes::Text, "", "Username for Docker registry authentication"),
    ],
    subs: &[],
    run: docker,
};

fn which_secret(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    match args.words.first() {
        Some(word) => Err(Stop::error(format!("unknown command \"{word}\"\nSee 'kubectl create secret -h' for help and examples"))),
        None => crate::verbs::group(args, io),
    }
}

/// Keys and values from literals, files, folders and env files.
fn data(args: &Args, io: &Io, kind: &'static str, name: &str) -> Result<BTreeMap<String, String>, Stop> {
    let (files, literals, envs) = (args.list("from-file"), args.list("from-literal"), args.list("from-env-file"));
    if !envs.is_empty() && (!files.is_empty() || !literals.is_empty()) {
        return Err(Stop::error("from-env-file cannot be combined with from-file or from-literal"));
    }
    let mut data = BTreeMap::new();
    for literal in literals {
        let Some((key, value)) = literal.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(Stop::error(format!("invalid literal source {literal}, expected key=value")));
        };
        add(&mut data, kind, name, key, value)?;
    }
    for source in files {
        let (key, path) = key_and_path(&source).map_err(Stop::error)?;
        for (file, text) in read(io, path)? {
            add(&mut data, kind, name, key.unwrap_or(&file), &text)?;
        }
    }
    for path in envs {
        let text = io.session.file(&path).ok_or_else(|| Stop::error(format!("error reading {path}: no such file or directory")))?;
        for line in text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            add(&mut data, kind, name, key, value)?;
        }
    }
    Ok(data)
}

/// `key=path`, or a path alone (`util.ParseFileSource`).
fn key_and_path(source: &str) -> Result<(Option<&str>, &str), String> {
    match source.split_once('=') {
        None => Ok((None, source)),
        Some(("", path)) if !path.contains('=') => Err(format!("key name for file path {path} missing")),
        Some((key, "")) => Err(format!("file path for key name {key} missing")),
        Some((_, path)) if path.contains('=') => Err("key names or file paths cannot contain '='".to_string()),
        Some((key, path)) => Ok((Some(key), path)),
    }
}

fn add(data: &mut BTreeMap<String, String>, kind: &str, name: &str, key: &str, value: &str) -> Result<(), Stop> {
    if let Some(why) = unfit(key) {
        let of = if kind == "Secret" { "is not valid key name for a Secret" } else { "is not a valid key name for a ConfigMap:" };
        return Err(Stop::error(format!("\"{key}\" {of} {why}")));
    }
    if data.insert(key.to_string(), value.to_string()).is_some() {
        return Err(Stop::error(match kind {
            "Secret" => format!("cannot add key {key}, another key by that name already exists"),
            _ => format!("cannot add key \"{key}\", another key by that name already exists in Data for ConfigMap \"{name}\""),
        }));
    }
    Ok(())
}

/// Why a text is no key of a ConfigMap or Secret.
fn unfit(key: &str) -> Option<String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if key.is_empty() || !key.chars().all(good) {
        return Some("a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')".to_string());
    }
    match key {
        "." => Some("must not be '.'".to_string()),
        ".." => Some("must not be '..'".to_string()),
        _ if key.starts_with("..") => Some("must not start with '..'".to_string()),
        _ => None,
    }
}

fn read(io: &Io, path: &str) -> Result<Vec<(String, String)>, Stop> {
    let base = |name: &str| name.rsplit('/').next().unwrap_or(name).to_string();
    if let Some(text) = io.session.file(path) {
        return Ok(vec![(base(path), text.to_string())]);
    }
    if io.session.is_folder(path) {
        let files = io.session.folder(path, false);
        return Ok(files.iter().map(|file| (base(file), io.session.file(file).unwrap_or("").to_string())).collect());
    }
    Err(Stop::error(format!("error reading {path}: no such file or directory")))
}

fn config_map(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    let data = data(args, io, "ConfigMap", name)?;
    let mut tree = map! {"apiVersion": "v1", "kind": "ConfigMap", "metadata": map! {"name": name}};
    if !data.is_empty() {
        tree.set(&["data"], data.into_iter().map(|(key, value)| (key, Tree::from(value))).collect::<objects::Map>());
    }
    post(args, io, tree, "failed to create configmap")
}

fn generic(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    let data = data(args, io, "Secret", name)?;
    secret(args, io, name, args.text("type"), data)
}

fn secret(args: &Args, io: &mut Io, name: &str, kind: &str, data: BTreeMap<String, String>) -> Result<u8, Stop> {
    let mut tree = map! {"apiVersion": "v1", "kind": "Secret", "metadata": map! {"name": name}};
    if !data.is_empty() {
        tree.set(
            &["data"],
            data.into_iter().map(|(key, value)| (key, Tree::from(base64::encode(value.as_bytes())))).collect::<objects::Map>(),
        );
    }
    if !kind.is_empty() {
        tree.set(&["type"], kind);
    }
    post(args, io, tree, "failed to create secret")
}

fn tls(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    if args.text("cert").is_empty() || args.text("key").is_empty() {
        return Err(Stop::error("key and cert must be specified"));
    }
    let mut data = BTreeMap::new();
    for (key, path) in [("tls.crt", args.text("cert")), ("tls.key", args.text("key"))] {
        let text =
            io.session.file(path).ok_or_else(|| Stop::error(format!("Cannot read file {path}, open {path}: no such file or directory")))?;
        data.insert(key.to_string(), text.to_string());
    }
    secret(args, io, name, "kubernetes.io/tls", data)
}

fn docker(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    if args.text("docker-username").is_empty() || args.text("docker-password").is_empty() {
        return Err(Stop::error(
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required",
        ));
    }
    let (user, password) = (args.text("docker-username"), args.text("docker-password"));
    let mut login = map! {"username": user, "password": password, "auth": base64::encode(format!("{user}:{password}").as_bytes())};
    if args.given("docker-email") {
        login.set(&["email"], args.text("docker-email"));
    }
    // Upstream writes a struct: its fields stand in their declared order.
    let fields: Vec<String> = ["username", "password", "email", "auth"]
        .into_iter()
        .filter(|field| login.has(field))
        .map(|field| format!("\"{field}\":{}", login.get(field).to_json()))
        .collect();
    let config = format!("{{\"auths\":{{{}:{{{}}}}}}}", Tree::from(args.text("docker-server")).to_json(), fields.join(","));
    secret(args, io, name, "kubernetes.io/dockerconfigjson", BTreeMap::from([(".dockerconfigjson".to_string(), config)]))
}
