//! Tests of yaml with the recordings' words.
use super::*;

fn one(text: &str) -> String {
    read(text).unwrap().first().map(|document| document.tree.to_json()).unwrap_or_default()
}

#[test]
fn yaml_reads_as_kubectl_reads_it() {
    let check = |text: &str, expect: &str| assert_eq!(one(text), expect, "{text}");
    check("a: 1\nb:\n  c: yes\n  d: \"yes\"\n", r#"{"a":1,"b":{"c":true,"d":"yes"}}"#);
    check("a:\n- 1\n-  b: x\n   c: d\n- - 1\n  - 2\n", r#"{"a":[1,{"b":"x","c":"d"},[1,2]]}"#);
    check("a:\n  - x\nb: 2", r#"{"a":["x"],"b":2}"#);
    check("a:\nb: ~\nc: null\n", r#"{"a":null,"b":null,"c":null}"#);
    check("mode: 0644\nv: 1_000\nt: 2026-01-01\n", r#"{"mode":420,"t":"2026-01-01","v":1000}"#);
    check("m: {app: web, x: [1, 'b', \"c\\n\"], 'q': {}}", r#"{"m":{"app":"web","q":{},"x":[1,"b","c\n"]}}"#);
    check("m: {\n  a: 1,\n  b: 2, # why\n}\n", r#"{"m":{"a":1,"b":2}}"#);
    check("cmd: |\n  one\n   two\n\n  three\nk: 1", r#"{"cmd":"one\n two\n\nthree\n","k":1}"#);
    check("c: |-\n  x\nd: |+\n  y\n\ne: >\n  a\n  b\n\n  c\nf: >-\n  z", r#"{"c":"x","d":"y\n\n","e":"a b\nc\n","f":"z"}"#);
    check("c: |2\n    x\n  y\n", r#"{"c":"  x\ny\n"}"#);
    check("args:\n- |\n  a\n- b", r#"{"args":["a\n","b"]}"#);
    check("a: one\n  two\n\n  three\nb: 1", r#"{"a":"one two\nthree","b":1}"#);
    check("a: 'it''s'\nb: \"x\n  y\"", r#"{"a":"it's","b":"x y"}"#);
    check("a: b # c\nd: e#f\n# end\n", r#"{"a":"b","d":"e#f"}"#);
    check("u: http://x:80/\nimage: nginx:1.27\n", r#"{"image":"nginx:1.27","u":"http://x:80/"}"#);
    check("a: &x {k: v}\nb: *x\nc:\n  <<: *x\n  k: w\nd:\n  <<: *x\n", r#"{"a":{"k":"v"},"b":{"k":"v"},"c":{"k":"w"},"d":{"k":"v"}}"#);
    check("a: &l\n  x: 1\nb: *l\n", r#"{"a":{"x":1},"b":{"x":1}}"#);
    check("1: a\ntrue: b\n\"c d\": e\n", r#"{"1":"a","c d":"e","true":"b"}"#);
    check("a: 1\na: 2\n", r#"{"a":2}"#);
    check("a: !!str 12\n", r#"{"a":"12"}"#);
    check("? a\n: b\n", r#"{"a":"b"}"#);
    check("a: 1\r\nb:\r\n- x\r\nc: |\r\n  l\r\n", r#"{"a":1,"b":["x"],"c":"l\n"}"#);
    check("- a: 1\n  b: 2\n-\n  c: 3\n", r#"[{"a":1,"b":2},{"c":3}]"#);
    check("a: 한글\n", r#"{"a":"한글"}"#);
    check("hello", r#""hello""#);
}

#[test]
fn a_mark_of_the_encoding_and_ends_of_lines_from_elsewhere_are_no_part_of_it() {
    assert_eq!(read("\u{feff}a: b\r\nc: d\r\n").unwrap()[0].tree.to_json(), r#"{"a":"b","c":"d"}"#);
}

#[test]
fn documents_are_counted_from_their_lines() {
    let lines = |text: &str| read(text).unwrap().iter().map(|document| (document.line, document.tree.to_json())).collect::<Vec<_>>();
    assert_eq!(lines("---\na: 1\n---\n# note\nb: 2\n---\n"), [(2, r#"{"a":1}"#.to_string()), (5, r#"{"b":2}"#.to_string())]);
    assert_eq!(lines("# nothing\n"), []);
    assert_eq!(lines("---\n---\n"), []);
    assert_eq!(lines("{\"a\":1}\n{\"a\":2}"), [(1, r#"{"a":1}"#.to_string()), (2, r#"{"a":2}"#.to_string())]);
}

#[test]
fn places_of_fields_are_known() {
    let text = "---\nspec:\n  replicas: 3\n  containers:\n  - name: a\n    image: x\n  - {name: b}\n";
    let place = |path: &str| positions(text).into_iter().find(|position| position.path == path).map(|p| (p.line, p.column, p.end_column));
    assert_eq!(place("spec.replicas"), Some((3, 3, 11)));
    assert_eq!(place("spec.containers[0].image"), Some((6, 5, 10)));
    assert_eq!(place("spec.containers[1]"), Some((7, 3, 4)));
    assert_eq!(place("spec.containers[1].name"), Some((7, 6, 10)));
    assert_eq!(place("spec.nope"), None);
    let hangul = positions("m: {이름: 1, b: 2}\n");
    assert_eq!(hangul.iter().map(|p| (p.column, p.end_column)).collect::<Vec<_>>(), [(1, 2), (5, 7), (12, 13)]);
}

#[test]
fn broken_yaml_is_told_in_kubectl_words() {
    let check = |text: &str, line: usize, expect: &str| {
        let problem = read(text).unwrap_err();
        assert_eq!(
            (problem.message.as_str(), problem.line),
            (format!("error converting YAML to JSON: yaml: {expect}").as_str(), line),
            "{text}"
        );
    };
    check("a: 1\nb:\n   c: 1\n  d: 2\n", 4, "line 3: did not find expected key");
    check("a: 1\nb: c: d\n", 2, "line 2: mapping values are not allowed in this context");
    check("a:\n\tb: 2\n", 2, "line 2: found character that cannot start any token");
    check("a: 1\nb: \"x\n", 3, "line 3: found unexpected end of stream");
    check("a: - b", 1, "block sequence entries are not allowed in this context");
    check("a: *x\n", 1, "unknown anchor 'x' referenced");
    check("ok: 1\n---\na: 1\nb: c: d\n", 4, "line 2: mapping values are not allowed in this context");
}

#[test]
fn what_would_grow_without_end_is_refused() {
    let says = |text: &str, expect: &str| assert!(read(text).unwrap_err().message.contains(expect));
    says(&"a: b\n".repeat(700_000), "at most 3145728 are read");
    says(&"[".repeat(100_000), "exceeded max depth of 500");
    says(&format!("a: {}{}", "[".repeat(600), "]".repeat(600)), "exceeded max depth of 500");
    says(&"- ".repeat(2_000), "exceeded max depth of 500");
    says(&format!(": {}", "{".repeat(50_000)), "exceeded max depth of 500");
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(",")));
    }
    says(&bomb, "document contains excessive aliasing");
}

#[test]
fn what_is_written_reads_back() {
    for json in [
        r##"{"a":"yes","b":["1",2,null,{"c":"x\n y\n"},[]],"d":{"e":"# no","f":"tab\there","g":" lead","h":"a: b"}}"##,
        r#"{"k":"l1\n\n\nl2","m":"\n","n":"x \ny","o":"-","p":"2026-01-01"}"#,
    ] {
        assert_eq!(one(&write(&Tree::from_json(json).unwrap())), json);
    }
}
