//! The etcd lens: members as a picture, quorum in words, and what can be done to each member.
use super::talk::Talk;
use crate::panels::faults;
use crate::state::{app, words};
use cluster::input::Fault;
use cluster::members::{EtcdMemberView, EtcdView};
use leptos::prelude::*;

/// So much more a write takes on a disk that was made slow (milliseconds).
const SLOW_MS: u32 = 500;
/// The picture of members: its size, and where a circle of members has its middle.
const WIDE: f64 = 340.0;
const HIGH: f64 = 128.0;
/// Its height with one member.
const LOW: f64 = 72.0;
const BOX: (f64, f64) = (112.0, 44.0);
/// So many of the last entries fill a log's bar.
const ENTRIES: u64 = 60;
/// Of so many entries it is told what they say.
const SAID: usize = 4;

#[component]
pub fn Etcd() -> impl IntoView {
    let network = app().network;
    let ids = Memo::new(move |_| network.etcd.with(|etcd| etcd.members.iter().map(|member| member.name.clone()).collect::<Vec<_>>()));
    let quorum = Memo::new(move |_| network.etcd.with(quorum));
    view! {
        <p class="muted">{move || if faults::theirs(app().world) { (words().ops)().hidden } else { (words().ops)().etcd_lead }}</p>
        {move || if ids.with(Vec::is_empty) {
            view! { <p class="muted">{(words().ops)().no_etcd}</p> }.into_any()
        } else {
            view! {
                <svg class="members" viewBox=move || format!("0 0 {WIDE} {}", if ids.with(Vec::len) == 1 { LOW } else { HIGH }) role="img" aria-label=move || quorum.get().1>
                    {move || network.etcd.with(links)} {move || network.etcd.with(|etcd| etcd.members.iter().enumerate().map(|(at, member)| shape(at, etcd.members.len(), member)).collect_view())}
                </svg>
                <p class=move || if quorum.with(|quorum| quorum.0) { "quorum" } else { "quorum failed" } role="status">{move || quorum.get().1}</p>
                <p class="muted">{move || network.etcd.with(leads)}</p>
                {move || network.etcd.with(entries)}
            }.into_any()
        }}
        <ul class="sources"><For each=move || ids.get() key=Clone::clone children=card /></ul>
        {move || ids.with(|ids| !ids.is_empty()).then(|| view! { <Talk wanted=|said| said.to.starts_with("etcd") /> })}
    }
    .into_any()
}

/// Whether there is one, and the sentence that says so.
fn quorum(etcd: &EtcdView) -> (bool, String) {
    let there = etcd.members.iter().filter(|member| member.alive && !member.cut && member.role != "learner").count() as u32;
    (etcd.quorum, ((words().ops)().quorum)(etcd.quorum, there, etcd.voters, etcd.majority))
}

fn leads(etcd: &EtcdView) -> String {
    let leader = etcd.members.iter().find(|member| member.name == etcd.leader && member.role == "leader");
    let clock = app().clock;
    clock.second.get();
    let ago = (etcd.elected > 0).then(|| clock.now.get_untracked().saturating_sub(etcd.elected) / 1_000_000);
    leader.map_or_else(|| (words().ops)().nobody_leads.to_string(), |member| ((words().ops)().leads)(&member.name, member.term, ago))
}

