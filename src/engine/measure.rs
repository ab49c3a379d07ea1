//! What the lab's table says of this engine's world, and the lines that a quick start has.
use cluster::Session;
use cluster::comparison::{Live, Row, WAYS, figures};
use cluster::input::Input;

/// The rows, and the lines of a way that are still to be typed into the terminal; none where no way is named.
pub fn answer(live: &mut Live, session: &Session, way: &str, load: bool, stop: bool) -> (Vec<Row>, Vec<String>) {
    if load {
        live.load(session, figures::of);
    }
    if stop {
        live.stop_server(session);
    }
    let way = WAYS.iter().find(|one| one.id == way);
    let mut lines = way.map(|way| way.typed(&session.world.servers())).unwrap_or_default();
    for deed in &session.record.inputs {
        if matches!((&deed.input, lines.first()), (Input::Line { text }, Some(line)) if text == line) {
            lines.remove(0);
        }
    }
    (live.rows(session, figures::of), lines)
}
