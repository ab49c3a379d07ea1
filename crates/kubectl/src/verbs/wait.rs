//! `kubectl wait`: until a condition holds, a field has a value, an object is made or gone.
use crate::args::{Args, Takes, flag};
use crate::client::{self, Info, Pick};
use crate::job::{Flow, Io, News, Stop, server_words};
use crate::print;
use crate::verbs::Verb;
use objects::Tree;
use objects::jsonpath::{self, Template};
use objects::wire::{Request, Verb as Ask};
use simcore::{Duration, Time};

pub static VERB: Verb = Verb {
    name: "wait",
    aliases: &[],
    short: "Wait for a specific condition on one or many resources",
    usage: "kubectl wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]] [options]",
    examples: "  # Until the Pod is ready\n  kubectl wait --for=condition=Ready pod/busybox1\n\n  # Until its phase is Running\n  kubectl wait --for=jsonpath='{.status.phase}'=Running pod/busybox1\n\n  # Until it is gone, for a minute at most\n  kubectl wait --for=delete pod/busybox1 --timeout=60s\n",
    flags: &[
        flag("all", '\0', Takes::Bool, "false", "Select all resources in the namespace of the specified resource types"),
        flag("all-namespaces", 'A', Takes::Bool, "false", "If present, list the requested object(s) across all namespaces."),
        flag("field-selector", '\0', Takes::Text, "", "Selector (field query) to filter on."),
        flag("filename", 'f', Takes::List, "", "identifying the resource."),
        flag(
            "for",
            '\0',
            Takes::Texts,
            "",
            "The condition to wait on: [create|delete|condition=condition-name[=condition-value]|jsonpath='{JSONPath expression}'=[JSONPath value]].",
        ),
        flag("local", '\0', Takes::Bool, "false", "If true, do not contact the server."),
        flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …)."),
        flag("recursive", 'R', Takes::Bool, "true", "Read the folders of -f with all that is below them."),
        flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
        flag(
            "timeout",
            '\0',
            Takes::Span,
            "30s",
            "The length of time to wait before giving up. Zero means check once and don't wait, negative means wait for a week.",
        ),
    ],
    subs: &[],
    run,
};

/// What is waited for.
enum Goal {
    Create,
    Delete,
    Condition { name: String, status: String },
    Field { path: Template, value: Option<String> },
}

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let given = args.list("for");
    if given.is_empty() {
        return Err(Stop::error("unrecognized condition: []"));
    }
    let goals = given.iter().map(|text| goal(text)).collect::<Result<Vec<_>, _>>().map_err(Stop::error)?;
    let goes = goals.iter().any(|goal| matches!(goal, Goal::Delete));
    let limit = if args.text("timeout").starts_with('-') { Duration::secs(168 * 3600) } else { args.span("timeout") };
    let deadline = io.now() + limit;
    if args.words.is_empty() && args.list("filename").is_empty() {
        return Err(Stop::error(client::NOTHING_NAMED));
    }
    if !args.list("filename").is_empty() && !args.words.is_empty() {
        return Err(Stop::error("resource/name arguments cannot be provided when a path is specified"));
    }
    if goals.iter().any(|goal| matches!(goal, Goal::Create)) {
        created(args, io, limit, deadline)?;
    }
    let found = client::named_live(args, io, &args.words)?;
    // What is gone already need not be waited for.
    let gone = |words: &String| goes && words.starts_with("Error from server (NotFound)");
    let failures: Vec<String> = found.failures.into_iter().filter(|words| !gone(words)).collect();
    if found.infos.is_empty() && failures.is_empty() && !goes {
        return Err(Stop::error("no matching resources found"));
    }
    if let Some(words) = failures.first() {
        return Err(Stop::plain(words.as_str()));
    }
    let mut failures = Vec::new();
    for info in &found.infos {
        // All wait by one clock. Once that has run out, nobody is looked at any more.
        if limit != Duration::ZERO && io.now() >= deadline {
            failures.push(format!("error: timed out waiting for the condition on {}/{}", info.served.plural, info.name));
            continue;
        }
        for goal in &goals {
            match one(args, io, info, goal, limit, deadline) {
                Ok(()) => print::object(args, io, info, "condition met")?,
                Err(Stop::Fail { text, .. }) => {
                    failures.push(text);
                    break;
                }
                Err(other) => return Err(other),
            }
        }
    }
    client::finish(io, &failures)
}

fn goal(text: &str) -> Result<Goal, String> {
    match text.to_ascii_lowercase().as_str() {
        "delete" => return Ok(Goal::Delete),
        "create" => return Ok(Goal::Create),
        _ => {}
    }
    if let Some(rest) = text.strip_prefix("condition=") {
        let (name, status) = rest.split_once('=').unwrap_or((rest, "true"));
        return Ok(Goal::Condition { name: name.to_string(), status: status.to_string() });
    }
    let Some(rest) = text.strip_prefix("jsonpath=") else {
        return Err(format!("unrecognized condition: \"{text}\""));
    };
    // The value stands after the expression's closing brace; an `=` inside a filter belongs to the expression.
    let end = rest.rfind('}').map_or(0, |at| at + 1);
    let (path, value) = match rest[end..].find('=') {
        Some(at) => (&rest[..end + at], Some(rest[end + at + 1..].trim_matches(['\'', '"']).to_string())),
        None => (rest, None),
    };
    if value.as_deref() == Some("") {
        return Err("jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3".to_string());
    }
    if path.trim_matches(['\'', '"']).is_empty() {
        return Err("jsonpath expression cannot be empty".to_string());
    }
    let path = jsonpath::relaxed(path.trim_matches(['\'', '"']))?;
    Ok(Goal::Field { path: Template::parse(&path)?, value })
}

