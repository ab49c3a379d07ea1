//! The kubeconfig that lets real clients in.
use std::net::SocketAddr;
use std::path::Path;

const MARK: &str = "current-context: kubarium";

/// Writes it; an existing file of somebody else's is left alone, in words.
pub fn write(file: &Path, address: SocketAddr) -> Result<(), String> {
    let there = std::fs::read_to_string(file).unwrap_or_default();
    if !there.trim().is_empty() && !there.lines().any(|line| line == MARK) {
        return Err(format!("{} is a kubeconfig of another cluster; name another file, it is not overwritten", file.display()));
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    std::fs::write(file, text(address)).map_err(|error| format!("{}: {error}", file.display()))
}

fn text(address: SocketAddr) -> String {
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: kubarium
  cluster:
    server: http://{address}
users:
- name: kubernetes-admin
  user: {{}}
contexts:
- name: kubarium
  context:
    cluster: kubarium
    user: kubernetes-admin
    namespace: default
{MARK}
"
    )
}
