//! CoreDNS as a process: it starts, hears of the cluster, answers, reloads its file, and ends.
use crate::network::dns::cache::Cache;
use crate::network::dns::chain::{self, Setting, State};
use crate::network::dns::corefile::{Corefile, PodNames};
use crate::network::dns::index::Index;
use crate::network::dns::message::{Answer, Question, Rcode, Reply};
use crate::network::dns::zone::{INTERNET, Zone};
use apiserver::client::{Effects, Ticket};
use apiserver::{Change, Snapshot};
use objects::wire::{Request, Response, User, Verb};
use objects::{Text, kinds};
use simcore::{Duration, Rng, Time};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Where the kubelet mounts the file, as CoreDNS names it in its errors.
const FILE: &str = "/etc/coredns/Corefile";
/// The file that kubeadm gives it.
pub const KUBEADM: &str = "\
.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
";

/// How far it is with the API server.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Link {
    /// A list is asked for and not answered yet.
    Asked,
    /// The last try failed; the next comes then.
    Pause { until: Time },
    /// Changes come as they happen.
    Watching,
}

/// Where its process is in its life.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Life {
    Stopped,
    /// It does not listen before this.
    Starting {
        until: Time,
    },
    Serving,
    /// SIGTERM came: it answers on until then.
    Lameduck {
        until: Time,
    },
}

/// The first pause after a failed list, and the longest (client-go's reflector: doubled each time, up to twice as long by chance).
const PAUSE: Duration = Duration::millis(800);
const PAUSE_MOST: Duration = Duration::secs(30);
/// How often the start looks whether it is synced.
const TICK: Duration = Duration::millis(100);

/// How many lines wait for a reader.
const SAID_MOST: usize = 200;

/// One CoreDNS process. Its view lags behind the cluster as that of any other component.
#[derive(Clone, Debug)]
pub struct CoreDns {
    /// As it was last read, or why it cannot be used.
    corefile: Result<Arc<Corefile>, String>,
    /// The mounted file as it is now.
    file: Text,
    /// The text that runs.
    running: Text,
    internet: Arc<Zone>,
    local: Vec<IpAddr>,
    /// The name servers of its Pod's resolv.conf.
    servers: Vec<Text>,
    /// Why it ended by itself.
    fatal: Option<String>,
    life: Life,
    link: Link,
    failures: u32,
    tickets: u64,
    /// The newest view that was offered; it counts only once the API was reached.
    offered: Snapshot,
    index: Index,
    synced: bool,
    state: State,
    reload_at: Option<Time>,
    started: u64,
    /// What it wrote since it was last asked, with the instants.
    said: Vec<(Time, String)>,
}

impl CoreDns {
    /// A process that is not started yet. The Internet outside is the small one of `INTERNET`.
    pub fn new(seed: u64, name: &str, corefile: &str) -> CoreDns {
        CoreDns {
            corefile: Corefile::parse(FILE, corefile).map(Arc::new),
            file: Text::new(corefile),
            running: Text::new(corefile),
            internet: Arc::new(Zone::parse(INTERNET).unwrap_or_default()),
            local: Vec::new(),
            servers: Vec::new(),
            fatal: None,
            life: Life::Stopped,
            link: Link::Asked,
            failures: 0,
            tickets: 0,
            offered: Snapshot::empty(0),
            index: Index::empty(false),
            synced: false,
            state: State { cache: Cache::default(), rng: Rng::stream(seed, &format!("coredns/{name}")), errors: Vec::new() },
            reload_at: None,
            started: 0,
            said: Vec::new(),
        }
    }

    /// Another world outside.
    pub fn set_internet(&mut self, zone: Arc<Zone>) {
        self.internet = zone;
    }

    /// The addresses that it listens on: its Pod's. The zone's name servers are found by them.
    pub fn set_addresses(&mut self, addresses: &[IpAddr]) {
        self.local = addresses.to_vec();
    }

    /// The name servers that `forward . /etc/resolv.conf` leads to: those of its Pod's file.
    pub fn set_name_servers(&mut self, servers: &[Text]) {
        self.servers = servers.to_vec();
    }

    pub fn interested(&self, change: &Change) -> bool {
        self.is_running() && self.index.interested(change.key.kind)
    }

