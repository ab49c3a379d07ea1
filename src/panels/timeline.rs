//! Time at the foot: play, step, speed, lanes of what happened, and a cursor that can be dragged back.
use crate::js::document;
use crate::protocol::Step;
use crate::state::clock::{SPEEDS, times};
use crate::state::network::Network;
use crate::state::{app, words};
use cluster::delta::Lane;
use leptos::html;
use leptos::prelude::*;
use std::collections::BTreeMap;
use web_sys::{KeyboardEvent, PointerEvent};

const LANES: [Lane; 6] = [Lane::You, Lane::Api, Lane::Controllers, Lane::Scheduler, Lane::Kubelets, Lane::Faults];
/// The lanes' height and each lane's, in CSS pixels: the last one is the traffic's.
const HEIGHT: f64 = 84.0;
const LANE: f64 = 12.0;
/// A bar of the traffic's lane, and the room between its two directions.
const BAR: f64 = 3.0;
const HALF: f64 = LANE / 2.0 - 0.5;

#[component]
pub fn Timeline() -> impl IntoView {
    let app = app();
    let clock = app.clock;
    let keys = move |event: KeyboardEvent| {
        match event.key().as_str() {
            " " if event.target() == event.current_target() => clock.toggle(),
            "," => clock.seek_by(-1),
            "." => clock.take_step(),
            "[" => clock.seek_by(-10),
            "]" => clock.seek_by(10),
            _ => return,
        }
        event.prevent_default();
    };
    // The instant changes fifteen times a second, whether it is the last one hardly ever.
    let past = Memo::new(move |_| clock.past());
    let playing = Memo::new(move |_| clock.playing());
    view! {
        <section class="time" id="pane-time" data-pane="time" tabindex="-1" aria-label=move || words().time on:keydown=keys>
            <div class="controls">
                <button class="btn icon" aria-label=move || words().to_start title=move || words().to_start on:click=move |_| clock.seek(clock.start.get_untracked())><Icon path="M4 3v10M13 3L6 8l7 5z" /></button>
                <button class="btn icon" aria-label=move || words().back title=move || words().back on:click=move |_| clock.seek_by(-5)><Icon path="M8 3L2 8l6 5zM14 3L8 8l6 5z" /></button>
                <button class="btn primary icon play" data-first="" aria-label=move || if playing.get() { words().pause } else { words().play } title=move || if playing.get() { words().pause } else { words().play } on:click=move |_| clock.toggle()>
                    {move || if playing.get() { view! { <Icon path="M4 3h3v10H4zM9 3h3v10H9z" /> } } else { view! { <Icon path="M4 3l9 5-9 5z" /> } }}
                </button>
                <button class="btn icon" aria-label=move || words().step title=move || words().step on:click=move |_| clock.take_step()><Icon path="M3 3l7 5-7 5zM12 3v10" /></button>
                <select class="chip" data-size="" aria-label=move || words().step_size on:change=move |event| clock.step.set(match event_target_value(&event).as_str() { "write" => Step::Write, "second" => Step::Second, _ => Step::Event })>
                    <option value="event">{move || words().next_event}</option>
                    <option value="write">{move || words().next_write}</option>
                    <option value="second">{move || words().next_second}</option>
                </select>
                <select class="chip" aria-label=move || words().speed prop:value=move || clock.chosen.get().to_string() on:change=move |event| if let Ok(speed) = event_target_value(&event).parse() { clock.choose(speed) }>
                    {SPEEDS.map(|speed| view! { <option value=speed.to_string() selected=speed == 1000>{times(speed)}</option> }).collect_view()}
                </select>
            </div>
            <Lanes />
            <div class="controls now">
                // A box of its own: what changes fifteen times a second is laid out alone.
                <span class="face"><output class="reading" aria-label=move || words().virtual_time>{move || clock.reading(clock.now.get())}</output></span>
                {move || if past.get() {
                    view! { <button class="btn past" on:click=move |_| clock.seek(clock.end.get_untracked())>{words().to_now}</button> }.into_any()
                } else {
                    view! { <span class="live"><i></i>{words().live}</span> }.into_any()
                }}
            </div>
        </section>
    }
    .into_any()
}

