//! Where a value stands in its object; written out only when something is wrong with it.
use objects::{FieldError, Tree};

/// A chain of steps on the call stack, so that valid objects cost no memory.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Item(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    pub fn root(name: &'a str) -> Path<'a> {
        Path { parent: None, step: Step::Field(name) }
    }

    pub fn field(&'a self, name: &'a str) -> Path<'a> {
        Path { parent: Some(self), step: Step::Field(name) }
    }

    pub fn item(&'a self, index: usize) -> Path<'a> {
        Path { parent: Some(self), step: Step::Item(index) }
    }

    pub fn key(&'a self, key: &'a str) -> Path<'a> {
        Path { parent: Some(self), step: Step::Key(key) }
    }

    /// `spec.containers[0].resources.requests[cpu]`
    pub fn text(&self) -> String {
        let before = self.parent.map(Path::text);
        match (self.step, before) {
            (Step::Field(name), Some(before)) => format!("{before}.{name}"),
            (Step::Field(name), None) => name.to_string(),
            (Step::Item(index), before) => format!("{}[{index}]", before.unwrap_or_default()),
            (Step::Key(key), before) => format!("{}[{key}]", before.unwrap_or_default()),
        }
    }
}

/// What is wrong so far.
#[derive(Default)]
pub(crate) struct Faults(pub Vec<FieldError>);

impl Faults {
    pub fn invalid(&mut self, path: Path, value: impl Into<Tree>, why: impl AsRef<str>) {
        self.0.push(FieldError::invalid(path.text(), &value.into(), why.as_ref()));
    }
    pub fn required(&mut self, path: Path, why: &str) {
        self.0.push(FieldError::required(path.text(), why));
    }
    pub fn forbidden(&mut self, path: Path, why: impl AsRef<str>) {
        self.0.push(FieldError::forbidden(path.text(), why.as_ref()));
    }
    pub fn duplicate(&mut self, path: Path, value: impl Into<Tree>) {
        self.0.push(FieldError::duplicate(path.text(), &value.into()));
    }
    pub fn not_supported(&mut self, path: Path, value: &Tree, supported: &[&str]) {
        self.0.push(FieldError::not_supported(path.text(), value, supported));
    }
    pub fn not_found(&mut self, path: Path, value: &Tree) {
        self.0.push(FieldError::new("FieldValueNotFound", path.text(), format!("Not found: {}", value.to_json())));
    }
    pub fn too_long(&mut self, path: Path, bytes_max: usize) {
        self.0.push(FieldError::new("FieldValueTooLong", path.text(), format!("Too long: may not be more than {bytes_max} bytes")));
    }

    /// A number that may not be negative.
    pub fn nonnegative(&mut self, path: Path, value: &Tree) {
        if value.as_int().is_some_and(|number| number < 0) {
            self.invalid(path, value, "must be greater than or equal to 0");
        }
    }

    /// One of a few words.
    pub fn one_of(&mut self, path: Path, value: &Tree, supported: &[&str]) {
        if !supported.contains(&value.text()) {
            self.not_supported(path, value, supported);
        }
    }

    /// Every complaint of a rule about a text.
    pub fn by(&mut self, path: Path, value: &Tree, rule: fn(&str) -> Vec<String>) {
        for words in rule(value.text()) {
            self.invalid(path, value, words);
        }
    }
}
