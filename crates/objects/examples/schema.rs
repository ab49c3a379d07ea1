//! Writes the schema table: `cargo run -p objects --example schema [-- FULL_SCHEMA.json]`.
//!
//! With a file it first trims that file (all definitions of a Kubernetes version) `data/gateway-api.json` and `data/k3s.json` (written by
//! hand after the custom resource definitions of the Gateway API and of K3s) to what our kinds reach, and keeps the result as `data/schema-1.37.json`; then it renders that as `src/schema/table.rs`.
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt::Write;

/// What the API speaks besides the objects of its kinds.
const ALSO: &[&str] = &[
    "io.k8s.api.autoscaling.v1.Scale",
    "io.k8s.api.core.v1.Binding",
    "io.k8s.api.policy.v1.Eviction",
    "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
    "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
];

#[allow(dead_code, reason = "the test that compares the table includes this file for `render`")]
fn main() -> std::io::Result<()> {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = here.join("data/schema-1.37.json");
    if let Some(full) = std::env::args().nth(1) {
        let mut full: Map<String, Value> = serde_json::from_str(&std::fs::read_to_string(full)?)?;
        for file in ["data/gateway-api.json", "data/k3s.json"] {
            let custom: Map<String, Value> = serde_json::from_str(&std::fs::read_to_string(here.join(file))?)?;
            full.extend(custom);
        }
        std::fs::write(&data, trim(&full))?;
    }
    let kept: Map<String, Value> = serde_json::from_str(&std::fs::read_to_string(&data)?)?;
    std::fs::write(here.join("src/schema/table.rs"), render(&kept))
}

/// The definitions that our kinds reach, one on each line.
fn trim(full: &Map<String, Value>) -> String {
    let mut reached = BTreeSet::new();
    let mut open: Vec<String> =
        objects::kinds::KINDS.iter().map(|kind| kind.schema).chain(ALSO.iter().copied()).map(String::from).collect();
    while let Some(name) = open.pop() {
        assert!(full.contains_key(&name), "no definition of {name}");
        if reached.insert(name.clone()) {
            references(&full[&name], &mut open);
        }
    }
    let lines: Vec<String> = reached.iter().map(|name| format!("\"{name}\": {}", full[name])).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("ref").and_then(Value::as_str).map(String::from));
            map.values().for_each(|inner| references(inner, found));
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

/// The table as Rust: a line for each definition.
pub fn render(kept: &Map<String, Value>) -> String {
    let names: Vec<&str> = kept.keys().map(String::as_str).filter(|name| scalar(name).is_none()).collect();
    let mut out = String::from(
        "//! Generated from data/schema-1.37.json by `cargo run -p objects --example schema`: do not edit.\nuse super::{Definition, Field, Type::*, field};\n\n#[rustfmt::skip]\npub static DEFINITIONS: &[Definition] = &[\n",
    );
    for name in &names {
        let definition = &kept[*name];
        let mut fields = String::new();
        for (field, facts) in definition["fields"].as_object().into_iter().flatten() {
            let required = definition["required"].as_array().is_some_and(|all| all.iter().any(|one| one == field));
            let _ = write!(fields, "{}, ", render_field(field, facts, required, &names));
        }
        let _ = writeln!(out, "    Definition {{ name: {name:?}, fields: &[{}] }},", fields.trim_end_matches(", "));
    }
    out.push_str("];\n#[allow(dead_code, reason = \"names the type of the fields above for readers\")]\ntype Row = Field;\n");
    out
}

fn render_field(name: &str, facts: &Value, required: bool, names: &[&str]) -> String {
    let mut out = format!("field({name:?}, {})", render_type(facts, names));
    if required {
        out.push_str(".required()");
    }
    if let Some(default) = facts.get("default") {
        let _ = write!(out, ".default({:?})", default.to_string());
    }
    if let Some(values) = facts["enum"].as_array() {
        let _ = write!(out, ".one_of(&{values:?})", values = words(values));
    }
    match facts["listType"].as_str() {
        Some("set") => out.push_str(".set()"),
        Some("atomic") => out.push_str(".atomic()"),
        Some("map") => {
            let _ = write!(out, ".keyed(&{:?})", words(facts["listMapKeys"].as_array().unwrap_or(&vec![])));
        }
        _ => {}
    }
    if facts["mapType"] == "atomic" {
        out.push_str(".atomic()");
    }
    if let Some(strategy) = facts["patchStrategy"].as_str() {
        let _ = write!(out, ".patch({strategy:?}, {:?})", facts["patchMergeKey"].as_str().unwrap_or(""));
    }
    out
}

fn words(values: &[Value]) -> Vec<&str> {
    values.iter().filter_map(Value::as_str).collect()
}

fn render_type(facts: &Value, names: &[&str]) -> String {
    if let Some(name) = facts["ref"].as_str() {
        return scalar(name).map_or_else(
            || format!("Object({})", names.binary_search(&name).expect("a reference to a definition that is kept")),
            String::from,
        );
    }
    match (facts["type"].as_str().unwrap_or(""), facts["format"].as_str().unwrap_or("")) {
        ("string", "byte") => "Bytes".into(),
        ("string", _) => "Text".into(),
        ("integer", "int32") => "Int32".into(),
        ("integer", _) => "Int64".into(),
        ("boolean", _) => "Bool".into(),
        ("number", _) => "Number".into(),
        ("array", _) => format!("Array(&{})", render_type(&facts["items"], names)),
        ("object", _) if facts.get("values").is_some() => format!("Map(&{})", render_type(&facts["values"], names)),
        _ => "Raw".into(),
    }
}

/// Definitions that stand for one value and have no fields of their own.
fn scalar(name: &str) -> Option<&'static str> {
    Some(match name.rsplit('.').next().unwrap_or(name) {
        "Quantity" => "Quantity",
        "Time" => "Time",
        "MicroTime" => "MicroTime",
        "IntOrString" => "IntOrString",
        "FieldsV1" | "RawExtension" | "JSON" | "Patch" => "Raw",
        _ => return None,
    })
}
