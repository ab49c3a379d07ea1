//! Text in columns, as Go's tabwriter lays it out for kubectl: at least 6 wide, 3 spaces between.

/// Widths so far. They only grow, so the lines of a watch stay aligned.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Widths(pub Vec<usize>);

/// Lays rows out. The last cell of a row is not padded.
pub fn layout(rows: &[Vec<String>], widths: &mut Widths) -> String {
    for row in rows {
        let padded = row.len().saturating_sub(1);
        for (at, cell) in row[..padded].iter().enumerate() {
            let width = (cell.chars().count() + 3).max(6);
            match widths.0.get_mut(at) {
                Some(widest) => *widest = (*widest).max(width),
                None => widths.0.push(width),
            }
        }
    }
    let mut text = String::new();
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            text.push_str(cell);
            if at + 1 < row.len() {
                let missing = widths.0[at].saturating_sub(cell.chars().count());
                text.push_str(&" ".repeat(missing));
            }
        }
        text.push('\n');
    }
    text
}

/// Rows laid out by themselves.
pub fn columns(rows: &[Vec<String>]) -> String {
    layout(rows, &mut Widths::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_three_spaces_apart() {
        let rows = [["NAME", "READY", "AGE"], ["web", "1/1", "5s"]].map(|row| row.map(str::to_string).to_vec());
        assert_eq!(columns(&rows), "NAME   READY   AGE\nweb    1/1     5s\n");
        let rows = [["A", "B"], ["x", "y"]].map(|row| row.map(str::to_string).to_vec());
        assert_eq!(columns(&rows), "A     B\nx     y\n");
    }
}
