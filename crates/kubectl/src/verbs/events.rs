//! `kubectl events`: what happened, oldest first.
use crate::args::{Args, Takes, flag};
use crate::client;
use crate::describe::parts::events::interval;
use crate::describe::parts::page::aligned;
use crate::job::{Flow, Io, News, Stop, server_words};
use crate::print;
use crate::verbs::Verb;
use objects::wire::Verb as Ask;
use objects::{Tree, map};
use simcore::Time;

pub static VERB: Verb = Verb {
    name: "events",
    aliases: &[],
    short: "List events",
    usage: "kubectl events [(-o|--output=)json|yaml|...] [--for TYPE/NAME] [--watch] [--types=Normal,Warning] [options]",
    examples: "  # Recent events in this namespace\n  kubectl events\n\n  # About one Pod, and what comes next\n  kubectl events --for pod/web-pod-13je7 --watch\n\n  # Warnings only\n  kubectl events --types=Warning\n",
    flags: &[
        flag("all-namespaces", 'A', Takes::Bool, "false", "If present, list the requested object(s) across all namespaces."),
        flag("chunk-size", '\0', Takes::Int, "500", "Return large lists in chunks rather than all at once. Pass 0 to disable."),
        flag("for", '\0', Takes::Text, "", "Filter events to only those pertaining to the specified resource."),
        flag("no-headers", '\0', Takes::Bool, "false", "When using the default output format, don't print headers."),
        flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …)."),
        flag("types", '\0', Takes::List, "", "Output only events of given types."),
        flag("watch", 'w', Takes::Bool, "false", "After listing the requested events, watch for more events."),
    ],
    subs: &[],
    run,
};

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let types = args.list("types");
    if let Some(wrong) = types.iter().find(|kind| !["normal", "warning"].contains(&kind.to_ascii_lowercase().as_str())) {
        let _ = wrong;
        return Err(Stop::error("valid --types are Normal or Warning"));
    }
    // A form that it does not have is refused before anything is asked for.
    crate::print::Output::read(args, io)?;
    let everywhere = args.is("all-namespaces");
    let place = if everywhere { String::new() } else { client::namespace(args, io)? };
    let chosen = about(args, io)?;
    let mut ask = client::known(args, Ask::List, "", "v1", "events", &place, "");
    ask.options.field_selector = chosen.clone();
    let list = io.fetch(ask)?;
    let wanted = |event: &Tree| types.is_empty() || types.iter().any(|kind| kind.eq_ignore_ascii_case(event.get("type").text()));
    let mut events: Vec<Tree> = list.get("items").items().iter().filter(|event| wanted(event)).cloned().collect();
    crate::go_sort::sort_by(&mut events, |a, b| seen(a).cmp(&seen(b)));
    let now = io.now();
    if events.is_empty() && !args.is("watch") {
        io.err(if everywhere { "No events found.\n".to_string() } else { format!("No events found in {place} namespace.\n") });
    } else if args.text("output") == "name" {
        // Upstream's list has no name of its own, and prints none of its items'.
    } else if !args.text("output").is_empty() {
        show_as(args, io, events)?;
    } else if !events.is_empty() {
        let head = if args.is("no-headers") { String::new() } else { header(everywhere) };
        let rows: String = events.iter().map(|event| row(event, now, everywhere)).collect();
        io.out(aligned(&(head + &rows), 3));
    }
    if args.is("watch") { follow(args, io, &place, chosen, list.at(&["metadata", "resourceVersion"]).text(), &types) } else { Ok(0) }
}

/// The field selector for `--for pod/web`.
fn about(args: &Args, io: &mut Io) -> Result<String, Stop> {
    let text = args.text("for");
    if text.is_empty() {
        return Ok(String::new());
    }
    let parts: Vec<&str> = text.split('/').collect();
    let (kind, name) = match parts[..] {
        ["", _] => return Err(Stop::error("a resource must be present, got: /, Resource=")),
        [_, ""] => return Ok(String::new()),
        [kind, name] => (kind, name),
        [_] => return Err(Stop::error("--for must be in resource/name form")),
        _ => return Err(Stop::error("arguments in resource/name form may not have more than one slash")),
    };
    let served = client::resolve(args, io, kind).map_err(|stop| match stop {
        Stop::Fail { code, text } => Stop::Fail { code, text: text.trim_start_matches("error: ").to_string() },
        wait => wait,
    })?;
    Ok(format!("involvedObject.kind={},involvedObject.name={name}", served.kind))
}

