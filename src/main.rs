//! The page: mounts the app. On other targets than the browser there is nothing to do.
#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod js;
#[cfg(target_arch = "wasm32")]
mod panels;
#[cfg(target_arch = "wasm32")]
mod protocol;
#[cfg(target_arch = "wasm32")]
mod state;
#[cfg(any(target_arch = "wasm32", test))]
#[cfg_attr(test, allow(dead_code))]
mod text;

fn main() {}

/// What boot.js asks of the page, once its two files are joined or can be.
#[cfg(target_arch = "wasm32")]
mod door {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        /// Puts the rarely used part of this module in place. The build cuts it off, and lets each way into it begin with this call.
        #[wasm_bindgen(js_name = kubariumPageRest)]
        fn rest();
    }

    /// Begins.
    #[wasm_bindgen]
    pub fn mount() {
        super::app::mount();
    }

    /// Has the whole module in place, at once.
    #[wasm_bindgen]
    pub fn complete() {
        rest();
    }
}
