//! The engine's door to JavaScript: texts in, texts out.
use super::desk::Desk;
use wasm_bindgen::prelude::*;

/// One engine. All texts are JSON of `protocol`.
#[wasm_bindgen]
pub struct Engine {
    desk: Desk,
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn complain(text: &str);
    /// Puts the rarely used part of this module in place. The build cuts it off, and lets each way into it begin with this call.
    #[wasm_bindgen(js_name = kubariumRest)]
    fn rest();
}

#[wasm_bindgen]
impl Engine {
    /// `config` is kept for later formats; it may be empty.
    #[wasm_bindgen(constructor)]
    pub fn new(_config: &str) -> Engine {
        std::panic::set_hook(Box::new(|info| complain(&info.to_string())));
        Engine { desk: Desk::default() }
    }

    /// Handles one `ToEngine`; gives a JSON array of `FromEngine`.
    pub fn message(&mut self, text: &str) -> String {
        match parcel::from_text(text) {
            Ok(message) => self.desk.handle(message),
            Err(error) => self.desk.trouble("message", &error),
        }
        self.answers()
    }

    /// Lets `real_ms` of real time pass; gives a JSON array of `FromEngine`, or an empty text.
    pub fn tick(&mut self, real_ms: f64) -> String {
        self.desk.tick(real_ms as u64);
        self.answers()
    }

    /// Whether time runs, so that ticks are wanted.
    pub fn playing(&self) -> bool {
        self.desk.playing()
    }

    /// Whether there is work that nobody's clock paces: the next tick is wanted at once.
    pub fn eager(&self) -> bool {
        self.desk.eager()
    }

    /// The world's digest, for the test that native and Wasm agree.
    pub fn digest(&self) -> String {
        self.desk.digest()
    }

    /// Has the whole module in place, at once.
    pub fn complete(&self) {
        rest();
    }

    fn answers(&mut self) -> String {
        let answers = self.desk.take();
        if answers.is_empty() { String::new() } else { parcel::to_text(&answers) }
    }
}
