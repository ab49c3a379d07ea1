//! Where a shell in a container stands, and what a path means from there.
use crate::images::Files;

/// What stands in the root of every image.
pub const ROOT: [&str; 14] = ["bin", "dev", "etc", "home", "lib", "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var"];

/// A path from a directory, whole: without `.`, `..` and a slash at its end.
pub fn whole(directory: &str, path: &str) -> String {
    let from = if path.starts_with('/') { "" } else { directory };
    let mut names: Vec<&str> = Vec::new();
    for name in from.split('/').chain(path.split('/')) {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}

/// Whether a whole path is a directory: an image's own ones are known by the first of their names only.
pub fn is_directory(files: &Files, path: &str) -> bool {
    let top = path.split('/').nth(1).unwrap_or_default();
    !files.contains_key(path) && (path == "/" || ROOT.contains(&top) || files.keys().any(|name| is_inside(name, path)))
}

/// Whether a file, or the mark of an empty directory, lies below a whole path.
pub fn is_inside(name: &str, path: &str) -> bool {
    name.strip_prefix(path.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_path_is_read_from_where_the_shell_stands() {
        let cases = [
            ("/", "etc", "/etc"),
            ("/etc", "hosts", "/etc/hosts"),
            ("/etc", "../tmp/./a/", "/tmp/a"),
            ("/etc", "/var", "/var"),
            ("/", "..", "/"),
        ];
        for (directory, path, wanted) in cases {
            assert_eq!(whole(directory, path), wanted, "{directory} {path}");
        }
    }
}
