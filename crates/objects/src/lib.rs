//! Kubernetes objects as values: trees, keys, the wire, schema facts, YAML. Knows neither time nor storage.
pub mod base64;
pub mod clock_text;
pub mod declared;
pub mod decode;
pub mod float;
mod go_types;
pub mod hash;
pub mod intstr;
mod json;
pub mod jsonpath;
mod key;
pub mod kinds;
pub mod labels;
mod object;
mod quantity;
pub mod schema;
mod status;
mod tree;
pub mod views;
pub mod wire;
pub mod yaml;

pub use key::Key;
pub use kinds::{Kind, KindId};
pub use object::Object;
pub use quantity::{Quantity, QuantityError};
pub use status::{FieldError, Status};
pub use tree::{Map, Text, Tree};
