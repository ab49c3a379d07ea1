//! The kubelet's own door: logs and commands (upstream `pkg/kubelet/server`, `GetKubeletContainerLogs`).
use crate::images::shell::Shell;
use crate::kubelet::Kubelet;
use crate::network::{Ask, Failure, Heard};
use crate::runtime::{Container, Log, Sandbox};
use apiserver::client::Effects;
use objects::wire::{Request, Response, Target};
use objects::{Status, Text, Tree};
use simcore::{Duration, Time};
use std::sync::Arc;

/// How long a command may sleep and still be answered as one text.
const EXEC_MAX: Duration = Duration::mins(2);
const ENDLESS: &str = "this command does not end by itself; only commands that end can be run here";

impl Kubelet {
    /// Answers a request for logs.
    pub fn serve(&self, now: Time, request: &Request) -> Response {
        let Target::Resource { subresource, .. } = &request.target else { return refused("unknown request") };
        match subresource.as_str() {
            "log" => match self.log(request) {
                Ok((log, _)) => Response::text(shown(log, now, request, 0)),
                Err(words) => refused(&words),
            },
            _ => refused(&format!("the kubelet does not serve {subresource} here")),
        }
    }

    /// What a log has beyond `offset` lines: the text, the new offset, and whether nothing more can come.
    pub fn follow(&self, now: Time, request: &Request, offset: usize) -> (String, usize, bool) {
        match self.log(request) {
            Ok((log, running)) => (shown(log, now, request, offset), log.len(), !running),
            Err(words) => (words, offset, true),
        }
    }

    fn log(&self, request: &Request) -> Result<(&Log, bool), String> {
        if !self.has_runtime() {
            return Err(NO_RUNTIME.to_string());
        }
        let Target::Resource { namespace, name, .. } = &request.target else { return Err("unknown request".to_string()) };
        let worker = self.workers.values().find(|worker| worker.pod.key.namespace == *namespace && worker.pod.key.name == *name);
        let Some(worker) = worker else { return Err(format!("pod \"{name}\" not found")) };
        let container = container_of(worker.pod.spec(), name, option(request, "container"))?;
        let slot = self.sandboxes.get(&worker.uid).and_then(|sandbox| sandbox.slot(&container));
        if option(request, "previous") == "true" {
            let previous = slot.and_then(|slot| slot.previous.as_deref().filter(|found| found.exit_code().is_some()));
            let missing = || format!("previous terminated container \"{container}\" in pod \"{name}\" not found");
            return previous.map(|found| (&found.log, false)).ok_or_else(missing);
        }
        let current = slot.and_then(|slot| slot.current.as_ref());
        let begun = current.filter(|found| found.is_running() || found.exit_code().is_some());
        match begun.or(slot.and_then(|slot| slot.previous.as_deref())) {
            Some(found) => Ok((&found.log, found.is_running())),
            None => {
                // As the status has it that was last made, not as the containers are this moment.
                let statuses = ["containerStatuses", "initContainerStatuses"].map(|list| worker.wanted.get(list).items());
                let status = statuses.into_iter().flatten().find(|status| status.get("name").text() == container);
                let reason = status.map_or("", |status| status.at(&["state", "waiting", "reason"]).text());
                let inits = !worker.pod.spec().get("initContainers").is_empty() && !worker.is_init(&container);
                let why = match reason {
                    "ErrImagePull" => "image can't be pulled",
                    "ImagePullBackOff" => "trying and failing to pull image",
                    "" if inits => "PodInitializing",
                    "" => "ContainerCreating",
                    other => other,
                };
                Err(format!("container \"{container}\" in pod \"{name}\" is waiting to start: {why}"))
            }
        }
    }

    /// Runs a command in a container to its end at once, and keeps what it did to the files there; the network outside
    /// its Pod refuses it. Other requests are answered as `serve` does.
    pub fn exec_in(&mut self, now: Time, request: &Request) -> Response {
        let is_exec = matches!(&request.target, Target::Resource { subresource, .. } if subresource == "exec");
        if !is_exec {
            return self.serve(now, request);
        }
        let mut command = match self.exec_begin(now, request) {
            Ok(command) => command,
            Err(response) => return response,
        };
        let mut clock = now;
        loop {
            match self.exec_turn(clock, &mut command) {
                Turn::Ended(response) => return response,
                Turn::Asks(_) => command.hear(clock, Heard::failed(Failure::Refused)),
                Turn::Sleeps(until) => clock = until,
                Turn::Idle => return command.ended(0),
            }
        }
    }

