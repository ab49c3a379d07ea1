//! Reads one YAML document: values by the rules of YAML 1.1, and where each field stands.
//!
//! libyaml decides what is YAML and words the errors; this reader only interprets what libyaml accepts, and gives up
//! (`Stop::Unsure`) rather than guess.
mod cursor;
mod text;

use super::{Position, scalar};
use crate::{Map, Text, Tree};
use cursor::{Cursor, plain_colon};
use std::collections::BTreeMap;

/// How deep lists and maps may stand in one another.
pub const DEEPEST: usize = 500;
/// How many values a document may have once its aliases are written out.
const MOST: usize = 1_000_000;

/// Why reading ended early.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stop {
    /// Not understood: libyaml shall say whether it is YAML.
    Unsure,
    TooDeep,
    TooMany,
}

/// The value of a document and the places of its fields.
pub struct Parsed {
    pub tree: Tree,
    pub positions: Vec<Position>,
}

/// Reads a document. `positions`: whether places are wanted.
pub fn document(text: &str, positions: bool) -> Result<Parsed, Stop> {
    let mut reader = Reader {
        cur: Cursor::new(text),
        depth: 0,
        count: 0,
        anchors: BTreeMap::new(),
        path: positions.then(String::new),
        positions: Vec::new(),
    };
    reader.cur.prologue();
    let tree = reader.node(-1, false)?.0;
    reader.cur.blanks();
    let rest = reader.cur.rest();
    if rest.is_empty() || rest.starts_with("...") || rest.starts_with("---") {
        Ok(Parsed { tree, positions: reader.positions })
    } else {
        Err(Stop::Unsure)
    }
}

struct Reader<'a> {
    cur: Cursor<'a>,
    depth: usize,
    count: usize,
    /// Values with the number of values in them.
    anchors: BTreeMap<&'a str, (Tree, usize)>,
    path: Option<String>,
    positions: Vec<Position>,
}

/// A value with the number of values in it.
type Sized = (Tree, usize);

