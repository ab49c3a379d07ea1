//! `--patches`: files that change what kubeadm writes. Mirrors kubeadm's util/patches.
use crate::call::{Call, Step, fail, quoted};
use objects::{Map, Tree, yaml};
use std::cell::Cell;

/// The folder of `--patches`; "" for none. It is told about when it is first used.
#[derive(Debug, Default)]
pub struct Patches {
    pub folder: String,
    told: Cell<bool>,
}

impl Patches {
    pub fn new(folder: &str) -> Patches {
        Patches { folder: folder.into(), told: Cell::new(false) }
    }
}

const TARGETS: [&str; 7] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubeletconfiguration",
    "corednsdeployment",
    "kubeproxydaemonset",
];

/// How a patch is to be read, by the words of file names; upstream's media types.
const KINDS: [(&str, &str); 3] = [
    ("json", "application/json-patch+json"),
    ("merge", "application/merge-patch+json"),
    ("strategic", "application/strategic-merge-patch+json"),
];

/// A file of the folder: its target, its kind, its documents.
struct Patch {
    target: &'static str,
    kind: &'static str,
    documents: Vec<Tree>,
}

/// Says what the folder has.
fn read(call: &mut Call, folder: &str) -> Step<()> {
    let path = call.path(folder);
    call.say(format_args!("[patches] Reading patches from path {}", quoted(&path)));
    let (mut found, mut ignored) = (Vec::new(), Vec::new());
    for name in files(call, &path)? {
        match target_and_kind(&name).or_else(fail)? {
            Err(why) => {
                call.say(format_args!("[patches] Ignoring file {}: {why}", quoted(&name)));
                ignored.push(name);
            }
            Ok(_) if call.machine.files.read(&format!("{path}/{name}")).is_none_or(|text| text.is_empty()) => {
                call.say(format_args!("[patches] Ignoring empty file: {}", quoted(&name)));
                ignored.push(name);
            }
            Ok(_) => found.push(name),
        }
    }
    if !found.is_empty() {
        call.say(format_args!("[patches] Found the following patch files: [{}]", found.join(" ")));
    }
    if !ignored.is_empty() {
        call.say(format_args!("[patches] Ignored the following files: [{}]", ignored.join(" ")));
    }
    all(call, &path).map(|_| ())
}

fn files(call: &Call, path: &str) -> Step<Vec<String>> {
    let why = match call.machine.files.entry(path) {
        None => format!("lstat {path}: no such file or directory"),
        Some(_) if !call.machine.files.is_folder(path) => "not a directory".into(),
        Some(_) => {
            let plain = |name: &&objects::Text| !call.machine.files.is_folder(&format!("{path}/{name}"));
            return Ok(call.machine.files.names(path).iter().filter(plain).map(|name| name.to_string()).collect());
        }
    };
    fail(format!("could not list patch files for path {}: {why}", quoted(path)))
}

/// What a file name says; the inner error is why the file is passed over.
fn target_and_kind(name: &str) -> Result<Result<(&'static str, &'static str), String>, String> {
    if !name.rsplit_once('.').is_some_and(|(head, end)| !head.is_empty() && matches!(end, "json" | "yaml")) {
        return Ok(Err("the file extension must be one of [json yaml]".into()));
    }
    let Some(target) = TARGETS.into_iter().filter(|target| name.starts_with(target)).max_by_key(|target| target.len()) else {
        return Ok(Err(format!("unknown target, must be one of [{}]", TARGETS.join(" "))));
    };
    let rest = &name[target.len()..];
    let suffix = rest.find(['.', '+']).map_or(rest, |at| &rest[at..]);
    let Some(kind) = suffix.strip_prefix('+') else { return Ok(Ok((target, KINDS[2].1))) };
    match KINDS.iter().find(|(word, _)| kind.starts_with(word)) {
        Some((_, kind)) => Ok(Ok((target, kind))),
        None => Err("unknown or missing patch type after '+', must be one of [json merge strategic]".into()),
    }
}

