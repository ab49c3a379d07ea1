//! The quality-of-service class of a Pod, from what its containers request and are limited to.
use objects::{Text, Tree};

/// `Guaranteed`, `Burstable` or `BestEffort` (upstream `pkg/apis/core/v1/helper/qos`).
pub(crate) fn class(spec: &Tree) -> Text {
    let all = || spec.get("containers").items().iter().chain(spec.get("initContainers").items());
    let mut anything = false;
    let mut guaranteed = true;
    for container in all() {
        let resources = container.get("resources");
        let (requests, limits) = (resources.get("requests"), resources.get("limits"));
        for name in ["cpu", "memory"] {
            let (request, limit) = (requests.get(name), limits.get(name));
            anything |= is_some(request) || is_some(limit);
            guaranteed &= is_some(limit) && (request.is_null() || request == limit);
        }
    }
    Text::new_static(match (anything, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    })
}

fn is_some(amount: &Tree) -> bool {
    match amount {
        Tree::Null => false,
        Tree::Int(number) => *number != 0,
        other => other.text() != "0",
    }
}
