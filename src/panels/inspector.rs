//! The inspector: why an object is as it is, its description and its YAML.
use crate::panels::faults;
use crate::panels::picture::control::PARTS;
use crate::panels::picture::pods::state_of;
use crate::panels::verdicts::{plain, verdicts};
use crate::state::world::World;
use crate::state::{app, words};
use crate::text::Words;
use cluster::delta::Link;
use leptos::prelude::*;
use parcel::Json;

#[component]
pub fn Inspector() -> impl IntoView {
    let app = app();
    let world = app.world;
    let tab = RwSignal::new("why");
    // What is looked at may change while it is looked at.
    let asked = StoredValue::new(0.0_f64);
    Effect::new(move |_| {
        world.settled.get();
        let now = crate::js::document::now_ms();
        if let Some(id) = world.picked.get_untracked()
            && world.chain.with_untracked(Option::is_none)
            && now - asked.get_value() > 800.0
        {
            asked.set_value(now);
            crate::state::wire::inspect(id);
        }
    });
    let links =
        Memo::new(move |_| world.chain.get().or_else(|| world.inspection.get().map(|found| std::sync::Arc::new(found.chain.clone()))));
    let text = move |yaml: bool| {
        world
            .inspection
            .with(|found| found.as_ref().map(|found| if yaml { found.yaml.clone() } else { found.describe.clone() }).unwrap_or_default())
    };
    // A component is no object: it has a purpose instead of a description.
    let part = Memo::new(move |_| {
        world.picked.get().filter(|id| PARTS.contains(&id.as_str()) || world.index.with_value(|index| index.components.contains_key(id)))
    });
    let body = move || {
        match tab.get() {
        _ if part.with(Option::is_some) => {
            view! { {component(part)} <ol class="chain">{move || links.get().map(|links| links.iter().map(link).collect_view())}</ol> }
                .into_any()
        }
        "why" => view! { {present(world)} <ol class="chain">{move || links.get().map(|links| links.iter().map(link).collect_view())}</ol> {birth(world)} }.into_any(),
        "describe" => view! { <pre tabindex="0" translate="no">{move || text(false)}</pre> }.into_any(),
        _ => view! { <pre tabindex="0" translate="no">{move || text(true)}</pre> }.into_any(),
    }
    };
    let choose = move |name: &'static str, label: fn(&Words) -> &'static str| {
        view! { <button class="tab" aria-pressed=move || if tab.get() == name { "true" } else { "false" } on:click=move |_| tab.set(name)>{move || label(words())}</button> }
    };
    view! {
        <aside class="inspector" id="pane-why" data-pane="why" tabindex="-1" aria-label=move || words().inspector>
            {move || world.picked.get().map(|id| {
                let breaks = id.clone();
                // Made anew only where there is something else to do.
                let fit = Memo::new(move |_| {
                    world.settled.get();
                    faults::fitting(world, &breaks)
                });
                view! {
                    <div class="bar">
                        <h2 translate="no">{title(&id)}</h2><span class="space"></span>
                        <button class="btn icon" aria-label=words().close on:click=move |_| world.unpick()>"✕"</button>
                    </div>
                    {move || part.with(Option::is_none).then(|| view! { <div class="tabs">{choose("why", |words| words.why)} {choose("describe", |_| "describe")} {choose("yaml", |_| "YAML")}</div> })}
                    <div class="row">{move || fit.get().into_iter().map(faults::button).collect_view()}</div>
                    <div class="body">{body}</div>
                }
                .into_any()
            })}
            {move || world.picked.with(Option::is_none).then(|| view! { <p class="muted hint-pick">{words().pick_something}</p> })}
        </aside>
    }
    .into_any()
}

/// What a component is for, where it runs, and its Pod where it has one.
fn component(part: Memo<Option<String>>) -> AnyView {
    let world = app().world;
    let cell = move || part.get().and_then(|id| world.components.with(|list| list.iter().find(|cell| cell.id == id).cloned()));
    let state = move || {
        let view = cell()?.view.get();
        let state = ((words().ops)().runs_on)(&view.node, view.running);
        Some(if view.inside.is_empty() { state } else { format!("{state} · {}", view.inside) })
    };
    let purpose = move || {
        let id = part.get()?;
        let program = id.split('/').next().unwrap_or_default();
        // K3s alone keeps its data in a file: what stands in etcd's place is no etcd.
        Some(((words().ops)().purpose)(if program == PARTS[1] && cell().is_none() { "sqlite" } else { program }))
    };
    // A static Pod is named after its server.
    let pod = move || {
        let view = cell()?.view.get();
        let id = format!("pod/kube-system/{}-{}", view.id.split('/').next().unwrap_or_default(), view.node);
        let there = world.index.with_value(|index| index.pods.contains_key(&id));
        let (name, pick) = (id.trim_start_matches("pod/").to_string(), id.clone());
        there.then(|| view! { <p>"Pod " <button class="obj" translate="no" on:click=move |_| world.pick(&pick)>{name}</button></p> })
    };
    view! { <p class="muted" translate="no">{state}</p><p>{purpose}</p>{pod} }.into_any()
}