    /// The process starts. With a file that it cannot read it ends at once (see `exit`).
    pub fn start(&mut self, now: Time, view: &Snapshot, fx: &mut Effects) {
        if self.is_running() {
            // The history that it needed is gone: it lists all anew.
            self.offered = view.clone();
            if self.link == Link::Watching {
                self.index = Index::of(view, self.watches_pods(), now);
            }
            return;
        }
        self.corefile = Corefile::parse(FILE, &self.file).map(Arc::new);
        self.running = self.file.clone();
        let Ok(corefile) = self.corefile.clone() else { return };
        self.fatal = None;
        self.offered = view.clone();
        self.index = Index::empty(self.watches_pods());
        (self.synced, self.failures) = (false, 0);
        self.state.cache = Cache::default();
        self.started += 1;
        self.life = match corefile.kubernetes() {
            Some(kubernetes) => Life::Starting { until: now + kubernetes.startup_timeout },
            None => Life::Serving,
        };
        self.plan_reload(now);
        self.say(now, "[INFO] plugin/reload: Running configuration");
        if let Life::Starting { until } = self.life {
            self.list(now, fx);
            fx.wake_at(until);
        }
        self.reload_at.into_iter().for_each(|at| fx.wake_at(at));
    }

    /// A watch delivery.
    pub fn deliver(&mut self, now: Time, view: &Snapshot, changes: &[&Change], _fx: &mut Effects) {
        self.offered = view.clone();
        if self.is_running() && self.link == Link::Watching {
            self.index.learn(now, view, changes);
        }
    }

    /// The answer to its list; code 0 when none came.
    pub fn reply(&mut self, now: Time, ticket: Ticket, response: &Response, fx: &mut Effects) {
        if !self.is_running() || ticket.0 != self.tickets || self.link != Link::Asked {
            return;
        }
        if response.code == 200 {
            self.link = Link::Watching;
            self.failures = 0;
            self.index = Index::of(&self.offered, self.watches_pods(), now);
            self.synced = true;
            if let Life::Starting { until } = self.life {
                self.life = Life::Starting { until: until.min(now + TICK) };
                fx.wake_at(until.min(now + TICK));
            }
            return;
        }
        let pause = Duration(PAUSE.0 << self.failures.min(6)).min(PAUSE_MOST);
        let until = now + pause + Duration(self.state.rng.between(0, pause.0));
        self.failures += 1;
        self.link = Link::Pause { until };
        fx.wake_at(until);
    }

    /// Its watches broke: the API server or the way to it is gone. It goes on with what it knows and tries to come back.
    pub fn lose_api(&mut self, now: Time, fx: &mut Effects) {
        if self.is_running() && self.link == Link::Watching {
            self.say(now, "[INFO] plugin/kubernetes: Warning: watch ended with error");
            self.list(now, fx);
        }
    }

    /// An instant that it asked for.
    pub fn wake(&mut self, now: Time, fx: &mut Effects) {
        match self.life {
            Life::Starting { until } if until <= now => {
                self.life = Life::Serving;
                if !self.synced {
                    self.say(now, "[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API");
                }
                self.greet(now);
                self.check_loop(now);
            }
            Life::Lameduck { until } if until <= now => self.stop(),
            _ => {}
        }
        if !self.is_running() {
            return;
        }
        if let Link::Pause { until } = self.link
            && until <= now
        {
            self.list(now, fx);
        }
        if self.reload_at.is_some_and(|at| at <= now) {
            self.reload(now, fx);
        }
    }

    /// The process is gone, and with it all that it knew.
    pub fn stop(&mut self) {
        self.life = Life::Stopped;
        self.link = Link::Asked;
        self.tickets += 1;
        self.index = Index::empty(false);
        self.offered = Snapshot::empty(0);
        self.state.cache = Cache::default();
        (self.synced, self.reload_at) = (false, None);
    }

    pub fn is_running(&self) -> bool {
        self.life != Life::Stopped
    }

    /// SIGTERM: it answers on for the time of `lameduck`. Gives the instant of its end.
    pub fn terminate(&mut self, now: Time, fx: &mut Effects) -> Time {
        let lameduck = self.corefile.as_ref().map(|corefile| corefile.lameduck()).unwrap_or_default();
        let until = match self.life {
            Life::Lameduck { until } => until,
            _ => now + lameduck,
        };
        self.say(now, "[INFO] SIGTERM: Shutting down servers then terminating");
        if lameduck > Duration::ZERO {
            self.say(now, &format!("[INFO] plugin/health: Going into lameduck mode for {}", go_duration(lameduck)));
        }
        self.life = Life::Lameduck { until };
        fx.wake_at(until);
        until
    }

    /// Why it cannot run: what it wrote before it ended with code 1.
    pub fn exit(&self) -> Option<&str> {
        self.fatal.as_ref().or(self.corefile.as_ref().err()).map(String::as_str)
    }

    /// Whether anybody listens on its port; where nobody does, a client is refused.
    pub fn listens(&self, now: Time) -> bool {
        match self.life {
            Life::Stopped | Life::Starting { .. } => false,
            Life::Serving => true,
            Life::Lameduck { until } => now < until,
        }
    }

