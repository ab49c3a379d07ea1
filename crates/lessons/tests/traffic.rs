//! Checks about requests: judged by what came of them.
use cluster::Session;
use cluster::input::{Fault, Input};
use lessons::Run;
use lessons::format::Check;
use lessons::progress::Verdict;
use simcore::Duration;

fn session() -> Session {
    let mut session = Session::start("kubeadm", 2, 3, Vec::new()).expect("the preset is known");
    let mut pass = |input: Option<Input>, seconds: u64| {
        input.into_iter().for_each(|input| session.input(input));
        session.advance(session.now() + Duration::secs(seconds), usize::MAX);
    };
    pass(None, 15);
    let text = "kubectl create deployment shop --image=shop:v1 --replicas=2; kubectl expose deployment shop --port=80 --target-port=8080; \
                kubectl run box --image=busybox:1.36 -- sleep infinity";
    pass(Some(Input::Line { text: text.into() }), 15);
    let file = "- {id: users, to: svc/shop:80, rps: 50, headers: {X-Team: blue}}\n";
    pass(Some(Input::File { name: "traffic.yaml".into(), text: file.into() }), 10);
    session
}

fn judge(session: &Session, check: &str) -> (Verdict, String) {
    let check: Check = serde_json::from_str(check).expect("a check");
    let began = session.now() - Duration::secs(8);
    let state = lessons::checks::judge(&check, session, "default", began, true);
    (state.verdict, state.observed)
}

