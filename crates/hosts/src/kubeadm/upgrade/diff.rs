//! `kubeadm upgrade diff`: how the manifests of a version differ from those that are here.
use super::{connect, read};
use crate::call::{Call, Step, fail, quoted};
use crate::kubeadm::flags::Given;
use crate::kubeadm::phases::{MANIFESTS, manifests};
use crate::kubeadm::version::Version;
use objects::yaml;

const MANIFEST_NAMES: [&str; 3] = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

pub fn run(call: &mut Call, given: &Given) -> Step<()> {
    for name in MANIFEST_NAMES {
        let path = format!("{MANIFESTS}/{name}.yaml");
        if !call.machine.files.exists(&path) {
            return fail(format!("the manifest file {} does not exist: stat {path}: no such file or directory", quoted(&path)));
        }
    }
    let client = connect(call, given, true)?;
    let mut upgrade = read(call, given, client, "upgrade/diff")?;
    let wanted = given.words.first().cloned().unwrap_or_default();
    if wanted.is_empty() {
        return fail("missing one or more required arguments. Required arguments: [version]");
    }
    if Version::read(&wanted).is_none() {
        return fail(format!("could not parse {} as version", quoted(&wanted)));
    }
    upgrade.work.config.cluster.set(&["kubernetesVersion"], wanted);
    let context = usize::try_from(given.int("context-lines")).unwrap_or(0);
    for name in MANIFEST_NAMES {
        let path = format!("{MANIFESTS}/{name}.yaml");
        let Some(old) = call.machine.files.read(&path) else {
            return fail(format!("open {path}: no such file or directory"));
        };
        let new = yaml::write(&manifests::component(&upgrade.work.config, name));
        let shown = unified(&old, &new, &path, context);
        call.stdout.push_str(&shown);
    }
    Ok(())
}

/// A unified diff as difflib writes it; nothing for equal texts.
fn unified(old: &str, new: &str, path: &str, context: usize) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let edits = edits(&a, &b);
    let changed: Vec<usize> = (0..edits.len()).filter(|at| edits[*at].0 != ' ').collect();
    let Some(first) = changed.first() else { return String::new() };
    let mut text = format!("--- {path}\n+++ new manifest\n");
    let mut groups = vec![(first.saturating_sub(context), first + context + 1)];
    for at in &changed[1..] {
        match groups.last_mut() {
            Some(last) if at.saturating_sub(context) <= last.1 => last.1 = at + context + 1,
            _ => groups.push((at.saturating_sub(context), at + context + 1)),
        }
    }
    for (from, to) in groups {
        let to = to.min(edits.len());
        let count = |sign: char, part: &[(char, &str)]| part.iter().filter(|(mark, _)| *mark == ' ' || *mark == sign).count();
        let range = |sign| {
            let (before, inside) = (count(sign, &edits[..from]), count(sign, &edits[from..to]));
            if inside == 1 { format!("{}", before + 1) } else { format!("{},{inside}", before + usize::from(inside > 0)) }
        };
        text.push_str(&format!("@@ -{} +{} @@\n", range('-'), range('+')));
        edits[from..to].iter().for_each(|(mark, line)| text.push_str(&format!("{mark}{line}\n")));
    }
    text
}

/// Lines with ` `, `-` or `+`: the longest common part stays.
fn edits<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<(char, &'a str)> {
    let mut common = vec![vec![0u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] = if a[i] == b[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut all) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            all.push((' ', a[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < a.len() && (j == b.len() || common[i + 1][j] >= common[i][j + 1]) {
            all.push(('-', a[i]));
            i += 1;
        } else {
            all.push(('+', b[j]));
            j += 1;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_stands_between_its_neighbours() {
        let (old, new) = ("a\nb\nc\nd\ne\n", "a\nb\nX\nd\ne\n");
        assert_eq!(unified(old, new, "f", 1), "--- f\n+++ new manifest\n@@ -2,3 +2,3 @@\n b\n-c\n+X\n d\n");
        assert_eq!(unified(old, old, "f", 3), "");
    }
}
