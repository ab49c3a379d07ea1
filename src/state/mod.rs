//! What the page knows: signals, and the one bridge that writes them.
pub mod clock;
pub mod course;
pub mod desk;
pub mod frames;
pub mod keeper;
pub mod lab;
pub mod layout;
pub mod live;
pub mod network;
pub mod notices;
pub mod pane;
pub mod pending;
pub mod prefs;
pub mod progress;
pub mod wire;
pub mod world;

use leptos::prelude::*;

/// All of the page's state. Copied freely: it holds handles only.
#[derive(Clone, Copy)]
pub struct App {
    pub prefs: prefs::Prefs,
    pub clock: clock::Clock,
    pub world: world::World,
    pub desk: desk::Desk,
    pub course: course::Course,
    pub keeper: keeper::Keeper,
    pub notices: notices::Notices,
    pub layout: layout::Layout,
    pub network: network::Network,
}

impl App {
    pub fn new() -> Self {
        Self {
            prefs: prefs::Prefs::new(),
            clock: clock::Clock::new(),
            world: world::World::new(),
            desk: desk::Desk::new(),
            course: course::Course::new(),
            keeper: keeper::Keeper::new(),
            notices: notices::Notices::new(),
            layout: layout::Layout::new(),
            network: network::Network::new(),
        }
    }
}

/// The app's state, from anywhere below the root.
pub fn app() -> App {
    expect_context()
}

/// The words of the reader's language; reading them subscribes to the choice of language.
pub fn words() -> &'static crate::text::Words {
    app().prefs.words()
}
