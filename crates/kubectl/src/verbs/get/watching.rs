//! `get -w`: the list, then each change as it comes.
use super::{request, tables, whole};
use crate::args::Args;
use crate::client::{self, Pick};
use crate::job::{Flow, Incoming, Io, News, Stop, server_words};
use crate::pen::Pen;
use crate::print::Output;
use crate::print::columns::{Widths, layout};
use crate::print::outputs::without_managed_fields;
use crate::print::table::Look;
use objects::{Tree, map, wire};

pub fn run(args: &Args, io: &mut Io, picks: &[(Pick, String)], output: &Output) -> Result<u8, Stop> {
    let [(pick, namespace)] = picks else { return several(args, io, picks, output) };
    let ask = request(args, pick, namespace, output);
    let first = if pick.name.is_empty() { whole(io, ask)? } else { client::get(args, io, ask)? };
    if !first.is_ok() {
        return Err(Stop::server(&first));
    }
    let table = first.tree();
    let look = tables::look(args, &pick.served, false, output);
    let mut widths = Widths::default();
    let quiet = args.is("watch-only");
    let empty = table.get("rows").items().is_empty();
    if !quiet && !output.is_machine() && !empty {
        let head = (!look.no_headers).then(|| look.header(table));
        let rows = table.get("rows").items().iter().map(|row| look.row(table, row, "ADDED"));
        let text = layout(&head.into_iter().chain(rows).collect::<Vec<_>>(), &mut widths);
        io.out(text);
    }
    if !quiet && output.is_machine() {
        let list = table.get("items");
        let items = if matches!(list, Tree::List(_)) { list.items().to_vec() } else { vec![table.clone()] };
        for (at, item) in items.iter().enumerate() {
            if at > 0 && matches!(output, Output::Yaml) {
                io.out("---\n");
            }
            print_object(args, io, item, pick, output)?;
        }
    }
    let mut follow = request(args, pick, namespace, output);
    follow.verb = wire::Verb::Watch;
    follow.options.limit = 0;
    follow.options.resource_version = table.at(&["metadata", "resourceVersion"]).text().to_string();
    if !pick.name.is_empty() {
        follow.options.field_selector = format!("metadata.name={}", pick.name);
        if let wire::Target::Resource { name, .. } = &mut follow.target {
            *name = objects::Text::default();
        }
        let row = table.get("rows").items().first().map(|row| row.at(&["object", "metadata", "resourceVersion"]).text().to_string());
        if let Some(revision) = row.filter(|revision| !revision.is_empty()) {
            follow.options.resource_version = revision;
        }
    }
    let shown = !quiet && !empty;
    let limit = client::patience(args, io);
    let start = map! {"columns": table.get("columnDefinitions"), "header": shown, "widths": widths.0.iter().map(|w| Tree::from(*w)).collect::<Vec<_>>()};
    let end = io.follow(vec![follow], limit, start, |state, incoming, pen| step(args, &look, pick, output, state, incoming, pen))?;
    Ok(u8::from(end.get("failed").is_true()))
}

/// Several objects of one type are printed, and then there is no one thing to watch.
fn several(args: &Args, io: &mut Io, picks: &[(Pick, String)], output: &Output) -> Result<u8, Stop> {
    if picks.iter().any(|(pick, _)| pick.name.is_empty() || pick.served != picks[0].0.served) {
        return Err(Stop::error("you may only specify a single resource type"));
    }
    let got = super::fetch(args, io, picks, output)?;
    if let Some(failure) = got.failures.first() {
        return Err(Stop::plain(failure.clone()));
    }
    match output.is_machine() {
        true => super::machine::print(args, io, got, picks, output)?,
        false => tables::print(args, io, got, picks, output)?,
    };
    Err(Stop::error("you may only watch a single resource or type of resource at a time"))
}

fn step(args: &Args, look: &Look, pick: &Pick, output: &Output, state: &mut Tree, incoming: &Incoming, pen: &mut Pen) -> Flow {
    match &incoming.news {
        News::Opened(response) if !response.is_ok() => {
            pen.err(&format!("{}\n", server_words(response)));
            state.set(&["failed"], true);
            Flow::Done
        }
        News::Event(event) if event.kind == "BOOKMARK" => Flow::More,
        News::Event(event) if event.kind == "ERROR" => {
            pen.err(&format!("error: {}\n", event.object.get("message").text()));
            state.set(&["failed"], true);
            Flow::Done
        }
        News::Event(event) if output.is_machine() => {
            let mut object = without_managed_fields(args, &event.object);
            if args.is("output-watch-events") {
                object = map! {"type": event.kind, "object": object};
            }
            pen.out(&machine_text(&object, pick, output));
            Flow::More
        }
        News::Event(event) => {
            pen.out(&rows(look, state, &event.object, event.kind));
            Flow::More
        }
        News::Closed | News::Woken => Flow::Done,
        _ => Flow::More,
    }
}

/// The rows of one event, aligned with those before; the header comes before the first.
fn rows(look: &Look, state: &mut Tree, object: &Tree, kind: &str) -> String {
    let mut table = object.clone();
    if table.get("columnDefinitions").is_empty() {
        table.set(&["columnDefinitions"], state.get("columns"));
    } else {
        state.set(&["columns"], table.get("columnDefinitions"));
    }
    let mut widths = Widths(state.get("widths").items().iter().map(|width| width.int_or(0) as usize).collect());
    let head = (!state.get("header").is_true() && !look.no_headers).then(|| look.header(&table));
    let cells = table.get("rows").items().iter().map(|row| look.row(&table, row, kind));
    let text = layout(&head.into_iter().chain(cells).collect::<Vec<_>>(), &mut widths);
    state.set(&["header"], true);
    state.set(&["widths"], widths.0.iter().map(|width| Tree::from(*width)).collect::<Vec<_>>());
    text
}

fn machine_text(object: &Tree, pick: &Pick, output: &Output) -> String {
    match output {
        Output::Name => format!("{}/{}\n", pick.served.noun(), object.at(&["metadata", "name"]).text()),
        Output::Json => crate::print::json::pretty(object),
        Output::Yaml => format!("---\n{}", crate::print::yaml(object)),
        Output::Kyaml => crate::print::kyaml::document(object),
        Output::JsonPath { template, .. } => template.render(object, false).unwrap_or_default(),
        Output::Columns(columns, _) => columns.render(std::slice::from_ref(object), false),
        _ => String::new(),
    }
}

fn print_object(args: &Args, io: &mut Io, item: &Tree, pick: &Pick, output: &Output) -> Result<(), Stop> {
    let tree = without_managed_fields(args, &crate::client::info(&pick.served, item.clone()).tree);
    output.print(io, &tree, &pick.served.noun())
}
