//! K3s's releases as data: versions, channels, names of the files to download, images of what comes bundled.

/// A release as far as its own words tell it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Release {
    /// `v1.37.1+k3s1`
    pub version: &'static str,
    /// The first eight digits of the commit, as `k3s --version` shows them.
    pub commit: &'static str,
    pub go: &'static str,
    /// `2.3.4-k3s1`, as a Node's status tells it.
    pub containerd: &'static str,
}

/// Known releases, the newest first. A commit or Go version that no source tells is empty, and then is not printed.
const RELEASES: &[Release] = &[
    Release { version: "v1.37.1+k3s1", commit: "356c0254", go: "", containerd: "2.3.4-k3s1" },
    Release { version: "v1.37.0+k3s1", commit: "bb7cf065", go: "", containerd: "2.3.4-k3s1" },
    Release { version: "v1.36.5+k3s1", commit: "", go: "", containerd: "2.3.4-k3s1.36" },
    Release { version: "v1.36.3+k3s1", commit: "5aed4d7b", go: "", containerd: "2.3.2-k3s2" },
    Release { version: "v1.36.2+k3s1", commit: "", go: "", containerd: "2.3.2-k3s2" },
    Release { version: "v1.35.4+k3s1", commit: "5dc8fe68", go: "go1.25.9", containerd: "2.2.3-k3s1" },
];

/// The release of a version; a version that is not in the table has its Kubernetes' newest containerd.
pub fn release(version: &str) -> Release {
    RELEASES.iter().find(|one| one.version == version).copied().unwrap_or(Release { version: "", commit: "", go: "", ..RELEASES[0] })
}

/// What a channel names: `stable`, `latest`, `v1.36`. The stable channel names a 1.37 here, because the simulated API server
/// is of that version.
pub fn channel(name: &str) -> Option<&'static str> {
    match name {
        "stable" | "latest" => Some(RELEASES[0].version),
        "testing" => None,
        minor => {
            RELEASES.iter().map(|one| one.version).find(|version| version.starts_with(minor) && version[minor.len()..].starts_with('.'))
        }
    }
}

/// Whether a version can be downloaded: `vMAJOR.MINOR.PATCH+k3sN` of a minor that is not newer than the newest.
pub fn exists(version: &str) -> bool {
    let Some((kubernetes, ours)) = version.strip_prefix('v').and_then(|text| text.split_once("+k3s")) else { return false };
    let numbers: Vec<u32> = kubernetes.split('.').filter_map(|part| part.parse().ok()).collect();
    let counted = ours.parse::<u32>().is_ok_and(|n| (1..=4).contains(&n));
    match numbers[..] {
        [1, 37, patch] => counted && patch <= 1,
        [1, minor, patch] => counted && (20..37).contains(&minor) && patch <= 20,
        _ => false,
    }
}

/// `v1.37.1+k3s1 (356c0254)`, as in the journal and `k3s --version`.
pub fn titled(version: &str) -> String {
    match release(version).commit {
        "" => version.to_string(),
        commit => format!("{version} ({commit})"),
    }
}

/// The architecture of `uname -m` as release files name it, and the end of the binary's name; `None`: not supported.
pub fn files_of(machine: &str) -> Option<(&'static str, &'static str)> {
    match machine {
        "x86_64" | "amd64" => Some(("amd64", "")),
        "aarch64" | "arm64" => Some(("arm64", "-arm64")),
        "s390x" => Some(("s390x", "-s390x")),
        other if other.starts_with("arm") => Some(("arm", "-armhf")),
        _ => None,
    }
}

/// 64 digits that stand for a binary's SHA-256: the same for the same version and architecture.
pub fn digest(version: &str, arch: &str) -> String {
    simcore::fnv_digits(&format!("{version}{arch}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_name_versions_that_can_be_downloaded() {
        assert_eq!(channel("stable"), Some("v1.37.1+k3s1"));
        assert_eq!(channel("v1.36"), Some("v1.36.5+k3s1"));
        assert_eq!(channel("v1.3"), None);
        assert!(exists("v1.35.4+k3s1") && !exists("v1.35.4") && !exists("v1.38.0+k3s1"));
    }

    #[test]
    fn digests_differ_by_version_and_architecture() {
        let one = digest("v1.37.1+k3s1", "amd64");
        assert_eq!(one.len(), 64);
        assert!(one != digest("v1.37.1+k3s1", "arm64") && one != digest("v1.37.0+k3s1", "amd64"));
    }
}