#[test]
fn counts_of_a_source_can_be_judged() {
    let session = session();
    let users = |expr: &str| judge(&session, &format!(r#"{{"id": "x", "traffic": "users", "expr": "{expr}"}}"#)).0;
    assert_eq!(users("failed == 0 && ok > 300"), Verdict::Pass);
    assert_eq!(users("share['v1'] == 100"), Verdict::Pass);
    assert_eq!(users("p95 < 50"), Verdict::Pass);
    assert_eq!(users("failed > 0"), Verdict::Fail);
    // Nothing has failed: it is only too early to say.
    assert_eq!(users("failed == 0 && ok > 30000"), Verdict::Pending);
    assert_eq!(users("failed > 0 && ok > 30000"), Verdict::Fail);
    assert_eq!(judge(&session, r#"{"id": "x", "expr": "traffic.users.failed == 0"}"#).0, Verdict::Pass);
    let missing = judge(&session, r#"{"id": "x", "traffic": "nobody", "expr": "ok > 0"}"#);
    assert_eq!(missing, (Verdict::Fail, "there is no traffic source \"nobody\"".to_string()));
}

#[test]
fn what_would_happen_to_traffic_is_judged_on_a_fork() {
    let session = session();
    let gone = r#"{"id": "x", "traffic": "users", "expr": "failed > 100", "within": "10s", "after": [{"run": "kubectl scale deployment shop --replicas=0"}]}"#;
    assert_eq!(judge(&session, gone).0, Verdict::Pass);
    assert_eq!(judge(&session, r#"{"id": "x", "traffic": "users", "expr": "failed == 0"}"#).0, Verdict::Pass, "the learner's own goes on");
}

#[test]
fn who_reaches_what_is_tried() {
    let session = session();
    let rows = r#"[{"from": "run=box", "to": "http://shop/", "gets": "allow"}, {"from": "run=box", "to": "http://nosuch/", "gets": "nxdomain"},
                   {"from": "run=box", "to": "http://shop:81/", "gets": "timeout"}, {"from": "outside", "to": "http://192.168.100.12:31000/", "gets": "refused"}]"#;
    assert_eq!(judge(&session, &format!(r#"{{"id": "x", "reach": {rows}}}"#)), (Verdict::Pass, String::new()));
    let wrong = judge(&session, r#"{"id": "x", "reach": [{"from": "run=box", "to": "http://shop/", "gets": "deny"}]}"#);
    assert_eq!(wrong, (Verdict::Fail, "run=box -> http://shop/: 200".to_string()));
}

#[test]
fn a_traffic_file_that_makes_no_sense_is_refused_in_words() {
    let mut session = session();
    session.input(Input::File { name: "traffic.yaml".into(), text: "- {id: users, to: svc/shop:80, speed: 9}\n".into() });
    assert!(session.world.terminal.output().ends_with("traffic.yaml: line 1: unknown field \"[0].speed\"\n"));
    assert!(session.world.traffic().source("users").is_some(), "the old sources go on");
}

#[test]
fn apply_saves_the_traffic_file_and_leaves_kubectl_alone() {
    let mut session = session();
    let before = session.world.terminal.output();
    session.input(Input::Apply { name: "traffic.yaml".into(), text: "- {id: others, to: svc/shop:80, rps: 5}\n".into() });
    assert!(session.world.traffic().source("others").is_some() && session.world.traffic().source("users").is_none());
    assert_eq!(session.world.terminal.output(), before);
}

#[test]
fn a_copy_is_run_ahead_only_after_something_that_matters_changed() {
    let at = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons/zero-downtime");
    let lesson = lessons::folder::lesson(&at).expect("the lesson can be read").lesson;
    let (mut run, mut session) = Run::begin(lesson).expect("it begins");
    run.choose("guess", "none", &session).expect("an answer");
    // Ready, probed, and yet no good: all that is cheap to see holds, what a rollout would show does not.
    let probe = r#"'[{"op":"add","path":"/spec/template/spec/containers/0/readinessProbe","value":{"periodSeconds":1,"httpGet":{"path":"/healthz","port":8080}}}]'"#;
    session.input(Input::Line { text: format!("kubectl patch deploy shop --type=json -p {probe}") });
    let end = session.now() + Duration::secs(180);
    let revision = |session: &Session| session.world.api.store.applied().revision();
    let begun = revision(&session);
    while !session.advance(end, 1) {
        run.observe(&session);
    }
    let checks = run.state().steps.iter().find(|step| step.id == "ready").map(|step| step.checks.clone()).expect("the step");
    let verdicts: Vec<Verdict> = checks.iter().map(|check| check.verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Pass, Verdict::Fail]);
    assert!(run.ahead.count <= 24, "{} copies in three minutes and {} writes", run.ahead.count, revision(&session) - begun);
}

#[test]
fn what_failed_before_a_prediction_is_no_part_of_its_answer() {
    let at = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons/parts");
    let lesson = lessons::folder::lesson(&at).expect("the lesson can be read").lesson;
    let (run, mut session) = Run::begin(lesson).expect("it begins");
    let step = run.lesson.step("silent").expect("the step").clone();
    // Nobody takes a dead Pod's address off the list, so customers fail; then somebody does, and the question is asked at once.
    let fault = |component: &str, stop: bool| {
        let component = component.to_string();
        let fault = if stop { Fault::StopComponent { component } } else { Fault::StartComponent { component } };
        Input::Fault { fault }
    };
    let mut pass = |input: Input, seconds: u64| {
        session.input(input);
        session.advance(session.now() + Duration::secs(seconds), usize::MAX);
    };
    pass(fault("kube-controller-manager", true), 2);
    pass(Input::Line { text: "kubectl delete $(kubectl get pods -l app=web -o name | head -1)".into() }, 20);
    pass(fault("kube-controller-manager", false), 30);
    assert!(session.world.traffic().source("users").is_some_and(|users| users.tally.failed > 10));
    assert_eq!(run.answer(&step, &session).as_deref(), Ok("serve"));
}

#[test]
fn a_check_is_judged_without_being_asked_although_nobody_writes() {
    let at = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons/certificates");
    let lesson = lessons::folder::lesson(&at).expect("the lesson can be read").lesson;
    let (mut run, mut session) = Run::begin(lesson).expect("it begins");
    run.check("look", &session);
    run.choose("morning", "users", &session).expect("an answer");
    // From here on no certificate is good, and the control plane writes nothing more.
    let line = |text: &str| Input::Line { text: text.into() };
    let mut typed = |text: &str, seconds: u64| {
        session.input(line(text));
        let end = session.now() + Duration::secs(seconds);
        while !session.advance(end, 64) {
            run.observe(&session);
        }
        run.observe(&session);
    };
    typed(
        "ssh control-plane \"timedatectl set-ntp false; date -s '+350 days'\"; ssh worker-1 \"timedatectl set-ntp false; date -s '+350 days'\"",
        10,
    );
    typed("ssh control-plane \"date -s '+30 days'\"; ssh worker-1 \"date -s '+30 days'\"", 5);
    typed("kubectl get nodes", 5);
    assert!(run.state().steps.iter().any(|step| step.id == "year" && step.done));
}
