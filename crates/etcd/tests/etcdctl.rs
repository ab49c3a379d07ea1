//! etcdctl's output, compared with what the real 3.7.3 printed.
use etcd::ctl::{self, Answer, Endpoint, Form, Health, Listed, Reached};
use etcd::server::{DEFAULT_QUOTA, Space, may_move_leader};
use simcore::Duration;

const CLUSTER: u64 = 8_445_810_605_161_943_617;
const IDS: [u64; 3] = [0xf914_b6ef_9bb6_b761, 0xb310_c08d_d3d9_9f17, 0x24ea_e634_d456_1e75];

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("recorded/", $name, ".txt"))
    };
}

fn listed() -> Vec<Listed> {
    let member = |place: usize| Listed {
        id: IDS[place],
        name: format!("etcd-{}", place + 1),
        peers: format!("http://10.0.0.2{}:2380", place + 1),
        clients: format!("http://10.0.0.2{}:2379", place + 1),
        learner: false,
    };
    (0..3).map(member).collect()
}

fn space(size: u64, in_use: u64) -> Space {
    Space { size, in_use, quota: DEFAULT_QUOTA, alarm: false }
}

fn endpoint(place: usize, leader: usize, term: u64, index: u64, space: Space) -> Endpoint {
    Endpoint {
        address: address(place),
        id: IDS[place],
        leader: IDS[leader],
        learner: false,
        term,
        index,
        applied: index,
        revision: 1,
        space,
        alarms: Vec::new(),
    }
}

fn address(place: usize) -> String {
    format!("10.0.0.2{}:2379", place + 1)
}

fn up(endpoint: Endpoint) -> Reached {
    Reached::Yes(Box::new(endpoint))
}

fn healthy() -> Vec<Reached> {
    let used = [20_480, 16_384, 16_384];
    (0..3).map(|place| up(endpoint(place, 0, 2, 9, space(28_672, used[place])))).collect()
}

#[test]
fn the_list_of_members() {
    let list = |form| ctl::list(&listed(), form, CLUSTER, IDS[0], 2);
    assert_eq!(list(Form::Simple), recorded!("member-list"));
    assert_eq!(list(Form::Table), recorded!("member-list-table"));
    assert_eq!(list(Form::Json), recorded!("member-list-json"));
}

#[test]
fn the_status_of_three_healthy_members() {
    let status = |form| ctl::status(&healthy(), form, CLUSTER);
    assert_eq!(status(Form::Simple), Answer::of(recorded!("status").to_string()));
    assert_eq!(status(Form::Table).stdout, recorded!("status-table"));
    assert_eq!(status(Form::Json).stdout, recorded!("status-json"));
}

#[test]
fn a_dead_member_costs_five_seconds_and_the_others_still_answer() {
    let others = [1, 2].map(|place| up(endpoint(place, 1, 3, 42, space(20_480, 12_288))));
    let [second, third] = others;
    let answer = ctl::status(&[Reached::No(address(0)), second, third], Form::Table, CLUSTER);
    assert_eq!(answer.stdout, recorded!("status-one-down"));
    assert_eq!(answer.stderr, "Failed to get the status of endpoint 10.0.0.21:2379 (context deadline exceeded)\n");
    assert_eq!((answer.code, answer.waited), (1, Duration::secs(5)));
    let nobody = ctl::status(&[Reached::No(address(0))], Form::Table, CLUSTER);
    assert_eq!(nobody.stdout, recorded!("status-no-one"));
}

#[test]
fn a_member_left_alone_says_that_it_has_no_leader() {
    let alone = Endpoint { leader: 0, revision: 15, ..endpoint(2, 0, 7, 55, space(24_576, 24_576)) };
    assert_eq!(ctl::status(&[up(alone.clone())], Form::Table, CLUSTER).stdout, recorded!("status-alone"));
    assert_eq!(ctl::status(&[up(alone.clone())], Form::Json, CLUSTER).stdout, recorded!("status-alone-json"));
    let probe = Health::of(&up(alone), false, Duration::millis(3));
    let answer = ctl::health(&[probe], Form::Simple);
    let words = "10.0.0.23:2379 is unhealthy: failed to commit proposal: context deadline exceeded\nError: unhealthy cluster\n";
    assert_eq!((answer.stderr.as_str(), answer.code, answer.waited), (words, 1, Duration::secs(5)));
}

