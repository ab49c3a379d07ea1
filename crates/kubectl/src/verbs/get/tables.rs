//! `get` for people: one table per kind.
use super::{Got, sorting};
use crate::args::Args;
use crate::client::{self, Pick, finish};
use crate::discovery::Served;
use crate::job::{Io, Stop};
use crate::print::Output;
use crate::print::columns::Widths;
use crate::print::table::{Look, plain};
use objects::Tree;

pub fn print(args: &Args, io: &mut Io, got: Got, picks: &[(Pick, String)], output: &Output) -> Result<u8, Stop> {
    let now = io.now();
    // What the server gives as it is, kubectl lays out by itself.
    let table = |tree: &Tree| if tree.has("columnDefinitions") { tree.clone() } else { plain(tree, now) };
    let mut tables: Vec<(Served, Tree)> = got.parts.iter().map(|(served, response)| (served.clone(), table(response.tree()))).collect();
    if !args.text("sort-by").is_empty() {
        tables = sorting::tables(args.text("sort-by"), tables, now)?;
    }
    let tables = joined(tables);
    let several = tables.len() > 1;
    let mut printed = false;
    for (served, table) in tables {
        if table.get("rows").items().is_empty() {
            continue;
        }
        if printed && !args.is("no-headers") {
            io.out("\n");
        }
        let text = look(args, &served, several, output).render(&table, true, &mut Widths::default());
        io.out(text);
        printed = true;
    }
    if !printed && got.failures.is_empty() && !args.is("ignore-not-found") {
        let place = client::namespace(args, io)?;
        io.err(nothing(args, picks, &place));
    }
    finish(io, &got.failures)
}

/// How the rows of one resource are shown.
pub fn look(args: &Args, served: &Served, several: bool, output: &Output) -> Look {
    Look {
        wide: matches!(output, Output::Wide),
        no_headers: args.is("no-headers"),
        namespaces: args.is("all-namespaces") && served.namespaced,
        kind: if several || args.is("show-kind") { served.noun() } else { String::new() },
        labels: args.is("show-labels"),
        label_columns: args.list("label-columns"),
        events: args.is("output-watch-events"),
    }
}

/// `No resources found in web namespace.`
pub fn nothing(args: &Args, picks: &[(Pick, String)], place: &str) -> String {
    let namespaced = picks.iter().all(|(pick, _)| pick.served.namespaced);
    match picks.first() {
        // Of files none was chosen.
        None => format!("No resources found in {place} namespace.\n"),
        Some((_, namespace)) if namespaced && !args.is("all-namespaces") => format!("No resources found in {namespace} namespace.\n"),
        _ => "No resources found\n".to_string(),
    }
}

/// Neighbouring tables of the same resource put together.
fn joined(parts: Vec<(Served, Tree)>) -> Vec<(Served, Tree)> {
    let mut tables: Vec<(Served, Tree)> = Vec::new();
    for (served, next) in parts {
        match tables.last_mut() {
            Some((last, table)) if *last == served => {
                let rows = next.get("rows").items().to_vec();
                table.edit(&["rows"]).list_mut().extend(rows);
            }
            _ => tables.push((served, next)),
        }
    }
    tables
}