fn all(call: &Call, path: &str) -> Step<Vec<Patch>> {
    let mut patches = Vec::new();
    for name in files(call, path)? {
        let Ok(Ok((target, kind))) = target_and_kind(&name) else { continue };
        let text = call.machine.files.read(&format!("{path}/{name}")).unwrap_or_default();
        let read = yaml::read(&text).map_err(|problem| format!("could not convert patch to JSON:\n{text}\n: {}", problem.message));
        let documents = read.or_else(fail)?.into_iter().map(|one| one.tree).filter(|tree| !tree.is_null()).collect();
        patches.push(Patch { target, kind, documents });
    }
    Ok(patches)
}

/// The object with the patches of a folder.
pub fn apply(call: &mut Call, patches: &Patches, target: &str, mut object: Tree) -> Step<Tree> {
    if patches.folder.is_empty() {
        return Ok(object);
    }
    if !patches.told.replace(true) {
        read(call, &patches.folder)?;
    }
    let path = call.path(&patches.folder);
    for patch in all(call, &path)?.into_iter().filter(|patch| patch.target == target) {
        for document in &patch.documents {
            let done = match patch.kind {
                "application/json-patch+json" => operations(&mut object, document),
                "application/merge-patch+json" => {
                    merge(&mut object, document, false);
                    Ok(())
                }
                _ => {
                    merge(&mut object, document, true);
                    Ok(())
                }
            };
            if let Err(why) = done {
                let shown = document.to_json();
                return fail(format!(
                    "could not apply the following patch of type {} to target {}:\n{shown}\n: {why}",
                    quoted(patch.kind),
                    quoted(target)
                ));
            }
            call.say(format_args!("[patches] Applied patch of type {} to target {}", quoted(patch.kind), quoted(target)));
        }
    }
    Ok(object)
}

/// Merges maps; null takes away. `strategic`: lists of named things are merged by their names, as those of a Pod are.
fn merge(tree: &mut Tree, patch: &Tree, strategic: bool) {
    let Tree::Map(fields) = patch else {
        *tree = patch.clone();
        return;
    };
    if !matches!(tree, Tree::Map(_)) {
        *tree = Tree::from(Map::default());
    }
    for (key, value) in fields.iter().filter(|(key, _)| !(strategic && key.starts_with('$'))) {
        if value.is_null() {
            tree.map_mut().remove(key);
            continue;
        }
        let old = tree.map_mut().entry(key);
        match (strategic && is_named(value), &mut *old) {
            (true, Tree::List(_)) => merge_named(old, value),
            _ => merge(old, value, strategic),
        }
    }
}

fn is_named(value: &Tree) -> bool {
    !value.items().is_empty() && value.items().iter().all(|one| one.has("name"))
}

fn merge_named(list: &mut Tree, patch: &Tree) {
    for one in patch.items() {
        let same = |other: &Tree| other.get("name") == one.get("name");
        let delete = one.get("$patch").text() == "delete";
        match list.items().iter().position(same) {
            Some(at) if delete => {
                list.list_mut().remove(at);
            }
            Some(at) => merge(&mut list.list_mut()[at], one, true),
            None if delete => {}
            // Upstream puts what is new in front.
            None => list.list_mut().insert(0, one.clone()),
        }
    }
}

/// RFC 6902.
fn operations(tree: &mut Tree, patch: &Tree) -> Result<(), String> {
    for one in patch.items() {
        let path = one.get("path").text();
        let from = one.get("from").text();
        match one.get("op").text() {
            "add" => put(tree, path, one.get("value").clone(), true)?,
            "replace" => put(tree, path, one.get("value").clone(), false)?,
            "remove" => drop(take(tree, path)?),
            "move" => {
                let value = take(tree, from)?;
                put(tree, path, value, true)?;
            }
            "copy" => {
                let value = look(tree, from).cloned().ok_or_else(|| missing("copy", from))?;
                put(tree, path, value, true)?;
            }
            "test" if look(tree, path) == Some(one.get("value")) => {}
            "test" => return Err(format!("testing value {path} failed: test failed")),
            other => return Err(format!("Unexpected kind: {other}")),
        }
    }
    Ok(())
}

fn missing(operation: &str, path: &str) -> String {
    format!("{operation} operation does not apply: doc is missing path: {path}: missing value")
}

