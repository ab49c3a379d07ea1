//! Which version may follow which: upstream's policy of version skew, with its words.
use crate::kubeadm::version::Version;

/// What stands against an upgrade: what nothing helps against, and what `--force` passes over.
#[derive(Debug, Default, PartialEq)]
pub struct Wrongs {
    pub fatal: Vec<String>,
    pub skippable: Vec<String>,
}

/// The versions that meet.
pub struct Versions<'a> {
    pub cluster: &'a Version,
    pub kubeadm: &'a Version,
    /// As the nodes tell them: `v1.37.2`.
    pub kubelets: &'a [String],
    pub wanted: &'a Version,
}

/// How many minor versions a kubelet may lie behind the control plane.
const KUBELET: u32 = 3;

/// Judges a step to `wanted`. Mirrors `EnforceVersionPolicies`.
pub fn judge(versions: &Versions, experimental: bool, candidates: bool) -> Wrongs {
    let Versions { cluster, kubeadm, wanted, kubelets } = versions;
    let mut wrongs = Wrongs::default();
    let told = format!("\"v{wanted}\"");
    if **wanted < kubeadm.minor_before(1) {
        wrongs.fatal.push(format!(
            "Specified version to upgrade to {told} is equal to or lower than the minimum supported version \"v{cluster}\". Please specify a higher version to upgrade to"
        ));
    }
    let mut either = |words: String| match wanted.is_release() {
        true => wrongs.fatal.push(words),
        false => wrongs.skippable.push(words),
    };
    if wanted.minor > cluster.minor + 1 {
        either(format!("Specified version to upgrade to {told} is too high; kubeadm can upgrade only 1 minor version at a time"));
    }
    if wanted.minor + 1 < cluster.minor {
        either(format!("Specified version to downgrade to {told} is too low; kubeadm can downgrade only 1 minor version at a time"));
    }
    if *kubeadm < *wanted && wanted.minor > kubeadm.minor {
        either(format!(
            "Specified version to upgrade to {told} is at least one minor release higher than the kubeadm minor release ({} > {}). Such an upgrade is not supported",
            wanted.minor, kubeadm.minor
        ));
    } else if *kubeadm < *wanted {
        wrongs.skippable.push(format!(
            "Specified version to upgrade to {told} is higher than the kubeadm version \"v{kubeadm}\". Upgrade kubeadm first using the tool you used to install kubeadm"
        ));
    }
    if kubeadm.major > wanted.major || kubeadm.minor > wanted.minor {
        wrongs.skippable.push(format!(
            "Kubeadm version v{kubeadm} can only be used to upgrade to Kubernetes version {}.{}",
            kubeadm.major, kubeadm.minor
        ));
    }
    if !(wanted.is_release() || experimental || candidates && wanted.is_candidate()) {
        wrongs.skippable.push(format!(
            "Specified version to upgrade to {told} is an unstable version and such upgrades weren't allowed via setting the --allow-*-upgrades flags"
        ));
    }
    let old = |text: &&String| Version::read(text).is_some_and(|kubelet| wanted.minor > kubelet.minor + KUBELET);
    let old: Vec<&str> = kubelets.iter().filter(old).map(String::as_str).collect();
    if !old.is_empty() {
        wrongs.skippable.push(format!("There are kubelets in this cluster that are too old that have these versions [{}]", old.join(" ")));
    }
    wrongs
}

impl Wrongs {
    /// The error that ends `upgrade apply`; `Ok` has the words that `--force` passes over, if any.
    pub fn verdict(self, force: bool) -> Result<Option<String>, String> {
        let listed = |all: &[String]| all.iter().map(|one| format!("\t- {one}\n")).collect::<String>();
        if !self.fatal.is_empty() {
            return Err(format!(
                "the version argument is invalid due to these fatal errors:\n\n{}\nPlease fix the misalignments highlighted above and try upgrading again",
                listed(&self.fatal)
            ));
        }
        match (self.skippable.len(), force) {
            (0, _) => Ok(None),
            (_, false) => Err(format!(
                "the version argument is invalid due to these errors:\n\n{}\nCan be bypassed if you pass the --force flag",
                listed(&self.skippable)
            )),
            (count, true) => Ok(Some(format!(
                "[upgrade/preflight] Found {count} potential version compatibility errors but skipping since the --force flag is set: \n\n{}",
                listed(&self.skippable)
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(cluster: &str, kubeadm: &str, wanted: &str, kubelets: &[&str]) -> Wrongs {
        let read = |text: &str| Version::read(text).expect("a version");
        let (cluster, kubeadm, wanted) = (read(cluster), read(kubeadm), read(wanted));
        let kubelets: Vec<String> = kubelets.iter().map(|one| one.to_string()).collect();
        judge(&Versions { cluster: &cluster, kubeadm: &kubeadm, kubelets: &kubelets, wanted: &wanted }, false, false)
    }

    #[test]
    fn one_minor_at_a_time_and_never_above_kubeadm() {
        assert_eq!(judged("v1.36.4", "v1.37.2", "v1.37.2", &["v1.36.4"]), Wrongs::default());
        assert_eq!(judged("v1.35.9", "v1.37.2", "v1.37.2", &[]).fatal.len(), 1, "two minors at once");
        assert_eq!(judged("v1.37.2", "v1.37.2", "v1.38.0", &[]).fatal.len(), 1, "above kubeadm");
        assert_eq!(judged("v1.37.0", "v1.37.2", "v1.37.5", &[]).skippable.len(), 1, "a newer patch than kubeadm's");
        assert_eq!(judged("v1.37.2", "v1.37.2", "v1.38.0-rc.0", &[]).skippable.len(), 2, "a candidate");
    }

    #[test]
    fn kubelets_may_lie_three_minors_behind() {
        assert_eq!(judged("v1.36.0", "v1.37.2", "v1.37.2", &["v1.34.0"]), Wrongs::default());
        let wrongs = judged("v1.36.0", "v1.37.2", "v1.37.2", &["v1.33.9"]);
        assert!(wrongs.skippable[0].ends_with("too old that have these versions [v1.33.9]"), "{wrongs:?}");
    }
}
