//! dpkg's database and apt's lists: what is installed, held, and on offer.
use objects::Text;
use rpds::RedBlackTreeMapSync;

/// What dpkg knows of a package.
#[derive(Clone, Debug, PartialEq)]
pub struct Installed {
    pub version: Text,
    pub held: bool,
}

/// Installed packages and the lists that `apt-get update` fetched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Packages {
    pub installed: RedBlackTreeMapSync<Text, Installed>,
    /// Repositories whose lists were fetched: `pkgs.k8s.io/core:/stable:/v1.37/deb`.
    pub lists: Vec<Text>,
}

/// A package on offer: its repository, name, version, and the programs it brings.
pub struct Offer {
    pub repository: &'static str,
    pub name: &'static str,
    pub version: &'static str,
    pub depends: &'static [&'static str],
    pub programs: &'static [(&'static str, &'static str)],
}

/// Where Kubernetes' own packages are: one repository for each minor version.
pub const KUBERNETES: &str = "pkgs.k8s.io/core:/stable:/v1.";

/// Debian 12's packages that these lessons need.
pub static DEBIAN: &[Offer] = &[
    Offer {
        repository: "deb.debian.org/debian",
        name: "containerd",
        version: "1.6.20~ds1-1+deb12u2",
        depends: &["runc"],
        programs: &[("containerd", "1.6.20"), ("ctr", "1.6.20")],
    },
    Offer {
        repository: "deb.debian.org/debian",
        name: "runc",
        version: "1.1.5+ds1-1+deb12u1",
        depends: &[],
        programs: &[("runc", "1.1.5")],
    },
    Offer {
        repository: "download.docker.com/linux/debian",
        name: "containerd.io",
        version: "2.1.4-1~debian.12~bookworm",
        depends: &[],
        programs: &[("containerd", "2.1.4"), ("ctr", "2.1.4"), ("runc", "1.3.0")],
    },
    Offer {
        repository: "deb.debian.org/debian",
        name: "curl",
        version: "7.88.1-10+deb12u14",
        depends: &[],
        programs: &[("curl", "7.88.1")],
    },
    Offer { repository: "deb.debian.org/debian", name: "gpg", version: "2.2.40-1.1+deb12u1", depends: &[], programs: &[("gpg", "2.2.40")] },
    Offer { repository: "deb.debian.org/debian", name: "ca-certificates", version: "20230311+deb12u1", depends: &[], programs: &[] },
    Offer { repository: "deb.debian.org/debian", name: "apt-transport-https", version: "2.6.1", depends: &[], programs: &[] },
];
