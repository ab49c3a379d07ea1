//! The learner's browser: an address, and what came back as text, or why nothing did.
use super::field::{button, line, submit};
use super::requests::Way;
use crate::state::{app, words};
use cluster::lens::PageView;
use leptos::prelude::*;

#[component]
pub fn Browser() -> impl IntoView {
    let app = app();
    let network = app.network;
    let (url, address) = (RwSignal::new(String::from("http://")), RwSignal::new(String::new()));
    // What was opened: the line may be edited while its answer is read.
    let opened = RwSignal::new(String::new());
    let go = move |to: String| {
        url.set(to.clone());
        opened.set(to.clone());
        network.follow(0);
        network.browse(to, address.get_untracked().trim().to_string());
    };
    let open = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        go(url.get_untracked().trim().to_string());
    };
    let doors = Memo::new(move |_| {
        let workers = app.world.nodes.with(|nodes| {
            let views = nodes.iter().map(|node| node.view.with(|view| (view.control_plane, view.name.clone())));
            views.filter(|(control, _)| !control).map(|(_, name)| name).collect::<Vec<_>>()
        });
        network.rules.with(|rules| doors(rules, &workers))
    });
    let offer = move |door: String| {
        let text = door.clone();
        view! { <button class="chip" translate="no" on:click=move |_| go(door.clone())>{text}</button> }
    };
    view! {
        <p class="muted">{move || words().net.browser_lead}</p>
        <form class="form-of" on:submit=open>
            {line(|words| words.net.url, "text", "", url)}
            {line(|words| words.net.hosts_line, "text", "-", address)}
            <div class="row">{submit(|words| words.net.open)}</div>
        </form>
        <div class="row doors">{move || doors.get().into_iter().map(offer).collect_view()}</div>
        <div class="site" role="status">
            {move || network.loading.get().then(|| view! { <p class="muted">{words().net.loading}</p> })}
            {move || network.page.get().map(|page| site(page, &opened.get_untracked()))}
        </div>
        {move || (network.wanted.get() != 0).then(|| view! { <Way /> })}
    }
    .into_any()
}

/// Where Services can be reached from outside: by the workers, or by any node where there are none; the learner's own first.
fn doors(rules: &[cluster::lens::RuleView], workers: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for rule in rules.iter().filter(|rule| workers.is_empty() || workers.contains(&rule.node)) {
        let system = !rule.service.starts_with("default/");
        // Nobody speaks plain HTTP at 443.
        for door in rule.doors.iter().skip(1).filter(|door| !door.ends_with(":443")) {
            let text = match door.strip_prefix("NodePort ") {
                Some(port) => format!("http://{}:{port}/", rule.node),
                None => format!("http://{}/", door.trim_end_matches(":80")),
            };
            all.push((system, text));
        }
    }
    all.sort();
    all.dedup();
    all.truncate(8);
    all.into_iter().map(|(_, text)| text).collect()
}

fn site(page: PageView, opened: &str) -> AnyView {
    let network = app().network;
    let words = words();
    let request = page.request;
    let way = (request != 0).then(|| button("btn small", |words| words.net.follow, Callback::new(move |()| network.follow(request))));
    if page.code == 0 {
        let host = opened.split("://").last().unwrap_or_default().split('/').next().unwrap_or_default().to_string();
        let (title, detail) = (words.net.failure)(&page.failure, &host);
        return view! { <div class="page error"><h3>{title}</h3><p>{detail}</p><p class="muted mono" translate="no">{page.failure}</p>{way}</div> }.into_any();
    }
    let class = if page.code < 400 { "done" } else { "failed" };
    let body = if page.body.is_empty() { words.net.empty_page.to_string() } else { page.body };
    view! {
        <div class="page">
            <div class="bar"><b class=class>{page.code}</b><span class="space"></span>{way}</div>
            <pre tabindex="0" translate="no">{body}</pre>
            <details><summary>{words.net.headers}</summary><pre tabindex="0" translate="no">{page.headers.join("\n")}</pre></details>
        </div>
    }
    .into_any()
}
