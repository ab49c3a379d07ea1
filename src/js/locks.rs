//! The door to the browser's locks: which of several tabs has a name. Without locks (an address that is not secure) every tab has it.
use js_sys::{Function, Object, Promise, Reflect};
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    fn request(name: &str, options: &JsValue, granted: &JsValue) -> Result<Promise, JsValue>;
}

thread_local! {
    /// Goes up whenever this tab asks for a name or gives one away: what was asked for before is void.
    static TURN: Cell<u32> = const { Cell::new(0) };
    static RELEASE: RefCell<Option<Function>> = const { RefCell::new(None) };
}

fn release() {
    TURN.set(TURN.get() + 1);
    if let Some(release) = RELEASE.take() {
        let _ = release.call0(&JsValue::NULL);
    }
}

/// Takes a name, also from the tab that has it; gives away what this tab had. `lost` is called once another tab takes it.
pub fn take(name: &str, lost: impl FnOnce() + 'static) {
    release();
    let turn = TURN.get();
    let granted = Closure::once_into_js(move |_: JsValue| {
        Promise::new(&mut |resolve: Function, _| match TURN.get() == turn {
            true => RELEASE.set(Some(resolve)),
            false => drop(resolve.call0(&JsValue::NULL)),
        })
    });
    let options = Object::new();
    let _ = Reflect::set(&options, &"steal".into(), &JsValue::TRUE);
    let Ok(promise) = request(name, &options, &granted) else { return };
    spawn_local(async move {
        let Err(reason) = JsFuture::from(promise).await else { return };
        let reason = Reflect::get(&reason, &"name".into()).ok().and_then(|name| name.as_string());
        if reason.as_deref() == Some("AbortError") && TURN.get() == turn {
            lost();
        }
    });
}

/// Calls back once nobody has the name any more, unless this tab asks for one before.
pub fn when_free(name: &str, free: impl FnOnce() + 'static) {
    let turn = TURN.get();
    let granted = Closure::once_into_js(move |_: JsValue| {
        if TURN.get() == turn {
            free();
        }
    });
    if let Ok(promise) = request(name, &Object::new(), &granted) {
        spawn_local(async move { drop(JsFuture::from(promise).await) });
    }
}
