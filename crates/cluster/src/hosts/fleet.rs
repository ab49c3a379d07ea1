//! What the world keeps of its servers: machines that somebody has looked at, commands under way, the open login.
use crate::event::{Caller, PartId};
use ::hosts::Machine;
use ::hosts::outside::{Begun, Container, EtcdAsk, EtcdMember, Page, Printed, Probe, Supervisor};
use ::hosts::pki::{Certificate, Refused};
use ::hosts::run::Login;
use apiserver::client::Ticket;
use dataplane::images::Catalog;
use objects::Text;
use objects::wire::{Request, Response, User, WatchCursor};
use simcore::{Duration, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Everything about servers that is not a part of the cluster. Empty, and as good as free, until somebody logs in.
#[derive(Clone, Debug)]
pub(crate) struct Fleet {
    /// What there is to pull.
    pub catalog: Arc<Catalog>,
    /// Whether the servers had no cluster at first; and whether the steps before `kubeadm init` were done on them.
    pub bare: Option<bool>,
    /// Servers on which those steps were done, although they were not on the others.
    pub prepared: BTreeSet<usize>,
    /// The address of the load balancer that stands before bare servers.
    pub balancer: Option<Text>,
    /// The version of the packages on prepared servers.
    pub version: Text,
    /// By host; a machine is made when somebody first looks into it.
    pub machines: BTreeMap<usize, Machine>,
    pub commands: BTreeMap<u64, Arc<Command>>,
    /// The number that the next command gets.
    pub next: u64,
    /// Whether every server's clock is right: then no certificate is ever out of date.
    pub right_clocks: bool,
    /// Parts whose connections are refused because a certificate is not valid by somebody's clock, and who refuses.
    pub strangers: BTreeMap<PartId, Refused>,
    /// Hosts whose members of etcd could not connect, the smaller first, because of a certificate.
    pub unmet: BTreeSet<(usize, usize)>,
    /// Parts with a connection that stands, and the kube-apiserver that it leads to: its certificate is not looked at again.
    pub connected: BTreeMap<PartId, usize>,
    /// What schedulers and controller managers read of their kubeconfigs when they started.
    pub loaded: BTreeMap<PartId, Certificate>,
    /// Static Pods whose manifest is another one than the one they run by.
    pub changed: BTreeSet<(usize, &'static str)>,
    /// Hashes of the manifests that a preset's servers came with: their mirror Pods are there already.
    pub original: BTreeMap<(usize, &'static str), Text>,
    /// What will happen on servers by itself, by host.
    pub due: BTreeSet<(Time, usize, Due)>,
    /// Static Pods whose manifest a fault has moved away, by host; once somebody has looked into the machine, its files count.
    pub held: BTreeSet<(usize, Text)>,
    /// Files that a K3s server has applied, by host and path, with the text it had.
    pub deployed: BTreeMap<(usize, Text), Text>,
    /// What processes of a K3s node belong to, by host and pid: a Pod's uid, and the container's name (none: its shim).
    pub inside: BTreeMap<(usize, u32), (Text, Text)>,
    /// The shell that the terminal is logged in to.
    pub session: Option<Session>,
}

impl Default for Fleet {
    fn default() -> Fleet {
        Fleet {
            catalog: Arc::default(),
            bare: None,
            prepared: BTreeSet::new(),
            balancer: None,
            version: Text::new_static(crate::topology::VERSION),
            machines: BTreeMap::new(),
            commands: BTreeMap::new(),
            next: 0,
            right_clocks: true,
            strangers: BTreeMap::new(),
            unmet: BTreeSet::new(),
            connected: BTreeMap::new(),
            loaded: BTreeMap::new(),
            changed: BTreeSet::new(),
            original: BTreeMap::new(),
            due: BTreeSet::new(),
            held: BTreeSet::new(),
            deployed: BTreeMap::new(),
            inside: BTreeMap::new(),
            session: None,
        }
    }
}

/// What a server does by itself when its time has come.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// It has booted: its processes start.
    Booted,
    /// systemd starts a service anew that has failed.
    Unit(Text),
    /// The kubelet begins its work, if its service still runs.
    Begins,
    /// The kubelet asks for its first certificate.
    Bootstrap,
    /// The kubelet looks at its static Pods.
    Statics,
    /// Containers end whose cgroups the kubelet cannot find.
    Regrouped,
    /// The image of a static Pod is there.
    Pulled(Text),
    /// What runs of the cluster is shown in the process table.
    Shown,
    /// A K3s unit that starts is carried on.
    Carry,
    /// A K3s server looks whether its member of etcd is known.
    Serves,
    /// A K3s node looks whether it is registered.
    Node,
    /// A K3s server applies its manifests.
    Deploy,
    /// A K3s server saves its etcd, as its schedule says.
    Snapshot,
    /// A kube-apiserver that came or went is put into, or taken out of, the endpoints of the Service `kubernetes`.
    Listed,
    /// A certificate's time is over by somebody's clock.
    Trust,
    /// The kubelet's new certificate is there.
    Rotated,
    /// A provider has repaired its machine, or upgraded the control plane on it.
    Repaired,
    Upgraded,
}

/// A terminal that is logged in on a server.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub host: usize,
    pub login: Login,
    /// The command that runs in it, and the ticket that the terminal waits for.
    pub running: Option<u64>,
    pub waiting: Option<Ticket>,
    /// Lines typed while it runs.
    pub ahead: VecDeque<String>,
}

/// A typed line at work on a server. It is run again from its first word whenever an answer comes.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub host: usize,
    pub begun: Time,
    /// The machine and the login at its begin.
    pub before: Machine,
    pub login: Login,
    pub line: String,
    pub told: Vec<Told>,
    pub asked: Option<Asked>,
    /// Who waits for its end.
    pub caller: Caller,
    pub ticket: Ticket,
    /// Whether what it says goes to the screen at once, and how much of both streams is there already.
    pub streams: bool,
    pub shown: (usize, usize),
    /// Whether it runs in the open login.
    pub in_session: bool,
}

