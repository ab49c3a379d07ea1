//! From method, path, headers and body to a `Request`.
use super::negotiate;
use objects::wire::{Origin, PatchKind, Request, Resource, Response, Target, User, Verb};
use objects::{Status, Text, Tree, go_json, url, yaml};

/// Reads a request, or says at once what is wrong with it. Header names are compared without case.
///
/// Impersonation (`Impersonate-User`, `Impersonate-Group`) and our own service account tokens are honoured; whoever else
/// comes is the administrator.
pub fn parse(method: &str, path_and_query: &str, headers: &[(String, String)], body: &[u8]) -> Result<Request, Box<Response>> {
    let header = |name: &str| headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.as_str());
    let (target, options, watch) = url::read(path_and_query);
    // Schemas of version 2 are asked for in protobuf only; the answer to that is empty in any form.
    let old_schemas = matches!(&target, Target::Path(path) if path == "/openapi/v2");
    let accept = match negotiate::accept(header("Accept")) {
        Some((accept, _)) => accept,
        None if old_schemas => Default::default(),
        None => return Err(Box::new(not_acceptable(&target))),
    };
    let verb = verb(method, &target, watch, header("Content-Type")).map_err(|status| Box::new(Response::from(status)))?;
    if let Some(words) = url::wrong_number(path_and_query) {
        return Err(Box::new(Response::from(Status::bad_request(words))));
    }
    let body = read_body(verb, &target, header("Content-Type"), body).map_err(|status| Box::new(Response::from(status)))?;
    let agent = header("User-Agent").split(['/', ' ']).next().unwrap_or("");
    let origin = Origin { actor: Text::new(agent), cause: None, reason: Tree::Null };
    Ok(Request { verb, target, options, accept, body, user: user(headers, header("Authorization")), origin })
}

fn user(headers: &[(String, String)], authorization: &str) -> User {
    let all = |name: &str| -> Vec<Text> {
        headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| Text::new(value)).collect()
    };
    let groups = |mut groups: Vec<Text>, more: &[&str]| {
        groups.extend(more.iter().map(Text::new));
        groups
    };
    if let Some(name) = all("Impersonate-User").into_iter().next() {
        let account = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
        let mut more = Vec::new();
        let of_namespace = account.map(|(namespace, _)| format!("system:serviceaccounts:{namespace}"));
        if let Some(group) = &of_namespace {
            more.extend(["system:serviceaccounts", group.as_str()]);
        }
        more.push("system:authenticated");
        return User { groups: groups(all("Impersonate-Group"), &more), name };
    }
    // The tokens that the `token` subresource gives out: simulated.<namespace>.<name>.<digits>
    let token =
        authorization.strip_prefix("Bearer simulated.").and_then(|rest| rest.rsplit_once('.')).and_then(|(rest, _)| rest.split_once('.'));
    if let Some((namespace, name)) = token {
        let of_namespace = format!("system:serviceaccounts:{namespace}");
        return User {
            name: format!("system:serviceaccount:{namespace}:{name}").into(),
            groups: groups(Vec::new(), &["system:serviceaccounts", &of_namespace, "system:authenticated"]),
        };
    }
    User { name: Text::new_static("kubernetes-admin"), groups: groups(Vec::new(), &["system:masters", "system:authenticated"]) }
}

fn verb(method: &str, target: &Target, watch: bool, content: &str) -> Result<Verb, Status> {
    let named = match target {
        Target::Resource { name, .. } => !name.is_empty(),
        Target::Path(_) => true,
    };
    Ok(match method {
        // One object is answered, whatever is said of watching.
        "GET" | "HEAD" if named => Verb::Get,
        "GET" | "HEAD" if watch => Verb::Watch,
        "GET" | "HEAD" => Verb::List,
        "POST" => Verb::Create,
        "PUT" => Verb::Update,
        "PATCH" => Verb::Patch(patch_kind(content)?),
        "DELETE" if named => Verb::Delete,
        "DELETE" => Verb::DeleteCollection,
        _ => return Err(Status::method_not_allowed("the server does not allow this method on the requested resource")),
    })
}

