//! Tests of jsonpath with the recordings' words.
use super::*;

fn list() -> Tree {
    Tree::from_json(
        r#"{"kind":"List","items":[
            {"metadata":{"name":"a","labels":{"app.kubernetes.io/name":"x"}},"spec":{"n":1},"status":{"conditions":[{"type":"Ready","status":"True"}]}},
            {"metadata":{"name":"b"},"spec":{"n":2},"status":{"conditions":[{"type":"Ready","status":"False"}]}},
            {"metadata":{"name":"c"},"spec":{"n":3}}]}"#,
    )
    .unwrap()
}

#[test]
fn templates_render() {
    let check = |template: &str, expect: &str| {
        assert_eq!(Template::parse(template).unwrap().render(&list(), false).as_deref(), Ok(expect), "{template}")
    };
    check("{.kind}", "List");
    check("kind: {.kind}!", "kind: List!");
    check("{.items[*].metadata.name}", "a b c");
    check("{.items[0].metadata.name}{\"\\n\"}", "a\n");
    check("{.items[-1].metadata.name}", "c");
    check("{.items[0:2].metadata.name}", "a b");
    check("{.items[1:].metadata.name}", "b c");
    check("{.items[::2].metadata.name}", "a c");
    check("{.items[0,2].metadata.name}", "a c");
    check("{range .items[*]}{.metadata.name}{'\\t'}{.spec.n}{\"\\n\"}{end}", "a\t1\nb\t2\nc\t3\n");
    check(r#"{.items[?(@.metadata.name=="b")].spec.n}"#, "2");
    check("{.items[?(@.spec.n>=2)].metadata.name}", "b c");
    check("{.items[?(@.status)].metadata.name}", "a b");
    check(r#"{.items[*].status.conditions[?(@.type=="Ready")].status}"#, "True False");
    check("{..name}", "a b c");
    check(r"{.items[0].metadata.labels.app\.kubernetes\.io/name}", "x");
    check("{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}", "x");
    check("{.items[*]['metadata.name','spec.n']}", "a b c 1 2 3");
    check("{.items[0].metadata['name','labels']}", r#"a {"app.kubernetes.io/name":"x"}"#);
    check("{.items[0].spec}", r#"{"n":1}"#);
    check("{.nope}{.items[*].nope}", "");
    check("{$.kind}{@.kind}", "ListList");
    check("{.items[0].spec.*}", "1");
    check("{1}{true}{-3}", "1true-3");
}

#[test]
fn broken_templates_and_paths_say_why() {
    let parse = |template: &str, expect: &str| assert_eq!(Template::parse(template).unwrap_err(), expect, "{template}");
    parse("{.kind", "unclosed action");
    parse("{.items[0}", "unterminated array");
    parse("{.items[x]}", "invalid array index x");
    parse("{.items[\"x\"]}", "invalid array index \"x\"");
    parse(r#"{.items[?(@.a=="x" && @.b=="y")]}"#, "unrecognized character in action: U+0026 '&'");
    parse(r#"{.items[?(@.a=~"x")]}"#, "unrecognized character in action: U+007E '~'");
    let render = |template: &str, expect: &str| assert_eq!(Template::parse(template).unwrap().render(&list(), false).unwrap_err(), expect);
    render("{.items[7]}", "array index out of bounds: index 7, length 3");
    render("{.kind[0]}", "string is not array or slice");
    render("{end}", "not in range, nothing to end");
    render("{kind}", "unrecognized identifier kind");
    assert_eq!(Template::parse("{.items[*].nope}").unwrap().render(&list(), true).unwrap_err(), "nope is not found");
    render(r#"{.items[?(@.spec.n=="1")]}"#, "incompatible types for comparison");
}

#[test]
fn short_paths_are_completed() {
    for path in ["spec.n", ".spec.n", "{spec.n}", "{.spec.n}"] {
        assert_eq!(relaxed(path).as_deref(), Ok("{.spec.n}"));
    }
    assert!(relaxed("{.a}{.b}").is_err());
}
