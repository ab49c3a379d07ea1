//! The door to moving dots: small pools of elements, moved by the browser's compositor and not by the page.
use super::document::document;
use std::cell::RefCell;
use wasm_bindgen::{JsValue, prelude::*};
use web_sys::Element;

/// At most so many messages and so many requests move at once; some of them are kept for failures with a word, which stay longer.
const MESSAGES: usize = 32;
const REQUESTS: usize = 42;
const SAID: usize = 8;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Element)]
    type Moved;
    #[wasm_bindgen(method)]
    fn animate(this: &Moved, frames: &JsValue, options: &JsValue) -> JsValue;
}

#[derive(Default)]
struct Pool {
    dots: Vec<Element>,
    next: usize,
}

impl Pool {
    fn fill(layer: &Element, count: usize, class: &str) -> Pool {
        let made = (0..count).map_while(|_| {
            let dot = document().create_element("i").ok()?;
            dot.set_class_name(class);
            layer.append_child(&dot).ok()?;
            Some(dot)
        });
        Pool { dots: made.collect(), next: 0 }
    }

    fn next(&mut self) -> Option<Element> {
        self.next = (self.next + 1) % self.dots.len().max(1);
        self.dots.get(self.next).cloned()
    }
}

thread_local! {
    static DOTS: RefCell<(Pool, Pool, Pool)> = RefCell::default();
}

/// Fills the layer with resting, invisible dots.
pub fn mount(layer: &Element) {
    DOTS.set((Pool::fill(layer, MESSAGES, "dot"), Pool::fill(layer, REQUESTS, "req"), Pool::fill(layer, SAID, "req")));
}

/// One dot along a line of points (CSS pixels of the layer).
pub fn travel(points: &[(f64, f64)], write: bool, delay_ms: f64) {
    let Some(dot) = DOTS.with_borrow_mut(|pools| pools.0.next()) else { return };
    dot.set_class_name(if write { "dot write" } else { "dot watch" });
    let frames = points.iter().map(|point| frame(*point, 1.0, None));
    run(&dot, &frames.collect(), 620.0, delay_ms, "ease-in-out");
}

/// A request on its way; one that failed may say why in `text`, and then stays a while where it did. Its number can be read from
/// the element that was pressed.
pub fn request(points: &[(f64, f64)], class: &str, text: &str, id: u64, delay_ms: f64) {
    let said = !text.is_empty();
    let Some(dot) = DOTS.with_borrow_mut(|pools| if said { pools.2.next() } else { pools.1.next() }) else { return };
    dot.set_class_name(&format!("req {class}"));
    dot.set_text_content(Some(text));
    let _ = dot.set_attribute("data-req", &id.to_string());
    let legs: Vec<f64> = points.windows(2).map(|two| (two[1].0 - two[0].0).abs() + (two[1].1 - two[0].1).abs()).collect();
    let whole = legs.iter().sum::<f64>().max(1.0);
    // So that the word can be read.
    let (end, lasts) = if said { (0.6, 2_600.0) } else { (1.0, 1_500.0) };
    let frames = js_sys::Array::new();
    let mut gone = 0.0;
    for (at, point) in points.iter().enumerate() {
        frames.push(&frame(*point, 1.0, Some(gone / whole * end)));
        gone += legs.get(at).copied().unwrap_or(0.0);
    }
    if let Some(last) = points.last().filter(|_| said) {
        frames.push(&frame(*last, 1.0, Some(0.9)));
        frames.push(&frame(*last, 0.0, Some(1.0)));
    }
    run(&dot, &frames, lasts, delay_ms, "linear");
}

fn frame((x, y): (f64, f64), opacity: f64, offset: Option<f64>) -> JsValue {
    let frame = js_sys::Object::new();
    set(&frame, "transform", &format!("translate({x:.0}px,{y:.0}px)").into());
    set(&frame, "opacity", &opacity.into());
    if let Some(offset) = offset {
        set(&frame, "offset", &offset.clamp(0.0, 1.0).into());
    }
    frame.into()
}

fn run(dot: &Element, frames: &js_sys::Array, lasts: f64, delay: f64, easing: &str) {
    let options = js_sys::Object::new();
    set(&options, "duration", &lasts.into());
    set(&options, "delay", &delay.into());
    set(&options, "easing", &easing.into());
    dot.unchecked_ref::<Moved>().animate(frames, &options);
}

fn set(object: &js_sys::Object, key: &str, value: &JsValue) {
    let _ = js_sys::Reflect::set(object, &key.into(), value);
}
