//! A value that can be written as JSON and read back; what `record!` and `tagged!` are made of.
use crate::Json;

/// Notes the first thing that did not fit, so that readers need no way out of the middle of a record.
#[derive(Debug, Default)]
pub struct Unfit(Option<&'static str>);

impl Unfit {
    pub fn note(&mut self, what: &'static str) {
        self.0.get_or_insert(what);
    }
}

pub trait Parcel: Sized {
    fn write(&self, out: &mut String);
    /// Always gives a value; what does not fit is noted, and an empty value stands in its place.
    fn read(from: &Json, unfit: &mut Unfit) -> Self;
}

/// Reads a whole text. The error names the first field that does not fit, or the byte that is not JSON.
pub fn from_text<T: Parcel>(text: &str) -> Result<T, String> {
    let json = Json::read(text).map_err(|at| format!("this is not JSON at byte {at}"))?;
    let mut unfit = Unfit::default();
    let value = T::read(&json, &mut unfit);
    match unfit.0 {
        None => Ok(value),
        Some("") => Err("the value does not fit".to_string()),
        Some(what) => Err(format!("{what} does not fit")),
    }
}

pub fn to_text<T: Parcel>(value: &T) -> String {
    let mut out = String::new();
    value.write(&mut out);
    out
}

/// A field that must be there (an `Option` may be missing).
pub fn field<T: Parcel>(from: &Json, name: &'static str, unfit: &mut Unfit) -> T {
    let mut inner = Unfit::default();
    let value = T::read(from.get(name).unwrap_or(&Json::Null), &mut inner);
    if inner.0.is_some() {
        unfit.note(inner.0.filter(|what| !what.is_empty()).unwrap_or(name));
    }
    value
}

/// A field that may be missing.
pub fn maybe<T: Parcel + Default>(from: &Json, name: &'static str, unfit: &mut Unfit) -> T {
    if from.get(name).is_none() { T::default() } else { field(from, name, unfit) }
}

/// Writes `"name":value`, with a comma before it unless it is the first.
pub fn put<T: Parcel>(out: &mut String, name: &str, value: &T) {
    begin(out, name);
    value.write(out);
}

fn begin(out: &mut String, name: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
}
