//! `etcdctl` at work: the line is run again from its first word with each answer that comes.
use crate::event::{Caller, Event};
use crate::members::leases::LEASES;
use crate::world::World;
use apiserver::client::Ticket;
use dataplane::kubelet::ERRORS;
use etcd::ctl::{Access, Answer, Ask, Distrust, FOREVER, Reply, Saved, etcdctl};
use objects::Text;
use objects::wire::{Request, Response, Target};
use simcore::{Duration, Time};
use std::sync::Arc;

/// One question of a line, and what became of it.
#[derive(Clone, Debug)]
struct Asked {
    endpoint: String,
    ask: Ask,
    reply: Option<Reply>,
    /// It went out.
    sent: bool,
    within: Duration,
    begun: Time,
}

/// A line on a host that waits for members.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    caller: Caller,
    ticket: Ticket,
    host: usize,
    words: Arc<Vec<String>>,
    asked: Vec<Asked>,
    /// It runs in a container: one stream for both outputs.
    in_container: bool,
    given: Given,
    /// What it has said so far, and how much of that somebody has seen.
    said: String,
    shown: usize,
    /// A lease that lives as long as the line.
    pub lease: Option<u64>,
}

/// What a line of etcdctl is begun with besides its words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub environment: Vec<(String, String)>,
    pub stdin: String,
    pub folder: String,
    /// `timeout` ends it then.
    pub until: Option<Time>,
    /// What is wrong with its certificates.
    pub distrust: Option<Distrust>,
}

/// Starting the program and its connection with TLS.
const BEGIN: Duration = Duration::millis(15);
/// How often a line that waits for changes looks whether its member still has a leader.
const LOOK: Duration = Duration::secs(1);

/// One run of the line: known answers in the order of the questions, and the first new questions.
struct Run<'a> {
    known: &'a mut Vec<Asked>,
    next: usize,
    now: Time,
    host: usize,
    address: Text,
    files: &'a mut Vec<(usize, String, Saved)>,
    restored: Option<(Saved, String)>,
    given: &'a Given,
    said: String,
}

impl Run<'_> {
    /// A path as the line's folder sees it.
    fn path(&self, path: &str) -> String {
        if path.starts_with('/') || self.given.folder.is_empty() {
            path.into()
        } else {
            format!("{}/{path}", self.given.folder.trim_end_matches('/'))
        }
    }
}

impl Access for Run<'_> {
    fn ask(&mut self, endpoint: &str, ask: &Ask, within: Duration) -> Option<Reply> {
        let place = self.next;
        self.next += 1;
        if place == self.known.len() {
            let (endpoint, ask) = (endpoint.to_string(), ask.clone());
            self.known.push(Asked { endpoint, ask, reply: None, sent: false, within, begun: self.now });
        }
        self.known.get(place).and_then(|asked| asked.reply.clone())
    }

    fn input(&self) -> String {
        self.given.stdin.clone()
    }

    fn clock(&self, after: Duration) -> Option<String> {
        Some((self.now + after).rfc3339_micro())
    }

    fn address(&self) -> String {
        self.address.to_string()
    }

    fn distrust(&self) -> Option<Distrust> {
        self.given.distrust.clone()
    }

    fn show(&mut self, text: &str) {
        self.said.push_str(text);
    }

    fn load(&mut self, path: &str) -> Option<Saved> {
        let path = self.path(path);
        self.files.iter().find(|(host, known, _)| *host == self.host && *known == path).map(|(.., saved)| saved.clone())
    }

    fn save(&mut self, path: &str, saved: Saved) {
        let (host, path) = (self.host, self.path(path));
        self.files.retain(|(at, known, _)| *at != host || *known != path);
        self.files.push((host, path, saved));
    }

    fn restore(&mut self, saved: &Saved, directory: &str) -> Result<(), String> {
        self.restored = Some((saved.clone(), self.path(directory)));
        Ok(())
    }
}

impl World {
    /// Runs `etcdctl …` or `etcdutl …` on a host; the answer goes to `caller` as a tool's.
    pub(crate) fn begin_etcdctl(&mut self, host: usize, words: Vec<String>, caller: Caller, ticket: Ticket, in_container: bool) {
        self.begin_etcd_line(host, words, Given::default(), caller, ticket, in_container);
    }

