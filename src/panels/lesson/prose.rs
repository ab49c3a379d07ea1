//! A lesson's words as elements: typed blocks only, so nothing in them can run.
use super::figure::Figure;
use crate::state::network::Lens;
use crate::state::{app, words};
use leptos::prelude::*;
use lessons::prose::{Block, Inline};

pub fn blocks(blocks: &[Block]) -> AnyView {
    blocks.iter().map(block).collect_view().into_any()
}

fn block(block: &Block) -> AnyView {
    match block {
        Block::Heading { level, text } if *level <= 2 => view! { <h2>{inlines(text)}</h2> }.into_any(),
        Block::Heading { text, .. } => view! { <h3>{inlines(text)}</h3> }.into_any(),
        Block::Paragraph { text } => view! { <p>{inlines(text)}</p> }.into_any(),
        Block::List { ordered: true, items } => view! { <ol>{items.iter().map(|item| view! { <li>{blocks(item)}</li> }).collect_view()}</ol> }.into_any(),
        Block::List { items, .. } => view! { <ul>{items.iter().map(|item| view! { <li>{blocks(item)}</li> }).collect_view()}</ul> }.into_any(),
        Block::Quote { blocks: inner } => view! { <blockquote>{blocks(inner)}</blockquote> }.into_any(),
        Block::Code { run, file, text, .. } => code(*run, file, text),
        Block::Figure { name, caption } => view! { <Figure name=name.clone() caption=caption.clone() /> }.into_any(),
        Block::Table { head, rows } if width(head, rows) > WIDEST => stacked(head, rows),
        Block::Table { head, rows } => view! {
            <div class="scroll" tabindex="0" role="group"><table>
                <thead><tr>{head.iter().map(|cell| view! { <th scope="col">{inlines(cell)}</th> }).collect_view()}</tr></thead>
                <tbody>{rows.iter().map(|row| view! { <tr>{row.iter().map(|cell| view! { <td>{inlines(cell)}</td> }).collect_view()}</tr> }).collect_view()}</tbody>
            </table></div>
        }
        .into_any(),
    }
}

/// A table with more in its longest cells, in letters of half a Hangul's width, has no room beside itself in the lesson's column.
const WIDEST: usize = 100;

fn width(head: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) -> usize {
    let longest = |at: usize| rows.iter().map(|row| row.get(at).map_or(0, |cell| letters(&said(cell)))).max().unwrap_or(0);
    (0..head.len()).map(longest).sum()
}

fn letters(text: &str) -> usize {
    text.chars().map(|sign| if sign.is_ascii() { 1 } else { 2 }).sum()
}

fn said(parts: &[Inline]) -> String {
    let words = |part: &Inline| match part {
        Inline::Text { text } | Inline::Code { text } => text.clone(),
        Inline::Strong { text } | Inline::Emphasis { text } | Inline::Object { text, .. } | Inline::Link { text, .. } => said(text),
        Inline::Break => " ".to_string(),
    };
    parts.iter().map(words).collect()
}