fn patch_kind(content: &str) -> Result<PatchKind, Status> {
    match content.split(';').next().unwrap_or("").trim() {
        "application/json-patch+json" => Ok(PatchKind::Json),
        "application/merge-patch+json" => Ok(PatchKind::Merge),
        "application/strategic-merge-patch+json" => Ok(PatchKind::Strategic),
        "application/apply-patch+yaml" => Ok(PatchKind::Apply),
        _ => Err(unknown_format(
            "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml, application/apply-patch+cbor",
        )),
    }
}

fn unknown_format(accepted: &str) -> Status {
    let words = format!("the body of the request was in an unknown format - accepted media types include: {accepted}");
    Status::new(415, "UnsupportedMediaType", words)
}

fn read_body(verb: Verb, target: &Target, content: &str, body: &[u8]) -> Result<Tree, Status> {
    let form = content.split(';').next().unwrap_or("").trim();
    if matches!(verb, Verb::Get | Verb::List | Verb::Watch) {
        return Ok(Tree::Null);
    }
    if body.is_empty() {
        let whole =
            matches!(verb, Verb::Create | Verb::Update) && matches!(target, Target::Resource { subresource, .. } if subresource.is_empty());
        return if whole { Err(unrecognized(verb, target, go_json::END, body)) } else { Ok(Tree::Null) };
    }
    let known = ["", "application/json", "application/yaml", "application/cbor", "application/vnd.kubernetes.protobuf"];
    if !matches!(verb, Verb::Patch(_)) && !known.contains(&form) {
        return Err(unknown_format("application/json, application/yaml, application/vnd.kubernetes.protobuf"));
    }
    if content.contains("protobuf") || content.contains("cbor") {
        return Err(unknown_format("application/json, application/yaml"));
    }
    let text = std::str::from_utf8(body).map_err(|_| Status::bad_request("the body of the request is not UTF-8"))?;
    if content.contains("yaml") {
        let documents = yaml::read(text).map_err(|problem| Status::bad_request(problem.message))?;
        return Ok(documents.into_iter().next().map(|document| document.tree).unwrap_or_default());
    }
    Tree::from_json(text).map_err(|_| unrecognized(verb, target, &go_json::problem(text).1, body))
}

/// What the server says of a body that is no JSON: what it should be, Go's words, and how the body begins.
fn unrecognized(verb: Verb, target: &Target, problem: &str, body: &[u8]) -> Status {
    match verb {
        Verb::Patch(PatchKind::Json | PatchKind::Merge) => return Status::bad_request(format!("error decoding patch: {problem}")),
        Verb::Patch(_) => return Status::bad_request(problem),
        _ => {}
    }
    let problem = format!("couldn't get version/kind; json parse error: {problem}");
    let row = match target {
        Target::Resource { resource: Resource::Named { group, version, plural }, .. } => objects::kinds::by_plural(group, version, plural),
        _ => None,
    };
    let wanted = match (verb, row) {
        (Verb::Create | Verb::Update, Some(row)) => row.row().kind,
        (Verb::Create | Verb::Update, None) => return Status::bad_request(problem),
        _ => "DeleteOptions",
    };
    let begin = &body[..body.len().min(30)];
    let more = if body.len() > begin.len() { " ..." } else { "" };
    let begin = match begin.first() {
        None => "<empty>".to_string(),
        Some(b'{') => String::from_utf8_lossy(begin).into_owned(),
        Some(_) => begin.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    Status::bad_request(format!("the object provided is unrecognized (must be of type {wanted}): {problem} ({begin}{more})"))
}

fn not_acceptable(target: &Target) -> Response {
    let words = match target {
        Target::Path(_) => {
            "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"
                .to_string()
        }
        Target::Resource { .. } => {
            let forms = "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";
            format!("406: Not Acceptable\n\nAvailable representations: {forms}")
        }
    };
    let mut status = Status::new(406, "NotAcceptable", words);
    status.details = Tree::from(objects::Map::default());
    Response::from(status)
}
