//! resolv.conf: what the kubelet makes of dnsPolicy, dnsConfig and the node's file (`pkg/kubelet/network/dns/dns.go`).
use objects::{Text, Tree};

/// What stands in a resolv.conf, and the CRI's `DNSConfig`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct ResolvConf {
    pub servers: Vec<Text>,
    pub searches: Vec<Text>,
    /// `ndots:5`, `rotate`
    pub options: Vec<Text>,
}

/// A kubelet's settings: `clusterDNS`, `clusterDomain`, `resolvConf`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeDns {
    pub cluster_dns: Vec<Text>,
    pub cluster_domain: Text,
    /// The text of the node's own file; none where the kubelet is told to use none.
    pub node_file: Option<Text>,
}

impl Default for NodeDns {
    /// As kubeadm sets a kubelet up, on a machine whose name server is the Internet's.
    fn default() -> NodeDns {
        NodeDns {
            cluster_dns: vec![Text::new_static("10.96.0.10")],
            cluster_domain: Text::new_static("cluster.local"),
            node_file: Some(Text::new_static("nameserver 192.0.2.53\n")),
        }
    }
}

/// A warning that the kubelet sends while it forms the settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    pub reason: &'static str,
    pub message: String,
    /// Whether it is about the Node instead of the Pod.
    pub about_node: bool,
}

/// At most so many name servers, search domains, characters of the search line, and characters of a domain.
const SERVERS_MAX: usize = 3;
const SEARCHES_MAX: usize = 32;
const SEARCH_CHARS_MAX: usize = 2_048;
const DOMAIN_CHARS_MAX: usize = 253;

impl ResolvConf {
    /// Reads a file as the kubelet reads the node's: the last `search` counts, `.` in it does not.
    pub fn parse(text: &str) -> ResolvConf {
        let mut conf = ResolvConf::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["nameserver", server, ..] => conf.servers.push(Text::new(server)),
                ["search", ref domains @ ..] => {
                    let domains = domains.iter().filter(|domain| **domain != ".");
                    conf.searches = domains.map(|domain| Text::new(domain.strip_suffix('.').unwrap_or(domain))).collect();
                }
                ["options", ref options @ ..] => options.iter().for_each(|option| set_option(&mut conf.options, option)),
                _ => {}
            }
        }
        conf
    }

    /// The file that a container runtime writes of it: a line for each part that is not empty.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |word: &str, values: &[Text]| {
            text.push_str(word);
            values.iter().for_each(|value| {
                text.push(' ');
                text.push_str(value);
            });
            text.push('\n');
        };
        if !self.searches.is_empty() {
            line("search", &self.searches);
        }
        self.servers.iter().for_each(|server| line("nameserver", std::slice::from_ref(server)));
        if !self.options.is_empty() {
            line("options", &self.options);
        }
        text
    }

    /// The number behind an option, `ndots:5`.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.options.iter().rev().find_map(|option| option.strip_prefix(name)?.strip_prefix(':')?.parse().ok())
    }

    pub fn has_option(&self, name: &str) -> bool {
        self.options.iter().any(|option| option == name)
    }
}

/// An option replaces the one of its name. Upstream's order is that of a Go map; ours is that of the first naming.
fn set_option(options: &mut Vec<Text>, option: &str) {
    let name = |option: &str| option.split(':').next().unwrap_or_default().to_string();
    match options.iter_mut().find(|known| name(known) == name(option)) {
        Some(known) => *known = Text::new(option),
        None => options.push(Text::new(option)),
    }
}

fn append(list: &mut Vec<Text>, more: impl Iterator<Item = Text>) {
    for value in more {
        if !list.contains(&value) {
            list.push(value);
        }
    }
}

