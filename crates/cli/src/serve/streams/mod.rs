//! Streams into containers for real clients: exec, attach, port-forward, over WebSocket and over SPDY.
mod channels;
mod connection;
mod dictionary;
mod exec;
mod forward;
mod frames;
mod terminal;
mod upgrade;
mod websocket;

pub use upgrade::open;
