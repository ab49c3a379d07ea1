//! The engine: cluster, kubectl and lesson behind messages, as one Wasm module for a worker or the main thread.
#[cfg(target_arch = "wasm32")]
mod engine {
    pub mod board;
    pub mod desk;
    pub mod door;
    pub mod hints;
    pub mod manifest;
    pub mod measure;
    pub mod past;
    pub mod sources;
}
#[cfg(target_arch = "wasm32")]
mod protocol;

fn main() {}
