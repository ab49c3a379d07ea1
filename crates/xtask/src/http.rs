//! A small file server for one folder, for looking at the page; not for the internet.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};

const TYPES: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("json", "application/json"),
    ("webmanifest", "application/manifest+json"),
    ("yaml", "text/yaml; charset=utf-8"),
    ("md", "text/markdown; charset=utf-8"),
];

/// Answers requests for files below `folder` until the process ends; one thread per connection.
pub fn serve(listener: &TcpListener, folder: &Path) {
    for stream in listener.incoming().flatten() {
        let folder = folder.to_path_buf();
        // A browser that goes away in the middle is no matter.
        std::thread::spawn(move || drop(answer(&stream, &folder)));
    }
}

fn answer(mut stream: &TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    // The rest of the head is read to its end, so that the browser is not cut off while it still sends.
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if method != "GET" && method != "HEAD" {
        return stream.write_all(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    let found = file_for(target).and_then(|path| std::fs::read(folder.join(&path)).ok().map(|body| (content_type(&path), body)));
    let (status, kind, body) = match found {
        Some((kind, body)) => ("200 OK", kind, body),
        None => ("404 Not Found", "text/plain", b"not found\n".to_vec()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\ncache-control: no-cache\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    if method == "GET" { stream.write_all(&body) } else { Ok(()) }
}

/// The file that a request's target names, relative to the folder; nothing for a way out of it.
fn file_for(target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_string() };
    let path = PathBuf::from(path);
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

fn content_type(path: &Path) -> &'static str {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    TYPES.iter().find(|(known, _)| *known == ending).map_or("application/octet-stream", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_files_and_never_leaves_the_folder() {
        let name = |target| file_for(target).map(|path| path.display().to_string());
        assert_eq!(name("/").as_deref(), Some("index.html"));
        assert_eq!(name("/engine_bg.wasm?v=1").as_deref(), Some("engine_bg.wasm"));
        assert_eq!(name("/lessons/pods/").as_deref(), Some("lessons/pods/index.html"));
        assert_eq!(name("/../Cargo.toml"), None);
        assert_eq!(name("//etc/passwd"), None);
    }

    #[test]
    fn tells_browsers_what_wasm_is() {
        assert_eq!(content_type(Path::new("page_bg.wasm")), "application/wasm");
    }
}
