//! echo, date, sleep, watch, env and the like.
use super::{FILTERS, TABLE};
use crate::job::{Flow, Io, Stop};
use simcore::Duration;

pub fn yes(_: &[String], _: &mut Io) -> Result<u8, Stop> {
    Ok(0)
}

pub fn no(_: &[String], _: &mut Io) -> Result<u8, Stop> {
    Ok(1)
}

pub fn echo(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let flags = words.iter().take_while(|word| matches!(word.as_str(), "-n" | "-e" | "-ne" | "-en")).count();
    let has = |letter| words[..flags].iter().any(|flag| flag.contains(letter));
    let text = words[flags..].join(" ");
    let text = if has('e') { text.replace("\\n", "\n").replace("\\t", "\t") } else { text };
    io.out(text);
    io.out(if has('n') { "" } else { "\n" });
    Ok(0)
}

pub fn printf(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let Some((format, rest)) = words.split_first() else {
        io.err("bash: printf: usage: printf [-v var] format [arguments]\n");
        return Ok(2);
    };
    io.out(shell::printf(format, rest));
    Ok(0)
}

pub fn clear(_: &[String], io: &mut Io) -> Result<u8, Stop> {
    io.clear();
    Ok(0)
}

/// `date`, and `date -u +%Y-%m-%dT%H:%M:%SZ` with the usual letters. Always UTC.
pub fn date(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let stamp = io.now().rfc3339();
    let long = io.now().rfc1123();
    let (day, month) = (&long[..3], &long[8..11]);
    let Some(format) = words.iter().find_map(|word| word.strip_prefix('+')) else {
        io.out(format!("{day} {month} {} {} UTC {}\n", &stamp[8..10], &stamp[11..19], &stamp[..4]));
        return Ok(0);
    };
    let seconds = (io.now().0 / 1_000_000).to_string();
    let letters = [
        ("%F", &stamp[..10]),
        ("%T", &stamp[11..19]),
        ("%Y", &stamp[..4]),
        ("%m", &stamp[5..7]),
        ("%d", &stamp[8..10]),
        ("%H", &stamp[11..13]),
        ("%M", &stamp[14..16]),
        ("%S", &stamp[17..19]),
        ("%s", &seconds),
        ("%a", day),
        ("%b", month),
        ("%Z", "UTC"),
    ];
    let text = letters.iter().fold(format.to_string(), |text, (letter, value)| text.replace(letter, value));
    io.out(format!("{text}\n"));
    Ok(0)
}

pub fn pwd(_: &[String], io: &mut Io) -> Result<u8, Stop> {
    io.out("/home/learner\n");
    Ok(0)
}

pub fn env(_: &[String], io: &mut Io) -> Result<u8, Stop> {
    let lines: String = io.session.env.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    io.out(lines);
    Ok(0)
}

pub fn export(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    for word in words {
        if let Some((name, value)) = word.split_once('=') {
            io.session.env.insert(name.to_string(), value.to_string());
        }
    }
    Ok(0)
}

pub fn history(_: &[String], io: &mut Io) -> Result<u8, Stop> {
    let lines: String = io.session.history.iter().enumerate().map(|(at, line)| format!("{:5}  {line}\n", at + 1)).collect();
    io.out(lines);
    Ok(0)
}

pub fn help(_: &[String], io: &mut Io) -> Result<u8, Stop> {
    io.out("kubectl      the Kubernetes client (k for short); kubectl help lists its commands\n");
    let mut all: Vec<(&str, &str)> = TABLE.iter().map(|row| (row.0, row.1)).chain(FILTERS.iter().copied()).collect();
    all.sort_unstable();
    for (name, what) in all {
        io.out(format!("{name:12} {what}\n"));
    }
    io.out("Pipes, &&, ||, ;, >, >>, <, <<EOF, $NAME and $(command) work as in bash.\n");
    Ok(0)
}

/// `sleep 5`, `sleep 0.5`, `sleep 2m`.
pub fn sleep(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let mut total = Duration::ZERO;
    for word in words {
        let Some(span) = seconds(word) else {
            io.err(format!("sleep: invalid time interval '{word}'\nTry 'sleep --help' for more information.\n"));
            return Ok(1);
        };
        total = total + span;
    }
    if words.is_empty() {
        io.err("sleep: missing operand\nTry 'sleep --help' for more information.\n");
        return Ok(1);
    }
    let until = io.now() + total;
    io.sleep_until(until)?;
    Ok(0)
}

fn seconds(word: &str) -> Option<Duration> {
    let with_unit = if word.ends_with(|c: char| c.is_ascii_digit()) { format!("{word}s") } else { word.to_string() };
    crate::args::span(&with_unit).ok()
}

pub fn time(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let start = io.now();
    let code = super::call(words, io)?;
    let took = io.now().since(start);
    io.err(format!("\nreal\t{}m{}.{:03}s\n", took.as_secs() / 60, took.as_secs() % 60, took.as_millis() % 1000));
    Ok(code)
}

/// `watch [-n SECONDS] command`: a wiped screen and the command again, every two seconds, until Ctrl+C.
pub fn watch(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (pause, command) = match words {
        [flag, value, rest @ ..] if flag == "-n" || flag == "--interval" => (seconds(value).unwrap_or(Duration::secs(2)), rest),
        [flag, rest @ ..] if flag.starts_with("-n") => (seconds(&flag[2..]).unwrap_or(Duration::secs(2)), rest),
        all => (Duration::secs(2), all),
    };
    if command.is_empty() {
        io.err("Usage: watch [-n seconds] command\n");
        return Ok(1);
    }
    let title = command.join(" ");
    // One quoted word is a whole line: watch 'kubectl get pods | grep web'.
    let line = if command.len() == 1 { ::shell::parse(&command[0]).ok() } else { None };
    io.rounds(|io, _| {
        io.clear();
        let stamp = io.now().rfc3339();
        io.out(format!("Every {pause}: {title}    {}\n\n", &stamp[11..19]));
        match &line {
            Some(script) => crate::shell::run::script(script, io)?,
            None => super::call(command, io)?,
        };
        let until = io.now() + pause;
        io.sleep_until(until)?;
        Ok(Flow::More)
    })?;
    Ok(0)
}
