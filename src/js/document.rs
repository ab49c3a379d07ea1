//! The door to the document: language, theme, address, focus, media questions, sizes.
use gloo_timers::callback::Timeout;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Document, Element, HtmlElement, KeyboardEvent, Window};

pub fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

pub fn document() -> Document {
    window().document().expect("a window has a document")
}

pub fn root() -> Element {
    document().document_element().expect("a document has a root")
}

pub fn by_id(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

pub fn focus(id: &str) {
    if let Some(element) = by_id(id) {
        let _ = element.focus();
    }
}

/// The id of the pane that holds the focus, if any.
pub fn focused_pane() -> Option<String> {
    let pane = document().active_element()?.closest("[data-pane]").ok()??;
    pane.get_attribute("data-pane")
}

/// Whether what holds the focus, if anything does, fits the selector.
pub fn focus_is_within(selector: &str) -> bool {
    document().active_element().is_none_or(|active| active.matches(selector).unwrap_or(false))
}

/// Moves the focus into a pane: to what it marked as its first stop, else to the pane itself.
pub fn focus_pane(name: &str) -> bool {
    let Ok(Some(pane)) = document().query_selector(&format!("[data-pane=\"{name}\"]")) else { return false };
    let target = pane.query_selector("[data-first]:not([hidden])").ok().flatten().unwrap_or(pane.clone());
    let Ok(target) = target.dyn_into::<HtmlElement>() else { return false };
    let _ = target.focus();
    // A pane may pass the focus on to something inside.
    document().active_element().is_some_and(|active| pane.contains(Some(&active)))
}

pub fn now_ms() -> f64 {
    window().performance().map(|clock| clock.now()).unwrap_or(0.0)
}

/// A page that nobody sees has no frames: then this takes the place of one.
const NO_FRAME_MS: u32 = 120;

/// Calls back once the next frame is drawn, in a task of its own, with how many milliseconds the drawing took.
pub fn after_frame(drawn: impl FnOnce(f64) + 'static) {
    let drawn = Rc::new(Cell::new(Some(drawn)));
    let late = drawn.clone();
    let unseen = Timeout::new(NO_FRAME_MS, move || late.take().into_iter().for_each(|drawn| drawn(0.0)));
    let draws = Closure::once_into_js(move || {
        let begun = now_ms();
        Timeout::new(0, move || {
            drop(unseen);
            drawn.take().into_iter().for_each(|drawn| drawn(now_ms() - begun));
        })
        .forget();
    });
    let _ = window().request_animation_frame(draws.unchecked_ref());
}

pub fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|answer| answer.matches())
}

/// Calls back whenever the answer to a media question changes; for as long as the page lives.
pub fn on_media(query: &str, mut changed: impl FnMut(bool) + 'static) {
    let Ok(Some(list)) = window().match_media(query) else { return };
    let again = list.clone();
    gloo_events::EventListener::new(&list, "change", move |_| changed(again.matches())).forget();
}

/// What stands behind `?` in the address.
pub fn search() -> String {
    window().location().search().unwrap_or_default()
}

pub fn parameter(name: &str) -> Option<String> {
    web_sys::UrlSearchParams::new_with_str(&search()).ok()?.get(name)
}

/// Calls back with each key pressed anywhere on the page; what the browser would do with it can be prevented.
pub fn on_key(mut pressed: impl FnMut(&KeyboardEvent) + 'static) {
    let options = gloo_events::EventListenerOptions::enable_prevent_default();
    gloo_events::EventListener::new_with_options(&window(), "keydown", options, move |event| pressed(event.unchecked_ref())).forget();
}

/// Another page of ours: everything begins anew there.
pub fn leave_for(query: &str) {
    let _ = window().location().set_search(query);
}

/// The address of a file of this build: the build's number stands in the address of its first script.
pub fn file_of_build(name: &str) -> String {
    let script = document().query_selector("script[src*='boot.js']").ok().flatten();
    let source = script.and_then(|script| script.get_attribute("src")).unwrap_or_default();
    format!("{name}{}", source.find('?').map_or("", |at| &source[at..]))
}

/// Marks the root, for style sheets.
pub fn mark_root(name: &str) {
    let _ = root().set_attribute(name, "");
}

pub fn go_to(query: &str) {
    if let Ok(history) = window().history() {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(query));
    }
}

