//! What a Pod tells while the pointer or the focus rests on it: how the scheduler came to its node, or what keeps it waiting.
use super::pods::state_of;
use crate::panels::verdicts;
use crate::state::app;
use crate::state::world::World;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, FocusEvent, PointerEvent};

/// A pointer that only passes by asks nothing, and a finger that only taps chooses.
const REST_MS: u32 = 160;
const PRESS_MS: u32 = 450;
/// So long a pointer may take from the shape into the panel.
const LINGER_MS: u32 = 300;
/// How wide and high it is at most (as in the style sheet), and what stays free around it, in CSS pixels.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 280.0;
const GAP: f64 = 6.0;
/// The panel's id, for the shape that it describes.
const ID: &str = "told";

/// Where it stands in the drawing, in CSS pixels.
#[derive(Clone, Copy, Default)]
struct Place {
    left: f64,
    /// From above, or else from below: a panel grows into the room there is.
    top: Option<f64>,
    bottom: f64,
    most: f64,
}

/// The panel, and what the drawing calls when pointer or focus come over something and leave it.
#[derive(Clone, Copy)]
pub struct Told {
    /// Held here: a timer has no context to find it in.
    world: World,
    place: RwSignal<Place>,
    waiting: StoredValue<Option<Timeout>, LocalStorage>,
    shape: StoredValue<Option<Element>, LocalStorage>,
}

impl Told {
    pub fn new() -> Told {
        Told { world: app().world, place: RwSignal::default(), waiting: StoredValue::new_local(None), shape: StoredValue::new_local(None) }
    }

    /// The pointer or the focus is on something.
    pub fn over(self, event: &Event) {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        if is_inside(&target) {
            return self.waiting.set_value(None);
        }
        let shape = target.closest("[data-id^='pod/']").ok().flatten();
        let Some((shape, id)) = shape.and_then(|shape| Some((shape.clone(), shape.get_attribute("data-id")?))) else {
            // On its way to the panel a mouse crosses what lies between.
            return if event.type_() == "pointerover" && !is_touch(event) { self.away_soon() } else { self.away() };
        };
        if self.world.pointed.with_untracked(|pointed| pointed.as_ref().is_some_and(|(old, _)| *old == id)) {
            return self.waiting.set_value(None);
        }
        // The inspector says all that already, and it would only cover the picture.
        if !is_touch(event) && self.world.picked.with_untracked(|picked| picked.as_ref() == Some(&id)) {
            return self.away_soon();
        }
        let rest = if is_touch(event) { PRESS_MS } else { REST_MS };
        self.waiting.set_value(Some(Timeout::new(rest, move || self.show(shape, &id))));
    }

    fn show(self, shape: Element, id: &str) {
        let Some(place) = beside(&shape) else { return };
        self.away();
        self.place.set(place);
        let _ = shape.set_attribute("aria-describedby", ID);
        self.shape.set_value(Some(shape));
        self.world.point(id);
    }

    /// The pointer or the focus went out of something. What a finger asked for stays until it touches something else.
    pub fn out(self, event: &Event) {
        let next = event.dyn_ref::<FocusEvent>().and_then(FocusEvent::related_target);
        if next.and_then(|next| next.dyn_into::<Element>().ok()).is_some_and(|next| is_inside(&next)) {
            return;
        }
        if is_touch(event) { self.waiting.set_value(None) } else { self.away() }
    }

    fn away_soon(self) {
        self.waiting.set_value(Some(Timeout::new(LINGER_MS, move || self.away())));
    }

    /// Something was chosen: the inspector says it from now on. What a finger asked for stays.
    pub fn chosen(self, event: &Event) {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if !is_touch(event) && target.is_some_and(|target| !is_inside(&target)) {
            self.away();
        }
    }

    /// They are nowhere any more, or Escape was pressed.
    pub fn away(self) {
        self.waiting.set_value(None);
        if let Some(shape) = self.shape.try_update_value(Option::take).flatten() {
            let _ = shape.remove_attribute("aria-describedby");
        }
        let pointed = self.world.pointed;
        if pointed.with_untracked(Option::is_some) {
            pointed.set(None);
        }
    }

    pub fn view(self) -> AnyView {
        let world = self.world;
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
            <div class="told" id=ID role="tooltip" tabindex="0" hidden=hidden style:left=move || pixels(self.place.get().left)
                style:top=move || self.place.get().top.map_or("auto".to_string(), pixels)
                style:bottom=move || self.place.with(|place| if place.top.is_some() { "auto".to_string() } else { pixels(place.bottom) })
                style:max-height=move || pixels(self.place.get().most)>{body}</div>
        }
        .into_any()
    }
}

fn pixels(length: f64) -> String {
    format!("{length:.0}px")
}

fn is_inside(target: &Element) -> bool {
    target.closest(".told").ok().flatten().is_some()
}

fn is_touch(event: &Event) -> bool {
    event.dyn_ref::<PointerEvent>().is_some_and(|event| event.pointer_type() == "touch")
}

/// Beside a shape, to its right or else its left, inside the part of the drawing that can be seen.
fn beside(shape: &Element) -> Option<Place> {
    let drawing = shape.closest(".drawing").ok()??;
    let frame = drawing.parent_element()?.get_bounding_client_rect();
    let (own, around) = (shape.get_bounding_client_rect(), drawing.get_bounding_client_rect());
    let right = own.right() + GAP + WIDTH <= frame.right();
    let left = if right { own.right() + GAP } else { (own.left() - GAP - WIDTH).max(frame.left() + GAP) };
    let most = HEIGHT.min(frame.height() - 2.0 * GAP);
    let above = own.top().max(frame.top() + GAP);
    let fits = above + most + GAP <= frame.bottom();
    let bottom = own.bottom().clamp(frame.top() + GAP + most, (frame.bottom() - GAP).max(frame.top() + GAP + most));
    Some(Place { left: left - around.left(), top: fits.then_some(above - around.top()), bottom: around.bottom() - bottom, most })
}
