//! Rows about events that the real cluster itself showed in one recording and not in another: no comparison counts them.
use super::normal::any_node;
use std::collections::BTreeSet;

/// An event that `unstable.json` names: `event Normal | SuccessfulCreate | ReplicaSet/herd | Created pod: herd-<p>`.
struct Event<'a> {
    kind: &'a str,
    reason: &'a str,
    object: &'a str,
    message: &'a str,
}

fn event(item: &str) -> Option<Event<'_>> {
    let mut parts = item.strip_prefix("event ")?.splitn(4, " | ");
    Some(Event { kind: parts.next()?, reason: parts.next()?, object: parts.next()?, message: parts.next()? })
}

/// A text in its comparable form without the rows that show an event named in `unstable`, as `describe` and `events` print
/// them. A table of events that has none left is said as an empty one is.
pub fn steady(text: &str, cmd: &str, unstable: &BTreeSet<String>) -> String {
    let events: Vec<Event> = unstable.iter().filter_map(|item| event(item)).collect();
    let shown = [" describe ", " events", " get ev"].iter().any(|verb| cmd.contains(verb));
    if events.is_empty() || !shown {
        return text.to_string();
    }
    let mut kept: Vec<&str> = text.lines().filter(|line| !events.iter().any(|event| shows(line, event))).collect();
    let empty = |kept: &Vec<&str>| {
        (0..kept.len()).find(|at| kept[*at] == "Events:" && !kept.get(at + 3).is_some_and(|next| next.starts_with("  ")))
    };
    while let Some(at) = empty(&kept) {
        kept.splice(at..(at + 3).min(kept.len()), ["Events:  <none>"]);
    }
    kept.join("\n")
}

/// Whether a row of a table, its columns two blanks apart, is about the event. `describe` names no object in it; where one is
/// named, it must be the event's.
fn shows(line: &str, event: &Event) -> bool {
    let cells: Vec<&str> = line.split("  ").filter(|cell| !cell.is_empty()).collect();
    let Some(at) = cells.windows(2).position(|pair| pair == [event.kind, event.reason]) else { return false };
    let rest = &cells[at + 2..];
    let message = |cell: &str| plain(cell.split_once("}: ").map_or(cell, |(_, message)| message));
    let other = |cell: &&str| cell.contains('/') && !cell.contains(' ') && !cell.eq_ignore_ascii_case(event.object);
    rest.iter().any(|cell| message(cell) == plain(event.message)) && !rest.iter().any(other)
}

/// Spans and workers are anybody's.
fn plain(message: &str) -> String {
    any_node(message).replace("<dur>", "<age>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unstable() -> BTreeSet<String> {
        BTreeSet::from(["event Normal | SuccessfulCreate | ReplicaSet/herd | Created pod: herd-<p>".to_string()])
    }

    #[test]
    fn a_row_that_the_recording_calls_unstable_is_left_out_and_no_other() {
        let header = "Events:\n  Type  Reason  Age  From  Message\n  ----  ----  ----  ----  ----";
        let made = "  Normal  SuccessfulCreate  <age>  replicaset-controller  Created pod: herd-<p>";
        let lost = "  Normal  SuccessfulDelete  <age>  replicaset-controller  Deleted pod: herd-<p>";
        let told = |text: String| steady(&text, "kubectl describe rs herd", &unstable());
        assert_eq!(told(format!("A: 1\n{header}\n{made}\n{made}")), "A: 1\nEvents:  <none>");
        assert_eq!(told(format!("{header}\n{made}\n{lost}")), format!("{header}\n{lost}"));
        assert_eq!(told("Events:  <none>".to_string()), "Events:  <none>");
    }

    #[test]
    fn a_list_names_the_object() {
        let row = |object: &str| {
            format!("LAST SEEN  TYPE  REASON  OBJECT  MESSAGE\n<age>  Normal  SuccessfulCreate  {object}  Created pod: herd-<p>")
        };
        let told = |object: &str| steady(&row(object), "kubectl get events", &unstable()).lines().count();
        assert_eq!((told("replicaset/herd"), told("replicaset/flock")), (1, 2));
    }
}
