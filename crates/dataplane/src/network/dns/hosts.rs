//! /etc/hosts of a Pod, as the kubelet writes it (`pkg/kubelet/kubelet_pods.go`: `managedHostsFileContent`, `nodeHostsFileContent`).
use objects::{Text, Tree};

/// What a Pod's file says beside its address and its hostname; most Pods have nothing of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names {
    /// What stands behind the hostname: `web.shop.svc.cluster.local`, where the Pod has a subdomain.
    pub domain: Text,
    /// `hostAliases`: an address and its names.
    pub aliases: Vec<(Text, Vec<Text>)>,
}

impl Names {
    /// Of a Pod's spec; `None` where it gives nothing.
    pub fn of(spec: &Tree, namespace: &str, cluster_domain: &str) -> Option<Names> {
        let subdomain = spec.get("subdomain").text();
        let plain = subdomain.is_empty() || spec.has("hostnameOverride");
        let domain = if plain { Text::default() } else { Text::from(format!("{subdomain}.{namespace}.svc.{cluster_domain}")) };
        let alias = |alias: &Tree| {
            let names = alias.get("hostnames").items().iter().map(|name| Text::new(name.text())).collect();
            (Text::new(alias.get("ip").text()), names)
        };
        let names = Names { domain, aliases: spec.get("hostAliases").items().iter().map(alias).collect() };
        (names != Names::default()).then_some(names)
    }

    /// The address that the file gives a name, for a Pod of this address and hostname.
    pub fn address<'a>(names: Option<&'a Names>, address: &'a str, hostname: &str, name: &str) -> Option<&'a str> {
        let full = |names: &&Names| {
            !names.domain.is_empty() && name.strip_prefix(hostname).and_then(|rest| rest.strip_prefix('.')) == Some(names.domain.as_str())
        };
        if name == hostname || names.as_ref().is_some_and(full) {
            return Some(address);
        }
        let found = names?.aliases.iter().find(|(_, all)| all.iter().any(|alias| alias == name));
        found.map(|(address, _)| address.as_str())
    }

    /// The hostname with what stands behind it.
    pub fn full(names: Option<&Names>, hostname: &str) -> String {
        match names.map_or("", |names| names.domain.as_str()) {
            "" => hostname.to_string(),
            domain if hostname.ends_with(domain) => hostname.to_string(),
            domain => format!("{hostname}.{domain}"),
        }
    }

    /// The whole file. A Pod in its node's network has the node's.
    pub fn file(names: Option<&Names>, address: &str, hostname: &str, on_host: bool) -> String {
        let mut text = if on_host {
            format!(
                "# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n127.0.1.1\t{hostname}\n\n\
                 ::1\tlocalhost ip6-localhost ip6-loopback\n"
            )
        } else {
            let own = match Names::full(names, hostname) {
                full if full == hostname => full,
                full => format!("{full}\t{hostname}"),
            };
            format!(
                "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\
                 fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n{address}\t{own}\n"
            )
        };
        let aliases = names.map_or(&[][..], |names| &names.aliases);
        if !aliases.is_empty() {
            text.push_str("\n# Entries added by HostAliases.\n");
            aliases.iter().for_each(|(address, all)| text.push_str(&format!("{address}\t{}\n", all.join("\t"))));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    #[test]
    fn a_pod_knows_itself_by_its_full_name_and_others_by_aliases() {
        let alias = map! {"ip": "10.1.2.3", "hostnames": list!["old", "old.example.com"]};
        let spec = map! {"subdomain": "db", "hostAliases": list![alias]};
        let names = Names::of(&spec, "shop", "cluster.local").expect("names");
        let known = |name| Names::address(Some(&names), "10.244.1.2", "db-0", name);
        assert_eq!(known("db-0.db.shop.svc.cluster.local"), Some("10.244.1.2"));
        assert_eq!((known("db-0"), known("old"), known("db-1")), (Some("10.244.1.2"), Some("10.1.2.3"), None));
        let file = Names::file(Some(&names), "10.244.1.2", "db-0", false);
        let end = "10.244.1.2\tdb-0.db.shop.svc.cluster.local\tdb-0\n\n# Entries added by HostAliases.\n10.1.2.3\told\told.example.com\n";
        assert!(file.ends_with(end), "{file}");
        assert_eq!(Names::of(&map! {}, "shop", "cluster.local"), None);
    }
}
