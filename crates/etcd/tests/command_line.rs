//! etcdctl's command line against members that stand still: flags, exit codes, files.
use etcd::ctl::{Access, Answer, Ask, Endpoint, Found, Header, Keys, Lease, Reply, Saved, etcdctl};
use etcd::server::{DEFAULT_QUOTA, Space, Version};
use simcore::Duration;
use std::collections::BTreeMap;

/// Endpoints `one` (the leader) and `two`; `dead` never answers, `later` has no answer yet.
#[derive(Default)]
struct Members {
    keys: BTreeMap<String, String>,
    files: BTreeMap<String, Saved>,
    directories: Vec<String>,
}

fn endpoint(address: &str) -> Endpoint {
    let id = if address == "one" { 0xf1 } else { 0xf2 };
    let space = Space::with_quota(DEFAULT_QUOTA);
    let alarms = Vec::new();
    Endpoint { address: address.to_string(), id, leader: 0xf1, learner: false, term: 2, index: 9, applied: 9, revision: 5, space, alarms }
}

fn found(key: &str, value: &str) -> Found {
    Found { key: key.into(), version: Version { created: 2, modified: 3, version: 1, value: Some(value.into()) }, lease: 0 }
}

impl Access for Members {
    fn ask(&mut self, endpoint_given: &str, ask: &Ask, _: Duration) -> Option<Reply> {
        match endpoint_given {
            "later" => return None,
            "dead" => return Some(Reply::Silence),
            _ => {}
        }
        let header = Header { cluster: 7, member: 0xf1, revision: 5, term: 2 };
        let all = |members: &Members, keys: &Keys| -> Vec<Found> {
            members.keys.iter().filter(|(key, _)| keys.contains(key)).map(|(key, value)| found(key, value)).collect()
        };
        Some(match ask {
            Ask::Status => Reply::Status(Box::new(endpoint(endpoint_given)), 7),
            Ask::Range { keys, .. } => Reply::Range(header, all(self, keys)),
            Ask::Put { key, value, .. } => {
                let before = self.keys.insert(key.clone(), value.clone());
                Reply::Written(header, before.map(|value| found(key, &value)).into_iter().collect())
            }
            Ask::Delete(keys) => {
                let gone = all(self, keys);
                self.keys.retain(|key, _| !keys.contains(key));
                Reply::Written(header, gone)
            }
            Ask::Grant(ttl) => Reply::Leases(header, vec![Lease { id: 0x20_40a2, ttl: *ttl, left: *ttl, keys: Vec::new() }]),
            Ask::Leases | Ask::LeaseNumbers | Ask::KeepAlive(0x20_40a2) => {
                Reply::Leases(header, vec![Lease { id: 0x20_40a2, ttl: 100, left: 99, keys: vec!["lk".into()] }])
            }
            Ask::Revoke(_) | Ask::KeepAlive(_) => Reply::Refused("etcdserver: requested lease not found"),
            Ask::Health => Reply::Healthy(Duration::millis(3)),
            Ask::Compact(5) => Reply::Done(header),
            Ask::Compact(_) => Reply::Refused("etcdserver: mvcc: required revision is a future revision"),
            Ask::Snapshot => Reply::Snapshot(Saved { revision: 17, keys: 3, bytes: 900, size: 32_768, damaged: false, state: 0 }),
            Ask::MoveLeader(0xf2) => Reply::Done(header),
            Ask::MoveLeader(_) => Reply::Refused("etcdserver: bad leader transferee"),
            _ => Reply::Silence,
        })
    }

    fn load(&mut self, path: &str) -> Option<Saved> {
        self.files.get(path).cloned()
    }

    fn save(&mut self, path: &str, saved: Saved) {
        self.files.insert(path.to_string(), saved);
    }

    fn restore(&mut self, _: &Saved, directory: &str) -> Result<(), String> {
        if self.directories.iter().any(|one| one == directory) {
            return Err(format!("data-dir \"{directory}\" not empty or could not be read"));
        }
        self.directories.push(directory.to_string());
        Ok(())
    }
}

fn run(members: &mut Members, line: &str) -> Answer {
    let words: Vec<&str> = line.split(' ').collect();
    let env = [("ETCDCTL_ENDPOINTS".to_string(), "one,two".to_string())];
    let env: &[(String, String)] = if line.contains("--endpoints") { &[] } else { &env };
    etcdctl(words[0], &words[1..], env, members).expect("everybody has answered")
}

