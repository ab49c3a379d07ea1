//! exec and attach: one command or one shell of a container, for a client that types and reads.
use super::super::engine::{Order, Said};
use super::channels::{Channels, Typed};
use super::terminal::{Deed, Editor};
use dataplane::images::shell::{is_shell, is_whole};
use dataplane::kubelet::ERRORS;
use objects::wire::{Body, Request, Response, Target};
use objects::{Text, Tree};
use std::sync::mpsc::Sender;
use tokio::sync::{mpsc, oneshot};

/// Programs that read their standard input to its end.
const READERS: &[&str] = &["cat", "tee", "grep", "wc", "head", "tail", "sed", "awk", "sort", "xargs", "tar", "sh", "bash", "ash"];

/// A command that was started: how it is reached, and what it says.
struct Running {
    ticket: u64,
    said: mpsc::UnboundedReceiver<Said>,
}

/// Runs what `request` asks for, until it ends or the client goes.
pub async fn run(mut request: Request, mut channels: Channels, orders: Sender<Order>) {
    let asked = |name: &str| request.options.other.iter().any(|(key, value)| key == name && matches!(value.as_str(), "true" | "1"));
    let (stdin, tty) = (asked("stdin"), asked("tty"));
    let attach = matches!(&request.target, Target::Resource { subresource, .. } if subresource == "attach");
    let words: Vec<String> = request.options.other.iter().filter(|(key, _)| key == "command").map(|(_, word)| word.to_string()).collect();
    let shell = words.len() == 1 && is_shell(&words[0]);
    if stdin && (attach || shell && tty) {
        request.options.other.push((Text::new_static("lines"), Text::new_static("true")));
        return typed(request, channels, orders, tty, words).await;
    }
    if attach {
        return follow(request, channels, orders, tty).await;
    }
    if stdin && !tty && words.iter().flat_map(|word| word.split(|c: char| !c.is_alphanumeric())).any(|word| READERS.contains(&word)) {
        request.body = Tree::from(whole(&mut channels).await);
    }
    if let Some(running) = begin(request, &orders) {
        once(running.await, channels, orders, tty).await;
    }
}

