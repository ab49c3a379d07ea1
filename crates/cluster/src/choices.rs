//! What a lesson, a saved session or a command line chooses of a cluster, by its words.
use crate::topology::{LoadBalancer, Topology};
use dataplane::network::{Mode, Plugin};
use serde::{Deserialize, Serialize};

/// The words of a lesson or a session; an empty one leaves what the preset has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    pub network: String,
    pub proxy: String,
    #[serde(rename = "loadBalancer")]
    pub load_balancer: String,
    /// Of the packages on prepared bare servers: `v1.36.4`.
    pub version: String,
}

parcel::record!(Choices {} or { network, proxy, load_balancer = "loadBalancer", version });

type Put = fn(&mut Topology);

/// Each option with its words.
static OPTIONS: &[(&str, &[(&str, Put)])] = &[
    (
        "network",
        &[
            ("calico", |topology| topology.network = Plugin::Calico),
            ("flannel", |topology| topology.network = Plugin::Flannel),
            ("none", |topology| topology.network = Plugin::None),
        ],
    ),
    (
        "proxy",
        &[
            ("iptables", |topology| topology.proxy = Mode::Iptables),
            ("nftables", |topology| topology.proxy = Mode::Nftables),
            ("ipvs", |topology| topology.proxy = Mode::Ipvs),
        ],
    ),
    (
        "load-balancer",
        &[
            ("cloud", |topology| topology.load_balancer = Some(LoadBalancer::Cloud)),
            ("metallb", |topology| topology.load_balancer = Some(LoadBalancer::MetalLb)),
            ("servicelb", |topology| topology.load_balancer = Some(LoadBalancer::ServiceLb)),
        ],
    ),
    (
        "version",
        &[
            ("v1.36.4", |topology| topology.version = "v1.36.4".to_string()),
            ("v1.37.2", |topology| topology.version = "v1.37.2".to_string()),
        ],
    ),
];

impl Choices {
    /// Puts them into a topology. The error says which word is unknown, and which there are; or that only packages that lie on
    /// servers already have a version.
    pub fn put(&self, topology: &mut Topology) -> Result<(), String> {
        if !self.version.is_empty() && topology.bare != Some(true) {
            return Err("a version is chosen for prepared servers only (preset bare-prepared)".to_string());
        }
        let said = [("network", &self.network), ("proxy", &self.proxy), ("load-balancer", &self.load_balancer), ("version", &self.version)];
        said.into_iter().filter(|(_, word)| !word.is_empty()).try_for_each(|(option, word)| topology.choose(option, word))
    }

    /// What is wrong with them for a preset; nothing where there is no such preset.
    pub fn problem(&self, preset: &str) -> Option<String> {
        self.put(&mut Topology::preset(preset, 0)?).err()
    }
}

impl Topology {
    /// Chooses one word of `network`, `proxy`, `load-balancer` or `version`.
    pub fn choose(&mut self, option: &str, word: &str) -> Result<(), String> {
        let Some((_, words)) = OPTIONS.iter().find(|(name, _)| *name == option) else {
            return Err(format!("a cluster has no option \"{option}\""));
        };
        let Some((_, put)) = words.iter().find(|(name, _)| *name == word) else {
            let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
            return Err(format!("the {option} \"{word}\" is unknown here: there are {}", names.join(", ")));
        };
        put(self);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_choose_and_unknown_ones_are_answered_with_those_there_are() {
        let mut topology = Topology::kubeadm(1);
        let choices = |network: &str| Choices { network: network.into(), proxy: "ipvs".into(), ..Choices::default() };
        assert_eq!(choices("flannel").put(&mut topology), Ok(()));
        assert_eq!((topology.network, topology.kube_proxy().mode, topology.load_balancer), (Plugin::Flannel, Mode::Ipvs, None));
        let words = choices("calcio").problem("kubeadm");
        assert_eq!(words.as_deref(), Some("the network \"calcio\" is unknown here: there are calico, flannel, none"));
        assert_eq!(Choices::default().problem("kubeadm"), None);
    }

    #[test]
    fn a_version_is_chosen_where_packages_lie_on_the_servers() {
        let choices = |version: &str| Choices { version: version.into(), ..Choices::default() };
        let mut topology = Topology::bare(1, true);
        assert_eq!((choices("v1.36.4").put(&mut topology), topology.version.as_str()), (Ok(()), "v1.36.4"));
        assert!(choices("v1.36").problem("bare-prepared").is_some_and(|words| words.contains("unknown here")));
        assert!(choices("v1.36.4").problem("kubeadm").is_some_and(|words| words.contains("prepared servers only")));
    }
}
