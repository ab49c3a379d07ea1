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

/// Minor versions that have a repository, and the newest patch of each.
pub const MINORS: [u32; 4] = [34, 35, 36, 37];
const PATCHES: [(u32, u32); 4] = [(37, 2), (36, 5), (35, 4), (34, 2)];

/// What a label of dl.k8s.io stands for: `stable`, `stable-1.36`.
pub fn newest(label: &str) -> String {
    let minor = label.split_once('-').and_then(|(_, line)| line.split_once('.')?.1.parse::<u32>().ok());
    let found = PATCHES.iter().find(|(known, _)| minor.is_none_or(|minor| minor == *known));
    found.map(|(minor, patch)| format!("v1.{minor}.{patch}")).unwrap_or_default()
}

/// A package on offer in some version, of a Kubernetes repository or of Debian's.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub name: &'static str,
    pub version: String,
    pub repository: String,
    pub depends: &'static [&'static str],
    /// Program and the version it is built as.
    pub programs: Vec<(&'static str, String)>,
}

/// What the fetched lists offer under a name, the newest first.
pub fn candidates(lists: &[Text], name: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    let has = |repository: &str| lists.iter().any(|list| list.starts_with(repository));
    for offer in DEBIAN.iter().filter(|offer| offer.name == name && has(offer.repository)) {
        let programs = offer.programs.iter().map(|(program, version)| (*program, version.to_string())).collect();
        let (version, repository) = (offer.version.to_string(), offer.repository.to_string());
        found.push(Candidate { name: offer.name, version, repository, depends: offer.depends, programs });
    }
    for (minor, newest) in PATCHES.iter().filter(|(minor, _)| has(&format!("{KUBERNETES}{minor}/deb"))) {
        let repository = format!("{KUBERNETES}{minor}/deb");
        let fixed = |version: &str, program: Option<(&'static str, &str)>, name: &'static str| Candidate {
            name,
            version: version.into(),
            repository: repository.clone(),
            depends: &[],
            programs: program.into_iter().map(|(program, version)| (program, version.to_string())).collect(),
        };
        match name {
            "cri-tools" => found.push(fixed(&format!("1.{minor}.0-1.1"), Some(("crictl", &format!("v1.{minor}.0"))), "cri-tools")),
            "kubernetes-cni" => found.push(fixed("1.8.0-1.1", None, "kubernetes-cni")),
            _ => {
                const PROGRAMS: [(&str, &[&str]); 3] = [("kubeadm", &["cri-tools"]), ("kubectl", &[]), ("kubelet", &["kubernetes-cni"])];
                let Some((program, depends)) = PROGRAMS.iter().find(|(program, _)| *program == name) else { continue };
                found.extend((0..=*newest).rev().map(|patch| Candidate {
                    name: program,
                    version: format!("1.{minor}.{patch}-1.1"),
                    repository: repository.clone(),
                    depends,
                    programs: vec![(*program, format!("v1.{minor}.{patch}"))],
                }));
            }
        }
    }
    found
}

/// Names of all packages on offer.
pub fn known(lists: &[Text]) -> Vec<&'static str> {
    const KUBERNETES_PACKAGES: [&str; 5] = ["cri-tools", "kubeadm", "kubectl", "kubelet", "kubernetes-cni"];
    let mut all: Vec<&'static str> = DEBIAN.iter().map(|offer| offer.name).chain(KUBERNETES_PACKAGES).collect();
    all.retain(|name| !candidates(lists, name).is_empty());
    all.sort_unstable();
    all.dedup();
    all
}

/// A version's numbers, by which versions are ordered: `1.37.2-1.1`.
pub fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}
