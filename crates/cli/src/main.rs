//! The kubarium command.
fn main() {}
