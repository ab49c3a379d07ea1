//! Who votes and who only listens, and the changes of it, one at a time.
use super::MemberId;

/// A configuration (raftpb `ConfState` without the joint half, which etcd 3.7 does not use). Both lists are sorted.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Conf {
    pub voters: Vec<MemberId>,
    pub learners: Vec<MemberId>,
}

/// What a change does. Promotion turns a learner into a voter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    AddVoter,
    AddLearner,
    Promote,
    Remove,
}

/// A proposed change of the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// The number of the request, chosen by whoever proposes.
    pub id: u64,
    pub kind: ChangeKind,
    pub member: MemberId,
}

impl Conf {
    pub fn of_voters(voters: impl IntoIterator<Item = MemberId>) -> Conf {
        let mut conf = Conf { voters: voters.into_iter().collect(), learners: Vec::new() };
        conf.voters.sort_unstable();
        conf
    }

    /// How many voters make a majority.
    pub fn quorum(&self) -> usize {
        self.voters.len() / 2 + 1
    }

    pub fn is_voter(&self, member: MemberId) -> bool {
        self.voters.contains(&member)
    }

    pub fn is_learner(&self, member: MemberId) -> bool {
        self.learners.contains(&member)
    }

    pub fn contains(&self, member: MemberId) -> bool {
        self.is_voter(member) || self.is_learner(member)
    }

    /// Everybody, voters first.
    pub fn members(&self) -> impl Iterator<Item = MemberId> + '_ {
        self.voters.iter().chain(&self.learners).copied()
    }

    /// The configuration after `change`. A change that does not fit (promoting a voter) leaves it as it is.
    pub fn after(&self, change: Change) -> Conf {
        let mut next = self.clone();
        let member = change.member;
        match change.kind {
            ChangeKind::AddVoter if !self.is_voter(member) => {
                next.learners.retain(|one| *one != member);
                next.voters.push(member);
            }
            ChangeKind::Promote if self.is_learner(member) => {
                next.learners.retain(|one| *one != member);
                next.voters.push(member);
            }
            ChangeKind::AddLearner if !self.contains(member) => next.learners.push(member),
            // The last voter cannot leave: there would be nobody to agree.
            ChangeKind::Remove if self.voters != [member] => {
                next.voters.retain(|one| *one != member);
                next.learners.retain(|one| *one != member);
            }
            _ => {}
        }
        next.voters.sort_unstable();
        next.learners.sort_unstable();
        next
    }
}
