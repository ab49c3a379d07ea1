//! Answers the lenses: Service rules per node, who reaches whom and why, a name's way, the learner's browser.
use crate::delta::HopView;
use crate::lens::{EndView, PageView, ReachView, RuleView};
use crate::traffic::fabric::{Client, number};
use crate::world::World;
use apiserver::client::Ticket;
use dataplane::network::dns::{self, Family, Found, Reply};
use dataplane::network::policy::Policies;
use dataplane::network::{Ask, Endpoint, Line, Protocol, Url};
use objects::wire::Body;
use objects::{Text, kinds};
use simcore::Duration;

/// Tickets of the learner's browser; the number of its input stands in the low bits.
const BROWSER: u64 = 1 << 41;
/// A browser gives up after this long; real ones wait a minute or two.
const PATIENCE: Duration = Duration::secs(10);
/// A matrix with more Pods than this could not be read.
const ENDS: usize = 24;

impl World {
    /// Every Service port in the rules of every node that runs.
    pub fn service_rules(&self) -> Vec<RuleView> {
        let view = self.api.store.applied();
        let mut rules = Vec::new();
        for (host, machine) in self.hosts.iter().enumerate().filter(|(_, machine)| machine.powered) {
            let Some(proxy) = self.proxy_of(host).filter(|_| !self.is_hidden(host)) else { continue };
            let mode = proxy.kernel.rules.mode().word();
            rules.extend(proxy.table(view).iter().filter_map(|line| rule(&machine.name, mode, line)));
        }
        rules
    }

    /// A node's rules as its own tool prints them; empty where there is no such node.
    pub fn rules_text(&self, node: &str) -> String {
        let host = self.hosts.iter().position(|host| host.name == node);
        host.and_then(|host| self.proxy_of(host)).map(|proxy| proxy.listing(self.now)).unwrap_or_default()
    }

    /// Who may open a TCP connection to this port of whom.
    pub fn reachability(&self, port: u16) -> ReachView {
        let view = self.api.store.applied();
        let compiled = Policies::compile(view);
        let shown = |namespace: &str| namespace != "kube-system";
        let mut ends: Vec<_> = compiled.ends().into_iter().filter(|end| end.peer.pod().is_some_and(|pod| shown(&pod.namespace))).collect();
        ends.truncate(ENDS);
        let enforced = self.enforcing > 0;
        let rows = if enforced { compiled.matrix(&ends, &[(port, Protocol::Tcp)]).swap_remove(0) } else { open(ends.len()) };
        let told = ends.iter().filter_map(|end| {
            let pod = end.peer.pod()?;
            let name = format!("{}/{}", pod.namespace, pod.name);
            Some(EndView { pod: name, address: end.address.to_string(), ingress: pod.ingress.is_some(), egress: pod.egress.is_some() })
        });
        ReachView { enforced, policies: view.len(kinds::NETWORK_POLICY) as u32, port: port.into(), ends: told.collect(), rows }
    }

    /// Why one address may reach a port of another, or not: in English, and as facts (`dataplane::network::policy::Reason`s,
    /// one after another).
    pub fn reach_words(&self, from: &str, to: &str, port: u16) -> (String, Vec<String>) {
        let (Some(from), Some(to)) = (number(from), number(to)) else { return Default::default() };
        self.policy_words(from, to, (port, Protocol::Tcp))
    }

