//! The door to the engine: `window.kubariumEngine` takes and gives JSON texts.
use crate::protocol::{FromEngine, ToEngine};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = kubariumEngine, js_name = start)]
    fn start_js(on_message: &Closure<dyn FnMut(String)>, on_crash: &Closure<dyn FnMut(String)>);
    #[wasm_bindgen(js_namespace = kubariumEngine, js_name = send)]
    fn send_js(text: &str);
    #[wasm_bindgen(js_namespace = kubariumEngine, js_name = restart)]
    fn restart_js();
    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    fn warn(text: &str);
}

/// Begins to listen. Both closures live as long as the page does.
pub fn start(mut on_message: impl FnMut(Vec<FromEngine>) + 'static, on_crash: impl FnMut(String) + 'static) {
    let message = Closure::<dyn FnMut(String)>::new(move |text: String| match parcel::from_text(&text) {
        Ok(messages) => on_message(messages),
        Err(error) => warn(&error),
    });
    let crash = Closure::<dyn FnMut(String)>::new(on_crash);
    start_js(&message, &crash);
    message.forget();
    crash.forget();
}

pub fn send(message: &ToEngine) {
    send_js(&parcel::to_text(message));
}

/// A fresh engine behind the same listeners, after the old one died.
pub fn restart() {
    restart_js();
}
