//! A frame of the lab: its clock, its language and its focus are told by the page around it.
use super::frames::{FromPane, ToPane};
use super::prefs::Theme;
use super::{App, wire};
use crate::js::frame;
use crate::text::Lang;
use cluster::comparison::Row;
use leptos::prelude::*;
use simcore::Time;
use std::cell::Cell;

thread_local! {
    /// Where time stood last, and whether what the engine says is still of the cluster before a reset.
    static LAST: Cell<(u64, bool)> = const { Cell::new((0, false)) };
}

fn tell(message: &FromPane) {
    frame::tell_parent(&parcel::to_text(message));
}

/// Begins to listen to the page around. `enter` puts the focus into the first pane, or the last.
pub fn listen(app: App, enter: fn(bool)) {
    app.course.tab.set("terminal");
    frame::hear_parent(move |text| match parcel::from_text(&text) {
        Ok(ToPane::Pace { time, speed }) => wire::pace(time, speed),
        Ok(ToPane::Measure { load, stop }) => wire::measure("", load, stop),
        Ok(ToPane::Reset) => {
            LAST.set((LAST.get().0, true));
            app.course.restart(app);
            lines(app);
        }
        Ok(ToPane::Look { lang, theme, moves }) => look(app, &lang, &theme, moves),
        Ok(ToPane::Enter { back }) => enter(back),
        Err(_) => {}
    });
    tell(&FromPane::Begun);
    lines(app);
}

fn look(app: App, lang: &str, theme: &str, moves: bool) {
    let prefs = app.prefs;
    let lang = if lang == Lang::Ko.code() { Lang::Ko } else { Lang::En };
    if prefs.lang.get_untracked() != lang {
        prefs.choose_lang(lang);
    }
    let theme = Theme::named(theme);
    if prefs.theme.get_untracked() != theme {
        prefs.choose_theme(theme);
    }
    if prefs.motion.get_untracked() != moves {
        prefs.choose_motion(moves);
    }
}

/// Asks for the lines of this frame's quick start.
fn lines(app: App) {
    if let Some(way) = app.course.pane() {
        wire::measure(way, false, false);
    }
}

/// Before its cluster is opened: time stands still until the page around lets it run.
pub fn begin() {
    wire::pace(0, 0);
}

/// The clock of a cluster from before a reset is not passed on.
pub fn stands_at(time: u64) {
    let (last, resets) = LAST.get();
    if resets && time != Time::START.0 {
        return;
    }
    LAST.set((time, false));
    if resets || time < last {
        tell(&FromPane::Begun);
    }
    tell(&FromPane::At { time });
}

pub fn measured(app: App, rows: Vec<Row>, lines: Vec<String>) {
    if !lines.is_empty() {
        app.desk.ahead.set(lines);
    }
    tell(&FromPane::Measured { rows });
}

/// The focus goes on to what lies beyond this frame.
pub fn leave(back: bool) {
    tell(&FromPane::Leave { back });
}
