//! Two texts compared line by line, as `diff -u` prints it.

/// Lines kept around a change.
const AROUND: usize = 3;

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Same,
    Gone,
    New,
}

/// The hunks, without file names. Empty when the texts are equal.
pub fn unified(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let script = script(&old, &new);
    let changed: Vec<usize> = (0..script.len()).filter(|at| script[*at].0 != Mark::Same).collect();
    let mut out = String::new();
    let mut rest = &changed[..];
    while let Some(first) = rest.first() {
        let run = rest.windows(2).take_while(|pair| pair[1] - pair[0] <= 2 * AROUND).count();
        let (from, to) = (first.saturating_sub(AROUND), (rest[run] + AROUND + 1).min(script.len()));
        rest = &rest[run + 1..];
        out.push_str(&hunk(&script, from, to));
    }
    out
}

fn hunk(script: &[(Mark, &str)], from: usize, to: usize) -> String {
    let count = |range: std::ops::Range<usize>, skip: Mark| script[range].iter().filter(|(mark, _)| *mark != skip).count();
    let span = |start: usize, length: usize| match length {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        _ => format!("{},{length}", start + 1),
    };
    let old = span(count(0..from, Mark::New), count(from..to, Mark::New));
    let new = span(count(0..from, Mark::Gone), count(from..to, Mark::Gone));
    let lines: String = script[from..to]
        .iter()
        .map(|(mark, line)| {
            format!(
                "{}{line}\n",
                match mark {
                    Mark::Same => ' ',
                    Mark::Gone => '-',
                    Mark::New => '+',
                }
            )
        })
        .collect();
    format!("@@ -{old} +{new} @@\n{lines}")
}

/// Every line with its mark, by the longest common run of lines; removals before additions.
fn script<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Mark, &'a str)> {
    let width = new.len() + 1;
    let mut longest = vec![0u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = if old[i] == new[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut marks) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            marks.push((Mark::Same, old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1]) {
            marks.push((Mark::Gone, old[i]));
            i += 1;
        } else {
            marks.push((Mark::New, new[j]));
            j += 1;
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_read_as_diff_writes_them() {
        let before = "apiVersion: v1\ndata:\n  a: \"1\"\n  b: \"2\"\n  live: x\nkind: ConfigMap\n";
        let after = "apiVersion: v1\ndata:\n  a: \"1\"\n  c: \"3\"\n  live: x\nkind: ConfigMap\n";
        assert_eq!(
            unified(before, after),
            "@@ -1,6 +1,6 @@\n apiVersion: v1\n data:\n   a: \"1\"\n-  b: \"2\"\n+  c: \"3\"\n   live: x\n kind: ConfigMap\n"
        );
        assert_eq!(unified("", "a\n"), "@@ -0,0 +1 @@\n+a\n");
        assert_eq!(unified("a\n", "a\n"), "");
    }
}
