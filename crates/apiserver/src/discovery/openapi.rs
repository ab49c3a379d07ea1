//! OpenAPI v3 documents made from the schema table: what kubectl validates and explains by.
use super::groups;
use objects::schema::{Definition, Field, List, Type, definition, words};
use objects::{Kind, Map, Text, Tree, kinds, list, map};
use std::collections::BTreeSet;

/// `/openapi/v3`: where each group's document stands, with a hash that changes when it does.
pub(super) fn index() -> Tree {
    let mut all = vec![("api/v1".to_string(), "", "v1")];
    for group in groups::names() {
        all.extend(groups::versions(group).into_iter().map(|version| (format!("apis/{group}/{version}"), group, version)));
    }
    let entry = |(path, group, version): (String, &str, &str)| {
        let url = format!("/openapi/v3/{path}?hash={}", hash(group, version));
        (Text::from(path), map! {"serverRelativeURL": url})
    };
    map! {"paths": all.into_iter().map(entry).collect::<Map>()}
}

/// Names the document of this build; FNV-1a over what it is made of, printed as upstream prints its digests.
fn hash(group: &str, version: &str) -> String {
    let rows = rows(group, version).map(|row| row.schema).collect::<Vec<_>>().join(",");
    let hash = simcore::fnv(format!("1.37.2 in words/{group}/{version}/{rows}").bytes());
    format!("{hash:016X}").repeat(8)
}

fn rows(group: &str, version: &str) -> impl Iterator<Item = &'static Kind> {
    kinds::KINDS.iter().filter(move |row| row.group == group && row.version == version)
}

/// The document of one group's version; `None` where there is no such group.
pub(super) fn document(group: &str, version: &str) -> Option<Tree> {
    let mut names = BTreeSet::new();
    let mut paths: Vec<(Text, Tree)> = Vec::new();
    for row in rows(group, version) {
        collect(definition(row.schema)?, &mut names);
        paths.extend(operations(row));
    }
    if paths.is_empty() && !groups::names().contains(&group) {
        return None;
    }
    let named = names.iter().filter_map(|name| Some((*name, schema(definition(name)?))));
    let schemas: Map = named.chain([(INT_OR_STRING, int_or_string()), (QUANTITY, quantity())]).collect();
    let info = map! {"title": "Kubernetes", "version": "v1.37.2"};
    Some(map! {"openapi": "3.0.0", "info": info, "paths": paths.into_iter().collect::<Map>(), "components": map! {"schemas": schemas}})
}

const INT_OR_STRING: &str = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";

fn int_or_string() -> Tree {
    map! {"format": "int-or-string", "oneOf": list![map! {"type": "integer"}, map! {"type": "string"}]}
}

fn quantity() -> Tree {
    map! {"oneOf": list![map! {"type": "string"}, map! {"type": "number"}]}
}

fn collect(definition: &'static Definition, names: &mut BTreeSet<&'static str>) {
    if !names.insert(definition.name) {
        return;
    }
    for field in definition.fields {
        if let Some(inner) = field.ty.element().definition() {
            collect(inner, names);
        }
    }
}

/// The paths of a kind, with what kubectl looks for in them: the kind, the verb, `fieldValidation`.
fn operations(row: &'static Kind) -> Vec<(Text, Tree)> {
    let base = if row.group.is_empty() { format!("/api/{}", row.version) } else { format!("/apis/{}/{}", row.group, row.version) };
    let base = if row.namespaced { format!("{base}/namespaces/{{namespace}}") } else { base };
    let operation = |action: &str, checked: bool| {
        let mut tree = map! {
            "x-kubernetes-action": action, "x-kubernetes-group-version-kind": names(row),
            "responses": map! {"200": map! {"description": "OK"}},
        };
        if checked {
            let parameters = ["dryRun", "fieldManager", "fieldValidation"].map(query);
            tree.set(&["parameters"], parameters.to_vec());
        }
        tree
    };
    let many = map! {"get": operation("list", false), "post": operation("post", true), "delete": operation("deletecollection", false)};
    let one = map! {
        "get": operation("get", false), "put": operation("put", true), "patch": operation("patch", true),
        "delete": operation("delete", false),
    };
    vec![(format!("{base}/{}", row.plural).into(), many), (format!("{base}/{}/{{name}}", row.plural).into(), one)]
}

