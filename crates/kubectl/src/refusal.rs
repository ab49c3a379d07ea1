//! How kubectl words the server's failures (`cmd/util` `StandardErrorMessage`, `checkErr`).
use objects::Tree;
use objects::wire::{Body, Response};

/// How kubectl words a failed answer (`cmd/util.StandardErrorMessage` and `checkErr`).
pub fn server_words(response: &Response) -> String {
    if response.code == 0 {
        return silence(response);
    }
    if let Body::Text(text) = &response.body
        && response.code >= 500
        && !text.is_empty()
    {
        // client-go quotes a body that is no Status.
        let quoted = text.trim().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        return format!(
            "Error from server (InternalError): an error on the server (\"{quoted}\") has prevented the request from succeeding"
        );
    }
    let status = response.tree();
    let message = status.get("message").text();
    match status.get("reason").text() {
        "Unauthorized" => format!("error: You must be logged in to the server ({message})"),
        "" if message.is_empty() => format!("Error from server: the server responded with the status code {}", response.code),
        "" => format!("Error from server: {message}"),
        "Invalid" if status.get("details").is_null() => format!("The request is invalid: {message}"),
        "Invalid" => invalid_words(status),
        reason => format!("Error from server ({reason}): {message}"),
    }
}

/// No answer came (code 0): the body names what happened and the server's address, `refused 10.0.0.1:6443`,
/// or says Go's words, `said EOF`.
fn silence(response: &Response) -> String {
    let text = match &response.body {
        objects::wire::Body::Text(text) => text.as_str(),
        _ => "",
    };
    match text.split_once(' ') {
        Some(("refused", address)) => {
            format!("The connection to the server {address} was refused - did you specify the right host or port?")
        }
        Some(("said", why)) => format!("Unable to connect to the server: {why}"),
        Some((_, address)) => format!("Unable to connect to the server: dial tcp {address}: connect: no route to host"),
        None => "Unable to connect to the server: EOF".to_string(),
    }
}

/// The same with what was being done to which file: `error when creating "web.yaml": …`. `Invalid` answers stay bare.
pub fn server_words_about(response: &Response, doing: &str, source: &str) -> String {
    let mut told = response.clone();
    if let objects::wire::Body::Tree(status) = &mut told.body
        && !source.is_empty()
    {
        let message = format!("error when {doing} \"{source}\": {}", status.get("message").text());
        status.set(&["message"], message);
    }
    server_words(&told)
}

/// `The Pod "x" is invalid: field: why`, with a bulleted list when there are several causes.
fn invalid_words(status: &Tree) -> String {
    let details = status.get("details");
    let causes = details.get("causes").items();
    let (kind, name) = (details.get("kind").text(), details.get("name").text());
    if causes.is_empty() {
        return if kind.is_empty() {
            format!("The request is invalid: {}", status.get("message").text())
        } else {
            format!("The {kind} \"{name}\" is invalid")
        };
    }
    let lines: Vec<String> = causes
        .iter()
        .map(|cause| match cause.get("field").text() {
            "" => cause.get("message").text().to_string(),
            field => format!("{field}: {}", cause.get("message").text()),
        })
        .collect();
    let head = if kind.is_empty() { "The request is invalid".to_string() } else { format!("The {kind} \"{name}\" is invalid") };
    if lines.len() == 1 { format!("{head}: {}", lines[0]) } else { format!("{head}: \n* {}", lines.join("\n* ")) }
}
