//! The pages of the Internet that installers read: K3s's sites, package repositories and their keys.
use crate::k3s;
use crate::machine::packages;
use crate::outside::Page;

/// What stands at an URL; `None`: the host is nobody's here.
pub fn page(url: &str) -> Option<Page> {
    if let Some(page) = k3s::page(url) {
        return Some(page);
    }
    let rest = url.split_once("://")?.1;
    if let Some(minor) = rest.strip_prefix("pkgs.k8s.io/core:/stable:/v1.").and_then(|rest| rest.split('/').next()) {
        let known = minor.parse::<u32>().is_ok_and(|minor| packages::MINORS.contains(&minor));
        return Some(match rest.rsplit('/').next() {
            _ if !known => Page { code: 403, ..Page::missing() },
            Some("Release.key") => Page::text(KEY).of_bytes(1_700),
            _ => Page::text("").of_bytes(20_000),
        });
    }
    match rest.split('/').next() {
        Some("dl.k8s.io") if rest.ends_with("/stable.txt") || rest.ends_with("/stable-1.txt") => Some(Page::text("v1.37.2")),
        Some("download.docker.com") if rest.ends_with("/gpg") => Some(Page::text(KEY).of_bytes(3_800)),
        Some("deb.debian.org") => Some(Page::text("").of_bytes(9_000_000)),
        Some("download.docker.com") => Some(Page::text("").of_bytes(60_000)),
        _ => None,
    }
}

const KEY: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQENBGMHoXcBCADukGOEQyleViOgtkMVa7hKifP6POCTh+98xNW4TfHK/nBJN2sm\n-----END PGP PUBLIC KEY BLOCK-----\n";
