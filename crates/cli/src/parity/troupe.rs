//! Performs scenarios in processes of their own, so that one that panics or never ends takes no other with it.
use super::compare::{Heard, Verdict, judge};
use super::names::Fact;
use super::perform::{self, Told};
use super::scenario::{self, Answer};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The longest that one scenario may take of the clock on the wall.
const PATIENCE: Duration = Duration::from_secs(240);

/// A line between the two processes.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Begin(String),
    Answer(Answer),
    Fact(Fact),
    Note(String),
    End,
}

/// The performing side: prints lines until all is done.
pub fn record(dir: &Path, seed: u64, names: &[String]) -> ExitCode {
    let stage = perform::stage(seed);
    for name in names {
        say(&Line::Begin(name.clone()));
        match scenario::read(dir, name) {
            Ok(scenario) => perform::perform(&scenario, &stage, &mut |told| {
                say(&match told {
                    Told::Answer(answer) => Line::Answer(answer),
                    Told::Fact(fact) => Line::Fact(fact),
                    Told::Note(note) => Line::Note(note),
                });
            }),
            Err(words) => say(&Line::Note(words)),
        }
        say(&Line::End);
    }
    ExitCode::SUCCESS
}

fn say(line: &Line) {
    let text = serde_json::to_string(line).unwrap_or_default();
    // A closed pipe means that nobody listens any more: the process then ends by itself.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// The counting side: all verdicts, each shown as soon as it stands. `seed` is that of the simulated cluster.
pub fn all(dir: &Path, seed: u64, names: Vec<String>, jobs: usize, mut show: impl FnMut(&Verdict)) -> Vec<Verdict> {
    let waiting = Arc::new(Mutex::new(VecDeque::from(names)));
    let (tell, heard) = std::sync::mpsc::channel();
    for _ in 0..jobs {
        let (waiting, tell, dir) = (waiting.clone(), tell.clone(), dir.to_path_buf());
        std::thread::spawn(move || {
            // Each batch shares one booted cluster; small batches keep all processes busy to the end.
            loop {
                let batch: Vec<String> = {
                    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                    let size = (waiting.len() / (2 * jobs)).max(1).min(waiting.len());
                    waiting.drain(..size).collect()
                };
                if batch.is_empty() || !perform_batch(&dir, seed, batch, &mut |verdict| tell.send(verdict).is_ok()) {
                    break;
                }
            }
        });
    }
    drop(tell);
    heard.into_iter().inspect(|verdict| show(verdict)).collect()
}

/// Goes on with the rest of a batch when a scenario ends its process. False when nobody listens any more.
fn perform_batch(dir: &Path, seed: u64, batch: Vec<String>, tell: &mut dyn FnMut(Verdict) -> bool) -> bool {
    let mut rest = VecDeque::from(batch);
    while !rest.is_empty() {
        let before = rest.len();
        let broken = match spawn(dir, seed, rest.iter()) {
            Ok(child) => {
                let (listening, words) = listen(dir, child, &mut rest, tell);
                if !listening {
                    return false;
                }
                words
            }
            Err(error) => error.to_string(),
        };
        // A process that died before its first scenario takes that one with it, or this would never end.
        if rest.len() == before {
            let Some(name) = rest.pop_front() else { break };
            if !tell(verdict(dir, &name, Heard { broken, ..Heard::default() })) {
                return false;
            }
        }
    }
    true
}

fn spawn<'a>(dir: &Path, seed: u64, names: impl Iterator<Item = &'a String>) -> std::io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("parity-record").arg(format!("--seed={seed}")).arg(dir).args(names);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// Reads one process to its end; takes the scenarios that were judged off `rest`.
fn listen(dir: &Path, mut child: Child, rest: &mut VecDeque<String>, tell: &mut dyn FnMut(Verdict) -> bool) -> (bool, String) {
    let (Some(stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else { return (true, "no pipe".to_string()) };
    let complaint = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stderr.read_to_string(&mut text);
        text
    });
    let (line_out, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).all(|line| line_out.send(line).is_ok()));
    let mut current: Option<(String, Heard)> = None;
    let mut late = false;
    loop {
        let text = match lines.recv_timeout(PATIENCE) {
            Ok(text) => text,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                late = true;
                break;
            }
            Err(_) => break,
        };
        match (serde_json::from_str::<Line>(&text), &mut current) {
            (Ok(Line::Begin(name)), _) => current = Some((name, Heard::default())),
            (Ok(Line::Answer(answer)), Some((_, heard))) => drop(heard.answers.insert(answer.step, answer)),
            (Ok(Line::Fact(fact)), Some((_, heard))) => heard.facts.push(fact),
            (Ok(Line::Note(note)), Some((_, heard))) => heard.notes.push(note),
            (Ok(Line::End), _) => {
                if let Some((name, heard)) = current.take() {
                    rest.retain(|one| *one != name);
                    if !tell(verdict(dir, &name, heard)) {
                        let _ = child.kill();
                        return (false, String::new());
                    }
                }
            }
            _ => {}
        }
    }
    if late {
        let _ = child.kill();
    }
    let status = child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
    let complaint = complaint.join().unwrap_or_default();
    let words = if late { format!("no answer for {} s", PATIENCE.as_secs()) } else { last_words(&complaint, &status) };
    if let Some((name, mut heard)) = current.take() {
        rest.retain(|one| *one != name);
        heard.broken = words.clone();
        if !tell(verdict(dir, &name, heard)) {
            return (false, words);
        }
    }
    (true, words)
}

/// The panic's own words, or how the process ended.
fn last_words(complaint: &str, status: &str) -> String {
    let mut lines = complaint.lines().skip_while(|line| !line.contains("panicked at"));
    match (lines.next(), lines.next()) {
        (Some(place), words) => {
            let place = place.split_once("panicked at ").map_or(place, |(_, place)| place);
            format!("panic at {place} {}", words.unwrap_or_default())
        }
        _ => format!("{status} {}", complaint.lines().next_back().unwrap_or_default()),
    }
}

fn verdict(dir: &Path, name: &str, mut heard: Heard) -> Verdict {
    match scenario::read(dir, name) {
        Ok(scenario) => judge(name, &scenario, heard),
        Err(words) => {
            heard.notes.push(words.clone());
            Verdict { name: name.to_string(), matched: 0, total: 0, broken: words, notes: heard.notes, steps: Vec::new() }
        }
    }
}