/// Whether an object is as it was wished; the error says what can never be compared.
fn met(goal: &Goal, object: &Tree) -> Result<bool, String> {
    Ok(match goal {
        Goal::Create => true,
        Goal::Delete => false,
        Goal::Condition { name, status } => condition_met(object, name, status),
        Goal::Field { path, value } => match (path.find(object, false).unwrap_or_default().as_slice(), value) {
            ([], _) => false,
            ([_, _, ..], _) => return Err("given jsonpath expression matches more than one value".to_string()),
            ([_], None) => true,
            ([Tree::List(_) | Tree::Map(_)], Some(_)) => {
                return Err("jsonpath leads to a nested object or list which is not supported".to_string());
            }
            ([found], Some(value)) => text(found) == *value,
        },
    })
}

fn text(value: &Tree) -> String {
    value.as_text().map_or_else(|| value.to_json(), |text| text.to_string())
}

/// A condition counts only when it was set for the present generation.
fn condition_met(object: &Tree, name: &str, status: &str) -> bool {
    let all = object.at(&["status", "conditions"]).items();
    let Some(condition) = all.iter().find(|condition| condition.get("type").text().eq_ignore_ascii_case(name)) else { return false };
    let observed = condition.get("observedGeneration").as_int().or(object.at(&["status", "observedGeneration"]).as_int());
    let generation = object.at(&["metadata", "generation"]).as_int();
    let stale = matches!((generation, observed), (Some(now), Some(seen)) if seen < now);
    !stale && condition.get("status").text().eq_ignore_ascii_case(status)
}

fn one(args: &Args, io: &mut Io, info: &Info, goal: &Goal, limit: Duration, deadline: Time) -> Result<(), Stop> {
    if met(goal, &info.tree).map_err(Stop::error)? {
        return Ok(());
    }
    if limit == Duration::ZERO {
        return Err(Stop::error(format!("condition not met for {}/{}", info.served.plural, info.name)));
    }
    let ask = watch(args, info);
    let uid = info.tree.at(&["metadata", "uid"]).text().to_string();
    let late = format!("error: timed out waiting for the condition on {}/{}", info.served.plural, info.name);
    let missing = format!("Error from server (NotFound): {} \"{}\" not found", info.served.resource(), info.name);
    let end = io.follow(vec![ask], Some(deadline), Tree::Null, |state, incoming, _| {
        let words = match &incoming.news {
            News::Opened(response) if !response.is_ok() => server_words(response),
            News::Event(event) if event.kind == "DELETED" => match goal {
                Goal::Delete => return Flow::Done,
                _ => missing.clone(),
            },
            News::Event(event) if event.kind == "ADDED" || event.kind == "MODIFIED" => {
                let other = matches!(goal, Goal::Delete) && event.object.at(&["metadata", "uid"]).text() != uid;
                match met(goal, &event.object) {
                    Err(words) => format!("error: {words}"),
                    Ok(met) => return if other || met { Flow::Done } else { Flow::More },
                }
            }
            News::Woken => late.clone(),
            News::Closed => "error: watch closed before UntilWithoutRetry timeout".to_string(),
            _ => return Flow::More,
        };
        *state = Tree::from(words);
        Flow::Done
    })?;
    if end.is_empty() { Ok(()) } else { Err(Stop::plain(end.text())) }
}

/// The changes of one object from the version that was seen on.
fn watch(args: &Args, info: &Info) -> Request {
    let mut ask = client::request(args, Ask::Watch, &info.served, &info.namespace, "");
    ask.options.field_selector = format!("metadata.name={}", info.name);
    ask.options.resource_version = info.tree.at(&["metadata", "resourceVersion"]).text().to_string();
    ask
}

/// Waits until what is named exists; looks every half second, as upstream.
fn created(args: &Args, io: &mut Io, limit: Duration, deadline: Time) -> Result<(), Stop> {
    let place = client::namespace(args, io)?;
    let picks: Vec<Pick> = client::pick(args, io, &args.words)?;
    for pick in picks.iter().filter(|pick| !pick.name.is_empty()) {
        loop {
            let answer = io.send(client::request(args, Ask::Get, &pick.served, &place, &pick.name))?;
            if answer.is_ok() {
                break;
            }
            if answer.code != 404 {
                return Err(Stop::server(&answer));
            }
            if limit == Duration::ZERO || io.now() >= deadline {
                return Err(Stop::error("timed out waiting for the condition"));
            }
            let next = (io.now() + Duration::millis(500)).min(deadline);
            io.sleep_until(next)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    #[test]
    fn a_condition_of_an_older_generation_does_not_count() {
        let mut object = map! {
            "metadata": map! {"generation": 2},
            "status": map! {"observedGeneration": 1, "conditions": list![map! {"type": "Available", "status": "True"}]},
        };
        let wish = goal("condition=available").unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(met(&wish, &object), Ok(false));
        object.set(&["status", "observedGeneration"], 2);
        assert_eq!(met(&wish, &object), Ok(true));
    }

    #[test]
    fn unknown_wishes_are_refused() {
        assert_eq!(goal("ready").err().as_deref(), Some("unrecognized condition: \"ready\""));
    }
}
