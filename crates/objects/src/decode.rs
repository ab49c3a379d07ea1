//! Reads a tree as a type of the API: upstream's words for what does not fit, and only what the schema knows remains.
//!
//! Mirrors the serializer of apimachinery (`encoding/json` with field validation) for whole objects, and its
//! unstructured converter for the outcome of patches. The two word the same mistake very differently.
mod zeros;

use crate::go_types;
use crate::schema::{Definition, Field, Type};
use crate::{Map, Quantity, Text, Tree, clock_text};

/// What reading came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// Unknown fields and nulls are gone, quantities and times are in canonical form. Shares everything that did not change.
    pub tree: Tree,
    /// Values of a wrong type, in the order of the document.
    pub errors: Vec<Mismatch>,
    /// Paths of unknown fields: `spec.template.spec.containers[0].imagee`.
    pub unknown: Vec<String>,
    reported: usize,
}

/// A value that does not fit its field.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// `spec.template.spec.containers[0].image`
    pub path: String,
    /// Upstream's whole sentence.
    pub message: String,
}

/// Reads a whole object, as create and update do.
pub fn decode(definition: &'static Definition, tree: &Tree) -> Decoded {
    run(definition, tree, Words::Json)
}

/// Reads what a patch made of an object; the words are those of the unstructured converter.
pub fn converted(definition: &'static Definition, tree: &Tree) -> Decoded {
    run(definition, tree, Words::Converter)
}

impl Decoded {
    /// The one error that upstream answers with: a value that cannot be parsed stops it at once, else the first wrong type.
    pub fn error(&self) -> Option<&str> {
        self.errors.get(self.reported).map(|error| error.message.as_str())
    }

    /// `strict decoding error: unknown field "spec.replcas", unknown field "status.nope"`
    pub fn strict_error(&self) -> Option<String> {
        let words: Vec<String> = self.warnings().collect();
        (!words.is_empty()).then(|| format!("strict decoding error: {}", words.join(", ")))
    }

    /// One for each unknown field, as `fieldValidation=Warn` returns them: `unknown field "spec.replcas"`.
    pub fn warnings(&self) -> impl Iterator<Item = String> + '_ {
        self.unknown.iter().map(|path| format!("unknown field \"{path}\""))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Words {
    Json,
    Converter,
}

struct Reader {
    words: Words,
    errors: Vec<Mismatch>,
    unknown: Vec<String>,
    /// Where in `errors` the first value stands that a parser of its own refused.
    refused: Option<usize>,
}

/// The way from the root to a value, held on the call stack so that reading well-formed objects allocates nothing.
#[derive(Clone, Copy)]
struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
    /// The definition that has the innermost field.
    owner: &'static Definition,
    field: Option<&'static Field>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Key(&'a str),
    Item(usize),
}

fn run(definition: &'static Definition, tree: &Tree, words: Words) -> Decoded {
    let mut reader = Reader { words, errors: Vec::new(), unknown: Vec::new(), refused: None };
    let root = Place { parent: None, step: Step::Root, owner: definition, field: None };
    let changed = reader.object(definition, tree, &root);
    Decoded {
        tree: changed.unwrap_or_else(|| tree.clone()),
        reported: reader.refused.unwrap_or(0),
        errors: reader.errors,
        unknown: reader.unknown,
    }
}

