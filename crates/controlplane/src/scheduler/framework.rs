//! One attempt to place a Pod: filter, score, normalise, choose, over a table of plugins.
use super::cache::{Cache, NodeInfo, PodInfo};
use super::plugins;
use apiserver::Snapshot;
use objects::terms;
use objects::{Text, Tree};
use simcore::Rng;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// The best that a plugin can say of a node.
pub const MAX_SCORE: i64 = 100;

/// Whether a node can take the Pod, and why not.
pub type Filter = fn(&Cycle, &NodeInfo) -> Result<(), Refusal>;

/// A plugin as data.
#[derive(Debug)]
pub struct Plugin {
    pub name: &'static str,
    /// Whether a node can take the Pod at all.
    pub filter: Option<Filter>,
    pub score: Option<Score>,
}

/// How a plugin rates the nodes that can.
#[derive(Debug)]
pub struct Score {
    pub weight: i64,
    /// Whether it has anything to say of this Pod.
    pub applies: fn(&Cycle) -> bool,
    pub rate: fn(&Cycle, &NodeInfo) -> i64,
    pub normalise: Normalise,
}

/// How ratings become numbers from 0 to 100.
#[derive(Clone, Copy, Debug)]
pub enum Normalise {
    /// They are that already.
    Not,
    /// In proportion to the greatest.
    ToGreatest,
    /// The smallest is the best.
    Reversed,
    Own(fn(&mut [i64])),
}

/// Why a node cannot take a Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub reasons: Vec<Text>,
    /// Whether evicting other Pods cannot help.
    pub hopeless: bool,
}

impl Refusal {
    pub fn hopeless(reason: &'static str) -> Refusal {
        Refusal { reasons: vec![Text::new_static(reason)], hopeless: true }
    }

    pub fn for_now(reason: &'static str) -> Refusal {
        Refusal { reasons: vec![Text::new_static(reason)], hopeless: false }
    }
}

/// What plugins see during one attempt. Counts over all Pods are made when first asked for.
pub struct Cycle<'a> {
    pub pod: &'a PodInfo,
    pub cache: &'a Cache,
    pub view: &'a Snapshot,
    /// Read off the spec once: the plugins ask for these on every node.
    pub named: &'a str,
    pub tolerations: &'a [Tree],
    /// Whether a node selector or required node affinity limits the nodes.
    pub picky: bool,
    pub affinity: OnceCell<plugins::AffinityCounts>,
    pub spread: OnceCell<plugins::SpreadCounts<'a>>,
    pub ports: OnceCell<plugins::WantedPorts>,
    pub images: OnceCell<plugins::WantedImages>,
}

impl<'a> Cycle<'a> {
    pub fn new(pod: &'a PodInfo, cache: &'a Cache, view: &'a Snapshot) -> Cycle<'a> {
        let spec = pod.object.spec();
        Cycle {
            pod,
            cache,
            view,
            named: spec.get("nodeName").text(),
            tolerations: spec.get("tolerations").items(),
            picky: terms::is_picky(spec),
            affinity: OnceCell::new(),
            spread: OnceCell::new(),
            ports: OnceCell::new(),
            images: OnceCell::new(),
        }
    }

    pub fn spec(&self) -> &'a Tree {
        self.pod.object.spec()
    }
}

/// One node as the attempt saw it.
#[derive(Clone, Debug)]
pub struct Row {
    pub node: Text,
    pub refusal: Option<(&'static str, Refusal)>,
    /// Weighted scores in the order of `Attempt::scorers`.
    pub scores: Vec<i64>,
    pub total: i64,
}

/// The outcome of an attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub rows: Vec<Row>,
    pub scorers: Vec<&'static str>,
    pub chosen: Option<Text>,
    pub nodes: usize,
}

impl Attempt {
    /// The plugins that refused nodes.
    pub fn refused_by(&self) -> BTreeSet<&'static str> {
        self.rows.iter().filter_map(|row| row.refusal.as_ref().map(|(plugin, _)| *plugin)).collect()
    }

    /// How often each reason was given.
    pub fn reasons(&self) -> BTreeMap<Text, usize> {
        let mut counts = BTreeMap::new();
        for reason in self.rows.iter().filter_map(|row| row.refusal.as_ref()).flat_map(|(_, refusal)| &refusal.reasons) {
            *counts.entry(reason.clone()).or_default() += 1;
        }
        counts
    }
}