/// The instant an event was last seen, for sorting.
fn seen(event: &Tree) -> Time {
    let time = |value: &Tree| Time::parse(value.text());
    time(event.at(&["series", "lastObservedTime"]))
        .or_else(|| time(event.get("lastTimestamp")))
        .or_else(|| time(event.get("eventTime")))
        .unwrap_or_default()
}

fn header(everywhere: bool) -> String {
    format!("{}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n", if everywhere { "NAMESPACE\t" } else { "" })
}

fn row(event: &Tree, now: Time, everywhere: bool) -> String {
    let text = |key: &str| event.get(key).text();
    let object = event.get("involvedObject");
    let place = if everywhere { format!("{}\t", event.at(&["metadata", "namespace"]).text()) } else { String::new() };
    format!(
        "{place}{}\t{}\t{}\t{}/{}\t{}\n",
        interval(event, now),
        text("type"),
        text("reason"),
        object.get("kind").text(),
        object.get("name").text(),
        text("message").trim()
    )
}

fn show_as(args: &Args, io: &mut Io, events: Vec<Tree>) -> Result<(), Stop> {
    let served = client::resolve(args, io, "events")?;
    let items: Vec<Tree> = events.into_iter().map(|event| client::info(&served, event).tree).collect();
    let list = map! {"apiVersion": "v1", "kind": "EventList", "metadata": map! {}, "items": items};
    let info = client::Info { served, namespace: String::new(), name: String::new(), source: String::new(), tree: list };
    // They went through Go's own types.
    print::built(args, io, &info, "")
}

fn follow(args: &Args, io: &mut Io, place: &str, chosen: String, version: &str, types: &[String]) -> Result<u8, Stop> {
    let mut ask = client::known(args, Ask::Watch, "", "v1", "events", place, "");
    ask.options.field_selector = chosen;
    ask.options.resource_version = version.to_string();
    let everywhere = place.is_empty();
    let limit = client::patience(args, io);
    let end = io.follow(vec![ask], limit, Tree::Null, |state, incoming, pen| match &incoming.news {
        News::Opened(response) if !response.is_ok() => {
            *state = Tree::from(server_words(response));
            Flow::Done
        }
        News::Event(event) if event.kind == "ADDED" || event.kind == "MODIFIED" => {
            if types.is_empty() || types.iter().any(|kind| kind.eq_ignore_ascii_case(event.object.get("type").text())) {
                pen.out(&aligned(&row(&event.object, incoming.at, everywhere), 3));
            }
            Flow::More
        }
        News::Woken => Flow::Done,
        _ => Flow::More,
    })?;
    if end.is_empty() { Ok(0) } else { Err(Stop::plain(end.text())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of a real kubectl 1.37.
    #[test]
    fn the_last_seen_comes_last_with_its_count() {
        let once = map! {"type": "Normal", "reason": "SuccessfulCreate", "message": "Created pod: web-9d6d84dbb-2bw7p", "count": 1,
        "firstTimestamp": "2026-11-23T05:02:54Z", "lastTimestamp": "2026-11-23T05:02:54Z", "involvedObject": map! {"kind": "ReplicaSet", "name": "web-9d6d84dbb"}};
        let again = map! {"type": "Warning", "reason": "Failed", "message": "Error: ErrImagePull\n", "count": 2,
        "firstTimestamp": "2026-11-23T05:02:55Z", "lastTimestamp": "2026-11-23T05:03:08Z", "involvedObject": map! {"kind": "Pod", "name": "bad"}};
        let now = Time::parse("2026-11-23T05:03:09.500000Z").unwrap();
        assert!(seen(&once) < seen(&again));
        let text = aligned(&format!("{}{}{}", header(false), row(&once, now, false), row(&again, now, false)), 3);
        assert_eq!(
            text,
            "LAST SEEN          TYPE      REASON             OBJECT                     MESSAGE\n15s                Normal    SuccessfulCreate   ReplicaSet/web-9d6d84dbb   Created pod: web-9d6d84dbb-2bw7p\n1s (x2 over 14s)   Warning   Failed             Pod/bad                    Error: ErrImagePull\n"
        );
    }
}