#[component]
pub fn Icon(path: &'static str) -> impl IntoView {
    view! { <svg class="ico" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d=path /></svg> }.into_any()
}

#[component]
fn Lanes() -> impl IntoView {
    let app = app();
    let clock = app.clock;
    let world = app.world;
    let width = RwSignal::new(600.0_f64);
    let track = NodeRef::<html::Div>::new();
    let dragging = RwSignal::new(false);
    let pointed = RwSignal::new(String::new());
    Effect::new(move |_| {
        if let Some(element) = track.get() {
            document::on_resize(&element, move |wide, _| {
                if wide > 20.0 {
                    width.set(wide.floor())
                }
            });
        }
    });
    // The last instant on show: steps of ten seconds, so that marks do not crawl at every tick.
    let span = Memo::new(move |_| {
        let whole = clock.end.get().max(clock.now.get()).saturating_sub(clock.start.get());
        let seconds = (whole / 1_000_000 + 1).max(30);
        let grain = (seconds / 12).max(10);
        seconds.div_ceil(grain) * grain * 1_000_000
    });
    let x = move |time: u64| time.saturating_sub(clock.start.get()) as f64 / span.get() as f64 * width.get();
    let time_at = move |x: f64| {
        let time = clock.start.get_untracked() + ((x / width.get_untracked()).clamp(0.0, 1.0) * span.get_untracked() as f64) as u64;
        time.min(clock.end.get_untracked())
    };
    let lane = move |at: usize| {
        let d = Memo::new(move |_| {
            world.marked.get();
            let (start, span, width) = (clock.start.get(), span.get(), width.get());
            path(world, LANES[at], at, start, span, width)
        });
        view! { <path class=format!("lane l{at}") d=d /> }
    };
    let seek = move |event: &PointerEvent| clock.seek(time_at(f64::from(event.offset_x())));
    let down = move |event: PointerEvent| {
        dragging.set(true);
        document::hold_pointer(&event);
        seek(&event);
    };
    let over = move |event: PointerEvent| {
        if dragging.get_untracked() {
            seek(&event);
        } else {
            let (at, grain) = (time_at(f64::from(event.offset_x())), span.get_untracked() as f64 / width.get_untracked());
            pointed.set(match f64::from(event.offset_y()) < LANES.len() as f64 * LANE {
                true => nearest(world, at, (grain * 6.0) as u64),
                false => counted(app.network, at, bucket(span.get_untracked(), width.get_untracked())),
            });
        }
    };
    let keys = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowLeft" => clock.seek_by(-1),
            "ArrowRight" => clock.seek_by(1),
            "PageDown" => clock.seek_by(-10),
            "PageUp" => clock.seek_by(10),
            "Home" => clock.seek(clock.start.get_untracked()),
            "End" => clock.seek(clock.end.get_untracked()),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let names = move || {
        let words = words();
        let known = [words.lane_you, words.lane_api, words.lane_controllers, words.lane_scheduler, words.lane_kubelets];
        [&known[..], &[words.lane_faults, words.lane_traffic]].concat()
    };
    let bars = Memo::new(move |_| {
        app.network.told.get();
        app.network.history.with_value(|history| traffic(history, clock.start.get(), clock.end.get(), span.get(), width.get()))
    });
    // The instant, and what became of the requests of its second.
    let said = move || {
        let at = clock.second.get() * 1_000_000 + clock.start.get();
        let requests = counted(app.network, at, 1);
        let time = (words().at_time)(&clock.reading(at));
        if requests.is_empty() { time } else { format!("{time}, {requests}") }
    };
    let seconds = move |time: u64| (time.saturating_sub(clock.start.get()) / 1_000_000).to_string();
    view! {
        <div class="lanes">
            <div class="names" aria-hidden="true">{(0..=LANES.len()).map(|at| view! { <span>{move || names()[at]}</span> }).collect_view()}</div>
            <div class="track" node_ref=track role="slider" tabindex="0" aria-label=move || words().scrub aria-valuemin="0" aria-valuemax=move || seconds(clock.end.get())
                aria-valuenow=move || clock.second.get().to_string() aria-valuetext=said
                title=move || pointed.get() on:keydown=keys on:pointerdown=down on:pointermove=over on:pointerup=move |_| dragging.set(false) on:pointercancel=move |_| dragging.set(false)>
                <svg width=width height=HEIGHT aria-hidden="true">
                    {(0..LANES.len()).map(lane).collect_view()}
                    <path class="lane-ok" d=move || bars.with(|bars| bars.0.clone()) />
                    <path class="lane-failed" d=move || bars.with(|bars| bars.1.clone()) />
                    <rect class="future" y="0" height=HEIGHT x=move || x(clock.now.get()) width=move || (x(clock.end.get()) - x(clock.now.get())).max(0.0) />
                    <path class="cursor" d=format!("M0 0V{HEIGHT}") transform=move || format!("translate({:.1} 0)", x(clock.now.get()).min(width.get() - 1.0)) />
                </svg>
            </div>
        </div>
    }
    .into_any()
}

