//! The image data files of `lessons/images`, embedded.
use objects::Tree;

/// Parsed in the order of their names.
pub fn all() -> Vec<Tree> {
    FILES.iter().filter_map(|text| objects::yaml::read(text).ok()).flatten().map(|document| document.tree).collect()
}

static FILES: &[&str] = &[
    include_str!("../../../lessons/images/batch.yaml"),
    include_str!("../../../lessons/images/busybox.yaml"),
    include_str!("../../../lessons/images/coredns.yaml"),
    include_str!("../../../lessons/images/crasher.yaml"),
    include_str!("../../../lessons/images/gateway-controller.yaml"),
    include_str!("../../../lessons/images/hello.yaml"),
    include_str!("../../../lessons/images/ingress-controller.yaml"),
    include_str!("../../../lessons/images/k3s.yaml"),
    include_str!("../../../lessons/images/network.yaml"),
    include_str!("../../../lessons/images/nginx.yaml"),
    include_str!("../../../lessons/images/pause.yaml"),
    include_str!("../../../lessons/images/redis.yaml"),
    include_str!("../../../lessons/images/shop.yaml"),
    include_str!("../../../lessons/images/slow-starter.yaml"),
    include_str!("../../../lessons/images/store.yaml"),
    include_str!("../../../lessons/images/whoami.yaml"),
];
