//! Reads a lesson's Markdown into typed blocks. Native only: lessons are compiled ahead of time.
use crate::prose::{Block, Inline, Prose, Section};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Reads `ko.md` or `en.md`. The error says what is not allowed.
pub fn read(id: &str, lang: &str, text: &str) -> Result<Prose, String> {
    let options = Options::ENABLE_HEADING_ATTRIBUTES | Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events: Vec<Event> = Parser::new_ext(text, options).collect();
    let mut reader = Reader { events: events.into_iter().peekable() };
    let mut prose = Prose { id: id.to_string(), lang: lang.to_string(), ..Prose::default() };
    while reader.events.peek().is_some() {
        match heading(&mut reader)? {
            Some(Head { level: 1, text, .. }) => prose.title = plain(&text),
            Some(Head { level: 2, text, id: Some(id) }) => prose.sections.push(Section { id, title: plain(&text), ..Section::default() }),
            Some(Head { level, text, .. }) => place(&mut prose, Block::Heading { level, text }),
            None => {
                if let Some(block) = reader.block()? {
                    special(&mut prose, block)?;
                }
            }
        }
    }
    if prose.title.is_empty() {
        return Err(format!("{lang}.md has no title (\"# …\" on its first line)"));
    }
    Ok(prose)
}

struct Head {
    level: u8,
    text: Vec<Inline>,
    id: Option<String>,
}

fn heading(reader: &mut Reader) -> Result<Option<Head>, String> {
    let Some(Event::Start(Tag::Heading { level, id, .. })) = reader.events.peek() else { return Ok(None) };
    let (level, id) = (*level as u8, id.as_ref().map(|id| id.to_string()));
    reader.events.next();
    debug_assert!(level >= HeadingLevel::H1 as u8);
    let text = reader.inlines(&|end| matches!(end, TagEnd::Heading(_)))?;
    Ok(Some(Head { level, text, id }))
}

fn place(prose: &mut Prose, block: Block) {
    match prose.sections.last_mut() {
        Some(section) => section.blocks.push(block),
        None => prose.intro.push(block),
    }
}

/// Fences `hint x`, `fail x`, `check x`, `why x` and lists of `- id: text` have places of their own.
fn special(prose: &mut Prose, block: Block) -> Result<(), String> {
    if let Block::Code { lang, text, .. } = &block {
        let (word, name) = lang.split_once(' ').unwrap_or((lang, ""));
        if matches!(word, "hint" | "fail" | "check" | "why") {
            let section = prose.sections.last_mut().ok_or_else(|| format!("a {word} block stands before any step"))?;
            let inner = read("", "", &format!("# -\n\n{text}"))?.intro;
            match word {
                "hint" => section.hints.push((name.to_string(), inner)),
                "fail" => section.fails.push((name.to_string(), inner)),
                "why" => section.why = inner,
                _ => section.checks.push((name.to_string(), first_line(inner))),
            }
            return Ok(());
        }
    }
    if let (Block::List { ordered: false, items }, Some(section)) = (&block, prose.sections.last_mut())
        && let Some(options) = items.iter().map(|item| option(item)).collect::<Option<Vec<_>>>()
    {
        section.options = options;
        return Ok(());
    }
    place(prose, block);
    Ok(())
}

fn first_line(blocks: Vec<Block>) -> Vec<Inline> {
    match blocks.into_iter().next() {
        Some(Block::Paragraph { text }) => text,
        _ => Vec::new(),
    }
}

/// `id: words`, where the id is one lower-case word.
fn option(item: &[Block]) -> Option<(String, Vec<Inline>)> {
    let [Block::Paragraph { text }] = item else { return None };
    let Some(Inline::Text { text: first }) = text.first() else { return None };
    let (id, rest) = first.split_once(": ").or_else(|| first.strip_suffix(':').map(|id| (id, "")))?;
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return None;
    }
    let mut words = vec![Inline::Text { text: rest.to_string() }];
    words.extend(text[1..].iter().cloned());
    words.retain(|inline| !matches!(inline, Inline::Text { text } if text.is_empty()));
    Some((id.to_string(), words))
}

