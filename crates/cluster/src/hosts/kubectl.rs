//! kubectl typed on a server: it asks whom the kubeconfig that lies there names, as whom that names.
use super::fleet::{Kubectl, Reply};
use super::trust::turned_away;
use crate::event::{Caller, Event};
use crate::world::World;
use ::hosts::Machine;
use ::hosts::kubeadm::Client;
use ::hosts::outside::{Begun, Printed};
use ::hosts::pki::Certificate;
use ::kubectl::{Effect, Shell};
use apiserver::client::Ticket;
use objects::Text;
use objects::wire::{Body, Response, User, WatchCursor};
use simcore::Duration;

/// How often open watches and followed logs are looked at.
const LOOK: Duration = Duration::millis(200);
/// An answer that needs no disk.
const NEARBY: Duration = Duration::millis(2);
/// Whom kubectl asks without any kubeconfig.
const NOBODY: &str = "http://localhost:8080";
/// The name under which standard input lies among the files of a run.
const STDIN: &str = "/dev/stdin";

impl World {
    pub(super) fn begin_kubectl(&mut self, id: u64, host: usize, begun: &Begun) {
        let machine = self.machine(host);
        let (server, user, certificate) = match whom(&machine, begun) {
            Ok(found) => found,
            Err(words) => return self.tell_command(id, Reply::Printed(Some(Printed { stderr: words, code: 1, ..Printed::default() }))),
        };
        let files = files(&machine, begun);
        let line = words(begun);
        let mut shell = Shell::new(files);
        shell.leave_home();
        let mut kubectl = Kubectl {
            shell,
            server,
            user,
            certificate,
            said: Printed::default(),
            watches: Default::default(),
            follows: Default::default(),
            over: false,
        };
        let effects = kubectl.shell.enter(self.now, &line);
        self.go_on(id, kubectl, effects);
    }

    /// An answer of the API server.
    pub(super) fn kubectl_reply(&mut self, id: u64, ticket: Ticket, response: Response) {
        let Some(mut kubectl) = self.take_kubectl(id) else { return };
        if let Body::Watch(cursor) = &response.body {
            let cursor: WatchCursor = (**cursor).clone();
            kubectl.watches.insert(ticket.0, cursor);
            self.queue.push(self.now, Event::Command(id));
        }
        let effects = kubectl.shell.reply(self.now, ticket.0, response);
        self.go_on(id, kubectl, effects);
    }

    /// An instant that it asked for, or the next look at what it watches.
    pub(super) fn kubectl_due(&mut self, id: u64) {
        let Some(mut kubectl) = self.take_kubectl(id) else { return };
        let mut effects = kubectl.shell.woken(self.now);
        let watched: Vec<u64> = kubectl.watches.keys().copied().collect();
        for ticket in watched {
            let Some(cursor) = kubectl.watches.get_mut(&ticket) else { continue };
            match self.api.poll(cursor) {
                Ok(events) if events.is_empty() => {}
                Ok(events) => effects.extend(kubectl.shell.watched(self.now, ticket, events, false)),
                Err(_) => {
                    kubectl.watches.remove(&ticket);
                    effects.extend(kubectl.shell.watched(self.now, ticket, Vec::new(), true));
                }
            }
        }
        let followed: Vec<u64> = kubectl.follows.keys().copied().collect();
        for ticket in followed {
            let Some((request, offset)) = kubectl.follows.remove(&ticket) else { continue };
            let Some((text, offset, ended)) = self.follow(&request, offset) else { continue };
            if !ended {
                kubectl.follows.insert(ticket, (request, offset));
            }
            if !text.is_empty() || ended {
                effects.extend(kubectl.shell.streamed(self.now, ticket, &text, ended));
            }
        }
        if !kubectl.watches.is_empty() || !kubectl.follows.is_empty() {
            self.queue.push(self.now + LOOK, Event::Command(id));
        }
        self.go_on(id, kubectl, effects);
    }

    fn take_kubectl(&mut self, id: u64) -> Option<Kubectl> {
        let mut taken = None;
        self.alter_command(id, |command| taken = command.asked.as_mut().and_then(|asked| asked.kubectl.take()));
        taken.map(|kubectl| *kubectl)
    }