/// An answer, how long it took, and the machine at that moment.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub reply: Reply,
    pub took: Duration,
    pub machine: Machine,
}

/// What a command waits for: the question, since when, and the answer where only its time is not over yet.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub at: Time,
    pub question: Question,
    /// Whether it was put to the world already.
    pub sent: bool,
    pub reply: Option<(Time, Reply)>,
    pub kubectl: Option<Box<Kubectl>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Question {
    /// The login is not over yet.
    Begin,
    Lookup(Text),
    Fetch(Text),
    Page(Text),
    Containers,
    Supervisor(Text),
    Pull(Text),
    Api {
        server: String,
        request: Box<Request>,
    },
    Wait {
        probe: Probe,
        within: Duration,
    },
    WaitFile {
        path: Text,
        within: Duration,
    },
    Etcd {
        endpoint: Text,
        ask: EtcdAsk,
    },
    Program(Box<Begun>),
    /// More lines in the journals than so many.
    Journal(usize),
    Reach,
}

/// An answer to a question of the same kind.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Names(Result<Vec<Text>, String>),
    Text(Result<String, String>),
    Page(Result<Page, String>),
    Containers(Vec<Container>),
    Supervisor(Result<Arc<Supervisor>, String>),
    Done(Result<(), String>),
    Response(Box<Result<Response, String>>),
    Members(Result<Vec<EtcdMember>, String>),
    Printed(Option<Printed>),
}

/// kubectl at work on a server: a shell of its own, whom it asks as whom, and what it has said.
#[derive(Clone, Debug)]
pub(crate) struct Kubectl {
    pub shell: ::kubectl::Shell,
    pub server: String,
    pub user: Option<User>,
    pub certificate: Option<Certificate>,
    pub said: Printed,
    pub watches: BTreeMap<u64, WatchCursor>,
    pub follows: BTreeMap<u64, (Request, usize)>,
    pub over: bool,
}