fn parts(path: &str) -> Vec<String> {
    path.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

fn look<'a>(tree: &'a Tree, path: &str) -> Option<&'a Tree> {
    parts(path).iter().try_fold(tree, |tree, part| match tree {
        Tree::Map(map) => map.get(part),
        Tree::List(_) => tree.items().get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The place that holds the last part of a path.
fn holder<'a>(tree: &'a mut Tree, path: &[String]) -> Option<&'a mut Tree> {
    path.iter().try_fold(tree, |tree, part| match tree {
        Tree::Map(_) => tree.map_mut().get_mut(part),
        Tree::List(_) => tree.list_mut().get_mut(part.parse::<usize>().ok()?),
        _ => None,
    })
}

fn put(tree: &mut Tree, path: &str, value: Tree, add: bool) -> Result<(), String> {
    let operation = if add { "add" } else { "replace" };
    if !add && look(tree, path).is_none() {
        return Err(missing(operation, path));
    }
    let all = parts(path);
    let Some((last, before)) = all.split_last() else {
        *tree = value;
        return Ok(());
    };
    let place = holder(tree, before).ok_or_else(|| missing(operation, path))?;
    match place {
        Tree::Map(_) => {
            place.map_mut().insert(last.as_str(), value);
        }
        Tree::List(_) => {
            let list = place.list_mut();
            let at = if last == "-" { list.len() } else { last.parse().map_err(|_| missing(operation, path))? };
            match (add, at <= list.len()) {
                (true, true) => list.insert(at, value),
                (false, _) => list[at] = value,
                _ => return Err(missing(operation, path)),
            }
        }
        _ => return Err(missing(operation, path)),
    }
    Ok(())
}

fn take(tree: &mut Tree, path: &str) -> Result<Tree, String> {
    let all = parts(path);
    let (last, before) = all.split_last().ok_or_else(|| missing("remove", path))?;
    let place = holder(tree, before).ok_or_else(|| missing("remove", path))?;
    let taken = match place {
        Tree::Map(_) => place.map_mut().remove(last),
        Tree::List(_) => last.parse::<usize>().ok().filter(|at| *at < place.items().len()).map(|at| place.list_mut().remove(at)),
        _ => None,
    };
    taken.ok_or_else(|| missing("remove", path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    #[test]
    fn file_names_say_target_and_kind() {
        assert_eq!(target_and_kind("kube-apiserver0+merge.yaml"), Ok(Ok(("kube-apiserver", KINDS[1].1))));
        assert_eq!(target_and_kind("etcd.json"), Ok(Ok(("etcd", KINDS[2].1))));
        assert!(target_and_kind("kube-apiserver+nope.yaml").is_err());
        assert!(target_and_kind("README.md").is_ok_and(|inner| inner.is_err()));
        assert!(target_and_kind("nginx.yaml").is_ok_and(|inner| inner.is_err()));
    }

    #[test]
    fn containers_are_merged_by_name() {
        let mut pod = map! {"spec": map! {"containers": list![map! {"name": "etcd", "image": "a"}], "dnsPolicy": "Default"}};
        let patch = map! {"spec": map! {"containers": list![map! {"name": "etcd", "resources": map! {"x": 1}}], "dnsPolicy": Tree::Null}};
        merge(&mut pod, &patch, true);
        let wanted = map! {"spec": map! {"containers": list![map! {"name": "etcd", "image": "a", "resources": map! {"x": 1}}]}};
        assert_eq!(pod, wanted);
    }

    #[test]
    fn operations_act_at_their_paths() {
        let mut tree = map! {"a": list![1, 2], "b": map! {"c/d": "x"}};
        let patch = list![
            map! {"op": "add", "path": "/a/-", "value": 3},
            map! {"op": "remove", "path": "/a/0"},
            map! {"op": "replace", "path": "/b/c~1d", "value": "y"},
        ];
        assert_eq!(operations(&mut tree, &patch), Ok(()));
        assert_eq!(tree, map! {"a": list![2, 3], "b": map! {"c/d": "y"}});
        let wrong = list![map! {"op": "replace", "path": "/z", "value": 1}];
        assert_eq!(operations(&mut tree, &wrong), Err("replace operation does not apply: doc is missing path: /z: missing value".into()));
    }
}