/// What a Pod waits for just now, in the API's words: no decision, and what a reader asks first.
fn present(world: World) -> AnyView {
    let told = Memo::new(move |_| {
        world.settled.get();
        let id = world.picked.get()?;
        world.index.with_value(|index| index.pods.get(&id).map(|cell| cell.view.get())).filter(|view| !view.message.is_empty())
    });
    (move || told.get().map(|view| view! { <p><b>{state_of(&view, 0)}</b></p> <p class="detail" translate="no">{view.message}</p> }))
        .into_any()
}

/// How the thing came to be, where its last change has another story.
fn birth(world: World) -> AnyView {
    let links = move || world.inspection.with(|found| found.as_ref().map(|found| found.birth.clone()).filter(|links| !links.is_empty()));
    (move || links().map(|links| view! { <h3>{(words().ops)().birth}</h3> <ol class="chain">{links.iter().map(link).collect_view()}</ol> }))
        .into_any()
}

/// `pod/default/web-1` as people say it.
fn title(id: &str) -> String {
    id.replacen("/default/", "/", 1)
}

fn link(link: &Link) -> AnyView {
    let app = app();
    let world = app.world;
    let at = app.clock.reading(link.at);
    let (id, sentence) = (link.about.clone(), sentence(words(), link));
    let about = (!link.about.is_empty())
        .then(|| view! { <button class="obj" translate="no" on:click=move |_| world.pick(&id)>{title(&link.about)}</button> });
    let revision = (link.revision > 0).then(|| view! { <span class="m">" · rv " {link.revision}</span> });
    // The subresource is said by the sentence already.
    let detail = (!matches!(link.detail.as_str(), "" | "status" | "binding"))
        .then(|| view! { <p class="detail" translate="no">{link.detail.clone()}</p> });
    view! {
        <li class=format!("link {}", link.deed)>
            <p class="when"><time>{at}</time> {revision}</p>
            <p>{sentence} " " {about}</p>
            {detail}
            {reason(&link.reason)}
        </li>
    }
    .into_any()
}

/// One link as a sentence of the reader's language.
fn sentence(words: &Words, link: &Link) -> String {
    match link.deed.as_str() {
        "input" => words.you_did.to_string(),
        "fault" => words.fault_did.to_string(),
        "create" => (words.created)(&link.actor),
        "delete" => (words.deleted)(&link.actor),
        "bind" => (words.bound)(&link.actor),
        _ if link.detail == "status" => (words.reported)(&link.actor),
        _ if link.detail == "binding" => (words.bound)(&link.actor),
        _ => (words.changed)(&link.actor),
    }
}

/// A decision as a table: the scheduler's nodes, or a controller's numbers, whatever the JSON holds.
fn reason(text: &str) -> AnyView {
    if text.is_empty() {
        return ().into_any();
    }
    if let Some(map) = crate::panels::verdicts::of(text) {
        return verdicts(&map);
    }
    match Json::read(text) {
        Ok(Json::Map(map)) => {
            let (tables, facts): (Vec<_>, Vec<_>) = map.into_iter().partition(|(_, value)| value.items().iter().any(is_map));
            let facts = (!facts.is_empty()).then(|| view! { <dl class="facts">{facts.into_iter().map(|(key, value)| view! { <div><dt>{fact(&key)}</dt><dd>{plain(&value)}</dd></div> }).collect_view()}</dl> });
            view! { {facts} {tables.into_iter().map(|(key, rows)| table(&key, rows.items())).collect_view()} }.into_any()
        }
        Ok(Json::List(rows)) if rows.iter().any(is_map) => table("", &rows),
        Ok(other) => view! { <p class="detail">{plain(&other)}</p> }.into_any(),
        Err(_) => view! { <p class="detail">{text.to_string()}</p> }.into_any(),
    }
}

/// What a fact is called in the reader's language.
fn fact(key: &str) -> String {
    ((words().ops)().fact)(key).to_string()
}

fn is_map(value: &Json) -> bool {
    matches!(value, Json::Map(_))
}

fn table(name: &str, rows: &[Json]) -> AnyView {
    let name = fact(name);
    let mut columns: Vec<String> = Vec::new();
    for row in rows {
        let Json::Map(row) = row else { continue };
        for (key, _) in row {
            if !columns.iter().any(|column| column == key) {
                columns.push(key.to_string());
            }
        }
    }
    // What names a row stands first.
    columns.sort_by_key(|column| !matches!(column.as_str(), "node" | "name"));
    let head = columns.iter().map(|column| view! { <th scope="col">{fact(column)}</th> }).collect_view();
    let body = rows.iter().map(|row| {
        let class = if row.get("chosen") == Some(&Json::Bool(true)) { "chosen" } else { "" };
        view! { <tr class=class>{columns.iter().map(|column| view! { <td>{row.get(column).map(plain).unwrap_or_default()}</td> }).collect_view()}</tr> }
    }).collect_view();
    view! { <div class="scroll" tabindex="0" role="group" aria-label=name.clone()><table><caption>{name.clone()}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div> }.into_any()
}