/// Runs all filters on one node; the first that refuses ends it.
pub fn filter(cycle: &Cycle, node: &NodeInfo) -> Result<(), (&'static str, Refusal)> {
    for plugin in plugins::ALL {
        if let Some(filter) = plugin.filter {
            filter(cycle, node).map_err(|refusal| (plugin.name, refusal))?;
        }
    }
    Ok(())
}

/// One attempt. `start` is where the last one left off among the nodes: of many, only enough are looked at.
pub fn attempt(cycle: &Cycle, start: &mut usize, rng: &mut Rng) -> Attempt {
    let nodes = cycle.cache.nodes();
    let enough = enough_nodes(nodes.len());
    let (mut rows, mut found, mut looked_at) = (Vec::with_capacity(nodes.len()), Vec::new(), 0);
    for step in 0..nodes.len() {
        if found.len() >= enough {
            break;
        }
        let node = &nodes[(*start + step) % nodes.len()];
        looked_at += 1;
        let refusal = filter(cycle, node).err();
        if refusal.is_none() {
            found.push((rows.len(), &**node));
        }
        rows.push(Row { node: node.name.clone(), refusal, scores: Vec::new(), total: 0 });
    }
    if !nodes.is_empty() {
        *start = (*start + looked_at) % nodes.len();
    }
    let scorers = if found.len() > 1 { score(cycle, &found, &mut rows) } else { Vec::new() };
    let chosen = choose(&found, &rows, rng);
    Attempt { rows, scorers, chosen, nodes: nodes.len() }
}

/// An attempt with the one node that was promised to the Pod; `None` where it does not fit there.
pub fn attempt_on(cycle: &Cycle, node: &str) -> Option<Attempt> {
    filter(cycle, cycle.cache.node(node)?).ok()?;
    let row = Row { node: Text::new(node), refusal: None, scores: Vec::new(), total: 0 };
    Some(Attempt { rows: vec![row], scorers: Vec::new(), chosen: Some(Text::new(node)), nodes: cycle.cache.nodes().len() })
}

/// How many fitting nodes are enough: all of up to 100, then a share that shrinks from 50 % to 5 %.
fn enough_nodes(nodes: usize) -> usize {
    if nodes < 100 {
        return nodes;
    }
    let percent = 50usize.saturating_sub(nodes / 125).max(5);
    (nodes * percent / 100).max(100)
}

fn score(cycle: &Cycle, found: &[(usize, &NodeInfo)], rows: &mut [Row]) -> Vec<&'static str> {
    let applying = plugins::ALL.iter().filter_map(|plugin| Some((plugin.name, plugin.score.as_ref()?)));
    let applying: Vec<(&'static str, &Score)> = applying.filter(|(_, score)| (score.applies)(cycle)).collect();
    found.iter().for_each(|(place, _)| rows[*place].scores.reserve_exact(applying.len()));
    for (_, score) in &applying {
        let mut ratings: Vec<i64> = found.iter().map(|(_, node)| (score.rate)(cycle, node)).collect();
        normalise(score.normalise, &mut ratings);
        for ((place, _), rating) in found.iter().zip(ratings) {
            rows[*place].scores.push(rating * score.weight);
            rows[*place].total += rating * score.weight;
        }
    }
    applying.into_iter().map(|(name, _)| name).collect()
}

fn normalise(how: Normalise, ratings: &mut [i64]) {
    let greatest = ratings.iter().copied().max().unwrap_or(0);
    match how {
        Normalise::Not => {}
        Normalise::Own(own) => own(ratings),
        Normalise::ToGreatest if greatest == 0 => {}
        Normalise::ToGreatest => ratings.iter_mut().for_each(|it| *it = *it * MAX_SCORE / greatest),
        Normalise::Reversed if greatest == 0 => ratings.fill(MAX_SCORE),
        Normalise::Reversed => ratings.iter_mut().for_each(|it| *it = MAX_SCORE - *it * MAX_SCORE / greatest),
    }
}

/// The best node; among equals chance decides.
fn choose(found: &[(usize, &NodeInfo)], rows: &[Row], rng: &mut Rng) -> Option<Text> {
    let best = found.iter().map(|(place, _)| rows[*place].total).max()?;
    let equals: Vec<&Text> = found.iter().filter(|(place, _)| rows[*place].total == best).map(|(_, node)| &node.name).collect();
    let pick = if equals.len() > 1 { rng.below(equals.len() as u32) as usize } else { 0 };
    Some(equals[pick].clone())
}