/// Row below row, each cell with its column's head before it. It stays a table for those who hear it.
fn stacked(head: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) -> AnyView {
    let heads: Vec<String> = head.iter().map(|cell| said(cell)).collect();
    let cell = |(at, cell): (usize, &Vec<Inline>)| {
        let of = heads.get(at).filter(|_| at > 0).cloned().unwrap_or_default();
        if at == 0 {
            view! { <th scope="row" role="rowheader">{inlines(cell)}</th> }.into_any()
        } else {
            view! { <td role="cell"><b class="of" aria-hidden="true">{of}</b>{inlines(cell)}</td> }.into_any()
        }
    };
    view! {
        <table class="stacked" role="table">
            <thead class="sr" role="rowgroup"><tr role="row">{head.iter().map(|cell| view! { <th scope="col" role="columnheader">{inlines(cell)}</th> }).collect_view()}</tr></thead>
            <tbody role="rowgroup">{rows.iter().map(|row| view! { <tr role="row">{row.iter().enumerate().map(cell).collect_view()}</tr> }).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn code(run: bool, file: &str, text: &str) -> AnyView {
    let app = app();
    let shown = text.trim_end().to_string();
    let click = shown.clone();
    let action = if run {
        let put = move |_| {
            app.desk.line.set(click.lines().next().unwrap_or_default().trim_start_matches("$ ").to_string());
            app.layout.go(app, "terminal");
        };
        view! { <button class="btn small" on:click=put>{move || words().into_terminal}</button> }.into_any()
    } else if !file.is_empty() {
        let name = file.to_string();
        let open = {
            let name = name.clone();
            move |_| {
                app.desk.open.set(name.clone());
                app.desk.replaced.update(|count| *count += 1);
                app.layout.show(app, "editor");
            }
        };
        view! { <button class="btn small" on:click=open>{name}</button> }.into_any()
    } else {
        ().into_any()
    };
    view! { <div class=if run { "code line" } else { "code" }><pre tabindex="0" translate="no"><code>{shown}</code></pre>{action}</div> }
        .into_any()
}

pub fn inlines(parts: &[Inline]) -> AnyView {
    parts.iter().map(inline).collect_view().into_any()
}

fn inline(part: &Inline) -> AnyView {
    match part {
        Inline::Text { text } => text.clone().into_any(),
        Inline::Code { text } => view! { <code translate="no">{text.clone()}</code> }.into_any(),
        Inline::Strong { text } => view! { <strong>{inlines(text)}</strong> }.into_any(),
        Inline::Emphasis { text } => view! { <em>{inlines(text)}</em> }.into_any(),
        Inline::Object { target, text } => object(target, inlines(text)),
        Inline::Link { url, text } if url.starts_with("https://") => {
            view! { <a href=url.clone() target="_blank" rel="noopener noreferrer">{inlines(text)}</a> }.into_any()
        }
        Inline::Link { url, text } => match url.strip_prefix("lens:").and_then(Lens::named) {
            Some(lens) => lens_link(lens, inlines(text)),
            // The lesson goes on in this tab.
            None if url.starts_with("lab:") => {
                view! { <a href=format!("?lab={}", &url["lab:".len()..]) target="_blank" rel="noopener">{inlines(text)}</a> }.into_any()
            }
            None => inlines(text),
        },
        Inline::Break => view! { <br /> }.into_any(),
    }
}

/// A link that opens a lens over the picture.
fn lens_link(lens: Lens, inner: AnyView) -> AnyView {
    let app = app();
    view! { <button class="obj" on:click=move |_| app.network.look(app, lens)>{inner}</button> }.into_any()
}

/// A link to a thing of the cluster: pointing at it lights it up, choosing it opens it.
fn object(target: &str, inner: AnyView) -> AnyView {
    let world = app().world;
    let target = StoredValue::new(target.trim_start_matches("obj:").to_string());
    let light = move || world.hinted.set(target.with_value(|target| resolve(world, target)));
    let dark = move || world.hinted.set(None);
    let choose = move |_| {
        if let Some(id) = target.with_value(|target| resolve(world, target)) {
            world.pick(&id);
        }
    };
    view! {
        <button class="obj" on:click=choose on:mouseenter=move |_| light() on:mouseleave=move |_| dark() on:focus=move |_| light() on:blur=move |_| dark()>{inner}</button>
    }
    .into_any()
}

/// `node/worker-1`, `pod/name`, `pod?app=shop`, `deploy/web`, `kube-apiserver` to an id on show.
fn resolve(world: crate::state::world::World, target: &str) -> Option<String> {
    if let Some(app) = target.strip_prefix("pod?app=") {
        return world.pods_now().into_iter().find(|pod| pod.app == app).map(|pod| pod.id);
    }
    let (kind, name) = target.split_once('/').unwrap_or(("", target));
    let kind = match kind {
        "deploy" => "deployment",
        "rs" => "replicaset",
        "po" | "pods" => "pod",
        "component" => "",
        other => other,
    };
    world.index.with_value(|index| {
        let end = if kind.is_empty() { name.to_string() } else { format!("/{name}") };
        let fits = |id: &&String| (kind.is_empty() && **id == end) || (id.starts_with(kind) && id.ends_with(&end));
        let all = index.pods.keys().chain(index.workloads.keys()).chain(index.nodes.keys()).chain(index.components.keys());
        all.chain(index.objects.keys()).find(fits).cloned()
    })
}