impl Reader {
    /// Reads one value. `None`: it may stay as it is.
    fn value(&mut self, ty: Type, tree: &Tree, place: &Place) -> Option<Tree> {
        match (ty, tree) {
            (Type::Object(_), _) => self.object(ty.definition()?, tree, place),
            (Type::Raw, _) | (_, Tree::Null) => None,
            (Type::Text, Tree::Text(_)) | (Type::Bool, Tree::Bool(_)) => None,
            (Type::Int64, Tree::Int(_)) | (Type::Number, Tree::Int(_) | Tree::Float(_)) => None,
            (Type::Int32, Tree::Int(number)) if i32::try_from(*number).is_ok() => None,
            (Type::IntOrString, Tree::Int(number)) if i32::try_from(*number).is_ok() => None,
            (Type::IntOrString, Tree::Text(_)) => None,
            (Type::Array(inner), Tree::List(items)) => self.list(*inner, items, place),
            (Type::Map(inner), Tree::Map(map)) => self.map(*inner, map, place),
            (Type::Quantity, _) => self.quantity(tree, place),
            (Type::Time | Type::MicroTime, Tree::Text(text)) => self.time(text, ty == Type::MicroTime, place),
            (Type::Bytes, Tree::Text(text)) => self.bytes(text, place),
            (Type::Int32 | Type::Int64, Tree::Float(number)) if self.words == Words::Converter && number.fract() == 0.0 => {
                Some(Tree::Int(*number as i64))
            }
            _ => self.mismatch(ty, tree, place),
        }
    }

    fn object(&mut self, definition: &'static Definition, tree: &Tree, place: &Place) -> Option<Tree> {
        let Tree::Map(map) = tree else {
            return if tree.is_null() { None } else { self.wrong_object(definition, tree, place) };
        };
        let mut edits = Edits::default();
        for (at, (name, value)) in map.iter().enumerate() {
            let Some(field) = definition.field(name) else {
                let here = Place { parent: Some(place), step: Step::Field(name), owner: definition, field: None };
                self.unknown.push(here.path());
                edits.drop(at);
                continue;
            };
            // The server's own encoding leaves out null, what is empty and not required, and most zeros.
            let absent = match (field.ty, value) {
                (Type::Raw, _) => false,
                (_, Tree::Null) => true,
                (Type::Array(_) | Type::Map(_), _) => !field.required && value.is_empty(),
                _ => !field.required && zeros::omitted(definition.short(), field.name, value),
            };
            let here = Place { parent: Some(place), step: Step::Field(name), owner: definition, field: Some(field) };
            let changed = self.value(field.ty, value, &here);
            if absent && fits(field.ty, value) {
                edits.drop(at);
            } else if let Some(changed) = changed {
                edits.replace(at, changed);
            }
        }
        edits.apply_map(map)
    }

    fn list(&mut self, inner: Type, items: &[Tree], place: &Place) -> Option<Tree> {
        let mut edits = Edits::default();
        for (at, item) in items.iter().enumerate() {
            let here = Place { parent: Some(place), step: Step::Item(at), ..*place };
            if item.is_null() {
                edits.replace(at, zero(inner));
            } else if let Some(changed) = self.value(inner, item, &here) {
                edits.replace(at, changed);
            }
        }
        edits.apply_list(items)
    }

    fn map(&mut self, inner: Type, map: &Map, place: &Place) -> Option<Tree> {
        let mut edits = Edits::default();
        for (at, (key, value)) in map.iter().enumerate() {
            let here = Place { parent: Some(place), step: Step::Key(key), ..*place };
            if value.is_null() {
                edits.replace(at, zero(inner));
            } else if let Some(changed) = self.value(inner, value, &here) {
                edits.replace(at, changed);
            }
        }
        edits.apply_map(map)
    }

    fn quantity(&mut self, tree: &Tree, place: &Place) -> Option<Tree> {
        let number;
        let text = match tree {
            Tree::Text(text) => text.as_str(),
            other => {
                number = other.to_json();
                &number
            }
        };
        match Quantity::parse(text) {
            Ok(quantity) if matches!(tree, Tree::Text(_)) && quantity.prints_as(text) => None,
            Ok(quantity) => Some(Tree::from(quantity.to_string())),
            Err(error) => self.refuse(error.to_string(), place),
        }
    }

    fn time(&mut self, text: &Text, micro: bool, place: &Place) -> Option<Tree> {
        match clock_text::canonical(text, micro) {
            Ok(canonical) => canonical.map(Tree::from),
            Err(message) => self.refuse(message, place),
        }
    }