/// All that the client sends before its input ends.
async fn whole(channels: &mut Channels) -> String {
    let mut bytes = Vec::new();
    while let Some(Typed::Bytes(more)) = channels.typed.recv().await {
        bytes.extend(more);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn begin(request: Request, orders: &Sender<Order>) -> Option<impl Future<Output = Running> + use<>> {
    let (tell, said) = mpsc::unbounded_channel();
    let (answer, ticket) = oneshot::channel();
    orders.send(Order::Command { request: Box::new(request), ticket: answer, said: tell }).ok()?;
    Some(async move { Running { ticket: ticket.await.unwrap_or(0), said } })
}

/// A command without further input; of what is typed only Ctrl+C is heard.
async fn once(mut running: Running, mut channels: Channels, orders: Sender<Order>, tty: bool) {
    let mut hears = true;
    loop {
        tokio::select! {
            said = running.said.recv() => match said {
                Some(Said::Printed { out, errors }) => show(&channels, tty, &out, &errors),
                Some(Said::Idle(_)) => {}
                Some(Said::Ended(response)) => return end(&channels, tty, &response),
                None => return,
            },
            typed = channels.typed.recv(), if hears => match typed {
                Some(Typed::Bytes(bytes)) if tty && bytes.contains(&3) => {
                    let _ = orders.send(Order::Drop { ticket: running.ticket });
                    channels.out("^C\r\n");
                    return channels.ended(130);
                }
                Some(Typed::Bytes(_)) => {}
                Some(Typed::End) => hears = false,
                // The client has hung up.
                None => return drop(orders.send(Order::Drop { ticket: running.ticket })),
            },
        }
    }
}

fn show(channels: &Channels, tty: bool, out: &str, errors: &str) {
    let shown = |text: &str| if tty { text.replace('\n', "\r\n") } else { text.to_string() };
    if !errors.is_empty() {
        if tty { channels.out(shown(errors)) } else { channels.errors(errors) }
    }
    if !out.is_empty() {
        channels.out(shown(out));
    }
}

/// The last words of a command, and how it ended.
fn end(channels: &Channels, tty: bool, response: &Response) {
    if !response.is_ok() {
        return channels.failed(&failure(response));
    }
    let errors: String = response.warnings.iter().filter_map(|warning| warning.strip_prefix(ERRORS)).collect();
    let out = if let Body::Text(text) = &response.body { text.as_str() } else { "" };
    show(channels, tty, out, &errors);
    let code = response.warnings.iter().find_map(|warning| warning.strip_prefix("command terminated with exit code ")?.parse().ok());
    channels.ended(code.unwrap_or(0));
}

/// kube-apiserver's words for what the kubelet would not do: it hears of a refused upgrade, or of an error beside the streams.
fn failure(response: &Response) -> String {
    let message = response.tree().get("message").text();
    if response.code >= 500 { format!("Internal error occurred: {message}") } else { format!("unable to upgrade connection: {message}") }
}

/// What a container's first process prints.
async fn follow(mut request: Request, channels: Channels, orders: Sender<Order>, tty: bool) {
    let stdin = request.options.other.iter().any(|(key, value)| key == "stdin" && value == "true");
    if let Target::Resource { subresource, .. } = &mut request.target {
        *subresource = Text::new_static("log");
    }
    request.options.other.retain(|(key, _)| key == "container");
    request.options.other.push((Text::new_static("follow"), Text::new_static("true")));
    if !stdin {
        request.options.other.push((Text::new_static("tailLines"), Text::new_static("0")));
    }
    let (text, mut told) = mpsc::unbounded_channel();
    if orders.send(Order::Follow { request: Box::new(request), text }).is_err() {
        return;
    }
    let mut channels = channels;
    loop {
        tokio::select! {
            more = told.recv() => match more {
                Some(text) => show(&channels, tty, &text, ""),
                None => return channels.ended(0),
            },
            typed = channels.typed.recv() => match typed {
                Some(Typed::Bytes(bytes)) if tty && bytes.contains(&3) => return channels.ended(130),
                Some(Typed::Bytes(_)) => {}
                // Without input its end says nothing; of a client that is gone the next output tells.
                Some(Typed::End) | None => return on(told, channels, tty).await,
            },
        }
    }
}

async fn on(mut told: mpsc::UnboundedReceiver<String>, channels: Channels, tty: bool) {
    while let Some(text) = told.recv().await {
        show(&channels, tty, &text, "");
        if channels.told.is_closed() {
            return;
        }
    }
    channels.ended(0);
}

/// A shell that runs what is typed, line after line.
struct Session {
    running: Running,
    orders: Sender<Order>,
    tty: bool,
    prompt: String,
    editor: Editor,
    /// Lines that wait until the shell is idle, and the beginning of one that is not whole.
    lines: Vec<String>,
    open: String,
    idle: bool,
    ended: bool,
}

async fn typed(request: Request, mut channels: Channels, orders: Sender<Order>, tty: bool, words: Vec<String>) {
    let attach = words.is_empty();
    let name = if let Target::Resource { name, .. } = &request.target { name.to_string() } else { String::new() };
    let bash = words.first().is_some_and(|word| word.ends_with("bash"));
    let prompt = if bash { format!("root@{name}:/# ") } else { "/ # ".to_string() };
    let Some(running) = begin(request.clone(), &orders) else { return };
    let mut session = Session {
        running: running.await,
        orders: orders.clone(),
        tty,
        prompt,
        editor: Editor::default(),
        lines: Vec::new(),
        open: String::new(),
        idle: false,
        ended: false,
    };
    loop {
        tokio::select! {
            said = session.running.said.recv() => match said {
                Some(Said::Printed { out, errors }) => show(&channels, tty, &out, &errors),
                Some(Said::Idle(directory)) => {
                    session.prompt = if bash { format!("root@{name}:{directory}# ") } else { format!("{directory} # ") };
                    session.idle = true;
                    session.go_on(&channels);
                }
                // A process that reads no lines can still be watched.
                Some(Said::Ended(response)) if attach && response.code == 400 && !session.idle && is_deaf(&response) => {
                    return follow(request, channels, orders, tty).await;
                }
                // The code of a container's own process is told by its status.
                Some(Said::Ended(response)) if attach && response.is_ok() => return end(&channels, tty, &Response { warnings: Vec::new(), ..response }),
                Some(Said::Ended(response)) => return end(&channels, tty, &response),
                None => return,
            },
            typed = channels.typed.recv(), if !session.ended => match typed {
                Some(Typed::Bytes(bytes)) => session.heard(&channels, &bytes),
                Some(Typed::End) => session.end_of_input(&channels),
                None => return drop(orders.send(Order::Drop { ticket: session.running.ticket })),
            },
        }
    }
}

fn is_deaf(response: &Response) -> bool {
    response.tree().get("message").text().contains("does not read its standard input")
}

impl Session {
    fn heard(&mut self, channels: &Channels, bytes: &[u8]) {
        if !self.tty {
            self.open.push_str(&String::from_utf8_lossy(bytes));
            while let Some(end) = self.open.find('\n') {
                let line = self.open.drain(..=end).collect::<String>();
                self.lines.push(line.trim_end().to_string());
            }
            return self.go_on(channels);
        }
        for deed in self.editor.take(bytes) {
            match deed {
                Deed::Echo(text) => channels.out(text),
                Deed::Line(line) => {
                    channels.out("\r\n");
                    self.open.push_str(&line);
                    if is_whole(&self.open) {
                        self.lines.push(std::mem::take(&mut self.open));
                        self.go_on(channels);
                    } else {
                        self.open.push('\n');
                        channels.out("> ");
                    }
                }
                Deed::Interrupt => {
                    channels.out("^C\r\n");
                    self.lines.clear();
                    self.open.clear();
                    let _ = self.orders.send(Order::Interrupt { ticket: self.running.ticket });
                    self.idle = true;
                    channels.out(self.prompt.clone());
                }
                Deed::End => self.end_of_input(channels),
            }
        }
    }

    /// Ctrl+D, or the end of a pipe: the shell exits once it has done what came before.
    fn end_of_input(&mut self, channels: &Channels) {
        let rest = std::mem::take(&mut self.open);
        self.lines.extend([rest].into_iter().filter(|rest| !rest.trim().is_empty()));
        self.lines.push("exit".to_string());
        self.ended = true;
        self.go_on(channels);
    }

    /// The next line, where the shell waits for one; the prompt, where there is none.
    fn go_on(&mut self, channels: &Channels) {
        if !self.idle {
            return;
        }
        if self.lines.is_empty() {
            if self.tty {
                channels.out(self.prompt.clone());
            }
            return;
        }
        let line = self.lines.remove(0);
        self.idle = false;
        let _ = self.orders.send(Order::Type { ticket: self.running.ticket, line });
    }
}