/// A Pod's settings, and what there is to warn about. `spec` is the Pod's, `pod` its name as the kubelet prints it.
pub fn pod_dns(node: &NodeDns, namespace: &str, pod: &str, spec: &Tree) -> (ResolvConf, Vec<Warning>) {
    let mut warnings = Vec::new();
    let host = ResolvConf::parse(node.node_file.as_deref().unwrap_or_default());
    let policy = spec.get("dnsPolicy").text();
    let wants_host = policy == "Default" || (policy == "ClusterFirst" && spec.get("hostNetwork").is_true());
    let mut conf = if policy == "None" {
        ResolvConf::default()
    } else if !wants_host && !node.cluster_dns.is_empty() {
        cluster_first(node, namespace, &host)
    } else {
        if !wants_host {
            let words = "kubelet does not have ClusterDNS IP configured and cannot create Pod using \"ClusterFirst\" policy. \
                         Falling back to \"Default\" policy.";
            let warn = |about_node, message| Warning { reason: "MissingClusterDNS", message, about_node };
            warnings.push(warn(true, words.to_string()));
            warnings.push(warn(false, format!("pod: {pod:?}. {words}")));
        }
        match node.node_file {
            Some(_) => host,
            // Told to use no file, a Pod asks a name server that is not there.
            None => ResolvConf { servers: vec![Text::new_static("127.0.0.1")], searches: vec![Text::new_static(".")], options: Vec::new() },
        }
    };
    merge(&mut conf, spec.get("dnsConfig"));
    fit(&mut conf, &mut warnings);
    (conf, warnings)
}

fn cluster_first(node: &NodeDns, namespace: &str, host: &ResolvConf) -> ResolvConf {
    let domain = &node.cluster_domain;
    let mut searches = Vec::new();
    if !domain.is_empty() {
        let own = [Text::from(format!("{namespace}.svc.{domain}")), Text::from(format!("svc.{domain}")), domain.clone()];
        append(&mut searches, own.into_iter());
        append(&mut searches, host.searches.iter().cloned());
    } else {
        searches = host.searches.clone();
    }
    let mut servers = Vec::new();
    append(&mut servers, node.cluster_dns.iter().cloned());
    ResolvConf { servers, searches, options: vec![Text::new_static("ndots:5")] }
}

fn merge(conf: &mut ResolvConf, config: &Tree) {
    if config.is_null() {
        return;
    }
    let words = |key: &str| config.get(key).items().iter().map(|word| Text::new(word.text()));
    for (list, key) in [(&mut conf.servers, "nameservers"), (&mut conf.searches, "searches")] {
        let before = std::mem::take(list);
        append(list, before.into_iter().chain(words(key)));
    }
    for option in config.get("options").items() {
        let (name, value) = (option.get("name").text(), option.get("value").text());
        let whole = if value.is_empty() { name.to_string() } else { format!("{name}:{value}") };
        set_option(&mut conf.options, &whole);
    }
}

fn fit(conf: &mut ResolvConf, warnings: &mut Vec<Warning>) {
    let mut warn = |what: &str, line: &[Text]| {
        let message = format!("{what} have been omitted, the applied {}", line.join(" "));
        warnings.push(Warning { reason: "DNSConfigForming", message, about_node: false });
    };
    if conf.servers.len() > SERVERS_MAX {
        conf.servers.truncate(SERVERS_MAX);
        let mut line = vec![Text::new_static("nameserver line is:")];
        line.extend(conf.servers.iter().cloned());
        warn("Nameserver limits were exceeded, some nameservers", &line);
    }
    let before = conf.searches.len();
    conf.searches.truncate(SEARCHES_MAX);
    conf.searches.retain(|domain| domain.len() <= DOMAIN_CHARS_MAX);
    while conf.searches.iter().map(|domain| domain.len() + 1).sum::<usize>().saturating_sub(1) > SEARCH_CHARS_MAX {
        conf.searches.pop();
    }
    if conf.searches.len() < before {
        let mut line = vec![Text::new_static("search line is:")];
        line.extend(conf.searches.iter().cloned());
        warn("Search Line limits were exceeded, some search paths", &line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    #[test]
    fn a_plain_pod_asks_the_cluster_first_and_searches_its_namespace() {
        let (conf, warnings) = pod_dns(&NodeDns::default(), "shop", "web_shop(1)", &map! {"dnsPolicy": "ClusterFirst"});
        assert_eq!(conf.text(), "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n");
        assert_eq!(warnings, Vec::new());
    }

    #[test]
    fn what_is_too_much_is_cut_and_told() {
        let config = map! {"nameservers": list!["192.0.2.1", "192.0.2.2", "192.0.2.3"]};
        let (conf, warnings) = pod_dns(&NodeDns::default(), "shop", "web", &map! {"dnsPolicy": "ClusterFirst", "dnsConfig": config});
        assert_eq!(conf.servers, ["10.96.0.10", "192.0.2.1", "192.0.2.2"]);
        let words = "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.96.0.10 \
                     192.0.2.1 192.0.2.2";
        assert_eq!(warnings[0].message, words);
    }
}
