//! Text that is cheap to copy and quick to compare: names, keys, words.
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Text that never changes: up to 23 bytes in place, longer ones shared by their copies.
///
/// The same text is always kept the same way, and bytes in place that are not used are zero. So two short texts are
/// compared by their three words of memory, without a look at their lengths or a walk over their letters: most of
/// what the API server does is looking for a key.
#[derive(Clone)]
pub struct Text(Kept);

#[derive(Clone)]
enum Kept {
    Here(Short),
    Fixed(&'static str),
    Shared(Arc<str>),
}

/// How many bytes stand in place.
const ROOM: usize = 23;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Short {
    len: Len,
    bytes: [u8; ROOM],
}

/// As a number with few values it leaves room in its byte for what else a `Text` or a `Tree` may be: both take 24 bytes.
#[rustfmt::skip]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Len { L0, L1, L2, L3, L4, L5, L6, L7, L8, L9, L10, L11, L12, L13, L14, L15, L16, L17, L18, L19, L20, L21, L22, L23 }

#[rustfmt::skip]
const LENGTHS: [Len; ROOM + 1] = [
    Len::L0, Len::L1, Len::L2, Len::L3, Len::L4, Len::L5, Len::L6, Len::L7, Len::L8, Len::L9, Len::L10, Len::L11,
    Len::L12, Len::L13, Len::L14, Len::L15, Len::L16, Len::L17, Len::L18, Len::L19, Len::L20, Len::L21, Len::L22, Len::L23,
];

impl Short {
    const fn new(text: &str) -> Short {
        let mut bytes = [0; ROOM];
        bytes.split_at_mut(text.len()).0.copy_from_slice(text.as_bytes());
        Short { len: LENGTHS[text.len()], bytes }
    }

    #[allow(unsafe_code, reason = "the bytes were copied from a text of this length, and nothing writes to them")]
    fn as_str(&self) -> &str {
        unsafe { std::str::from_utf8_unchecked(&self.bytes[..self.len as usize]) }
    }

    /// Its bytes as numbers in the order of texts. The last two share a byte, which changes no order.
    fn words(&self) -> [u64; 3] {
        let word = |from: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&self.bytes[from..from + 8]);
            u64::from_be_bytes(eight)
        };
        [word(0), word(8), word(ROOM - 8)]
    }
}

impl Text {
    pub fn new(text: impl AsRef<str>) -> Text {
        Text::copied(text.as_ref())
    }

    /// Without a copy, however long it is.
    pub const fn new_static(text: &'static str) -> Text {
        if text.len() <= ROOM { Text(Kept::Here(Short::new(text))) } else { Text(Kept::Fixed(text)) }
    }

    fn copied(text: &str) -> Text {
        if text.len() <= ROOM { Text(Kept::Here(Short::new(text))) } else { Text(Kept::Shared(Arc::from(text))) }
    }

    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kept::Here(short) => short.as_str(),
            Kept::Fixed(text) => text,
            Kept::Shared(text) => text,
        }
    }

    /// Whether it is `text`; quick where their lengths differ.
    #[inline]
    fn is(&self, text: &str) -> bool {
        match &self.0 {
            Kept::Here(short) => short.len as usize == text.len() && short.bytes[..text.len()] == *text.as_bytes(),
            Kept::Fixed(long) => *long == text,
            Kept::Shared(long) => **long == *text,
        }
    }

    /// Which of some texts is `wanted`. Nearly all are passed over by a look at one byte: their length.
    pub(super) fn position<'a>(mut all: impl Iterator<Item = &'a Text>, wanted: &str) -> Option<usize> {
        let Some(len) = LENGTHS.get(wanted.len()) else { return all.position(|text| text.is(wanted)) };
        all.position(|text| match &text.0 {
            Kept::Here(short) => short.len == *len && short.bytes[..wanted.len()] == *wanted.as_bytes(),
            _ => false,
        })
    }
}

impl PartialEq for Text {
    #[inline]
    fn eq(&self, other: &Text) -> bool {
        match (&self.0, &other.0) {
            (Kept::Here(mine), Kept::Here(theirs)) => mine.len == theirs.len && mine.words() == theirs.words(),
            (Kept::Here(_), _) | (_, Kept::Here(_)) => false,
            (Kept::Shared(mine), Kept::Shared(theirs)) if Arc::ptr_eq(mine, theirs) => true,
            _ => self.as_str() == other.as_str(),
        }
    }
}
impl Eq for Text {}

impl Ord for Text {
    /// As `str`.
    #[inline]
    fn cmp(&self, other: &Text) -> Ordering {
        match (&self.0, &other.0) {
            (Kept::Here(mine), Kept::Here(theirs)) => mine.words().cmp(&theirs.words()).then(mine.len.cmp(&theirs.len)),
            _ => self.as_str().cmp(other.as_str()),
        }
    }
}
impl PartialOrd for Text {
    #[inline]
    fn partial_cmp(&self, other: &Text) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::hash::Hash for Text {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::new_static("")
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}
impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}
impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.is(other)
    }
}
impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.is(other)
    }
}
impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
        self.is(other)
    }
}
impl PartialEq<Text> for str {
    fn eq(&self, other: &Text) -> bool {
        other.is(self)
    }
}
impl PartialEq<Text> for &str {
    fn eq(&self, other: &Text) -> bool {
        other.is(self)
    }
}
impl PartialEq<Text> for String {
    fn eq(&self, other: &Text) -> bool {
        other.is(self)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::copied(text)
    }
}
impl From<&String> for Text {
    fn from(text: &String) -> Text {
        Text::copied(text)
    }
}
impl From<String> for Text {
    fn from(text: String) -> Text {
        Text::copied(&text)
    }
}
impl From<&Text> for Text {
    fn from(text: &Text) -> Text {
        text.clone()
    }
}
impl From<Text> for String {
    fn from(text: Text) -> String {
        text.as_str().to_string()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text::copied(text))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Short and long ones, one that fills its place, letters of several bytes, and a zero, which is a letter, too.
    const SOME: [&str; 16] = [
        "",
        "\0",
        "a",
        "a\0",
        "a\0b",
        "ab",
        "aé",
        "abcdefg",
        "abcdefgh",
        "abcdefghi",
        "abcdefghijklmnop",
        "abcdefghijklmnopq",
        "abcdefghijklmnopqrstuvw",
        "abcdefghijklmnopqrstuvwx",
        "파드가 셋 있다",
        "파드가 셋 있다, 그리고 하나는 기다린다",
    ];

    #[test]
    fn it_is_equal_and_ordered_as_its_letters_are() {
        for (one, other) in SOME.iter().flat_map(|one| SOME.iter().map(move |other| (*one, *other))) {
            let (mine, theirs) = (Text::new(one), Text::new_static(other));
            assert_eq!(mine.as_str(), one);
            assert_eq!(mine == theirs, one == other, "{one:?} {other:?}");
            assert_eq!(mine == other, one == other, "{one:?} {other:?}");
            assert_eq!(mine.cmp(&theirs), one.cmp(other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_text_and_a_tree_take_three_words() {
        assert_eq!((size_of::<Text>(), size_of::<crate::Tree>()), (24, 24));
    }
}
