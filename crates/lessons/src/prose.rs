//! A lesson's words in one language, as typed blocks: no HTML, nothing to run.
use serde::{Deserialize, Serialize};

/// One language of one lesson. Compiled ahead of time from Markdown (`ko.md`, `en.md`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prose {
    pub id: String,
    pub lang: String,
    pub title: String,
    /// What stands before the first step.
    pub intro: Vec<Block>,
    /// One section for each step, in the lesson's order.
    pub sections: Vec<Section>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// The step's id.
    pub id: String,
    pub title: String,
    pub blocks: Vec<Block>,
    /// Words of a prediction's or quiz's options, by id.
    pub options: Vec<(String, Vec<Inline>)>,
    /// Hints by id, in the order they are given.
    pub hints: Vec<(String, Vec<Block>)>,
    /// What to say when a check fails, by check id.
    pub fails: Vec<(String, Vec<Block>)>,
    /// Names of tasks' checks for the list (`- [check id] text`), by check id.
    pub checks: Vec<(String, Vec<Inline>)>,
    /// The explanation after success.
    pub why: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "block", rename_all = "kebab-case")]
pub enum Block {
    Heading {
        level: u8,
        text: Vec<Inline>,
    },
    Paragraph {
        text: Vec<Inline>,
    },
    List {
        ordered: bool,
        items: Vec<Vec<Block>>,
    },
    Quote {
        blocks: Vec<Block>,
    },
    /// `run`: a click puts it into the terminal. `file`: it belongs to that file of the editor.
    Code {
        lang: String,
        run: bool,
        file: String,
        text: String,
    },
    /// A live figure by name, with the words under it.
    Figure {
        name: String,
        caption: Vec<Inline>,
    },
    Table {
        head: Vec<Vec<Inline>>,
        rows: Vec<Vec<Vec<Inline>>>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "inline", rename_all = "kebab-case")]
pub enum Inline {
    Text {
        text: String,
    },
    Code {
        text: String,
    },
    Strong {
        text: Vec<Inline>,
    },
    Emphasis {
        text: Vec<Inline>,
    },
    /// A link to an object of the cluster: `obj:pod?app=shop`, `obj:node/worker-1`.
    Object {
        target: String,
        text: Vec<Inline>,
    },
    /// Out of the page (`https://…`), or to a lens (`lens:rules`).
    Link {
        url: String,
        text: Vec<Inline>,
    },
    Break,
}

impl Prose {
    /// Where all its links lead: `https://…`, `lens:rules`.
    pub fn links(&self) -> Vec<&str> {
        let mut urls = Vec::new();
        in_blocks(&self.intro, &mut urls);
        for section in &self.sections {
            let told = section.hints.iter().chain(&section.fails).map(|(_, blocks)| blocks);
            [&section.blocks, &section.why].into_iter().chain(told).for_each(|blocks| in_blocks(blocks, &mut urls));
            section.options.iter().chain(&section.checks).for_each(|(_, words)| in_inlines(words, &mut urls));
        }
        urls
    }
}

fn in_blocks<'a>(blocks: &'a [Block], urls: &mut Vec<&'a str>) {
    for block in blocks {
        match block {
            Block::Heading { text, .. } | Block::Paragraph { text } | Block::Figure { caption: text, .. } => in_inlines(text, urls),
            Block::List { items, .. } => items.iter().for_each(|item| in_blocks(item, urls)),
            Block::Quote { blocks } => in_blocks(blocks, urls),
            Block::Table { head, rows } => head.iter().chain(rows.iter().flatten()).for_each(|cell| in_inlines(cell, urls)),
            Block::Code { .. } => {}
        }
    }
}

fn in_inlines<'a>(parts: &'a [Inline], urls: &mut Vec<&'a str>) {
    for part in parts {
        match part {
            Inline::Link { url, text } => {
                urls.push(url);
                in_inlines(text, urls);
            }
            Inline::Strong { text } | Inline::Emphasis { text } | Inline::Object { text, .. } => in_inlines(text, urls),
            Inline::Text { .. } | Inline::Code { .. } | Inline::Break => {}
        }
    }
}

parcel::record!(Prose { id, lang, title, intro, sections });
parcel::record!(Section { id, title, blocks, options, hints, fails, checks, why });
parcel::tagged!(Block "block" {
    "heading" => Heading { level, text },
    "paragraph" => Paragraph { text },
    "list" => List { ordered, items },
    "quote" => Quote { blocks },
    "code" => Code { lang, run, file, text },
    "figure" => Figure { name, caption },
    "table" => Table { head, rows },
});
parcel::tagged!(Inline "inline" {
    "text" => Text { text },
    "code" => Code { text },
    "strong" => Strong { text },
    "emphasis" => Emphasis { text },
    "object" => Object { target, text },
    "link" => Link { url, text },
    "break" => Break {},
});
