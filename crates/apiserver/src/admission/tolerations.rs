//! A Pod stays five minutes on a node that fails, unless it says otherwise (`DefaultTolerationSeconds`).
use crate::exchange::Exchange;
use objects::{Status, Tree, kinds, map};
use std::sync::LazyLock;

/// Shared by all Pods that say nothing of their own.
static BOTH: LazyLock<Tree> = LazyLock::new(|| Tree::from(KEYS.map(toleration).to_vec()));
const KEYS: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

fn toleration(key: &str) -> Tree {
    map! {"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300i64}
}

pub(super) fn seconds(x: &mut Exchange) -> Result<(), Status> {
    if x.kind != kinds::POD || !x.creates {
        return Ok(());
    }
    let own = x.new.at(&["spec", "tolerations"]);
    if own.is_empty() {
        x.new.set(&["spec", "tolerations"], &*BOTH);
        return Ok(());
    }
    let covers = |key: &str| {
        own.items().iter().any(|found| {
            let (effect, name) = (found.get("effect").text(), found.get("key").text());
            (effect.is_empty() || effect == "NoExecute") && (name.is_empty() || name == key)
        })
    };
    let extra: Vec<Tree> = KEYS.into_iter().filter(|key| !covers(key)).map(toleration).collect();
    if !extra.is_empty() {
        x.new.edit(&["spec", "tolerations"]).list_mut().extend(extra);
    }
    Ok(())
}
