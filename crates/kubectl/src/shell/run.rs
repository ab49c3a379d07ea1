//! A parsed line carried out: expansion, redirections, pipes, and the choice between builtins and kubectl.
use super::builtin;
use crate::job::{Io, Stdin, Stop};
use crate::pen::{Chunk, Pen};
use ::shell::{Command, Group, Join, Part, Pipeline, Redirect, Script, Word};

/// Runs every step; the code is the last one's.
pub fn script(script: &Script, io: &mut Io) -> Result<u8, Stop> {
    let mut code = 0;
    for (join, step) in &script.steps {
        let run = match join {
            Join::Always => true,
            Join::IfGood => code == 0,
            Join::IfBad => code != 0,
        };
        if run {
            code = pipeline(step, io)?;
            io.session.last_code = code;
        }
        if io.tape.leave.is_some() {
            return Ok(io.session.last_code);
        }
    }
    Ok(code)
}

/// How a list of commands is left before its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Leave {
    /// So many loops: `break 2`.
    Break(u32),
    Continue(u32),
    Exit,
}

/// How many rounds the loops of one line may take: a line is run again from its start with each answer.
const ROUNDS_MOST: u32 = 1_000;

fn group(group: &Group, io: &mut Io) -> Result<u8, Stop> {
    let mut code = 0;
    match group {
        Group::List(list) => return script(list, io),
        Group::Sub(list) => {
            code = script(list, io)?;
            io.tape.leave = None;
        }
        Group::If { arms, other } => {
            for (condition, body) in arms {
                if script(condition, io)? == 0 {
                    return script(body, io);
                }
            }
            return script(other, io);
        }
        Group::While { until, condition, body } => {
            while (script(condition, io)? == 0) != *until && io.tape.leave.is_none() {
                code = script(body, io)?;
                if !goes_on(io) {
                    break;
                }
            }
        }
        Group::For { name, words, body } => {
            let mut all = Vec::new();
            for word in words.iter().flatten() {
                expand_all(word, io, &mut all)?;
            }
            for word in all {
                io.session.env.insert(name.clone(), word);
                code = script(body, io)?;
                if !goes_on(io) {
                    break;
                }
            }
        }
        Group::Case { word, arms } => {
            let text = joined(word, io)?;
            for (patterns, body) in arms {
                for pattern in patterns {
                    if ::shell::glob(&joined(pattern, io)?, &text) {
                        return script(body, io);
                    }
                }
            }
        }
    }
    Ok(code)
}

/// Whether a loop goes on after a round.
fn goes_on(io: &mut Io) -> bool {
    io.tape.rounds += 1;
    if io.tape.leave.is_none() && io.tape.rounds > ROUNDS_MOST {
        io.err("^C\n");
        io.session.last_code = 130;
        io.tape.leave = Some(Leave::Exit);
    }
    let (left, goes) = match io.tape.leave {
        None | Some(Leave::Continue(1)) => (None, true),
        Some(Leave::Break(1)) => (None, false),
        Some(Leave::Continue(count)) => (Some(Leave::Continue(count - 1)), false),
        Some(Leave::Break(count)) => (Some(Leave::Break(count - 1)), false),
        Some(Leave::Exit) => (Some(Leave::Exit), false),
    };
    io.tape.leave = left;
    goes
}

