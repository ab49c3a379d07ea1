//! Lessons as data: format, checks, player. Knows no browser.
pub mod prose;
pub mod progress;
