//! `etcdctl endpoint status` and `endpoint health`, alarms, defragmentation, move-leader.
use super::{Answer, COMMAND_TIMEOUT, Form, figures, table};
use crate::member::Member;
use crate::raft::{MemberId, NOBODY};
use crate::server::{Space, words};
use simcore::Duration;

/// What a member says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    pub address: String,
    pub id: MemberId,
    pub leader: MemberId,
    pub learner: bool,
    pub term: u64,
    pub index: u64,
    pub applied: u64,
    pub revision: u64,
    pub space: Space,
    /// The members whose alarm is raised: the list is the cluster's.
    pub alarms: Vec<MemberId>,
}

/// An endpoint that answers, or one that does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reached {
    Yes(Box<Endpoint>),
    No(String),
}

const VERSION: &str = "3.7.3";
const STORAGE_VERSION: &str = "3.7.0";
const HEADINGS: [&str; 16] = [
    "ENDPOINT",
    "ID",
    "VERSION",
    "STORAGE VERSION",
    "DB SIZE",
    "IN USE",
    "PERCENTAGE NOT IN USE",
    "QUOTA",
    "IS LEADER",
    "IS LEARNER",
    "RAFT TERM",
    "RAFT INDEX",
    "RAFT APPLIED INDEX",
    "ERRORS",
    "DOWNGRADE TARGET VERSION",
    "DOWNGRADE ENABLED",
];

impl Endpoint {
    /// The member's own view. The index is what it knows to be agreed on, as etcd reports it.
    pub fn of(address: &str, member: &Member, revision: u64, space: Space, alarms: Vec<MemberId>) -> Endpoint {
        Endpoint {
            address: address.to_string(),
            id: member.id(),
            leader: member.leader(),
            learner: member.conf().is_learner(member.id()),
            term: member.term(),
            index: member.commit(),
            applied: member.applied(),
            revision,
            space,
            alarms,
        }
    }

    fn errors(&self) -> Vec<String> {
        let leaderless = (self.leader == NOBODY).then(|| words::NO_LEADER.to_string());
        leaderless.into_iter().chain(self.alarms.iter().map(|id| alarm(*id))).collect()
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.address.clone(),
            format!("{:x}", self.id),
            VERSION.to_string(),
            STORAGE_VERSION.to_string(),
            figures::bytes(self.space.size),
            figures::bytes(self.space.in_use),
            figures::percent_free(self.space.size, self.space.in_use),
            figures::bytes(self.space.quota),
            (self.leader == self.id).to_string(),
            self.learner.to_string(),
            self.term.to_string(),
            self.index.to_string(),
            self.applied.to_string(),
            self.errors().join(", "),
            String::new(),
            "false".to_string(),
        ]
    }

    fn as_fields(&self, cluster: u64) -> String {
        let errors: Vec<String> = self.errors().iter().map(|words| format!("\"{words}\"")).collect();
        format!(
            "\"ClusterID\" : {cluster}\n\"MemberID\" : {}\n\"Revision\" : {}\n\"RaftTerm\" : {}\n\"Version\" : \"{VERSION}\"\n\"StorageVersion\" : \"{STORAGE_VERSION}\"\n\"DBSize\" : {}\n\"DBSizeInUse\" : {}\n\"DBSizeQuota\" : {}\n\"Leader\" : {}\n\"IsLearner\" : {}\n\"RaftIndex\" : {}\n\"RaftAppliedIndex\" : {}\n\"Errors\" : [{}]\n\"Endpoint\" : \"{}\"\n\"DowngradeTargetVersion\" : \"\"\n\"DowngradeEnabled\" : false\n\n",
            self.id,
            self.revision,
            self.term,
            self.space.size,
            self.space.in_use,
            self.space.quota,
            self.leader,
            self.learner,
            self.index,
            self.applied,
            errors.join(" "),
            self.address
        )
    }

    fn as_json(&self, cluster: u64) -> String {
        let leader = if self.leader == NOBODY { String::new() } else { format!("\"leader\":{},", self.leader) };
        let learner = if self.learner { ",\"isLearner\":true" } else { "" };
        let errors: Vec<String> = self.errors().iter().map(|words| format!("\"{words}\"")).collect();
        let errors = if errors.is_empty() { String::new() } else { format!("\"errors\":[{}],", errors.join(",")) };
        format!(
            "{{\"Endpoint\":\"{}\",\"Status\":{{\"header\":{{\"cluster_id\":{cluster},\"member_id\":{},\"revision\":{},\"raft_term\":{}}},\"version\":\"{VERSION}\",\"dbSize\":{},{leader}\"raftIndex\":{},\"raftTerm\":{},\"raftAppliedIndex\":{},{errors}\"dbSizeInUse\":{}{learner},\"storageVersion\":\"{STORAGE_VERSION}\",\"dbSizeQuota\":{},\"downgradeInfo\":{{}}}}}}",
            self.address,
            self.id,
            self.revision,
            self.term,
            self.space.size,
            self.index,
            self.term,
            self.applied,
            self.space.in_use,
            self.space.quota
        )
    }
}

fn alarm(id: MemberId) -> String {
    format!("memberID:{id}  alarm:NOSPACE")
}

