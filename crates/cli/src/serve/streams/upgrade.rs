//! Requests that turn their connection into streams: which protocol is spoken, and who takes it over.
use super::super::door::{encoded, send};
use super::super::engine::Order;
use super::super::stream::Reply;
use super::channels::{Channels, Told, Typed};
use super::connection::{Stream, carry};
use super::{exec, forward, websocket};
use apiserver::http;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use objects::Status;
use objects::wire::{self, Target};
use std::io;
use std::sync::mpsc::Sender;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

type Wire = TokioIo<Upgraded>;

/// What both ends speak.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speech {
    WebSocket,
    Spdy,
}

const OF_COMMANDS: &[&str] = &["v5.channel.k8s.io", "v4.channel.k8s.io"];
const TUNNEL: &[&str] = &["SPDY/3.1+portforward.k8s.io"];
const FORWARD: &[&str] = &["portforward.k8s.io"];

/// Answers a request to upgrade its connection. What is wrong with the request is answered as any other refusal.
pub async fn open(mut request: Request<Incoming>, accept: &str, orders: Sender<Order>) -> io::Result<Response<Reply>> {
    let headers = request.headers();
    let all = |name: &str| -> Vec<String> {
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        values.flat_map(|value| value.split(',').map(|word| word.trim().to_string()).collect::<Vec<_>>()).collect()
    };
    let speech = match all("upgrade").first().map(|word| word.to_ascii_lowercase()).as_deref() {
        Some("websocket") => Speech::WebSocket,
        Some("spdy/3.1") => Speech::Spdy,
        _ => return Ok(encoded(&Status::bad_request("the server speaks websocket and SPDY/3.1 only").into(), accept)),
    };
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let given: Vec<(String, String)> =
        headers.iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
    let wanted = match http::parse("POST", target, &given, b"") {
        Ok(wanted) => wanted,
        Err(refusal) => return Ok(encoded(&refusal, accept)),
    };
    let part = match &wanted.target {
        Target::Resource { subresource, .. } => subresource.to_string(),
        Target::Path(_) => String::new(),
    };
    let known = match (part.as_str(), speech) {
        ("exec" | "attach", _) => OF_COMMANDS,
        ("portforward", Speech::WebSocket) => TUNNEL,
        ("portforward", Speech::Spdy) => FORWARD,
        _ => return Ok(encoded(&Status::bad_request("only exec, attach and portforward of a Pod are streams here").into(), accept)),
    };
    let offered = all(if speech == Speech::WebSocket { "sec-websocket-protocol" } else { "x-stream-protocol-version" });
    let Some(protocol) = known.iter().find(|known| offered.iter().any(|word| word == *known)) else {
        let words = format!("unable to upgrade: the protocols {offered:?} are not spoken here, only {known:?}");
        return Ok(encoded(&Status::bad_request(words).into(), accept));
    };
    let (answer, answered) = oneshot::channel();
    send(&orders, Order::Connect { request: Box::new(wanted.clone()), answer })?;
    if let Some(refusal) = answered.await.map_err(io::Error::other)? {
        return Ok(encoded(&refusal, accept));
    }
    let key = request.headers().get("sec-websocket-key").cloned();
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgraded.await {
            take_over(TokioIo::new(upgraded), speech, wanted, orders).await;
        }
    });
    Ok(switching(speech, protocol, key.as_ref()))
}

fn switching(speech: Speech, protocol: &str, key: Option<&HeaderValue>) -> Response<Reply> {
    let mut response = Response::new(Reply::whole(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers: &mut HeaderMap = response.headers_mut();
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    put("connection", "Upgrade");
    match speech {
        Speech::WebSocket => {
            put("upgrade", "websocket");
            put("sec-websocket-accept", &derive_accept_key(key.map_or(&[], |key| key.as_bytes())));
            put("sec-websocket-protocol", protocol);
        }
        Speech::Spdy => {
            put("upgrade", "SPDY/3.1");
            put("x-stream-protocol-version", protocol);
        }
    }
    response
}

async fn take_over(wire: Wire, speech: Speech, request: wire::Request, orders: Sender<Order>) {
    let Target::Resource { namespace, name, subresource, .. } = &request.target else { return };
    let (namespace, name) = (namespace.to_string(), name.to_string());
    match (subresource.as_str(), speech) {
        ("portforward", Speech::WebSocket) => {
            let socket = WebSocketStream::from_raw_socket(wire, Role::Server, None).await;
            forward::serve(websocket::tunnel(socket), namespace, name, orders).await;
        }
        ("portforward", Speech::Spdy) => forward::serve(wire, namespace, name, orders).await,
        (_, Speech::WebSocket) => {
            let socket = WebSocketStream::from_raw_socket(wire, Role::Server, None).await;
            exec::run(request, websocket::channels(socket), orders).await;
        }
        (_, Speech::Spdy) => {
            if let Some(channels) = of_spdy(wire, &request).await {
                exec::run(request, channels, orders).await;
            }
        }
    }
}

/// The streams of one command over SPDY, once the client has opened all that it asked for.
async fn of_spdy(wire: Wire, request: &wire::Request) -> Option<Channels> {
    let (opened, mut streams) = mpsc::unbounded_channel();
    tokio::spawn(carry(wire, opened));
    let asked = |name: &str| request.options.other.iter().any(|(key, value)| key == name && matches!(value.as_str(), "true" | "1"));
    let tty = asked("tty");
    let wanted = 1 + usize::from(asked("stdin")) + usize::from(asked("stdout")) + usize::from(asked("stderr") && !tty) + usize::from(tty);
    let mut all: Vec<Stream> = Vec::new();
    while all.len() < wanted {
        all.push(streams.recv().await?);
    }
    let mut take = |name: &str| all.iter().position(|stream| stream.header("streamtype") == name).map(|at| all.swap_remove(at));
    let (status, out, errors, stdin) = (take("error")?, take("stdout"), take("stderr"), take("stdin"));
    let (told, mut tell) = mpsc::unbounded_channel();
    let (type_in, typed) = mpsc::unbounded_channel();
    let sender = type_in.clone();
    tokio::spawn(async move {
        let Some(mut stdin) = stdin else { return };
        while let Some(bytes) = stdin.said.recv().await {
            if sender.send(Typed::Bytes(bytes)).is_err() {
                return;
            }
        }
        let _ = sender.send(Typed::End);
    });
    tokio::spawn(async move {
        // Kept until the end: a stream that is dropped is closed, and a client whose input is dropped is taken for gone.
        let _open = (all, type_in);
        loop {
            let told = tokio::select! {
                told = tell.recv() => told,
                // No further stream can come: the connection has ended.
                None = streams.recv() => None,
            };
            let (stream, bytes) = match told {
                Some(Told::Out(bytes)) => (out.as_ref(), bytes),
                Some(Told::Errors(bytes)) => (errors.as_ref(), bytes),
                Some(Told::Status(text)) => return status.way_back.send(text.as_bytes()),
                None => return,
            };
            stream.into_iter().for_each(|stream| stream.way_back.send(&bytes));
        }
    });
    Some(Channels { typed, told })
}
