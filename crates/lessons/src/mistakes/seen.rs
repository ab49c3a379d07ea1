//! Recognises a mistake: in what the terminal shows, in the servers' journals, in how things stand.
use super::table::{Mistake, Table};
use crate::expr;
use crate::run::NAMESPACE;
use crate::witness::Witness;
use cluster::World;
use simcore::Time;

/// A mistake that was made this many typed lines ago is not spoken of any more.
const REMEMBERED: usize = 8;

impl Table {
    /// The mistake that is seen now, of those named (all for an empty list). What a tool said counts until the same tool was
    /// used again, and as long as the mistake's `when` holds.
    pub fn seen(&self, world: &World, of: &[String]) -> Option<&Mistake> {
        let rows: Vec<&Mistake> = self.mistakes.iter().filter(|row| of.is_empty() || of.contains(&row.id)).collect();
        said(&rows, world).or_else(|| logged(&rows, world)).or_else(|| standing(&rows, world))
    }
}

fn said<'a>(rows: &[&'a Mistake], world: &World) -> Option<&'a Mistake> {
    let mut used: Vec<String> = Vec::new();
    for (line, answer) in world.terminal.answers(REMEMBERED) {
        let tool = tool(line);
        if used.contains(&tool) {
            continue;
        }
        let marked = |row: &&&Mistake| row.says.iter().any(|piece| answer.contains(piece.as_str()));
        if let Some(row) = rows.iter().filter(marked).find(|row| holds(row, world)).copied() {
            return Some(row);
        }
        used.push(tool);
    }
    None
}

fn logged<'a>(rows: &[&'a Mistake], world: &World) -> Option<&'a Mistake> {
    let views = world.server_views();
    let lines: Vec<&String> = views.iter().flat_map(|view| &view.troubles).collect();
    let marked = |row: &&&Mistake| row.journal.iter().any(|piece| lines.iter().any(|line| line.contains(piece.as_str())));
    rows.iter().filter(marked).find(|row| holds(row, world)).copied()
}

fn standing<'a>(rows: &[&'a Mistake], world: &World) -> Option<&'a Mistake> {
    let stands = |row: &&&Mistake| row.says.is_empty() && row.journal.is_empty() && !row.when.is_empty();
    rows.iter().filter(stands).find(|row| holds(row, world)).copied()
}

fn holds(row: &Mistake, world: &World) -> bool {
    let witness = Witness { world, namespace: NAMESPACE, began: Time::START };
    row.when.is_empty() || expr::parse(&row.when).is_ok_and(|when| expr::observe(&when, &witness).holds)
}

/// The program that a line behind its prompt uses first: `kubeadm` of `~ $ ssh node-1 sudo kubeadm init`.
fn tool(line: &str) -> String {
    let prompt = [line.find("$ "), line.find("# ")].into_iter().flatten().min();
    let mut words = line[prompt.map_or(0, |at| at + 2)..].split_whitespace().map(|word| word.trim_start_matches(['$', '(', '\'', '"']));
    while let Some(word) = words.next() {
        match word {
            "ssh" => {
                words.next();
            }
            "sudo" | "" => {}
            word if word.contains('=') || word.starts_with('-') => {}
            word => return word.to_string(),
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::tool;

    #[test]
    fn the_tool_of_a_line_is_found_behind_logins_and_settings() {
        assert_eq!(tool("~ $ ssh node-1 sudo kubeadm init\n"), "kubeadm");
        assert_eq!(tool("root@node-1:~# K3S_TOKEN=x curl -sfL https://get.k3s.io\n"), "curl");
        assert_eq!(tool("~ $ ssh node-2 $(ssh node-1 kubeadm token create --print-join-command)\n"), "kubeadm");
        assert_eq!(tool("~ $ ssh node-1\n"), "");
    }
}
