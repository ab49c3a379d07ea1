//! Which known mistake is seen: looked for again when the terminal has news, and once a second of the cluster's time.
use crate::protocol::FromEngine;
use cluster::World;
use lessons::mistakes::Table;
use simcore::{Duration, Time};

/// How often state is looked at that nobody prints.
const OFTEN: Duration = Duration::secs(1);

/// The table, what the page was told, and at what it was looked last.
#[derive(Default)]
pub struct Hints {
    table: Table,
    told: String,
    looked: Option<(Time, usize)>,
}

impl Hints {
    /// The error says what cannot be read of a packed table.
    pub fn of(table: &str) -> Result<Hints, String> {
        Ok(Hints { table: Table::from_json(table)?, ..Hints::default() })
    }

    /// The same table for a cluster that begins anew.
    pub fn anew(self) -> Hints {
        Hints { table: self.table, ..Hints::default() }
    }

    /// What there is to tell, of the mistakes named (all for an empty list).
    pub fn look(&mut self, world: &World, of: &[String]) -> Option<FromEngine> {
        if self.table.mistakes.is_empty() {
            return None;
        }
        let (now, printed) = (world.now(), world.terminal.printed.len());
        let fresh = |(at, before): (Time, usize)| before == printed && at <= now && now < at + OFTEN;
        if self.looked.is_some_and(fresh) {
            return None;
        }
        self.looked = Some((now, printed));
        let seen = self.table.seen(world, of);
        let id = seen.map_or("", |row| row.id.as_str());
        if id == self.told {
            return None;
        }
        self.told = id.to_string();
        Some(FromEngine::Mistake { texts: seen.map(|row| row.texts.clone()).unwrap_or_default() })
    }
}