    /// What a Pod's resolver asks for a name, question by question. Asked in a copy: caches learn from it.
    pub fn lookup(&mut self, pod: &str, name: &str) -> Vec<HopView> {
        let Some(client) = self.pod_client(pod) else { return Vec::new() };
        let Some(conf) = self.resolv_of(&client) else { return Vec::new() };
        let found = dns::resolve(&conf, name, Family::V4, &mut |server, question, at| self.carry_question(&client, server, question, at));
        let hop =
            |component: String, deed: &str, facts: Vec<String>| HopView { component, deed: deed.to_string(), facts, ..HopView::default() };
        let mut hops = vec![hop(format!("pod/{pod}"), "resolv", vec![name.to_string(), conf.text()])];
        for step in &found.steps {
            let (word, records) = match &step.reply {
                Reply::Answer(answer, _) => {
                    (answer.rcode.word(), answer.answer.iter().map(dns::Record::text).collect::<Vec<_>>().join("\n"))
                }
                Reply::Refused => ("refused", String::new()),
                Reply::Lost => ("timeout", String::new()),
            };
            let asked = dns::plain(&step.question.name).to_string();
            let mut told = hop(step.server.to_string(), "asked", vec![asked, word.to_string(), step.at.0.to_string()]);
            told.entry = records;
            hops.push(told);
        }
        let end = match &found.result {
            Found::Addresses { addresses, .. } => addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            Found::NotFound => "nxdomain".to_string(),
            Found::TryAgain => "dns".to_string(),
        };
        hops.push(hop(format!("pod/{pod}"), "found", vec![end, found.elapsed.0.to_string()]));
        hops
    }

    fn pod_client(&self, pod: &str) -> Option<Client> {
        let (namespace, name) = pod.split_once('/')?;
        let object = self.api.store.applied().find(kinds::POD, namespace, name)?;
        let host = self.hosts.iter().position(|host| host.name == object.spec().get("nodeName").text())?;
        let address = number(object.status().get("podIP").text())?;
        let (own, uid) = (!object.spec().get("hostNetwork").is_true(), object.uid_text());
        Some(if own { Client::Pod { host, uid, address } } else { Client::OnHost { host, uid } })
    }

    /// The learner's browser opens a URL. `address` stands for the name in it, as a line in /etc/hosts does; mostly empty.
    pub(crate) fn browse(&mut self, url: &str, address: &str) {
        let ticket = Ticket(BROWSER + self.inputs_seen as u64);
        self.answers.retain(|(other, _)| other.0 <= BROWSER);
        let Some(url) = Url::parse(url) else { return };
        let headers = vec![(Text::new_static("user-agent"), Text::new_static("Mozilla/5.0"))];
        let via = Text::new(address);
        let ask = Ask { headers, via, limit: PATIENCE, connect_limit: PATIENCE, follow: true, ..Ask::get(url) };
        self.fetch_from("outside", "", ticket, ask);
    }

    /// What the browser got for the last URL, once it did.
    pub fn browsed(&self) -> Option<PageView> {
        let (_, response) = self.answers.iter().find(|(ticket, _)| ticket.0 > BROWSER)?;
        let text = if let Body::Text(text) = &response.body { text.clone() } else { String::new() };
        let mine = |trace: &&crate::traffic::Trace| trace.source.is_empty() && matches!(trace.client, Client::Outside(_));
        let request = self.traffic.recent().rev().find(mine).map_or(0, |trace| trace.id);
        let (failure, body) = if response.code == 0 { (text, String::new()) } else { (String::new(), text) };
        Some(PageView { code: response.code.into(), failure, headers: response.warnings.clone(), body, request })
    }
}

fn open(count: usize) -> Vec<String> {
    (0..count).map(|row| (0..count).map(|column| if row == column { '=' } else { '.' }).collect()).collect()
}

/// A Service port as one node has it.
fn rule(node: &str, mode: &str, line: &Line) -> Option<RuleView> {
    let port = line.port()?;
    let mut doors = vec![format!("{}:{}", port.cluster_ip, port.port)];
    doors.extend((port.node_port != 0).then(|| format!("NodePort {}", port.node_port)));
    doors.extend(port.balancer_ips.iter().chain(&port.external_ips).map(|address| format!("{address}:{}", port.port)));
    let (held, wanted) = line.endpoints();
    let without = |all: &[Endpoint], others: &[Endpoint]| -> Vec<String> {
        all.iter().filter(|one| !others.contains(one)).map(|one| one.text()).collect()
    };
    Some(RuleView {
        node: node.to_string(),
        mode: mode.to_string(),
        service: port.title(),
        doors,
        endpoints: held.iter().map(|one| one.text()).collect(),
        missing: without(&wanted, &held),
        stale: without(&held, &wanted),
        lags: line.lags(),
    })
}
