//! Printers: `-o` of every command.
mod age;
pub mod columns;
mod custom_columns;
mod go_template;
pub mod json;
mod jsonpath_out;
pub mod kyaml;
pub mod outputs;
pub mod table;

pub use age::{age, human_duration};
pub use outputs::{FLAGS, Output, built, object};

/// A tree as YAML, as kubectl prints it.
pub fn yaml(tree: &objects::Tree) -> String {
    objects::yaml::write(tree)
}
