//! A parsed line carried out: expansion, redirections, pipes, and the choice between builtins and kubectl.
use super::builtin;
use crate::job::{Io, Stdin, Stop};
use crate::pen::{Chunk, Pen};
use ::shell::{Command, Join, Part, Pipeline, Redirect, Script, TURNS_MOST, Turns, Word};

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
    }
    Ok(code)
}

/// The exit code of a command that was ended by SIGPIPE.
const CUT: u8 = 141;

fn pipeline(pipeline: &Pipeline, io: &mut Io) -> Result<u8, Stop> {
    let blocked = io.tape.blocked;
    io.background = pipeline.background;
    let pipe = io.tape.pipes;
    io.tape.pipes += 1;
    let mut stdin = io.stdin.clone();
    let mut result = Ok(0);
    let last = pipeline.commands.len().saturating_sub(1);
    for (place, part) in pipeline.commands.iter().enumerate() {
        let writers_wait = result == Err(Stop::Wait);
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
        io.pen.append(&pen);
        if result == Err(Stop::Cut) {
            break;
        }
    }
    io.tape.blocked = blocked;
    io.tape.pipes = pipe;
    let code = result?;
    Ok(if pipeline.not { u8::from(code == 0) } else { code })
}

fn command(command: &Command, io: &mut Io) -> Result<u8, Stop> {
    let mut words = Vec::new();
    for word in &command.words {
        words.extend(expand(word, io)?);
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
        Some(group) => match &command.turns {
            Some(turns) => looped(turns, group, io),
            None => script(group, io),
        },
        None => builtin::call(&words, io),
    };
    let plain = out == Goes::Out && err == Goes::Err;
    let (result, pen) = if plain { io.within(input, body) } else { io.within_captured(input, body) };
    if scoped {
        io.session.env = outer_env;
    }
    place(&pen, &out, &err, io);
    result
}

/// A loop: once for each word, or as long as its condition holds.
fn looped(turns: &Turns, body: &Script, io: &mut Io) -> Result<u8, Stop> {
    let mut code = 0;
    match turns {
        Turns::Each { name, words } => {
            let mut values = Vec::new();
            for word in words {
                values.extend(expand(word, io)?.into_iter().flat_map(::shell::ranged));
            }
            for value in values {
                io.session.env.insert(name.clone(), value);
                code = script(body, io)?;
            }
        }
        Turns::While { condition, until } => {
            for turn in 0.. {
                if (script(condition, io)? == 0) == *until {
                    break;
                }
                if turn == TURNS_MOST {
                    io.err(format!("bash: a loop that nothing ends is stopped here after {TURNS_MOST} turns\n"));
                    return Ok(1);
                }
                code = script(body, io)?;
            }
        }
    }
    Ok(code)
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
        Part::Output { script: inner, .. } => {
            let (result, pen) = io.within_captured(Stdin::Text { text: String::new(), more: false }, |io| script(inner, io));
            io.err(pen.stderr());
            io.session.last_code = result?;
            pen.stdout().trim_end_matches('\n').to_string()
        }
    })
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
                pattern |= !quoted && text.contains(['*', '?']);
                open.get_or_insert_default().push_str(&text);
            }
            Part::Variable { quoted: true, .. } | Part::Output { quoted: true, .. } => open.get_or_insert_default().push_str(&text),
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
    let fits = |name: &&String| name.matches('/').count() == depth && super::glob(&wanted, name);
    let found: Vec<String> = io.session.files().keys().filter(fits).cloned().collect();
    if found.is_empty() { vec![pattern.to_string()] } else { found }
}