/// The newest entries: in which term each member has them, which are agreed on, and what they say.
fn entries(etcd: &EtcdView) -> AnyView {
    let there: Vec<&EtcdMemberView> = etcd.members.iter().filter(|member| member.role != "removed").collect();
    let cell = |member: &EtcdMemberView, at: usize| {
        let index = etcd.from + at as u64;
        let (class, text) = match member.terms.get(at) {
            None => ("", "–".to_string()),
            Some(term) if index <= member.index => ("agreed", term.to_string()),
            Some(term) => ("open", format!("({term})")),
        };
        view! { <td class=class>{text}</td> }
    };
    let head = (0..etcd.entries.len()).map(|at| view! { <th scope="col">{etcd.from + at as u64}</th> }).collect_view();
    let rows = there.into_iter().map(|member| {
        let cells = (0..etcd.entries.len()).map(|at| cell(member, at)).collect_view();
        view! { <tr><th scope="row" translate="no">{member.name.clone()}</th>{cells}</tr> }
    });
    let said = etcd.entries.iter().enumerate().rev().take(SAID).map(|(at, entry)| {
        let text = ((words().ops)().entry)(entry).to_string();
        view! { <li><b>{etcd.from + at as u64}</b>" "<span translate="no">{text}</span></li> }
    });
    view! {
        <table class="talk entries"><caption>{(words().ops)().entries}</caption><thead><tr><td></td>{head}</tr></thead><tbody>{rows.collect_view()}</tbody></table>
        <p class="axis">{(words().ops)().entries_hint}</p>
        <ul class="said-by">{said.collect_view()}</ul>
    }
    .into_any()
}

/// The middle of a member's box: the first one above, the others below it.
fn place(at: usize, all: usize) -> (f64, f64) {
    match (at, all) {
        (_, 1) => (WIDE / 2.0, LOW / 2.0 + 8.0),
        (0, _) => (WIDE / 2.0, 34.0),
        _ => (WIDE * (at as f64 - 0.5) / (all - 1) as f64, HIGH - 26.0),
    }
}

/// Lines between members; the leader's are strong, and a line to who cannot be reached is broken.
fn links(etcd: &EtcdView) -> AnyView {
    let all = etcd.members.len();
    let reached = |at: usize| etcd.members[at].alive && !etcd.members[at].cut;
    let line = |(one, other): (usize, usize)| {
        let ((x1, y1), (x2, y2)) = (place(one, all), place(other, all));
        let leads = etcd.members[one].role == "leader" || etcd.members[other].role == "leader";
        let class = match (reached(one) && reached(other), leads) {
            (false, _) => "peer lost",
            (true, true) => "peer strong",
            (true, false) => "peer",
        };
        let (x, y) = ((x1 + x2) / 2.0, (y1 + y2) / 2.0);
        let cross =
            (class == "peer lost").then(|| view! { <path class="cross" d=format!("M{} {}l10 10m0 -10l-10 10", x - 5.0, y - 5.0) /> });
        view! { <path class=class d=format!("M{x1} {y1}L{x2} {y2}") />{cross} }
    };
    let pairs = (0..all).flat_map(|one| (one + 1..all).map(move |other| (one, other)));
    pairs.map(line).collect_view().into_any()
}

/// A member as a box: the leader wears a crown, who is gone is dashed.
fn shape(at: usize, all: usize, member: &EtcdMemberView) -> AnyView {
    let (x, y) = place(at, all);
    let wide = BOX.0.min(WIDE / (all.max(2) - 1) as f64 - 8.0);
    let class = format!("member {}{}", member.role, if member.cut { " cut" } else { "" });
    let crown = (member.role == "leader")
        .then(|| view! { <path class="crown" d=format!("M{} {}l4 12h18l4 -12l-8 6l-5 -10l-5 10z", x - 13.0, y - BOX.1 / 2.0 - 12.0) /> });
    let state = if member.cut && member.alive { words().cut_off } else { ((words().ops)().role)(&member.role) };
    view! {
        <g class=class>
            <rect x=x - wide / 2.0 y=y - BOX.1 / 2.0 width=wide height=BOX.1 rx="9" />{crown}
            <text class="name mid" x=x y=y - 2.0>{crate::panels::picture::control::fit(&member.name, wide - 8.0, 6.6)}</text>
            <text class="m small mid" x=x y=y + 14.0>{format!("{state} · {}", member.term)}</text>
        </g>
    }
    .into_any()
}