/// Words without marks.
pub fn plain(text: &[Inline]) -> String {
    let words = text.iter().map(|inline| match inline {
        Inline::Text { text } | Inline::Code { text } => text.clone(),
        Inline::Strong { text } | Inline::Emphasis { text } | Inline::Object { text, .. } | Inline::Link { text, .. } => plain(text),
        Inline::Break => " ".to_string(),
    });
    words.collect()
}

/// The inlines of a piece of Markdown that is one paragraph.
fn caption(text: &str) -> Vec<Inline> {
    match read("", "", &format!("# -\n\n{text}")) {
        Ok(prose) => first_line(prose.intro),
        Err(_) => vec![Inline::Text { text: text.to_string() }],
    }
}

struct Reader<'a> {
    events: std::iter::Peekable<std::vec::IntoIter<Event<'a>>>,
}

impl Reader<'_> {
    /// The next block; `None` for what is dropped (raw HTML, rules).
    fn block(&mut self) -> Result<Option<Block>, String> {
        Ok(match self.events.next() {
            Some(Event::Start(Tag::Paragraph)) => Some(Block::Paragraph { text: self.inlines(&|end| *end == TagEnd::Paragraph)? }),
            Some(Event::Start(Tag::Heading { level, .. })) => {
                let level = level as u8;
                Some(Block::Heading { level, text: self.inlines(&|end| matches!(end, TagEnd::Heading(_)))? })
            }
            Some(Event::Start(Tag::CodeBlock(kind))) => Some(self.code(kind)),
            Some(Event::Start(Tag::List(start))) => Some(Block::List { ordered: start.is_some(), items: self.items()? }),
            Some(Event::Start(Tag::BlockQuote(_))) => {
                Some(Block::Quote { blocks: self.blocks(&|end| matches!(end, TagEnd::BlockQuote(_)))? })
            }
            Some(Event::Start(Tag::Table(_))) => Some(self.table()?),
            _ => None,
        })
    }

    fn code(&mut self, kind: CodeBlockKind) -> Block {
        let info = match kind {
            CodeBlockKind::Fenced(info) => info.to_string(),
            CodeBlockKind::Indented => String::new(),
        };
        let mut text = String::new();
        for event in self.events.by_ref() {
            match event {
                Event::Text(part) => text.push_str(&part),
                Event::End(TagEnd::CodeBlock) => break,
                _ => {}
            }
        }
        let words: Vec<&str> = info.split_whitespace().collect();
        let lang = words.first().copied().unwrap_or("");
        match lang {
            "figure" => {
                let caption = caption(text.trim());
                Block::Figure { name: words.get(1).copied().unwrap_or("").to_string(), caption }
            }
            "hint" | "fail" | "check" | "why" => Block::Code { lang: info.clone(), run: false, file: String::new(), text },
            _ => {
                let file = words.iter().find_map(|word| word.strip_prefix("file=")).unwrap_or("").to_string();
                Block::Code { lang: lang.to_string(), run: words.contains(&"run"), file, text: text.trim_end().to_string() }
            }
        }
    }

    fn items(&mut self) -> Result<Vec<Vec<Block>>, String> {
        let mut items = Vec::new();
        loop {
            match self.events.next() {
                Some(Event::Start(Tag::Item)) => items.push(self.item()?),
                Some(Event::End(TagEnd::List(_))) | None => return Ok(items),
                _ => {}
            }
        }
    }

    /// Tight items carry bare inlines: they become one paragraph.
    fn item(&mut self) -> Result<Vec<Block>, String> {
        let mut blocks = Vec::new();
        let mut loose = Vec::new();
        loop {
            match self.events.peek() {
                Some(Event::End(TagEnd::Item)) | None => {
                    self.events.next();
                    break;
                }
                Some(Event::Start(Tag::Paragraph | Tag::List(_) | Tag::CodeBlock(_) | Tag::BlockQuote(_))) => {
                    flush(&mut loose, &mut blocks);
                    blocks.extend(self.block()?);
                }
                Some(_) => loose.extend(self.inline()?),
            }
        }
        flush(&mut loose, &mut blocks);
        Ok(blocks)
    }

    fn blocks(&mut self, is_end: &dyn Fn(&TagEnd) -> bool) -> Result<Vec<Block>, String> {
        let mut blocks = Vec::new();
        loop {
            match self.events.peek() {
                Some(Event::End(end)) if is_end(end) => {
                    self.events.next();
                    return Ok(blocks);
                }
                None => return Ok(blocks),
                _ => blocks.extend(self.block()?),
            }
        }
    }

    fn table(&mut self) -> Result<Block, String> {
        let (mut head, mut rows, mut row) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            match self.events.next() {
                Some(Event::Start(Tag::TableCell)) => row.push(self.inlines(&|end| *end == TagEnd::TableCell)?),
                Some(Event::End(TagEnd::TableHead)) => head = std::mem::take(&mut row),
                Some(Event::End(TagEnd::TableRow)) => rows.push(std::mem::take(&mut row)),
                Some(Event::End(TagEnd::Table)) | None => return Ok(Block::Table { head, rows }),
                _ => {}
            }
        }
    }

    fn inlines(&mut self, is_end: &dyn Fn(&TagEnd) -> bool) -> Result<Vec<Inline>, String> {
        let mut all = Vec::new();
        loop {
            match self.events.peek() {
                Some(Event::End(end)) if is_end(end) => {
                    self.events.next();
                    return Ok(all);
                }
                None => return Ok(all),
                _ => all.extend(self.inline()?),
            }
        }
    }

    fn inline(&mut self) -> Result<Option<Inline>, String> {
        Ok(match self.events.next() {
            Some(Event::Text(text)) => Some(Inline::Text { text: text.to_string() }),
            Some(Event::Code(text)) => Some(Inline::Code { text: text.to_string() }),
            Some(Event::SoftBreak) => Some(Inline::Text { text: " ".to_string() }),
            Some(Event::HardBreak) => Some(Inline::Break),
            Some(Event::Start(Tag::Strong)) => Some(Inline::Strong { text: self.inlines(&|end| *end == TagEnd::Strong)? }),
            Some(Event::Start(Tag::Emphasis)) => Some(Inline::Emphasis { text: self.inlines(&|end| *end == TagEnd::Emphasis)? }),
            Some(Event::Start(Tag::Link { dest_url, .. })) => {
                let url = dest_url.to_string();
                let text = self.inlines(&|end| *end == TagEnd::Link)?;
                Some(link(url, text)?)
            }
            _ => None,
        })
    }
}

