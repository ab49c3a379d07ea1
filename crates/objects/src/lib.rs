//! Kubernetes objects as values: trees, keys, the wire, schema facts, YAML. Knows neither time nor storage.
mod key;
pub mod kinds;
mod object;
pub mod schema;
mod status;
mod tree;
pub mod wire;

pub use key::Key;
pub use kinds::{Kind, KindId};
pub use object::Object;
pub use status::{FieldError, Status};
pub use tree::{Map, Text, Tree};
