//! The panes of the page: each reads signals and sends intents; none knows another.
pub mod editor;
pub mod faults;
pub mod header;
pub mod inspector;
pub mod lab;
pub mod lens;
pub mod lesson;
pub mod mistake;
pub mod outline;
pub mod palette;
pub mod picture;
pub mod table;
pub mod terminal;
pub mod timeline;
pub mod verdicts;
