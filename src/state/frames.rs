//! What the lab and the frames of its panes tell each other.
use cluster::comparison::Row;

/// From the lab to a pane.
#[derive(Clone, Debug, PartialEq)]
pub enum ToPane {
    /// As `ToEngine::Pace`.
    Pace {
        time: u64,
        speed: u32,
    },
    /// As `ToEngine::Measure`.
    Measure {
        load: bool,
        stop: bool,
    },
    Reset,
    /// The reader's choices: `ko` or `en`; `auto`, `light`, `dark`; whether things move.
    Look {
        lang: String,
        theme: String,
        moves: bool,
    },
    /// The focus comes in, at the end where `back`.
    Enter {
        back: bool,
    },
}

/// From a pane to the lab.
#[derive(Clone, Debug, PartialEq)]
pub enum FromPane {
    /// It has a cluster at its very beginning, or takes up one that it kept; what it said before is of another.
    Begun,
    /// Where its time stands.
    At {
        time: u64,
    },
    Measured {
        rows: Vec<Row>,
    },
    /// The focus leaves it by F6, backwards where `back`.
    Leave {
        back: bool,
    },
}

parcel::tagged!(ToPane "to" {
    "pace" => Pace { time, speed },
    "measure" => Measure { load, stop },
    "reset" => Reset {},
    "look" => Look { lang, theme, moves },
    "enter" => Enter { back },
});
parcel::tagged!(FromPane "says" {
    "begun" => Begun {},
    "at" => At { time },
    "measured" => Measured { rows },
    "leave" => Leave { back },
});