/// Calls back with the element's size in CSS pixels, now and whenever it changes.
pub fn on_resize(element: &Element, mut sized: impl FnMut(f64, f64) + 'static) {
    let seen = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
        if let Ok(entry) = entries.get(0).dyn_into::<web_sys::ResizeObserverEntry>() {
            let area = entry.content_rect();
            sized(area.width(), area.height());
        }
    });
    if let Ok(observer) = web_sys::ResizeObserver::new(seen.as_ref().unchecked_ref()) {
        observer.observe(element);
        seen.forget();
        std::mem::forget(observer);
    }
}

/// The text of the shell's first lines, to keep it readable until the lesson itself is there.
pub fn take_shell(lang: &str) -> Option<Element> {
    let found = document().query_selector(&format!("#shell main[lang=\"{lang}\"]")).ok()??;
    found.clone_node_with_deep(true).ok()?.dyn_into().ok()
}

pub fn is_mac() -> bool {
    window().navigator().user_agent().is_ok_and(|agent| agent.contains("Mac"))
}

/// Whether a click was a click, and not the end of selecting text.
pub fn nothing_selected() -> bool {
    window().get_selection().ok().flatten().is_none_or(|selection| selection.is_collapsed())
}

/// Keeps a drag on its element even when the pointer leaves it.
pub fn hold_pointer(event: &web_sys::PointerEvent) {
    if let Some(element) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
        let _ = element.set_pointer_capture(event.pointer_id());
    }
}

#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    type Pasted;
    /// The text stays in JavaScript: web-sys would copy all of it.
    #[wasm_bindgen(method, js_name = getData)]
    fn get_data(this: &Pasted, kind: &str) -> js_sys::JsString;
}

/// How long the text is that is being pasted, in UTF-16 units.
pub fn pasted_length(event: &web_sys::ClipboardEvent) -> u32 {
    event.clipboard_data().map_or(0, |data| data.unchecked_into::<Pasted>().get_data("text/plain").length())
}

/// The text that is being pasted.
pub fn pasted_text(event: &web_sys::ClipboardEvent) -> String {
    event.clipboard_data().map_or_else(String::new, |data| data.unchecked_into::<Pasted>().get_data("text/plain").into())
}

/// Closes every open menu, but for the one that holds `keep`.
pub fn close_menus() {
    let Ok(open) = document().query_selector_all("details.menu[open]") else { return };
    for at in 0..open.length() {
        if let Some(menu) = open.get(at).and_then(|node| node.dyn_into::<Element>().ok()) {
            let _ = menu.remove_attribute("open");
        }
    }
}

/// Menus close when a press or the focus lands elsewhere, and on Escape.
pub fn watch_menus() {
    let outside = |event: &web_sys::Event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if target.and_then(|target| target.closest("details.menu").ok().flatten()).is_none() {
            close_menus();
        }
    };
    gloo_events::EventListener::new(&document(), "pointerdown", outside).forget();
    gloo_events::EventListener::new(&document(), "focusin", outside).forget();
}

/// Scrolls the lesson to its card number `at`, counted from 0; the first one needs no scrolling.
pub fn show_step(at: usize, smooth: bool) {
    let Ok(cards) = document().query_selector_all(".lesson article.card") else { return };
    if at == 0 {
        return;
    }
    if let Some(card) = cards.get(at as u32).and_then(|node| node.dyn_into::<Element>().ok()) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_behavior(if smooth { web_sys::ScrollBehavior::Smooth } else { web_sys::ScrollBehavior::Auto });
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        card.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Who presses a button with the keyboard and thereby takes it away keeps a place: the button's pane, or the picture where
/// the pane is gone, too.
pub fn keep_place() {
    let pressed = |event: &web_sys::Event| {
        let button = event.target().and_then(|target| target.dyn_into::<Element>().ok()?.closest("[data-pane] button").ok()?);
        let Some(button) = button.filter(|button| button.matches(":focus-visible").unwrap_or(false)) else { return };
        let Ok(Some(pane)) = button.closest("[data-pane]") else { return };
        for pause_ms in [60, 500] {
            let (button, pane) = (button.clone(), pane.clone());
            gloo_timers::callback::Timeout::new(pause_ms, move || {
                let lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
                if lost && !button.is_connected() {
                    let _ = pane.clone().dyn_into::<HtmlElement>().map(|pane| pane.focus());
                }
                if lost && !pane.contains(document().active_element().as_deref()) {
                    focus_pane("picture");
                }
            })
            .forget();
        }
    };
    gloo_events::EventListener::new(&window(), "click", pressed).forget();
}
