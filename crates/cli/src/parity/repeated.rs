//! Rows of events that stand twice in a row: how often an event was repeated is not compared, as the recorder does not.

/// A `describe` in its comparable form, in which equal rows of a table of events that follow one another stand once. The
/// recorder takes the count out of `5s (x3 over 9s)` and compares events as a set; whether a repetition raises the count of an
/// Event or makes a second one hangs on the object's version (client-go's `EventBroadcaster`), and is no more of a difference.
pub fn once(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut events = false;
    for line in text.lines() {
        events = line == "Events:" || events && line.starts_with("  ");
        if !(events && kept.last() == Some(&line)) {
            kept.push(line);
        }
    }
    kept.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_row_counts_once_and_only_among_events() {
        let header = "Events:\n  Type  Reason  Age  From  Message\n  ----  ----  ----  ----  ----";
        let (failed, placed) =
            ("  Warning  FailedScheduling  <age>  default-scheduler  no", "  Normal  Scheduled  <age>  default-scheduler  yes");
        let told = |rows: &[&str]| once(&format!("A:\n  b\n  b\n{header}\n{}", rows.join("\n")));
        assert_eq!(told(&[failed, failed, placed]), told(&[failed, placed]));
        assert_ne!(told(&[failed, placed, failed]), told(&[failed, placed]), "the order of events is compared");
        assert_ne!(told(&[]), told(&[failed]));
        assert!(told(&[failed]).starts_with("A:\n  b\n  b\n"), "what is no event is as it was");
    }
}
