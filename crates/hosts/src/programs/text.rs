//! Programs on text: echo, printf, tee, find, xargs, the editors, and those that turn text into text.
use super::apart;
use crate::call::{Call, Step, Stop};

pub fn echo(call: &mut Call) -> Step<()> {
    let bare = call.words.first().is_some_and(|word| word == "-n");
    let text = call.words[usize::from(bare)..].join(" ");
    call.stdout.push_str(&text);
    if !bare {
        call.stdout.push('\n');
    }
    Ok(())
}

/// `printf FORMAT [ARGUMENT]…`.
pub fn printf(call: &mut Call) -> Step<()> {
    if call.words.is_empty() {
        call.complain("bash: printf: usage: printf [-v var] format [arguments]");
        return Err(Stop::Code(2));
    }
    let text = call.words.split_first().map(|(format, rest)| shell::printf(format, rest));
    call.stdout.push_str(&text.unwrap_or_default());
    Ok(())
}

/// Files and input of a program.
struct Hands<'a, 'b> {
    call: &'a mut Call<'b>,
}

impl filters::Source for Hands<'_, '_> {
    fn stdin(&mut self, _: bool) -> Option<(String, bool)> {
        Some((self.call.stdin.clone(), false))
    }

    fn file(&mut self, name: &str) -> Result<String, &'static str> {
        self.call.open(name)
    }

    fn write(&mut self, name: &str, text: String) -> Result<(), &'static str> {
        let path = self.call.path(name);
        if !self.call.is_root() && !path.starts_with(&self.call.home()) && !path.starts_with("/tmp/") {
            return Err("Permission denied");
        }
        self.call.machine.files.write(&path, &text);
        Ok(())
    }

    fn below(&mut self, name: &str) -> Option<Vec<String>> {
        let full = self.call.machine.files.real(&self.call.path(name));
        let files = &self.call.machine.files;
        files.is_folder(&full).then(|| {
            let texts = files.below(&full).into_iter().filter(|path| files.read(path).is_some());
            texts.map(|path| [name.trim_end_matches('/'), &path[full.trim_end_matches('/').len()..]].concat()).collect()
        })
    }
}

/// A program that turns text into text, by its name.
pub fn filter(call: &mut Call) -> Step<()> {
    let name = call.name.rsplit('/').next().unwrap_or_default().to_string();
    let words = call.words.clone();
    let Some(filter) = filters::find(&name) else { return Err(Stop::Code(127)) };
    let done = filter(&words, &mut Hands { call });
    call.stdout.push_str(&done.out);
    call.stderr.push_str(&done.err);
    if done.code == 0 { Ok(()) } else { Err(Stop::Code(done.code)) }
}

/// `xargs [-n N] [-I {}] [-r] COMMAND…`: a command with the words of the input behind it.
pub fn xargs(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (mut each, mut mark, mut command) = (usize::MAX, None, Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.get(..2) {
            _ if !command.is_empty() => command.push(word.as_str()),
            Some("-n") | Some("-L") => {
                each = if word.len() > 2 { word[2..].parse() } else { rest.next().map_or("", String::as_str).parse() }.unwrap_or(1).max(1)
            }
            Some("-I") => mark = Some(if word.len() > 2 { &word[2..] } else { rest.next().map_or("{}", String::as_str) }),
            Some("-P" | "-d") if word.len() == 2 => drop(rest.next()),
            Some(flag) if flag.starts_with('-') && word != "-" => {}
            _ => command.push(word),
        }
    }
    if command.is_empty() {
        command.push("echo");
    }
    let input = call.stdin.clone();
    let items: Vec<&str> = if mark.is_some() { input.lines().collect() } else { input.split_whitespace().collect() };
    let quote = |word: &str| ["'", &word.replace('\'', "'\\''"), "'"].concat();
    let lines: Vec<String> = match mark {
        Some(mark) => items
            .iter()
            .map(|item| command.iter().map(|word| quote(&word.replace(mark, item.trim()))).collect::<Vec<_>>().join(" "))
            .collect(),
        None => items.chunks(each).map(|items| command.iter().chain(items).map(|word| quote(word)).collect::<Vec<_>>().join(" ")).collect(),
    };
    call.stdin.clear();
    let text = lines.join("\n");
    match crate::run::script(call, &text, &[]) {
        Err(Stop::Code(code)) => Err(Stop::Code(if code == 127 { 127 } else { 123 })),
        other => other,
    }
}

pub fn tee(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let (flags, files) = apart(&words);
    for file in files {
        let path = call.path(file);
        let old = if flags.contains(&"-a") {
            call.machine.files.read(&path).map(|text| text.to_string()).unwrap_or_default()
        } else {
            String::new()
        };
        let text = old + &call.stdin;
        call.machine.files.write(&path, &text);
    }
    let text = call.stdin.clone();
    call.stdout.push_str(&text);
    Ok(())
}

/// The person edits; the page opens the file.
pub fn edit(call: &mut Call) -> Step<()> {
    let path = call.words.iter().find(|word| !word.starts_with('-')).cloned();
    call.edit = path.map(|path| call.path(&path));
    Ok(())
}

/// `find DIR… [-type f|d] [-name '*.crt'] [-printf "%M %s %p\\n"]`
pub fn find(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let after = |flag: &str| words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1)).map(String::as_str);
    let mut code = 0;
    for start in words.iter().take_while(|word| !word.starts_with('-')) {
        let full = call.path(start);
        if !call.machine.files.is_folder(&full) {
            call.complain(format_args!("find: '{start}': No such file or directory"));
            code = 1;
            continue;
        }
        let mut paths = vec![full.clone()];
        paths.extend(call.machine.files.below(&full).iter().map(|path| path.to_string()));
        for path in paths {
            let Some(file) = call.machine.files.get(&path).cloned() else { continue };
            let folder = file.kind == crate::machine::Kind::Folder;
            let end = after("-name").map(|name| name.trim_start_matches('*'));
            if after("-type").is_some_and(|kind| (kind == "d") != folder) || end.is_some_and(|end| !path.ends_with(end)) {
                continue;
            }
            match after("-printf") {
                None => call.say(path),
                Some(form) => {
                    let size = file.size().to_string();
                    let line = form.replace("%M", &file.permissions()).replace("%s", &size).replace("%p", &path).replace("\\n", "\n");
                    call.stdout.push_str(&line);
                }
            }
        }
    }
    if code == 0 { Ok(()) } else { Err(Stop::Code(code)) }
}
