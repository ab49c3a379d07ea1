//! Typed values as JSON in little code: what the page, the engine and the browser's storage hand each other.
//!
//! serde's derived readers are fast and strict, and take a third of the page's Wasm. Here a record is a list of calls.
//! The texts are the same as serde's with `tag` and `kebab-case`, so either side can read the other's.
//!
//! ```
//! #[derive(Debug, PartialEq)]
//! struct Point { x: u32, note: String }
//! parcel::record!(Point { x } or { note });
//!
//! let point: Point = parcel::from_text(r#"{"x": 3}"#).unwrap();
//! assert_eq!(point, Point { x: 3, note: String::new() });
//! assert_eq!(parcel::to_text(&point), r#"{"x":3,"note":""}"#);
//! ```
mod fields;
mod json;
mod macros;
mod values;

pub use fields::{Parcel, Unfit, field, from_text, maybe, put, to_text};
pub use json::Json;
