//! Reads the strategies from their folder, and packs them for the page. Native only.
use super::board::{Board, Strategy};
use crate::expr;
use crate::folder;
use crate::format::Act;
use crate::span;
use std::path::Path;

/// The board of `board.yaml` with the strategies that it names, in its order. The error says what does not fit, and where.
pub fn read(root: &Path) -> Result<Board, String> {
    let at = |name: &str, words: String| format!("{}: {words}", root.join(name).display());
    let text = folder::read(root, "board.yaml").map_err(|words| at("board.yaml", words))?;
    let mut board: Board = folder::yaml(&text).map_err(|words| at("board.yaml", words))?;
    folder::fill(root, &mut board.start).map_err(|words| at("board.yaml", words))?;
    for name in &board.order {
        let strategy = strategy(&root.join(name)).map_err(|words| at(name, words))?;
        if strategy.id != *name {
            return Err(at(name, format!("its id is \"{}\"", strategy.id)));
        }
        board.strategies.push(strategy);
    }
    let spans = [&board.settle, &board.before, &board.window, &board.back];
    let trials = board.strategies.iter().filter_map(|strategy| strategy.trial.as_ref()).map(|trial| &trial.span);
    if let Some(wrong) = spans.into_iter().chain(trials).find(|text| span::parse(text).is_none()) {
        return Err(at("board.yaml", format!("\"{wrong}\" is no duration")));
    }
    Ok(board)
}

fn strategy(folder: &Path) -> Result<Strategy, String> {
    let mut strategy: Strategy = folder::yaml(&folder::read(folder, "strategy.yaml")?)?;
    let fill = |acts: &mut Vec<Act>| folder::fill(folder, acts);
    fill(&mut strategy.start)?;
    fill(&mut strategy.release)?;
    fill(&mut strategy.rollback)?;
    if let Some(trial) = &mut strategy.trial {
        fill(&mut trial.promote)?;
        expr::parse(&trial.expr)?;
    }
    Ok(strategy)
}

/// Writes `strategies.json` below `out`.
pub fn pack(board: &Board, out: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join("strategies.json"), parcel::to_text(board))
}
