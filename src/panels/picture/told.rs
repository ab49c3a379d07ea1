//! What a Pod tells while the pointer or the focus rests on it: how the scheduler came to its node, or what keeps it waiting.
use super::pods::state_of;
use crate::panels::verdicts;
use crate::state::app;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, PointerEvent};

/// A pointer that only passes by asks nothing.
const REST_MS: u32 = 160;
/// How wide and high it is at most (as in the style sheet), and what stays free around it, in CSS pixels.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 280.0;
const GAP: f64 = 6.0;

/// Where it stands in the drawing: left and top.
type Place = (f64, f64);

/// The panel, and what the drawing calls when pointer or focus come over something and leave it.
#[derive(Clone, Copy)]
pub struct Told {
    place: RwSignal<Place>,
    waiting: StoredValue<Option<Timeout>, LocalStorage>,
}

impl Told {
    pub fn new() -> Told {
        Told { place: RwSignal::default(), waiting: StoredValue::new_local(None) }
    }

    /// The pointer or the focus is on something.
    pub fn over(self, event: &Event) {
        // A finger rests on nothing: what it touches is chosen.
        if event.dyn_ref::<PointerEvent>().is_some_and(|event| event.pointer_type() == "touch") {
            return;
        }
        let world = app().world;
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        if target.closest(".told").ok().flatten().is_some() {
            return;
        }
        let shape = target.closest("[data-id^='pod/']").ok().flatten();
        let Some((shape, id)) = shape.and_then(|shape| Some((shape.clone(), shape.get_attribute("data-id")?))) else {
            return self.away();
        };
        if world.pointed.with_untracked(|pointed| pointed.as_ref().is_some_and(|(old, _)| *old == id)) {
            return;
        }
        self.away();
        self.waiting.set_value(Some(Timeout::new(REST_MS, move || {
            if let Some(place) = beside(&shape) {
                self.place.set(place);
                world.point(&id);
            }
        })));
    }

    /// They are nowhere any more, or Escape was pressed.
    pub fn away(self) {
        self.waiting.set_value(None);
        let pointed = app().world.pointed;
        if pointed.with_untracked(Option::is_some) {
            pointed.set(None);
        }
    }

    pub fn view(self) -> AnyView {
        let world = app().world;
        let body = move || {
            world.pointed.get().map(|(id, chain)| {
                let pod = world.pods_now().into_iter().find(|pod| pod.id == id);
                let verdict = chain.iter().find_map(|link| verdicts::of(&link.reason));
                let message = pod.as_ref().filter(|pod| pod.node.is_empty()).map(|pod| pod.message.clone()).filter(|text| !text.is_empty());
                let state = pod.as_ref().map(|pod| state_of(pod, 0)).unwrap_or_default();
                let head = verdict.as_ref().and_then(|verdict| verdict.get("chosen")).map(verdicts::plain);
                let head = head.map(|node| view! { <p class="muted" translate="no">"kube-scheduler → "{node}</p> });
                view! {
                    <p><b translate="no">{id.trim_start_matches("pod/").trim_start_matches("default/").to_string()}</b> " " <span>{state}</span></p>
                    {message.map(|text| view! { <p class="detail" translate="no">{text}</p> })}
                    {head}
                    {verdict.map(|verdict| verdicts::verdicts(&verdict))}
                }
                .into_any()
            })
        };
        let hidden = move || world.pointed.with(Option::is_none);
        view! {
            <div class="told" role="tooltip" hidden=hidden
                style:left=move || format!("{}px", self.place.get().0) style:top=move || format!("{}px", self.place.get().1)>{body}</div>
        }
        .into_any()
    }
}

/// Beside a shape, to its right or else its left, inside the part of the drawing that can be seen.
fn beside(shape: &Element) -> Option<Place> {
    let drawing = shape.closest(".drawing").ok()??;
    let frame = drawing.parent_element()?.get_bounding_client_rect();
    let (own, around) = (shape.get_bounding_client_rect(), drawing.get_bounding_client_rect());
    let right = own.right() + GAP + WIDTH <= frame.right();
    let left = if right { own.right() + GAP } else { (own.left() - GAP - WIDTH).max(frame.left() + GAP) };
    let top = own.top().min(frame.bottom() - HEIGHT - GAP).max(frame.top() + GAP);
    Some((left - around.left(), top - around.top()))
}