    /// Looks whether the command can be started. The answer says why not.
    pub fn exec_begin(&self, now: Time, request: &Request) -> Result<Command, Response> {
        let mut command = self.command_in(now, request)?;
        let argv: Vec<Text> = request.options.other.iter().filter(|(key, _)| key == "command").map(|(_, word)| word.clone()).collect();
        let first = argv.first().ok_or_else(|| refused("you must specify at least one command for the container"))?;
        if !crate::images::shell::is_tool(first) {
            let words = format!(
                "Internal error occurred: error executing command in container: rpc error: code = Internal desc = failed to start exec \
                 \"{}\": OCI runtime exec failed: exec failed: unable to start container process: exec: \"{first}\": executable file not \
                 found in $PATH",
                command.id
            );
            return Err(Response::from(Status::new(500, "InternalError", words)));
        }
        command.shell = Shell::command(now, &argv);
        command.shell.feed(request.body.text().to_string());
        Ok(command)
    }

    /// The running container that a request means, with nothing to do in it yet.
    fn command_in(&self, now: Time, request: &Request) -> Result<Command, Response> {
        if !self.has_runtime() {
            return Err(not_upgraded(NO_RUNTIME));
        }
        let Target::Resource { namespace, name, .. } = &request.target else { return Err(not_upgraded("unknown request")) };
        let worker = self.workers.values().find(|worker| worker.pod.key.namespace == *namespace && worker.pod.key.name == *name);
        let worker = worker.ok_or_else(|| not_upgraded(&format!("pod {name} not found")))?;
        let container = container_of(worker.pod.spec(), name, option(request, "container")).map_err(|words| not_upgraded(&words))?;
        let target = self.sandboxes.get(&worker.uid).and_then(|sandbox| sandbox.container(&container));
        let target = target.filter(|target| target.is_running());
        let target = target.ok_or_else(|| not_upgraded(&format!("container not found (\"{container}\")")))?;
        Ok(Command {
            uid: worker.uid.clone(),
            container,
            id: target.id.clone(),
            shell: Shell::open(now),
            out: String::new(),
            errors: String::new(),
            ends: false,
            patient: false,
            began: now,
        })
    }

    /// A shell in a container for somebody who types line after line; the answer says why it cannot be had. An `attach`
    /// reaches the container's own shell, which ends with it; nothing but a shell that waits for lines can be typed into.
    pub fn shell_begin(&self, now: Time, request: &Request) -> Result<Command, Response> {
        let attach = matches!(&request.target, Target::Resource { subresource, .. } if subresource == "attach");
        let mut command = match attach {
            true => Command { ends: true, ..self.command_in(now, request)? },
            false => self.exec_begin(now, request)?,
        };
        let waits = || {
            let container = self.sandboxes.get(&command.uid).and_then(|sandbox| sandbox.container(&command.container));
            container.is_some_and(Container::waits_for_lines)
        };
        if attach && !waits() {
            return Err(refused("this container's process does not read its standard input; run a command in it with kubectl exec"));
        }
        command.shell = Shell::open(now);
        Ok(command)
    }

    /// Whether the container in which a command runs is still the same and runs.
    pub fn holds(&self, command: &Command) -> bool {
        let container = self.sandboxes.get(&command.uid).and_then(|sandbox| sandbox.container(&command.container));
        container.is_some_and(|found| found.id == command.id && found.is_running())
    }

    /// A container whose own shell somebody was attached to ends with that shell.
    pub fn end_attached(&mut self, now: Time, command: &Command, fx: &mut Effects) {
        let Some(code) = command.shell.exit_code().filter(|_| command.ends && self.holds(command)) else { return };
        let sandbox = self.sandboxes.get_mut(&command.uid).map(Arc::make_mut);
        let Some(container) = sandbox.and_then(|sandbox| sandbox.container_mut(&command.container)) else { return };
        container.end_by_itself(now, code);
        self.replan(&command.uid);
        self.settle(now, fx);
    }

    /// Lets a command go on.
    pub fn exec_turn(&mut self, now: Time, command: &mut Command) -> Turn {
        let Command { uid, id, container, shell, out, errors, .. } = command;
        let sandbox = self.sandboxes.get_mut(uid).map(Arc::make_mut);
        let same = |sandbox: &&mut Sandbox| sandbox.container(container).is_some_and(|found| found.id == *id);
        let ran = sandbox.filter(same).and_then(|sandbox| sandbox.run(now, now, container, shell, out, Some(errors)));
        let (began, patient) = (command.began, command.patient);
        let bearable = |at: Time| patient || at.since(began) <= EXEC_MAX;
        match ran {
            Some(Some((_, code))) => Turn::Ended(command.ended(code)),
            None => Turn::Ended(command.ended(137)),
            Some(None) if command.shell.is_idle() => Turn::Idle,
            Some(None) => match command.shell.take_ask() {
                Some(ask) if bearable(now) => Turn::Asks(ask),
                Some(_) => Turn::Ended(refused(ENDLESS)),
                None => match command.shell.next() {
                    Some(until) if bearable(until) => Turn::Sleeps(until),
                    _ => Turn::Ended(refused(ENDLESS)),
                },
            },
        }
    }
}

