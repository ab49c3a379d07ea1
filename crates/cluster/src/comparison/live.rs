//! The same table about a learner's own world, as it stands now.
use super::measured::{self, Figures, Measured, Site};
use super::table::{ROWS, Row, source_of};
use crate::input::Input;
use crate::session::Session;
use simcore::Time;

/// What is kept of a session between two looks at it.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// When its nodes were ready for the first time.
    ready: Option<Time>,
    /// What was tried in copies of the world, and when.
    loaded: Option<(u64, Time)>,
    survives: Option<(Vec<String>, Time)>,
}

impl Live {
    /// Tries a hundred Pods in a copy of the world. Nothing where there is no cluster.
    pub fn load(&mut self, session: &Session, figures: Figures) {
        let site = measured::find(&session.world, session.at_start());
        self.loaded = site.map(|site| (measured::loaded(&session.world, &site, figures), session.now()));
    }

    /// Takes the server's power in a copy of the world. Nothing where there is no cluster.
    pub fn stop_server(&mut self, session: &Session) {
        let site = measured::find(&session.world, session.at_start());
        self.survives = site.map(|site| (measured::survivors(&session.world, &site), session.now()));
    }

    /// The table's rows with one cell, or none where there is nothing to measure yet. A row that was tried in a copy has a
    /// second cell: the virtual second, counted from the start, at which it was.
    pub fn rows(&mut self, session: &Session, figures: Figures) -> Vec<Row> {
        let site = measured::find(&session.world, session.at_start());
        self.ready = self.ready.or_else(|| site.as_ref().and_then(|_| measured::ready_since(&session.world)));
        let seen = self.measured(session, site.as_ref());
        let row = |(id, source, cell): &(&str, &str, fn(&Measured) -> String)| {
            let (there, tried) = match *id {
                "steps" => (true, None),
                "minutes" => (self.ready.is_some(), None),
                "memory-100" => (self.loaded.is_some(), self.loaded.as_ref().map(|(_, at)| *at)),
                "server-stops" => (self.survives.is_some(), self.survives.as_ref().map(|(_, at)| *at)),
                _ => (site.is_some(), None),
            };
            let tried = tried.map(|at| at.since(session.world.power_on).as_secs().to_string());
            let source = if *source == "typed" { "terminal" } else { source };
            Row {
                id: id.to_string(),
                cells: there.then(|| cell(&seen)).into_iter().chain(tried).collect(),
                source: source_of(source, figures),
            }
        };
        ROWS.iter().map(row).collect()
    }

    fn measured(&self, session: &Session, site: Option<&Site>) -> Measured {
        let typed = |ready: Option<Time>| {
            let lines = session.record.inputs.iter().filter(|deed| matches!(&deed.input, Input::Line { text } if !text.trim().is_empty()));
            lines.map(|deed| deed.at).filter(move |at| ready.is_none_or(|ready| *at <= ready))
        };
        let begun = typed(None).next().unwrap_or_default();
        Measured {
            steps: typed(self.ready).count(),
            took: self.ready.map(|ready| ready.since(begun)).unwrap_or_default(),
            loaded_kib: self.loaded.as_ref().map_or(0, |(kib, _)| *kib),
            survives: self.survives.iter().flat_map(|(rows, _)| rows.clone()).collect(),
            ..site.map(|site| measured::look(&session.world, site)).unwrap_or_default()
        }
    }
}
