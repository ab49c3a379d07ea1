//! The door to moving dots: a small pool of elements, moved by the browser's compositor and not by the page.
use super::document::document;
use std::cell::RefCell;
use wasm_bindgen::{JsValue, prelude::*};
use web_sys::Element;

/// At most so many dots move at once.
const POOL: usize = 32;

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

thread_local! {
    static DOTS: RefCell<Pool> = RefCell::default();
}

/// Fills the layer with resting, invisible dots.
pub fn mount(layer: &Element) {
    let mut dots = Vec::with_capacity(POOL);
    for _ in 0..POOL {
        let Ok(dot) = document().create_element("i") else { return };
        dot.set_class_name("dot");
        let _ = layer.append_child(&dot);
        dots.push(dot);
    }
    DOTS.set(Pool { dots, next: 0 });
}

/// One dot along a line of points (CSS pixels of the layer).
pub fn travel(points: &[(f64, f64)], write: bool, delay_ms: f64) {
    let dot = DOTS.with_borrow_mut(|pool| {
        pool.next = (pool.next + 1) % pool.dots.len().max(1);
        pool.dots.get(pool.next).cloned()
    });
    let Some(dot) = dot else { return };
    dot.set_class_name(if write { "dot write" } else { "dot watch" });
    let frames = js_sys::Array::new();
    for (x, y) in points {
        let frame = js_sys::Object::new();
        set(&frame, "transform", &format!("translate({x:.0}px,{y:.0}px)").into());
        set(&frame, "opacity", &1.into());
        frames.push(&frame);
    }
    let options = js_sys::Object::new();
    set(&options, "duration", &620.into());
    set(&options, "delay", &delay_ms.into());
    set(&options, "easing", &"ease-in-out".into());
    dot.unchecked_ref::<Moved>().animate(&frames, &options);
}

fn set(object: &js_sys::Object, key: &str, value: &JsValue) {
    let _ = js_sys::Reflect::set(object, &key.into(), value);
}