fn query(name: &str) -> Tree {
    map! {"name": name, "in": "query", "schema": map! {"type": "string", "uniqueItems": true}}
}

fn names(row: &Kind) -> Tree {
    map! {"group": row.group, "kind": row.kind, "version": row.version}
}

/// One definition as an OpenAPI schema.
fn schema(definition: &'static Definition) -> Tree {
    let mut properties = Map::default();
    let mut required = Vec::new();
    for field in definition.fields {
        properties.insert(Text::new_static(field.name), property(definition.short(), field));
        if field.required {
            required.push(Tree::from(Text::new_static(field.name)));
        }
    }
    let mut tree = map! {"description": words::definition(definition.short()).unwrap_or_default(), "type": "object"};
    if !properties.is_empty() {
        tree.set(&["properties"], properties);
    }
    if !required.is_empty() {
        tree.set(&["required"], required);
    }
    let rows: Vec<Tree> = kinds::KINDS.iter().filter(|row| row.schema == definition.name).map(names).collect();
    if !rows.is_empty() {
        tree.set(&["x-kubernetes-group-version-kind"], rows);
    }
    tree
}

fn property(owner: &str, field: &'static Field) -> Tree {
    let mut tree = of_type(field.ty);
    tree.set(&["description"], words::described(owner, field).unwrap_or_default());
    if let Ok(value) = Tree::from_json(field.default)
        && !field.default.is_empty()
    {
        tree.set(&["default"], value);
    }
    if !field.values.is_empty() {
        tree.set(&["enum"], field.values.iter().map(|value| Tree::from(*value)).collect::<Vec<_>>());
    }
    let kind = match field.list {
        List::Unsaid => "",
        List::Atomic => "atomic",
        List::Set => "set",
        List::Keyed => "map",
    };
    if !kind.is_empty() {
        let key = if matches!(field.ty, Type::Array(_)) { "x-kubernetes-list-type" } else { "x-kubernetes-map-type" };
        tree.set(&[key], kind);
    }
    if !field.keys.is_empty() {
        tree.set(&["x-kubernetes-list-map-keys"], field.keys.iter().map(|key| Tree::from(*key)).collect::<Vec<_>>());
    }
    let strategy = match (field.merge, field.retain_keys) {
        (true, true) => "merge,retainKeys",
        (true, false) => "merge",
        (false, true) => "retainKeys",
        (false, false) => "",
    };
    if !strategy.is_empty() {
        tree.set(&["x-kubernetes-patch-strategy"], strategy);
    }
    if !field.merge_key.is_empty() {
        tree.set(&["x-kubernetes-patch-merge-key"], field.merge_key);
    }
    tree
}

fn of_type(ty: Type) -> Tree {
    let plain = |kind: &str, format: &str| {
        if format.is_empty() {
            map! {"type": kind}
        } else {
            map! {"type": kind, "format": format}
        }
    };
    match ty {
        Type::Text => plain("string", ""),
        Type::Bytes => plain("string", "byte"),
        Type::Int32 => plain("integer", "int32"),
        Type::Int64 => plain("integer", "int64"),
        Type::Bool => plain("boolean", ""),
        Type::Number => plain("number", "double"),
        Type::Time | Type::MicroTime => plain("string", "date-time"),
        Type::Quantity => reference(QUANTITY),
        Type::IntOrString => reference(INT_OR_STRING),
        Type::Raw => map! {"type": "object"},
        Type::Array(inner) => map! {"type": "array", "items": of_type(*inner)},
        Type::Map(inner) => map! {"type": "object", "additionalProperties": of_type(*inner)},
        Type::Object(_) => reference(ty.definition().map_or("", |definition| definition.name)),
    }
}

fn reference(name: &str) -> Tree {
    map! {"allOf": list![map! {"$ref": format!("#/components/schemas/{name}")}]}
}
