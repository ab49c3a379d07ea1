//! Every door to the browser: nothing else in the page touches JavaScript directly.
pub mod codemirror;
pub mod document;
pub mod dots;
pub mod engine;
pub mod fetch;
pub mod frame;
pub mod locks;
pub mod log;
pub mod storage;