fn flush(loose: &mut Vec<Inline>, blocks: &mut Vec<Block>) {
    if !loose.is_empty() {
        blocks.push(Block::Paragraph { text: std::mem::take(loose) });
    }
}

fn link(url: String, text: Vec<Inline>) -> Result<Inline, String> {
    if let Some(target) = url.strip_prefix("obj:") {
        return Ok(Inline::Object { target: target.to_string(), text });
    }
    if url.starts_with("https://")
        || url.starts_with("lesson:")
        || url.starts_with("lens:")
        || url == "lab:k3s-kubeadm"
        || url.starts_with('#')
    {
        return Ok(Inline::Link { url, text });
    }
    Err(format!("the link \"{url}\" is not allowed: only https:, lesson:, lens:, lab:k3s-kubeadm, obj: and # are"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_becomes_sections_with_their_parts() {
        let text = "# Title\n\nIntro **strong**.\n\n## Guess {#guess}\nWho?\n\n- both: both `web`\n- none: nobody\n\n```hint look\nLook *here*.\n```\n```why guess\nBecause.\n```\n```sh run\nkubectl get pods\n```\n";
        let prose = read("x", "en", text).unwrap();
        assert_eq!(prose.title, "Title");
        let section = &prose.sections[0];
        assert_eq!(section.id, "guess");
        assert_eq!(section.options.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["both", "none"]);
        assert_eq!(section.hints[0].0, "look");
        assert_eq!(section.why.len(), 1);
        assert!(matches!(&section.blocks[1], Block::Code { run: true, text, .. } if text == "kubectl get pods"));
    }

    #[test]
    fn scripts_and_strange_links_do_not_get_in() {
        assert_eq!(read("x", "en", "# T\n\n<script>alert(1)</script>\n").unwrap().intro.len(), 0);
        assert!(read("x", "en", "# T\n\n[a](javascript:alert)\n").unwrap_err().contains("not allowed"));
    }
}