    pub(crate) fn begin_etcd_line(
        &mut self,
        host: usize,
        words: Vec<String>,
        mut given: Given,
        caller: Caller,
        ticket: Ticket,
        in_container: bool,
    ) {
        given.distrust = self.distrusts(host, &words, &given, in_container);
        let number = self.etcd.next;
        self.etcd.next += 1;
        if let Some(until) = given.until {
            self.queue.push(until, Event::EtcdJob(number));
        }
        let (words, asked) = (Arc::new(words), Vec::new());
        let job = Job { caller, ticket, host, words, asked, in_container, given, said: String::new(), shown: 0, lease: None };
        self.etcd.jobs.insert(number, job);
        self.queue.push(self.now + BEGIN, Event::EtcdJob(number));
    }

    /// Lines whose command was broken off end, and what they held goes.
    pub(crate) fn drop_jobs(&mut self, caller: Caller) {
        let gone: Vec<u64> = self.etcd.jobs.iter().filter(|(_, job)| job.caller == caller).map(|(number, _)| *number).collect();
        gone.into_iter().for_each(|number| self.forget_job(number));
    }

    fn forget_job(&mut self, number: u64) {
        let lease = self.etcd.jobs.remove(&number).and_then(|job| job.lease);
        self.etcd.questions.retain(|_, question| question.job != number);
        self.etcd.watchers.retain(|watcher| watcher.job != number);
        if let Some(lease) = lease {
            self.end_lease(lease);
        }
    }

    /// A line begins, goes on with an answer, or has waited long enough for one.
    pub(crate) fn run_job(&mut self, number: u64) {
        if number == LEASES {
            return self.lease_due();
        }
        let Some(mut job) = self.etcd.jobs.get(&number).cloned() else { return };
        let now = self.now;
        if job.given.until.is_some_and(|until| until <= now) {
            return self.end_job(number, &job, Answer { code: 124, ..Answer::default() });
        }
        if self.etcd.watchers.iter().any(|watcher| watcher.job == number) {
            self.end_leases();
            self.feed_watchers();
            self.queue.push(now + LOOK, Event::EtcdJob(number));
        }
        for asked in job.asked.iter_mut().filter(|asked| asked.reply.is_none() && asked.begun + asked.within <= now) {
            asked.reply = Some(Reply::Silence);
        }
        let words: Vec<&str> = job.words.iter().map(String::as_str).collect();
        let Some((program, rest)) = words.split_first() else { return };
        let saved_before = self.etcd.files.len();
        let given = job.given.clone();
        let (known, files, said) = (&mut job.asked, &mut self.etcd.files, String::new());
        let address = self.hosts[job.host].address.clone();
        let mut run = Run { known, next: 0, now, host: job.host, address, files, restored: None, given: &given, said };
        let answer = etcdctl(program, rest, &given.environment, &mut run);
        let (restored, said) = (run.restored, run.said);
        job.said = said;
        let fresh = self.etcd.files.get(saved_before..).unwrap_or_default();
        if let Some((host, path, _)) = fresh.last().cloned() {
            self.saved_to(host, &path);
        }
        if let Some((saved, directory)) = restored
            && let Err(words) = self.restore_data(job.host, &saved, &directory)
        {
            return self.end_job(number, &job, Answer::refusal(&words));
        }
        if let Some(answer) = answer {
            return self.end_job(number, &job, answer);
        }
        if self.command_streams(job.caller) {
            let fresh = job.said.get(job.shown..).unwrap_or_default().to_string();
            job.shown = job.said.len();
            self.show(&fresh, false);
        }
        job.lease = job.asked.iter().find_map(|asked| match (&asked.ask, &asked.reply) {
            (Ask::Session(_), Some(Reply::Leases(_, leases))) => leases.first().map(|lease| lease.id),
            _ => None,
        });
        let fresh: Vec<usize> = (0..job.asked.len()).filter(|place| !job.asked[*place].sent && job.asked[*place].reply.is_none()).collect();
        fresh.iter().for_each(|place| job.asked[*place].sent = true);
        let questions: Vec<(usize, Asked)> = fresh.into_iter().map(|place| (place, job.asked[place].clone())).collect();
        let host = job.host;
        self.etcd.jobs.insert(number, job);
        for (place, asked) in questions {
            let next = if asked.within < FOREVER { asked.within } else { LOOK };
            self.queue.push(now + next, Event::EtcdJob(number));
            self.ask_member(number, place, host, asked);
        }
    }

