//! A Corefile as it is parsed: what each server block is to do (CoreDNS's `caddyfile` and the plugins' `setup.go`).
mod parse;
mod plugins;

use objects::Text;
use simcore::Duration;
use std::net::IpAddr;

/// All server blocks, in order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Corefile {
    pub servers: Vec<Server>,
}

/// One server block. A plugin that is not named is not there.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Server {
    /// Absolute, lower case; `.` is everything.
    pub zones: Vec<Text>,
    pub port: u16,
    pub errors: bool,
    /// Whether each question is logged.
    pub log: bool,
    pub loadbalance: bool,
    /// The time between SIGTERM and the end (`lameduck`); the plugin also serves `/health`.
    pub health: Option<Duration>,
    pub ready: bool,
    /// How often the file is looked at, and by how much that is spread.
    pub reload: Option<(Duration, Duration)>,
    pub cache: Option<Cache>,
    pub rewrite: Vec<Rewrite>,
    pub hosts: Option<Hosts>,
    pub kubernetes: Option<Kubernetes>,
    pub forward: Vec<Forward>,
    /// Plugins that are known and taken, but do nothing here.
    pub idle: Vec<Text>,
}

/// Which names go on to the next plugin when this one knows nothing: none, all, or those of some zones.
pub type Fall = Option<Vec<Text>>;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PodNames {
    #[default]
    Disabled,
    Insecure,
    Verified,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Kubernetes {
    pub zones: Vec<Text>,
    pub pods: PodNames,
    /// Seconds.
    pub ttl: u32,
    pub fall: Fall,
    pub endpoint_pod_names: bool,
    pub no_endpoints: bool,
    pub ignore_empty_service: bool,
    /// Only these are served; all where it is empty.
    pub namespaces: Vec<Text>,
    /// How long the start waits for the API.
    pub startup_timeout: Duration,
}

impl Kubernetes {
    /// The zone of the cluster's names: the first that is not a reverse one.
    pub fn primary_zone(&self) -> &str {
        self.zones.iter().find(|zone| !zone.ends_with(".arpa.")).or(self.zones.first()).map_or(".", Text::as_str)
    }
}

/// Seconds throughout.
#[derive(Clone, PartialEq, Debug)]
pub struct Cache {
    pub zones: Vec<Text>,
    pub success: (u32, u32),
    pub denial: (u32, u32),
    pub servfail: u32,
    pub keep_ttl: bool,
    /// Zones whose answers, or denials, are not kept.
    pub not_success: Vec<Text>,
    pub not_denial: Vec<Text>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Forward {
    pub from: Text,
    pub except: Vec<Text>,
    /// Addresses and files, as they are written.
    pub to: Vec<Text>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Hosts {
    pub zones: Vec<Text>,
    pub entries: Vec<(IpAddr, Text)>,
    pub ttl: u32,
    pub fall: Fall,
    pub reverse: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Match {
    Exact,
    Prefix,
    Suffix,
    Substring,
}

/// `rewrite name …` and `rewrite type …`.
#[derive(Clone, PartialEq, Debug)]
pub struct Rewrite {
    pub what: What,
    /// Whether later rules are tried too.
    pub goes_on: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// `auto` gives answers the name that was asked for (always so for an exact one).
    Name {
        by: Match,
        from: Text,
        to: Text,
        auto: bool,
    },
    Type {
        from: u16,
        to: u16,
    },
    Ttl {
        name: Text,
        seconds: u32,
    },
}

impl Corefile {
    /// Reads a Corefile. `file` is its name in errors, which are CoreDNS's own sentences.
    pub fn parse(file: &str, text: &str) -> Result<Corefile, String> {
        let blocks = parse::blocks(file, text)?;
        let servers = blocks.iter().map(|block| plugins::server(file, block)).collect::<Result<Vec<_>, _>>()?;
        Ok(Corefile { servers })
    }

    /// The block that answers for a name: the one with the longest zone.
    pub fn server(&self, name: &str) -> Option<&Server> {
        use crate::network::dns::message::closest;
        let fitting = self.servers.iter().filter_map(|server| Some((closest(name, &server.zones)?.len(), server)));
        // The first of equals stands, as in a map that refuses a second.
        fitting
            .fold(None, |best: Option<(usize, &Server)>, next| if best.is_none_or(|best| next.0 > best.0) { Some(next) } else { best })
            .map(|(_, server)| server)
    }

    /// The first `kubernetes` plugin: CoreDNS keeps one connection for each, and clusters have one.
    pub fn kubernetes(&self) -> Option<&Kubernetes> {
        self.servers.iter().find_map(|server| server.kubernetes.as_ref())
    }

    pub fn lameduck(&self) -> Duration {
        self.servers.iter().filter_map(|server| server.health).max().unwrap_or_default()
    }

    pub fn reload(&self) -> Option<(Duration, Duration)> {
        self.servers.iter().find_map(|server| server.reload)
    }
}
