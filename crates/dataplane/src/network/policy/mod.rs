//! NetworkPolicies: who may open a connection to whom, decided per connection, with the rule that decided.
mod judge;
mod matrix;
mod member;
mod policies;
mod rule;
mod words;

pub use judge::{Judgement, Side};
pub use matrix::End;
pub use member::{Isolation, Member, Peer};
pub use policies::Policies;
pub use rule::Policy;
pub use words::Reason;