/// Asks one endpoint after the other; each that does not answer costs the whole timeout.
pub fn status(endpoints: &[Reached], form: Form, cluster: u64) -> Answer {
    let answered: Vec<&Endpoint> =
        endpoints.iter().filter_map(|one| if let Reached::Yes(found) = one { Some(&**found) } else { None }).collect();
    let rows: Vec<Vec<String>> = answered.iter().map(|one| one.row()).collect();
    let stdout = match form {
        Form::Simple => rows.iter().map(|row| row.join(", ") + "\n").collect(),
        Form::Table => table::draw(&HEADINGS, &rows),
        Form::Fields => answered.iter().map(|one| one.as_fields(cluster)).collect(),
        Form::Json => format!("[{}]\n", answered.iter().map(|one| one.as_json(cluster)).collect::<Vec<_>>().join(",")),
    };
    let mut answer = Answer::of(stdout);
    for one in endpoints {
        if let Reached::No(address) = one {
            answer.stderr += &format!("Failed to get the status of endpoint {address} ({})\n", words::DEADLINE);
            answer.code = 1;
            answer.waited = answer.waited + COMMAND_TIMEOUT;
        }
    }
    answer
}

/// How a linearizable read of one endpoint went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    pub address: String,
    pub took: Duration,
    /// Why it is unhealthy.
    pub error: Option<String>,
}

impl Health {
    /// What a probe of this endpoint finds, when it is answered after `took`. Without a majority nothing is answered.
    pub fn of(reached: &Reached, quorum: bool, took: Duration) -> Health {
        let (address, error) = match reached {
            Reached::No(address) => (address.clone(), Some(words::DEADLINE.to_string())),
            Reached::Yes(one) if one.learner => (one.address.clone(), Some(words::NOT_FOR_LEARNERS.to_string())),
            Reached::Yes(one) if !quorum => (one.address.clone(), Some(words::DEADLINE.to_string())),
            Reached::Yes(one) if !one.alarms.is_empty() => (one.address.clone(), Some("Active Alarm(s): NOSPACE ".to_string())),
            Reached::Yes(one) => (one.address.clone(), None),
        };
        let waited = if error.as_deref() == Some(words::DEADLINE) { COMMAND_TIMEOUT } else { took };
        Health { address, took: waited, error }
    }
}

/// All endpoints are asked at once and stand in the order of their answers.
pub fn health(probes: &[Health], form: Form) -> Answer {
    let mut probes: Vec<&Health> = probes.iter().collect();
    probes.sort_by_key(|probe| probe.took);
    let mut answer = Answer { waited: probes.last().map_or(Duration::ZERO, |last| last.took), ..Answer::default() };
    match form {
        Form::Simple => {
            for probe in &probes {
                match &probe.error {
                    None => {
                        answer.stdout += &format!("{} is healthy: successfully committed proposal: took = {}\n", probe.address, probe.took)
                    }
                    Some(error) => answer.stderr += &format!("{} is unhealthy: failed to commit proposal: {error}\n", probe.address),
                }
            }
        }
        Form::Table => {
            let row = |probe: &&Health| {
                let error = probe.error.clone().unwrap_or_default();
                vec![probe.address.clone(), probe.error.is_none().to_string(), probe.took.to_string(), error]
            };
            let rows: Vec<Vec<String>> = probes.iter().map(row).collect();
            answer.stdout = table::draw(&["ENDPOINT", "HEALTH", "TOOK", "ERROR"], &rows);
        }
        Form::Fields => {
            for probe in &probes {
                let error = probe.error.clone().unwrap_or_default();
                answer.stdout += &format!(
                    "\"Endpoint\" : \"{}\"\n\"Health\" : {}\n\"Took\" : {}\n\"Error\" : {error}\n\n",
                    probe.address,
                    probe.error.is_none(),
                    probe.took
                );
            }
        }
        Form::Json => {
            let one = |probe: &&Health| {
                let error = probe.error.as_ref().map_or(String::new(), |error| format!(",\"error\":\"{error}\""));
                format!("{{\"endpoint\":\"{}\",\"health\":{},\"took\":\"{}\"{error}}}", probe.address, probe.error.is_none(), probe.took)
            };
            answer.stdout = format!("[{}]\n", probes.iter().map(one).collect::<Vec<_>>().join(","));
        }
    }
    if probes.iter().any(|probe| probe.error.is_some()) {
        answer.stderr += "Error: unhealthy cluster\n";
        answer.code = 1;
    }
    answer
}

/// `alarm list`, and what `alarm disarm` prints of what it disarmed.
pub fn alarms(raised: &[MemberId]) -> String {
    raised.iter().map(|id| alarm(*id) + "\n").collect()
}

/// `defrag`, one line per endpoint that answered.
pub fn defragmented(endpoints: &[(String, Duration)]) -> String {
    endpoints.iter().map(|(address, took)| format!("Finished defragmenting etcd member[{address}]. took {took}\n")).collect()
}

/// `move-leader`: some endpoint must be the leader's.
pub fn move_leader(endpoints: &[Reached], allowed: Result<(), &'static str>, to: MemberId) -> Answer {
    let leader = endpoints.iter().find_map(|one| match one {
        Reached::Yes(found) if found.leader == found.id => Some(found.id),
        _ => None,
    });
    let Some(leader) = leader else {
        let address = |one: &Reached| match one {
            Reached::Yes(found) => found.address.clone(),
            Reached::No(address) => address.clone(),
        };
        let asked: Vec<String> = endpoints.iter().map(address).collect();
        return Answer { code: 128, ..Answer::refusal(&format!("no leader endpoint given at [{}]", asked.join(" "))) };
    };
    match allowed {
        Err(refused) => Answer::refusal(refused),
        Ok(()) => Answer::of(format!("Leadership transferred from {leader:x} to {to:x}\n")),
    }
}
