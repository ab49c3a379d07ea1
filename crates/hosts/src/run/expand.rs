//! Words made into texts: variables, outputs, sums, patterns.
use super::login::Login;
use super::shell::Shell;
use crate::call::Stop;
use objects::Text;
use shell::{Part, Word};

impl Shell<'_> {
    pub(super) fn expand_all(&mut self, words: &[Word], all: &mut Vec<String>) -> Result<(), Stop> {
        for word in words {
            for word in shell::braces(word) {
                all.extend(self.expand(&word)?);
            }
        }
        Ok(())
    }

    /// A word's texts: variables and outputs replaced, split at spaces where they were not quoted, `*` matched with files.
    pub(super) fn expand(&mut self, word: &Word) -> Result<Vec<String>, Stop> {
        let (mut done, mut last, mut any, mut wild) = (Vec::new(), String::new(), false, false);
        for part in &word.0 {
            let (text, quoted) = match part {
                Part::Text { text, quoted } => {
                    wild |= !quoted && text.contains(['*', '?', '[']);
                    any |= *quoted || !text.is_empty();
                    last.push_str(text);
                    continue;
                }
                Part::Variable { name, quoted } => (self.variable(name), *quoted),
                Part::Shaped { name, sign, word, quoted } => (self.shaped(name, sign, word)?, *quoted),
                Part::Sum(text) => match shell::reckon(text, &|name| self.variable(name)) {
                    Ok(number) => (number.to_string(), true),
                    Err(words) => {
                        self.stderr.push_str(&format!("{words}\n"));
                        (String::new(), false)
                    }
                },
                Part::Output { script, quoted } => {
                    let before = self.stdout.len();
                    self.script(script, &mut String::new())?;
                    (self.stdout.split_off(before).trim_end_matches('\n').to_string(), *quoted)
                }
            };
            if quoted {
                (last.push_str(&text), any = true).1
            } else {
                let mut pieces = text.split_whitespace();
                if let Some(first) = pieces.next() {
                    (last.push_str(first), any = true).1
                }
                for piece in pieces {
                    done.push(std::mem::replace(&mut last, piece.to_string()));
                }
            }
        }
        if any {
            done.push(last);
        }
        if wild {
            done = done.into_iter().flat_map(|text| self.matches(&text)).collect();
        }
        if let Some(first) = done.first_mut().filter(|text| text.as_str() == "~" || text.starts_with("~/")) {
            *first = Login::new(&self.login.user).folder + &first[1..];
        }
        Ok(done)
    }

    fn shaped(&mut self, name: &str, sign: &str, word: &Word) -> Result<String, Stop> {
        let word = self.expand(word)?.join(" ");
        let value = self.variable(name);
        let value = Some(value).filter(|value| !value.is_empty() || self.login.variables.iter().any(|(known, _)| known == name));
        let text = shell::shaped(value.as_deref(), sign, &word);
        if matches!(sign, ":=" | "=") {
            self.set(name, text.clone());
        }
        Ok(text)
    }

    /// Files that a pattern means; the pattern itself where there is none. Each part between slashes may be a pattern.
    fn matches(&self, pattern: &str) -> Vec<String> {
        let absolute = pattern.starts_with('/');
        let mut found = vec![String::from(if absolute { "/" } else { "" })];
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            let mut next = Vec::new();
            for before in &found {
                let join = |name: &str| {
                    if before.is_empty() || before.ends_with('/') { format!("{before}{name}") } else { format!("{before}/{name}") }
                };
                if !part.contains(['*', '?', '[']) {
                    next.extend(Some(join(part)).filter(|path| self.machine.files.exists(&self.path(path))));
                    continue;
                }
                let folder = self.machine.files.real(&self.path(if before.is_empty() { "." } else { before }));
                let names = self.machine.files.names(&folder);
                let fits = |name: &&Text| shell::fits(part, name) && (!name.starts_with('.') || part.starts_with('.'));
                next.extend(names.iter().filter(fits).map(|name| join(name)));
            }
            found = next;
        }
        if found.is_empty() { vec![pattern.into()] } else { found }
    }
}
