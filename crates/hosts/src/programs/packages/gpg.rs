//! gpg as far as repositories need it.
use crate::call::{Call, Step, fail};

/// `gpg --dearmor -o FILE`: keeps the key that comes in.
pub fn gpg(call: &mut Call) -> Step<()> {
    let words = call.words.clone();
    let at = words.iter().position(|word| word == "-o" || word == "--output");
    let Some(file) = at.and_then(|at| words.get(at + 1)) else { return fail("only --dearmor -o FILE is here") };
    if !call.stdin.contains("BEGIN PGP") {
        return fail("no valid OpenPGP data found.\ngpg: dearmoring failed: Unknown error");
    }
    let path = call.path(file);
    let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder).to_string();
    if !call.machine.files.is_folder(&folder) {
        return fail(format!("can't create '{file}': No such file or directory"));
    }
    if !call.is_root() && !path.starts_with(&format!("{}/", call.home())) {
        return fail(format!("can't create '{file}': Permission denied"));
    }
    let text = call.stdin.clone();
    call.machine.files.write(&path, &text);
    Ok(())
}
