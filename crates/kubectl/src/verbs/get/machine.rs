//! `get -o yaml` and its like: whole objects.
use super::{Got, sorting};
use crate::args::Args;
use crate::client::{self, Pick, finish};
use crate::job::{Io, Stop};
use crate::print::Output;
use crate::print::outputs::without_managed_fields;
use objects::{Tree, map};

pub fn print(args: &Args, io: &mut Io, got: Got, picks: &[(Pick, String)], output: &Output) -> Result<u8, Stop> {
    let single = picks.len() == 1 && !picks[0].0.name.is_empty();
    let mut items: Vec<(Tree, String)> = Vec::new();
    for (served, response) in &got.parts {
        let tree = response.tree();
        let list = matches!(tree.get("items"), Tree::List(_)) && tree.get("kind").text().ends_with("List");
        let whole: Vec<Tree> = if list { tree.get("items").items().to_vec() } else { vec![tree.clone()] };
        items.extend(whole.into_iter().map(|tree| (without_managed_fields(args, &client::info(served, tree).tree), served.noun())));
    }
    if !args.text("sort-by").is_empty() {
        items = sorting::objects(args.text("sort-by"), items, io.now())?;
    }
    if matches!(output, Output::Name) {
        for (tree, noun) in &items {
            output.print(io, tree, noun)?;
        }
    } else if let (true, Some((tree, noun))) = (single, items.first()) {
        output.print(io, tree, noun)?;
    } else if !single && (got.failures.is_empty() || !items.is_empty()) {
        let trees: Vec<Tree> = items.into_iter().map(|(tree, _)| tree).collect();
        let list = map! {"apiVersion": "v1", "kind": "List", "metadata": map! {"resourceVersion": ""}, "items": trees};
        output.print(io, &list, "list")?;
    }
    finish(io, &got.failures)
}
