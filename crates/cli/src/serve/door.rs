//! HTTP connections: each request goes through the API server's own wire format to the engine and back.
use super::engine::{Order, watch_of};
use super::protobuf;
use super::stream::Reply;
use super::streams;
use apiserver::http;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use objects::Status;
use objects::wire::{self, Target, Verb};
use std::io;
use std::sync::mpsc::Sender;
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{mpsc, oneshot};

/// The largest body that kube-apiserver takes.
const LARGEST: usize = 3 * 1024 * 1024;

/// Takes connections for ever.
pub async fn accept(listener: TcpListener, orders: Sender<Order>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let orders = orders.clone();
        tokio::spawn(async move {
            // Small answers must not wait for each other.
            let _ = socket.set_nodelay(true);
            let service = hyper::service::service_fn(move |request| answer(request, orders.clone()));
            // A connection that breaks off is the client's affair.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service).with_upgrades().await;
        });
    }
}

/// An error closes the connection without an answer, as a dead API server does.
async fn answer(request: Request<Incoming>, orders: Sender<Order>) -> io::Result<Response<Reply>> {
    let accept = text(request.headers(), "accept");
    if let Some(words) = stranger(request.headers()) {
        return Ok(encoded(&Status::new(403, "Forbidden", words).into(), &accept));
    }
    if request.headers().contains_key("upgrade") {
        return streams::open(request, &accept, orders).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST).collect().await else {
        let words = format!("Request entity too large: limit is {LARGEST}");
        return Ok(encoded(&Status::new(413, "RequestEntityTooLarge", words).into(), &accept));
    };
    let body = body.to_bytes();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    if parts.uri.path() == "/kubarium/fault" && parts.method == hyper::Method::POST {
        return fault(&body, &orders).await;
    }
    if parts.uri.path() == "/kubarium/line" && parts.method == hyper::Method::POST {
        return line(&body, &orders).await;
    }
    let mut headers: Vec<(String, String)> =
        parts.headers.iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
    let body = plain(&mut headers, body);
    let request = match http::parse(parts.method.as_str(), target, &headers, &body) {
        Ok(request) => request,
        Err(refusal) => return Ok(encoded(&refusal, &accept)),
    };
    let response = ask(&orders, request.clone()).await?;
    if let Some(cursor) = watch_of(&response) {
        return watch(cursor.clone(), request.options.timeout_seconds, &response, &accept, &orders);
    }
    if response.is_ok() && follows_log(&request) {
        return follow(request, &response, &accept, &orders);
    }
    Ok(encoded(&response, &accept))
}

/// A protobuf body as JSON, where it is one of those that kubectl sends.
fn plain(headers: &mut [(String, String)], body: Bytes) -> Bytes {
    let content = headers.iter_mut().find(|(name, value)| name == "content-type" && value.contains("protobuf"));
    match content.and_then(|(_, value)| protobuf::read(&body).map(|tree| (value, tree))) {
        Some((value, tree)) => {
            *value = "application/json".to_string();
            Bytes::from(tree.to_json())
        }
        None => body,
    }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

/// A web page must not drive the cluster behind its user's back, nor reach it under another name.
fn stranger(headers: &HeaderMap) -> Option<&'static str> {
    let host = text(headers, "host");
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name).trim_matches(['[', ']']);
    let local = name.is_empty() || name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if !local {
        return Some("this server answers to loopback names only");
    }
    headers.contains_key("origin").then_some("this server does not answer web pages")
}

async fn ask(orders: &Sender<Order>, request: wire::Request) -> io::Result<wire::Response> {
    let (answer, answered) = oneshot::channel();
    send(orders, Order::Request { request: Box::new(request), answer })?;
    let response = answered.await.map_err(|_| gone())?;
    if response.code == 0 { Err(gone()) } else { Ok(response) }
}

pub fn send(orders: &Sender<Order>, order: Order) -> io::Result<()> {
    orders.send(order).map_err(|_| gone())
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, "the API server does not answer")
}

pub fn encoded(response: &wire::Response, accept: &str) -> Response<Reply> {
    let encoded = http::encode(response, accept);
    with_head(&encoded, Reply::whole(encoded.body.clone()))
}

fn with_head(encoded: &http::Encoded, reply: Reply) -> Response<Reply> {
    let mut response = Response::new(reply);
    *response.status_mut() = StatusCode::from_u16(encoded.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(encoded.content_type));
    headers.insert("cache-control", HeaderValue::from_static("no-cache, private"));
    for (name, value) in &encoded.headers {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.append(*name, value);
        }
    }
    response
}

fn watch(
    cursor: wire::WatchCursor,
    timeout: Option<u64>,
    response: &wire::Response,
    accept: &str,
    orders: &Sender<Order>,
) -> io::Result<Response<Reply>> {
    let (events, told) = mpsc::unbounded_channel::<wire::WatchEvent>();
    send(orders, Order::Watch { cursor: Box::new(cursor), timeout, events })?;
    let chunks = pipe(told, |event| Bytes::from(http::event_line(&event)));
    Ok(with_head(&http::encode(response, accept), Reply::Stream(chunks)))
}

/// Hands on what is told, in bytes, until either side hangs up.
fn pipe<T: Send + 'static>(mut told: UnboundedReceiver<T>, bytes: fn(T) -> Bytes) -> UnboundedReceiver<Bytes> {
    let (out, chunks) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                next = told.recv() => {
                    let Some(next) = next else { return };
                    if out.send(bytes(next)).is_err() {
                        return;
                    }
                }
                () = out.closed() => return,
            }
        }
    });
    chunks
}

fn follows_log(request: &wire::Request) -> bool {
    let is_log = matches!(&request.target, Target::Resource { subresource, .. } if subresource == "log");
    is_log && request.verb == Verb::Get && request.options.other.iter().any(|(key, value)| key == "follow" && value == "true")
}

fn follow(request: wire::Request, response: &wire::Response, accept: &str, orders: &Sender<Order>) -> io::Result<Response<Reply>> {
    let (text, told) = mpsc::unbounded_channel::<String>();
    send(orders, Order::Follow { request: Box::new(request), text })?;
    let chunks = pipe(told, Bytes::from);
    Ok(with_head(&http::encode(response, accept), Reply::Stream(chunks)))
}

/// Our own addition: breaks or mends something, as the page's buttons do.
async fn fault(body: &[u8], orders: &Sender<Order>) -> io::Result<Response<Reply>> {
    let plain = |code: StatusCode, words: String| {
        let mut response = Response::new(Reply::whole(words + "\n"));
        *response.status_mut() = code;
        response
    };
    let fault = match serde_json::from_slice(body) {
        Ok(fault) => fault,
        Err(error) => return Ok(plain(StatusCode::BAD_REQUEST, error.to_string())),
    };
    let (answer, answered) = oneshot::channel();
    send(orders, Order::Fault { fault, answer })?;
    Ok(match answered.await.map_err(|_| gone())? {
        Ok(()) => plain(StatusCode::OK, "done".to_string()),
        Err(words) => plain(StatusCode::BAD_REQUEST, words),
    })
}

/// Our own addition: types a line into the page's terminal, so that its kubectl can be held against a real one.
async fn line(body: &[u8], orders: &Sender<Order>) -> io::Result<Response<Reply>> {
    let (answer, answered) = oneshot::channel();
    send(orders, Order::Line { line: String::from_utf8_lossy(body).into_owned(), answer })?;
    let printed = answered.await.map_err(|_| gone())?;
    let told = serde_json::json!({"code": printed.code, "out": printed.out, "err": printed.err});
    Ok(Response::new(Reply::whole(told.to_string())))
}
