//! The image files of the lessons say only what is understood.
mod tank;
use dataplane::images::Lookup;
use objects::Tree;

const IMAGE: [&str; 9] = ["commands", "digests", "image", "present", "program", "pull_ms", "size_bytes", "tags", "title"];
const PROGRAM: [&str; 20] = [
    "answers",
    "component",
    "drain_ms",
    "error_percent",
    "every",
    "exit",
    "headers",
    "jitter_ms",
    "latency_ms",
    "lines",
    "memory_mib",
    "otherwise",
    "ports",
    "ready_after_ms",
    "request_kib",
    "shell",
    "stop",
    "stop_ms",
    "warm_up",
    "workers",
];

#[test]
fn every_image_file_is_understood_whole() {
    for file in tank::FILES {
        let tree: Tree = serde_yaml::from_str(file).expect("an image file is YAML");
        let alone = [tree.clone()];
        let all = if tree.has("images") { tree.get("images").items() } else { &alone };
        for image in all {
            let strange = |known: &[&str], tree: &Tree| {
                tree.entries().find(|(key, _)| !known.contains(&key.as_str())).map(|(key, _)| key.to_string())
            };
            assert_eq!(strange(&IMAGE, image), None, "in {}", image.get("image").text());
            assert_eq!(strange(&PROGRAM, image.get("program")), None, "in {}", image.get("image").text());
            assert!(!image.get("tags").is_empty());
        }
    }
}

#[test]
fn the_images_that_lessons_use_are_in_the_registry() {
    let catalog = tank::catalog();
    for name in [
        "nginx:1.27",
        "busybox:1.36",
        "hello:v1",
        "hello:v2",
        "shop:v1",
        "shop:v2",
        "shop:v3-broken",
        "crasher:v1",
        "slow-starter:v1",
        "batch:v1",
        "redis:8",
    ] {
        assert!(matches!(catalog.lookup(name), Lookup::Found(image) if image.name == name), "{name}");
    }
}
