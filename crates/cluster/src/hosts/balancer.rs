//! The address by which a control plane is dialled, and who is told there: the load balancer, the Service `kubernetes`.
use super::fleet::Due;
use crate::boot::kubernetes_endpoints;
use crate::event::Caller;
use crate::world::World;
use ::hosts::kubeadm::Client;
use apiserver::client::Ticket;
use objects::wire::{Request, User, Verb};
use objects::{Text, kinds};
use simcore::Duration;

/// The load balancer's name, as kubeadm's guide calls it.
pub(super) const BALANCER: &str = "cluster-endpoint";
/// How soon a kube-apiserver tries again to write its endpoints: its reconciler's turn.
const TURN: Duration = Duration::secs(10);

impl World {
    /// Whether a name or an address is the load balancer's.
    pub(super) fn is_balancer(&self, name: &str) -> bool {
        let is = |address: &Option<Text>| address.as_ref().is_some_and(|address| address == name);
        is(&self.endpoint) || is(&self.fleet.balancer) || (name == BALANCER && self.fleet.balancer.is_some())
    }

    /// Whether clients come by a load balancer; on bare servers only where `controlPlaneEndpoint` said so.
    pub(crate) fn is_balanced(&self) -> bool {
        self.fleet.bare.is_none() || self.endpoint.is_some()
    }

    /// The load balancer's name or address, where the administrator's kubeconfig on a server leads to it.
    pub(super) fn dialled(&self, host: usize) -> Option<Text> {
        let machine = self.fleet.machines.get(&host)?;
        let server = Client::read(machine, &machine.files.read("/etc/kubernetes/admin.conf")?)?.server;
        let name = server.split("://").nth(1)?.rsplit_once(':')?.0;
        let known = machine.known_host(name);
        self.is_balancer(known.as_deref().unwrap_or(name)).then(|| Text::new(name))
    }

    /// The kube-apiserver of a host writes itself into the endpoints of the Service `kubernetes`, or another one finds that
    /// its lease is over. The last one stays. It looks once more in its next turn, because two may write at the same time.
    pub(super) fn list_server(&mut self, host: usize) {
        let Some(place) = self.apiservers.iter().position(|server| server.host == host) else { return };
        let answers = self.listens(place);
        if answers == self.apiservers[place].listed && self.endpoints_hold() {
            return;
        }
        let writer = if answers { Some(place) } else { (0..self.apiservers.len()).find(|other| self.listens(*other)) };
        let Some(writer) = writer.filter(|_| self.etcd.leader().is_some()) else { return self.plan(host, TURN, Due::Listed) };
        self.apiservers[place].listed = answers;
        self.plan(host, TURN, Due::Listed);
        let mut addresses: Vec<Text> =
            self.apiservers.iter().filter(|server| server.listed).map(|server| self.hosts[server.host].address.clone()).collect();
        addresses.sort();
        let addresses: Vec<&str> = addresses.iter().map(Text::as_str).collect();
        let (endpoints, slice) = kubernetes_endpoints(&addresses, self.api_port());
        let through = Caller::Part(self.hosts[self.apiservers[writer].host].kubelet);
        for (kind, mut object) in [(kinds::ENDPOINTS, endpoints), (kinds::ENDPOINT_SLICE, slice)] {
            object.set(&["apiVersion"], kind.row().api_version());
            object.set(&["kind"], kind.row().kind);
            let mut request = Request::about(Verb::Update, kind, "default", "kubernetes").body(object);
            request.user = User { name: Text::new_static("system:apiserver"), groups: vec![Text::new_static("system:masters")] };
            request.origin.actor = Text::new_static("kube-apiserver");
            self.submit(through, Ticket::UNASKED, &request);
        }
    }

    /// Whether the endpoints of the Service `kubernetes` are those of the kube-apiservers that are known to serve.
    fn endpoints_hold(&self) -> bool {
        let find = |kind| self.api.store.applied().find(kind, "default", "kubernetes");
        let (Some(endpoints), Some(slice)) = (find(kinds::ENDPOINTS), find(kinds::ENDPOINT_SLICE)) else { return true };
        let subsets = endpoints.tree.get("subsets").items().iter().flat_map(|subset| subset.get("addresses").items());
        let plain: Vec<&str> = subsets.map(|one| one.get("ip").text()).collect();
        let sliced = slice.tree.get("endpoints").items().iter().flat_map(|one| one.get("addresses").items());
        let listed = |address: &Text| plain.contains(&address.as_str()) && sliced.clone().any(|one| one.text() == *address);
        self.apiservers.iter().all(|server| listed(&self.hosts[server.host].address) == server.listed)
    }
}