    /// Carries out what the shell in it wants, and keeps it or ends it.
    fn go_on(&mut self, id: u64, mut kubectl: Kubectl, effects: Vec<Effect>) {
        let Some(command) = self.fleet.commands.get(&id).cloned() else { return };
        let mut effects = std::collections::VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Print { text, err } if command.streams => self.show(&text, err),
                Effect::Print { text, err: false } => kubectl.said.stdout.push_str(&text),
                Effect::Print { text, err: true } => kubectl.said.stderr.push_str(&text),
                Effect::Send { ticket, mut request } => {
                    if let Some(user) = kubectl.user.clone() {
                        request.user = user;
                    }
                    let refused = self.certified(command.host, &kubectl.server, &kubectl.certificate).err();
                    match self.server_at(command.host, &kubectl.server) {
                        Ok(()) => {
                            if let Some(refused) = refused {
                                let reply = Event::Reply(Caller::Command(id), Ticket(ticket), Box::new(turned_away(&refused)));
                                self.queue.push(self.now + NEARBY, reply);
                                continue;
                            }
                            if crate::console::follows_logs(&request) {
                                kubectl.follows.insert(ticket, (request.clone(), 0));
                                self.queue.push(self.now, Event::Command(id));
                            }
                            self.submit(Caller::Command(id), Ticket(ticket), &request);
                        }
                        Err((why, took)) => {
                            let address = kubectl.server.split("://").nth(1).unwrap_or("");
                            let text = match &why {
                                why if why.ends_with("refused") => format!("refused {address}"),
                                why if why.starts_with("dial") => format!("lost {address}"),
                                why => format!("said {why}"),
                            };
                            let response = Response { code: 0, ..Response::text(text) };
                            self.queue.push(self.now + took, Event::Reply(Caller::Command(id), Ticket(ticket), Box::new(response)));
                        }
                    }
                }
                Effect::CloseWatch { ticket } => {
                    kubectl.watches.remove(&ticket);
                    kubectl.follows.remove(&ticket);
                }
                Effect::WakeAt(time) => self.queue.push(time.max(self.now), Event::Command(id)),
                Effect::Edit { .. } => {
                    let words = "error: no editor can be opened from kubectl on a server here: change a file and apply it\n";
                    kubectl.said.stderr.push_str(words);
                    effects.extend(kubectl.shell.interrupt(self.now).into_iter().filter(|effect| matches!(effect, Effect::Done { .. })));
                }
                Effect::Done { code } => (kubectl.said.code, kubectl.over) = (code, true),
                Effect::Clear | Effect::FilesChanged => {}
            }
        }
        if kubectl.over {
            return self.tell_command(id, Reply::Printed(Some(kubectl.said)));
        }
        self.alter_command(id, |command| command.asked.iter_mut().for_each(|asked| asked.kubectl = Some(Box::new(kubectl.clone()))));
    }
}

/// Server, user, and the certificate that shows it.
type Whom = (String, Option<User>, Option<Certificate>);

/// The server and the user of the kubeconfig that counts: `--kubeconfig`, $KUBECONFIG, ~/.kube/config; nobody without one.
fn whom(machine: &Machine, begun: &Begun) -> Result<Whom, String> {
    let mut words = begun.words.iter();
    let (mut named, mut server) = (None, None);
    while let Some(word) = words.next() {
        if let Some(address) = word.strip_prefix("--server=") {
            server = Some(address.to_string());
        } else if word == "--server" || word == "-s" {
            server = words.next().cloned();
        } else if let Some(path) = word.strip_prefix("--kubeconfig=") {
            named = Some(path.to_string());
        } else if word == "--kubeconfig" {
            named = words.next().cloned();
        }
    }
    let variable = begun.environment.iter().rev().find(|(name, value)| name == "KUBECONFIG" && !value.is_empty());
    let home = if begun.user == "root" { "/root".to_string() } else { format!("/home/{}", begun.user) };
    let path = match (&named, variable) {
        (Some(path), _) => path.clone(),
        (None, Some((_, path))) => path.split(':').next().unwrap_or("").to_string(),
        _ => format!("{home}/.kube/config"),
    };
    let path = full(&path, &begun.folder);
    let Some(file) = machine.files.get(&path) else {
        return match named {
            Some(_) => Err(format!("error: stat {path}: no such file or directory\n")),
            None => Ok((NOBODY.to_string(), None, None)),
        };
    };
    if begun.user != "root" && file.owner != begun.user && file.mode & 0o004 == 0 {
        return Err(format!("error: error loading config file \"{path}\": open {path}: permission denied\n"));
    }
    let text = machine.files.read(&path).unwrap_or_default();
    let read = Client::read(machine, &text).map(|client| {
        let mut user = client.user;
        // The API server puts everybody whom it knows into this group.
        user.groups.push(Text::new_static("system:authenticated"));
        // An address on the line counts more than the file's.
        (server.unwrap_or(client.server), Some(user), Client::certificate(machine, &text))
    });
    Ok(read.unwrap_or((NOBODY.to_string(), None, None)))
}

fn full(path: &str, folder: &str) -> String {
    if path.starts_with('/') { path.into() } else { format!("{}/{path}", folder.trim_end_matches('/')) }
}

/// The files that the words name, under the names that they use.
fn files(machine: &Machine, begun: &Begun) -> Vec<(String, String)> {
    let mut all = vec![(STDIN.to_string(), begun.stdin.clone())];
    for word in &begun.words[1..] {
        let word = word.split_once('=').map_or(word.as_str(), |(_, value)| value);
        let path = full(word, &begun.folder);
        if let Some(text) = crate::addons::downloaded(word) {
            all.push((word.to_string(), text.to_string()));
        } else if let Some(text) = machine.files.read(&path) {
            all.push((word.to_string(), text.to_string()));
        } else if machine.files.is_folder(&path) && !word.is_empty() {
            // The folder may go by another name than its own: `..`, a link.
            let own = machine.files.real(&path);
            let inner = machine.files.below(&path);
            all.extend(inner.iter().filter_map(|name| {
                let rest = name.strip_prefix(own.trim_end_matches('/'))?;
                Some((format!("{}{rest}", word.trim_end_matches('/')), machine.files.read(name)?.to_string()))
            }));
        }
    }
    all
}

/// The line for the shell within: every word quoted, standard input from its file; a download is a file here.
fn words(begun: &Begun) -> String {
    let quoted: Vec<String> = begun.words[1..].iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
    let line = format!("kubectl {}", quoted.join(" "));
    if begun.stdin.is_empty() { line } else { format!("{line} < {STDIN}") }
}
