//! What each type of the API is made of: fields, types, required, defaults, list keys, patch strategy.
//!
//! The facts of the published OpenAPI of Kubernetes 1.37 for the kinds that we serve; the table is generated.
mod table;
pub mod words;

use crate::KindId;

/// A type with fields. Scalars such as quantities and times are `Type`s, not definitions.
#[derive(Debug)]
pub struct Definition {
    /// `io.k8s.api.apps.v1.DeploymentSpec`
    pub name: &'static str,
    /// Sorted by name.
    pub fields: &'static [Field],
}

/// One field of a definition.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub ty: Type,
    pub required: bool,
    pub list: List,
    /// The keys that tell items of a `List::Keyed` apart; empty otherwise.
    pub keys: &'static [&'static str],
    /// `merge` is part of the patch strategy: a strategic merge patch joins lists item by item.
    pub merge: bool,
    /// `retainKeys` is part of the patch strategy.
    pub retain_keys: bool,
    /// What a strategic merge patch tells items apart by; "" where there is none (lists of plain values).
    pub merge_key: &'static str,
    /// The default as JSON text; "" for none. (Zero values of Go, mostly; not the API server's defaulting.)
    pub default: &'static str,
    /// The values allowed; empty for any.
    pub values: &'static [&'static str],
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    Text,
    /// base64
    Bytes,
    Int32,
    Int64,
    Bool,
    Number,
    Array(&'static Type),
    /// Any keys; values of one type.
    Map(&'static Type),
    /// A row of the table.
    Object(u16),
    Quantity,
    /// RFC 3339, whole seconds.
    Time,
    /// RFC 3339 with six digits after the second.
    MicroTime,
    IntOrString,
    /// Anything at all.
    Raw,
}

/// How lists (and maps) behave under server-side apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Nothing said: a list is atomic, a map is granular.
    Unsaid,
    Atomic,
    Set,
    Keyed,
}

/// The definition with this full name: `io.k8s.api.core.v1.Pod`.
pub fn definition(name: &str) -> Option<&'static Definition> {
    table::DEFINITIONS.binary_search_by(|row| row.name.cmp(name)).ok().map(|at| &table::DEFINITIONS[at])
}

/// The definition of a kind's objects.
pub fn of_kind(kind: KindId) -> &'static Definition {
    definition(kind.row().schema).expect("the table holds every kind that is served (a test says so)")
}

/// Every definition, sorted by name.
pub fn definitions() -> &'static [Definition] {
    table::DEFINITIONS
}

impl Definition {
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        let fields: &'static [Field] = self.fields;
        fields.binary_search_by(|field| field.name.cmp(name)).ok().map(|at| &fields[at])
    }

    /// The field at a path of names; lists and maps of objects are looked through:
    /// `["spec", "containers", "image"]`.
    pub fn at(&self, path: &[&str]) -> Option<&'static Field> {
        let (first, rest) = path.split_first()?;
        let field = self.field(first)?;
        if rest.is_empty() { Some(field) } else { field.ty.element().definition()?.at(rest) }
    }

    /// `DeploymentSpec`: what Go and `explain` call it.
    pub fn short(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }

    /// `v1.DeploymentSpec`: how Go prints the type.
    pub fn go_type(&self) -> &'static str {
        let package = self.name.rfind('.').and_then(|dot| self.name[..dot].rfind('.'));
        package.map_or(self.name, |dot| &self.name[dot + 1..])
    }
}

impl Type {
    /// The definition of an object type.
    pub fn definition(self) -> Option<&'static Definition> {
        match self {
            Type::Object(row) => table::DEFINITIONS.get(row as usize),
            _ => None,
        }
    }

    /// What a list or map (of lists, of maps) is made of in the end; the type itself otherwise.
    pub fn element(self) -> Type {
        match self {
            Type::Array(inner) | Type::Map(inner) => inner.element(),
            other => other,
        }
    }

    /// How `kubectl explain` prints it: `[]Container`, `map[string]string`, `integer`.
    pub fn explained(self) -> String {
        match self {
            Type::Text | Type::Bytes | Type::Time | Type::MicroTime => "string".into(),
            Type::Int32 | Type::Int64 => "integer".into(),
            Type::Bool => "boolean".into(),
            Type::Number => "number".into(),
            Type::Array(inner) => format!("[]{}", inner.explained()),
            Type::Map(inner) => format!("map[string]{}", inner.explained()),
            // Custom resources have no names for their parts.
            Type::Object(row) if table::DEFINITIONS[row as usize].name.starts_with("io.k8s.networking.gateway.") => "Object".into(),
            Type::Object(row) => table::DEFINITIONS[row as usize].short().into(),
            Type::Quantity => "Quantity".into(),
            Type::IntOrString => "IntOrString".into(),
            Type::Raw => "Object".into(),
        }
    }
}

/// A field with nothing said about it but its type; the table refines it.
const fn field(name: &'static str, ty: Type) -> Field {
    Field {
        name,
        ty,
        required: false,
        list: List::Unsaid,
        keys: &[],
        merge: false,
        retain_keys: false,
        merge_key: "",
        default: "",
        values: &[],
    }
}

impl Field {
    const fn required(mut self) -> Field {
        self.required = true;
        self
    }
    const fn default(mut self, json: &'static str) -> Field {
        self.default = json;
        self
    }
    const fn one_of(mut self, values: &'static [&'static str]) -> Field {
        self.values = values;
        self
    }
    const fn set(mut self) -> Field {
        self.list = List::Set;
        self
    }
    const fn atomic(mut self) -> Field {
        self.list = List::Atomic;
        self
    }
    const fn keyed(mut self, keys: &'static [&'static str]) -> Field {
        self.list = List::Keyed;
        self.keys = keys;
        self
    }
    /// `merge`, `retainKeys`, `merge,retainKeys`
    const fn patch(mut self, strategy: &'static str, merge_key: &'static str) -> Field {
        self.merge = strategy.as_bytes()[0] == b'm';
        self.retain_keys = strategy.len() > "merge".len();
        self.merge_key = merge_key;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{self, KINDS};

    #[test]
    fn every_kind_has_its_definition() {
        for kind in KINDS {
            assert!(definition(kind.schema).is_some(), "{}", kind.kind);
        }
    }

    #[test]
    fn paths_look_through_lists_and_maps() {
        let deployment = of_kind(kinds::DEPLOYMENT);
        let ports = deployment.at(&["spec", "template", "spec", "containers", "ports"]).unwrap();
        assert_eq!(
            (ports.ty.explained().as_str(), ports.merge_key, ports.keys),
            ("[]ContainerPort", "containerPort", &["containerPort", "protocol"][..])
        );
        assert!(deployment.at(&["spec", "selector"]).unwrap().required);
        assert!(deployment.at(&["spec", "replcas"]).is_none());
        let volumes = of_kind(kinds::POD).at(&["spec", "volumes"]).unwrap();
        assert!(volumes.merge && volumes.retain_keys);
        assert_eq!(of_kind(kinds::POD).at(&["spec"]).unwrap().ty.definition().unwrap().go_type(), "v1.PodSpec");
    }

    #[test]
    fn rows_are_sorted_so_that_searching_finds_them() {
        assert!(definitions().is_sorted_by(|a, b| a.name < b.name));
        assert!(definitions().iter().all(|row| row.fields.is_sorted_by(|a, b| a.name < b.name)));
    }
}