/// A command that runs beside a container's own process.
#[derive(Clone, Debug)]
pub struct Command {
    pub uid: Text,
    pub container: Text,
    /// Of the container that it runs in.
    id: Text,
    shell: Shell,
    out: String,
    errors: String,
    /// Whether the container's own process ends with it.
    ends: bool,
    /// Whether it may take as long as it likes, because somebody sees what it prints as it comes.
    patient: bool,
    began: Time,
}

impl Command {
    /// It may take as long as it likes.
    pub fn patient(self) -> Command {
        Command { patient: true, ..self }
    }

    /// What it has printed since this was last asked: output and errors.
    pub fn take_printed(&mut self) -> (String, String) {
        (std::mem::take(&mut self.out), std::mem::take(&mut self.errors))
    }

    /// Whether it is a shell that waits for its next line.
    pub fn is_idle(&self) -> bool {
        self.shell.is_idle()
    }

    /// Where it stands, if it is a shell.
    pub fn directory(&self) -> &str {
        self.shell.directory()
    }

    /// The next line for a shell that waits for one.
    pub fn type_line(&mut self, now: Time, line: &str) {
        self.began = now;
        self.shell.type_line(now, line);
    }

    /// Ctrl+C; a shell that waits for lines stays.
    pub fn interrupt(&mut self, now: Time) {
        self.shell.interrupt(now);
    }

    /// The code and what was written to the error output travel beside the text.
    fn ended(&mut self, code: i32) -> Response {
        let (out, errors) = self.take_printed();
        let code = (code != 0).then(|| format!("command terminated with exit code {code}"));
        let errors = (!errors.is_empty()).then(|| format!("{ERRORS}{errors}"));
        Response { warnings: code.into_iter().chain(errors).collect(), ..Response::text(out) }
    }

    /// The answer to what it asked of the network.
    pub fn hear(&mut self, now: Time, heard: Heard) {
        self.shell.hear(now, heard);
    }
}

/// What a running command does next.
#[derive(Clone, Debug)]
pub enum Turn {
    Ended(Response),
    Asks(Ask),
    Sleeps(Time),
    /// A shell waits for its next line.
    Idle,
}

/// Before what a command wrote to its error output, among what travels beside its output.
pub const ERRORS: &str = "stderr\n";

/// Which container is meant: the one named, or the only one.
fn container_of(spec: &Tree, pod: &str, wanted: &str) -> Result<Text, String> {
    let names = |field: &str| spec.get(field).items().iter().map(|container| container.get("name").text()).collect::<Vec<&str>>();
    let (mains, inits) = (names("containers"), names("initContainers"));
    if !wanted.is_empty() {
        let known = mains.iter().chain(&inits).any(|name| *name == wanted);
        return if known { Ok(Text::new(wanted)) } else { Err(format!("container {wanted} is not valid for pod {pod}")) };
    }
    match (&mains[..], inits.is_empty()) {
        ([only], true) => Ok(Text::new(only)),
        _ => {
            let mut words = format!("a container name must be specified for pod {pod}, choose one of: [{}]", mains.join(" "));
            if !inits.is_empty() {
                words.push_str(&format!(" or one of the init containers: [{}]", inits.join(" ")));
            }
            Err(words)
        }
    }
}

fn option<'a>(request: &'a Request, name: &str) -> &'a str {
    request.options.other.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

/// What gRPC says when nobody listens at containerd's socket.
const NO_RUNTIME: &str = "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix \
                          /run/containerd/containerd.sock: connect: connection refused\"";

/// A stream that is not to be had is an error inside of the API server to its client.
fn not_upgraded(words: &str) -> Response {
    Response::from(Status::new(500, "InternalError", format!("unable to upgrade connection: {words}")))
}

fn refused(words: &str) -> Response {
    Response::from(Status::bad_request(words))
}

/// The lines that the options ask for.
fn shown(log: &Log, now: Time, request: &Request, from: usize) -> String {
    let tail = if from == 0 { option(request, "tailLines").parse::<usize>().ok() } else { None };
    let start = tail.map_or(from, |tail| log.len().saturating_sub(tail).max(from));
    let since = option(request, "sinceSeconds").parse::<u64>().ok().map(|seconds| now - Duration::secs(seconds));
    let since = since.or_else(|| Time::parse(option(request, "sinceTime")));
    let stamped = option(request, "timestamps") == "true";
    let mut text = String::new();
    for line in log.since(start).filter(|line| since.is_none_or(|since| line.at >= since)) {
        if stamped {
            text.push_str(&line.at.rfc3339_micro());
            text.push(' ');
        }
        text.push_str(&line.text);
    }
    if let Ok(limit) = option(request, "limitBytes").parse::<usize>() {
        let end = (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}
