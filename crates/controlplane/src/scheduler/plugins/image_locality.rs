//! ImageLocality: a node that has the Pod's big images already is liked better.
use crate::scheduler::cache::NodeInfo;
use crate::scheduler::framework::{Cycle, MAX_SCORE, Normalise, Plugin, Score};
use objects::{Text, Tree};

pub static PLUGIN: Plugin =
    Plugin { name: "ImageLocality", filter: None, score: Some(Score { weight: 1, applies: |_| true, rate, normalise: Normalise::Not }) };

const MB: i64 = 1024 * 1024;
/// Less is not worth a score.
const LEAST: i64 = 23 * MB;
/// More, for each container, is worth no more.
const MOST: i64 = 1000 * MB;

/// The image of each container, with how many nodes have it.
pub struct WantedImages(Vec<(Text, i64)>);

fn images<'a>(cycle: &'a Cycle) -> &'a [(Text, i64)] {
    let nodes = cycle.cache.nodes();
    let wanted = |container: &Tree| {
        let name = normal(container.get("image").text());
        let having = nodes.iter().filter(|node| node.images.contains_key(&name)).count() as i64;
        (name, having)
    };
    let spec = cycle.spec();
    let all = || spec.get("initContainers").items().iter().chain(spec.get("containers").items());
    &cycle.images.get_or_init(|| WantedImages(all().map(wanted).collect())).0
}

fn rate(cycle: &Cycle, node: &NodeInfo) -> i64 {
    let images = images(cycle);
    // An image that only one node has must not draw all Pods there.
    let worth = |(name, having): &(Text, i64)| node.images.get(name).map_or(0, |size| size * having / cycle.cache.nodes().len() as i64);
    let sum: i64 = images.iter().map(worth).sum();
    let most = MOST * images.len() as i64;
    if most <= LEAST { 0 } else { MAX_SCORE * (sum.clamp(LEAST, most) - LEAST) / (most - LEAST) }
}

/// An image name with its tag, `latest` where none is said.
fn normal(image: &str) -> Text {
    let last = image.rfind('/').map_or(0, |slash| slash + 1);
    if image[last..].contains(':') { Text::new(image) } else { Text::from(format!("{image}:latest")) }
}
