//! `create token`: a token of a service account.
use super::Verb;
use super::parts::name;
use crate::args::{Args, Takes, flag};
use crate::client;
use crate::job::{Io, Stop};
use crate::print::Output;
use objects::{Tree, map, wire};

pub const TOKEN: Verb = Verb {
    name: "token",
    aliases: &[],
    short: "Request a service account token",
    usage: "kubectl create token SERVICE_ACCOUNT_NAME [options]",
    examples: "  # A token for the service account \"myapp\"\n  kubectl create token myapp\n\n  # One that is good for ten minutes\n  kubectl create token myapp --duration 10m",
    flags: &[
        flag(
            "audience",
            '\0',
            Takes::List,
            "",
            "Audience of the requested token. May be repeated to request a token valid for multiple audiences.",
        ),
        flag("bound-object-kind", '\0', Takes::Text, "", "Kind of an object to bind the token to. Supported kinds are Node, Pod, Secret."),
        flag("bound-object-name", '\0', Takes::Text, "", "Name of an object to bind the token to."),
        flag(
            "duration",
            '\0',
            Takes::Span,
            "0s",
            "Requested lifetime of the issued token. If not set or if set to 0, the lifetime will be determined by the server automatically.",
        ),
        flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …)."),
    ],
    subs: &[],
    run: token,
};

fn token(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let name = name(args)?;
    let (kind, bound) = (args.text("bound-object-kind"), args.text("bound-object-name"));
    if !matches!(kind, "" | "Node" | "Pod" | "Secret") {
        return Err(Stop::error("supported --bound-object-kind values are Node, Pod, Secret"));
    }
    if !kind.is_empty() && bound.is_empty() {
        return Err(Stop::error("--bound-object-name is required if --bound-object-kind is provided"));
    }
    if kind.is_empty() && !bound.is_empty() {
        return Err(Stop::error("--bound-object-name can only be set if --bound-object-kind is provided"));
    }
    if args.text("duration").starts_with('-') {
        return Err(Stop::error("--duration must be greater than or equal to 0"));
    }
    let mut spec = map! {};
    if args.span("duration").as_secs() > 0 {
        spec.set(&["expirationSeconds"], args.span("duration").as_secs() as i64);
    }
    let audiences: Vec<Tree> = args.list("audience").into_iter().map(Tree::from).collect();
    if !audiences.is_empty() {
        spec.set(&["audiences"], audiences);
    }
    let place = client::namespace(args, io)?;
    let mut ask = client::known(args, wire::Verb::Create, "", "v1", "serviceaccounts", &place, name).subresource("token");
    ask.body = map! {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": map! {}, "spec": spec};
    let answer = io.send(ask)?;
    if !answer.is_ok() {
        // Upstream wraps the server's words and prints them as its own.
        return Err(Stop::error(format!("failed to create token: {}", answer.tree().get("message").text())));
    }
    let token = answer.tree().at(&["status", "token"]).text();
    match args.text("output") {
        // A program that reads it gets the token alone, a person a line.
        "" if io.captured => io.out(token),
        "" => io.out(format!("{token}\n")),
        _ => Output::read(args, io)?.print(io, answer.tree(), "tokenrequest.authentication.k8s.io")?,
    }
    Ok(0)
}