    /// `/ready` on port 8181: 200 once it has heard of the cluster, and for ever after.
    pub fn is_ready(&self, now: Time) -> bool {
        let asked = self.corefile.as_ref().is_ok_and(|corefile| corefile.servers.iter().any(|server| server.ready));
        let synced = self.synced || self.corefile.as_ref().is_ok_and(|corefile| corefile.kubernetes().is_none());
        asked && synced && self.listens(now)
    }

    /// `/health` on port 8080: 200 as long as the process runs.
    pub fn healthy(&self, _now: Time) -> bool {
        self.is_running() && self.corefile.as_ref().is_ok_and(|corefile| corefile.servers.iter().any(|server| server.health.is_some()))
    }

    /// Answers a question; other name servers that it forwards to by address are the Internet's.
    pub fn answer(&mut self, now: Time, question: &Question) -> Answer {
        let internet = self.internet.clone();
        self.answer_with(now, question, &mut |_, question| Some(internet.answer(question)))
    }

    /// Answers a question, with a say in what name servers outside answer: none means that it is not reached.
    pub fn answer_with(&mut self, now: Time, question: &Question, upstream: &mut chain::Upstream) -> Answer {
        let Ok(corefile) = &self.corefile else { return Answer::bare(Rcode::ServFail) };
        let corefile = corefile.clone();
        let setting = Setting {
            now,
            corefile: &corefile,
            index: &self.index,
            synced: self.synced,
            local: &self.local,
            internet: &self.internet,
            servers: &self.servers,
        };
        let answer = chain::answer(&setting, &mut self.state, question, upstream);
        for words in std::mem::take(&mut self.state.errors) {
            self.say(now, &words);
        }
        answer
    }

    /// What a client gets that sends a packet here: an answer, or a refusal where nobody listens. `from` is for the log.
    pub fn ask(&mut self, now: Time, from: Option<SocketAddr>, question: &Question) -> Reply {
        self.ask_through(now, from, question, &[])
    }

    /// The name servers that a question may be forwarded to, as the file names them.
    pub fn forwards_to(&self, question: &Question) -> Vec<Text> {
        let server = self.corefile.as_ref().ok().and_then(|corefile| corefile.server(&question.name));
        let all = server.into_iter().flat_map(|server| &server.forward).flat_map(|forward| &forward.to);
        all.flat_map(|to| if to.starts_with('/') { self.servers.to_vec() } else { vec![to.clone()] }).collect()
    }

    /// The same where name servers of the cluster are among those that it forwards to: `known` says what they answer, or
    /// that they are not reached. All others are the Internet's.
    pub fn ask_through(&mut self, now: Time, from: Option<SocketAddr>, question: &Question, known: &[(Text, Option<Answer>)]) -> Reply {
        if !self.listens(now) {
            return Reply::Refused;
        }
        let took = Duration::micros(self.state.rng.between(90, 400));
        let internet = self.internet.clone();
        let answer = self.answer_with(now, question, &mut |to, asked| match known.iter().find(|(name, _)| name == to) {
            Some((_, answer)) => answer.clone().filter(|_| asked == question),
            None => Some(internet.answer(asked)),
        });
        if let Some(from) = from.filter(|_| self.logs(question)) {
            self.log(now, from, question, &answer, took);
        }
        Reply::Answer(answer, took)
    }

    fn logs(&self, question: &Question) -> bool {
        self.corefile.as_ref().is_ok_and(|corefile| corefile.server(&question.name).is_some_and(|server| server.log))
    }

    /// The line of the `log` plugin.
    fn log(&mut self, now: Time, from: SocketAddr, question: &Question, answer: &Answer, took: Duration) {
        let (id, asked) = (self.state.rng.below(65_536), question.name.len() + 17);
        let (kind, name, rcode) = (question.kind.word(), &question.name, answer.rcode.word());
        let (flags, size) = (answer.flags().replace(' ', ","), answer.size(question));
        let seconds = format!("{}.{:06}s", took.0 / 1_000_000, took.0 % 1_000_000);
        self.say(now, &format!("[INFO] {from} - {id} \"{kind} IN {name} udp {asked} false 512\" {rcode} {flags} {size} {seconds}"));
    }

    /// The mounted file changed. The `reload` plugin sees it when it looks the next time.
    pub fn file_changed(&mut self, text: &str) {
        self.file = Text::new(text);
    }

    /// Whether it wrote something since the last time.
    pub fn has_log(&self) -> bool {
        !self.said.is_empty()
    }

