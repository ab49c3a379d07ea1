//! Performs scenarios in processes of their own, so that one that panics or never ends takes no other with it.
use super::compare::{Heard, Verdict, judge};
use super::recital::{self, Line};
use super::scenario;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The longest that one process may be silent, by the clock on the wall.
const PATIENCE: Duration = Duration::from_secs(240);

/// What is performed and how.
#[derive(Clone)]
pub struct Programme<'a> {
    pub dir: &'a Path,
    /// Of the simulated cluster.
    pub seed: u64,
    /// Processes at once.
    pub jobs: usize,
    /// Scenarios that were recorded side by side share a world; otherwise each has its own.
    pub together: bool,
}

/// All verdicts, each shown as soon as it stands.
pub fn all(programme: &Programme, names: Vec<String>, mut show: impl FnMut(&Verdict)) -> Vec<Verdict> {
    let company = if programme.together { recital::company(programme.dir) } else { Vec::new() };
    let (mut shared, own): (Vec<String>, Vec<String>) =
        names.into_iter().partition(|name| company.iter().any(|(scenario, _)| scenario.id == *name));
    let waiting = Arc::new(Mutex::new(VecDeque::from(own)));
    let (tell, heard) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..programme.jobs {
            let (waiting, tell, shared) = (waiting.clone(), tell.clone(), std::mem::take(&mut shared));
            scope.spawn(move || {
                let mut tell = |verdict| tell.send(verdict).is_ok();
                let lost = perform_together(programme, shared, &mut tell);
                waiting.lock().unwrap_or_else(PoisonError::into_inner).extend(lost);
                // Each batch shares one booted cluster; small batches keep all processes busy to the end.
                loop {
                    let batch: Vec<String> = {
                        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                        let size = (waiting.len() / (2 * programme.jobs)).max(1).min(waiting.len());
                        waiting.drain(..size).collect()
                    };
                    if batch.is_empty() || !perform_batch(programme, batch, &mut tell) {
                        break;
                    }
                }
            });
        }
        drop(tell);
        heard.into_iter().inspect(|verdict| show(verdict)).collect()
    })
}

/// Performs in one process and one world. Gives back whom its end took with it: they are performed alone.
fn perform_together(programme: &Programme, names: Vec<String>, tell: &mut dyn FnMut(Verdict) -> bool) -> VecDeque<String> {
    let mut rest = VecDeque::from(names);
    if !rest.is_empty()
        && let Ok(child) = spawn(programme, &["--together"], rest.iter())
    {
        listen(programme.dir, child, &mut rest, tell);
    }
    rest
}

/// Goes on with the rest of a batch when a scenario ends its process. False when nobody listens any more.
fn perform_batch(programme: &Programme, batch: Vec<String>, tell: &mut dyn FnMut(Verdict) -> bool) -> bool {
    let mut rest = VecDeque::from(batch);
    while !rest.is_empty() {
        let before = rest.len();
        let broken = match spawn(programme, &[], rest.iter()) {
            Ok(child) => {
                let (listening, words) = listen(programme.dir, child, &mut rest, tell);
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
            if !tell(verdict(programme.dir, &name, Heard { broken, ..Heard::default() })) {
                return false;
            }
        }
    }
    true
}

fn spawn<'a>(programme: &Programme, how: &[&str], names: impl Iterator<Item = &'a String>) -> std::io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("parity-record").arg(format!("--seed={}", programme.seed)).args(how).arg(programme.dir).args(names);
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
            Verdict {
                name: name.to_string(),
                matched: 0,
                total: 0,
                broken: words,
                notes: heard.notes,
                repeated: Vec::new(),
                steps: Vec::new(),
            }
        }
    }
}
