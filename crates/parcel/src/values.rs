//! Plain values: texts, numbers, lists, pairs, maps.
use crate::{Json, Parcel, Unfit};
use simcore::Time;
use std::collections::{BTreeMap, BTreeSet};

/// Notes that a value does not fit; the field that holds it gives its name.
fn unnamed(unfit: &mut Unfit) {
    unfit.note("");
}

impl Parcel for String {
    fn write(&self, out: &mut String) {
        text(self, out);
    }

    fn read(from: &Json, unfit: &mut Unfit) -> Self {
        if let Some(text) = from.text() {
            return text.to_string();
        }
        unnamed(unfit);
        String::new()
    }
}

fn text(text: &str, out: &mut String) {
    out.push('"');
    for sign in text.chars() {
        match sign {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..' ' => {
                let code = sign as u8;
                out.push_str("\\u00");
                [code >> 4, code & 15].iter().for_each(|half| out.push(char::from_digit(*half as u32, 16).unwrap_or('0')));
            }
            _ => out.push(sign),
        }
    }
    out.push('"');
}

impl Parcel for bool {
    fn write(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }

    fn read(from: &Json, unfit: &mut Unfit) -> Self {
        if let Json::Bool(value) = from {
            return *value;
        }
        unnamed(unfit);
        false
    }
}

fn number(from: &Json, max: u64, unfit: &mut Unfit) -> u64 {
    if let Json::Number(digits) = from
        && let Ok(number) = digits.parse::<u64>()
        && number <= max
    {
        return number;
    }
    unnamed(unfit);
    0
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Parcel for $type {
            fn write(&self, out: &mut String) {
                out.push_str(&(*self as u64).to_string());
            }

            fn read(from: &Json, unfit: &mut Unfit) -> Self {
                number(from, <$type>::MAX as u64, unfit) as $type
            }
        }
    )*};
}
numbers!(u8, u32, u64, usize);

impl Parcel for Time {
    fn write(&self, out: &mut String) {
        self.0.write(out);
    }

    fn read(from: &Json, unfit: &mut Unfit) -> Self {
        Time(u64::read(from, unfit))
    }
}

impl<T: Parcel> Parcel for Option<T> {
    fn write(&self, out: &mut String) {
        match self {
            Some(value) => value.write(out),
            None => out.push_str("null"),
        }
    }

    fn read(from: &Json, unfit: &mut Unfit) -> Self {
        if matches!(from, Json::Null) { None } else { Some(T::read(from, unfit)) }
    }
}

impl<T: Parcel> Parcel for Box<T> {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }

    fn read(from: &Json, unfit: &mut Unfit) -> Self {
        Box::new(T::read(from, unfit))
    }
}

impl<T: Parcel> Parcel for Vec<T> {
    fn write(&self, out: &mut String) {
        out.push('[');
        for (at, value) in self.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            value.write(out);
        }
        out.push(']');
    }

    fn read(from: &Json, unfit: &mut Unfit) -> Self {
        if !matches!(from, Json::List(_)) {
            unnamed(unfit);
        }
        let mut items = Vec::with_capacity(from.items().len());
        for item in from.items() {
            items.push(T::read(item, unfit));
        }
        items
    }
}

impl<A: Parcel, B: Parcel> Parcel for (A, B) {
    fn write(&self, out: &mut String) {
        out.push('[');
        self.0.write(out);
        out.push(',');
        self.1.write(out);
        out.push(']');
    }

    fn read(from: &Json, unfit: &mut Unfit) -> Self {
        if let [first, second] = from.items() {
            return (A::read(first, unfit), B::read(second, unfit));
        }
        unnamed(unfit);
        (A::read(&Json::Null, unfit), B::read(&Json::Null, unfit))
    }
}

impl<T: Parcel> Parcel for BTreeMap<String, T> {
    fn write(&self, out: &mut String) {
        out.push('{');
        for (at, (key, value)) in self.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            text(key, out);
            out.push(':');
            value.write(out);
        }
        out.push('}');
    }

    fn read(from: &Json, unfit: &mut Unfit) -> Self {
        let mut map = BTreeMap::new();
        match from {
            Json::Map(entries) => {
                for (key, value) in entries {
                    map.insert(key.to_string(), T::read(value, unfit));
                }
            }
            _ => unnamed(unfit),
        }
        map
    }
}

impl Parcel for BTreeSet<String> {
    fn write(&self, out: &mut String) {
        self.iter().cloned().collect::<Vec<_>>().write(out);
    }

    fn read(from: &Json, unfit: &mut Unfit) -> Self {
        let mut set = BTreeSet::new();
        for word in Vec::read(from, unfit) {
            set.insert(word);
        }
        set
    }
}
