//! `etcdctl member list`, and what adding, promoting and removing print.
use super::{Form, table};
use crate::raft::MemberId;

/// A member as the cluster's list has it: membership, not health.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    pub id: MemberId,
    /// Empty until it has started for the first time; so are its client addresses.
    pub name: String,
    pub peers: String,
    pub clients: String,
    pub learner: bool,
}

/// The list, by id. `asked` and `term` stand in the JSON's header.
pub fn list(members: &[Listed], form: Form, cluster: u64, asked: MemberId, term: u64) -> String {
    let mut members: Vec<&Listed> = members.iter().collect();
    members.sort_by_key(|member| member.id);
    let row = |member: &&Listed| {
        let status = if member.name.is_empty() { "unstarted" } else { "started" };
        let id = format!("{:x}", member.id);
        vec![id, status.to_string(), member.name.clone(), member.peers.clone(), member.clients.clone(), member.learner.to_string()]
    };
    let rows: Vec<Vec<String>> = members.iter().map(row).collect();
    match form {
        Form::Simple => rows.iter().map(|row| row.join(", ") + "\n").collect(),
        Form::Table => table::draw(&["ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER"], &rows),
        Form::Fields => {
            let mut text = format!("\"ClusterID\" : {cluster}\n\"MemberID\" : {asked}\n\"RaftTerm\" : {term}\n");
            for member in members {
                text += &format!("\"ID\" : {}\n\"Name\" : \"{}\"\n\"PeerURL\" : \"{}\"\n", member.id, member.name, member.peers);
                if !member.clients.is_empty() {
                    text += &format!("\"ClientURL\" : \"{}\"\n", member.clients);
                }
                text += &format!("\"IsLearner\" : {}\n\n", member.learner);
            }
            text
        }
        Form::Json => {
            let each: Vec<String> = members.iter().map(|member| as_json(member)).collect();
            let members = each.join(",");
            format!("{{\"header\":{{\"cluster_id\":{cluster},\"member_id\":{asked},\"raft_term\":{term}}},\"members\":[{members}]}}\n")
        }
    }
}

/// Fields without a value are left out.
fn as_json(member: &Listed) -> String {
    let mut text = format!("{{\"ID\":{}", member.id);
    if !member.name.is_empty() {
        text += &format!(",\"name\":\"{}\"", member.name);
    }
    text += &format!(",\"peerURLs\":[\"{}\"]", member.peers);
    if !member.clients.is_empty() {
        text += &format!(",\"clientURLs\":[\"{}\"]", member.clients);
    }
    if member.learner {
        text += ",\"isLearner\":true";
    }
    text + "}"
}

/// `member add`: what to start the new member with. `members` are those before it, in the order of the answer.
pub fn added(new: &Listed, name: &str, members: &[Listed], cluster: u64) -> String {
    let kind = if new.learner { " as learner" } else { "" };
    let mut initial: Vec<(MemberId, String)> = members.iter().map(|one| (one.id, format!("{}={}", one.name, one.peers))).collect();
    initial.push((new.id, format!("{name}={}", new.peers)));
    initial.sort();
    let initial: Vec<String> = initial.into_iter().map(|(_, text)| text).collect();
    format!(
        "Member {:>16x} added{kind} to cluster {cluster:>16x}\n\nETCD_NAME=\"{name}\"\nETCD_INITIAL_CLUSTER=\"{}\"\nETCD_INITIAL_ADVERTISE_PEER_URLS=\"{}\"\nETCD_INITIAL_CLUSTER_STATE=\"existing\"\n",
        new.id,
        initial.join(","),
        new.peers
    )
}

pub fn promoted(id: MemberId, cluster: u64) -> String {
    format!("Member {id:>16x} promoted in cluster {cluster:>16x}\n")
}

pub fn removed(id: MemberId, cluster: u64) -> String {
    format!("Member {id:>16x} removed from cluster {cluster:>16x}\n")
}
