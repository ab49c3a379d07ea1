//! Reads the table of mistakes from `mistakes.yaml` with its words in Markdown, and packs it for the page. Native only.
use super::table::{Mistake, Table};
use crate::prose::Block;
use crate::{expr, folder, markdown};
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    journal: Vec<String>,
    #[serde(default)]
    when: String,
    ko: String,
    en: String,
}

/// The table of a course's folder. The error says which row does not fit, and why.
pub fn read(root: &Path) -> Result<Table, String> {
    let rows: Vec<Row> = folder::yaml(&folder::read(root, "mistakes.yaml")?)?;
    let mistakes = rows.into_iter().map(|row| {
        let id = row.id.clone();
        mistake(row).map_err(|words| format!("mistakes.yaml: {id}: {words}"))
    });
    Ok(Table { mistakes: mistakes.collect::<Result<_, _>>()? })
}

fn mistake(row: Row) -> Result<Mistake, String> {
    if row.says.is_empty() && row.journal.is_empty() && row.when.is_empty() {
        return Err("nothing tells what it looks like".to_string());
    }
    if !row.when.is_empty() {
        expr::parse(&row.when)?;
    }
    let words = |lang: &str, text: &str| -> Result<(String, Vec<Block>), String> {
        Ok((lang.to_string(), markdown::read("", lang, &format!("# -\n\n{text}"))?.intro))
    };
    let texts = vec![words("ko", &row.ko)?, words("en", &row.en)?];
    Ok(Mistake { id: row.id, says: row.says, journal: row.journal, when: row.when, texts })
}

/// Writes `mistakes.json` below `out`.
pub fn pack(table: &Table, out: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join("mistakes.json"), parcel::to_text(table))
}
