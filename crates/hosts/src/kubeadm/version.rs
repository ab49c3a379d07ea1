//! Kubernetes versions: read, compared, and found out over the Internet.
use crate::call::{Call, Step, fail, quoted};
use std::fmt;

/// `v1.37.2`, with what stands behind a minus.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
    /// Sorts a release behind its pre-releases.
    released: bool,
    pre: String,
}

impl fmt::Display for Version {
    /// `1.37.2`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if self.released { Ok(()) } else { write!(f, "-{}", self.pre) }
    }
}

impl Version {
    pub fn new(major: u32, minor: u32, patch: u32) -> Version {
        Version { major, minor, patch, released: true, pre: String::new() }
    }

    /// Reads `1.37.2`, `v1.38.0-beta.1`, `1.37.2+k3s1`.
    pub fn read(text: &str) -> Option<Version> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split('+').next()?;
        let (numbers, pre) = text.split_once('-').map_or((text, None), |(numbers, pre)| (numbers, Some(pre)));
        let mut parts = numbers.split('.').map(|part| {
            let whole = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
            whole.then(|| part.parse::<u32>().ok()).flatten()
        });
        let (major, minor, patch) = (parts.next()??, parts.next()??, parts.next()??);
        if parts.next().is_some() || pre.is_some_and(str::is_empty) {
            return None;
        }
        Some(Version { major, minor, patch, released: pre.is_none(), pre: pre.unwrap_or("").to_string() })
    }

    pub fn is_release(&self) -> bool {
        self.released
    }

    /// `v1.38.0-rc.1`
    pub fn is_candidate(&self) -> bool {
        self.pre.starts_with("rc")
    }

    /// The first version of the minor before.
    pub fn minor_before(&self, steps: u32) -> Version {
        Version::new(self.major, self.minor.saturating_sub(steps), 0)
    }
}

/// The version of the kubeadm that runs.
pub fn own(call: &Call) -> Version {
    call.machine.program("kubeadm").and_then(|text| Version::read(&text)).unwrap_or(Version::new(1, 37, 2))
}

/// `stable-1`, `stable`, `latest-1.37`: names that dl.k8s.io resolves.
fn is_label(text: &str) -> bool {
    let (name, line) = text.split_once('-').map_or((text, None), |(name, line)| (name, Some(line)));
    let numbers =
        line.is_none_or(|line| !line.is_empty() && line.split('.').all(|part| part.parse::<u32>().is_ok()) && line.split('.').count() <= 2);
    matches!(name, "stable" | "latest") && numbers
}

/// Resolves what `--kubernetes-version` was given: `v1.37.2`. Mirrors kubeadm's `KubernetesReleaseVersion`.
pub fn release(call: &mut Call, wanted: &str) -> Step<String> {
    if Version::read(wanted).is_some() {
        let plain = wanted.strip_prefix('v').unwrap_or(wanted);
        return Ok(format!("v{plain}"));
    }
    if !is_label(wanted) {
        return fail(format!(
            "version {} doesn't match patterns for neither semantic version nor labels (stable, latest, ...)",
            quoted(wanted)
        ));
    }
    let own = format!("v{}", own(call));
    let url = format!("https://dl.k8s.io/release/{wanted}.txt");
    let answer = call.outside.fetch(call.machine, call.now, &url);
    match call.pass(answer)? {
        Ok(text) => {
            let remote = text.trim().to_string();
            let newer = Version::read(&remote)
                .zip(Version::read(&own))
                .is_some_and(|(remote, own)| (remote.major, remote.minor) > (own.major, own.minor));
            if !newer {
                return Ok(remote);
            }
            let (major, minor) =
                own[1..].split_once('.').map_or(("1", "37"), |(major, rest)| (major, rest.split('.').next().unwrap_or("")));
            let stable = format!("stable-{major}.{minor}");
            call.klog('I', "version.go:261", format_args!("remote version is much newer: {remote}; falling back to: {stable}"));
            release(call, &stable)
        }
        Err(why) => {
            let words = format!(
                "could not fetch a Kubernetes version from the internet: unable to get URL {}: Get {}: {why}",
                quoted(&url),
                quoted(&url)
            );
            call.klog('W', "version.go:108", words);
            call.klog('W', "version.go:109", format_args!("falling back to the local client version: {own}"));
            Ok(own)
        }
    }
}
