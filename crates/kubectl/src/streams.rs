//! Logs that are followed: what containers say, printed as it comes.
use crate::args::Args;
use crate::client;
use crate::job::{Flow, Incoming, Io, News, Stop, server_words};
use crate::pen::Pen;
use crate::pods;
use objects::wire::{self, Request};
use objects::{Text, Tree, map};

/// One log to read.
pub struct Source {
    pub pod: String,
    pub container: String,
}

/// Prints what one container says from now on, until it ends.
pub fn from_now_on(args: &Args, io: &mut Io, namespace: &str, pod: &str, container: String) -> Result<u8, Stop> {
    let options = [("container", Text::new(&container)), ("follow", "true".into()), ("tailLines", "0".into())];
    let options = options.into_iter().map(|(name, value)| (Text::new_static(name), value)).collect();
    let request = pods::part(args, wire::Verb::Get, namespace, pod, "log", options);
    follow(args, io, &[Source { pod: pod.to_string(), container }], vec![request], false)
}

/// Each line with where it comes from.
pub fn prefixed(source: &Source, text: &str) -> String {
    text.lines().map(|line| format!("[pod/{}/{}] {line}\n", source.pod, source.container)).collect()
}

/// Prints text as it comes. Text that overtakes the answer waits for it: a refusal prints only the server's words.
pub fn follow(args: &Args, io: &mut Io, sources: &[Source], requests: Vec<Request>, prefix: bool) -> Result<u8, Stop> {
    if requests.is_empty() {
        return Ok(0);
    }
    let waiting: Vec<Tree> = sources.iter().map(|_| map! {"open": false, "early": ""}).collect();
    let start = map! {"sources": waiting};
    let limit = client::patience(args, io);
    let end = io.follow(requests, limit, start, |state, incoming, pen| step(state, incoming, pen, sources, prefix))?;
    Ok(u8::from(end.get("failed").is_true()))
}

fn step(state: &mut Tree, incoming: &Incoming, pen: &mut Pen, sources: &[Source], prefix: bool) -> Flow {
    let source = &sources[incoming.source];
    let mut print = |text: &str| pen.out(&if prefix { prefixed(source, text) } else { text.to_string() });
    let entry = &mut state.edit(&["sources"]).list_mut()[incoming.source];
    match &incoming.news {
        News::Opened(response) if !response.is_ok() => {
            pen.err(&format!("{}\n", server_words(response)));
            state.set(&["failed"], true);
            return Flow::Done;
        }
        News::Opened(_) => {
            print(entry.get("early").text());
            *entry = map! {"open": true};
        }
        News::Text(text) if entry.get("open").is_true() => print(text),
        News::Text(text) => {
            let early = format!("{}{text}", entry.get("early").text());
            entry.set(&["early"], early);
        }
        News::Woken => {
            let words = "net/http: request canceled (Client.Timeout or context cancellation while reading body)";
            pen.err(&format!("{words}\nerror: {words}\n"));
            state.set(&["failed"], true);
            return Flow::Done;
        }
        _ => {}
    }
    Flow::More
}
