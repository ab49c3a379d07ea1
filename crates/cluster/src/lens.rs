//! What the lenses over the picture show: Service rules per node, who reaches whom, a request of the learner's browser.

/// One Service port in the rules of one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleView {
    /// `worker-1`
    pub node: String,
    /// `iptables`, `nftables`, `ipvs`.
    pub mode: String,
    /// `default/shop:http`
    pub service: String,
    /// `10.96.0.12:80`, `NodePort 30080`, the load balancer's addresses.
    pub doors: Vec<String>,
    /// `10.244.1.7:8080`: where connections go from here.
    pub endpoints: Vec<String>,
    /// Endpoints that the API has and these rules do not yet, and those that these rules still have.
    pub missing: Vec<String>,
    pub stale: Vec<String>,
    /// Its rules are not what the API says.
    pub lags: bool,
}

/// Who may open a connection to whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReachView {
    /// Whether the network plugin looks at policies at all.
    pub enforced: bool,
    /// How many there are.
    pub policies: u32,
    pub port: u32,
    /// `default/web-1`, and whether policies select it for ingress and for egress.
    pub ends: Vec<EndView>,
    /// A text per sender with a letter per receiver: `.` allowed, `i` denied at the receiver, `e` at the sender, `b` at both,
    /// `=` a Pod to itself.
    pub rows: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndView {
    pub pod: String,
    pub address: String,
    pub ingress: bool,
    pub egress: bool,
}

/// What the learner's browser got.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageView {
    /// 0 where there was no answer.
    pub code: u32,
    /// Why there was none: `refused`, `nxdomain`, `timeout`, …
    pub failure: String,
    pub headers: Vec<String>,
    pub body: String,
    /// To ask for its way (`Follow`); 0 where it is not remembered.
    pub request: u64,
}

/// A process of a server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessView {
    pub pid: u32,
    pub parent: u32,
    /// `kube-apiserver`
    pub name: String,
    pub command: String,
    /// Resident memory in KiB, and the share of one core in thousandths.
    pub rss_kib: u32,
    pub cpu_millis: u32,
}

parcel::record!(ProcessView { pid, parent, name, command, rss_kib, cpu_millis });
parcel::record!(RuleView { node, mode, service, doors, endpoints, missing, stale, lags });
parcel::record!(ReachView { enforced, policies, port, ends, rows });
parcel::record!(EndView { pod, address, ingress, egress });
parcel::record!(PageView { code, failure, headers, body, request });
