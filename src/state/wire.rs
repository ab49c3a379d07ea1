//! What the page sends: one function per intent, so that panels never spell messages.
use super::progress;
use crate::js::engine::send;
use crate::protocol::{Step, ToEngine};
use cluster::input::{Fault, Input};

pub fn line(text: String) {
    act(Input::Line { text });
}

pub fn fault(fault: Fault) {
    act(Input::Fault { fault });
}

pub fn act(input: Input) {
    progress::work();
    send(&ToEngine::Do { input });
}

/// Something about a lesson's step.
pub fn learn(message: &ToEngine) {
    progress::work();
    send(message);
}

pub fn speed(thousandths: u32) {
    send(&ToEngine::Speed { speed: thousandths });
}

pub fn rate(thousandths: u32) {
    send(&ToEngine::Rate { speed: thousandths });
}

pub fn pace(time: u64, speed: u32) {
    send(&ToEngine::Pace { time, speed });
}

pub fn measure(way: &str, load: bool, stop: bool) {
    send(&ToEngine::Measure { way: way.to_string(), load, stop });
}

pub fn step(step: Step) {
    send(&ToEngine::Step { step });
}

pub fn seek(time: u64, serial: u32) {
    send(&ToEngine::Seek { time, serial });
}

pub fn why(occurrence: u32) {
    send(&ToEngine::Why { occurrence });
}

pub fn follow(id: u64) {
    send(&ToEngine::Follow { id });
}

pub fn rules(node: String) {
    send(&ToEngine::Rules { node });
}

pub fn reach(port: u32, source: String, target: String) {
    send(&ToEngine::Reach { port, source, target });
}

pub fn resolve(pod: String, name: String) {
    send(&ToEngine::Resolve { pod, name });
}

/// Every strategy with these new versions, always with the same seed; an empty text ends what is under way.
pub fn compare(strategies: String, versions: Vec<String>) {
    send(&ToEngine::Compare { strategies, seed: 1, versions });
}

pub fn talk() {
    send(&ToEngine::Talk);
}

pub fn sources(text: Option<String>, apply: bool) {
    send(&ToEngine::Sources { text, apply });
}

pub fn etcd() {
    send(&ToEngine::Etcd);
}

pub fn health() {
    send(&ToEngine::Health);
}

pub fn processes(server: String) {
    send(&ToEngine::Processes { server });
}

pub fn inspect(id: String) {
    send(&ToEngine::Inspect { id });
}
