//! Deployments and ReplicaSets: counts, templates, strategy.
use super::Condition;
use crate::Tree;
use crate::intstr::{self, Round};
use crate::labels::Selector;

const REVISION: &str = "deployment.kubernetes.io/revision";

/// A whole ReplicaSet.
#[derive(Clone, Copy)]
pub struct ReplicaSet<'a>(pub &'a Tree);

/// A whole Deployment.
#[derive(Clone, Copy)]
pub struct Deployment<'a>(pub &'a Tree);

/// How a Deployment replaces Pods.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Strategy<'a> {
    Recreate,
    /// Counts or percentages; 25% each where nothing is said.
    RollingUpdate {
        max_surge: &'a Tree,
        max_unavailable: &'a Tree,
    },
}

macro_rules! workload {
    ($($name:ident),*) => { $(impl<'a> $name<'a> {
        pub fn spec(self) -> &'a Tree {
            self.0.get("spec")
        }
        pub fn status(self) -> &'a Tree {
            self.0.get("status")
        }
        /// Wanted Pods; 1 where nothing is said.
        pub fn replicas(self) -> i64 {
            self.spec().get("replicas").int_or(1)
        }
        /// Which Pods belong to it. One that cannot be read (validation refuses those) matches nothing.
        pub fn selector(self) -> Selector {
            Selector::of(self.spec().get("selector")).unwrap_or_else(|_| Selector::nothing())
        }
        pub fn template(self) -> &'a Tree {
            self.spec().get("template")
        }
        /// Seconds a Pod must have been ready to count as available.
        pub fn min_ready_seconds(self) -> i64 {
            self.spec().get("minReadySeconds").int_or(0)
        }
        /// `status.replicas`, `readyReplicas`, …: absent means 0.
        pub fn count(self, field: &str) -> i64 {
            self.status().get(field).int_or(0)
        }
        pub fn observed_generation(self) -> i64 {
            self.count("observedGeneration")
        }
        pub fn condition(self, kind: &str) -> Condition<'a> {
            Condition::of(self.0, kind)
        }
        /// The revision annotation; 0 where there is none.
        pub fn revision(self) -> i64 {
            self.0.at(&["metadata", "annotations", REVISION]).text().parse().unwrap_or(0)
        }
    })* };
}
workload!(Deployment, ReplicaSet);

impl<'a> Deployment<'a> {
    pub fn strategy(self) -> Strategy<'a> {
        let strategy = self.spec().get("strategy");
        if strategy.get("type").text() == "Recreate" {
            return Strategy::Recreate;
        }
        let rolling = strategy.get("rollingUpdate");
        Strategy::RollingUpdate { max_surge: rolling.get("maxSurge"), max_unavailable: rolling.get("maxUnavailable") }
    }

    /// How many Pods beyond `replicas` may exist, and how many may be missing, while it rolls. Surge is rounded up and
    /// unavailable down; when both come to nothing, one may be missing.
    pub fn fenceposts(self) -> (i64, i64) {
        match self.strategy() {
            Strategy::Recreate => (0, 0),
            Strategy::RollingUpdate { max_surge, max_unavailable } => {
                let (surge, unavailable) =
                    (share(max_surge, self.replicas(), Round::Up), share(max_unavailable, self.replicas(), Round::Down));
                if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
            }
        }
    }

    /// Pods beyond `replicas` that may exist while it rolls.
    pub fn max_surge(self) -> i64 {
        self.fenceposts().0
    }

    /// Pods that may be missing while it rolls; never more than it wants.
    pub fn max_unavailable(self) -> i64 {
        if self.replicas() == 0 { 0 } else { self.fenceposts().1.min(self.replicas()) }
    }

    /// Seconds until a rollout without progress is called failed; `None` where nothing is said (defaulting writes 600).
    pub fn progress_deadline(self) -> Option<i64> {
        self.spec().get("progressDeadlineSeconds").as_int()
    }

    /// How many old ReplicaSets are kept.
    pub fn revision_history_limit(self) -> i64 {
        self.spec().get("revisionHistoryLimit").int_or(10)
    }

    pub fn is_paused(self) -> bool {
        self.spec().get("paused").is_true()
    }

    pub fn collision_count(self) -> Option<i64> {
        self.status().get("collisionCount").as_int()
    }
}

fn share(value: &Tree, replicas: i64, round: Round) -> i64 {
    let quarter = Tree::from("25%");
    let value = if value.is_null() { &quarter } else { value };
    intstr::resolve(value, replicas, round).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rolling_update_leaves_room_to_move() {
        let check = |spec: &str, expect| {
            let tree = Tree::from_json(&format!(r#"{{"spec":{spec}}}"#)).unwrap();
            assert_eq!((Deployment(&tree).max_surge(), Deployment(&tree).max_unavailable()), expect, "{spec}");
        };
        check("{}", (1, 0));
        check(r#"{"replicas":10}"#, (3, 2));
        check(r#"{"replicas":0}"#, (0, 0));
        check(r#"{"replicas":3,"strategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":"1%"}}}"#, (0, 1));
        check(r#"{"replicas":3,"strategy":{"rollingUpdate":{"maxSurge":1,"maxUnavailable":0}}}"#, (1, 0));
        check(r#"{"replicas":2,"strategy":{"rollingUpdate":{"maxUnavailable":5}}}"#, (1, 2));
        check(r#"{"replicas":2,"strategy":{"type":"Recreate"}}"#, (0, 0));
    }

    #[test]
    fn absent_is_not_zero() {
        let tree = Tree::from_json(r#"{"spec":{}}"#).unwrap();
        let set = ReplicaSet(&tree);
        assert_eq!((set.replicas(), set.count("readyReplicas"), set.revision()), (1, 0, 0));
        assert_eq!(Deployment(&tree).progress_deadline(), None);
        assert!(!set.selector().matches(&Tree::Null));
    }
}
