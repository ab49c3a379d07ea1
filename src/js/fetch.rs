//! The door to the site's own files: lessons as JSON, by relative address.
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The text at a relative address, or why it could not be had.
pub async fn text(path: &str) -> Result<String, String> {
    let window = web_sys::window().ok_or("no window")?;
    let words = |error: JsValue| format!("{path}: {error:?}");
    let answer: web_sys::Response = JsFuture::from(window.fetch_with_str(path)).await.map_err(words)?.dyn_into().map_err(words)?;
    if !answer.ok() {
        return Err(format!("{path}: {}", answer.status()));
    }
    let body = JsFuture::from(answer.text().map_err(words)?).await.map_err(words)?;
    body.as_string().ok_or_else(|| path.to_string())
}

pub async fn json<T: parcel::Parcel>(path: &str) -> Result<T, String> {
    parcel::from_text(&text(path).await?).map_err(|error| format!("{path}: {error}"))
}
