//! grep, sed, awk and the other programs on text, on the terminal's files.
use crate::job::{Io, Stop};
use crate::session::path;

/// Files and input of a terminal; what reading them stopped for.
struct Hands<'a, 'b> {
    io: &'a mut Io<'b>,
    stop: Option<Stop>,
}

impl filters::Source for Hands<'_, '_> {
    fn stdin(&mut self, whole: bool) -> Option<(String, bool)> {
        let read = if whole { self.io.read_all().map(|text| (text, false)) } else { self.io.read_so_far() };
        read.map_err(|stop| self.stop = Some(stop)).ok()
    }

    fn file(&mut self, name: &str) -> Result<String, &'static str> {
        match self.io.session.file(name) {
            Some(text) => Ok(text.to_string()),
            None if self.io.session.is_folder(name) => Err("Is a directory"),
            None => Err("No such file or directory"),
        }
    }

    fn write(&mut self, name: &str, text: String) -> Result<(), &'static str> {
        self.io.session.set_file(name, text);
        Ok(())
    }

    fn below(&mut self, name: &str) -> Option<Vec<String>> {
        let whole = path(name).is_empty();
        let found = |io: &Io| if whole { io.session.files().keys().cloned().collect() } else { io.session.folder(name, true) };
        (whole || self.io.session.is_folder(name)).then(|| found(self.io))
    }
}

/// Runs a filter. What it printed so far stands there already while it waits.
pub fn run(filter: filters::Filter, words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let mut hands = Hands { io, stop: None };
    let done = filter(words, &mut hands);
    let stop = hands.stop;
    io.err(done.err);
    io.out(done.out);
    if done.waits { Err(stop.unwrap_or(Stop::Wait)) } else { Ok(done.code) }
}
