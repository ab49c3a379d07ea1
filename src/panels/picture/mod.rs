//! The picture: the cluster as shapes, laid out by part and node, never by a simulation of forces.
pub mod control;
pub mod flow;
pub mod layout;
pub mod nodes;
pub mod pods;
pub mod tiles;
mod told;
pub mod travel;

use crate::js::{document, dots};
use crate::state::network::Lens;
use crate::state::{app, words};
use layout::{Facts, NAMED, Plan, Size, plan};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// More Pods than this are drawn as tiles with counts.
pub const MOST_SINGLE: usize = 60;

/// What every part of the picture reads.
#[derive(Clone, Copy)]
pub struct Drawing {
    pub plan: Memo<Plan>,
    /// Servers with a control plane, as `control::controls` names them.
    pub controls: Memo<Vec<String>>,
    pub tiled: Memo<bool>,
}

#[component]
pub fn Picture() -> impl IntoView {
    let app = app();
    let world = app.world;
    let size = RwSignal::new((980.0_f64, 440.0_f64));
    let frame = NodeRef::<leptos::html::Div>::new();
    let layer = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if let Some(element) = frame.get() {
            document::on_resize(&element, move |width, height| {
                if width > 40.0 && size.get_untracked() != (width, height) {
                    size.set((width, height));
                }
            });
        }
        if let Some(element) = layer.get() {
            dots::mount(&element);
        }
    });
    let tiled = Memo::new(move |_| world.counts.with(|counts| counts.pods > MOST_SINGLE));
    let controls = Memo::new(move |_| control::controls(world));
    let plan = Memo::new(move |_| {
        let (width, height) = size.get();
        let workers = world.nodes.with(|nodes| nodes.iter().filter(|node| node.view.with(nodes::boxed)).cloned().collect::<Vec<_>>());
        let most = workers
            .iter()
            .map(|node| node.pods.with(|pods| pods.iter().filter(|pod| pod.slot < 900).map(|pod| pod.slot + 1).max().unwrap_or(0)))
            .max();
        plan(Facts {
            width,
            height,
            nodes: workers.len() + nodes::servers(world).len(),
            controls: controls.with(Vec::len),
            most: if tiled.get() { 0 } else { most.unwrap_or(0) },
            groups: control::groups(world).len(),
            waiting: world.counts.with(|counts| counts.waiting > 0),
            stripes: matches!(app.network.lens.get(), Lens::Traffic | Lens::Rules | Lens::Browser),
            users: matches!(app.network.lens.get(), Lens::Traffic | Lens::Browser),
        })
    });
    let drawing = Drawing { plan, controls, tiled };
    provide_context(drawing);
    travel::follow(drawing);
    flow::follow(drawing);
    let told = told::Told::new();
    // What a pointer brought goes away by Escape wherever the focus is.
    gloo_events::EventListener::new(&document::window(), "keydown", move |event| {
        if event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Escape") {
            told.away();
        }
    })
    .forget();
    let summary = move || summary(words(), &world.counts.get());
    view! {
        <div class="frame" node_ref=frame>
            <span class="sr" role="img" aria-label=summary></span>
            <div class="drawing" data-first="" role="group" tabindex="0" aria-busy=move || app.clock.seeking.get().to_string() aria-label=move || words().picture_keys on:click=move |event: web_sys::MouseEvent| {
                    told.chosen(&event);
                    chosen(event);
                }
                on:keydown=arrows
                on:pointerover=move |event| told.over(&event) on:pointerleave=move |event| told.out(&event)
                on:focusin=move |event| told.over(&event) on:focusout=move |event| told.out(&event)>
                <svg width=move || plan.with(|plan| plan.width) height=move || plan.with(|plan| plan.height)
                    viewBox=move || plan.with(|plan| format!("0 0 {} {}", plan.width, plan.height))
                    class=move || plan.with(|plan| format!("picture {}{}{}{}", plan.size.class(), if plan.narrow { " narrow" } else { "" }, if plan.roomy { " roomy" } else { "" }, if plan.size == Size::Short && plan.pod.0 >= NAMED { " named" } else { "" }))
                    style:--pw=move || plan.with(|plan| format!("{}px", plan.pod.0)) style:--ph=move || plan.with(|plan| format!("{}px", plan.pod.1))>
                    <defs>
                        <pattern id="hatch" width="6" height="6" patternTransform="rotate(45)" patternUnits="userSpaceOnUse">
                            <rect class="hatch-ground" width="6" height="6" /><rect class="hatch-line" width="2" height="6" />
                        </pattern>
                    </defs>
                    <control::ControlPlane />
                    <nodes::Nodes />
                    <flow::Users />
                </svg>
                <div class="dots" aria-hidden="true" node_ref=layer></div>
                {told.view()}
            </div>
        </div>
    }
    .into_any()
}

/// One sentence that says what the picture shows.
pub fn summary(words: &crate::text::Words, counts: &crate::state::world::Counts) -> String {
    (words.summary)(counts.nodes_ready, counts.nodes, counts.pods_ready, counts.pods)
}

fn chosen(event: web_sys::MouseEvent) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    // A dot that is a request.
    if let Some(id) = target.get_attribute("data-req").and_then(|id| id.parse().ok()) {
        let app = app();
        app.world.unpick();
        return app.network.follow(id);
    }
    if let Ok(Some(shape)) = target.closest("[data-id]")
        && let Some(id) = shape.get_attribute("data-id")
    {
        app().world.pick(&id);
    }
}

/// Arrow keys walk through the shapes in drawing order; Enter chooses, Escape goes back to the picture.
fn arrows(event: KeyboardEvent) {
    let Some(here) = document::document().active_element() else { return };
    let step: i32 = match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => 1,
        "ArrowLeft" | "ArrowUp" => -1,
        "Home" => i32::MIN,
        "End" => i32::MAX,
        "Enter" | " " => {
            if let Some(id) = here.get_attribute("data-id") {
                event.prevent_default();
                app().world.pick(&id);
            }
            return;
        }
        "Escape" => return app().world.unpick(),
        _ => return,
    };
    let Some(picture) = here.closest(".drawing").ok().flatten() else { return };
    let Ok(shapes) = picture.query_selector_all("[data-id]") else { return };
    let count = shapes.length() as i32;
    let at = (0..count).find(|at| shapes.get(*at as u32).is_some_and(|shape| shape.is_same_node(Some(&here))));
    let next = match at {
        Some(at) => at.saturating_add(step).clamp(0, count - 1),
        None => 0,
    };
    event.prevent_default();
    if let Some(shape) = shapes.get(next as u32).and_then(|node| node.dyn_into::<web_sys::SvgElement>().ok()) {
        let _ = shape.focus();
    }
}