/// What the shell does itself, and its code; `None`: a command is meant.
fn own(words: &[String], io: &mut Io) -> Option<u8> {
    let count = || words.get(1).and_then(|text| text.parse().ok()).unwrap_or(1).max(1);
    Some(match words.first()?.as_str() {
        ":" => 0,
        "break" => (io.tape.leave = Some(Leave::Break(count())), 0).1,
        "continue" => (io.tape.leave = Some(Leave::Continue(count())), 0).1,
        "unset" => {
            words[1..].iter().for_each(|name| drop(io.session.env.remove(name)));
            0
        }
        "test" | "[" | "[[" => {
            let is = |letter: char, name: &str| match letter {
                'd' => io.session.is_folder(name),
                'f' | 'r' | 'w' => io.session.file(name).is_some(),
                's' => io.session.file(name).is_some_and(|text| !text.is_empty()),
                'e' => io.session.file(name).is_some() || io.session.is_folder(name),
                _ => false,
            };
            match ::shell::holds(&words[0], &words[1..], &is) {
                Ok(holds) => u8::from(!holds),
                Err(wrong) => {
                    io.err(format!("bash: {wrong}\n"));
                    2
                }
            }
        }
        _ => return None,
    })
}

/// `read A B` takes a line of what the list around it reads; the last name takes the rest of it.
fn read(names: &[String], io: &mut Io) -> Result<u8, Stop> {
    let Some(line) = io.read_line()? else { return Ok(1) };
    let names: Vec<&String> = names.iter().filter(|word| !word.starts_with('-')).collect();
    let mut left = line.trim();
    for (at, name) in names.iter().enumerate() {
        let (word, more) = if at + 1 == names.len() { (left, "") } else { left.split_once(char::is_whitespace).unwrap_or((left, "")) };
        io.session.env.insert(name.to_string(), word.to_string());
        left = more.trim_start();
    }
    Ok(0)
}

/// The names of a plain `read`, which is no command of a pipe: its input must stay read.
fn names_read(pipeline: &Pipeline) -> Option<Vec<String>> {
    let [command] = &pipeline.commands[..] else { return None };
    let plain = |word: &Word| match &word.0[..] {
        [Part::Text { text, .. }] => Some(text.clone()),
        _ => None,
    };
    let words: Vec<String> = command.words.iter().map(plain).collect::<Option<_>>()?;
    let (first, names) = words.split_first()?;
    (first == "read" && command.redirects.is_empty()).then(|| names.to_vec())
}

/// The exit code of a command that was ended by SIGPIPE.
const CUT: u8 = 141;

fn pipeline(pipeline: &Pipeline, io: &mut Io) -> Result<u8, Stop> {
    if let Some(names) = names_read(pipeline) {
        let code = read(&names, io)?;
        return Ok(if pipeline.not { u8::from(code == 0) } else { code });
    }
    let blocked = io.tape.blocked;
    io.background = pipeline.background;
    let pipe = io.tape.pipes;
    io.tape.pipes += 1;
    let mut stdin = io.stdin.clone();
    let mut result = Ok(0);
    let last = pipeline.commands.len().saturating_sub(1);
    let here = io.tape.woven.begin();
    let mut pens = Vec::new();
    for (place, part) in pipeline.commands.iter().enumerate() {
        let writers_wait = result == Err(Stop::Wait);
        io.tape.woven.enter(&here, place);
        let (mut verdict, mut pen) = match place < last {
            true => io.within_captured(stdin.clone(), |io| command(part, io)),
            false => io.within(stdin.clone(), |io| command(part, io)),
        };
        if verdict == Err(Stop::Cut) && io.tape.pass_cut(pipe) {
            verdict = Ok(CUT);
        }
        // A reader that has ended while its writers go on ends them; what only works and does not watch is waited for.
        let ended = matches!(verdict, Ok(_) | Err(Stop::Fail { .. }));
        if writers_wait && ended && io.tape.cut(pipe) {
            io.tape.blocked = blocked;
        } else if writers_wait {
            verdict = Err(Stop::Wait);
        }
        result = verdict;
        if place < last {
            // What is not for the pipe goes to the screen; the rest is the next one's input.
            let waits = result == Err(Stop::Wait);
            let text = pen.stdout();
            let errors = pen.stderr();
            pen = Pen::default();
            pen.err(&errors);
            stdin = Stdin::Text { text, more: waits };
            io.tape.blocked |= waits;
        }
        pens.push(pen);
        if result == Err(Stop::Cut) {
            break;
        }
    }
    let said = io.tape.woven.end(here, &pens);
    io.pen.append(&said);
    io.tape.blocked = blocked;
    io.tape.pipes = pipe;
    let code = result?;
    Ok(if pipeline.not { u8::from(code == 0) } else { code })
}