#[test]
fn health_with_one_of_three_lost() {
    let probe = |place, micros, error: Option<&str>| Health {
        address: address(place),
        took: Duration::micros(micros),
        error: error.map(str::to_string),
    };
    let lost = Some("context deadline exceeded");
    let probes = [probe(0, 5_001_315, lost), probe(1, 3_300, None), probe(2, 3_656, None)];
    // Upstream counts nanoseconds; here time has microseconds.
    let shape = |text: &str| text.chars().filter(|one| !one.is_ascii_digit() && !" ─".contains(*one)).collect::<String>();
    let answer = ctl::health(&probes, Form::Table);
    assert_eq!(shape(&answer.stdout), shape(recorded!("health-one-down-table")).replace("..s", ".s"));
    assert_eq!((answer.stderr.as_str(), answer.code), ("Error: unhealthy cluster\n", 1));
    let simple = ctl::health(&probes, Form::Simple);
    assert!(simple.stdout.starts_with("10.0.0.22:2379 is healthy: successfully committed proposal: took = 3.3ms\n"));
}

#[test]
fn a_learner_is_reported_unhealthy() {
    let learner = Endpoint { learner: true, ..endpoint(1, 0, 2, 9, space(20_480, 16_384)) };
    let answer = ctl::health(&[Health::of(&up(learner), true, Duration::millis(3))], Form::Simple);
    let words =
        "10.0.0.22:2379 is unhealthy: failed to commit proposal: etcdserver: rpc not supported for learner\nError: unhealthy cluster\n";
    assert_eq!(answer.stderr, words);
}

#[test]
fn a_full_database_shows_its_alarm() {
    let id = 0x1051_3848_87a2_1c1a;
    let space = Space { size: 13_000_000, in_use: 12_000_000, quota: 8_388_608, alarm: true };
    let full = Endpoint { address: "10.0.0.24:2379".to_string(), id, leader: id, alarms: vec![id], ..endpoint(0, 0, 2, 18, space) };
    assert_eq!(ctl::status(&[up(full.clone())], Form::Table, CLUSTER).stdout, recorded!("status-no-space"));
    let probe = Health::of(&up(full), true, Duration::millis(3));
    let words = "10.0.0.24:2379 is unhealthy: failed to commit proposal: Active Alarm(s): NOSPACE \nError: unhealthy cluster\n";
    assert_eq!(ctl::health(&[probe], Form::Simple).stderr, words);
    assert_eq!(ctl::alarms(&[]), "");
}

#[test]
fn adding_a_learner_prints_how_to_start_it() {
    let (mut members, id) = (listed(), 0x1c02_dda7_5076_1691);
    members.remove(1);
    let new = Listed { id, name: String::new(), peers: "http://10.0.0.22:2380".to_string(), clients: String::new(), learner: true };
    assert_eq!(ctl::added(&new, "etcd-2", &members, 0x7535_8bff_60e7_9241), recorded!("member-add-learner"));
    assert_eq!(ctl::removed(IDS[1], 0x7535_8bff_60e7_9241), "Member b310c08dd3d99f17 removed from cluster 75358bff60e79241\n");
    assert_eq!(ctl::promoted(id, 0x7535_8bff_60e7_9241), "Member 1c02dda750761691 promoted in cluster 75358bff60e79241\n");
    let unstarted = ctl::list(&[new], Form::Simple, CLUSTER, IDS[0], 2);
    assert_eq!(unstarted, "1c02dda750761691, unstarted, , http://10.0.0.22:2380, , true\n");
}

#[test]
fn leadership_moves_only_when_the_leader_is_asked() {
    let all = healthy();
    let answer = ctl::move_leader(&all, Ok(()), IDS[2]);
    assert_eq!(answer.stdout, "Leadership transferred from f914b6ef9bb6b761 to 24eae634d4561e75\n");
    let answer = ctl::move_leader(&all[1..2], Ok(()), IDS[0]);
    assert_eq!((answer.stderr.as_str(), answer.code), ("Error: no leader endpoint given at [10.0.0.22:2379]\n", 128));
    let answer = ctl::move_leader(&all, may_move_leader(&[], 0x12345), 0x12345);
    assert_eq!((answer.stderr.as_str(), answer.code), ("Error: etcdserver: bad leader transferee\n", 1));
}