/// All marks of a lane as one path: at most one stroke per pixel.
fn path(world: crate::state::world::World, lane: Lane, at: usize, start: u64, span: u64, width: f64) -> String {
    let top = at as f64 * LANE + 3.0;
    let mut path = String::new();
    let mut last = -9.0;
    world.index.with_value(|index| {
        for mark in index.marks.iter().filter(|mark| mark.lane == lane) {
            let x = (mark.at.saturating_sub(start) as f64 / span as f64 * width).floor();
            if x - last >= 2.0 {
                path.push_str(&format!("M{x} {top}v8"));
                last = x;
            }
        }
    });
    path
}

/// How many seconds one bar of the traffic's lane stands for.
fn bucket(span: u64, width: f64) -> u64 {
    ((span as f64 / 1_000_000.0 / width * BAR).ceil() as u64).max(1)
}

/// What came of requests: answered ones stand up from the lane's middle, failed ones hang down from it.
fn traffic(history: &BTreeMap<u64, (u32, u32)>, start: u64, end: u64, span: u64, width: f64) -> (String, String) {
    let (first, step) = (start / 1_000_000, bucket(span, width));
    let mut sums: BTreeMap<u64, (u32, u32)> = BTreeMap::new();
    for (second, (ok, failed)) in history.range(first..=end / 1_000_000) {
        let sum = sums.entry((second - first) / step).or_default();
        *sum = (sum.0 + ok, sum.1 + failed);
    }
    let most = f64::from(sums.values().map(|(ok, failed)| *ok.max(failed)).max().unwrap_or(1).max(1));
    // Even a single failure is seen.
    let tall = |count: u32| (f64::from(count) / most * HALF).max(1.5);
    let middle = LANES.len() as f64 * LANE + LANE / 2.0;
    let (mut up, mut down) = (String::new(), String::new());
    for (place, (ok, failed)) in sums {
        let x = (place * step) as f64 * 1_000_000.0 / span as f64 * width;
        let wide = (step as f64 * 1_000_000.0 / span as f64 * width - 1.0).max(1.0);
        if ok > 0 {
            up.push_str(&format!("M{x:.1} {middle}v-{:.1}h{wide:.1}V{middle}z", tall(ok)));
        }
        if failed > 0 {
            down.push_str(&format!("M{x:.1} {middle}v{:.1}h{wide:.1}V{middle}z", tall(failed)));
        }
    }
    (up, down)
}

/// What came of the requests in the bar at an instant, in words; empty where there were none.
fn counted(network: Network, time: u64, step: u64) -> String {
    let second = time / 1_000_000;
    let span = second.saturating_sub(step.saturating_sub(1))..=second;
    let sum = network.history.with_value(|history| history.range(span).fold((0, 0), |sum, (_, (ok, failed))| (sum.0 + ok, sum.1 + failed)));
    if sum == (0, 0) { String::new() } else { (words().net.in_span)(sum.0, sum.1) }
}

fn nearest(world: crate::state::world::World, time: u64, within: u64) -> String {
    world.index.with_value(|index| {
        let close = index.marks.iter().filter(|mark| mark.at.abs_diff(time) <= within).min_by_key(|mark| mark.at.abs_diff(time));
        close.map(|mark| mark.text.clone()).unwrap_or_default()
    })
}