    fn bytes(&mut self, text: &str, place: &Place) -> Option<Tree> {
        match bad_base64(text) {
            Some(at) => self.refuse(format!("illegal base64 data at input byte {at}"), place),
            None => None,
        }
    }

    fn wrong_object(&mut self, definition: &'static Definition, tree: &Tree, place: &Place) -> Option<Tree> {
        if self.words == Words::Converter {
            return self.report(format!("cannot restore struct from: {}", reflected(tree)), place);
        }
        let message = unmarshal(tree, definition.go_type(), place);
        self.report(message, place)
    }

    fn mismatch(&mut self, ty: Type, tree: &Tree, place: &Place) -> Option<Tree> {
        let message = match self.words {
            Words::Json if matches!(ty, Type::Time | Type::MicroTime) => {
                format!("json: cannot unmarshal {} into Go value of type string", json_word(tree))
            }
            Words::Json => unmarshal(tree, &go_types::name(ty, place.owner, place.field), place),
            Words::Converter => match ty {
                Type::Array(_) | Type::Bytes => format!("cannot restore slice from {}", reflected(tree)),
                Type::Map(_) => format!("cannot restore map from {}", reflected(tree)),
                _ => unconvertible(ty, tree, place),
            },
        };
        self.report(message, place)
    }

    fn report(&mut self, message: String, place: &Place) -> Option<Tree> {
        self.errors.push(Mismatch { path: place.path(), message });
        None
    }

    /// A value's own parser said no: upstream stops there and forgets milder errors before it.
    fn refuse(&mut self, message: String, place: &Place) -> Option<Tree> {
        if self.words == Words::Json {
            self.refused.get_or_insert(self.errors.len());
        }
        self.report(message, place)
    }
}

impl Place<'_> {
    /// `spec.containers[0].env[1].value`
    fn path(&self) -> String {
        let mut out = self.parent.map(Place::path).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Item(at) => out.push_str(&format!("[{at}]")),
            Step::Field(name) | Step::Key(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
        }
        out
    }

    /// The way through fields alone, as Go tells it: `spec.containers.env.value`.
    fn fields(&self) -> String {
        let mut out = self.parent.map(Place::fields).unwrap_or_default();
        if let Step::Field(name) = self.step {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(name);
        }
        out
    }
}

/// Changes to one list or map, collected so that the original stays shared when there are none.
#[derive(Default)]
struct Edits(Vec<(usize, Option<Tree>)>);

impl Edits {
    fn drop(&mut self, at: usize) {
        self.0.push((at, None));
    }

    fn replace(&mut self, at: usize, with: Tree) {
        self.0.push((at, Some(with)));
    }

    fn apply_map(self, map: &Map) -> Option<Tree> {
        if self.0.is_empty() {
            return None;
        }
        let mut edits = self.0.into_iter().peekable();
        let kept = map.iter().enumerate().filter_map(|(at, (key, value))| match edits.next_if(|edit| edit.0 == at) {
            Some((_, edit)) => edit.map(|with| (key.clone(), with)),
            None => Some((key.clone(), value.clone())),
        });
        Some(Tree::from(kept.collect::<Map>()))
    }

    fn apply_list(self, items: &[Tree]) -> Option<Tree> {
        if self.0.is_empty() {
            return None;
        }
        let mut edited = items.to_vec();
        for (at, edit) in self.0 {
            edited[at] = edit.unwrap_or_default();
        }
        Some(Tree::from(edited))
    }
}

/// Whether an empty value is of the type's own form, so that it may be left out without hiding a mistake.
fn fits(ty: Type, value: &Tree) -> bool {
    matches!(
        (ty, value),
        (_, Tree::Null)
            | (Type::Array(_), Tree::List(_))
            | (Type::Map(_), Tree::Map(_))
            | (Type::Text, Tree::Text(_))
            | (Type::Bool, Tree::Bool(_))
            | (Type::Int32 | Type::Int64, Tree::Int(_))
    )
}