    /// What it wrote to its log since the last time.
    pub fn take_log(&mut self) -> Vec<(Time, String)> {
        std::mem::take(&mut self.said)
    }

    fn reload(&mut self, now: Time, fx: &mut Effects) {
        let period = self.reload_at.take();
        if self.file != self.running {
            match Corefile::parse(FILE, &self.file) {
                Ok(corefile) => {
                    self.say(now, "[INFO] Reloading");
                    let pods = self.watches_pods();
                    self.corefile = Ok(Arc::new(corefile));
                    self.running = self.file.clone();
                    self.state.cache = Cache::default();
                    if self.watches_pods() != pods {
                        self.index = if self.synced { Index::of(&self.offered, !pods, now) } else { Index::empty(!pods) };
                    }
                    self.say(now, "[INFO] plugin/reload: Running configuration");
                    self.say(now, "[INFO] Reloading complete");
                }
                Err(words) => {
                    // It goes on as it is, and looks at the same text no more.
                    self.running = self.file.clone();
                    self.say(now, &format!("[ERROR] Restart failed: {words}"));
                    self.say(now, &format!("[ERROR] plugin/reload: Corefile changed but reload failed: {words}"));
                }
            }
        }
        if period.is_some() {
            self.plan_reload(now);
        }
        self.reload_at.into_iter().for_each(|at| fx.wake_at(at));
    }

    /// The spread is drawn once for each start of the plugin; each look is a whole period later.
    fn plan_reload(&mut self, now: Time) {
        let settings = self.corefile.as_ref().ok().and_then(|corefile| corefile.reload());
        self.reload_at = settings.map(|(interval, jitter)| {
            let spread = Rng::stream(self.started, &self.running).between(0, jitter.0);
            now + interval + Duration(spread)
        });
    }

    fn watches_pods(&self) -> bool {
        let kubernetes = self.corefile.as_ref().ok().and_then(|corefile| corefile.kubernetes());
        kubernetes.is_some_and(|kubernetes| kubernetes.pods == PodNames::Verified)
    }

    fn list(&mut self, _now: Time, fx: &mut Effects) {
        self.tickets += 1;
        self.link = Link::Asked;
        let mut request = Request::about(Verb::List, kinds::NAMESPACE, "", "");
        request.user = User {
            name: Text::new_static("system:serviceaccount:kube-system:coredns"),
            groups: vec![Text::new_static("system:serviceaccounts"), Text::new_static("system:authenticated")],
        };
        request.origin.actor = Text::new_static("coredns");
        fx.send(Ticket(self.tickets), request);
    }

    fn greet(&mut self, now: Time) {
        let Ok(corefile) = self.corefile.clone() else { return };
        for server in &corefile.servers {
            for zone in &server.zones {
                self.say(now, &format!("{zone}:{}", server.port));
            }
        }
        self.say(now, "CoreDNS-1.15.0");
    }

    /// The `loop` plugin: a server that forwards to itself ends at once instead of answering itself for ever.
    fn check_loop(&mut self, now: Time) {
        let Ok(corefile) = self.corefile.clone() else { return };
        let own = |server: &Text| server.parse::<IpAddr>().is_ok_and(|address| address.is_loopback() || self.local.contains(&address));
        let looping = corefile.servers.iter().find(|server| {
            let mut targets = server.forward.iter().flat_map(|forward| &forward.to);
            let back = |to: &Text| if to.starts_with('/') { self.servers.iter().any(own) } else { own(to) };
            server.idle.iter().any(|plugin| plugin == "loop") && targets.any(back)
        });
        let Some(zone) = looping.and_then(|server| server.zones.first()) else { return };
        let rng = &mut self.state.rng;
        let (port, query) = (rng.between(32_768, 60_999), (rng.draw(), rng.draw()));
        let words = format!(
            "[FATAL] plugin/loop: Loop (127.0.0.1:{port} -> :53) detected for zone \"{zone}\", see \
             https://coredns.io/plugins/loop#troubleshooting. Query: \"HINFO {}.{}.\"",
            query.0, query.1
        );
        self.say(now, &words);
        self.stop();
        self.fatal = Some(words);
    }

    fn say(&mut self, now: Time, words: &str) {
        // Nobody may be reading.
        if self.said.len() == SAID_MOST {
            self.said.remove(0);
        }
        self.said.push((now, format!("{words}\n")));
    }
}

/// `5s`, as Go writes whole seconds; milliseconds otherwise.
fn go_duration(duration: Duration) -> String {
    let millis = duration.0 / 1_000;
    if millis.is_multiple_of(1_000) { format!("{}s", millis / 1_000) } else { format!("{millis}ms") }
}
