//! The generated schema table is what its data say.
#[path = "../examples/schema.rs"]
#[allow(dead_code, reason = "only the rendering is of interest here")]
mod generator;

#[test]
fn the_table_is_not_stale() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = serde_json::from_str(&std::fs::read_to_string(here.join("data/schema-1.37.json")).unwrap()).unwrap();
    let table = std::fs::read_to_string(here.join("src/schema/table.rs")).unwrap();
    assert!(generator::render(&kept) == table, "run `cargo run -p objects --example schema`");
}
