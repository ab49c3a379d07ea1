//! The order in which a pipeline's commands print: what is on the screen stays where it is when the line is run again.
use crate::pen::Pen;
use std::collections::BTreeMap;

/// Where a pipeline stands in its line: its number in the line, then the command of it and the number in there, and so on.
pub(crate) type Place = Vec<usize>;

/// For each pipeline which of its commands printed up to which byte, in order. A reader may say something while its writer
/// still waits for an answer (`kubectl get pod x | nosuch`); with the answer the writer prints before it, but later.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weave {
    told: BTreeMap<Place, Vec<(usize, usize)>>,
    place: Place,
}

impl Weave {
    /// The line is run again from its start.
    pub(crate) fn rewind(&mut self) {
        self.place.clear();
    }

    /// Where the next pipeline stands.
    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    /// What came after `place` does not come again: the next round of a loop begins there.
    pub(crate) fn forget(&mut self, place: &[usize]) {
        self.told.retain(|other, _| other.as_slice() < place);
        self.place = place.to_vec();
    }

    /// A pipeline begins.
    pub(crate) fn begin(&mut self) -> Place {
        if self.place.is_empty() {
            self.place.push(0);
        }
        self.place.clone()
    }

    /// A command of it begins.
    pub(crate) fn enter(&mut self, here: &[usize], command: usize) {
        self.place = [here, &[command, 0]].concat();
    }

    /// All that its commands have printed so far, as it came: first as it was told before, then what is new.
    pub(crate) fn end(&mut self, here: Place, pens: &[Pen]) -> Pen {
        let mut said = Pen::default();
        let mut until = vec![0; pens.len()];
        let before = self.told.get(&here).cloned().unwrap_or_default();
        let fresh = pens.iter().enumerate().map(|(command, pen)| (command, pen.len()));
        let mut order: Vec<(usize, usize)> = Vec::new();
        for (command, length) in before.into_iter().chain(fresh) {
            let Some(pen) = pens.get(command).filter(|_| length > until[command]) else { continue };
            said.append(&pen.part(until[command], length));
            until[command] = length;
            match order.last_mut().filter(|(last, _)| *last == command) {
                Some((_, told)) => *told = length,
                None => order.push((command, length)),
            }
        }
        self.place.clone_from(&here);
        if let Some(number) = self.place.last_mut() {
            *number += 1;
        }
        if pens.len() > 1 {
            self.told.insert(here, order);
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pen(text: &str) -> Pen {
        let mut pen = Pen::default();
        pen.err(text);
        pen
    }

    #[test]
    fn what_a_reader_said_first_stays_first() {
        let mut weave = Weave::default();
        let here = weave.begin();
        assert_eq!(
            weave.end(here.clone(), &[pen(""), pen("bash: nosuch: command not found\n")]).stderr(),
            "bash: nosuch: command not found\n"
        );
        weave.rewind();
        assert_eq!(weave.begin(), here);
        let said = weave.end(here, &[pen("not found\n"), pen("bash: nosuch: command not found\n")]);
        assert_eq!(said.stderr(), "bash: nosuch: command not found\nnot found\n");
        assert_eq!(weave.place(), [1]);
    }
}
