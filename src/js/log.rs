//! The door to the terminal's log: appends lines to the DOM itself, because thousands of rows need no reactive graph.
use super::document::document;
use std::cell::RefCell;
use web_sys::Element;

/// More lines than this are not kept in the page.
const KEPT: u32 = 2000;

#[derive(Default)]
struct Log {
    host: Option<Element>,
    /// What was printed before the log was mounted.
    early: Vec<(String, bool)>,
    /// The line that has no newline yet.
    open: Option<(Element, bool)>,
    lines: u32,
    /// How far the log was scrolled down by itself: who is there still wants to see the newest line, whatever its height became.
    top: i32,
}

thread_local! {
    static LOG: RefCell<Log> = RefCell::default();
}

/// The element that holds the lines from now on.
pub fn mount(host: Element) {
    LOG.with_borrow_mut(|log| {
        log.host = Some(host);
        log.open = None;
        log.lines = 0;
        for (text, err) in std::mem::take(&mut log.early) {
            log.print(&text, err);
        }
    });
}

pub fn print(text: &str, err: bool, whole: bool) {
    LOG.with_borrow_mut(|log| {
        if whole {
            log.clear();
        }
        if log.host.is_some() { log.print(text, err) } else { log.early.push((text.to_string(), err)) }
    });
}

/// The log has another height now: who saw its last line sees it again.
pub fn resized() {
    LOG.with_borrow_mut(|log| {
        if let Some(host) = log.host.clone().filter(|host| log.follows(host)) {
            log.show_end(&host);
        }
    });
}

pub fn clear() {
    LOG.with_borrow_mut(Log::clear);
}

/// Whether a line begins as a server's prompt: `root@node-1:~# `.
fn of_a_login(line: &str) -> bool {
    let end = line.find("# ").or_else(|| line.find("$ "));
    end.is_some_and(|end| !line[..end].contains(' ') && line[..end].contains('@') && line[..end].contains(':'))
}

impl Log {
    fn clear(&mut self) {
        self.early.clear();
        self.open = None;
        (self.lines, self.top) = (0, 0);
        if let Some(host) = &self.host {
            host.set_text_content(None);
        }
    }

    fn print(&mut self, text: &str, err: bool) {
        let Some(host) = self.host.clone() else { return };
        // Whoever scrolled up to read is left in peace.
        let at_end = self.follows(&host);
        for piece in text.split_inclusive('\n') {
            self.append(&host, piece, err);
        }
        while self.lines > KEPT {
            let Some(first) = host.first_element_child() else { break };
            first.remove();
            self.lines -= 1;
        }
        if at_end {
            self.show_end(&host);
        }
    }

    fn follows(&self, host: &Element) -> bool {
        let below = host.scroll_height() - host.scroll_top() - host.client_height();
        below < 40 || (self.top > 0 && host.scroll_top() >= self.top)
    }

    fn show_end(&mut self, host: &Element) {
        host.set_scroll_top(host.scroll_height());
        self.top = host.scroll_top();
    }

    fn append(&mut self, host: &Element, piece: &str, err: bool) {
        let words = piece.trim_end_matches(['\n', '\r']);
        match &self.open {
            Some((line, kind)) if *kind == err => {
                let _ = line.append_with_str_1(words);
            }
            _ => {
                let Ok(line) = document().create_element("div") else { return };
                // Sentences go on in the next row, as in every terminal; the columns of a table stay where they are.
                line.set_class_name(if err && words.contains("   ") {
                    "line err table"
                } else if err {
                    "line err"
                } else if words.starts_with("~ $") || words.starts_with("$ ") || of_a_login(words) {
                    "line said"
                } else if words.contains("   ") {
                    "line table"
                } else {
                    "line"
                });
                line.set_text_content(Some(words));
                let _ = host.append_child(&line);
                self.lines += 1;
                self.open = Some((line, err));
            }
        }
        if piece.ends_with('\n') {
            self.open = None;
        }
    }
}
