//! One line per type: `record!`, `tagged!`, `words!`. A forgotten field or variant does not compile.

/// A struct as a JSON object. Fields after `or` may be missing. `filter = "where"`: the name in JSON where it differs.
#[macro_export]
macro_rules! record {
    ($type:ident { $($field:ident $(= $name:literal)?),* $(,)? } $(or { $($extra:ident $(= $other:literal)?),* $(,)? })?) => {
        impl $crate::Parcel for $type {
            fn write(&self, out: &mut String) {
                let $type { $($field,)* $($($extra,)*)? } = self;
                out.push('{');
                $($crate::put(out, $crate::name!($field $($name)?), $field);)*
                $($($crate::put(out, $crate::name!($extra $($other)?), $extra);)*)?
                out.push('}');
            }

            fn read(from: &$crate::Json, unfit: &mut $crate::Unfit) -> Self {
                $type {
                    $($field: $crate::field(from, $crate::name!($field $($name)?), unfit),)*
                    $($($extra: $crate::maybe(from, $crate::name!($extra $($other)?), unfit),)*)?
                }
            }
        }
    };
}

/// An enum as a JSON object whose field `tag` says which variant it is. An unknown one is read as the last, and noted.
#[macro_export]
macro_rules! tagged {
    ($type:ident $tag:literal { $($word:literal => $variant:ident { $($field:ident),* }),+ $(,)? }) => {
        impl $crate::Parcel for $type {
            fn write(&self, out: &mut String) {
                out.push('{');
                match self {
                    $($type::$variant { $($field),* } => {
                        $crate::put(out, $tag, &String::from($word));
                        $($crate::put(out, stringify!($field), $field);)*
                    })+
                }
                out.push('}');
            }

            fn read(from: &$crate::Json, unfit: &mut $crate::Unfit) -> Self {
                let word = from.get($tag).and_then($crate::Json::text).unwrap_or_default();
                $(if word == $word {
                    return $type::$variant { $($field: $crate::field(from, stringify!($field), unfit)),* };
                })+
                unfit.note($tag);
                $crate::last!($($type::$variant { $($field: $crate::field(from, stringify!($field), unfit)),* };)+)
            }
        }
    };
}

/// An enum without fields as a word. An unknown word is read as the last, and noted.
#[macro_export]
macro_rules! words {
    ($type:ident { $($word:literal => $variant:ident),+ $(,)? }) => {
        impl $crate::Parcel for $type {
            fn write(&self, out: &mut String) {
                $crate::Parcel::write(&String::from(match self { $($type::$variant => $word),+ }), out);
            }

            fn read(from: &$crate::Json, unfit: &mut $crate::Unfit) -> Self {
                let word = from.text().unwrap_or_default();
                $(if word == $word {
                    return $type::$variant;
                })+
                unfit.note(stringify!($type));
                $crate::last!($($type::$variant;)+)
            }
        }
    };
}

/// The name of a field in JSON.
#[doc(hidden)]
#[macro_export]
macro_rules! name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $name:literal) => {
        $name
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! last {
    ($only:expr;) => { $only };
    ($first:expr; $($rest:expr;)+) => { $crate::last!($($rest;)+) };
}