    fn end_job(&mut self, number: u64, job: &Job, answer: Answer) {
        self.forget_job(number);
        let said = job.said.get(job.shown..).unwrap_or_default();
        let answer = Answer { stdout: format!("{said}{}", answer.stdout), ..answer };
        let at = self.now + answer.waited;
        if !job.in_container {
            return self.tool_ends_at(at, job.caller, job.ticket, answer.stdout, answer.stderr, i32::from(answer.code));
        }
        let failed = (answer.code != 0).then(|| format!("command terminated with exit code {}", answer.code));
        let errors = (!answer.stderr.is_empty()).then(|| format!("{ERRORS}{}", answer.stderr));
        let response = Response { warnings: failed.into_iter().chain(errors).collect(), ..Response::text(answer.stdout) };
        self.queue.push(at, Event::Reply(job.caller, job.ticket, Box::new(response)));
    }

    /// One question goes to one endpoint.
    fn ask_member(&mut self, number: u64, place: usize, host: usize, asked: Asked) {
        let Some(member) = self.member_at(host, &asked.endpoint) else {
            return self.tell_job(number, place, Reply::Unreached("connect: connection refused".to_string()));
        };
        let node = &self.etcd.nodes[member];
        let cut = node.host != host && self.passage(Some(host), Some(self.etcd.nodes[member].host)).is_none();
        if cut || !self.etcd.nodes[member].process.is_running() {
            let why = if cut { "i/o timeout" } else { "connect: connection refused" };
            return self.tell_job(number, place, Reply::Unreached(why.to_string()));
        }
        if !self.is_let_in(host, self.etcd.nodes[member].host) {
            return self.tell_job(number, place, Reply::Unreached("i/o timeout".to_string()));
        }
        if let Ask::Watch(keys, from) = asked.ask {
            return self.watch_keys(number, place, member, keys, from);
        }
        match self.answered_alone(member, &asked.ask) {
            Some(reply) => self.tell_job(number, place, reply),
            None => self.ask_cluster(number, place, member, asked.ask),
        }
    }

    /// The member behind `https://127.0.0.1:2379`, an address or a host's name, as seen from a host.
    pub(crate) fn member_at(&self, from: usize, endpoint: &str) -> Option<usize> {
        let address = endpoint.split("://").last().unwrap_or(endpoint).trim_end_matches('/');
        let (name, port) = address.rsplit_once(':').unwrap_or((address, "2379"));
        let local = name == "localhost" || name.starts_with("127.") || name == "[::1]";
        let host = if local { Some(from) } else { self.hosts.iter().position(|host| host.address == name || host.name == name) };
        // Who was reset and joined again has a later member on the same server.
        self.etcd.nodes.iter().rposition(|node| port == "2379" && Some(node.host) == host && !node.process.removed)
    }

    /// Brings an answer to a line, which goes on a moment later.
    pub(crate) fn tell_job(&mut self, number: u64, place: usize, reply: Reply) {
        let Some(job) = self.etcd.jobs.get_mut(&number) else { return };
        if let Some(asked) = job.asked.get_mut(place).filter(|asked| asked.reply.is_none()) {
            asked.reply = Some(reply);
            let took = self.hop();
            self.queue.push(self.now + took, Event::EtcdJob(number));
        }
    }

    /// How long a question of a line has been on its way.
    pub(crate) fn asked_since(&self, number: u64, place: usize) -> Duration {
        let begun = self.etcd.jobs.get(&number).and_then(|job| job.asked.get(place)).map_or(self.now, |asked| asked.begun);
        self.now.since(begun)
    }

    /// `kubectl exec etcd-NODE -- etcdctl …`: the host and the words, if that is what is asked for.
    pub(crate) fn etcdctl_in(&self, request: &Request) -> Option<(usize, Vec<String>)> {
        let Target::Resource { namespace, name, .. } = &request.target else { return None };
        let node = name.strip_prefix("etcd-").filter(|_| namespace == "kube-system")?;
        let host = self.etcd.nodes.iter().map(|node| node.host).find(|place| self.hosts[*place].name == node)?;
        let command = request.options.other.iter().filter(|(key, _)| key == "command");
        let mut words: Vec<String> = command.map(|(_, word)| word.to_string()).collect();
        // A shell around it only passes the line on.
        if let [shell, flag, line] = &words[..]
            && matches!(shell.rsplit('/').next(), Some("sh" | "bash"))
            && flag == "-c"
        {
            words = line.split_whitespace().filter(|word| !word.starts_with("ETCDCTL_API=")).map(str::to_string).collect();
        }
        let first = words.first_mut()?;
        *first = first.rsplit('/').next().unwrap_or_default().to_string();
        matches!(first.as_str(), "etcdctl" | "etcdutl").then_some((host, words))
    }
}
