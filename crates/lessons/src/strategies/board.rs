//! What `lessons/strategies/board.yaml` and each strategy's `strategy.yaml` say.
use crate::format::{Act, ClusterSpec};
use crate::span;
use cluster::input::TrafficSpec;
use serde::{Deserialize, Serialize};
use simcore::Duration;

/// Everything that is compared, and how. As packed for the page, edits carry their text and `strategies` is filled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    pub format: u32,
    /// Its seed is that of a comparison that is given none.
    pub cluster: ClusterSpec,
    /// Done once, before the copies part.
    pub start: Vec<Act>,
    pub users: Vec<TrafficSpec>,
    /// Selects the Pods that cost something.
    pub pods: String,
    /// How many of them are wanted at any time.
    pub wanted: u32,
    pub orders: Orders,
    /// How long a strategy's start may take; users come then.
    pub settle: String,
    /// How long users come before the release.
    pub before: String,
    /// From the release on.
    pub window: String,
    /// From the way back on.
    pub back: String,
    pub old: Version,
    /// The first stands in files and lines, and is replaced by the one that is tried.
    pub new: Vec<Version>,
    /// The strategies by their folders.
    pub order: Vec<String>,
    #[serde(default)]
    pub strategies: Vec<Strategy>,
}

/// Whose requests are orders (a user's id), and a selector of the Pods that write them down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    pub of: String,
    pub pods: String,
}

/// A version by what people call it (`good`, `slow`) and its image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    pub name: String,
    pub image: String,
}

/// One way to ship, in deeds. A deed of the release that does not succeed leads to the rollback.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strategy {
    pub id: String,
    /// Where users send, if not where the board says: in front of a gateway.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub through: String,
    pub start: Vec<Act>,
    pub release: Vec<Act>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
    pub rollback: Vec<Act>,
}

/// A part of the users meets the new version for a while; what came of it decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    #[serde(rename = "for")]
    pub span: String,
    /// An expression about the trial's time; true promotes, false leads to the rollback.
    pub expr: String,
    pub promote: Vec<Act>,
}

parcel::record!(Board { format, cluster, start, users, pods, wanted, orders, settle, before, window, back, old, new, order, strategies });
parcel::record!(Orders { of, pods });
parcel::record!(Version { name, image });
parcel::record!(Strategy { id, start, release, rollback } or { through, trial });
parcel::record!(Trial { span = "for", expr, promote });

/// The newest format that this reader knows.
const FORMAT: u32 = 1;

impl Board {
    /// Reads a packed board (JSON). The error says what does not fit.
    pub fn from_json(text: &str) -> Result<Board, String> {
        let board: Board = parcel::from_text(text).map_err(|error| format!("the strategies cannot be read: {error}"))?;
        if board.format > FORMAT {
            return Err(format!("these strategies need a newer Kubarium (format {}, here {FORMAT})", board.format));
        }
        Ok(board)
    }

    pub fn version(&self, name: &str) -> Option<&Version> {
        self.new.iter().find(|version| version.name == name)
    }

    /// The users of a strategy: the same people, perhaps at another door.
    pub fn users_of(&self, strategy: &Strategy) -> Vec<TrafficSpec> {
        let mut users = self.users.clone();
        users.iter_mut().filter(|_| !strategy.through.is_empty()).for_each(|spec| spec.to.clone_from(&strategy.through));
        users
    }

    /// The strategy with `version` instead of the first new one, in files and lines.
    pub fn with(&self, strategy: &Strategy, version: &Version) -> Strategy {
        let mut own = strategy.clone();
        let Some(written) = self.new.first().filter(|written| written.image != version.image) else { return own };
        let trial = own.trial.iter_mut().flat_map(|trial| &mut trial.promote);
        for act in own.start.iter_mut().chain(&mut own.release).chain(trial).chain(&mut own.rollback) {
            act.run = act.run.replace(&written.image, &version.image);
            if let Some(edit) = &mut act.edit {
                edit.text = edit.text.replace(&written.image, &version.image);
                edit.with = edit.with.replace(&written.image, &version.image);
                edit.find = edit.find.replace(&written.image, &version.image);
            }
        }
        own
    }

    /// A span of the board or of a trial; nothing where it is none (`read` refuses such a board).
    pub(super) fn span(text: &str) -> Duration {
        span::parse(text).unwrap_or_default()
    }
}