#[test]
fn keys_are_put_and_found_and_deleted() {
    let mut members = Members::default();
    assert_eq!(run(&mut members, "etcdctl put greeting hello").stdout, "OK\n");
    assert_eq!(run(&mut members, "etcdctl put greeting hi --prev-kv").stdout, "OK\ngreeting\nhello\n");
    assert_eq!(run(&mut members, "etcdctl get greeting --print-value-only").stdout, "hi\n");
    for pod in ["p1", "p2", "p3"] {
        run(&mut members, &format!("etcdctl put /registry/pods/default/{pod} v"));
    }
    assert_eq!(run(&mut members, "etcdctl get /registry/ --prefix --keys-only").stdout.lines().count(), 6);
    assert_eq!(run(&mut members, "etcdctl get /registry/pods/default/p2 --from-key --limit=2").stdout.lines().count(), 4);
    assert_eq!(run(&mut members, "etcdctl get nothing"), Answer::default());
    assert_eq!(run(&mut members, "etcdctl del /registry/ --prefix").stdout, "3\n");
    assert_eq!(run(&mut members, "etcdctl del /registry/pods/default/p3").stdout, "0\n");
}

#[test]
fn mistakes_have_their_own_words_and_codes() {
    let mut members = Members::default();
    let mut failed = |line: &str| {
        let answer = run(&mut members, line);
        (answer.stderr, answer.code)
    };
    let needs = "Error: put command needs 1 argument and input from stdin or 2 arguments\n";
    assert_eq!(failed("etcdctl put onlykey"), (needs.to_string(), 128));
    let unknown = "Error: unknown command \"nosuch\" for \"etcdctl\"\nRun 'etcdctl --help' for usage.\n";
    assert_eq!(failed("etcdctl nosuch"), (unknown.to_string(), 1));
    assert_eq!(failed("etcdctl --endpoints=dead get x"), ("Error: context deadline exceeded\n".to_string(), 1));
    assert_eq!(failed("etcdctl compaction 999999"), ("Error: etcdserver: mvcc: required revision is a future revision\n".to_string(), 1));
    let several = "Error: snapshot must be requested to one selected node, not multiple [one two]\n";
    assert_eq!(failed("etcdctl snapshot save /backup/s.db"), (several.to_string(), 5));
    let follower = "Error: no leader endpoint given at [two]\n";
    assert_eq!(failed("etcdctl --endpoints two move-leader f2"), (follower.to_string(), 128));
    assert_eq!(failed("etcdctl move-leader 12345"), ("Error: etcdserver: bad leader transferee\n".to_string(), 1));
    let both = etcdctl("etcdctl", &["--endpoints=one", "member", "list"], &[("ETCDCTL_ENDPOINTS".into(), "one".into())], &mut members);
    let both = both.expect("it is refused at once");
    assert!(both.stderr.contains("conflicting environment variable is shadowed by corresponding command-line flag") && both.code == 1);
}

#[test]
fn a_dead_endpoint_is_told_and_the_others_still_answer() {
    let mut members = Members::default();
    let answer = run(&mut members, "etcdctl --endpoints=dead,one endpoint status");
    assert_eq!(answer.stdout, "one, f1, 3.7.3, 3.7.0, 20 kB, 16 kB, 20%, 2.1 GB, true, false, 2, 9, 9, , , false\n");
    assert_eq!((answer.code, answer.stderr.as_str()), (1, "Failed to get the status of endpoint dead (context deadline exceeded)\n"));
    let fields = run(&mut members, "etcdctl endpoint status -w fields --endpoints=one").stdout;
    assert!(fields.contains("\"RaftAppliedIndex\" : 9\n\"Errors\" : []\n\"Endpoint\" : \"one\"\n"), "{fields}");
    assert!(etcdctl("etcdctl", &["--endpoints=later", "get", "x"], &[], &mut members).is_none(), "it waits");
}

#[test]
fn a_snapshot_is_saved_looked_at_and_restored_into_an_empty_directory() {
    let mut members = Members::default();
    let answer = run(&mut members, "etcdctl --endpoints=one snapshot save /backup/s.db");
    assert_eq!(answer.stdout, "Snapshot saved at /backup/s.db\nServer version 3.7.0\n");
    let status = run(&mut members, "etcdutl snapshot status /backup/s.db").stdout;
    let columns: Vec<&str> = status.trim().split(", ").skip(1).collect();
    assert_eq!(columns, ["17", "3", "33 kB", "3.7.0"]);
    assert!(
        run(&mut members, "etcdutl snapshot status /backup/s.db -w table")
            .stdout
            .contains("│ REVISION │ TOTAL KEYS │ TOTAL SIZE │ VERSION │")
    );
    let mut refused = |line: &str| run(&mut members, line).stderr;
    assert_eq!(refused("etcdutl snapshot status /backup/none.db"), "Error: stat /backup/none.db: no such file or directory\n");
    assert!(refused("etcdutl snapshot restore /backup/s.db --data-dir /backup/restored").starts_with("restored snapshot"));
    let again = "Error: data-dir \"/backup/restored\" not empty or could not be read\n";
    assert_eq!(refused("etcdutl snapshot restore /backup/s.db --data-dir /backup/restored"), again);
}

