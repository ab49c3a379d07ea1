//! A JSON text taken apart, borrowing from it where it can.
use std::borrow::Cow;

/// Any JSON value. Numbers stay the text that they are: nothing here needs floating point.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    /// In the order of the text.
    Map(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// How deep values may nest: a text from outside must not exhaust the stack.
const DEPTH_MAX: u32 = 100;

impl<'a> Json<'a> {
    /// Reads one value; the error is the byte where the text is not JSON.
    pub fn read(text: &'a str) -> Result<Json<'a>, usize> {
        let mut reader = Reader { text, at: 0, depth: 0 };
        let value = reader.value();
        reader.space();
        match value {
            Some(value) if reader.at == text.len() => Ok(value),
            _ => Err(reader.at),
        }
    }

    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        match self {
            Json::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The items of a list; nothing for anything else.
    pub fn items(&self) -> &[Json<'a>] {
        if let Json::List(items) = self { items } else { &[] }
    }

    pub fn text(&self) -> Option<&str> {
        if let Json::Text(text) = self { Some(text) } else { None }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// Skips this sign if it comes next.
    fn sign(&mut self, sign: u8) -> bool {
        self.space();
        let here = self.peek() == sign;
        self.at += here as usize;
        here
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Option<Json<'a>> {
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())?;
        Some(value)
    }

    fn value(&mut self) -> Option<Json<'a>> {
        self.space();
        match self.peek() {
            b'"' => self.string().map(Json::Text),
            b'{' => self.nested(Self::map),
            b'[' => self.nested(Self::list),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            b'-' | b'0'..=b'9' => {
                let start = self.at;
                while matches!(self.peek(), b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') {
                    self.at += 1;
                }
                self.text.get(start..self.at).map(Json::Number)
            }
            _ => None,
        }
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Option<Json<'a>>) -> Option<Json<'a>> {
        self.at += 1;
        self.depth += 1;
        let value = if self.depth > DEPTH_MAX { None } else { inner(self) };
        self.depth -= 1;
        value
    }

    fn list(&mut self) -> Option<Json<'a>> {
        let mut items = Vec::new();
        if self.sign(b']') {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.sign(b']') {
                return Some(Json::List(items));
            }
            self.sign(b',').then_some(())?;
        }
    }

    fn map(&mut self) -> Option<Json<'a>> {
        let mut entries = Vec::new();
        if self.sign(b'}') {
            return Some(Json::Map(entries));
        }
        loop {
            self.space();
            let key = self.string()?;
            self.sign(b':').then_some(())?;
            entries.push((key, self.value()?));
            if self.sign(b'}') {
                return Some(Json::Map(entries));
            }
            self.sign(b',').then_some(())?;
        }
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        (self.peek() == b'"').then(|| self.at += 1)?;
        let mut whole = String::new();
        let mut start = self.at;
        loop {
            match self.peek() {
                b'"' => {
                    let rest = self.text.get(start..self.at)?;
                    self.at += 1;
                    return Some(if whole.is_empty() { Cow::Borrowed(rest) } else { Cow::Owned(whole + rest) });
                }
                b'\\' => {
                    whole.push_str(self.text.get(start..self.at)?);
                    self.at += 1;
                    whole.push(self.escaped()?);
                    start = self.at;
                }
                0..0x20 => return None,
                _ => self.at += 1,
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let sign = self.peek();
        self.at += 1;
        Some(match sign {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let unit = self.unit()?;
                if !(0xd800..0xdc00).contains(&unit) {
                    return char::from_u32(unit);
                }
                // Signs beyond the basic plane come as two halves.
                let low = if self.word("\\u", Json::Null).is_some() { self.unit()? } else { 0 };
                return char::from_u32(0x10000 + ((unit - 0xd800) << 10) + low.checked_sub(0xdc00)?);
            }
            b'"' | b'\\' | b'/' => sign as char,
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let unit = u32::from_str_radix(self.text.get(self.at..self.at + 4)?, 16).ok();
        self.at += 4;
        unit
    }
}
