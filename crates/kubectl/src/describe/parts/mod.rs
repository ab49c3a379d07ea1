//! What the descriptions of several kinds share. Each kind's file builds on these, never on another kind's.
pub mod containers;
pub mod endpoints;
pub mod env;
pub mod events;
pub mod fields;
pub mod page;
pub mod template;
pub mod volumes;
