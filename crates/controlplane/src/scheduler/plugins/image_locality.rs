//! ImageLocality: a node that has the Pod's big images already is liked better.
use crate::scheduler::cache::NodeInfo;
use crate::scheduler::framework::{Cycle, MAX_SCORE, Normalise, Plugin, Score};
use objects::{Text, Tree};

pub static PLUGIN: Plugin = Plugin {
    name: "ImageLocality",
    filter: None,
    score: Some(Score { weight: 1, applies: |_| true, rate, normalise: Normalise::Not }),
};

const MB: i64 = 1024 * 1024;
/// Less is not worth a score.
const LEAST: i64 = 23 * MB;
/// More, for each container, is worth no more.
const MOST: i64 = 1000 * MB;

fn rate(cycle: &Cycle, node: &NodeInfo) -> i64 {
    let spec = cycle.spec();
    let containers: Vec<&Tree> = spec.get("initContainers").items().iter().chain(spec.get("containers").items()).collect();
    let nodes = cycle.cache.nodes();
    let worth = |container: &&Tree| {
        let name = normal(container.get("image").text());
        let Some(size) = node.images.get(&name) else { return 0 };
        // An image that only one node has must not draw all Pods there.
        let having = nodes.iter().filter(|node| node.images.contains_key(&name)).count() as i64;
        size * having / nodes.len() as i64
    };
    let sum: i64 = containers.iter().map(worth).sum();
    let most = MOST * containers.len() as i64;
    if most <= LEAST { 0 } else { MAX_SCORE * (sum.clamp(LEAST, most) - LEAST) / (most - LEAST) }
}

/// An image name with its tag, `latest` where none is said.
fn normal(image: &str) -> Text {
    let last = image.rfind('/').map_or(0, |slash| slash + 1);
    if image[last..].contains(':') { Text::new(image) } else { Text::from(format!("{image}:latest")) }
}