#[test]
fn keys_are_sorted_counted_and_cut_off() {
    let mut members = Members::default();
    for (key, value) in [("a", "3"), ("b", "1"), ("c", "2")] {
        run(&mut members, &format!("etcdctl put {key} {value}"));
    }
    let mut said = |line: &str| run(&mut members, line).stdout;
    assert_eq!(said("etcdctl get --from-key a --order=DESCEND --keys-only"), "c\n\nb\n\na\n\n");
    assert_eq!(said("etcdctl get --from-key a --sort-by=VALUE --print-value-only"), "1\n2\n3\n");
    assert!(said("etcdctl get --from-key a --limit 1 -w json").ends_with("}],\"more\":true,\"count\":3}\n"));
    assert!(
        said("etcdctl put a 4 --prev-kv -w json")
            .ends_with(",\"prev_kv\":{\"key\":\"YQ==\",\"create_revision\":2,\"mod_revision\":3,\"version\":1,\"value\":\"Mw==\"}}\n")
    );
    assert!(said("etcdctl put a 5 --prev-kv -w fields").contains("\"PrevKey\" : \"a\"\n\"PrevCreateRevision\" : 2\n"));
    assert!(said("etcdctl del a -w json").ends_with(",\"deleted\":1}\n"));
    assert!(said("etcdctl del a -w fields").ends_with("\"Deleted\" : 0\n"));
    assert_eq!(said("etcdctl put n -- -5"), "OK\n");
    let hashes = said("etcdctl endpoint hashkv -w table");
    assert!(hashes.contains("│ ENDPOINT │") && hashes.contains("│ HASH REVISION │") && hashes.lines().count() == 6, "{hashes}");
}

/// As etcdctl 3.7.3 answers.
#[test]
fn flags_that_do_not_go_together_are_refused() {
    let mut members = Members::default();
    let mut failed = |line: &str| {
        let answer = run(&mut members, line);
        (answer.stderr.lines().next().unwrap_or_default().to_string(), answer.code)
    };
    for (line, words, code) in [
        ("etcdctl get a --prefix --from-key", "`--prefix` and `--from-key` cannot be set at the same time, choose one", 128),
        ("etcdctl get a --keys-only --count-only", "`--keys-only` and `--count-only` cannot be set at the same time, choose one", 128),
        ("etcdctl get a --count-only", "--count-only is only for `--write-out=fields`", 128),
        ("etcdctl get a --print-value-only -w json", "print-value-only is only for `--write-out=simple`", 128),
        ("etcdctl get a --sort-by=foo", "bad sort target foo", 4),
        ("etcdctl get a --order=foo", "bad sort order foo", 4),
        ("etcdctl get a --consistency=x", "unknown consistency flag \"x\"", 4),
        ("etcdctl get a -w table", "table not supported as output format", 4),
        ("etcdctl get a -w foo", "unsupported output format", 4),
        ("etcdctl get a --foo", "unknown flag: --foo", 1),
        ("etcdctl get a --command-timeout=x", "invalid argument \"x\" for \"--command-timeout\" flag: time: invalid duration \"x\"", 1),
        ("etcdctl compaction", "compaction command needs 1 argument", 128),
        ("etcdctl compaction foo", "strconv.ParseInt: parsing \"foo\": invalid syntax", 1),
        ("etcdctl put a b --lease=zz", "bad lease ID (strconv.ParseInt: parsing \"zz\": invalid syntax), expecting ID in Hex", 128),
        ("etcdctl member add m9 --peer-urls=", "member peer urls not provided", 128),
        ("etcdctl snapshot save", "snapshot save expects one argument <filename>", 128),
        ("etcdctl lease grant x", "bad TTL (strconv.ParseInt: parsing \"x\": invalid syntax)", 128),
        ("etcdctl lease revoke 123", "failed to revoke lease (etcdserver: requested lease not found)", 1),
        ("etcdctl lease keep-alive --once 123", "etcdserver: requested lease not found", 2),
    ] {
        assert_eq!(failed(line), (format!("Error: {words}"), code), "{line}");
    }
}

#[test]
fn leases_are_granted_shown_and_renewed() {
    let mut members = Members::default();
    let mut said = |line: &str| run(&mut members, line).stdout;
    assert_eq!(said("etcdctl lease grant 100"), "lease 00000000002040a2 granted with TTL(100s)\n");
    assert!(said("etcdctl lease grant 100 -w json").ends_with(",\"ID\":2113698,\"TTL\":100,\"Error\":\"\"}\n"));
    assert_eq!(
        said("etcdctl lease timetolive 2040a2 --keys"),
        "lease 00000000002040a2 granted with TTL(100s), remaining(99s), attached keys([lk])\n"
    );
    assert_eq!(said("etcdctl lease timetolive 123"), "lease 0000000000000123 already expired\n");
    assert_eq!(said("etcdctl lease keep-alive --once 2040a2"), "lease 00000000002040a2 keepalived with TTL(100)\n");
    assert_eq!(said("etcdctl lease list"), "found 1 leases\n00000000002040a2\n");
    assert!(
        said("etcdctl lease").starts_with(
            "Lease related commands\n\nUsage:\n  etcdctl lease [command]\n\nAvailable Commands:\n  grant       Creates leases\n"
        )
    );
}
