//! Which endpoint stands in which slice: what is there stays, gaps are filled, slices are never merged or evened out.
use super::endpoint::{same_endpoint, same_state};
use objects::{Text, Tree};
use std::collections::BTreeMap;

/// The most endpoints of one slice.
pub const MOST: usize = 100;

/// One slice of a set of ports: what stood in it, and what is to stand in it.
#[derive(Debug, PartialEq)]
pub struct Content {
    pub endpoints: Vec<Tree>,
    pub changed: bool,
}

/// What the slices that are there hold afterwards, and the contents of new ones (upstream `reconcileByPortMapping`).
/// `stale_labels` says of which slices the labels must be written anyway. An emptied slice is to go.
pub fn pack(slices: &[(&[Tree], bool)], wanted: Vec<Tree>) -> (Vec<Content>, Vec<Vec<Tree>>) {
    let by_name: BTreeMap<Text, usize> = wanted.iter().enumerate().map(|(at, one)| (name(one), at)).collect();
    let mut wanted: Vec<Option<Tree>> = wanted.into_iter().map(Some).collect();
    let mut contents: Vec<Content> = Vec::new();
    for (old, stale_labels) in slices {
        let mut endpoints = Vec::new();
        let mut changed = *stale_labels;
        for known in *old {
            let place = by_name.get(&name(known)).and_then(|at| wanted.get_mut(*at));
            match place.and_then(|place| place.take_if(|one| same_endpoint(one, known))) {
                Some(one) => {
                    changed |= !same_state(&one, known);
                    endpoints.push(one);
                }
                None => changed = true,
            }
        }
        contents.push(Content { endpoints, changed });
    }
    let mut wanted: Vec<Tree> = wanted.into_iter().flatten().collect();
    fill_changed(&mut contents, &mut wanted);
    let mut fresh = Vec::new();
    while !wanted.is_empty() {
        match roomiest_fit(&contents, wanted.len()) {
            Some(at) => {
                contents[at].changed = true;
                contents[at].endpoints.append(&mut wanted);
            }
            None => {
                let rest = wanted.split_off(wanted.len().min(MOST));
                fresh.push(std::mem::replace(&mut wanted, rest));
            }
        }
    }
    (contents, fresh)
}

/// The name of the Pod behind an endpoint.
fn name(endpoint: &Tree) -> Text {
    endpoint.at(&["targetRef", "name"]).as_text().cloned().unwrap_or_default()
}

/// Slices that are written anyway take newcomers first, the fullest ones before the others.
fn fill_changed(contents: &mut [Content], wanted: &mut Vec<Tree>) {
    let mut order: Vec<usize> = (0..contents.len()).filter(|at| contents[*at].changed && !contents[*at].endpoints.is_empty()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(contents[*at].endpoints.len()));
    for at in order {
        let room = MOST.saturating_sub(contents[at].endpoints.len()).min(wanted.len());
        contents[at].endpoints.extend(wanted.drain(..room));
    }
}

/// The unchanged slice that is fullest once all `count` stand in it.
fn roomiest_fit(contents: &[Content], count: usize) -> Option<usize> {
    let fits = |(_, content): &(usize, &Content)| !content.changed && content.endpoints.len() + count <= MOST;
    let all = contents.iter().enumerate().filter(fits).filter(|_| count < MOST);
    all.max_by_key(|(at, content)| (content.endpoints.len(), std::cmp::Reverse(*at))).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    fn endpoints(numbers: std::ops::Range<usize>) -> Vec<Tree> {
        let one = |number| {
            let target = map! {"name": format!("web-{number}")};
            map! {"addresses": list![format!("10.0.0.{number}")], "conditions": map! {"ready": true}, "targetRef": target}
        };
        numbers.map(one).collect()
    }

    fn sizes(packed: &(Vec<Content>, Vec<Vec<Tree>>)) -> (Vec<(usize, bool)>, Vec<usize>) {
        (packed.0.iter().map(|it| (it.endpoints.len(), it.changed)).collect(), packed.1.iter().map(Vec::len).collect())
    }

    #[test]
    fn a_hundred_stand_in_one_slice_and_the_rest_in_the_next() {
        assert_eq!(sizes(&pack(&[], endpoints(0..120))), (vec![], vec![100, 20]));
        assert_eq!(sizes(&pack(&[], endpoints(0..100))), (vec![], vec![100]));
    }

    #[test]
    fn slices_that_lost_some_are_not_merged_and_newcomers_go_where_most_stand() {
        let (first, second) = (endpoints(0..51), endpoints(51..60));
        let slices = [(&first[..], false), (&second[..], false)];
        assert_eq!(sizes(&pack(&slices, endpoints(0..60))), (vec![(51, false), (9, false)], vec![]));
        assert_eq!(sizes(&pack(&slices, endpoints(0..90))), (vec![(81, true), (9, false)], vec![]));
    }

    #[test]
    fn what_changed_is_written_where_it_stands_and_an_emptied_slice_is_empty() {
        let (first, second) = (endpoints(0..2), endpoints(2..3));
        let mut wanted = endpoints(0..2);
        wanted[0].set(&["conditions", "ready"], false);
        let packed = pack(&[(&first[..], false), (&second[..], false)], wanted);
        assert_eq!(sizes(&packed), (vec![(2, true), (0, true)], vec![]));
    }
}
