//! What a lesson may choose of its cluster.
use lessons::Run;
use lessons::folder::{self, Compiled};
use lessons::format::{ClusterSpec, Lesson};

fn first_lesson() -> Compiled {
    let at = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons/cluster");
    folder::lesson(&at).expect("the first lesson can be read")
}

#[test]
fn an_unknown_network_is_found_before_anybody_opens_the_lesson() {
    let mut compiled = first_lesson();
    compiled.lesson.cluster.network = "calcio".to_string();
    let words = "the network \"calcio\" is unknown here: there are calico, flannel, none";
    assert_eq!(folder::lint(&compiled, &[]), [format!("cluster: {words}")]);
    assert_eq!(Run::begin(compiled.lesson).err().as_deref(), Some(words));
}

#[test]
fn a_lesson_s_choices_reach_its_cluster_through_the_compiled_text() {
    let mut lesson = first_lesson().lesson;
    let text = r#"{"preset": "kubeadm", "nodes": 1, "seed": 1, "network": "none", "loadBalancer": "metallb"}"#;
    lesson.cluster = serde_json::from_str::<ClusterSpec>(text).expect("these are its words");
    let lesson = Lesson::from_json(&serde_json::to_string(&lesson).expect("it can be written")).expect("it can be read");
    let (_, session) = Run::begin(lesson).expect("it begins");
    assert_eq!(session.record.choices.network, "none");
    assert!(session.world.parts().any(|part| part.id == "metallb-controller"));
    assert!(serde_json::from_str::<ClusterSpec>(r#"{"preset": "kubeadm", "nodes": 1, "seed": 1, "loadbalancer": "cloud"}"#).is_err());
}
