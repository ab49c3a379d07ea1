//! Shells as programs: `sh -c`, `sh FILE`, a script read from a pipe, an executable text file.
use crate::call::{Call, Step, Stop};
use crate::{k3s, run};

/// `sh [-c TEXT [NAME] | FILE | -s] [ARGUMENT]…`
pub fn sh(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    // `-` and `--` end the shell's own options.
    let ends = |word: &String| word == "-" || word == "--";
    let mut flags = words.iter().take_while(|word| word.starts_with('-') && !ends(word)).count();
    if words[..flags].iter().any(|word| word.ends_with('c')) {
        let text = words.get(flags).cloned().unwrap_or_default();
        // The word behind the text is `$0`.
        return text_of(call, &text, words.get(flags + 2..).unwrap_or(&[]).to_vec());
    }
    let piped = words[..flags].iter().any(|word| word.contains('s')) || words.get(flags).is_some_and(|word| word == "-");
    flags += usize::from(words.get(flags).is_some_and(ends));
    let rest = words[flags..].to_vec();
    if piped || rest.is_empty() {
        let text = call.stdin.clone();
        return text_of(call, &text, rest);
    }
    let path = call.path(&rest[0]);
    match call.machine.files.read(&path) {
        Some(text) => {
            call.name = path;
            text_of(call, &text, rest[1..].to_vec())
        }
        None => {
            let name = call.name.rsplit('/').next().unwrap_or("sh").to_string();
            call.complain(format_args!("{name}: 0: cannot open {}: No such file", rest[0]));
            Err(Stop::Code(2))
        }
    }
}

/// A text file that was typed as a command.
pub fn file(call: &mut Call) -> Step<()> {
    let name = call.name.clone();
    let path = if name.contains('/') { call.path(&name) } else { call.machine.which(&name).unwrap_or(name) };
    let text = call.machine.files.read(&path).map(|text| text.to_string()).unwrap_or_default();
    let words = call.words.clone();
    call.name = path;
    text_of(call, &text, words)
}

fn text_of(call: &mut Call, text: &str, words: Vec<String>) -> Step<()> {
    match k3s::script(text) {
        Some(program) => {
            call.words = words;
            program(call)
        }
        None => run::script(call, text, &words),
    }
}
