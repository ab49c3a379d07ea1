//! `etcdctl` at work: the line is run again from its first word with each answer that comes.
use crate::event::{Caller, Event};
use crate::world::World;
use apiserver::client::Ticket;
use dataplane::kubelet::ERRORS;
use etcd::ctl::{Access, Answer, Ask, Reply, Saved, etcdctl};
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
}

/// Starting the program and its connection with TLS.
const BEGIN: Duration = Duration::millis(15);

/// One run of the line: known answers in the order of the questions, and the first new questions.
struct Run<'a> {
    known: &'a mut Vec<Asked>,
    next: usize,
    now: Time,
    host: usize,
    files: &'a mut Vec<(usize, String, Saved)>,
    restored: Option<(Saved, String)>,
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

    fn load(&mut self, path: &str) -> Option<Saved> {
        self.files.iter().find(|(host, known, _)| *host == self.host && known == path).map(|(.., saved)| saved.clone())
    }

    fn save(&mut self, path: &str, saved: Saved) {
        let host = self.host;
        self.files.retain(|(at, known, _)| *at != host || known != path);
        self.files.push((host, path.to_string(), saved));
    }

    fn restore(&mut self, saved: &Saved, directory: &str) -> Result<(), String> {
        self.restored = Some((saved.clone(), directory.to_string()));
        Ok(())
    }
}

impl World {
    /// Runs `etcdctl …` or `etcdutl …` on a host; the answer goes to `caller` as a tool's.
    pub(crate) fn begin_etcdctl(&mut self, host: usize, words: Vec<String>, caller: Caller, ticket: Ticket, in_container: bool) {
        let number = self.etcd.next;
        self.etcd.next += 1;
        self.etcd.jobs.insert(number, Job { caller, ticket, host, words: Arc::new(words), asked: Vec::new(), in_container });
        self.queue.push(self.now + BEGIN, Event::EtcdJob(number));
    }

    /// A line begins, goes on with an answer, or has waited long enough for one.
    pub(crate) fn run_job(&mut self, number: u64) {
        let Some(mut job) = self.etcd.jobs.get(&number).cloned() else { return };
        let now = self.now;
        for asked in job.asked.iter_mut().filter(|asked| asked.reply.is_none() && asked.begun + asked.within <= now) {
            asked.reply = Some(Reply::Silence);
        }
        let words: Vec<&str> = job.words.iter().map(String::as_str).collect();
        let Some((program, rest)) = words.split_first() else { return };
        let saved_before = self.etcd.files.len();
        let mut run = Run { known: &mut job.asked, next: 0, now, host: job.host, files: &mut self.etcd.files, restored: None };
        let answer = etcdctl(program, rest, &[], &mut run);
        let restored = run.restored;
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
        let fresh: Vec<usize> = (0..job.asked.len()).filter(|place| !job.asked[*place].sent && job.asked[*place].reply.is_none()).collect();
        fresh.iter().for_each(|place| job.asked[*place].sent = true);
        let questions: Vec<(usize, Asked)> = fresh.into_iter().map(|place| (place, job.asked[place].clone())).collect();
        let host = job.host;
        self.etcd.jobs.insert(number, job);
        for (place, asked) in questions {
            self.queue.push(now + asked.within, Event::EtcdJob(number));
            self.ask_member(number, place, host, asked);
        }
    }

    fn end_job(&mut self, number: u64, job: &Job, answer: Answer) {
        self.etcd.jobs.remove(&number);
        self.etcd.questions.retain(|_, question| question.job != number);
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
        let Some(member) = self.member_at(host, &asked.endpoint) else { return };
        let node = &self.etcd.nodes[member];
        let cut = node.host != host && self.passage(Some(host), Some(self.etcd.nodes[member].host)).is_none();
        if cut || !self.etcd.nodes[member].process.is_running() {
            return;
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
        self.etcd.nodes.iter().position(|node| port == "2379" && Some(node.host) == host && !node.process.removed)
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