fn card(name: String) -> AnyView {
    let network = app().network;
    let member = {
        let name = name.clone();
        Memo::new(move |_| network.etcd.with(|etcd| etcd.members.iter().find(|member| member.name == name).cloned().unwrap_or_default()))
    };
    let first = move || network.etcd.with(|etcd| etcd.members.iter().map(|member| member.last).max().unwrap_or(0).saturating_sub(ENTRIES));
    let share = move |of: fn(&EtcdMemberView) -> u64| format!("{}%", member.with(of).saturating_sub(first()) * 100 / ENTRIES);
    let state = move || {
        member.with(|member| {
            let role = ((words().ops)().role)(&member.role);
            if member.cut { format!("{role} · {}", words().cut_off) } else { role.to_string() }
        })
    };
    let facts = move || {
        member.with(|member| {
            let ops = (words().ops)();
            let disk = if member.disk_ms == 0 { ops.disk_good.to_string() } else { (ops.disk)(member.disk_ms) };
            let alarm = if member.alarm { format!(" · {}", ops.alarm) } else { String::new() };
            format!(
                "{} {} · {} {}/{} · {disk}{alarm}",
                ops.term,
                member.term,
                ops.database,
                mebibytes(member.in_use),
                mebibytes(member.db_size)
            )
        })
    };
    let removed = Memo::new(move |_| member.with(|member| member.role == "removed"));
    let gone = move || removed.get();
    let log = move || member.with(|member| ((words().ops)().log_text)(member.index, member.last));
    view! {
        <li class="source etcd-member" data-member=name.clone()>
            <div class="bar"><h3 translate="no">{name.clone()}</h3><span class="space"></span><b class=move || if member.with(|member| member.alive && !member.cut) { "" } else { "failed" }>{state}</b></div>
            {move || if gone() {
                view! { <p class="muted">{(words().ops)().no_member}</p> }.into_any()
            } else {
                view! {
                    <p class="axis">{log}</p>
                    <div class="logbar" aria-hidden="true"><i class="last" style:width=move || share(|member| member.last)></i><i style:width=move || share(|member| member.index)></i></div>
                    <p class="muted">{facts}</p>
                    <div class="row">{move || member.with(deeds).into_iter().map(|(label, fault)| faults::named(label, fault)).collect_view()}</div>
                }.into_any()
            }}
        </li>
    }
    .into_any()
}

/// Bytes as MiB with one digit.
fn mebibytes(bytes: u64) -> String {
    format!("{}.{} MiB", bytes >> 20, ((bytes & ((1 << 20) - 1)) * 10) >> 20)
}

/// A short name, and what it does.
type Deed = (fn() -> &'static str, Fault);

/// What can be done to a member now.
fn deeds(view: &EtcdMemberView) -> Vec<Deed> {
    if faults::theirs(app().world) {
        return Vec::new();
    }
    let member = component(&view.host);
    let component = member.clone();
    let power: Deed = match view.alive {
        true => (|| words().stop, Fault::StopComponent { component }),
        false => (|| words().start, Fault::StartComponent { component }),
    };
    let disk: Deed = match view.disk_ms >= SLOW_MS {
        false => (|| (words().ops)().slow_disk, Fault::SlowDisk { node: view.host.clone(), fsync_ms: SLOW_MS }),
        true => (|| (words().ops)().good_disk, Fault::SlowDisk { node: view.host.clone(), fsync_ms: 0 }),
    };
    let mut deeds = vec![power, disk];
    if app().network.etcd.with_untracked(|etcd| etcd.members.len()) > 1 {
        deeds.push(if view.cut {
            (|| words().mend, Fault::CutEtcd { member, cut: false })
        } else {
            (|| words().cut, Fault::CutEtcd { member, cut: true })
        });
    }
    deeds
}

/// The component's id of a host's member: `etcd`, or `etcd/control-plane-1` where there are several.
fn component(host: &str) -> String {
    let id = format!("etcd/{host}");
    let known = app().world.index.with_value(|index| index.components.contains_key(&id));
    if known { id } else { "etcd".to_string() }
}
