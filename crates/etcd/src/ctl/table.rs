//! Tables as etcdctl 3.7 draws them: boxed, headings centred, cells to the right.

/// The table with its line ends. Cells may hold anything of one line.
pub fn draw(headings: &[&str], rows: &[Vec<String>]) -> String {
    let width_of = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([headings[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width_of).collect();
    let rule = |left: &str, between: &str, right: &str| {
        let lines: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
        format!("{left}{}{right}\n", lines.join(between))
    };
    let mut text = rule("┌", "┬", "┐");
    text.push('│');
    for (heading, width) in headings.iter().zip(&widths) {
        text.push_str(&format!(" {heading:^width$} │"));
    }
    text.push('\n');
    if !rows.is_empty() {
        text.push_str(&rule("├", "┼", "┤"));
    }
    for row in rows {
        text.push('│');
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!(" {cell:>width$} │"));
        }
        text.push('\n');
    }
    text.push_str(&rule("└", "┴", "┘"));
    text
}
