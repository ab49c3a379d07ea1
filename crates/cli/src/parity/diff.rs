//! A readable difference of two texts: lines kept, lost and new.

/// Lines with `-` (only in `golden`), `+` (only in `ours`) or a blank, each indented.
pub fn lines(golden: &str, ours: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (golden.split('\n').collect(), ours.split('\n').collect());
    // Lengths of the longest common subsequences of all tails.
    let mut common = vec![vec![0usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut marked: Vec<(char, &str)> = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            marked.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            marked.push(('-', old[i]));
            i += 1;
        } else {
            marked.push(('+', new[j]));
            j += 1;
        }
    }
    near_changes(&marked)
}

/// Three lines around each change are enough.
fn near_changes(marked: &[(char, &str)]) -> String {
    let mut text = String::new();
    let mut hidden = false;
    for (place, (mark, line)) in marked.iter().enumerate() {
        let around = &marked[place.saturating_sub(3)..marked.len().min(place + 4)];
        if around.iter().all(|(mark, _)| *mark == ' ') {
            hidden = true;
            continue;
        }
        if std::mem::take(&mut hidden) {
            text.push_str("      ...\n");
        }
        text.push_str(&format!("      {mark} {line}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn shows_what_is_lost_and_new() {
        assert_eq!(super::lines("a\nb\nc", "a\nx\nc"), "        a\n      - b\n      + x\n        c\n");
    }
}
