//! A page of described text: lines of cells, lined up as Go's tabwriter does with padding 2.

/// Text under way. A tab ends a cell; neighbouring lines line up their cells.
#[derive(Default)]
pub struct Page {
    done: String,
    open: String,
}

impl Page {
    pub fn new() -> Page {
        Page::default()
    }

    /// Adds `text` after `2 * level` spaces. Breaks no line by itself.
    pub fn write(&mut self, level: usize, text: &str) {
        for _ in 0..level {
            self.open.push_str("  ");
        }
        self.open.push_str(&escaped(text));
    }

    /// Adds `text` and a line break.
    pub fn line(&mut self, level: usize, text: &str) {
        self.write(level, text);
        self.open.push('\n');
    }

    /// Adds `name:`, a tab, `value` and a line break.
    pub fn field(&mut self, level: usize, name: &str, value: &str) {
        self.line(level, &format!("{name}:\t{value}"));
    }

    /// Ends the alignment: what follows no longer lines up with what came before.
    pub fn flush(&mut self) {
        let open = std::mem::take(&mut self.open);
        self.done.push_str(&aligned(&open, 2));
    }

    /// The text with its tabs as they are: `rollout history --revision` prints it so.
    pub fn unaligned(self) -> String {
        self.done + &self.open
    }

    pub fn finish(mut self) -> String {
        self.flush();
        self.done
    }
}

/// Control characters that would move a terminal's cursor, made visible.
fn escaped(text: &str) -> String {
    if text.contains(['\u{1b}', '\r']) { text.replace('\u{1b}', "^[").replace('\r', "\\r") } else { text.to_string() }
}

/// Lines up cells: a column is a run of neighbouring lines that all have a tab there; it is as wide as its widest
/// cell and `padding` spaces. What follows a line's last tab belongs to no column.
pub fn aligned(text: &str, padding: usize) -> String {
    let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|cells| vec![0; cells.len() - 1]).collect();
    column(&lines, &mut widths, 0, 0, lines.len(), padding);
    let mut out = String::with_capacity(text.len() * 2);
    for (at, cells) in lines.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        for (place, cell) in cells.iter().enumerate() {
            out.push_str(cell);
            if let Some(width) = widths[at].get(place) {
                out.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
            }
        }
    }
    out
}

/// Sets the widths of column `place` for the lines `from..to`, then of the columns right of it, block by block.
fn column(lines: &[Vec<&str>], widths: &mut [Vec<usize>], place: usize, from: usize, to: usize, padding: usize) {
    let mut at = from;
    while at < to {
        if widths[at].len() <= place {
            at += 1;
            continue;
        }
        let end = (at..to).find(|line| widths[*line].len() <= place).unwrap_or(to);
        let width = (at..end).map(|line| lines[line][place].chars().count() + padding).max().unwrap_or(0);
        for row in &mut widths[at..end] {
            row[place] = width;
        }
        column(lines, widths, place + 1, at, end, padding);
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_lines_line_up_and_a_line_without_a_tab_parts_them() {
        let text = "Name:\tx\nLong name:\ty\nBreak\nA:\tb\n";
        assert_eq!(aligned(text, 2), "Name:       x\nLong name:  y\nBreak\nA:  b\n");
    }

    #[test]
    fn an_empty_cell_takes_only_the_padding() {
        assert_eq!(aligned("a\tName\t\tCPU\nb\t----\t\t---\n", 2), "a  Name    CPU\nb  ----    ---\n");
    }

    #[test]
    fn flushing_ends_the_alignment() {
        let mut page = Page::new();
        page.field(0, "A very long name", "1");
        page.flush();
        page.field(0, "B", "2");
        assert_eq!(page.finish(), "A very long name:  1\nB:  2\n");
    }
}
