//! Tests of decode with the recordings' words.
use super::*;
use crate::kinds::{self, KindId};
use crate::schema;

fn read(kind: KindId, json: &str) -> Decoded {
    decode(schema::of_kind(kind), &Tree::from_json(json).unwrap())
}

#[test]
fn a_wrong_type_is_told_as_the_server_tells_it() {
    let check = |json: &str, expect: &str| {
        assert_eq!(read(kinds::DEPLOYMENT, json).error(), Some(format!("json: cannot unmarshal {expect}").as_str()))
    };
    check(r#"{"spec":{"replicas":"three"}}"#, "string into Go struct field DeploymentSpec.spec.replicas of type int32");
    check(r#"{"spec":{"replicas":1.5}}"#, "number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32");
    check(r#"{"spec":{"replicas":3000000000}}"#, "number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32");
    check(
        r#"{"spec":{"template":{"metadata":{"labels":["a"]}}}}"#,
        "array into Go struct field ObjectMeta.spec.template.metadata.labels of type map[string]string",
    );
    check(
        r#"{"spec":{"template":{"metadata":{"labels":{"v":1}}}}}"#,
        "number into Go struct field ObjectMeta.spec.template.metadata.labels of type string",
    );
    check(
        r#"{"spec":{"template":{"spec":{"containers":{"name":"a"}}}}}"#,
        "object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
    );
    check(
        r#"{"spec":{"template":{"spec":{"containers":[{"env":[{"name":"A","value":true}]}]}}}}"#,
        "bool into Go struct field EnvVar.spec.template.spec.containers.env.value of type string",
    );
    check(r#"{"spec":[]}"#, "array into Go struct field Deployment.spec of type v1.DeploymentSpec");
    check(
        r#"{"spec":{"template":{"spec":{"containers":[{"imagePullPolicy":1}]}}}}"#,
        "number into Go struct field Container.spec.template.spec.containers.imagePullPolicy of type v1.PullPolicy",
    );
}

#[test]
fn values_with_parsers_of_their_own_are_refused_first() {
    let bad = read(kinds::POD, r#"{"metadata":{"name":1},"spec":{"containers":[{"resources":{"requests":{"cpu":"half"}}}]}}"#);
    assert_eq!(bad.error(), Some("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"));
    assert_eq!(
        bad.errors.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(),
        ["metadata.name", "spec.containers[0].resources.requests.cpu"]
    );
    assert_eq!(read(kinds::SECRET, r#"{"data":{"a":"%%"}}"#).error(), Some("illegal base64 data at input byte 0"));
}

#[test]
fn unknown_fields_are_named_by_their_path_and_left_out() {
    let spec = r#"{"spec":{"replcas":1,"template":{"spec":{"containers":[{"name":"main","imagee":"nginx"}]}}},"status":{"nope":1}}"#;
    let read = read(kinds::DEPLOYMENT, spec);
    assert_eq!(
        read.strict_error().unwrap(),
        r#"strict decoding error: unknown field "spec.replcas", unknown field "spec.template.spec.containers[0].imagee", unknown field "status.nope""#
    );
    assert_eq!(read.tree.to_json(), r#"{"spec":{"template":{"spec":{"containers":[{"name":"main"}]}}},"status":{}}"#);
    assert_eq!(read.error(), None);
}

#[test]
fn case_matters() {
    assert_eq!(read(kinds::POD, r#"{"Spec":{}}"#).unknown, ["Spec"]);
}

#[test]
fn nulls_and_empty_lists_read_as_absent_and_values_become_canonical() {
    let check = |json: &str, expect: &str| assert_eq!(read(kinds::POD, json).tree.to_json(), expect);
    check(r#"{"metadata":{"creationTimestamp":null,"labels":{}},"spec":{"containers":null,"volumes":[]}}"#, r#"{"metadata":{},"spec":{}}"#);
    check(r#"{"spec":{"containers":[]}}"#, r#"{"spec":{"containers":[]}}"#);
    check(r#"{"metadata":{"annotations":{"a":null}}}"#, r#"{"metadata":{"annotations":{"a":""}}}"#);
    check(
        r#"{"spec":{"containers":[{"resources":{"limits":{"cpu":0.5,"memory":"1024Mi"},"requests":{"cpu":"1000m"}}}]}}"#,
        r#"{"spec":{"containers":[{"resources":{"limits":{"cpu":"500m","memory":"1Gi"},"requests":{"cpu":"1"}}}]}}"#,
    );
}

#[test]
fn zeros_are_left_out_where_the_server_leaves_them_out() {
    let check = |kind: KindId, json: &str, expect: &str| assert_eq!(read(kind, json).tree.to_json(), expect);
    check(kinds::NODE, r#"{"spec":{"unschedulable":false}}"#, r#"{"spec":{}}"#);
    check(kinds::DEPLOYMENT, r#"{"spec":{"replicas":0,"paused":false},"status":{"replicas":0}}"#, r#"{"spec":{"replicas":0},"status":{}}"#);
    check(kinds::REPLICA_SET, r#"{"status":{"readyReplicas":0,"replicas":0}}"#, r#"{"status":{"replicas":0}}"#);
    check(
        kinds::POD,
        r#"{"spec":{"containers":[{"env":[{"name":"A","value":""}]}],"hostNetwork":"no"}}"#,
        r#"{"spec":{"containers":[{"env":[{"name":"A"}]}],"hostNetwork":"no"}}"#,
    );
}

#[test]
fn what_is_right_stays_shared() {
    let json = r#"{"metadata":{"name":"a","labels":{"x":"y"}},"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":"500m"}}}],"volumes":[{"name":"v","emptyDir":{}}]}}"#;
    let tree = Tree::from_json(json).unwrap();
    assert!(decode(schema::of_kind(kinds::POD), &tree).tree.same(&tree));
    let mut with_unknown = tree.clone();
    with_unknown.set(&["metadata", "nope"], 1);
    let read = decode(schema::of_kind(kinds::POD), &with_unknown).tree;
    assert!(read.get("spec").same(tree.get("spec")) && read == tree);
}

#[test]
fn after_a_patch_the_converter_speaks() {
    let check = |json: &str, expect: &str| {
        let tree = Tree::from_json(json).unwrap();
        assert_eq!(converted(schema::of_kind(kinds::DEPLOYMENT), &tree).error(), Some(expect), "{json}");
    };
    check(r#"{"spec":{"replicas":"three"}}"#, "unrecognized type: int32");
    check(r#"{"spec":{"replicas":1.5}}"#, "cannot convert float64 to int32");
    check(r#"{"spec":{"template":{"metadata":{"labels":{"v":1}}}}}"#, "cannot convert int64 to string");
    check(r#"{"spec":{"template":{"metadata":{"labels":[1]}}}}"#, "cannot restore map from slice");
    check(r#"{"spec":{"template":{"spec":{"containers":{}}}}}"#, "cannot restore slice from map");
}