/// What Go leaves for a null inside a list or map.
fn zero(ty: Type) -> Tree {
    match ty {
        Type::Text | Type::Bytes => Tree::from(""),
        Type::Int32 | Type::Int64 | Type::Number | Type::IntOrString => Tree::Int(0),
        Type::Quantity => Tree::from("0"),
        Type::Bool => Tree::Bool(false),
        Type::Object(_) => Tree::from(Map::default()),
        _ => Tree::Null,
    }
}

/// `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`
fn unmarshal(tree: &Tree, wanted: &str, place: &Place) -> String {
    let fields = place.fields();
    // Go names the number only where its value is what does not fit.
    let integer = matches!(wanted, "int32" | "int64");
    let word = match tree {
        Tree::Int(_) | Tree::Float(_) if integer => format!("number {}", tree.to_json()),
        other => json_word(other).to_string(),
    };
    if fields.is_empty() {
        return format!("json: cannot unmarshal {word} into Go value of type {wanted}");
    }
    format!("json: cannot unmarshal {word} into Go struct field {}.{fields} of type {wanted}", place.owner.short())
}

/// What Go's JSON decoder calls a value that does not fit: `string`, `number`, `object`.
pub fn json_word(tree: &Tree) -> &'static str {
    match tree {
        Tree::Null => "null",
        Tree::Bool(_) => "bool",
        Tree::Int(_) | Tree::Float(_) => "number",
        Tree::Text(_) => "string",
        Tree::List(_) => "array",
        Tree::Map(_) => "object",
    }
}

/// Go's kind of an unstructured value.
fn reflected(tree: &Tree) -> &'static str {
    match tree {
        Tree::Null => "invalid",
        Tree::Bool(_) => "bool",
        Tree::Int(_) => "int64",
        Tree::Float(_) => "float64",
        Tree::Text(_) => "string",
        Tree::List(_) => "slice",
        Tree::Map(_) => "map",
    }
}

/// Go converts between numbers, and from integers to strings; the converter refuses those it should not, and does not
/// know the rest at all.
fn unconvertible(ty: Type, tree: &Tree, place: &Place) -> String {
    let wanted = go_types::name(ty, place.owner, place.field);
    match (ty, tree) {
        (Type::Text, Tree::Int(_)) => format!("cannot convert int64 to {wanted}"),
        (Type::Int32 | Type::Int64, Tree::Float(_)) => format!("cannot convert float64 to {wanted}"),
        (Type::IntOrString, _) => unmarshal(tree, "int32", &Place { parent: None, step: Step::Root, ..*place }),
        (Type::Text, _) => "unrecognized type: string".into(),
        _ => format!("unrecognized type: {wanted}"),
    }
}

/// Where standard base64 with padding is broken, as Go counts.
fn bad_base64(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    // Go skips newlines.
    let letters: Vec<(usize, u8)> = bytes.iter().copied().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n')).collect();
    let body = letters.iter().position(|(_, byte)| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))).unwrap_or(letters.len());
    let padding = &letters[body..];
    let fits = match body % 4 {
        0 => padding.is_empty(),
        2 => padding.len() == 2 && padding.iter().all(|(_, byte)| *byte == b'='),
        3 => padding.len() == 1 && padding[0].1 == b'=',
        _ => false,
    };
    if fits {
        return None;
    }
    let at_padding = body % 4 >= 2 && padding.first().is_some_and(|(_, byte)| *byte == b'=');
    Some(match padding.get(usize::from(at_padding && padding.len() > 1)) {
        Some((at, _)) if !at_padding || padding.len() > 1 => *at,
        Some(_) => bytes.len(),
        None => body / 4 * 4,
    })
}

#[cfg(test)]
mod tests;