fn command(command: &Command, io: &mut Io) -> Result<u8, Stop> {
    let mut words = Vec::new();
    for word in &command.words {
        expand_all(word, io, &mut words)?;
    }
    let mut sets = Vec::new();
    for (name, value) in &command.sets {
        sets.push((name.clone(), joined(value, io)?));
    }
    let Targets { out, err, stdin } = match targets(command, io)? {
        Ok(targets) => targets,
        Err(words) => {
            io.err(words);
            return Ok(1);
        }
    };
    if words.is_empty() && command.group.is_none() {
        io.session.env.extend(sets);
        sets = Vec::new();
    }
    let input = stdin.unwrap_or_else(|| io.stdin.clone());
    let outer_env = io.session.env.clone();
    let scoped = !sets.is_empty();
    io.session.env.extend(sets);
    let body = |io: &mut Io| match &command.group {
        Some(inner) => group(inner, io),
        None => match own(&words, io) {
            Some(code) => Ok(code),
            None => builtin::call(&words, io),
        },
    };
    let plain = out == Goes::Out && err == Goes::Err;
    let (result, pen) = if plain { io.within(input, body) } else { io.within_captured(input, body) };
    if scoped {
        io.session.env = outer_env;
    }
    place(&pen, &out, &err, io);
    result
}

#[derive(Clone, PartialEq)]
enum Goes {
    Out,
    Err,
    File(String),
    Nowhere,
}

struct Targets {
    out: Goes,
    err: Goes,
    stdin: Option<Stdin>,
}

/// Where a command's outputs go and what it reads. The inner error is bash's sentence.
fn targets(command: &Command, io: &mut Io) -> Result<Result<Targets, String>, Stop> {
    let mut targets = Targets { out: Goes::Out, err: Goes::Err, stdin: None };
    for redirect in &command.redirects {
        match redirect {
            Redirect::From(word) => {
                let name = joined(word, io)?;
                let Some(text) = io.session.file(&name) else {
                    return Ok(Err(format!("bash: {name}: No such file or directory\n")));
                };
                targets.stdin = Some(Stdin::Text { text: text.to_string(), more: false });
            }
            Redirect::Here(word) => targets.stdin = Some(Stdin::Text { text: joined(word, io)?, more: false }),
            Redirect::Join { fd: 2, .. } => targets.err = targets.out.clone(),
            Redirect::Join { .. } => targets.out = targets.err.clone(),
            Redirect::To { fd, append, file } => {
                let name = joined(file, io)?;
                let goes = if name == "/dev/null" { Goes::Nowhere } else { Goes::File(name.clone()) };
                if goes != Goes::Nowhere && io.session.is_folder(&name) {
                    return Ok(Err(format!("bash: {name}: Is a directory\n")));
                }
                if goes != Goes::Nowhere && (!append || io.session.file(&name).is_none()) {
                    io.session.set_file(&name, "");
                }
                if *fd == 2 { targets.err = goes } else { targets.out = goes }
            }
        }
    }
    Ok(Ok(targets))
}

fn place(pen: &Pen, out: &Goes, err: &Goes, io: &mut Io) {
    for chunk in pen.chunks() {
        let (text, goes) = match chunk {
            Chunk::Out(text) => (text, out),
            Chunk::Err(text) => (text, err),
            other => {
                match other {
                    Chunk::Shown(_) => io.pen.push_shown(other),
                    _ => io.clear(),
                }
                continue;
            }
        };
        match goes {
            Goes::Out => io.out(text),
            Goes::Err => io.err(text),
            Goes::Nowhere => {}
            Goes::File(name) => {
                let all = format!("{}{text}", io.session.file(name).unwrap_or(""));
                io.session.set_file(name, all);
            }
        }
    }
}

