//! What K3s's sites answer: the installer, the channels, the release files.
use super::release::{channel, digest, exists, files_of};
use crate::outside::Page;

/// The installer's text. A shell that reads it carries out the installer's steps in Rust.
pub const INSTALLER: &str = concat!(
    "#!/bin/sh\n",
    "# K3s installer. In life this is a shell script of 1,200 lines; here its steps are carried out by the simulator.\n",
    "# Usage: curl -sfL https://get.k3s.io | ENV_VAR=... sh -\n",
);

const RELEASES: &str = "https://github.com/k3s-io/k3s/releases/download/";
const CHANNELS: &str = "https://update.k3s.io/v1-release/channels/";
/// "A single binary of less than 100 MB": k3s-io/docs, introduction.
const BINARY_BYTES: u64 = 78_000_000;

/// The page behind an URL; `None` when it is none of K3s's.
pub fn page(url: &str) -> Option<Page> {
    if matches!(url.trim_end_matches('/'), "https://get.k3s.io" | "http://get.k3s.io") {
        return Some(Page::text(INSTALLER).of_bytes(38_000));
    }
    if let Some(name) = url.strip_prefix(CHANNELS) {
        return Some(match channel(name) {
            Some(version) => Page::moved(&format!("https://github.com/k3s-io/k3s/releases/tag/{version}")),
            None => Page::missing(),
        });
    }
    let (version, file) = url.strip_prefix(RELEASES)?.split_once('/')?;
    let version = version.replace("%2B", "+");
    if !exists(&version) {
        return Some(Page::missing());
    }
    if let Some(arch) = file.strip_prefix("sha256sum-").and_then(|rest| rest.strip_suffix(".txt")) {
        let suffix = ["x86_64", "aarch64", "armv7l", "s390x"].iter().filter_map(|one| files_of(one)).find(|(name, _)| *name == arch);
        return Some(match suffix {
            Some((arch, suffix)) => Page::text(&format!("{}  k3s{suffix}\n", digest(&version, arch))),
            None => Page::missing(),
        });
    }
    let arch = match file {
        "k3s" => "amd64",
        "k3s-arm64" => "arm64",
        "k3s-armhf" => "arm",
        "k3s-s390x" => "s390x",
        _ => return Some(Page::missing()),
    };
    Some(Page::text(&format!("k3s {version} {arch}\n")).of_bytes(BINARY_BYTES))
}
