//! `--record`: the command that changed an object, kept in its annotation.
use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, Info};
use crate::job::{Io, Stop};
use objects::Tree;
use objects::wire::{PatchKind, Verb};

const NAME: &str = "kubernetes.io/change-cause";

/// The flag; upstream hides it, too: it has no words.
pub const RECORD: Flag = flag("record", '\0', Takes::Bool, "false", "");

/// The command as it is kept, where that is asked for: its words, then its flags by name.
pub fn of(args: &Args) -> Option<String> {
    args.is("record").then(|| {
        let words: String = args.words.iter().map(|word| format!(" {word}")).collect();
        format!("kubectl {}{words}{}", args.path, args.spelled())
    })
}

/// Puts the command into an object, or into a patch of one.
pub fn record(args: &Args, tree: &mut Tree) {
    if let Some(cause) = of(args) {
        tree.set(&["metadata", "annotations", NAME], cause);
    }
}

/// Puts the command into the annotation of an object that was changed already.
pub fn keep(args: &Args, io: &mut Io, info: &Info) -> Result<(), Stop> {
    if !args.is("record") || args.text("dry-run") != "none" {
        return Ok(());
    }
    let mut patch = Tree::Null;
    record(args, &mut patch);
    let ask = client::request(args, Verb::Patch(PatchKind::Merge), &info.served, &info.namespace, &info.name).body(patch);
    io.fetch(ask).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_kept_as_it_was_typed() {
        let words = ["deploy/web", "nginx=nginx:1.28", "--record"].map(str::to_string);
        let args = Args::read("set image", &[&[RECORD]], &words).unwrap_or_default();
        assert_eq!(of(&args).as_deref(), Some("kubectl set image deploy/web nginx=nginx:1.28 --record=true"));
    }
}
