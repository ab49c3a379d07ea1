//! The door to the engine: `window.kubariumEngine` takes and gives JSON texts.
use crate::protocol::{FromEngine, ToEngine};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = kubariumEngine, js_name = start)]
    fn start_js(on_message: &Closure<dyn FnMut(String)>, on_crash: &Closure<dyn FnMut(String, bool)>);
    #[wasm_bindgen(js_namespace = kubariumEngine, js_name = send)]
    fn send_js(text: &str);
    #[wasm_bindgen(js_namespace = kubariumEngine, js_name = restart)]
    fn restart_js();
    #[wasm_bindgen(js_namespace = kubariumEngine, js_name = mode)]
    fn mode_js() -> String;
    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    fn warn(text: &str);
}

/// Begins to listen. Both closures live as long as the page does. The second gets the reason, and whether it is that a
/// part of the engine could not be fetched.
pub fn start(mut on_message: impl FnMut(Vec<FromEngine>) + 'static, on_crash: impl FnMut(String, bool) + 'static) {
    let message = Closure::<dyn FnMut(String)>::new(move |text: String| match parcel::from_text(&text) {
        Ok(messages) => on_message(messages),
        Err(error) => warn(&error),
    });
    let crash = Closure::<dyn FnMut(String, bool)>::new(on_crash);
    start_js(&message, &crash);
    message.forget();
    crash.forget();
}

pub fn send(message: &ToEngine) {
    send_js(&parcel::to_text(message));
}

/// Whether the engine is gone; otherwise it only waits for a part of itself.
pub fn stopped() -> bool {
    mode_js() == "stopped"
}

/// A fresh engine behind the same listeners, after the old one died.
pub fn restart() {
    restart_js();
}