impl<'a> Reader<'a> {
    fn counted(&mut self, value: Tree, size: usize) -> Result<Sized, Stop> {
        if size > MOST { Err(Stop::TooMany) } else { Ok((value, size)) }
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Stop::TooDeep);
        }
        let outcome = inner(self);
        self.depth -= 1;
        outcome
    }

    /// A value in block context. `parent`: the column of what holds it; deeper columns belong to it, and for the value
    /// of a key (`list_too`) a list in the key's own column.
    fn node(&mut self, parent: isize, list_too: bool) -> Result<Sized, Stop> {
        let started_line = self.cur.line;
        self.cur.blanks();
        let column = self.cur.column() as isize;
        let is_item = self.cur.rest().starts_with('-') && self.cur.blank_after(1);
        let belongs = column > parent || (list_too && column == parent && is_item && self.cur.line > started_line);
        if self.cur.rest().is_empty() || self.cur.at_document_end() || !belongs {
            return Ok((Tree::Null, 1));
        }
        let (anchor, tag, line) = self.properties()?;
        if anchor.is_some() || tag.is_some() {
            let value = if self.cur.line > line || self.cur.peek().is_none_or(|c| matches!(c, '\n' | '#')) {
                self.tagged(tag, |reader| reader.node(parent, list_too))?
            } else if self.cur.is_key() && self.cur.line == started_line && parent >= 0 {
                // The anchor of a key on the line of its parent: too rare to tell apart.
                return Err(Stop::Unsure);
            } else if self.cur.is_key() {
                // The anchor belongs to the first key, not to the map.
                return Err(Stop::Unsure);
            } else {
                self.tagged(tag, |reader| reader.bare(parent))?
            };
            if let Some(name) = anchor {
                self.anchors.insert(name, value.clone());
            }
            return Ok(value);
        }
        self.bare(parent)
    }

    fn properties(&mut self) -> Result<(Option<&'a str>, Option<&'a str>, usize), Stop> {
        let (mut anchor, mut tag, mut line) = (None, None, self.cur.line);
        while let Some(sign @ ('&' | '!')) = self.cur.peek() {
            let rest = self.cur.rest();
            let end = rest.find([' ', '\t', '\n', '\r', ',', ']', '}']).unwrap_or(rest.len());
            if sign == '&' {
                anchor = Some(&rest[1..end]);
            } else {
                tag = Some(&rest[..end]);
            }
            self.cur.at += end;
            line = self.cur.line;
            self.cur.spaces();
        }
        Ok((anchor, tag, line))
    }

    /// `!!str` keeps what it marks as text.
    fn tagged(&mut self, tag: Option<&str>, value: impl FnOnce(&mut Self) -> Result<Sized, Stop>) -> Result<Sized, Stop> {
        let start = self.cur.at;
        let (tree, size) = value(self)?;
        let scalar = !matches!(tree, Tree::Map(_) | Tree::List(_));
        match tag {
            Some("!!str" | "!") if scalar && tree.as_text().is_none() => Ok((Tree::from(self.cur.text[start..self.cur.at].trim()), size)),
            Some("!!binary") => Err(Stop::Unsure),
            _ => Ok((tree, size)),
        }
    }

    fn bare(&mut self, parent: isize) -> Result<Sized, Stop> {
        match self.cur.peek() {
            None => Ok((Tree::Null, 1)),
            Some('-') if self.cur.blank_after(1) => self.deeper(|reader| reader.block_list()),
            Some('?') if self.cur.blank_after(1) => self.deeper(|reader| reader.block_map()),
            Some('|' | '>') => self.cur.block_scalar(parent).map(|text| (Tree::from(text), 1)),
            Some(_) if self.cur.is_key() => self.deeper(|reader| reader.block_map()),
            Some('[' | '{') => self.deeper(|reader| reader.flow()),
            Some('*') => self.alias(),
            Some(quote @ ('"' | '\'')) => self.cur.quoted(quote).map(|text| (Tree::from(text), 1)),
            Some(_) => self.plain(parent),
        }
    }

    fn block_list(&mut self) -> Result<Sized, Stop> {
        let column = self.cur.column();
        let (mut items, mut size) = (Vec::new(), 1);
        while self.cur.rest().starts_with('-') && self.cur.blank_after(1) && self.cur.column() == column && !self.cur.at_document_end() {
            let begun = self.enter_item(items.len());
            self.cur.bump();
            let (item, inner) = self.node(column as isize, false)?;
            self.leave(begun);
            size += inner;
            items.push(item);
            self.cur.blanks();
        }
        self.counted(Tree::from(items), size)
    }

    fn block_map(&mut self) -> Result<Sized, Stop> {
        let column = self.cur.column();
        let (mut entries, mut merged, mut size) = (Vec::new(), Vec::new(), 1);
        loop {
            if self.cur.rest().is_empty() || self.cur.column() != column || self.cur.at_document_end() {
                break;
            }
            let asked = self.cur.rest().starts_with('?') && self.cur.blank_after(1);
            if asked {
                self.cur.bump();
                self.cur.spaces();
            } else if !self.cur.is_key() {
                // libyaml would not have it either, unless it is something exotic.
                return Err(Stop::Unsure);
            }
            let (line, from) = (self.cur.line, self.cur.at);
            let plain = !matches!(self.cur.peek(), Some('"' | '\''));
            let key = self.key(asked)?;
            let begun = self.enter_key(&key, line, from);
            if asked {
                self.cur.blanks();
            } else {
                self.cur.spaces();
            }
            if !self.cur.rest().starts_with(':') {
                return Err(Stop::Unsure);
            }
            self.cur.bump();
            let (value, inner) = self.node(column as isize, true)?;
            self.leave(begun);
            size += inner;
            if plain && key == "<<" {
                merge(&mut merged, &value)
            } else {
                entries.push((key, value))
            }
            self.cur.blanks();
        }
        merged.extend(entries);
        self.counted(Tree::from(merged.into_iter().collect::<Map>()), size)
    }

    fn key(&mut self, asked: bool) -> Result<Text, Stop> {
        match self.cur.peek() {
            Some(quote @ ('"' | '\'')) => self.cur.quoted(quote).map(Text::from),
            Some('*') => self.alias().map(|(value, _)| key_text(&value)),
            Some('&' | '!' | '[' | '{' | '|' | '>') => Err(Stop::Unsure),
            _ => {
                let rest = self.cur.rest();
                let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
                let end = plain_colon(line).or(asked.then_some(line.len())).ok_or(Stop::Unsure)?;
                self.cur.at += end;
                Ok(key_text(&scalar::resolve(line[..end].trim_end())))
            }
        }
    }

    fn alias(&mut self) -> Result<Sized, Stop> {
        let rest = &self.cur.rest()[1..];
        let end = rest.find([' ', '\t', '\n', '\r', ',', ']', '}', ':']).unwrap_or(rest.len());
        let (value, size) = self.anchors.get(&rest[..end]).ok_or(Stop::Unsure)?.clone();
        self.cur.at += 1 + end;
        // Written out in full, aliases of aliases grow without end.
        self.count += size;
        if self.count > MOST { Err(Stop::TooMany) } else { Ok((value, size)) }
    }

    fn flow(&mut self) -> Result<Sized, Stop> {
        let list = self.cur.peek() == Some('[');
        let close = if list { ']' } else { '}' };
        let (mut items, mut entries, mut merged, mut size) = (Vec::new(), Vec::new(), Vec::new(), 1);
        self.cur.bump();
        loop {
            self.cur.blanks();
            match self.cur.peek() {
                Some(end) if end == close => break,
                Some(',') => {
                    self.cur.bump();
                    continue;
                }
                None => return Err(Stop::Unsure),
                _ => {}
            }
            let (line, from) = (self.cur.line, self.cur.at);
            if list {
                let begun = self.enter_item(items.len());
                let (item, inner) = self.flow_value()?;
                self.leave(begun);
                self.cur.blanks();
                if self.cur.peek() == Some(':') {
                    return Err(Stop::Unsure);
                }
                size += inner;
                items.push(item);
                continue;
            }
            let (key, _) = self.flow_value()?;
            let key = key_text(&key);
            let begun = self.enter_key(&key, line, from);
            self.cur.blanks();
            let (value, inner) = if self.cur.peek() == Some(':') {
                self.cur.bump();
                self.cur.blanks();
                if matches!(self.cur.peek(), Some(',' | '}')) { (Tree::Null, 1) } else { self.flow_value()? }
            } else {
                (Tree::Null, 1)
            };
            self.leave(begun);
            size += inner;
            if key == "<<" { merge(&mut merged, &value) } else { entries.push((key, value)) }
        }
        self.cur.bump();
        if list {
            return self.counted(Tree::from(items), size);
        }
        merged.extend(entries);
        self.counted(Tree::from(merged.into_iter().collect::<Map>()), size)
    }

    fn flow_value(&mut self) -> Result<Sized, Stop> {
        let (anchor, tag, _) = self.properties()?;
        let value = self.tagged(tag, |reader| match reader.cur.peek() {
            Some('[' | '{') => reader.deeper(|reader| reader.flow()),
            Some('*') => reader.alias(),
            Some(quote @ ('"' | '\'')) => reader.cur.quoted(quote).map(|text| (Tree::from(text), 1)),
            Some('?') if reader.cur.blank_after(1) => Err(Stop::Unsure),
            _ => reader.flow_plain(),
        })?;
        if let Some(name) = anchor {
            self.anchors.insert(name, value.clone());
        }
        Ok(value)
    }

    fn flow_plain(&mut self) -> Result<Sized, Stop> {
        let mut words = String::new();
        loop {
            let rest = self.cur.rest();
            let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
            let mut end = line.len();
            let mut before = ' ';
            for (at, letter) in line.char_indices() {
                let after = line[at + letter.len_utf8()..].chars().next();
                let ends = match letter {
                    ',' | '[' | ']' | '{' | '}' => true,
                    ':' => after.is_none_or(|c| matches!(c, ' ' | '\t' | '\r' | ',' | '[' | ']' | '{' | '}')),
                    '#' => matches!(before, ' ' | '\t') && at > 0,
                    _ => false,
                };
                if ends {
                    end = at;
                    break;
                }
                before = letter;
            }
            if !words.is_empty() && end > 0 {
                words.push(' ');
            }
            words.push_str(line[..end].trim());
            self.cur.at += end;
            if end < line.len() || self.cur.rest().is_empty() {
                break;
            }
            self.cur.blanks();
        }
        if words.is_empty() { Err(Stop::Unsure) } else { Ok((scalar::resolve(&words), 1)) }
    }

    /// A plain scalar, over as many deeper lines as it takes.
    fn plain(&mut self, parent: isize) -> Result<Sized, Stop> {
        if self.cur.rest().starts_with([':', '?', '-']) && self.cur.blank_after(1)
            || self.cur.rest().starts_with(['@', '`', '%', ',', ']', '}'])
        {
            return Err(Stop::Unsure);
        }
        let mut words = String::new();
        let mut breaks = 0;
        loop {
            let rest = self.cur.rest();
            let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
            let comment = line.match_indices('#').map(|(at, _)| at).find(|at| *at > 0 && line[..*at].ends_with([' ', '\t']));
            let content = line[..comment.unwrap_or(line.len())].trim_end();
            match breaks {
                0 => {}
                1 => words.push(' '),
                more => words.extend(std::iter::repeat_n('\n', more - 1)),
            }
            words.push_str(content);
            self.cur.at += content.len();
            if comment.is_some() {
                break;
            }
            // The scalar goes on where a deeper line follows.
            let (at, number, start) = (self.cur.at, self.cur.line, self.cur.line_start);
            self.cur.spaces();
            while self.cur.peek() == Some('\n') {
                self.cur.bump();
                self.cur.spaces();
            }
            breaks = self.cur.line - number;
            let goes_on = breaks > 0
                && (self.cur.column() as isize) > parent
                && !self.cur.at_document_end()
                && self.cur.peek().is_some_and(|c| c != '#');
            if !goes_on {
                (self.cur.at, self.cur.line, self.cur.line_start) = (at, number, start);
                break;
            }
            if self.cur.is_key() {
                return Err(Stop::Unsure);
            }
        }
        Ok((scalar::resolve(&words), 1))
    }

    fn enter_key(&mut self, key: &str, line: usize, from: usize) -> usize {
        let (start, end) = match self.path {
            Some(_) => (self.cur.letters_before(from), self.cur.letters_before(self.cur.at)),
            None => return 0,
        };
        let Some(path) = &mut self.path else { return 0 };
        let begun = path.len();
        if begun > 0 {
            path.push('.');
        }
        path.push_str(key);
        let position = Position { path: path.clone(), line: line + 1, column: start + 1, end_column: end + 1 };
        self.positions.push(position);
        begun
    }

    fn enter_item(&mut self, index: usize) -> usize {
        let (line, column) = (self.cur.line, if self.path.is_some() { self.cur.letters_before(self.cur.at) } else { 0 });
        let Some(path) = &mut self.path else { return 0 };
        let begun = path.len();
        path.push_str(&format!("[{index}]"));
        let position = Position { path: path.clone(), line: line + 1, column: column + 1, end_column: column + 2 };
        self.positions.push(position);
        begun
    }

    fn leave(&mut self, begun: usize) {
        if let Some(path) = &mut self.path {
            path.truncate(begun);
        }
    }
}

/// Keys are text to JSON, whatever they look like.
fn key_text(value: &Tree) -> Text {
    value.as_text().cloned().unwrap_or_else(|| Text::from(value.to_json()))
}

/// Entries of a map, or of each map in a list (the first counts most), that a `<<` brings in.
fn merge(entries: &mut Vec<(Text, Tree)>, value: &Tree) {
    for map in value.items().iter().rev().chain(std::iter::once(value)) {
        entries.extend(map.entries().map(|(key, value)| (key.clone(), value.clone())));
    }
}
