//! The door to other frames of the same page: texts to and from the lab and its panes, and nobody else.
use super::document::window;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlIFrameElement, MessageEvent, Window};

/// This page's origin; `null` in a sandboxed frame.
fn origin() -> String {
    window().origin()
}

/// An origin that is no origin cannot be addressed; who may answer is still checked by frame.
fn post(to: &Window, text: &str) {
    let origin = origin();
    let _ = to.post_message(&JsValue::from_str(text), if origin == "null" { "*" } else { &origin });
}

/// The page that this one is a frame of.
fn parent() -> Option<Window> {
    window().parent().ok().flatten()
}

fn inside(id: &str) -> Option<Window> {
    super::document::by_id(id)?.dyn_into::<HtmlIFrameElement>().ok()?.content_window()
}

pub fn tell_parent(text: &str) {
    if let Some(parent) = parent() {
        post(&parent, text);
    }
}

/// To the frame with this element id.
pub fn tell(id: &str, text: &str) {
    if let Some(frame) = inside(id) {
        post(&frame, text);
    }
}

/// Calls back with each text of the parent's.
pub fn hear_parent(mut heard: impl FnMut(String) + 'static) {
    listen(move |from, text| {
        if parent().is_some_and(|parent| same(&parent, from)) {
            heard(text);
        }
    });
}

/// Calls back with each text of one of these frames', and the frame's place among them.
pub fn hear(ids: &'static [&'static str], mut heard: impl FnMut(usize, String) + 'static) {
    listen(move |from, text| {
        if let Some(place) = ids.iter().position(|id| inside(id).is_some_and(|frame| same(&frame, from))) {
            heard(place, text);
        }
    });
}

fn same(window: &Window, from: &JsValue) -> bool {
    let window: &JsValue = window;
    window == from
}

/// Texts of this origin only.
fn listen(mut heard: impl FnMut(&JsValue, String) + 'static) {
    gloo_events::EventListener::new(&window(), "message", move |event| {
        let event: &MessageEvent = event.unchecked_ref();
        if event.origin() != origin() {
            return;
        }
        if let (Some(from), Some(text)) = (event.source(), event.data().as_string()) {
            heard(&from, text);
        }
    })
    .forget();
}