/// A word as one text: no splitting, no file names.
fn joined(word: &Word, io: &mut Io) -> Result<String, Stop> {
    let mut text = String::new();
    for part in &word.0 {
        text.push_str(&value(part, io)?);
    }
    Ok(text)
}

fn value(part: &Part, io: &mut Io) -> Result<String, Stop> {
    Ok(match part {
        Part::Text { text, .. } => text.clone(),
        Part::Variable { name, .. } if name == "?" => io.session.last_code.to_string(),
        Part::Variable { name, .. } => io.session.env.get(name).cloned().unwrap_or_default(),
        Part::Shaped { name, sign, word, .. } => {
            let word = joined(word, io)?;
            let text = ::shell::shaped(io.session.env.get(name).map(String::as_str), sign, &word);
            if matches!(sign.as_str(), ":=" | "=") {
                io.session.env.insert(name.clone(), text.clone());
            }
            text
        }
        Part::Sum(text) => match ::shell::reckon(text, &|name| io.session.env.get(name).cloned().unwrap_or_default()) {
            Ok(number) => number.to_string(),
            Err(words) => {
                io.err(format!("{words}\n"));
                String::new()
            }
        },
        Part::Output { script: inner, .. } => {
            let (result, pen) = io.within_captured(Stdin::Text { text: String::new(), more: false }, |io| script(inner, io));
            io.err(pen.stderr());
            io.session.last_code = result?;
            pen.stdout().trim_end_matches('\n').to_string()
        }
    })
}

fn expand_all(word: &Word, io: &mut Io, all: &mut Vec<String>) -> Result<(), Stop> {
    for word in ::shell::braces(word) {
        all.extend(expand(&word, io)?);
    }
    Ok(())
}

/// A word as the words it becomes: split where `$X` and `$( )` stand bare, file names put in for `*`.
fn expand(word: &Word, io: &mut Io) -> Result<Vec<String>, Stop> {
    let mut words: Vec<String> = Vec::new();
    let mut open: Option<String> = None;
    let mut pattern = false;
    for (place, part) in word.0.iter().enumerate() {
        let text = value(part, io)?;
        let text = if place == 0 && matches!(part, Part::Text { quoted: false, .. }) && text == "~" { ".".to_string() } else { text };
        match part {
            Part::Text { quoted, .. } => {
                pattern |= !quoted && text.contains(['*', '?', '[']);
                open.get_or_insert_default().push_str(&text);
            }
            Part::Variable { quoted: true, .. } | Part::Shaped { quoted: true, .. } | Part::Output { quoted: true, .. } | Part::Sum(_) => {
                open.get_or_insert_default().push_str(&text)
            }
            _ => {
                let mut pieces = text.split_whitespace().peekable();
                if text.starts_with(char::is_whitespace) {
                    words.extend(open.take());
                }
                while let Some(piece) = pieces.next() {
                    open.get_or_insert_default().push_str(piece);
                    if pieces.peek().is_some() || text.ends_with(char::is_whitespace) {
                        words.extend(open.take());
                    }
                }
            }
        }
    }
    words.extend(open);
    if !pattern {
        return Ok(words);
    }
    Ok(words.into_iter().flat_map(|word| matching_files(&word, io)).collect())
}

/// The files that a pattern fits, or the pattern itself when none does.
fn matching_files(pattern: &str, io: &Io) -> Vec<String> {
    let wanted = crate::session::path(pattern);
    let depth = wanted.matches('/').count();
    let fits = |name: &&String| name.matches('/').count() == depth && ::shell::fits(&wanted, name);
    let found: Vec<String> = io.session.files().keys().filter(fits).cloned().collect();
    if found.is_empty() { vec![pattern.to_string()] } else { found }
}
